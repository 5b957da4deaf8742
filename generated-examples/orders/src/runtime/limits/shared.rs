//! The buckets that replicas share: one question to the shared state for all tokens that a call needs, all or none.
//!
//! The names of buckets are digests: whom they are about cannot be read where the state is.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::{Value, json};

use super::super::arguments::sorted;
use super::super::engine::{CallContext, ToolResult};
use super::super::state::{Claim, name_of};
use super::{Buckets, Calling, Limits, caller, in_circles, of_tool, too_many};

/// What the model reads when a bucket is empty.
enum Refusal<'a> {
    /// Of whom.
    TooMany(Cow<'a, str>),
    /// With which tool.
    InCircles(&'a str),
}

/// The tokens that a call needs.
#[derive(Default)]
struct Wanted<'a> {
    claims: Vec<Claim>,
    refusals: Vec<(&'a Buckets, Refusal<'a>)>,
}

impl<'a> Wanted<'a> {
    /// `kind` and `whose` tell a bucket from all others.
    fn add(&mut self, buckets: &'a Buckets, kind: &str, whose: &Value, refusal: Refusal<'a>) {
        let frequency = buckets.frequency();
        let size = [frequency.count, frequency.burst];
        // A replica that has another limit already, or still, does not spoil the count.
        let bucket = name_of(&json!([kind, whose, size, frequency.span.as_secs()]));
        self.claims.push(Claim { bucket, frequency });
        self.refusals.push((buckets, refusal));
    }

    fn refused(&self, (place, wait): (usize, Duration)) -> (&'static str, ToolResult) {
        // The shared state answers for as many buckets as it was asked for; another answer refuses as the last one does.
        let (buckets, refusal) = &self.refusals[place.min(self.refusals.len() - 1)];
        match refusal {
            Refusal::TooMany(who) => ("rate", too_many(who, buckets, wait)),
            Refusal::InCircles(tool) => ("loop", in_circles(tool, buckets, wait)),
        }
    }
}

impl Limits {
    /// See [`Limits::admit`]; `None` without an answer of the shared state.
    pub(super) async fn admit_everywhere(
        &self,
        context: &CallContext,
    ) -> Option<Result<(), ToolResult>> {
        let mut wanted = Wanted::default();
        if let Some(buckets) = &self.caller {
            let who = Refusal::TooMany("You".into());
            wanted.add(buckets, "caller", &self.name_of(context), who);
        }
        if let (Some(buckets), Some(tenant)) = (&self.tenant, self.tenant_of(context)) {
            let who = Refusal::TooMany("Your organisation".into());
            wanted.add(buckets, "tenant", tenant, who);
        }
        if let Some(buckets) = &self.all {
            let who = Refusal::TooMany("This server".into());
            wanted.add(buckets, "all", &Value::Null, who);
        }
        let admitted = self.taken(&wanted).await?;
        Some(admitted.map_err(|(_, refusal)| refusal))
    }

    /// See [`Limits::admit_to_tool`]; `None` without an answer of the shared state.
    pub(super) async fn admit_to_tool_everywhere(
        &self,
        call: &Calling<'_>,
        of_tool_itself: Option<&Buckets>,
    ) -> Option<Result<(), (&'static str, ToolResult)>> {
        let Calling {
            tool,
            arguments,
            fields,
            context,
            ..
        } = *call;
        let mut wanted = Wanted::default();
        if let Some(buckets) = of_tool_itself {
            let who = Refusal::TooMany(of_tool(tool).into());
            wanted.add(buckets, "tool", &tool.into(), who);
        }
        if let Some(buckets) = self.repetitions.as_ref().filter(|_| !call.repeats) {
            let call = json!([self.name_of(context), tool, sorted(arguments), fields]);
            wanted.add(buckets, "again", &call, Refusal::InCircles(tool));
        }
        self.taken(&wanted).await
    }

    async fn taken(&self, wanted: &Wanted<'_>) -> Option<Result<(), (&'static str, ToolResult)>> {
        if wanted.claims.is_empty() {
            return Some(Ok(()));
        }
        let taken = self.state.take(&wanted.claims).await?;
        Some(taken.map_err(|empty| wanted.refused(empty)))
    }

    fn name_of(&self, context: &CallContext) -> Value {
        caller(context).name(self.hashed(|_| ()))
    }
}
