//! The request body: which media type it is sent as and which arguments it is made of.
//!
//! One rule decides whether the fields of a body become arguments of the tool (they are *lifted*) or the whole body
//! is one argument `body`. They are lifted when all of this holds:
//!
//! 1. the body is sent as JSON, a form, multipart or XML;
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

use super::media::Choice;
use super::schema::advertised::Argument;
use super::schema::flat::{Additional, All, Flat, flatten, is_input};
use super::schema::nodes::Source;
use super::schema::{JsonType, Schemas};
use super::{Alternative, Body, BodySource, Field, fields, media, names, parameters, xml};
use crate::api::{MediaType, Operation, RequestBody};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::runtime::tool::{BodyFormat, FieldFormat};

static TEXT: LazyLock<Value> = LazyLock::new(|| json!({"type": "string"}));

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
    let mut choices = media::choices(&body.content, schemas).into_iter();
    let Some(choice) = choices.next() else {
        return unsupported(operation, body, diagnostics);
    };
    let media = &body.content[choice.index];
    let others = others(operation, body, &choice, choices.collect(), diagnostics);
    let has_xml = std::iter::once(&choice)
        .chain(&others)
        .any(|choice| choice.format == BodyFormat::Xml);
    let xml = (media.schema.as_ref())
        .filter(|_| has_xml)
        .map(|schema| xml::hints(schema, schemas));
    let mut planned = Body {
        media_type: choice.content_type,
        format: choice.format,
        required: body.required,
        source: BodySource::Whole(String::new()),
        choice: None,
        xml: xml.unwrap_or_default(),
    };
    let lifted = is_structured(choice.format)
        .then(|| lifted(body, media, choice.format, taken, schemas))
        .flatten();
    let arguments = if let Some((fields, arguments)) = lifted {
        planned.source = BodySource::Fields(fields);
        arguments
    } else {
        let name = free_name("body", taken);
        planned.source = match known_fields(choice.format, media, schemas) {
            fields if fields.is_empty() => BodySource::Whole(name.clone()),
            fields => BodySource::Object(name.clone(), fields),
        };
        vec![Argument {
            name,
            is_required: body.required,
            source: whole_source(body, media, &planned, schemas),
            pointer: &body.pointer,
        }]
    };
    if !others.is_empty() {
        let mut taken = taken.clone();
        taken.extend(arguments.iter().map(|argument| argument.name.clone()));
        let others = (others.into_iter())
            .map(|other| alternative(other, body, &planned.source, schemas))
            .collect();
        planned.choice = Some((free_name("content_type", &taken), others));
    }
    Outcome::Sent(planned, arguments)
}

/// Whether a format can be made of the fields of an object.
fn is_structured(format: BodyFormat) -> bool {
    matches!(
        format,
        BodyFormat::Json | BodyFormat::Form | BodyFormat::Multipart | BodyFormat::Xml
    )
}

/// The other ways to send the same arguments. A media type of another schema would need other arguments.
fn others(
    operation: &Operation,
    body: &RequestBody,
    best: &Choice,
    candidates: Vec<Choice>,
    diagnostics: &mut Diagnostics,
) -> Vec<Choice> {
    let schema = &body.content[best.index].schema;
    let mut others: Vec<Choice> = Vec::new();
    for candidate in candidates {
        let media = &body.content[candidate.index];
        let is_known = candidate.content_type == best.content_type
            || (others.iter()).any(|other| other.content_type == candidate.content_type);
        if is_known || media.name.contains('*') || media.name.trim().is_empty() {
            continue;
        }
        let fits = media.schema == *schema
            && (candidate.format == best.format
                || (is_structured(candidate.format) && is_structured(best.format)));
        if fits {
            others.push(candidate);
        } else {
            diagnostics.push(
                Diagnostic::new(
                    Code::UnofferedMediaType,
                    format!(
                        "{} is sent as `{}` only; `{}` takes another body",
                        super::operation_label(operation),
                        best.content_type,
                        candidate.content_type
                    ),
                )
                .at(&body.pointer.child("content").child(&media.name))
                .skipping(format!("the media type `{}`", candidate.content_type)),
            );
        }
    }
    others
}

/// Another way to send the arguments of the usual one.
fn alternative(
    other: Choice,
    body: &RequestBody,
    usual: &BodySource,
    schemas: &Schemas<'_>,
) -> Alternative {
    let media = &body.content[other.index];
    let (BodySource::Fields(usual) | BodySource::Object(_, usual)) = usual else {
        return Alternative {
            fields: known_fields(other.format, media, schemas),
            media_type: other.content_type,
            format: other.format,
        };
    };
    let mut fields = known_fields(other.format, media, schemas);
    fields.retain_mut(|field| {
        let Some(usual) = usual.iter().find(|usual| usual.name == field.name) else {
            return false;
        };
        field.argument.clone_from(&usual.argument);
        // The argument is what a file is given as, whatever becomes of it.
        if usual.format == FieldFormat::File {
            field.format = FieldFormat::File;
        }
        true
    });
    let unknown = (usual.iter())
        .filter(|usual| !fields.iter().any(|field| field.name == usual.name))
        .cloned()
        .collect::<Vec<_>>();
    if !fields.is_empty() {
        fields.extend(unknown);
    }
    let is_usual = fields.iter().all(|field| usual.contains(field));
    Alternative {
        fields: if is_usual { Vec::new() } else { fields },
        media_type: other.content_type,
        format: other.format,
    }
}

