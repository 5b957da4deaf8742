//! The generated crate's Cargo.toml and Cargo.lock, beyond what their templates say.

use std::fmt::Write as _;

use indexmap::IndexMap;
use toml::Value;

use super::quote;

/// Adds the owner's dependencies to the text of a manifest. One that the runtime has too is merged into one line: the
/// owner's version and source, the features of both.
pub(super) fn with_dependencies(manifest: &str, dependencies: &IndexMap<String, Value>) -> String {
    if dependencies.is_empty() {
        return manifest.to_owned();
    }
    let mut result = String::new();
    let mut table = "";
    let mut added = false;
    for line in manifest.split_inclusive('\n') {
        if line.starts_with('[') {
            if table == "[dependencies]" {
                add(&mut result, manifest, dependencies);
                added = true;
            }
            table = line.trim_end();
        }
        let name = line.split_once(" = ").map(|(name, _)| name);
        let replaced = name.is_some_and(|name| dependencies.contains_key(name));
        if table != "[dependencies]" || !replaced {
            result.push_str(line);
        }
    }
    if !added {
        add(&mut result, manifest, dependencies);
    }
    result
}

/// Adds the lines at the end of the `[dependencies]` table, before the empty line that ends it.
fn add(result: &mut String, manifest: &str, dependencies: &IndexMap<String, Value>) {
    let parsed: toml::Table = manifest.parse().unwrap_or_default();
    let ours = parsed.get("dependencies").and_then(Value::as_table);
    result.truncate(result.trim_end().len());
    result.push_str("\n\n# From mcpgen.toml.\n");
    for (name, theirs) in dependencies {
        let merged = match ours.and_then(|ours| ours.get(name)) {
            Some(ours) => merge(ours, theirs),
            None => theirs.clone(),
        };
        let key = quote::plain(name).unwrap_or_else(|name| quote::toml(&name.0));
        // Writing into a string cannot fail.
        let _ = writeln!(result, "{key} = {}", inline(&merged));
    }
    result.push('\n');
}

/// The owner's dependency with the features that the runtime needs of it.
fn merge(ours: &Value, theirs: &Value) -> Value {
    let mut merged = ours.as_table().cloned().unwrap_or_default();
    if let Some(version) = ours.as_str() {
        merged.insert("version".to_owned(), version.into());
    }
    match theirs {
        Value::Table(theirs) => {
            if ["path", "git"].iter().any(|key| theirs.contains_key(*key)) {
                merged.remove("version");
            }
            // Who adds a crate without a word about its default features means them.
            if !theirs.contains_key("default-features") {
                merged.remove("default-features");
            }
            for (key, value) in theirs {
                let all = match (key.as_str(), merged.get(key), value) {
                    ("features", Some(Value::Array(ours)), Value::Array(more)) => {
                        let new = more.iter().filter(|feature| !ours.contains(feature));
                        Value::Array(ours.iter().chain(new).cloned().collect())
                    }
                    _ => value.clone(),
                };
                merged.insert(key.clone(), all);
            }
        }
        version => {
            merged.remove("default-features");
            merged.insert("version".to_owned(), version.clone());
        }
    }
    Value::Table(merged)
}

/// A value on one line.
fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => quote::toml(text),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(inline).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Table(table) => {
            let entries: Vec<_> = table
                .iter()
                .map(|(key, value)| {
                    let key = quote::plain(key).unwrap_or_else(|key| quote::toml(&key.0));
                    format!("{key} = {}", inline(value))
                })
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

/// Puts the packages of a Cargo.lock in the order in which cargo writes them, so that the first build leaves it alone.
pub(super) fn in_order(lock: &str) -> String {
    const START: &str = "[[package]]\n";
    let mut parts = lock.split(START);
    let header = parts.next().unwrap_or_default();
    let mut packages: Vec<&str> = parts.map(str::trim_end).collect();
    packages.sort_by_key(|package| {
        let field = |key: &str| {
            package
                .lines()
                .find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "))
                .map(|value| value.trim_matches('"').to_owned())
        };
        field("name")
    });
    let mut result = header.to_owned();
    for (index, package) in packages.iter().enumerate() {
        if index > 0 {
            result.push('\n');
        }
        result.push_str(START);
        result.push_str(package);
        result.push('\n');
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "[package]\nname = \"shop-mcp\"\n\n[dependencies]\nbytes = \"1\"\ntokio = { version = \"1\", features = [\"fs\"] }\n\n[lints.rust]\nunsafe_code = \"forbid\"\n";

    fn with(dependencies: &str) -> String {
        let table: toml::Table = dependencies.parse().expect("TOML");
        with_dependencies(MANIFEST, &table.into_iter().collect())
    }

    #[test]
    fn the_owners_dependencies_stand_after_ours() {
        assert_eq!(
            with("uuid = '1'"),
            MANIFEST.replace(
                "\n\n[lints",
                "\n\n# From mcpgen.toml.\nuuid = \"1\"\n\n[lints"
            )
        );
    }

    #[test]
    fn one_that_we_have_too_keeps_our_features() {
        let manifest =
            with("tokio = { version = '1.40', features = ['net', 'fs'] }\nbytes = '1.5'");
        let table: toml::Table = manifest.parse().expect("no key is there twice");
        let tokio = &table["dependencies"]["tokio"];
        assert_eq!(tokio["version"].as_str(), Some("1.40"));
        assert_eq!(tokio["features"].to_string(), "[\"fs\", \"net\"]");
        assert_eq!(
            table["dependencies"]["bytes"]["version"].as_str(),
            Some("1.5")
        );
    }

    #[test]
    fn a_name_or_value_stays_what_it_is() {
        let manifest = with("\"a\\\"]\\n[x\" = \"1\\n[lints]\"");
        let table: toml::Table = manifest.parse().expect("TOML");
        assert_eq!(
            table["dependencies"]["a\"]\n[x"].as_str(),
            Some("1\n[lints]")
        );
    }

    #[test]
    fn packages_are_sorted_by_name() {
        let lock = "version = 4\n\n[[package]]\nname = \"zoo-mcp\"\nversion = \"0.1.0\"\n\n[[package]]\nname = \"axum\"\nversion = \"1\"\n";
        assert_eq!(
            in_order(lock),
            "version = 4\n\n[[package]]\nname = \"axum\"\nversion = \"1\"\n\n[[package]]\nname = \"zoo-mcp\"\nversion = \"0.1.0\"\n"
        );
    }
}
