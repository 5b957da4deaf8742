//! Reports, and the work on them.

use serde_json::{Value, json};

use super::{Cents, Order, Refusal, Store, User, money};

/// How much further the work on a report is each time somebody asks for it, in percent.
const STEP: u8 = 40;

/// How far the work on a report is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// In percent.
    Running(u8),
    Done,
    Cancelled,
}

/// A report about the orders of a year.
#[derive(Debug)]
pub(crate) struct Report {
    owner: User,
    year: u64,
    orders: usize,
    total: Cents,
    pub(crate) work: Work,
}

impl Report {
    /// One that is still to be worked on.
    pub(crate) fn of(orders: &[&Order], owner: User, year: u64) -> Self {
        let of_year = |order: &&&Order| order.placed_at.starts_with(&year.to_string());
        let orders: Vec<_> = orders.iter().filter(of_year).collect();
        Self {
            owner,
            year,
            orders: orders.len(),
            total: orders.iter().map(|order| order.total()).sum(),
            work: Work::Running(0),
        }
    }

    /// Works on it a little.
    pub(crate) fn go_on(&mut self) {
        if let Work::Running(percent) = self.work {
            let percent = percent + STEP;
            self.work = if percent < 100 {
                Work::Running(percent)
            } else {
                Work::Done
            };
        }
    }

    pub(crate) fn json(&self) -> Value {
        json!({"year": self.year, "orders": self.orders, "total": money(self.total)})
    }
}

impl Store {
    /// Takes a report on; gives its number.
    pub(crate) fn begin(&mut self, report: Report) -> usize {
        self.reports.push(report);
        self.reports.len()
    }

    /// A report of this user.
    pub(crate) fn report(&mut self, user: User, number: usize) -> Result<&mut Report, Refusal> {
        let report = number
            .checked_sub(1)
            .and_then(|index| self.reports.get_mut(index));
        report
            .filter(|report| report.owner == user)
            .ok_or_else(|| Refusal::new(404, "report_not_found", "there is no such report"))
    }
}
