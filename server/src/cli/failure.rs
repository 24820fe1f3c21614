//! Why a command did not do what was asked, and how it says so.

use crate::config::SettingsError;
use crate::opening::{OpeningError, chain};
use crate::serve::ServeError;
use backend::console::Broken;
use backend::store::Obstacle;
use backend::{Error, Fault};
use domain::{InstallationKeyId, Refusal};
use std::fmt;
use std::io;
use std::process::ExitCode;
use store_sqlite::BackupError;

/// A failure: a stable code for programs, a sentence for people.
#[derive(Debug)]
pub(super) struct Failure {
    code: &'static str,
    message: String,
    exit: u8,
}

/// Refused, or broken.
const REFUSED: u8 = 1;
/// Not understood; the same code as for a mistyped command.
const USAGE: u8 = 2;

impl Failure {
    pub(super) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.exit)
    }

    pub(super) fn to_json(&self) -> serde_json::Value {
        serde_json::json!({ "code": self.code, "message": self.message })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Failure {
    /// A database without a master key holds nothing worth keeping.
    pub(super) fn never_used() -> Self {
        let message = "this database has never been used: there is nothing to back up".to_owned();
        Self { code: "NEVER_USED", message, exit: REFUSED }
    }

    /// What stands in the arguments is seen by every user of the machine, and kept by the shell.
    pub(super) fn key_in_arguments() -> Self {
        let message = "A private key does not belong in the arguments, where others see it. Give it on stdin: latchkey \
                       account find --stdin. This one has been seen: roll it.";
        Self { code: "KEY_IN_ARGUMENTS", message: message.to_owned(), exit: USAGE }
    }

    pub(super) fn unknown_key() -> Self {
        let message = "This has the form of a private key of this installation, but no account has or had it.";
        Self { code: "KEY_UNKNOWN", message: message.to_owned(), exit: REFUSED }
    }

    pub(super) fn installation_key(key: &InstallationKeyId) -> Self {
        let message = format!(
            "This is the installation key {key}: with it a system of the company acts on accounts. If it has leaked, revoke \
             it: latchkey installation-key revoke --key {key}"
        );
        Self { code: "KEY_IS_INSTALLATION", message, exit: REFUSED }
    }

    pub(super) fn unknown_installation_key() -> Self {
        let message = "This has the form of an installation key of this installation, but it never had this one.";
        Self { code: "KEY_UNKNOWN", message: message.to_owned(), exit: REFUSED }
    }

    pub(super) fn no_key(broken: Broken) -> Self {
        Self { code: "KEY_BROKEN", message: broken.sentence().to_owned(), exit: REFUSED }
    }

    /// The findings stand on stdout.
    pub(super) fn check_failed(failed: usize) -> Self {
        let checks = if failed == 1 { "1 check" } else { &format!("{failed} checks") };
        Self { code: "CHECK_FAILED", message: format!("Latchkey would not start: {checks} failed."), exit: REFUSED }
    }
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        let code = match &error {
            BackupError::Exists(_) => "FILE_EXISTS",
            BackupError::Open(_) => "CANNOT_OPEN",
            BackupError::Damaged { .. } => "DATABASE_DAMAGED",
            BackupError::Write { .. } | BackupError::Copy { .. } | BackupError::ReadBack(_) => "BACKUP_FAILED",
        };
        Self { code, message: chain(&error), exit: REFUSED }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self { code: refusal.code(), message: refusal.sentence().to_owned(), exit: REFUSED }
    }
}

impl From<Error> for Failure {
    /// An operator has the machine in front of them, so the whole chain of a fault is theirs to read.
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusal) => refusal.into(),
            Error::Fault(fault) => Self { code: fault_code(&fault), message: fault.chain(), exit: REFUSED },
        }
    }
}

/// The code a page would answer.
fn fault_code(fault: &Fault) -> &'static str {
    match fault.obstacle() {
        Some(Obstacle::Full) => "STORAGE_FULL",
        Some(Obstacle::Unwritable) => "STORAGE_UNWRITABLE",
        Some(Obstacle::Busy) => "UNAVAILABLE",
        None => "FAULT",
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        Self { code: "SETTINGS", message: chain(&error), exit: USAGE }
    }
}

impl From<OpeningError> for Failure {
    fn from(error: OpeningError) -> Self {
        Self { code: "CANNOT_OPEN", message: chain(&error), exit: REFUSED }
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        Self { code: "CANNOT_SERVE", message: chain(&error), exit: REFUSED }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self { code: "FAULT", message: chain(&error), exit: REFUSED }
    }
}
