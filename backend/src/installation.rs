//! Opening an installation: one database with its master key file.

use crate::master_key::{self, MasterKeyError};
use crate::record::Happened;
use crate::seal::Sealer;
use crate::store::{Conflict, Installation, Store, StoreError};
use crate::{Backend, Clock, Error, Fault, RequestContext};
use domain::audit::{Act, Detail};
use domain::{Entropy, Timestamp};
use std::path::Path;

/// Opens the master key file that belongs to this database; makes both on first use.
///
/// A database that has been used is never given a new key: its file is there and right, or this fails and nothing is
/// written.
pub async fn open_installation(
    store: &dyn Store,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
    path: &Path,
) -> Result<Sealer, OpenError> {
    let installation = store.find_installation().await?;
    if installation.is_none() && !path.exists() {
        master_key::create(path, entropy)?;
    }
    let sealer = read_master_key(path)?;
    let installation = match installation {
        Some(installation) => installation,
        None => claim(store, clock, &sealer).await?,
    };
    if sealer.belongs_to(&installation) {
        // Nothing depends on it: a directory that is not ours to write keeps what lies in it.
        if let Err(error) = master_key::clear_drafts(path) {
            tracing::debug!(%error, "drafts of the master key were not looked for");
        }
        Ok(sealer)
    } else {
        Err(MasterKeyError::Wrong { path: path.to_owned() }.into())
    }
}

/// Reads a master key file that has to be there; which database it belongs to is for [`Sealer::belongs_to`] to say.
pub fn read_master_key(path: &Path) -> Result<Sealer, OpenError> {
    Ok(Sealer::new(&master_key::read(path)?)?)
}

impl Backend {
    /// Records that a restored backup is put in use, before it is: there is no other trace of what was lost.
    pub async fn record_accepted_backup(&self, context: &RequestContext, taken_at: Timestamp) -> crate::Result<()> {
        let mut tx = self.store.begin_write().await?;
        let text = format!("taken at {}", taken_at.to_rfc3339());
        let happened = Happened::new(Act::BackupAccept, None, Vec::new()).with_detail(Detail::Note { text });
        self.record(tx.as_mut(), context, self.clock.now(), happened).await?;
        Ok(tx.commit().await?)
    }
}

/// Why an installation cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The master key file.
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
    /// The database.
    #[error("the database does not answer")]
    Store(#[from] StoreError),
    /// A key could not be derived.
    #[error("the master key cannot be used")]
    Fault(#[from] Error),
}

async fn claim(store: &dyn Store, clock: &dyn Clock, sealer: &Sealer) -> Result<Installation, OpenError> {
    let (master_key_id, master_key_check) = sealer.describe()?;
    let installation = Installation { created_at: clock.now(), master_key_id, master_key_check };
    let mut tx = store.begin_write().await?;
    match tx.insert_installation(&installation).await {
        Ok(()) => {
            tx.commit().await?;
            Ok(installation)
        }
        // Another process was faster; whether the file is the right one is then decided by its row.
        Err(StoreError::Conflict(Conflict::InstallationExists)) => {
            drop(tx);
            store.find_installation().await?.ok_or_else(|| Error::from(Fault::new("reading the installation")).into())
        }
        Err(error) => Err(error.into()),
    }
}
