//! Renders diagnostics for people and for programs. The only place that decides how they look.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value, json};

use super::arguments::MessageFormat;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, JsonPointer, Place, Position, Severity};
use crate::runtime::text::is_invisible;
use crate::spec::Document;

/// How many diagnostics of one code a person is shown; the rest are counted.
const SHOWN_PER_CODE: usize = 20;

/// Writes all diagnostics to stderr, with line and column where `document` knows them.
pub(super) fn write(
    diagnostics: Diagnostics,
    document: Option<&Document>,
    format: MessageFormat,
) -> io::Result<()> {
    let items: Vec<_> = diagnostics
        .into_vec()
        .into_iter()
        .map(|item| Located::new(item, document))
        .collect();
    let stderr = io::stderr();
    let colour = stderr.is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let text = match format {
        MessageFormat::Human => human(&items, if colour { Paint::Ansi } else { Paint::Plain }),
        MessageFormat::Json => items
            .iter()
            .map(|item| format!("{}\n", json_line(item)))
            .collect(),
        MessageFormat::Sarif => format!("{:#}\n", sarif(&items)),
        MessageFormat::Github => items.iter().map(github).collect(),
    };
    stderr.lock().write_all(text.as_bytes())
}

/// A diagnostic with its place looked up.
struct Located {
    diagnostic: Diagnostic,
    file: Option<Arc<str>>,
    pointer: Option<JsonPointer>,
    position: Option<Position>,
}

impl Located {
    fn new(mut diagnostic: Diagnostic, document: Option<&Document>) -> Self {
        let place = diagnostic.place.take().map(|place| match document {
            // A pointer without a file points into the tree of all documents, which knows where each node was read from.
            Some(document) if place.source.is_none() => match &place.pointer {
                Some(pointer) => document.place(pointer),
                None => Place {
                    source: Some(Arc::clone(document.name())),
                    ..place
                },
            },
            _ => place,
        });
        let Place {
            source: file,
            pointer,
            position,
        } = place.unwrap_or_default();
        Self {
            diagnostic,
            file,
            pointer,
            position,
        }
    }
}

#[derive(Clone, Copy)]
enum Paint {
    Ansi,
    Plain,
}

impl Paint {
    fn severity(self, severity: Severity, text: &str) -> String {
        let code = match severity {
            Severity::Error => "1;31",
            Severity::Warning => "1;33",
            Severity::Note => "1;36",
        };
        match self {
            Self::Ansi => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            Self::Plain => text.to_owned(),
        }
    }
}

fn human(items: &[Located], paint: Paint) -> String {
    let mut text = String::new();
    for &code in Code::ALL {
        let of_code: Vec<_> = items
            .iter()
            .filter(|item| item.diagnostic.code == code)
            .collect();
        if of_code.len() > SHOWN_PER_CODE + 1 {
            let rest = of_code.len() - SHOWN_PER_CODE;
            let head = paint.severity(
                code.severity(),
                &format!("{}[{code}]", code.severity().as_str()),
            );
            for item in &of_code[..SHOWN_PER_CODE] {
                text.push_str(&human_one(item, paint));
            }
            text.push_str(&format!(
                "{head}: {rest} more of these\n   = help: `--message-format json` shows all\n\n"
            ));
        } else {
            for item in of_code {
                text.push_str(&human_one(item, paint));
            }
        }
    }
    text
}

fn human_one(item: &Located, paint: Paint) -> String {
    let diagnostic = &item.diagnostic;
    let severity = diagnostic.severity();
    let head = paint.severity(
        severity,
        &format!("{}[{}]", severity.as_str(), diagnostic.code),
    );
    let mut text = format!("{head}: {}\n", printable(&diagnostic.message));
    if let Some(place) = place(item) {
        text.push_str(&format!("  --> {}\n", printable(&place)));
    }
    if let Some(skipped) = &diagnostic.skipped {
        text.push_str(&format!("   = skipped: {}\n", printable(skipped)));
    }
    if let Some(help) = &diagnostic.help {
        text.push_str(&format!("   = help: {}\n", printable(help)));
    }
    text.push('\n');
    text
}

/// `specs/shop.yaml:41:13`, or with the JSON pointer where the line is not known.
fn place(item: &Located) -> Option<String> {
    let file = item.file.as_ref()?;
    Some(match (item.position, &item.pointer) {
        (Some(Position { line, column }), _) => format!("{file}:{line}:{column}"),
        (None, Some(pointer)) if *pointer != JsonPointer::root() => format!("{file}#{pointer}"),
        (None, _) => file.to_string(),
    })
}

/// A spec's text must not move the cursor, change colours or hide what it says.
pub(super) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' => ' ',
            c if c.is_control() || is_invisible(c) => '\u{fffd}',
            c => c,
        })
        .collect()
}

fn json_line(item: &Located) -> Value {
    let diagnostic = &item.diagnostic;
    json!({
        "code": diagnostic.code.as_str(),
        "severity": diagnostic.severity().as_str(),
        "message": diagnostic.message,
        "file": item.file,
        "pointer": item.pointer.as_ref().map(ToString::to_string),
        "line": item.position.map(|position| position.line),
        "column": item.position.map(|position| position.column),
        "skipped": diagnostic.skipped,
        "skippedOperations": diagnostic.operations,
        "help": diagnostic.help,
    })
}

