//! The words of a command line, as a POSIX shell splits them (XCU §2.2), without a shell.
//!
//! Nothing is expanded or redirected: what would mean more than itself to a shell is a mistake, so that a line never means
//! something else here than its owner had in mind.

/// What a shell reads as more than a character, outside of quotes.
const OPERATORS: &str = "|&;<>()*?[$`\n";
const MORE: &str = "holds a character that means more to a shell, and there is none: quote it, or write `sh -c '…'`";

/// The words of a line.
///
/// # Errors
/// It has no words, or does not mean a list of words: the end of a sentence, without a part of the line.
pub(super) fn words(line: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = line.trim().chars();
    while let Some(c) = rest.next() {
        if c == ' ' || c == '\t' {
            words.extend(word.take());
            continue;
        }
        let is_first = word.is_none();
        let word = word.get_or_insert_default();
        match c {
            '\'' => single_quoted(&mut rest, word)?,
            '"' => double_quoted(&mut rest, word)?,
            '\\' => match rest.next().ok_or("ends with a backslash")? {
                // A line goes on in the next one.
                '\n' => {}
                c => word.push(c),
            },
            c if OPERATORS.contains(c) || (is_first && matches!(c, '~' | '#')) => return Err(MORE),
            c => word.push(c),
        }
    }
    words.extend(word);
    match words.first() {
        Some(program) if !program.is_empty() => Ok(words),
        _ => Err("names no program"),
    }
}

const OPEN: &str = "has a quote that does not end";

fn single_quoted(rest: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), &'static str> {
    loop {
        match rest.next().ok_or(OPEN)? {
            '\'' => return Ok(()),
            c => word.push(c),
        }
    }
}

fn double_quoted(rest: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), &'static str> {
    loop {
        match rest.next().ok_or(OPEN)? {
            '"' => return Ok(()),
            '$' | '`' => return Err(MORE),
            '\\' => match rest.next().ok_or(OPEN)? {
                '\n' => {}
                c @ ('$' | '`' | '"' | '\\') => word.push(c),
                c => word.extend(['\\', c]),
            },
            c => word.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_split_as_a_shell_splits_it() {
        for (line, wanted) in [
            (
                "vault read -field=token secret/x",
                &["vault", "read", "-field=token", "secret/x"][..],
            ),
            ("  a \t b ", &["a", "b"]),
            (r#"a 'b c'd "e f" g\ h"#, &["a", "b cd", "e f", "g h"]),
            (r#"a '' "" x"#, &["a", "", "", "x"]),
            (r#"a "\"\\\$\`\n" '\n$x'"#, &["a", "\"\\$`\\n", "\\n$x"]),
            (r"a b~c#d \| \~", &["a", "b~c#d", "|", "~"]),
            ("a 'b\nc' d\\\ne", &["a", "b\nc", "de"]),
            ("printf 'ü €'", &["printf", "ü €"]),
        ] {
            assert_eq!(words(line).expect(line), wanted);
        }
    }

    #[test]
    fn what_only_a_shell_understands_is_a_mistake() {
        for line in [
            "a | b",
            "a && b",
            "a; b",
            "a > b",
            "a $HOME",
            "a \"$HOME\"",
            "a `b`",
            "a \"`b`\"",
            "a *",
            "~/a",
            "a #b",
            "a\nb",
            "(a)",
        ] {
            assert_eq!(words(line), Err(MORE), "{line}");
        }
        for (line, why) in [
            ("a 'b", OPEN),
            ("a \"b", OPEN),
            ("a \"b\\", OPEN),
            ("a \\", "ends with a backslash"),
            ("", "names no program"),
            ("'' a", "names no program"),
        ] {
            assert_eq!(words(line), Err(why), "{line}");
        }
    }
}
