//! The port to the database.
//!
//! Each database is one implementation in `store/*`; all of them must pass the suite in `store/contract`. The port is
//! coarse on purpose: reads answer what one use case needs, and everything that changes goes through one [`WriteTx`],
//! which a use case begins and commits. Nothing slow (password hashing, network) happens while a `WriteTx` is open,
//! because SQLite has a single writer.
//!
//! Records here are plain data. Rows and column names are private to the implementations.

mod files;

pub use files::{FileOrder, FileQuery, FileReads, FileRecord, FileWrites, NameQuery, PairToSignFor, Uploader};

use crate::bulk_roll::BadLine;
use async_trait::async_trait;
use domain::audit::{Event, EventFilter, EventPlace};
use domain::installation_key::Life;
use domain::{
    AccountId, BulkRollDraftId, BulkRollId, Email, ExpireOld, InstallationKeyId, InvitationId, KeyPair, PairId,
    PublicKey, Refusal, Role, Scope, SessionId, SubmissionId, Timestamp, UserId,
};

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

/// A digest of a secret, made under one of the installation's master keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyDigest {
    /// Which master key it was made under.
    pub master_key_id: String,
    /// HMAC-SHA-256 of the private key.
    pub bytes: [u8; 32],
}

/// A private key under authenticated encryption, bound to its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedKey {
    /// Which master key opens it.
    pub master_key_id: String,
    /// Nonce and ciphertext.
    pub bytes: Vec<u8>,
}

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

/// A person as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRecord {
    /// Their id.
    pub id: UserId,
    /// What they sign in with. Unique.
    pub email: Email,
    /// An argon2id hash in PHC format; `None` until a password is set.
    pub password_hash: Option<String>,
    /// When they came.
    pub created_at: Timestamp,
}

/// An account as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRecord {
    /// Its id.
    pub id: AccountId,
    /// What people call it.
    pub name: String,
    /// The company's own customer id. Unique where present.
    pub external_id: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was disabled; `None` while it works.
    pub disabled_at: Option<Timestamp>,
}

/// A person in an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The account.
    pub account_id: AccountId,
    /// The person.
    pub user_id: UserId,
    /// What they are there.
    pub role: Role,
}

/// A session as stored. The secret in the cookie is stored only as its SHA-256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// Its public handle.
    pub id: SessionId,
    /// SHA-256 of the secret in the cookie.
    pub token_digest: [u8; 32],
    /// Whose it is.
    pub user_id: UserId,
    /// When they signed in.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Timestamp,
    /// When the person last proved who they are in this session.
    pub password_at: Timestamp,
    /// Where it was opened from.
    pub address: Option<String>,
    /// With what.
    pub user_agent: Option<String>,
}

/// A session with whose it is and where they are a member, read in one go on every page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionView {
    /// The session.
    pub session: SessionRecord,
    /// The person.
    pub email: Email,
    /// In the account the session acts in: the one chosen last, if they are still in it, otherwise the first they joined;
    /// `None` for somebody in no account.
    pub membership: Option<Membership>,
    /// Whether they are an admin of the installation.
    pub admin: bool,
}

/// An admin of the installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminRecord {
    /// Who.
    pub user_id: UserId,
    /// The address they sign in with now.
    pub email: Email,
    /// Since when.
    pub created_at: Timestamp,
    /// Who made them one, in words: an operator's name.
    pub created_by: String,
}

/// A person as a member of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRecord {
    /// Who.
    pub user_id: UserId,
    /// The address they sign in with.
    pub email: Email,
    /// What they are there.
    pub role: Role,
    /// Whether they have a password: who has none cannot sign in yet.
    pub has_password: bool,
    /// Since when.
    pub joined_at: Timestamp,
}

/// An account as one of those a person is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnAccount {
    /// The account.
    pub account: AccountRecord,
    /// What they are there.
    pub role: Role,
}

/// In which order accounts are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AccountOrder {
    /// The newest first: by id, which begins with the time.
    #[default]
    Newest,
    /// By name, where the case of ASCII letters does not matter; of equal names the newest first.
    Name,
}

