//! An API that was lowered is whole: what it refers to is there.

use mcpgen::api::{Api, MediaType, Operation, ParameterLocation};
use serde_json::Value;

/// Panics where a part of the API is missing.
pub(super) fn check(api: &Api) {
    for schema in api.schemas.values() {
        check_schema(api, schema);
    }
    for operation in &api.operations {
        check_path(operation);
        for parameter in &operation.parameters {
            check_schema(api, &parameter.schema);
        }
        if let Some(body) = &operation.body {
            assert!(!body.content.is_empty(), "a body has a media type");
            check_content(api, &body.content);
        }
        for response in &operation.responses {
            check_content(api, &response.content);
        }
    }
}

fn check_content(api: &Api, content: &[MediaType]) {
    for schema in content.iter().filter_map(|media| media.schema.as_ref()) {
        check_schema(api, schema);
    }
}

/// Every variable of the path template is a parameter, once.
fn check_path(operation: &Operation) {
    let in_path = (operation.parameters.iter())
        .filter(|parameter| parameter.location == ParameterLocation::Path);
    let mut names: Vec<&str> = in_path.map(|parameter| parameter.name.as_str()).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "a path parameter comes twice");
    for name in names {
        let variable = format!("{{{name}}}");
        assert!(
            operation.path.contains(&variable),
            "{variable} is not in {}",
            operation.path
        );
    }
}

/// The only references are those to shared schemas that are there.
fn check_schema(api: &Api, schema: &Value) {
    const DATA: &[&str] = &[
        "default",
        "enum",
        "const",
        "example",
        "examples",
        "externalDocs",
        "xml",
    ];
    const NAMED: &[&str] = &[
        "properties",
        "patternProperties",
        "$defs",
        "definitions",
        "dependentSchemas",
        "dependencies",
    ];
    match schema {
        Value::Object(fields) => {
            if let Some(Value::String(target)) = fields.get("$ref") {
                let name = target.strip_prefix("#/$defs/");
                let found = name.is_some_and(|name| api.schemas.contains_key(name));
                assert!(found, "`{target}` is not there");
            }
            for (key, value) in fields {
                match value {
                    Value::Object(named) if NAMED.contains(&key.as_str()) => {
                        named.values().for_each(|value| check_schema(api, value));
                    }
                    _ if DATA.contains(&key.as_str()) || key.starts_with("x-") => {}
                    _ => check_schema(api, value),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| check_schema(api, item)),
        _ => {}
    }
}
