//! The tables of the configuration file: `[access.NAME]` and `[tools."SELECTOR"]`.
//!
//! Here is their shape and where in the file each stands; what they mean for a tool is `compiled`'s business.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::super::cache::Caching;
use super::super::confirmation::Confirm;
use super::super::settings::{Budget, Rate, Span};

/// The keys of the configuration file that are tables.
pub(in super::super) const NAMES: [&str; 2] = ["access", "tools"];

/// All tables of a configuration file.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Tables {
    /// Who may call what, by role or scope; `anonymous` is who has no identity.
    #[serde(default)]
    pub(super) access: BTreeMap<Spanned<String>, AccessRule>,
    /// Policies by selector.
    #[serde(default)]
    pub(super) tools: BTreeMap<Spanned<String>, ToolRule>,
    /// The path of the file.
    #[serde(skip)]
    pub(in super::super) file: Option<String>,
}

/// `[access.NAME]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct AccessRule {
    /// Selectors of the tools that may be called.
    pub(super) allow: Vec<Spanned<String>>,
    /// Selectors of tools that may not, though `allow` names them.
    #[serde(default)]
    pub(super) deny: Vec<Spanned<String>>,
    /// What must be true of the caller for the table to apply.
    pub(super) when: Option<String>,
}

/// `[tools."SELECTOR"]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ToolRule {
    /// `false` switches the tools off.
    pub(super) enabled: Option<bool>,
    /// How often they may be called by all callers together.
    #[serde(default, deserialize_with = "parsed")]
    pub(super) rate: Option<Rate>,
    /// What all callers together may use up in a day.
    #[serde(default, deserialize_with = "parsed")]
    pub(super) budget: Option<Budget>,
    /// What a call takes of the budgets.
    pub(super) cost: Option<u64>,
    /// The longest time for a whole call.
    #[serde(default, deserialize_with = "parsed")]
    pub(super) timeout: Option<Span>,
    /// What a failure of the API is answered with in addition.
    pub(super) fallback: Option<String>,
    /// For how long their answers are kept.
    #[serde(default, deserialize_with = "parsed")]
    pub(super) cache: Option<Caching>,
    /// Whether all callers get the same answers.
    pub(super) cache_shared: Option<bool>,
    /// For how long after its time an answer stands in for an API that fails.
    #[serde(default, deserialize_with = "parsed")]
    pub(super) stale_if_error: Option<Span>,
    /// What is taken out of their answers: detectors, and JSONPaths.
    #[serde(default, deserialize_with = "one_or_many")]
    pub(super) redact: Option<Vec<String>>,
    /// Roles and scopes that see it all the same.
    pub(super) unredacted_for: Option<Vec<String>>,
    /// Whether the user is asked before a call.
    #[serde(default, deserialize_with = "parsed")]
    pub(super) confirm: Option<Confirm>,
    /// Whether calls may choose parts of the answers.
    pub(super) result_fields: Option<bool>,
    /// Whether calls may give the answers to jq programs.
    pub(super) result_jq: Option<bool>,
    /// Whether what the API says is put between marks.
    pub(super) mark_data: Option<bool>,
    /// How sensitive what they give is.
    pub(super) class: Option<DataClass>,
    /// Arguments that are filled in here and gone from the schema.
    #[serde(default)]
    pub(super) bind: BTreeMap<String, Spanned<toml::Value>>,
    /// What must be true of the caller and the arguments.
    pub(super) require: Option<String>,
    /// What is said where it is not.
    pub(super) require_message: Option<String>,
    /// What must be true of the object that the call is about.
    pub(super) guard: Option<Spanned<GuardRule>>,
}

/// How sensitive the results of a tool are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in super::super) enum DataClass {
    Public,
    #[default]
    Internal,
    Confidential,
    /// Not for models: the tools are switched off.
    Restricted,
}

impl DataClass {
    /// The name in the audit log.
    pub(in super::super) fn label(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Confidential => "confidential",
            Self::Restricted => "restricted",
        }
    }
}

/// A value that has a text form of its own.
fn parsed<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: std::str::FromStr<Err = String>,
{
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(D::Error::custom)
}

/// A list, or the only item of one.
fn one_or_many<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<String>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a text, or a list of texts")]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    Ok(Some(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(one) => vec![one],
        OneOrMany::Many(many) => many,
    }))
}

