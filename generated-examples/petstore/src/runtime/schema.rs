//! Compiled schemas: what an argument or a result is checked against.
//!
//! A schema is compiled on a tool's first call, together with only those shared definitions that it reaches, so that
//! a server of a thousand tools starts at once. How errors read is decided in `arguments`.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;

use jsonschema::{Draft, Keyword, PatternOptions, ValidationError, Validator};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// The shared definitions, each parsed when it is reached.
pub(super) type Definitions<'a> = HashMap<Cow<'a, str>, &'a RawValue>;

const POINTER: &str = "#/$defs/";

/// A schema and its validator.
#[derive(Debug)]
pub(super) struct Schema {
    /// The schema with the definitions that it reaches in `$defs`.
    pub(super) document: Value,
    validator: Option<Validator>,
}

impl Schema {
    /// Compiles a schema. Parts that cannot be compiled are left out: what the server cannot check, the API will.
    pub(super) fn compile(mut document: Value, definitions: &Definitions<'_>) -> Self {
        gather(&mut document, definitions);
        let validator = build(&document).or_else(|| {
            let mut simpler = document.clone();
            visit(&mut simpler, &mut |schema| {
                schema.remove("pattern");
                schema.remove("patternProperties");
            });
            build(&simpler)
        });
        Self {
            document,
            validator,
        }
    }

    /// The names of required members that are not given.
    pub(super) fn lacking<'s>(
        &'s self,
        members: &'s Map<String, Value>,
    ) -> impl Iterator<Item = &'s str> {
        let required = self.document.get("required").and_then(Value::as_array);
        let names = required.into_iter().flatten().filter_map(Value::as_str);
        names.filter(|name| members.get(*name).is_none_or(Value::is_null))
    }

    /// Whether the value fits, or takes too long to be checked.
    pub(super) fn accepts(&self, value: &Value) -> bool {
        let Some(validator) = &self.validator else {
            return true;
        };
        LEFT.set(MOST_STEPS);
        CHARS.set(MOST_CHARS);
        validator.is_valid(value) || LEFT.get() == 0
    }

    /// Everything that is wrong with a value.
    pub(super) fn errors<'i>(&'i self, value: &'i Value) -> Vec<ValidationError<'i>> {
        match &self.validator {
            Some(validator) if !self.accepts(value) => {
                LEFT.set(MOST_EXPLAINED);
                CHARS.set(MOST_CHARS);
                without_list(validator.iter_errors(value).collect())
            }
            _ => Vec::new(),
        }
    }

    /// The part of the schema that describes the value at this path, if it can be told without looking at the value.
    pub(super) fn at<'s, 'p>(
        &'s self,
        path: impl IntoIterator<Item = &'p str>,
    ) -> Option<&'s Value> {
        self.at_within(path, &mut { MOST_SEEN })
    }

    /// The same, looking at no more schemas than are left.
    pub(super) fn at_within<'s, 'p>(
        &'s self,
        path: impl IntoIterator<Item = &'p str>,
        left: &mut usize,
    ) -> Option<&'s Value> {
        path.into_iter().try_fold(&self.document, |schema, step| {
            self.child(schema, step, 0, left)
        })
    }

    /// Follows references until a schema that says something itself.
    pub(super) fn resolved<'s>(&'s self, mut schema: &'s Value) -> &'s Value {
        for _ in 0..MAX_DEPTH {
            match schema.get("$ref").and_then(Value::as_str) {
                Some(reference) => match self.definition(reference) {
                    Some(target) => schema = target,
                    None => return schema,
                },
                None => return schema,
            }
        }
        schema
    }

    fn definition(&self, reference: &str) -> Option<&Value> {
        self.document.pointer(reference.strip_prefix('#')?)
    }

    /// Whether an object needs the property, by what can be told without looking at the value.
    pub(super) fn requires(&self, schema: &Value, property: &str) -> bool {
        self.requires_within(schema, property, 0, &mut { MOST_SEEN })
    }

    fn requires_within(
        &self,
        schema: &Value,
        property: &str,
        depth: usize,
        left: &mut usize,
    ) -> bool {
        if depth > MAX_DEPTH || *left == 0 {
            return false;
        }
        *left -= 1;
        let schema = self.resolved(schema);
        let names = schema.get("required").and_then(Value::as_array);
        let mut parts = schema
            .get("allOf")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        names.is_some_and(|names| names.iter().any(|name| name == property))
            || parts.any(|part| self.requires_within(part, property, depth + 1, left))
    }

    /// The names of the properties that a schema knows, and those that hold together with it.
    pub(super) fn fields<'s>(&'s self, schema: &'s Value) -> Vec<&'s str> {
        let mut names = Vec::new();
        let mut waiting = vec![schema];
        for _ in 0..MOST_SEEN {
            let Some(schema) = waiting.pop() else { break };
            let own = schema.get("properties").and_then(Value::as_object);
            for name in own.into_iter().flat_map(Map::keys) {
                if !names.contains(&name.as_str()) {
                    names.push(name);
                }
            }
            let parts = schema.get("allOf").and_then(Value::as_array);
            waiting.extend(parts.into_iter().flatten().rev());
            let target = schema.get("$ref").and_then(Value::as_str);
            waiting.extend(target.and_then(|target| self.definition(target)));
        }
        names
    }

    /// The schema of a property, or of the items, of what a schema describes.
    pub(super) fn part<'s>(&'s self, schema: &'s Value, step: &str) -> Option<&'s Value> {
        self.child(schema, step, 0, &mut { MOST_SEEN })
    }

    fn child<'s>(
        &'s self,
        schema: &'s Value,
        step: &str,
        depth: usize,
        left: &mut usize,
    ) -> Option<&'s Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        *left = left.checked_sub(1)?;
        let schema = self.resolved(schema);
        if let Some(property) = schema.get("properties").and_then(|all| all.get(step)) {
            return Some(property);
        }
        if step.parse::<usize>().is_ok()
            && let Some(items) = schema.get("items")
        {
            return Some(items);
        }
        ["allOf", "anyOf", "oneOf"]
            .iter()
            .filter_map(|keyword| schema.get(keyword)?.as_array())
            .flatten()
            .find_map(|branch| self.child(branch, step, depth + 1, left))
    }
}

