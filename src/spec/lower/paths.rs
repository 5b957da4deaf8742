//! `paths`: from path items to operations.

use super::parameter::{Level, Skip, broken};
use super::{Context, Defaults, node_weight};
use crate::api::{Operation, Server};
use crate::diagnostic::{Code, Diagnostic, JsonPointer};
use crate::spec::tree::{Map, Node};

/// The methods that OpenAPI 3.0 and 3.1 know.
const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// What the operations of a path share.
pub(super) struct PathItem<'d> {
    pub(super) path: String,
    pub(super) summary: Option<String>,
    pub(super) description: Option<String>,
    pub(super) servers: Option<Vec<Server>>,
    pub(super) parameters: Vec<Level<'d>>,
}

/// An object and where it is.
type Part<'d> = (&'d Map, JsonPointer);

impl<'d> Context<'_, 'd> {
    /// All operations that can be built, in document order.
    pub(super) fn operations(
        &mut self,
        paths: &'d Map,
        pointer: &JsonPointer,
        defaults: &Defaults<'_>,
    ) -> Vec<Operation> {
        let mut operations = Vec::new();
        for (path, node) in paths.iter().filter(|(path, _)| !path.starts_with("x-")) {
            match self.path_item(path, node, &pointer.child(path), defaults, &mut operations) {
                Ok(()) => {}
                Err(Skip::Broken(diagnostic)) => {
                    self.push(diagnostic.skipping(format!("path `{path}`")));
                }
                Err(Skip::Limit) => {
                    self.push(
                        Diagnostic::new(
                            Code::DocumentLimit,
                            "the document uses large shared parts so often that not all of it is built",
                        )
                        .at(&pointer.child(path))
                        .skipping("this path and all that follow")
                        .with_help("let shared parameters, bodies and responses refer to schemas under `components.schemas`"),
                    );
                    break;
                }
            }
        }
        operations
    }

    fn path_item(
        &mut self,
        path: &str,
        node: &'d Node,
        pointer: &JsonPointer,
        defaults: &Defaults<'_>,
        operations: &mut Vec<Operation>,
    ) -> Result<(), Skip> {
        let parts = self.path_item_parts(node, pointer)?;
        let item = self.shared_of(path, &parts)?;
        let mut seen = Vec::new();
        for (map, at) in &parts {
            for (key, node) in map.iter() {
                let Some(method) = METHODS
                    .iter()
                    .find(|method| key.eq_ignore_ascii_case(method))
                else {
                    continue;
                };
                if seen.contains(method) {
                    continue;
                }
                seen.push(*method);
                let at = at.child(key);
                let method = method.to_ascii_uppercase();
                match self.operation(&method, &item, node, &at, defaults) {
                    Ok(operation) => operations.push(operation),
                    Err(Skip::Broken(diagnostic)) => {
                        let name = operation_name(node, &method, path);
                        self.push(diagnostic.skipping(format!("operation `{name}`")));
                    }
                    Err(Skip::Limit) => return Err(Skip::Limit),
                }
            }
        }
        Ok(())
    }

    /// The path item itself and, when it is a reference too, what it refers to. The first of them wins.
    fn path_item_parts(
        &mut self,
        node: &'d Node,
        pointer: &JsonPointer,
    ) -> Result<Vec<Part<'d>>, Skip> {
        let target = self.resolved(node, pointer)?;
        let mut parts: Vec<Part<'d>> = Vec::new();
        let own = (node, pointer.clone());
        let referred = (target.node, target.pointer);
        let both = if std::ptr::eq(own.0, referred.0) {
            vec![own]
        } else {
            // Another path may refer to the same path item.
            self.share(node_weight(referred.0))?;
            vec![own, referred]
        };
        for (node, at) in both {
            match node {
                Node::Map(map) => parts.push((map, at)),
                // `/path:` with nothing behind it: there is nothing to build.
                Node::Null => {}
                other => {
                    let message = format!("the path item is {}, not an object", other.kind());
                    return Err(broken(message, pointer));
                }
            }
        }
        Ok(parts)
    }

    fn shared_of(&mut self, path: &str, parts: &[Part<'d>]) -> Result<PathItem<'d>, Skip> {
        use super::fields::{Shape, typed};
        let mut item = PathItem {
            path: path.to_owned(),
            summary: None,
            description: None,
            servers: None,
            parameters: Vec::new(),
        };
        for (map, at) in parts {
            let shape = [("summary", Shape::Text), ("description", Shape::Text)];
            let fields = self.fields(map, at, &shape);
            let typed: openapiv3::PathItem = typed(fields)
                .map_err(|message| broken(format!("the path item is not usable: {message}"), at))?;
            item.summary = item.summary.or(typed.summary);
            item.description = item.description.or(typed.description);
            item.servers = item.servers.or_else(|| self.servers(map, at));
            item.parameters.extend(self.level(map, at)?);
        }
        // What the reference leads to comes first: what stands beside the reference overrides it.
        item.parameters.reverse();
        if !path.starts_with('/') {
            let message =
                format!("the path `{path}` does not start with `/`; it was put before it");
            if let Some((_, at)) = parts.first() {
                self.push(Diagnostic::new(Code::InvalidField, message).at(at));
            }
            item.path = format!("/{path}");
        }
        Ok(item)
    }
}

/// What to call an operation in a message.
fn operation_name(node: &Node, method: &str, path: &str) -> String {
    node.child("operationId")
        .and_then(Node::as_text)
        .map_or_else(|| format!("{method} {path}"), str::to_owned)
}
