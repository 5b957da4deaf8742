//! One call, from hooks and checks to the upstream and back: the order in which everything else is asked.

mod agreement;
mod attempts;
mod budget;
mod failure;
mod following;
mod hooks;
#[cfg(feature = "cache")]
mod kept;
mod ownership;
mod record;
mod repetition;
mod resuming;
mod shown;
mod stopping;
mod transformed;

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::{Arc, Once};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::HeaderValue;
use serde::Deserialize as _;
use serde_json::{Map, Value};

use super::arguments::{self, Mistakes, Reading};
#[cfg(feature = "cache")]
use super::cache::Keeping;
use super::catalog::{Found, Prepared};
use super::confirmation;
use super::credentials::{Credential, NoCredential, Placed};
use super::custom::{Call, Does, Refusal};
use super::engine::{CallContext, Content, ErrorType, Inner, ToolResult};
use super::handle::Api;
use super::limits::Calling;
use super::operations::{Begun, Doing};
use super::policy::{DataClass, Guard, ToolPolicy, View, scopes};
use super::redact::Redaction;
use super::request::{Outgoing, Plan, overriding};
use super::schema::Schema;
use super::steps::Steps;
use super::tool::ToolDef;
use super::upstream::{Bounds, Failure, Stage, read};
use agreement::{Settled, settled};
use failure::{explained, failed, seconds};
pub(super) use hooks::listing;
pub use hooks::{HookFailure, HookSettings};
#[cfg(feature = "cache")]
pub(super) use kept::Flown;
use record::{Facts, Names, Record};
use shown::{shown, told};
use transformed::Asking;

/// Where an error result says which line of the log belongs to it.
const REQUEST_ID: &str = "mcpgen/requestId";

/// Runs a call of the tool that was found in a view; `None` when there is no such tool.
pub(super) async fn run(
    inner: &Arc<Inner>,
    name: &str,
    found: Option<(usize, &View)>,
    arguments: Map<String, Value>,
    context: CallContext,
) -> Option<ToolResult> {
    let Some((position, view)) = found else {
        let names = Names::of(inner, name, None);
        let class = class_of(inner, name);
        let record = Record::new(inner, names, class, &arguments, &context);
        record.finish(&ToolResult::failure(ErrorType::InvalidArguments, ""));
        return None;
    };
    let policy = view.policy(position);
    let tool = (inner.catalog.at(position), policy);
    let mut arguments = arguments;
    let confirmation = (policy.confirm.as_ref()).and_then(|name| arguments.shift_remove(name));
    let names = Names::of(inner, name, Some(name));
    let mut record = Record::new(inner, names, policy.class, &arguments, &context);
    let fields = (policy.fields.as_ref()).and_then(|name| arguments.shift_remove(name));
    let jq = (policy.jq.as_ref()).and_then(|jq| arguments.shift_remove(&jq.argument));
    let cancelled = context.cancelled.clone();
    let mut call = Call {
        tool: Arc::from(name),
        arguments,
        headers: forwarded(inner, &context),
        confirmation,
        fields,
        jq,
        context,
    };
    let result = tokio::select! {
        biased;
        () = cancelled.cancelled() => {
            ToolResult::failure(ErrorType::Cancelled, "The call was cancelled.")
        }
        // Whatever a panic leaves half done belongs to this call.
        result = AssertUnwindSafe(hooked(inner, tool, &mut call, &mut record.facts)).catch_unwind() => {
            result.unwrap_or_else(|_| broken(name))
        }
    };
    let result = with_request_id(result, &call.context.request_id);
    record.finish(&result);
    Some(result)
}

fn broken(tool: &str) -> ToolResult {
    tracing::error!(tool, "a call broke off; that is a fault of this server");
    let text = format!(
        "`{tool}` broke off by a fault of this server. What it has done by now is not known: look before you repeat it."
    );
    ToolResult::failure(ErrorType::Internal, text)
}

