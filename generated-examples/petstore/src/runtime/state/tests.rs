//! The shared state as its users see it: with nobody there, with somebody who does not answer, and with a real Redis where
//! `MCPGEN_TEST_REDIS` names one (`tests/state/run` does).

#[cfg(feature = "cache")]
mod answers;

use std::sync::Arc;
use std::time::Duration;

use super::super::engine::StartError;
use super::super::metrics::Metrics;
use super::super::settings::{Frequency, Rate};
use super::super::tests::scratch::Scratch;
use super::super::upstream::Trust;
use super::*;

fn settings(url: &str) -> StateSettings {
    StateSettings {
        url: Some(url.into()),
        ..StateSettings::default()
    }
}

fn state_of(settings: &StateSettings, metrics: &Arc<Metrics>) -> Result<State, StartError> {
    let trust = Trust::read(None, &|_| None).expect("nothing to read");
    State::new(settings, "orders", &trust, metrics)
}

fn minute(count: u32) -> Frequency {
    let rate = format!("{count}/m").parse::<Rate>();
    rate.expect("a rate").0.expect("not off")
}

fn claim(bucket: &str, count: u32) -> Claim {
    Claim {
        bucket: bucket.to_owned(),
        frequency: minute(count),
    }
}

#[tokio::test]
async fn a_state_that_is_not_there_is_down_and_nobody_waits_for_it() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let address = listener.and_then(|free| free.local_addr());
    let metrics = Arc::new(Metrics::default());
    let url = format!("redis://:geheim@{}", address.expect("a port"));
    let state = state_of(&settings(&url), &metrics).expect("an address");
    state.start().await;
    assert_eq!(state.condition(), Some(Condition::Down));
    assert_eq!(state.take(&[claim("a", 1)]).await, None);
    assert!(metrics.text().contains("mcp_state_up 0\n"));
    assert!(!format!("{state:?}").contains("geheim"));
}

#[tokio::test]
async fn who_takes_the_connection_and_says_nothing_is_down() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a port");
    let address = listener.local_addr().expect("an address");
    let metrics = Arc::new(Metrics::default());
    let state = state_of(&settings(&format!("redis://{address}")), &metrics).expect("an address");
    state.start().await;
    assert_eq!(state.condition(), Some(Condition::Down));
    drop(listener);
}

#[test]
fn what_is_of_no_use_is_told_without_the_password() {
    let told = |settings: &StateSettings| {
        let StartError(why) = state_of(settings, &Arc::default()).expect_err("no use");
        assert!(!why.contains("geheim"), "{why}");
        why
    };
    assert_eq!(
        told(&settings("http://:geheim@cache")),
        "--state: expected `redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]`, or `rediss://` for TLS"
    );
    let both = StateSettings {
        url_file: Some("x".into()),
        ..settings("redis://:geheim@cache")
    };
    assert!(told(&both).contains("leave one out"));
    let scratch = Scratch::holding("geheim\n");
    let file = StateSettings {
        url_file: Some(scratch.path().into()),
        ..StateSettings::default()
    };
    assert!(told(&file).starts_with("--state-file `"));
    scratch.write("redis://:geheim@cache\n");
    assert!(state_of(&file, &Arc::default()).is_ok());
}

/// A state at a real Redis under a name of its own, or nothing where there is none to test with.
async fn real(name: &str) -> Option<State> {
    let url = std::env::var("MCPGEN_TEST_REDIS").ok()?;
    let unique = format!("{name}-{:x}", getrandom::u64().expect("randomness"));
    let settings = StateSettings {
        prefix: Some(unique),
        timeout: Duration::from_secs(5),
        ..settings(&url)
    };
    let state = state_of(&settings, &Arc::default()).expect("an address");
    state.start().await;
    assert_eq!(state.condition(), Some(Condition::Up));
    Some(state)
}

#[tokio::test]
async fn all_tokens_are_taken_or_none() {
    let Some(state) = real("take").await else {
        return;
    };
    let both = [claim("wide", 3), claim("narrow", 1)];
    assert_eq!(state.take(&both).await, Some(Ok(())));
    for _ in 0..5 {
        let taken = state.take(&both).await.expect("an answer");
        let (place, wait) = taken.expect_err("the second is empty");
        assert_eq!(place, 1);
        assert!(
            wait > Duration::from_secs(50) && wait <= Duration::from_secs(60),
            "{wait:?}"
        );
    }
    // What was refused has taken nothing of the first.
    for expected in [true, true, false] {
        let taken = state.take(&both[..1]).await.expect("an answer");
        assert_eq!(taken.is_ok(), expected);
    }
}

#[tokio::test]
async fn what_is_spent_is_spent_for_all_and_from_all_accounts_or_none() {
    let Some(state) = real("spend").await else {
        return;
    };
    let day = Duration::from_secs(86_400);
    let draft = |account: &str, budget: &str, cost| Draft {
        account: account.to_owned(),
        budget: budget.parse().expect("a budget"),
        cost,
        alone: (0, 0),
        own: (0, 0),
    };
    let wide = || draft("ann", "1000 calls", 3);
    let spending = async |state: State| {
        for _ in 0..100 {
            let spent = state.spend(&[wide()], day, true).await;
            spent.expect("an answer").expect("enough");
        }
    };
    tokio::join!(spending(state.clone()), spending(state.clone()));
    let look = state.spend(&[wide()], day, false).await;
    assert_eq!(look, Some(Ok(vec![(200, 600)])));
    // The team has 5, and this costs 3 each time.
    let both = [wide(), draft("team", "5 cost", 3)];
    let first = state.spend(&both, day, true).await;
    assert_eq!(first, Some(Ok(vec![(200, 600), (0, 0)])));
    let second = state.spend(&both, day, true).await;
    assert_eq!(second, Some(Err((1, (1, 3)))));
    let look = state.spend(&[wide()], day, false).await;
    assert_eq!(look, Some(Ok(vec![(201, 603)])));
    // What was spent without Redis is told once it is back, and what it has lost is known by who spent it.
    let told = Draft {
        alone: (4, 40),
        ..wide()
    };
    let look = state.spend(&[told], day, false).await;
    assert_eq!(look, Some(Ok(vec![(205, 643)])));
    let lost = Draft {
        own: (7, 70),
        ..draft("lost", "7 calls", 1)
    };
    assert_eq!(
        state.spend(&[lost], day, true).await,
        Some(Err((0, (7, 70))))
    );
    let short = [draft("short", "1 call", 1)];
    let soon = Duration::from_millis(1);
    assert_eq!(
        state.spend(&short, soon, true).await,
        Some(Ok(vec![(0, 0)]))
    );
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(state.spend(&short, day, true).await, Some(Ok(vec![(0, 0)])));
}
