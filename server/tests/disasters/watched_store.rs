//! The real store, with somebody standing beside it who counts its steps and can stop the process at any of them.
//!
//! Two liars are among the [`Manner`]s: stores that break a promise on purpose, so that the checks can be seen to notice.

use crate::script::Script;
use async_trait::async_trait;
use backend::store::{
    AccountQuery, AccountRecord, AccountSummary, AdminRecord, BulkRollAccount, BulkRollDraft, BulkRollDraftAccount,
    BulkRollDraftRow, BulkRollOutcome, BulkRollProgress, BulkRollRecord, BulkRollRow, BulkRollStop, CallerRecord,
    ChangeNumber, DayUseRecord, FileQuery, FileReads, FileRecord, FileWrites, IndexedPair, Installation,
    InstallationKeyRecord, InstanceRecord, InvitationRecord, KeyChange, KeyChanges, KeyDigest, KnownChanges,
    MemberRecord, Membership, OwnAccount, PairNumber, PairToSignFor, PairUseRecord, PairWithAccount, PairsMeasured,
    PasswordLinkRecord, PersonRecord, PurgeLimits, RollRecord, SealedKey, SessionRecord, SessionView, Store,
    StoreResult, UploadOriginRecord, Usage, UsageBatch, WriteTx,
};
use domain::audit::{Event, EventFilter, EventPlace};
use domain::installation_key::Life;
use domain::upload::{FileName, Folder, Origin};
use domain::usage::Day;
use domain::{
    AccountId, BulkRollDraftId, BulkRollId, Email, FileId, InstallationKeyId, InstanceId, InvitationId, KeyPair,
    PairId, PublicKey, SessionId, SubmissionId, Timestamp, UserId,
};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

/// How it treats transactions once the script is armed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// As promised.
    Honest,
    /// Says that it has committed a change with its record, and commits later.
    AnswersFirst,
    /// Commits after every write.
    InPieces,
}

pub struct WatchedStore {
    inner: Arc<dyn Store>,
    script: Arc<Script>,
    manner: Manner,
}

impl WatchedStore {
    pub fn new(inner: Arc<dyn Store>, script: Arc<Script>, manner: Manner) -> Self {
        Self { inner, script, manner }
    }
}

struct WatchedTx {
    /// Always there between two calls.
    inner: Option<Box<dyn WriteTx>>,
    store: Arc<dyn Store>,
    script: Arc<Script>,
    manner: Manner,
    /// Whether there is a record in it: it is the act itself, and not the counting of attempts before it.
    has_record: bool,
}

impl WatchedTx {
    fn lies(&self, manner: Manner) -> bool {
        self.manner == manner && self.script.is_armed()
    }

    async fn after_write(&mut self, name: &str) -> StoreResult<()> {
        self.has_record |= name == "insert_event";
        if self.lies(Manner::InPieces) {
            self.inner.take().unwrap().commit().await?;
            self.inner = Some(self.store.begin_write().await?);
        }
        Ok(())
    }
}

/// Passes reads of files on, and what happens to them in a transaction, a step at a time.
macro_rules! files {
    (
        reads { $($name:ident($($argument:ident: $kind:ty),*) -> $answer:ty;)* }
        looks { $($look:ident($($seen:ident: $seen_kind:ty),*) -> $found:ty;)* }
        writes { $($write:ident($($given:ident: $given_kind:ty),*) -> $done:ty;)* }
    ) => {
        #[async_trait]
        impl FileReads for WatchedStore {
            $(async fn $name(&self, $($argument: $kind),*) -> StoreResult<$answer> {
                self.inner.$name($($argument),*).await
            })*
        }

        #[async_trait]
        impl FileWrites for WatchedTx {
            $(async fn $look(&mut self, $($seen: $seen_kind),*) -> StoreResult<$found> {
                self.script.step(stringify!($look));
                self.inner.as_mut().unwrap().$look($($seen),*).await
            })*

            $(async fn $write(&mut self, $($given: $given_kind),*) -> StoreResult<$done> {
                self.script.step(stringify!($write));
                let answer = self.inner.as_mut().unwrap().$write($($given),*).await?;
                self.after_write(stringify!($write)).await?;
                Ok(answer)
            })*
        }
    };
}

/// Passes on what is about processes and not about keys.
macro_rules! key_changes {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $answer:ty;)*) => {
        #[async_trait]
        impl KeyChanges for WatchedStore {
            $(async fn $name(&self, $($argument: $kind),*) -> StoreResult<$answer> {
                self.inner.$name($($argument),*).await
            })*
        }
    };
}

