//! Answers that replicas keep for each other, and the marks of writes that end them.
//!
//! What answers and paths are called, and who may read them, is the business of `cache::shared`.

use std::time::Duration;

use super::link::{Link, milliseconds};
use super::scripts::{LOOK, MARK, PUT};
use super::{Known, Looked, Point, Put, Question, Write};

/// How many marks there are at most.
const MOST_MARKS: usize = 10_000;

impl Link {
    /// See [`super::State::look`].
    pub(super) async fn look(&self, question: &Question<'_>) -> Option<Looked> {
        let names = question.names.iter().map(|name| self.key("cache", name));
        let first = [
            hex(getrandom::u64().ok()?),
            question.id.to_owned(),
            milliseconds(question.time).to_string(),
            question.known.map(hex).unwrap_or_default(),
            milliseconds(question.longest).to_string(),
        ];
        let arguments = first.into_iter().chain(question.fields.iter().cloned());
        let keys = std::iter::once(self.marks()).chain(names);
        let answer: Vec<Vec<u8>> = self.run(&LOOK, keys, arguments).await?;
        let text = |at: usize| std::str::from_utf8(answer.get(at)?).ok();
        let number = |at: usize| text(at)?.parse::<u64>().ok();
        let epoch = u64::from_str_radix(text(0)?, 16).ok()?;
        let known = || {
            Some(Known {
                age: Duration::from_millis(number(4)?),
                since: Point {
                    epoch,
                    number: number(5)?,
                },
                version: u64::from_str_radix(text(6)?, 16).ok()?,
                place: usize::try_from(number(7)?).ok()?,
                value: answer.get(8)?.clone(),
            })
        };
        Some(Looked {
            now: Point {
                epoch,
                number: number(1)?,
            },
            last: number(2)?,
            is_open: text(3)? != "0",
            known: known(),
        })
    }

    /// See [`super::State::put`].
    pub(super) async fn put(&self, put: &Put<'_>) -> Option<bool> {
        let first = [
            hex(put.since.epoch).into_bytes(),
            put.since.number.to_string().into_bytes(),
            put.id.as_bytes().to_owned(),
            milliseconds(put.lifetime).to_string().into_bytes(),
            put.age.as_millis().to_string().into_bytes(),
            hex(put.version).into_bytes(),
            put.value.to_owned(),
        ];
        let fields = put.fields.iter().map(|field| field.as_bytes().to_owned());
        let keys = [self.marks(), self.key("cache", put.name)];
        let kept: u8 = self
            .run(&PUT, keys, first.into_iter().chain(fields))
            .await?;
        Some(kept == 1)
    }

    /// See [`super::State::mark`].
    pub(super) async fn mark(&self, write: &Write<'_>) -> Option<()> {
        let first = [
            hex(getrandom::u64().ok()?),
            write.id.to_owned(),
            write.left.map_or(0, milliseconds).to_string(),
            write.ids.to_owned(),
            milliseconds(write.longest).to_string(),
            MOST_MARKS.to_string(),
        ];
        let arguments = first.into_iter().chain(write.fields.iter().cloned());
        let _: u8 = self.run(&MARK, [self.marks()], arguments).await?;
        Some(())
    }

    /// See [`super::State::renew`].
    pub(super) async fn renew(&self) -> Option<()> {
        let mut renewal = redis::cmd("HSET");
        renewal.arg(self.marks()).arg("epoch");
        renewal.arg(hex(getrandom::u64().ok()?));
        let _: u64 = self.ask(&renewal).await?;
        Some(())
    }

    fn marks(&self) -> String {
        self.key("cache", "writes")
    }
}

fn hex(number: u64) -> String {
    format!("{number:016x}")
}
