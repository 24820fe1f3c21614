//! Rolling the keys of many accounts at once: planned, confirmed, gone on with through restarts, stopped, reported.
//!
//! A plan changes nothing. Confirming stores the accounts, each with a submission of its own. From then on it goes on in
//! small transactions, in each of which accounts are rolled *and* noted as rolled: whatever dies in between, each account
//! is rolled once or is still pending, and whoever comes next goes on. Several may go on with one bulk roll at once.
//!
//! An account that breaks (which is no refusal) does not hold up those behind it: it is tried again later, a few times,
//! and then given up, for everybody to see.

use crate::console::{Broken, Found, check_reason};
use crate::keys::{RollRequest, system_context};
use crate::record::Happened;
use crate::store::{
    BulkRollAccount, BulkRollOutcome, BulkRollProgress, BulkRollRecord, BulkRollRow, BulkRollStop, WriteTx,
};
use crate::{Backend, Caller, Error, RequestContext, Result};
use domain::audit::{Act, Actor, Detail, ExportFormat, Target};
use domain::key_format::without_private_keys;
use domain::{
    AccountId, BulkRollDraftId, BulkRollId, Duration as Span, Email, ExpireOld, KeyPair, KeyPairState, PairId,
    Password, Permission, Refusal, Role, SubmissionId, Timestamp, UserId,
};
use std::collections::HashSet;
use std::time::Duration;

/// How many lines, and so accounts, a bulk roll takes.
pub const MOST_LINES: usize = 10_000;

/// How many accounts are rolled in one transaction. More would be quicker, since each commit waits for the disk, and would
/// keep other writers waiting longer.
const AT_A_TIME: u32 = 25;

/// Between two transactions. Other processes wait for the file by looking every now and then, so it has to be free for
/// longer than an instant.
const PAUSE: Duration = Duration::from_millis(20);

/// Between two looks at accounts that broke and wait to be tried again.
const WAIT: Duration = Duration::from_secs(1);

/// How often an account may break before it is given up.
const MOST_FAULTS: u32 = 3;

/// Seconds until an account that broke is tried again: once this after the first time, twice this after the second.
const RETRY: u32 = 30;

/// What is looked at to tell how quickly a bulk roll goes on.
pub const LATELY: Span = Span::seconds(10);

/// What would happen, by the lines that somebody gave.
#[derive(Debug)]
pub struct BulkRollPlan {
    /// Every account that a line names, once, in the order of the lines.
    pub accounts: Vec<PlannedAccount>,
    /// The lines that name none.
    pub bad_lines: Vec<BadLine>,
    /// How many lines named an account again.
    pub repeated: u32,
}

/// What would happen to an account.
#[derive(Debug)]
pub struct PlannedAccount {
    /// The first line that named it, counted from 1.
    pub line: u32,
    /// The account.
    pub account_id: AccountId,
    /// What people call it.
    pub name: String,
    /// The company's own id for it.
    pub external_id: Option<String>,
    /// The address of its first owner.
    pub owner: Option<Email>,
    /// Its active pair: the one that would be replaced.
    pub pair_id: PairId,
    /// Why it would not be rolled, as things are; `None` if it would be. That it is disabled is no reason: leaked keys are
    /// dead then when it is enabled again.
    pub refused: Option<Refusal>,
}

/// A line that names no account to roll. It never holds the line: that may be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadLine {
    /// Which, counted from 1.
    pub line: u32,
    /// What is wrong with it.
    pub problem: LineProblem,
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineProblem {
    /// Nothing has this id, key, address or external id.
    NotFound,
    /// It is shaped like a private key, and no pair has or had it.
    UnknownPrivateKey,
    /// It has something of a private key about it, but is none.
    BrokenPrivateKey(Broken),
    /// It names a pair that still works but is not the active one: rolling the account would leave it working.
    Expiring,
    /// It names a pair that has ended: there is nothing to roll for its sake.
    Ended,
}

