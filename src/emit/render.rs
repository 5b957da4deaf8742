//! Fills a template in. What comes from outside gets into a file through a filter of `quote` and in no other way.
//!
//! The environment refuses to print a string that no filter has marked as quoted, so that a forgotten filter is an
//! error of the first render and not a hole.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};

use super::quote;

/// Puts a text into a language as data.
type Filter = fn(&str) -> String;

/// Renders templates.
pub(super) struct Renderer {
    environment: Environment<'static>,
}

impl Renderer {
    /// An environment with our delimiters and filters.
    pub(super) fn new() -> Result<Self, Error> {
        let mut environment = Environment::new();
        environment.set_syntax(
            SyntaxConfig::builder()
                .block_delimiters("{%", "%}")
                .variable_delimiters("{$", "$}")
                .comment_delimiters("{#", "#}")
                .trim_blocks(true)
                .lstrip_blocks(true)
                .keep_trailing_newline(true)
                .build()?,
        );
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_formatter(|out, _state, value| {
            let written = match value.kind() {
                ValueKind::String if value.is_safe() => out.write_fmt(format_args!("{value}")),
                ValueKind::Number => out.write_fmt(format_args!("{value}")),
                ValueKind::Bool => out.write_str(if value.is_true() { "true" } else { "false" }),
                _ => {
                    return Err(Error::new(
                        ErrorKind::BadEscape,
                        "a value is printed that no quoting filter has seen",
                    ));
                }
            };
            written.map_err(Error::from)
        });
        // The built-in filter would be a way around the formatter.
        environment.remove_filter("safe");
        environment.add_filter("plain", |text: &str| {
            quote::plain(text)
                .map(Value::from_safe_string)
                .map_err(|name| {
                    Error::new(
                        ErrorKind::BadEscape,
                        format!("`{}` is no plain name", name.0.escape_debug()),
                    )
                })
        });
        let quoting: [(&str, Filter); 10] = [
            ("comment", quote::comment),
            ("dockerfile", quote::dockerfile),
            ("env_url", quote::env_url),
            ("json", quote::json),
            ("md", quote::md),
            ("md_code", quote::md_code),
            ("md_line", quote::md_line),
            ("rustdoc", quote::rustdoc),
            ("sh", quote::sh),
            ("toml", quote::toml),
        ];
        for (name, filter) in quoting {
            environment.add_filter(name, move |text: &str| {
                Value::from_safe_string(filter(text))
            });
        }
        Ok(Self { environment })
    }

    /// The text of a template with `context` filled in.
    pub(super) fn render(
        &self,
        name: &str,
        template: &str,
        context: &Value,
    ) -> Result<String, Error> {
        self.environment.render_named_str(name, template, context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::context;

    fn render(template: &str) -> Result<String, String> {
        Renderer::new()
            .and_then(|renderer| {
                let context = context! { name => "shop", title => "a \"b\"", count => 3 };
                renderer.render("test", template, &context)
            })
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_string_that_was_not_quoted_is_refused() {
        assert!(render("{$ title $}").is_err());
        assert!(render("{$ title|upper $}").is_err());
        assert!(render("{$ title|safe $}").is_err());
        assert!(render("{$ title ~ (title|toml) $}").is_err());
        assert_eq!(
            render("{$ title|toml $} {$ count $}"),
            Ok("\"a \\\"b\\\"\" 3".to_owned())
        );
    }

    #[test]
    fn other_languages_braces_are_left_alone() {
        let text = "${X} ${{ github.sha }} {{ x }} println!(\"{}\")\n";
        assert_eq!(render(text), Ok(text.to_owned()));
    }

    #[test]
    fn an_unknown_name_is_an_error() {
        assert!(render("{$ nmae|toml $}").is_err());
        assert!(render("{% if nmae %}{% endif %}").is_err());
    }
}