/// What the owner lets through of the client's headers. Of those that are there more than once none goes on: one may be a
/// gateway's and the other the client's own.
fn forwarded(inner: &Inner, context: &CallContext) -> Vec<(String, String)> {
    static TOLD: Once = Once::new();
    let names = inner.settings.forward_headers.iter();
    names
        .filter_map(|name| {
            let mut values = context.headers.get_all(name).iter();
            let value = values.next()?.to_str().ok()?;
            if values.next().is_some() {
                let header = name.as_str();
                TOLD.call_once(|| {
                    tracing::warn!(
                        header,
                        "a header that is there more than once does not go on"
                    );
                });
                return None;
            }
            Some((name.to_string(), value.to_owned()))
        })
        .collect()
}

/// Headers that name a request and say nothing of what is asked.
const OF_ONE_REQUEST: [&str; 4] = [
    "traceparent",
    "tracestate",
    "x-request-id",
    "x-correlation-id",
];

/// Those of the headers of a request that say something of what is asked, by their names and in order.
pub(super) fn telling(headers: &[(String, String)]) -> Vec<(String, &str)> {
    let mut telling: Vec<(String, &str)> = (headers.iter())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.as_str()))
        .filter(|(name, _)| !OF_ONE_REQUEST.contains(&name.as_str()))
        .collect();
    telling.sort_unstable();
    telling
}

/// A call that is refused before it begins. Its name stands beside what it is called in metrics, which everybody may
/// read: nothing, where the caller does not see the tool.
pub(super) fn refused(
    inner: &Inner,
    (name, seen): (&str, Option<&str>),
    arguments: &Map<String, Value>,
    context: &CallContext,
    refusal: ToolResult,
) -> ToolResult {
    let names = Names::of(inner, name, seen);
    let class = class_of(inner, name);
    let mut record = Record::new(inner, names, class, arguments, context);
    record.facts.denied = true;
    let refusal = with_request_id(refusal, &context.request_id);
    record.finish(&refusal);
    refusal
}

/// How sensitive the results of the tool of this name are, whoever sees it.
fn class_of(inner: &Inner, name: &str) -> DataClass {
    let position = inner.catalog.position(name);
    let everything = inner.policies.everything();
    position.map_or_else(DataClass::default, |at| everything.policy(at).class)
}

/// The scopes that the caller's token lacks for a tool.
pub(super) fn lacking_scopes(
    inner: &Inner,
    tool: &ToolDef,
    context: &CallContext,
) -> Option<Vec<&'static str>> {
    let identity = context
        .identity
        .as_ref()
        .filter(|_| inner.settings.checks_scopes);
    scopes::lacking(identity, tool, inner.catalog.def())
}

pub(super) fn too_few_scopes(tool: &str, scopes: &[&str]) -> ToolResult {
    let text = format!(
        "`{tool}` was not called: the caller's token needs the scopes `{}`.",
        scopes.join(" ")
    );
    ToolResult::failure(ErrorType::Forbidden, text)
}

fn with_request_id(mut result: ToolResult, request_id: &str) -> ToolResult {
    if result.error.is_some() {
        // A client may check structured content against the output schema, which is not one for errors.
        result.structured = None;
        if !request_id.is_empty() {
            result.meta.insert(REQUEST_ID.to_owned(), request_id.into());
        }
    }
    result
}

/// When a call has to be over, and how long that was from its beginning.
type Until = (Instant, Duration);

/// A tool and what is asked of its calls.
type Governed<'a> = (Found<'a>, &'a ToolPolicy);

async fn hooked(
    inner: &Arc<Inner>,
    tool: Governed<'_>,
    call: &mut Call,
    facts: &mut Facts,
) -> ToolResult {
    take_meta_out(tool.0, call);
    let result = match hooks::before(inner, call, &mut facts.denied).await {
        Ok(()) => dispatch(inner, tool, call, facts).await,
        Err(refusal) => refusal,
    };
    if result.question.is_some() {
        return result;
    }
    let before = result.structured.as_ref().map(hooks::place);
    let result = hooks::ended(inner, call, result).await;
    match tool.0 {
        Found::Generated(tool) => hooks::fitted(tool, result, before),
        Found::Custom(..) => result,
    }
}