/// `[tools."SELECTOR".guard]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct GuardRule {
    /// The selector of the operation that reads the object before the call; without it the call's own response is
    /// looked at.
    pub(super) read: Option<String>,
    /// The arguments of that operation: `argument:NAME` of the call, or a constant.
    #[serde(default)]
    pub(super) arguments: BTreeMap<String, toml::Value>,
    /// The JSONPath of what must fit: `$.customer.id`, `$.items[*].owner`.
    pub(super) path: String,
    /// `claim:NAME`: what it must equal.
    pub(super) equals: String,
}

impl Tables {
    /// Reads the tables of a configuration file.
    ///
    /// # Errors
    /// Where in the text something is wrong, and what.
    pub(in super::super) fn parse(text: &str) -> Result<Self, (usize, String)> {
        toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            (start, error.message().replace('\n', ", "))
        })
    }

    /// A key, with the file that it stands in.
    pub(super) fn place(&self, key: &str) -> String {
        match &self.file {
            Some(file) => format!("config file `{file}`: {key}"),
            None => key.to_owned(),
        }
    }
}

/// A key of the tables, for the reference.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Key {
    pub(in super::super) table: &'static str,
    pub(in super::super) name: &'static str,
    pub(in super::super) default: &'static str,
    pub(in super::super) metric: &'static str,
    pub(in super::super) text: &'static str,
}

