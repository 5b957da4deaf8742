//! Schemas that ask themselves about one and the same value.
//!
//! `Pet: {oneOf: [Cat]}` with `Cat: {allOf: [Pet]}`, the usual way to write inheritance, would have a validator go
//! round for ever: every reference in such a circle looks at the same value. A circle is broken where it closes: the
//! subtype then refers to its base without the list of subtypes. Recursion through properties and items, which goes
//! one level down in the value with each turn, is left as it is.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;
use serde_json::Value;

use super::Definition;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, JsonPointer};

/// How many references may lead from one to the next about the same value; more would exhaust a validator's stack.
const CHAIN: usize = 100;

/// The keywords whose schemas look at the same value as the schema that they stand in.
const LISTS: [&str; 3] = ["allOf", "anyOf", "oneOf"];
const SINGLE: [&str; 4] = ["not", "if", "then", "else"];
const MAPS: [&str; 1] = ["dependentSchemas"];

/// The keywords that list the subtypes of a schema.
const SUBTYPES: [&str; 3] = ["oneOf", "anyOf", "discriminator"];

/// The definitions without such circles.
pub(super) fn broken(
    definitions: IndexMap<String, Definition>,
    diagnostics: &mut Diagnostics,
) -> (IndexMap<String, Value>, IndexMap<String, JsonPointer>) {
    let mut search = Search {
        height: vec![None; definitions.len()],
        definitions,
        on_path: HashSet::new(),
        bases: HashMap::new(),
        without_subtypes: HashMap::new(),
        redirects: HashMap::new(),
        diagnostics,
    };
    search.let_subtypes_refer_to_bases();
    for start in 0..search.height.len() {
        search.from(start);
    }
    search.redirected()
}

struct Search<'a> {
    definitions: IndexMap<String, Definition>,
    /// How long the chain of references from a definition is, once that is known.
    height: Vec<Option<usize>>,
    on_path: HashSet<usize>,
    /// The definition that stands for another one without its subtypes.
    bases: HashMap<usize, usize>,
    /// Where a definition leads without the list of its subtypes.
    without_subtypes: HashMap<usize, HashSet<usize>>,
    /// In each definition, which references lead elsewhere now; to nowhere with `None`. All are put in at the end, in
    /// one walk.
    redirects: HashMap<usize, HashMap<usize, Option<usize>>>,
    diagnostics: &'a mut Diagnostics,
}

/// A definition on the path that is being searched.
struct Step {
    index: usize,
    next: Vec<usize>,
    height: usize,
}