/// Some hosts put the request's `_meta` inside the arguments.
fn take_meta_out(found: Found<'_>, call: &mut Call) {
    const META: &str = "_meta";
    let is_argument = match found {
        Found::Generated(Prepared { plan: Ok(plan), .. }) => plan.arguments.contains(&META),
        Found::Generated(_) => false,
        Found::Custom(tool, _) => {
            (tool.input_schema.get("properties")).is_some_and(|all| all.get(META).is_some())
        }
    };
    if is_argument {
        return;
    }
    // Whoever says there that this is a call of before is to be believed.
    if let Some(Value::Object(mut meta)) = call.arguments.shift_remove(META)
        && let Some(key) = meta.remove(repetition::META)
    {
        call.context.meta.entry(repetition::META).or_insert(key);
    }
}

async fn dispatch(
    inner: &Arc<Inner>,
    tool: Governed<'_>,
    call: &mut Call,
    facts: &mut Facts,
) -> ToolResult {
    let made = made(inner, tool, call, facts).await;
    let result = made.unwrap_or_else(|refusal| refusal);
    budget::with_warnings(result, std::mem::take(&mut facts.warnings))
}

/// # Errors
/// It is refused before it is made: what the model reads.
async fn made(
    inner: &Arc<Inner>,
    (found, policy): Governed<'_>,
    call: &mut Call,
    facts: &mut Facts,
) -> Result<ToolResult, ToolResult> {
    let bound = policy.bindings.values(&call.context).map_err(|why| {
        facts.denied = true;
        let text = format!("No request was sent: {why}.");
        ToolResult::failure(ErrorType::Forbidden, text)
    })?;
    let limit = policy.timeout.unwrap_or(inner.settings.total_timeout);
    match found {
        Found::Custom(tool, input) => {
            let wanted = Wanted {
                schema: input,
                names: None,
                bound: bound.as_ref(),
                null_is_absent: matches!(tool.does, Does::Follow(_)),
                does: Err(&tool.title),
            };
            let settled = settled(inner, policy, wanted, call, facts).await?;
            begun(inner, policy, (call, Paying::AtOnce), facts, &settled).await?;
            if matches!(tool.does, Does::Handler(_)) {
                budget::spend(inner, policy, call, facts).await?;
            }
            spent(inner, call, &settled).await?;
            match &tool.does {
                Does::Handler(handler) => {
                    let api = Api::new(Arc::clone(inner), &call.context);
                    Ok(hooks::handled(inner, handler, call, api, limit).await)
                }
                Does::Follow(Doing::Check) => Box::pin(resuming::checked(inner, call, facts)).await,
                Does::Follow(Doing::Cancel) => {
                    Box::pin(resuming::cancelled(inner, call, facts)).await
                }
            }
        }
        Found::Generated(prepared) => {
            if let Some(scopes) = lacking_scopes(inner, prepared.def, &call.context) {
                facts.denied = true;
                return Err(too_few_scopes(prepared.def.name, &scopes));
            }
            let plan = plan_of(prepared)?;
            let fields = wished_fields(policy, call)?;
            let program = transformed::wished(policy, call)?;
            transformed::check(inner, prepared.def, policy, (call, program.as_deref())).await?;
            let key = repetition::key_of(call)?;
            let wanted = Wanted::of(prepared, plan, bound.as_ref());
            let settled = settled(inner, policy, wanted, call, facts).await?;
            let until = (Instant::now() + limit, limit);
            let (outgoing, credentials) = ready(inner, prepared, plan, (call, key), until).await?;
            repetition::check(call, &outgoing)?;
            let guard = policy.guard.as_ref();
            let read = guard.and_then(|guard| Some((guard, guard.read.as_ref()?)));
            let paying = if read.is_some() {
                Paying::Later
            } else {
                Paying::AtOnce
            };
            begun(inner, policy, (call, paying), facts, &settled).await?;
            let ended = {
                // Pinned where it is made: else there is room for it twice.
                let guarded = pin!(async {
                    if let Some((guard, read)) = read {
                        Box::pin(ownership::before(inner, guard, read, call, until)).await?;
                    }
                    budget::spend(inner, policy, call, facts).await?;
                    spent(inner, call, &settled).await?;
                    facts.wants_json = guard.is_some_and(|guard| guard.read.is_none());
                    let asked = Asked {
                        tool: prepared,
                        outgoing: &outgoing,
                        credentials: &credentials,
                        call,
                        redaction: policy.redaction(call.context.identity.as_ref()),
                        fields: (policy.fields.as_deref(), &fields),
                        jq: transformed::asked(policy, program.as_deref(), call),
                        guard,
                        marks: policy.marks && !call.context.is_reading,
                        #[cfg(feature = "cache")]
                        keeping: Some(&policy.keeping),
                        follows: true,
                        until,
                    };
                    let result = exchange(inner, asked, facts).await;
                    owned(policy, result, call, facts)
                });
                tokio::time::timeout_at(until.0.into(), guarded).await
            };
            let result = match ended {
                Ok(Ok(result)) => result,
                Ok(Err(refusal)) => {
                    facts.denied = refusal.error == Some(ErrorType::Forbidden);
                    refusal
                }
                Err(_) => failed(inner, prepared, &Failure::Timeout(Stage::Total), limit),
            };
            Ok(with_fallback(result, policy))
        }
    }
}

