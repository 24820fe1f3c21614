//! The one kind of transaction that writes.

use crate::error::failed;
use crate::{
    SqliteStore, accounts, admins, audit, bulk_roll_drafts, bulk_rolls, installation, installation_keys, invitations,
    key_changes, pairs, people, rolls, sessions, throttle,
};
use async_trait::async_trait;
use backend::store::{
    AccountRecord, AdminRecord, BulkRollAccount, BulkRollDraft, BulkRollDraftAccount, BulkRollOutcome,
    BulkRollProgress, BulkRollRecord, BulkRollStop, Installation, InstallationKeyRecord, InvitationRecord, KeyDigest,
    MemberRecord, Membership, PasswordLinkRecord, PersonRecord, PurgeLimits, RollRecord, SealedKey, SessionRecord,
    StoreResult, WriteTx,
};
use domain::audit::Event;
use domain::installation_key::Life;
use domain::{
    AccountId, BulkRollDraftId, BulkRollId, Email, InstallationKeyId, InvitationId, KeyPair, PairId, SessionId,
    SubmissionId, Timestamp, UserId,
};
use sqlx::{Sqlite, SqliteConnection, Transaction};

/// A write transaction. It holds SQLite's one write lock from its first instant, so nothing it reads can be outdated.
pub(crate) struct SqliteTx {
    tx: Transaction<'static, Sqlite>,
    store: SqliteStore,
    /// Whether ciphertext was destroyed, and the log has to be emptied after the commit.
    destroyed_keys: bool,
}

impl SqliteTx {
    pub(crate) async fn begin(store: &SqliteStore) -> StoreResult<Self> {
        // Immediate, because a transaction that began by reading is refused at once when another process wrote since.
        let began = store.writer.begin_with("BEGIN IMMEDIATE").await;
        let tx = began.inspect_err(|_| store.note_failed_write()).map_err(failed("beginning to write"))?;
        Ok(Self { tx, store: store.clone(), destroyed_keys: false })
    }

    pub(crate) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.tx
    }
}

#[async_trait]
impl WriteTx for SqliteTx {
    async fn commit(self: Box<Self>) -> StoreResult<()> {
        let Self { tx, store, destroyed_keys } = *self;
        if destroyed_keys {
            // Before the commit: whoever stops waiting for it must not leave the log full.
            store.owe_scrub();
        }
        tx.commit().await.inspect_err(|_| store.note_failed_write()).map_err(failed("committing"))?;
        store.scrub().await;
        Ok(())
    }

    async fn insert_installation(&mut self, installation: &Installation) -> StoreResult<()> {
        installation::insert(&mut self.tx, installation).await
    }

    /// The whole database is locked for other writers already.
    async fn lock_account(&mut self, account_id: &AccountId) -> StoreResult<Option<AccountRecord>> {
        accounts::find(&mut *self.tx, account_id).await
    }

    async fn insert_account(&mut self, account: &AccountRecord) -> StoreResult<()> {
        accounts::insert(&mut self.tx, account).await
    }

    async fn set_account_disabled(
        &mut self,
        account_id: &AccountId,
        disabled_at: Option<Timestamp>,
    ) -> StoreResult<()> {
        accounts::set_disabled(&mut self.tx, account_id, disabled_at).await
    }

    async fn insert_person(&mut self, person: &PersonRecord) -> StoreResult<()> {
        people::insert(&mut self.tx, person).await
    }

    async fn find_person(&mut self, user_id: &UserId) -> StoreResult<Option<PersonRecord>> {
        people::find(&mut *self.tx, user_id).await
    }

    async fn set_email(&mut self, user_id: &UserId, email: &Email) -> StoreResult<()> {
        people::set_email(&mut self.tx, user_id, email).await
    }

    async fn set_password_hash(&mut self, user_id: &UserId, password_hash: &str) -> StoreResult<()> {
        people::set_password_hash(&mut self.tx, user_id, password_hash).await
    }

    async fn insert_membership(&mut self, membership: &Membership, joined_at: Timestamp) -> StoreResult<()> {
        accounts::insert_membership(&mut self.tx, membership, joined_at).await
    }

    async fn list_members(&mut self, account_id: &AccountId) -> StoreResult<Vec<MemberRecord>> {
        accounts::list_members(&mut *self.tx, account_id).await
    }

    async fn set_role(&mut self, membership: &Membership) -> StoreResult<()> {
        accounts::set_role(&mut self.tx, membership).await
    }

    async fn delete_membership(&mut self, account_id: &AccountId, user_id: &UserId) -> StoreResult<()> {
        accounts::delete_membership(&mut self.tx, account_id, user_id).await
    }

