//! `mcpgen.toml`: what the owner of a crate decides about it.
//!
//! The file lies beside the spec and is read, never written. A key that mcpgen does not know is a diagnostic with
//! line and column, since a misspelt key would otherwise silently do nothing. Nothing here touches a disk.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place, Position};
use crate::plan::{PromptOverride, SchemaProfile, ToolOverride};
use crate::selector::Selector;

/// The features of a generated crate that are off unless `[crate] features` names them; a test compares them with its
/// Cargo.toml.
pub const FEATURES: [&str; 12] = [
    "http2", "brotli", "zstd", "charsets", "jwt", "tls", "cache", "digest", "redis", "cel", "jq",
    "spec",
];

/// The name of the file.
pub const FILE_NAME: &str = "mcpgen.toml";

/// The content of `mcpgen.toml`. Everything is optional.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// `spec`: a path relative to the file, or a URL.
    pub spec: Option<String>,
    /// `document-url`: where a spec that lies in a file was published; relative server URLs start there.
    pub document_url: Option<String>,
    /// `output`: the crate's directory, relative to the file.
    pub output: Option<String>,
    /// `name`: the server's short name; the crate is `<name>-mcp`.
    pub name: Option<String>,
    /// Where `name` stands.
    pub name_place: Option<Place>,
    /// `include`: only these operations become tools.
    pub include: Vec<Selector>,
    /// `exclude`: these do not, even when they are included.
    pub exclude: Vec<Selector>,
    /// `name-length`: the most characters of a tool's name.
    pub name_length: Option<usize>,
    /// `schema-budget`: the most tokens of a tool's advertised schema.
    pub schema_budget: Option<usize>,
    /// `schema-profile`: who reads the advertised schemas.
    pub schema_profile: Option<SchemaProfile>,
    /// `keep`: globs of generated files that the owner has taken over.
    pub keep: Vec<String>,
    /// `allow-ref`: folders and URLs below which `$ref` may read; relative paths start at the file's folder. The crate
    /// has the bundled document, so it is not recorded there.
    pub allow_ref: Vec<String>,
    /// `[tools."SELECTOR"]`: names and descriptions, from the widest selector to the closest, which decides.
    pub tools: Vec<(Selector, ToolOverride)>,
    /// `[prompts.NAME]`: prompts, in the order of the file.
    pub prompts: Vec<PromptOverride>,
    /// `[crate] workspace`: the crate is a member of a workspace around it.
    pub workspace: bool,
    /// `[crate] features`: what is on by default beside `http`.
    pub features: Vec<String>,
    /// `[crate.dependencies]`: what `src/custom.rs` needs, as it stands in a Cargo.toml.
    pub dependencies: IndexMap<String, toml::Value>,
}

impl Config {
    /// Reads the text of a configuration file; `name` is the file as the user named it.
    ///
    /// Every problem becomes a diagnostic; what is understood is returned.
    #[must_use]
    pub fn parse(text: &str, name: &str, diagnostics: &mut Diagnostics) -> Self {
        let mut reader = Reader {
            text,
            name: Arc::from(name),
            diagnostics,
        };
        match DeTable::parse(text) {
            Ok(table) => reader.config(table.get_ref()),
            Err(error) => {
                let message = format!("`{name}` is not valid TOML: {}", sentence(error.message()));
                reader.report(Code::InvalidConfig, message, error.span());
                Self::default()
            }
        }
    }

