//! OpenAPI's table of styles: how a value becomes the text of a path, query, form, header or cookie.
//!
//! Everything that an argument contributes is percent-encoded here, so that it cannot leave its place. Where the text
//! ends up, and what is refused, is decided in `request`.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::super::tool::{Parameter, ParameterFormat, Style};
use super::body::Form;

/// Everything but RFC 3986's unreserved characters is encoded.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
/// `allowReserved`: what has no meaning of its own inside a query's value stays. `&`, `#`, `+`, `;`, `[` and `]` do have
/// one, to some servers at least, and mean the same when encoded.
const RESERVED: &AsciiSet = &UNRESERVED
    .remove(b':')
    .remove(b'/')
    .remove(b'?')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b',')
    .remove(b'=');

/// The same in a path: what may stand in a segment (RFC 3986 §3.3), without `;`, behind which some servers look for
/// parameters. `/`, `?` and `#` may not (OpenAPI 3.2 §4.8.2).
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.add(b'/').add(b'?').remove(b'&').remove(b'+');
/// The same between commas, and between names and values.
const RESERVED_IN_PATH_LIST: &AsciiSet = &RESERVED_IN_PATH.add(b',').add(b'=');

/// The same in a cookie, which can hold neither `,` nor `;`.
const RESERVED_IN_COOKIE: &AsciiSet = &RESERVED
    .add(b',')
    .remove(b'#')
    .remove(b'&')
    .remove(b'+')
    .remove(b'[')
    .remove(b']');

/// What a cookie cannot hold as it is.
const NO_COOKIE: &AsciiSet = &percent_encoding::CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b',')
    .add(b';')
    .add(b'\\');

/// The same as `RESERVED` between commas.
const RESERVED_IN_LIST: &AsciiSet = &RESERVED.add(b',');

/// A value's text, before encoding.
pub(in super::super) fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Bool(true) => Cow::Borrowed("true"),
        Value::Bool(false) => Cow::Borrowed("false"),
        Value::Null => Cow::Borrowed(""),
        Value::Number(number) => match number.as_f64() {
            // 5.0 is the integer 5 (JSON Schema 2020-12 §4.2.3), and integers are what URLs hold.
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 1e21 => {
                Cow::Owned(format!("{float:.0}"))
            }
            _ => Cow::Owned(number.to_string()),
        },
        // What the table leaves undefined: an array or object inside another.
        Value::Array(_) | Value::Object(_) => Cow::Owned(value.to_string()),
    }
}

/// Appends a text, encoded.
pub(super) fn encode(out: &mut String, text: &str) {
    out.extend(utf8_percent_encode(text, UNRESERVED));
}

/// Whether nothing of a value would be sent (RFC 6570 §2.3: undefined).
pub(super) fn is_undefined(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().all(Value::is_null),
        Value::Object(fields) => fields.values().all(Value::is_null),
        _ => false,
    }
}

/// Appends a path variable's value.
pub(super) fn path(out: &mut String, parameter: &Parameter, value: &Value) {
    let (name, style, explode) = (parameter.name, parameter.style, parameter.explode);
    let (first, separator) = match (style, explode) {
        (Style::Matrix, true) => (";", ";"),
        (Style::Matrix, false) => (";", ","),
        (Style::Label, true) => (".", "."),
        (Style::Label, false) => (".", ","),
        (style, _) => ("", separator(style)),
    };
    let named = style == Style::Matrix && !(explode && is_compound(value));
    out.push_str(first);
    if named {
        encode(out, name);
        if !text_is_empty(value) {
            out.push('=');
        }
    }
    let prefix = (style == Style::Matrix && explode).then_some(name);
    let reserved = if is_compound(value) {
        RESERVED_IN_PATH_LIST
    } else {
        RESERVED_IN_PATH
    };
    let reserved = parameter.allow_reserved.then_some(reserved);
    let mut write = |out: &mut String, text: &str| encode_value(out, text, reserved);
    list(out, value, explode, separator, prefix, &mut write);
}

