//! The request body: which media type it is sent as and which arguments it is made of.
//!
//! One rule decides whether the fields of a body become arguments of the tool (they are *lifted*) or the whole body
//! is one argument `body`. They are lifted when all of this holds:
//!
//! 1. the body is sent as JSON or as a form;
//! 2. its schema, with references followed and `allOf` merged, is an object with at least one fixed property that a
//!    client may send;
//! 3. nothing at its root depends on the values: no `oneOf`, `anyOf`, `not`, `if`, `dependent…`,
//!    `patternProperties` or `propertyNames`, and `additionalProperties` is absent or `false`;
//! 4. no field would get the argument name of a parameter;
//! 5. the body is required, or none of its fields is (an optional body with required fields is all or nothing, which
//!    a flat list of arguments cannot say).
//!
//! `minProperties` and `maxProperties` of a lifted body are left to the API.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::schema::Schemas;
use super::schema::advertised::Argument;
use super::schema::flat::{Additional, All, Flat, flatten};
use super::schema::nodes::Source;
use super::{Body, BodySource, Field, media, names, parameters};
use crate::api::{MediaType, Operation, RequestBody};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::runtime::tool::{BodyFormat, Style};

static TEXT: LazyLock<Value> = LazyLock::new(|| json!({"type": "string"}));
static BASE64: LazyLock<Value> =
    LazyLock::new(|| json!({"type": "string", "contentEncoding": "base64"}));

/// What becomes of a request body.
pub(super) enum Outcome<'a> {
    /// The operation has none, or an optional one that cannot be sent.
    None,
    /// It is sent.
    Sent(Body, Vec<Argument<'a>>),
    /// It is required and cannot be sent: there is no tool.
    Impossible,
}

/// Plans the body of an operation beside the argument names of its parameters.
pub(super) fn body<'a>(
    operation: &'a Operation,
    taken: &BTreeSet<String>,
    schemas: &Schemas<'a>,
    diagnostics: &mut Diagnostics,
) -> Outcome<'a> {
    let Some(body) = &operation.body else {
        return Outcome::None;
    };
    let Some(choice) = media::choice(&body.content) else {
        return unsupported(operation, body, diagnostics);
    };
    let media = &body.content[choice.index];
    let mut planned = Body {
        media_type: choice.content_type,
        format: choice.format,
        required: body.required,
        source: BodySource::Whole(String::new()),
    };
    let lifted = matches!(choice.format, BodyFormat::Json | BodyFormat::Form)
        .then(|| lifted(body, media, taken, schemas))
        .flatten();
    let arguments = if let Some((fields, arguments)) = lifted {
        planned.source = BodySource::Fields(fields);
        arguments
    } else {
        let name = whole_name(taken);
        planned.source = BodySource::Whole(name.clone());
        vec![Argument {
            name,
            is_required: body.required,
            source: whole_source(body, media, &planned, schemas),
            pointer: &body.pointer,
        }]
    };
    Outcome::Sent(planned, arguments)
}

fn unsupported<'a>(
    operation: &Operation,
    body: &RequestBody,
    diagnostics: &mut Diagnostics,
) -> Outcome<'a> {
    let names: Vec<String> = body
        .content
        .iter()
        .map(|media| format!("`{}`", media.name))
        .collect();
    let diagnostic = Diagnostic::new(
        Code::UnsupportedMediaType,
        format!(
            "request body {} cannot become tool input",
            names.join(" or ")
        ),
    )
    .at(&body.pointer);
    let way_out = operation.operation_id.as_ref().map_or_else(
        || format!("--exclude '{} {}'", operation.method, operation.path),
        |id| format!("--exclude op:{id}"),
    );
    let help = format!("add an `application/json` variant, or leave it out with `{way_out}`");
    if body.required {
        let skipped = super::operation_label(operation);
        diagnostics.push(diagnostic.skipping(skipped).with_help(help));
        Outcome::Impossible
    } else {
        let skipped = format!("the optional body of {}", super::operation_label(operation));
        diagnostics.push(diagnostic.skipping(skipped).with_help(help));
        Outcome::None
    }
}

