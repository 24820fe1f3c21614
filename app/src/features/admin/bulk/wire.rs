//! What these pages are told. Nothing here is secret: of the lines that were pasted there are only the numbers.

use super::super::wire::{Said, Viewer};
use crate::ui::Moment;
use domain::{BulkRollDraftId, BulkRollId, Duration, Timestamp};
use serde::{Deserialize, Serialize};

/// The latest bulk rolls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkRollsView {
    /// Who looks.
    pub viewer: Viewer,
    /// The bulk rolls, newest first.
    pub rolls: Vec<BulkRollLine>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkRollLine {
    /// Where its page is.
    pub href: String,
    /// Its id.
    pub id: BulkRollId,
    /// When it was confirmed.
    pub begun: Moment,
    /// Who confirmed it: "you", an admin's address or an operator's name.
    pub by: String,
    /// Why.
    pub reason: String,
    /// How far it is.
    pub counts: Counts,
    /// Whether it goes on.
    pub going: Going,
}

/// How many accounts have come to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// All of them.
    pub accounts: u32,
    /// Rolled.
    pub rolled: u32,
    /// Refused.
    pub refused: u32,
    /// Given up, because rolling them broke each time.
    pub faulted: u32,
    /// Those that are left and have broken: tried again later.
    pub waiting: u32,
    /// Nothing has come of them yet; or ever, if it was stopped.
    pub left: u32,
}

/// Whether a bulk roll goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Going {
    /// It does.
    On,
    /// Every account is done.
    Done,
    /// It was stopped before that.
    Stopped,
}

/// What an address of a dry run leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum OpenedDryRun {
    /// It waits to be confirmed.
    Waiting(Box<DryRunView>),
    /// It was confirmed: where its bulk roll is.
    Begun(Viewer, String),
}

/// A page of a dry run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DryRunView {
    /// Who looks.
    pub viewer: Viewer,
    /// Its id.
    pub id: BulkRollDraftId,
    /// When the lines were looked at.
    pub made: Moment,
    /// The counts above everything.
    pub totals: DryRunTotals,
    /// The lines that name no account to roll, by what is wrong with them.
    pub bad: Vec<BadLines>,
    /// The accounts of this page.
    pub rows: Vec<DryRunRow>,
    /// Whether this is not the first page of accounts.
    pub further: bool,
    /// Where the next page of accounts is.
    pub next: Option<String>,
    /// The reason that was entered into a confirmation which was refused.
    pub typed_reason: String,
    /// The same for the message.
    pub typed_message: String,
    /// Whether confirming asks for the admin's password.
    pub password_due: bool,
    /// The longest overlap the installation allows.
    pub longest_overlap: Duration,
    /// The server's clock when the page was made.
    pub now: Timestamp,
}

/// The counts of a dry run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DryRunTotals {
    /// Accounts that a line names.
    pub accounts: u32,
    /// Those that would be rolled, some of them only with Immediately.
    pub rolled: u32,
    /// Those that would be rolled only with Immediately.
    pub only_immediately: u32,
    /// Those whose keys were rolled since the lines were looked at.
    pub rolled_since: u32,
    /// Those that are disabled.
    pub disabled: u32,
    /// Lines that name no account to roll.
    pub bad_lines: u32,
    /// Lines that name an account again.
    pub repeated: u32,
}

/// Lines with which the same is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadLines {
    /// What is wrong, in a sentence.
    pub sentence: String,
    /// How many there are.
    pub count: u32,
    /// Their numbers: `3, 7–12`.
    pub lines: String,
}

/// An account of a dry run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DryRunRow {
    /// Which line names it.
    pub line: u32,
    /// Where its page is.
    pub href: String,
    /// What people call it.
    pub name: String,
    /// The address of its first owner.
    pub owner: Option<String>,
    /// The company's own id for it.
    pub external_id: Option<String>,
    /// The pair that was active.
    pub pair: String,
    /// How many other pairs still work.
    pub expiring: u32,
    /// Whether it is disabled.
    pub disabled: bool,
    /// What would happen.
    pub fate: Fate,
}

/// What would happen to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fate {
    /// Rolled.
    Rolled,
    /// Rolled with Immediately, refused with any later end.
    OnlyImmediately,
    /// Not rolled again.
    RolledSince,
}

/// A bulk roll, and how far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkRollView {
    /// Who looks.
    pub viewer: Viewer,
    /// What was just done.
    pub said: Option<Said>,
    /// Its id.
    pub id: BulkRollId,
    /// When it was confirmed.
    pub begun: Moment,
    /// Who confirmed it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// What the owners are told beside it.
    pub message: Option<String>,
    /// When the old keys expire, in words.
    pub expire_old: String,
    /// How far it is.
    pub counts: Counts,
    /// Whether it goes on.
    pub going: Going,
    /// When it was stopped, and who did.
    pub stopped: Option<(Moment, String)>,
    /// How quickly it goes, and how long it will take, in words.
    pub pace: Option<String>,
    /// Whether the page asks the browser to load it again.
    pub refreshing: bool,
    /// Where the same page is that keeps still, or the one that does not.
    pub other_way: String,
    /// Whether stopping asks for the admin's password.
    pub password_due: bool,
}