/// How far references and combinators are followed when a schema is only looked at.
const MAX_DEPTH: usize = 16;
/// And at how many schemas: choices whose forms are choices again would be looked at for ever.
const MOST_SEEN: usize = 2_000;

fn build(document: &Value) -> Option<Validator> {
    let mut bounded = document.clone();
    let mut decides = false;
    visit(&mut bounded, &mut |schema| {
        decides |= ["not", "if"]
            .iter()
            .any(|keyword| schema.contains_key(*keyword));
    });
    visit(&mut bounded, &mut |schema| {
        if !schema.contains_key(IS_COUNTED) {
            bound_pattern(schema, decides);
            count_forms(schema);
            bound_names(schema);
        }
    });
    if let Some(Value::Object(definitions)) = bounded.get_mut("$defs") {
        for definition in definitions.values_mut() {
            *definition = counted(definition);
        }
    }
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .with_pattern_options(PatternOptions::fancy_regex().backtrack_limit(MOST_BACKTRACKS))
        .with_keyword(COUNTER, |_, _, _| Ok(Box::new(Counter)))
        .with_keyword(TEXTS, |_, ends, _| {
            let ends = *ends == Value::Bool(true);
            Ok(Box::new(Texts { ends }))
        })
        .build(&bounded)
        .ok()
}

/// Makes each visit of a choice, and of each of its forms, take a step. When none is left a choice is one error; else it
/// would be one for each form.
fn count_forms(schema: &mut Map<String, Value>) {
    let Some(Value::Array(forms)) = schema.remove("anyOf") else {
        return;
    };
    let forms: Vec<Value> = forms.iter().map(counted).collect();
    let choice = counted(&serde_json::json!({"anyOf": forms, IS_COUNTED: true}));
    add_part(schema, choice);
}

/// Adds a schema that holds too.
fn add_part(schema: &mut Map<String, Value>, part: Value) {
    match schema.get_mut("allOf").and_then(Value::as_array_mut) {
        Some(parts) => parts.push(part),
        None => {
            schema.insert("allOf".to_owned(), Value::Array(vec![part]));
        }
    }
}