/// A result that the caller may see, by the guard that looks at results.
fn owned(
    policy: &ToolPolicy,
    result: ToolResult,
    call: &Call,
    facts: &Facts,
) -> Result<ToolResult, ToolResult> {
    let guard = policy.guard.as_ref().filter(|guard| guard.read.is_none());
    match guard.filter(|_| !facts.goes_on) {
        Some(guard) => ownership::of_result(guard, result, call, facts),
        None => Ok(result),
    }
}

/// When a call is paid for after it was admitted. What is done before that would be for nothing where it cannot be paid for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Paying {
    AtOnce,
    Later,
}

/// The limits of a call for which they were not asked before.
async fn begun(
    inner: &Inner,
    policy: &ToolPolicy,
    (call, paying): (&Call, Paying),
    facts: &mut Facts,
    settled: &Settled,
) -> Result<(), ToolResult> {
    if settled.is_admitted {
        return Ok(());
    }
    admitted(inner, policy, (call, paying), facts).await
}

/// Uses up what the user has agreed to, once nothing else refuses the call.
async fn spent(inner: &Inner, call: &Call, settled: &Settled) -> Result<(), ToolResult> {
    let Some(ticket) = &settled.ticket else {
        return Ok(());
    };
    // On the heap: few calls have a ticket.
    let spent = Box::pin(inner.confirmations.spend(ticket)).await;
    spent.map_err(|why| confirmation::unspent(&call.tool, why))
}

/// The parts of the answer that a call wants to see: a list of paths, or one text with commas.
fn wished_fields(policy: &ToolPolicy, call: &Call) -> Result<Vec<String>, ToolResult> {
    let paths = match &call.fields {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(Value::String(text)) if !text.trim_start().starts_with('[') => {
            Some(text.split(',').map(str::to_owned).collect())
        }
        Some(Value::String(text)) => serde_json::from_str(text).ok(),
        Some(list) => Vec::deserialize(list).ok(),
    };
    paths.ok_or_else(|| {
        let name = policy.fields.as_deref().unwrap_or_default();
        let text = format!(
            "`{name}` is a list of texts like `[\"id\", \"items.name\"]`; no request was sent."
        );
        ToolResult::failure(ErrorType::InvalidArguments, text)
    })
}