/// Which accounts somebody looks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountQuery {
    /// What the name, the external id or a member's address begins with. The case of ASCII letters does not matter.
    /// `None` for every account.
    pub begins_with: Option<String>,
    /// Only disabled ones, or only enabled ones; `None` for both.
    pub disabled: Option<bool>,
    /// In which order.
    pub order: AccountOrder,
    /// Those after this one, in that order; `None` from the first. Nothing comes after an account that is not there.
    pub after: Option<AccountId>,
}

/// An account in a list, with its people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountSummary {
    /// The account.
    pub account: AccountRecord,
    /// The address of its first owner; `None` for an account without one.
    pub owner: Option<Email>,
}

/// A pair found by the digest of its private key, with its account: all that authentication needs, in one read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairWithAccount {
    /// The pair.
    pub pair: KeyPair,
    /// Its account.
    pub account: AccountRecord,
}

/// A roll that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollRecord {
    /// In which account.
    pub account_id: AccountId,
    /// Which press of the button. Unique in the account.
    pub submission_id: SubmissionId,
    /// The pair that was active. A pair is rolled at most once, so this is unique.
    pub old_pair_id: PairId,
    /// The pair that took its place.
    pub new_pair_id: PairId,
    /// When.
    pub rolled_at: Timestamp,
    /// Who, in words for the page: an e-mail address, or "an operator".
    pub rolled_by: String,
    /// Whose session it was; `None` for an operator. Lets the page say "you".
    pub rolled_by_user: Option<UserId>,
    /// Why, if a reason was given.
    pub reason: Option<String>,
    /// What the account's people are told beside it, if anything.
    pub message: Option<String>,
}

/// A roll of many accounts at once, as it was confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkRollRecord {
    /// Its id.
    pub id: BulkRollId,
    /// When it was confirmed.
    pub begun_at: Timestamp,
    /// Who confirmed it: an admin's e-mail address then, or the operator's name.
    pub begun_by: String,
    /// Which admin; `None` for an operator.
    pub begun_by_user: Option<UserId>,
    /// Why.
    pub reason: String,
    /// What the owners are told beside it, if anything.
    pub message: Option<String>,
    /// When the old pairs end.
    pub expire_old: ExpireOld,
    /// The dry run that was confirmed; `None` for one that a command began.
    pub draft_id: Option<BulkRollDraftId>,
    /// That it was stopped.
    pub stopped: Option<BulkRollStop>,
}

/// That a bulk roll was stopped: accounts pending then are not rolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkRollStop {
    /// When.
    pub at: Timestamp,
    /// Who: an admin's e-mail address then, or the operator's name.
    pub by: String,
}

/// What the dry run of a bulk roll found, without the accounts. The lines themselves are not in it: leaked private keys
/// are among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkRollDraft {
    /// Its id.
    pub id: BulkRollDraftId,
    /// When it was made.
    pub made_at: Timestamp,
    /// Whose it is.
    pub made_by_user: UserId,
    /// The lines that name no account to roll, in order.
    pub bad_lines: Vec<BadLine>,
    /// How many lines named an account again.
    pub repeated: u32,
    /// What was entered as the reason when the confirmation was refused last.
    pub reason: String,
    /// The same for the message to the owners.
    pub message: String,
}

/// An account that a line of a dry run names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkRollDraftAccount {
    /// The first line that named it, counted from 1.
    pub line: u32,
    /// The account.
    pub account_id: AccountId,
    /// The pair that was active then.
    pub pair_id: PairId,
}

/// The same as things are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkRollDraftRow {
    /// What the dry run found.
    pub named: BulkRollDraftAccount,
    /// What people call the account.
    pub name: String,
    /// The company's own id for it.
    pub external_id: Option<String>,
    /// The address of its first owner; `None` for an account without one.
    pub owner: Option<Email>,
    /// Whether it is disabled.
    pub disabled: bool,
    /// Whether the pair is still the active one.
    pub active: bool,
    /// How many other pairs of the account still work.
    pub expiring: u32,
}

/// A bulk roll, and how far it is. Accounts that are neither rolled nor refused nor given up are left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkRollProgress {
    /// The bulk roll.
    pub record: BulkRollRecord,
    /// How many accounts it has.
    pub accounts: u32,
    /// How many of them are rolled.
    pub rolled: u32,
    /// How many were refused.
    pub refused: u32,
    /// How many were given up, because rolling them broke every time.
    pub faulted: u32,
    /// How many of those that are left have broken, and are tried again later.
    pub waiting: u32,
}

