//! What replicas are told of answers and writes, by a real Redis.

use super::*;

const DAY: Duration = Duration::from_secs(86_400);
const MINUTE: Duration = Duration::from_secs(60);

fn fields(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A replica that names paths by one key.
struct Replica {
    state: State,
    id: &'static str,
}

impl Replica {
    async fn look(&self, known: Option<u64>, marks: &[&str]) -> Looked {
        let question = Question {
            names: &fields(&["answer"]),
            id: self.id,
            time: MINUTE,
            known,
            fields: &fields(marks),
            longest: DAY,
        };
        self.state.look(&question).await.expect("an answer")
    }

    async fn put(&self, since: Point, value: &[u8], marks: &[&str]) -> bool {
        let put = Put {
            name: "answer",
            id: self.id,
            since,
            lifetime: MINUTE,
            age: Duration::from_secs(5),
            version: 7,
            value,
            fields: &fields(marks),
        };
        self.state.put(&put).await.expect("an answer")
    }

    async fn mark(&self, write: &str, left: Option<Duration>, marks: &[&str]) {
        let write = Write {
            id: write,
            left,
            ids: self.id,
            fields: &fields(marks),
            longest: DAY,
        };
        self.state.mark(&write).await.expect("an answer");
    }
}

async fn replica(name: &str) -> Option<Replica> {
    let state = real(name).await?;
    Some(Replica { state, id: "k1" })
}

#[tokio::test]
async fn an_answer_is_found_until_its_path_is_written_to() {
    let Some(one) = replica("answers").await else {
        return;
    };
    let path = ["all", "a:x", "b:x"];
    let first = one.look(None, &path).await;
    assert!(first.known.is_none() && first.allows(first.now));
    assert!(one.put(first.now, b"text", &path).await);
    let found = one.look(None, &path).await.known.expect("it is kept");
    assert_eq!((found.value.as_slice(), found.version), (&b"text"[..], 7));
    assert_eq!((found.since, found.place), (first.now, 0));
    assert!(found.age >= Duration::from_secs(5) && found.age < Duration::from_secs(50));
    // Whoever knows it hears only that it is good.
    let found = one.look(Some(7), &path).await.known.expect("it is kept");
    assert!(found.value.is_empty());
    one.mark("w1", None, &["a:other"]).await;
    assert!(one.look(None, &path).await.known.is_some());
    one.mark("w2", None, &["b:x"]).await;
    let after = one.look(None, &path).await;
    assert!(after.known.is_none() && !after.allows(first.now) && after.allows(after.now));
    // What was asked for before the write is not kept after it.
    assert!(!one.put(first.now, b"old", &path).await);
    assert!(one.put(after.now, b"new", &path).await);
    // Nor does it take the place of what is newer.
    one.mark("w3", None, &["a:other"]).await;
    let later = one.look(None, &path).await;
    assert!(one.put(later.now, b"newer", &path).await);
    assert!(one.put(after.now, b"new", &path).await);
    let found = one.look(None, &path).await.known.expect("it is kept");
    assert_eq!(found.value, b"newer");
    // A replica that keeps it to itself takes it away.
    assert!(one.put(later.now, b"", &path).await);
    let looked = one.look(None, &path).await;
    assert!(looked.known.is_none() && looked.allows(later.now));
}

#[tokio::test]
async fn a_write_that_goes_on_is_believed_by_nobody_and_counts_when_it_is_never_over() {
    let Some(one) = replica("open").await else {
        return;
    };
    let path = ["all", "a:x"];
    let before = one.look(None, &path).await;
    one.mark("w1", Some(MINUTE), &["a:x"]).await;
    one.mark("w2", Some(MINUTE), &["a:x"]).await;
    one.mark("w1", None, &["a:x"]).await;
    let during = one.look(None, &path).await;
    assert!(during.is_open && !during.allows(during.now));
    assert!(!one.put(during.now, b"text", &path).await);
    one.mark("w2", None, &["a:x"]).await;
    let after = one.look(None, &path).await;
    assert!(!after.is_open && after.allows(after.now) && !after.allows(during.now));
    one.mark("w3", Some(Duration::from_millis(1)), &["a:x"])
        .await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    let ended = one.look(None, &path).await;
    assert!(!ended.is_open && !ended.allows(after.now) && !ended.allows(before.now));
}

#[tokio::test]
async fn a_write_that_names_its_paths_in_another_way_is_one_to_everything() {
    let Some(one) = replica("names").await else {
        return;
    };
    let other = Replica {
        state: one.state.clone(),
        id: "k2",
    };
    let path = ["all", "a:x"];
    other.mark("w1", None, &["a:y"]).await;
    let looked = one.look(None, &path).await;
    assert_eq!(looked.last, 0);
    assert!(one.put(looked.now, b"text", &path).await);
    other.mark("w2", Some(MINUTE), &["a:y"]).await;
    let during = one.look(None, &path).await;
    assert!(during.is_open && during.known.is_none());
    other.mark("w2", None, &["a:y"]).await;
    let after = one.look(None, &path).await;
    assert!(!after.is_open && !after.allows(looked.now) && after.allows(after.now));
    // Whoever was not heard of when it asked may keep nothing.
    let unheard = Replica {
        state: one.state.clone(),
        id: "k3",
    };
    assert!(!unheard.put(after.now, b"text", &path).await);
}

#[tokio::test]
async fn more_marks_than_are_kept_are_one_to_everything_and_lost_ones_are_another_epoch() {
    let Some(one) = replica("many").await else {
        return;
    };
    let path = ["all", "a:x"];
    let before = one.look(None, &path).await;
    one.mark("w1", Some(MINUTE), &["a:x"]).await;
    for hundred in 0..=100 {
        let names: Vec<String> = (0..100)
            .map(|at| format!("a:{}", hundred * 100 + at))
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        one.mark("w2", None, &names).await;
    }
    one.mark("w3", None, &["a:y"]).await;
    let after = one.look(None, &path).await;
    assert!(after.is_open && !after.allows(before.now));
    one.mark("w1", None, &["a:x"]).await;
    let over = one.look(None, &path).await;
    assert!(!over.is_open && over.allows(over.now));
    let elsewhere = replica("elsewhere").await.expect("it is there");
    let other = elsewhere.look(None, &path).await;
    assert!(other.now.epoch != over.now.epoch && !other.allows(over.now));
    assert!(!elsewhere.put(over.now, b"text", &path).await);
}

#[tokio::test]
async fn a_value_is_kept_for_who_finds_it_and_an_owner_has_room_for_so_many() {
    let Some(state) = real("values").await else {
        return;
    };
    let place = |name: &str| Place {
        name: name.to_owned(),
        owner: "ann".to_owned(),
    };
    let held = async |name: &str, makes_room| {
        let room = (2, makes_room);
        (state
            .hold(&place(name), name.as_bytes(), MINUTE, room)
            .await)
            .expect("an answer")
    };
    let found = async |name: &str| (state.find(&place(name), MINUTE).await).expect("an answer");
    assert!(held("a", true).await);
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert!(held("b", true).await && !held("c", false).await);
    // Another value at the same place takes no more room.
    assert!(held("b", false).await);
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert_eq!(found("a").await.as_deref(), Some(&b"a"[..]));
    assert!(held("c", true).await);
    assert_eq!((found("b").await, found("c").await.is_some()), (None, true));
    assert!(found("a").await.is_some());
    let soon = Duration::from_millis(1);
    assert_eq!(
        state.hold(&place("a"), b"x", soon, (2, false)).await,
        Some(true)
    );
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(found("a").await, None);
    assert!(held("d", false).await);
}
