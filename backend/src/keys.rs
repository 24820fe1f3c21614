//! The pairs of an account: issue, list, reveal, roll, revoke.

use crate::console::check_reason;
use crate::record::Happened;
use crate::store::{AccountRecord, RollRecord, WriteTx};
use crate::{Backend, Caller, Error, RequestContext, Result};
use domain::audit::{Act, Actor, Detail, Target};
use domain::key_format::without_private_keys;
use domain::key_pair::End;
use domain::{
    AccountId, ExpireOld, KeyPair, KeyPairState, PairId, Password, Permission, PrivateKey, PublicKey, Refusal,
    SubmissionId, Timestamp,
};

/// Who rolled, for an admin: the people of the account need no more than that.
pub const AN_ADMIN: &str = "an admin";
/// Who rolled, for an operator.
pub const AN_OPERATOR: &str = "an operator";

/// The longest reason, in characters.
pub const REASON_CHARS: usize = 500;

/// The longest message to owners, in characters.
pub const MESSAGE_CHARS: usize = 1_000;

/// A pair with its private key: the answer that made it, and nothing else, carries one.
#[derive(Debug)]
pub struct IssuedPair {
    /// The pair.
    pub pair: KeyPair,
    /// Its private key.
    pub private_key: PrivateKey,
}

/// A roll as asked for.
#[derive(Debug)]
pub struct RollRequest {
    /// Whose keys.
    pub account_id: AccountId,
    /// The pair to replace; `None` for whichever is active (the command line, where nobody looked at one before).
    pub pair_id: Option<PairId>,
    /// When the old pair ends.
    pub expire_old: ExpireOld,
    /// Why, for the record.
    pub reason: Option<String>,
    /// What the account's people are told beside it, if anything: plain text, its line breaks kept.
    pub message: Option<String>,
    /// Which press of the button this is.
    pub submission_id: SubmissionId,
    /// The person's password, if it is due.
    pub password: Option<Password>,
}

/// What a roll answers.
#[derive(Debug)]
pub enum Rolled {
    /// It happened now.
    Done {
        /// The pair that is active now, with its private key.
        new: IssuedPair,
        /// The pair that was.
        old: KeyPair,
    },
    /// This very submission rolled before, and its answer was lost. The private key is a reveal away.
    Already {
        /// The pair that took over then.
        new: KeyPair,
        /// The pair that was.
        old: KeyPair,
    },
}

/// An account's pairs, as of one instant.
#[derive(Debug)]
pub struct AccountKeys {
    /// The account.
    pub account: AccountRecord,
    /// Its pairs, newest first.
    pub pairs: Vec<KeyPair>,
    /// The latest roll.
    pub latest_roll: Option<RollRecord>,
    /// The instant the states are to be computed at.
    pub now: Timestamp,
}

/// A write transaction that holds an account, and what it found there.
struct Locked {
    tx: Box<dyn WriteTx>,
    now: Timestamp,
    /// Newest first.
    pairs: Vec<KeyPair>,
}

impl Backend {
    /// An account's pairs and its latest roll.
    ///
    /// A scheduled end that has passed is written down before it is told, so that no later answer contradicts this one.
    /// If it cannot be written down (a full disk), it is told all the same: a page that only reads still answers.
    pub async fn list_keys(&self, context: &RequestContext, account_id: &AccountId) -> Result<AccountKeys> {
        context.authorize(account_id, Permission::ViewKeys)?;
        let account = self.store.find_account(account_id).await?.ok_or(Refusal::NotFound)?;
        let mut pairs = self.read_pairs(account_id).await?;
        let now = self.clock.now();
        if pairs.iter().any(|pair| pair.settle(now).is_some()) {
            self.write_down_expiry(account_id, &pairs, now).await;
            pairs = self.read_pairs(account_id).await?;
        }
        let latest_roll = self.store.find_latest_roll(account_id).await?;
        self.before_telling().await;
        Ok(AccountKeys { account, pairs, latest_roll, now })
    }

    pub(crate) async fn read_pairs(&self, account_id: &AccountId) -> Result<Vec<KeyPair>> {
        let pairs = self.store.list_pairs(account_id).await?;
        Ok(pairs.into_iter().map(|pair| self.unwritten_ends.apply(pair)).collect())
    }