impl LineProblem {
    /// The word it is stored by: unlike [`Self::code`], it also says in which way a private key is broken.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::UnknownPrivateKey => "key_unknown",
            Self::BrokenPrivateKey(Broken::TooShort) => "key_too_short",
            Self::BrokenPrivateKey(Broken::TooLong) => "key_too_long",
            Self::BrokenPrivateKey(Broken::Checksum) => "key_checksum",
            Self::BrokenPrivateKey(Broken::Several) => "several_keys",
            Self::Expiring => "pair_expiring",
            Self::Ended => "pair_ended",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|problem| problem.word() == word)
    }

    /// Every problem, in the order in which they are told.
    pub const ALL: [Self; 8] = [
        Self::NotFound,
        Self::UnknownPrivateKey,
        Self::BrokenPrivateKey(Broken::TooShort),
        Self::BrokenPrivateKey(Broken::TooLong),
        Self::BrokenPrivateKey(Broken::Checksum),
        Self::BrokenPrivateKey(Broken::Several),
        Self::Expiring,
        Self::Ended,
    ];

    /// The stable word for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::UnknownPrivateKey => "KEY_UNKNOWN",
            Self::BrokenPrivateKey(_) => "KEY_BROKEN",
            Self::Expiring => "PAIR_EXPIRING",
            Self::Ended => "PAIR_ENDED",
        }
    }

    /// What is so, and what to do.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::NotFound => "No account has this id, external id, e-mail address or key.",
            Self::UnknownPrivateKey => {
                "This has the form of a private key of this installation, but no account has or had it."
            }
            Self::BrokenPrivateKey(broken) => broken.sentence(),
            Self::Expiring => {
                "These keys are not the active ones, and rolling would leave them working. Expire them now."
            }
            Self::Ended => "These keys have already expired. To roll the account all the same, give its id.",
        }
    }
}

/// A bulk roll as confirmed.
#[derive(Debug)]
pub struct BulkRollRequest {
    /// The accounts, each with the pair that its plan named: a pair somebody rolled since is not rolled again.
    pub accounts: Vec<(AccountId, PairId)>,
    /// When the old pairs end.
    pub expire_old: ExpireOld,
    /// Why: every owner reads it.
    pub reason: String,
    /// What the owners are told beside it, if anything.
    pub message: Option<String>,
    /// The person's password, if it is due.
    pub password: Option<Password>,
}

impl Backend {
    /// What rolling these lines would do, account by account. Each line is taken for what it is, as by
    /// [`Backend::identify`]; empty ones do not count.
    ///
    /// It changes nothing, but it tells whose private keys these are, and that is on record wherever it is told.
    pub async fn plan_bulk_roll(
        &self,
        context: &RequestContext,
        lines: &str,
        expire_old: ExpireOld,
    ) -> Result<BulkRollPlan> {
        authorize(context)?;
        context.authorize_everywhere(Permission::FindAccounts)?;
        let now = self.clock.now();
        expire_old.resolve(now, self.policy.longest_overlap)?;
        let mut plan = BulkRollPlan { accounts: Vec::new(), bad_lines: Vec::new(), repeated: 0 };
        let (mut seen, mut told) = (HashSet::new(), Vec::new());
        for (line, text) in given(lines)? {
            let (found, by_private_key) = self.recognise(text).await?;
            if let (Found::Pair(account, pair), true) = (&found, by_private_key) {
                told.push((account.clone(), pair.clone()));
            }
            match self.plan_line(line, found, &seen, expire_old, now).await? {
                Planned::Account(account) => {
                    seen.insert(account.account_id.clone());
                    plan.accounts.push(*account);
                }
                Planned::Again => plan.repeated += 1,
                Planned::Bad(problem) => plan.bad_lines.push(BadLine { line, problem }),
            }
        }
        self.record_all_identified(context, &told).await?;
        Ok(plan)
    }

