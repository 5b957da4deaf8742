//! Advertised schemas for hosts with needs of their own.
//!
//! - `portable`: the projection as it is; what Anthropic, OpenAI, VS Code, Cursor and Copilot take.
//! - `full`: the precise schema with its `$defs`, for hosts that take all of JSON Schema 2020-12. It has no budget but that
//!   of [`whole`](super::whole).
//! - `openai-strict`: Structured Outputs. Every object is closed and requires all of its properties; what is optional may
//!   be null, and null then means that it is absent. What a closed object cannot say is JSON in a text, which the
//!   server reads.
//! - `gemini`: the OpenAPI subset of Google's function declarations: no `additionalProperties`, `nullable` in place of
//!   null, `enum` of texts only, names without `.` and `-`.
//!
//! Arguments are checked against the precise schema, whatever was advertised.

use serde_json::{Map, Value, json};

use crate::plan::text;

/// Who reads the advertised schemas.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SchemaProfile {
    /// Everybody.
    #[default]
    Portable,
    /// Hosts that take all of JSON Schema 2020-12.
    Full,
    /// `OpenAI`'s strict function calling.
    OpenaiStrict,
    /// Google's function declarations.
    Gemini,
}

impl SchemaProfile {
    /// All of them, the default first.
    pub const ALL: [Self; 4] = [Self::Portable, Self::Full, Self::OpenaiStrict, Self::Gemini];

    /// The name in options and in `mcpgen.toml`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Full => "full",
            Self::OpenaiStrict => "openai-strict",
            Self::Gemini => "gemini",
        }
    }

    /// The profile of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|profile| profile.as_str() == name)
    }

    /// A portable schema as this profile writes it.
    pub(crate) fn rewritten(self, schema: Value) -> Value {
        match self {
            Self::Portable | Self::Full => schema,
            Self::OpenaiStrict => strict(&schema, 0),
            Self::Gemini => gemini(&schema, true),
        }
    }
}

/// OpenAI, Structured Outputs, "Supported schemas": objects may be nested this deep.
const STRICT_DEPTH: usize = 10;
/// … and these keywords are known, beside those that are rewritten here.
const STRICT_KEYWORDS: [&str; 11] = [
    "type",
    "description",
    "enum",
    "pattern",
    "multipleOf",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "minItems",
    "maxItems",
];
const STRICT_FORMATS: [&str; 9] = [
    "date-time",
    "time",
    "date",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "uuid",
];

fn strict(schema: &Value, depth: usize) -> Value {
    let Value::Object(schema) = schema else {
        return anything();
    };
    let mut out = kept(schema, |keyword, value| {
        STRICT_KEYWORDS.contains(&keyword)
            || (keyword == "format"
                && value
                    .as_str()
                    .is_some_and(|it| STRICT_FORMATS.contains(&it)))
    });
    if let Some(default) = schema.get("default") {
        say(&mut out, &format!("Default: {default}."));
    }
    if let Some(Value::Array(forms)) = schema.get("anyOf") {
        out.shift_remove("type");
        let forms: Vec<Value> = forms.iter().map(|form| strict(form, depth)).collect();
        out.insert("anyOf".to_owned(), Value::Array(forms));
        return Value::Object(out);
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("object") => strict_object(schema, out, depth),
        Some("array") => {
            let items = schema.get("items").unwrap_or(&Value::Null);
            out.insert("items".to_owned(), strict(items, depth));
            Value::Object(out)
        }
        Some(_) => Value::Object(out),
        None => {
            let mut any = anything();
            if let Some(description) = out.remove("description") {
                any["description"] = description;
            }
            any
        }
    }
}