impl BulkRollProgress {
    /// How many accounts nothing has come of.
    pub const fn left(&self) -> u32 {
        self.accounts.saturating_sub(self.rolled).saturating_sub(self.refused).saturating_sub(self.faulted)
    }

    /// How many accounts are still to be rolled: none once it was stopped.
    pub const fn pending(&self) -> u32 {
        if self.record.stopped.is_some() { 0 } else { self.left() }
    }
}

/// An account of a bulk roll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkRollAccount {
    /// The account.
    pub account_id: AccountId,
    /// The pair to replace.
    pub pair_id: PairId,
    /// What makes its roll happen once.
    pub submission_id: SubmissionId,
    /// How often rolling it broke. Not stored with a new one.
    pub faults: u32,
}

/// What came of an account of a bulk roll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BulkRollOutcome {
    /// It was rolled, to this pair.
    Rolled(PairId),
    /// It was not, because of this.
    Refused(Refusal),
    /// It was not: it broke every time. The log has why.
    Faulted,
}

/// An account of a bulk roll, as a report shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkRollRow {
    /// The account.
    pub account_id: AccountId,
    /// The company's own id for it.
    pub external_id: Option<String>,
    /// The address of its first owner; `None` for an account without one.
    pub owner: Option<Email>,
    /// The pair to replace.
    pub pair_id: PairId,
    /// What came of it and when; `None` while it is pending, and for ever if the bulk roll was stopped before.
    pub outcome: Option<(BulkRollOutcome, Timestamp)>,
    /// The public key of the pair that took over, if one did.
    pub new_public_key: Option<PublicKey>,
}

/// A one-time link to set a password. The secret in it is stored only as its SHA-256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordLinkRecord {
    /// SHA-256 of the secret in the link.
    pub token_digest: [u8; 32],
    /// Whose password it sets.
    pub user_id: UserId,
    /// Until when it can be used (exclusive).
    pub expires_at: Timestamp,
}

/// An invitation to sign up or into an account, not yet used. The secret in its link is stored only as its SHA-256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationRecord {
    /// Its public handle.
    pub id: InvitationId,
    /// SHA-256 of the secret in the link.
    pub token_digest: [u8; 32],
    /// The only address that may use it; `None` for any.
    pub email: Option<Email>,
    /// Who made it, in words: an operator's name, or an owner's address then.
    pub created_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it can be used (exclusive).
    pub expires_at: Timestamp,
    /// Into which account; `None` for one with which somebody makes an account of their own. With it there is an address.
    pub into: Option<InvitedInto>,
}

/// Into which account an invitation is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitedInto {
    /// The account.
    pub account_id: AccountId,
    /// What whoever is invited is to be there.
    pub role: Role,
    /// Which of its owners invited; `None` for an operator.
    pub invited_by: Option<UserId>,
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

/// Reads, and the beginning of every write.
#[async_trait]
pub trait Store: FileReads + Send + Sync {
    /// Begins the one kind of transaction that writes. Waits for other writers, at most a few seconds.
    ///
    /// Dropping the transaction without committing undoes all of it.
    async fn begin_write(&self) -> StoreResult<Box<dyn WriteTx>>;

    /// Whether the database answers.
    async fn ping(&self) -> StoreResult<()>;

    /// The installation row; `None` in a database never used.
    async fn find_installation(&self) -> StoreResult<Option<Installation>>;

    /// The pair whose private key has one of these digests, with its account. Ended pairs are found too.
    async fn find_pair_by_digest(&self, digests: &[KeyDigest]) -> StoreResult<Option<PairWithAccount>>;

    /// The pair with this id, whatever its state.
    async fn find_pair(&self, pair_id: &PairId) -> StoreResult<Option<KeyPair>>;

    /// The pair with this public key, whatever its state.
    async fn find_pair_by_public_key(&self, public_key: &PublicKey) -> StoreResult<Option<KeyPair>>;

    /// An account's pairs, newest first.
    async fn list_pairs(&self, account_id: &AccountId) -> StoreResult<Vec<KeyPair>>;

    /// The account with this external id.
    async fn find_account_by_external_id(&self, external_id: &str) -> StoreResult<Option<AccountRecord>>;

