//! The hot path: whose request is this?
//!
//! A text that is no key is refused by its shape; a working key is found in memory; what is left is looked up in the
//! database, a few at a time, and remembered if it is refused.

use crate::limits::Wait;
use crate::store::PairWithAccount;
use crate::verification::{Dead, HalfDigest, Looked};
use crate::{Backend, Result};
use domain::key_format::{Presented, recognise};
use domain::key_pair::End;
use domain::{AccountId, KeyPairState, PairId, PrivateKey, PublicKey, Timestamp};
use std::net::IpAddr;

/// What a presented private key turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It authenticates its account's requests.
    Valid(Authenticated),
    /// Malformed, or nobody's.
    Unknown,
    /// A public key: the commonest mistake.
    Public,
    /// An installation key: it authenticates no account, only systems at the provisioning API.
    Installation,
    /// It was valid until its scheduled end.
    Expired,
    /// It was valid until it was ended at once.
    Revoked,
    /// It is valid, but its account is disabled.
    AccountDisabled,
    /// It does not work. What else it is is not told, because too much has failed where it comes from.
    TooManyFailures(Wait),
}

/// Whose request it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticated {
    /// The account.
    pub account_id: AccountId,
    /// The company's own customer id.
    pub external_id: Option<String>,
    /// The pair.
    pub pair_id: PairId,
    /// Its public half.
    pub public_key: PublicKey,
    /// Active or expiring.
    pub state: KeyPairState,
    /// When the pair was rolled, if it is expiring: what `Deprecation` (RFC 9745) says.
    pub rolled_at: Option<Timestamp>,
}

/// A verdict, and which pair it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What the key turned out to be.
    pub verdict: Verdict,
    /// The pair that it is the private half of, if it does not work: one that is dead or whose account is disabled.
    refused: Option<PairId>,
}

impl Checked {
    /// The pair it is the private half of, also one that is dead or whose account is disabled; `None` for what is nobody's.
    pub fn pair_id(&self) -> Option<&PairId> {
        match &self.verdict {
            Verdict::Valid(caller) => Some(&caller.pair_id),
            _ => self.refused.as_ref(),
        }
    }

    fn nobodys(verdict: Verdict) -> Self {
        Self { verdict, refused: None }
    }

    fn valid(caller: Authenticated) -> Self {
        Self { verdict: Verdict::Valid(caller), refused: None }
    }

    fn refused(verdict: Verdict, pair_id: PairId) -> Self {
        Self { verdict, refused: Some(pair_id) }
    }

    /// The same, if it stays so for ever.
    pub(crate) fn dead(&self) -> Option<Dead> {
        match (&self.verdict, &self.refused) {
            (Verdict::Unknown, _) => Some(Dead::Unknown),
            (Verdict::Expired, Some(pair)) => Some(Dead::Expired(pair.clone())),
            (Verdict::Revoked, Some(pair)) => Some(Dead::Revoked(pair.clone())),
            (Verdict::Expired | Verdict::Revoked, None)
            | (
                Verdict::Valid(_)
                | Verdict::Public
                | Verdict::Installation
                | Verdict::AccountDisabled
                | Verdict::TooManyFailures(_),
                _,
            ) => None,
        }
    }
}

impl From<Dead> for Checked {
    fn from(dead: Dead) -> Self {
        match dead {
            Dead::Unknown => Self::nobodys(Verdict::Unknown),
            Dead::Expired(pair) => Self::refused(Verdict::Expired, pair),
            Dead::Revoked(pair) => Self::refused(Verdict::Revoked, pair),
        }
    }
}

impl Backend {
    /// Decides whose request carries `presented` in the place of a private key. See [`Self::check_key`]. What fails is not
    /// counted.
    pub async fn authenticate(&self, presented: &str) -> Result<Verdict> {
        Ok(self.check_key(presented, || None).await?.verdict)
    }

