//! A schema that unfolds step by step within a budget.
//!
//! Every node has a form without its children, which is left *open*: it names the type and says that more is
//! accepted. Unfolding replaces it by its properties, forms or values, each again an open node. [`Tree::unfold`]
//! goes level by level, optional parts two levels behind required ones, and takes only steps that still fit; so what
//! is left open in the end is the deepest and the optional.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::ser::{Error as _, Serialize, SerializeMap as _, Serializer};
use serde_json::{Value, json};

use super::flat::{Additional, All, Flat, flatten, is_input, owner};
use super::pattern::{Patterns, Verdict};
use super::wording::{forms_kinds, forms_note, is_required_set, places_note, values_note};
use super::{JsonType, Schemas, json_chars};
use crate::plan::text;

/// A shared schema may stand this often below itself before it is left open.
const UNROLLED: usize = 2;
/// By how many levels an optional part stands behind a required one.
const OPTIONAL: usize = 2;
/// However generous the budget: clients read schemas recursively.
const DEEPEST: usize = 24;
/// An `enum` of at most this many characters is part of the open form.
const SHORT_VALUES: usize = 240;

/// How long texts may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lengths {
    /// The description of an argument.
    pub argument: usize,
    /// The description of something inside an argument.
    pub nested: usize,
    /// The names in a sentence about what was left open.
    pub note: usize,
}

/// The schemas of one node, and what its surroundings have already decided.
#[derive(Clone, Default)]
pub(crate) struct Source<'a> {
    pub all: All<'a>,
    /// Only values of this type.
    pub only: Option<JsonType>,
    /// `oneOf`s and `anyOf`s of `all` that a parent has already spread out.
    pub spread: Vec<&'a [Value]>,
    /// A description that goes before the schema's own.
    pub description: Option<&'a str>,
    pub example: Option<&'a Value>,
    pub is_deprecated: bool,
    /// A query, path, header or cookie has no way to say null.
    pub is_never_null: bool,
    /// A sentence of ours that ends the description.
    pub remark: Option<String>,
    /// The field that tells this form from the others, and what it says here.
    pub pinned: Option<Pinned>,
}

/// A field of an object that has to have one of these values.
#[derive(Clone)]
pub(crate) struct Pinned {
    pub field: String,
    pub values: Vec<Value>,
}

/// A schema that is shown as far as `tail` goes.
pub(super) struct Node<'a> {
    pub head: Head<'a>,
    pub text: String,
    /// What the choice around this form has said of it already.
    pub said: String,
    /// Says what is accepted beyond what is shown.
    pub more: Option<String>,
    pub tail: Tail,
    /// What the next step would show.
    pub pending: Pending<'a>,
    pub pinned: Option<Pinned>,
    pub place: Place,
}

/// Keywords with their values, in the order in which they are shown. They are few.
#[derive(Clone, Default)]
pub(super) struct Head<'a>(Vec<(&'a str, Cow<'a, Value>)>);

impl<'a> Head<'a> {
    pub(super) fn get(&self, keyword: &str) -> Option<&Value> {
        let found = self.0.iter().find(|(own, _)| *own == keyword);
        found.map(|(_, value)| &**value)
    }

    pub(super) fn set(&mut self, keyword: &'a str, value: Cow<'a, Value>) {
        match self.0.iter_mut().find(|(own, _)| *own == keyword) {
            Some((_, before)) => *before = value,
            None => self.0.push((keyword, value)),
        }
    }

    pub(super) fn set_type(&mut self, kind: JsonType) {
        self.set("type", Cow::Borrowed(kind.as_value()));
    }

    pub(super) fn take(&mut self, keyword: &str) -> Option<Cow<'a, Value>> {
        let index = self.0.iter().position(|(own, _)| *own == keyword)?;
        Some(self.0.remove(index).1)
    }

    pub(super) fn extend(&mut self, other: Self) {
        for (keyword, value) in other.0 {
            self.set(keyword, value);
        }
    }
}

