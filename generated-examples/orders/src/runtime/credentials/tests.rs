use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::json;

use super::super::engine::{CallContext, ForwardAuth, StartError};
use super::super::tool::{Group, Location, Need, Scheme, SchemeKind, ServerDef, ToolDef};
use super::{Credentials, LoginSettings, Logins, NoCredential, Placed};

const SCHEMES: &[Scheme] = &[
    Scheme {
        name: "bearerAuth",
        env: "BEARER_AUTH",
        kind: SchemeKind::Bearer,
    },
    Scheme {
        name: "key",
        env: "KEY",
        kind: SchemeKind::ApiKey(Location::Header, "X-Key"),
    },
    Scheme {
        name: "basic",
        env: "BASIC",
        kind: SchemeKind::Basic,
    },
    Scheme {
        name: "cookie",
        env: "COOKIE",
        kind: SchemeKind::ApiKey(Location::Cookie, "sid"),
    },
];
const BEARER: &[Need] = &[Need::scheme("bearerAuth")];
const KEY: &[Need] = &[Need::scheme("key")];
const BASIC_AND_COOKIE: &[Need] = &[Need::scheme("basic"), Need::scheme("cookie")];

const TOOLS: &[ToolDef] = &[
    ToolDef::new("open", "GET", "/").security(&[&[], BEARER]),
    ToolDef::new("one", "GET", "/").security(&[BEARER]),
    ToolDef::new("either", "GET", "/").security(&[BEARER, KEY]),
    ToolDef::new("both", "GET", "/").security(&[BASIC_AND_COOKIE]),
];
const DEF: ServerDef = ServerDef {
    name: "t",
    title: "T",
    version: "1",
    instructions: "",
    servers: &[],
    schemes: SCHEMES,
    groups: &[Group {
        tag: "t",
        tools: TOOLS,
        schemas: "{}",
    }],
    defs: "{}",
    prompts: &[],
    document: None,
};

fn credentials(
    env: &[(&str, &str)],
    forward: &[(&str, ForwardAuth)],
) -> Result<Credentials, StartError> {
    let forward: BTreeMap<String, ForwardAuth> = (forward.iter())
        .map(|(scheme, how)| ((*scheme).to_owned(), how.clone()))
        .collect();
    let env = |name: &str| {
        env.iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned())
    };
    let logins = Logins {
        def: &DEF,
        settings: &LoginSettings::default(),
        apis: Vec::new(),
    };
    Credentials::new(&logins, &forward, &env)
}

fn sent(credentials: &Credentials, tool: &str, ctx: &CallContext) -> Result<Vec<String>, String> {
    let tool = TOOLS
        .iter()
        .find(|found| found.name == tool)
        .expect("a tool");
    let found = credentials
        .select(tool, ctx)
        .map_err(|NoCredential(text)| text)?;
    Ok((found.iter())
        .map(|credential| match &credential.placed {
            Placed::Header(name, value) => {
                assert!(value.is_sensitive());
                format!("{name}: {}", value.to_str().expect("text"))
            }
            Placed::Challenge(_) => "digest".to_owned(),
            Placed::Query(name, value) => format!("?{name}={value}"),
            Placed::Cookie(name, value) => format!("cookie {name}={value}"),
        })
        .collect())
}

fn with_env(env: &[(&str, &str)], tool: &str) -> Result<Vec<String>, String> {
    sent(
        &credentials(env, &[]).expect("credentials"),
        tool,
        &CallContext::default(),
    )
}

#[test]
fn each_scheme_is_placed_where_it_says() {
    let env = [
        ("API_BEARER_AUTH_TOKEN", "tok"),
        ("API_KEY_KEY", "k1"),
        ("API_BASIC_USERNAME", "Aladdin"),
        ("API_BASIC_PASSWORD", "open sesame"),
        ("API_COOKIE_KEY", "s;1"),
    ];
    assert_eq!(
        with_env(&env, "one"),
        Ok(vec!["authorization: Bearer tok".to_owned()])
    );
    assert_eq!(
        with_env(&env, "both"),
        Ok(vec![
            "authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==".to_owned(),
            "cookie sid=s%3B1".to_owned()
        ])
    );
    assert_eq!(
        with_env(&env[1..], "either"),
        Ok(vec!["x-key: k1".to_owned()])
    );
}

