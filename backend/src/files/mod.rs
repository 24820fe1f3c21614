//! Uploaded files: listing them, fetching them, deleting them, and keeping rows and bytes together.
//!
//! A row is in the database, its bytes are in a [`FileStore`]. The row comes first and goes first: bytes are moved into
//! their place once their row is committed, and removed once it is gone. Whatever a crash leaves between the two is put
//! right by [`Backend::sweep_files`].

mod port;

pub use port::{FileStore, FileStoreError, FileStoreResult, LeftBehind, NoFiles, Reading, Staging};

use crate::authenticate::Authenticated;
use crate::record::Happened;
use crate::store::{FileQuery, FileRecord};
use crate::{Backend, RequestContext, Result, signature};
use domain::audit::{Act, Actor, Detail, Target};
use domain::{AccountId, Duration, FileId, Permission, PublicKey, Refusal};
use futures_util::TryStreamExt as _;
use sha2::{Digest as _, Sha256};

/// How many files can be deleted at once.
pub const MOST_AT_ONCE: usize = 100;

/// How long the parameters handed to a member's page can be used.
const PARAMETERS_LAST: Duration = Duration::minutes(30);

/// Who acts on an account's files.
#[derive(Debug, Clone, Copy)]
pub enum FilesCaller<'a> {
    /// A program that came with the private key of one of the account's pairs.
    Program {
        /// Where from, with what.
        context: &'a RequestContext,
        /// Whose key it was.
        key: &'a Authenticated,
    },
    /// Somebody at the dashboard.
    Member {
        /// Who.
        context: &'a RequestContext,
        /// On which account.
        account_id: &'a AccountId,
    },
}

impl FilesCaller<'_> {
    /// The account, if the caller may do this there.
    pub(crate) fn authorize(&self, permission: Permission) -> Result<AccountId> {
        match self {
            Self::Program { key, .. } => Ok(key.account_id.clone()),
            Self::Member { context, account_id } => {
                context.authorize(account_id, permission)?;
                Ok((*account_id).clone())
            }
        }
    }

    fn context(&self) -> &RequestContext {
        match self {
            Self::Program { context, .. } | Self::Member { context, .. } => context,
        }
    }

    fn actor(&self) -> Actor {
        match self {
            Self::Program { key, .. } => Actor::Pair { id: key.pair_id.clone() },
            Self::Member { context, .. } => context.actor(),
        }
    }
}

/// What came of deleting several files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deleted {
    /// All of them are gone.
    All,
    /// These are not there, and nothing was deleted.
    Missing(Vec<FileId>),
}

/// What a page needs to upload one file by itself, without a private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadParameters {
    /// The account's active public key.
    pub public_key: PublicKey,
    /// Used once.
    pub token: String,
    /// Unix seconds.
    pub expire: i64,
    /// Made with the private key of the same pair.
    pub signature: String,
}

/// What a sweep of the files has put right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FilesSwept {
    /// Bytes whose row was committed and that were not yet in their place.
    pub put_in_place: u64,
    /// Bytes without a row.
    pub removed: u64,
    /// Bytes of accounts that this database does not know. They are left alone: it may be the wrong database.
    pub of_unknown_accounts: u64,
}

impl Backend {
    /// The account's files that match, in the order asked for.
    pub async fn list_files(&self, caller: FilesCaller<'_>, query: &FileQuery) -> Result<Vec<FileRecord>> {
        let account_id = caller.authorize(Permission::ViewFiles)?;
        Ok(self.store.list_files(&account_id, query).await?)
    }

    /// How many bytes the account's files have together, and how many they may have.
    pub async fn file_usage(&self, caller: FilesCaller<'_>) -> Result<(u64, u64)> {
        let account_id = caller.authorize(Permission::ViewFiles)?;
        Ok((self.store.file_usage(&account_id).await?, self.policy.account_files_bytes))
    }

    /// One of the account's files. Somebody else's answers like a missing one.
    pub async fn find_file(&self, caller: FilesCaller<'_>, file_id: &FileId) -> Result<FileRecord> {
        let account_id = caller.authorize(Permission::ViewFiles)?;
        let found = self.store.find_file(file_id).await?.filter(|file| file.account_id == account_id);
        Ok(found.ok_or(Refusal::NotFound)?)
    }

    /// A file and its bytes, for whoever came to its address. `caller` is a program with a private key, if there is one:
    /// files that are private or not published are there for those of their own account only.
    pub async fn fetch_file(&self, caller: Option<&Authenticated>, file_id: &FileId) -> Result<(FileRecord, Reading)> {
        let file = self.store.find_file(file_id).await?.ok_or(Refusal::NotFound)?;
        let own = caller.is_some_and(|caller| caller.account_id == file.account_id);
        if !own && (file.private || !file.published) {
            return Err(Refusal::NotFound.into());
        }
        let reading = self.read_file(&file).await?;
        Ok((file, reading))
    }

    /// The bytes of one of the account's files, whether or not it is private.
    pub async fn fetch_own_file(&self, caller: FilesCaller<'_>, file_id: &FileId) -> Result<(FileRecord, Reading)> {
        let file = self.find_file(caller, file_id).await?;
        let reading = self.read_file(&file).await?;
        Ok((file, reading))
    }

