//! Installation keys: how the company's own systems come to the provisioning API.
//!
//! Operators make, list, roll and revoke them. A key is shown once, when it is made; nobody can reveal it later, so a lost
//! one is rolled. What a key may do is said by its scopes and decided in [`crate::RequestContext::authorize_everywhere`].

use crate::limits::Wait;
use crate::record::Happened;
use crate::store::{InstallationKeyRecord, WriteTx};
use crate::{Backend, Caller, Error, InstallationCaller, RequestContext, Result};
use domain::audit::{Act, Detail, Target};
use domain::installation_key::Life;
use domain::key_format::{Presented, recognise, without_private_keys};
use domain::{
    Duration, ExpireOld, InstallationKey, InstallationKeyId, InstallationKeyState, Refusal, Scope, Timestamp,
};
use std::net::IpAddr;

/// The longest name of a key, in characters.
pub const KEY_NAME_CHARS: usize = 100;

/// A use that is noted makes others within this time not worth a write.
pub const USE_NOTED_EVERY: Duration = Duration::hours(1);

/// A key just made, with the key itself: answered once.
#[derive(Debug)]
pub struct IssuedInstallationKey {
    /// The key as stored.
    pub record: InstallationKeyRecord,
    /// The key itself.
    pub key: InstallationKey,
}

/// A roll of an installation key.
#[derive(Debug)]
pub struct RolledInstallationKey {
    /// The key that takes over, with the same name and scopes.
    pub new: IssuedInstallationKey,
    /// The key that was, with its end.
    pub old: InstallationKeyRecord,
}

/// The installation's keys, as of one instant.
#[derive(Debug)]
pub struct InstallationKeys {
    /// The newest first.
    pub keys: Vec<InstallationKeyRecord>,
    /// The instant the states are to be computed at.
    pub now: Timestamp,
}

/// What a text in the place of an installation key turned out to be.
#[derive(Debug)]
pub enum InstallationVerdict {
    /// One that works.
    Valid(InstallationCaller),
    /// Malformed, or nobody's.
    Unknown,
    /// The private key of an account.
    PrivateKey,
    /// The public key of an account.
    PublicKey,
    /// It worked until its scheduled end.
    Expired,
    /// It worked until it was ended at once.
    Revoked,
    /// It does not work. What else it is is not told, because too much has failed where it comes from.
    TooManyFailures(Wait),
}

impl Backend {
    /// Makes an installation key.
    ///
    /// Refusals: [`Refusal::NameInvalid`] unless the name has 1 to [`KEY_NAME_CHARS`] printable characters,
    /// [`Refusal::InvalidInput`] without a scope.
    pub async fn create_installation_key(
        &self,
        context: &RequestContext,
        name: &str,
        scopes: &[Scope],
    ) -> Result<IssuedInstallationKey> {
        let created_by = operator(context)?;
        let name = without_private_keys(&self.policy.brand, name.trim());
        if name.is_empty() || name.chars().count() > KEY_NAME_CHARS || name.chars().any(char::is_control) {
            return Err(Refusal::NameInvalid.into());
        }
        let mut scopes = scopes.to_vec();
        scopes.sort_unstable();
        scopes.dedup();
        if scopes.is_empty() {
            return Err(Refusal::InvalidInput.into());
        }
        let mut tx = self.store.begin_write().await?;
        let now = self.clock.now();
        let issued = self.issue_installation_key(tx.as_mut(), created_by, name, scopes, now).await?;
        let happened = about(Act::InstallationKeyCreate, &[&issued.record]);
        self.record(tx.as_mut(), context, now, happened).await?;
        tx.commit().await?;
        Ok(issued)
    }

    /// Every installation key there ever was, the newest first.
    pub async fn list_installation_keys(&self, context: &RequestContext) -> Result<InstallationKeys> {
        operator(context)?;
        let mut keys = self.store.list_installation_keys().await?;
        let now = self.clock.now();
        for key in &mut keys {
            self.write_down_end(key, now).await;
        }
        Ok(InstallationKeys { keys, now })
    }

