//! Parameters outside of the body: which argument each becomes and how it is put into the request.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::schema::advertised::Argument;
use super::schema::flat::{Additional, flatten};
use super::schema::nodes::Source;
use super::schema::{JsonType, Schemas};
use super::{Field, Parameter, body, media, names, text};
use crate::api::{self, MediaType, Operation, ParameterLocation, Serialization};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::runtime::tool::{BodyFormat, Location, ParameterFormat, Style, is_own_header};

/// What an empty list or object becomes is nothing (RFC 6570 §2.3), and nothing is no required parameter.
pub(super) static NOT_EMPTY: LazyLock<Value> =
    LazyLock::new(|| json!({"minItems": 1, "minProperties": 1}));

/// Where parameters of the same name are told apart, the first keeps the plain name.
const LOCATIONS: [(ParameterLocation, Location, &str); 4] = [
    (ParameterLocation::Path, Location::Path, "path"),
    (ParameterLocation::Query, Location::Query, "query"),
    (ParameterLocation::Header, Location::Header, "header"),
    (ParameterLocation::Cookie, Location::Cookie, "cookie"),
];

/// The parameters of an operation with the arguments they take their values from, or nothing when a required one
/// cannot be sent.
pub(super) fn parameters<'a>(
    operation: &'a Operation,
    schemas: &Schemas<'a>,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<(Parameter, Argument<'a>)>> {
    let mut sent: Vec<(&'a api::Parameter, Encoding)> = Vec::new();
    for parameter in &operation.parameters {
        if parameter.location == ParameterLocation::Header
            && is_own_header(&parameter.name.to_ascii_lowercase())
        {
            diagnostics.push(
                Diagnostic::new(
                    Code::IgnoredParameter,
                    format!(
                        "the header `{}` is the HTTP client's or a proxy's to write, and no caller's",
                        parameter.name
                    ),
                )
                .at(&parameter.pointer)
                .skipping("this parameter")
                .with_help("requests are sent without it; a proxy before the API can add it"),
            );
            continue;
        }
        match encoding(parameter, schemas) {
            Ok(encoding) => sent.push((parameter, encoding)),
            Err(why) => {
                let diagnostic =
                    Diagnostic::new(Code::UnsupportedParameter, why).at(&parameter.pointer);
                if parameter.required {
                    let skipped = super::operation_label(operation);
                    diagnostics.push(diagnostic.skipping_operations(skipped, 1));
                    return None;
                }
                diagnostics.push(diagnostic.skipping(format!("parameter `{}`", parameter.name)));
            }
        }
    }
    let arguments = argument_names(&sent);
    let pairs = sent.into_iter().zip(arguments);
    Some(
        pairs
            .map(|((parameter, encoding), name)| pair(parameter, &encoding, name, schemas))
            .collect(),
    )
}

fn pair<'a>(
    parameter: &'a api::Parameter,
    encoding: &Encoding,
    argument: String,
    schemas: &Schemas<'a>,
) -> (Parameter, Argument<'a>) {
    let mut all = vec![&parameter.schema];
    if parameter.required
        && encoding.format == ParameterFormat::Style
        && vanishes_when_empty(&parameter.schema, schemas)
    {
        all.push(&NOT_EMPTY);
    }
    let source = Source {
        all,
        description: parameter
            .description
            .as_deref()
            .filter(|text| !text.trim().is_empty()),
        example: parameter.example.as_ref(),
        is_deprecated: parameter.deprecated,
        is_never_null: encoding.format != ParameterFormat::Json,
        remark: names::is_opaque(&argument, &parameter.name)
            .then(|| format!("Sent as `{}`.", text::line(&parameter.name))),
        ..Source::default()
    };
    let planned = Parameter {
        argument: argument.clone(),
        name: parameter.name.clone(),
        location: location(parameter.location),
        style: encoding.style,
        explode: encoding.explode,
        allow_reserved: encoding.allow_reserved,
        format: encoding.format,
        items: encoding.items.clone(),
        whole_query: encoding.whole_query,
        fields: encoding.fields.clone(),
    };
    let argument = Argument {
        name: argument,
        is_required: parameter.required,
        source,
        pointer: &parameter.pointer,
    };
    (planned, argument)
}

/// Whether an empty value of the schema is not sent at all. One that forbids further fields stays as it is: under an
/// `allOf` it would take them.
fn vanishes_when_empty(schema: &Value, schemas: &Schemas<'_>) -> bool {
    let flat = flatten(schemas, &[schema]);
    let is_compound = |kind: JsonType| matches!(kind, JsonType::Array | JsonType::Object);
    flat.additional != Additional::Forbidden
        && flat
            .effective_types()
            .is_some_and(|kinds| kinds.iter().all(is_compound))
}

