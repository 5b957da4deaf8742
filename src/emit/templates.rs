//! The templates of the generated crate, as parts of this binary.
//!
//! What stands here is what lies in `templates/crate/`; a test compares the two.

use std::sync::LazyLock;

use crate::output::{Ownership, hash};

/// A file of `templates/crate/`.
pub(super) struct Template {
    /// Its path there.
    pub(super) source: &'static str,
    /// Its text.
    pub(super) text: &'static str,
}

/// What is done with a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Treatment {
    /// It is filled in: its name ends with `.j2`.
    Rendered,
    /// It is copied byte for byte.
    Copied,
}

/// The files that belong to the owner as soon as they are written.
const OWNED: &[&str] = &["server.json", "src/custom.rs"];

impl Template {
    /// The path in the generated crate.
    pub(super) fn path(&self) -> &'static str {
        self.source.strip_suffix(".j2").unwrap_or(self.source)
    }

    /// What is done with it.
    pub(super) fn treatment(&self) -> Treatment {
        if self.path() == self.source {
            Treatment::Copied
        } else {
            Treatment::Rendered
        }
    }

    /// Whose it is.
    pub(super) fn ownership(&self) -> Ownership {
        if OWNED.contains(&self.path()) {
            Ownership::Owner
        } else if self.path() == "Cargo.lock" {
            // Who updates the dependencies keeps them updated.
            Ownership::UntilEdited
        } else {
            Ownership::Generated
        }
    }
}

/// One hash over all templates: changes when any of them does.
pub(super) static FINGERPRINT: LazyLock<String> = LazyLock::new(|| {
    let mut text = String::new();
    for template in TEMPLATES {
        text.push_str(template.source);
        text.push('\0');
        text.push_str(template.text);
        text.push('\0');
    }
    hash(text.as_bytes())
});

macro_rules! templates {
    ($($source:literal)*) => {
        /// Every template, by path.
        pub(super) const TEMPLATES: &[Template] = &[
            $(Template {
                source: $source,
                text: include_str!(concat!("../../templates/crate/", $source)),
            },)*
        ];
    };
}