    /// Accounts that match, in the order asked for, at most `limit`.
    async fn list_accounts(&self, query: &AccountQuery, limit: u32) -> StoreResult<Vec<AccountSummary>>;

    /// The account's members, in the order of joining.
    async fn list_members(&self, account_id: &AccountId) -> StoreResult<Vec<MemberRecord>>;

    /// The admins of the installation, in the order of their becoming.
    async fn list_admins(&self) -> StoreResult<Vec<AdminRecord>>;

    /// The installation key with one of these digests, whatever its state.
    async fn find_installation_key_by_digest(
        &self,
        digests: &[KeyDigest],
    ) -> StoreResult<Option<InstallationKeyRecord>>;

    /// Every installation key, whatever its state, the newest first.
    async fn list_installation_keys(&self) -> StoreResult<Vec<InstallationKeyRecord>>;

    /// The account.
    async fn find_account(&self, account_id: &AccountId) -> StoreResult<Option<AccountRecord>>;

    /// The latest roll of the account.
    async fn find_latest_roll(&self, account_id: &AccountId) -> StoreResult<Option<RollRecord>>;

    /// The person with this address.
    async fn find_person_by_email(&self, email: &Email) -> StoreResult<Option<PersonRecord>>;

    /// The person with this id.
    async fn find_person(&self, user_id: &UserId) -> StoreResult<Option<PersonRecord>>;

    /// The first account the person joined.
    async fn find_membership(&self, user_id: &UserId) -> StoreResult<Option<Membership>>;

    /// The accounts the person is in, in the order of joining.
    async fn list_own_accounts(&self, user_id: &UserId) -> StoreResult<Vec<OwnAccount>>;

    /// The session with this token digest, whatever its age: deciding whether it still lives is a rule, not a query.
    async fn find_session(&self, token_digest: &[u8; 32]) -> StoreResult<Option<SessionView>>;

    /// A person's sessions, whatever their age, the last used first.
    async fn list_sessions(&self, user_id: &UserId) -> StoreResult<Vec<SessionRecord>>;

    /// The one-time link with this secret, not used up, whatever its age.
    async fn find_password_link(&self, token_digest: &[u8; 32]) -> StoreResult<Option<PasswordLinkRecord>>;

    /// The invitation with this secret, not used up, whatever its age.
    async fn find_invitation(&self, token_digest: &[u8; 32]) -> StoreResult<Option<InvitationRecord>>;

    /// Every invitation that was neither used nor revoked, whatever its age, the newest first.
    async fn list_invitations(&self) -> StoreResult<Vec<InvitationRecord>>;

    /// Every invitation into the account that was neither used nor revoked, whatever its age, the newest first.
    async fn list_invitations_into(&self, account_id: &AccountId) -> StoreResult<Vec<InvitationRecord>>;

    /// Whether the person (by address) has signed in on this device before.
    async fn knows_device(&self, token_digest: &[u8; 32], email: &Email) -> StoreResult<bool>;

    /// The bulk roll, and how far it is.
    async fn find_bulk_roll(&self, bulk_roll_id: &BulkRollId) -> StoreResult<Option<BulkRollProgress>>;

    /// The bulk rolls, newest first, at most `limit`.
    async fn list_bulk_rolls(&self, limit: u32) -> StoreResult<Vec<BulkRollProgress>>;

    /// The oldest bulk roll that was not stopped and has pending accounts to be tried now.
    async fn find_unfinished_bulk_roll(&self, now: Timestamp) -> StoreResult<Option<BulkRollRecord>>;

    /// How many of the bulk roll's accounts were done at this instant or later.
    async fn count_done_of_bulk_roll(&self, bulk_roll_id: &BulkRollId, since: Timestamp) -> StoreResult<u32>;

    /// The dry run with this id, not confirmed yet.
    async fn find_bulk_roll_draft(&self, draft_id: &BulkRollDraftId) -> StoreResult<Option<BulkRollDraft>>;

    /// Every account of the dry run as it is at `now`, in the order of the lines. Empty for one that is not there.
    async fn list_bulk_roll_draft_rows(
        &self,
        draft_id: &BulkRollDraftId,
        now: Timestamp,
    ) -> StoreResult<Vec<BulkRollDraftRow>>;

