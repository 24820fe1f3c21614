//! Opening an installation: one database with its master key file.

use crate::master_key::{self, MasterKeyError};
use crate::seal::Sealer;
use crate::store::{Conflict, Installation, Store, StoreError};
use crate::{Clock, Error, Fault};
use domain::Entropy;
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
    let sealer = Sealer::new(&master_key::read(path)?)?;
    let installation = match installation {
        Some(installation) => installation,
        None => claim(store, clock, &sealer).await?,
    };
    if sealer.belongs_to(&installation) {
        Ok(sealer)
    } else {
        Err(MasterKeyError::Wrong { path: path.to_owned() }.into())
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
