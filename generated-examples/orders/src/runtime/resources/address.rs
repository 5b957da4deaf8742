//! URIs of operations: how a GET operation is called as a resource (RFC 6570), and which call a URI is.
//!
//! A value comes out of a URI as text and goes on as an argument, to be checked as any other.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::super::completion::variants;
use super::super::policy::View;
use super::super::tool::{Location, ToolDef};

/// Before the name of a tool.
pub(super) const SCHEME: &str = "api://";

/// Whether a tool can be read: a GET operation that changes nothing and takes no body.
pub(super) fn is_readable(tool: &ToolDef) -> bool {
    tool.method == "GET" && tool.body.is_none() && tool.hints.read_only
}

/// How a tool is read.
pub(super) struct Address {
    /// Before the query: literal segments, and `{NAME}`.
    path: String,
    /// The other arguments.
    query: Vec<&'static str>,
}

impl Address {
    /// The address of a tool that is readable, without the arguments that are filled in for its callers.
    pub(super) fn of(tool: &'static ToolDef, position: usize, view: &View) -> Self {
        let bindings = &view.policy(position).bindings;
        let arguments = || {
            let all = tool.parameters.iter();
            all.filter(|parameter| !bindings.binds(parameter.argument))
        };
        let asks_for = |name: &str| arguments().any(|parameter| parameter.argument == name);
        let own = tool.resource;
        let path = if own.is_empty() || !variables(own).all(asks_for) {
            let mut path = format!("{SCHEME}{}", tool.name);
            for parameter in arguments().filter(|it| it.location == Location::Path) {
                path.push_str(&format!("/{{{}}}", parameter.argument));
            }
            path
        } else {
            own.to_owned()
        };
        let rest = arguments().map(|parameter| parameter.argument);
        let query = rest.filter(|name| !variables(&path).any(|known| known == *name));
        Self {
            query: query.collect(),
            path,
        }
    }

    /// The URI of a tool that needs no arguments.
    pub(super) fn plain(&self) -> &str {
        &self.path
    }

    /// Whether this can be filled in.
    pub(super) fn has(&self, argument: &str) -> bool {
        self.query.contains(&argument) || variables(&self.path).any(|name| name == argument)
    }

    /// The whole template; `None` where there is nothing to fill in. `is_list` says which values are lists.
    pub(super) fn template(&self, is_list: impl Fn(&str) -> bool) -> Option<String> {
        if self.query.is_empty() {
            return variables(&self.path).next().map(|_| self.path.clone());
        }
        let names = self.query.iter().map(|name| {
            let star = if is_list(name) { "*" } else { "" };
            format!("{name}{star}")
        });
        Some(format!(
            "{}{{?{}}}",
            self.path,
            names.collect::<Vec<_>>().join(",")
        ))
    }

    /// The arguments of a URI; `None` when it is another's.
    pub(super) fn arguments(
        &self,
        uri: &str,
        is_list: impl Fn(&str) -> bool,
    ) -> Option<Map<String, Value>> {
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        if uri.contains('#') {
            return None;
        }
        let mut arguments = Map::new();
        let (mut wanted, mut given) = (self.path.split('/'), path.split('/'));
        loop {
            match (wanted.next(), given.next()) {
                (None, None) => break,
                (Some(wanted), Some(given)) => match variable(wanted) {
                    Some(name) if !given.is_empty() => {
                        arguments.insert(name.to_owned(), decoded(given)?.into());
                    }
                    // RFC 6570 §3.1: what is no part of a URI is encoded in it.
                    None if wanted == given || decoded(wanted)? == decoded(given)? => {}
                    _ => return None,
                },
                _ => return None,
            }
        }
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            add(&mut arguments, decoded(name)?, decoded(value)?, &is_list)?;
        }
        Some(arguments)
    }
}

/// Adds a value of the query. A list has one pair for each of its values (RFC 6570 §3.2.8), or is one JSON text.
fn add(
    arguments: &mut Map<String, Value>,
    name: String,
    value: String,
    is_list: &impl Fn(&str) -> bool,
) -> Option<()> {
    let is_json = value.starts_with('[');
    let is_list = is_list(&name);
    match arguments.get_mut(&name) {
        Some(Value::Array(values)) if is_list => values.push(value.into()),
        // Which of two is meant?
        Some(_) => return None,
        None if is_list && !is_json => {
            arguments.insert(name, Value::Array(vec![value.into()]));
        }
        None => {
            arguments.insert(name, value.into());
        }
    }
    Some(())
}

/// Whether the values of an argument are lists and nothing else.
pub(super) fn is_list(schema: &Value, argument: &str) -> bool {
    let definition = |name: &str| schema["$defs"].get(name);
    let variants = variants(schema, argument, &definition);
    let has = |wanted: &str| {
        variants.iter().any(|variant| match variant.get("type") {
            Some(Value::String(name)) => name == wanted,
            Some(Value::Array(names)) => names.iter().any(|name| name == wanted),
            _ => false,
        })
    };
    has("array") && !has("string")
}

/// The names in braces of a template's path.
pub(super) fn variables(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(variable)
}

fn variable(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

fn decoded(text: &str) -> Option<String> {
    let text = percent_decode_str(text).decode_utf8().ok()?;
    Some(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn address(path: &str, query: &[&'static str]) -> Address {
        Address {
            path: path.to_owned(),
            query: query.to_vec(),
        }
    }

    #[test]
    fn a_value_is_a_whole_segment_and_stays_what_it_is() {
        let pet = address("api://get_pet/{id}", &["tags", "q"]);
        let of = |uri| pet.arguments(uri, |name| name == "tags").map(Value::from);
        assert_eq!(of("api://get_pet/7"), Some(json!({"id": "7"})));
        let odd = of("api://get_pet/..%2F%2e%2e%3Fx?q=%20a+b%26c");
        assert_eq!(odd, Some(json!({"id": "../..?x", "q": " a+b&c"})));
        let lists = of("api://get_pet/7?tags=a&tags=b&q=x");
        assert_eq!(
            lists,
            Some(json!({"id": "7", "tags": ["a", "b"], "q": "x"}))
        );
        assert_eq!(
            of("api://get_pet/7?tags=a"),
            Some(json!({"id": "7", "tags": ["a"]}))
        );
        let json_text = of("api://get_pet/7?tags=%5B1%5D");
        assert_eq!(json_text, Some(json!({"id": "7", "tags": "[1]"})));
        for other in [
            "api://get_pet",
            "api://get_pet/",
            "api://get_pet/7/8",
            "api://get_pet/7#x",
            "api://get_pets/7",
            "api://get_pet/%ff",
            "api://get_pet/7?q=1&q=2",
            "api://get_pet/7?id=8",
            "API://get_pet/7",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn a_template_names_what_can_be_filled_in() {
        let template =
            |path, query: &[&'static str]| address(path, query).template(|name| name == "tags");
        assert_eq!(template("api://ping", &[]), None);
        assert_eq!(
            template("api://get_pet/{id}", &[]).as_deref(),
            Some("api://get_pet/{id}")
        );
        assert_eq!(
            template("api://list", &["q", "tags"]).as_deref(),
            Some("api://list{?q,tags*}")
        );
    }
}