/// The fields of an object that stays one argument, where the format asks what they are.
fn known_fields(format: BodyFormat, media: &MediaType, schemas: &Schemas<'_>) -> Vec<Field> {
    if !matches!(format, BodyFormat::Form | BodyFormat::Multipart) {
        return Vec::new();
    }
    let Some(schema) = &media.schema else {
        return Vec::new();
    };
    let flat = flatten(schemas, &[schema]);
    let mut known = flat.properties;
    for form in flat.alternatives.into_iter().flatten() {
        for (name, all) in flatten(schemas, &[form]).properties {
            known.entry(name).or_insert(all);
        }
    }
    (known.iter())
        .map(|(name, all)| fields::field(format, media, name, name, all, schemas))
        .collect()
}

impl Body {
    /// The argument that names the media type, with its schema.
    pub(super) fn media_type_argument(&self) -> Option<(&str, Value)> {
        let (argument, others) = self.choice.as_ref()?;
        let names =
            std::iter::once(&self.media_type).chain(others.iter().map(|other| &other.media_type));
        let schema = json!({
            "type": "string",
            "description": "How the body is sent.",
            "enum": names.collect::<Vec<_>>(),
            "default": self.media_type,
        });
        Some((argument, schema))
    }
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
        || in_quotes(&format!("{} {}", operation.method, operation.path)),
        |id| in_quotes(&format!("op:{id}")),
    );
    let help = format!("add an `application/json` variant, or leave it out with `{way_out}`");
    if body.required {
        let skipped = super::operation_label(operation);
        diagnostics.push(diagnostic.skipping_operations(skipped, 1).with_help(help));
        Outcome::Impossible
    } else {
        let skipped = format!("the optional body of {}", super::operation_label(operation));
        diagnostics.push(diagnostic.skipping(skipped).with_help(help));
        Outcome::None
    }
}

/// The option as it can be pasted into a shell.
fn in_quotes(selector: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_.:/-".contains(c);
    if selector.chars().all(is_plain) {
        format!("--exclude {selector}")
    } else {
        format!("--exclude '{}'", selector.replace('\'', "'\\''"))
    }
}

/// Fields and arguments of a body that is lifted.
fn lifted<'a>(
    body: &'a RequestBody,
    media: &'a MediaType,
    format: BodyFormat,
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
        if is_input(schemas, all) {
            properties.push((name, all.clone()));
        } else {
            kept_back.insert(name);
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
                let field = fields::field(format, media, wire, &argument, &all, schemas);
                let vanishes = required.contains(wire)
                    && matches!(format, BodyFormat::Form | BodyFormat::Multipart)
                    && field.format != FieldFormat::Json
                    && is_list(&all, schemas);
                let description = (field.format == FieldFormat::File)
                    .then(|| flatten(schemas, &all).description)
                    .flatten();
                let mut all = fields::argument_schemas(&field, all, schemas);
                if vanishes {
                    all.push(&parameters::NOT_EMPTY);
                }
                let source = Source {
                    all,
                    description,
                    ..Source::default()
                };
                let argument = Argument {
                    name: argument,
                    is_required: required.contains(wire),
                    source,
                    pointer: &body.pointer,
                };
                (field, argument)
            })
            .unzip(),
    )
}

fn is_list(all: &All<'_>, schemas: &Schemas<'_>) -> bool {
    let types = flatten(schemas, all).effective_types();
    types.is_some_and(|types| types == JsonType::Array)
}

fn is_plain_object(flat: &Flat<'_>) -> bool {
    flat.is_object()
        && flat.values.is_none()
        && flat.alternatives.is_empty()
        && !flat.is_conditional
        && !flat.is_impossible
        && matches!(flat.additional, Additional::Unsaid | Additional::Forbidden)
}

/// The name, with a number where an argument has it already.
fn free_name(name: &str, taken: &BTreeSet<String>) -> String {
    let numbered = (2..).map(|number| format!("{name}_{number}"));
    std::iter::once(name.to_owned())
        .chain(numbered)
        .find(|name| !taken.contains(name))
        .unwrap_or_default()
}

/// `image/*` says which bytes are wanted, but no `Content-Type`: whoever has the bytes knows it.
fn range_remark(media_type: &str) -> Option<String> {
    let range = media::essence(media_type);
    (range.ends_with("/*") && range != "*/*")
        .then(|| format!("Name its type, one of `{range}`, in `content_type`."))
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
            .is_some_and(|types| types.iter().all(JsonType::is_text))
    };
    let schema = match (planned.format, &media.schema) {
        (BodyFormat::Bytes, _) => &*fields::FILE,
        (BodyFormat::Multipart, Some(schema)) if is_text(schema) => &*fields::FILE,
        (BodyFormat::Text, Some(schema)) if is_text(schema) => schema,
        (BodyFormat::Text, _) => &*TEXT,
        (_, Some(schema)) => schema,
        (_, None) => parameters::anything(),
    };
    let remark = match planned.format {
        BodyFormat::Text => Some(format!(
            "Sent as it is, as `{}`.",
            planned.media_type.split(';').next().unwrap_or_default()
        )),
        BodyFormat::Bytes => range_remark(&media.name),
        _ => None,
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
