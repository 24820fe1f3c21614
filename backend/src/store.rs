//! The port to the database.
//!
//! Each database is one implementation in `store/*`; all of them must pass the suite in `store/contract`. The port is
//! coarse on purpose: reads answer what one use case needs, and everything that changes goes through one [`WriteTx`],
//! which a use case begins and commits. Nothing slow (password hashing, network) happens while a `WriteTx` is open,
//! because SQLite has a single writer.
//!
//! Here are the two traits; the records they speak of are in the rooms below. Records are plain data: rows and column
//! names are private to the implementations.

mod accounts;
mod bulk_rolls;
mod error;
mod files;
mod installation;
mod key_changes;
mod keys;
mod people;
mod usage;

pub use accounts::{
    AccountOrder, AccountQuery, AccountRecord, AccountSummary, InvitationRecord, InvitedInto, MemberRecord, Membership,
    OwnAccount,
};
pub use bulk_rolls::{
    BulkRollAccount, BulkRollDraft, BulkRollDraftAccount, BulkRollDraftRow, BulkRollOutcome, BulkRollProgress,
    BulkRollRecord, BulkRollRow, BulkRollStop,
};
pub use error::{Conflict, Obstacle, StoreError, StoreResult};
pub use files::{
    FileOrder, FileQuery, FileReads, FileRecord, FileWrites, NameQuery, PairToSignFor, UploadOriginRecord, Uploader,
};
pub use installation::{Installation, InstallationKeyRecord, PurgeLimits};
pub use key_changes::{
    ChangeNumber, IndexedPair, InstanceRecord, KeyChange, KeyChanges, KnownChanges, PairNumber, PairsMeasured,
};
pub use keys::{KeyDigest, PairWithAccount, RollRecord, SealedKey};
pub use people::{AdminRecord, PasswordLinkRecord, PersonRecord, SessionRecord, SessionView};
pub use usage::{CallerName, CallerRecord, DayUseRecord, PairUseRecord, Usage, UsageBatch, UsageRow};

use async_trait::async_trait;
use domain::audit::{Event, EventFilter, EventPlace};
use domain::installation_key::Life;
use domain::{
    AccountId, BulkRollDraftId, BulkRollId, Email, InstallationKeyId, InvitationId, KeyPair, PairId, PublicKey,
    SessionId, SubmissionId, Timestamp, UserId,
};

/// Reads, and the beginning of every write.
#[async_trait]
pub trait Store: FileReads + KeyChanges + Usage + Send + Sync {
    /// Begins the one kind of transaction that writes. Waits for other writers, at most a few seconds.
    ///
    /// Dropping the transaction without committing undoes all of it.
    async fn begin_write(&self) -> StoreResult<Box<dyn WriteTx>>;

    /// How many write transactions could not be begun or committed since the store was opened: a disk that is full, say. What
    /// was in them did not happen.
    fn failed_writes(&self) -> u64;

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

    /// Where this pair's private key was seen that should be on servers only, newest first, at most `limit`. Quick however
    /// long the account's trail is.
    async fn list_sightings(&self, account_id: &AccountId, pair_id: &PairId, limit: u32) -> StoreResult<Vec<Event>>;
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

    /// Forgets all changes of keys but the last `kept`.
    async fn forget_key_changes(&mut self, kept: u32) -> StoreResult<()>;

    /// Removes what no rule asks for any more, by the ages in `limits`; one-time links and invitations go once they have
    /// expired.
    async fn purge(&mut self, limits: PurgeLimits) -> StoreResult<()>;

    /// Writes an audit record.
    async fn insert_event(&mut self, event: &Event) -> StoreResult<()>;
}