    /// Bytes that were replaced or deleted a moment ago answer like a missing file.
    async fn read_file(&self, file: &FileRecord) -> Result<Reading> {
        let found = self.files.read(&file.account_id, &file.version_id).await?;
        if found.is_none() && self.store.find_file_version(&file.version_id).await?.is_some() {
            tracing::error!(file = %file.id, version = %file.version_id, "a file has lost its bytes");
        }
        Ok(found.ok_or(Refusal::NotFound)?)
    }

    /// Deletes files: all of those named, or none when one of them is not there.
    ///
    /// Refusals: [`Refusal::InvalidInput`] for none or more than [`MOST_AT_ONCE`], and those of authorizing.
    pub async fn delete_files(&self, caller: FilesCaller<'_>, file_ids: &[FileId]) -> Result<Deleted> {
        let answer = self.try_delete_files(caller, file_ids).await;
        if let FilesCaller::Member { context, account_id } = caller {
            let own = context.person().ok().and_then(|person| person.account_id()) == Some(account_id);
            let happened = Happened::new(Act::FileDeleteRefused, own.then_some(account_id), Vec::new());
            return self.record_refusal(context, happened, answer).await;
        }
        answer
    }

    async fn try_delete_files(&self, caller: FilesCaller<'_>, file_ids: &[FileId]) -> Result<Deleted> {
        let account_id = caller.authorize(Permission::ChangeFiles)?;
        let mut wanted = file_ids.to_vec();
        wanted.sort();
        wanted.dedup();
        if wanted.is_empty() || wanted.len() > MOST_AT_ONCE {
            return Err(Refusal::InvalidInput.into());
        }
        let mut tx = self.store.begin_write().await?;
        let now = self.clock.now();
        let (mut deleted, mut missing) = (Vec::new(), Vec::new());
        for file_id in &wanted {
            match tx.delete_file(&account_id, file_id).await? {
                Some(file) => deleted.push(file),
                None => missing.push(file_id.clone()),
            }
        }
        if !missing.is_empty() {
            return Ok(Deleted::Missing(missing));
        }
        let targets = deleted.iter().map(|file| Target::File(file.id.clone())).collect();
        let paths = deleted.iter().map(|file| file.folder.join(&file.name)).collect();
        let happened = Happened::new(Act::FileDelete, Some(&account_id), targets).with_detail(Detail::Files { paths });
        self.record_as(tx.as_mut(), caller.context(), caller.actor(), now, happened).await?;
        tx.commit().await?;
        for file in &deleted {
            self.remove_bytes(&file.account_id, &file.version_id).await;
        }
        Ok(Deleted::All)
    }

    /// Removes bytes whose row is gone. If that fails they are without an owner, and the sweep finds them.
    pub(crate) async fn remove_bytes(&self, account_id: &AccountId, version_id: &FileId) {
        if let Err(error) = self.files.remove(account_id, version_id).await {
            tracing::warn!(version = %version_id, error = error.chain(), "the bytes of a file could not be removed; the sweep will");
        }
    }

    /// What a member's page needs to upload one file into their account, as ImageKit's clients call it "authentication
    /// parameters". The private key is opened for it and does not leave.
    pub async fn make_upload_parameters(
        &self,
        context: &RequestContext,
        account_id: &AccountId,
    ) -> Result<UploadParameters> {
        context.authorize(account_id, Permission::ChangeFiles)?;
        let pairs = self.read_pairs(account_id).await?;
        let now = self.clock.now();
        let active = pairs.into_iter().find(|pair| pair.state(now) == domain::KeyPairState::Active);
        let active = active.ok_or(Refusal::NotFound)?;
        let found = self.store.find_pair_to_sign_for(&active.public_key).await?;
        let sealed = found.and_then(|found| found.sealed).ok_or(Refusal::PairEnded)?;
        let private_key = self.sealer.open(&sealed, account_id, &active.id, &self.policy.brand)?;
        let token = crate::Token::mint(self.entropy.as_ref()).expose();
        let expire = now.plus(PARAMETERS_LAST).as_unix_seconds();
        let signature = signature::sign(&private_key, &token, &expire.to_string())?;
        Ok(UploadParameters { public_key: active.public_key, token, expire, signature })
    }

    /// Makes rows and bytes agree after a crash: puts bytes in place whose row was committed, and removes those without a
    /// row. What other processes are staging, and what this one is, is left alone.
    pub async fn sweep_files(&self) -> Result<FilesSwept> {
        let mut swept = FilesSwept::default();
        for left in self.files.left_behind().await? {
            if let Some(account_id) = self.store.find_file_version(&left.version_id).await? {
                self.files.adopt(&left, &account_id).await?;
                swept.put_in_place += 1;
            } else {
                self.files.discard(&left).await?;
                swept.removed += 1;
            }
        }
        let mut kept = self.files.list().await?;
        while let Some((account_id, version_id)) = kept.try_next().await? {
            if self.store.find_file_version(&version_id).await?.is_some() {
                continue;
            }
            if self.store.find_account(&account_id).await?.is_none() {
                swept.of_unknown_accounts += 1;
                continue;
            }
            self.files.remove(&account_id, &version_id).await?;
            swept.removed += 1;
        }
        Ok(swept)
    }
}

/// What is stored of a token.
pub(crate) fn token_digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
