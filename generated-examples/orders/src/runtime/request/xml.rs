//! XML from JSON values, by the `xml` hints of the description (OpenAPI 3.1 §4.8.26).
//!
//! The hints come as JSON: each schema's own `xml` object with `properties`, `additionalProperties` and `items` for what is
//! inside of it. `ref` names one of the root's `defs`, where the rest is told.

use serde_json::{Map, Value};

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

/// The document for a value.
///
/// # Errors
/// A value that XML cannot hold: a line that the model reads.
pub(super) fn document(value: &Value, hints: &Value) -> Result<String, String> {
    let mut out = DECLARATION.to_owned();
    let hints = Hints {
        root: hints,
        own: hints,
    };
    let name = hints.text("name").unwrap_or("root");
    match value {
        // A list at the top needs an element around it.
        Value::Array(items) => {
            open(&mut out, name, hints, &[])?;
            for item in items {
                property(&mut out, name, item, hints.items())?;
            }
            close(&mut out, name, hints);
        }
        value => element(&mut out, name, value, hints)?,
    }
    Ok(out)
}

/// Hints from their text. It is a part of the program: what cannot be read there is as if it were not there.
pub(super) fn parsed(hints: &str) -> Value {
    serde_json::from_str(hints).unwrap_or_default()
}

/// The hints of one schema.
#[derive(Clone, Copy)]
struct Hints<'h> {
    /// Has the `defs`.
    root: &'h Value,
    own: &'h Value,
}

impl<'h> Hints<'h> {
    /// What is said under a key, by the schema itself or by what it refers to.
    fn get(self, key: &str) -> Option<&'h Value> {
        /// References to references.
        const HOPS: usize = 16;
        let mut hints = self.own;
        for _ in 0..HOPS {
            if let Some(found) = hints.get(key) {
                return Some(found);
            }
            let name = hints.get("ref")?.as_str()?;
            hints = self.root.get("defs")?.get(name)?;
        }
        None
    }

    fn text(self, key: &str) -> Option<&'h str> {
        self.get(key)?.as_str()
    }

    fn is_set(self, key: &str) -> bool {
        self.get(key) == Some(&Value::Bool(true))
    }

    fn at(self, own: Option<&'h Value>) -> Self {
        Self {
            own: own.unwrap_or(&Value::Null),
            ..self
        }
    }

    fn items(self) -> Self {
        self.at(self.get("items"))
    }

    fn property(self, key: &str) -> Self {
        let named = self.get("properties").and_then(|all| all.get(key));
        self.at(named.or_else(|| self.get("additionalProperties")))
    }
}

/// A member of an object: one element, or one for each item.
fn property(out: &mut String, key: &str, value: &Value, hints: Hints<'_>) -> Result<(), String> {
    let name = hints.text("name").unwrap_or(key);
    let Value::Array(items) = value else {
        return match (value, hints.text("nodeType")) {
            (Value::Null, _) => Ok(()),
            // OpenAPI 3.2 §4.26.1: no node of its own, what is in it is in its parent.
            (Value::Object(fields), Some("none")) => members(out, fields, hints),
            _ => node(out, name, value, hints),
        };
    };
    let inner = hints.items();
    let is_wrapped = hints.is_set("wrapped") || hints.text("nodeType") == Some("element");
    // OpenAPI 3.0 §4.7.26.2: the name of the array itself counts only when it is wrapped.
    let item_name = inner
        .text("name")
        .unwrap_or(if is_wrapped { name } else { key });
    if is_wrapped {
        open(out, name, hints, &[])?;
    }
    for item in items.iter().filter(|item| !item.is_null()) {
        node(out, item_name, item, inner)?;
    }
    if is_wrapped {
        close(out, name, hints);
    }
    Ok(())
}

/// An element, or a text or section of its parent.
fn node(out: &mut String, name: &str, value: &Value, hints: Hints<'_>) -> Result<(), String> {
    if is_text(hints) {
        escape(out, &super::style::text(value))
    } else if hints.text("nodeType") == Some("cdata") {
        cdata(out, &super::style::text(value))
    } else {
        element(out, name, value, hints)
    }
}

fn is_text(hints: Hints<'_>) -> bool {
    hints.is_set("x-text") || hints.text("nodeType") == Some("text")
}

