//! Reads a condition: what it looks at, and that nothing in it is unknown, too deep or without an end.
//!
//! The library checks no names and has no budget. So names are checked here, and the range of each loop is wrapped in a
//! call of [`LOOP`], which counts what the loop will cost before it begins.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::sync::{Arc, LazyLock};
use std::thread;

use cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, LiteralValue, SelectExpr, operators,
};
use cel::{Env, IdedExpr};
use regex::{Regex, RegexBuilder};

use super::super::super::arguments::nearest;
use super::About;
use super::values::{FIRST_INEXACT, folded};

/// The variables.
pub(super) const ARGUMENTS: &str = "args";
pub(super) const CLAIMS: &str = "claims";
pub(super) const IDENTITY: &str = "identity";
/// What is known of an identity.
pub(super) const OF_IDENTITY: [&str; 5] = ["name", "means", "roles", "scopes", "tenant"];

/// The function that a range of a loop goes through; no expression can name it.
pub(super) const LOOP: &str = "@loop";
pub(super) const MATCHES: &str = "matches";

/// The functions that expressions may call.
const FUNCTIONS: [&str; 11] = [
    "bool",
    "contains",
    "double",
    "dyn",
    "endsWith",
    "int",
    MATCHES,
    "size",
    "startsWith",
    "string",
    "uint",
];

/// What the parser makes of operators and macros.
const OPERATORS: [&str; 18] = [
    operators::CONDITIONAL,
    operators::LOGICAL_AND,
    operators::LOGICAL_OR,
    operators::LOGICAL_NOT,
    operators::SUBSTRACT,
    operators::ADD,
    operators::MULTIPLY,
    operators::DIVIDE,
    operators::MODULO,
    operators::EQUALS,
    operators::NOT_EQUALS,
    operators::GREATER_EQUALS,
    operators::LESS_EQUALS,
    operators::GREATER,
    operators::LESS,
    operators::NEGATE,
    operators::IN,
    operators::NOT_STRICTLY_FALSE,
];

/// The longest expression, in bytes.
const LONGEST: usize = 4 << 10;
/// The most levels of an expression: each is some kilobytes of the stack when it is decided.
const DEEPEST: usize = 32;
/// The most loops within each other.
const MOST_LOOPS: usize = 2;
/// The largest compiled pattern, in bytes.
const LARGEST_PATTERN: usize = 1 << 20;
/// The stack for an expression that may be deeper than it should.
const STACK: usize = 64 << 20;

/// The standard functions and macros, without optional values: absent is absent.
pub(super) static ENVIRONMENT: LazyLock<Arc<Env>> =
    LazyLock::new(|| Arc::new(Env::stdlib().with_optional_support(false)));

/// A condition that can be decided.
#[derive(Debug)]
pub(in super::super) struct Condition {
    pub(super) expression: IdedExpr,
    pub(super) looks: Looks,
}

/// What an expression looks at.
#[derive(Debug, Default)]
pub(super) struct Looks {
    /// The arguments that it names.
    pub(super) arguments: BTreeSet<String>,
    /// The same by their names without case.
    pub(super) folded_arguments: BTreeMap<String, String>,
    /// Whether it looks at all of them.
    pub(super) all_arguments: bool,
    pub(super) claims: bool,
    /// The members of arguments that it names, by their names without case.
    pub(super) members: BTreeMap<String, String>,
    /// Every name of a member that it has.
    pub(super) names: BTreeSet<String>,
    /// The patterns of `matches`.
    pub(super) patterns: Arc<BTreeMap<String, Regex>>,
    pub(super) loops: Vec<Loop>,
}

/// A loop of an expression: what each of its rounds may cost.
#[derive(Debug, Default)]
pub(super) struct Loop {
    /// How many parts are looked at.
    pub(super) parts: u64,
    /// The arguments that are among them.
    pub(super) arguments: BTreeSet<String>,
    /// Whether any of the rest may be.
    pub(super) everything: bool,
}

impl Condition {
    /// # Errors
    /// What is wrong with the expression: the end of a sentence.
    pub(in super::super) fn new(text: &str, about: About) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err(format!("the expression has more than {LONGEST} bytes"));
        }
        let text = text.to_owned();
        let reading = thread::Builder::new()
            .stack_size(STACK)
            .spawn(move || read(&text, about));
        let reading = reading.map_err(|error| format!("no thread could be started: {error}"))?;
        (reading.join()).unwrap_or_else(|_| Err("the expression cannot be read".to_owned()))
    }

    /// The arguments that it names.
    pub(in super::super) fn arguments(&self) -> &BTreeSet<String> {
        &self.looks.arguments
    }
}

