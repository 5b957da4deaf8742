//! From what was typed to a [`Plan`]: finds the spec and its `mcpgen.toml`, and runs the stages over them.

use std::path::{Path, PathBuf};

use super::arguments::Input;
use super::neighbours::Neighbours;
use super::progress::Progress;
use super::source;
use crate::config::{self, Config};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use crate::output::Lock;
use crate::plan::{self, Plan, PlanOptions};
use crate::selector::Selector;
use crate::spec::{self, Document, Limits};

/// What a command collects on its way and shows at the end.
#[derive(Default)]
pub(super) struct Session {
    pub(super) diagnostics: Diagnostics,
    /// Kept for the line numbers of diagnostics.
    pub(super) document: Option<Document>,
    /// Text for stderr, after the diagnostics.
    pub(super) summary: Option<String>,
}

/// A spec that became a plan.
pub(super) struct Loaded {
    pub(super) plan: Plan,
    pub(super) config: Config,
    /// Where the crate goes, as far as the configuration says.
    pub(super) output: Option<PathBuf>,
    /// How many operations the spec has.
    pub(super) operations: usize,
    /// The document as the crate has it, where that was wanted.
    pub(super) openapi_json: String,
}

/// What is wanted beside the plan.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Plan,
    /// The document too.
    Document,
}

/// Where the spec and its configuration are.
struct Origin {
    spec: String,
    config: Config,
    output: Option<PathBuf>,
}

/// Reads everything and plans the tools. `None` after an error diagnostic.
pub(super) fn load(
    input: &Input,
    wanted: Wanted,
    session: &mut Session,
    progress: &Progress,
) -> Option<Loaded> {
    let diagnostics = &mut session.diagnostics;
    let mut origin = origin(input, diagnostics)?;
    apply_flags(input, &mut origin.config, diagnostics);
    if diagnostics.has_errors() {
        return None;
    }
    progress.stage(format!("reading {}", origin.spec));
    let max_bytes = input.max_size.map_or(source::MAX_BYTES, |size| size << 20);
    let mut text = source::read(&origin.spec, max_bytes)
        .map_err(|diagnostic| diagnostics.push(*diagnostic))
        .ok()?;
    // The crate has the document itself, so it has to remember where relative server URLs start.
    match (&text.url, &origin.config.document_url) {
        (Some(url), _) => origin.config.document_url = Some(url.to_string()),
        (None, Some(url)) => text.url = url::Url::parse(url).ok(),
        (None, None) => {}
    }
    let allowed = &origin.config.allow_ref;
    let mut neighbours = Neighbours::new(text.location.as_ref(), allowed, max_bytes)
        .map_err(|message| diagnostics.push(Diagnostic::new(Code::InvalidConfig, message)))
        .ok()?;
    let limits = limits(input);
    let document = spec::read(text, limits, &mut neighbours, diagnostics)?;
    let document = session.document.insert(document);
    progress.stage("resolving the API");
    let (api, openapi_json) = rayon::join(
        || spec::lower(document, diagnostics),
        || match wanted {
            Wanted::Document => document.bundled_json(),
            Wanted::Plan => String::new(),
        },
    );
    // It is as large as the plan will be.
    document.forget_tree();
    let operations = super::report::counted(api.operations.len(), "operation");
    progress.stage(format!("planning {operations}"));
    let options = plan_options(&origin.config);
    let plan = plan::plan(&api, &options, diagnostics)?;
    if diagnostics.count(Severity::Error) > 0 {
        return None;
    }
    Some(Loaded {
        plan,
        config: origin.config,
        output: origin.output,
        operations: api.operations.len() + api.left_out,
        openapi_json,
    })
}

/// Finds the spec: what was typed, else `mcpgen.toml`, else the crate in the current directory.
fn origin(input: &Input, diagnostics: &mut Diagnostics) -> Option<Origin> {
    let file = input.config.clone().or_else(|| {
        let beside = config_path(input.spec.as_deref());
        beside.is_file().then_some(beside)
    });
    let config = match &file {
        Some(file) => Some(read_config(file, diagnostics)?),
        None => None,
    };
    let directory = file
        .as_deref()
        .and_then(Path::parent)
        .unwrap_or(Path::new(""))
        .to_owned();
    let mut config = config;
    if let Some(config) = &mut config {
        for allowed in &mut config.allow_ref {
            if !source::is_url(allowed) {
                *allowed = directory.join(&*allowed).to_string_lossy().into_owned();
            }
        }
    }
    let output = config
        .as_ref()
        .and_then(|config| config.output.as_ref())
        .map(|path| directory.join(path));
    match (&input.spec, config) {
        (Some(spec), config) => Some(Origin {
            spec: spec.clone(),
            config: config.unwrap_or_default(),
            output,
        }),
        (None, Some(config)) => match &config.spec {
            Some(spec) if source::is_url(spec) => Some(Origin {
                spec: spec.clone(),
                config,
                output,
            }),
            Some(spec) => Some(Origin {
                spec: directory.join(spec).to_string_lossy().into_owned(),
                config,
                output,
            }),
            None => no_spec(diagnostics, "`mcpgen.toml` does not name a `spec`"),
        },
        (None, None) => crate_in(Path::new("."), diagnostics),
    }
}