    /// The decisions that shape the crate, in the form of the file: what `mcpgen.lock` records. `spec` and `output`
    /// are left out, since they say where things lie, not what they are.
    #[must_use]
    pub fn options(&self) -> toml::Table {
        let mut table = toml::Table::new();
        let texts = |selectors: &[Selector]| -> toml::Value {
            selectors
                .iter()
                .map(|s| toml::Value::from(s.to_string()))
                .collect::<Vec<_>>()
                .into()
        };
        let words = [("document-url", &self.document_url), ("name", &self.name)];
        for (key, word) in words {
            if let Some(word) = word {
                table.insert(key.into(), word.as_str().into());
            }
        }
        if !self.include.is_empty() {
            table.insert("include".into(), texts(&self.include));
        }
        if !self.exclude.is_empty() {
            table.insert("exclude".into(), texts(&self.exclude));
        }
        if !self.keep.is_empty() {
            table.insert("keep".into(), self.keep.clone().into());
        }
        let numbers = [
            ("name-length", self.name_length),
            ("schema-budget", self.schema_budget),
        ];
        for (key, number) in numbers {
            if let Some(number) = number.and_then(|number| i64::try_from(number).ok()) {
                table.insert(key.into(), number.into());
            }
        }
        if let Some(profile) = self.schema_profile {
            table.insert("schema-profile".into(), profile.as_str().into());
        }
        if !self.tools.is_empty() {
            let tools: toml::Table = self
                .tools
                .iter()
                .map(|(selector, tool)| (selector.to_string(), override_table(tool).into()))
                .collect();
            table.insert("tools".into(), tools.into());
        }
        if !self.prompts.is_empty() {
            let prompts = (self.prompts.iter()).filter_map(|own| {
                Some((own.name.clone(), toml::Value::try_from(&own.value).ok()?))
            });
            table.insert("prompts".into(), prompts.collect::<toml::Table>().into());
        }
        let mut manifest = toml::Table::new();
        if self.workspace {
            manifest.insert("workspace".into(), true.into());
        }
        if !self.features.is_empty() {
            manifest.insert("features".into(), self.features.clone().into());
        }
        if !self.dependencies.is_empty() {
            let dependencies: toml::Table = self.dependencies.clone().into_iter().collect();
            manifest.insert("dependencies".into(), dependencies.into());
        }
        if !manifest.is_empty() {
            table.insert("crate".into(), manifest.into());
        }
        table
    }
}

fn override_table(tool: &ToolOverride) -> toml::Table {
    [
        ("name", &tool.name),
        ("title", &tool.title),
        ("description", &tool.description),
        ("resource", &tool.resource),
    ]
    .into_iter()
    .filter_map(|(key, value)| Some((key.to_owned(), value.as_deref()?.into())))
    .collect()
}

type Entry<'t> = (&'t str, Range<usize>, &'t Spanned<DeValue<'t>>);

struct Reader<'a> {
    text: &'a str,
    name: Arc<str>,
    diagnostics: &'a mut Diagnostics,
}

