//! The orders, their rules, and how they look as JSON. Knows no HTTP beyond the status of a [`Refusal`].

mod reports;
mod seed;

use serde_json::{Map, Value, json};

pub(crate) use reports::{Report, Work};
pub(crate) use seed::seed;

/// The time at which everything happens that happens after the start.
pub(crate) const NOW: &str = "2026-11-02T09:00:00Z";

/// A caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum User {
    Alice,
    Bob,
    /// The support desk: it owns no orders and sees those of all.
    Desk,
}

/// An amount of money in cents.
pub(crate) type Cents = u64;

/// Why a request is not done.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) detail: String,
    /// `(field, message)`.
    pub(crate) errors: Vec<(&'static str, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Pending,
    Paid,
    Packed,
    Shipped,
    Delivered,
    Cancelled,
}

#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) number: u32,
    pub(crate) owner: User,
    pub(crate) status: Status,
    pub(crate) placed_at: String,
    pub(crate) revision: u32,
    pub(crate) reference: Option<String>,
    pub(crate) items: Vec<Item>,
    pub(crate) address: Value,
    pub(crate) method: &'static str,
    pub(crate) shipping_cost: Cents,
    pub(crate) payment: Value,
    pub(crate) gift_message: Option<String>,
    pub(crate) shipped_at: Option<String>,
    pub(crate) cancel_reason: Option<String>,
    pub(crate) labels: Map<String, Value>,
    pub(crate) refunds: Vec<Refund>,
}

#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) sku: &'static str,
    pub(crate) name: &'static str,
    pub(crate) quantity: u32,
    pub(crate) unit_price: Cents,
    pub(crate) grams: u32,
}

#[derive(Debug)]
pub(crate) struct Refund {
    pub(crate) amount: Cents,
    pub(crate) reason: String,
    pub(crate) key: Option<String>,
}

/// Which orders a list has; see `listOrders`.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    pub(crate) statuses: Vec<Status>,
    pub(crate) placed_after: Option<String>,
    pub(crate) placed_before: Option<String>,
    pub(crate) min_total: Option<Cents>,
    pub(crate) text: Option<String>,
    pub(crate) account: Option<String>,
}

/// Whether a key made a new refund or named one that was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    New,
    Before,
}

/// All orders of all users.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) orders: Vec<Order>,
    pub(crate) reports: Vec<Report>,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            errors: Vec::new(),
        }
    }

    /// A value that cannot be taken: 422 with the field.
    pub(crate) fn field(field: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            status: 422,
            code: "validation_failed",
            detail: format!("{field}: {message}"),
            errors: vec![(field, message)],
        }
    }
}

impl User {
    /// The user of a bearer token.
    pub(crate) fn of_token(token: &str) -> Option<Self> {
        match token {
            "alice-token" => Some(Self::Alice),
            "bob-token" => Some(Self::Bob),
            "desk-token" => Some(Self::Desk),
            _ => None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Alice => "alice",
            Self::Bob => "bob",
            Self::Desk => "desk",
        }
    }

    /// Whether an order of this owner exists for the user.
    pub(crate) fn sees(self, owner: Self) -> bool {
        self == Self::Desk || self == owner
    }

    pub(crate) fn account(self) -> Value {
        // Beyond 2^53, so that a client that reads numbers as floating point shows another one.
        let name = self.name();
        let (number, credit) = match self {
            Self::Alice => (9_007_199_254_740_993_u64, 1250),
            Self::Bob => (9_007_199_254_740_995_u64, 0),
            Self::Desk => (9_007_199_254_740_997_u64, 0),
        };
        json!({
            "username": name,
            "email": format!("{name}@harbour.example"),
            "account_number": number,
            "credit": money(credit),
        })
    }
}

impl Status {
    pub(crate) const ALL: [(Self, &'static str); 6] = [
        (Self::Pending, "pending"),
        (Self::Paid, "paid"),
        (Self::Packed, "packed"),
        (Self::Shipped, "shipped"),
        (Self::Delivered, "delivered"),
        (Self::Cancelled, "cancelled"),
    ];

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, name)| *name == text)
            .map(|(status, _)| *status)
    }

    pub(crate) fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    fn has_left(self) -> bool {
        matches!(self, Self::Shipped | Self::Delivered)
    }
}

