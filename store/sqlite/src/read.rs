//! The reads of the port, each one statement on a read-only connection.

use crate::write::SqliteTx;
use crate::{
    SqliteStore, accounts, admins, audit, bulk_roll_drafts, bulk_rolls, installation, installation_keys, invitations,
    pairs, people, rolls, search, sessions, throttle,
};
use async_trait::async_trait;
use backend::store::{
    AccountQuery, AccountRecord, AccountSummary, AdminRecord, BulkRollDraft, BulkRollDraftRow, BulkRollProgress,
    BulkRollRecord, BulkRollRow, Installation, InstallationKeyRecord, InvitationRecord, KeyDigest, MemberRecord,
    Membership, OwnAccount, PairWithAccount, PasswordLinkRecord, PersonRecord, RollRecord, SessionRecord, SessionView,
    Store, StoreResult, WriteTx,
};
use domain::audit::{Event, EventFilter, EventPlace};
use domain::{AccountId, BulkRollDraftId, BulkRollId, Email, KeyPair, PairId, PublicKey, Timestamp, UserId};
use std::sync::atomic::Ordering;

#[async_trait]
impl Store for SqliteStore {
    async fn begin_write(&self) -> StoreResult<Box<dyn WriteTx>> {
        Ok(Box::new(SqliteTx::begin(self).await?))
    }

    fn failed_writes(&self) -> u64 {
        self.failed_writes.load(Ordering::Relaxed)
    }

    async fn ping(&self) -> StoreResult<()> {
        installation::ping(&self.readers).await
    }

    async fn find_installation(&self) -> StoreResult<Option<Installation>> {
        installation::find(&self.readers).await
    }

    async fn find_pair_by_digest(&self, digests: &[KeyDigest]) -> StoreResult<Option<PairWithAccount>> {
        pairs::find_by_digest(&self.readers, digests).await
    }

    async fn find_pair(&self, pair_id: &PairId) -> StoreResult<Option<KeyPair>> {
        pairs::find(&self.readers, pair_id).await
    }

    async fn find_pair_by_public_key(&self, public_key: &PublicKey) -> StoreResult<Option<KeyPair>> {
        pairs::find_by_public_key(&self.readers, public_key).await
    }

    async fn list_pairs(&self, account_id: &AccountId) -> StoreResult<Vec<KeyPair>> {
        pairs::list(&self.readers, account_id).await
    }

    async fn find_account_by_external_id(&self, external_id: &str) -> StoreResult<Option<AccountRecord>> {
        accounts::find_by_external_id(&self.readers, external_id).await
    }

    async fn list_accounts(&self, query: &AccountQuery, limit: u32) -> StoreResult<Vec<AccountSummary>> {
        search::list(&self.readers, query, limit).await
    }

    async fn list_members(&self, account_id: &AccountId) -> StoreResult<Vec<MemberRecord>> {
        accounts::list_members(&self.readers, account_id).await
    }

    async fn list_admins(&self) -> StoreResult<Vec<AdminRecord>> {
        admins::list(&self.readers).await
    }

    async fn find_installation_key_by_digest(
        &self,
        digests: &[KeyDigest],
    ) -> StoreResult<Option<InstallationKeyRecord>> {
        installation_keys::find_by_digest(&self.readers, digests).await
    }

    async fn list_installation_keys(&self) -> StoreResult<Vec<InstallationKeyRecord>> {
        installation_keys::list(&self.readers).await
    }

    async fn find_account(&self, account_id: &AccountId) -> StoreResult<Option<AccountRecord>> {
        accounts::find(&self.readers, account_id).await
    }

    async fn find_latest_roll(&self, account_id: &AccountId) -> StoreResult<Option<RollRecord>> {
        rolls::find_latest(&self.readers, account_id).await
    }

    async fn find_person_by_email(&self, email: &Email) -> StoreResult<Option<PersonRecord>> {
        people::find_by_email(&self.readers, email).await
    }

    async fn find_person(&self, user_id: &UserId) -> StoreResult<Option<PersonRecord>> {
        people::find(&self.readers, user_id).await
    }