    async fn plan_line(
        &self,
        line: u32,
        found: Found,
        seen: &HashSet<AccountId>,
        expire_old: ExpireOld,
        now: Timestamp,
    ) -> Result<Planned> {
        let (account_id, pair_id, pairs) = match self.named_by(found, now).await? {
            Named::Nothing(problem) => return Ok(Planned::Bad(problem)),
            Named::Account(account, ..) if seen.contains(&account) => return Ok(Planned::Again),
            Named::Account(account, pair, pairs) => (account, pair, pairs),
        };
        let Some(account) = self.store.find_account(&account_id).await? else {
            return Ok(Planned::Bad(LineProblem::NotFound));
        };
        let members = self.store.list_members(&account_id).await?;
        Ok(Planned::Account(Box::new(PlannedAccount {
            line,
            account_id,
            name: account.name,
            external_id: account.external_id,
            owner: members.into_iter().find(|member| member.role == Role::Owner).map(|owner| owner.email),
            refused: self.decide_roll(pairs, Some(&pair_id), expire_old, now).err(),
            pair_id,
        })))
    }

    /// The account to roll, if that is what a line was recognised as: with its active pair, and all of its pairs.
    pub(crate) async fn named_by(&self, found: Found, now: Timestamp) -> Result<Named> {
        let (account_id, named) = match found {
            Found::Account(account) => (account, None),
            Found::Pair(account, pair) => (account, Some(pair)),
            // An installation key is of no account: there is nothing here to roll.
            Found::Text(_) | Found::Nothing | Found::InstallationKey(_) | Found::UnknownInstallationKey => {
                return Ok(Named::Nothing(LineProblem::NotFound));
            }
            Found::UnknownPrivateKey => return Ok(Named::Nothing(LineProblem::UnknownPrivateKey)),
            Found::BrokenPrivateKey(broken) => return Ok(Named::Nothing(LineProblem::BrokenPrivateKey(broken))),
        };
        let pairs = self.read_pairs(&account_id).await?;
        let state_of = |id: &PairId| pairs.iter().find(|pair| pair.id == *id).map(|pair| pair.state(now));
        match named.as_ref().and_then(state_of) {
            None | Some(KeyPairState::Active) => {}
            Some(KeyPairState::Expiring { .. }) => return Ok(Named::Nothing(LineProblem::Expiring)),
            Some(KeyPairState::Expired { .. } | KeyPairState::Revoked { .. }) => {
                return Ok(Named::Nothing(LineProblem::Ended));
            }
        }
        let active = pairs.iter().find(|pair| pair.state(now) == KeyPairState::Active).map(|pair| pair.id.clone());
        Ok(match active {
            Some(pair) => Named::Account(account_id, pair, pairs),
            None => Named::Nothing(LineProblem::NotFound),
        })
    }

    /// Writes down whose private keys somebody was told, some at a time.
    pub(crate) async fn record_all_identified(
        &self,
        context: &RequestContext,
        told: &[(AccountId, PairId)],
    ) -> Result<()> {
        for some in told.chunks(500) {
            self.record_identified(context, some).await?;
        }
        Ok(())
    }

    /// Confirms a bulk roll: from now on it is gone on with until every account is done. Answers it; nothing is rolled
    /// yet.
    ///
    /// A reason is asked of operators too: each of the owners is to know why.
    pub async fn begin_bulk_roll(&self, context: &RequestContext, request: BulkRollRequest) -> Result<BulkRollRecord> {
        let answer = self.try_begin_bulk_roll(context, request).await;
        self.record_refusal(context, Happened::new(Act::BulkRollBeginRefused, None, Vec::new()), answer).await
    }