fn strict_object(schema: &Map<String, Value>, mut out: Map<String, Value>, depth: usize) -> Value {
    let properties = schema.get("properties").and_then(Value::as_object);
    let is_root = depth == 0;
    let Some(properties) =
        properties.filter(|all| is_root || (!all.is_empty() && depth < STRICT_DEPTH))
    else {
        return json_text(schema, out);
    };
    let required: Vec<&Value> = (schema.get("required").and_then(Value::as_array))
        .into_iter()
        .flatten()
        .collect();
    let mut all = Map::new();
    for (name, property) in properties {
        let is_required = required.iter().any(|required| **required == *name);
        let property = strict(property, depth + 1);
        all.insert(
            name.clone(),
            if is_required {
                property
            } else {
                or_null(property)
            },
        );
    }
    let names: Vec<&String> = all.keys().collect();
    out.insert("required".to_owned(), json!(names));
    out.insert("properties".to_owned(), Value::Object(all));
    out.insert("additionalProperties".to_owned(), Value::Bool(false));
    Value::Object(out)
}

/// An object whose keys are not known, as a text.
fn json_text(schema: &Map<String, Value>, mut out: Map<String, Value>) -> Value {
    out.insert("type".to_owned(), Value::from("string"));
    let mut note = "A JSON object as text".to_owned();
    match schema.get("additionalProperties") {
        Some(values @ Value::Object(fields)) if !fields.is_empty() => {
            note.push_str(&format!("; each value: {values}"));
        }
        _ => {}
    }
    if let Some(properties) = schema.get("properties").filter(|all| **all != json!({})) {
        note.push_str(&format!("; its fields: {properties}"));
    }
    say(&mut out, &text::cut(&format!("{note}."), 400));
    Value::Object(out)
}

fn or_null(schema: Value) -> Value {
    let null = json!({"type": "null"});
    let Value::Object(mut schema) = schema else {
        return null;
    };
    if let Some(Value::Array(forms)) = schema.get_mut("anyOf") {
        if !forms.contains(&null) {
            forms.push(null);
        }
        return Value::Object(schema);
    }
    let description = schema.shift_remove("description");
    let mut out = Map::new();
    out.extend(description.map(|text| ("description".to_owned(), text)));
    out.insert(
        "anyOf".to_owned(),
        Value::Array(vec![Value::Object(schema), null]),
    );
    Value::Object(out)
}