/// The names that a value is sent by where they are not its parameter's own: those of a spread object's fields, decoded.
pub(super) fn spread_names(name: &str, value: &Value, style: Style, explode: bool) -> Vec<String> {
    match value {
        Value::Array(_) | Value::Object(_) if style == Style::DeepObject => {
            let mut names = Vec::new();
            deep_names(&mut names, name.to_owned(), value);
            names
        }
        Value::Object(fields) if explode || style == Style::Cookie => {
            fields.keys().cloned().collect()
        }
        _ => Vec::new(),
    }
}

fn deep_names(names: &mut Vec<String>, name: String, value: &Value) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                deep_names(names, format!("{name}[{key}]"), value);
            }
        }
        Value::Array(items) if items.iter().any(is_compound) => {
            for (index, value) in items.iter().enumerate() {
                deep_names(names, format!("{name}[{index}]"), value);
            }
        }
        Value::Array(_) => names.push(format!("{name}[]")),
        _ => names.push(name),
    }
}

/// Whether a pair of this name belongs to a parameter: `filter[status]` is a part of the deepObject `filter`.
pub(super) fn is_sent_as(parameter: &str, is_deep: bool, name: &str) -> bool {
    match name.strip_prefix(parameter) {
        Some("") => true,
        Some(rest) => is_deep && rest.starts_with('['),
        None => false,
    }
}

/// A character that stands between the items of a list and in one of them, where it cannot be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Split(char);

impl std::fmt::Display for Split {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            ' ' => "spaces",
            '|' => "`|`",
            '\t' => "tabs",
            '=' => "`=`",
            _ => "commas",
        })
    }
}

/// The separator that the text of an item or field of a header or a part holds.
pub(super) fn split_in_text(value: &Value, style: Style, explode: bool) -> Option<Split> {
    split(value, plain_separator(style), explode)
}

/// The separator that the text of an item or field of a URL or form holds. Between commas it is encoded; the other
/// separators are encoded themselves (OpenAPI 3.1.1 §4.8.12.5), so that one in an item looks the same.
pub(super) fn split_in_url(value: &Value, style: Style, explode: bool) -> Option<Split> {
    match style {
        Style::SpaceDelimited | Style::PipeDelimited | Style::TabDelimited if !explode => {
            split(value, plain_separator(style), false)
        }
        _ => None,
    }
}

fn split(value: &Value, separator: char, explode: bool) -> Option<Split> {
    let splits = |value: &Value| text(value).contains(separator);
    match value {
        Value::Array(items) => items.iter().any(splits).then_some(Split(separator)),
        Value::Object(fields) => {
            let is_split = (fields.iter())
                .any(|(name, value)| name.contains(separator) || splits(value))
                .then_some(Split(separator));
            let has_equals = || explode && fields.keys().any(|name| name.contains('='));
            is_split.or_else(|| has_equals().then_some(Split('=')))
        }
        _ => None,
    }
}

/// What stands between items in text that is not encoded.
fn plain_separator(style: Style) -> char {
    match style {
        Style::SpaceDelimited => ' ',
        Style::PipeDelimited => '|',
        Style::TabDelimited => '\t',
        _ => ',',
    }
}

/// What stands between items in a URL. Swagger 2.0 has the last three in paths too.
fn separator(style: Style) -> &'static str {
    match style {
        Style::SpaceDelimited => "%20",
        Style::PipeDelimited => "%7C",
        Style::TabDelimited => "%09",
        _ => ",",
    }
}

/// A value as one text without encoding: that of a header, or of a part.
pub(super) fn joined(value: &Value, style: Style, explode: bool) -> String {
    let mut out = String::new();
    list(
        &mut out,
        value,
        explode,
        plain_separator(style).encode_utf8(&mut [0; 4]),
        None,
        &mut |out, text| {
            out.push_str(text);
        },
    );
    out
}

/// A list with its inner lists as texts, the innermost joined first.
pub(super) fn with_joined_items(value: &Value, formats: &[Style]) -> Result<Value, Split> {
    let (Value::Array(items), [format, rest @ ..]) = (value, formats) else {
        return Ok(value.clone());
    };
    let text_of = |item: &Value| {
        if !item.is_array() {
            return Ok(item.clone());
        }
        let item = with_joined_items(item, rest)?;
        match split_in_text(&item, *format, false) {
            Some(split) => Err(split),
            None => Ok(Value::String(joined(&item, *format, false))),
        }
    };
    items.iter().map(text_of).collect()
}

