//! Uploaded files, and the tokens that were used up for them.

use crate::accounts::AccountRow;
use crate::error::{failed, one_row};
use crate::pairs::PairRow;
use crate::row::{ImpossibleRow, Place};
use crate::write::SqliteTx;
use crate::{SqliteStore, upload_origins};
use async_trait::async_trait;
use backend::store::{
    FileOrder, FileQuery, FileReads, FileRecord, FileWrites, NameQuery, PairToSignFor, SealedKey, StoreError,
    StoreResult, UploadOriginRecord, Uploader,
};
use domain::upload::{FileName, Folder, ImageSize, Origin};
use domain::{AccountId, FileId, PublicKey, Timestamp};
use sqlx::{SqliteConnection, SqliteExecutor};

/// Reads files: the rest of a statement that begins with all columns of a row.
macro_rules! files {
    ($rest:tt, $($argument:expr),+ $(,)?) => {
        sqlx::query_as!(
            FileRow,
            "SELECT
                id,
                account_id,
                version_id,
                version,
                name,
                folder,
                size,
                image_type,
                width,
                height,
                tags,
                private,
                published,
                coordinates,
                metadata,
                description,
                uploaded_by_pair,
                uploaded_by_user,
                created_at,
                updated_at
            FROM file
            " + $rest,
            $($argument),+
        )
    };
}

struct FileRow {
    id: String,
    account_id: String,
    version_id: String,
    version: i64,
    name: String,
    folder: String,
    size: i64,
    image_type: Option<String>,
    width: Option<i64>,
    height: Option<i64>,
    tags: String,
    private: i64,
    published: i64,
    coordinates: Option<String>,
    metadata: Option<String>,
    description: Option<String>,
    uploaded_by_pair: Option<String>,
    uploaded_by_user: Option<String>,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<FileRow> for FileRecord {
    type Error = ImpossibleRow;

    fn try_from(row: FileRow) -> Result<Self, ImpossibleRow> {
        let place = Place::new("file", &row.id);
        let uploaded_by = match (&row.uploaded_by_pair, &row.uploaded_by_user) {
            (Some(pair), None) => Uploader::Pair(place.id("uploaded_by_pair", pair)?),
            (None, Some(person)) => Uploader::Person(place.id("uploaded_by_user", person)?),
            _ => return Err(place.impossible("uploaded_by_pair")),
        };
        let image_size = match (row.width, row.height) {
            (None, None) => None,
            (Some(width), Some(height)) => Some(ImageSize {
                width: width.try_into().map_err(|_| place.impossible("width"))?,
                height: height.try_into().map_err(|_| place.impossible("height"))?,
            }),
            _ => return Err(place.impossible("height")),
        };
        Ok(Self {
            id: place.id("id", &row.id)?,
            account_id: place.id("account_id", &row.account_id)?,
            version_id: place.id("version_id", &row.version_id)?,
            version: row.version.try_into().map_err(|_| place.impossible("version"))?,
            name: FileName::parse_stored(&row.name).ok_or_else(|| place.impossible("name"))?,
            folder: Folder::parse_stored(&row.folder).ok_or_else(|| place.impossible("folder"))?,
            size: row.size.try_into().map_err(|_| place.impossible("size"))?,
            image_type: row.image_type,
            image_size,
            tags: serde_json::from_str(&row.tags).map_err(|_| place.impossible("tags"))?,
            private: row.private != 0,
            published: row.published != 0,
            coordinates: row.coordinates,
            metadata: row.metadata,
            description: row.description,
            uploaded_by,
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
        })
    }
}

/// What a record is in columns.
struct FileColumns<'a> {
    version: i64,
    size: i64,
    width: Option<i64>,
    height: Option<i64>,
    tags: String,
    private: i64,
    published: i64,
    uploaded_by_pair: Option<&'a str>,
    uploaded_by_user: Option<&'a str>,
    created_at: i64,
    updated_at: i64,
}

impl<'a> FileColumns<'a> {
    fn of(file: &'a FileRecord, doing: &'static str) -> StoreResult<Self> {
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| StoreError::Failed { doing, source };
        let (uploaded_by_pair, uploaded_by_user) = match &file.uploaded_by {
            Uploader::Pair(pair) => (Some(pair.as_str()), None),
            Uploader::Person(person) => (None, Some(person.as_str())),
        };
        Ok(Self {
            version: i64::from(file.version),
            size: i64::try_from(file.size).map_err(|error| failed(error.into()))?,
            width: file.image_size.map(|size| size.width.into()),
            height: file.image_size.map(|size| size.height.into()),
            tags: serde_json::to_string(&file.tags).map_err(|error| failed(error.into()))?,
            private: i64::from(file.private),
            published: i64::from(file.published),
            uploaded_by_pair,
            uploaded_by_user,
            created_at: file.created_at.as_millis(),
            updated_at: file.updated_at.as_millis(),
        })
    }
}