/// Where a node stands.
#[derive(Clone, Default)]
pub(super) struct Place {
    pub depth: usize,
    pub is_optional: bool,
    /// The shared schemas that the nodes above and this one came through.
    pub trail: Vec<usize>,
    /// How many of them are of this node.
    own: usize,
}

impl Place {
    /// The place of something inside.
    pub(super) fn inside(&self, is_optional: bool) -> Self {
        Self {
            depth: self.depth + 1,
            is_optional: self.is_optional || is_optional,
            trail: self.trail.clone(),
            own: 0,
        }
    }

    /// The place of another reading of the same schemas, which will come through the same shared ones.
    pub(super) fn again(&self, deeper: usize) -> Self {
        Self {
            depth: self.depth + deeper,
            is_optional: self.is_optional,
            trail: self.trail[..self.trail.len() - self.own].to_vec(),
            own: 0,
        }
    }
}

/// What [`Tree::unfold`] needs to take a step back.
struct Saved<'a> {
    head: Head<'a>,
    text: String,
    more: Option<String>,
    items: Option<usize>,
}

pub(super) enum Tail {
    None,
    Properties {
        properties: Vec<(String, usize)>,
        required: Vec<String>,
        additional: Option<usize>,
    },
    Items(usize),
    AnyOf(Vec<usize>),
}

pub(super) enum Pending<'a> {
    Nothing,
    Properties(Box<Flat<'a>>),
    Forms(Box<Source<'a>>, &'a [Value]),
    Values(Vec<Value>),
}

/// The nodes of one tool's input.
pub(super) struct Tree<'a, 't> {
    pub schemas: &'t Schemas<'a>,
    pub patterns: &'t mut Patterns,
    pub lengths: Lengths,
    pub nodes: Vec<Node<'a>>,
    /// Urgency, optional, node: the order of unfolding.
    pub queue: BTreeSet<(usize, bool, usize)>,
    /// Whether a description was cut.
    pub is_cut: bool,
}

impl<'a, 't> Tree<'a, 't> {
    pub(super) fn new(
        schemas: &'t Schemas<'a>,
        patterns: &'t mut Patterns,
        lengths: Lengths,
    ) -> Self {
        Self {
            schemas,
            patterns,
            lengths,
            nodes: Vec::new(),
            queue: BTreeSet::new(),
            is_cut: false,
        }
    }

    /// Adds an argument in its open form.
    pub(super) fn argument(&mut self, source: Source<'a>, is_required: bool) -> usize {
        let place = Place {
            is_optional: !is_required,
            ..Place::default()
        };
        self.node(source, place)
    }

    /// Unfolds what fits into `room` characters. Says whether something did not.
    pub(super) fn unfold(&mut self, mut room: usize) -> bool {
        let mut left_open = false;
        while let Some((_, _, id)) = self.queue.pop_first() {
            let before = self.chars(id);
            let count = self.nodes.len();
            let saved = self.open_form(id);
            let pending = std::mem::replace(&mut self.nodes[id].pending, Pending::Nothing);
            let is_whole = self.unfold_one(id, pending, room);
            let after = self.chars(id);
            if after > before + room {
                self.discard(count);
                self.restore(id, saved);
                left_open = true;
                continue;
            }
            left_open |= !is_whole;
            room = (room + before).saturating_sub(after);
            self.enqueue(id);
        }
        left_open
    }

    /// The schema of a node as far as it is unfolded.
    pub(super) fn schema(&self, id: usize) -> Value {
        serde_json::to_value(self.shown(id)).expect("keys are texts")
    }

    /// The number of characters of [`Tree::schema`] as compact JSON.
    pub(super) fn chars(&self, id: usize) -> usize {
        json_chars(&self.shown(id))
    }

