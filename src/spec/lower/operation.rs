//! One operation.

use super::fields::{Shape, extensions, typed};
use super::parameter::{Skip, broken};
use super::paths::PathItem;
use super::{Context, Defaults, node_weight};
use crate::api::{Operation, SecurityRequirement};
use crate::diagnostic::JsonPointer;
use crate::spec::tree::Node;
use crate::spec::version::Version;

impl<'d> Context<'_, 'd> {
    /// The operation, or what is wrong with it.
    pub(super) fn operation(
        &mut self,
        method: &str,
        item: &PathItem<'d>,
        node: &'d Node,
        pointer: &JsonPointer,
        defaults: &Defaults<'_>,
    ) -> Result<Operation, Skip> {
        let target = self.resolved(node, pointer)?;
        if !std::ptr::eq(target.node, node) {
            self.share(node_weight(target.node))?;
        }
        let Node::Map(map) = target.node else {
            let kind = target.node.kind();
            return Err(broken(
                format!("the operation is {kind}, not an object"),
                pointer,
            ));
        };
        let at = &target.pointer;
        self.asks_authorization = false;
        let mut levels = item.parameters.clone();
        levels.extend(self.level(map, at)?);
        let (parameters, path) = self.parameters(&levels, (&item.path, &item.pointer))?;
        let body = match self.version() {
            Version::V2_0 => self.swagger_body(&levels, map, at)?,
            _ => self.request_body(map, at)?,
        };
        let responses = self.responses(map, at)?;
        let shape = [
            ("operationId", Shape::Text),
            ("summary", Shape::Text),
            ("description", Shape::Text),
            ("tags", Shape::Texts),
            ("deprecated", Shape::Flag),
        ];
        let mut fields = self.fields(map, at, &shape);
        fields.insert("responses".to_owned(), serde_json::json!({}));
        fields.extend(extensions(map));
        let typed: openapiv3::Operation = typed(fields)
            .map_err(|message| broken(format!("the operation is not usable: {message}"), at))?;
        let of = format!("`{method} {}`", item.path);
        let security = match self.security(map, at, defaults.schemes, &of) {
            Some(own) => own,
            None if defaults.security.is_empty() && self.asks_authorization => {
                defaults.authorization.optional()
            }
            None => self.default_security(defaults)?,
        };
        let filled = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        Ok(Operation {
            operation_id: filled(&typed.operation_id),
            method: method.to_owned(),
            path,
            summary: filled(&typed.summary).or_else(|| item.summary.clone()),
            description: filled(&typed.description).or_else(|| item.description.clone()),
            tags: unique(typed.tags),
            deprecated: typed.deprecated,
            parameters,
            body,
            responses,
            security,
            servers: self.servers(map, at).or_else(|| item.servers.clone()),
            extensions: typed.extensions,
            pointer: at.clone(),
        })
    }
}

impl Context<'_, '_> {
    fn default_security(
        &mut self,
        defaults: &Defaults<'_>,
    ) -> Result<Vec<SecurityRequirement>, Skip> {
        let schemes = defaults.security.iter().flat_map(|each| &each.schemes);
        self.share(schemes.map(|(_, scopes)| 1 + scopes.len()).sum())?;
        Ok(defaults.security.to_vec())
    }
}

fn unique(texts: Vec<String>) -> Vec<String> {
    let set: indexmap::IndexSet<String> = texts.into_iter().collect();
    set.into_iter().collect()
}
