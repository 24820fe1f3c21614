//! What contract points are made of: people, accounts, pairs, sessions, each different from every other.

use backend::store::{
    AccountRecord, AdminRecord, Conflict, InstallationKeyRecord, KeyDigest, Membership, PersonRecord, RollRecord,
    SealedKey, SessionRecord, Store, StoreError, StoreResult, WriteTx,
};
use domain::installation_key::Life;
use domain::key_pair::End;
use domain::{
    AccountId, Brand, BulkRollDraftId, BulkRollId, Duration, Email, Entropy, InstallationKeyId, InvitationId, KeyPair,
    PairId, PublicKey, Role, Scope, SessionId, SubmissionId, Timestamp, UserId,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The instant at which everything here happens.
pub const NOW: Timestamp = Timestamp::from_millis(1_795_424_520_000);

/// The name of the master key that everything here is sealed under.
pub const MASTER_KEY: &str = "mk_first";

/// The instant that lies `millis` after [`NOW`], or before it.
pub const fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(NOW.as_millis() + millis)
}

/// Counts up instead of being random: everything minted is different, and the same in every run.
#[derive(Debug, Default)]
pub struct Counting(AtomicU64);

impl From<u64> for Counting {
    /// Counts from here on.
    fn from(first: u64) -> Self {
        Self(AtomicU64::new(first))
    }
}

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let value = mix(self.0.fetch_add(1, Ordering::Relaxed)).to_be_bytes();
            chunk.copy_from_slice(&value[..chunk.len()]);
        }
    }
}

