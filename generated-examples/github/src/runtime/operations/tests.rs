use bytes::Bytes;
use serde_json::json;

use super::super::upstream::{End, Received};
use super::*;

const SENT_TO: &str = "https://api.example/v1/exports?a=b";

/// An answer with these headers and this body.
fn answer(status: u16, headers: &[(&str, &str)], body: &Value) -> Answered {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name: HeaderName = name.parse().expect("a name");
        map.insert(name, HeaderValue::from_str(value).expect("a value"));
    }
    let received = Received {
        bytes: Bytes::from(body.to_string()),
        end: End::Whole,
        moved: false,
    };
    let status = StatusCode::from_u16(status).expect("a status");
    (status, map, received)
}

/// What `act` makes of the beginning of such a call.
fn begun<T>(
    method: &Method,
    result: Option<FinalState>,
    act: impl FnOnce(&Beginning<'_>) -> T,
) -> T {
    let uri: Uri = SENT_TO.parse().expect("a URI");
    let is_ours = |origin: &Origin| origin.to_string() == "https://api.example";
    act(&Beginning {
        method,
        uri: &uri,
        result,
        is_ours: &is_ours,
    })
}

fn place(status: u16, headers: &[(&str, &str)]) -> String {
    begun(&Method::POST, None, |beginning| {
        match beginning.begun(&answer(status, headers, &Value::Null)) {
            Begun::Here(operation) => operation.monitor.to_string(),
            Begun::Nothing => "nothing".to_owned(),
            Begun::Elsewhere => "elsewhere".to_owned(),
        }
    })
}

#[test]
fn where_to_look_is_in_the_first_header_that_says_it() {
    let azure = ("operation-location", "/operations/1");
    let manager = ("azure-asyncoperation", "operations/2?x=1#f");
    let location = ("location", "https://api.example:443/jobs/3");
    let (first, second, third) = (
        "https://api.example/operations/1",
        "https://api.example/v1/operations/2?x=1",
        "https://api.example/jobs/3",
    );
    assert_eq!(place(202, &[location, manager, azure]), first);
    assert_eq!(place(201, &[location, manager]), second);
    assert_eq!(place(202, &[location]), third);
    // RFC 9110 §15.3.2: that is where the new thing is.
    assert_eq!(place(201, &[location]), "nothing");
    assert_eq!(place(202, &[]), "nothing");
    assert_eq!(place(404, &[azure]), "nothing");
}

#[test]
fn no_other_origin_is_a_place_to_look() {
    for elsewhere in [
        "https://other.example/jobs/1",
        "http://api.example/jobs/1",
        "https://api.example:8443/jobs/1",
        "//other.example/jobs/1",
        "https://a:b@api.example/jobs/1",
        "ftp://api.example/jobs/1",
        "https://api.example.other/",
        "https://api.example@other.example/",
        "\\\\other.example\\jobs",
    ] {
        for name in ["location", "operation-location", "azure-asyncoperation"] {
            let found = place(202, &[(name, elsewhere)]);
            assert_eq!(found, "elsewhere", "{elsewhere}");
        }
    }
}

fn looked(
    (method, result): (&Method, Option<FinalState>),
    answered: &Answered,
) -> (Look, Operation) {
    begun(method, result, |beginning| {
        let started = [
            ("operation-location", "/operations/1"),
            ("location", "/made/1"),
        ];
        let first = answer(202, &started, &Value::Null);
        let Begun::Here(mut operation) = beginning.begun(&first) else {
            panic!("it goes on")
        };
        (operation.look(answered, beginning), operation)
    })
}

#[test]
fn the_word_of_a_body_says_how_far_it_is() {
    let of = |body: Value| {
        looked(
            (&Method::POST, Some(FinalState::Status)),
            &answer(200, &[], &body),
        )
        .0
    };
    for word in ["Succeeded", "succeeded", "completed", "Partially Completed"] {
        assert_eq!(of(json!({"status": word})), Look::Done, "{word}");
    }
    for word in ["Running", "NotStarted", "queued", "cancelling", ""] {
        let Look::Running(report) = of(json!({"status": word, "percentComplete": 5})) else {
            panic!("{word}")
        };
        assert_eq!(
            (report.word.as_deref(), report.percent),
            (Some(word), Some(5.0))
        );
    }
    assert_eq!(
        of(json!({"status": "Failed"})),
        Look::Failed("Failed".to_owned())
    );
    assert_eq!(
        of(json!({"status": "Canceled"})),
        Look::Cancelled("Canceled".to_owned())
    );
    // Whatever has no word is what was asked for.
    assert_eq!(of(json!({"status": 7})), Look::Done);
    let accepted = answer(202, &[], &json!({}));
    let look = looked((&Method::POST, None), &accepted).0;
    assert_eq!(look, Look::Running(Report::default()));
    for status in [408, 429, 502, 503, 504] {
        let look = looked((&Method::POST, None), &answer(status, &[], &json!({}))).0;
        assert_eq!(look, Look::Unknown, "{status}");
    }
    for status in [400, 401, 403, 404, 410, 500] {
        let look = looked((&Method::POST, None), &answer(status, &[], &json!({}))).0;
        assert_eq!(look, Look::Refused, "{status}");
    }
}

#[test]
fn the_result_is_where_the_description_says_or_azures_clients_look() {
    let done = json!({"status": "Succeeded"});
    let named = json!({"status": "Succeeded", "resourceLocation": "/named/1"});
    let foreign = json!({"status": "Succeeded", "resourceLocation": "https://other.example/1"});
    let (post, put, delete) = (&Method::POST, &Method::PUT, &Method::DELETE);
    let at =
        |path: &str| Look::ResultAt(format!("https://api.example{path}").parse().expect("a URI"));
    let original = || Look::ResultAt(SENT_TO.parse().expect("a URI"));
    for (how, body, expected) in [
        ((post, None), &done, at("/made/1")),
        ((post, Some(FinalState::Unsaid)), &named, at("/named/1")),
        ((post, Some(FinalState::Unsaid)), &foreign, at("/made/1")),
        ((put, None), &done, original()),
        ((put, Some(FinalState::Location)), &done, at("/made/1")),
        ((put, Some(FinalState::Status)), &named, Look::Done),
        ((post, Some(FinalState::Original)), &named, original()),
        ((delete, Some(FinalState::Original)), &done, Look::Done),
        ((delete, None), &done, Look::Done),
    ] {
        let (look, _) = looked(how, &answer(200, &[], body));
        assert_eq!(look, expected, "{how:?} {body}");
    }
    // A later answer may say it better.
    let later = answer(200, &[("location", "/made/2")], &done);
    assert_eq!(looked((post, None), &later).0, at("/made/2"));
}

#[test]
fn a_place_with_200_is_the_result_unless_it_says_when_to_ask_again() {
    let of = |headers: &[(&str, &str)], body: Value| {
        begun(&Method::POST, None, |beginning| {
            let first = answer(202, &[("location", "/jobs/1")], &Value::Null);
            let Begun::Here(mut operation) = beginning.begun(&first) else {
                panic!("it goes on")
            };
            let look = operation.look(&answer(200, headers, &body), beginning);
            assert_eq!(operation.monitor, "https://api.example/jobs/1");
            look
        })
    };
    let again = [("retry-after", "5")];
    for word in [
        "running",
        "In Progress",
        "NotStarted",
        "not_started",
        "queued",
    ] {
        let look = of(&again, json!({"status": word}));
        assert!(matches!(look, Look::Running(_)), "{word}: {look:?}");
    }
    let half = of(&[], json!({"status": "processing", "percentComplete": 50}));
    assert!(
        matches!(
            half,
            Look::Running(Report {
                percent: Some(_),
                ..
            })
        ),
        "{half:?}"
    );
    // An order that is pending is what was asked for.
    for (headers, body) in [
        (&[][..], json!({"status": "pending", "id": 7})),
        (&[], json!({"status": "processing", "percentComplete": 100})),
        (&again, json!({"status": "done"})),
        (&again, json!({"status": "shipped"})),
        (&again, json!({"id": 7})),
        (&again, json!([1])),
    ] {
        assert_eq!(of(headers, body.clone()), Look::Done, "{body}");
    }
}

#[test]
fn a_resource_that_is_made_says_itself_how_far_it_is() {
    let state = |word: &str| json!({"id": "/things/1", "properties": {"provisioningState": word}});
    let marked = Some(FinalState::Unsaid);
    let first = |method: &Method, result, body: &Value| {
        begun(method, result, |beginning| {
            match beginning.begun(&answer(201, &[], body)) {
                Begun::Here(operation) => Some(operation),
                Begun::Nothing | Begun::Elsewhere => None,
            }
        })
    };
    let operation = first(&Method::PUT, marked, &state("Creating")).expect("it goes on");
    assert_eq!(operation.monitor, SENT_TO);
    assert!(!operation.can_be_cancelled());
    for (method, result, body) in [
        (&Method::PUT, marked, state("Succeeded")),
        (&Method::PUT, marked, json!({"id": 1})),
        (&Method::PUT, None, state("Creating")),
        (&Method::POST, marked, state("Creating")),
    ] {
        assert_eq!(first(method, result, &body), None, "{method} {body}");
    }
    let look = |body: &Value| {
        begun(&Method::PUT, marked, |beginning| {
            (operation.clone()).look(&answer(200, &[], body), beginning)
        })
    };
    assert!(matches!(look(&state("Updating")), Look::Running(_)));
    assert_eq!(look(&state("Succeeded")), Look::Done);
    assert_eq!(look(&json!({"id": 1})), Look::Done);
    assert_eq!(look(&state("Failed")), Look::Failed("Failed".to_owned()));
    assert_eq!(
        look(&state("Canceled")),
        Look::Cancelled("Canceled".to_owned())
    );
}