    async fn find_membership(&self, user_id: &UserId) -> StoreResult<Option<Membership>> {
        accounts::find_membership(&self.readers, user_id).await
    }

    async fn list_own_accounts(&self, user_id: &UserId) -> StoreResult<Vec<OwnAccount>> {
        accounts::list_own(&self.readers, user_id).await
    }

    async fn find_session(&self, token_digest: &[u8; 32]) -> StoreResult<Option<SessionView>> {
        sessions::find(&self.readers, token_digest).await
    }

    async fn list_sessions(&self, user_id: &UserId) -> StoreResult<Vec<SessionRecord>> {
        sessions::list(&self.readers, user_id).await
    }

    async fn find_password_link(&self, token_digest: &[u8; 32]) -> StoreResult<Option<PasswordLinkRecord>> {
        people::find_link(&self.readers, token_digest).await
    }

    async fn find_invitation(&self, token_digest: &[u8; 32]) -> StoreResult<Option<InvitationRecord>> {
        invitations::find(&self.readers, token_digest).await
    }

    async fn list_invitations(&self) -> StoreResult<Vec<InvitationRecord>> {
        invitations::list(&self.readers).await
    }

    async fn list_invitations_into(&self, account_id: &AccountId) -> StoreResult<Vec<InvitationRecord>> {
        invitations::list_into(&self.readers, account_id).await
    }

    async fn knows_device(&self, token_digest: &[u8; 32], email: &Email) -> StoreResult<bool> {
        throttle::knows_device(&self.readers, token_digest, email).await
    }

    async fn find_bulk_roll(&self, bulk_roll_id: &BulkRollId) -> StoreResult<Option<BulkRollProgress>> {
        bulk_rolls::find(&self.readers, bulk_roll_id).await
    }

    async fn list_bulk_rolls(&self, limit: u32) -> StoreResult<Vec<BulkRollProgress>> {
        bulk_rolls::list(&self.readers, limit).await
    }

    async fn find_unfinished_bulk_roll(&self, now: Timestamp) -> StoreResult<Option<BulkRollRecord>> {
        bulk_rolls::find_unfinished(&self.readers, now).await
    }

    async fn count_done_of_bulk_roll(&self, bulk_roll_id: &BulkRollId, since: Timestamp) -> StoreResult<u32> {
        bulk_rolls::count_done(&self.readers, bulk_roll_id, since).await
    }

    async fn find_bulk_roll_draft(&self, draft_id: &BulkRollDraftId) -> StoreResult<Option<BulkRollDraft>> {
        bulk_roll_drafts::find(&self.readers, draft_id).await
    }

    async fn list_bulk_roll_draft_rows(
        &self,
        draft_id: &BulkRollDraftId,
        now: Timestamp,
    ) -> StoreResult<Vec<BulkRollDraftRow>> {
        bulk_roll_drafts::list_rows(&self.readers, draft_id, now).await
    }

    async fn find_bulk_roll_of_draft(&self, draft_id: &BulkRollDraftId) -> StoreResult<Option<BulkRollRecord>> {
        bulk_rolls::find_of_draft(&self.readers, draft_id).await
    }

    async fn list_bulk_roll_rows(&self, bulk_roll_id: &BulkRollId) -> StoreResult<Vec<BulkRollRow>> {
        bulk_rolls::list_rows(&self.readers, bulk_roll_id).await
    }

    async fn list_events(&self, account_id: Option<&AccountId>, limit: u32) -> StoreResult<Vec<Event>> {
        match account_id {
            Some(account_id) => audit::list_of(&self.readers, account_id, limit).await,
            None => audit::list_all(&self.readers, limit).await,
        }
    }

    async fn list_activity(
        &self,
        account_id: &AccountId,
        filter: &EventFilter,
        place: &EventPlace,
        limit: u32,
    ) -> StoreResult<Option<Vec<Event>>> {
        audit::list_activity(&self.readers, account_id, filter, place, limit).await
    }

    async fn list_sightings(&self, account_id: &AccountId, pair_id: &PairId, limit: u32) -> StoreResult<Vec<Event>> {
        audit::list_sightings(&self.readers, account_id, pair_id, limit).await
    }
}