/// How a value becomes text.
struct Encoding {
    style: Style,
    explode: bool,
    allow_reserved: bool,
    format: ParameterFormat,
    items: Vec<Style>,
    whole_query: bool,
    fields: Vec<Field>,
}

fn encoding(parameter: &api::Parameter, schemas: &Schemas<'_>) -> Result<Encoding, String> {
    let name = &parameter.name;
    if matches!(
        parameter.location,
        ParameterLocation::Header | ParameterLocation::Cookie
    ) && !is_token(name)
    {
        return Err(format!("`{name}` is no legal name of a header or cookie"));
    }
    match &parameter.serialization {
        Serialization::Style {
            style,
            explode,
            allow_reserved,
            items,
            ..
        } => Ok(Encoding {
            style: self::style(*style),
            explode: *explode,
            allow_reserved: *allow_reserved,
            format: ParameterFormat::Style,
            items: styles(items),
            whole_query: false,
            fields: Vec::new(),
        }),
        Serialization::Content {
            media_type,
            encoding,
            is_whole_query,
        } => {
            let format = match media::essence(media_type).as_str() {
                name if media::is_json(name) => ParameterFormat::Json,
                "application/x-www-form-urlencoded" => ParameterFormat::Form,
                _ => ParameterFormat::Style,
            };
            let is_text = flatten(schemas, &[&parameter.schema])
                .effective_types()
                .is_some_and(|types| types.iter().all(JsonType::is_text));
            if format == ParameterFormat::Style && !is_text {
                return Err(format!(
                    "parameter `{name}` is serialised as `{media_type}`, which arguments cannot become"
                ));
            }
            let is_simple = matches!(
                parameter.location,
                ParameterLocation::Path | ParameterLocation::Header
            );
            Ok(Encoding {
                style: if is_simple {
                    Style::Simple
                } else {
                    Style::Form
                },
                explode: false,
                allow_reserved: false,
                format,
                items: Vec::new(),
                whole_query: *is_whole_query,
                fields: match format {
                    ParameterFormat::Form => form_fields(parameter, encoding, schemas),
                    ParameterFormat::Style | ParameterFormat::Json => Vec::new(),
                },
            })
        }
    }
}

/// The fields of a parameter that is a form (OpenAPI 3.2 §4.12.1), where one is sent in a way of its own.
fn form_fields(
    parameter: &api::Parameter,
    encoding: &IndexMap<String, api::Encoding>,
    schemas: &Schemas<'_>,
) -> Vec<Field> {
    let media = MediaType {
        schema: Some(parameter.schema.clone()),
        encoding: encoding.clone(),
        ..MediaType::default()
    };
    let fields = body::known_fields(BodyFormat::Form, &media, schemas);
    if fields.iter().all(Field::is_usual) {
        return Vec::new();
    }
    fields
}

fn argument_names(sent: &[(&api::Parameter, Encoding)]) -> Vec<String> {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut result = vec![String::new(); sent.len()];
    for (from, _, suffix) in LOCATIONS {
        let indices: Vec<usize> = (0..sent.len())
            .filter(|index| sent[*index].0.location == from)
            .collect();
        let wires: Vec<&str> = indices
            .iter()
            .map(|index| sent[*index].0.name.as_str())
            .collect();
        let named = names::argument_names(&wires, suffix, &taken);
        for (index, name) in indices.into_iter().zip(named) {
            taken.insert(name.clone());
            result[index] = name;
        }
    }
    result
}

/// RFC 9110 §5.6.2: what the name of a header or cookie is made of.
pub(super) fn is_token(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
}

pub(super) fn location(location: ParameterLocation) -> Location {
    LOCATIONS
        .iter()
        .find(|(from, ..)| *from == location)
        .map_or(Location::Query, |(_, to, _)| *to)
}

pub(super) fn styles(styles: &[api::Style]) -> Vec<Style> {
    styles.iter().copied().map(style).collect()
}

pub(super) fn style(style: api::Style) -> Style {
    match style {
        api::Style::Matrix => Style::Matrix,
        api::Style::Label => Style::Label,
        api::Style::Simple => Style::Simple,
        api::Style::Form => Style::Form,
        api::Style::SpaceDelimited => Style::SpaceDelimited,
        api::Style::PipeDelimited => Style::PipeDelimited,
        api::Style::TabDelimited => Style::TabDelimited,
        api::Style::DeepObject => Style::DeepObject,
        api::Style::Cookie => Style::Cookie,
    }
}

/// A schema that says nothing, for what a spec requires without describing it.
pub(super) fn anything() -> &'static Value {
    static ANYTHING: std::sync::LazyLock<Value> =
        std::sync::LazyLock::new(|| Value::Object(serde_json::Map::new()));
    &ANYTHING
}
