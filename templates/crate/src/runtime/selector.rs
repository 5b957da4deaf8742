//! Which operations a rule is about: `tag:NAME`, `op:GLOB`, `method:GET`, `GET /path/**`, `deprecated`.
//!
//! One small language for every place where operations are picked: the command line and `mcpgen.toml` of the
//! generator, and the policies of a server. It knows an operation only by the facts in [`Subject`].

use std::fmt;

use regex::Regex;

/// A parsed selector. It prints as it was written.
#[derive(Debug, Clone)]
pub struct Selector {
    text: String,
    rule: Rule,
}

/// What a selector looks at.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// `operationId`, where there is one.
    pub operation_id: Option<&'a str>,
    /// The method in upper case.
    pub method: &'a str,
    /// The path template.
    pub path: &'a str,
    /// Whether the operation has a tag.
    pub has_tag: &'a dyn Fn(&str) -> bool,
    /// Whether the operation is deprecated.
    pub deprecated: bool,
}

#[derive(Debug, Clone)]
enum Rule {
    Tag(String),
    OperationId(Regex),
    Method(String),
    Request(Option<String>, Regex),
    Deprecated,
}

impl Selector {
    /// Reads a selector.
    ///
    /// - `tag:NAME`: operations with this tag, exactly.
    /// - `op:GLOB`: operations whose operationId matches; `*` matches any characters, `{a,b}` either.
    /// - `method:GET`: operations of this method.
    /// - `GET /path/**`, `* /path/*`: method (or `*` for all) and path; `*` stays inside a segment, `**` does not,
    ///   and `{id}` is the text of the path template.
    /// - `deprecated`: deprecated operations.
    ///
    /// # Errors
    /// One sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        Ok(Self {
            text: text.to_owned(),
            rule: rule(text)?,
        })
    }

    /// Whether the selector is about this operation.
    #[must_use]
    pub fn matches(&self, subject: &Subject<'_>) -> bool {
        match &self.rule {
            Rule::Tag(tag) => (subject.has_tag)(tag),
            Rule::OperationId(glob) => subject.operation_id.is_some_and(|id| glob.is_match(id)),
            Rule::Method(method) => subject.method == method,
            Rule::Request(method, path) => {
                method
                    .as_ref()
                    .is_none_or(|method| subject.method == method)
                    && path.is_match(subject.path)
            }
            Rule::Deprecated => subject.deprecated,
        }
    }

    /// How closely the selector looks: where several are about one operation, the greatest decides. One operation by
    /// its id or its request comes before a glob, the longer before the shorter, then a tag, a method, `deprecated`.
    #[must_use]
    pub fn specificity(&self) -> (u8, usize) {
        let name = match &self.rule {
            Rule::Request(..) => self
                .text
                .split_once(char::is_whitespace)
                .map_or("", |(_, path)| path),
            _ => &self.text,
        };
        let is_glob = name.contains(['*', '?', '['])
            || self.text.starts_with("op:") && self.text.contains('{');
        let rank = match &self.rule {
            Rule::OperationId(_) | Rule::Request(Some(_), _) if !is_glob => 5,
            Rule::Request(None, _) if !is_glob => 4,
            Rule::OperationId(_) | Rule::Request(..) => 3,
            Rule::Tag(_) => 2,
            Rule::Method(_) => 1,
            Rule::Deprecated => 0,
        };
        (rank, self.text.len())
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn rule(text: &str) -> Result<Rule, String> {
    if text == "deprecated" {
        return Ok(Rule::Deprecated);
    }
    if let Some((kind, value)) = text.split_once(':')
        && matches!(kind, "tag" | "op" | "method")
    {
        let value = value.trim();
        if value.is_empty() {
            return Err(format!("`{text}` names nothing after the colon"));
        }
        return match kind {
            "tag" => Ok(Rule::Tag(value.to_owned())),
            "op" => glob(value, Kind::Name).map(Rule::OperationId),
            _ => method(value).map(Rule::Method),
        };
    }
    if let Some((verb, path)) = text.split_once(char::is_whitespace) {
        let path = path.trim();
        if !path.starts_with(['/', '*']) {
            return Err(format!("the path `{path}` does not start with `/`"));
        }
        let verb = (verb != "*").then(|| method(verb)).transpose()?;
        return Ok(Rule::Request(verb, glob(path, Kind::Path)?));
    }
    Err(format!(
        "`{text}` is none of `tag:NAME`, `op:GLOB`, `method:GET`, `GET /path/**` and `deprecated`"
    ))
}

fn method(text: &str) -> Result<String, String> {
    if text.chars().all(|c| c.is_ascii_alphabetic()) {
        Ok(text.to_ascii_uppercase())
    } else {
        Err(format!("`{text}` is not an HTTP method"))
    }
}

/// What a glob is matched with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A name: `*` crosses slashes, `{a,b}` is a choice.
    Name,
    /// A path template: `*` stays inside a segment, and braces are text, since `/orders/{id}` is how one is written.
    Path,
}