/// The limits that depend on the tool and its arguments.
async fn admitted(
    inner: &Inner,
    policy: &ToolPolicy,
    (call, paying): (&Call, Paying),
    facts: &mut Facts,
) -> Result<(), ToolResult> {
    let calling = Calling {
        tool: &call.tool,
        arguments: &call.arguments,
        fields: call.fields.as_ref(),
        jq: call.jq.as_ref(),
        context: &call.context,
        repeats: is_doing(inner, &call.tool, Doing::Check),
    };
    if paying == Paying::Later {
        payable(inner, policy, call, facts).await?;
    }
    let admitted = (inner.limits).admit_to_tool(&calling, policy.rate.as_deref());
    admitted.await.map_err(|(limit, refusal)| {
        facts.denied = true;
        inner.metrics.limited(limit);
        refusal
    })
}

/// Whether a call can be paid for.
async fn payable(
    inner: &Inner,
    policy: &ToolPolicy,
    call: &Call,
    facts: &mut Facts,
) -> Result<(), ToolResult> {
    // To look at what was paid for, and to stop it, is free.
    let is_free = |doing| is_doing(inner, &call.tool, doing);
    if is_free(Doing::Check) || is_free(Doing::Cancel) {
        return Ok(());
    }
    let payable = budget::check(inner, policy, call).await;
    payable.inspect_err(|_| {
        facts.denied = true;
        inner.metrics.limited("budget");
    })
}

/// Whether a tool is the one that does this with work that goes on.
fn is_doing(inner: &Inner, tool: &str, doing: Doing) -> bool {
    let position = inner.catalog.doing(doing);
    position.is_some_and(|position| inner.catalog.name_at(position) == tool)
}

/// Adds what the owner has to say when the API fails.
fn with_fallback(mut result: ToolResult, policy: &ToolPolicy) -> ToolResult {
    let is_failure = result.error.is_some_and(failed_for_now);
    if let Some(text) = policy.fallback.as_ref().filter(|_| is_failure) {
        result.content.push(Content::Text(text.clone()));
    }
    result
}

/// Whether it is the API that fails, and may be there again soon.
fn failed_for_now(error: ErrorType) -> bool {
    matches!(
        error,
        ErrorType::Timeout | ErrorType::Connect | ErrorType::Upstream5xx | ErrorType::BreakerOpen
    )
}

/// What is wanted of the arguments of a call.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    schema: &'a Schema,
    names: Option<&'a [&'a str]>,
    bound: Option<&'a Map<String, Value>>,
    null_is_absent: bool,
    /// What a user is told that the call does: a request, or a title.
    does: Result<&'static ToolDef, &'a str>,
}

impl<'a> Wanted<'a> {
    fn of(tool: &'a Prepared, plan: &'a Plan, bound: Option<&'a Map<String, Value>>) -> Self {
        Self {
            schema: &tool.input,
            names: Some(&plan.arguments),
            bound,
            null_is_absent: tool.null_is_absent,
            does: Ok(tool.def),
        }
    }

    fn does(&self, inner: &Inner) -> String {
        match self.does {
            Ok(tool) => {
                let base = inner.bases.get(tool.server);
                let base = base.map(|base| format!("{}{}", base.origin, base.prefix));
                format!("{} {}{}", tool.method, base.unwrap_or_default(), tool.path)
            }
            Err(title) => title.to_owned(),
        }
    }

    /// OpenAPI 3.1, §4.4: `format: password` is for what is not to be seen.
    fn is_secret(&self, argument: &str) -> bool {
        let properties = self.schema.document.get("properties");
        let described = properties.and_then(|all| all.get(argument));
        let format = described.and_then(|it| self.schema.resolved(it).get("format"));
        format.and_then(Value::as_str) == Some("password")
    }