/// Lets a pattern that may go back look at short texts only. A longer one passes; where something else is decided by that,
/// the check ends.
fn bound_pattern(schema: &mut Map<String, Value>, decides: bool) {
    let goes_back = |pattern: &Value| pattern.as_str().is_some_and(goes_back);
    if let Some(pattern) = schema.get("pattern").filter(|pattern| goes_back(pattern)) {
        let then = serde_json::json!({"pattern": pattern, IS_COUNTED: true});
        schema.remove("pattern");
        add_part(
            schema,
            serde_json::json!({"if": {TEXTS: decides}, "then": then}),
        );
    }
}

/// The same for patterns of names. What they leave over depends on them, so the check ends where a name is too long.
fn bound_names(schema: &mut Map<String, Value>) {
    let names = schema.get("patternProperties").and_then(Value::as_object);
    if !names.is_some_and(|names| names.keys().any(|name| goes_back(name))) {
        return;
    }
    let definitions = schema.remove("$defs");
    let mut whole = std::mem::take(schema);
    whole.insert(IS_COUNTED.to_owned(), Value::Bool(true));
    schema.insert("if".to_owned(), serde_json::json!({TEXTS: true}));
    schema.insert("then".to_owned(), Value::Object(whole));
    schema.insert("else".to_owned(), serde_json::json!({COUNTER: true}));
    schema.extend(definitions.map(|all| ("$defs".to_owned(), all)));
}

/// Whether a pattern has look-around or the like, so that the time for it is not linear in the text.
fn goes_back(pattern: &str) -> bool {
    let is_plain = |c: char| !matches!(c, '?' | '\\' | '+');
    if pattern.chars().all(is_plain) {
        return false;
    }
    // Possessive to the engine that goes back, a loop of a loop to the other one.
    let is_possessive = ["++", "*+", "?+", "}+"]
        .iter()
        .any(|end| pattern.contains(end));
    is_possessive
        || jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_pattern_options(PatternOptions::regex())
            .build(&serde_json::json!({"pattern": pattern}))
            .is_err()
}

/// The same schema, of which each visit takes a step.
fn counted(schema: &Value) -> Value {
    let counter = Map::from_iter([(COUNTER.to_owned(), Value::Bool(true))]);
    // Unlike an `allOf`, whose errors are collected to the last one, this goes no further without a step.
    serde_json::json!({"if": counter, "then": schema, "else": counter})
}

/// Marks what these functions made.
const IS_COUNTED: &str = "x-mcp-counted";
const TEXTS: &str = "x-mcp-texts";
/// What patterns that may go back see in a check: the sum of the squares of the lengths of texts. At each character they
/// may look at all others.
const MOST_CHARS: usize = 1_000 * 1_000;
/// How often a pattern may go back in one text.
const MOST_BACKTRACKS: usize = 20_000;
/// A check ends after as many visits of shared definitions and of forms. Choices whose forms are choices again, or that
/// recur, take twice as many with each level of the schema or of the value.
const MOST_STEPS: u32 = 100_000;
/// The same while errors are collected: each costs a kilobyte, and what it is about.
const MOST_EXPLAINED: u32 = 20_000;
const COUNTER: &str = "x-mcp-steps";

thread_local! {
    static LEFT: Cell<u32> = const { Cell::new(0) };
    static CHARS: Cell<usize> = const { Cell::new(0) };
}

/// Whether patterns may still look at a text, or at the names in an object.
struct Texts {
    /// Whether the check comes to its end if not.
    ends: bool,
}

impl<'i> Keyword<'i> for Texts {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        if self.is_valid(instance) {
            Ok(())
        } else {
            Err(ValidationError::custom("too many characters"))
        }
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        let square = |text: &String| text.len().saturating_mul(text.len());
        let chars = match instance {
            Value::String(text) => square(text),
            Value::Object(fields) => fields.keys().map(square).fold(0, usize::saturating_add),
            _ => 0,
        };
        let left = CHARS.get().checked_sub(chars);
        CHARS.set(left.unwrap_or_else(|| CHARS.get()));
        if left.is_none() && self.ends {
            LEFT.set(0);
        }
        left.is_some()
    }
}