    /// Answers a private key to somebody who has just proved who they are; `None` asks for the active pair's.
    ///
    /// The audit record is committed before the ciphertext is opened: no key leaves unrecorded.
    pub async fn reveal(
        &self,
        context: &RequestContext,
        account_id: &AccountId,
        pair_id: Option<&PairId>,
        password: Option<&Password>,
    ) -> Result<IssuedPair> {
        let answer = self.try_reveal(context, account_id, pair_id, password).await;
        let targets = pair_id.map(|pair| Target::Pair(pair.clone())).into_iter().collect();
        let refused = Happened::new(Act::KeyRevealRefused, own_account(context, account_id), targets);
        self.record_refusal(context, refused, answer).await
    }

    async fn try_reveal(
        &self,
        context: &RequestContext,
        account_id: &AccountId,
        pair_id: Option<&PairId>,
        password: Option<&Password>,
    ) -> Result<IssuedPair> {
        context.authorize(account_id, Permission::RevealKey)?;
        self.step_up(context, password).await?;
        let Locked { mut tx, now, pairs } = self.lock_pairs(account_id).await?;
        let pair = choose(pairs, pair_id, now)?;
        pair.check_revealable(now)?;
        let sealed = tx.find_sealed_key(&pair.id).await?.ok_or(Refusal::PairEnded)?;
        let happened = Happened::new(Act::KeyReveal, Some(account_id), vec![Target::Pair(pair.id.clone())]);
        self.record(tx.as_mut(), context, now, happened).await?;
        tx.commit().await?;
        let private_key = self.sealer.open(&sealed, account_id, &pair.id, &self.policy.brand)?;
        Ok(IssuedPair { pair, private_key })
    }

    /// Replaces the active pair, and gives the old one its end.
    ///
    /// Of two rolls naming the same pair one wins; the other is [`Refusal::PairAlreadyRolled`]. A retry of the same
    /// submission answers [`Rolled::Already`].
    pub async fn roll(&self, context: &RequestContext, mut request: RollRequest) -> Result<Rolled> {
        let account_id = request.account_id.clone();
        // Whoever rolls because a key leaked may well paste it as the reason, and reasons are kept and shown.
        request.reason = request.reason.map(|reason| without_private_keys(&self.policy.brand, &reason));
        let targets = request.pair_id.clone().map(Target::Pair).into_iter().collect();
        let answer = self.try_roll(context, request).await;
        let refused = Happened::new(Act::KeyRollRefused, own_account(context, &account_id), targets);
        self.record_refusal(context, refused, answer).await
    }

    async fn try_roll(&self, context: &RequestContext, mut request: RollRequest) -> Result<Rolled> {
        context.authorize(&request.account_id, Permission::RollKeys)?;
        check_reason(context, request.reason.as_deref())?;
        request.message = self.check_message(request.message.as_deref())?;
        let account_id = &request.account_id;
        self.step_up(context, request.password.as_ref()).await?;

        let Locked { mut tx, now, pairs } = self.lock_pairs(account_id).await?;
        if let Some(earlier) = tx.find_roll(account_id, &request.submission_id).await? {
            return repeat(earlier, request.pair_id.as_ref(), &pairs);
        }
        let old = self.decide_roll(pairs, request.pair_id.as_ref(), request.expire_old, now)?;
        let new = self.write_roll(tx.as_mut(), context, context.actor(), &request, &old, now).await?;
        tx.commit().await?;
        self.before_telling().await;
        Ok(Rolled::Done { new, old })
    }

    /// A message to owners as it is kept: without private keys and control characters, its line breaks kept. `None` for
    /// one that says nothing.
    pub(crate) fn check_message(&self, message: Option<&str>) -> std::result::Result<Option<String>, Refusal> {
        let message = message.unwrap_or_default().replace("\r\n", "\n");
        let tidy: String = message.chars().filter(|c| *c == '\n' || !c.is_control()).collect();
        let message = without_private_keys(&self.policy.brand, tidy.trim());
        if message.chars().count() > MESSAGE_CHARS {
            return Err(Refusal::MessageTooLong);
        }
        Ok(Some(message).filter(|message| !message.is_empty()))
    }

    /// The pair that a roll would replace, or whichever is active, with the end it would get. Writes nothing, so whoever is
    /// refused here has changed nothing.
    pub(crate) fn decide_roll(
        &self,
        pairs: Vec<KeyPair>,
        pair_id: Option<&PairId>,
        expire_old: ExpireOld,
        now: Timestamp,
    ) -> std::result::Result<KeyPair, Refusal> {
        let working_after = pairs.iter().filter(|pair| pair.state(now).works()).count() + 1;
        let active = choose(pairs, pair_id, now)?;
        Ok(active.roll(expire_old, self.policy.longest_overlap, working_after, now)?.old)
    }