    /// # Errors
    /// The arguments do not fit: what the model reads.
    fn check(&self, inner: &Inner, call: &mut Call) -> Result<(), ToolResult> {
        let reading = Reading {
            bound: self.bound,
            lenient: inner.settings.lenient,
            null_is_absent: self.null_is_absent,
        };
        let refuse = |mistakes: Mistakes| {
            ToolResult::failure(ErrorType::InvalidArguments, mistakes.text(&call.tool))
        };
        arguments::check(self.schema, self.names, &mut call.arguments, reading).map_err(refuse)?;
        if let (Some(bound), Ok(tool)) = (self.bound, self.does)
            && let Some(mistake) = overriding(tool, &call.arguments, bound)
        {
            return Err(refuse(Mistakes(vec![mistake])));
        }
        Ok(())
    }
}

type Ready = (Outgoing, Vec<Arc<Credential>>);

fn plan_of(tool: &Prepared) -> Result<&Plan, ToolResult> {
    tool.plan.as_ref().map_err(|problem| {
        let text = format!("`{}`: {problem}.", tool.def.name);
        ToolResult::failure(ErrorType::Internal, text)
    })
}

/// Everything that can be wrong before a request is sent for which nobody is asked.
async fn prepare(
    inner: &Inner,
    tool: &Prepared,
    bound: Option<&Map<String, Value>>,
    call: &mut Call,
    until: Until,
) -> Result<Ready, ToolResult> {
    let plan = plan_of(tool)?;
    Wanted::of(tool, plan, bound).check(inner, call)?;
    ready(inner, tool, plan, (call, None), until).await
}

/// The request of a call whose arguments are in order; `key` is what makes it one that was made before.
async fn ready(
    inner: &Inner,
    tool: &Prepared,
    plan: &Plan,
    (call, key): (&Call, Option<HeaderValue>),
    (deadline, limit): Until,
) -> Result<Ready, ToolResult> {
    let refuse = |kind, text: String| ToolResult::failure(kind, text);
    let base = (inner.bases.get(tool.def.server)).map_err(|problem| {
        refuse(
            ErrorType::Internal,
            format!("No request was sent: {problem}."),
        )
    })?;
    let getting = (inner.credentials).ready(tool.def, &call.context, &inner.upstream);
    let got = tokio::time::timeout_at(deadline.into(), getting).await;
    let got = got.map_err(|_| {
        let limit = seconds(limit);
        let text = format!(
            "No request was sent: the {limit} for this call were over before there was a token of the API. Try again later."
        );
        refuse(ErrorType::Timeout, text)
    })?;
    got.map_err(|NoCredential(text)| refuse(ErrorType::Unauthorized, text))?;
    let credentials = (inner.credentials.select(tool.def, &call.context))
        .map_err(|NoCredential(text)| refuse(ErrorType::Unauthorized, text))?;
    if !credentials.is_empty() && !inner.bases.may_have_credentials(base) {
        let variable = super::base_url::variable(tool.def.server);
        let text = format!(
            "No request was sent: `{}` is served by {}, for which no credential was configured. If it may have the \
             API's credentials, set `{variable}={}{}`.",
            tool.def.name, base.origin, base.origin, base.prefix
        );
        return Err(refuse(ErrorType::Unauthorized, text));
    }
    let placed: Vec<&Placed> = credentials.iter().map(|found| &found.placed).collect();
    let mut outgoing = plan
        .fill(base, &call.arguments, &call.headers, &placed)
        .map_err(|mistakes| {
            let mistakes = arguments::Mistakes(mistakes);
            refuse(ErrorType::InvalidArguments, mistakes.text(tool.def.name))
        })?;
    (inner.settings.resilience).add_key(tool.def, key, &mut outgoing);
    Ok((outgoing, credentials))
}

/// A request of a tool, and what is wanted of it.
#[derive(Clone, Copy)]
struct Asked<'a> {
    tool: &'a Prepared,
    outgoing: &'a Outgoing,
    credentials: &'a [Arc<Credential>],
    call: &'a Call,
    redaction: Option<&'a Redaction>,
    /// The argument that says which parts of the answer are wanted, and what it says.
    fields: (Option<&'a str>, &'a [String]),
    /// The jq program that it is given to.
    jq: Option<Asking<'a>>,
    /// Who sees the answer, where it shows that.
    guard: Option<&'a Guard>,
    /// Whether what the API says is put between marks.
    marks: bool,
    /// `None` where only an answer of the API will do.
    #[cfg(feature = "cache")]
    keeping: Option<&'a Keeping>,
    /// Whether work is followed that goes on after the answer.
    follows: bool,
    until: Until,
}

