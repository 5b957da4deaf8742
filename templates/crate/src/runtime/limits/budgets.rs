//! Budgets of a day: how many calls, and how much of what they cost, each caller, team and tool may make.
//!
//! A day is one of UTC. What is counted is in the memory of this process, or shared by all replicas (`state`).

use std::borrow::Cow;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ahash::{HashMap, RandomState};
use serde_json::{Value, json};

use super::super::engine::{CallContext, ErrorType, ToolResult};
use super::super::settings::Budget;
use super::super::state::{Draft, State, name_of};
use super::{Caller, LimitSettings, caller};

const DAY: u64 = 24 * 60 * 60;

/// So many addresses have an account of their own each day; the others share one. Identities always have their own.
const ADDRESSES: usize = 100_000;

/// The budgets of a server, and what of them is used up today.
#[derive(Debug)]
pub(in super::super) struct Budgets {
    caller: Budget,
    team: Budget,
    team_claim: String,
    /// At how many percent to warn; 0 is never.
    warn_at: u64,
    today: Mutex<Today>,
    hasher: RandomState,
    state: State,
    /// Tells this process from others over stdio.
    process: u64,
}

#[derive(Debug, Default)]
struct Today {
    /// Days since 1970.
    day: u64,
    /// By the hashes of those whose budgets they are.
    used: HashMap<u64, Own>,
}

/// What this process has counted.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Own {
    all: Used,
    /// What the other replicas do not know of yet.
    alone: Used,
}

/// Whose budget it is.
#[derive(Debug, Clone, Hash)]
enum Owner<'a> {
    Caller(Caller<'a>),
    Elsewhere,
    Team(String),
    Tool(&'a str),
}

/// A budget that a call is paid from.
struct Account<'a> {
    owner: Owner<'a>,
    /// What is used of it is found by this.
    key: u64,
    budget: Budget,
}

impl Owner<'_> {
    /// How a sentence begins about it.
    fn subject(&self) -> Cow<'static, str> {
        match self {
            Self::Caller(_) | Self::Elsewhere => "You".into(),
            Self::Team(_) => "Your team".into(),
            Self::Tool(name) => format!("All callers of `{name}` together").into(),
        }
    }

    /// What tells it from the others.
    fn facts(&self, process: u64) -> Value {
        match self {
            Self::Caller(caller) => json!(["caller", caller.name(process)]),
            Self::Elsewhere => json!(["elsewhere"]),
            Self::Team(team) => json!(["team", team]),
            Self::Tool(tool) => json!(["tool", tool]),
        }
    }

    /// Its name in metrics.
    fn label(&self) -> &'static str {
        match self {
            Self::Caller(_) | Self::Elsewhere => "identity",
            Self::Team(_) => "team",
            Self::Tool(_) => "tool",
        }
    }
}

/// What was used of each budget, or the place of one that does not allow the call, and what was used of that.
type Payable = Result<Vec<Used>, (usize, Used)>;

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Used {
    calls: u64,
    cost: u64,
}

/// A call that is to be paid for.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Spending<'a> {
    pub(in super::super) context: &'a CallContext,
    pub(in super::super) tool: &'a str,
    /// The tool's own budget.
    pub(in super::super) budget: Budget,
    pub(in super::super) cost: u64,
}

/// A budget that comes to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Warning {
    /// Whose it is: `identity`, `team` or `tool`.
    pub(in super::super) budget: &'static str,
    /// What the model reads.
    pub(in super::super) text: String,
}

impl Budgets {
    pub(in super::super) fn new(settings: &LimitSettings, state: State) -> Self {
        Self {
            caller: settings.budget,
            team: settings.team_budget,
            team_claim: settings.team_claim.clone(),
            warn_at: settings.budget_warning.into(),
            today: Mutex::default(),
            state,
            hasher: RandomState::new(),
            process: RandomState::new().hash_one(()),
        }
    }

    /// Whether a call can be paid for.
    ///
    /// # Errors
    /// A budget is used up: what the model reads.
    pub(in super::super) async fn check(&self, spending: Spending<'_>) -> Result<(), ToolResult> {
        self.at(now(), spending, false).await.map(drop)
    }

    /// Pays for a call, from all budgets or from none.
    ///
    /// # Errors
    /// As for [`Budgets::check`].
    pub(in super::super) async fn spend(
        &self,
        spending: Spending<'_>,
    ) -> Result<Vec<Warning>, ToolResult> {
        self.at(now(), spending, true).await
    }

