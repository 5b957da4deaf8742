//! Policies compiled for the tools of a server: each rule is applied once, when it is read.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::super::cache::{self, Caching, Keeping};
use super::super::catalog::{Catalog, Listing};
use super::super::confirmation::Confirm;
use super::super::custom::{CustomTool, Does};
use super::super::engine::StartError;
use super::super::identity::Identity;
use super::super::jq;
use super::super::limits::Buckets;
use super::super::path::Path;
use super::super::redact::{Redact, Redaction};
use super::super::selector::{Selector, Subject};
use super::super::settings::Budget;
use super::super::tool::{ResultShape, ToolDef};
use super::access::Access;
use super::binding::{Bindings, says_nothing};
use super::guard::Guard;
use super::requirement::{Requirements, requirements};
use super::tables::{DataClass, ToolRule};
use super::{PolicySettings, View, Views};

/// The argument that is a jq program.
#[derive(Debug)]
pub(in super::super) struct JqArgument {
    pub(in super::super) argument: String,
    /// Whether what the program is given is `result` of the structured content.
    is_wrapped: bool,
}

/// The policies of one tool.
#[derive(Debug, Default)]
pub(in super::super) struct ToolPolicy {
    is_off: bool,
    /// How often all callers together may call it.
    pub(in super::super) rate: Option<Arc<Buckets>>,
    /// What all callers together may use up in a day.
    pub(in super::super) budget: Budget,
    /// What a call costs.
    pub(in super::super) cost: u64,
    /// The longest time for a call.
    pub(in super::super) timeout: Option<Duration>,
    /// What a failure of the API is answered with in addition.
    pub(in super::super) fallback: Option<String>,
    /// How its answers are kept.
    pub(in super::super) keeping: Keeping,
    /// What is taken out of its answers.
    redaction: Redaction,
    /// Who sees it all the same.
    unredacted_for: Vec<String>,
    /// The argument by which the user is said to agree to a call, where that is asked for.
    pub(in super::super) confirm: Option<String>,
    /// The argument by which a call chooses parts of the answer.
    pub(in super::super) fields: Option<String>,
    /// The argument by which a call gives the answer to a jq program.
    pub(in super::super) jq: Option<JqArgument>,
    /// Whether what the API says is put between marks.
    pub(in super::super) marks: bool,
    /// How sensitive its results are.
    pub(in super::super) class: DataClass,
    /// Arguments that are filled in here.
    pub(in super::super) bindings: Bindings,
    /// What must be true of the caller and the arguments.
    pub(in super::super) requirements: Requirements,
    /// What must be true of the object that a call is about.
    pub(in super::super) guard: Option<Guard>,
}

impl ToolPolicy {
    /// What is taken out of its answers for a caller.
    pub(in super::super) fn redaction(&self, caller: Option<&Identity>) -> Option<&Redaction> {
        let sees_all = caller.is_some_and(|caller| {
            let mut roles = self.unredacted_for.iter();
            roles.any(|role| caller.has_role(role))
        });
        (!sees_all && !self.redaction.is_empty()).then_some(&self.redaction)
    }

    /// Whether clients see other arguments than the tool has.
    pub(in super::super) fn changes_schema(&self) -> bool {
        !self.bindings.is_empty()
            || self.confirm.is_some()
            || self.fields.is_some()
            || self.jq.is_some()
    }

    /// Makes of the schema of the tool's arguments what clients see; a strict one asks for every argument.
    pub(in super::super) fn change_schema(&self, schema: &mut Value, is_strict: bool) {
        self.bindings.hide(schema);
        if let Some(name) = &self.fields {
            let description = "Only these parts of the answer, to keep it short: `[\"id\", \"items.name\"]`; lists are looked into.";
            let names =
                json!({"type": "array", "items": {"type": "string"}, "description": description});
            add_optional(schema, name, names, is_strict);
        }
        if let Some(jq) = &self.jq {
            let input = if jq.is_wrapped {
                "`.` is the value of `result`"
            } else {
                "`.` is the answer"
            };
            let description = format!(
                "A jq program that makes of a JSON answer what is needed of it: `[.items[] | {{id, name}}]`; {input}."
            );
            let program = json!({"type": "string", "description": description});
            add_optional(schema, &jq.argument, program, is_strict);
        }
        if let Some(name) = &self.confirm {
            let description = "Leave this out at first. The user has to agree to this call: the answer says how to ask, and what to put here then.";
            let token = json!({"type": "string", "description": description});
            add_optional(schema, name, token, is_strict);
        }
    }