/// Sends the request, as often as it takes and is allowed, and reads the answer.
async fn exchange(inner: &Arc<Inner>, asked: Asked<'_>, facts: &mut Facts) -> ToolResult {
    let mut steps = Steps::new(asked.call.context.progress.as_ref());
    // Whoever may only see what is theirs cannot be told before it is known whose this is.
    if !facts.wants_json {
        steps = steps.showing(told(&asked));
    }
    let watched = (&mut steps, &mut *facts);
    #[cfg(feature = "cache")]
    let ended = kept::answered(inner, &asked, watched).await;
    // On the heap: what a call is made of is moved several times until it is polled, and this is most of it.
    #[cfg(not(feature = "cache"))]
    let ended = Box::pin(attempts::made_in_part(
        inner,
        asked.tool,
        asked.outgoing,
        asked.until,
        watched,
    ))
    .await;
    let answered = match ended {
        Ok(answered) => answered,
        Err(refusal) => return *refusal,
    };
    match following::begun(inner, &asked, &answered, facts.address) {
        Begun::Nothing => {
            let watched = (&mut steps, facts);
            shown(inner, &asked, asked.outgoing, answered, watched).await
        }
        Begun::Elsewhere => {
            let watched = (&mut steps, facts);
            let result = shown(inner, &asked, asked.outgoing, answered, watched).await;
            following::elsewhere(result)
        }
        Begun::Here(operation) => {
            let watched = (&mut steps, facts);
            Box::pin(following::followed(
                inner, &asked, operation, answered, watched,
            ))
            .await
        }
    }
}

/// The credentials that a tool sends to the default server, for a request that the owner's code makes.
pub(super) async fn credentials_of(
    inner: &Inner,
    tool: &str,
    context: &CallContext,
) -> Result<Vec<Arc<Credential>>, Refusal> {
    let refuse = |text, kind| Refusal { text, kind };
    match inner.catalog.find(tool) {
        Some(Found::Generated(tool)) => {
            let ready = (inner.credentials).ready(tool.def, context, &inner.upstream);
            (ready.await)
                .and_then(|()| inner.credentials.select(tool.def, context))
                .map_err(|NoCredential(text)| refuse(text, ErrorType::Unauthorized))
        }
        _ => Err(refuse(
            format!("there is no generated tool `{tool}`"),
            ErrorType::Internal,
        )),
    }
}

/// Sends a request of the owner's code; gives the status and the body.
pub(super) async fn fetch(inner: &Inner, outgoing: Outgoing) -> Result<(u16, Bytes), Refusal> {
    let settings = &inner.settings;
    let read_only = outgoing.method.is_safe();
    let exchange = async {
        let changes = (!read_only).then(|| Instant::now() + settings.total_timeout);
        let request = (0, &outgoing, changes);
        let response = attempts::anywhere(inner, request, &mut 0).await?;
        let status = response.status().as_u16();
        let bounds = Bounds {
            most: settings.max_response_bytes,
            silence: inner.upstream.read_timeout,
            until: None,
        };
        let received = read(response, bounds, |_, _, _| ()).await?.unbroken()?;
        Ok((status, received.bytes))
    };
    let failure = match tokio::time::timeout(settings.total_timeout, exchange).await {
        Ok(Ok(answer)) => return Ok(answer),
        Ok(Err(failure)) => failure,
        Err(_) => Failure::Timeout(Stage::Total),
    };
    let origin = attempts::asked(inner, 0);
    Err(Refusal {
        text: explained(
            inner,
            &failure,
            &origin,
            0,
            read_only,
            settings.total_timeout,
        ),
        kind: failure.error_type(),
    })
}

#[cfg(test)]
mod tests;
