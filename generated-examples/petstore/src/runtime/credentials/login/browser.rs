//! Opens a page in the user's browser, by the program that the system has for it; no shell reads the address.

use std::process::{Command, Stdio};

/// Whether a browser was asked to show it.
pub(super) fn open(url: &str) -> bool {
    let Some((program, before)) = opener() else {
        return false;
    };
    let mut command = Command::new(program);
    command.args(before).arg(url);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().is_ok()
}

/// The program, and what stands before the address.
fn opener() -> Option<(&'static str, &'static [&'static str])> {
    if cfg!(target_os = "macos") {
        Some(("open", &[]))
    } else if cfg!(windows) {
        Some(("rundll32", &["url.dll,FileProtocolHandler"]))
    } else {
        // Without a screen it would start a browser in the terminal.
        let has_screen = |name| std::env::var_os(name).is_some_and(|screen| !screen.is_empty());
        (has_screen("DISPLAY") || has_screen("WAYLAND_DISPLAY")).then_some(("xdg-open", &[][..]))
    }
}