    /// The claims without which no call is made.
    fn claims(&self) -> impl Iterator<Item = &str> {
        let guard = self.guard.iter().map(Guard::claim);
        self.bindings.claims().chain(guard)
    }
}

/// Adds an argument that nobody has to give.
fn add_optional(schema: &mut Value, name: &str, mut argument: Value, is_strict: bool) {
    // A profile that asks for every argument takes null for what is left out.
    if is_strict {
        argument["type"] = json!([argument["type"], "null"]);
    }
    let Some(schema) = schema.as_object_mut() else {
        return;
    };
    let properties = schema.entry("properties").or_insert_with(|| json!({}));
    if let Some(properties) = properties.as_object_mut() {
        properties.insert(name.to_owned(), argument);
    }
    let required = is_strict.then(|| schema.entry("required").or_insert_with(|| json!([])));
    if let Some(Value::Array(required)) = required {
        required.push(name.into());
    }
}

#[derive(Debug)]
pub(super) struct Compiled {
    tools: Arc<Vec<ToolPolicy>>,
    /// All tools that are not off.
    everything: Arc<View>,
    access: Access,
    /// The tools that take up again what goes on, and those whose calls begin such things.
    following: Vec<usize>,
    long_running: Vec<usize>,
    depends_on_identity: bool,
    /// The claims without which some tools do not exist.
    claims: Vec<String>,
    /// `--confirm`.
    confirm: Confirm,
    views: Views,
}

impl Compiled {
    /// What was counted for a rate that was the same `before` goes on.
    pub(super) fn new(
        settings: &PolicySettings,
        catalog: &Catalog,
        before: Option<&Self>,
    ) -> Result<Self, StartError> {
        let facts: Vec<Facts<'_>> = catalog.listings().map(Facts).collect();
        let off = disabled(&settings.disabled, &facts)?;
        let rules = tool_rules(settings, &facts)?;
        check_answers(&rules, settings.cache, &facts)?;
        let required = requirements(&rules, settings, &facts)?;
        let tenant_claim = Arc::from(settings.tenant_claim.as_str());
        let mut tools = Vec::with_capacity(facts.len());
        for (position, tool) in facts.iter().enumerate() {
            let mut policy = policy_of(tool, &rules, &facts)?;
            policy.keeping = keeping_of(tool, &rules, settings.cache, policy.class)?;
            policy.redaction = redaction_of(tool, &rules, &settings.redact, policy.class)?;
            policy.confirm = confirmation_of(tool, &rules, settings.confirm);
            policy.fields = fields_of(tool, &rules, settings.result_fields);
            policy.requirements = Requirements::new(&required, tool, &tenant_claim);
            policy.jq = jq_of(tool, &rules, settings.result_jq)?;
            policy.marks = marks_of(tool, &rules, settings.mark_data);
            policy.is_off |= off[position] || (settings.read_only && !tool.reads_only());
            let counted = before.and_then(|before| before.tools[position].rate.as_ref());
            if let (Some(rate), Some(counted)) = (&mut policy.rate, counted)
                && rate.frequency() == counted.frequency()
            {
                *rate = Arc::clone(counted);
            }
            tools.push(policy);
        }
        let positions = |wanted: &dyn Fn(&Facts<'_>) -> bool| -> Vec<usize> {
            let all = facts.iter().enumerate();
            all.filter(|(_, tool)| wanted(tool))
                .map(|(at, _)| at)
                .collect()
        };
        let visible = tools.iter().map(|tool| !tool.is_off).collect();
        let claims: BTreeSet<&str> = tools.iter().flat_map(ToolPolicy::claims).collect();
        let claims: Vec<String> = claims.into_iter().map(str::to_owned).collect();
        let tools = Arc::new(tools);
        let access = Access::new(settings, &facts)?;
        Ok(Self {
            following: positions(&|tool| tool.follows()),
            long_running: positions(&|tool| {
                tool.generated()
                    .is_some_and(|tool| tool.long_running.is_some())
            }),
            depends_on_identity: access.is_set() || !claims.is_empty(),
            claims,
            confirm: settings.confirm,
            everything: Arc::new(View::new(Arc::clone(&tools), visible, false)),
            tools,
            access,
            views: Views::default(),
        })
    }

