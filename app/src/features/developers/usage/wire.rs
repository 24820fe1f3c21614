//! What the pages are told of the use of pairs. Nothing here is secret.

use crate::ui::Moment;
use domain::usage::Outcome;
use domain::{KeyPairState, PairId, Role, Timestamp};
use serde::{Deserialize, Serialize};

/// How the account's pairs are used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UseView {
    /// How many days the charts show; 0 if this installation does not count use.
    pub days: u32,
    /// Whether this person may see who the callers are: addresses are not for viewers.
    pub may_see_callers: bool,
    /// The pairs that work, and those that were used, or tried, in the last days; newest first.
    pub pairs: Vec<PairUse>,
}

/// How a pair is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairUse {
    /// Names the pair.
    pub id: PairId,
    /// By which people know it.
    pub public_key: String,
    /// Its state when the page was made.
    pub state: KeyPairState,
    /// When a request was last accepted.
    pub last_used: Option<Seen>,
    /// When one was last refused.
    pub last_refused: Option<Seen>,
    /// The last days, the oldest first and today last; also those without use.
    pub days: Vec<DayUse>,
}

/// When something was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// `25 minutes ago`.
    pub ago: String,
    /// Exactly.
    pub at: Moment,
}

/// How often a pair was used on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayUse {
    /// `23 November 2026`, in UTC.
    pub day: String,
    /// Requests that were accepted.
    pub accepted: u64,
    /// Requests that were refused.
    pub refused: u64,
}

/// The callers of a pair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallersView {
    /// What the company calls its product.
    pub product_name: String,
    /// The account's name.
    pub account_name: String,
    /// Who is signed in.
    pub email: String,
    /// What this person is in the account.
    pub role: Role,
    /// The server's clock when the page was made.
    pub now: Timestamp,
    /// Whether this installation counts use.
    pub is_counted: bool,
    /// For how many days it keeps what was counted.
    pub kept_days: u32,
    /// The pair.
    pub pair: PairUse,
    /// Its callers on this page, the last seen first.
    pub callers: Vec<CallerRow>,
    /// Where the page of those seen later is.
    pub later: Option<String>,
    /// Where the page of those seen earlier is.
    pub earlier: Option<String>,
}

/// A caller, and what came of its requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallerRow {
    /// Who.
    pub caller: CallerView,
    /// Requests that were accepted.
    pub accepted: u64,
    /// Requests that were refused.
    pub refused: u64,
    /// When it was first seen using this pair.
    pub first: Moment,
    /// When it was last seen.
    pub last: Seen,
    /// What it asked for last, as it wrote it: method and path.
    pub last_route: String,
    /// What came of that.
    pub last_outcome: Outcome,
}

/// A program seen using a pair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallerView {
    /// By what it says of itself; empty where it says nothing.
    Program {
        /// Where it comes from.
        address: String,
        /// What it calls itself.
        user_agent: String,
    },
    /// All those who came when there were too many to be told apart.
    Others,
}