fn read(text: &str, about: About) -> Result<Condition, String> {
    let mut expression = (ENVIRONMENT.parser().parse(text)).map_err(|errors| {
        let (place, why) = (errors.errors.first()).map_or(((0, 0), "it is empty"), |error| {
            (error.pos, error.msg.as_str())
        });
        let why = why.split(['\n', '{']).next().unwrap_or_default().trim();
        let (line, column) = place;
        format!("this is no CEL expression: line {line}, column {column}: {why}")
    })?;
    let mut reader = Reader {
        about,
        looks: Looks::default(),
        patterns: BTreeMap::new(),
        open: Vec::new(),
    };
    reader.part(&mut expression, 1)?;
    let mut looks = reader.looks;
    looks.patterns = Arc::new(reader.patterns);
    Ok(Condition { expression, looks })
}

/// A loop whose body is read.
struct Open {
    index: usize,
    variables: Vec<String>,
    /// Whether it goes through what is known of the caller.
    is_of_caller: bool,
}

struct Reader {
    about: About,
    looks: Looks,
    patterns: BTreeMap<String, Regex>,
    /// The loops around what is read.
    open: Vec<Open>,
}

impl Reader {
    fn part(&mut self, part: &mut IdedExpr, depth: usize) -> Result<(), String> {
        if depth > DEEPEST {
            return Err(format!("the expression has more than {DEEPEST} levels"));
        }
        for Open { index, .. } in &self.open {
            self.looks.loops[*index].parts += 1;
        }
        match &mut part.expr {
            Expr::Literal(LiteralValue::Double(number))
                if number.inner().abs() >= FIRST_INEXACT =>
            {
                Err(
                    "a number with a fraction has to be less than 2^53; write it as an integer"
                        .to_owned(),
                )
            }
            Expr::Literal(_) => Ok(()),
            Expr::Ident(name) => self.variable(name),
            Expr::Select(SelectExpr { operand, field, .. }) => {
                self.member_or_part(operand, field, depth)
            }
            Expr::Call(call) => self.call(call, depth),
            Expr::List(list) => self.parts(&mut list.elements, depth),
            Expr::Map(map) => {
                (map.entries.iter_mut()).try_for_each(|entry| match &mut entry.expr {
                    EntryExpr::MapEntry(entry) => {
                        self.part(&mut entry.key, depth + 1)?;
                        self.part(&mut entry.value, depth + 1)
                    }
                    EntryExpr::StructField(_) => Err("there are no messages here".to_owned()),
                })
            }
            Expr::Comprehension(looping) => self.looping(looping, depth),
            Expr::Struct(message) => Err(format!("there is no message `{}`", message.type_name)),
            Expr::Unspecified => Err("a part of the expression is missing".to_owned()),
        }
    }

    fn parts(&mut self, parts: &mut [IdedExpr], depth: usize) -> Result<(), String> {
        (parts.iter_mut()).try_for_each(|part| self.part(part, depth + 1))
    }

    /// A variable that stands for itself, or the name of a type.
    fn variable(&mut self, name: &str) -> Result<(), String> {
        match name {
            _ if self.is_of_a_loop(name) => {
                // What a round looks at of its own is paid for with the range that it is of.
                for Open { index, variables, .. } in &self.open {
                    self.looks.loops[*index].everything |= !variables.iter().any(|own| own == name);
                }
                Ok(())
            }
            ARGUMENTS if self.about == About::Call => {
                self.looks.all_arguments = true;
                self.everything();
                Ok(())
            }
            CLAIMS => {
                self.looks.claims = true;
                self.everything();
                Ok(())
            }
            IDENTITY => Ok(()),
            ARGUMENTS => Err(
                "`args` is not known before there is a call; conditions on arguments are `require`, of a tool".to_owned(),
            ),
            name => Err(format!("unknown variable `{name}`; {}", self.known())),
        }
    }

