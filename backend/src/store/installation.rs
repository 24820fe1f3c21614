//! The installation itself, and the keys of the company's own systems.

use domain::installation_key::Life;
use domain::{InstallationKeyId, Scope, Timestamp};

/// The one row that ties a database to its master key file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// When the database was first used.
    pub created_at: Timestamp,
    /// The master key that was current then.
    pub master_key_id: String,
    /// A value only the right master key can reproduce.
    pub master_key_check: [u8; 32],
}

/// An installation key as stored. The key itself is stored only as its digest, under a master key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstallationKeyRecord {
    /// Its public handle.
    pub id: InstallationKeyId,
    /// The operator's name for it.
    pub name: String,
    /// What it is for: in order, each once, at least one.
    pub scopes: Vec<Scope>,
    /// Who made it, in words: an operator's name.
    pub created_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to the hour; `None` if it never was.
    pub last_used_at: Option<Timestamp>,
    /// What is known about its end.
    pub life: Life,
}

/// How old is too old, for [`super::WriteTx::purge`].
#[derive(Debug, Clone, Copy)]
pub struct PurgeLimits {
    /// The instant of the purge.
    pub now: Timestamp,
    /// Sessions last used before this are over.
    pub sessions_used_before: Timestamp,
    /// Sessions opened before this are over.
    pub sessions_opened_before: Timestamp,
    /// Attempt windows begun before this are over.
    pub attempts_before: Timestamp,
    /// Devices last signed in on before this are forgotten.
    pub devices_before: Timestamp,
    /// Dry runs made before this are forgotten.
    pub drafts_before: Timestamp,
}
