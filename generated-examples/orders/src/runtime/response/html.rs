//! HTML as text: what a person would read on the page.

use super::super::references::character;

/// Elements whose content nobody reads.
const UNREAD: &[&str] = &["script", "style", "template", "noscript", "svg"];

/// The text of a page: without scripts, styles and tags, a line for each block.
pub(super) fn text(page: &str) -> String {
    text_without(page, &[])
}

/// The same without what is in these elements.
pub(super) fn text_without(page: &str, unwanted: &[&str]) -> String {
    let mut out = String::with_capacity(page.len() / 2);
    let mut rest = page;
    while let Some((before, after)) = rest.split_once('<') {
        push_words(&mut out, before);
        if let Some(comment) = after.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, rest)| rest);
            continue;
        }
        if !after.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!') {
            out.push('<');
            rest = after;
            continue;
        }
        // A tag that the end of the text cuts off is none of the text.
        let Some((tag, after)) = after.split_once('>') else {
            return finished(&out);
        };
        let name = tag_name(tag);
        rest = after;
        match name.as_str() {
            element
                if !tag.starts_with('/')
                    && (UNREAD.contains(&element) || unwanted.contains(&element)) =>
            {
                rest = behind(after, &name);
            }
            "li" if !tag.starts_with('/') => break_line(&mut out, "- "),
            "td" | "th" if !tag.starts_with('/') => out.push(' '),
            name if is_block(name) => break_line(&mut out, ""),
            _ => {}
        }
    }
    push_words(&mut out, rest);
    finished(&out)
}

fn tag_name(tag: &str) -> String {
    (tag.trim_start_matches('/').chars())
        .take_while(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// What follows the end tag of an element whose content is no text.
fn behind<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some(start) = rest.find("</") {
        rest = &rest[start + 2..];
        if tag_name(rest) == name {
            return rest.split_once('>').map_or("", |(_, rest)| rest);
        }
    }
    ""
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "br"
            | "dd"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "head"
            | "header"
            | "hr"
            | "html"
            | "li"
            | "main"
            | "nav"
            | "ol"
            | "p"
            | "pre"
            | "section"
            | "table"
            | "tbody"
            | "thead"
            | "title"
            | "tr"
            | "ul"
    )
}

fn break_line(out: &mut String, start: &str) {
    if !out.is_empty() && !out.ends_with('\n') {
        out.truncate(out.trim_end_matches(' ').len());
        out.push('\n');
    }
    out.push_str(start);
}

/// Appends text with its white space made one, and its character references read.
fn push_words(out: &mut String, text: &str) {
    let text = with_characters(text);
    if text.starts_with(char::is_whitespace) && !out.ends_with([' ', '\n']) && !out.is_empty() {
        out.push(' ');
    }
    let mut first = true;
    for word in text.split_whitespace() {
        if !std::mem::take(&mut first) {
            out.push(' ');
        }
        out.push_str(word);
    }
    if !first && text.ends_with(char::is_whitespace) {
        out.push(' ');
    }
}

/// HTML §13.5, the references that text is made of.
pub(super) fn with_characters(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        // A longer name is none: a page of ampersands would be searched again for each.
        let end = after.bytes().take(11).position(|byte| byte == b';');
        let found = end.and_then(|end| Some((character(&after[..end])?, &after[end + 1..])));
        let (c, behind) = found.unwrap_or(('&', after));
        out.push(c);
        rest = behind;
    }
    out.push_str(rest);
    out
}

fn finished(out: &str) -> String {
    let lines: Vec<&str> = (out.lines())
        .map(str::trim_end)
        .filter(|line| !matches!(*line, "" | "-"))
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn a_page_reads_as_a_person_reads_it() {
        let page = "<!doctype html><html><head><title>Orders</title><style>p {}</style></head><body><!-- x > y -->\n\
                    <h1>All  orders</h1><p>One &amp; <b>two</b>,\n three.<br>Four &#8364;5</p><ul><li>a</li><li> b</li></ul>\
                    <table><tr><td>1</td><td>2</td></tr></table><script>if (a < b) {}</script></body></html>";
        assert_eq!(
            text(page),
            "Orders\nAll orders\nOne & two, three.\nFour €5\n- a\n- b\n 1 2"
        );
    }

    #[test]
    fn what_is_no_html_stays_text() {
        assert_eq!(text("a < b & c"), "a < b & c");
        assert_eq!(text("<script>never closed"), "");
        assert_eq!(text("&bogus; &#xffffffff;"), "&bogus; &#xffffffff;");
    }

    #[test]
    fn ampersands_are_read_in_time() {
        let many = "&".repeat(2_000_000);
        assert_eq!(super::with_characters(&many).len(), many.len());
        assert_eq!(
            super::with_characters("a &amp; b &#65;&x; &toolongtobeone;"),
            "a & b A&x; &toolongtobeone;"
        );
    }

    #[test]
    fn letters_of_latin_1_have_names() {
        assert_eq!(
            super::with_characters(
                "&iexcl;Caf&eacute; &Agrave;&szlig;&times;&yuml; &copy; &raquo;"
            ),
            "¡Café Àß×ÿ © »"
        );
    }
}