/// SARIF 2.1.0 (OASIS).
fn sarif(items: &[Located]) -> Value {
    let rules: Vec<_> = Code::ALL
        .iter()
        .map(|code| {
            json!({
                "id": code.as_str(),
                "fullDescription": { "text": code.explanation() },
                "defaultConfiguration": { "level": code.severity().as_str() },
            })
        })
        .collect();
    let results: Vec<_> = items.iter().map(sarif_result).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "mcpgen", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            // Columns count characters, not UTF-16 units.
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn sarif_result(item: &Located) -> Value {
    let diagnostic = &item.diagnostic;
    let mut result = json!({
        "ruleId": diagnostic.code.as_str(),
        "level": diagnostic.severity().as_str(),
        "message": { "text": full_message(diagnostic) },
    });
    if let Some(file) = &item.file {
        let mut location = json!({ "artifactLocation": { "uri": uri(file) } });
        if let Some(Position { line, column }) = item.position {
            location["region"] = json!({ "startLine": line, "startColumn": column });
        }
        let mut location = json!({ "physicalLocation": location });
        if let Some(pointer) = &item.pointer {
            location["logicalLocations"] = json!([{ "fullyQualifiedName": pointer.as_str() }]);
        }
        result["locations"] = json!([location]);
    }
    result
}

/// A file as a relative reference (RFC 3986 §4.2), or a URL as it is.
fn uri(file: &str) -> String {
    const NOT_IN_A_PATH: &AsciiSet = &CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'#')
        .add(b'%')
        .add(b':')
        .add(b'<')
        .add(b'>')
        .add(b'?')
        .add(b'[')
        .add(b'\\')
        .add(b']')
        .add(b'^')
        .add(b'`')
        .add(b'{')
        .add(b'|')
        .add(b'}');
    if super::source::is_url(file) {
        return file.to_owned();
    }
    let file = if cfg!(windows) {
        file.replace('\\', "/")
    } else {
        file.to_owned()
    };
    utf8_percent_encode(&file, NOT_IN_A_PATH).to_string()
}

/// A workflow command of GitHub Actions.
fn github(item: &Located) -> String {
    let severity = match item.diagnostic.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let mut properties = vec![format!("title={}", item.diagnostic.code)];
    if let Some(file) = &item.file {
        properties.push(format!(
            "file={}",
            github_escaped(file).replace(':', "%3A").replace(',', "%2C")
        ));
    }
    if let Some(Position { line, column }) = item.position {
        properties.push(format!("line={line},col={column}"));
    }
    format!(
        "::{severity} {}::{}\n",
        properties.join(","),
        github_escaped(&full_message(&item.diagnostic))
    )
}

fn github_escaped(text: &str) -> String {
    printable(text)
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn full_message(diagnostic: &Diagnostic) -> String {
    let mut text = diagnostic.message.clone();
    if let Some(skipped) = &diagnostic.skipped {
        text.push_str(&format!("; skipped: {skipped}"));
    }
    if let Some(help) = &diagnostic.help {
        text.push_str(&format!("; help: {help}"));
    }
    text
}

/// `1 tool`, `1,204 tools`.
pub(super) fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {what}{plural}", thousands(count))
}

/// `1,204`.
pub(super) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(thousands(7), "7");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(counted(1, "tool"), "1 tool");
        assert_eq!(counted(1_204, "tool"), "1,204 tools");
    }

    fn located() -> Located {
        let diagnostic = Diagnostic::new(
            Code::UnsupportedMediaType,
            "body `a/b` cannot become tool input",
        )
        .in_place(Place {
            source: Some("shop.yaml".into()),
            pointer: Some(JsonPointer::root().child("paths")),
            position: Some(Position {
                line: 41,
                column: 13,
            }),
        })
        .skipping("operation `createOrder`")
        .with_help("add a variant");
        Located::new(diagnostic, None)
    }

    #[test]
    fn a_person_sees_code_place_loss_and_way_out() {
        insta::assert_snapshot!(human(&[located()], Paint::Plain), @r"
        warning[unsupported-media-type]: body `a/b` cannot become tool input
          --> shop.yaml:41:13
           = skipped: operation `createOrder`
           = help: add a variant
        ");
    }

    #[test]
    fn sarif_names_files_by_uri_references() {
        assert_eq!(uri("specs/a b#1.yaml"), "specs/a%20b%231.yaml");
        assert_eq!(uri("<stdin>"), "%3Cstdin%3E");
        assert_eq!(uri("https://a.example/b.yaml"), "https://a.example/b.yaml");
    }

    #[test]
    fn github_gets_an_annotation_at_the_line() {
        insta::assert_snapshot!(github(&located()), @"::warning title=unsupported-media-type,file=shop.yaml,line=41,col=13::body `a/b` cannot become tool input; skipped: operation `createOrder`; help: add a variant");
    }

    #[test]
    fn text_of_a_spec_cannot_inject_a_second_annotation_or_colours() {
        let hidden = ['\u{1b}', '\u{202e}', '\u{2028}', '\u{feff}', '\u{e0041}'];
        let text = "a\n::error::b\u{1b}[31m\u{202e}\u{2028}\u{feff}\u{e0041}";
        let item = Located::new(Diagnostic::new(Code::NoTools, text), None);
        assert_eq!(github(&item).lines().count(), 1);
        assert!(!github(&item).contains(hidden));
        assert!(!human(&[item], Paint::Plain).contains(hidden));
    }

    #[test]
    fn many_of_one_kind_are_counted_instead_of_shown() {
        let items: Vec<_> = (0..100)
            .map(|n| {
                Located::new(
                    Diagnostic::new(Code::UnresolvedRef, format!("ref {n}")),
                    None,
                )
            })
            .collect();
        let text = human(&items, Paint::Plain);
        assert!(text.contains("80 more of these"), "{text}");
    }
}