#[async_trait]
impl FileReads for SqliteStore {
    async fn find_pair_to_sign_for(&self, public_key: &PublicKey) -> StoreResult<Option<PairToSignFor>> {
        find_pair_to_sign_for(&self.readers, public_key).await
    }

    async fn find_file(&self, file_id: &FileId) -> StoreResult<Option<FileRecord>> {
        find(&self.readers, file_id).await
    }

    async fn find_file_version(&self, version_id: &FileId) -> StoreResult<Option<AccountId>> {
        let version_id = version_id.as_str();
        let found = sqlx::query_scalar!("SELECT account_id FROM file WHERE version_id = ?", version_id)
            .fetch_optional(&self.readers)
            .await
            .map_err(failed("finding whose bytes these are"))?;
        let place = Place::new("file", version_id);
        Ok(found.map(|account| place.id("account_id", &account)).transpose()?)
    }

    async fn list_files(&self, account_id: &AccountId, query: &FileQuery) -> StoreResult<Vec<FileRecord>> {
        list(&self.readers, account_id, query).await
    }

    async fn file_usage(&self, account_id: &AccountId) -> StoreResult<u64> {
        usage(&self.readers, account_id).await
    }

    async fn list_upload_origins(&self, account_id: &AccountId) -> StoreResult<Vec<UploadOriginRecord>> {
        upload_origins::list(&self.readers, account_id).await
    }
}

#[async_trait]
impl FileWrites for SqliteTx {
    async fn use_upload_token(
        &mut self,
        account_id: &AccountId,
        token_digest: &[u8; 32],
        expires_at: Timestamp,
    ) -> StoreResult<bool> {
        let (account_id, digest, expires_at) = (account_id.as_str(), token_digest.as_slice(), expires_at.as_millis());
        let result = sqlx::query!(
            "INSERT INTO upload_token (
                account_id,
                digest,
                expires_at
            ) VALUES (?, ?, ?)
            ON CONFLICT DO NOTHING",
            account_id,
            digest,
            expires_at,
        )
        .execute(self.connection())
        .await
        .map_err(failed("using a token up"))?;
        Ok(result.rows_affected() == 1)
    }

    async fn forget_upload_tokens(&mut self, now: Timestamp) -> StoreResult<u64> {
        let now = now.as_millis();
        let result = sqlx::query!("DELETE FROM upload_token WHERE expires_at <= ?", now)
            .execute(self.connection())
            .await
            .map_err(failed("forgetting used tokens"))?;
        Ok(result.rows_affected())
    }

    async fn find_file_at(
        &mut self,
        account_id: &AccountId,
        folder: &Folder,
        name: &FileName,
    ) -> StoreResult<Option<FileRecord>> {
        find_at(self.connection(), account_id, folder, name).await
    }

    async fn file_usage(&mut self, account_id: &AccountId) -> StoreResult<u64> {
        usage(self.connection(), account_id).await
    }

    async fn list_upload_origins(&mut self, account_id: &AccountId) -> StoreResult<Vec<UploadOriginRecord>> {
        upload_origins::list(self.connection(), account_id).await
    }

    async fn insert_upload_origin(&mut self, account_id: &AccountId, origin: &UploadOriginRecord) -> StoreResult<()> {
        upload_origins::insert(self.connection(), account_id, origin).await
    }

    async fn delete_upload_origin(&mut self, account_id: &AccountId, origin: &Origin) -> StoreResult<bool> {
        upload_origins::delete(self.connection(), account_id, origin).await
    }

    async fn insert_file(&mut self, file: &FileRecord) -> StoreResult<()> {
        insert(self.connection(), file).await
    }

    async fn replace_file(&mut self, file: &FileRecord) -> StoreResult<()> {
        replace(self.connection(), file).await
    }

    async fn delete_file(&mut self, account_id: &AccountId, file_id: &FileId) -> StoreResult<Option<FileRecord>> {
        delete(self.connection(), account_id, file_id).await
    }
}

struct PairToSignForRow {
    id: String,
    account_id: String,
    public_key: String,
    created_at: i64,
    rolled_at: Option<i64>,
    expires_at: Option<i64>,
    end_passed: i64,
    revoked_at: Option<i64>,
    ciphertext: Option<Vec<u8>>,
    ciphertext_master_key_id: Option<String>,
    account_name: String,
    account_external_id: Option<String>,
    account_created_at: i64,
    account_disabled_at: Option<i64>,
}