    /// The bulk roll that this dry run became.
    async fn find_bulk_roll_of_draft(&self, draft_id: &BulkRollDraftId) -> StoreResult<Option<BulkRollRecord>>;

    /// Every account of the bulk roll, in its order. Empty for one that is not there.
    async fn list_bulk_roll_rows(&self, bulk_roll_id: &BulkRollId) -> StoreResult<Vec<BulkRollRow>>;

    /// Audit records, newest first, at most `limit`: of one account, or of the whole installation for `None`.
    async fn list_events(&self, account_id: Option<&AccountId>, limit: u32) -> StoreResult<Vec<Event>>;

    /// The account's audit records that match the filter and lie next to the place, newest first, at most `limit`.
    /// `None` when the place is named by a record that the account does not have.
    async fn list_activity(
        &self,
        account_id: &AccountId,
        filter: &EventFilter,
        place: &EventPlace,
        limit: u32,
    ) -> StoreResult<Option<Vec<Event>>>;
}

/// One write transaction: all of it happens, or none of it.
///
/// Methods that change one row fail (`Failed`) when that row does not exist; nothing is silently not written.
#[async_trait]
pub trait WriteTx: FileWrites + Send {
    /// Makes everything durable. Once this returns, a power cut does not lose it.
    async fn commit(self: Box<Self>) -> StoreResult<()>;

    /// Writes the installation row. Conflict: [`Conflict::InstallationExists`].
    async fn insert_installation(&mut self, installation: &Installation) -> StoreResult<()>;

    /// Reads the account and keeps other writers from changing its pairs until the end of this transaction.
    async fn lock_account(&mut self, account_id: &AccountId) -> StoreResult<Option<AccountRecord>>;

    /// Conflict: [`Conflict::ExternalIdTaken`].
    async fn insert_account(&mut self, account: &AccountRecord) -> StoreResult<()>;

    /// Disables the account at an instant, or enables it again with `None`.
    async fn set_account_disabled(&mut self, account_id: &AccountId, disabled_at: Option<Timestamp>)
    -> StoreResult<()>;

    /// Conflict: [`Conflict::EmailTaken`].
    async fn insert_person(&mut self, person: &PersonRecord) -> StoreResult<()>;

    /// The person with this id, as this transaction sees them.
    async fn find_person(&mut self, user_id: &UserId) -> StoreResult<Option<PersonRecord>>;

    /// Replaces the address the person signs in with. Conflict: [`Conflict::EmailTaken`].
    async fn set_email(&mut self, user_id: &UserId, email: &Email) -> StoreResult<()>;

    /// Replaces the person's password hash.
    async fn set_password_hash(&mut self, user_id: &UserId, password_hash: &str) -> StoreResult<()>;

    /// Adds the person to the account.
    async fn insert_membership(&mut self, membership: &Membership, joined_at: Timestamp) -> StoreResult<()>;

    /// The account's members, in the order of joining, as this transaction sees them.
    async fn list_members(&mut self, account_id: &AccountId) -> StoreResult<Vec<MemberRecord>>;

    /// Replaces what the member is in the account. Conflict: [`Conflict::LastOwner`].
    async fn set_role(&mut self, membership: &Membership) -> StoreResult<()>;

    /// Takes the member out of the account. Conflict: [`Conflict::LastOwner`].
    async fn delete_membership(&mut self, account_id: &AccountId, user_id: &UserId) -> StoreResult<()>;

    /// Makes the person an admin; the address in the record is not stored. Conflict: [`Conflict::AdminExists`].
    async fn insert_admin(&mut self, admin: &AdminRecord) -> StoreResult<()>;

    /// Makes the person no admin any more. Answers whether they were one.
    async fn delete_admin(&mut self, user_id: &UserId) -> StoreResult<bool>;

    /// Adds an installation key with its digest.
    async fn insert_installation_key(&mut self, key: &InstallationKeyRecord, digest: &KeyDigest) -> StoreResult<()>;

    /// The installation key, whatever its state, as this transaction sees it.
    async fn find_installation_key(&mut self, key_id: &InstallationKeyId)
    -> StoreResult<Option<InstallationKeyRecord>>;

