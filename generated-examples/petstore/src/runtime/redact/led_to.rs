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
/// within another; `None` where the text is not one JSON text, or such a text is written with escapes.
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
        text,
        found: &mut found,
    };
    ways.deserialize(&mut reader).ok()?;
    reader.end().ok()?;
    Some(found)
}

/// What is left of each path that has led here.
struct Ways<'p, 'f, 't> {
    rests: Vec<&'p [Step]>,
    /// Whether names are looked at.
    tells: bool,
    /// What the name of this value tells of it.
    told: Option<Told>,
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

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        if self.rests.is_empty() && !self.tells {
            return IgnoredAny::deserialize(reader).map(|IgnoredAny| ());
        }
        if self.rests.iter().any(|rest| rest.is_empty()) {
            let value = <&RawValue>::deserialize(reader)?.get();
            let start = value.as_ptr().addr() - self.text.as_ptr().addr();
            self.found.push(start..start + value.len());
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

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<(), E> {
        let Some(told) = self.told else {
            return Ok(());
        };
        // With its quotes.
        let start = text.as_ptr().addr() - self.text.as_ptr().addr() - 1;
        let range = start..start + text.len() + 2;
        if told.is_about(&self.text[range.clone()]) {
            self.found.push(range);
        }
        Ok(())
    }

    /// Where a text with escapes stands is not known here.
    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        match self.told {
            Some(_) => Err(E::custom("a secret that is written with escapes")),
            None => Ok(()),
        }
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