    async fn insert_admin(&mut self, admin: &AdminRecord) -> StoreResult<()> {
        admins::insert(&mut self.tx, admin).await
    }

    async fn delete_admin(&mut self, user_id: &UserId) -> StoreResult<bool> {
        admins::delete(&mut self.tx, user_id).await
    }

    async fn insert_installation_key(&mut self, key: &InstallationKeyRecord, digest: &KeyDigest) -> StoreResult<()> {
        installation_keys::insert(&mut self.tx, key, digest).await
    }

    async fn find_installation_key(
        &mut self,
        key_id: &InstallationKeyId,
    ) -> StoreResult<Option<InstallationKeyRecord>> {
        installation_keys::find(&mut self.tx, key_id).await
    }

    async fn update_installation_key_life(&mut self, key_id: &InstallationKeyId, life: Life) -> StoreResult<()> {
        installation_keys::update_life(&mut self.tx, key_id, life).await
    }

    async fn touch_installation_key(&mut self, key_id: &InstallationKeyId, last_used_at: Timestamp) -> StoreResult<()> {
        installation_keys::touch(&mut self.tx, key_id, last_used_at).await
    }

    async fn list_pairs(&mut self, account_id: &AccountId) -> StoreResult<Vec<KeyPair>> {
        pairs::list(&mut *self.tx, account_id).await
    }

    async fn insert_pair(&mut self, pair: &KeyPair, digest: &KeyDigest, sealed: &SealedKey) -> StoreResult<()> {
        pairs::insert(&mut self.tx, pair, digest, sealed).await
    }

    async fn update_pair_end(&mut self, pair: &KeyPair) -> StoreResult<()> {
        pairs::update_end(&mut self.tx, pair).await
    }

    async fn find_sealed_key(&mut self, pair_id: &PairId) -> StoreResult<Option<SealedKey>> {
        pairs::find_sealed(&mut self.tx, pair_id).await
    }

    async fn list_pairs_to_settle(&mut self, now: Timestamp, limit: u32) -> StoreResult<Vec<KeyPair>> {
        pairs::list_to_settle(&mut self.tx, now, limit).await
    }

    async fn destroy_ended_keys(&mut self) -> StoreResult<u64> {
        let destroyed = pairs::destroy_ended(&mut self.tx).await?;
        self.destroyed_keys |= destroyed > 0;
        Ok(destroyed)
    }

    async fn find_roll(
        &mut self,
        account_id: &AccountId,
        submission_id: &SubmissionId,
    ) -> StoreResult<Option<RollRecord>> {
        rolls::find(&mut self.tx, account_id, submission_id).await
    }

    async fn insert_roll(&mut self, roll: &RollRecord) -> StoreResult<()> {
        rolls::insert(&mut self.tx, roll).await
    }

    async fn insert_bulk_roll(&mut self, bulk_roll: &BulkRollRecord, accounts: &[BulkRollAccount]) -> StoreResult<()> {
        bulk_rolls::insert(&mut self.tx, bulk_roll, accounts).await
    }

    /// The whole database is locked for other writers already.
    async fn list_pending_of_bulk_roll(
        &mut self,
        bulk_roll_id: &BulkRollId,
        now: Timestamp,
        limit: u32,
    ) -> StoreResult<Vec<BulkRollAccount>> {
        bulk_rolls::list_pending(&mut self.tx, bulk_roll_id, now, limit).await
    }

    async fn note_bulk_roll_fault(
        &mut self,
        bulk_roll_id: &BulkRollId,
        account_id: &AccountId,
        retry_at: Timestamp,
    ) -> StoreResult<()> {
        bulk_rolls::note_fault(&mut self.tx, bulk_roll_id, account_id, retry_at).await
    }

    async fn find_bulk_roll(&mut self, bulk_roll_id: &BulkRollId) -> StoreResult<Option<BulkRollProgress>> {
        bulk_rolls::find(&mut *self.tx, bulk_roll_id).await
    }

    async fn stop_bulk_roll(&mut self, bulk_roll_id: &BulkRollId, stop: &BulkRollStop) -> StoreResult<()> {
        bulk_rolls::stop(&mut self.tx, bulk_roll_id, stop).await
    }

    async fn insert_bulk_roll_draft(
        &mut self,
        draft: &BulkRollDraft,
        accounts: &[BulkRollDraftAccount],
    ) -> StoreResult<()> {
        bulk_roll_drafts::insert(&mut self.tx, draft, accounts).await
    }

    async fn set_bulk_roll_draft_words(
        &mut self,
        draft_id: &BulkRollDraftId,
        reason: &str,
        message: &str,
    ) -> StoreResult<()> {
        bulk_roll_drafts::set_words(&mut self.tx, draft_id, reason, message).await
    }