impl Search<'_> {
    /// A subtype that is `allOf` its base, while the base lists it, means the base without the list.
    fn let_subtypes_refer_to_bases(&mut self) {
        let mut subtypes: HashMap<usize, HashSet<usize>> = HashMap::new();
        for from in 0..self.definitions.len() {
            let parents = self.successors(from, |keyword| keyword == "allOf");
            for parent in parents.into_iter().filter(|parent| *parent != from) {
                let listed = subtypes.entry(parent).or_insert_with(|| {
                    self.successors(parent, |keyword| SUBTYPES.contains(&keyword))
                        .into_iter()
                        .collect()
                });
                if listed.contains(&from)
                    && let Some(base) = self.base(parent, from)
                {
                    self.redirect(from, parent, Some(base));
                }
            }
        }
    }

    /// Depth first, with a stack of our own: a document may chain more definitions than the machine's stack holds.
    fn from(&mut self, start: usize) {
        let mut path: Vec<Step> = Vec::new();
        self.enter(start, &mut path);
        while let Some(step) = path.last_mut() {
            let from = step.index;
            let Some(next) = step.next.pop() else {
                let height = step.height;
                self.height[from] = Some(height);
                self.on_path.remove(&from);
                path.pop();
                if let Some(parent) = path.last_mut() {
                    parent.height = parent.height.max(height + 1);
                }
                continue;
            };
            if self.on_path.contains(&next) {
                if let Some(base) = self.close(from, next, &path) {
                    self.enter(base, &mut path);
                }
            } else if path.len() > CHAIN || self.height[next].is_some_and(|height| height > CHAIN) {
                let message = format!("more than {CHAIN} references lead from one to the next");
                self.cut(from, next, &message);
            } else {
                self.enter(next, &mut path);
            }
        }
    }

    fn enter(&mut self, index: usize, path: &mut Vec<Step>) {
        if let Some(height) = self.height[index] {
            if let Some(step) = path.last_mut() {
                step.height = step.height.max(height + 1);
            }
            return;
        }
        let redirects = self.redirects.get(&index);
        let mut next: Vec<usize> = self
            .successors(index, |_| true)
            .into_iter()
            .filter_map(|next| match redirects.and_then(|all| all.get(&next)) {
                Some(redirected) => *redirected,
                None => Some(next),
            })
            .collect();
        next.reverse();
        self.on_path.insert(index);
        path.push(Step {
            index,
            next,
            height: 0,
        });
    }

    /// Where a definition leads by some of its keywords.
    fn successors(&self, from: usize, follow: impl Fn(&str) -> bool) -> Vec<usize> {
        let mut found = Vec::new();
        let mut note = |reference: &str| {
            let name = reference.strip_prefix("#/$defs/");
            found.extend(name.and_then(|name| self.definitions.get_index_of(name)));
        };
        if let Value::Object(schema) = &self.definitions[from].value {
            for (key, value) in schema.iter().filter(|(key, _)| follow(key)) {
                references_of_keyword(key, value, &mut note);
            }
        }
        found
    }

    /// Breaks the circle that the reference from one definition to another would close. Gives back the definition
    /// that the reference leads to now, if any.
    fn close(&mut self, from: usize, to: usize, path: &[Step]) -> Option<usize> {
        let after = path
            .iter()
            .position(|step| step.index == to)
            .and_then(|position| path.get(position + 1))
            .map(|step| step.index);
        let base = after.and_then(|after| self.base(to, after));
        let Some(base) = base.filter(|base| !self.on_path.contains(base)) else {
            let message = format!(
                "the schema leads back to `{}` for one and the same value",
                self.name(to)
            );
            self.cut(from, to, &message);
            return None;
        };
        self.redirect(from, to, Some(base));
        Some(base)
    }

    /// A definition without the list of subtypes through which it leads to `after`.
    fn base(&mut self, of: usize, after: usize) -> Option<usize> {
        if !self.without_subtypes.contains_key(&of) {
            let left = self.successors(of, |keyword| !SUBTYPES.contains(&keyword));
            self.without_subtypes.insert(of, left.into_iter().collect());
        }
        if self.without_subtypes[&of].contains(&after) {
            return None;
        }
        if let Some(&base) = self.bases.get(&of) {
            return Some(base);
        }
        let mut value = self.definitions[of].value.clone();
        let schema = value.as_object_mut()?;
        for keyword in SUBTYPES {
            schema.shift_remove(keyword);
        }
        let mut name = format!("{}_base", self.name(of));
        while self.definitions.contains_key(&name) {
            name.push('_');
        }
        let pointer = self.definitions[of].pointer.clone();
        let definition = Definition { value, pointer };
        let (base, _) = self.definitions.insert_full(name, definition);
        self.height.push(None);
        self.bases.insert(of, base);
        Some(base)
    }

    fn cut(&mut self, from: usize, to: usize, message: &str) {
        self.diagnostics.push(
            Diagnostic::new(Code::InvalidSchema, message)
                .at(&self.definitions[from].pointer)
                .skipping(format!(
                    "the reference to `{}`; any value is allowed there",
                    self.name(to)
                )),
        );
        self.redirect(from, to, None);
    }

    fn redirect(&mut self, from: usize, to: usize, target: Option<usize>) {
        self.redirects.entry(from).or_default().insert(to, target);
    }

    fn name(&self, index: usize) -> &str {
        self.definitions
            .get_index(index)
            .map_or("", |(name, _)| name)
    }

    fn redirected(mut self) -> (IndexMap<String, Value>, IndexMap<String, JsonPointer>) {
        for (from, targets) in std::mem::take(&mut self.redirects) {
            let reference = |index| format!("#/$defs/{}", self.name(index));
            let targets = targets
                .into_iter()
                .map(|(to, target)| (reference(to), target.map(reference)))
                .collect();
            redirect_references(&mut self.definitions[from].value, &targets);
        }
        self.definitions
            .into_iter()
            .map(|(name, definition)| {
                ((name.clone(), definition.value), (name, definition.pointer))
            })
            .unzip()
    }
}

/// Calls back with each reference that looks at the same value as the schema.
fn references(schema: &Value, note: &mut impl FnMut(&str)) {
    if let Value::Object(schema) = schema {
        for (key, value) in schema {
            references_of_keyword(key, value, note);
        }
    }
}

fn references_of_keyword(key: &str, value: &Value, note: &mut impl FnMut(&str)) {
    match value {
        Value::String(reference) if key == "$ref" => note(reference),
        Value::Array(branches) if LISTS.contains(&key) => {
            for branch in branches {
                references(branch, note);
            }
        }
        Value::Object(members) if MAPS.contains(&key) => {
            for member in members.values() {
                references(member, note);
            }
        }
        schema if SINGLE.contains(&key) => references(schema, note),
        _ => {}
    }
}

/// Puts new targets into the references that look at the same value as the schema.
fn redirect_references(schema: &mut Value, targets: &HashMap<String, Option<String>>) {
    let Value::Object(schema) = schema else {
        return;
    };
    let target = schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|reference| targets.get(reference));
    match target {
        Some(Some(target)) => {
            schema.insert("$ref".to_owned(), Value::String(target.clone()));
        }
        Some(None) => {
            schema.shift_remove("$ref");
        }
        None => {}
    }
    for (key, value) in schema.iter_mut() {
        match value {
            Value::Array(branches) if LISTS.contains(&key.as_str()) => {
                for branch in branches {
                    redirect_references(branch, targets);
                }
            }
            Value::Object(members) if MAPS.contains(&key.as_str()) => {
                for member in members.values_mut() {
                    redirect_references(member, targets);
                }
            }
            schema if SINGLE.contains(&key.as_str()) => redirect_references(schema, targets),
            _ => {}
        }
    }
}
