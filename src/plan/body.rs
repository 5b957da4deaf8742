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
//!    a flat list of arguments cannot say);
//! 6. every media type that it can be sent as takes the same schema. Where they differ, `body` takes the schema of the
//!    one that `content_type` names.
//!
//! `minProperties` and `maxProperties` of a lifted body are left to the API.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::media::Choice;
use super::schema::advertised::Argument;
use super::schema::flat::{Additional, All, Flat, flatten, is_input};
use super::schema::nodes::Source;
use super::schema::{JsonType, Schemas};
use super::{Body, BodySource, Field, fields, media, names, pages, parameters, parts, ways};
use crate::api::{MediaType, Operation, RequestBody};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::runtime::tool::{BodyFormat, FieldFormat};

static TEXT: LazyLock<Value> = LazyLock::new(|| json!({"type": "string"}));

/// What becomes of a request body.
pub(super) enum Outcome<'a> {
    /// The operation has none, or an optional one that cannot be sent.
    None,
    /// It is sent.
    Sent(Box<Sent<'a>>),
    /// It is required and cannot be sent: there is no tool.
    Impossible,
}

/// A body that is sent, with the arguments that it is made of.
pub(super) struct Sent<'a> {
    pub body: Body,
    pub arguments: Vec<Argument<'a>>,
    /// The media types that take each of the forms of the argument `body`, the usual one first; empty where all media
    /// types take the same.
    pub forms: Vec<Vec<String>>,
}

/// Plans the body of an operation beside the argument names of its parameters. `made` is for a schema that the
/// description does not have as such.
pub(super) fn body<'a>(
    operation: &'a Operation,
    taken: &BTreeSet<String>,
    schemas: &Schemas<'a>,
    made: &'a OnceCell<Value>,
    diagnostics: &mut Diagnostics,
) -> Outcome<'a> {
    let Some(body) = &operation.body else {
        return Outcome::None;
    };
    let choices = media::choices(&body.content, schemas);
    let forms = ways::grouped(operation, body, choices, schemas, diagnostics);
    let Some(usual) = forms.first() else {
        return unsupported(operation, body, diagnostics);
    };
    tell_unknown_headers(body, forms.iter().flatten(), diagnostics);
    let is_one_form = forms.len() == 1;
    let choice = &usual[0];
    let media = &body.content[choice.index];
    let mut planned = Body {
        media_type: choice.content_type.clone(),
        format: choice.format,
        required: body.required,
        source: BodySource::Whole(String::new()),
        choice: None,
        xml: ways::xml_hints(usual, media, schemas),
        pages: Vec::new(),
    };
    let lifted = (is_structured(choice.format) && is_one_form)
        .then(|| lifted(body, media, choice.format, taken, schemas))
        .flatten();
    let arguments = if let Some((fields, arguments)) = lifted {
        let named = fields.iter().zip(&arguments).map(|(field, argument)| {
            (
                argument.name.clone(),
                field.name.as_str(),
                argument.source.all.clone(),
            )
        });
        planned.pages = pages::within(named, schemas);
        planned.source = BodySource::Fields(fields);
        arguments
    } else {
        let name = free_name("body", taken);
        planned.source = match known_fields(choice.format, media, schemas) {
            fields if fields.is_empty() => BodySource::Whole(name.clone()),
            fields => BodySource::Object(name.clone(), fields),
        };
        let source = if is_one_form {
            whole_source(body, choice, schemas, made)
        } else {
            let union = ways::union(body, &forms, schemas);
            Source {
                all: vec![made.get_or_init(|| union)],
                description: Some(described(body).unwrap_or(BODY)),
                ..Source::default()
            }
        };
        if is_structured(choice.format) {
            let whole = (name.clone(), "", source.all.clone());
            planned.pages = pages::within(std::iter::once(whole), schemas);
        }
        vec![Argument {
            name,
            is_required: body.required,
            source,
            pointer: &body.pointer,
        }]
    };
    let mut taken = taken.clone();
    taken.extend(arguments.iter().map(|argument| argument.name.clone()));
    let others = ways::alternatives(&forms, body, &planned.source, schemas);
    planned.choice = (!others.is_empty()).then(|| (free_name("content_type", &taken), others));
    let names = |form: &Vec<Choice>| form.iter().map(|way| way.content_type.clone()).collect();
    Outcome::Sent(Box::new(Sent {
        body: planned,
        arguments,
        forms: (forms.iter().filter(|_| !is_one_form)).map(names).collect(),
    }))
}