/// The text of a value that is sent by a media type; `None` for one that has a style.
pub(super) fn content(parameter: &Parameter, value: &Value) -> Option<String> {
    match (parameter.format, value) {
        (ParameterFormat::Style, _) => None,
        (ParameterFormat::Json, value) => Some(value.to_string()),
        (ParameterFormat::Form, Value::Object(given)) => {
            Some(Form::of(given, parameter.fields).text())
        }
        (ParameterFormat::Form, value) => Some(text(value).into_owned()),
    }
}

/// How pairs are joined: in a query and a form, or in a `Cookie` header.
#[derive(Clone, Copy)]
pub(super) struct Pairs<'a> {
    pub(super) separator: &'a str,
    pub(super) allow_reserved: bool,
}

impl Pairs<'_> {
    /// Appends `name=value`, or several of them, separated from what is there already.
    pub(super) fn push(
        self,
        out: &mut String,
        name: &str,
        value: &Value,
        style: Style,
        explode: bool,
    ) {
        if is_undefined(value) {
            return;
        }
        match (style, value) {
            (Style::DeepObject, Value::Array(_) | Value::Object(_)) => {
                deep_pairs(name, value, &mut |name, text| self.pair(out, name, text));
            }
            (Style::Cookie, Value::Array(_) | Value::Object(_)) if !explode => {
                self.key(out, name);
                list(out, value, false, ",", None, &mut |out, text| {
                    out.extend(utf8_percent_encode(text, NO_COOKIE));
                });
            }
            (Style::Cookie, Value::Array(items)) => {
                for item in items.iter().filter(|item| !item.is_null()) {
                    self.raw_pair(out, name, &text(item));
                }
            }
            (Style::Cookie, Value::Object(fields)) => {
                for (key, item) in fields.iter().filter(|(_, item)| !item.is_null()) {
                    self.raw_pair(out, key, &text(item));
                }
            }
            (Style::Cookie, value) => self.raw_pair(out, name, &text(value)),
            (_, Value::Array(items)) if explode => {
                for item in items.iter().filter(|item| !item.is_null()) {
                    self.pair(out, name, &text(item));
                }
            }
            (_, Value::Object(fields)) if explode => {
                for (key, item) in fields.iter().filter(|(_, item)| !item.is_null()) {
                    self.pair(out, key, &text(item));
                }
            }
            (_, Value::Array(_) | Value::Object(_)) => {
                let separator = separator(style);
                self.key(out, name);
                // A comma inside an item must not look like one between items.
                let reserved = self.reserved(RESERVED_IN_LIST);
                list(out, value, false, separator, None, &mut |out, text| {
                    encode_value(out, text, reserved);
                });
            }
            _ => self.pair(out, name, &text(value)),
        }
    }

    /// Appends a text that is the whole query.
    pub(super) fn whole(self, out: &mut String, text: &str, is_encoded: bool) {
        if text.is_empty() {
            return;
        }
        self.separate(out);
        if is_encoded {
            out.push_str(text);
        } else {
            encode(out, text);
        }
    }

    /// Appends `name=text`.
    pub(super) fn pair(self, out: &mut String, name: &str, text: &str) {
        self.key(out, name);
        encode_value(out, text, self.reserved(RESERVED));
    }

    /// What is encoded of a value of which not everything is.
    fn reserved(self, usual: &'static AsciiSet) -> Option<&'static AsciiSet> {
        let is_cookie = self.separator == "; ";
        let reserved = if is_cookie { RESERVED_IN_COOKIE } else { usual };
        self.allow_reserved.then_some(reserved)
    }

    /// Appends `name=text` without encoding what a cookie can hold (RFC 6265 §4.1.1, cookie-octet).
    fn raw_pair(self, out: &mut String, name: &str, text: &str) {
        self.key(out, name);
        out.extend(utf8_percent_encode(text, NO_COOKIE));
    }

    fn key(self, out: &mut String, name: &str) {
        self.separate(out);
        encode(out, name);
        out.push('=');
    }

    fn separate(self, out: &mut String) {
        if !out.is_empty() {
            out.push_str(self.separator);
        }
    }
}

