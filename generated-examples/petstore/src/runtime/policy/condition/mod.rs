//! Conditions of the owner's in the Common Expression Language (CEL): `when` is about who calls, `require` about a call.
//!
//! `expression` reads one when the policies are read, and finds out what it looks at; `decision` decides it for a caller and
//! a call, on `values`. A condition that cannot be decided allows nothing. Without the feature `cel`, `absent` refuses
//! every condition.

#[cfg(not(feature = "cel"))]
mod absent;
#[cfg(feature = "cel")]
mod decision;
#[cfg(feature = "cel")]
mod expression;
#[cfg(all(test, feature = "cel"))]
mod tests;
#[cfg(feature = "cel")]
mod values;

#[cfg(not(feature = "cel"))]
pub(super) use absent::Condition;
#[cfg(feature = "cel")]
pub(super) use expression::Condition;

use super::super::identity::Identity;

/// What a condition may look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// Who calls.
    Caller,
    /// Who calls, and with which arguments.
    Call,
}

/// Who calls, and the claim that names the tenant.
pub(super) type Caller<'a> = (Option<&'a Identity>, &'a str);