impl Store {
    /// The orders of `user` that fit, newest first.
    pub(crate) fn list(&self, user: User, filter: &Filter) -> Vec<&Order> {
        let mut orders: Vec<&Order> = self
            .orders
            .iter()
            .filter(|order| user.sees(order.owner) && filter.fits(order))
            .collect();
        orders.sort_by(|a, b| b.placed_at.cmp(&a.placed_at));
        orders
    }

    /// The order of this id if it is the user's.
    pub(crate) fn order(&mut self, user: User, id: &str) -> Result<&mut Order, Refusal> {
        let number = id.strip_prefix("ORD-").and_then(|text| text.parse().ok());
        self.order_by_number(user, number)
            .ok_or_else(|| Refusal::new(404, "order_not_found", format!("there is no order {id}")))
    }

    pub(crate) fn order_by_number(
        &mut self,
        user: User,
        number: Option<u32>,
    ) -> Option<&mut Order> {
        self.orders
            .iter_mut()
            .find(|order| user.sees(order.owner) && Some(order.number) == number)
    }

    /// The order that a parcel belongs to.
    pub(crate) fn order_of_parcel(
        &self,
        is_it: impl Fn(&Order, &Value) -> bool,
    ) -> Option<(&Order, Value)> {
        self.orders.iter().find_map(|order| {
            let parcel = order.parcels().into_iter().find(|p| is_it(order, p))?;
            Some((order, parcel))
        })
    }
}

impl Filter {
    fn fits(&self, order: &Order) -> bool {
        let date = order.placed_at.get(..10).unwrap_or_default();
        (self.statuses.is_empty() || self.statuses.contains(&order.status))
            && self.placed_after.as_deref().is_none_or(|day| date >= day)
            && self.placed_before.as_deref().is_none_or(|day| date < day)
            && self.min_total.is_none_or(|least| order.total() >= least)
            && self
                .account
                .as_deref()
                .is_none_or(|name| order.owner.name() == name)
            && self.text.as_deref().is_none_or(|text| order.mentions(text))
    }
}

impl Order {
    pub(crate) fn id(&self) -> String {
        format!("ORD-{}", self.number)
    }

    pub(crate) fn total(&self) -> Cents {
        let items: Cents = self
            .items
            .iter()
            .map(|item| item.unit_price * Cents::from(item.quantity))
            .sum();
        items + self.shipping_cost
    }

    fn refunded(&self) -> Cents {
        self.refunds.iter().map(|refund| refund.amount).sum()
    }

    fn mentions(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let mut words = vec![self.id()];
        for item in &self.items {
            words.push(item.sku.to_owned());
            words.push(item.name.to_owned());
        }
        words.iter().any(|word| word.to_lowercase().contains(&text))
    }

    /// Fails with 409 when the order has been packed.
    pub(crate) fn check_open(&self) -> Result<(), Refusal> {
        if matches!(self.status, Status::Pending | Status::Paid) {
            return Ok(());
        }
        let state = self.status.name();
        let detail = format!(
            "order {} is {state}; only pending and paid orders can be changed",
            self.id()
        );
        Err(Refusal::new(409, "order_not_open", detail))
    }

    pub(crate) fn cancel(&mut self, reason: String) -> Result<(), Refusal> {
        let id = self.id();
        if self.status == Status::Cancelled {
            let detail = format!("order {id} is cancelled already");
            return Err(Refusal::new(409, "order_already_cancelled", detail));
        }
        if self.status.has_left() {
            let state = self.status.name();
            let detail = format!(
                "order {id} is {state} and cannot be cancelled any more; ask for a refund instead"
            );
            return Err(Refusal::new(409, "order_already_shipped", detail));
        }
        let paid_back = self.refundable();
        if paid_back > 0 {
            self.refunds.push(Refund {
                amount: paid_back,
                reason: "cancelled".to_owned(),
                key: None,
            });
        }
        self.status = Status::Cancelled;
        self.cancel_reason = Some(reason);
        self.revision += 1;
        Ok(())
    }

    fn refundable(&self) -> Cents {
        match self.status {
            Status::Pending | Status::Cancelled => 0,
            _ => self.total() - self.refunded(),
        }
    }

