//! The hot path: whose request is this?

use crate::store::PairWithAccount;
use crate::{Backend, Result};
use domain::key_format::{Presented, recognise};
use domain::key_pair::End;
use domain::{AccountId, KeyPairState, PairId, PublicKey, Timestamp};

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

impl Backend {
    /// Decides whose request carries `presented` in the place of a private key.
    ///
    /// A text that is not shaped like a key costs no database access. The database is asked every time, so a pair that
    /// was ended a moment ago, by this process or another, is refused.
    pub async fn authenticate(&self, presented: &str) -> Result<Verdict> {
        let key = match recognise(&self.policy.brand, presented) {
            Presented::PrivateKey(key) => key,
            Presented::PublicKey => return Ok(Verdict::Public),
            Presented::InstallationKey(_) => return Ok(Verdict::Installation),
            Presented::Malformed => return Ok(Verdict::Unknown),
        };
        let digests = self.sealer.digests(&key)?;
        let Some(PairWithAccount { pair, account }) = self.store.find_pair_by_digest(&digests).await? else {
            return Ok(Verdict::Unknown);
        };
        let now = self.clock.now();
        let pair = self.unwritten_ends.apply(pair);
        let state = pair.state(now);
        if pair.settle(now).is_some() {
            self.write_down_expiry(&account.id, std::slice::from_ref(&pair), now).await;
        }
        Ok(match state {
            KeyPairState::Expired { .. } => Verdict::Expired,
            KeyPairState::Revoked { .. } => Verdict::Revoked,
            KeyPairState::Active | KeyPairState::Expiring { .. } if account.disabled_at.is_some() => {
                Verdict::AccountDisabled
            }
            KeyPairState::Active | KeyPairState::Expiring { .. } => Verdict::Valid(Authenticated {
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
        })
    }
}
