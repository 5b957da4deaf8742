//! A file of a test, gone when the test is over.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(in super::super) struct Scratch(PathBuf);

impl Scratch {
    pub(in super::super) fn holding(text: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("mcp-test-{}-{number}", std::process::id());
        let scratch = Self(std::env::temp_dir().join(name));
        scratch.write(text);
        scratch
    }

    pub(in super::super) fn write(&self, text: &str) {
        std::fs::write(&self.0, text).expect("writable");
    }

    pub(in super::super) fn path(&self) -> String {
        self.0.to_string_lossy().into_owned()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
