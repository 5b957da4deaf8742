//! The keywords of a schema, each brought to the shape that JSON Schema 2020-12 asks for.
//!
//! A keyword that cannot be mended is left away with a warning: the schema then allows more, never less.

use serde_json::{Map as Object, Number, Value, json};

use crate::spec::lower::{Context, node_weight};
use crate::spec::path::Path;
use crate::spec::reading::Format;
use crate::spec::refs::{Target, reference_of};
use crate::spec::tree::{Map, Node};
use crate::spec::version::Version;

/// Keywords that say something about a value without constraining it.
pub(super) fn is_annotation(key: &str) -> bool {
    matches!(
        key,
        "title"
            | "description"
            | "default"
            | "deprecated"
            | "readOnly"
            | "writeOnly"
            | "example"
            | "examples"
            | "externalDocs"
    ) || key.starts_with("x-")
}

/// A keyword's place and what it belongs to.
#[derive(Clone, Copy)]
struct Site<'a, 'd> {
    schema: &'d Map,
    path: &'a Path<'a>,
}

impl<'d> Context<'_, 'd> {
    /// Puts one keyword into the converted schema.
    pub(in crate::spec) fn keyword(
        &mut self,
        schema: &'d Map,
        key: &str,
        value: &'d Node,
        path: &Path<'_>,
        out: &mut Object<String, Value>,
    ) {
        let site = Site { schema, path };
        // A key with nothing behind it, as YAML has them.
        if *value == Node::Null && !matches!(key, "default" | "example" | "const") {
            return;
        }
        match key {
            "$ref" | "$dynamicRef" | "$recursiveRef" => {
                return self.reference_keyword(key, value, path, out);
            }
            "properties" => return self.properties(value, path, out),
            "items" | "additionalItems" => return self.items(key, value, site, out),
            "required" => return self.required(value, path, out),
            "example" | "examples" => return self.examples(key, value, site, out),
            "dependencies" => return self.dependencies(value, path, out),
            _ => {}
        }
        let kept = match key {
            "type" => self.types(value, path, out),
            "enum" => self.enumeration(value, site),
            "const" | "default" => Some(self.datum(value, site)),
            "not"
            | "if"
            | "then"
            | "else"
            | "additionalProperties"
            | "unevaluatedProperties"
            | "unevaluatedItems"
            | "contains"
            | "propertyNames"
            | "contentSchema" => self.subschema(key, value, path),
            "allOf" | "anyOf" | "oneOf" | "prefixItems" => self.subschemas(key, value, path),
            "patternProperties" | "dependentSchemas" => self.subschema_map(key, value, path),
            "dependentRequired" => self.dependent_required(value, path),
            "minimum" | "maximum" => self.bound(key, value, site),
            "exclusiveMinimum" | "exclusiveMaximum" => self.exclusive_bound(key, value, site),
            "multipleOf" => self.multiple_of(value, path),
            "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties"
            | "maxProperties" | "minContains" | "maxContains" => self.count(key, value, path),
            "readOnly" | "writeOnly" | "deprecated" | "uniqueItems" => self.flag(key, value, path),
            "title" | "description" | "pattern" | "format" | "contentEncoding"
            | "contentMediaType" | "$comment" => self.words(key, value, path),
            "discriminator" => self.discriminator(value, path),
            "externalDocs" | "xml" => Some(value.to_value()),
            extension if extension.starts_with("x-") => Some(value.to_value()),
            // `nullable` is read elsewhere; `$id`, `$anchor`, `$defs` and their kin name what `#/$defs` now names;
            // what nobody knows constrains nothing.
            _ => None,
        };
        match (key, kept) {
            (_, None) => {}
            ("allOf", Some(Value::Array(parts))) => add_parts(out, parts),
            (key, Some(kept)) => drop(out.insert(key.to_owned(), kept)),
        }
    }

    fn dropped(&mut self, key: &str, value: &Node, wanted: &str, path: &Path<'_>) {
        let kind = value.kind();
        self.schema_warning(path, format!("`{key}` is {kind}, not {wanted}"));
    }

    fn reference_keyword(
        &mut self,
        key: &str,
        value: &'d Node,
        path: &Path<'_>,
        out: &mut Object<String, Value>,
    ) {
        let Some(reference) = value.as_text() else {
            return self.dropped(key, value, "text", path);
        };
        let target = match key {
            "$dynamicRef" => self.dynamic_reference(reference, path),
            _ => self.schema_reference(reference, path),
        };
        let Some(target) = target.map(Value::String) else {
            return;
        };
        match out.get_mut("$ref") {
            None => drop(out.insert("$ref".to_owned(), target)),
            Some(_) => add_parts(out, vec![json!({ "$ref": target })]),
        }
    }

    fn types(
        &mut self,
        value: &Node,
        path: &Path<'_>,
        out: &mut Object<String, Value>,
    ) -> Option<Value> {
        let names: Vec<&Node> = match value {
            Node::List(names) => names.iter().collect(),
            name => vec![name],
        };
        let mut known: Vec<&'static str> = Vec::new();
        for name in names {
            let written = name.as_text().unwrap_or(match name {
                Node::Null => "null",
                _ => "",
            });
            let kind = type_named(written);
            // A parameter's own in Swagger 2.0.
            let is_file = written == "file" && self.version() == Version::V2_0;
            if kind != Some(written) && !is_file {
                let meant = kind.map_or("it was left away".to_owned(), |kind| {
                    format!("it was read as `{kind}`")
                });
                self.schema_warning(path, format!("`{written}` is not a type; {meant}"));
            }
            if written.eq_ignore_ascii_case("file") {
                out.insert("format".to_owned(), json!("binary"));
            }
            match kind {
                Some(kind) if !known.contains(&kind) => known.push(kind),
                Some(_) => {}
                // One type that nobody knows leaves the whole open.
                None => return None,
            }
        }
        match (known.as_slice(), value) {
            ([], _) => None,
            ([one], Node::Text(_)) => Some(json!(one)),
            _ => Some(json!(known)),
        }
    }

    fn enumeration(&mut self, value: &'d Node, site: Site<'_, 'd>) -> Option<Value> {
        let Node::List(values) = value else {
            self.dropped("enum", value, "a list", site.path);
            return None;
        };
        if values.is_empty() {
            let message = "`enum` is empty, which would allow nothing".to_owned();
            self.schema_warning(site.path, message);
            return None;
        }
        let as_text = expects_text(site.schema);
        let mut seen = std::collections::HashSet::new();
        let mut kept = Vec::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            let value = match self.text(value, &site.path.item(index)) {
                Some(text) if as_text => Value::String(text),
                _ => value.to_value(),
            };
            if seen.insert(value.to_string()) {
                kept.push(value);
            }
        }
        Some(Value::Array(kept))
    }

    /// Mends an `enum` of which no value is of the schema's type, so that nothing could ever be sent: numbers and
    /// booleans written as text, and the values of the items beside `type: array`, as Swagger 2.0 had them.
    pub(super) fn fit_values(&mut self, path: &Path<'_>, out: &mut Object<String, Value>) {
        let (Some(declared), Some(Value::Array(values))) = (out.get("type"), out.get("enum"))
        else {
            return;
        };
        let types: Vec<&str> = match declared {
            Value::String(name) => vec![name],
            Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
            _ => return,
        };
        if types.is_empty() || values.iter().any(|value| fits(value, &types)) {
            return;
        }
        let quoted = types.join("` or `");
        let read: Option<Vec<Value>> = (values.iter())
            .map(|value| {
                let read: Value = serde_json::from_str(value.as_str()?.trim()).ok()?;
                fits(&read, &types).then_some(read)
            })
            .collect();
        let takes_values = |items: &Value| {
            let items = items.as_object();
            items.is_some_and(|items| !items.contains_key("enum") && !items.contains_key("$ref"))
        };
        let message = if let Some(read) = read {
            out.insert("enum".to_owned(), read.into());
            format!(
                "the values of `enum` are text and not of the type `{quoted}`; they were read as such"
            )
        } else if types.contains(&"array") && out.get("items").is_some_and(takes_values) {
            let values = out.shift_remove("enum").unwrap_or_default();
            if let Some(Value::Object(items)) = out.get_mut("items") {
                items.insert("enum".to_owned(), values);
            }
            "`enum` of an array holds no array; it was read as that of its `items`".to_owned()
        } else {
            out.shift_remove("enum");
            format!("no value of `enum` is of the type `{quoted}`, which would allow nothing")
        };
        self.schema_warning(&path.key("enum"), message);
    }

    /// A value that stands for data. In YAML a plain `1.10` is text where the schema asks for text.
    fn datum(&mut self, value: &'d Node, site: Site<'_, 'd>) -> Value {
        let is_plain = matches!(value, Node::Number(_) | Node::Bool(_));
        if is_plain
            && expects_text(site.schema)
            && self.format(&site.path.pointer()) == Format::Yaml
        {
            return self
                .text(value, site.path)
                .map_or(Value::Null, Value::String);
        }
        value.to_value()
    }

    fn examples(
        &mut self,
        key: &str,
        value: &'d Node,
        site: Site<'_, 'd>,
        out: &mut Object<String, Value>,
    ) {
        let values = match (key, value) {
            ("examples", Node::List(values)) => values.iter().map(Node::to_value).collect(),
            // Named examples, as parameters and media types have them.
            ("examples", Node::Map(named)) => named
                .iter()
                .filter_map(|(_, example)| example.child("value").map(Node::to_value))
                .collect(),
            ("examples", other) => return self.dropped(key, other, "a list", site.path),
            _ => vec![self.datum(value, site)],
        };
        if values.is_empty() {
            return;
        }
        let all = out.entry("examples").or_insert_with(|| json!([]));
        if let Value::Array(all) = all {
            all.extend(values);
        }
    }

    fn subschema(&mut self, key: &str, value: &'d Node, path: &Path<'_>) -> Option<Value> {
        match value {
            Node::Bool(_) | Node::Map(_) => Some(self.schema(value, path)),
            other => {
                self.dropped(key, other, "a schema", path);
                None
            }
        }
    }

    fn subschemas(&mut self, key: &str, value: &'d Node, path: &Path<'_>) -> Option<Value> {
        let branches: Vec<Value> = match value {
            Node::List(branches) => branches
                .iter()
                .enumerate()
                .map(|(index, branch)| self.schema(branch, &path.item(index)))
                .collect(),
            Node::Map(_) => {
                self.dropped(key, value, "a list; it was read as its only item", path);
                vec![self.schema(value, path)]
            }
            other => {
                self.dropped(key, other, "a list of schemas", path);
                return None;
            }
        };
        if branches.is_empty() {
            self.schema_warning(path, format!("`{key}` is empty"));
            return None;
        }
        Some(Value::Array(branches))
    }

    fn subschema_map(&mut self, key: &str, value: &'d Node, path: &Path<'_>) -> Option<Value> {
        let Node::Map(members) = value else {
            self.dropped(key, value, "an object", path);
            return None;
        };
        Some(Value::Object(self.schema_map(members, path).0))
    }

    fn properties(&mut self, value: &'d Node, path: &Path<'_>, out: &mut Object<String, Value>) {
        let Node::Map(members) = value else {
            return self.dropped("properties", value, "an object", path);
        };
        match reference_of(value) {
            Some(reference) => self.properties_elsewhere(reference, path, out),
            None => self.properties_here(members, path, out),
        }
    }

    /// Only a schema can be a reference, but there is one thing that this one can mean.
    fn properties_elsewhere(
        &mut self,
        reference: &'d str,
        path: &Path<'_>,
        out: &mut Object<String, Value>,
    ) {
        /// Such maps can lead into themselves.
        const DEEPEST: usize = 4;
        let pointer = path.pointer();
        let target = self.refs.target(reference, &pointer);
        let target = target
            .ok()
            .and_then(|target| self.refs.follow(target).ok())
            .filter(|_| self.properties_followed < DEEPEST);
        let message = "`properties` is a reference, which only a schema can be";
        match target {
            Some(Target { node, pointer }) if self.share(node_weight(node)).is_ok() => {
                let Node::Map(members) = node else {
                    return self.schema_warning(path, message.to_owned());
                };
                self.schema_warning(path, format!("{message}; it was followed"));
                self.properties_followed += 1;
                self.properties_here(members, &Path::Start(&pointer), out);
                self.properties_followed -= 1;
            }
            _ => self.schema_warning(path, message.to_owned()),
        }
    }

    fn properties_here(
        &mut self,
        members: &'d Map,
        path: &Path<'_>,
        out: &mut Object<String, Value>,
    ) {
        let (properties, required) = self.schema_map(members, path);
        out.insert("properties".to_owned(), Value::Object(properties));
        require(required, out);
    }

    fn required(&mut self, value: &'d Node, path: &Path<'_>, out: &mut Object<String, Value>) {
        let names: Vec<String> = match value {
            Node::List(names) => names
                .iter()
                .enumerate()
                .filter_map(|(index, name)| self.text(name, &path.item(index)))
                .collect(),
            Node::Text(name) => vec![name.to_string()],
            Node::Bool(_) => {
                let message = "`required` is a boolean; it belongs, as a list of names, to the schema around this one".to_owned();
                return self.schema_warning(path, message);
            }
            other => return self.dropped("required", other, "a list of names", path),
        };
        if !matches!(value, Node::List(all) if all.len() == names.len()) {
            let message = "`required` is not a list of names; what is one was kept".to_owned();
            self.schema_warning(path, message);
        }
        require(names, out);
    }

    fn items(
        &mut self,
        key: &str,
        value: &'d Node,
        site: Site<'_, 'd>,
        out: &mut Object<String, Value>,
    ) {
        let is_tuple = matches!(site.schema.get("items"), Some(Node::List(_)));
        let (kept_as, kept) = match (key, value) {
            // A list of schemas is the tuple of drafts before 2020-12.
            ("items", Node::List(_)) => ("prefixItems", self.subschemas(key, value, site.path)),
            ("additionalItems", _) if !is_tuple => return,
            _ => ("items", self.subschema(key, value, site.path)),
        };
        if let Some(kept) = kept {
            out.insert(kept_as.to_owned(), kept);
        }
    }

    /// `dependencies` of older drafts became two keywords.
    fn dependencies(&mut self, value: &'d Node, path: &Path<'_>, out: &mut Object<String, Value>) {
        let Node::Map(dependencies) = value else {
            return self.dropped("dependencies", value, "an object", path);
        };
        let mut required = Object::new();
        let mut schemas = Object::new();
        for (name, needs) in dependencies.iter() {
            let path = path.key(name);
            if let Node::List(_) = needs {
                required.insert(name.to_owned(), json!(self.text_list(needs, &path)));
            } else {
                schemas.insert(name.to_owned(), self.schema(needs, &path));
            }
        }
        for (key, map) in [
            ("dependentRequired", required),
            ("dependentSchemas", schemas),
        ] {
            if !map.is_empty() {
                out.insert(key.to_owned(), Value::Object(map));
            }
        }
    }

    fn dependent_required(&mut self, value: &'d Node, path: &Path<'_>) -> Option<Value> {
        let Node::Map(dependencies) = value else {
            self.dropped("dependentRequired", value, "an object", path);
            return None;
        };
        let lists = dependencies
            .iter()
            .map(|(name, needs)| {
                let needs = self.text_list(needs, &path.key(name));
                (name.to_owned(), json!(needs))
            })
            .collect();
        Some(Value::Object(lists))
    }

    fn text_list(&mut self, value: &Node, path: &Path<'_>) -> Vec<String> {
        let Node::List(items) = value else {
            self.dropped("dependentRequired", value, "a list of names", path);
            return Vec::new();
        };
        let mut names = indexmap::IndexSet::new();
        for (index, item) in items.iter().enumerate() {
            names.extend(self.text(item, &path.item(index)));
        }
        names.into_iter().collect()
    }

    fn number(&mut self, key: &str, value: &Node, path: &Path<'_>) -> Option<Number> {
        match value {
            Node::Number(number) => Some(number.clone()),
            Node::Text(text) => {
                let number = text.trim().parse::<Number>().ok();
                let verdict = if number.is_some() {
                    "it was read as one"
                } else {
                    "it was left away"
                };
                let message = format!("`{key}` is the text `{text}`, not a number; {verdict}");
                self.schema_warning(path, message);
                number
            }
            other => {
                self.dropped(key, other, "a number", path);
                None
            }
        }
    }

    fn bound(&mut self, key: &str, value: &Node, site: Site<'_, 'd>) -> Option<Value> {
        let exclusive = if key == "minimum" {
            "exclusiveMinimum"
        } else {
            "exclusiveMaximum"
        };
        // OpenAPI 3.0: `exclusiveMinimum: true` says of `minimum` that it is exclusive.
        if site.schema.get(exclusive) == Some(&Node::Bool(true)) {
            return None;
        }
        self.number(key, value, site.path).map(Value::Number)
    }

    fn exclusive_bound(&mut self, key: &str, value: &Node, site: Site<'_, 'd>) -> Option<Value> {
        match value {
            Node::Bool(false) => None,
            Node::Bool(true) => {
                let bound = if key == "exclusiveMinimum" {
                    "minimum"
                } else {
                    "maximum"
                };
                let value = site.schema.get(bound)?;
                self.number(bound, value, site.path).map(Value::Number)
            }
            other => self.number(key, other, site.path).map(Value::Number),
        }
    }

    fn multiple_of(&mut self, value: &Node, path: &Path<'_>) -> Option<Value> {
        let number = self.number("multipleOf", value, path)?;
        if number.as_f64().is_some_and(|number| number > 0.0) {
            return Some(Value::Number(number));
        }
        self.schema_warning(
            path,
            format!("`multipleOf` is `{number}`, not greater than 0"),
        );
        None
    }

    fn count(&mut self, key: &str, value: &Node, path: &Path<'_>) -> Option<Value> {
        let number = self.number(key, value, path)?;
        if let Some(count) = whole(&number) {
            return Some(json!(count));
        }
        self.schema_warning(
            path,
            format!("`{key}` is `{number}`, not a whole number from 0 on"),
        );
        None
    }

    fn flag(&mut self, key: &str, value: &Node, path: &Path<'_>) -> Option<Value> {
        match value {
            Node::Bool(flag) => Some(Value::Bool(*flag)),
            Node::Text(text) if matches!(&**text, "true" | "false") => {
                self.dropped(key, value, "a boolean; it was read as one", path);
                Some(Value::Bool(**text == *"true"))
            }
            other => {
                self.dropped(key, other, "a boolean", path);
                None
            }
        }
    }

    fn words(&mut self, key: &str, value: &Node, path: &Path<'_>) -> Option<Value> {
        let text = self.text(value, path);
        if text.is_none() {
            self.dropped(key, value, "text", path);
        }
        text.map(Value::String)
    }

    /// Keeps a discriminator; the references of its `mapping` become names like every other.
    fn discriminator(&mut self, value: &'d Node, path: &Path<'_>) -> Option<Value> {
        let map = match value {
            Node::Map(map) => map,
            // Swagger 2.0 names the property only.
            Node::Text(name) => return Some(json!({"propertyName": **name})),
            other => {
                self.dropped("discriminator", other, "an object", path);
                return None;
            }
        };
        let mut out = Object::new();
        for (key, value) in map.iter() {
            let path = path.key(key);
            match (key, value) {
                ("mapping", Node::Map(mapping)) => {
                    let mut targets = Object::new();
                    for (name, reference) in mapping.iter() {
                        let target = reference
                            .as_text()
                            .and_then(|reference| self.mapped(reference, &path.key(name)));
                        if let Some(target) = target {
                            targets.insert(name.to_owned(), Value::String(target));
                        }
                    }
                    out.insert(key.to_owned(), Value::Object(targets));
                }
                ("propertyName" | "defaultMapping", value) => {
                    let text = self.text(value, &path).map(Value::String);
                    out.extend(text.map(|text| (key.to_owned(), text)));
                }
                (extension, value) if extension.starts_with("x-") => {
                    out.insert(key.to_owned(), value.to_value());
                }
                // Whatever else stands here could hold a reference that nothing has translated.
                _ => {}
            }
        }
        Some(Value::Object(out))
    }

    /// OpenAPI 3.0 §4.7.25: a mapping names a schema by its component name or by a reference.
    fn mapped(&mut self, reference: &str, path: &Path<'_>) -> Option<String> {
        let is_name = !reference.contains(['/', '#']);
        let schemas = match self.version() {
            Version::V2_0 => "#/definitions",
            _ => "#/components/schemas",
        };
        let by_name = format!("{schemas}/{}", reference.replace('~', "~0"));
        self.schema_reference(if is_name { &by_name } else { reference }, path)
    }
}

