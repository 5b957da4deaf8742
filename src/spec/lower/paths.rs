//! `paths`: from path items to operations.

use super::parameter::{Level, Skip, broken};
use super::{Context, Defaults, node_weight};
use crate::api::{Operation, Server};
use crate::diagnostic::{Code, Diagnostic, JsonPointer};
use crate::spec::tree::{Map, Node};
use crate::spec::version::Version;

/// The methods that have a field of their own; `query` from OpenAPI 3.2 on.
const METHODS: [&str; 9] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace", "query",
];

/// What the operations of a path share.
pub(super) struct PathItem<'d> {
    pub(super) path: String,
    /// Where the path stands.
    pub(super) pointer: JsonPointer,
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
        for (path, node) in paths
            .iter()
            .filter(|(path, _)| !path.starts_with("x-") && *path != "$ref")
        {
            match self.path_item(path, node, &pointer.child(path), defaults, &mut operations) {
                Ok(()) => {}
                Err(Skip::Broken(diagnostic)) => {
                    let count = node.as_map().map_or(0, |map| self.methods_of(map).count());
                    self.leave_out(*diagnostic, format!("path `{path}`"), count);
                }
                Err(Skip::Limit) => {
                    self.push(
                        Diagnostic::new(
                            Code::NodeLimit,
                            "the document uses large shared parts so often that not all of it is built",
                        )
                        .at(&pointer.child(path))
                        .skipping("this path and all that follow")
                        .with_help("raise `--max-nodes`, or let shared parameters, bodies and responses refer to schemas under `components.schemas`"),
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
        let item = self.shared_of(path, pointer, &parts)?;
        let mut seen: Vec<String> = Vec::new();
        for (map, at) in &parts {
            for (method, node, at) in self.methods(map, at) {
                if seen.contains(&method) {
                    continue;
                }
                seen.push(method.clone());
                match self.operation(&method, &item, node, &at, defaults) {
                    Ok(operation) => operations.push(operation),
                    Err(Skip::Broken(diagnostic)) => {
                        let name = operation_name(node, &method, path);
                        self.leave_out(*diagnostic, format!("operation `{name}`"), 1);
                    }
                    Err(Skip::Limit) => return Err(Skip::Limit),
                }
            }
        }
        Ok(())
    }

    /// The methods of a path item with their operations, in order.
    fn methods(
        &mut self,
        map: &'d Map,
        pointer: &JsonPointer,
    ) -> Vec<(String, &'d Node, JsonPointer)> {
        let has_more = self.version() >= Version::V3_2;
        let mut methods: Vec<_> = (self.methods_of(map))
            .map(|(key, node)| (key.to_ascii_uppercase(), node, pointer.child(key)))
            .collect();
        let Some(Node::Map(additional)) = map.get("additionalOperations").filter(|_| has_more)
        else {
            return methods;
        };
        let pointer = pointer.child("additionalOperations");
        for (method, node) in additional.iter() {
            let at = pointer.child(method);
            // OpenAPI 3.2 §4.9.1: spelt as it is sent, and none that has a field of its own. RFC 9110 §9.1: a token.
            // RFC 9110 §9.3.6: CONNECT names no resource, but a tunnel.
            let is_additional = !is_method(method, self.version()) && is_token(method);
            if !is_additional || method.eq_ignore_ascii_case("CONNECT") {
                let message = format!("`{method}` is no additional method");
                let diagnostic = Diagnostic::new(Code::InvalidField, message).at(&at);
                self.leave_out(diagnostic, format!("operation `{method}`"), 1);
                continue;
            }
            methods.push((method.to_owned(), node, at));
        }
        methods
    }

    /// The members of a path item that are operations by their key.
    fn methods_of<'m>(&self, map: &'m Map) -> impl Iterator<Item = (&'m str, &'m Node)> {
        let version = self.version();
        map.iter().filter(move |(key, _)| is_method(key, version))
    }

    /// Tells what is wrong with operations that were left out.
    fn leave_out(&mut self, diagnostic: Diagnostic, what: String, count: usize) {
        self.left_out += count;
        self.push(diagnostic.skipping_operations(what, count));
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

    fn shared_of(
        &mut self,
        path: &str,
        pointer: &JsonPointer,
        parts: &[Part<'d>],
    ) -> Result<PathItem<'d>, Skip> {
        use super::fields::{Shape, typed};
        let mut item = PathItem {
            path: path.to_owned(),
            pointer: pointer.clone(),
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
            self.push(Diagnostic::new(Code::InvalidField, message).at(pointer));
            item.path = format!("/{path}");
        }
        Ok(item)
    }
}

fn is_method(key: &str, version: Version) -> bool {
    (METHODS.iter())
        .filter(|method| version >= Version::V3_2 || **method != "query")
        .any(|method| key.eq_ignore_ascii_case(method))
}

/// RFC 9110 §5.6.2.
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
}

/// What to call an operation in a message.
fn operation_name(node: &Node, method: &str, path: &str) -> String {
    node.child("operationId")
        .and_then(Node::as_text)
        .map_or_else(|| format!("{method} {path}"), str::to_owned)
}