impl TryFrom<PairToSignForRow> for PairToSignFor {
    type Error = ImpossibleRow;

    fn try_from(row: PairToSignForRow) -> Result<Self, ImpossibleRow> {
        let account = AccountRow {
            id: row.account_id.clone(),
            name: row.account_name,
            external_id: row.account_external_id,
            created_at: row.account_created_at,
            disabled_at: row.account_disabled_at,
        };
        let pair = PairRow {
            id: row.id,
            account_id: row.account_id,
            public_key: row.public_key,
            created_at: row.created_at,
            rolled_at: row.rolled_at,
            expires_at: row.expires_at,
            end_passed: row.end_passed,
            revoked_at: row.revoked_at,
        };
        let sealed = row.ciphertext.zip(row.ciphertext_master_key_id);
        Ok(Self {
            pair: pair.try_into()?,
            account: account.try_into()?,
            sealed: sealed.map(|(bytes, master_key_id)| SealedKey { master_key_id, bytes }),
        })
    }
}

async fn find_pair_to_sign_for(
    executor: impl SqliteExecutor<'_>,
    public_key: &PublicKey,
) -> StoreResult<Option<PairToSignFor>> {
    let public_key = public_key.as_str();
    let row = sqlx::query_as!(
        PairToSignForRow,
        "SELECT
            key_pair.id,
            key_pair.account_id,
            key_pair.public_key,
            key_pair.created_at,
            key_pair.rolled_at,
            key_pair.expires_at,
            key_pair.end_passed,
            key_pair.revoked_at,
            key_pair.ciphertext,
            key_pair.ciphertext_master_key_id,
            account.name AS account_name,
            account.external_id AS account_external_id,
            account.created_at AS account_created_at,
            account.disabled_at AS account_disabled_at
        FROM key_pair
        CROSS JOIN account ON account.id = key_pair.account_id
        WHERE key_pair.public_key = ?",
        public_key,
    )
    .fetch_optional(executor)
    .await
    .map_err(failed("finding the pair of a public key"))?;
    Ok(row.map(TryInto::try_into).transpose()?)
}

async fn find(executor: impl SqliteExecutor<'_>, file_id: &FileId) -> StoreResult<Option<FileRecord>> {
    let file_id = file_id.as_str();
    let found = files!("WHERE id = ?", file_id).fetch_optional(executor).await;
    let row = found.map_err(failed("finding a file"))?;
    Ok(row.map(TryInto::try_into).transpose()?)
}

async fn find_at(
    executor: impl SqliteExecutor<'_>,
    account_id: &AccountId,
    folder: &Folder,
    name: &FileName,
) -> StoreResult<Option<FileRecord>> {
    let (account_id, folder, name) = (account_id.as_str(), folder.as_str(), name.as_str());
    let found = files!("WHERE account_id = ? AND folder = ? AND name = ?", account_id, folder, name);
    let row = found.fetch_optional(executor).await.map_err(failed("finding the file at a place"))?;
    Ok(row.map(TryInto::try_into).transpose()?)
}

/// The characters of a name are compared as they are: `LIKE` would give some of them a meaning.
async fn list(
    executor: impl SqliteExecutor<'_>,
    account_id: &AccountId,
    query: &FileQuery,
) -> StoreResult<Vec<FileRecord>> {
    let account_id = account_id.as_str();
    let folder = query.folder.as_ref().map(Folder::as_str);
    let (name, beginning, part) = match &query.name {
        Some(NameQuery::Is(name)) => (Some(name.as_str()), None, None),
        Some(NameQuery::BeginsWith(beginning)) => (None, Some(beginning.as_str()), None),
        Some(NameQuery::Contains(part)) => (None, None, Some(part.as_str())),
        None => (None, None, None),
    };
    let order = match query.order {
        FileOrder::Created => "created",
        FileOrder::Updated => "updated",
        FileOrder::Name => "name",
        FileOrder::Size => "size",
    };
    let (images, descending) = (query.images, query.descending);
    let (limit, skip) = (i64::from(query.limit), i64::from(query.skip));
    let rows = files!(
        "WHERE account_id = ?1
            AND (?2 IS NULL OR folder = ?2)
            AND (?3 IS NULL OR name = ?3)
            AND (?4 IS NULL OR substr(name, 1, length(?4)) = ?4)
            AND (?10 IS NULL OR instr(lower(name), lower(?10)) > 0)
            AND (?5 IS NULL OR (image_type IS NOT NULL) = ?5)
        ORDER BY
            CASE WHEN ?6 = 'name' AND NOT ?7 THEN name END,
            CASE WHEN ?6 = 'name' AND ?7 THEN name END DESC,
            (CASE ?6 WHEN 'size' THEN size WHEN 'updated' THEN updated_at ELSE created_at END) * (CASE WHEN ?7 THEN -1 ELSE 1 END),
            (CASE WHEN ?7 THEN -number ELSE number END)
        LIMIT ?8 OFFSET ?9",
        account_id,
        folder,
        name,
        beginning,
        images,
        order,
        descending,
        limit,
        skip,
        part,
    )
    .fetch_all(executor)
    .await
    .map_err(failed("listing files"))?;
    Ok(rows.into_iter().map(TryInto::try_into).collect::<Result<_, ImpossibleRow>>()?)
}

