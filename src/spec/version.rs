//! Which version of OpenAPI a document is written in, and whether mcpgen reads it.
//!
//! The versions differ less than their numbers say: lowering knows one shape, that of OpenAPI 3, and asks here for the
//! dialect of the schemas. What Swagger 2.0 says otherwise is in `lower::swagger`.

use super::tree::{Map, Node};
use crate::diagnostic::{Code, Diagnostic, JsonPointer};

/// The versions that can be lowered, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Version {
    /// Swagger 2.0: schemas in the dialect of 3.0, bodies among the parameters.
    V2_0,
    /// 3.0.x: schemas in a dialect of their own.
    V3_0,
    /// 3.1.x: schemas are JSON Schema 2020-12.
    V3_1,
    /// 3.2.x: the same, and more methods, places and media types.
    V3_2,
}

impl Version {
    /// Whether what stands beside a `$ref` in a schema means nothing (OpenAPI 3.0 §4.7.23).
    pub(super) fn ignores_siblings(self) -> bool {
        self <= Self::V3_0
    }
}

/// The version of a document, or why it cannot be used.
pub(super) fn of(tree: &Node) -> Result<Version, Box<Diagnostic>> {
    let Node::Map(root) = tree else {
        let message = format!("the document is {}, not an object", tree.kind());
        return Err(not_openapi(message).at(&JsonPointer::root()).into());
    };
    let version = known(root)?;
    check_paths(root, version)?;
    Ok(version)
}

fn known(root: &Map) -> Result<Version, Box<Diagnostic>> {
    let (field, value) = match (root.get("openapi"), root.get("swagger")) {
        (Some(value), _) => ("openapi", value),
        (None, Some(value)) => ("swagger", value),
        (None, None) if let Some(old) = root.get("swaggerVersion").and_then(Node::as_text) => {
            let at = JsonPointer::root().child("swaggerVersion");
            return Err(unsupported("swagger", old).at(&at).into());
        }
        (None, None) => {
            let message = "the document has no `openapi` field".to_owned();
            return Err(not_openapi(message).at(&JsonPointer::root()).into());
        }
    };
    let at = JsonPointer::root().child(field);
    let text = match value {
        Node::Text(text) => text.trim().to_owned(),
        Node::Number(number) => number.to_string(),
        other => {
            let message = format!("the field `{field}` is {}, not a version", other.kind());
            return Err(not_openapi(message).at(&at).into());
        }
    };
    let is = |minor: &str| text == minor || text.starts_with(&format!("{minor}."));
    match field {
        "openapi" if is("3.0") => Ok(Version::V3_0),
        "openapi" if is("3.1") => Ok(Version::V3_1),
        "openapi" if is("3.2") => Ok(Version::V3_2),
        "swagger" if is("2.0") || text == "2" => Ok(Version::V2_0),
        // Both are written by people who moved a document up by hand.
        "openapi" if is("2.0") && root.get("definitions").is_some() => Ok(Version::V2_0),
        _ => Err(unsupported(field, &text).at(&at).into()),
    }
}

fn unsupported(field: &str, version: &str) -> Diagnostic {
    let name = match field {
        "swagger" => "Swagger",
        _ => "OpenAPI",
    };
    let message = format!("{name} `{version}` is not supported");
    Diagnostic::new(Code::UnsupportedVersion, message)
        .with_help("convert the document to one of Swagger 2.0 and OpenAPI 3.0, 3.1 and 3.2")
}

fn check_paths(root: &Map, version: Version) -> Result<(), Box<Diagnostic>> {
    let help = "describe at least one operation under `paths`";
    match root.get("paths") {
        Some(Node::Map(_)) => Ok(()),
        // OpenAPI 3.1 §4.8.1: at least one of the three is there.
        None if version >= Version::V3_1
            && (root.get("webhooks").is_some() || root.get("components").is_some()) =>
        {
            Ok(())
        }
        None => {
            let problem = Diagnostic::new(Code::MissingPaths, "the document has no `paths`");
            Err(problem.at(&JsonPointer::root()).with_help(help).into())
        }
        Some(other) => {
            let message = format!("`paths` is {}, not an object", other.kind());
            let problem = Diagnostic::new(Code::MissingPaths, message);
            let at = JsonPointer::root().child("paths");
            Err(problem.at(&at).with_help(help).into())
        }
    }
}

fn not_openapi(message: String) -> Diagnostic {
    Diagnostic::new(Code::NotOpenapi, message).with_help(
        "an OpenAPI document starts with a line such as `openapi: 3.1.0` or `swagger: '2.0'`",
    )
}