/// Takes a step, and refuses when there is none left, so that the check comes to its end.
struct Counter;

impl<'i> Keyword<'i> for Counter {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        if self.is_valid(instance) {
            Ok(())
        } else {
            Err(ValidationError::custom("too many steps"))
        }
    }

    fn is_valid(&self, _: &'i Value) -> bool {
        let left = LEFT.get().saturating_sub(1);
        LEFT.set(left);
        left > 0
    }
}

/// Where another argument decides which form an argument takes (a `then` at the root), that form says what is wrong; that
/// the argument fits none of all the forms says nothing more.
fn without_list(mut errors: Vec<ValidationError<'_>>) -> Vec<ValidationError<'_>> {
    let is_chosen = |error: &ValidationError<'_>| {
        let mut steps = error.schema_path().as_str().split('/').skip(1);
        steps.next() == Some("allOf") && steps.nth(1) == Some("then")
    };
    let chosen: Vec<String> = (errors.iter().filter(|error| is_chosen(error)))
        .filter_map(|error| Some(error.instance_path().segments().next()?.to_string()))
        .collect();
    errors.retain(|error| {
        let mut steps = error
            .instance_path()
            .segments()
            .map(|step| step.to_string());
        is_chosen(error)
            || steps
                .next()
                .is_none_or(|argument| !chosen.contains(&argument))
    });
    errors
}

/// Puts the definitions that a schema reaches into its `$defs`.
fn gather(document: &mut Value, definitions: &Definitions<'_>) {
    let mut gathered = Map::new();
    let mut wanted = Vec::new();
    collect_references(document, &mut wanted);
    while let Some(name) = wanted.pop() {
        if gathered.contains_key(&name) {
            continue;
        }
        let text = definitions
            .get(name.as_str())
            .map_or("true", |raw| raw.get());
        let mut definition = serde_json::from_str(text).unwrap_or(Value::Bool(true));
        collect_references(&mut definition, &mut wanted);
        gathered.insert(name, definition);
    }
    if let Value::Object(document) = document
        && !gathered.is_empty()
    {
        match document.get_mut("$defs") {
            Some(Value::Object(own)) => own.extend(gathered),
            _ => {
                document.insert("$defs".to_owned(), Value::Object(gathered));
            }
        }
    }
}

/// Collects the names that a schema refers to.
fn collect_references(document: &mut Value, wanted: &mut Vec<String>) {
    visit(document, &mut |schema| {
        if let Some(Value::String(reference)) = schema.get("$ref")
            && let Some(pointer) = reference.strip_prefix(POINTER)
        {
            let name = pointer.split('/').next().unwrap_or(pointer);
            let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
            wanted.push(name.replace("~1", "/").replace("~0", "~"));
        }
    });
}