    async fn try_begin_bulk_roll(&self, context: &RequestContext, request: BulkRollRequest) -> Result<BulkRollRecord> {
        let BulkRollRequest { accounts, expire_old, reason, message, password } = request;
        authorize(context)?;
        let words = self.check_confirmation(context, &reason, message.as_deref(), expire_old)?;
        match accounts.len() {
            0 => return Err(Refusal::NothingToRoll.into()),
            1..=MOST_LINES => {}
            _ => return Err(Refusal::TooManyLines.into()),
        }
        self.step_up(context, password.as_ref()).await?;
        let mut seen = HashSet::new();
        for (account_id, pair_id) in &accounts {
            // Of a list that this process did not make itself.
            if !seen.insert(account_id) {
                return Err(Refusal::InvalidInput.into());
            }
            let pair = self.store.find_pair(pair_id).await?;
            pair.filter(|pair| pair.account_id == *account_id).ok_or(Refusal::NotFound)?;
        }
        let begun = self.insert_bulk_roll(context, words, expire_old, accounts, None).await?;
        Ok(begun.ok_or(Refusal::NotFound)?)
    }

    /// What is asked of every confirmation, whoever names the accounts. Answers the words as they are kept.
    pub(crate) fn check_confirmation(
        &self,
        context: &RequestContext,
        reason: &str,
        message: Option<&str>,
        expire_old: ExpireOld,
    ) -> Result<Words> {
        let reason = without_private_keys(&self.policy.brand, reason.trim());
        if reason.is_empty() {
            return Err(Refusal::ReasonMissing.into());
        }
        check_reason(context, Some(&reason))?;
        let message = self.check_message(message)?;
        expire_old.resolve(self.clock.now(), self.policy.longest_overlap)?;
        Ok(Words { reason, message })
    }

    /// Stores what was confirmed, with its record. `None` if it was the confirmation of a dry run that is gone.
    pub(crate) async fn insert_bulk_roll(
        &self,
        context: &RequestContext,
        words: Words,
        expire_old: ExpireOld,
        accounts: Vec<(AccountId, PairId)>,
        draft_id: Option<BulkRollDraftId>,
    ) -> Result<Option<BulkRollRecord>> {
        let (begun_by, begun_by_user) = name(context)?;
        let Words { reason, message } = words;
        let entropy = self.entropy.as_ref();
        // Before anybody has to wait: ten thousand take a moment.
        let minted_at = self.clock.now();
        let accounts = accounts.into_iter().map(|(account_id, pair_id)| BulkRollAccount {
            account_id,
            pair_id,
            submission_id: SubmissionId::mint(minted_at, entropy),
            faults: 0,
        });
        let accounts: Vec<_> = accounts.collect();
        let mut tx = self.store.begin_write().await?;
        if let Some(draft_id) = &draft_id
            && !tx.delete_bulk_roll_draft(draft_id).await?
        {
            return Ok(None);
        }
        let now = self.clock.now();
        let id = BulkRollId::mint(now, entropy);
        let stopped = None;
        let record = BulkRollRecord {
            id,
            begun_at: now,
            begun_by,
            begun_by_user,
            reason,
            message,
            expire_old,
            draft_id,
            stopped,
        };
        tx.insert_bulk_roll(&record, &accounts).await?;
        let happened = Happened::new(Act::BulkRollBegin, None, vec![Target::BulkRoll(record.id.clone())])
            .with_detail(Detail::Reason { reason: record.reason.clone() });
        self.record(tx.as_mut(), context, now, happened).await?;
        tx.commit().await?;
        self.bulk_roll_begun.notify_one();
        Ok(Some(record))
    }

    /// Stops a bulk roll: accounts that are pending keep their keys, what is done stays done. One that is over, or was
    /// stopped before, is refused.
    pub async fn stop_bulk_roll(
        &self,
        context: &RequestContext,
        id: &BulkRollId,
        password: Option<&Password>,
    ) -> Result<BulkRollProgress> {
        let answer = self.try_stop_bulk_roll(context, id, password).await;
        let refused = Happened::new(Act::BulkRollStopRefused, None, vec![Target::BulkRoll(id.clone())]);
        self.record_refusal(context, refused, answer).await
    }