#[test]
fn the_first_complete_alternative_is_taken_and_none_is_the_last_one() {
    let both = [
        ("API_KEY_KEY", "k1"),
        ("API_BEARER_AUTH_TOKEN", "Bearer tok\n"),
    ];
    assert_eq!(
        with_env(&both, "either"),
        Ok(vec!["authorization: Bearer tok".to_owned()])
    );
    assert_eq!(with_env(&[], "open"), Ok(vec![]));
    assert_eq!(
        with_env(&both, "open"),
        Ok(vec!["authorization: Bearer tok".to_owned()])
    );
}

#[test]
fn a_missing_credential_names_its_variables() {
    let text = with_env(&[], "either").expect_err("missing");
    assert!(
        text.contains("`API_BEARER_AUTH_TOKEN` (or `API_BEARER_AUTH_TOKEN_FILE`, `API_BEARER_AUTH_TOKEN_COMMAND`)"),
        "{text}"
    );
    assert!(
        text.contains("; or set the environment variable `API_KEY_KEY`"),
        "{text}"
    );
    let half = with_env(&[("API_COOKIE_KEY", "s")], "both").expect_err("missing");
    assert!(
        half.contains("`API_BASIC_USERNAME` and `API_BASIC_PASSWORD`"),
        "{half}"
    );
}

#[test]
fn an_absent_credential_is_one_warning_that_names_the_tools() {
    let none = credentials(&[], &[]).expect("credentials");
    let warnings = none.missing(&DEF);
    assert_eq!(warnings.len(), 4, "{warnings:?}");
    assert!(
        warnings[0].starts_with("no credential for `bearerAuth`: set"),
        "{warnings:?}"
    );
    assert!(
        warnings[0].ends_with("needed by `one`, `either`"),
        "{warnings:?}"
    );
    let key = credentials(&[("API_KEY_KEY", "k")], &[]).expect("credentials");
    assert!(
        key.missing(&DEF)[0].ends_with("needed by `one`"),
        "{:?}",
        key.missing(&DEF)
    );
    let forwarded = credentials(&[], &[("", ForwardAuth::Meta)]).expect("credentials");
    assert!(forwarded.missing(&DEF).is_empty());
}

#[test]
fn what_is_wrong_with_a_credential_is_one_line_without_it() {
    for (env, why) in [
        (
            vec![("API_KEY_KEY", "geheim"), ("API_KEY_KEY_FILE", "/x")],
            "are both set",
        ),
        (
            vec![("API_KEY_KEY_FILE", "/no/such/file")],
            "there is no such file",
        ),
        (vec![("API_KEY_KEY", "gehei\nm")], "control character"),
        (
            vec![
                ("API_BASIC_USERNAME", "geheim:x"),
                ("API_BASIC_PASSWORD", "geheim"),
            ],
            "colon",
        ),
        (
            vec![("API_BASIC_PASSWORD", "geheim")],
            "`API_BASIC_USERNAME` is not set",
        ),
    ] {
        let StartError(text) = credentials(&env, &[]).expect_err(why);
        assert!(text.contains(why), "{text}");
        assert!(!text.contains("gehei") && !text.contains('\n'), "{text}");
    }
    let StartError(text) =
        credentials(&[], &[("nope", ForwardAuth::Meta)]).expect_err("no such scheme");
    assert!(
        text.contains("`nope`") && text.contains("`bearerAuth`"),
        "{text}"
    );
}

