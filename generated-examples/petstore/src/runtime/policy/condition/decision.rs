//! Decides a condition for a caller and a call, within a budget. What goes wrong is told without a value.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use cel::common::types::{CelBool, CelInt, CelString};
use cel::common::value::CowVal;
use cel::extractors::IntoFunction;
use cel::{Context, ExecutionError, FunctionContext, Value};
use serde_json::{Map, Value as Json};

use super::Caller;
use super::expression::{
    ARGUMENTS, CLAIMS, Condition, ENVIRONMENT, IDENTITY, LOOP, Looks, MATCHES, OF_IDENTITY,
};
use super::values::{Meter, check_name, map};

/// How much the loops of one decision may cost, in parts that are looked at.
const MOST_STEPS: u64 = 1_000_000;

/// Why a condition could not be decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Undecided {
    /// What the caller may know.
    told: Option<&'static str>,
    /// What the owner may know: no value of a call is in it.
    reason: Cow<'static, str>,
}

impl Undecided {
    pub(super) const TOO_LARGE: Self =
        Self::told_to_all("its arguments are too large to be checked; send fewer or shorter ones");
    pub(super) const INEXACT: Self =
        Self::told_to_all("a number among its arguments is too large to be checked exactly");
    pub(super) const LOOKALIKE: Self = Self::told_to_all(
        "a member among its arguments differs from one that is checked in upper and lower case only",
    );

    const fn told_to_all(text: &'static str) -> Self {
        Self {
            told: Some(text),
            reason: Cow::Borrowed(text),
        }
    }

    fn because(reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            told: None,
            reason: reason.into(),
        }
    }

    /// What the caller may know of it: the end of a sentence.
    pub(in super::super) fn told(&self) -> Option<&'static str> {
        self.told
    }

    /// What the owner may know of it.
    pub(in super::super) fn reason(&self) -> &str {
        &self.reason
    }
}

impl Condition {
    /// Whether it holds for a caller, and a call with these arguments.
    ///
    /// # Errors
    /// That cannot be decided, which is no yes.
    pub(in super::super) fn holds(
        &self,
        caller: Caller<'_>,
        arguments: Option<&Map<String, Json>>,
    ) -> Result<bool, Undecided> {
        let mut meter = Meter::default();
        let mut context = Context::with_env(Arc::clone(&ENVIRONMENT));
        let mut sizes = BTreeMap::new();
        if let Some(arguments) = arguments {
            let arguments = self.arguments_of(arguments, &mut meter, &mut sizes)?;
            context.add_variable_from_value(ARGUMENTS, arguments);
        }
        self.add_caller(&mut context, caller, &mut meter)?;
        let exhausted = Arc::new(AtomicBool::new(false));
        let costs = self.looks.costs(&sizes, meter.size());
        declare(&mut context, LOOP, looping(costs, Arc::clone(&exhausted)));
        if !self.looks.patterns.is_empty() {
            declare(&mut context, MATCHES, matching(&self.looks));
        }
        // Whatever a panic leaves half done belongs to this decision.
        let decided = catch_unwind(AssertUnwindSafe(|| {
            Value::resolve(&self.expression, &context)
        }));
        match decided {
            Ok(Ok(Value::Bool(holds))) => Ok(holds),
            Ok(Ok(_)) => Err(Undecided::because("it is neither true nor false")),
            Ok(Err(_)) if exhausted.load(Ordering::Relaxed) => Err(Undecided::TOO_LARGE),
            Ok(Err(error)) => Err(Undecided::because(self.reason(&error))),
            Err(_) => Err(Undecided::because("it broke off")),
        }
    }