/// Passes on what is counted.
macro_rules! usage {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $answer:ty;)*) => {
        #[async_trait]
        impl Usage for WatchedStore {
            $(async fn $name(&self, $($argument: $kind),*) -> StoreResult<$answer> {
                self.inner.$name($($argument),*).await
            })*
        }
    };
}

/// Passes reads on.
macro_rules! store {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $answer:ty;)*) => {
        #[async_trait]
        impl Store for WatchedStore {
            async fn begin_write(&self) -> StoreResult<Box<dyn WriteTx>> {
                self.script.step("begin");
                let inner = Some(self.inner.begin_write().await?);
                let (store, script) = (Arc::clone(&self.inner), Arc::clone(&self.script));
                Ok(Box::new(WatchedTx { inner, store, script, manner: self.manner, has_record: false }))
            }

            fn failed_writes(&self) -> u64 {
                self.inner.failed_writes()
            }

            $(async fn $name(&self, $($argument: $kind),*) -> StoreResult<$answer> {
                self.inner.$name($($argument),*).await
            })*
        }
    };
}

/// Passes what happens in a transaction on, a step at a time.
macro_rules! transaction {
    (
        looks { $($look:ident($($seen:ident: $seen_kind:ty),*) -> $found:ty;)* }
        writes { $($write:ident($($argument:ident: $kind:ty),*) -> $answer:ty;)* }
    ) => {
        #[async_trait]
        impl WriteTx for WatchedTx {
            async fn commit(mut self: Box<Self>) -> StoreResult<()> {
                self.script.step("commit");
                let inner = self.inner.take().unwrap();
                if self.has_record && self.lies(Manner::AnswersFirst) {
                    tokio::spawn(async move {
                        tokio::time::sleep(Duration::from_secs(30)).await;
                        inner.commit().await
                    });
                    return Ok(());
                }
                inner.commit().await?;
                self.script.step(COMMITTED);
                Ok(())
            }

            $(async fn $look(&mut self, $($seen: $seen_kind),*) -> StoreResult<$found> {
                self.script.step(stringify!($look));
                self.inner.as_mut().unwrap().$look($($seen),*).await
            })*

            $(async fn $write(&mut self, $($argument: $kind),*) -> StoreResult<$answer> {
                self.script.step(stringify!($write));
                let answer = self.inner.as_mut().unwrap().$write($($argument),*).await?;
                self.after_write(stringify!($write)).await?;
                Ok(answer)
            })*
        }
    };
}

/// The step after a commit; every other step is named after what comes next.
pub const COMMITTED: &str = "committed";

store! {
    ping() -> ();
    find_installation() -> Option<Installation>;
    find_pair_by_digest(digests: &[KeyDigest]) -> Option<PairWithAccount>;
    find_pair(pair_id: &PairId) -> Option<KeyPair>;
    find_pair_by_public_key(public_key: &PublicKey) -> Option<KeyPair>;
    list_pairs(account_id: &AccountId) -> Vec<KeyPair>;
    find_account_by_external_id(external_id: &str) -> Option<AccountRecord>;
    list_accounts(query: &AccountQuery, limit: u32) -> Vec<AccountSummary>;
    list_members(account_id: &AccountId) -> Vec<MemberRecord>;
    list_admins() -> Vec<AdminRecord>;
    find_installation_key_by_digest(digests: &[KeyDigest]) -> Option<InstallationKeyRecord>;
    list_installation_keys() -> Vec<InstallationKeyRecord>;
    find_account(account_id: &AccountId) -> Option<AccountRecord>;
    find_latest_roll(account_id: &AccountId) -> Option<RollRecord>;
    find_person_by_email(email: &Email) -> Option<PersonRecord>;
    find_person(user_id: &UserId) -> Option<PersonRecord>;
    find_membership(user_id: &UserId) -> Option<Membership>;
    list_own_accounts(user_id: &UserId) -> Vec<OwnAccount>;
    find_session(token_digest: &[u8; 32]) -> Option<SessionView>;
    list_sessions(user_id: &UserId) -> Vec<SessionRecord>;
    find_password_link(token_digest: &[u8; 32]) -> Option<PasswordLinkRecord>;
    find_invitation(token_digest: &[u8; 32]) -> Option<InvitationRecord>;
    list_invitations() -> Vec<InvitationRecord>;
    list_invitations_into(account_id: &AccountId) -> Vec<InvitationRecord>;
    knows_device(token_digest: &[u8; 32], email: &Email) -> bool;
    find_bulk_roll(bulk_roll_id: &BulkRollId) -> Option<BulkRollProgress>;
    list_bulk_rolls(limit: u32) -> Vec<BulkRollProgress>;
    find_unfinished_bulk_roll(now: Timestamp) -> Option<BulkRollRecord>;
    count_done_of_bulk_roll(bulk_roll_id: &BulkRollId, since: Timestamp) -> u32;
    find_bulk_roll_draft(draft_id: &BulkRollDraftId) -> Option<BulkRollDraft>;
    list_bulk_roll_draft_rows(draft_id: &BulkRollDraftId, now: Timestamp) -> Vec<BulkRollDraftRow>;
    find_bulk_roll_of_draft(draft_id: &BulkRollDraftId) -> Option<BulkRollRecord>;
    list_bulk_roll_rows(bulk_roll_id: &BulkRollId) -> Vec<BulkRollRow>;
    list_events(account_id: Option<&AccountId>, limit: u32) -> Vec<Event>;
    list_activity(account_id: &AccountId, filter: &EventFilter, place: &EventPlace, limit: u32) -> Option<Vec<Event>>;
    list_sightings(account_id: &AccountId, pair_id: &PairId, limit: u32) -> Vec<Event>;
}

