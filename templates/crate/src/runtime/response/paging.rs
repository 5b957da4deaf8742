//! Where the next page is, in the words of this tool: APIs say it in many ways, a model asks in one.
//!
//! A `Link` header (RFC 8288), a URL in the body (JSON:API, OData, HAL and others), a cursor or a token, a page number, an
//! offset, or the id of the last item (Stripe) are brought to the arguments of the tool that was called.

use http::HeaderMap;
use http::header::LINK;
use serde_json::{Map, Value};

use super::super::tool::{Location, Parameter, Style, ToolDef, chooses_page, plain};
use super::mark::is_word;

/// How deep a member that names the next page may lie: `meta.pagination.next_cursor`.
const DEEPEST: usize = 3;

/// How to ask for the next page, as pairs of argument and value.
#[derive(Debug, PartialEq)]
pub(super) struct NextPage(Vec<(&'static str, Value)>);

impl NextPage {
    /// Whether its values are single words.
    pub(super) fn has_words_only(&self) -> bool {
        let mut values = self.0.iter().map(|(_, value)| value.to_string());
        values.all(|value| is_word(&value) && !value.contains('\\'))
    }

    /// A sentence for the model.
    pub(super) fn sentence(&self, tool: &str) -> String {
        let arguments: Vec<String> = (self.0.iter())
            .map(|(name, value)| format!("`{name}`: {value}"))
            .collect();
        format!(
            "There is more: for the next page call `{tool}` again with {}, and the other arguments as they were.",
            arguments.join(", ")
        )
    }
}

/// Whether a tool has an argument that could choose a page; most have none.
pub(super) fn may_page(tool: &ToolDef) -> bool {
    tool.parameters.iter().any(is_paging) || tool.body.is_some_and(|body| !body.pages.is_empty())
}

fn is_paging(parameter: &Parameter) -> bool {
    parameter.location == Location::Query && chooses_page(parameter.name)
}

/// The next page, if the answer names one and the tool can ask for it.
pub(super) fn next_page(
    tool: &ToolDef,
    arguments: &Map<String, Value>,
    headers: &HeaderMap,
    body: Option<&Value>,
) -> Option<NextPage> {
    let search = Search { tool, arguments };
    let by_header = linked(headers).and_then(|url| search.by_url(&url));
    by_header.or_else(|| search.by_body(body?))
}

/// The target of `rel="next"` (RFC 8288 §3).
fn linked(headers: &HeaderMap) -> Option<String> {
    let values = headers.get_all(LINK).iter();
    let links =
        (values.filter_map(|value| value.to_str().ok())).flat_map(|value| split(value, ','));
    let mut targets = links.filter_map(|link| {
        let mut parts = split(link, ';').into_iter();
        let target = parts.next()?.trim().strip_prefix('<')?.strip_suffix('>')?;
        let is_next = parts.any(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or_default();
            let mut relations = value.trim().trim_matches('"').split_ascii_whitespace();
            name.trim().eq_ignore_ascii_case("rel")
                && relations.any(|relation| relation.eq_ignore_ascii_case("next"))
        });
        is_next.then(|| target.to_owned())
    });
    targets.next()
}

/// The parts of a header between separators, which mean nothing in a target and in a quoted string.
fn split(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut is_target, mut is_quoted, mut is_escaped) = (0, false, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if std::mem::take(&mut is_escaped) => {}
            '\\' if is_quoted => is_escaped = true,
            '"' if !is_target => is_quoted = !is_quoted,
            '<' | '>' if !is_quoted => is_target = c == '<',
            c if c == separator && !is_target && !is_quoted => {
                parts.push(&text[start..at]);
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Whether a URL without its query may be that of a path template, as far as their last segments tell: what stands
/// before them is the server's business.
fn is_at(url: &str, template: &str) -> bool {
    let path = url.split_once("://").map_or(url, |(_, rest)| {
        rest.split_once('/').map_or("", |(_, path)| path)
    });
    let last_first = |path: &str| -> Vec<String> {
        let segments = path
            .trim_matches('/')
            .rsplit('/')
            .filter(|it| !it.is_empty());
        let decoded =
            segments.map(|it| percent_encoding::percent_decode_str(it).decode_utf8_lossy());
        decoded.map(std::borrow::Cow::into_owned).collect()
    };
    (last_first(path).iter().zip(last_first(template)))
        .all(|(segment, named)| named.contains('{') || *segment == named)
}

struct Search<'a> {
    tool: &'a ToolDef,
    arguments: &'a Map<String, Value>,
}

impl Search<'_> {
    /// The arguments that a URL has otherwise than this call, if they tell the page.
    fn by_url(&self, url: &str) -> Option<NextPage> {
        let (place, query) = url.split('#').next()?.split_once('?')?;
        if !is_at(place, self.tool.path) {
            return None;
        }
        let mut pairs: Vec<(&'static str, Value)> = Vec::new();
        let mut tells = false;
        for (name, text) in url::form_urlencoded::parse(query.as_bytes()) {
            let Some((parameter, steps)) = self.parameter(&name) else {
                continue;
            };
            let argument = parameter.argument;
            let before = self.arguments.get(argument);
            if before.is_some_and(Value::is_array) {
                continue;
            }
            let own =
                before.and_then(|before| (steps.iter()).try_fold(before, |it, step| it.get(step)));
            let value = value_of(parameter, &text, own);
            match pairs.iter_mut().find(|(known, _)| *known == argument) {
                Some((_, object)) if !steps.is_empty() => put(object, &steps, value),
                Some((_, Value::Array(items))) => items.push(value),
                Some((_, known)) => *known = Value::Array(vec![known.take(), value]),
                None if !steps.is_empty() => {
                    let mut object = before.cloned().unwrap_or_default();
                    put(&mut object, &steps, value);
                    pairs.push((argument, object));
                }
                None => pairs.push((argument, value)),
            }
            tells |= is_paging(parameter)
                && pairs
                    .iter()
                    .any(|(known, value)| *known == argument && before != Some(value));
        }
        pairs.retain(|(argument, value)| self.arguments.get(*argument) != Some(value));
        tells.then_some(NextPage(pairs))
    }

    /// The parameter of this name in a URL, and the fields of it that a `deepObject` names: `page[offset]`.
    fn parameter<'n>(&self, name: &'n str) -> Option<(&'static Parameter, Vec<&'n str>)> {
        let find = |name: &str, is_deep: bool| {
            self.tool.parameters.iter().find(|parameter| {
                parameter.location == Location::Query
                    && parameter.name == name
                    && (!is_deep || parameter.style == Style::DeepObject)
            })
        };
        if let Some(parameter) = find(name, false) {
            return Some((parameter, Vec::new()));
        }
        let (base, fields) = name.strip_suffix(']')?.split_once('[')?;
        Some((find(base, true)?, fields.split("][").collect()))
    }

    fn by_body(&self, body: &Value) -> Option<NextPage> {
        let fields = body.as_object()?;
        self.named(fields, 0)
            .or_else(|| self.by_last_item(fields))
            .or_else(|| self.by_number(fields))
    }

    /// A URL or a cursor under a name that says so.
    fn named(&self, fields: &Map<String, Value>, depth: usize) -> Option<NextPage> {
        // GraphQL's connections say beside the cursor whether it leads anywhere.
        let has_more = [
            "has_more",
            "hasMore",
            "hasNextPage",
            "has_next_page",
            "has_next",
        ];
        if has_more
            .iter()
            .any(|name| fields.get(*name) == Some(&Value::Bool(false)))
        {
            return None;
        }
        for (name, value) in fields {
            let found = match (plain(name).as_str(), value) {
                (
                    "next" | "nextlink" | "odatanextlink" | "nexturl" | "nextpageurl" | "nexthref"
                    | "nextpage" | "nextcursor" | "nextpagetoken" | "nexttoken" | "nextpagecursor"
                    | "continuationtoken" | "nextmarker" | "cursornext" | "endcursor"
                    | "nextoffset" | "nextstart",
                    value,
                ) => self.by_member(name, value),
                (_, Value::Object(inner)) if depth < DEEPEST && is_about_pages(name) => {
                    self.named(inner, depth + 1)
                }
                _ => None,
            };
            if found.is_some() {
                return found;
            }
        }
        None
    }

    fn by_member(&self, name: &str, value: &Value) -> Option<NextPage> {
        let says_cursor = ["cursor", "token", "marker"]
            .iter()
            .any(|word| plain(name).contains(word));
        match value {
            Value::String(text) if text.is_empty() => None,
            // Such a text may hold anything.
            Value::String(_) if says_cursor => self.cursor(name, value),
            Value::String(text) if text.contains('?') => self.by_url(text),
            Value::String(text) if !text.contains("://") && !text.starts_with('/') => {
                self.cursor(name, value)
            }
            Value::Number(_) => self.cursor(name, value),
            // HAL and JSON:API: `{"href": …}`; or what the arguments are then: `{"page": 2, "starting_after": "x"}`.
            Value::Object(link) => match link.get("href") {
                Some(url) => self.by_member(name, url),
                None => self.by_arguments(link),
            },
            _ => None,
        }
    }

    /// The argument that takes a cursor: the one that is called like the member, or the only one there is.
    fn cursor(&self, name: &str, value: &Value) -> Option<NextPage> {
        let bare = plain(name).replace("next", "");
        let alike = self.argument(|argument| {
            argument == plain(name) || (!bare.is_empty() && argument.replace("next", "") == bare)
        });
        let is_number = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
        let counts = value.as_str().is_none_or(is_number);
        let argument = alike.or_else(|| {
            const CURSORS: &[&str] = &[
                "cursor",
                "startcursor",
                "pagetoken",
                "token",
                "after",
                "pageafter",
                "startingafter",
                "marker",
                "continuation",
            ];
            // These take numbers.
            const COUNTERS: &[&str] = &["page", "start"];
            (CURSORS.iter().chain(COUNTERS.iter().filter(|_| counts)))
                .find_map(|cursor| self.argument(|argument| argument == *cursor))
        })?;
        (self.given(argument) != Some(value)).then(|| NextPage(vec![(argument, value.clone())]))
    }

    /// Intercom and HubSpot: `{"next": {"after": "x"}}`.
    fn by_arguments(&self, next: &Map<String, Value>) -> Option<NextPage> {
        let pairs: Vec<(&'static str, Value)> = (next.iter())
            .filter(|(name, _)| chooses_page(name))
            .filter(|(_, value)| value.is_string() || value.is_number())
            .filter_map(|(name, value)| {
                let argument = self.argument(|argument| argument == plain(name))?;
                Some((argument, value.clone()))
            })
            .collect();
        let tells = pairs
            .iter()
            .any(|(argument, value)| self.given(argument) != Some(value));
        tells.then_some(NextPage(pairs))
    }

    /// Stripe: `has_more` with the id of the last item.
    fn by_last_item(&self, fields: &Map<String, Value>) -> Option<NextPage> {
        if fields.get("has_more") != Some(&Value::Bool(true)) {
            return None;
        }
        let argument = self.argument(|argument| argument == "startingafter")?;
        let last = fields.get("data")?.as_array()?.last()?.get("id")?;
        // What was taken out of the answer is no id.
        let is_id = last.is_string() || last.is_number();
        is_id.then(|| NextPage(vec![(argument, last.clone())]))
    }

    /// `{"page": 2, "total_pages": 5}`, and the same one level down.
    fn by_number(&self, fields: &Map<String, Value>) -> Option<NextPage> {
        // What was written has numbers of pages too, and is not to be written again.
        if self.tool.method != "GET" && !fields.values().any(Value::is_array) {
            return None;
        }
        // Spring counts from 0.
        if fields.get("last") == Some(&Value::Bool(true)) {
            return None;
        }
        let inner = (fields.iter())
            .filter(|(name, _)| is_about_pages(name))
            .filter_map(|(_, value)| value.as_object());
        std::iter::once(fields).chain(inner).find_map(|fields| {
            let number = |names: &[&str]| {
                let found = fields
                    .iter()
                    .find(|(name, _)| names.contains(&plain(name).as_str()));
                found.and_then(|(_, value)| value.as_u64())
            };
            let page = number(&["page", "currentpage", "pagenumber", "number"])?;
            let last = number(&[
                "totalpages",
                "pages",
                "lastpage",
                "pagecount",
                "totalpagecount",
            ])?;
            let is_page = |argument: &str| matches!(argument, "page" | "pagenumber" | "pageno");
            let argument = self.argument(is_page)?;
            (page < last).then(|| NextPage(vec![(argument, Value::from(page + 1))]))
        })
    }

    /// The argument whose name, as [`plain`] has it, is meant: of the query, or of the body, with the way to a field.
    fn argument(&self, is_it: impl Fn(&str) -> bool) -> Option<&'static str> {
        let query = (self.tool.parameters.iter())
            .filter(|parameter| parameter.location == Location::Query)
            .map(|parameter| (parameter.name, parameter.argument));
        let body = (self.tool.body.iter().flat_map(|body| body.pages))
            .map(|way| (way.rsplit('.').next().unwrap_or(way), *way));
        (query.chain(body))
            .find(|(name, _)| is_it(&plain(name)))
            .map(|(_, argument)| argument)
    }

    /// What this call gave for an argument.
    fn given(&self, way: &str) -> Option<&Value> {
        let mut steps = way.split('.');
        let given = self.arguments.get(steps.next()?)?;
        steps.try_fold(given, |value, field| value.get(field))
    }
}

/// Sets a field of a field of an object.
fn put(object: &mut Value, steps: &[&str], value: Value) {
    let [step, rest @ ..] = steps else {
        *object = value;
        return;
    };
    if !object.is_object() {
        *object = Value::Object(Map::new());
    }
    if let Value::Object(fields) = object {
        put(fields.entry(*step).or_insert(Value::Null), rest, value);
    }
}

/// A text of a URL as a parameter has it.
fn value_of(parameter: &Parameter, text: &str, before: Option<&Value>) -> Value {
    let is_list = !parameter.explode && parameter.style == Style::Form && before.is_none();
    if is_list && text.contains(',') {
        return text.split(',').map(|item| like(item, None)).collect();
    }
    like(text, before)
}

/// A text of a URL as the kind of value that the argument had, or a number where it looks like one.
fn like(text: &str, before: Option<&Value>) -> Value {
    match (text.parse::<i64>(), before) {
        (_, Some(Value::String(_))) | (Err(_), _) => Value::from(text),
        (Ok(number), _) if number.to_string() == text => Value::from(number),
        _ => Value::from(text),
    }
}

fn is_about_pages(name: &str) -> bool {
    matches!(
        plain(name).as_str(),
        "links"
            | "meta"
            | "metadata"
            | "paging"
            | "pagination"
            | "pageinfo"
            | "page"
            | "cursor"
            | "cursors"
            | "responsemetadata"
            | "pages"
            // OData 2.
            | "d"
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::tool::{Body, BodySource};
    use super::*;
    use serde_json::json;

    const PARAMETERS: &[Parameter] = &[
        Parameter::path("id"),
        Parameter::query("page"),
        Parameter::query("per_page"),
        Parameter::query("cursor"),
        Parameter::query("starting_after"),
        Parameter::query("$skip").argument("skip"),
        Parameter::query("pageToken"),
        Parameter::query("status"),
    ];

    fn next(link: Option<&str>, body: &Value) -> Option<Value> {
        let tool = ToolDef::new("list", "GET", "/x").parameters(PARAMETERS);
        let mut headers = HeaderMap::new();
        if let Some(link) = link {
            headers.insert(LINK, link.parse().expect("a value"));
        }
        let arguments = json!({"per_page": 10, "status": "open"});
        let arguments = arguments.as_object().expect("an object");
        let NextPage(pairs) = next_page(&tool, arguments, &headers, Some(body))?;
        Some(
            pairs
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect::<Map<_, _>>()
                .into(),
        )
    }

    #[test]
    fn a_link_to_another_path_is_no_page_of_this_one() {
        let next_of = |link: &str| next(Some(&format!("<{link}>; rel=next")), &json!([]));
        for same in [
            "?page=3",
            "/x?page=3",
            "x/?page=3",
            "https://a.example/v2/x?page=3",
        ] {
            assert_eq!(next_of(same), Some(json!({"page": 3})), "{same}");
        }
        for other in ["/x/1/y?page=3", "https://a.example/y?page=3"] {
            assert_eq!(next_of(other), None, "{other}");
        }
    }

    #[test]
    fn a_token_is_no_number_of_a_page() {
        const PAGE: &[Parameter] = &[Parameter::query("page")];
        let tool = ToolDef::new("list", "GET", "/x").parameters(PAGE);
        let next_of = |token: Value| {
            let body = json!({ "next_token": token });
            next_page(&tool, &Map::new(), &HeaderMap::new(), Some(&body)).map(|page| page.0)
        };
        assert_eq!(next_of(json!("abc")), None);
        assert_eq!(next_of(json!("3")), Some(vec![("page", json!("3"))]));
        assert_eq!(next_of(json!(3)), Some(vec![("page", json!(3))]));
    }

    #[test]
    fn a_url_names_fields_and_lists() {
        const LISTED: &[Parameter] = &[
            Parameter::query("page").style(Style::DeepObject, true),
            Parameter::query("include"),
            Parameter::query("fields").style(Style::Form, false),
            Parameter::query("$skiptoken").argument("skiptoken"),
            Parameter::query("continuationToken"),
        ];
        let tool = ToolDef::new("list", "GET", "/x").parameters(LISTED);
        let given = json!({"page": {"offset": 10, "limit": 20}});
        let given = given.as_object().expect("an object");
        for (body, expected) in [
            (
                json!({"links": {"next": "/x?page[offset]=30&page[limit]=20&include=a&include=b&fields=c,d"}}),
                json!([["page", {"offset": 30, "limit": 20}], ["include", ["a", "b"]], ["fields", ["c", "d"]]]),
            ),
            (
                json!({"d": {"__next": "https://a.example/x?$skiptoken=abc"}}),
                json!([["skiptoken", "abc"]]),
            ),
            (
                json!({"continuationToken": "/ab?c="}),
                json!([["continuationToken", "/ab?c="]]),
            ),
            (
                json!({"links": {"next": "/x?page[offset]=10&page[limit]=20&include=a"}}),
                json!(null),
            ),
        ] {
            let next = next_page(&tool, given, &HeaderMap::new(), Some(&body));
            assert_eq!(
                next.map_or(Value::Null, |NextPage(pairs)| json!(pairs)),
                expected,
                "{body}"
            );
        }
    }

    #[test]
    fn a_link_header_names_the_page() {
        let link = "<https://a.example/x?page=1>; rel=\"prev\", <https://a.example/x?per_page=10&page=3&status=open>; rel=\"next\"";
        assert_eq!(next(Some(link), &json!([])), Some(json!({"page": 3})));
        let last = "<https://a.example/x?page=1>; rel=\"first\"";
        assert_eq!(next(Some(last), &json!([])), None);
        let quoted = "</x?page=9>; title=\"a, <b>; rel=next \\\"c\\\"\"; rel=\"prev\",</x?page=3,4&page=3>; rel=next";
        assert_eq!(
            next(Some(quoted), &json!([])),
            Some(json!({"page": ["3,4", 3]}))
        );
    }

    #[test]
    fn a_body_names_it_in_many_ways() {
        for (body, expected) in [
            (
                json!({"next": "https://a.example/x?page=3"}),
                json!({"page": 3}),
            ),
            (
                json!({"@odata.nextLink": "https://a.example/x?$skip=20"}),
                json!({"skip": 20}),
            ),
            (
                json!({"links": {"next": "/x?cursor=abc&per_page=10"}}),
                json!({"cursor": "abc"}),
            ),
            (
                json!({"_links": {"next": {"href": "/x?page=2"}}}),
                json!({"page": 2}),
            ),
            (json!({"nextPageToken": "t"}), json!({"pageToken": "t"})),
            (
                json!({"meta": {"next_cursor": "c"}}),
                json!({"cursor": "c"}),
            ),
            (
                json!({"response_metadata": {"next_cursor": "c"}}),
                json!({"cursor": "c"}),
            ),
            (
                json!({"pageInfo": {"hasNextPage": true, "endCursor": "e"}}),
                json!({"cursor": "e"}),
            ),
            (
                json!({"has_more": true, "data": [{"id": "a"}, {"id": "b"}]}),
                json!({"starting_after": "b"}),
            ),
            (json!({"page": 2, "total_pages": 3}), json!({"page": 3})),
            (
                json!({"meta": {"current_page": 1, "last_page": 2}}),
                json!({"page": 2}),
            ),
        ] {
            assert_eq!(next(None, &body), Some(expected), "{body}");
        }
    }

    #[test]
    fn a_body_has_arguments_for_it_too() {
        const BODY: Body = Body::json(BodySource::Fields(&[])).pages(&["page", "start_cursor"]);
        const NESTED: Body = Body::json(BodySource::Whole("body"))
            .pages(&["body.pagination.starting_after", "body.after"]);
        for (pages, body, expected) in [
            (
                BODY,
                json!({"next_cursor": "c", "results": []}),
                json!({"start_cursor": "c"}),
            ),
            (
                BODY,
                json!({"items": [1], "page": 1, "pages": 2}),
                json!({"page": 2}),
            ),
            (
                NESTED,
                json!({"pages": {"next": {"page": 2, "starting_after": "s"}}}),
                json!({"body.pagination.starting_after": "s"}),
            ),
            (
                NESTED,
                json!({"paging": {"next": {"after": "10", "link": "?after=10"}}}),
                json!({"body.after": "10"}),
            ),
            (
                NESTED,
                json!({"paging": {"next": {"after": "9"}}}),
                json!(null),
            ),
            (BODY, json!({"page": 1, "pages": 2}), json!(null)),
            (BODY, json!({"next": {"name": "tomorrow"}}), json!(null)),
        ] {
            let tool = ToolDef::new("search", "POST", "/x").body(pages);
            assert!(may_page(&tool));
            let given = json!({"body": {"after": "9"}});
            let given = given.as_object().expect("an object");
            let next = next_page(&tool, given, &HeaderMap::new(), Some(&body));
            let next = next.map(|NextPage(pairs)| {
                let pairs = pairs
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value));
                Value::Object(pairs.collect())
            });
            assert_eq!(next.unwrap_or_default(), expected, "{body}");
        }
    }

    #[test]
    fn the_last_page_and_what_is_no_page_are_left_alone() {
        for body in [
            json!({"next": null}),
            json!({"next": ""}),
            json!({"next_cursor": ""}),
            json!({"pageInfo": {"hasNextPage": false, "endCursor": "e"}}),
            json!({"has_more": false, "data": [{"id": "a"}]}),
            json!({"has_more": true, "data": [{"id": null}]}),
            json!({"page": 3, "total_pages": 3}),
            json!({"content": [1], "number": 2, "totalPages": 3, "last": true}),
            json!({"next": "https://a.example/x?other=1"}),
            json!({"next": {"name": "tomorrow"}}),
            json!([1]),
        ] {
            assert_eq!(next(None, &body), None, "{body}");
        }
    }

    #[test]
    fn the_sentence_names_tool_and_arguments() {
        let page = NextPage(vec![("page", json!(3))]);
        assert_eq!(
            page.sentence("list_orders"),
            "There is more: for the next page call `list_orders` again with `page`: 3, and the other arguments as they \
             were."
        );
    }
}
