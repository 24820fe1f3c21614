//! Uploading: whose upload it is, taking the bytes in, and making a file of them.
//!
//! The bytes may come before anybody knows whose they are, because clients may send the file before the signature. So they
//! are staged, within bounds (`waiting`), and become a file only in [`Backend::finish_upload`]: that authenticates
//! nothing, and checks once more that the pair still works, in the transaction of the file's row. No transaction is ever
//! open while bytes arrive.

mod draft;
mod origins;
mod waiting;

use draft::Arrived;
pub use draft::Draft;
pub use origins::Sender;
pub(crate) use waiting::{SeenTokens, Waiting};

use crate::authenticate::Authenticated;
use crate::files::token_digest;
use crate::limits::{Wait, is_failure};
use crate::store::{FileRecord, PairToSignFor, StoreError, Uploader, WriteTx};
use crate::{Backend, Error, Fault, signature, signed_token, usage};
use domain::key_format::{Presented, recognise};
use domain::upload::form::{Fields, Version};
use domain::upload::{Expire, OneUse, Parameter, Payload, UploadForm, UploadRefusal, window};
use domain::usage::Outcome;
use domain::{AccountId, KeyPairState, PairId, PrivateKey, PublicKey, Refusal, Timestamp};
use std::net::IpAddr;