    async fn try_stop_bulk_roll(
        &self,
        context: &RequestContext,
        id: &BulkRollId,
        password: Option<&Password>,
    ) -> Result<BulkRollProgress> {
        authorize(context)?;
        let (by, _) = name(context)?;
        self.step_up(context, password).await?;
        let mut tx = self.store.begin_write().await?;
        let now = self.clock.now();
        let mut progress = tx.find_bulk_roll(id).await?.ok_or(Refusal::NotFound)?;
        if progress.pending() == 0 {
            return Err(Refusal::BulkRollOver.into());
        }
        let stop = BulkRollStop { at: now, by };
        tx.stop_bulk_roll(id, &stop).await?;
        let happened = Happened::new(Act::BulkRollStop, None, vec![Target::BulkRoll(id.clone())]);
        self.record(tx.as_mut(), context, now, happened).await?;
        tx.commit().await?;
        progress.record.stopped = Some(stop);
        Ok(progress)
    }

    /// Returns once a bulk roll has been confirmed in this process since the last time.
    pub async fn bulk_roll_begun(&self) {
        self.bulk_roll_begun.notified().await;
    }

    /// Goes on with every bulk roll until none has anything to be tried now. Answers how many accounts were done.
    ///
    /// It asks nobody for permission: whoever confirmed them had it, and each roll is theirs on record.
    pub async fn continue_bulk_rolls(&self) -> Result<u32> {
        let mut done = 0;
        while let Some(record) = self.store.find_unfinished_bulk_roll(self.clock.now()).await? {
            done += self.roll_some(&record).await?;
            tokio::time::sleep(PAUSE).await;
        }
        Ok(done)
    }

    /// Goes a step further with one bulk roll, and answers how far it is then. Its caller has it before them.
    pub async fn continue_bulk_roll(&self, context: &RequestContext, id: &BulkRollId) -> Result<BulkRollProgress> {
        let progress = self.find_bulk_roll(context, id).await?;
        if progress.pending() == 0 {
            return Ok(progress);
        }
        let done = self.roll_some(&progress.record).await?;
        tokio::time::sleep(if done == 0 { WAIT } else { PAUSE }).await;
        self.find_bulk_roll(context, id).await
    }

    /// How far a bulk roll is. Whoever reads that it is over reads that its old pairs have ended.
    pub async fn find_bulk_roll(&self, context: &RequestContext, id: &BulkRollId) -> Result<BulkRollProgress> {
        authorize(context)?;
        let progress = self.store.find_bulk_roll(id).await?.ok_or(Refusal::NotFound)?;
        if progress.pending() == 0 {
            self.before_telling().await;
        }
        Ok(progress)
    }

    /// The latest bulk rolls, newest first.
    pub async fn list_bulk_rolls(&self, context: &RequestContext) -> Result<Vec<BulkRollProgress>> {
        authorize(context)?;
        let bulk_rolls = self.store.list_bulk_rolls(crate::console::PAGE).await?;
        self.before_telling().await;
        Ok(bulk_rolls)
    }

    /// How far a bulk roll is, and how many accounts were done [`LATELY`].
    pub async fn watch_bulk_roll(&self, context: &RequestContext, id: &BulkRollId) -> Result<(BulkRollProgress, u32)> {
        let progress = self.find_bulk_roll(context, id).await?;
        let lately = self.store.count_done_of_bulk_roll(id, self.clock.now().minus(LATELY)).await?;
        Ok((progress, lately))
    }

    /// What came of each account of a bulk roll, in the order of its lines, to be taken away: that is on record. Nothing
    /// in it is secret.
    pub async fn report_bulk_roll(&self, context: &RequestContext, id: &BulkRollId) -> Result<BulkRollReport> {
        let progress = self.find_bulk_roll(context, id).await?;
        let rows = self.store.list_bulk_roll_rows(id).await?;
        let mut tx = self.store.begin_write().await?;
        let now = self.clock.now();
        let happened = Happened::new(Act::BulkRollExport, None, vec![Target::BulkRoll(id.clone())])
            .with_detail(Detail::Export { format: ExportFormat::Csv });
        self.record(tx.as_mut(), context, now, happened).await?;
        tx.commit().await?;
        self.before_telling().await;
        Ok(BulkRollReport { record: progress.record, rows })
    }

