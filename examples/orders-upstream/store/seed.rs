//! The orders that are there after every start.

use serde_json::{Map, Value, json};

use super::{Item, Order, Refund, Status, Store, User};

/// SKU, name, price in cents, grams.
const CATALOGUE: [(&str, &str, u64, u32); 6] = [
    ("ROPE-12", "Mooring rope 12 mm, 10 m", 3490, 900),
    ("LAMP-LED", "Deck lamp, LED", 5995, 640),
    ("MUG-ANCHOR", "Enamel mug \"Anchor\"", 1250, 210),
    ("JACKET-M", "Storm jacket, size M", 18900, 1150),
    ("MAP-NL", "Sea chart, Dutch coast", 2475, 180),
    ("KNIFE-3", "Rigging knife", 4200, 160),
];

/// Number, owner, status, time, items as (index into the catalogue, quantity).
type Row = (u32, User, Status, &'static str, &'static [(usize, u32)]);

#[rustfmt::skip]
const ROWS: [Row; 15] = [
    (100_001, User::Alice, Status::Delivered, "2026-03-04T10:12:09Z", &[(0, 2), (2, 1)]),
    (100_002, User::Alice, Status::Delivered, "2026-05-19T18:40:55Z", &[(3, 1)]),
    (100_003, User::Alice, Status::Cancelled, "2026-06-02T07:05:00Z", &[(4, 1)]),
    (100_004, User::Alice, Status::Delivered, "2026-07-21T12:00:30Z", &[(2, 6)]),
    (100_005, User::Alice, Status::Shipped, "2026-10-20T09:31:12Z", &[(1, 1), (5, 1)]),
    (100_006, User::Alice, Status::Shipped, "2026-10-25T21:14:47Z", &[(0, 1)]),
    (100_007, User::Alice, Status::Packed, "2026-10-28T08:00:00Z", &[(3, 1), (4, 2)]),
    (100_008, User::Alice, Status::Paid, "2026-10-29T16:22:18Z", &[(5, 1)]),
    (100_009, User::Alice, Status::Paid, "2026-10-30T11:45:03Z", &[(1, 2)]),
    (100_010, User::Alice, Status::Pending, "2026-10-31T13:37:00Z", &[(2, 2), (4, 1)]),
    (100_011, User::Alice, Status::Paid, "2026-11-01T06:50:41Z", &[(0, 1), (1, 1), (2, 1)]),
    (100_012, User::Alice, Status::Pending, "2026-11-01T22:09:15Z", &[(3, 2)]),
    (200_001, User::Bob, Status::Delivered, "2026-04-11T15:00:00Z", &[(1, 1)]),
    (200_002, User::Bob, Status::Shipped, "2026-10-27T10:10:10Z", &[(5, 2)]),
    (200_003, User::Bob, Status::Paid, "2026-11-01T09:00:00Z", &[(4, 1)]),
];

/// The store as it is after every start.
pub(crate) fn seed() -> Store {
    Store {
        orders: ROWS.iter().map(order).collect(),
        reports: Vec::new(),
    }
}

fn order(&(number, owner, status, placed_at, lines): &Row) -> Order {
    let items = lines.iter().map(|&(index, quantity)| {
        let (sku, name, unit_price, grams) = CATALOGUE[index];
        Item {
            sku,
            name,
            quantity,
            unit_price,
            grams,
        }
    });
    let unpaid = status == Status::Pending;
    let payment = if unpaid {
        json!({"type": "invoice", "due_on": "2026-11-14"})
    } else {
        json!({"type": "card", "brand": "visa", "last4": "4242"})
    };
    let mut order = Order {
        number,
        owner,
        status,
        placed_at: placed_at.to_owned(),
        revision: 1,
        reference: None,
        items: items.collect(),
        address: address(owner),
        method: "standard",
        shipping_cost: 495,
        payment,
        gift_message: None,
        shipped_at: None,
        cancel_reason: None,
        labels: Map::new(),
        refunds: Vec::new(),
    };
    if matches!(status, Status::Shipped | Status::Delivered) {
        order.shipped_at = Some(format!("{}T17:00:00Z", &placed_at[..10]));
    }
    if status == Status::Cancelled {
        order.cancel_reason = Some("ordered_twice".to_owned());
        order.refunds.push(Refund {
            amount: order.total(),
            reason: "cancelled".to_owned(),
            key: None,
        });
    }
    order
}

fn address(owner: User) -> Value {
    match owner {
        User::Alice => json!({
            "name": "Alice Vermeer", "company": null, "street": "Havenstraat 7",
            "postal_code": "3024 AB", "city": "Rotterdam", "country": "NL",
        }),
        User::Bob | User::Desk => json!({
            "name": "Bob Jensen", "company": "Jensen Marine ApS", "street": "Nyhavn 12",
            "postal_code": "1051", "city": "København", "country": "DK",
        }),
    }
}