    /// Adds a refund, or finds the one that this key made.
    pub(crate) fn refund(&mut self, refund: Refund) -> Result<(Made, Value), Refusal> {
        let same_key = |old: &Refund| refund.key.is_some() && old.key == refund.key;
        if let Some(index) = self.refunds.iter().position(same_key) {
            return Ok((Made::Before, self.refund_json(index)));
        }
        if self.status == Status::Pending {
            return Err(Refusal::field("amount", "the order has not been paid"));
        }
        let limit = self.refundable();
        if refund.amount == 0 || refund.amount > limit {
            let message = format!("at most {} EUR can be refunded", decimal(limit));
            return Err(Refusal::field("amount", message));
        }
        self.refunds.push(refund);
        self.revision += 1;
        Ok((Made::New, self.refund_json(self.refunds.len() - 1)))
    }

    fn refund_json(&self, index: usize) -> Value {
        let refund = &self.refunds[index];
        json!({
            "id": format!("RF-{}-{}", self.number, index + 1),
            "order_id": self.id(),
            "amount": money(refund.amount),
            "reason": refund.reason,
            "status": "queued",
            "created_at": NOW,
        })
    }

    pub(crate) fn refunds_json(&self) -> Vec<Value> {
        (0..self.refunds.len())
            .map(|index| self.refund_json(index))
            .collect()
    }

    pub(crate) fn parcels(&self) -> Vec<Value> {
        if !self.status.has_left() {
            return Vec::new();
        }
        let delivered = self.status == Status::Delivered;
        let grams: u32 = self
            .items
            .iter()
            .map(|item| item.grams * item.quantity)
            .sum();
        vec![json!({
            "id": format!("5f0c1c1e-0000-4000-8000-{:012}", self.number),
            "carrier": "harbour-post",
            "tracking_number": format!("HB {}/1 NL", self.number),
            "status": if delivered { "delivered" } else { "in_transit" },
            "weight_kg": f64::from(grams) / 1000.0,
            "dimensions_mm": [400, 300, 120],
            "estimated_delivery": if delivered { Value::Null } else { "2026-11-04".into() },
        })]
    }

    pub(crate) fn summary(&self) -> Map<String, Value> {
        let count: u32 = self.items.iter().map(|item| item.quantity).sum();
        let mut summary = Map::new();
        summary.insert("id".into(), self.id().into());
        summary.insert("status".into(), self.status.name().into());
        summary.insert("placed_at".into(), self.placed_at.as_str().into());
        summary.insert("total".into(), money(self.total()));
        summary.insert("item_count".into(), count.into());
        summary.insert("account".into(), self.owner.name().into());
        summary
    }

    pub(crate) fn details(&self) -> Map<String, Value> {
        let items: Vec<Value> = self
            .items
            .iter()
            .map(|item| {
                json!({
                    "sku": item.sku,
                    "name": item.name,
                    "quantity": item.quantity,
                    "unit_price": money(item.unit_price),
                })
            })
            .collect();
        let cancelled_at = self.cancel_reason.as_ref().map(|_| NOW);
        let rest = json!({
            "revision": self.revision,
            "reference": self.reference,
            "items": items,
            "shipping_address": self.address,
            "shipping_method": self.method,
            "shipping_cost": money(self.shipping_cost),
            "payment": self.payment,
            "refunded": money(self.refunded()),
            "gift_message": self.gift_message,
            "shipped_at": self.shipped_at,
            "cancelled_at": cancelled_at,
            "cancel_reason": self.cancel_reason,
            "labels": self.labels,
        });
        let mut details = self.summary();
        if let Value::Object(rest) = rest {
            details.extend(rest);
        }
        details
    }
}

/// `129.90` for 12990.
pub(crate) fn decimal(cents: Cents) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// 12990 for `129.90`: digits, a point, two digits.
pub(crate) fn cents(text: &str) -> Option<Cents> {
    let (whole, part) = text.split_once('.')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(part) || whole.len() > 9 || part.len() != 2 {
        return None;
    }
    Some(whole.parse::<Cents>().ok()? * 100 + part.parse::<Cents>().ok()?)
}

fn money(cents: Cents) -> Value {
    json!({"amount": decimal(cents), "currency": "EUR"})
}