    /// The kind of rules that there are here and not in the policies that are to follow.
    pub(super) fn lost_in(&self, next: &Self) -> Option<&'static str> {
        let has_binds = |it: &Self| it.tools.iter().any(|tool| !tool.bindings.is_empty());
        let has_requirements =
            |it: &Self| it.tools.iter().any(|tool| !tool.requirements.is_empty());
        let has_guards = |it: &Self| it.tools.iter().any(|tool| tool.guard.is_some());
        let hides = |it: &Self| {
            let mut tools = it.tools.iter();
            tools.any(|tool| !tool.redaction.is_empty() || tool.class == DataClass::Restricted)
        };
        let asks = |it: &Self| it.tools.iter().any(|tool| tool.confirm.is_some());
        let marks = |it: &Self| it.tools.iter().any(|tool| tool.marks);
        let asks_less = next.confirm < self.confirm || (asks(self) && !asks(next));
        if self.access.is_set() && !next.access.is_set() {
            Some("`[access]` table")
        } else if self.access.has_conditions() && !next.access.has_conditions() {
            Some("`when`")
        } else if has_requirements(self) && !has_requirements(next) {
            Some("`require`")
        } else if has_guards(self) && !has_guards(next) {
            Some("guard")
        } else if has_binds(self) && !has_binds(next) {
            Some("bound argument")
        } else if hides(self) && !hides(next) {
            Some("`redact` or `class`")
        } else if marks(self) && !marks(next) {
            Some("`mark-data`")
        } else if asks_less {
            Some("`confirm` as strict as it was")
        } else {
            None
        }
    }

    pub(super) fn everything(&self) -> Arc<View> {
        Arc::clone(&self.everything)
    }

    pub(super) fn view(&self, identity: Option<&Identity>) -> Arc<View> {
        let rules = self.access.rules_of(identity);
        let says = |name: &String| {
            let claim = identity.and_then(|identity| identity.claim(name));
            claim.is_some_and(|claim| !says_nothing(claim))
        };
        let said: Vec<bool> = self.claims.iter().map(says).collect();
        self.views.get_or_make((rules, said), |(rules, said)| {
            let lacks = |needed: &str| {
                let mut claims = self.claims.iter().zip(said);
                !claims.any(|(name, is_said)| name == needed && *is_said)
            };
            let sees = |position: usize| {
                let tool = &self.tools[position];
                !tool.is_off && !tool.claims().any(lacks) && self.access.allows(rules, position)
            };
            // Who may begin something may see how it ends, unless a rule says no to just that.
            let may_begin = self.long_running.iter().any(|position| sees(*position));
            let follows = |position: usize| {
                may_begin && !self.tools[position].is_off && !self.access.denies(rules, position)
            };
            let visible = (0..self.tools.len())
                .map(|position| {
                    if self.following.contains(&position) {
                        follows(position)
                    } else {
                        sees(position)
                    }
                })
                .collect();
            View::new(Arc::clone(&self.tools), visible, !self.depends_on_identity)
        })
    }
}

/// What selectors see of a tool. Tools of the owner's go by their names, as an `operationId` does.
#[derive(Clone, Copy)]
pub(super) struct Facts<'a>(pub(super) Listing<'a>);