#[test]
fn a_file_is_read_again_when_it_changes() {
    let dir = std::env::temp_dir().join(format!("mcp-credentials-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a directory");
    let path = dir.join("token");
    std::fs::write(&path, "first\n").expect("written");
    let found = credentials(
        &[("API_BEARER_AUTH_TOKEN_FILE", path.to_str().expect("text"))],
        &[],
    )
    .expect("credentials");
    let now = || {
        sent(&found, "one", &CallContext::default())
            .expect("a credential")
            .concat()
    };
    assert_eq!(now(), "authorization: Bearer first");
    // Some editors put a mark before it.
    std::fs::write(&path, "\u{feff}second one\n").expect("written");
    assert_eq!(now(), "authorization: Bearer second one");
    std::fs::remove_file(&path).expect("removed");
    assert_eq!(now(), "authorization: Bearer second one");
    std::fs::remove_dir_all(&dir).expect("removed");
}

fn client(header: &str, value: &str) -> CallContext {
    let mut ctx = CallContext::default();
    let name = http::HeaderName::try_from(header).expect("a name");
    ctx.headers.append(name, value.parse().expect("a value"));
    ctx
}

#[test]
fn a_forwarded_credential_goes_where_the_scheme_says_and_beats_the_environment() {
    let env = [
        ("API_BEARER_AUTH_TOKEN", "servers"),
        ("API_COOKIE_KEY", "s"),
    ];
    let all = credentials(&env, &[("", ForwardAuth::Authorization)]).expect("credentials");
    let ctx = client("authorization", "Bearer clients");
    assert_eq!(
        sent(&all, "one", &ctx),
        Ok(vec!["authorization: Bearer clients".to_owned()])
    );
    assert_eq!(
        sent(&all, "one", &CallContext::default()),
        Ok(vec!["authorization: Bearer servers".to_owned()])
    );
    let key = credentials(&env, &[("key", ForwardAuth::Authorization)]).expect("credentials");
    assert_eq!(
        sent(&key, "either", &ctx),
        Ok(vec!["x-key: clients".to_owned()])
    );
    let header = credentials(
        &env,
        &[("key", ForwardAuth::Header("x-api-key".to_owned()))],
    )
    .expect("credentials");
    assert_eq!(
        sent(&header, "either", &client("x-api-key", "a b")),
        Ok(vec!["x-key: a b".to_owned()])
    );
    assert_eq!(
        sent(&header, "one", &ctx),
        Ok(vec!["authorization: Bearer servers".to_owned()])
    );
}

#[test]
fn a_credential_in_meta_may_or_may_not_say_bearer() {
    let found = credentials(&[], &[("bearerAuth", ForwardAuth::Meta)]).expect("credentials");
    for value in ["clients", "Bearer clients"] {
        let mut ctx = CallContext::default();
        ctx.meta.insert("authorization".to_owned(), json!(value));
        assert_eq!(
            sent(&found, "one", &ctx),
            Ok(vec!["authorization: Bearer clients".to_owned()])
        );
    }
    let text = sent(&found, "one", &CallContext::default()).expect_err("missing");
    assert!(text.contains("`_meta.authorization`"), "{text}");
}

#[test]
fn a_forwarded_credential_of_another_kind_or_given_twice_is_refused_without_being_shown() {
    let found = credentials(&[], &[("", ForwardAuth::Authorization)]).expect("credentials");
    let text = sent(&found, "one", &client("authorization", "Basic geheim")).expect_err("refused");
    assert!(
        text.contains("does not hold a bearer token") && !text.contains("geheim"),
        "{text}"
    );
    let mut twice = client("authorization", "Bearer geheim");
    twice
        .headers
        .append("authorization", "Bearer other".parse().expect("a value"));
    let text = sent(&found, "one", &twice).expect_err("refused");
    assert!(
        text.contains("more than once") && !text.contains("geheim"),
        "{text}"
    );
    let basic = client("authorization", "Basic dTpw");
    let mut cookie = basic.clone();
    cookie
        .headers
        .insert("x-sid", "s".parse().expect("a value"));
    let both = credentials(
        &[],
        &[
            ("basic", ForwardAuth::Authorization),
            ("cookie", ForwardAuth::Header("x-sid".to_owned())),
        ],
    )
    .expect("credentials");
    assert_eq!(
        sent(&both, "both", &cookie),
        Ok(vec![
            "authorization: Basic dTpw".to_owned(),
            "cookie sid=s".to_owned()
        ])
    );
}

#[test]
fn a_credential_neither_shows_in_debug_output_nor_in_what_comes_back() {
    let found = credentials(
        &[
            ("API_BASIC_USERNAME", "u"),
            ("API_BASIC_PASSWORD", "geheim"),
            ("API_COOKIE_KEY", "heimlich"),
            ("API_KEY_KEY_COMMAND", "echo verborgen"),
        ],
        &[],
    )
    .expect("credentials");
    let debug = format!("{found:?}");
    assert!(
        !["geheim", "heimlich", "verborgen"]
            .iter()
            .any(|secret| debug.contains(secret)),
        "{debug}"
    );
    let tool = TOOLS
        .iter()
        .find(|tool| tool.name == "both")
        .expect("a tool");
    let mut text = Cow::Borrowed("bad password geheim in dTpnZWhlaW0=, sid heimlich");
    for credential in found
        .select(tool, &CallContext::default())
        .expect("credentials")
    {
        credential.redact(&mut text);
    }
    assert_eq!(text, "bad password *** in ***, sid ***");
}

#[test]
fn an_escaped_credential_does_not_come_back_either() {
    let env = [
        ("API_BASIC_USERNAME", "u"),
        ("API_BASIC_PASSWORD", "geheim"),
        ("API_COOKIE_KEY", "tok/en+se=c"),
    ];
    let found = credentials(&env, &[]).expect("credentials");
    let tool = (TOOLS.iter())
        .find(|tool| tool.name == "both")
        .expect("a tool");
    let echoes =
        r"tok\/en+se=c tok%2Fen%2Bse%3Dc tok/en%2bse%3dc tok\u002fen\u002Bse=c tok/en\u002bse=c";
    let mut text = Cow::Borrowed(echoes);
    for credential in found
        .select(tool, &CallContext::default())
        .expect("credentials")
    {
        credential.redact(&mut text);
    }
    assert!(text.matches("***").count() >= 4, "{text}");
}

#[test]
fn a_credential_that_a_cut_has_split_does_not_come_back_in_part() {
    let env = [
        ("API_BASIC_USERNAME", "u"),
        ("API_BASIC_PASSWORD", "geheim"),
        ("API_COOKIE_KEY", "tok/en+se=c"),
    ];
    let found = credentials(&env, &[]).expect("credentials");
    let tool = (TOOLS.iter())
        .find(|tool| tool.name == "both")
        .expect("a tool");
    let selected = found
        .select(tool, &CallContext::default())
        .expect("credentials");
    for (sent, shown) in [
        ("sid: tok/en+se=", "sid: "),
        ("sid: tok%2Fen%2", "sid: "),
        ("sid: tok/", "sid: "),
        ("password gehei", "password "),
        ("sid: tok\\/en\\u002bse\\u00", "sid: "),
        ("sid: tok\\\\/en+s", "sid: "),
        ("sid: tok&sol;en&#43;se&#x3d", "sid: "),
        ("sid: \\u0074\\u006f\\u006b%2fe", "sid: "),
        ("pass%word \\u0067ehei&#1", "pass%word "),
        ("nothing of it\\u00", "nothing of it\\u00"),
        ("sid: tok\\u200b/en&plus;s%253", "sid: "),
        (
            r#"{"a":"{\"b\":\"tok/en\\u002bse\\u003dc\"}"}"#,
            r#"{"a":"{\"b\":\"***\"}"}"#,
        ),
        (
            "<a>tok&#x2F;en&plus;se&#61;c</a>%20tok%252Fen%252Bse%253Dc",
            "<a>***</a>%20***",
        ),
        ("nothing of it", "nothing of it"),
    ] {
        let mut text = Cow::Borrowed(sent);
        for credential in &selected {
            credential.redact(&mut text);
            credential.redact_end(&mut text);
        }
        assert_eq!(text, shown);
    }
    let holds = |bytes: &[u8]| selected.iter().any(|credential| credential.is_in(bytes));
    assert!(holds(b"\x89PNG\0tEXttok/en+se=c\0"));
    assert!(!holds(b"\x89PNG\0tEXttok/en\0"));
}