/// Why an upload was not done.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The product says no, in the words of uploads.
    #[error(transparent)]
    Refused(#[from] UploadRefusal),
    /// The product says no to a member, or something broke.
    #[error(transparent)]
    Other(#[from] Error),
    /// Nothing proves whose it is. Why is not told, because too much has failed where it comes from.
    #[error("too many failures from this address")]
    TooManyFailures(Wait),
}

/// What the steps of an upload answer.
pub type UploadResult<T> = std::result::Result<T, UploadError>;

impl From<StoreError> for UploadError {
    fn from(error: StoreError) -> Self {
        Self::Other(error.into())
    }
}

impl From<crate::files::FileStoreError> for UploadError {
    fn from(error: crate::files::FileStoreError) -> Self {
        Self::Other(error.into())
    }
}

/// Whose upload it is: made by authenticating, and nowhere else.
#[derive(Debug, Clone)]
pub struct Proven {
    account_id: AccountId,
    way: Way,
}

/// How somebody proved whose upload it is.
#[derive(Debug, Clone)]
enum Way {
    /// With the private key of this pair.
    PrivateKey(PairId),
    /// With a signature made by the private key of this pair, which this sender came with.
    Signature(PairId, Sender),
}

impl Proven {
    /// The holder of a private key.
    pub fn by_private_key(caller: &Authenticated) -> Self {
        Self { account_id: caller.account_id.clone(), way: Way::PrivateKey(caller.pair_id.clone()) }
    }

    /// Into which account it goes.
    pub fn account_id(&self) -> &AccountId {
        &self.account_id
    }
}

/// Whose upload it is, by what was signed for it, and what that says about the rest of the form.
#[derive(Debug)]
pub struct Signed {
    proven: Proven,
    /// What a token says; a signature of the first version says nothing about other fields.
    payload: Option<Payload>,
}

impl Signed {
    /// Whose it is. What is uploaded is theirs only with [`Signed::agree`].
    pub fn proven(&self) -> &Proven {
        &self.proven
    }

    /// Whose upload it is, if the whole form is what was signed.
    pub fn agree(self, form: &Fields) -> Result<Proven, UploadRefusal> {
        self.payload.map_or(Ok(()), |payload| payload.check_equal(form)).map(|()| self.proven)
    }
}

/// Whoever a public key names: their pair works, and their account does.
struct Signer {
    account_id: AccountId,
    pair_id: PairId,
    private_key: PrivateKey,
}

impl Backend {
    /// Decides whose upload carries this signature, and uses its token up: also when the signature is wrong, or what is
    /// uploaded is refused afterwards.
    ///
    /// The private key is that of the same pair as the public key. A token that came with a right signature is remembered
    /// in the database for as long as its expiry lies ahead; one that came with a wrong one is remembered by this process,
    /// and only among the latest, since strangers can make as many of those as they like.
    ///
    /// In the second version the token is itself what is signed. Whoever has not signed one cannot use it up, so only those
    /// are remembered that are right and in time.
    ///
    /// Last of all `sender` is held to the account's list of origins: whoever has no signature learns nothing of it, and
    /// whoever has one has used it up.
    ///
    /// `request` is counted as a use of the pair once the signature is proven, or if the pair is dead, which is told before
    /// anything is proven. What is not proven is counted against the address it comes from; see [`crate::limits`]. Nothing
    /// but the look that is limited can tell a right signature from a wrong one, so every one is looked at, and a right one
    /// passes from everywhere. `None` for a request that is counted already.
    pub async fn prove_signature(
        &self,
        fields: &Fields,
        sender: &Sender,
        request: Option<&usage::Request<'_>>,
    ) -> UploadResult<Signed> {
        let proven = match fields.version() {
            Version::V1 => self.prove_by_signature(fields, request).await,
            Version::V2 => self.prove_by_token(fields, request).await,
        };
        if let Err(UploadError::Refused(refusal)) = &proven
            && is_failure(*refusal)
        {
            let from = request.and_then(|request| request.address);
            self.failures.count(from).map_err(UploadError::TooManyFailures)?;
        }
        let (account_id, pair_id, payload) = proven?;
        let allowed = self.check_sender(&account_id, sender).await;
        match &allowed {
            Ok(()) => self.count_signature(&pair_id, Outcome::Accepted, request),
            Err(UploadError::Refused(UploadRefusal::OriginNotAllowed)) => {
                self.count_signature(&pair_id, Outcome::OriginNotAllowed, request);
            }
            Err(_) => {}
        }
        allowed?;
        Ok(Signed { proven: Proven { account_id, way: Way::Signature(pair_id, sender.clone()) }, payload })
    }

    fn count_signature(&self, pair_id: &PairId, outcome: Outcome, request: Option<&usage::Request<'_>>) {
        if let Some(request) = request {
            self.count_use(usage::Use { pair_id, outcome, request: *request });
        }
    }

    async fn prove_by_token(
        &self,
        fields: &Fields,
        request: Option<&usage::Request<'_>>,
    ) -> UploadResult<(AccountId, PairId, Option<Payload>)> {
        let token = fields.get(Parameter::Token).filter(|text| !text.is_empty());
        let token = token.ok_or(UploadRefusal::Missing(Parameter::Token))?;
        let key_id = signed_token::key_id(token).ok_or(UploadRefusal::TokenInvalid)?;
        let now = self.clock.now();
        let signer = self.find_signer(&key_id, now, request).await?;
        let payload = signed_token::verify(&signer.private_key, token).ok_or(UploadRefusal::TokenInvalid)?;
        let until = payload.usable_until(now)?;
        let Signer { account_id, pair_id, .. } = signer;
        self.use_up(&account_id, &token_digest(token), until).await?;
        Ok((account_id, pair_id, Some(payload)))
    }

    async fn prove_by_signature(
        &self,
        fields: &Fields,
        request: Option<&usage::Request<'_>>,
    ) -> UploadResult<(AccountId, PairId, Option<Payload>)> {
        let text = |parameter| {
            let given = fields.get(parameter).filter(|text| !text.is_empty());
            given.ok_or(UploadRefusal::Missing(parameter))
        };
        let public_key = text(Parameter::PublicKey)?;
        let token = OneUse::read(text(Parameter::Token)?)?;
        let (expire, given) = (text(Parameter::Expire)?, text(Parameter::Signature)?);
        let now = self.clock.now();
        let Signer { account_id, pair_id, private_key } = self.find_signer(public_key, now, request).await?;
        let digest = token_digest(token.as_str());
        let expire = Expire::read(expire, now).inspect_err(|_| {
            self.seen_tokens.remember(&account_id, digest, now.plus(window::LONGEST), now);
        })?;
        if !signature::verify(&private_key, token.as_str(), expire.as_str(), given)? {
            self.seen_tokens.remember(&account_id, digest, expire.at(), now);
            return Err(UploadRefusal::SignatureInvalid.into());
        }
        if self.seen_tokens.contains(&account_id, &digest, now) {
            return Err(UploadRefusal::TokenUsed.into());
        }
        self.use_up(&account_id, &digest, expire.at()).await?;
        Ok((account_id, pair_id, None))
    }

    async fn find_signer(
        &self,
        public_key: &str,
        now: Timestamp,
        request: Option<&usage::Request<'_>>,
    ) -> UploadResult<Signer> {
        let public_key = match recognise(&self.policy.brand, public_key) {
            Presented::PublicKey => PublicKey::parse(&self.policy.brand, public_key),
            Presented::PrivateKey(_) | Presented::InstallationKey(_) | Presented::Malformed => None,
        };
        let public_key = public_key.ok_or(UploadRefusal::PublicKeyUnknown)?;
        let found = self.store.find_pair_to_sign_for(&public_key).await?;
        let PairToSignFor { pair, account, sealed } = found.ok_or(UploadRefusal::PublicKeyUnknown)?;
        let pair = self.unwritten_ends.apply(pair);
        let state = pair.state(now);
        if pair.settle(now).is_some() {
            self.write_down_expiry(&account.id, std::slice::from_ref(&pair), now).await;
        }
        let refused = match check_works(state, Half::Public) {
            Ok(()) if account.disabled_at.is_some() => Some((UploadRefusal::AccountDisabled, Outcome::AccountDisabled)),
            Ok(()) => None,
            Err(UploadRefusal::PublicKeyRevoked) => Some((UploadRefusal::PublicKeyRevoked, Outcome::Revoked)),
            Err(refusal) => Some((refusal, Outcome::Expired)),
        };
        if let Some((refusal, outcome)) = refused {
            self.count_signature(&pair.id, outcome, request);
            return Err(refusal.into());
        }
        // Destroyed only once the pair is dead; read before that was known.
        let sealed = sealed.ok_or(UploadRefusal::PublicKeyExpired)?;
        let private_key = self.sealer.open(&sealed, &account.id, &pair.id, &self.policy.brand)?;
        Ok(Signer { account_id: account.id, pair_id: pair.id, private_key })
    }

    /// Uses a token up, for one request of as many as there are at once.
    async fn use_up(&self, account_id: &AccountId, digest: &[u8; 32], until: Timestamp) -> UploadResult<()> {
        let mut tx = self.store.begin_write().await?;
        let unused = tx.use_upload_token(account_id, digest, until).await?;
        tx.commit().await?;
        if unused { Ok(()) } else { Err(UploadRefusal::TokenUsed.into()) }
    }

    /// Begins to take bytes in. Without `proven` they are a stranger's, and bound by how much of those may wait at once,
    /// altogether and from one address; with it, by what its account may have.
    pub async fn begin_upload(&self, proven: Option<&Proven>, address: Option<IpAddr>) -> UploadResult<Draft> {
        let largest = self.policy.largest_upload_bytes;
        let place = match proven {
            Some(Proven { account_id, .. }) => {
                let left = self.policy.account_files_bytes.saturating_sub(self.store.file_usage(account_id).await?);
                // One more than there is room for: it may replace another.
                Waiting::enter_account(&self.waiting, account_id, left.saturating_add(largest))
            }
            None => Waiting::enter(&self.waiting, address).ok_or(UploadRefusal::Crowded)?,
        };
        Draft::begin(self.files.as_ref(), self.entropy.as_ref(), largest, place).await
    }

    /// Makes a file of what was staged, under the name it asks for.
    ///
    /// Whoever asked may go away meanwhile: once begun it is done to the end, because a row without its bytes would be a
    /// file that cannot be fetched.
    pub async fn finish_upload(&self, proven: Proven, form: UploadForm, draft: Draft) -> UploadResult<FileRecord> {
        let backend = self.clone();
        let done = tokio::spawn(async move { backend.make_file(&proven, &form, draft).await });
        done.await.map_err(|error| Error::from(Fault::caused_by("making a file", error)))?
    }

    async fn make_file(&self, proven: &Proven, form: &UploadForm, mut draft: Draft) -> UploadResult<FileRecord> {
        draft.staging.finish().await?;
        let mut tx = self.store.begin_write().await?;
        let (file, before) = match self.write_row(tx.as_mut(), proven, form, draft.arrived()).await {
            Ok(written) => written,
            Err(refused) => {
                drop(tx);
                discard(draft).await;
                return Err(refused);
            }
        };
        // Whether a commit that fails has happened nobody knows. The bytes stay for the sweep, which goes by the row.
        tx.commit().await?;
        if let Err(error) = draft.staging.keep(&file.account_id).await {
            self.take_back(&file, before.as_ref()).await;
            return Err(error.into());
        }
        if let Some(before) = before {
            self.remove_bytes(&before.account_id, &before.version_id).await;
        }
        Ok(file)
    }

    /// The file's row, and the one it takes the place of.
    async fn write_row(
        &self,
        tx: &mut dyn WriteTx,
        proven: &Proven,
        form: &UploadForm,
        arrived: Arrived,
    ) -> UploadResult<(FileRecord, Option<FileRecord>)> {
        let now = self.clock.now();
        self.check_again(tx, proven, now).await?;
        let name = if form.unique_name { form.name.made_unique(self.entropy.as_ref()) } else { form.name.clone() };
        let before = tx.find_file_at(&proven.account_id, &form.folder, &name).await?;
        if before.is_some() && !form.overwrite {
            return Err(UploadRefusal::NameTaken.into());
        }
        let given_back = before.as_ref().map_or(0, |file| file.size);
        let used = tx.file_usage(&proven.account_id).await?.saturating_sub(given_back);
        if used.saturating_add(arrived.size) > self.policy.account_files_bytes {
            return Err(UploadRefusal::AccountFull.into());
        }
        let file = describe(proven, form, arrived, name, before.as_ref(), now);
        match &before {
            None => tx.insert_file(&file).await?,
            Some(_) => tx.replace_file(&file).await?,
        }
        Ok((file, before))
    }

    /// What was true when the upload began may have ended since: nobody is told that a pair is revoked, or sees an origin
    /// leave the list, while an upload with it goes through.
    async fn check_again(&self, tx: &mut dyn WriteTx, proven: &Proven, now: Timestamp) -> UploadResult<()> {
        let account = tx.lock_account(&proven.account_id).await?.ok_or(Error::Refused(Refusal::NotFound))?;
        let (pair_id, half) = match &proven.way {
            Way::PrivateKey(pair_id) => (pair_id, Half::Private),
            Way::Signature(pair_id, _) => (pair_id, Half::Public),
        };
        let pairs = tx.list_pairs(&proven.account_id).await?;
        let pair = pairs.into_iter().find(|pair| pair.id == *pair_id).ok_or(Error::Refused(Refusal::NotFound))?;
        let pair = self.unwritten_ends.apply(pair);
        check_works(pair.state(now), half)?;
        if account.disabled_at.is_some() {
            return Err(UploadRefusal::AccountDisabled.into());
        }
        match &proven.way {
            Way::Signature(_, sender) => Self::check_sender_again(tx, &proven.account_id, sender).await,
            Way::PrivateKey(_) => Ok(()),
        }
    }

    /// Undoes a row whose bytes could not be put in their place.
    async fn take_back(&self, file: &FileRecord, before: Option<&FileRecord>) {
        let undone: crate::Result<()> = async {
            let mut tx = self.store.begin_write().await?;
            match before {
                None => drop(tx.delete_file(&file.account_id, &file.id).await?),
                Some(before) => tx.replace_file(before).await?,
            }
            Ok(tx.commit().await?)
        }
        .await;
        if let Err(error) = undone {
            tracing::error!(file = %file.id, %error, "a file has no bytes, and its row could not be taken back");
        }
    }
}

async fn discard(draft: Draft) {
    if let Err(error) = draft.staging.discard().await {
        tracing::warn!(
            error = error.chain(),
            "what was uploaded and refused could not be removed; the next start will"
        );
    }
}

/// Which half of a pair somebody came with, and is told about.
#[derive(Debug, Clone, Copy)]
enum Half {
    Private,
    Public,
}

fn check_works(state: KeyPairState, half: Half) -> Result<(), UploadRefusal> {
    match (state, half) {
        (KeyPairState::Active | KeyPairState::Expiring { .. }, _) => Ok(()),
        (KeyPairState::Expired { .. }, Half::Private) => Err(UploadRefusal::PrivateKeyExpired),
        (KeyPairState::Revoked { .. }, Half::Private) => Err(UploadRefusal::PrivateKeyRevoked),
        (KeyPairState::Expired { .. }, Half::Public) => Err(UploadRefusal::PublicKeyExpired),
        (KeyPairState::Revoked { .. }, Half::Public) => Err(UploadRefusal::PublicKeyRevoked),
    }
}

/// The row of what was uploaded, in the place of the one that was there.
fn describe(
    proven: &Proven,
    form: &UploadForm,
    arrived: Arrived,
    name: domain::upload::FileName,
    before: Option<&FileRecord>,
    now: Timestamp,
) -> FileRecord {
    let Arrived { version_id, size, image_type, image_size } = arrived;
    let kept_tags = before.filter(|_| !form.overwrite_tags).map(|before| before.tags.clone());
    let kept_metadata = before.filter(|_| !form.overwrite_metadata).and_then(|before| before.metadata.clone());
    FileRecord {
        id: before.map_or_else(|| version_id.clone(), |before| before.id.clone()),
        account_id: proven.account_id.clone(),
        version_id,
        version: before.map_or(1, |before| before.version.saturating_add(1)),
        name,
        folder: form.folder.clone(),
        size,
        image_type,
        image_size,
        tags: form.tags.clone().or(kept_tags).unwrap_or_default(),
        private: form.private,
        published: form.published,
        coordinates: form.coordinates.clone(),
        metadata: form.metadata.clone().or(kept_metadata),
        description: form.description.clone(),
        uploaded_by: match &proven.way {
            Way::PrivateKey(pair) | Way::Signature(pair, _) => Uploader::Pair(pair.clone()),
        },
        created_at: before.map_or(now, |before| before.created_at),
        updated_at: now,
    }
}