fn is_attribute(hints: Hints<'_>) -> bool {
    hints.is_set("attribute") || hints.text("nodeType") == Some("attribute")
}

fn element(out: &mut String, name: &str, value: &Value, hints: Hints<'_>) -> Result<(), String> {
    match value {
        Value::Object(fields) => object(out, name, fields, hints),
        Value::Array(items) => {
            open(out, name, hints, &[])?;
            for item in items.iter().filter(|item| !item.is_null()) {
                property(out, name, item, hints.items())?;
            }
            close(out, name, hints);
            Ok(())
        }
        scalar => {
            open(out, name, hints, &[])?;
            escape(out, &super::style::text(scalar))?;
            close(out, name, hints);
            Ok(())
        }
    }
}

fn object(
    out: &mut String,
    name: &str,
    fields: &Map<String, Value>,
    hints: Hints<'_>,
) -> Result<(), String> {
    let attributes: Vec<(&str, &Value, Hints<'_>)> = (fields.iter())
        .map(|(key, value)| (key.as_str(), value, hints.property(key)))
        .filter(|(_, value, hints)| is_attribute(*hints) && !value.is_null())
        .collect();
    open(out, name, hints, &attributes)?;
    members(out, fields, hints)?;
    close(out, name, hints);
    Ok(())
}

/// What is inside of an element.
fn members(out: &mut String, fields: &Map<String, Value>, hints: Hints<'_>) -> Result<(), String> {
    for (key, value) in fields {
        let hints = hints.property(key);
        if !is_attribute(hints) {
            property(out, key, value, hints)?;
        }
    }
    Ok(())
}

/// XML 1.0 §2.7: a section ends at the first `]]>`.
fn cdata(out: &mut String, text: &str) -> Result<(), String> {
    // What is no character of XML is refused here too.
    escape(&mut String::new(), text)?;
    out.push_str("<![CDATA[");
    out.push_str(&text.replace("]]>", "]]]]><![CDATA[>"));
    out.push_str("]]>");
    Ok(())
}

fn open(
    out: &mut String,
    name: &str,
    hints: Hints<'_>,
    attributes: &[(&str, &Value, Hints<'_>)],
) -> Result<(), String> {
    out.push('<');
    push_name(out, name, hints)?;
    if let Some(namespace) = hints.text("namespace") {
        let prefix = hints.text("prefix");
        let name = prefix.map_or_else(|| "xmlns".to_owned(), |prefix| format!("xmlns:{prefix}"));
        attribute(out, &name, namespace)?;
    }
    let mut declared: Vec<&str> = hints
        .text("namespace")
        .and(hints.text("prefix"))
        .into_iter()
        .collect();
    for (key, value, hints) in attributes {
        // Namespaces in XML 1.0 §5: an attribute's prefix is declared like its element's.
        if let (Some(prefix), Some(namespace)) = (hints.text("prefix"), hints.text("namespace"))
            && is_name(prefix)
            && !declared.contains(&prefix)
        {
            attribute(out, &format!("xmlns:{prefix}"), namespace)?;
            declared.push(prefix);
        }
        let mut name = String::new();
        push_name(&mut name, hints.text("name").unwrap_or(key), *hints)?;
        attribute(out, &name, &super::style::text(value))?;
    }
    out.push('>');
    Ok(())
}

/// XML 1.0 §3.3.3: white space in an attribute would be read as a space.
fn attribute(out: &mut String, name: &str, value: &str) -> Result<(), String> {
    let mut text = String::new();
    escape(&mut text, value)?;
    let text = text.replace('\n', "&#10;").replace('\t', "&#9;");
    out.push_str(&format!(" {name}=\"{text}\""));
    Ok(())
}

fn close(out: &mut String, name: &str, hints: Hints<'_>) {
    out.push_str("</");
    // The name was checked when the element was opened.
    let _ = push_name(out, name, hints);
    out.push('>');
}

fn push_name(out: &mut String, name: &str, hints: Hints<'_>) -> Result<(), String> {
    let prefix = hints.text("prefix");
    // Namespaces in XML 1.0 §4: a name may bring its prefix.
    let is_qualified = || {
        let parts = name.split_once(':').filter(|_| prefix.is_none());
        parts.is_some_and(|(prefix, local)| is_name(prefix) && is_name(local))
    };
    if !prefix.is_none_or(is_name) || !(is_name(name) || is_qualified()) {
        let shown: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
        return Err(format!("`{shown}` cannot be the name of an XML element"));
    }
    if let Some(prefix) = prefix {
        out.push_str(prefix);
        out.push(':');
    }
    out.push_str(name);
    Ok(())
}

/// XML 1.0 §2.3, `Name`, as far as names of fields go: letters, digits and `._-`, and no digit, dot or dash first.
fn is_name(name: &str) -> bool {
    let is_start = |c: char| c.is_alphabetic() || c == '_';
    name.starts_with(is_start)
        && name
            .chars()
            .all(|c| is_start(c) || c.is_alphanumeric() || "._-".contains(c))
}

/// XML 1.0 §2.2 and §2.4: what is markup is escaped, what is no character is refused.
fn escape(out: &mut String, text: &str) -> Result<(), String> {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            // Line ends would be made one by the parser.
            '\r' => out.push_str("&#13;"),
            '\n' | '\t' => out.push(c),
            // XML 1.0 §2.2: U+007F to U+009F are characters.
            c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                return Err("XML cannot hold control characters".to_owned());
            }
            c => out.push(c),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn xml(value: &Value, hints: &Value) -> String {
        let document = document(value, hints).expect("XML");
        document
            .strip_prefix(DECLARATION)
            .expect("a declaration")
            .to_owned()
    }

    /// OpenAPI 3.0.3 §4.7.26.2, "XML Object Examples".
    #[test]
    fn the_examples_of_the_specification_hold() {
        let person = json!({"id": 123, "name": "example"});
        let hints = json!({
            "name": "Person",
            "properties": {
                "id": {"attribute": true},
                "name": {"namespace": "http://example.com/schema/sample", "prefix": "sample"},
            },
        });
        assert_eq!(
            xml(&person, &hints),
            "<Person id=\"123\"><sample:name xmlns:sample=\"http://example.com/schema/sample\">example</sample:name></Person>"
        );
        let animals = json!({"animals": ["a", "b"]});
        let list = |hints: Value| json!({"name": "Zoo", "properties": {"animals": hints}});
        for (hints, expected) in [
            (json!({}), "<animals>a</animals><animals>b</animals>"),
            (
                json!({"items": {"name": "animal"}}),
                "<animal>a</animal><animal>b</animal>",
            ),
            (
                json!({"name": "aliens", "items": {"name": "animal"}}),
                "<animal>a</animal><animal>b</animal>",
            ),
            (
                json!({"wrapped": true}),
                "<animals><animals>a</animals><animals>b</animals></animals>",
            ),
            (
                json!({"wrapped": true, "items": {"name": "animal"}}),
                "<animals><animal>a</animal><animal>b</animal></animals>",
            ),
            (
                json!({"name": "aliens", "wrapped": true, "items": {"name": "animal"}}),
                "<aliens><animal>a</animal><animal>b</animal></aliens>",
            ),
            (
                json!({"name": "aliens", "wrapped": true}),
                "<aliens><aliens>a</aliens><aliens>b</aliens></aliens>",
            ),
        ] {
            assert_eq!(
                xml(&animals, &list(hints)),
                format!("<Zoo>{expected}</Zoo>")
            );
        }
    }

    #[test]
    fn a_value_stays_inside_its_element() {
        let value = json!({"a": "</a><b x=\"1\">&\r", "n": null, "o": {"i": [1, 2.5, true]}});
        let hints =
            json!({"properties": {"a": {"attribute": true, "prefix": "p", "namespace": "urn:p"}}});
        assert_eq!(
            xml(&json!({"a": "x\ny\tz\u{85}"}), &hints),
            "<root xmlns:p=\"urn:p\" p:a=\"x&#10;y&#9;z\u{85}\"></root>"
        );
        assert_eq!(
            xml(&value, &Value::Null),
            "<root><a>&lt;/a&gt;&lt;b x=&quot;1&quot;&gt;&amp;&#13;</a><o><i>1</i><i>2.5</i><i>true</i></o></root>"
        );
        for value in [
            json!({"a b": 1}),
            json!({"a><b": 1}),
            json!({"": 1}),
            json!({"1a": 1}),
            json!({"a": "\u{0}"}),
        ] {
            assert!(document(&value, &Value::Null).is_err(), "{value}");
        }
    }
}
