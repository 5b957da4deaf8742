//! Calls from the outside: an engine, and an upstream on loopback that records the raw bytes that it is sent.

mod answers;
#[cfg(feature = "cache")]
mod cache;
mod commands;
#[cfg(feature = "cel")]
mod conditions;
mod confirmation;
mod digest;
mod discovery;
mod exchange;
mod failover;
mod following;
mod hooks;
#[cfg(feature = "http")]
mod issuers;
#[cfg(feature = "jq")]
mod jq;
mod limits;
mod login;
mod mark;
mod policies;
mod redaction;
mod resources;
mod secrets;
mod tasks;
mod tokens;
mod upstream;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use self::upstream::Recording;
use super::super::custom::{AnyCustom, Nothing};
use super::super::engine::{
    CacheSettings, CallContext, ConfirmSettings, Engine, EngineSettings, FollowSettings,
    ForwardAuth, HookSettings, LoginSettings, ServerChoice, StartError, StateSettings, ToolResult,
};
use super::super::limits::LimitSettings;
use super::super::metrics::Metrics;
use super::super::policy::PolicySettings;
use super::super::resilience::ResilienceSettings;
use super::super::tool::{
    BaseUrl, Body, BodySource, Field, Group, Hints, Location, Need, Parameter, ResultShape, Scheme,
    SchemeKind, ServerDef, ToolDef,
};

const BEARER: &[&[Need]] = &[&[Need::scheme("bearerAuth")]];

const TOOLS: &[ToolDef] = &[
    ToolDef::new("get_pet", "GET", "/pets/{id}")
        .parameters(&[
            Parameter::path("id"),
            Parameter::query("verbose"),
            Parameter::header("X-Trace").argument("trace"),
            Parameter::cookie("theme"),
        ])
        .accept("application/json")
        .security(BEARER)
        .hints(Hints::READ)
        .result(ResultShape::Object),
    ToolDef::new("add_pet", "POST", "/pets").body(Body::json(BodySource::Fields(&[
        Field::new("name"),
        Field::new("tag"),
    ]))),
    ToolDef::new("ping", "GET", "/ping").hints(Hints::READ),
    ToolDef::new("touch", "POST", "/touch"),
    ToolDef::new("upload", "GET", "/upload")
        .server(1)
        .security(BEARER),
    ToolDef::new("open_upload", "GET", "/upload").server(1),
    ToolDef::new("by_key", "GET", "/by-key").security(&[&[Need::scheme("key")]]),
    ToolDef::new("pages", "GET", "/pages")
        .hints(Hints::READ)
        .parameters(&[Parameter::query("page"), Parameter::query("q")]),
];

const SCHEMAS: &str = r##"{
  "get_pet": {
    "advertised": {"type": "object", "properties": {"id": {"type": "integer"}}},
    "precise": {"type": "object", "properties": {"id": {"$ref": "#/$defs/Id"}, "verbose": {"type": "boolean"}, "trace": {"type": "string"}, "theme": {"type": "string"}}, "required": ["id"]},
    "output": {"type": "object", "properties": {"id": {"$ref": "#/$defs/Id"}}}
  },
  "add_pet": {"advertised": {"type": "object", "properties": {"name": {"type": "string"}, "tag": {"type": ["string", "null"]}}, "required": ["name"]}}
}"##;

fn def() -> ServerDef {
    ServerDef {
        name: "pets",
        title: "Pets",
        version: "1.0",
        instructions: "",
        servers: const { &[BaseUrl::new(None), BaseUrl::new(None)] },
        schemes: &[
            Scheme {
                name: "bearerAuth",
                env: "BEARER_AUTH",
                kind: SchemeKind::Bearer,
            },
            Scheme {
                name: "key",
                env: "KEY",
                kind: SchemeKind::ApiKey(Location::Query, "api_key"),
            },
        ],
        groups: &[Group {
            tag: "pets",
            tools: TOOLS,
            schemas: SCHEMAS,
        }],
        defs: r#"{"Id": {"type": "integer", "description": "The pet's id"}}"#,
        prompts: &[],
        document: None,
    }
}

/// How an engine of the tests is set up.
struct Setup {
    def: ServerDef,
    settings: EngineSettings,
    env: BTreeMap<String, String>,
    custom: Arc<dyn AnyCustom>,
    metrics: Arc<Metrics>,
}

impl Setup {
    fn new(base_url: &str) -> Self {
        Self {
            def: def(),
            settings: EngineSettings {
                server: ServerChoice::default(),
                base_urls: BTreeMap::from([(0, base_url.to_owned())]),
                connect_timeout: Duration::from_secs(5),
                read_timeout: Duration::from_secs(5),
                total_timeout: Duration::from_secs(10),
                connection_max_age: Duration::from_secs(60),
                upstream_ca: None,
                max_response_bytes: 64 * 1024,
                max_result_chars: 10_000,
                lenient: false,
                forward_auth: BTreeMap::new(),
                policies: PolicySettings::default(),
                forward_headers: Vec::new(),
                checks_scopes: true,
                limits: LimitSettings::default(),
                resilience: ResilienceSettings::default(),
                cache: CacheSettings {
                    bytes: 1024 * 1024,
                    ..CacheSettings::default()
                },
                login: LoginSettings::default(),
                state: StateSettings::default(),
                hooks: HookSettings::default(),
                confirm: ConfirmSettings::default(),
                follow: FollowSettings {
                    timeout: Some(Duration::from_secs(5)),
                    lifetime: Duration::from_secs(60),
                    cancels_upstream: false,
                },
                resources: false,
            },
            env: BTreeMap::new(),
            custom: Arc::new(Nothing),
            metrics: Arc::default(),
        }
    }

    fn with_token(mut self) -> Self {
        self.env
            .insert("API_BEARER_AUTH_TOKEN".to_owned(), "geheim".to_owned());
        self
    }

    fn try_engine(self) -> Result<Engine, StartError> {
        let env = |name: &str| self.env.get(name).cloned();
        Engine::new(self.def, self.custom, self.settings, &env, self.metrics)
    }

    fn engine(self) -> Engine {
        self.try_engine().expect("an engine")
    }
}

async fn call(engine: &Engine, tool: &str, arguments: Value) -> ToolResult {
    call_with(engine, tool, arguments, CallContext::default()).await
}

async fn call_with(engine: &Engine, tool: &str, arguments: Value, ctx: CallContext) -> ToolResult {
    let arguments = match arguments {
        Value::Object(arguments) => arguments,
        _ => Map::new(),
    };
    (engine.call(tool, arguments, ctx).await).expect("a known tool")
}

/// An upstream that answers every request with this.
async fn answering(status: &'static str, headers: &'static str, body: &'static str) -> Recording {
    Recording::start(move |_| reply(status, headers, body.as_bytes())).await
}

fn reply(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut reply =
        format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n").into_bytes();
    reply.extend_from_slice(body);
    reply
}

/// An answer whose connection ends before its body does.
fn cut_off(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\n{headers}Connection: close\r\nContent-Length: 999\r\n\r\n{body}")
        .into_bytes()
}

const JSON: &str = "Content-Type: application/json\r\n";

fn forwarding(setup: &mut Setup, how: ForwardAuth) {
    setup.settings.forward_auth.insert(String::new(), how);
}