transaction! {
    looks {
        lock_account(account_id: &AccountId) -> Option<AccountRecord>;
        find_person(user_id: &UserId) -> Option<PersonRecord>;
        find_installation_key(key_id: &InstallationKeyId) -> Option<InstallationKeyRecord>;
        list_pairs(account_id: &AccountId) -> Vec<KeyPair>;
        find_sealed_key(pair_id: &PairId) -> Option<SealedKey>;
        list_pairs_to_settle(now: Timestamp, limit: u32) -> Vec<KeyPair>;
        find_roll(account_id: &AccountId, submission_id: &SubmissionId) -> Option<RollRecord>;
        list_members(account_id: &AccountId) -> Vec<MemberRecord>;
        list_invitations_into(account_id: &AccountId) -> Vec<InvitationRecord>;
        list_pending_of_bulk_roll(bulk_roll_id: &BulkRollId, now: Timestamp, limit: u32) -> Vec<BulkRollAccount>;
        find_bulk_roll(bulk_roll_id: &BulkRollId) -> Option<BulkRollProgress>;
    }
    writes {
        insert_installation(installation: &Installation) -> ();
        insert_account(account: &AccountRecord) -> ();
        set_account_disabled(account_id: &AccountId, disabled_at: Option<Timestamp>) -> ();
        insert_person(person: &PersonRecord) -> ();
        set_email(user_id: &UserId, email: &Email) -> ();
        set_password_hash(user_id: &UserId, password_hash: &str) -> ();
        insert_membership(membership: &Membership, joined_at: Timestamp) -> ();
        set_role(membership: &Membership) -> ();
        delete_membership(account_id: &AccountId, user_id: &UserId) -> ();
        insert_admin(admin: &AdminRecord) -> ();
        delete_admin(user_id: &UserId) -> bool;
        insert_installation_key(key: &InstallationKeyRecord, digest: &KeyDigest) -> ();
        update_installation_key_life(key_id: &InstallationKeyId, life: Life) -> ();
        touch_installation_key(key_id: &InstallationKeyId, last_used_at: Timestamp) -> ();
        insert_pair(pair: &KeyPair, digest: &KeyDigest, sealed: &SealedKey) -> ();
        update_pair_end(pair: &KeyPair) -> ();
        destroy_ended_keys() -> u64;
        insert_roll(roll: &RollRecord) -> ();
        insert_bulk_roll(bulk_roll: &BulkRollRecord, accounts: &[BulkRollAccount]) -> ();
        finish_bulk_roll_account(
            bulk_roll_id: &BulkRollId,
            account_id: &AccountId,
            outcome: &BulkRollOutcome,
            done_at: Timestamp
        ) -> ();
        note_bulk_roll_fault(bulk_roll_id: &BulkRollId, account_id: &AccountId, retry_at: Timestamp) -> ();
        stop_bulk_roll(bulk_roll_id: &BulkRollId, stop: &BulkRollStop) -> ();
        insert_bulk_roll_draft(draft: &BulkRollDraft, accounts: &[BulkRollDraftAccount]) -> ();
        set_bulk_roll_draft_words(draft_id: &BulkRollDraftId, reason: &str, message: &str) -> ();
        delete_bulk_roll_draft(draft_id: &BulkRollDraftId) -> bool;
        insert_session(session: &SessionRecord) -> ();
        touch_session(session_id: &SessionId, last_used_at: Timestamp) -> bool;
        set_session_password_at(session_id: &SessionId, password_at: Timestamp) -> bool;
        set_session_account(session_id: &SessionId, account_id: &AccountId) -> bool;
        delete_session(session_id: &SessionId) -> bool;
        delete_sessions_of(user_id: &UserId) -> u64;
        delete_session_of(user_id: &UserId, session_id: &SessionId) -> bool;
        delete_other_sessions(user_id: &UserId, kept: &SessionId) -> Vec<SessionId>;
        insert_password_link(link: &PasswordLinkRecord) -> ();
        take_password_link(token_digest: &[u8; 32]) -> Option<PasswordLinkRecord>;
        delete_password_link(user_id: &UserId) -> ();
        insert_invitation(invitation: &InvitationRecord) -> ();
        take_invitation(token_digest: &[u8; 32]) -> Option<InvitationRecord>;
        delete_invitation(invitation_id: &InvitationId) -> Option<InvitationRecord>;
        count_attempt(bucket: &str, now: Timestamp, window_start: Timestamp) -> u32;
        clear_attempts(bucket: &str) -> ();
        remember_device(token_digest: &[u8; 32], user_id: &UserId, now: Timestamp) -> ();
        forget_devices(user_id: &UserId, kept: Option<&[u8; 32]>) -> ();
        forget_key_changes(kept: u32) -> ();
        purge(limits: PurgeLimits) -> ();
        insert_event(event: &Event) -> ();
    }
}

