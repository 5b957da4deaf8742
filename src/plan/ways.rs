//! The ways to send a body: media types that take the same arguments, and those that take others.

use serde_json::{Value, json};

use super::media::Choice;
use super::schema::Schemas;
use super::schema::flat::flatten;
use super::{Alternative, BodySource, Field, body as bodies, xml};
use crate::api::{MediaType, Operation, RequestBody};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::runtime::tool::BodyFormat;

/// The ways to send a body by what they take, the best one first; each group has one at least.
pub(super) fn grouped(
    operation: &Operation,
    body: &RequestBody,
    choices: Vec<Choice>,
    schemas: &Schemas<'_>,
    diagnostics: &mut Diagnostics,
) -> Vec<Vec<Choice>> {
    let mut groups: Vec<Vec<Choice>> = Vec::new();
    let mut others: Vec<usize> = (0..body.content.len())
        .filter(|index| choices.iter().all(|choice| choice.index != *index))
        .collect();
    for choice in choices {
        let media = &body.content[choice.index];
        let takes_the_same = |group: &Vec<Choice>| {
            let are_structured =
                || bodies::is_structured(choice.format) && bodies::is_structured(group[0].format);
            let first = &body.content[group[0].index];
            bodies::whole_schema(&choice, media, schemas)
                == bodies::whole_schema(&group[0], first, schemas)
                && (choice.format == group[0].format || are_structured())
        };
        let is_known = (groups.iter().flatten()).any(|known| {
            known
                .content_type
                .eq_ignore_ascii_case(&choice.content_type)
        });
        let is_range = media.name.contains('*') || media.name.trim().is_empty();
        match groups.iter().position(takes_the_same) {
            _ if groups.is_empty() => groups.push(vec![choice]),
            Some(_) if is_known || is_range => {}
            Some(index) => groups[index].push(choice),
            // A range is no value of a `Content-Type`, and one media type takes one body.
            None if is_known || is_range => others.push(choice.index),
            None => groups.push(vec![choice]),
        }
    }
    for index in others.into_iter().filter(|_| !groups.is_empty()) {
        diagnostics.push(not_offered(operation, body, &body.content[index], &groups));
    }
    groups
}

fn not_offered(
    operation: &Operation,
    body: &RequestBody,
    media: &MediaType,
    groups: &[Vec<Choice>],
) -> Diagnostic {
    let offered: Vec<String> = (groups.iter().flatten())
        .map(|choice| format!("`{}`", choice.content_type))
        .collect();
    let message = format!(
        "{} is sent as {} only; what `{}` takes cannot be made of arguments",
        super::operation_label(operation),
        offered.join(" or "),
        media.name
    );
    Diagnostic::new(Code::UnofferedMediaType, message)
        .at(&body.pointer.child("content").child(&media.name))
        .skipping(format!("the media type `{}`", media.name))
}

/// The ways beside the usual one, which is the first of the first group. `source` is what the usual one is made of.
pub(super) fn alternatives(
    groups: &[Vec<Choice>],
    body: &RequestBody,
    source: &BodySource,
    schemas: &Schemas<'_>,
) -> Vec<Alternative> {
    let [usual, others @ ..] = groups else {
        return Vec::new();
    };
    let media = |choice: &Choice| &body.content[choice.index];
    let usual_fields = match source {
        BodySource::Fields(fields) | BodySource::Object(_, fields) => fields.as_slice(),
        BodySource::Whole(_) => &[],
    };
    let same = usual[1..].iter().map(|choice| Alternative {
        media_type: choice.content_type.clone(),
        format: choice.format,
        fields: fields_as(choice, media(choice), usual_fields, schemas),
        xml: String::new(),
    });
    let other = others.iter().flat_map(|group| {
        let first = media(&group[0]);
        let fields = bodies::known_fields(group[0].format, first, schemas);
        let xml = xml_hints(group, first, schemas);
        group.iter().map(move |choice| Alternative {
            media_type: choice.content_type.clone(),
            format: choice.format,
            fields: fields_as(choice, media(choice), &fields, schemas)
                .or_else(|| Some(fields.clone())),
            xml: xml.clone(),
        })
    });
    same.chain(other).collect()
}

/// The fields as a media type sends them; `None` where that is how the first of its group does.
fn fields_as(
    choice: &Choice,
    media: &MediaType,
    first: &[Field],
    schemas: &Schemas<'_>,
) -> Option<Vec<Field>> {
    let mut fields = bodies::known_fields(choice.format, media, schemas);
    if !first.is_empty() && choice.format != BodyFormat::Parts {
        fields.retain_mut(|field| {
            let Some(same) = first.iter().find(|same| same.name == field.name) else {
                return false;
            };
            field.argument.clone_from(&same.argument);
            // The argument is what a file is given as, whatever becomes of it.
            if same.format.takes_files() {
                field.format = same.format;
            }
            true
        });
    }
    if fields.iter().all(|field| first.contains(field)) {
        return None;
    }
    let unknown: Vec<Field> = (first.iter())
        .filter(|same| !fields.iter().any(|field| field.name == same.name))
        .cloned()
        .collect();
    fields.extend(unknown);
    Some(fields)
}

/// The names in XML, where one of these ways needs them.
pub(super) fn xml_hints(group: &[Choice], media: &MediaType, schemas: &Schemas<'_>) -> String {
    let has_xml = group.iter().any(|choice| choice.format == BodyFormat::Xml);
    (media.schema.as_ref().filter(|_| has_xml))
        .map(|schema| xml::hints(schema, schemas))
        .unwrap_or_default()
}

/// The schema of an argument that takes what any of these groups takes, each form with the media types that it is for.
pub(super) fn union(body: &RequestBody, groups: &[Vec<Choice>], schemas: &Schemas<'_>) -> Value {
    let forms: Vec<Value> = (groups.iter().enumerate())
        .map(|(index, group)| {
            let media = &body.content[group[0].index];
            let mut form = bodies::with_files(&group[0], media, schemas)
                .unwrap_or_else(|| bodies::whole_schema(&group[0], media, schemas).clone());
            let own = flatten(schemas, &[&form]).description.unwrap_or_default();
            let names: Vec<String> = (group.iter())
                .map(|choice| format!("`{}`", choice.content_type))
                .collect();
            let usual = if index == 0 { ", the default" } else { "" };
            let text = format!("For {}{usual}: {own}", names.join(" or "));
            if !form.is_object() {
                form = json!({ "allOf": [form] });
            }
            form["description"] = Value::from(text.trim_end_matches([':', ' ']));
            form
        })
        .collect();
    json!({ "anyOf": forms })
}