impl Facts<'_> {
    pub(super) fn name(&self) -> &str {
        match self.0 {
            Listing::Generated(tool, _) => tool.name,
            Listing::Custom(tool) => &tool.name,
        }
    }

    pub(super) fn fits(&self, selector: &Selector) -> bool {
        let own_tag;
        let subject = match self.0 {
            Listing::Generated(tool, tag) => {
                own_tag = move |wanted: &str| wanted == tag || tool.tags.contains(&wanted);
                Subject {
                    operation_id: (!tool.operation_id.is_empty()).then_some(tool.operation_id),
                    method: tool.method,
                    path: tool.path,
                    has_tag: &own_tag,
                    deprecated: tool.deprecated,
                }
            }
            Listing::Custom(CustomTool { name, .. }) => Subject {
                operation_id: Some(name),
                method: "",
                path: "",
                has_tag: &|_| false,
                deprecated: false,
            },
        };
        selector.matches(&subject)
    }

    /// Hints come from the spec, which must not loosen a policy: the method has to say the same.
    fn reads_only(&self) -> bool {
        match self.0 {
            Listing::Generated(tool, _) => {
                let is_safe = matches!(tool.method, "GET" | "HEAD" | "OPTIONS" | "TRACE" | "QUERY");
                is_safe && tool.hints.read_only
            }
            Listing::Custom(tool) => tool.hints.read_only,
        }
    }

    /// Whether it may delete or overwrite, by its method or by what is said of it.
    fn destroys(&self) -> bool {
        match self.0 {
            Listing::Generated(tool, _) => {
                let is_so_by_method = matches!(tool.method, "DELETE" | "PUT" | "PATCH");
                is_so_by_method || (tool.hints.destructive && !self.reads_only())
            }
            Listing::Custom(tool) => tool.hints.destructive && !tool.hints.read_only,
        }
    }

    /// Whether it takes up again what another has begun.
    fn follows(&self) -> bool {
        matches!(self.0, Listing::Custom(tool) if !matches!(tool.does, Does::Handler(_)))
    }

    fn gets(&self) -> bool {
        (self.generated()).is_some_and(|tool| tool.method == "GET" && tool.hints.read_only)
    }

    pub(super) fn generated(&self) -> Option<&'static ToolDef> {
        match self.0 {
            Listing::Generated(tool, _) => Some(tool),
            Listing::Custom(_) => None,
        }
    }

    /// The names of its arguments.
    pub(super) fn arguments(&self) -> Vec<&str> {
        match self.0 {
            Listing::Generated(tool, _) => super::super::request::arguments_of(tool),
            Listing::Custom(tool) => (tool.input_schema.get("properties"))
                .and_then(Value::as_object)
                .map(|properties| properties.keys().map(String::as_str).collect())
                .unwrap_or_default(),
        }
    }

    /// Whether it has an argument of this name.
    pub(super) fn has_argument(&self, name: &str) -> bool {
        self.arguments().contains(&name)
    }
}

/// A selector that is about a tool of this server; a rule for none would protect nothing.
pub(super) fn selector(
    text: &str,
    place: &str,
    tools: &[Facts<'_>],
) -> Result<Selector, StartError> {
    let selector = Selector::parse(text).map_err(|why| StartError(format!("{place}: {why}")))?;
    if tools.iter().any(|tool| tool.fits(&selector)) {
        Ok(selector)
    } else {
        Err(StartError(format!(
            "{place}: `{text}` is about no tool of this server"
        )))
    }
}

fn disabled(entries: &[String], tools: &[Facts<'_>]) -> Result<Vec<bool>, StartError> {
    let mut off = vec![false; tools.len()];
    for entry in entries
        .iter()
        .map(|entry| entry.trim())
        .filter(|entry| !entry.is_empty())
    {
        if let Some(position) = tools.iter().position(|tool| tool.name() == entry) {
            off[position] = true;
            continue;
        }
        let selector = selector(entry, "--disabled-tools", tools)?;
        for (position, tool) in tools.iter().enumerate() {
            off[position] |= tool.fits(&selector);
        }
    }
    Ok(off)
}

pub(super) type Rules<'s> = Vec<(Selector, &'s ToolRule)>;

/// The rules from the one that looks the closest to the one that looks the least.
fn tool_rules<'s>(
    settings: &'s PolicySettings,
    tools: &[Facts<'_>],
) -> Result<Rules<'s>, StartError> {
    let mut rules = Vec::new();
    for (text, rule) in &settings.tables.tools {
        let text = text.get_ref();
        rules.push((selector(text, &format!("[tools.\"{text}\"]"), tools)?, rule));
    }
    rules.sort_by_key(|(selector, _)| std::cmp::Reverse(selector.specificity()));
    Ok(rules)
}