key_changes! {
    find_known_changes() -> KnownChanges;
    list_key_changes(after: ChangeNumber, limit: u32) -> Vec<KeyChange>;
    find_indexed_pair(pair_id: &PairId) -> Option<IndexedPair>;
    list_indexed_pairs_of(account_id: &AccountId) -> Vec<IndexedPair>;
    measure_pairs() -> PairsMeasured;
    list_indexed_pairs(numbers: RangeInclusive<PairNumber>) -> Vec<IndexedPair>;
    renew_instance(id: &InstanceId, acknowledged: ChangeNumber) -> ();
    list_instances() -> Vec<InstanceRecord>;
    forget_instance(id: &InstanceId, beat: Option<u64>) -> ();
}

usage! {
    add_usage(batch: &UsageBatch) -> bool;
    list_pair_uses(account_id: &AccountId) -> Vec<PairUseRecord>;
    list_day_uses(account_id: &AccountId, from: Day) -> Vec<DayUseRecord>;
    list_callers(account_id: &AccountId, pair_id: &PairId, skip: u32, limit: u32) -> Vec<CallerRecord>;
    forget_usage(before: Option<Day>, limit: u32) -> bool;
    forget_usage_writers(before: Timestamp) -> ();
}

files! {
    reads {
        find_pair_to_sign_for(public_key: &PublicKey) -> Option<PairToSignFor>;
        find_file(file_id: &FileId) -> Option<FileRecord>;
        find_file_version(version_id: &FileId) -> Option<AccountId>;
        list_files(account_id: &AccountId, query: &FileQuery) -> Vec<FileRecord>;
        file_usage(account_id: &AccountId) -> u64;
        list_upload_origins(account_id: &AccountId) -> Vec<UploadOriginRecord>;
    }
    looks {
        find_file_at(account_id: &AccountId, folder: &Folder, name: &FileName) -> Option<FileRecord>;
        file_usage(account_id: &AccountId) -> u64;
        list_upload_origins(account_id: &AccountId) -> Vec<UploadOriginRecord>;
    }
    writes {
        use_upload_token(account_id: &AccountId, token_digest: &[u8; 32], expires_at: Timestamp) -> bool;
        forget_upload_tokens(now: Timestamp) -> u64;
        insert_file(file: &FileRecord) -> ();
        replace_file(file: &FileRecord) -> ();
        delete_file(account_id: &AccountId, file_id: &FileId) -> Option<FileRecord>;
        insert_upload_origin(account_id: &AccountId, origin: &UploadOriginRecord) -> ();
        delete_upload_origin(account_id: &AccountId, origin: &Origin) -> bool;
    }
}