/// Any value but an object, of which strict schemas must name every key.
fn anything() -> Value {
    json!({"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}, {"type": "null"}]})
}

/// What Google's `Schema` knows of JSON Schema, beside what is rewritten here.
const GEMINI_KEYWORDS: [&str; 12] = [
    "type",
    "description",
    "required",
    "pattern",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
    "minProperties",
    "maxProperties",
];

fn gemini(schema: &Value, is_root: bool) -> Value {
    let Value::Object(schema) = schema else {
        return json!({"type": "string"});
    };
    let mut out = kept(schema, |keyword, value| {
        GEMINI_KEYWORDS.contains(&keyword) || (keyword == "format" && *value == json!("date-time"))
    });
    if let Some(default) = schema.get("default") {
        say(&mut out, &format!("Default: {default}."));
    }
    exclusive_bounds(schema, &mut out);
    if let Some(Value::Array(values)) = schema.get("enum") {
        if values.iter().all(Value::is_string) {
            // An empty text among them is refused.
            let named = values.iter().filter(|value| **value != json!(""));
            out.insert("enum".to_owned(), named.cloned().collect());
        } else {
            let values: Vec<String> = values.iter().map(Value::to_string).collect();
            say(
                &mut out,
                &format!("One of {}.", text::cut(&values.join(", "), 300)),
            );
        }
    }
    if let Some(Value::Array(forms)) = schema.get("anyOf") {
        return gemini_choice(forms, &out);
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("object") => gemini_object(schema, out, is_root),
        Some("array") => {
            let items = schema.get("items").unwrap_or(&Value::Null);
            out.insert("items".to_owned(), gemini(items, false));
            Value::Object(out)
        }
        Some("null") => json!({"type": "string", "nullable": true}),
        Some(_) => Value::Object(out),
        None => {
            out.insert("type".to_owned(), Value::from("string"));
            Value::Object(out)
        }
    }
}

/// Beside `anyOf` nothing else may stand: what is said about the choice moves into its first form.
fn gemini_choice(forms: &[Value], around: &Map<String, Value>) -> Value {
    let null = json!({"type": "null"});
    let is_nullable = forms.contains(&null);
    let mut shown: Vec<Map<String, Value>> = (forms.iter().filter(|form| **form != null))
        .filter_map(|form| gemini(form, false).as_object().cloned())
        .collect();
    if let (Some(first), Some(Value::String(about))) =
        (shown.first_mut(), around.get("description"))
    {
        let own = first
            .get("description")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let both = format!("{} {own}", text::sentence(about));
        first.insert("description".to_owned(), Value::from(both.trim()));
    }
    if is_nullable {
        for form in &mut shown {
            form.insert("nullable".to_owned(), Value::Bool(true));
        }
    }
    match shown.len() {
        0 => json!({"type": "string", "nullable": true}),
        1 => Value::Object(shown.remove(0)),
        _ => json!({ "anyOf": shown }),
    }
}

fn gemini_object(schema: &Map<String, Value>, mut out: Map<String, Value>, is_root: bool) -> Value {
    let properties = schema.get("properties").and_then(Value::as_object);
    let properties = properties.cloned().unwrap_or_default();
    let (plain, others): (Vec<_>, Vec<_>) = properties
        .into_iter()
        .partition(|(name, _)| is_gemini_name(name));
    // An object without properties is refused, except for a function that takes nothing.
    if plain.is_empty() && !is_root {
        out.shift_remove("required");
        return json_text(schema, out);
    }
    if !others.is_empty() {
        let names: Vec<String> = others.iter().map(|(name, _)| text::line(name)).collect();
        say(
            &mut out,
            &format!(
                "More fields are accepted: {}.",
                text::cut(&names.join(", "), 200)
            ),
        );
    }
    if let Some(Value::Array(required)) = out.get_mut("required") {
        required.retain(|name| name.as_str().is_some_and(is_gemini_name));
        if required.is_empty() {
            out.shift_remove("required");
        }
    }
    let properties: Map<String, Value> = (plain.into_iter())
        .map(|(name, property)| (name, gemini(&property, false)))
        .collect();
    out.insert("properties".to_owned(), Value::Object(properties));
    Value::Object(out)
}

/// Vertex AI: letters, digits and underscores, at most 64.
fn is_gemini_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Bounds that exclude their value: the next integer, or else words.
fn exclusive_bounds(schema: &Map<String, Value>, out: &mut Map<String, Value>) {
    let is_integer = schema.get("type") == Some(&json!("integer"));
    for (keyword, inclusive, step, words) in [
        ("exclusiveMinimum", "minimum", 1, "More than"),
        ("exclusiveMaximum", "maximum", -1, "Less than"),
    ] {
        let Some(bound) = schema.get(keyword) else {
            continue;
        };
        match bound.as_i64().and_then(|bound| bound.checked_add(step)) {
            Some(next) if is_integer => {
                out.insert(inclusive.to_owned(), Value::from(next));
            }
            _ => say(out, &format!("{words} {bound}.")),
        }
    }
}

fn kept(schema: &Map<String, Value>, keep: impl Fn(&str, &Value) -> bool) -> Map<String, Value> {
    (schema
        .iter()
        .filter(|(keyword, value)| keep(keyword, value)))
    .map(|(keyword, value)| (keyword.clone(), value.clone()))
    .collect()
}

/// Ends the description with a sentence.
fn say(schema: &mut Map<String, Value>, sentence: &str) {
    let before = schema
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let text = match text::sentence(before) {
        before if before.is_empty() => sentence.to_owned(),
        before => format!("{before} {sentence}"),
    };
    schema.insert("description".to_owned(), Value::from(text));
}
