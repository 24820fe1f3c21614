//! What a use case answers when it does not do what was asked: a refusal, or a fault. The two never mix.

use crate::files::FileStoreError;
use crate::store::{Conflict, Obstacle, StoreError};
use domain::Refusal;

/// The answer of every use case.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a use case did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The product says no. May be shown.
    #[error("refused: {}", .0.code())]
    Refused(Refusal),
    /// Something broke. Logged once, with its whole chain, where it reaches the edge; never shown.
    #[error(transparent)]
    Fault(Fault),
}

/// Something broke: the database, the random source, a ciphertext that does not open.
#[derive(Debug, thiserror::Error)]
#[error("{doing}")]
pub struct Fault {
    doing: &'static str,
    obstacle: Option<Obstacle>,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Fault {
    /// A fault met while `doing` something, with nothing underneath.
    pub fn new(doing: &'static str) -> Self {
        Self { doing, obstacle: None, source: None }
    }

    /// A fault met while `doing` something, caused by `source`.
    pub fn caused_by(doing: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { doing, obstacle: None, source: Some(source.into()) }
    }

    /// What was in the way, if it is something that passes: a full disk, say. Nothing was changed then.
    pub fn obstacle(&self) -> Option<Obstacle> {
        self.obstacle
    }

    /// The fault and everything beneath it, for the one log line it gets.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut below = std::error::Error::source(self);
        while let Some(error) = below {
            text.push_str(": ");
            text.push_str(&error.to_string());
            below = error.source();
        }
        text
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<FileStoreError> for Error {
    fn from(error: FileStoreError) -> Self {
        Fault { obstacle: error.obstacle, ..Fault::caused_by("using the files", error) }.into()
    }
}

const USING: &str = "using the database";

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(Conflict::EmailTaken) => Refusal::EmailTaken.into(),
            StoreError::Conflict(Conflict::ExternalIdTaken) => Refusal::ExternalIdTaken.into(),
            StoreError::Conflict(Conflict::SecondActivePair | Conflict::RolledAlready) => {
                Refusal::PairAlreadyRolled.into()
            }
            StoreError::Conflict(Conflict::AdminExists) => Refusal::AdminAlready.into(),
            StoreError::Conflict(Conflict::LastOwner) => Refusal::LastOwner.into(),
            StoreError::Obstructed { obstacle, .. } => {
                Fault { obstacle: Some(obstacle), ..Fault::caused_by(USING, error) }.into()
            }
            StoreError::Conflict(Conflict::InstallationExists) | StoreError::Failed { .. } => {
                Fault::caused_by(USING, error).into()
            }
        }
    }
}
