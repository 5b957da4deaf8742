//! Rust expressions as `syn` has them, for prettyplease to print. What is built needs not be parsed, which took as long as
//! all the rest of a table.

use proc_macro2::{Ident, Literal, Span};
use syn::token::{Bracket, Paren};
use syn::{
    AttrStyle, Attribute, Expr, ExprArray, ExprCall, ExprLit, ExprMethodCall, ExprPath,
    ExprReference, ExprTuple, Lit, LitBool, LitInt, Meta, MetaNameValue, Path, PathSegment, Token,
};

use super::quote::{rust, rust_lines};

/// A string literal, escaped as [`rust`] does.
pub(super) fn text(text: &str) -> Expr {
    literal(&rust(text))
}

/// The same with a line of source for each line of text.
pub(super) fn lines(text: &str) -> Expr {
    literal(&rust_lines(text))
}

fn literal(source: &str) -> Expr {
    let literal: Literal = source.parse().expect("a quoted text is a literal");
    lit(Lit::new(literal))
}

fn lit(lit: Lit) -> Expr {
    let attrs = Vec::new();
    Expr::Lit(ExprLit { attrs, lit })
}

/// `true` or `false`.
pub(super) fn flag(value: bool) -> Expr {
    lit(Lit::Bool(LitBool::new(value, Span::call_site())))
}

/// A number without a suffix.
pub(super) fn number(value: usize) -> Expr {
    lit(Lit::Int(LitInt::new(&value.to_string(), Span::call_site())))
}

/// A name such as `Style::Form`.
pub(super) fn name(name: &str) -> Expr {
    Expr::Path(ExprPath {
        attrs: Vec::new(),
        qself: None,
        path: path(name),
    })
}

fn path(name: &str) -> Path {
    Path {
        leading_colon: None,
        segments: (name.split("::"))
            .map(|segment| PathSegment::from(ident(segment)))
            .collect(),
    }
}

fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// `&[…]`.
pub(super) fn list(items: impl IntoIterator<Item = Expr>) -> Expr {
    reference(Expr::Array(ExprArray {
        attrs: Vec::new(),
        bracket_token: Bracket::default(),
        elems: items.into_iter().collect(),
    }))
}

/// `&…`.
pub(super) fn reference(expression: Expr) -> Expr {
    Expr::Reference(ExprReference {
        attrs: Vec::new(),
        and_token: <Token![&]>::default(),
        mutability: None,
        expr: Box::new(expression),
    })
}

/// `(…, …)`.
pub(super) fn tuple<const N: usize>(items: [Expr; N]) -> Expr {
    Expr::Tuple(ExprTuple {
        attrs: Vec::new(),
        paren_token: Paren::default(),
        elems: items.into_iter().collect(),
    })
}

/// `function(…)`.
pub(super) fn call<const N: usize>(function: &str, arguments: [Expr; N]) -> Expr {
    Expr::Call(ExprCall {
        attrs: Vec::new(),
        func: Box::new(name(function)),
        paren_token: Paren::default(),
        args: arguments.into_iter().collect(),
    })
}

/// The expression under a comment of one line.
pub(super) fn under_comment(comment: &str, mut expression: Expr) -> Expr {
    let attribute = Attribute {
        pound_token: <Token![#]>::default(),
        style: AttrStyle::Outer,
        bracket_token: Bracket::default(),
        meta: Meta::NameValue(MetaNameValue {
            path: path("comment"),
            eq_token: <Token![=]>::default(),
            value: text(comment),
        }),
    };
    if let Expr::MethodCall(ExprMethodCall { attrs, .. }) | Expr::Call(ExprCall { attrs, .. }) =
        &mut expression
    {
        attrs.push(attribute);
    }
    expression
}

/// An expression that goes on with calls of its methods.
pub(super) trait Chain {
    /// `self.method(…)`.
    #[must_use]
    fn with<const N: usize>(self, method: &str, arguments: [Expr; N]) -> Expr;
}

impl Chain for Expr {
    fn with<const N: usize>(self, method: &str, arguments: [Expr; N]) -> Expr {
        Expr::MethodCall(ExprMethodCall {
            attrs: Vec::new(),
            receiver: Box::new(self),
            dot_token: <Token![.]>::default(),
            method: ident(method),
            turbofish: None,
            paren_token: Paren::default(),
            args: arguments.into_iter().collect(),
        })
    }
}
