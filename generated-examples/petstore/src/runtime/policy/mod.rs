//! What may be called, and by whom: the owner's policies, compiled for the tools of this server.
//!
//! Policies come from options and from the tables of the configuration file (`tables`), which is read again when it
//! changes. They only ever take away: a tool that an identity may not see answers as one that does not exist. How a
//! caller proves who it is, is `identity`'s business.

mod access;
mod binding;
mod compiled;
mod condition;
mod guard;
mod requirement;
pub(super) mod scopes;
mod tables;

use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use ahash::HashMap;
use serde_json::value::RawValue;
use tokio::sync::watch;

pub(super) use compiled::ToolPolicy;
pub(super) use guard::{Guard, Read};
pub(super) use tables::DataClass;
pub use tables::Tables;
pub(super) use tables::{KEYS, NAMES as TABLES};

use super::cache::Caching;
use super::catalog::Catalog;
use super::confirmation::Confirm;
use super::engine::StartError;
use super::identity::Identity;
use super::redact::Redact;
use access::Applying;
use compiled::Compiled;

/// The policies as the owner wrote them.
#[derive(Debug, Clone, Default)]
pub struct PolicySettings {
    /// `--read-only`: only tools that change nothing.
    pub read_only: bool,
    /// `--disabled-tools`: names and selectors of tools that are switched off.
    pub disabled: Vec<String>,
    /// `--cache`: how the answers of tools are kept for which no table says it.
    pub cache: Caching,
    /// `--confirm`: of which calls the user is asked for which no table says it.
    pub confirm: Confirm,
    /// `--result-fields`: whether calls of tools that change nothing may choose parts of the answers.
    pub result_fields: bool,
    /// `--result-jq`: whether they may give the answers to jq programs.
    pub result_jq: bool,
    /// `--mark-data`: whether what the API says is put between marks.
    pub mark_data: bool,
    /// `--redact`: what is taken out of the answers of tools for which no table says it.
    pub redact: Vec<Redact>,
    /// `--tenant-claim`: the claim that names the tenant, for conditions.
    pub tenant_claim: String,
    /// The tables of the configuration file.
    pub tables: Tables,
}

/// The policies that are in force.
#[derive(Debug)]
pub(super) struct Policies {
    current: RwLock<Arc<Compiled>>,
    /// Told when there are others.
    changes: watch::Sender<()>,
}

impl Policies {
    /// # Errors
    /// A rule that is about no tool, or that contradicts the tool: one line.
    pub(super) fn new(settings: &PolicySettings, catalog: &Catalog) -> Result<Self, StartError> {
        let compiled = Compiled::new(settings, catalog, None)?;
        Ok(Self {
            current: RwLock::new(Arc::new(compiled)),
            changes: watch::Sender::new(()),
        })
    }

    /// Puts other policies in force for the calls that come; those of before stay when there is a mistake.
    ///
    /// # Errors
    /// As for [`Policies::new`]; and all rules of a kind are gone, which half a file looks like.
    pub(super) fn replace(
        &self,
        settings: &PolicySettings,
        catalog: &Catalog,
    ) -> Result<(), StartError> {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let fresh = Compiled::new(settings, catalog, Some(&**current))?;
        if let Some(kind) = current.lost_in(&fresh) {
            return Err(StartError(format!(
                "the configuration has no {kind} any more, which is not taken from a file that changed; restart to \
                 run without"
            )));
        }
        *current = Arc::new(fresh);
        drop(current);
        self.changes.send_replace(());
        Ok(())
    }

    /// Tells when there are others in force.
    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    /// All tools, whoever may see them.
    pub(super) fn everything(&self) -> Arc<View> {
        let compiled = self.current.read().unwrap_or_else(PoisonError::into_inner);
        compiled.everything()
    }

    /// The tools as an identity sees them.
    pub(super) fn view(&self, identity: Option<&Identity>) -> Arc<View> {
        let compiled = self.current.read().unwrap_or_else(PoisonError::into_inner);
        compiled.view(identity)
    }
}

/// The tools that one kind of identity sees, with their policies.
#[derive(Debug)]
pub(super) struct View {
    compiled: Arc<Vec<ToolPolicy>>,
    visible: Vec<bool>,
    /// Whether every identity has this view.
    pub(super) is_public: bool,
    /// What `tools/list` answers, by era: written when it is first asked for.
    pub(super) lists: [OnceLock<Box<RawValue>>; 2],
}

impl View {
    fn new(compiled: Arc<Vec<ToolPolicy>>, visible: Vec<bool>, is_public: bool) -> Self {
        Self {
            compiled,
            visible,
            is_public,
            lists: [OnceLock::new(), OnceLock::new()],
        }
    }

    /// Whether the tool at this position of the catalogue exists.
    pub(super) fn sees(&self, position: usize) -> bool {
        self.visible.get(position).copied().unwrap_or_default()
    }

    /// Whether what the API says is put between marks in the results of any tool.
    pub(super) fn marks_data(&self) -> bool {
        self.compiled.iter().any(|tool| tool.marks)
    }

    /// The policy of the tool at this position.
    pub(super) fn policy(&self, position: usize) -> &ToolPolicy {
        &self.compiled[position]
    }
}

/// Views by what they depend on: the access rules that fit, and which of the claims the identity has that tools need.
#[derive(Debug, Default)]
struct Views(Mutex<HashMap<ViewKey, Arc<View>>>);

type ViewKey = (Vec<Applying>, Vec<bool>);

impl Views {
    fn get_or_make(&self, key: ViewKey, make: impl FnOnce(&ViewKey) -> View) -> Arc<View> {
        let mut views = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let make = |key: &ViewKey| Arc::new(make(key));
        Arc::clone(views.entry(key).or_insert_with_key(make))
    }
}