templates! {
    ".dockerignore.j2"
    ".env.example.j2"
    ".gitattributes.j2"
    ".github/workflows/ci.yml.j2"
    ".gitignore.j2"
    "Cargo.lock.j2"
    "Cargo.toml.j2"
    "Dockerfile.j2"
    "POLICIES.md"
    "README.md.j2"
    "RUNBOOK.md.j2"
    "clients/claude-code.json.j2"
    "clients/claude-desktop.json.j2"
    "clients/cursor.json.j2"
    "clients/vscode.json.j2"
    "clippy.toml"
    "compose.yaml.j2"
    "server.json.j2"
    "src/custom.rs.j2"
    "src/lib.rs.j2"
    "src/main.rs.j2"
    "src/runtime/answer.rs"
    "src/runtime/arguments/absent.rs"
    "src/runtime/arguments/coerce.rs"
    "src/runtime/arguments/exact.rs"
    "src/runtime/arguments/message.rs"
    "src/runtime/arguments/mod.rs"
    "src/runtime/arguments/nearest.rs"
    "src/runtime/arguments/tests.rs"
    "src/runtime/audit.rs"
    "src/runtime/base_url.rs"
    "src/runtime/batches.rs"
    "src/runtime/cache/flights.rs"
    "src/runtime/cache/key.rs"
    "src/runtime/cache/mod.rs"
    "src/runtime/cache/names.rs"
    "src/runtime/cache/room.rs"
    "src/runtime/cache/shared.rs"
    "src/runtime/cache/store.rs"
    "src/runtime/cache/writes.rs"
    "src/runtime/call.rs"
    "src/runtime/call/agreement.rs"
    "src/runtime/call/attempts.rs"
    "src/runtime/call/budget.rs"
    "src/runtime/call/failure.rs"
    "src/runtime/call/following.rs"
    "src/runtime/call/hooks.rs"
    "src/runtime/call/kept.rs"
    "src/runtime/call/ownership.rs"
    "src/runtime/call/record.rs"
    "src/runtime/call/repetition.rs"
    "src/runtime/call/resuming.rs"
    "src/runtime/call/shown.rs"
    "src/runtime/call/stopping.rs"
    "src/runtime/call/tests.rs"
    "src/runtime/call/tests/answers.rs"
    "src/runtime/call/tests/cache.rs"
    "src/runtime/call/tests/commands.rs"
    "src/runtime/call/tests/conditions.rs"
    "src/runtime/call/tests/confirmation.rs"
    "src/runtime/call/tests/digest.rs"
    "src/runtime/call/tests/discovery.rs"
    "src/runtime/call/tests/exchange.rs"
    "src/runtime/call/tests/failover.rs"
    "src/runtime/call/tests/following.rs"
    "src/runtime/call/tests/hooks.rs"
    "src/runtime/call/tests/issuers.rs"
    "src/runtime/call/tests/jq.rs"
    "src/runtime/call/tests/limits.rs"
    "src/runtime/call/tests/login.rs"
    "src/runtime/call/tests/mark.rs"
    "src/runtime/call/tests/policies.rs"
    "src/runtime/call/tests/redaction.rs"
    "src/runtime/call/tests/resources.rs"
    "src/runtime/call/tests/secrets.rs"
    "src/runtime/call/tests/tasks.rs"
    "src/runtime/call/tests/tokens.rs"
    "src/runtime/call/tests/upstream.rs"
    "src/runtime/call/tests/wire.rs"
    "src/runtime/call/transformed.rs"
    "src/runtime/catalog.rs"
    "src/runtime/completion.rs"
    "src/runtime/confirmation/ask.rs"
    "src/runtime/confirmation/missing.rs"
    "src/runtime/confirmation/mod.rs"
    "src/runtime/confirmation/token.rs"
    "src/runtime/credentials/client.rs"
    "src/runtime/credentials/command.rs"
    "src/runtime/credentials/digest.rs"
    "src/runtime/credentials/digest/challenge.rs"
    "src/runtime/credentials/discovery.rs"
    "src/runtime/credentials/endpoint.rs"
    "src/runtime/credentials/exchange.rs"
    "src/runtime/credentials/kept.rs"
    "src/runtime/credentials/login/authorization.rs"
    "src/runtime/credentials/login/browser.rs"
    "src/runtime/credentials/login/command.rs"
    "src/runtime/credentials/login/device.rs"
    "src/runtime/credentials/login/file.rs"
    "src/runtime/credentials/login/lock.rs"
    "src/runtime/credentials/login/loopback.rs"
    "src/runtime/credentials/login/mod.rs"
    "src/runtime/credentials/login/provider.rs"
    "src/runtime/credentials/mod.rs"
    "src/runtime/credentials/refresh.rs"
    "src/runtime/credentials/source.rs"
    "src/runtime/credentials/spelled.rs"
    "src/runtime/credentials/tests.rs"
    "src/runtime/credentials/tokens.rs"
    "src/runtime/credentials/words.rs"
    "src/runtime/custom.rs"
    "src/runtime/engine.rs"
    "src/runtime/events.rs"
    "src/runtime/files.rs"
    "src/runtime/handle.rs"
    "src/runtime/handler.rs"
    "src/runtime/healthcheck.rs"
    "src/runtime/healthcheck/tls.rs"
    "src/runtime/http/authentication.rs"
    "src/runtime/http/connections.rs"
    "src/runtime/http/elsewhere.rs"
    "src/runtime/http/guard.rs"
    "src/runtime/http/mcp.rs"
    "src/runtime/http/mod.rs"
    "src/runtime/http/no_tls.rs"
    "src/runtime/http/patience.rs"
    "src/runtime/http/probes.rs"
    "src/runtime/http/shares.rs"
    "src/runtime/http/sse.rs"
    "src/runtime/http/tls.rs"
    "src/runtime/identity/attempts.rs"
    "src/runtime/identity/certificate.rs"
    "src/runtime/identity/claims.rs"
    "src/runtime/identity/introspection.rs"
    "src/runtime/identity/jwt/issuer.rs"
    "src/runtime/identity/jwt/mod.rs"
    "src/runtime/identity/jwt/provider.rs"
    "src/runtime/identity/jwt/tests.rs"
    "src/runtime/identity/keys.rs"
    "src/runtime/identity/mod.rs"
    "src/runtime/identity/watched.rs"
    "src/runtime/jq/absent.rs"
    "src/runtime/jq/mod.rs"
    "src/runtime/jq/process.rs"
    "src/runtime/jq/process/tests.rs"
    "src/runtime/jq/program.rs"
    "src/runtime/jq/program/tests.rs"
    "src/runtime/jq/worker.rs"
    "src/runtime/limits/bucket.rs"
    "src/runtime/limits/budgets.rs"
    "src/runtime/limits/mod.rs"
    "src/runtime/limits/shared.rs"
    "src/runtime/limits/tests.rs"
    "src/runtime/limits/turns.rs"
    "src/runtime/logging.rs"
    "src/runtime/metrics.rs"
    "src/runtime/mod.rs"
    "src/runtime/oauth.rs"
    "src/runtime/operations/handles.rs"
    "src/runtime/operations/mod.rs"
    "src/runtime/operations/pauses.rs"
    "src/runtime/operations/shared.rs"
    "src/runtime/operations/tests.rs"
    "src/runtime/operations/tools.rs"
    "src/runtime/output.rs"
    "src/runtime/path.rs"
    "src/runtime/pem.rs"
    "src/runtime/plain.rs"
    "src/runtime/policy/access.rs"
    "src/runtime/policy/binding.rs"
    "src/runtime/policy/compiled.rs"
    "src/runtime/policy/condition/absent.rs"
    "src/runtime/policy/condition/decision.rs"
    "src/runtime/policy/condition/expression.rs"
    "src/runtime/policy/condition/mod.rs"
    "src/runtime/policy/condition/tests.rs"
    "src/runtime/policy/condition/values.rs"
    "src/runtime/policy/guard.rs"
    "src/runtime/policy/mod.rs"
    "src/runtime/policy/requirement.rs"
    "src/runtime/policy/scopes.rs"
    "src/runtime/policy/tables.rs"
    "src/runtime/prompts.rs"
    "src/runtime/questions.rs"
    "src/runtime/random.rs"
    "src/runtime/redact/checks.rs"
    "src/runtime/redact/detect.rs"
    "src/runtime/redact/json.rs"
    "src/runtime/redact/keys.rs"
    "src/runtime/redact/led_to.rs"
    "src/runtime/redact/mod.rs"
    "src/runtime/redact/names.rs"
    "src/runtime/redact/signs.rs"
    "src/runtime/references.rs"
    "src/runtime/reload.rs"
    "src/runtime/request/body.rs"
    "src/runtime/request/mod.rs"
    "src/runtime/request/multipart.rs"
    "src/runtime/request/overrides.rs"
    "src/runtime/request/own.rs"
    "src/runtime/request/style.rs"
    "src/runtime/request/template.rs"
    "src/runtime/request/tests.rs"
    "src/runtime/request/upload.rs"
    "src/runtime/request/xml.rs"
    "src/runtime/resilience/breaker.rs"
    "src/runtime/resilience/mod.rs"
    "src/runtime/resources/address.rs"
    "src/runtime/resources/mod.rs"
    "src/runtime/resources/page.rs"
    "src/runtime/response/excerpt/fields.rs"
    "src/runtime/response/excerpt/mod.rs"
    "src/runtime/response/excerpt/sizes.rs"
    "src/runtime/response/excerpt/tests.rs"
    "src/runtime/response/excerpt/walk.rs"
    "src/runtime/response/given.rs"
    "src/runtime/response/html.rs"
    "src/runtime/response/mark.rs"
    "src/runtime/response/media.rs"
    "src/runtime/response/mod.rs"
    "src/runtime/response/notes.rs"
    "src/runtime/response/paging.rs"
    "src/runtime/response/part.rs"
    "src/runtime/response/refusal.rs"
    "src/runtime/response/tests.rs"
    "src/runtime/schema.rs"
    "src/runtime/selector.rs"
    "src/runtime/server.rs"
    "src/runtime/session.rs"
    "src/runtime/settings/callers.rs"
    "src/runtime/settings/layers.rs"
    "src/runtime/settings/limits.rs"
    "src/runtime/settings/mod.rs"
    "src/runtime/settings/reference.rs"
    "src/runtime/settings/state.rs"
    "src/runtime/settings/tests.rs"
    "src/runtime/settings/values.rs"
    "src/runtime/state/absent.rs"
    "src/runtime/state/address.rs"
    "src/runtime/state/answers.rs"
    "src/runtime/state/channels.rs"
    "src/runtime/state/handles.rs"
    "src/runtime/state/link.rs"
    "src/runtime/state/mod.rs"
    "src/runtime/state/scripts.rs"
    "src/runtime/state/seal.rs"
    "src/runtime/state/tests.rs"
    "src/runtime/state/tests/answers.rs"
    "src/runtime/stdio.rs"
    "src/runtime/steps.rs"
    "src/runtime/structured.rs"
    "src/runtime/tasks.rs"
    "src/runtime/tests/callers.rs"
    "src/runtime/tests/http.rs"
    "src/runtime/tests/mod.rs"
    "src/runtime/tests/protocol.rs"
    "src/runtime/tests/questions.rs"
    "src/runtime/tests/scratch.rs"
    "src/runtime/tests/sse.rs"
    "src/runtime/tests/stdio.rs"
    "src/runtime/text.rs"
    "src/runtime/tokens.rs"
    "src/runtime/tool/body.rs"
    "src/runtime/tool/mod.rs"
    "src/runtime/tool/page.rs"
    "src/runtime/tool/prompt.rs"
    "src/runtime/upstream/body.rs"
    "src/runtime/upstream/connect.rs"
    "src/runtime/upstream/failure.rs"
    "src/runtime/upstream/mod.rs"
    "src/runtime/upstream/resolve.rs"
    "src/runtime/upstream/trust.rs"
    "src/runtime/wire.rs"
    "tests/faults.rs.j2"
    "tests/wire.rs.j2"
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    /// Every file below `folder`, as it is written in the table.
    fn listed(folder: &Path, prefix: &str, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).expect("the templates are there") {
            let entry = entry.expect("an entry");
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                listed(&entry.path(), &format!("{name}/"), found);
            } else {
                found.push(name);
            }
        }
    }

    #[test]
    fn the_table_equals_the_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/crate");
        let mut found = Vec::new();
        listed(&folder, "", &mut found);
        found.sort();
        let table: Vec<_> = TEMPLATES.iter().map(|template| template.source).collect();
        let lines: Vec<_> = found.iter().map(|path| format!("    {path:?}")).collect();
        let lines = lines.join("\n");
        assert_eq!(
            table, found,
            "the table in src/emit/templates.rs should be:\n{lines}"
        );
    }

    #[test]
    fn files_that_would_act_on_our_own_repository_are_rendered() {
        // Cargo leaves folders with a Cargo.toml out of packages, and a `.gitignore` would hide templates.
        for template in TEMPLATES {
            let name = template.source.rsplit('/').next().unwrap_or_default();
            let acts = name.starts_with('.')
                || name.starts_with("Cargo.")
                || template.source.starts_with('.');
            assert!(
                !acts || template.treatment() == Treatment::Rendered,
                "{name}"
            );
        }
    }
}