/// # Errors
/// A rule about answers of the API that is about none.
fn check_answers(rules: &Rules<'_>, cache: Caching, tools: &[Facts<'_>]) -> Result<(), StartError> {
    cache::check(cache, None)?;
    for (selector, rule) in rules {
        let is_about = |tool: &&Facts<'_>| tool.generated().is_some() && tool.fits(selector);
        if rule.redact.is_some() && !tools.iter().any(|tool| is_about(&tool)) {
            return Err(StartError(format!(
                "[tools.\"{selector}\"]: `redact` is about answers of the API, and this is about code of your own"
            )));
        }
        let is_on = |caching: Caching| caching != Caching::Off;
        let keys = [
            ("cache", rule.cache.is_some_and(is_on)),
            ("cache-shared", rule.cache_shared == Some(true)),
            ("stale-if-error", rule.stale_if_error.is_some()),
        ];
        let Some((key, _)) = keys.into_iter().find(|(_, is_set)| *is_set) else {
            continue;
        };
        let place = format!("[tools.\"{selector}\"]: `{key}`");
        let about: Vec<&Facts<'_>> = (tools.iter())
            .filter(|tool| tool.gets() && tool.fits(selector))
            .collect();
        if about.is_empty() {
            return Err(StartError(format!(
                "{place} is about `GET` operations that change nothing, and this is about none"
            )));
        }
        let caching_of =
            |tool: &&Facts<'_>| closest(tool, rules, |rule| rule.cache).unwrap_or(cache);
        if !about.iter().any(|tool| is_on(caching_of(tool))) {
            return Err(StartError(format!(
                "{place} says something about answers that are kept, and none is: set `cache`"
            )));
        }
    }
    Ok(())
}

fn keeping_of(
    tool: &Facts<'_>,
    rules: &Rules<'_>,
    cache: Caching,
    class: DataClass,
) -> Result<Keeping, StartError> {
    if !tool.gets() {
        return Ok(Keeping::default());
    }
    let cache = match class {
        DataClass::Confidential => Caching::Off,
        _ => cache,
    };
    let keeping = Keeping {
        caching: closest(tool, rules, |rule| rule.cache).unwrap_or(cache),
        is_shared: closest(tool, rules, |rule| rule.cache_shared) == Some(true),
        stale_if_error: closest(tool, rules, |rule| rule.stale_if_error).map(|span| span.0),
        is_confidential: class == DataClass::Confidential,
    };
    cache::check(keeping.caching, keeping.stale_if_error)
        .map_err(|StartError(why)| StartError(format!("`{}`: {why}", tool.name())))?;
    Ok(keeping)
}

/// Detectors are those of the table that looks the closest and names any, or none; paths are those of all tables up to
/// one that takes everything away.
///
/// # Errors
/// An entry that is no detector and no path.
fn redaction_of(
    tool: &Facts<'_>,
    rules: &Rules<'_>,
    everywhere: &[Redact],
    class: DataClass,
) -> Result<Redaction, StartError> {
    let mut redaction = Redaction::default();
    let mut has_detectors = false;
    for (selector, rule) in rules.iter().filter(|(selector, _)| tool.fits(selector)) {
        let Some(entries) = &rule.redact else {
            continue;
        };
        let (paths, names): (Vec<&String>, Vec<&String>) =
            (entries.iter()).partition(|entry| entry.starts_with('$'));
        let wrong = |why| StartError(format!("[tools.\"{selector}\"] redact: {why}"));
        for path in paths {
            redaction.add_path(Path::parse(path).map_err(wrong)?);
        }
        let names: Vec<Redact> = (names.into_iter())
            .map(|name| name.parse().map_err(wrong))
            .collect::<Result<_, _>>()?;
        let is_end = entries.is_empty() || names.contains(&Redact::Off);
        if !has_detectors && (is_end || !names.is_empty()) {
            has_detectors = true;
            (names.iter().filter(|name| **name != Redact::Off))
                .for_each(|name| redaction.add(name));
        }
        if is_end {
            break;
        }
    }
    match class {
        _ if has_detectors => {}
        DataClass::Public => {}
        DataClass::Confidential => redaction.add(&Redact::All),
        _ => everywhere.iter().for_each(|entry| redaction.add(entry)),
    }
    Ok(redaction)
}

/// The argument that takes the user's consent to calls of a tool; `None` where nobody is asked.
fn confirmation_of(tool: &Facts<'_>, rules: &Rules<'_>, everywhere: Confirm) -> Option<String> {
    let confirm = closest(tool, rules, |rule| rule.confirm);
    let is_asked = match confirm.unwrap_or(everywhere) {
        Confirm::Never => false,
        Confirm::Destructive => tool.destroys(),
        Confirm::Writes => !tool.reads_only(),
        Confirm::Always => true,
    };
    // An argument of the tool's own comes first.
    let mut names = (1..).map(|number| match number {
        1 => "confirm".to_owned(),
        number => format!("confirm_{number}"),
    });
    (is_asked).then(|| {
        names
            .find(|name| !tool.has_argument(name))
            .unwrap_or_default()
    })
}

