//! Dry runs of bulk rolls, kept until they are confirmed: what the admin console does with a list of lines.
//!
//! The lines are looked at once. What is kept is which account each names, and which line names none: never a line, since
//! leaked private keys are among them. So what is confirmed is what was shown, and none of it travels through a page.

use crate::bulk_roll::{self, BadLine, Named, given};
use crate::console::Found;
use crate::record::Happened;
use crate::store::{BulkRollDraft, BulkRollDraftAccount, BulkRollDraftRow, BulkRollRecord};
use crate::{Backend, Error, RequestContext, Result};
use domain::audit::Act;
use domain::key_format::without_private_keys;
use domain::key_pair::MOST_WORKING_PAIRS;
use domain::{BulkRollDraftId, BulkRollId, ExpireOld, Password, Permission, Refusal, Timestamp};
use std::collections::HashSet;

/// More of what was entered than any field takes: it was refused, and is only shown again.
const KEPT_CHARS: usize = 2_000;

/// A dry run, or what has become of it.
#[derive(Debug)]
pub enum Drafted {
    /// It waits to be confirmed.
    Waiting(DryRun),
    /// It was confirmed.
    Begun(BulkRollId),
}

/// What a dry run found, as things are now.
#[derive(Debug)]
pub struct DryRun {
    /// What is kept of it.
    pub draft: BulkRollDraft,
    /// Its accounts, in the order of the lines.
    pub rows: Vec<BulkRollDraftRow>,
    /// The instant at which things are so.
    pub now: Timestamp,
}

/// What would happen to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It would be rolled.
    Rolled,
    /// It would be rolled with Immediately, and refused with any later end: too many of its pairs work.
    OnlyImmediately,
    /// Its pair was rolled since the dry run, and would not be rolled again.
    RolledSince,
}

impl BulkRollDraftRow {
    /// What would happen to it. That it is disabled is no reason: leaked keys are dead then when it is enabled again.
    pub fn fate(&self) -> Fate {
        // The active one and the new one work as well.
        let working_after = usize::try_from(self.expiring).unwrap_or(usize::MAX).saturating_add(2);
        match (self.active, working_after > MOST_WORKING_PAIRS) {
            (false, _) => Fate::RolledSince,
            (true, true) => Fate::OnlyImmediately,
            (true, false) => Fate::Rolled,
        }
    }
}

/// What is entered to confirm a dry run.
#[derive(Debug)]
pub struct Confirmation {
    /// When the old pairs end; the refusal of whatever was entered instead of a choice.
    pub expire_old: std::result::Result<ExpireOld, Refusal>,
    /// Why: every owner reads it.
    pub reason: String,
    /// What the owners are told beside it; empty for nothing.
    pub message: String,
    /// The admin's password, if it is due.
    pub password: Password,
}

impl Backend {
    /// Looks at each line, and keeps what it names, for the admin who confirms it. Nothing else changes, but it tells
    /// whose private keys these are, and that is on record.
    pub async fn draft_bulk_roll(&self, context: &RequestContext, lines: &str) -> Result<BulkRollDraftId> {
        bulk_roll::authorize(context)?;
        context.authorize_everywhere(Permission::FindAccounts)?;
        let made_by_user = context.person()?.user_id.clone();
        let (mut accounts, mut bad_lines, mut repeated) = (Vec::new(), Vec::new(), 0);
        let (mut seen, mut told) = (HashSet::new(), Vec::new());
        let now = self.clock.now();
        for (line, text) in given(lines)? {
            let (found, by_private_key) = self.recognise(text).await?;
            if let (Found::Pair(account, pair), true) = (&found, by_private_key) {
                told.push((account.clone(), pair.clone()));
            }
            match self.named_by(found, now).await? {
                Named::Account(account_id, ..) if seen.contains(&account_id) => repeated += 1,
                Named::Account(account_id, pair_id, _) => {
                    seen.insert(account_id.clone());
                    accounts.push(BulkRollDraftAccount { line, account_id, pair_id });
                }
                Named::Nothing(problem) => bad_lines.push(BadLine { line, problem }),
            }
        }
        self.record_all_identified(context, &told).await?;
        let mut tx = self.store.begin_write().await?;
        let made_at = self.clock.now();
        let id = BulkRollDraftId::mint(made_at, self.entropy.as_ref());
        let (reason, message) = (String::new(), String::new());
        let draft = BulkRollDraft { id, made_at, made_by_user, bad_lines, repeated, reason, message };
        tx.insert_bulk_roll_draft(&draft, &accounts).await?;
        tx.commit().await?;
        Ok(draft.id)
    }

