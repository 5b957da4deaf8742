//! Guards: a read before the call, or a look at its response, must show that the object belongs to the identity.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::super::arguments::says_the_same;
use super::super::engine::{CallContext, StartError};
use super::super::path::Path;
use super::super::tool::ToolDef;
use super::binding::says_nothing;
use super::compiled::{Facts, selector};
use super::tables::GuardRule;

/// What must be true of the object that a call is about.
#[derive(Debug)]
pub(in super::super) struct Guard {
    /// The tool that reads the object, with its arguments; `None` looks at the call's own response.
    pub(in super::super) read: Option<Read>,
    path: Path,
    claim: String,
}

/// A read of the object.
#[derive(Debug)]
pub(in super::super) struct Read {
    pub(in super::super) tool: &'static ToolDef,
    arguments: Vec<(String, From)>,
}

#[derive(Debug)]
enum From {
    /// An argument of the call.
    Argument(String),
    Constant(Value),
}

impl Guard {
    pub(super) fn new(
        rule: &GuardRule,
        tool: &Facts<'_>,
        tools: &[Facts<'_>],
        place: &str,
    ) -> Result<Self, StartError> {
        let place = format!("{place} guard");
        let wrong = |why: String| StartError(format!("{place}: {why}"));
        let claim = (rule.equals.strip_prefix("claim:")).filter(|name| !name.is_empty());
        let claim = claim
            .ok_or_else(|| wrong(format!("`equals` is `claim:NAME`, not `{}`", rule.equals)))?;
        let read = match &rule.read {
            Some(text) => Some(Read::new(text, rule, tool, tools, &place)?),
            None if tool.generated().is_some_and(|tool| tool.hints.read_only) => None,
            None => {
                return Err(wrong(format!(
                    "`{}` changes something before its response can be looked at; name the operation that reads the \
                     object with `read`",
                    tool.name()
                )));
            }
        };
        Ok(Self {
            read,
            path: Path::parse(&rule.path).map_err(wrong)?,
            claim: claim.to_owned(),
        })
    }

    /// The claim of who it belongs to.
    pub(super) fn claim(&self) -> &str {
        &self.claim
    }

    /// Whether a response, in JSON, shows that the object belongs to the identity. A list that a call is answered with may be
    /// empty; a read before a call has to show something.
    pub(in super::super) fn admits(&self, response: &[u8], context: &CallContext) -> bool {
        let claim = (context.identity.as_ref()).and_then(|identity| identity.claim(&self.claim));
        let Some(claim) = claim.filter(|claim| !claim.is_null()) else {
            return false;
        };
        let values = self.path.values(response);
        values.is_some_and(|values| {
            (self.read.is_none() || !values.is_empty())
                && values.iter().all(|value| is_same(value, claim))
        })
    }
}

/// An id is a number to one side and a text to the other often enough. Numbers of which not all digits are known, those
/// with a fraction and those beyond 64 bits, are nobody's.
fn is_same(value: &Value, claim: &Value) -> bool {
    name(value).is_some_and(|value| Some(value) == name(claim))
}

fn name(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(text.into()),
        Value::Number(number) if !number.is_f64() => Some(number.to_string().into()),
        Value::Bool(flag) => Some(flag.to_string().into()),
        _ => None,
    }
}

impl Read {
    fn new(
        text: &str,
        rule: &GuardRule,
        tool: &Facts<'_>,
        tools: &[Facts<'_>],
        place: &str,
    ) -> Result<Self, StartError> {
        let wrong = |why: String| StartError(format!("{place}: {why}"));
        let selector = selector(text, place, tools)?;
        let mut found = tools.iter().filter(|tool| tool.fits(&selector));
        let (Some(read), None) = (found.next(), found.next()) else {
            return Err(wrong(format!("`{text}` is about more than one tool")));
        };
        let reading = (read.generated()).filter(|tool| tool.hints.read_only);
        let reading = reading.ok_or_else(|| wrong(format!("`{text}` does not only read")))?;
        let mut arguments = Vec::new();
        for (name, value) in &rule.arguments {
            if !read.has_argument(name) {
                return Err(wrong(format!("`{}` has no argument `{name}`", read.name())));
            }
            let from = match value
                .as_str()
                .and_then(|text| text.strip_prefix("argument:"))
            {
                Some(own) if tool.has_argument(own) => From::Argument(own.to_owned()),
                Some(own) => {
                    return Err(wrong(format!("`{}` has no argument `{own}`", tool.name())));
                }
                None => From::Constant(
                    serde_json::to_value(value).map_err(|error| wrong(error.to_string()))?,
                ),
            };
            arguments.push((name.clone(), from));
        }
        Ok(Self {
            tool: reading,
            arguments,
        })
    }

    /// The arguments of the read for a call with these arguments.
    ///
    /// # Errors
    /// The call lacks this argument, without which the read would be about something else.
    pub(in super::super) fn arguments(
        &self,
        call: &Map<String, Value>,
    ) -> Result<Map<String, Value>, &str> {
        let mut arguments = Map::new();
        for (name, from) in &self.arguments {
            let value = match from {
                From::Argument(own) => {
                    let given = call.get(own).filter(|given| !says_nothing(given));
                    given.ok_or(own.as_str())?
                }
                From::Constant(value) => value,
            };
            arguments.insert(name.clone(), value.clone());
        }
        Ok(arguments)
    }

    /// Whether a read with these arguments, which fit its own schema by now, is about what a call with those is about.
    pub(in super::super) fn is_about(
        &self,
        reading: &Map<String, Value>,
        call: &Map<String, Value>,
    ) -> bool {
        self.arguments.iter().all(|(name, from)| match from {
            From::Argument(own) => match (reading.get(name), call.get(own)) {
                (Some(read), Some(sent)) => says_the_same(read, sent),
                _ => false,
            },
            From::Constant(_) => true,
        })
    }
}
