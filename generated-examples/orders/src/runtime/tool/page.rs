//! The names of arguments that choose a page of a list.

/// Names of arguments that choose a page, as [`plain`] has them.
const NAMES: &[&str] = &[
    "page",
    "pagenumber",
    "pageno",
    "pageindex",
    "cursor",
    "pagecursor",
    "startcursor",
    "nextcursor",
    "after",
    "before",
    "startingafter",
    "pagetoken",
    "nextpagetoken",
    "nexttoken",
    "token",
    "continuationtoken",
    "continuation",
    "offset",
    "skip",
    "start",
    "startat",
    "startindex",
    "marker",
    "next",
    "$skip",
    "$skiptoken",
    "skiptoken",
    "pageafter",
    "pageoffset",
    "from",
    "since",
];

/// Whether an argument of this name chooses a page.
pub(crate) fn chooses_page(name: &str) -> bool {
    NAMES.contains(&plain(name).as_str())
}

/// A name without case and punctuation: `next_page_token` and `nextPageToken` are one.
pub(crate) fn plain(name: &str) -> String {
    (name.chars())
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}