    /// A dry run of the caller's own, with its accounts as they are now. Somebody else's is not there for them.
    pub async fn open_bulk_roll_draft(&self, context: &RequestContext, id: &BulkRollDraftId) -> Result<Drafted> {
        bulk_roll::authorize(context)?;
        context.authorize_everywhere(Permission::FindAccounts)?;
        let person = context.person()?;
        let Some(draft) = self.store.find_bulk_roll_draft(id).await? else {
            let begun = self.store.find_bulk_roll_of_draft(id).await?.ok_or(Refusal::NotFound)?;
            return Ok(Drafted::Begun(begun.id));
        };
        if draft.made_by_user != person.user_id {
            return Err(Refusal::NotFound.into());
        }
        let now = self.clock.now();
        let rows = self.store.list_bulk_roll_draft_rows(id, now).await?;
        Ok(Drafted::Waiting(DryRun { draft, rows, now }))
    }

    /// Confirms a dry run: from now on its accounts are rolled, as by [`Backend::begin_bulk_roll`]. Confirming it again
    /// answers what has begun.
    ///
    /// What was entered is kept when it is refused, for the page that asks again.
    pub async fn confirm_bulk_roll_draft(
        &self,
        context: &RequestContext,
        id: &BulkRollDraftId,
        confirmation: Confirmation,
    ) -> Result<BulkRollRecord> {
        let words = [&confirmation.reason, &confirmation.message].map(|words| self.kept(words));
        let answer = self.try_confirm(context, id, confirmation).await;
        if let Err(Error::Refused(refusal)) = &answer
            && *refusal != Refusal::NotFound
            && bulk_roll::authorize(context).is_ok()
        {
            let [reason, message] = &words;
            let mut tx = self.store.begin_write().await?;
            tx.set_bulk_roll_draft_words(id, reason, message).await?;
            tx.commit().await?;
        }
        self.record_refusal(context, Happened::new(Act::BulkRollBeginRefused, None, Vec::new()), answer).await
    }

    async fn try_confirm(
        &self,
        context: &RequestContext,
        id: &BulkRollDraftId,
        confirmation: Confirmation,
    ) -> Result<BulkRollRecord> {
        let rows = match self.open_bulk_roll_draft(context, id).await? {
            Drafted::Waiting(run) => run.rows,
            Drafted::Begun(_) => return self.begun_by_draft(id).await,
        };
        let Confirmation { expire_old, reason, message, password } = confirmation;
        let expire_old = expire_old?;
        let words = self.check_confirmation(context, &reason, Some(&message), expire_old)?;
        if !rows.iter().any(|row| row.active) {
            return Err(Refusal::NothingToRoll.into());
        }
        self.step_up(context, Some(&password)).await?;
        let accounts = rows.into_iter().map(|row| (row.named.account_id, row.named.pair_id)).collect();
        match self.insert_bulk_roll(context, words, expire_old, accounts, Some(id.clone())).await? {
            Some(record) => Ok(record),
            // Its button was pressed twice.
            None => self.begun_by_draft(id).await,
        }
    }

    async fn begun_by_draft(&self, id: &BulkRollDraftId) -> Result<BulkRollRecord> {
        Ok(self.store.find_bulk_roll_of_draft(id).await?.ok_or(Refusal::NotFound)?)
    }

    fn kept(&self, words: &str) -> String {
        let words = without_private_keys(&self.policy.brand, words.trim());
        words.chars().filter(|c| *c == '\n' || !c.is_control()).take(KEPT_CHARS).collect()
    }
}