    /// Stores the key's end. Fails for an end that is taken back or changed once it is stored.
    async fn update_installation_key_life(&mut self, key_id: &InstallationKeyId, life: Life) -> StoreResult<()>;

    /// Notes that the key was used.
    async fn touch_installation_key(&mut self, key_id: &InstallationKeyId, last_used_at: Timestamp) -> StoreResult<()>;

    /// An account's pairs, newest first, as this transaction sees them.
    async fn list_pairs(&mut self, account_id: &AccountId) -> StoreResult<Vec<KeyPair>>;

    /// Adds a pair with its digest and its sealed private key. Conflict: [`Conflict::SecondActivePair`].
    async fn insert_pair(&mut self, pair: &KeyPair, digest: &KeyDigest, sealed: &SealedKey) -> StoreResult<()>;

    /// Stores the pair's `end`; nothing else of a pair ever changes. Conflict: [`Conflict::SecondActivePair`].
    ///
    /// Fails for an end that is taken back, and for another end of a pair that is dead by a stored fact.
    async fn update_pair_end(&mut self, pair: &KeyPair) -> StoreResult<()>;

    /// The pair's sealed private key; `None` once it is destroyed.
    async fn find_sealed_key(&mut self, pair_id: &PairId) -> StoreResult<Option<SealedKey>>;

    /// Pairs, of any account, whose scheduled end is at or before `now` and not yet written down as passed.
    async fn list_pairs_to_settle(&mut self, now: Timestamp, limit: u32) -> StoreResult<Vec<KeyPair>>;

    /// Destroys the ciphertext of every pair that is revoked, or whose end is written down as passed. Answers how many.
    async fn destroy_ended_keys(&mut self) -> StoreResult<u64>;

    /// The roll this submission made, if it did.
    async fn find_roll(
        &mut self,
        account_id: &AccountId,
        submission_id: &SubmissionId,
    ) -> StoreResult<Option<RollRecord>>;

    /// Records a roll. Conflict: [`Conflict::RolledAlready`].
    async fn insert_roll(&mut self, roll: &RollRecord) -> StoreResult<()>;

    /// Adds a bulk roll with its accounts, all of them pending, in this order.
    async fn insert_bulk_roll(&mut self, bulk_roll: &BulkRollRecord, accounts: &[BulkRollAccount]) -> StoreResult<()>;

    /// The bulk roll's pending accounts that are to be tried now, in its order, at most `limit`; none of one that was
    /// stopped. Nobody else finishes them before the end of this transaction, and nobody stops it.
    async fn list_pending_of_bulk_roll(
        &mut self,
        bulk_roll_id: &BulkRollId,
        now: Timestamp,
        limit: u32,
    ) -> StoreResult<Vec<BulkRollAccount>>;

    /// Counts that rolling a pending account broke; it is tried again at `retry_at`.
    async fn note_bulk_roll_fault(
        &mut self,
        bulk_roll_id: &BulkRollId,
        account_id: &AccountId,
        retry_at: Timestamp,
    ) -> StoreResult<()>;

    /// The bulk roll and how far it is, as this transaction sees it.
    async fn find_bulk_roll(&mut self, bulk_roll_id: &BulkRollId) -> StoreResult<Option<BulkRollProgress>>;

    /// Stops a bulk roll. Fails for one that was stopped before.
    async fn stop_bulk_roll(&mut self, bulk_roll_id: &BulkRollId, stop: &BulkRollStop) -> StoreResult<()>;

    /// Adds a dry run with its accounts.
    async fn insert_bulk_roll_draft(
        &mut self,
        draft: &BulkRollDraft,
        accounts: &[BulkRollDraftAccount],
    ) -> StoreResult<()>;

    /// Keeps what was entered into a dry run's confirmation. Does nothing if the dry run is gone.
    async fn set_bulk_roll_draft_words(
        &mut self,
        draft_id: &BulkRollDraftId,
        reason: &str,
        message: &str,
    ) -> StoreResult<()>;

    /// Removes a dry run with its accounts. Answers whether it was there.
    async fn delete_bulk_roll_draft(&mut self, draft_id: &BulkRollDraftId) -> StoreResult<bool>;