/// The type that a word means, by JSON Schema or by habit.
fn type_named(word: &str) -> Option<&'static str> {
    Some(match word.to_ascii_lowercase().as_str() {
        "string" | "str" | "text" | "char" | "date" | "date-time" | "datetime" | "uuid" | "uri"
        | "url" | "email" | "password" | "binary" | "byte" | "file" => "string",
        "integer" | "int" | "int32" | "int64" | "long" | "short" => "integer",
        "number" | "float" | "double" | "decimal" => "number",
        "boolean" | "bool" => "boolean",
        "array" | "list" => "array",
        "object" | "map" | "dict" | "hash" => "object",
        "null" => "null",
        _ => return None,
    })
}

/// Whether a value is of one of the types, or null, of which `nullable` decides.
fn fits(value: &Value, types: &[&str]) -> bool {
    let is = |name: &str| types.contains(&name);
    match value {
        Value::Null => true,
        Value::Bool(_) => is("boolean"),
        Value::Number(number) => {
            let is_whole = number.is_i64()
                || number.is_u64()
                || number.as_f64().is_some_and(|float| float.fract() == 0.0);
            is("number") || (is_whole && is("integer"))
        }
        Value::String(_) => is("string"),
        Value::Array(_) => is("array"),
        Value::Object(_) => is("object"),
    }
}