    async fn at(
        &self,
        now: Duration,
        spending: Spending<'_>,
        is_made: bool,
    ) -> Result<Vec<Warning>, ToolResult> {
        let budgets = [self.caller, self.team, spending.budget];
        if budgets.iter().all(Budget::is_off) {
            return Ok(Vec::new());
        }
        let day = now.as_secs() / DAY;
        let accounts = self.accounts(spending, day);
        let paid = if self.state.is_shared() {
            Box::pin(self.paid_everywhere(&accounts, (day, spending.cost, is_made))).await
        } else {
            None
        };
        let is_alone = paid.is_none();
        let parts = if is_alone { self.state.parts() } else { 1 };
        let left = Duration::from_secs(DAY - now.as_secs() % DAY);
        let mut today = self.today(day);
        let before = match paid {
            Some(paid) => paid,
            None => payable_here(&accounts, &today, (parts, spending.cost)),
        };
        let before = before.map_err(|(place, before)| {
            let Account { owner, budget, .. } = &accounts[place];
            let budget = part(*budget, parts);
            let what = exceeded(budget, before, before.with(spending.cost));
            refused(owner, &what.unwrap_or_default(), left)
        })?;
        if !is_made {
            return Ok(Vec::new());
        }
        let mut warnings = Vec::new();
        for (account, before) in accounts.iter().zip(before) {
            let (budget, after) = (part(account.budget, parts), before.with(spending.cost));
            warnings.extend(self.warning(&account.owner, budget, (before, after), left));
            // Also where all replicas count together: it is what this one knows when they cannot.
            let own = today.used.entry(account.key).or_default();
            own.all = own.all.with(spending.cost);
            if is_alone {
                own.alone = own.alone.with(spending.cost);
            }
        }
        Ok(warnings)
    }

    fn today(&self, day: u64) -> MutexGuard<'_, Today> {
        let mut today = self.today.lock().unwrap_or_else(PoisonError::into_inner);
        today.begin(day);
        today
    }

    /// What was used of each before by what all replicas know, who count it there at once; `None` without an answer.
    async fn paid_everywhere(
        &self,
        accounts: &[Account<'_>],
        (day, cost, is_made): (u64, u64, bool),
    ) -> Option<Payable> {
        let own = self.take_alone(accounts, day);
        let drafts: Vec<Draft> = (accounts.iter().zip(&own))
            .map(|(account, own)| Draft {
                account: name_of(&json!([day, account.owner.facts(self.process)])),
                budget: account.budget,
                cost,
                alone: (own.alone.calls, own.alone.cost),
                own: (own.all.calls, own.all.cost),
            })
            .collect();
        let lifetime = Duration::from_secs(2 * DAY);
        let Some(spent) = self.state.spend(&drafts, lifetime, is_made).await else {
            let mut today = self.today(day);
            for (account, untold) in accounts.iter().zip(own) {
                if let Some(own) = today.used.get_mut(&account.key) {
                    own.alone.calls += untold.alone.calls;
                    own.alone.cost = own.alone.cost.saturating_add(untold.alone.cost);
                }
            }
            return None;
        };
        let used = |(calls, cost)| Used { calls, cost };
        Some(match spent {
            Ok(before) => Ok(before.into_iter().map(used).collect()),
            Err((place, before)) => Err((place, used(before))),
        })
    }

    /// What this process has counted of each; what it has counted alone is told now, and not again.
    fn take_alone(&self, accounts: &[Account<'_>], day: u64) -> Vec<Own> {
        let mut today = self.today(day);
        let each = accounts.iter().map(|account| {
            let Some(own) = today.used.get_mut(&account.key) else {
                return Own::default();
            };
            let taken = *own;
            own.alone = Used::default();
            taken
        });
        each.collect()
    }

    /// The budgets that a call is paid from.
    fn accounts<'a>(&self, spending: Spending<'a>, day: u64) -> Vec<Account<'a>> {
        let account = |owner, budget| Account {
            key: self.hasher.hash_one(&owner),
            owner,
            budget,
        };
        let mut accounts = Vec::with_capacity(3);
        if !self.caller.is_off() {
            let caller = caller(spending.context);
            let is_address = matches!(caller, Caller::Address(_));
            let own = account(Owner::Caller(caller), self.caller);
            let is_one_more = is_address && {
                let today = self.today(day);
                today.used.len() >= ADDRESSES && !today.used.contains_key(&own.key)
            };
            accounts.push(if is_one_more {
                account(Owner::Elsewhere, self.caller)
            } else {
                own
            });
        }
        let identity = spending.context.identity.as_ref();
        let team = identity.and_then(|identity| identity.claim(&self.team_claim));
        if let Some(team) = team.filter(|_| !self.team.is_off()) {
            accounts.push(account(Owner::Team(team.to_string()), self.team));
        }
        if !spending.budget.is_off() {
            accounts.push(account(Owner::Tool(spending.tool), spending.budget));
        }
        accounts
    }

    /// A warning, once for each budget: for the call that takes it over the mark.
    fn warning(
        &self,
        owner: &Owner<'_>,
        budget: Budget,
        (before, after): (Used, Used),
        left: Duration,
    ) -> Option<Warning> {
        let passes = |limit: Option<u64>, before: u64, after: u64| {
            let mark = u128::from(limit?) * u128::from(self.warn_at);
            let is_below = |used: u64| u128::from(used) * 100 < mark;
            (is_below(before) && !is_below(after)).then_some(())
        };
        let calls = passes(budget.calls, before.calls, after.calls)
            .map(|()| used_of(after.calls, budget.calls, "calls"));
        let cost = || {
            passes(budget.cost, before.cost, after.cost)
                .map(|()| used_of(after.cost, budget.cost, "units of cost"))
        };
        let what = calls.or_else(cost)?;
        let text = format!(
            "{} used {what} of today's budget. It begins anew at midnight UTC, in {}.",
            match owner.subject() {
                you if you == "You" => "You have".into(),
                others => format!("{others} have"),
            },
            hours(left)
        );
        Some(Warning {
            budget: owner.label(),
            text,
        })
    }
}