/// What is said about a body of which nothing is said.
const BODY: &str = "The request body.";

fn described(body: &RequestBody) -> Option<&str> {
    (body.description.as_deref()).filter(|text| !text.trim().is_empty())
}

/// Whether a format can be made of the fields of an object.
pub(super) fn is_structured(format: BodyFormat) -> bool {
    matches!(
        format,
        BodyFormat::Json | BodyFormat::Form | BodyFormat::Multipart | BodyFormat::Xml
    )
}

/// The fields of an object that stays one argument, where the format asks what they are.
pub(super) fn known_fields(
    format: BodyFormat,
    media: &MediaType,
    schemas: &Schemas<'_>,
) -> Vec<Field> {
    if format == BodyFormat::Parts {
        return parts::of(media, schemas).map_or_else(Vec::new, |parts| parts.fields);
    }
    if !matches!(format, BodyFormat::Form | BodyFormat::Multipart) {
        return Vec::new();
    }
    let Some(schema) = &media.schema else {
        return Vec::new();
    };
    let flat = flatten(schemas, &[schema]);
    let mut known = flat.properties;
    // A field without a name is how all others are sent.
    let others = match flat.additional {
        Additional::Of(all) => Some(all),
        _ => None,
    };
    for form in flat.alternatives.into_iter().flatten() {
        for (name, all) in flatten(schemas, &[form]).properties {
            known.entry(name).or_insert(all);
        }
    }
    let mut fields: Vec<Field> = (known.iter())
        .map(|(name, all)| fields::field(format, media, name, name, all, schemas))
        .collect();
    let others = others.map(|all| fields::field(format, media, "", "", &all, schemas));
    fields.extend(others.filter(|field| field.format.takes_files()));
    fields
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

/// Tells the required headers of parts that no call can give.
fn tell_unknown_headers<'c>(
    body: &RequestBody,
    choices: impl IntoIterator<Item = &'c Choice>,
    diagnostics: &mut Diagnostics,
) {
    for choice in choices {
        let media = &body.content[choice.index];
        let encodings = (media.encoding.iter()).filter(|_| choice.format == BodyFormat::Multipart);
        for (field, encoding) in encodings {
            // OpenAPI 3.1 §4.8.15.1: `Content-Type` is described elsewhere.
            let unknown = (encoding.unknown_headers.iter())
                .filter(|header| !header.to_ascii_lowercase().starts_with("content-"));
            for header in unknown {
                let message = format!(
                    "the part `{field}` requires the header `{header}`, whose value is not known"
                );
                let place = ["content", &media.name, "encoding", field, "headers", header];
                let at = (place.iter()).fold(body.pointer.clone(), |at, step| at.child(step));
                let diagnostic = Diagnostic::new(Code::UnsupportedParameter, message)
                    .at(&at)
                    .skipping("this header")
                    .with_help(
                        "give its schema a `const` or a `default`: no argument stands for it",
                    );
                diagnostics.push(diagnostic);
            }
        }
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
                let description = (field.format.takes_files())
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

/// What the argument for a whole body takes when it is sent in this way.
pub(super) fn whole_schema<'a>(
    choice: &Choice,
    media: &'a MediaType,
    schemas: &Schemas<'a>,
) -> &'a Value {
    let is_text = |schema: &'a Value| {
        flatten(schemas, &[schema])
            .effective_types()
            .is_some_and(|types| types.iter().all(JsonType::is_text))
    };
    match (choice.format, &media.schema) {
        (BodyFormat::Bytes, _) => &fields::FILE,
        (BodyFormat::Multipart, Some(schema)) if is_text(schema) => &fields::FILE,
        (BodyFormat::Text, Some(schema)) if is_text(schema) => schema,
        (BodyFormat::Text, _) => &TEXT,
        (_, Some(schema)) => schema,
        (_, None) => parameters::anything(),
    }
}