    fn shown(&self, id: usize) -> Shown<'_> {
        Shown {
            nodes: &self.nodes,
            id,
        }
    }

    pub(super) fn node(&mut self, source: Source<'a>, mut place: Place) -> usize {
        let mut flat = flatten(self.schemas, &source.all);
        flat.alternatives
            .retain(|group| !source.spread.iter().any(|other| is_same(group, other)));
        place.trail.extend(&flat.followed);
        place.own = flat.followed.len();
        let kinds = kinds(&flat, &source);
        let mut node = Node {
            head: Head::default(),
            text: self.text(&flat, &source, &place),
            said: String::new(),
            more: None,
            tail: Tail::None,
            pending: Pending::Nothing,
            pinned: source.pinned.clone(),
            place: place.clone(),
        };
        if let Some(default) = flat.default.filter(|value| fits(value, &flat, &kinds))
            && source.only.is_none()
        {
            node.head.set("default", Cow::Borrowed(default));
        }
        match kinds.as_slice() {
            _ if shown_forms(&flat).is_some() && flat.values.is_none() => {
                let group = shown_forms(&flat).unwrap_or_default();
                if let Some(kind) = only_kind(&kinds, self.schemas, group) {
                    node.head.set_type(kind);
                    self.add_open_items(kind, &mut node);
                }
                node.more = Some(forms_note(self.schemas, group));
                node.pending = Pending::Forms(Box::new(source), group);
            }
            [] => {}
            [kind] => self.fill(&mut node, *kind, flat, source.is_never_null),
            kinds => {
                let forms = kinds
                    .iter()
                    .map(|kind| {
                        let source = Source {
                            all: source.all.clone(),
                            only: Some(*kind),
                            spread: source.spread.clone(),
                            is_never_null: source.is_never_null,
                            ..Source::default()
                        };
                        self.node(source, place.again(0))
                    })
                    .collect();
                node.tail = Tail::AnyOf(forms);
            }
        }
        self.nodes.push(node);
        let id = self.nodes.len() - 1;
        self.unfold_plain_choice(id);
        self.enqueue(id);
        id
    }

    /// Gives a node of one type its open form.
    fn fill(&mut self, node: &mut Node<'a>, kind: JsonType, flat: Flat<'a>, is_never_null: bool) {
        node.head.set_type(kind);
        if let Some(values) = &flat.values
            && kind != JsonType::Null
        {
            let values: Vec<Value> = values
                .iter()
                .filter(|value| kind.includes(JsonType::of(value)))
                .map(|value| (*value).clone())
                .collect();
            if json_chars(&json!(values)) <= SHORT_VALUES {
                node.head.set("enum", Cow::Owned(Value::Array(values)));
            } else {
                node.more = Some(values_note(&values, self.lengths.note));
                node.pending = Pending::Values(values);
            }
        }
        self.add_limits(node, kind, &flat);
        match kind {
            JsonType::Array => {
                let has_places = !flat.prefix_items.is_empty();
                if has_places {
                    node.more = Some(places_note(self.schemas, &flat));
                    self.is_cut = true;
                }
                let is_deep = node.place.depth >= DEEPEST || is_unrolled(&node.place.trail);
                let id = if has_places || is_deep {
                    self.anything()
                } else {
                    let source = Source {
                        all: flat.items,
                        is_never_null,
                        ..Source::default()
                    };
                    self.node(source, node.place.inside(false))
                };
                node.tail = Tail::Items(id);
            }
            JsonType::Object => {
                let has_shape = flat
                    .properties
                    .values()
                    .any(|all| is_input(self.schemas, all))
                    || matches!(flat.additional, Additional::Of(_));
                if has_shape {
                    node.more = Some(self.fields_note(&flat, &BTreeSet::new()));
                    node.pending = Pending::Properties(Box::new(flat));
                }
            }
            _ => {}
        }
    }

    /// Every array says what its items are, also while its forms are not spread out.
    fn add_open_items(&mut self, kind: JsonType, node: &mut Node<'a>) {
        if kind == JsonType::Array {
            node.tail = Tail::Items(self.anything());
        }
    }

    fn anything(&mut self) -> usize {
        self.nodes.push(Node {
            head: Head::default(),
            text: String::new(),
            said: String::new(),
            more: None,
            tail: Tail::None,
            pending: Pending::Nothing,
            pinned: None,
            place: Place::default(),
        });
        self.nodes.len() - 1
    }

    pub(super) fn enqueue(&mut self, id: usize) {
        let node = &self.nodes[id];
        let may_unfold = match node.pending {
            Pending::Nothing => false,
            Pending::Values(_) => true,
            Pending::Properties(_) | Pending::Forms(..) => {
                node.place.depth < DEEPEST && !is_unrolled(&node.place.trail)
            }
        };
        if may_unfold {
            self.queue.insert(self.turn(id));
        }
    }

    /// Takes a node out of the queue: before its place changes.
    pub(super) fn dequeue(&mut self, id: usize) {
        self.queue.remove(&self.turn(id));
    }

    /// When a node is unfolded. What a call cannot do without may be deeper than what it can.
    fn turn(&self, id: usize) -> (usize, bool, usize) {
        let place = &self.nodes[id].place;
        let urgency = place.depth + if place.is_optional { OPTIONAL } else { 0 };
        (urgency, place.is_optional, id)
    }

    fn add_limits(&mut self, node: &mut Node<'a>, kind: JsonType, flat: &Flat<'a>) {
        for (keyword, value) in flat.limits.iter() {
            let speaks = match owner(keyword) {
                Some(JsonType::Number) => matches!(kind, JsonType::Number | JsonType::Integer),
                Some(owner) => owner == kind,
                None => matches!(
                    kind,
                    JsonType::String | JsonType::Number | JsonType::Integer
                ),
            };
            let is_shown = match (keyword, value) {
                ("pattern", Value::String(pattern)) => {
                    self.patterns.verdict(pattern) == Verdict::Portable
                }
                ("format", Value::String(format)) => is_plain_format(format),
                ("uniqueItems", value) => *value == Value::Bool(true),
                _ => true,
            };
            if speaks && is_shown && kind != JsonType::Null {
                node.head.set(keyword, Cow::Borrowed(value));
            }
        }
    }

    fn open_form(&self, id: usize) -> Saved<'a> {
        let node = &self.nodes[id];
        Saved {
            head: node.head.clone(),
            text: node.text.clone(),
            more: node.more.clone(),
            items: match node.tail {
                Tail::Items(items) => Some(items),
                _ => None,
            },
        }
    }

    fn restore(&mut self, id: usize, saved: Saved<'a>) {
        let node = &mut self.nodes[id];
        node.head = saved.head;
        node.text = saved.text;
        node.more = saved.more;
        node.tail = saved.items.map_or(Tail::None, Tail::Items);
        node.pending = Pending::Nothing;
    }

    /// Forgets the nodes from this one on.
    pub(super) fn discard(&mut self, from: usize) {
        for id in from..self.nodes.len() {
            self.dequeue(id);
        }
        self.nodes.truncate(from);
    }
}

