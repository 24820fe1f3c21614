//! What the port knows about uploaded files: their rows, the tokens that were used up, the pair behind a signature, and the
//! origins whose pages may upload.
//! The bytes are elsewhere: [`crate::files::FileStore`].

use super::{AccountRecord, SealedKey, StoreResult};
use async_trait::async_trait;
use domain::upload::{FileName, Folder, ImageSize, Origin};
use domain::{AccountId, FileId, KeyPair, PairId, PublicKey, Timestamp, UserId};

/// A file as stored. There is one at a place: folder and name are unique in the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRecord {
    /// Its id. Stays when the file is replaced.
    pub id: FileId,
    /// Whose it is.
    pub account_id: AccountId,
    /// Names its bytes. Equal to `id` until the file is replaced; unique among all there ever were.
    pub version_id: FileId,
    /// 1 for a file that was never replaced.
    pub version: u32,
    /// What it is called.
    pub name: FileName,
    /// Where it is.
    pub folder: Folder,
    /// How many bytes it has.
    pub size: u64,
    /// What its first bytes say it is; `None` for what is not known as an image.
    pub image_type: Option<String>,
    /// How large it is, of an image whose first bytes say so.
    pub image_size: Option<ImageSize>,
    /// Words it can be found by.
    pub tags: Vec<String>,
    /// Whether only holders of a private key may fetch it.
    pub private: bool,
    /// Whether it may be fetched at its address.
    pub published: bool,
    /// The client's own word on the important area of an image.
    pub coordinates: Option<String>,
    /// A JSON object of the client's own.
    pub metadata: Option<String>,
    /// What it is, in words.
    pub description: Option<String>,
    /// Who uploaded this version.
    pub uploaded_by: Uploader,
    /// When the first version came.
    pub created_at: Timestamp,
    /// When this version came.
    pub updated_at: Timestamp,
}

/// Who uploaded a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Uploader {
    /// Somebody with a pair: with its private key, or with a signature made by it.
    Pair(PairId),
    /// A member at the dashboard.
    Person(UserId),
}

/// A pair found by its public key, with all that checking a signature needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairToSignFor {
    /// The pair.
    pub pair: KeyPair,
    /// Its account.
    pub account: AccountRecord,
    /// Its sealed private key; `None` once it is destroyed.
    pub sealed: Option<SealedKey>,
}

/// An origin whose pages may upload into an account with a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadOriginRecord {
    /// The origin. Listed once in an account.
    pub origin: Origin,
    /// Since when.
    pub added_at: Timestamp,
}

/// In which order files are listed. Equal ones are in the order of their coming.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FileOrder {
    /// By the time the first version came.
    #[default]
    Created,
    /// By the time the last version came.
    Updated,
    /// By name.
    Name,
    /// By size.
    Size,
}

/// Which names somebody looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameQuery {
    /// This very name.
    Is(String),
    /// Those that begin with this.
    BeginsWith(String),
    /// Those with this anywhere in them. Capitals do not matter.
    Contains(String),
}

/// Which files somebody wants to see.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileQuery {
    /// In this folder and none below it; `None` for everywhere.
    pub folder: Option<Folder>,
    /// With such a name.
    pub name: Option<NameQuery>,
    /// Only images, or only others; `None` for both.
    pub images: Option<bool>,
    /// In which order.
    pub order: FileOrder,
    /// The largest, last or newest first.
    pub descending: bool,
    /// How many to pass over.
    pub skip: u32,
    /// How many to answer, at most.
    pub limit: u32,
}

/// Reads.
#[async_trait]
pub trait FileReads {
    /// The pair with this public key, whatever its state, with its account and what is left of its private key.
    async fn find_pair_to_sign_for(&self, public_key: &PublicKey) -> StoreResult<Option<PairToSignFor>>;

    /// The file with this id, whosever it is.
    async fn find_file(&self, file_id: &FileId) -> StoreResult<Option<FileRecord>>;

    /// Whether there is a file whose bytes have this name, and in which account.
    async fn find_file_version(&self, version_id: &FileId) -> StoreResult<Option<AccountId>>;

    /// The account's files that match, in the order asked for.
    async fn list_files(&self, account_id: &AccountId, query: &FileQuery) -> StoreResult<Vec<FileRecord>>;

    /// How many bytes the account's files have together.
    async fn file_usage(&self, account_id: &AccountId) -> StoreResult<u64>;

    /// The origins whose pages may upload into the account, in the order of coming; none if every page may.
    async fn list_upload_origins(&self, account_id: &AccountId) -> StoreResult<Vec<UploadOriginRecord>>;
}

/// Writes, in a [`super::WriteTx`].
#[async_trait]
pub trait FileWrites {
    /// Uses a token (its SHA-256) up. Answers whether it was unused: of many that ask at once, one is told so.
    async fn use_upload_token(
        &mut self,
        account_id: &AccountId,
        token_digest: &[u8; 32],
        expires_at: Timestamp,
    ) -> StoreResult<bool>;

    /// Forgets the tokens whose expiry has come: no signature with them is accepted any more. Answers how many.
    async fn forget_upload_tokens(&mut self, now: Timestamp) -> StoreResult<u64>;

    /// The file at this place.
    async fn find_file_at(
        &mut self,
        account_id: &AccountId,
        folder: &Folder,
        name: &FileName,
    ) -> StoreResult<Option<FileRecord>>;

    /// How many bytes the account's files have together.
    async fn file_usage(&mut self, account_id: &AccountId) -> StoreResult<u64>;

    /// The origins whose pages may upload into the account, as this transaction sees them.
    async fn list_upload_origins(&mut self, account_id: &AccountId) -> StoreResult<Vec<UploadOriginRecord>>;

    /// Adds an origin to the account's list. Fails if it is on it.
    async fn insert_upload_origin(&mut self, account_id: &AccountId, origin: &UploadOriginRecord) -> StoreResult<()>;

    /// Removes an origin from the account's list. Answers whether it was on it.
    async fn delete_upload_origin(&mut self, account_id: &AccountId, origin: &Origin) -> StoreResult<bool>;

    /// Adds a file. Fails if there is one at its place.
    async fn insert_file(&mut self, file: &FileRecord) -> StoreResult<()>;

    /// Puts another version in the place of the file with this id. Its id, account, folder, name and beginning stay.
    async fn replace_file(&mut self, file: &FileRecord) -> StoreResult<()>;

    /// Removes the account's file and answers it. `None` if it has no such file.
    async fn delete_file(&mut self, account_id: &AccountId, file_id: &FileId) -> StoreResult<Option<FileRecord>>;
}