    /// Writes a roll that was decided, with its record, in the caller's transaction. That has to hold the account since
    /// before the decision, and to be dropped if this fails.
    pub(crate) async fn write_roll(
        &self,
        tx: &mut dyn WriteTx,
        context: &RequestContext,
        actor: Actor,
        request: &RollRequest,
        old: &KeyPair,
        now: Timestamp,
    ) -> Result<IssuedPair> {
        tx.update_pair_end(old).await?;
        let new = self.issue(tx, &request.account_id, now).await?;
        tx.insert_roll(&roll_record(&actor, request, old, &new.pair, now)).await?;
        let happened = rolled(&request.account_id, old, &new.pair, request, now);
        self.record_as(tx, context, actor, now, happened).await?;
        Ok(new)
    }

    /// Ends an expiring pair at once. Ending one that has ended already is refused, and changes nothing.
    pub async fn revoke(
        &self,
        context: &RequestContext,
        account_id: &AccountId,
        pair_id: &PairId,
        password: Option<&Password>,
    ) -> Result<KeyPair> {
        let answer = self.try_revoke(context, account_id, pair_id, password).await;
        let targets = vec![Target::Pair(pair_id.clone())];
        let refused = Happened::new(Act::KeyRevokeRefused, own_account(context, account_id), targets);
        self.record_refusal(context, refused, answer).await
    }

    async fn try_revoke(
        &self,
        context: &RequestContext,
        account_id: &AccountId,
        pair_id: &PairId,
        password: Option<&Password>,
    ) -> Result<KeyPair> {
        context.authorize(account_id, Permission::RevokeKeys)?;
        self.step_up(context, password).await?;
        let Locked { mut tx, now, pairs } = self.lock_pairs(account_id).await?;
        let pair = choose(pairs, Some(pair_id), now)?.revoke(now)?;
        tx.update_pair_end(&pair).await?;
        let happened = Happened::new(Act::KeyRevoke, Some(account_id), vec![Target::Pair(pair.id.clone())]);
        self.record(tx.as_mut(), context, now, happened).await?;
        tx.commit().await?;
        self.before_telling().await;
        Ok(pair)
    }

    /// A fresh name for one press of "Roll keys".
    pub fn mint_submission(&self) -> SubmissionId {
        SubmissionId::mint(self.clock.now(), self.entropy.as_ref())
    }

    /// Makes a pair and adds it as the account's active one.
    pub(crate) async fn issue(
        &self,
        tx: &mut dyn WriteTx,
        account_id: &AccountId,
        now: Timestamp,
    ) -> Result<IssuedPair> {
        let (brand, entropy) = (&self.policy.brand, self.entropy.as_ref());
        let private_key = PrivateKey::mint(brand, entropy);
        let public_key = PublicKey::mint(brand, entropy);
        let pair = KeyPair::issue(PairId::mint(now, entropy), account_id.clone(), public_key, now);
        let digest = self.sealer.digest(&private_key)?;
        let sealed = self.sealer.seal(&private_key, account_id, &pair.id, entropy)?;
        tx.insert_pair(&pair, &digest, &sealed).await?;
        Ok(IssuedPair { pair, private_key })
    }

    /// Begins to write, with the account locked and none of its ends passed without being written down.
    ///
    /// What has passed is committed on its own, before anything is decided: whoever is then told that a pair has ended,
    /// or is given another in its place, is never contradicted by a clock that steps back, not even if what they asked
    /// for is refused.
    async fn lock_pairs(&self, account_id: &AccountId) -> Result<Locked> {
        loop {
            let mut tx = self.store.begin_write().await?;
            tx.lock_account(account_id).await?.ok_or(Refusal::NotFound)?;
            // Read once the transaction holds the lock: durations count from the commit, not from the click.
            let now = self.clock.now();
            let pairs = tx.list_pairs(account_id).await?;
            if pairs.iter().all(|pair| pair.settle(now).is_none()) {
                return Ok(Locked { tx, now, pairs });
            }
            for pair in &pairs {
                self.settle_pair(tx.as_mut(), pair, now).await?;
            }
            tx.commit().await?;
        }
    }