/// The pairs of a deepObject: `key[a][b]` and a value; `key[]` for plain items and `key[0][a]` for objects in a list. The
/// table leaves this undefined: so it is written for Rails, PHP and Stripe, and read by the most servers.
pub(super) fn deep_pairs(key: &str, value: &Value, write: &mut dyn FnMut(&str, &str)) {
    match value {
        Value::Null => {}
        Value::Object(fields) => {
            for (name, value) in fields {
                deep_pairs(&format!("{key}[{name}]"), value, write);
            }
        }
        Value::Array(items) => {
            let is_plain = !items.iter().any(is_compound);
            for (index, value) in items.iter().enumerate() {
                let key = if is_plain {
                    format!("{key}[]")
                } else {
                    format!("{key}[{index}]")
                };
                deep_pairs(&key, value, write);
            }
        }
        scalar => write(key, &text(scalar)),
    }
}

/// Appends a text, encoded; with a set by `allowReserved`, what is encoded already stays.
fn encode_value(out: &mut String, text: &str, reserved: Option<&'static AsciiSet>) {
    let Some(encoded) = reserved else {
        return encode(out, text);
    };
    let mut rest = text;
    // RFC 6570 §3.2.3: what is percent-encoded already stays so.
    while let Some(at) = rest.find('%') {
        let is_encoded = (rest.as_bytes().get(at + 1..at + 3))
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        out.extend(utf8_percent_encode(&rest[..at], encoded));
        let (sign, end) = if is_encoded {
            (&rest[at..at + 3], at + 3)
        } else {
            ("%25", at + 1)
        };
        out.push_str(sign);
        rest = &rest[end..];
    }
    out.extend(utf8_percent_encode(rest, encoded));
}

fn is_compound(value: &Value) -> bool {
    matches!(value, Value::Array(_) | Value::Object(_))
}

fn text_is_empty(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        other => is_undefined(other),
    }
}