/// The finaliser of `SplitMix64`. Multiplying alone is not enough: keys are made of one byte a call, and the first bytes of
/// the multiples of a number nearly repeat, so that two keys came out alike now and then.
const fn mix(counted: u64) -> u64 {
    let mut value = counted.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// A pair with what is stored beside it.
#[derive(Debug, Clone)]
pub struct Minted {
    /// The pair.
    pub pair: KeyPair,
    /// Its digest.
    pub digest: KeyDigest,
    /// Its sealed private key.
    pub sealed: SealedKey,
}

/// A store, and a source of things to put into it.
#[derive(Clone)]
pub struct World {
    /// The store under test.
    pub store: Arc<dyn Store>,
    entropy: Arc<Counting>,
}

impl World {
    /// A world around a store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, entropy: Arc::default() }
    }

    /// Does `work` in one transaction and commits it, unless it failed.
    pub async fn write<T>(&self, work: impl AsyncFnOnce(&mut dyn WriteTx) -> StoreResult<T>) -> StoreResult<T> {
        let mut tx = self.store.begin_write().await?;
        let done = work(&mut *tx).await?;
        tx.commit().await?;
        Ok(done)
    }

    /// 32 bytes unlike any other.
    pub fn digest(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.entropy.fill(&mut bytes);
        bytes
    }

    /// Another press of the button.
    pub fn submission(&self) -> SubmissionId {
        SubmissionId::mint(NOW, &*self.entropy)
    }

    /// An event's id, in order.
    pub fn event_id(&self) -> domain::EventId {
        domain::EventId::mint(NOW, &*self.entropy)
    }

    /// A session's id, of no session yet.
    pub fn session_id(&self) -> SessionId {
        SessionId::mint(NOW, &*self.entropy)
    }

    /// A bulk roll's id, of no bulk roll yet.
    pub fn bulk_roll_id(&self) -> BulkRollId {
        BulkRollId::mint(NOW, &*self.entropy)
    }

    /// A dry run's id, of no dry run yet.
    pub fn draft_id(&self) -> BulkRollDraftId {
        BulkRollDraftId::mint(NOW, &*self.entropy)
    }

    /// An invitation's id, of no invitation yet.
    pub fn invitation_id(&self) -> InvitationId {
        InvitationId::mint(NOW, &*self.entropy)
    }

    /// A person who is not stored yet.
    pub fn new_person(&self) -> PersonRecord {
        let id = UserId::mint(NOW, &*self.entropy);
        let email = Email::parse(&format!("{id}@example.org")).expect("an address");
        PersonRecord { id, email, password_hash: Some("$argon2id$v=19$first".to_owned()), created_at: NOW }
    }

    /// An account that is not stored yet.
    pub fn new_account(&self) -> AccountRecord {
        AccountRecord {
            id: AccountId::mint(NOW, &*self.entropy),
            name: "Ada's".to_owned(),
            external_id: None,
            created_at: NOW,
            disabled_at: None,
        }
    }

    /// An admin who is not stored yet.
    pub fn new_admin(&self, user_id: &UserId, email: &Email) -> AdminRecord {
        let created_by = "an operator".to_owned();
        AdminRecord { user_id: user_id.clone(), email: email.clone(), created_at: NOW, created_by }
    }

    /// An installation key that is not stored yet.
    pub fn new_installation_key(&self) -> InstallationKeyRecord {
        InstallationKeyRecord {
            id: InstallationKeyId::mint(NOW, &*self.entropy),
            name: "billing".to_owned(),
            scopes: vec![Scope::Read],
            created_by: "an operator".to_owned(),
            created_at: NOW,
            last_used_at: None,
            life: Life::default(),
        }
    }

    /// An active pair that is not stored yet.
    pub fn new_pair(&self, account_id: &AccountId, created_at: Timestamp) -> Minted {
        self.new_branded_pair(&Brand::none(), account_id, created_at)
    }

    /// An active pair of a branded installation that is not stored yet.
    pub fn new_branded_pair(&self, brand: &Brand, account_id: &AccountId, created_at: Timestamp) -> Minted {
        let id = PairId::mint(created_at, &*self.entropy);
        let public_key = PublicKey::mint(brand, &*self.entropy);
        let digest = KeyDigest { master_key_id: MASTER_KEY.to_owned(), bytes: self.digest() };
        let sealed = SealedKey { master_key_id: MASTER_KEY.to_owned(), bytes: self.digest().to_vec() };
        Minted { pair: KeyPair::issue(id, account_id.clone(), public_key, created_at), digest, sealed }
    }

    /// A session that is not stored yet.
    pub fn new_session(&self, user_id: &UserId) -> SessionRecord {
        SessionRecord {
            id: self.session_id(),
            token_digest: self.digest(),
            user_id: user_id.clone(),
            created_at: NOW,
            last_used_at: at(1),
            password_at: at(2),
            address: Some("192.0.2.1".to_owned()),
            user_agent: Some("a browser".to_owned()),
        }
    }

    /// A roll that is not stored yet.
    pub fn new_roll(&self, old: &KeyPair, new: &KeyPair) -> RollRecord {
        RollRecord {
            account_id: old.account_id.clone(),
            submission_id: self.submission(),
            old_pair_id: old.id.clone(),
            new_pair_id: new.id.clone(),
            rolled_at: NOW,
            rolled_by: "an operator".to_owned(),
            rolled_by_user: None,
            reason: None,
            message: None,
        }
    }

    /// A person, stored.
    pub async fn person(&self) -> PersonRecord {
        let person = self.new_person();
        self.write(async |tx| tx.insert_person(&person).await).await.expect("stored");
        person
    }

    /// An account without pairs, stored.
    pub async fn account(&self) -> AccountRecord {
        let account = self.new_account();
        self.write(async |tx| tx.insert_account(&account).await).await.expect("stored");
        account
    }

    /// An admin in no account, stored.
    pub async fn admin(&self) -> AdminRecord {
        let person = self.person().await;
        let admin = self.new_admin(&person.id, &person.email);
        self.write(async |tx| tx.insert_admin(&admin).await).await.expect("stored");
        admin
    }

    /// A person in an account, stored.
    pub async fn join(&self, person: &PersonRecord, account: &AccountRecord, role: Role) -> Membership {
        let membership = Membership { account_id: account.id.clone(), user_id: person.id.clone(), role };
        self.write(async |tx| tx.insert_membership(&membership, NOW).await).await.expect("stored");
        membership
    }

    /// An account's active pair, stored.
    pub async fn active_pair(&self, account: &AccountRecord) -> Minted {
        self.pair_with(account, End::None).await
    }

    /// A pair with an end, stored.
    pub async fn pair_with(&self, account: &AccountRecord, end: End) -> Minted {
        let mut minted = self.new_pair(&account.id, NOW);
        minted.pair.end = end;
        self.insert(&minted).await.expect("stored");
        minted
    }

    /// Stores a pair in a transaction of its own.
    pub async fn insert(&self, minted: &Minted) -> StoreResult<()> {
        self.write(async |tx| tx.insert_pair(&minted.pair, &minted.digest, &minted.sealed).await).await
    }

    /// Stores a pair's end in a transaction of its own.
    pub async fn end(&self, pair: &KeyPair, end: End) -> StoreResult<()> {
        let pair = KeyPair { end, ..pair.clone() };
        self.write(async |tx| tx.update_pair_end(&pair).await).await
    }

    /// Rolls a pair as the product does: ends the old one, adds a new one, records the roll.
    pub async fn roll(&self, old: &KeyPair, end: End) -> StoreResult<(Minted, RollRecord)> {
        let new = self.new_pair(&old.account_id, NOW);
        let record = self.new_roll(old, &new.pair);
        let old = KeyPair { end, ..old.clone() };
        let mut tx = self.store.begin_write().await?;
        tx.update_pair_end(&old).await?;
        tx.insert_pair(&new.pair, &new.digest, &new.sealed).await?;
        tx.insert_roll(&record).await?;
        tx.commit().await?;
        Ok((new, record))
    }
}

/// An end an hour after [`NOW`].
pub const fn scheduled() -> End {
    End::Scheduled { rolled_at: NOW, expires_at: NOW.plus(Duration::hours(1)) }
}

/// An end that has passed.
pub const fn passed() -> End {
    End::Passed { rolled_at: NOW, expires_at: NOW.plus(Duration::hours(1)) }
}

/// An end at once.
pub const fn revoked() -> End {
    End::Revoked { revoked_at: NOW }
}

/// Panics unless a constraint refused the write, and it was this one.
#[track_caller]
pub fn assert_conflict<T: std::fmt::Debug>(outcome: &StoreResult<T>, expected: Conflict) {
    assert!(matches!(outcome, Err(StoreError::Conflict(conflict)) if *conflict == expected), "{outcome:?}");
}

/// Panics unless the database failed, which is not a refusal.
#[track_caller]
pub fn assert_failed<T: std::fmt::Debug>(outcome: &StoreResult<T>) {
    assert!(matches!(outcome, Err(StoreError::Failed { .. })), "{outcome:?}");
}