/// A node as the JSON Schema that it shows.
#[derive(Clone, Copy)]
struct Shown<'t> {
    nodes: &'t [Node<'t>],
    id: usize,
}

impl Shown<'_> {
    fn child(self, id: usize) -> Self {
        Self { id, ..self }
    }
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let node = &self.nodes[self.id];
        let mut out = serializer.serialize_map(None)?;
        if let Some(kind) = node.head.get("type") {
            out.serialize_entry("type", kind)?;
        }
        match &node.more {
            Some(more) if node.text.is_empty() => out.serialize_entry("description", more)?,
            Some(more) => {
                let text = format!("{} {more}", text::sentence(&node.text));
                out.serialize_entry("description", &text)?;
            }
            None if node.text.is_empty() => {}
            None => out.serialize_entry("description", &node.text)?,
        }
        for (keyword, value) in &node.head.0 {
            if *keyword != "type" {
                out.serialize_entry(keyword, &**value)?;
            }
        }
        match &node.tail {
            Tail::None => {}
            Tail::Items(items) => out.serialize_entry("items", &self.child(*items))?,
            Tail::AnyOf(forms) => {
                let mut shown = Vec::new();
                for form in forms {
                    let form = serde_json::to_value(self.child(*form));
                    add_form(&mut shown, form.map_err(S::Error::custom)?);
                }
                out.serialize_entry("anyOf", &shown)?;
            }
            Tail::Properties {
                properties,
                required,
                additional,
            } => {
                if !properties.is_empty() {
                    out.serialize_entry("properties", &ShownProperties(*self, properties))?;
                }
                if !required.is_empty() {
                    out.serialize_entry("required", required)?;
                }
                if let Some(additional) = additional {
                    out.serialize_entry("additionalProperties", &self.child(*additional))?;
                }
            }
        }
        out.end()
    }
}