/// Every key; a test compares them with the types above.
pub(in super::super) const KEYS: &[Key] = &[
    Key {
        table: "[access.NAME]",
        name: "allow",
        default: "",
        metric: "mcp_tool_invocations_total{tool_name=\"unknown\"}",
        text: "selectors of the tools that may be called",
    },
    Key {
        table: "[access.NAME]",
        name: "deny",
        default: "`[]`",
        metric: "mcp_tool_invocations_total{tool_name=\"unknown\"}",
        text: "selectors of tools that may not, though `allow` names them",
    },
    Key {
        table: "[access.NAME]",
        name: "when",
        default: "",
        metric: "mcp_tool_invocations_total{tool_name=\"unknown\"}",
        text: "a condition on `claims` and `identity`: the table applies only to callers of whom it is true; of whom it cannot be decided, it only denies. Needs the feature `cel`",
    },
    Key {
        table: "[tools.…]",
        name: "enabled",
        default: "`true`",
        metric: "mcp_tool_invocations_total{tool_name=\"unknown\"}",
        text: "`false` switches the tools off",
    },
    Key {
        table: "[tools.…]",
        name: "rate",
        default: "`off`",
        metric: "mcp_limited_calls_total{limit=\"rate\"}",
        text: "how often all callers together may call, each tool for itself: `60/m`, `10/s:2`",
    },
    Key {
        table: "[tools.…]",
        name: "budget",
        default: "`off`",
        metric: "mcp_limited_calls_total{limit=\"budget\"}",
        text: "what all callers together may use up in a day of UTC, each tool for itself: `1000 calls`, `500 cost`, or both with a comma between",
    },
    Key {
        table: "[tools.…]",
        name: "cost",
        default: "`1`",
        metric: "",
        text: "what a call takes of budgets of cost, in units of your own",
    },
    Key {
        table: "[tools.…]",
        name: "timeout",
        default: "`timeout`",
        metric: "mcp_tool_errors_total{error_type=\"timeout\"}",
        text: "the longest time for a whole call, with all that is tried again",
    },
    Key {
        table: "[tools.…]",
        name: "fallback",
        default: "",
        metric: "",
        text: "a text that is added to the answer when the API fails",
    },
    Key {
        table: "[tools.…]",
        name: "cache",
        default: "`cache`",
        metric: "mcp_cache_outcomes_total{outcome=\"hit\"}",
        text: "how long the answers of `GET` operations are kept: `off`, `http`, as they say themselves, or a time like `30s`, whatever they say",
    },
    Key {
        table: "[tools.…]",
        name: "cache-shared",
        default: "`false`",
        metric: "",
        text: "`true` where every caller gets the same answers: they are kept for all together, and not for each identity",
    },
    Key {
        table: "[tools.…]",
        name: "stale-if-error",
        default: "as the answer says",
        metric: "mcp_cache_outcomes_total{outcome=\"stale\"}",
        text: "for how long after its time an answer that was kept stands in for an API that fails; the result says so and how old it is",
    },
    Key {
        table: "[tools.…]",
        name: "confirm",
        default: "`confirm`",
        metric: "mcp_confirmations_total",
        text: "whether the user is asked before a call: `never`, `destructive`, if it may delete or overwrite, `writes`, if it changes anything, or `always`",
    },
    Key {
        table: "[tools.…]",
        name: "result-fields",
        default: "`result-fields`",
        metric: "",
        text: "`true` gives the tools an argument `fields` (`result_fields` where the API has one of that name) by which a call chooses the parts of a JSON answer that it wants to see",
    },
    Key {
        table: "[tools.…]",
        name: "result-jq",
        default: "`result-jq`",
        metric: "",
        text: "`true` gives the tools an argument `jq` (`result_jq` where the API has one of that name): a jq program that a JSON answer is given to, in a process of its own with 2 s and no access to anything else",
    },
    Key {
        table: "[tools.…]",
        name: "mark-data",
        default: "`mark-data`",
        metric: "",
        text: "`true` puts what the API says in the text of a result between marks that it cannot forge, `<api-data id=…>` and `</api-data id=…>`",
    },
    Key {
        table: "[tools.…]",
        name: "class",
        default: "`internal`",
        metric: "",
        text: "how sensitive the results are: `public`, nothing is taken out of them; `internal`; `confidential`, all detectors look at them, they are not kept and the audit log has no fingerprint of the arguments, unless another key says so; tools that are `restricted` are switched off. It stands in the audit log",
    },
    Key {
        table: "[tools.…]",
        name: "redact",
        default: "`redact`",
        metric: "",
        text: "what is taken out of the answers before anything else sees them: detectors, and the JSONPaths of values (`[\"email\", \"$.customer.phone\"]`). Paths of all tables about a tool add up; detectors are those of the closest table that names any, else those of `class` or of everywhere; `[]` takes everything away",
    },
    Key {
        table: "[tools.…]",
        name: "unredacted-for",
        default: "`[]`",
        metric: "",
        text: "roles and scopes whose callers see it all the same",
    },
    Key {
        table: "[tools.…]",
        name: "bind",
        default: "`{}`",
        metric: "",
        text: "arguments that are filled in here and gone from the schema: `claim:NAME` of the identity, `header:NAME` of the client's request, which must be there once, `value:TEXT`, or any other constant. Without an identity, tools with a claim do not exist",
    },
    Key {
        table: "[tools.…]",
        name: "require",
        default: "",
        metric: "mcp_tool_errors_total{error_type=\"forbidden\"}",
        text: "a condition on `args`, `claims` and `identity` that calls must meet. The conditions of all tables about a tool must hold, whichever looks the closest. Needs the feature `cel`",
    },
    Key {
        table: "[tools.…]",
        name: "require-message",
        default: "",
        metric: "",
        text: "what a caller is told whose call does not meet it",
    },
    Key {
        table: "[tools.…]",
        name: "guard",
        default: "",
        metric: "mcp_tool_errors_total{error_type=\"forbidden\"}",
        text: "what must be true of the object that a call is about. Without an identity, guarded tools do not exist",
    },
    Key {
        table: "[tools.….guard]",
        name: "read",
        default: "",
        metric: "",
        text: "the selector of the operation that reads the object before the call; without it the response of the call itself is looked at, which tools that change something may not",
    },
    Key {
        table: "[tools.….guard]",
        name: "arguments",
        default: "`{}`",
        metric: "",
        text: "its arguments: `argument:NAME` of the call, or a constant",
    },
    Key {
        table: "[tools.….guard]",
        name: "path",
        default: "",
        metric: "",
        text: "the JSONPath of what must fit: `$.customer.id`, `$.items[*].owner`",
    },
    Key {
        table: "[tools.….guard]",
        name: "equals",
        default: "",
        metric: "",
        text: "`claim:NAME`: what it must equal",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_has_every_key_of_every_table() {
        for (table, text) in [
            ("[access.NAME]", "[access.a]\nnone = 1\n"),
            ("[tools.…]", "[tools.\"op:a\"]\nnone = 1\n"),
            ("[tools.….guard]", "[tools.\"op:a\".guard]\nnone = 1\n"),
        ] {
            let (_, told) = Tables::parse(text).expect_err(text);
            let keys = KEYS.iter().filter(|key| key.table == table);
            let names: Vec<String> = keys.map(|key| format!("`{}`", key.name)).collect();
            let mut expected: Vec<&str> = told.split('`').skip(3).step_by(2).collect();
            let mut listed: Vec<&str> = names.iter().map(|name| name.trim_matches('`')).collect();
            expected.sort_unstable();
            listed.sort_unstable();
            assert_eq!(listed, expected, "{told}");
        }
    }
}
