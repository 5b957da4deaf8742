//! Where the owner's paths lead in a JSON text, and what is a secret by its name: it is read once for all of them.

use std::fmt;
use std::ops::Range;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

use super::super::path::{Path, Step};
use super::names::Told;

/// Where the values stand to which any of the paths leads, and with `tells` texts whose names tell of a secret, in order and none
/// within another; `None` where the text is not one JSON text.
pub(super) fn led_to<'p>(
    paths: impl Iterator<Item = &'p Path>,
    tells: bool,
    text: &str,
) -> Option<Vec<Range<usize>>> {
    let mut found = Vec::new();
    let mut reader = serde_json::Deserializer::from_str(text);
    let ways = Ways {
        rests: paths.map(Path::steps).collect(),
        tells,
        told: None,
        within: 0,
        text,
        found: &mut found,
    };
    ways.deserialize(&mut reader).ok()?;
    reader.end().ok()?;
    Some(found)
}

/// Secrets are looked for in what has the name of one; what is deeper within such things is taken out as a whole, since each
/// level is read once more.
const DEEPEST: usize = 4;

/// What is left of each path that has led here.
struct Ways<'p, 'f, 't> {
    rests: Vec<&'p [Step]>,
    /// Whether names are looked at.
    tells: bool,
    /// What the name of this value tells of it.
    told: Option<Told>,
    /// Within how many values this is whose names do.
    within: usize,
    text: &'t str,
    found: &'f mut Vec<Range<usize>>,
}

impl<'p, 't> Ways<'p, '_, 't> {
    /// The ways on.
    fn on(&mut self, rests: Vec<&'p [Step]>, told: Option<Told>) -> Ways<'p, '_, 't> {
        Ways {
            rests,
            tells: self.tells,
            told,
            within: self.within,
            text: self.text,
            found: self.found,
        }
    }
}

/// What is behind those of the next steps that lead on.
fn behind<'p>(rests: &[&'p [Step]], leads: impl Fn(&Step) -> bool) -> Vec<&'p [Step]> {
    let rests = rests.iter().filter_map(|rest| rest.split_first());
    rests
        .filter(|(step, _)| leads(step))
        .map(|(_, rest)| rest)
        .collect()
}

impl<'de> DeserializeSeed<'de> for Ways<'_, '_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(mut self, reader: D) -> Result<(), D::Error> {
        if self.rests.is_empty() && !self.tells {
            return IgnoredAny::deserialize(reader).map(|IgnoredAny| ());
        }
        let is_end = self.rests.iter().any(|rest| rest.is_empty());
        if is_end || self.told.is_some() {
            let value = <&RawValue>::deserialize(reader)?.get();
            let has_parts = value.starts_with(['{', '[']);
            let is_secret = self.told.is_some_and(|told| told.is_about(value));
            if is_end || is_secret || (has_parts && self.within >= DEEPEST) {
                let start = value.as_ptr().addr() - self.text.as_ptr().addr();
                self.found.push(start..start + value.len());
            } else if has_parts {
                self.within += 1;
                let rests = std::mem::take(&mut self.rests);
                let mut inner = serde_json::Deserializer::from_str(value);
                return self
                    .on(rests, None)
                    .deserialize(&mut inner)
                    .map_err(Error::custom);
            }
            return Ok(());
        }
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Ways<'_, '_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some((rests, told)) = map.next_key_seed(Named(&self.rests, self.tells))? {
            map.next_value_seed(self.on(rests, told))?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        for at in 0.. {
            let leads = |step: &Step| match step {
                Step::Index(index) => *index == at,
                Step::All => true,
                Step::Name(_) => false,
            };
            let rests = behind(&self.rests, leads);
            if items.next_element_seed(self.on(rests, None))?.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
}

/// What leads on from a member, by its name, and whether that tells of a secret.
struct Named<'r, 'p>(&'r [&'p [Step]], bool);

impl<'de, 'p> DeserializeSeed<'de> for Named<'_, 'p> {
    type Value = (Vec<&'p [Step]>, Option<Told>);

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_str(self)
    }
}

impl<'p> Visitor<'_> for Named<'_, 'p> {
    type Value = (Vec<&'p [Step]>, Option<Told>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        let rests = behind(self.0, |step| match step {
            Step::Name(here) => here == name,
            Step::All => true,
            Step::Index(_) => false,
        });
        let told = self.1.then(|| Told::by(name)).flatten();
        Ok((rests, told))
    }
}