struct ShownProperties<'t>(Shown<'t>, &'t [(String, usize)]);

impl Serialize for ShownProperties<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(parent, properties) = self;
        serializer.collect_map((properties.iter()).map(|(name, id)| (name, parent.child(*id))))
    }
}

/// A choice inside a choice is one choice; the same form twice is one form.
fn add_form(shown: &mut Vec<Value>, mut form: Value) {
    let inner = form.as_object_mut().filter(|form| form.len() == 1);
    if let Some(Value::Array(inner)) = inner.and_then(|form| form.get_mut("anyOf")) {
        for form in std::mem::take(inner) {
            add_form(shown, form);
        }
    } else if !shown.contains(&form) {
        shown.push(form);
    }
}

/// The types of a node, in the order in which they are shown.
fn kinds(flat: &Flat<'_>, source: &Source<'_>) -> Vec<JsonType> {
    let mut kinds: Vec<JsonType> = flat
        .effective_types()
        .unwrap_or_default()
        .into_iter()
        .collect();
    if kinds.contains(&JsonType::Number) {
        kinds.retain(|kind| *kind != JsonType::Integer);
    }
    if let Some(only) = source.only {
        kinds.retain(|kind| only.includes(*kind));
        if kinds.is_empty() {
            kinds.push(only);
        }
    }
    if source.is_never_null && kinds.len() > 1 {
        kinds.retain(|kind| *kind != JsonType::Null);
    }
    kinds
}

/// The one type of a node and all its forms.
fn only_kind(kinds: &[JsonType], schemas: &Schemas<'_>, group: &[Value]) -> Option<JsonType> {
    if let [kind] = kinds {
        return Some(*kind);
    }
    let of_forms = forms_kinds(schemas, group).filter(|of_forms| of_forms.len() == 1)?;
    of_forms.into_iter().next().filter(|_| kinds.is_empty())
}

/// The forms worth spreading out: not those that only say which fields go together.
fn shown_forms<'a>(flat: &Flat<'a>) -> Option<&'a [Value]> {
    flat.alternatives
        .iter()
        .copied()
        .find(|group| !group.iter().all(is_required_set))
}

fn is_same(left: &[Value], right: &[Value]) -> bool {
    std::ptr::eq(left.as_ptr(), right.as_ptr()) && left.len() == right.len()
}

fn fits(value: &Value, flat: &Flat<'_>, kinds: &[JsonType]) -> bool {
    let kind = JsonType::of(value);
    let fits_type = kinds.is_empty() || kinds.iter().any(|allowed| allowed.includes(kind));
    let fits_values = flat
        .values
        .as_ref()
        .is_none_or(|values| values.contains(&value));
    fits_type && fits_values && !value.is_null() && json_chars(value) <= 200
}

fn is_plain_format(format: &str) -> bool {
    (1..=32).contains(&format.len())
        && format
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

/// Whether the last shared schema of a trail has been there often enough.
fn is_unrolled(trail: &[usize]) -> bool {
    trail
        .last()
        .is_some_and(|last| trail.iter().filter(|index| *index == last).count() > UNROLLED)
}