    /// The arguments that the expression looks at, each with its size.
    fn arguments_of<'a>(
        &'a self,
        arguments: &'a Map<String, Json>,
        meter: &mut Meter,
        sizes: &mut BTreeMap<&'a str, u64>,
    ) -> Result<Value, Undecided> {
        let members = Some(&self.looks.members);
        let mut found = Vec::new();
        for (name, value) in arguments {
            check_name(name, Some(&self.looks.folded_arguments))?;
            if !self.looks.all_arguments && !self.looks.arguments.contains(name) {
                continue;
            }
            let before = meter.size();
            found.push((name.as_str(), meter.value(value, members, 1)?));
            sizes.insert(name, meter.size() - before);
        }
        Ok(map(found))
    }

    fn add_caller(
        &self,
        context: &mut Context<'_, '_>,
        (identity, tenant_claim): Caller<'_>,
        meter: &mut Meter,
    ) -> Result<(), Undecided> {
        if self.looks.claims {
            let no_claims = Map::new();
            let claims = identity.map_or(&no_claims, |identity| identity.claims());
            let mut found = Vec::new();
            for (name, value) in claims {
                found.push((name.as_str(), meter.value(value, None, 1)?));
            }
            context.add_variable_from_value(CLAIMS, map(found));
        }
        let text = |text: &str| Value::String(Arc::new(text.to_owned()));
        let list =
            |texts: &[String]| Value::List(Arc::new(texts.iter().map(|it| text(it)).collect()));
        let [name, means, roles, scopes, tenant] = OF_IDENTITY;
        let mut facts = vec![(roles, list(&[])), (scopes, list(&[]))];
        if let Some(identity) = identity {
            facts = vec![
                (name, text(identity.name())),
                (means, text(identity.means().label())),
                (roles, list(identity.roles())),
                (scopes, list(identity.scopes().unwrap_or_default())),
            ];
            if let Some(claim) = identity.claim(tenant_claim) {
                facts.push((tenant, meter.value(claim, None, 1)?));
            }
        }
        context.add_variable_from_value(IDENTITY, map(facts));
        Ok(())
    }

    /// What the library says, without the values that it says it of.
    fn reason(&self, error: &ExecutionError) -> Cow<'static, str> {
        match error {
            ExecutionError::NoSuchKey(name) if self.looks.names.contains(name.as_str()) => {
                format!("there is no `{name}`; `has(…)` tells whether there is").into()
            }
            ExecutionError::NoSuchKey(_) => "a member that it looks at is not there".into(),
            ExecutionError::IndexOutOfBounds(_) => "a list has fewer items than it looks at".into(),
            ExecutionError::Overflow(..) => "a number gets too large".into(),
            ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => {
                "it divides by zero".into()
            }
            ExecutionError::NoSuchOverload(_)
            | ExecutionError::ValuesNotComparable(..)
            | ExecutionError::UnsupportedBinaryOperator(..)
            | ExecutionError::UnexpectedType { .. } => {
                "a value is of another type than it takes for granted".into()
            }
            ExecutionError::FunctionError { function, .. } => {
                format!("`{function}` cannot be made of what there is").into()
            }
            _ => "the library refuses it".into(),
        }
    }
}

impl Looks {
    /// What a round of each loop costs at most.
    fn costs(&self, sizes: &BTreeMap<&str, u64>, all: u64) -> Vec<u64> {
        let size = |name: &String| sizes.get(name.as_str()).copied().unwrap_or_default();
        (self.loops.iter())
            .map(|it| {
                let looked_at = if it.everything {
                    all
                } else {
                    it.arguments.iter().map(size).sum()
                };
                it.parts + looked_at
            })
            .collect()
    }
}

/// A function of expressions.
type Function = Box<
    dyn for<'context, 'call> Fn(
            &mut FunctionContext<'context, 'call>,
        ) -> Result<CowVal<'context, 'call>, ExecutionError>
        + Send
        + Sync,
>;

fn declare(context: &mut Context<'_, '_>, name: &str, function: Function) {
    fn add<T: 'static>(
        context: &mut Context<'_, '_>,
        name: &str,
        function: impl IntoFunction<T> + Send + Sync + 'static,
    ) {
        // The environment has no function of these names.
        let _ = context.add_function(name, function);
    }
    add(context, name, function);
}

/// Gives a range of a loop when its rounds can be paid for.
fn looping(costs: Vec<u64>, exhausted: Arc<AtomicBool>) -> Function {
    let left = AtomicU64::new(MOST_STEPS);
    Box::new(move |call| {
        let (Some(index), Some(range)) = (call.args.pop(), call.args.pop()) else {
            return Err(ExecutionError::missing_argument_or_target());
        };
        let index = index
            .downcast_ref::<CelInt>()
            .map_or(0, |index| *index.inner());
        let cost = usize::try_from(index)
            .ok()
            .and_then(|index| costs.get(index));
        let rounds = range.as_sizer().map_or(0, |range| *range.size().inner());
        let rounds = u64::try_from(rounds).unwrap_or_default();
        let total = rounds.saturating_mul(cost.copied().unwrap_or(u64::MAX));
        let paid = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            left.checked_sub(total)
        });
        if paid.is_err() {
            exhausted.store(true, Ordering::Relaxed);
            return Err(ExecutionError::function_error(LOOP, "too many rounds"));
        }
        Ok(range)
    })
}

/// `text.matches(pattern)`: whether a part of the text is of the pattern, which was compiled with the expression.
fn matching(looks: &Looks) -> Function {
    let patterns = Arc::clone(&looks.patterns);
    Box::new(move |call| {
        let pattern = call.args.pop();
        let text = call.this.take().or_else(|| call.args.pop());
        let text = text
            .as_ref()
            .and_then(|text| text.downcast_ref::<CelString>());
        let pattern = pattern
            .as_ref()
            .and_then(|it| it.downcast_ref::<CelString>());
        let compiled = pattern.and_then(|pattern| patterns.get(pattern.inner()));
        match (text, compiled) {
            (Some(text), Some(compiled)) => Ok(CowVal::owned(CelBool::from(
                compiled.is_match(text.inner()),
            ))),
            _ => Err(ExecutionError::function_error(MATCHES, "not of a text")),
        }
    })
}