/// What the closest of the rules about a tool says that says anything.
fn closest<T>(
    tool: &Facts<'_>,
    rules: &Rules<'_>,
    said: impl Fn(&ToolRule) -> Option<T>,
) -> Option<T> {
    let mut own = rules.iter().filter(|(selector, _)| tool.fits(selector));
    own.find_map(|(_, rule)| said(rule))
}

/// The first of these names that no argument of the API has: it likes to have one of ours.
fn free_name(tool: &Facts<'_>, names: [&'static str; 2]) -> Option<&'static str> {
    names.into_iter().find(|name| !tool.has_argument(name))
}

/// The argument that chooses parts of a tool's answers; `None` where there is none.
fn fields_of(tool: &Facts<'_>, rules: &Rules<'_>, everywhere: bool) -> Option<String> {
    let is_on = closest(tool, rules, |rule| rule.result_fields);
    let is_on = is_on.unwrap_or(everywhere && tool.reads_only());
    let name = free_name(tool, ["fields", "result_fields"])?;
    (is_on && tool.generated().is_some()).then(|| name.to_owned())
}

/// The argument that is a jq program; `None` where there is none.
///
/// # Errors
/// This program cannot run any.
fn jq_of(
    tool: &Facts<'_>,
    rules: &Rules<'_>,
    everywhere: bool,
) -> Result<Option<JqArgument>, StartError> {
    let is_on = closest(tool, rules, |rule| rule.result_jq);
    let is_on = is_on.unwrap_or(everywhere && tool.reads_only());
    let Some(generated) = tool.generated().filter(|_| is_on) else {
        return Ok(None);
    };
    jq::check(is_on).map_err(|StartError(why)| StartError(format!("`{}`: {why}", tool.name())))?;
    let argument = free_name(tool, ["jq", "result_jq"]);
    Ok(argument.map(|argument| JqArgument {
        argument: argument.to_owned(),
        is_wrapped: matches!(
            generated.result,
            ResultShape::Wrapped | ResultShape::WrappedText
        ),
    }))
}

/// Tools of the owner's say what they say themselves.
fn marks_of(tool: &Facts<'_>, rules: &Rules<'_>, everywhere: bool) -> bool {
    let is_on = closest(tool, rules, |rule| rule.mark_data);
    is_on.unwrap_or(everywhere) && tool.generated().is_some()
}

fn policy_of(
    tool: &Facts<'_>,
    rules: &Rules<'_>,
    tools: &[Facts<'_>],
) -> Result<ToolPolicy, StartError> {
    let mut policy = ToolPolicy::default();
    let own = || rules.iter().filter(|(selector, _)| tool.fits(selector));
    policy.class = closest(tool, rules, |rule| rule.class).unwrap_or_default();
    policy.is_off = closest(tool, rules, |rule| rule.enabled) == Some(false)
        || policy.class == DataClass::Restricted;
    policy.rate = closest(tool, rules, |rule| rule.rate)
        .and_then(|rate| rate.0)
        .map(|rate| Arc::new(Buckets::new(rate)));
    policy.budget = closest(tool, rules, |rule| rule.budget).unwrap_or_default();
    policy.cost = closest(tool, rules, |rule| rule.cost).unwrap_or(1);
    policy.timeout = closest(tool, rules, |rule| rule.timeout).map(|span| span.0);
    policy.unredacted_for =
        closest(tool, rules, |rule| rule.unredacted_for.clone()).unwrap_or_default();
    policy.fallback = closest(tool, rules, |rule| rule.fallback.clone());
    for (selector, rule) in own() {
        let place = format!("[tools.\"{selector}\"]");
        policy.bindings.add(&rule.bind, tool, &place)?;
        if let Some(guard) = rule.guard.as_ref().filter(|_| policy.guard.is_none()) {
            policy.guard = Some(Guard::new(guard.get_ref(), tool, tools, &place)?);
        }
    }
    Ok(policy)
}
