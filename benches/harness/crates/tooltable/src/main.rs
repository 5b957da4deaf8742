//! An OpenAPI document as the tool table of rawfwd and rmcpfwd, and as JSON for the peers that read no YAML.
//!
//! Plain on purpose, for the references are to measure forwarding and not reading: one tool an operation; path, query
//! and header parameters as arguments, the request body as `body`; `$ref`s written out to a depth of 5, then left open.
//!
//! ```text
//! tooltable SPEC TOOLS.json [SPEC.json]
//! ```

use std::{env, error::Error, fs, path::Path};

use serde_json::{Map, Value, json};

const METHODS: [&str; 7] = ["get", "post", "put", "patch", "delete", "head", "options"];
const DEPTH: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let files: Vec<String> = env::args().skip(1).collect();
    let [spec_file, tools_file, rest @ ..] = files.as_slice() else {
        return Err("usage: tooltable SPEC TOOLS.json [SPEC.json]".into());
    };
    let text = fs::read_to_string(spec_file)?;
    let spec: Value = if Path::new(spec_file)
        .extension()
        .is_some_and(|kind| kind == "json")
    {
        serde_json::from_str(&text)?
    } else {
        serde_norway::from_str(&text)?
    };
    let tools = Document(&spec).tools();
    fs::write(tools_file, serde_json::to_vec(&tools)?)?;
    if let [json_file] = rest {
        fs::write(json_file, serde_json::to_vec(&spec)?)?;
    }
    Ok(())
}

struct Document<'a>(&'a Value);

impl<'a> Document<'a> {
    fn tools(&self) -> Vec<Value> {
        let mut tools = Vec::new();
        for (path, item) in entries(&self.0["paths"]) {
            for method in METHODS {
                if let Some(operation) = item.get(method) {
                    tools.push(self.tool(path, method, item, operation));
                }
            }
        }
        tools
    }

    fn tool(&self, path: &str, method: &str, item: &'a Value, operation: &'a Value) -> Value {
        let mut properties = Map::new();
        let mut required = Vec::new();
        let mut places = Map::new();
        for parameter in elements(&item["parameters"]).chain(elements(&operation["parameters"])) {
            let parameter = self.followed(parameter);
            let name = text(&parameter["name"]);
            let mut schema = self.expanded(&parameter["schema"], 0);
            if let (Some(schema), Some(description)) =
                (schema.as_object_mut(), parameter.get("description"))
            {
                schema.insert("description".into(), description.clone());
            }
            properties.insert(name.into(), schema);
            places.insert(name.into(), parameter["in"].clone());
            if parameter["required"] == true {
                required.push(name);
            }
        }
        if let Some(body) = operation.get("requestBody").map(|body| self.followed(body)) {
            let first = entries(&body["content"])
                .next()
                .map_or(&Value::Null, |(_, media)| &media["schema"]);
            properties.insert("body".into(), self.expanded(first, 0));
            places.insert("body".into(), "body".into());
            if body["required"] == true {
                required.push("body");
            }
        }
        let name = operation["operationId"]
            .as_str()
            .map_or_else(|| format!("{method}{path}"), str::to_owned);
        let summary = ["summary", "description"]
            .iter()
            .find_map(|key| operation[*key].as_str())
            .unwrap_or(&name);
        json!({
            "name": legal(&name), "description": summary,
            "inputSchema": {"type": "object", "properties": properties, "required": required},
            "method": method.to_uppercase(), "path": path, "params": places,
        })
    }

    fn followed(&self, node: &'a Value) -> &'a Value {
        let Some(reference) = node["$ref"].as_str() else {
            return node;
        };
        self.0
            .pointer(reference.trim_start_matches('#'))
            .unwrap_or(&Value::Null)
    }

    fn expanded(&self, node: &'a Value, depth: usize) -> Value {
        match node {
            Value::Object(_) if node["$ref"].is_string() && depth >= DEPTH => json!({}),
            Value::Object(_) if node["$ref"].is_string() => {
                self.expanded(self.followed(node), depth + 1)
            }
            Value::Object(map) => {
                let kept = map
                    .iter()
                    .filter(|(key, _)| !matches!(key.as_str(), "example" | "examples"));
                let kept = kept.filter(|(key, _)| !key.starts_with("x-"));
                Value::Object(
                    kept.map(|(key, value)| (key.clone(), self.expanded(value, depth)))
                        .collect(),
                )
            }
            Value::Array(items) => items
                .iter()
                .map(|item| self.expanded(item, depth))
                .collect(),
            Value::Null => json!({}),
            other => other.clone(),
        }
    }
}

/// Cut to the 64 characters that clients allow; a name may stand twice then, which a reference can afford.
fn legal(name: &str) -> String {
    let legal = |c: char| {
        if c.is_ascii_alphanumeric() || c == '_' || c == '-' {
            c
        } else {
            '_'
        }
    };
    name.chars().map(legal).take(64).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn elements(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
