//! What a prompt is: a message, or several, with gaps that a client's user fills in.

/// One version of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PromptDef {
    /// The name, `^[a-z][a-z0-9_]*$`.
    pub name: &'static str,
    /// What a person reads in a list.
    pub title: &'static str,
    /// What a person reads about it; may be empty.
    pub description: &'static str,
    /// Which version of the prompt this is, or empty. The newest stands first among those of a name.
    pub version: &'static str,
    /// What its gaps are called.
    pub arguments: &'static [PromptArgument],
    /// What is said, in order.
    pub messages: &'static [PromptMessage],
}

/// Something that a prompt asks its user for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PromptArgument {
    /// The name, `^[A-Za-z0-9_]{1,64}$`.
    pub name: &'static str,
    /// What a person reads in a form; may be empty.
    pub title: &'static str,
    /// What a person reads about it; may be empty.
    pub description: &'static str,
    /// Whether there is no prompt without it.
    pub required: bool,
    /// What is suggested while it is typed.
    pub values: &'static [&'static str],
    /// A tool and its argument, whose values are suggested too.
    pub complete: Option<(&'static str, &'static str)>,
}

/// One message of a prompt. `{{NAME}}` in it is the argument of this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PromptMessage {
    /// Whether the model said it, not its user.
    pub by_assistant: bool,
    /// What is said.
    pub content: PromptContent,
}

/// What a message of a prompt says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromptContent {
    /// Text.
    Text(&'static str),
    /// A resource of this server by its URI, which is read when the prompt is asked for.
    Resource(&'static str),
    /// An image: media type and base64.
    Image(&'static str, &'static str),
}

impl PromptDef {
    /// A prompt of these messages.
    #[must_use]
    pub const fn new(
        name: &'static str,
        title: &'static str,
        messages: &'static [PromptMessage],
    ) -> Self {
        Self {
            name,
            title,
            description: "",
            version: "",
            arguments: &[],
            messages,
        }
    }

    /// Sets the description.
    #[must_use]
    pub const fn description(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// Is this version of the prompt.
    #[must_use]
    pub const fn version(mut self, version: &'static str) -> Self {
        self.version = version;
        self
    }

    /// Asks for these.
    #[must_use]
    pub const fn arguments(mut self, arguments: &'static [PromptArgument]) -> Self {
        self.arguments = arguments;
        self
    }
}

impl PromptArgument {
    /// Whether an argument may have this name: `^[A-Za-z0-9_]{1,64}$`, so that a gap can hold it.
    #[must_use]
    pub fn is_name(name: &str) -> bool {
        (1..=64).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    }

    /// An argument that may be left out.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            title: "",
            description: "",
            required: false,
            values: &[],
            complete: None,
        }
    }

    /// Sets the title.
    #[must_use]
    pub const fn title(mut self, title: &'static str) -> Self {
        self.title = title;
        self
    }

    /// Sets the description.
    #[must_use]
    pub const fn description(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// Cannot be left out.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Suggests these.
    #[must_use]
    pub const fn values(mut self, values: &'static [&'static str]) -> Self {
        self.values = values;
        self
    }

    /// Suggests what an argument of a tool may be.
    #[must_use]
    pub const fn complete(mut self, tool: &'static str, argument: &'static str) -> Self {
        self.complete = Some((tool, argument));
        self
    }
}

impl PromptMessage {
    /// The user says this.
    #[must_use]
    pub const fn user(content: PromptContent) -> Self {
        Self {
            by_assistant: false,
            content,
        }
    }

    /// The model says this.
    #[must_use]
    pub const fn assistant(content: PromptContent) -> Self {
        Self {
            by_assistant: true,
            content,
        }
    }
}

/// A piece of a text with gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece<'t> {
    /// Text that stays.
    Text(&'t str),
    /// `{{NAME}}`, spaces within the braces or not.
    Gap(&'t str),
}

/// Cuts a text at its gaps. What is in braces but has another form than a name is text.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut from = 0;
    while let Some(open) = text[from..].find("{{").map(|at| from + at) {
        let inside = &text[open + 2..];
        // A name is short: what has no end nearby is none, and is not looked through again and again.
        let near = inside.as_bytes().iter().take(NEAR);
        let close = near
            .clone()
            .zip(near.skip(1))
            .position(|pair| pair == (&b'}', &b'}'));
        let name = close.and_then(|close| inside.get(..close)).map(str::trim);
        let Some(name) = name.filter(|name| PromptArgument::is_name(name)) else {
            from = open + 1;
            continue;
        };
        if start < open {
            pieces.push(Piece::Text(&text[start..open]));
        }
        pieces.push(Piece::Gap(name));
        start = open + 2 + close.unwrap_or_default() + 2;
        from = start;
    }
    if start < text.len() {
        pieces.push(Piece::Text(&text[start..]));
    }
    pieces
}

/// The longest name with spaces around it, and both braces.
const NEAR: usize = 80;

#[cfg(test)]
mod tests {
    use super::Piece::{Gap, Text};
    use super::*;

    #[test]
    fn gaps_are_names_in_double_braces_and_nothing_else_is() {
        let of = |text: &'static str| pieces(text);
        assert_eq!(of("a {{x}} b"), [Text("a "), Gap("x"), Text(" b")]);
        assert_eq!(of("{{ x }}{{y_2}}"), [Gap("x"), Gap("y_2")]);
        assert_eq!(of("{{{x}}}"), [Text("{"), Gap("x"), Text("}")]);
        for text in [
            "{{}}",
            "{{a b}}",
            "{{a-b}}",
            "{{a",
            "a}}",
            "{ {a}}",
            "{{ä}}",
            "{{#if x}}",
        ] {
            assert_eq!(of(text), [Text(text)], "{text}");
        }
        assert!(of("").is_empty());
    }

    #[test]
    fn a_text_of_braces_is_cut_in_linear_time() {
        let text = "{{".repeat(500_000);
        assert_eq!(pieces(&text).len(), 1);
    }
}