    /// Notes what came of a pending account. Fails for one that is done, since an outcome never changes, and for one of a
    /// bulk roll that was stopped.
    async fn finish_bulk_roll_account(
        &mut self,
        bulk_roll_id: &BulkRollId,
        account_id: &AccountId,
        outcome: &BulkRollOutcome,
        done_at: Timestamp,
    ) -> StoreResult<()>;

    /// Adds a session.
    async fn insert_session(&mut self, session: &SessionRecord) -> StoreResult<()>;

    /// Notes that a session was used. Does nothing if the session is gone; answers whether it is there.
    async fn touch_session(&mut self, session_id: &SessionId, last_used_at: Timestamp) -> StoreResult<bool>;

    /// Notes that the person proved who they are. Does nothing if the session is gone; answers whether it is there.
    async fn set_session_password_at(&mut self, session_id: &SessionId, password_at: Timestamp) -> StoreResult<bool>;

    /// Has a session act in this account from now on, as long as its person is in it. Does nothing if the session is gone;
    /// answers whether it is there.
    async fn set_session_account(&mut self, session_id: &SessionId, account_id: &AccountId) -> StoreResult<bool>;

    /// Ends a session. Answers whether there was one.
    async fn delete_session(&mut self, session_id: &SessionId) -> StoreResult<bool>;

    /// Ends all sessions of a person. Answers how many there were.
    async fn delete_sessions_of(&mut self, user_id: &UserId) -> StoreResult<u64>;

    /// Ends a session if it is this person's. Answers whether it was.
    async fn delete_session_of(&mut self, user_id: &UserId, session_id: &SessionId) -> StoreResult<bool>;

    /// Ends all sessions of a person but one. Answers those that ended.
    async fn delete_other_sessions(&mut self, user_id: &UserId, kept: &SessionId) -> StoreResult<Vec<SessionId>>;

    /// Adds a one-time link, replacing any other of the same person.
    async fn insert_password_link(&mut self, link: &PasswordLinkRecord) -> StoreResult<()>;

    /// Uses a one-time link up: removes it and answers it, whatever its age. `None` if there is none.
    async fn take_password_link(&mut self, token_digest: &[u8; 32]) -> StoreResult<Option<PasswordLinkRecord>>;

    /// Removes the person's one-time link, if there is one.
    async fn delete_password_link(&mut self, user_id: &UserId) -> StoreResult<()>;

    /// Adds an invitation. Fails for a second one into the same account for the same address.
    async fn insert_invitation(&mut self, invitation: &InvitationRecord) -> StoreResult<()>;

    /// Uses an invitation up: removes it and answers it, whatever its age. `None` if there is none.
    async fn take_invitation(&mut self, token_digest: &[u8; 32]) -> StoreResult<Option<InvitationRecord>>;

    /// Removes an invitation by its public handle and answers it, whatever its age. `None` if there is none.
    async fn delete_invitation(&mut self, invitation_id: &InvitationId) -> StoreResult<Option<InvitationRecord>>;

    /// The invitations into the account, whatever their age, as this transaction sees them, the newest first.
    async fn list_invitations_into(&mut self, account_id: &AccountId) -> StoreResult<Vec<InvitationRecord>>;

    /// Counts one attempt in `bucket` and answers the count, this one included. A window that began at or before
    /// `window_start` (or after `now`, by a clock that stepped back) is over, and a new one begins at `now`.
    async fn count_attempt(&mut self, bucket: &str, now: Timestamp, window_start: Timestamp) -> StoreResult<u32>;

    /// Forgets the attempts in `bucket`.
    async fn clear_attempts(&mut self, bucket: &str) -> StoreResult<()>;

    /// Remembers a device (SHA-256 of its cookie) on which the person has signed in.
    async fn remember_device(&mut self, token_digest: &[u8; 32], user_id: &UserId, now: Timestamp) -> StoreResult<()>;

    /// Forgets every device of the person but `kept`.
    async fn forget_devices(&mut self, user_id: &UserId, kept: Option<&[u8; 32]>) -> StoreResult<()>;

    /// Removes what no rule asks for any more, by the ages in `limits`; one-time links and invitations go once they have
    /// expired.
    async fn purge(&mut self, limits: PurgeLimits) -> StoreResult<()>;

    /// Writes an audit record.
    async fn insert_event(&mut self, event: &Event) -> StoreResult<()>;
}

/// How old is too old, for [`WriteTx::purge`].
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