    /// Makes a key with the same name and scopes, and gives the old one its end.
    ///
    /// Refusals: [`Refusal::NotFound`], and those of [`Life::roll`].
    pub async fn roll_installation_key(
        &self,
        context: &RequestContext,
        key_id: &InstallationKeyId,
        expire_old: ExpireOld,
    ) -> Result<RolledInstallationKey> {
        let created_by = operator(context)?;
        let mut tx = self.store.begin_write().await?;
        let now = self.clock.now();
        let old = tx.find_installation_key(key_id).await?.ok_or(Refusal::NotFound)?;
        let life = old.life.roll(expire_old, self.policy.longest_overlap, now)?;
        tx.update_installation_key_life(key_id, life).await?;
        let (name, scopes) = (old.name.clone(), old.scopes.clone());
        let new = self.issue_installation_key(tx.as_mut(), created_by, name, scopes, now).await?;
        let happened = about(Act::InstallationKeyRoll, &[&old, &new.record]).with_detail(Detail::Roll {
            expire_old,
            expires_at: life.expires_at,
            reason: None,
            message: None,
        });
        self.record(tx.as_mut(), context, now, happened).await?;
        tx.commit().await?;
        Ok(RolledInstallationKey { new, old: InstallationKeyRecord { life, ..old } })
    }

    /// Ends a key that works at once: the very next request with it is refused.
    ///
    /// Refusals: [`Refusal::NotFound`], [`Refusal::PairEnded`].
    pub async fn revoke_installation_key(
        &self,
        context: &RequestContext,
        key_id: &InstallationKeyId,
    ) -> Result<InstallationKeyRecord> {
        operator(context)?;
        let mut tx = self.store.begin_write().await?;
        let now = self.clock.now();
        let key = tx.find_installation_key(key_id).await?.ok_or(Refusal::NotFound)?;
        let life = key.life.revoke(now)?;
        tx.update_installation_key_life(key_id, life).await?;
        self.record(tx.as_mut(), context, now, about(Act::InstallationKeyRevoke, &[&key])).await?;
        tx.commit().await?;
        Ok(InstallationKeyRecord { life, ..key })
    }

    /// Decides which of the company's own systems carries `presented` in the place of an installation key.
    ///
    /// As with private keys, what is not shaped like a key costs no database access; otherwise the database is asked every
    /// time. What fails is counted against the address `from`, and one that works passes from everywhere; see [`crate::limits`].
    pub async fn authenticate_installation(
        &self,
        presented: &str,
        from: Option<IpAddr>,
    ) -> Result<InstallationVerdict> {
        let verdict = self.judge_installation(presented).await?;
        match verdict {
            InstallationVerdict::Valid(_) | InstallationVerdict::TooManyFailures(_) => Ok(verdict),
            InstallationVerdict::Unknown
            | InstallationVerdict::PrivateKey
            | InstallationVerdict::PublicKey
            | InstallationVerdict::Expired
            | InstallationVerdict::Revoked => {
                Ok(self.failures.count(from).map_or_else(InstallationVerdict::TooManyFailures, |()| verdict))
            }
        }
    }

