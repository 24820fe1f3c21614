//! What the developers tab is told. Nothing here is secret but [`RevealedKey`], which no `Resource` ever holds.

use crate::ui::Moment;
use domain::{AccountId, Duration, KeyPairState, PairId, Permission, Role, SubmissionId, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::Zeroize;

/// A private key on its way to the person who asked for it: the one wire type that holds one.
///
/// `Debug` prints the type's name and the memory is wiped when it is dropped. It is `Clone` nowhere: it moves from the
/// answer to the one place that shows it.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub struct RevealedKey(String);

impl RevealedKey {
    /// Wraps the key. Only the server has one to wrap.
    pub fn new(key: String) -> Self {
        Self(key)
    }

    /// The key, to show or to copy.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Drop for RevealedKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for RevealedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RevealedKey")
    }
}

/// A pair as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairView {
    /// Names the pair.
    pub id: PairId,
    /// The half that is no secret.
    pub public_key: String,
    /// When it was made.
    pub created: Moment,
    /// Its state when the page was made.
    pub state: KeyPairState,
    /// When it ends or ended.
    pub ends: Option<Moment>,
    /// When it was rolled, if it is expiring: where its countdown began.
    pub rolled_at: Option<Timestamp>,
}

/// The latest roll, while it is news.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentRoll {
    /// When.
    pub at: Moment,
    /// Who, as the reader would say: "You", an address, "an operator".
    pub by: String,
    /// The pair that took over.
    pub new_pair: PairId,
    /// Why, if a reason was given.
    pub reason: Option<String>,
    /// What the account's people are told beside it, if anything.
    pub message: Option<String>,
}

/// The whole tab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DevelopersTab {
    /// What the company calls its product.
    pub product_name: String,
    /// Served over plain HTTP to other machines.
    pub insecure: bool,
    /// Who is signed in.
    pub email: String,
    /// The account. A tab that is fetched again and is about another one has no business on this page.
    pub account: AccountId,
    /// The account's name.
    pub account_name: String,
    /// Whether the account is disabled.
    pub disabled: bool,
    /// What this person is in the account.
    pub role: Role,
    /// Whether this person may reveal, roll and expire; viewers may not.
    pub may_change: bool,
    /// Where the company's API is.
    pub api_url: String,
    /// What every private key starts with.
    pub private_prefix: String,
    /// The server's clock when the page was made.
    pub now: Timestamp,
    /// Until when the password need not be given again.
    pub password_due_at: Timestamp,
    /// The longest overlap the installation allows.
    pub longest_overlap: Duration,
    /// Names the next press of "Roll keys", so that a retry is recognised.
    pub submission: SubmissionId,
    /// The pairs, newest first.
    pub pairs: Vec<PairView>,
    /// The latest roll, while it is news.
    pub recent_roll: Option<RecentRoll>,
}

impl DevelopersTab {
    /// The pair with this id.
    pub fn pair(&self, id: &PairId) -> Option<&PairView> {
        self.pairs.iter().find(|pair| pair.id == *id)
    }

    /// Whether this person may choose the origins whose pages may upload.
    pub const fn may_change_origins(&self) -> bool {
        self.role.may(Permission::ChangeOrigins)
    }
}

/// What a roll answers.
#[derive(Debug, Serialize, Deserialize)]
pub struct RolledPair {
    /// The new pair.
    pub new: PairView,
    /// The old pair, with its end.
    pub old: PairView,
    /// The new private key; none if this was a retry of a roll that had happened.
    pub private_key: Option<RevealedKey>,
}