/// Appends `a,b`, `k,v,k,v` or `k=v,k=v`; with a `prefix`, the items of an array are `prefix=a`.
fn list(
    out: &mut String,
    value: &Value,
    explode: bool,
    separator: &str,
    prefix: Option<&str>,
    write: &mut dyn FnMut(&mut String, &str),
) {
    let mut first = true;
    let mut separate = |out: &mut String| {
        if !std::mem::take(&mut first) {
            out.push_str(separator);
        }
    };
    match value {
        Value::Array(items) => {
            for item in items.iter().filter(|item| !item.is_null()) {
                separate(out);
                if let Some(prefix) = prefix {
                    write(out, prefix);
                    out.push('=');
                }
                write(out, &text(item));
            }
        }
        Value::Object(fields) => {
            for (key, item) in fields.iter().filter(|(_, item)| !item.is_null()) {
                separate(out);
                write(out, key);
                if explode {
                    out.push('=');
                } else {
                    out.push_str(separator);
                }
                write(out, &text(item));
            }
        }
        scalar => write(out, &text(scalar)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn samples() -> [Value; 4] {
        [
            json!(""),
            json!("blue"),
            json!(["blue", "black", "brown"]),
            json!({"R": 100, "G": 200, "B": 150}),
        ]
    }

    /// OpenAPI 3.1.1 §4.8.12.6, "Style Examples": the columns empty, string, array and object.
    #[test]
    fn the_table_of_styles_holds_for_paths() {
        for (style, explode, expected) in [
            (
                Style::Matrix,
                false,
                [
                    ";color",
                    ";color=blue",
                    ";color=blue,black,brown",
                    ";color=R,100,G,200,B,150",
                ],
            ),
            (
                Style::Matrix,
                true,
                [
                    ";color",
                    ";color=blue",
                    ";color=blue;color=black;color=brown",
                    ";R=100;G=200;B=150",
                ],
            ),
            (
                Style::Label,
                false,
                [".", ".blue", ".blue,black,brown", ".R,100,G,200,B,150"],
            ),
            (
                Style::Label,
                true,
                [".", ".blue", ".blue.black.brown", ".R=100.G=200.B=150"],
            ),
            (
                Style::Simple,
                false,
                ["", "blue", "blue,black,brown", "R,100,G,200,B,150"],
            ),
            (
                Style::Simple,
                true,
                ["", "blue", "blue,black,brown", "R=100,G=200,B=150"],
            ),
        ] {
            for (value, expected) in samples().iter().zip(expected) {
                let mut out = String::new();
                let parameter = Parameter::path("color").style(style, explode);
                path(&mut out, &parameter, value);
                assert_eq!(out, expected, "{style:?} {explode} {value}");
            }
        }
    }

    #[test]
    fn the_table_of_styles_holds_for_queries() {
        let plain = "color=blue";
        for (style, explode, expected) in [
            (
                Style::Form,
                false,
                [
                    "color=",
                    plain,
                    "color=blue,black,brown",
                    "color=R,100,G,200,B,150",
                ],
            ),
            (
                Style::Form,
                true,
                [
                    "color=",
                    plain,
                    "color=blue&color=black&color=brown",
                    "R=100&G=200&B=150",
                ],
            ),
            (
                Style::SpaceDelimited,
                false,
                [
                    "color=",
                    plain,
                    "color=blue%20black%20brown",
                    "color=R%20100%20G%20200%20B%20150",
                ],
            ),
            (
                Style::PipeDelimited,
                false,
                [
                    "color=",
                    plain,
                    "color=blue%7Cblack%7Cbrown",
                    "color=R%7C100%7CG%7C200%7CB%7C150",
                ],
            ),
            (
                Style::DeepObject,
                true,
                [
                    "color=",
                    plain,
                    "color%5B%5D=blue&color%5B%5D=black&color%5B%5D=brown",
                    "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150",
                ],
            ),
        ] {
            for (value, expected) in samples().iter().zip(expected) {
                assert_eq!(
                    query("color", value, style, explode, false),
                    expected,
                    "{style:?} {explode} {value}"
                );
            }
        }
    }

    fn query(
        name: &str,
        value: &Value,
        style: Style,
        explode: bool,
        allow_reserved: bool,
    ) -> String {
        let mut out = String::new();
        let pairs = Pairs {
            separator: "&",
            allow_reserved,
        };
        pairs.push(&mut out, name, value, style, explode);
        out
    }

    #[test]
    fn deep_objects_nest() {
        let value = json!({"a": {"b": [1, {"c": "x y"}]}, "none": null});
        assert_eq!(
            query("f", &value, Style::DeepObject, true, false),
            "f%5Ba%5D%5Bb%5D%5B0%5D=1&f%5Ba%5D%5Bb%5D%5B1%5D%5Bc%5D=x%20y"
        );
    }

    #[test]
    fn a_value_cannot_add_a_parameter_even_with_reserved_characters_allowed() {
        let value = json!("a/b?c=d&admin=1#x;y+z%26 [é]");
        assert_eq!(
            query("q", &value, Style::Form, true, true),
            "q=a/b?c=d%26admin=1%23x%3By%2Bz%26%20%5B%C3%A9%5D"
        );
        assert_eq!(
            query("q", &json!(["a,b", "c"]), Style::Form, false, true),
            "q=a%2Cb,c"
        );
    }

    #[test]
    fn numbers_keep_their_digits() {
        for (value, expected) in [
            (json!(9_223_372_036_854_775_807_i64), "9223372036854775807"),
            (json!(u64::MAX), "18446744073709551615"),
            (json!(5.0), "5"),
            (json!(1e16), "10000000000000000"),
            (json!(1.25), "1.25"),
        ] {
            assert_eq!(text(&value), expected);
        }
    }

    #[test]
    fn undefined_values_are_not_sent() {
        for value in [json!(null), json!([]), json!({}), json!([null])] {
            assert_eq!(query("q", &value, Style::Form, true, false), "");
        }
    }
}