/// A generated crate holds its spec and its options, so it can be built again from itself.
fn crate_in(directory: &Path, diagnostics: &mut Diagnostics) -> Option<Origin> {
    let spec = directory.join("openapi.json");
    let Some(lock) = Lock::read(directory)
        .ok()
        .flatten()
        .filter(|_| spec.is_file())
    else {
        return no_spec(
            diagnostics,
            "no SPEC was given, and there is no `mcpgen.toml` here",
        );
    };
    let text = toml::to_string(&lock.options).unwrap_or_default();
    let config = Config::parse(&text, crate::output::LOCK_FILE, diagnostics);
    Some(Origin {
        spec: spec.to_string_lossy().into_owned(),
        config,
        output: Some(directory.to_owned()),
    })
}

fn no_spec(diagnostics: &mut Diagnostics, message: &str) -> Option<Origin> {
    diagnostics.push(
        Diagnostic::new(Code::UnreadableSpec, message)
            .with_help("name it: `mcpgen build openapi.yaml`"),
    );
    None
}

fn config_path(spec: Option<&str>) -> PathBuf {
    match spec {
        Some(spec) if spec != "-" && !source::is_url(spec) => {
            Path::new(spec).with_file_name(config::FILE_NAME)
        }
        _ => PathBuf::from(config::FILE_NAME),
    }
}

fn read_config(file: &Path, diagnostics: &mut Diagnostics) -> Option<Config> {
    match std::fs::read_to_string(file) {
        Ok(text) => Some(Config::parse(
            &text,
            &file.display().to_string(),
            diagnostics,
        )),
        Err(error) => {
            let message = format!("cannot read `{}`: {error}", file.display());
            diagnostics.push(Diagnostic::new(Code::InvalidConfig, message));
            None
        }
    }
}

/// Flags win over the file (design: precedence). Selectors given as flags replace those of the file.
fn apply_flags(input: &Input, config: &mut Config, diagnostics: &mut Diagnostics) {
    if let Some(name) = &input.name {
        config.name = Some(name.clone());
        config.name_place = None;
    }
    for (typed, target) in [
        (&input.include, &mut config.include),
        (&input.exclude, &mut config.exclude),
    ] {
        if !typed.is_empty() {
            *target = typed
                .iter()
                .filter_map(|text| selector(text, diagnostics))
                .collect();
        }
    }
    config.allow_ref.extend(input.allow_ref.iter().cloned());
    config.schema_profile = input.schema_profile.or(config.schema_profile);
    let numbers = [
        (input.name_length, &mut config.name_length),
        (input.schema_budget, &mut config.schema_budget),
    ];
    for (typed, target) in numbers {
        if let Some(number) = typed.and_then(|number| usize::try_from(number).ok()) {
            *target = Some(number);
        }
    }
}

fn selector(text: &str, diagnostics: &mut Diagnostics) -> Option<Selector> {
    Selector::parse(text)
        .map_err(|message| diagnostics.push(Diagnostic::new(Code::InvalidSelector, message)))
        .ok()
}

/// As many values count for a document of its own as in the default limits.
const NODES_PER_DOCUMENT: usize = 150;

fn limits(input: &Input) -> Limits {
    let defaults = Limits::default();
    let nodes = input
        .max_nodes
        .and_then(|millions| usize::try_from(millions).ok()?.checked_mul(1_000_000));
    let megabytes = input
        .max_text
        .and_then(|megabytes| usize::try_from(megabytes).ok()?.checked_mul(1 << 20));
    Limits {
        nodes: nodes.unwrap_or(defaults.nodes),
        shared: nodes.unwrap_or(defaults.shared),
        documents: nodes.map_or(defaults.documents, |nodes| nodes / NODES_PER_DOCUMENT),
        text: megabytes.unwrap_or(defaults.text),
        ..defaults
    }
}

fn plan_options(config: &Config) -> PlanOptions {
    let defaults = PlanOptions::default();
    PlanOptions {
        name: config.name.clone(),
        name_place: config.name_place.clone(),
        include: config.include.clone(),
        exclude: config.exclude.clone(),
        tools: config.tools.clone(),
        prompts: config.prompts.clone(),
        name_length: config.name_length.unwrap_or(defaults.name_length),
        schema_budget: config.schema_budget.unwrap_or(defaults.schema_budget),
        schema_profile: config.schema_profile.unwrap_or_default(),
        ..defaults
    }
}
