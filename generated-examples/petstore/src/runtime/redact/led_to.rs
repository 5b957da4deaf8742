//! Where the owner's paths lead in a JSON text, and what is a secret by its name: it is read once for all of them.

use std::ops::Range;

use super::super::path::{Path, Step};
use super::super::text::visible;
use super::super::tokens::{Kind, Name, NoJson, Past, Tokens};
use super::names::Told;

/// Where the values stand to which any of the paths leads, and with `tells` texts whose names tell of a secret, in order and none
/// within another; `None` where the text is not one JSON text, or such a text is written with escapes.
pub(super) fn led_to<'p>(
    paths: impl Iterator<Item = &'p Path>,
    tells: bool,
    text: &str,
) -> Option<Vec<Range<usize>>> {
    let rests: Vec<&[Step]> = paths.map(Path::steps).collect();
    let mut tokens = Tokens::of(text);
    let mut ways = Ways {
        tells,
        found: Vec::new(),
    };
    ways.lead(&rests, None, &mut tokens).ok()?;
    tokens.end().ok()?;
    Some(ways.found)
}

struct Ways {
    /// Whether names are looked at.
    tells: bool,
    found: Vec<Range<usize>>,
}

impl Ways {
    /// Goes through the next value with what is left of each path that has led here, and what its name tells of it.
    fn lead(
        &mut self,
        rests: &[&[Step]],
        told: Option<Told>,
        tokens: &mut Tokens<'_>,
    ) -> Result<(), NoJson> {
        if rests.is_empty() {
            return self.look(told, tokens);
        }
        if rests.iter().any(|rest| rest.is_empty()) {
            self.found.push(tokens.value()?);
            return Ok(());
        }
        match tokens.kind()? {
            Kind::Object => tokens.object(|tokens, name| {
                let told = self.told(name)?;
                let name = name.said()?;
                let rests = behind(rests, |step| match step {
                    Step::Name(here) => *here == name,
                    Step::All => true,
                    Step::Index(_) => false,
                });
                self.lead(&rests, told, tokens)
            }),
            Kind::Array => tokens.array(|tokens, at| {
                let rests = behind(rests, |step| match step {
                    Step::Index(index) => *index == at,
                    Step::All => true,
                    Step::Name(_) => false,
                });
                self.lead(&rests, None, tokens)
            }),
            _ => self.look(told, tokens),
        }
    }

    /// Goes through the next value, into which no path leads.
    fn look(&mut self, told: Option<Told>, tokens: &mut Tokens<'_>) -> Result<(), NoJson> {
        if !self.tells {
            return tokens.value().map(drop);
        }
        if let Some(told) = told
            && self.keeps(told, tokens)? == Past::Value
        {
            return Ok(());
        }
        tokens.members(|tokens, name| match self.told(name)? {
            Some(told) => self.keeps(told, tokens),
            None => Ok(Past::Name),
        })
    }

    /// What is told of the next value; it is gone past where that may be kept of it.
    fn keeps(&mut self, told: Told, tokens: &mut Tokens<'_>) -> Result<Past, NoJson> {
        if tokens.kind()? != Kind::String {
            return Ok(Past::Name);
        }
        let place = tokens.value()?;
        let text = tokens.text(place.clone());
        if text.contains('\\') {
            return Err(NoJson);
        }
        if told.is_about(text) {
            self.found.push(place);
        }
        Ok(Past::Value)
    }

    fn told(&self, name: Name<'_>) -> Result<Option<Told>, NoJson> {
        match name.plain() {
            _ if !self.tells => Ok(None),
            Some(plain) => Ok(Told::by(plain)),
            None => name.said().map(|name| Told::by(&visible(name))),
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
