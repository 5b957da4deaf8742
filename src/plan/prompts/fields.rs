//! The fields of a prompt: of which type they are, and where they stand.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::diagnostic::{JsonPointer, Place};

/// Where a prompt was written.
#[derive(Clone)]
pub(super) enum At {
    Spec(JsonPointer),
    /// The table; its fields have no places of their own.
    Config(Place),
}

impl At {
    pub(super) fn child(&self, token: impl std::fmt::Display) -> Self {
        match self {
            Self::Spec(pointer) => Self::Spec(pointer.child(token)),
            Self::Config(place) => Self::Config(place.clone()),
        }
    }

    pub(super) fn place(&self) -> Place {
        match self {
            Self::Spec(pointer) => Place {
                pointer: Some(pointer.clone()),
                ..Place::default()
            },
            Self::Config(place) => place.clone(),
        }
    }
}

/// Why there is no prompt.
pub(super) struct Wrong {
    pub(super) place: At,
    pub(super) message: String,
    pub(super) help: String,
}

impl Wrong {
    pub(super) fn new(place: &At, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            place: place.clone(),
            message: message.into(),
            help: help.into(),
        }
    }
}

/// The fields of an object, of the types that they should have.
pub(super) struct Fields<'f> {
    pub(super) map: &'f Map<String, Value>,
    pub(super) at: At,
    what: &'static str,
}

impl<'f> Fields<'f> {
    pub(super) fn of(value: &'f Value, at: &At, what: &'static str) -> Result<Self, Wrong> {
        match value {
            Value::Object(map) => Ok(Self {
                map,
                at: at.clone(),
                what,
            }),
            _ => Err(Wrong::new(
                at,
                format!("{what} is no object"),
                "write its fields",
            )),
        }
    }

    pub(super) fn empty(at: &At) -> Self {
        static NOTHING: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
        Self {
            map: &NOTHING,
            at: at.clone(),
            what: "",
        }
    }

    pub(super) fn place(&self, key: &str) -> At {
        self.at.child(key)
    }

    pub(super) fn check(&self, known: &[&str]) -> Result<(), Wrong> {
        let unknown = self.map.keys().find(|key| !known.contains(&key.as_str()));
        unknown.map_or(Ok(()), |key| {
            let message = format!("{} has no field `{key}`", self.what);
            let help = format!("known fields are `{}`", known.join("`, `"));
            Err(Wrong::new(&self.place(key), message, help))
        })
    }

    fn wrong(&self, key: &str, expected: &str) -> Wrong {
        let message = format!("`{key}` of {} is not {expected}", self.what);
        Wrong::new(&self.place(key), message, "correct it or take it out")
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<String>, Wrong> {
        match self.map.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(self.wrong(key, "a string")),
        }
    }

    pub(super) fn flag(&self, key: &str) -> Result<bool, Wrong> {
        match self.map.get(key) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(self.wrong(key, "`true` or `false`")),
        }
    }

    pub(super) fn list(&self, key: &str) -> Result<Vec<(&'f Value, At)>, Wrong> {
        let place = self.place(key);
        match self.map.get(key) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => Ok((items.iter().enumerate())
                .map(|(index, item)| (item, place.child(index)))
                .collect()),
            Some(_) => Err(self.wrong(key, "a list")),
        }
    }
}
