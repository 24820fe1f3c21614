//! What the pages of the console are told. Nothing here is secret but [`Pasted`], which only ever travels to the server.

use crate::features::activity::Trail;
use crate::features::developers::{PairView, Seen};
use crate::ui::Moment;
use domain::{AccountId, Duration, InstallationKeyId, PairId, Role, SubmissionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::Zeroize;

/// What somebody entered to find an account: it may be a private key that leaked.
///
/// `Clone` and `Serialize` only because a server function's arguments must be; `Debug` prints the type's name, and the
/// memory is wiped when it is dropped.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pasted(String);

impl Pasted {
    /// What was entered.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Drop for Pasted {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Pasted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pasted")
    }
}

/// Who looks at the page: for its head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    /// What the company calls its product.
    pub product_name: String,
    /// The admin.
    pub email: String,
    /// What they are in the account they act in, if they are in one.
    pub role: Option<Role>,
}

/// What the page about gateways is filled in with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewaysView {
    /// The admin.
    pub viewer: Viewer,
    /// Where this installation is, for gateways too.
    pub public_url: String,
}

/// Which accounts are listed, and in which order: the words of the address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListForm {
    /// What the name, the external id or an address begins with; empty for all.
    pub q: String,
    /// `enabled`, `disabled` or empty for both.
    pub state: String,
    /// `name`, or empty for the newest first.
    pub sort: String,
}

/// A page of the list of accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountList {
    /// Who looks.
    pub viewer: Viewer,
    /// What the search has come to, if it led back here.
    pub said: Option<Said>,
    /// The installation key that was pasted, by its id.
    pub installation_key: Option<InstallationKeyId>,
    /// Which accounts.
    pub form: ListForm,
    /// Whether the address asks for something that cannot be listed; then there are no rows.
    pub unreadable: bool,
    /// Whether this is not the first page.
    pub further: bool,
    /// The accounts.
    pub rows: Vec<AccountRow>,
    /// Where the next page is.
    pub next: Option<String>,
    /// The query of this very page.
    pub query: String,
}

/// An account in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRow {
    /// Its id.
    pub id: AccountId,
    /// Where its page is.
    pub href: String,
    /// What people call it.
    pub name: String,
    /// The address of its first owner.
    pub owner: Option<String>,
    /// The company's own id of it.
    pub external_id: Option<String>,
    /// When it was made.
    pub created: Moment,
    /// Whether it is disabled.
    pub disabled: bool,
}

/// An account, as an admin sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountFileView {
    /// Who looks.
    pub viewer: Viewer,
    /// What was just done.
    pub said: Option<Said>,
    /// Its id.
    pub id: AccountId,
    /// What people call it.
    pub name: String,
    /// The company's own id of it.
    pub external_id: Option<String>,
    /// When it was made.
    pub created: Moment,
    /// Since when it is disabled.
    pub disabled: Option<Moment>,
    /// Its pairs, newest first.
    pub pairs: Vec<PairView>,
    /// When each of them was used last.
    pub last_uses: Vec<(PairId, LastUse)>,
    /// Its people, in the order of joining.
    pub members: Vec<MemberView>,
    /// Its latest roll.
    pub latest_roll: Option<LatestRoll>,
    /// The server's clock when the page was made.
    pub now: Timestamp,
    /// Whether acting asks for the admin's password.
    pub password_due: bool,
    /// The longest overlap the installation allows.
    pub longest_overlap: Duration,
    /// Names the next press of "Roll keys", so that a retry is recognised.
    pub submission: SubmissionId,
    /// The reason that was entered into a form which was refused.
    pub typed_reason: String,
    /// The same for the message.
    pub typed_message: String,
}

/// When a pair was used last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LastUse {
    /// Then.
    At(Seen),
    /// It never was.
    Never,
    /// This installation does not count use.
    Uncounted,
}

/// A member, as an admin sees them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberView {
    /// Their id.
    pub id: UserId,
    /// What they sign in with.
    pub email: String,
    /// What they are in the account.
    pub role: Role,
    /// Whether they have a password: who has none cannot sign in yet.
    pub has_password: bool,
}

/// The latest roll of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatestRoll {
    /// When.
    pub at: Moment,
    /// Who: "you", an address, an admin or an operator by name.
    pub by: String,
    /// Why, if a reason was given.
    pub reason: Option<String>,
}

/// A page of an account's audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminActivity {
    /// Who looks.
    pub viewer: Viewer,
    /// Whose trail it is.
    pub account: AccountId,
    /// What people call the account.
    pub account_name: String,
    /// The records.
    pub trail: Trail,
}

/// What an admin's search or act has come to, for the page they are led to. It travels in a cookie, which no link can
/// forge, and is a word of ours: nothing of what was entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said {
    /// A private key by its shape, and nobody's.
    UnknownPrivateKey,
    /// A private key with characters missing.
    KeyTooShort,
    /// A private key with something behind it.
    KeyTooLong,
    /// A private key whose checksum does not fit.
    KeyChecksum,
    /// More than one private key.
    SeveralKeys,
    /// An id or a public key, and nothing has it.
    NothingFound,
    /// A text that may be a secret, so it is put into no address.
    NotSearched,
    /// An installation key.
    InstallationKey,
    /// An installation key by its shape, and none of this installation's.
    UnknownInstallationKey,
    /// The keys were rolled.
    Rolled,
    /// An expiring pair was ended.
    Expired,
    /// The account was disabled.
    Disabled,
    /// The account was enabled.
    Enabled,
    /// Somebody's sessions were ended.
    SessionsEnded,
    /// They had none.
    NoSessions,
    /// No account of the list was selected.
    NothingSelected,
    /// A roll of many accounts was confirmed.
    BulkRollBegun,
    /// A roll of many accounts was stopped.
    BulkRollStopped,
}

impl Said {
    /// Every one of them.
    pub const ALL: [Self; 18] = [
        Self::UnknownPrivateKey,
        Self::KeyTooShort,
        Self::KeyTooLong,
        Self::KeyChecksum,
        Self::SeveralKeys,
        Self::NothingFound,
        Self::NotSearched,
        Self::InstallationKey,
        Self::UnknownInstallationKey,
        Self::Rolled,
        Self::Expired,
        Self::Disabled,
        Self::Enabled,
        Self::SessionsEnded,
        Self::NoSessions,
        Self::NothingSelected,
        Self::BulkRollBegun,
        Self::BulkRollStopped,
    ];

    /// The word in the cookie.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownPrivateKey => "unknown-private-key",
            Self::KeyTooShort => "key-too-short",
            Self::KeyTooLong => "key-too-long",
            Self::KeyChecksum => "key-checksum",
            Self::SeveralKeys => "several-keys",
            Self::NothingFound => "nothing-found",
            Self::NotSearched => "not-searched",
            Self::InstallationKey => "installation-key",
            Self::UnknownInstallationKey => "unknown-installation-key",
            Self::Rolled => "rolled",
            Self::Expired => "expired",
            Self::Disabled => "disabled",
            Self::Enabled => "enabled",
            Self::SessionsEnded => "sessions-ended-for",
            Self::NoSessions => "no-sessions",
            Self::NothingSelected => "nothing-selected",
            Self::BulkRollBegun => "bulk-roll-begun",
            Self::BulkRollStopped => "bulk-roll-stopped",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|said| said.as_str() == word)
    }
}