impl Reader<'_> {
    fn config(&mut self, table: &DeTable<'_>) -> Config {
        let mut config = Config::default();
        for (key, span, value) in entries(table) {
            match key {
                "spec" => config.spec = self.string(key, value),
                "document-url" => config.document_url = self.url(key, value),
                "output" => config.output = self.string(key, value),
                "name" => {
                    config.name = self.string(key, value);
                    config.name_place = Some(self.place(Some(value.span())));
                }
                "include" => config.include = self.selectors(key, value),
                "exclude" => config.exclude = self.selectors(key, value),
                "name-length" => config.name_length = self.number(key, value, 12..=128),
                "schema-budget" => config.schema_budget = self.number(key, value, 100..=1_000_000),
                "schema-profile" => config.schema_profile = self.schema_profile(key, value),
                "keep" => config.keep = self.strings(key, value),
                "allow-ref" => config.allow_ref = self.strings(key, value),
                "tools" => config.tools = self.tools(value),
                "prompts" => config.prompts = self.prompts(value),
                "crate" => self.manifest(value, &mut config),
                _ => self.unknown(key, span, TOP_LEVEL),
            }
        }
        config
    }

    fn tools(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<(Selector, ToolOverride)> {
        let Some(table) = self.table("tools", value) else {
            return Vec::new();
        };
        let mut tools = Vec::new();
        for (key, span, value) in entries(table) {
            let selector = self.selector(key, span);
            let Some(table) = self.table(key, value) else {
                continue;
            };
            let mut tool = ToolOverride::default();
            for (key, span, value) in entries(table) {
                match key {
                    "name" => {
                        tool.name = self.string(key, value);
                        tool.name_place = Some(self.place(Some(value.span())));
                    }
                    "title" => tool.title = self.string(key, value),
                    "description" => tool.description = self.string(key, value),
                    "resource" => tool.resource = self.string(key, value),
                    _ => self.unknown(key, span, &["name", "title", "description", "resource"]),
                }
            }
            tools.extend(selector.map(|selector| (selector, tool)));
        }
        tools.sort_by_key(|(selector, _)| selector.specificity());
        tools
    }

    /// What stands in a prompt is the plan's to check, as in the spec.
    fn prompts(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<PromptOverride> {
        let Some(table) = self.table("prompts", value) else {
            return Vec::new();
        };
        let mut prompts = Vec::new();
        for (name, span, value) in entries(table) {
            match serde_json::to_value(plain(value.get_ref())) {
                Ok(value) => prompts.push(PromptOverride {
                    name: name.to_owned(),
                    value,
                    place: self.place(Some(span)),
                }),
                Err(_) => self.wrong_type(name, "a table", value),
            }
        }
        prompts
    }

    fn manifest(&mut self, value: &Spanned<DeValue<'_>>, config: &mut Config) {
        let Some(table) = self.table("crate", value) else {
            return;
        };
        for (key, span, value) in entries(table) {
            match key {
                "workspace" => match value.get_ref().as_bool() {
                    Some(yes) => config.workspace = yes,
                    None => self.wrong_type(key, "true or false", value),
                },
                "features" => config.features = self.features(key, value),
                "dependencies" => {
                    if let Some(table) = self.table(key, value) {
                        config.dependencies = self.dependencies(table);
                    }
                }
                _ => self.unknown(key, span, &["workspace", "features", "dependencies"]),
            }
        }
    }

    /// What Cargo takes as a dependency: a version, or a table.
    fn dependencies(&mut self, table: &DeTable<'_>) -> IndexMap<String, toml::Value> {
        let mut dependencies = IndexMap::new();
        for (name, _, value) in entries(table) {
            match plain(value.get_ref()) {
                known @ (toml::Value::String(_) | toml::Value::Table(_)) => {
                    dependencies.insert(name.to_owned(), known);
                }
                _ => self.wrong_type(name, "a version such as `\"1\"`, or a table", value),
            }
        }
        dependencies
    }

    /// Features that a crate has; `http` is always on.
    fn features(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> Vec<String> {
        let named = self.strings(key, value);
        let (known, others): (Vec<_>, Vec<_>) =
            (named.into_iter()).partition(|name| FEATURES.contains(&name.as_str()));
        for name in others {
            let message = format!(
                "there is no feature `{name}`, only `{}`",
                FEATURES.join("`, `")
            );
            self.report(Code::InvalidConfig, message, Some(value.span()));
        }
        known
    }

    fn selectors(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> Vec<Selector> {
        let Some(items) = value.get_ref().as_array() else {
            self.wrong_type(key, "a list of selectors", value);
            return Vec::new();
        };
        let mut selectors = Vec::new();
        for item in items {
            match item.get_ref().as_str() {
                Some(text) => selectors.extend(self.selector(text, item.span())),
                None => self.wrong_type(key, "a list of selectors", item),
            }
        }
        selectors
    }

    fn selector(&mut self, text: &str, span: Range<usize>) -> Option<Selector> {
        match Selector::parse(text) {
            Ok(selector) => Some(selector.in_place(self.place(Some(span)))),
            Err(message) => {
                self.report(Code::InvalidSelector, message, Some(span));
                None
            }
        }
    }

    fn strings(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> Vec<String> {
        let Some(items) = value.get_ref().as_array() else {
            self.wrong_type(key, "a list of strings", value);
            return Vec::new();
        };
        items
            .iter()
            .filter_map(|item| self.string(key, item))
            .collect()
    }

    fn string(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<String> {
        let text = value.get_ref().as_str().map(ToOwned::to_owned);
        if text.is_none() {
            self.wrong_type(key, "a string", value);
        }
        text
    }

    fn url(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<String> {
        let text = value.get_ref().as_str();
        let url = text.filter(|text| url::Url::parse(text).is_ok_and(|url| url.has_host()));
        if url.is_none() {
            self.wrong_type(key, "an absolute URL", value);
        }
        url.map(ToOwned::to_owned)
    }

    fn number(
        &mut self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        range: std::ops::RangeInclusive<usize>,
    ) -> Option<usize> {
        let number = value
            .get_ref()
            .as_integer()
            .and_then(|number| usize::from_str_radix(number.as_str(), number.radix()).ok())
            .filter(|number| range.contains(number));
        if number.is_none() {
            let expected = format!("a number from {} to {}", range.start(), range.end());
            self.wrong_type(key, &expected, value);
        }
        number
    }

    fn schema_profile(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<SchemaProfile> {
        let profile = value.get_ref().as_str().and_then(SchemaProfile::parse);
        if profile.is_none() {
            let names = SchemaProfile::ALL.map(|profile| format!("`{}`", profile.as_str()));
            self.wrong_type(key, &format!("one of {}", names.join(", ")), value);
        }
        profile
    }

    fn table<'v, 'i>(
        &mut self,
        key: &str,
        value: &'v Spanned<DeValue<'i>>,
    ) -> Option<&'v DeTable<'i>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong_type(key, "a table", value);
        }
        table
    }

    fn wrong_type(&mut self, key: &str, expected: &str, value: &Spanned<DeValue<'_>>) {
        let found = self.text.get(value.span()).unwrap_or_default();
        let message = format!("`{key}` must be {expected}, not `{}`", found.trim());
        self.report(Code::InvalidConfig, message, Some(value.span()));
    }

    fn unknown(&mut self, key: &str, span: Range<usize>, known: &[&str]) {
        let list = known
            .iter()
            .map(|key| format!("`{key}`"))
            .collect::<Vec<_>>()
            .join(", ");
        let diagnostic = self
            .diagnostic(
                Code::UnknownConfigKey,
                format!("unknown key `{key}`"),
                Some(span),
            )
            .with_help(format!("the keys here are {list}"));
        self.diagnostics.push(diagnostic);
    }

    fn report(&mut self, code: Code, message: String, span: Option<Range<usize>>) {
        let diagnostic = self.diagnostic(code, message, span);
        self.diagnostics.push(diagnostic);
    }

    fn diagnostic(&self, code: Code, message: String, span: Option<Range<usize>>) -> Diagnostic {
        Diagnostic::new(code, message).in_place(self.place(span))
    }

    fn place(&self, span: Option<Range<usize>>) -> Place {
        Place {
            source: Some(self.name.clone()),
            pointer: None,
            position: span.map(|span| position(self.text, span.start)),
        }
    }
}

const TOP_LEVEL: &[&str] = &[
    "spec",
    "document-url",
    "output",
    "name",
    "include",
    "exclude",
    "name-length",
    "schema-budget",
    "schema-profile",
    "keep",
    "allow-ref",
    "tools",
    "prompts",
    "crate",
];

/// The entries of a table in the order in which they stand in the text.
fn entries<'t>(table: &'t DeTable<'_>) -> Vec<Entry<'t>> {
    let by_place: BTreeMap<usize, Entry<'t>> = table
        .iter()
        .map(|(key, value)| {
            (
                key.span().start,
                (key.get_ref().as_ref(), key.span(), value),
            )
        })
        .collect();
    by_place.into_values().collect()
}

/// A value without its places.
fn plain(value: &DeValue<'_>) -> toml::Value {
    match value {
        DeValue::String(text) => toml::Value::String(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(
                |_| toml::Value::String(number.as_str().to_owned()),
                Into::into,
            ),
        DeValue::Float(number) => number.as_str().parse::<f64>().unwrap_or_default().into(),
        DeValue::Boolean(yes) => (*yes).into(),
        DeValue::Datetime(time) => (*time).into(),
        DeValue::Array(items) => {
            toml::Value::Array(items.iter().map(|item| plain(item.get_ref())).collect())
        }
        DeValue::Table(table) => toml::Value::Table(
            table
                .iter()
                .map(|(key, value)| (key.get_ref().to_string(), plain(value.get_ref())))
                .collect(),
        ),
    }
}

/// Line and column of a byte offset.
fn position(text: &str, offset: usize) -> Position {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Position {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}

/// A library's message as one line without a full stop.
fn sentence(message: &str) -> String {
    message
        .lines()
        .map(str::trim)
        .collect::<Vec<_>>()
        .join("; ")
        .trim_end_matches('.')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (Config, Vec<Diagnostic>) {
        let mut diagnostics = Diagnostics::new();
        let config = Config::parse(text, "mcpgen.toml", &mut diagnostics);
        (config, diagnostics.into_vec())
    }

    #[test]
    fn every_key_is_read() {
        let (config, diagnostics) = parse(
            "spec = 'a.yaml'\noutput = 'out'\nname = 'shop'\ninclude = ['tag:orders']\nexclude = ['deprecated']\n\
             name-length = 30\nschema-budget = 500\nschema-profile = 'gemini'\nkeep = ['README.md']\n\
             [tools.'op:listOrders']\nname = 'orders'\ndescription = 'All.'\n\
             [crate]\nworkspace = true\nfeatures = ['jwt']\n[crate.dependencies]\nchrono = { version = '0.4', features = ['clock'] }\n",
        );
        assert_eq!(diagnostics, []);
        assert_eq!(config.spec.as_deref(), Some("a.yaml"));
        assert_eq!(config.include[0].to_string(), "tag:orders");
        assert_eq!(config.name_length, Some(30));
        assert_eq!(config.schema_profile, Some(SchemaProfile::Gemini));
        assert_eq!(config.tools[0].1.name.as_deref(), Some("orders"));
        assert!(config.workspace);
        assert_eq!(config.features, ["jwt"]);
        assert_eq!(
            config.dependencies["chrono"]["version"].as_str(),
            Some("0.4")
        );
    }

    #[test]
    fn a_dependency_is_a_version_or_a_table() {
        let (config, diagnostics) = parse("[crate.dependencies]\nchrono = 5\nuuid = '1'\n");
        assert_eq!(
            diagnostics[0].message,
            "`chrono` must be a version such as `\"1\"`, or a table, not `5`"
        );
        assert!(config.dependencies.keys().eq(["uuid"]));
    }

    #[test]
    fn recorded_options_read_back_to_the_same_decisions() {
        let text = "name = 'shop'\nexclude = ['deprecated', 'tag:internal']\n[tools.'op:a']\ntitle = 'A'\n";
        let (config, _) = parse(text);
        let recorded = toml::to_string(&config.options()).expect("serialises");
        let (again, diagnostics) = parse(&recorded);
        assert_eq!(diagnostics, []);
        assert_eq!(again.options(), config.options());
    }

    #[test]
    fn unknown_keys_are_named_with_line_and_column() {
        let (_, diagnostics) = parse("name = 'a'\n\n[tools.'op:x']\n  naem = 'b'\n");
        assert_eq!(diagnostics[0].code, Code::UnknownConfigKey);
        let position = diagnostics[0]
            .place
            .as_ref()
            .and_then(|place| place.position);
        assert_eq!(position, Some(Position { line: 4, column: 3 }));
    }

    #[test]
    fn every_problem_is_reported_not_just_the_first() {
        let (_, diagnostics) =
            parse("nmae = 'a'\nname = 7\ninclude = ['nonsense']\nname-length = 3\n");
        let codes: Vec<_> = diagnostics.iter().map(|d| d.code).collect();
        assert_eq!(
            codes,
            [
                Code::UnknownConfigKey,
                Code::InvalidConfig,
                Code::InvalidSelector,
                Code::InvalidConfig
            ]
        );
    }

    #[test]
    fn broken_toml_names_the_place() {
        let (_, diagnostics) = parse("name = \n");
        assert_eq!(diagnostics[0].code, Code::InvalidConfig);
        assert!(
            diagnostics[0]
                .place
                .as_ref()
                .is_some_and(|place| place.position.is_some())
        );
    }
}