    /// Decides whose request carries `presented` in the place of a private key, and says which pair it was.
    ///
    /// A text that is not shaped like a key costs no database access, and neither does a key that works, as long as this
    /// process is an instance and has its index up to date; see [`crate::verification`]. Otherwise the database is asked.
    ///
    /// What fails is counted against the address that `from` answers, which is asked for nothing else; see
    /// [`crate::limits`]. Once that has failed too often, only a key that works or whose account is disabled is told what it
    /// is, and nothing is looked up that this process knows not to work.
    pub async fn check_key(&self, presented: &str, from: impl FnOnce() -> Option<IpAddr> + Send) -> Result<Checked> {
        let key = match recognise(&self.policy.brand, presented) {
            Presented::PrivateKey(key) => key,
            Presented::PublicKey => return Ok(self.failed(Verdict::Public, from())),
            Presented::InstallationKey(_) => return Ok(self.failed(Verdict::Installation, from())),
            Presented::Malformed => {
                self.verification.counts.malformed();
                return Ok(self.failed(Verdict::Unknown, from()));
            }
        };
        // Whether it works only the database can say then, however often its address has failed.
        if !self.verification.is_current(self.clock.uptime()) {
            return Ok(self.count_if_failed(Box::pin(self.look_up(&key)).await?, from));
        }
        let Some(newest) = self.sealer.newest_half_digest(&key) else {
            return Ok(self.count_if_failed(Box::pin(self.look_up(&key)).await?, from));
        };
        let mut halves = std::iter::once(newest).chain(self.sealer.older_half_digests(&key));
        match halves.find_map(|half| self.verification.look(half, self.clock.now())) {
            Some(Looked::Working(caller)) if !self.may_have_passed(&caller) => Ok(Checked::valid(caller)),
            Some(Looked::Disabled(pair_id)) => Ok(Checked::refused(Verdict::AccountDisabled, pair_id)),
            // Nobody can have many of these: each is written down, and then not in the index any more.
            Some(Looked::Working(_) | Looked::Passed) => {
                Ok(self.count_if_failed(Box::pin(self.look_up(&key)).await?, from))
            }
            None => match self.failures.count(from()) {
                Ok(()) => Box::pin(self.refuse_or_look_up(newest, &key)).await,
                Err(wait) => {
                    // Not told, and counted for the pair's owner, as far as it costs nothing to know.
                    let refused = self.verification.refused(newest).and_then(|dead| Checked::from(dead).refused);
                    Ok(Checked { verdict: Verdict::TooManyFailures(wait), refused })
                }
            },
        }
    }

    /// What is told of something that is no private key.
    fn failed(&self, verdict: Verdict, from: Option<IpAddr>) -> Checked {
        Checked::nobodys(self.failures.count(from).map_or_else(Verdict::TooManyFailures, |()| verdict))
    }

    /// What is told of a key that was looked up.
    fn count_if_failed(&self, checked: Checked, from: impl FnOnce() -> Option<IpAddr>) -> Checked {
        match &checked.verdict {
            // Only its holder has a key that is right: nothing was guessed, and no look-up was in vain.
            Verdict::Valid(_) | Verdict::AccountDisabled | Verdict::TooManyFailures(_) => checked,
            Verdict::Unknown | Verdict::Public | Verdict::Installation | Verdict::Expired | Verdict::Revoked => {
                let verdict = self.failures.count(from()).map_or_else(Verdict::TooManyFailures, |()| checked.verdict);
                Checked { verdict, refused: checked.refused }
            }
        }
    }

    /// Whether its end was seen to pass once and could not be written down.
    fn may_have_passed(&self, caller: &Authenticated) -> bool {
        caller.rolled_at.is_some() && !self.unwritten_ends.is_empty()
    }

    async fn refuse_or_look_up(&self, half: HalfDigest, key: &PrivateKey) -> Result<Checked> {
        if let Some(dead) = self.verification.refused(half) {
            return Ok(dead.into());
        }
        let _turn = self.verification.turn_to_look_up().await;
        // Another request with the same key may have been before this one in the queue.
        if let Some(dead) = self.verification.refused(half) {
            return Ok(dead.into());
        }
        let checked = self.look_up(key).await?;
        self.remember_if_refused(half, &checked);
        Ok(checked)
    }

    /// Asks the database.
    async fn look_up(&self, key: &PrivateKey) -> Result<Checked> {
        let digests = self.sealer.digests(key)?;
        self.verification.counts.looked_up();
        let Some(PairWithAccount { pair, account }) = self.store.find_pair_by_digest(&digests).await? else {
            return Ok(Checked::nobodys(Verdict::Unknown));
        };
        let now = self.clock.now();
        let pair = self.unwritten_ends.apply(pair);
        let state = pair.state(now);
        if pair.settle(now).is_some() {
            self.write_down_expiry(&account.id, std::slice::from_ref(&pair), now).await;
        }
        let checked = match state {
            KeyPairState::Expired { .. } => Checked::refused(Verdict::Expired, pair.id),
            KeyPairState::Revoked { .. } => Checked::refused(Verdict::Revoked, pair.id),
            KeyPairState::Active | KeyPairState::Expiring { .. } if account.disabled_at.is_some() => {
                Checked::refused(Verdict::AccountDisabled, pair.id)
            }
            KeyPairState::Active | KeyPairState::Expiring { .. } => Checked::valid(Authenticated {
                account_id: account.id,
                external_id: account.external_id,
                pair_id: pair.id,
                public_key: pair.public_key,
                state,
                rolled_at: match pair.end {
                    End::Scheduled { rolled_at, .. } => Some(rolled_at),
                    End::None | End::Passed { .. } | End::Revoked { .. } => None,
                },
            }),
        };
        if !state.works() {
            // The program is told that the pair is dead, so it has to be dead everywhere.
            self.before_telling().await;
        }
        Ok(checked)
    }
}