/// A glob as a regular expression for whole texts.
fn glob(pattern: &str, kind: Kind) -> Result<Regex, String> {
    let wrong = || format!("`{pattern}` is not a glob");
    // `/a/**` also matches `/a`: a rule about everything below a path that forgets the path itself surprises.
    let stem = pattern.strip_suffix("/**").filter(|_| kind == Kind::Path);
    let body = match stem {
        Some("") => "/.*".to_owned(),
        Some(stem) => format!("{}(?:/.*)?", translated(stem, kind).ok_or_else(wrong)?),
        None => translated(pattern, kind).ok_or_else(wrong)?,
    };
    Regex::new(&format!("(?s)^(?:{body})$")).map_err(|_| wrong())
}

fn translated(pattern: &str, kind: Kind) -> Option<String> {
    let one = if kind == Kind::Path { "[^/]" } else { "." };
    let mut out = String::new();
    let mut depth = 0;
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '*' => {
                let mut crosses = kind == Kind::Name;
                while rest.next_if_eq(&'*').is_some() {
                    crosses = true;
                }
                out.push_str(if crosses { "." } else { one });
                out.push('*');
            }
            '?' => out.push_str(one),
            '[' => out.push_str(&class(&mut rest)?),
            '{' if kind == Kind::Name => {
                depth += 1;
                out.push_str("(?:");
            }
            '}' if depth > 0 => {
                depth -= 1;
                out.push(')');
            }
            ',' if depth > 0 => out.push('|'),
            c => out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    (depth == 0).then_some(out)
}

/// `[a-z]` or `[!a-z]`.
fn class(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<String> {
    let mut out = String::from("[");
    if rest.next_if(|c| matches!(c, '!' | '^')).is_some() {
        out.push('^');
    }
    let mut first = true;
    loop {
        match rest.next()? {
            ']' if !first => break,
            '-' => out.push('-'),
            c => out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
        first = false;
    }
    out.push(']');
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(selector: &str, method: &str, path: &str) -> bool {
        let has_tag = |tag: &str| ["orders", "admin area"].contains(&tag);
        Selector::parse(selector)
            .expect("a selector")
            .matches(&Subject {
                operation_id: Some("orders/list"),
                method,
                path,
                has_tag: &has_tag,
                deprecated: false,
            })
    }

    #[test]
    fn a_tag_is_compared_exactly() {
        assert!(matches("tag:admin area", "GET", "/"));
        assert!(!matches("tag:admin", "GET", "/"));
        assert!(!matches("tag:ord*", "GET", "/"));
    }

    #[test]
    fn an_operation_id_is_a_glob_that_crosses_slashes() {
        assert!(matches("op:orders/list", "GET", "/"));
        assert!(matches("op:*list", "GET", "/"));
        assert!(matches("op:orders/{list,get}", "GET", "/"));
        assert!(!matches("op:list", "GET", "/"));
    }

    #[test]
    fn a_method_is_read_in_any_case() {
        assert!(matches("method:delete", "DELETE", "/"));
        assert!(!matches("method:GET", "DELETE", "/"));
    }

    #[test]
    fn one_star_stays_in_a_segment_and_two_cross_it() {
        assert!(matches("GET /a/*", "GET", "/a/b"));
        assert!(!matches("GET /a/*", "GET", "/a/b/c"));
        assert!(matches("GET /a/**", "GET", "/a/b/c"));
        assert!(matches("* /a/**", "PUT", "/a"));
        assert!(!matches("GET /a/**", "PUT", "/a/b"));
        assert!(!matches("GET /a/**", "GET", "/ab"));
    }

    #[test]
    fn braces_in_a_path_are_text() {
        assert!(matches(
            "GET /orders/{id}/items",
            "GET",
            "/orders/{id}/items"
        ));
        assert!(!matches("GET /orders/{id}", "GET", "/orders/id"));
    }

    #[test]
    fn deprecated_selects_by_the_flag() {
        let selector = Selector::parse("deprecated").expect("a selector");
        let mut subject = Subject {
            operation_id: None,
            method: "GET",
            path: "/",
            has_tag: &|_| false,
            deprecated: true,
        };
        assert!(selector.matches(&subject));
        subject.deprecated = false;
        assert!(!selector.matches(&subject));
    }

    #[test]
    fn a_bad_selector_says_what_is_wrong() {
        for (text, says) in [
            ("orders", "none of"),
            ("tag:", "nothing after the colon"),
            ("G3T /a", "not an HTTP method"),
            ("GET a", "does not start with"),
            ("op:[", "not a glob"),
            ("", "none of"),
        ] {
            let message = Selector::parse(text).expect_err(text);
            assert!(message.contains(says), "{text}: {message}");
        }
    }

    #[test]
    fn a_selector_prints_as_it_was_written() {
        let selector = Selector::parse("get /a/**").expect("a selector");
        assert_eq!(selector.to_string(), "get /a/**");
    }

    #[test]
    fn the_closer_look_decides() {
        let from_far_to_near = [
            "deprecated",
            "method:GET",
            "tag:an_entire_group",
            "* /**",
            "GET /orders/**",
            "op:list*Orders",
            "* /orders",
            "op:listOrders",
            "GET /orders/{id}",
        ];
        let selectors = from_far_to_near.map(|text| Selector::parse(text).expect("a selector"));
        let looks = selectors.map(|selector| selector.specificity());
        assert!(looks.is_sorted(), "{looks:?}");
    }
}
