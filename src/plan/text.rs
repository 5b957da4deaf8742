//! Text of a spec made fit for a model's context: plain, bounded and free of invisible characters.
//!
//! It cleans and cuts; what is put together to a description is decided in `describe`.

use crate::runtime::text::is_invisible;

/// More than is ever shown; a spec can hold megabytes.
const LONGEST: usize = 20_000;

/// Words that begin with a capital letter, where ASCII has one.
pub(super) fn capitalised(words: &str) -> String {
    let mut chars = words.chars();
    let first = chars.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

/// CommonMark and HTML as plain text: tags, images and link targets go, paragraphs and lists stay.
pub(super) fn plain(markdown: &str) -> String {
    if is_plain(markdown) {
        return markdown.trim().to_owned();
    }
    let text = without_invisible(markdown.chars().take(LONGEST));
    let text = without_html(&text);
    let text = without_link_targets(&text);
    let mut lines: Vec<String> = Vec::new();
    let mut may_go_on = false;
    for raw in text.lines() {
        let is_heading = raw.trim_start().starts_with('#');
        let line = raw.trim_start().trim_start_matches(['#', '>']).trim();
        let line = line.replace("**", "").replace("[!NOTE]", "Note:");
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        let is_rule = line.len() >= 3 && line.chars().all(|c| matches!(c, '-' | '=' | '*' | '_'));
        if is_rule || (line.is_empty() && lines.last().is_none_or(String::is_empty)) {
            may_go_on = false;
            continue;
        }
        // CommonMark §6.8: a line break inside of a paragraph is a space.
        match lines.last_mut() {
            Some(last) if may_go_on && !line.is_empty() && !is_heading && !is_item(&line) => {
                last.push(' ');
                last.push_str(&line);
            }
            _ => lines.push(line.clone()),
        }
        may_go_on = !line.is_empty() && !is_heading;
    }
    lines.join("\n").trim().to_owned()
}

/// Whether [`plain`] has nothing to do: one line of words. Most texts of a spec are, and each is asked for many times.
fn is_plain(markdown: &str) -> bool {
    let bytes = markdown.as_bytes();
    bytes.len() <= LONGEST
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && (bytes.iter()).all(|byte| {
            matches!(byte, b' '..=b'~') && !matches!(byte, b'<' | b'[' | b'&' | b'*' | b'#' | b'>')
        })
        && !bytes.windows(2).any(|pair| pair == b"  ")
}

/// Whether a line starts an item of a list or a row of a table.
fn is_item(line: &str) -> bool {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    line.starts_with(['-', '*', '+', '|', '•'])
        || (rest.len() < line.len() && rest.starts_with(['.', ')']))
}

/// Plain text in one line.
pub(super) fn line(markdown: &str) -> String {
    if is_plain(markdown) {
        return markdown.trim().to_owned();
    }
    plain(markdown)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// At most `limit` characters, cut behind a sentence where there is one, else behind a word and an ellipsis.
pub(super) fn cut(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    if limit < 8 {
        return String::new();
    }
    let end = text
        .char_indices()
        .nth(limit)
        .map_or(text.len(), |(index, _)| index);
    let head = &text[..end];
    let rest_starts_a_word = text[end..].starts_with(char::is_whitespace);
    if let Some(sentence) = last_sentence_end(head, rest_starts_a_word)
        && head[..sentence].chars().count() * 3 >= limit
    {
        return head[..sentence].trim_end().to_owned();
    }
    let end = head
        .char_indices()
        .nth(limit - 1)
        .map_or(head.len(), |(index, _)| index);
    let words = &head[..end];
    let words = words
        .rfind(char::is_whitespace)
        .map_or(words, |space| &words[..space]);
    format!(
        "{}…",
        words.trim_end_matches(|c: char| !c.is_alphanumeric() && !matches!(c, ')' | ']' | '`'))
    )
}

/// The first paragraph and, while they fit into `wanted` characters, those after it; at most `limit` characters.
pub(super) fn opening(text: &str, wanted: usize, limit: usize) -> String {
    let mut kept = String::new();
    for paragraph in text.split("\n\n") {
        let size = kept.chars().count() + paragraph.chars().count() + 2;
        if !kept.is_empty() && size > wanted {
            break;
        }
        if !kept.is_empty() {
            kept.push_str("\n\n");
        }
        kept.push_str(paragraph);
    }
    cut(kept.trim_end_matches(':'), limit)
}

/// The first sentence, at most `limit` characters.
pub(super) fn first_sentence(text: &str, limit: usize) -> String {
    let text = text.lines().next().unwrap_or_default();
    for (index, _) in text.match_indices(". ") {
        if is_sentence_end(text, index) {
            return cut(&text[..=index], limit);
        }
    }
    cut(text, limit)
}

/// The text with a full stop, unless it ends a sentence already.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text.ends_with(['.', '!', '?', ':', ';', '…', '。']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}

fn last_sentence_end(head: &str, rest_starts_a_word: bool) -> Option<usize> {
    let mut best = head.rfind('\n');
    let bytes = head.as_bytes();
    for (index, c) in head.char_indices().rev() {
        if !matches!(c, '.' | '!' | '?' | '。') {
            continue;
        }
        let end = index + c.len_utf8();
        let border = bytes
            .get(end)
            .map_or(rest_starts_a_word || c == '。', u8::is_ascii_whitespace);
        if border && is_sentence_end(head, index) {
            best = best.max(Some(end));
            break;
        }
    }
    best
}

/// `e.g.` and `1.` end no sentence.
fn is_sentence_end(text: &str, stop: usize) -> bool {
    let word = text[..stop]
        .rsplit(char::is_whitespace)
        .next()
        .unwrap_or_default()
        .trim_start_matches('(');
    !matches!(
        word.to_ascii_lowercase().as_str(),
        "e.g" | "i.e" | "eg" | "ie" | "etc" | "vs" | "no" | "approx"
    ) && !word.chars().all(|c| c.is_ascii_digit())
}

/// Control, zero-width, direction and tag characters hide text from the person who reads it, not from the model.
fn without_invisible(text: impl Iterator<Item = char>) -> String {
    text.filter_map(|c| match c {
        '\n' => Some('\n'),
        '\t' | '\r' | '\u{a0}' => Some(' '),
        c if c.is_control() || is_invisible(c) => None,
        c => Some(c),
    })
    .collect()
}

/// Takes HTML comments and tags out and decodes the entities of XML.
fn without_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        out.push_str(&rest[..open]);
        let tail = &rest[open..];
        if let Some(comment) = tail.strip_prefix("<!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
        } else if let Some(length) = tag_length(tail) {
            let name = tail[1..].trim_start_matches('/').to_ascii_lowercase();
            if ["br", "p", "li", "tr", "div", "ul", "ol", "h"]
                .iter()
                .any(|block| name.starts_with(block))
            {
                out.push_str("\n\n");
            }
            rest = &tail[length..];
        } else {
            out.push('<');
            rest = &tail[1..];
        }
    }
    out.push_str(rest);
    if !out.contains('&') {
        return out;
    }
    // `&amp;` last, so that `&amp;lt;` becomes `&lt;`.
    out.replace("&nbsp;", " ")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

/// The length of an HTML tag at the start of a text; `<id>`, `a < b` and `<https://…>` are none.
fn tag_length(text: &str) -> Option<usize> {
    const TAGS: &[&str] = &[
        "a",
        "abbr",
        "article",
        "aside",
        "b",
        "big",
        "blockquote",
        "body",
        "br",
        "button",
        "center",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "details",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "figure",
        "font",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "head",
        "header",
        "hr",
        "html",
        "i",
        "iframe",
        "img",
        "ins",
        "kbd",
        "li",
        "main",
        "mark",
        "nav",
        "ol",
        "p",
        "pre",
        "q",
        "s",
        "samp",
        "script",
        "section",
        "small",
        "span",
        "strike",
        "strong",
        "style",
        "sub",
        "summary",
        "sup",
        "svg",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "tt",
        "u",
        "ul",
        "var",
        "video",
    ];
    let inner = text.strip_prefix('<')?;
    let name = inner.strip_prefix('/').unwrap_or(inner);
    let name_length = name
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(name.len());
    if !TAGS.contains(&name[..name_length].to_ascii_lowercase().as_str()) {
        return None;
    }
    // A tag without an end within reach is text.
    let end = text.bytes().take(2_000).position(|byte| byte == b'>')?;
    Some(end + 1)
}

/// `[text](target)` becomes `text`, `![alt](target)` nothing.
fn without_link_targets(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('[') {
        let Some((label, after)) = bracketed(&rest[open..]) else {
            out.push_str(&rest[..=open]);
            rest = &rest[open + 1..];
            continue;
        };
        let target = after
            .strip_prefix('(')
            .and_then(|target| target.split_once(')'))
            .filter(|(target, _)| !target.contains('\n'));
        let Some((_, after)) = target else {
            out.push_str(&rest[..=open]);
            rest = &rest[open + 1..];
            continue;
        };
        let before = &rest[..open];
        if let Some(before) = before.strip_suffix('!') {
            out.push_str(before);
        } else {
            out.push_str(before);
            out.push_str(without_image(label));
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// A link's label can hold an image: `[![badge](a)](b)`.
fn without_image(label: &str) -> &str {
    label.split_once("![").map_or(label, |(before, _)| before)
}

/// The text between `[` and its `]`, and what follows.
fn bracketed(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    for (index, c) in text.char_indices().take(1_000) {
        match c {
            '[' => depth += 1,
            ']' => {
                depth -= 1;
                if depth == 0 {
                    return Some((&text[1..index], &text[index + 1..]));
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_links_and_images_leave_their_text() {
        assert_eq!(
            plain(
                "## Lists <b>all</b> [orders](https://x.y/(z)\n![logo](a.png)Page 1 &amp; 2<br/>end"
            ),
            "Lists all orders\nPage 1 & 2\n\nend"
        );
        assert_eq!(
            plain("See <https://a.b> and `<id>`, a < b <!-- c --> d"),
            "See <https://a.b> and `<id>`, a < b d"
        );
        assert_eq!(plain("an array[] and [x]"), "an array[] and [x]");
    }

    #[test]
    fn lines_of_a_paragraph_are_joined_and_items_are_not() {
        assert_eq!(
            plain("# Title\nOne\ntwo.\n\n- a\n  b\n- c\n1. d"),
            "Title\nOne two.\n\n- a b\n- c\n1. d"
        );
    }

    #[test]
    fn invisible_characters_are_taken_out() {
        assert_eq!(
            plain("a\u{200b}b\u{202e}c\u{7}d\u{e0041}\u{61c}\u{ad}"),
            "abcd"
        );
    }

    #[test]
    fn a_cut_ends_behind_a_sentence_or_else_a_word() {
        assert_eq!(cut("One two. Three four five.", 15), "One two.");
        assert_eq!(cut("One two, three four five", 15), "One two…");
        assert_eq!(cut("Items (e.g. books) and toys", 17), "Items (e.g…");
        assert_eq!(cut("short", 15), "short");
        assert_eq!(cut("ääää öööö üüüü ßßßß", 12), "ääää öööö…");
    }

    #[test]
    fn the_first_sentence_passes_over_abbreviations() {
        assert_eq!(
            first_sentence("Reads a thing, e.g. a book. Then more.", 80),
            "Reads a thing, e.g. a book."
        );
    }
}
