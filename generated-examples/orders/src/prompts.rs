//! The prompts as data.
//!
//! Written by mcpgen; `src/custom.rs` is the place for your own tools.

#![allow(clippy::unicode_not_nfc, reason = "the texts are the API's own")]

use crate::runtime::tool::{PromptArgument, PromptContent, PromptDef, PromptMessage};

pub(crate) const PROMPTS: &[PromptDef] = &[
    PromptDef::new(
            "explain_order",
            "Explain order",
            &[
                PromptMessage::user(
                    PromptContent::Text(
                        "\
Look at the order {{order_id}} and tell me in three sentences what it holds, where it is, and what can still be changed.\n\
If a reason to cancel follows, say whether it can be cancelled, and do nothing yet: {{reason}}\n",
                    ),
                ),
            ],
        )
        .description("Says where an order is and what the customer can still do.")
        .version("1")
        .arguments(
            &[
                PromptArgument::new("order_id")
                    .title("Order")
                    .description("Such as ORD-100005")
                    .required(),
                PromptArgument::new("reason")
                    .title("If it is to be cancelled")
                    .complete("cancel_order", "reason"),
            ],
        ),
];