    /// Rolls the next accounts in one transaction, and notes them as done in the same. If one of them breaks, which
    /// undoes all, each is rolled in a transaction of its own.
    async fn roll_some(&self, record: &BulkRollRecord) -> Result<u32> {
        let mut tx = self.store.begin_write().await?;
        let pending = tx.list_pending_of_bulk_roll(&record.id, self.clock.now(), AT_A_TIME).await?;
        let rolled = self.roll_all(tx, record, &pending).await;
        match rolled {
            Err(Error::Fault(fault)) if fault.obstacle().is_none() => {}
            answer => return answer,
        }
        let mut done = 0;
        for account in &pending {
            done += self.roll_alone(record, account).await?;
        }
        Ok(done)
    }

    async fn roll_all(
        &self,
        mut tx: Box<dyn WriteTx>,
        record: &BulkRollRecord,
        accounts: &[BulkRollAccount],
    ) -> Result<u32> {
        let mut done = 0;
        for account in accounts {
            let now = self.clock.now();
            let outcome = match self.roll_one(tx.as_mut(), record, account, now).await {
                Ok(outcome) => outcome,
                Err(Error::Refused(refusal)) => BulkRollOutcome::Refused(refusal),
                Err(fault @ Error::Fault(_)) => return Err(fault),
            };
            tx.finish_bulk_roll_account(&record.id, &account.account_id, &outcome, now).await?;
            done += 1;
        }
        tx.commit().await?;
        Ok(done)
    }

    /// Rolls one account, unless somebody was quicker. That it broke is noted in a transaction of its own: if that breaks
    /// too, it is not the account.
    async fn roll_alone(&self, record: &BulkRollRecord, account: &BulkRollAccount) -> Result<u32> {
        let mut tx = self.store.begin_write().await?;
        let pending = tx.list_pending_of_bulk_roll(&record.id, self.clock.now(), AT_A_TIME).await?;
        let Some(account) = pending.iter().find(|pending| pending.account_id == account.account_id) else {
            return Ok(0);
        };
        let fault = match self.roll_all(tx, record, std::slice::from_ref(account)).await {
            Err(Error::Fault(fault)) if fault.obstacle().is_none() => fault,
            answer => return answer,
        };
        let (id, account_id) = (&record.id, &account.account_id);
        let faults = account.faults + 1;
        tracing::error!(bulk_roll = %id, account = %account_id, faults, error = fault.chain(),
            "an account of a bulk roll could not be rolled; the others are");
        let mut tx = self.store.begin_write().await?;
        let now = self.clock.now();
        if faults < MOST_FAULTS {
            tx.note_bulk_roll_fault(id, account_id, now.plus(Span::seconds(RETRY * faults))).await?;
        } else {
            tx.finish_bulk_roll_account(id, account_id, &BulkRollOutcome::Faulted, now).await?;
        }
        tx.commit().await?;
        Ok(u32::from(faults >= MOST_FAULTS))
    }

