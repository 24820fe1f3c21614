//! Rolls of many accounts, and their dry runs.

use crate::bulk_roll::BadLine;
use domain::{
    AccountId, BulkRollDraftId, BulkRollId, Email, ExpireOld, PairId, PublicKey, Refusal, SubmissionId, Timestamp,
    UserId,
};

/// A roll of many accounts at once, as it was confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkRollRecord {
    /// Its id.
    pub id: BulkRollId,
    /// When it was confirmed.
    pub begun_at: Timestamp,
    /// Who confirmed it: an admin's e-mail address then, or the operator's name.
    pub begun_by: String,
    /// Which admin; `None` for an operator.
    pub begun_by_user: Option<UserId>,
    /// Why.
    pub reason: String,
    /// What the owners are told beside it, if anything.
    pub message: Option<String>,
    /// When the old pairs end.
    pub expire_old: ExpireOld,
    /// The dry run that was confirmed; `None` for one that a command began.
    pub draft_id: Option<BulkRollDraftId>,
    /// That it was stopped.
    pub stopped: Option<BulkRollStop>,
}

/// That a bulk roll was stopped: accounts pending then are not rolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkRollStop {
    /// When.
    pub at: Timestamp,
    /// Who: an admin's e-mail address then, or the operator's name.
    pub by: String,
}

/// What the dry run of a bulk roll found, without the accounts. The lines themselves are not in it: leaked private keys
/// are among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkRollDraft {
    /// Its id.
    pub id: BulkRollDraftId,
    /// When it was made.
    pub made_at: Timestamp,
    /// Whose it is.
    pub made_by_user: UserId,
    /// The lines that name no account to roll, in order.
    pub bad_lines: Vec<BadLine>,
    /// How many lines named an account again.
    pub repeated: u32,
    /// What was entered as the reason when the confirmation was refused last.
    pub reason: String,
    /// The same for the message to the owners.
    pub message: String,
}

/// An account that a line of a dry run names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkRollDraftAccount {
    /// The first line that named it, counted from 1.
    pub line: u32,
    /// The account.
    pub account_id: AccountId,
    /// The pair that was active then.
    pub pair_id: PairId,
}

/// The same as things are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkRollDraftRow {
    /// What the dry run found.
    pub named: BulkRollDraftAccount,
    /// What people call the account.
    pub name: String,
    /// The company's own id for it.
    pub external_id: Option<String>,
    /// The address of its first owner; `None` for an account without one.
    pub owner: Option<Email>,
    /// Whether it is disabled.
    pub disabled: bool,
    /// Whether the pair is still the active one.
    pub active: bool,
    /// How many other pairs of the account still work.
    pub expiring: u32,
}

/// A bulk roll, and how far it is. Accounts that are neither rolled nor refused nor given up are left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkRollProgress {
    /// The bulk roll.
    pub record: BulkRollRecord,
    /// How many accounts it has.
    pub accounts: u32,
    /// How many of them are rolled.
    pub rolled: u32,
    /// How many were refused.
    pub refused: u32,
    /// How many were given up, because rolling them broke every time.
    pub faulted: u32,
    /// How many of those that are left have broken, and are tried again later.
    pub waiting: u32,
}

impl BulkRollProgress {
    /// How many accounts nothing has come of.
    pub const fn left(&self) -> u32 {
        self.accounts.saturating_sub(self.rolled).saturating_sub(self.refused).saturating_sub(self.faulted)
    }

    /// How many accounts are still to be rolled: none once it was stopped.
    pub const fn pending(&self) -> u32 {
        if self.record.stopped.is_some() { 0 } else { self.left() }
    }
}

/// An account of a bulk roll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkRollAccount {
    /// The account.
    pub account_id: AccountId,
    /// The pair to replace.
    pub pair_id: PairId,
    /// What makes its roll happen once.
    pub submission_id: SubmissionId,
    /// How often rolling it broke. Not stored with a new one.
    pub faults: u32,
}

/// What came of an account of a bulk roll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BulkRollOutcome {
    /// It was rolled, to this pair.
    Rolled(PairId),
    /// It was not, because of this.
    Refused(Refusal),
    /// It was not: it broke every time. The log has why.
    Faulted,
}

/// An account of a bulk roll, as a report shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkRollRow {
    /// The account.
    pub account_id: AccountId,
    /// The company's own id for it.
    pub external_id: Option<String>,
    /// The address of its first owner; `None` for an account without one.
    pub owner: Option<Email>,
    /// The pair to replace.
    pub pair_id: PairId,
    /// What came of it and when; `None` while it is pending, and for ever if the bulk roll was stopped before.
    pub outcome: Option<(BulkRollOutcome, Timestamp)>,
    /// The public key of the pair that took over, if one did.
    pub new_public_key: Option<PublicKey>,
}