impl Today {
    fn begin(&mut self, day: u64) {
        if self.day != day {
            *self = Self {
                day,
                used: HashMap::default(),
            };
        }
    }
}

impl Used {
    fn with(self, cost: u64) -> Self {
        Self {
            calls: self.calls.saturating_add(1),
            cost: self.cost.saturating_add(cost),
        }
    }
}

/// What was used of each before by what this process knows; each replica has its part of a budget.
fn payable_here(accounts: &[Account<'_>], today: &Today, (parts, cost): (u32, u64)) -> Payable {
    let each = accounts.iter().enumerate().map(|(place, account)| {
        let before = today.used.get(&account.key).map(|own| own.all);
        let before = before.unwrap_or_default();
        match exceeded(part(account.budget, parts), before, before.with(cost)) {
            Some(_) => Err((place, before)),
            None => Ok(before),
        }
    });
    each.collect()
}

/// What one of so many replicas has of a budget.
fn part(budget: Budget, parts: u32) -> Budget {
    let part = |limit: Option<u64>| limit.map(|limit| limit.div_ceil(parts.into()));
    Budget {
        calls: part(budget.calls),
        cost: part(budget.cost),
    }
}

fn now() -> Duration {
    (SystemTime::now().duration_since(UNIX_EPOCH)).unwrap_or_default()
}

/// What of a budget a call would exceed.
fn exceeded(budget: Budget, before: Used, after: Used) -> Option<String> {
    let is_over = |limit: Option<u64>, after: u64| limit.is_some_and(|limit| after > limit);
    if is_over(budget.calls, after.calls) {
        return Some(used_of(before.calls, budget.calls, "calls"));
    }
    is_over(budget.cost, after.cost).then(|| {
        let used = used_of(before.cost, budget.cost, "units of cost");
        format!("{used}, and this call costs {}", after.cost - before.cost)
    })
}

fn used_of(used: u64, limit: Option<u64>, unit: &str) -> String {
    format!("{used} of {} {unit}", limit.unwrap_or_default())
}

fn refused(owner: &Owner<'_>, used: &str, left: Duration) -> ToolResult {
    let text = format!(
        "Today's budget does not allow this call, so it was not made: {} have used {used}. The budget begins anew at \
         midnight UTC, in {}; until then, tell the user what is still to do.",
        match owner.subject() {
            you if you == "You" => "you".into(),
            others => others,
        },
        hours(left)
    );
    ToolResult::failure(ErrorType::RateLimited, text)
}

/// `5 h 12 min`.
fn hours(left: Duration) -> String {
    let minutes = left.as_secs().div_ceil(60);
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{by, from};
    use super::*;

    fn budgets(caller: &str, team: &str) -> Budgets {
        let budget = |text: &str| text.parse().expect("a budget");
        Budgets::new(
            &LimitSettings {
                budget: budget(caller),
                team_budget: budget(team),
                budget_warning: 80,
                team_claim: "tenant".to_owned(),
                ..LimitSettings::default()
            },
            State::default(),
        )
    }

    fn call(context: &CallContext, cost: u64) -> Spending<'_> {
        Spending {
            context,
            tool: "get",
            budget: Budget::default(),
            cost,
        }
    }

    const NOON: Duration = Duration::from_secs(20_000 * DAY + DAY / 2);

    #[tokio::test]
    async fn a_caller_has_so_many_calls_a_day_is_warned_once_and_then_stopped() {
        let budgets = budgets("5 calls", "off");
        let alice = by("alice", "a");
        let spend = async |now| budgets.at(now, call(&alice, 1), true).await;
        for _ in 0..3 {
            assert_eq!(spend(NOON).await, Ok(Vec::new()));
        }
        let warned = spend(NOON).await.expect("the fourth of five");
        let text = "You have used 4 of 5 calls of today's budget. It begins anew at midnight UTC, in 12 h 0 min.";
        assert_eq!(warned.len(), 1);
        assert_eq!(warned[0].text, text);
        assert_eq!(spend(NOON).await, Ok(Vec::new()));
        let refused = spend(NOON).await.expect_err("used up");
        assert_eq!(refused.error, Some(ErrorType::RateLimited));
        let told = refused.as_text();
        assert!(told.contains("you have used 5 of 5 calls."), "{told}");
        let bob = by("bob", "a");
        assert!(budgets.at(NOON, call(&bob, 1), true).await.is_ok());
        assert!(spend(NOON + Duration::from_secs(DAY)).await.is_ok());
    }

    #[tokio::test]
    async fn what_a_call_costs_is_paid_from_all_budgets_or_from_none() {
        let budgets = budgets("100 cost", "10 cost");
        let (alice, bob) = (by("alice", "a"), by("bob", "a"));
        assert!(budgets.at(NOON, call(&alice, 7), true).await.is_ok());
        let told = (budgets.at(NOON, call(&bob, 4), true).await)
            .expect_err("more than the team has")
            .as_text();
        let expected =
            "Your team have used 7 of 10 units of cost, and this call costs 4. The budget";
        assert!(told.contains(expected), "{told}");
        assert!(budgets.at(NOON, call(&bob, 3), true).await.is_ok());
        // Nothing was taken from bob for what was refused.
        let today = budgets.today.lock().expect("no panic");
        let bobs = budgets.hasher.hash_one(Owner::Caller(caller(&bob)));
        assert_eq!(today.used[&bobs].all, Used { calls: 1, cost: 3 });
    }

    #[tokio::test]
    async fn a_tool_has_a_budget_that_its_callers_share() {
        let budgets = budgets("off", "off");
        let of = |context, tool| Spending {
            budget: "1 calls".parse().expect("a budget"),
            tool,
            ..call(context, 1)
        };
        let (alice, bob) = (by("alice", "a"), by("bob", "b"));
        assert!(budgets.at(NOON, of(&alice, "get"), true).await.is_ok());
        let told = (budgets.at(NOON, of(&bob, "get"), true).await)
            .expect_err("used up")
            .as_text();
        assert!(
            told.contains("All callers of `get` together have used 1 of 1 calls"),
            "{told}"
        );
        assert!(budgets.at(NOON, of(&bob, "list"), true).await.is_ok());
    }

    #[tokio::test]
    async fn one_of_several_replicas_has_its_part_of_a_budget_and_says_so() {
        let settings = LimitSettings {
            budget: "9 calls".parse().expect("a budget"),
            budget_warning: 50,
            ..LimitSettings::default()
        };
        let budgets = Budgets::new(&settings, State::of_replicas(3));
        let alice = by("alice", "a");
        let mut warnings = Vec::new();
        for _ in 0..3 {
            let spent = budgets.at(NOON, call(&alice, 1), true).await;
            warnings.extend(spent.expect("a third of nine"));
        }
        assert_eq!(warnings.len(), 1);
        let told = (budgets.at(NOON, call(&alice, 1), true).await)
            .expect_err("used up")
            .as_text();
        assert!(told.contains("you have used 3 of 3 calls."), "{told}");
    }

    #[tokio::test]
    async fn to_look_whether_a_call_can_be_paid_for_costs_nothing() {
        let budgets = budgets("1 calls", "off");
        let alice = by("alice", "a");
        for _ in 0..3 {
            assert_eq!(
                budgets.at(NOON, call(&alice, 1), false).await,
                Ok(Vec::new())
            );
        }
        assert!(budgets.at(NOON, call(&alice, 1), true).await.is_ok());
        assert!(budgets.at(NOON, call(&alice, 1), false).await.is_err());
    }

    #[tokio::test]
    async fn addresses_without_end_take_no_memory_without_end_and_nothing_from_identities() {
        let budgets = budgets("2 calls", "off");
        for number in (0_u32..).take(ADDRESSES + 10) {
            let address = std::net::Ipv4Addr::from(number).to_string();
            let _ = budgets.at(NOON, call(&from(&address), 1), true).await;
        }
        assert!(budgets.today.lock().expect("no panic").used.len() <= ADDRESSES + 1);
        assert!(
            budgets
                .at(NOON, call(&from("192.0.2.1"), 1), true)
                .await
                .is_err()
        );
        let alice = by("alice", "a");
        assert!(budgets.at(NOON, call(&alice, 1), true).await.is_ok());
    }
}