    /// Writes down which of the account's scheduled ends have passed, before anybody is told: a clock that steps back
    /// cannot revive the pair then.
    ///
    /// If it cannot be written down, the process remembers, and the sweep writes it once that is possible again.
    pub(crate) async fn write_down_expiry(&self, account_id: &AccountId, pairs: &[KeyPair], now: Timestamp) {
        if let Err(error) = self.settle_account(account_id).await {
            self.unwritten_ends.remember(pairs, now);
            let error = match error {
                Error::Fault(fault) => fault.chain(),
                Error::Refused(refusal) => refusal.code().to_owned(),
            };
            tracing::error!(%account_id, error, "could not write down that a pair has expired; it is refused all the same");
        }
    }

    /// Writes down which of the account's scheduled ends have passed.
    async fn settle_account(&self, account_id: &AccountId) -> Result<()> {
        self.lock_pairs(account_id).await.map(drop)
    }

    /// The same for one pair, in the caller's transaction. Does nothing when it has not passed, or is written already.
    pub(crate) async fn settle_pair(&self, tx: &mut dyn WriteTx, pair: &KeyPair, now: Timestamp) -> Result<()> {
        let Some(settled) = pair.settle(now) else {
            return Ok(());
        };
        tx.update_pair_end(&settled).await?;
        let mut happened = Happened::new(Act::KeyExpire, Some(&pair.account_id), vec![Target::Pair(pair.id.clone())]);
        if let End::Passed { expires_at, .. } = settled.end {
            happened = happened.with_detail(Detail::Expiry { expires_at });
        }
        self.record_as(tx, &system_context(), Actor::System, now, happened).await
    }
}

/// The context of what Latchkey does by itself.
pub(crate) fn system_context() -> RequestContext {
    RequestContext {
        caller: Caller::Anonymous,
        address: None,
        user_agent: None,
        request_id: "system".to_owned(),
        device: None,
    }
}

/// The pair with this id, or the active one. An id of another account's pair is not among `pairs`, so it is missing.
fn choose(pairs: Vec<KeyPair>, pair_id: Option<&PairId>, now: Timestamp) -> std::result::Result<KeyPair, Refusal> {
    let wanted = |pair: &KeyPair| match pair_id {
        Some(id) => pair.id == *id,
        None => pair.state(now) == KeyPairState::Active,
    };
    pairs.into_iter().find(wanted).ok_or(Refusal::NotFound)
}

/// A stranger's attempt on an account is recorded without that account: its owner has no business with it, and the
/// record must not claim that the account exists.
fn own_account<'a>(context: &RequestContext, account_id: &'a AccountId) -> Option<&'a AccountId> {
    context.authorize(account_id, Permission::ViewKeys).is_ok().then_some(account_id)
}

fn repeat(earlier: RollRecord, pair_id: Option<&PairId>, pairs: &[KeyPair]) -> Result<Rolled> {
    if pair_id.is_some_and(|pair| *pair != earlier.old_pair_id) {
        return Err(Refusal::InvalidInput.into());
    }
    let find = |id: &PairId| pairs.iter().find(|pair| pair.id == *id).cloned().ok_or(Refusal::NotFound);
    Ok(Rolled::Already { new: find(&earlier.new_pair_id)?, old: find(&earlier.old_pair_id)? })
}

fn roll_record(actor: &Actor, request: &RollRequest, old: &KeyPair, new: &KeyPair, now: Timestamp) -> RollRecord {
    let (rolled_by, rolled_by_user) = match actor {
        Actor::Person { id, name } => (name.clone(), Some(id.clone())),
        Actor::Admin { id, .. } => (AN_ADMIN.to_owned(), Some(id.clone())),
        // An owner is not told which system, as they are not told which operator or admin.
        Actor::Installation { .. } => ("a system of this service".to_owned(), None),
        Actor::Operator { .. } | Actor::Pair { .. } | Actor::System | Actor::Anonymous => {
            (AN_OPERATOR.to_owned(), None)
        }
    };
    RollRecord {
        account_id: request.account_id.clone(),
        submission_id: request.submission_id.clone(),
        old_pair_id: old.id.clone(),
        new_pair_id: new.id.clone(),
        rolled_at: now,
        rolled_by,
        rolled_by_user,
        reason: request.reason.clone(),
        message: request.message.clone(),
    }
}

fn rolled(account_id: &AccountId, old: &KeyPair, new: &KeyPair, request: &RollRequest, now: Timestamp) -> Happened {
    let targets = vec![Target::Pair(old.id.clone()), Target::Pair(new.id.clone())];
    Happened::new(Act::KeyRoll, Some(account_id), targets).with_detail(Detail::Roll {
        expire_old: request.expire_old,
        expires_at: old.state(now).expires_at(),
        reason: request.reason.clone(),
        message: request.message.clone(),
    })
}