/// Fields and arguments of a body that is lifted.
fn lifted<'a>(
    body: &'a RequestBody,
    media: &'a MediaType,
    taken: &BTreeSet<String>,
    schemas: &Schemas<'a>,
) -> Option<(Vec<Field>, Vec<Argument<'a>>)> {
    let flat = flatten(schemas, &[media.schema.as_ref()?]);
    if !is_plain_object(&flat) {
        return None;
    }
    let mut properties: Vec<(&'a str, All<'a>)> = Vec::new();
    let mut kept_back: BTreeSet<&str> = BTreeSet::new();
    for (name, all) in &flat.properties {
        let property = flatten(schemas, all);
        if property.read_only || property.is_impossible {
            kept_back.insert(name);
        } else {
            properties.push((name, all.clone()));
        }
    }
    if properties.is_empty() {
        return None;
    }
    let required: BTreeSet<&'a str> = flat
        .required
        .iter()
        .copied()
        .filter(|name| !kept_back.contains(name))
        .collect();
    if !body.required && !required.is_empty() {
        return None;
    }
    for name in &required {
        if !flat.properties.contains_key(name) {
            properties.push((name, vec![parameters::anything()]));
        }
    }
    let wires: Vec<&str> = properties.iter().map(|(name, _)| *name).collect();
    let names = names::argument_names(&wires, "body", &BTreeSet::new());
    if names.iter().any(|name| taken.contains(name)) {
        return None;
    }
    Some(
        properties
            .into_iter()
            .zip(names)
            .map(|((wire, all), argument)| {
                let argument = Argument {
                    name: argument,
                    is_required: required.contains(wire),
                    source: Source {
                        all,
                        ..Source::default()
                    },
                    pointer: &body.pointer,
                };
                (field(media, wire, &argument.name), argument)
            })
            .unzip(),
    )
}

fn is_plain_object(flat: &Flat<'_>) -> bool {
    flat.is_object()
        && flat.values.is_none()
        && flat.alternatives.is_empty()
        && !flat.is_conditional
        && !flat.is_impossible
        && matches!(flat.additional, Additional::Unsaid | Additional::Forbidden)
}

fn field(media: &MediaType, wire: &str, argument: &str) -> Field {
    let encoding = media.encoding.get(wire);
    let style = encoding
        .and_then(|encoding| encoding.style)
        .map_or(Style::Form, parameters::style);
    // OpenAPI 3.1 §4.8.15.1.2: `explode` is true by default for `form` alone; `deepObject` has no other way.
    let explode = encoding
        .and_then(|encoding| encoding.explode)
        .unwrap_or(matches!(style, Style::Form | Style::DeepObject));
    Field {
        argument: argument.to_owned(),
        name: wire.to_owned(),
        style,
        explode,
    }
}

fn whole_name(taken: &BTreeSet<String>) -> String {
    let numbered = (2..).map(|number| format!("body_{number}"));
    std::iter::once("body".to_owned())
        .chain(numbered)
        .find(|name| !taken.contains(name))
        .unwrap_or_default()
}

fn whole_source<'a>(
    body: &'a RequestBody,
    media: &'a MediaType,
    planned: &Body,
    schemas: &Schemas<'a>,
) -> Source<'a> {
    let is_text = |schema: &'a Value| {
        flatten(schemas, &[schema])
            .effective_types()
            .is_some_and(|types| types.iter().all(|kind| kind.is_text()))
    };
    let schema = match (planned.format, &media.schema) {
        (BodyFormat::Bytes, _) => &*BASE64,
        (BodyFormat::Text, Some(schema)) if is_text(schema) => schema,
        (BodyFormat::Text, _) => &*TEXT,
        (_, Some(schema)) => schema,
        (_, None) => parameters::anything(),
    };
    let remark = match planned.format {
        BodyFormat::Bytes => Some("Base64 of the bytes to send.".to_owned()),
        BodyFormat::Text => Some(format!(
            "Sent as it is, as `{}`.",
            planned.media_type.split(';').next().unwrap_or_default()
        )),
        BodyFormat::Json | BodyFormat::Form => None,
    };
    let described = body
        .description
        .as_deref()
        .filter(|text| !text.trim().is_empty());
    let own = flatten(schemas, &[schema]).description;
    Source {
        all: vec![schema],
        description: described.or(own).or(Some("The request body.")),
        remark,
        ..Source::default()
    }
}
