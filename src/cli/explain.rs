//! `mcpgen explain CODE`.

use std::io::{self, Write};

use super::Outcome;
use super::arguments::{Explain, usage_error};
use crate::diagnostic::Code;

pub(super) fn run(arguments: &Explain) -> io::Result<Outcome> {
    let mut stdout = io::stdout().lock();
    let Some(name) = &arguments.code else {
        for code in Code::ALL {
            writeln!(stdout, "{:<28} {}", code.as_str(), code.severity().as_str())?;
        }
        return Ok(Outcome::Done);
    };
    let Some(code) = Code::ALL.iter().find(|code| code.as_str() == name) else {
        usage_error(&format!(
            "there is no diagnostic `{name}`; `mcpgen explain` lists all"
        ));
    };
    writeln!(
        stdout,
        "{}[{code}]\n\n{}",
        code.severity().as_str(),
        code.explanation()
    )?;
    Ok(Outcome::Done)
}