    async fn delete_bulk_roll_draft(&mut self, draft_id: &BulkRollDraftId) -> StoreResult<bool> {
        bulk_roll_drafts::delete(&mut self.tx, draft_id).await
    }

    async fn finish_bulk_roll_account(
        &mut self,
        bulk_roll_id: &BulkRollId,
        account_id: &AccountId,
        outcome: &BulkRollOutcome,
        done_at: Timestamp,
    ) -> StoreResult<()> {
        bulk_rolls::finish(&mut self.tx, bulk_roll_id, account_id, outcome, done_at).await
    }

    async fn insert_session(&mut self, session: &SessionRecord) -> StoreResult<()> {
        sessions::insert(&mut self.tx, session).await
    }

    async fn touch_session(&mut self, session_id: &SessionId, last_used_at: Timestamp) -> StoreResult<bool> {
        sessions::touch(&mut self.tx, session_id, last_used_at).await
    }

    async fn set_session_password_at(&mut self, session_id: &SessionId, password_at: Timestamp) -> StoreResult<bool> {
        sessions::set_password_at(&mut self.tx, session_id, password_at).await
    }

    async fn set_session_account(&mut self, session_id: &SessionId, account_id: &AccountId) -> StoreResult<bool> {
        sessions::set_account(&mut self.tx, session_id, account_id).await
    }

    async fn delete_session(&mut self, session_id: &SessionId) -> StoreResult<bool> {
        sessions::delete(&mut self.tx, session_id).await
    }

    async fn delete_sessions_of(&mut self, user_id: &UserId) -> StoreResult<u64> {
        sessions::delete_of(&mut self.tx, user_id).await
    }

    async fn delete_session_of(&mut self, user_id: &UserId, session_id: &SessionId) -> StoreResult<bool> {
        sessions::delete_one_of(&mut self.tx, user_id, session_id).await
    }

    async fn delete_other_sessions(&mut self, user_id: &UserId, kept: &SessionId) -> StoreResult<Vec<SessionId>> {
        sessions::delete_others(&mut self.tx, user_id, kept).await
    }

    async fn insert_password_link(&mut self, link: &PasswordLinkRecord) -> StoreResult<()> {
        people::insert_link(&mut self.tx, link).await
    }

    async fn take_password_link(&mut self, token_digest: &[u8; 32]) -> StoreResult<Option<PasswordLinkRecord>> {
        people::take_link(&mut self.tx, token_digest).await
    }

    async fn delete_password_link(&mut self, user_id: &UserId) -> StoreResult<()> {
        people::delete_link(&mut self.tx, user_id).await
    }

    async fn insert_invitation(&mut self, invitation: &InvitationRecord) -> StoreResult<()> {
        invitations::insert(&mut self.tx, invitation).await
    }

    async fn take_invitation(&mut self, token_digest: &[u8; 32]) -> StoreResult<Option<InvitationRecord>> {
        invitations::take(&mut self.tx, token_digest).await
    }

    async fn delete_invitation(&mut self, invitation_id: &InvitationId) -> StoreResult<Option<InvitationRecord>> {
        invitations::delete(&mut self.tx, invitation_id).await
    }

    async fn list_invitations_into(&mut self, account_id: &AccountId) -> StoreResult<Vec<InvitationRecord>> {
        invitations::list_into(&mut *self.tx, account_id).await
    }

    async fn count_attempt(&mut self, bucket: &str, now: Timestamp, window_start: Timestamp) -> StoreResult<u32> {
        throttle::count_attempt(&mut self.tx, bucket, now, window_start).await
    }

    async fn clear_attempts(&mut self, bucket: &str) -> StoreResult<()> {
        throttle::clear_attempts(&mut self.tx, bucket).await
    }

    async fn remember_device(&mut self, token_digest: &[u8; 32], user_id: &UserId, now: Timestamp) -> StoreResult<()> {
        throttle::remember_device(&mut self.tx, token_digest, user_id, now).await
    }

    async fn forget_devices(&mut self, user_id: &UserId, kept: Option<&[u8; 32]>) -> StoreResult<()> {
        throttle::forget_devices(&mut self.tx, user_id, kept).await
    }

    async fn forget_key_changes(&mut self, kept: u32) -> StoreResult<()> {
        key_changes::forget(&mut self.tx, kept).await
    }

    async fn purge(&mut self, limits: PurgeLimits) -> StoreResult<()> {
        throttle::purge(&mut self.tx, limits).await
    }

    async fn insert_event(&mut self, event: &Event) -> StoreResult<()> {
        audit::insert(&mut self.tx, event).await
    }
}
