//! Where the next page is, in the words of this tool: APIs say it in many ways, a model asks in one.
//!
//! A `Link` header (RFC 8288), a URL in the body (JSON:API, OData, HAL and others), a cursor or a token, a page number, an
//! offset, or the id of the last item (Stripe) are brought to the arguments of the tool that was called.

use http::HeaderMap;
use http::header::LINK;
use serde_json::{Map, Value};

use super::super::tool::{Location, Parameter, ToolDef, chooses_page_of_query, plain};
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
    parameter.location == Location::Query && chooses_page_of_query(parameter.name)
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
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(",<").flat_map(|part| part.split(", <")))
        .find_map(|link| {
            let (url, rest) = link.trim().trim_start_matches('<').split_once('>')?;
            let is_next = rest.split(';').any(|parameter| {
                let (name, value) = parameter.split_once('=').unwrap_or_default();
                name.trim().eq_ignore_ascii_case("rel")
                    && value
                        .trim()
                        .trim_matches('"')
                        .split_ascii_whitespace()
                        .any(|relation| relation.eq_ignore_ascii_case("next"))
            });
            is_next.then(|| url.to_owned())
        })
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
            let is_it = |parameter: &&Parameter| {
                parameter.location == Location::Query && parameter.name == name
            };
            let Some(parameter) = self.tool.parameters.iter().find(is_it) else {
                continue;
            };
            let before = self.arguments.get(parameter.argument);
            let value = like(&text, before);
            if before == Some(&value) || before.is_some_and(Value::is_array) {
                continue;
            }
            tells |= is_paging(parameter);
            pairs.push((parameter.argument, value));
        }
        tells.then_some(NextPage(pairs))
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
        match value {
            Value::String(text) if text.is_empty() => None,
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
            .filter(|(name, _)| chooses_page_of_query(name))
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
        Some(NextPage(vec![(argument, last.clone())]))
    }

    /// `{"page": 2, "total_pages": 5}`, and the same one level down.
    fn by_number(&self, fields: &Map<String, Value>) -> Option<NextPage> {
        // What was written has numbers of pages too, and is not to be written again.
        if self.tool.method != "GET" && !fields.values().any(Value::is_array) {
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
    fn a_link_header_names_the_page() {
        let link = "<https://a.example/x?page=1>; rel=\"prev\", <https://a.example/x?per_page=10&page=3&status=open>; rel=\"next\"";
        assert_eq!(next(Some(link), &json!([])), Some(json!({"page": 3})));
        let last = "<https://a.example/x?page=1>; rel=\"first\"";
        assert_eq!(next(Some(last), &json!([])), None);
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
            json!({"page": 3, "total_pages": 3}),
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
