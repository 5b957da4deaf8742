//! Bodies of parts without names: a list with a part for each item (OpenAPI 3.2 §4.14.5.2, "Encoding By Position").

use serde_json::{Map, Value, json};

use super::schema::flat::{All, Flat, flatten};
use super::schema::{JsonType, Schemas};
use super::{Field, fields, parameters};
use crate::api::{Encoding, MediaType, Positions};
use crate::runtime::tool::{BodyFormat, FieldFormat};

/// How deep parts may be made of parts.
const DEEPEST: usize = 4;

/// A list of parts as an argument, and how each is sent; the last field is that of all items that follow.
pub(super) struct Parts {
    pub fields: Vec<Field>,
    pub schema: Value,
}

/// The parts of a body, where it is a list.
pub(super) fn of(media: &MediaType, schemas: &Schemas<'_>) -> Option<Parts> {
    let flat = flatten(schemas, &[media.schema.as_ref()?]);
    is_list(&flat).then(|| parts(&flat, &media.positions, schemas, 0))
}

fn is_list(flat: &Flat<'_>) -> bool {
    flat.effective_types()
        .is_some_and(|types| types == JsonType::Array)
}

fn parts(flat: &Flat<'_>, positions: &Positions, schemas: &Schemas<'_>, depth: usize) -> Parts {
    let prefix = flat.prefix_items.len().max(positions.prefix.len());
    let mut made = Vec::with_capacity(prefix);
    for index in 0..prefix {
        let all = match flat.prefix_items.get(index) {
            Some(schema) => vec![schema],
            None => flat.items.clone(),
        };
        let encoding = (positions.prefix.get(index)).or(positions.item.as_deref());
        made.push(part(&all, encoding, schemas, depth));
    }
    let (rest, rest_schema) = part(&flat.items, positions.item.as_deref(), schemas, depth);
    let mut schema = Map::from_iter([("type".to_owned(), json!("array"))]);
    if let Some(text) = flat.description {
        schema.insert("description".to_owned(), text.into());
    }
    let least = flat.limits.get("minItems").and_then(Value::as_u64);
    // RFC 2046 §5.1.1: there is one part at least.
    schema.insert("minItems".to_owned(), least.unwrap_or(1).max(1).into());
    if let Some(most) = flat.limits.get("maxItems") {
        schema.insert("maxItems".to_owned(), most.clone());
    }
    let (mut fields, prefix): (Vec<Field>, Vec<Value>) = made.into_iter().unzip();
    if !prefix.is_empty() {
        schema.insert("prefixItems".to_owned(), prefix.into());
    }
    if !flat.items.is_empty() || positions.item.is_some() {
        schema.insert("items".to_owned(), rest_schema);
    }
    fields.push(rest);
    Parts {
        fields,
        schema: schema.into(),
    }
}

/// How an item is sent, and what is given for it.
fn part(
    all: &All<'_>,
    encoding: Option<&Encoding>,
    schemas: &Schemas<'_>,
    depth: usize,
) -> (Field, Value) {
    let flat = flatten(schemas, all);
    let media = MediaType {
        encoding: (encoding.iter())
            .map(|encoding| (String::new(), (*encoding).clone()))
            .collect(),
        ..MediaType::default()
    };
    let mut field = fields::field(BodyFormat::Multipart, &media, "", "", all, schemas);
    field.headers = encoding.map(fields::headers_of_unnamed).unwrap_or_default();
    if flat.is_impossible {
        return (field, Value::Bool(false));
    }
    let is_nested = field.content_type.starts_with("multipart/") && is_list(&flat);
    if is_nested && depth < DEEPEST {
        let positions = encoding.map(|encoding| encoding.positions.clone());
        let inner = parts(&flat, &positions.unwrap_or_default(), schemas, depth + 1);
        field.format = FieldFormat::Json;
        field.parts = inner.fields;
        return (field, inner.schema);
    }
    let types = flat.effective_types();
    let is_file = field.format.takes_files() || types.is_none() && flat.alternatives.is_empty();
    let is_compound = types
        .is_some_and(|types| types.contains(JsonType::Array) || types.contains(JsonType::Object));
    let encoded = flat.limits.get("contentEncoding").and_then(Value::as_str);
    // OpenAPI 3.2 §4.15.1: what is meant where no media type is named.
    match (field.content_type.is_empty(), encoded) {
        (true, _) if is_compound => field.format = FieldFormat::Json,
        (true, Some(encoded)) => {
            field.content_type.push_str("application/octet-stream");
            let header = ("Content-Transfer-Encoding".to_owned(), encoded.to_owned());
            field.headers.push(header);
        }
        (true, None) if is_file => field.format = FieldFormat::File,
        (true, None) => field.content_type.push_str("text/plain; charset=utf-8"),
        (false, _) => {}
    }
    let given = match &fields::argument_schemas(&field, all.clone(), schemas)[..] {
        [] => parameters::anything().clone(),
        [schema] => (*schema).clone(),
        several => json!({ "allOf": several }),
    };
    (field, given)
}

/// Whether each part says what it is called, as parts of a form have to (RFC 7578 §4.2).
pub(super) fn are_named(media: &MediaType, schemas: &Schemas<'_>) -> bool {
    let is_named = |field: &Field| {
        (field.headers.iter()).any(|(name, _)| name.eq_ignore_ascii_case("content-disposition"))
    };
    let is_closed = |list: &Value| list.get("items") == Some(&Value::Bool(false));
    of(media, schemas).is_some_and(|parts| {
        let rest = usize::from(is_closed(&parts.schema));
        parts.fields[..parts.fields.len() - rest]
            .iter()
            .all(is_named)
    })
}