/// Whether a schema's values are text and nothing else.
fn expects_text(schema: &Map) -> bool {
    match schema.get("type") {
        Some(Node::Text(name)) => **name == *"string",
        Some(Node::List(names)) => {
            names.iter().any(|name| name.as_text() == Some("string"))
                && names
                    .iter()
                    .all(|name| matches!(name.as_text(), Some("string" | "null")))
        }
        _ => false,
    }
}

/// Adds schemas that have to hold too.
fn add_parts(out: &mut Object<String, Value>, parts: Vec<Value>) {
    match out.get_mut("allOf") {
        Some(Value::Array(known)) => known.extend(parts),
        _ => drop(out.insert("allOf".to_owned(), Value::Array(parts))),
    }
}

/// Adds names to `required`, each once.
fn require(names: Vec<String>, out: &mut Object<String, Value>) {
    if names.is_empty() {
        return;
    }
    let required = out.entry("required").or_insert_with(|| json!([]));
    if let Value::Array(required) = required {
        let mut seen: std::collections::HashSet<String> = required
            .iter()
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect();
        for name in names {
            if seen.insert(name.clone()) {
                required.push(Value::String(name));
            }
        }
    }
}

/// A number as a count, where it is a whole one from 0 on; `3.0` is whole.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value was checked to be whole and in range"
)]
fn whole(number: &Number) -> Option<u64> {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53
    if let Some(count) = number.as_u64() {
        return Some(count);
    }
    let float = number.as_f64()?;
    ((0.0..=EXACT).contains(&float) && float.fract() == 0.0).then_some(float as u64)
}
