use serde_json::json;

use super::super::identity::{Identity, Means};
use super::super::state::State;
use super::*;

fn limits(change: impl FnOnce(&mut LimitSettings)) -> Limits {
    let mut settings = LimitSettings {
        tenant_claim: "tenant".to_owned(),
        ..LimitSettings::default()
    };
    change(&mut settings);
    Limits::new(&settings, State::default())
}

fn rate(text: &str) -> Option<Frequency> {
    text.parse::<super::super::settings::Rate>()
        .expect("a rate")
        .0
}

pub(super) fn by(name: &str, tenant: &str) -> CallContext {
    let claims = json!({"tenant": tenant});
    let claims = claims.as_object().expect("an object").clone();
    CallContext {
        identity: Some(Identity::new(
            name.to_owned(),
            Means::Jwt,
            Vec::new(),
            None,
            claims,
        )),
        ..CallContext::default()
    }
}

pub(super) fn from(address: &str) -> CallContext {
    CallContext {
        client: Some(address.parse().expect("an address")),
        ..CallContext::default()
    }
}

#[tokio::test]
async fn each_caller_has_a_bucket_and_is_told_how_long_to_wait() {
    let limits = limits(|settings| settings.caller = rate("6/m:2"));
    let (alice, bob) = (by("alice", "a"), by("bob", "a"));
    assert!(limits.admit(&alice).await.is_ok() && limits.admit(&alice).await.is_ok());
    let refused = limits.admit(&alice).await.expect_err("used up");
    assert_eq!(refused.error, Some(ErrorType::RateLimited));
    let text = refused.as_text();
    assert!(
        text.contains("You may call 6 a minute. Try again in 10 s."),
        "{text}"
    );
    assert!(limits.admit(&bob).await.is_ok());
}

#[tokio::test]
async fn who_has_no_identity_goes_by_address_and_ipv6_by_network() {
    let limits = limits(|settings| settings.caller = rate("1/h"));
    assert!(limits.admit(&from("192.0.2.1")).await.is_ok());
    assert!(limits.admit(&from("::ffff:192.0.2.1")).await.is_err());
    assert!(limits.admit(&from("192.0.2.2")).await.is_ok());
    assert!(limits.admit(&from("2001:db8::1")).await.is_ok());
    assert!(limits.admit(&from("2001:db8::2")).await.is_err());
    assert!(limits.admit(&from("2001:db8:0:1::1")).await.is_ok());
}

#[tokio::test]
async fn a_tenant_and_everybody_share_a_bucket() {
    let tenant = limits(|settings| settings.tenant = rate("1/h"));
    assert!(tenant.admit(&by("alice", "a")).await.is_ok());
    assert!(tenant.admit(&by("bob", "a")).await.is_err());
    assert!(tenant.admit(&by("carol", "b")).await.is_ok());
    let all = limits(|settings| settings.all = rate("2/h"));
    assert!(
        all.admit(&by("alice", "a")).await.is_ok() && all.admit(&from("192.0.2.1")).await.is_ok()
    );
    assert!(all.admit(&from("192.0.2.2")).await.is_err());
}

#[tokio::test]
async fn the_same_call_again_and_again_gets_an_explanation() {
    let limits = limits(|settings| settings.repetitions = Some(3));
    let arguments = |value: Value| value.as_object().expect("an object").clone();
    let (alice, bob) = (by("alice", "a"), by("bob", "a"));
    let (one, two) = (
        arguments(json!({"id": 1, "q": "x"})),
        arguments(json!({"id": 2})),
    );
    let call = |tool, arguments, context| Calling {
        tool,
        arguments,
        fields: None,
        jq: None,
        context,
        repeats: false,
    };
    let again = call("get", &one, &alice);
    for _ in 0..3 {
        assert!(limits.admit_to_tool(&again, None).await.is_ok());
    }
    let (limit, refusal) = (limits.admit_to_tool(&again, None).await).expect_err("a circle");
    let told = refusal.as_text();
    assert_eq!(limit, "loop");
    assert!(
        told.contains("`get` was called with these arguments 3 times in a minute"),
        "{told}"
    );
    for other in [
        call("get", &two, &alice),
        call("list", &one, &alice),
        call("get", &one, &bob),
    ] {
        assert!(limits.admit_to_tool(&other, None).await.is_ok());
    }
}

#[tokio::test]
async fn turns_are_taken_in_a_queue_of_limited_length() {
    let turns = turns::Turns::new(1, 1);
    let first = turns.free().expect("free");
    assert!(turns.free().is_none(), "it is taken");
    let mut second = std::pin::pin!(turns.next());
    let pending = tokio::time::timeout(Duration::from_millis(20), &mut second).await;
    assert!(pending.is_err(), "it waits");
    assert!(turns.next().await.is_none(), "the queue is full");
    drop(first);
    assert!(second.await.is_some());
}

#[tokio::test]
async fn who_is_over_their_own_limit_takes_nothing_from_the_others() {
    let limits = limits(|settings| {
        settings.caller = rate("1/h");
        settings.tenant = rate("3/h");
        settings.all = rate("3/h");
    });
    for _ in 0..20 {
        let _ = limits.admit(&by("alice", "a")).await;
    }
    assert!(limits.admit(&by("bob", "a")).await.is_ok());
}
