//! Which operations a rule is about: `tag:NAME`, `op:GLOB`, `method:GET`, `GET /path/**`, `deprecated`.
//!
//! One small language for every place where operations are picked: `--include`, `--exclude` and the tables of
//! mcpgen.toml. It knows an operation only by the facts in [`Subject`].

use std::fmt;

use globset::{Glob, GlobBuilder, GlobMatcher};

use crate::diagnostic::Place;

/// A parsed selector. It prints as it was written.
#[derive(Debug, Clone)]
pub struct Selector {
    text: String,
    rule: Rule,
    place: Option<Place>,
}

/// What a selector looks at.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// `operationId`, where there is one.
    pub operation_id: Option<&'a str>,
    /// The method in upper case.
    pub method: &'a str,
    /// The path template.
    pub path: &'a str,
    /// All tags.
    pub tags: &'a [String],
    /// Whether the operation is deprecated.
    pub deprecated: bool,
}

#[derive(Debug, Clone)]
enum Rule {
    Tag(String),
    OperationId(GlobMatcher),
    Method(String),
    Request(Option<String>, PathGlob),
    Deprecated,
}

/// `/a/**` also matches `/a`: a rule about everything below a path that forgets the path itself surprises.
#[derive(Debug, Clone)]
struct PathGlob {
    glob: GlobMatcher,
    stem: Option<GlobMatcher>,
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
            place: None,
        })
    }

    /// Notes where the selector was written.
    #[must_use]
    pub fn in_place(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// Where the selector was written, if not on the command line.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    /// Whether the selector is about this operation.
    #[must_use]
    pub fn matches(&self, subject: &Subject<'_>) -> bool {
        match &self.rule {
            Rule::Tag(tag) => subject.tags.iter().any(|other| other == tag),
            Rule::OperationId(glob) => subject.operation_id.is_some_and(|id| glob.is_match(id)),
            Rule::Method(method) => subject.method == method,
            Rule::Request(method, path) => {
                method
                    .as_ref()
                    .is_none_or(|method| subject.method == method)
                    && path.matches(subject.path)
            }
            Rule::Deprecated => subject.deprecated,
        }
    }

    /// How closely the selector looks: where several are about one operation, the greatest decides. One operation by
    /// its id or its request comes before a glob, the longer before the shorter, then a tag, a method, `deprecated`.
    #[must_use]
    pub fn specificity(&self) -> (u8, usize) {
        let is_glob = self.text.contains(['*', '?', '['])
            || self.text.starts_with("op:") && self.text.contains('{');
        let rank = match &self.rule {
            Rule::OperationId(_) | Rule::Request(Some(_), _) if !is_glob => 4,
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

impl PathGlob {
    fn parse(pattern: &str) -> Result<Self, String> {
        let stem = pattern
            .strip_suffix("/**")
            .filter(|stem| !stem.is_empty())
            .map(path_glob)
            .transpose()?;
        Ok(Self {
            glob: path_glob(pattern)?,
            stem,
        })
    }

    fn matches(&self, path: &str) -> bool {
        self.glob.is_match(path) || self.stem.as_ref().is_some_and(|stem| stem.is_match(path))
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
            "op" => Ok(Rule::OperationId(
                Glob::new(value)
                    .map_err(|error| format!("`{value}` is not a glob: {}", error.kind()))?
                    .compile_matcher(),
            )),
            _ => method(value).map(Rule::Method),
        };
    }
    if let Some((verb, path)) = text.split_once(char::is_whitespace) {
        let path = path.trim();
        if !path.starts_with(['/', '*']) {
            return Err(format!("the path `{path}` does not start with `/`"));
        }
        let verb = (verb != "*").then(|| method(verb)).transpose()?;
        return Ok(Rule::Request(verb, PathGlob::parse(path)?));
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

fn path_glob(pattern: &str) -> Result<GlobMatcher, String> {
    // Braces are text here: `/orders/{id}` is how a path template is written.
    let escaped = pattern.replace('{', "[{]").replace('}', "[}]");
    GlobBuilder::new(&escaped)
        .literal_separator(true)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|error| format!("`{pattern}` is not a glob: {}", error.kind()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(selector: &str, method: &str, path: &str) -> bool {
        let tags = ["orders".to_owned(), "admin area".to_owned()];
        Selector::parse(selector)
            .expect("a selector")
            .matches(&Subject {
                operation_id: Some("orders/list"),
                method,
                path,
                tags: &tags,
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
            tags: &[],
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
            "op:listOrders",
            "GET /orders/{id}",
        ];
        let selectors = from_far_to_near.map(|text| Selector::parse(text).expect("a selector"));
        let looks = selectors.map(|selector| selector.specificity());
        assert!(looks.is_sorted(), "{looks:?}");
    }
}