/// Calls `f` on every schema object in a document, but on nothing that is an example, a default or a constant.
fn visit(document: &mut Value, f: &mut dyn FnMut(&mut Map<String, Value>)) {
    match document {
        Value::Object(schema) => {
            f(schema);
            for (keyword, value) in schema.iter_mut() {
                match keyword.as_str() {
                    "enum" | "const" | "default" | "example" | "examples" => {}
                    "properties" | "patternProperties" | "$defs" | "dependentSchemas" => {
                        for value in value.as_object_mut().into_iter().flat_map(Map::values_mut) {
                            visit(value, f);
                        }
                    }
                    _ => visit(value, f),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| visit(item, f)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema(document: Value, definitions: &str) -> Schema {
        let definitions: Definitions<'_> = serde_json::from_str(definitions).expect("definitions");
        Schema::compile(document, &definitions)
    }

    #[test]
    fn a_reference_resolves_against_the_shared_definitions() {
        let schema = schema(
            json!({"properties": {"pet": {"$ref": "#/$defs/Pet"}}}),
            r##"{"Pet": {"type": "object", "properties": {"mother": {"$ref": "#/$defs/Pet"}, "tag": {"$ref": "#/$defs/a~1b"}}},
                "a/b": {"type": "string"}, "Unused": {"type": "nonsense"}}"##,
        );
        assert!(schema.accepts(&json!({"pet": {"mother": {"mother": {}}}})));
        assert!(!schema.accepts(&json!({"pet": {"mother": {"mother": 1}}})));
        assert!(!schema.accepts(&json!({"pet": {"tag": 1}})));
        assert!(schema.document["$defs"].get("Unused").is_none());
        assert_eq!(
            schema.at(["pet", "tag"]).map(|s| schema.resolved(s)),
            Some(&json!({"type": "string"}))
        );
    }

    #[test]
    fn a_property_called_oneof_or_ref_is_not_a_keyword() {
        let schema = schema(
            json!({"properties": {"$ref": {"type": "string"}, "oneOf": {"type": "array"}}}),
            "{}",
        );
        assert!(!schema.accepts(&json!({"oneOf": 1})));
        assert!(!schema.accepts(&json!({"$ref": 1})));
    }

    #[test]
    fn a_pattern_that_cannot_be_compiled_leaves_the_rest_of_the_schema_in_force() {
        let schema = schema(
            json!({"type": "string", "pattern": "(((", "maxLength": 2}),
            "{}",
        );
        assert!(schema.accepts(&json!("ab")));
        assert!(!schema.accepts(&json!("abc")));
    }

    /// Without a bound each of them is looked at from each of its characters.
    #[test]
    fn patterns_that_go_back_see_short_texts_only() {
        let long = "a".repeat(100_000);
        let pattern = r"(?=.*\d)(?=.*[a-z]).{8,}";
        let texts = schema(
            json!({"properties": {"v": {"type": "string", "pattern": pattern}, "n": {"type": "integer"}}}),
            "{}",
        );
        assert!(texts.accepts(&json!({"v": "abcdefg8"})));
        assert!(!texts.accepts(&json!({"v": "abcdefgh"})));
        assert!(texts.accepts(&json!({"v": long})));
        assert_eq!(texts.errors(&json!({"v": long, "n": "x"})).len(), 1);

        let list = schema(json!({"items": {"pattern": pattern}}), "{}");
        assert!(list.accepts(&Value::Array(vec![json!(long); 100])));
        let no = schema(json!({"not": {"pattern": pattern}}), "{}");
        assert!(no.accepts(&json!(long)) && no.accepts(&json!("abc")));
        assert!(!no.accepts(&json!("abcdefg8")));

        let names = schema(
            json!({"patternProperties": {pattern: {"type": "integer"}}, "additionalProperties": false}),
            "{}",
        );
        assert!(names.accepts(&json!({"abcdefg8": 1})));
        assert!(!names.accepts(&json!({"abcdefg8": "x"})) && !names.accepts(&json!({"b": 1})));
        assert!(names.accepts(&json!({ long: 1 })));

        assert!(goes_back(r"(?<!x)(a+)+b$") && goes_back(r"(a)\1") && goes_back("a++b"));
        assert!(!goes_back("(?:a+)+b$") && !goes_back(r"^\d+$"));
        let plain = schema(json!({"pattern": "^(?:a+)+$"}), "{}");
        assert!(!plain.accepts(&json!(format!("{}b", "a".repeat(100_000)))));
    }

    /// Each level is a choice of the next one in two ways.
    #[test]
    fn a_check_that_would_take_for_ever_ends() {
        let mut definitions = Map::new();
        for level in 0..60 {
            let next = json!({"$ref": format!("#/$defs/A{}", level + 1)});
            let forms = json!({"anyOf": [next, {"allOf": [next]}]});
            definitions.insert(format!("A{level}"), forms);
        }
        definitions.insert(
            "A60".to_owned(),
            json!({"type": "object", "maxProperties": 1}),
        );
        let text = Value::Object(definitions).to_string();
        let schema = schema(json!({"$ref": "#/$defs/A0"}), &text);
        assert!(schema.accepts(&json!({"z": 1})));
        assert!(
            schema.accepts(&json!(7)),
            "what cannot be checked is left to the API"
        );
        assert!(schema.errors(&json!(7)).is_empty());
    }

    /// Both forms of a filter are told apart by nothing, so each level has the errors of two.
    #[test]
    fn to_say_what_is_wrong_ends_as_well() {
        let list = r##"{"type": "object", "required": ["args"], "properties": {"args": {"type": "array", "items": {"$ref": "#/$defs/F"}}}}"##;
        let leaf = r#"{"type": "object", "required": ["field", "value"]}"#;
        let text = format!(
            r##"{{"F": {{"anyOf": [{{"$ref": "#/$defs/And"}}, {{"$ref": "#/$defs/Or"}}, {leaf}]}}, "And": {list}, "Or": {list}}}"##
        );
        let filter = schema(json!({"$ref": "#/$defs/F"}), &text);
        let nested = |inner| (0..40).fold(inner, |inner, _| json!({ "args": [inner] }));
        assert!(filter.accepts(&nested(json!({"field": 1, "value": 2}))));
        assert_eq!(filter.errors(&nested(json!({"field": 1}))).len(), 1);

        let mut levels = Map::new();
        for level in 0..30 {
            let next = json!({"$ref": format!("#/$defs/S{}", level + 1)});
            levels.insert(format!("S{level}"), json!({"allOf": [next, next]}));
        }
        levels.insert("S30".to_owned(), json!({"type": "string"}));
        let twice = schema(
            json!({"$ref": "#/$defs/S0"}),
            &Value::Object(levels).to_string(),
        );
        assert!(!twice.errors(&json!(1)).is_empty());
    }

    /// Each level is a choice of all forms of the next one.
    #[test]
    fn to_look_at_a_schema_ends_as_well() {
        let mut definitions = Map::new();
        for level in 0..14 {
            for form in 0..4 {
                let next = |number| json!({"$ref": format!("#/$defs/L{}_{number}", level + 1)});
                let forms: Vec<Value> = (0..4).map(next).collect();
                definitions.insert(format!("L{level}_{form}"), json!({"anyOf": forms}));
            }
        }
        let text = Value::Object(definitions).to_string();
        let schema = schema(json!({"$ref": "#/$defs/L0_0"}), &text);
        assert_eq!(schema.at(["q"]), None);
        assert!(!schema.requires(&schema.document, "q"));
    }

    #[test]
    fn forms_in_place_take_steps_too() {
        let form = |kind: usize| json!({"type": "object", "properties": {"kind": {"const": kind}}, "required": ["kind"]});
        let forms: Vec<Value> = (0..500).map(form).collect();
        let list = schema(json!({"items": {"anyOf": forms}}), "{}");
        assert!(list.accepts(&json!([{"kind": 499}])));
        assert!(!list.accepts(&json!([{"kind": 500}])));
        let wrong = vec![json!({"kind": 500}); 10_000];
        let wrong = Value::Array(wrong);
        let inner = |error: &ValidationError<'_>| match error.kind() {
            jsonschema::error::ValidationErrorKind::AnyOf { context } => context.len(),
            _ => 0,
        };
        let inner: usize = list.errors(&wrong).iter().map(inner).sum();
        assert!((1..=20_000).contains(&inner), "{inner}");
    }

    #[test]
    fn what_is_counted_still_says_which_fields_are_known() {
        let text = r#"{"A": {"properties": {"a": {}}, "anyOf": [{"properties": {"b": {}}, "required": ["b"]}, {"type": "object"}]}}"#;
        let schema = schema(
            json!({"allOf": [{"$ref": "#/$defs/A"}], "unevaluatedProperties": false}),
            text,
        );
        assert!(schema.accepts(&json!({"a": 1, "b": 2})));
        assert!(!schema.accepts(&json!({"a": 1, "b": 2, "c": 3})));
    }

    #[test]
    fn a_recursive_choice_is_checked_to_its_depth() {
        let text = r##"{"F": {"anyOf": [{"type": "object", "properties": {"not": {"$ref": "#/$defs/F"}}, "required": ["not"]}, {"type": "string"}]}}"##;
        let schema = schema(json!({"$ref": "#/$defs/F"}), text);
        let nested = |inner| (0..60).fold(inner, |inner, _| json!({ "not": inner }));
        assert!(schema.accepts(&nested(json!("a"))));
        assert!(!schema.accepts(&nested(json!(1))));
        assert!(!schema.errors(&nested(json!(1))).is_empty());
    }
}