    async fn judge_installation(&self, presented: &str) -> Result<InstallationVerdict> {
        let key = match recognise(&self.policy.brand, presented) {
            Presented::InstallationKey(key) => key,
            Presented::PrivateKey(_) => return Ok(InstallationVerdict::PrivateKey),
            Presented::PublicKey => return Ok(InstallationVerdict::PublicKey),
            Presented::Malformed => return Ok(InstallationVerdict::Unknown),
        };
        let digests = self.sealer.digests_installation_key(&key)?;
        let Some(mut key) = self.store.find_installation_key_by_digest(&digests).await? else {
            return Ok(InstallationVerdict::Unknown);
        };
        let now = self.clock.now();
        self.write_down_end(&mut key, now).await;
        match key.life.state(now) {
            InstallationKeyState::Active | InstallationKeyState::Expiring { .. } => {
                self.note_key_use(&key, now).await;
                let InstallationKeyRecord { id, name, scopes, .. } = key;
                Ok(InstallationVerdict::Valid(InstallationCaller { id, name, scopes }))
            }
            InstallationKeyState::Expired { .. } => Ok(InstallationVerdict::Expired),
            InstallationKeyState::Revoked { .. } => Ok(InstallationVerdict::Revoked),
        }
    }

    async fn issue_installation_key(
        &self,
        tx: &mut dyn WriteTx,
        created_by: &str,
        name: String,
        scopes: Vec<Scope>,
        now: Timestamp,
    ) -> Result<IssuedInstallationKey> {
        let key = InstallationKey::mint(&self.policy.brand, self.entropy.as_ref());
        let record = InstallationKeyRecord {
            id: InstallationKeyId::mint(now, self.entropy.as_ref()),
            name,
            scopes,
            created_by: created_by.to_owned(),
            created_at: now,
            last_used_at: None,
            life: Life::default(),
        };
        tx.insert_installation_key(&record, &self.sealer.digest_installation_key(&key)?).await?;
        Ok(IssuedInstallationKey { record, key })
    }

    /// Writes down that a scheduled end has passed, before anybody is told: a clock that steps back does not revive the
    /// key then. If it cannot be written down, the key is refused all the same.
    async fn write_down_end(&self, key: &mut InstallationKeyRecord, now: Timestamp) {
        let Some(settled) = key.life.settle(now) else {
            return;
        };
        key.life = settled;
        let written: Result<()> = async {
            let mut tx = self.store.begin_write().await?;
            // Written by somebody else meanwhile, or revoked.
            let unsettled = tx.find_installation_key(&key.id).await?.and_then(|key| key.life.settle(now));
            if let Some(life) = unsettled {
                tx.update_installation_key_life(&key.id, life).await?;
                tx.commit().await?;
            }
            Ok(())
        }
        .await;
        log(written, key, "could not write down that an installation key has expired; it is refused all the same");
    }

    /// Notes that a key was used, now and then. Whoever uses it is served whether or not that can be written.
    async fn note_key_use(&self, key: &InstallationKeyRecord, now: Timestamp) {
        // Also after a clock that stepped back.
        let noted = |at: Timestamp| at <= now && now < at.plus(USE_NOTED_EVERY);
        if key.last_used_at.is_some_and(noted) {
            return;
        }
        let written: Result<()> = async {
            let mut tx = self.store.begin_write().await?;
            tx.touch_installation_key(&key.id, now).await?;
            Ok(tx.commit().await?)
        }
        .await;
        log(written, key, "could not note that an installation key was used");
    }
}

fn log(written: Result<()>, key: &InstallationKeyRecord, what: &'static str) {
    let error = match written {
        Ok(()) => return,
        Err(Error::Fault(fault)) => fault.chain(),
        Err(Error::Refused(refusal)) => refusal.code().to_owned(),
    };
    tracing::error!(installation_key = %key.id, error, "{what}");
}

/// The operator's name; nobody else makes, sees or ends installation keys.
fn operator(context: &RequestContext) -> Result<&str> {
    match &context.caller {
        Caller::Operator(name) => Ok(name),
        Caller::Person(_) | Caller::Admin(_) | Caller::Installation(_) => Err(Error::Refused(Refusal::NotAllowed)),
        Caller::Anonymous => Err(Error::Refused(Refusal::SignedOut)),
    }
}

fn about(act: Act, keys: &[&InstallationKeyRecord]) -> Happened {
    Happened::new(act, None, keys.iter().map(|key| Target::InstallationKey(key.id.clone())).collect())
}
