//! Bound arguments: filled in from the verified identity, a header or a constant, and gone from what clients see.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use toml::Spanned;

use super::super::engine::{CallContext, StartError};
use super::compiled::Facts;

/// The arguments of a tool that are filled in here.
#[derive(Debug, Default)]
pub(in super::super) struct Bindings(Vec<(String, From)>);

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum From {
    /// A claim of the identity.
    Claim(String),
    /// A header of the client's request, in lower case.
    Header(String),
    Constant(Value),
}

impl From {
    fn parse(value: &toml::Value) -> Result<Self, String> {
        let toml::Value::String(text) = value else {
            let value = serde_json::to_value(value).map_err(|error| error.to_string())?;
            return Ok(Self::Constant(value));
        };
        match text.split_once(':') {
            Some(("claim", name)) if !name.is_empty() => Ok(Self::Claim(name.to_owned())),
            Some(("header", name)) => match name.parse::<http::HeaderName>() {
                Ok(name) if is_credential(&name) => Err(format!(
                    "`{name}` is what callers prove their identity with, which must not go on to the API"
                )),
                Ok(name) => Ok(Self::Header(name.as_str().to_owned())),
                Err(_) => Err(format!("`{name}` is no name of a header")),
            },
            Some(("value", text)) => Ok(Self::Constant(text.into())),
            _ => Err(format!(
                "`{text}` is none of `claim:NAME`, `header:NAME` and `value:TEXT`"
            )),
        }
    }

    /// What to fill in. What is empty is not sent, as if everything was meant.
    ///
    /// # Errors
    /// There is nothing: a sentence without its full stop.
    fn value(&self, context: &CallContext) -> Result<Value, String> {
        match self {
            Self::Claim(name) => {
                let identity = context.identity.as_ref();
                let claim = identity.and_then(|identity| identity.claim(name));
                (claim.filter(|claim| !says_nothing(claim)).cloned()).ok_or_else(|| {
                    format!("the caller's identity has no claim `{name}`, or an empty one")
                })
            }
            Self::Header(name) => {
                let mut values = context.headers.get_all(name).iter();
                let text = values.next().and_then(|value| value.to_str().ok());
                // One of them is not the proxy's.
                if values.next().is_some() {
                    return Err(format!("the request has more than one header `{name}`"));
                }
                let text = text.filter(|text| !text.trim().is_empty());
                let text = text.ok_or_else(|| {
                    format!("the request has no header `{name}`, or an empty one")
                })?;
                Ok(text.into())
            }
            Self::Constant(value) => Ok(value.clone()),
        }
    }
}

/// Whether a value is empty, or has something empty in it.
pub(super) fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty() || items.iter().any(says_nothing),
        Value::Object(fields) => fields.is_empty() || fields.values().any(says_nothing),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn is_credential(name: &http::HeaderName) -> bool {
    matches!(
        name.as_str(),
        "authorization" | "x-api-key" | "cookie" | "proxy-authorization"
    )
}

impl Bindings {
    /// Adds the bindings of a rule; those of rules that look closer are there already and stay.
    pub(super) fn add(
        &mut self,
        rule: &BTreeMap<String, Spanned<toml::Value>>,
        tool: &Facts<'_>,
        place: &str,
    ) -> Result<(), StartError> {
        for (argument, value) in rule {
            let wrong = |why: String| StartError(format!("{place}: bind.{argument}: {why}"));
            let from = From::parse(value.get_ref()).map_err(wrong)?;
            if !tool.has_argument(argument) {
                return Err(wrong(format!("`{}` has no such argument", tool.name())));
            }
            if !self.binds(argument) {
                self.0.push((argument.clone(), from));
            }
        }
        Ok(())
    }

    /// The claims that they are filled in from.
    pub(super) fn claims(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|(_, from)| match from {
            From::Claim(name) => Some(name.as_str()),
            From::Header(_) | From::Constant(_) => None,
        })
    }

    /// Whether an argument is filled in here.
    pub(in super::super) fn binds(&self, argument: &str) -> bool {
        self.0.iter().any(|(bound, _)| bound == argument)
    }

    /// The arguments that are filled in for a call; `None` where there are none.
    ///
    /// # Errors
    /// There is nothing to fill one in with, or more than one thing: a sentence without its full stop.
    pub(in super::super) fn values(
        &self,
        context: &CallContext,
    ) -> Result<Option<Map<String, Value>>, String> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let value =
            |(argument, from): &(String, From)| Ok((argument.clone(), from.value(context)?));
        self.0.iter().map(value).collect::<Result<_, _>>().map(Some)
    }

    /// The schema as clients see it: without the arguments that are filled in.
    pub(in super::super) fn hide(&self, schema: &mut Value) {
        if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            properties.retain(|name, _| !self.binds(name));
        }
        let required = schema.get_mut("required").and_then(Value::as_array_mut);
        if let Some(required) = required {
            required.retain(|name| !name.as_str().is_some_and(|name| self.binds(name)));
        }
        let is_empty =
            (schema.get("required").and_then(Value::as_array)).is_some_and(Vec::is_empty);
        if let (true, Some(schema)) = (is_empty, schema.as_object_mut()) {
            schema.shift_remove("required");
        }
    }

    /// Whether there is nothing to hide.
    pub(in super::super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