async fn usage(executor: impl SqliteExecutor<'_>, account_id: &AccountId) -> StoreResult<u64> {
    let id = account_id.as_str();
    let bytes = sqlx::query_scalar!("SELECT bytes FROM file_usage WHERE account_id = ?", id)
        .fetch_optional(executor)
        .await
        .map_err(failed("adding up an account's files"))?;
    Ok(u64::try_from(bytes.unwrap_or(0)).map_err(|_| Place::new("file_usage", id).impossible("bytes"))?)
}

async fn insert(connection: &mut SqliteConnection, file: &FileRecord) -> StoreResult<()> {
    const DOING: &str = "adding a file";
    let columns = FileColumns::of(file, DOING)?;
    let (id, account_id, version_id) = (file.id.as_str(), file.account_id.as_str(), file.version_id.as_str());
    let (name, folder) = (file.name.as_str(), file.folder.as_str());
    let result = sqlx::query!(
        "INSERT INTO file (
            id,
            account_id,
            version_id,
            version,
            name,
            folder,
            size,
            image_type,
            width,
            height,
            tags,
            private,
            published,
            coordinates,
            metadata,
            description,
            uploaded_by_pair,
            uploaded_by_user,
            created_at,
            updated_at
        ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        id,
        account_id,
        version_id,
        columns.version,
        name,
        folder,
        columns.size,
        file.image_type,
        columns.width,
        columns.height,
        columns.tags,
        columns.private,
        columns.published,
        file.coordinates,
        file.metadata,
        file.description,
        columns.uploaded_by_pair,
        columns.uploaded_by_user,
        columns.created_at,
        columns.updated_at,
    )
    .execute(connection)
    .await
    .map_err(failed(DOING))?;
    one_row(&result, DOING)
}

async fn replace(connection: &mut SqliteConnection, file: &FileRecord) -> StoreResult<()> {
    const DOING: &str = "replacing a file";
    let columns = FileColumns::of(file, DOING)?;
    let (id, account_id, version_id) = (file.id.as_str(), file.account_id.as_str(), file.version_id.as_str());
    let result = sqlx::query!(
        "UPDATE file
        SET
            version_id = ?,
            version = ?,
            size = ?,
            image_type = ?,
            width = ?,
            height = ?,
            tags = ?,
            private = ?,
            published = ?,
            coordinates = ?,
            metadata = ?,
            description = ?,
            uploaded_by_pair = ?,
            uploaded_by_user = ?,
            updated_at = ?
        WHERE id = ? AND account_id = ?",
        version_id,
        columns.version,
        columns.size,
        file.image_type,
        columns.width,
        columns.height,
        columns.tags,
        columns.private,
        columns.published,
        file.coordinates,
        file.metadata,
        file.description,
        columns.uploaded_by_pair,
        columns.uploaded_by_user,
        columns.updated_at,
        id,
        account_id,
    )
    .execute(connection)
    .await
    .map_err(failed(DOING))?;
    one_row(&result, DOING)
}

async fn delete(
    connection: &mut SqliteConnection,
    account_id: &AccountId,
    file_id: &FileId,
) -> StoreResult<Option<FileRecord>> {
    const DOING: &str = "deleting a file";
    let found = find(&mut *connection, file_id).await?;
    let Some(file) = found.filter(|file| file.account_id == *account_id) else {
        return Ok(None);
    };
    let id = file_id.as_str();
    let result = sqlx::query!("DELETE FROM file WHERE id = ?", id).execute(connection).await.map_err(failed(DOING))?;
    one_row(&result, DOING)?;
    Ok(Some(file))
}