    async fn roll_one(
        &self,
        tx: &mut dyn WriteTx,
        record: &BulkRollRecord,
        account: &BulkRollAccount,
        now: Timestamp,
    ) -> Result<BulkRollOutcome> {
        let BulkRollAccount { account_id, pair_id, submission_id, .. } = account.clone();
        tx.lock_account(&account_id).await?.ok_or(Refusal::NotFound)?;
        if let Some(earlier) = tx.find_roll(&account_id, &submission_id).await? {
            return Ok(BulkRollOutcome::Rolled(earlier.new_pair_id));
        }
        let mut pairs = tx.list_pairs(&account_id).await?;
        if pairs.iter().any(|pair| pair.settle(now).is_some()) {
            // In this very transaction, unlike elsewhere: nobody is told anything before it is committed.
            for pair in &pairs {
                self.settle_pair(tx, pair, now).await?;
            }
            pairs = tx.list_pairs(&account_id).await?;
        }
        let actor = actor(record);
        // What belongs to one bulk roll carries its id in the records of its accounts.
        let context = RequestContext { request_id: record.id.to_string(), ..system_context() };
        let request = RollRequest {
            account_id,
            pair_id: Some(pair_id.clone()),
            expire_old: record.expire_old,
            reason: Some(record.reason.clone()),
            message: record.message.clone(),
            submission_id,
            password: None,
        };
        match self.decide_roll(pairs, Some(&pair_id), record.expire_old, now) {
            Ok(old) => {
                let new = self.write_roll(tx, &context, actor, &request, &old, now).await?;
                Ok(BulkRollOutcome::Rolled(new.pair.id))
            }
            Err(refusal) => {
                let refused =
                    Happened::new(Act::KeyRollRefused, Some(&request.account_id), vec![Target::Pair(pair_id)])
                        .with_detail(Detail::Refusal { code: refusal });
                self.record_as(tx, &context, actor, now, refused).await?;
                Ok(BulkRollOutcome::Refused(refusal))
            }
        }
    }
}

/// Whether the caller may roll many accounts: operators and admins. A system rolls one account at a time, and is answered
/// for each.
pub(crate) fn authorize(context: &RequestContext) -> Result<()> {
    context.authorize_everywhere(Permission::RollKeys)?;
    match context.caller {
        Caller::Installation(_) => Err(Refusal::NotAllowed.into()),
        Caller::Admin(_) | Caller::Operator(_) | Caller::Anonymous | Caller::Person(_) => Ok(()),
    }
}

/// What a bulk roll calls its caller, and which person that is.
fn name(context: &RequestContext) -> Result<(String, Option<UserId>)> {
    match &context.caller {
        Caller::Admin(person) => Ok((person.email.clone(), Some(person.user_id.clone()))),
        Caller::Operator(name) => Ok((name.clone(), None)),
        Caller::Installation(_) => Err(Refusal::NotAllowed.into()),
        Caller::Anonymous | Caller::Person(_) => Err(Refusal::NotFound.into()),
    }
}

/// The lines that count, by their numbers.
pub(crate) fn given(lines: &str) -> Result<Vec<(u32, &str)>> {
    let given: Vec<_> = (1_u32..).zip(lines.lines()).filter(|(_, text)| !text.trim().is_empty()).collect();
    if given.len() > MOST_LINES { Err(Refusal::TooManyLines.into()) } else { Ok(given) }
}

/// The words of a confirmation, as they are kept.
pub(crate) struct Words {
    reason: String,
    message: Option<String>,
}

/// What a line names.
pub(crate) enum Named {
    /// An account, its active pair, and all of its pairs.
    Account(AccountId, PairId, Vec<KeyPair>),
    /// None to roll.
    Nothing(LineProblem),
}

/// What came of each account of a bulk roll.
#[derive(Debug)]
pub struct BulkRollReport {
    /// The bulk roll.
    pub record: BulkRollRecord,
    /// Its accounts, in the order of the lines.
    pub rows: Vec<BulkRollRow>,
}

impl BulkRollReport {
    /// The stable word for what came of an account.
    pub fn outcome(&self, row: &BulkRollRow) -> &'static str {
        match &row.outcome {
            Some((BulkRollOutcome::Rolled(_), _)) => "rolled",
            Some((BulkRollOutcome::Refused(refusal), _)) => refusal.code(),
            Some((BulkRollOutcome::Faulted, _)) => "FAULT",
            None if self.record.stopped.is_some() => "stopped",
            None => "pending",
        }
    }
}

/// What came of one line.
enum Planned {
    Account(Box<PlannedAccount>),
    Again,
    Bad(LineProblem),
}

/// Whoever confirmed it: each of its rolls is theirs.
fn actor(record: &BulkRollRecord) -> Actor {
    let name = record.begun_by.clone();
    match record.begun_by_user.clone() {
        Some(id) => Actor::Admin { id, name },
        None => Actor::Operator { name },
    }
}
