//! Why the database did not do something.

/// Why the database did not do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A constraint refused the write. Only writes answer this.
    #[error("the database refused the write: {0:?}")]
    Conflict(Conflict),
    /// The database is in order, but something outside it is in the way. Nothing was changed, and the same will do
    /// once that is gone.
    #[error("{doing}")]
    Obstructed {
        /// What is in the way.
        obstacle: Obstacle,
        /// What was being done, for the log.
        doing: &'static str,
        /// What the driver said. Never leaves the process except into the log.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The database is broken or unreachable.
    #[error("{doing}")]
    Failed {
        /// What was being done, for the log.
        doing: &'static str,
        /// What the driver said. Never leaves the process except into the log.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// The named constraints that a use case turns into a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// Another person has this e-mail address.
    EmailTaken,
    /// Another account has this external id.
    ExternalIdTaken,
    /// The account has an active pair already.
    SecondActivePair,
    /// This pair has been replaced already, or this submission has rolled already.
    RolledAlready,
    /// The installation row exists already.
    InstallationExists,
    /// The person is an admin already.
    AdminExists,
    /// The account would be left without an owner.
    LastOwner,
}

/// What keeps the database from writing, and goes away without a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// There is no room left where the database lies.
    Full,
    /// The place where the database lies cannot be written: read only, over its quota, permission lost, disk failing.
    Unwritable,
    /// Others were writing for longer than anybody should wait.
    Busy,
}

/// What every store operation answers.
pub type StoreResult<T> = Result<T, StoreError>;
