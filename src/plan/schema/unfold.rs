//! One step of unfolding: an open node shows its fields, its forms or its values.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::flat::{Additional, All, Flat, flatten, is_input};
use super::nodes::{Head, Pending, Pinned, Place, Source, Tail, Tree};
use super::wording::{form_note, pinned, required_sets};
use super::{JsonType, is_portable_key, json_chars};

impl<'a> Tree<'a, '_> {
    /// Unfolds one node; says whether all of it is shown.
    pub(super) fn unfold_one(&mut self, id: usize, pending: Pending<'a>, room: usize) -> bool {
        match pending {
            Pending::Nothing => true,
            Pending::Values(values) => {
                self.nodes[id].more = None;
                let values = Cow::Owned(Value::Array(values));
                self.nodes[id].head.set("enum", values);
                true
            }
            Pending::Forms(source, group) => {
                self.unfold_forms(id, &source, group, room, 1);
                true
            }
            Pending::Properties(flat) => self.unfold_properties(id, &flat, room),
        }
    }

    /// Spreads out at once what is hardly longer than its open form: something or null, and a few plain types.
    pub(super) fn unfold_plain_choice(&mut self, id: usize) {
        const SPREAD: usize = 4;
        const FORMS: usize = 6;
        let Pending::Forms(source, group) = &self.nodes[id].pending else {
            return;
        };
        if source.spread.len() >= SPREAD || group.len() > FORMS {
            return;
        }
        let flats = group.iter().map(|form| flatten(self.schemas, &[form]));
        let (nulls, others): (Vec<_>, Vec<_>) = flats.partition(Flat::is_null);
        let is_nullable = nulls.len() == 1 && others.len() == 1;
        if is_nullable || others.iter().all(is_plain) {
            let (source, group) = (source.clone(), *group);
            self.nodes[id].pending = Pending::Nothing;
            self.unfold_forms(id, &source, group, usize::MAX / 2, 0);
        }
    }

    fn unfold_forms(
        &mut self,
        id: usize,
        source: &Source<'a>,
        group: &'a [Value],
        room: usize,
        deeper: usize,
    ) {
        let place = self.nodes[id].place.again(deeper);
        let text = match &self.nodes[id] {
            node if node.text.is_empty() => node.said.clone(),
            node => node.text.clone(),
        };
        let default = self.nodes[id].head.get("default").cloned();
        let discriminator = flatten(self.schemas, &source.all).discriminator;
        let mut forms: Vec<usize> = Vec::new();
        let mut seen: Vec<Value> = Vec::new();
        let mut size = 0;
        for branch in group {
            let mut all = vec![branch];
            all.extend(&source.all);
            let mut spread = source.spread.clone();
            spread.push(group);
            let pinned = pinned(self.schemas, discriminator, branch);
            let source = Source {
                all,
                spread,
                only: source.only,
                is_never_null: source.is_never_null,
                remark: pinned.as_ref().map(form_note),
                pinned,
                ..Source::default()
            };
            let flat = flatten(self.schemas, &source.all);
            let is_empty = flat.types.is_some_and(|types| types.is_empty());
            if flat.is_impossible || is_empty || (source.is_never_null && flat.is_null()) {
                continue;
            }
            let count = self.nodes.len();
            let form = self.node(source, place.clone());
            self.shed(form, &text, default.as_ref());
            let schema = self.schema(form);
            if seen.contains(&schema) {
                self.discard(count);
                continue;
            }
            size += json_chars(&schema);
            seen.push(schema);
            forms.push(form);
            if size > room + 2_000 {
                // Too much already: the caller takes the step back.
                break;
            }
        }
        if let [first, second] = forms[..] {
            let null = json!({"type": "null"});
            if self.schema(second) == null {
                self.hoist(id, first);
            } else if self.schema(first) == null {
                self.hoist(id, second);
            }
        }
        let node = &mut self.nodes[id];
        node.more = None;
        if let [form] = forms[..] {
            self.adopt(id, form);
        } else {
            node.head.take("type");
            node.tail = if forms.is_empty() {
                Tail::None
            } else {
                Tail::AnyOf(forms)
            };
        }
    }

    /// Something or null is described as that something.
    fn hoist(&mut self, id: usize, form: usize) {
        let text = std::mem::take(&mut self.nodes[form].text);
        let default = self.nodes[form].head.take("default");
        if text.starts_with(&self.nodes[id].text) {
            self.nodes[form].said.clone_from(&text);
            self.nodes[id].text = text;
        } else {
            self.nodes[form].text = text;
        }
        if let Some(default) = default {
            self.nodes[id].head.set("default", default);
        }
    }

    /// Takes off a form, and the forms in it, what the choice around it says already.
    fn shed(&mut self, form: usize, text: &str, default: Option<&Value>) {
        let node = &mut self.nodes[form];
        if text.contains(node.text.trim_end_matches('…')) {
            node.text.clear();
        }
        if node.head.get("default") == default {
            node.head.take("default");
        }
        if let Tail::AnyOf(forms) = &node.tail {
            for form in forms.clone() {
                self.shed(form, text, default);
            }
        }
    }

    /// A choice of one form is that form.
    fn adopt(&mut self, id: usize, form: usize) {
        self.dequeue(id);
        self.dequeue(form);
        let only = &mut self.nodes[form];
        let head = std::mem::take(&mut only.head);
        let tail = std::mem::replace(&mut only.tail, Tail::None);
        let pending = std::mem::replace(&mut only.pending, Pending::Nothing);
        let more = only.more.take();
        let text = std::mem::take(&mut only.text);
        let pinned = only.pinned.take();
        let place = only.place.clone();
        let node = &mut self.nodes[id];
        node.pinned = pinned;
        node.head.extend(head);
        node.tail = tail;
        node.pending = pending;
        node.more = more;
        node.place = place;
        if node.text.is_empty() {
            node.text = text;
        }
    }

    fn unfold_properties(&mut self, id: usize, flat: &Flat<'a>, room: usize) -> bool {
        let parent = self.nodes[id].place.clone();
        let pinned = self.nodes[id].pinned.clone();
        let mut hidden: BTreeSet<&str> = BTreeSet::new();
        let mut order: Vec<(bool, &'a str, &All<'a>)> = Vec::new();
        for (name, all) in &flat.properties {
            if !is_input(self.schemas, all) {
                continue;
            }
            if is_portable_key(name) {
                order.push((flat.required.contains(name), name, all));
            } else {
                hidden.insert(name);
            }
        }
        order.sort_by_key(|(is_required, ..)| !is_required);
        let unportable = hidden.len();
        let mut properties = Vec::new();
        let mut required = Vec::new();
        let mut size = 60;
        for (is_required, name, all) in order {
            // What is left over is named in a sentence, which needs room too.
            if size + self.lengths.note + 30 > room && !hidden.is_empty() {
                hidden.insert(name);
                continue;
            }
            let source = Source {
                all: all.clone(),
                ..Source::default()
            };
            let count = self.nodes.len();
            let child = self.node(source, parent.inside(!is_required));
            if let Some(pinned) = pinned.as_ref().filter(|pinned| pinned.field == name) {
                self.pin(child, pinned);
            }
            let cost = self.chars(child) + name.len() + 4 + 30 * usize::from(is_required);
            if size + cost > room {
                self.discard(count);
                hidden.insert(name);
                continue;
            }
            size += cost;
            properties.push((name.to_owned(), child));
            if is_required {
                required.push(name.to_owned());
            }
        }
        let position = |name: &str| flat.properties.get_index_of(name);
        properties.sort_by_key(|(name, _)| position(name));
        let additional = self.additional(flat, &parent);
        let more = (!hidden.is_empty()).then(|| self.fields_note(flat, &hidden));
        let node = &mut self.nodes[id];
        node.more = more.or_else(|| required_sets(flat));
        node.tail = Tail::Properties {
            properties,
            required,
            additional,
        };
        hidden.len() == unportable
    }

    /// Leaves a text only the values that tell the form apart.
    fn pin(&mut self, id: usize, pinned: &Pinned) {
        let kind = self.nodes[id].head.get("type");
        if kind.is_some_and(|kind| kind != "string") {
            return;
        }
        self.dequeue(id);
        let node = &mut self.nodes[id];
        node.head = Head::default();
        node.head.set_type(JsonType::String);
        let values = Cow::Owned(Value::from(pinned.values.clone()));
        node.head.set("enum", values);
        node.more = None;
        node.tail = Tail::None;
        node.pending = Pending::Nothing;
    }

    fn additional(&mut self, flat: &Flat<'a>, parent: &Place) -> Option<usize> {
        let Additional::Of(all) = &flat.additional else {
            return None;
        };
        let source = Source {
            all: all.clone(),
            ..Source::default()
        };
        Some(self.node(source, parent.inside(true)))
    }
}

/// A scalar without a long list of values.
fn is_plain(flat: &Flat<'_>) -> bool {
    const VALUES: usize = 8;
    let is_scalar =
        |kind: JsonType| !matches!(kind, JsonType::Object | JsonType::Array | JsonType::Null);
    flat.alternatives.is_empty()
        && flat
            .values
            .as_ref()
            .is_none_or(|values| values.len() <= VALUES)
        && flat
            .effective_types()
            .is_some_and(|kinds| !kinds.is_empty() && kinds.iter().all(is_scalar))
}