    fn known(&self) -> &'static str {
        match self.about {
            About::Caller => "there are `claims` and `identity`",
            About::Call => "there are `args`, `claims` and `identity`",
        }
    }

    fn is_of_a_loop(&self, name: &str) -> bool {
        let mut variables = self.open.iter().flat_map(|open| &open.variables);
        variables.any(|own| own == name)
    }

    /// Whether something is a part of what is known of the caller.
    fn is_of_caller(&self, part: &IdedExpr) -> bool {
        root(part).is_some_and(|root| {
            let mut loops = self.open.iter().filter(|open| open.is_of_caller);
            [CLAIMS, IDENTITY].contains(&root)
                || loops.any(|open| open.variables.iter().any(|own| own == root))
        })
    }

    fn everything(&mut self) {
        for Open { index, .. } in &self.open {
            self.looks.loops[*index].everything = true;
        }
    }

    /// Notes a member of something. Says whether the something is a variable, so that nothing is left to read.
    fn member(&mut self, of: &IdedExpr, name: &str) -> Result<bool, String> {
        self.looks.names.insert(name.to_owned());
        if !self.is_of_caller(of) {
            (self.looks.members).insert(folded(name), name.to_owned());
        }
        match &of.expr {
            Expr::Ident(variable) if variable == ARGUMENTS && self.about == About::Call => {
                self.looks.arguments.insert(name.to_owned());
                (self.looks.folded_arguments).insert(folded(name), name.to_owned());
                for Open { index, .. } in &self.open {
                    self.looks.loops[*index].arguments.insert(name.to_owned());
                }
                Ok(true)
            }
            Expr::Ident(variable) if variable == IDENTITY => {
                if OF_IDENTITY.contains(&name) {
                    return Ok(true);
                }
                let known = format!("it has `{}`", OF_IDENTITY.join("`, `"));
                Err(unknown(
                    &format!("identity.{name}"),
                    name,
                    &OF_IDENTITY,
                    &known,
                ))
            }
            _ => Ok(false),
        }
    }

    /// A member of something, which is read too.
    fn member_or_part(
        &mut self,
        of: &mut IdedExpr,
        name: &str,
        depth: usize,
    ) -> Result<(), String> {
        if self.member(of, name)? {
            Ok(())
        } else {
            self.part(of, depth + 1)
        }
    }

    fn call(&mut self, call: &mut CallExpr, depth: usize) -> Result<(), String> {
        let CallExpr {
            func_name,
            target,
            args,
        } = call;
        match (func_name.as_str(), args.as_mut_slice()) {
            (operators::INDEX, [of, index]) => {
                if let Some(name) = literal(index) {
                    let name = name.to_owned();
                    return self.member_or_part(of, &name, depth);
                }
                self.part(of, depth + 1)?;
                self.part(index, depth + 1)
            }
            (operators::IN, [wanted, of]) if literal(wanted).is_some() => {
                let name = literal(wanted).unwrap_or_default().to_owned();
                self.member_or_part(of, &name, depth)
            }
            (MATCHES, [.., pattern]) => {
                let text = literal(pattern).ok_or(
                    "the pattern of `matches` has to be a text that stands there, since others have no bound",
                )?;
                let compiled = RegexBuilder::new(text).size_limit(LARGEST_PATTERN).build();
                let compiled = compiled.map_err(|_| {
                    format!("`{text}` is no regular expression, or too large a one")
                })?;
                self.patterns.insert(text.to_owned(), compiled);
                if let Some(target) = target {
                    self.part(target, depth + 1)?;
                }
                self.parts(args, depth)
            }
            (name, _) if OPERATORS.contains(&name) || FUNCTIONS.contains(&name) => {
                if let Some(target) = target {
                    self.part(target, depth + 1)?;
                }
                self.parts(args, depth)
            }
            (name, _) => {
                let all = format!("there are `{}`", FUNCTIONS.join("`, `"));
                Err(unknown(&format!("function {name}"), name, &FUNCTIONS, &all))
            }
        }
    }

    fn looping(&mut self, looping: &mut ComprehensionExpr, depth: usize) -> Result<(), String> {
        if self.open.len() == MOST_LOOPS {
            return Err(format!(
                "more than {MOST_LOOPS} loops stand within each other"
            ));
        }
        let mut own = vec![looping.iter_var.clone(), looping.accu_var.clone()];
        own.extend(looping.iter_var2.clone());
        if let Some(name) =
            (own.iter()).find(|name| [ARGUMENTS, CLAIMS, IDENTITY].contains(&name.as_str()))
        {
            return Err(format!(
                "`{name}` is taken, and cannot be the variable of a loop"
            ));
        }
        self.part(&mut looping.iter_range, depth + 1)?;
        self.part(&mut looping.accu_init, depth + 1)?;
        let index = self.looks.loops.len();
        self.looks.loops.push(Loop::default());
        self.open.push(Open {
            index,
            variables: own,
            is_of_caller: self.is_of_caller(&looping.iter_range),
        });
        self.part(&mut looping.loop_cond, depth + 1)?;
        self.part(&mut looping.loop_step, depth + 1)?;
        self.part(&mut looping.result, depth + 1)?;
        self.open.pop();
        let range = mem::take(&mut looping.iter_range);
        let number = i64::try_from(index).unwrap_or_default().into();
        looping.iter_range = IdedExpr {
            id: range.id,
            expr: Expr::Call(CallExpr {
                func_name: LOOP.to_owned(),
                target: None,
                args: vec![
                    range,
                    IdedExpr {
                        id: 0,
                        expr: Expr::Literal(LiteralValue::Int(number)),
                    },
                ],
            }),
        };
        Ok(())
    }
}

/// The variable that something is a part of, as far as that shows.
fn root(part: &IdedExpr) -> Option<&str> {
    match &part.expr {
        Expr::Ident(name) => Some(name),
        Expr::Select(select) => root(&select.operand),
        Expr::Call(CallExpr {
            func_name, args, ..
        }) if func_name == operators::INDEX => root(args.first()?),
        _ => None,
    }
}

fn literal(part: &IdedExpr) -> Option<&str> {
    match &part.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    }
}

fn unknown(what: &str, name: &str, names: &[&str], all: &str) -> String {
    match nearest(name, names.iter().copied(), 1).first() {
        Some(near) => format!("unknown `{what}`; did you mean `{near}`?"),
        None => format!("unknown `{what}`; {all}"),
    }
}