/// The same where it has fields that are files: with what a client can give for these. What depends on values in other
/// ways than by forms is left to the API.
pub(super) fn with_files(
    choice: &Choice,
    media: &MediaType,
    schemas: &Schemas<'_>,
) -> Option<Value> {
    if choice.format == BodyFormat::Parts {
        return parts::of(media, schemas).map(|parts| parts.schema);
    }
    let schema = media.schema.as_ref()?;
    if choice.format != BodyFormat::Multipart {
        return None;
    }
    let mut files = Files {
        media,
        schemas,
        are_some: false,
    };
    let schema = files.object(&[schema], 0);
    files.are_some.then_some(schema)
}

/// Makes the schema of a body with files.
struct Files<'m, 's, 'a> {
    media: &'m MediaType,
    schemas: &'s Schemas<'a>,
    are_some: bool,
}

impl Files<'_, '_, '_> {
    fn object(&mut self, all: &[&Value], depth: usize) -> Value {
        const DEEPEST: usize = 4;
        let flat = flatten(self.schemas, all);
        let mut properties: Map<String, Value> = (flat.properties.iter())
            .map(|(name, all)| ((*name).to_owned(), self.property(name, all)))
            .collect();
        // A list without items would be no part at all.
        for name in &flat.required {
            if let Some(list) = properties.get_mut(*name).filter(|it| it["type"] == "array") {
                let least = list["minItems"].as_u64().unwrap_or_default().max(1);
                list["minItems"] = least.into();
            }
        }
        let mut schema = json!({"type": "object", "properties": properties});
        if !flat.required.is_empty() {
            schema["required"] = flat.required.iter().copied().collect();
        }
        match &flat.additional {
            Additional::Forbidden => schema["additionalProperties"] = Value::Bool(false),
            Additional::Of(all) => schema["additionalProperties"] = self.property("", all),
            Additional::Unsaid | Additional::Anything => {}
        }
        if let Some(text) = flat.description {
            schema["description"] = Value::from(text);
        }
        let choices: Vec<Value> = (flat.alternatives.iter().filter(|_| depth < DEEPEST))
            .map(|forms| {
                let forms = forms.iter().map(|form| self.object(&[form], depth + 1));
                json!({ "anyOf": forms.collect::<Vec<_>>() })
            })
            .collect();
        if !choices.is_empty() {
            schema["allOf"] = Value::Array(choices);
        }
        schema
    }

    fn property(&mut self, name: &str, all: &All<'_>) -> Value {
        let (media, schemas) = (self.media, self.schemas);
        let field = fields::field(BodyFormat::Multipart, media, name, name, all, schemas);
        let mut schema = match &fields::argument_schemas(&field, all.clone(), schemas)[..] {
            [schema] => (*schema).clone(),
            parts => json!({ "allOf": parts }),
        };
        if field.format.takes_files() && is_input(schemas, all) {
            self.are_some = true;
            if let Some(text) = flatten(schemas, all).description {
                schema["description"] = Value::from(text);
            }
        }
        schema
    }
}

fn whole_source<'a>(
    body: &'a RequestBody,
    choice: &Choice,
    schemas: &Schemas<'a>,
    made: &'a OnceCell<Value>,
) -> Source<'a> {
    let media = &body.content[choice.index];
    let schema = match with_files(choice, media, schemas) {
        Some(schema) => made.get_or_init(|| schema),
        None => whole_schema(choice, media, schemas),
    };
    let remark = match choice.format {
        BodyFormat::Text => Some(format!(
            "Sent as it is, as `{}`.",
            media::essence(&choice.content_type)
        )),
        BodyFormat::Bytes => range_remark(&media.name),
        _ => None,
    };
    let own = flatten(schemas, &[schema]).description;
    Source {
        all: vec![schema],
        description: described(body).or(own).or(Some(BODY)),
        remark,
        ..Source::default()
    }
}
