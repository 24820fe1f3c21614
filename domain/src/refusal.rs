//! Every "no" the product can say: a stable code, and a sentence that says what to do.
//!
//! A refusal is not a fault: nothing broke. It carries no data, because it can travel in a URL when a form is sent
//! without WASM, and whoever forges one then shows only our own sentence.

use serde::{Deserialize, Serialize};

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $sentence:literal;)*) => {
        /// Why something was not done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "&'static str")]
        pub enum Refusal {
            $($(#[$doc])* $name,)*
        }

        impl Refusal {
            /// Every refusal, for tables and tests.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stable code. Programs match on it, so it never changes.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                }
            }

            /// What to tell a person: what is so, and what to do.
            pub const fn sentence(self) -> &'static str {
                match self {
                    $(Self::$name => $sentence,)*
                }
            }
        }
    };
}

refusals! {
    /// There is no session, or it has ended.
    SignedOut = "SIGNED_OUT", "Your session has ended. Sign in again.";
    /// E-mail and password do not belong together. Says nothing about which of them is wrong.
    SignInFailed = "SIGN_IN_FAILED", "The e-mail address or the password is wrong.";
    /// Too many wrong passwords for this person or from this address.
    TooManyAttempts = "TOO_MANY_ATTEMPTS", "There were too many attempts. Wait 15 minutes, then try again.";
    /// More password checks are under way than this machine can do at once.
    Busy = "BUSY", "The server is busy. Try again in a few seconds.";
    /// The installation takes no new people.
    SignUpClosed = "SIGN_UP_CLOSED", "Sign-up is closed here. Ask whoever runs this installation for an account.";
    /// New people come by invitation, and this one came without.
    InvitationNeeded = "INVITATION_NEEDED", "Sign-up is by invitation here. Open the link in your invitation, or ask whoever runs this installation for one.";
    /// The invitation was used, revoked, is older than 7 days, or never existed: all four answer alike.
    InvitationInvalid = "INVITATION_INVALID", "This invitation has been used or revoked, or is older than 7 days. Ask for a new one.";
    /// The invitation names another address than the one typed.
    InvitationForAnother = "INVITATION_FOR_ANOTHER", "This invitation is for another e-mail address. Open the link in your own invitation.";
    /// The person is a member of the account already.
    MemberAlready = "MEMBER_ALREADY", "This person is a member of the account already. Change their role in the list of members instead.";
    /// The member would be the last owner to go, or to be no owner any more.
    LastOwner = "LAST_OWNER", "An account keeps at least one owner. Make somebody else an owner first.";
    /// The member has this role already.
    RoleUnchanged = "ROLE_UNCHANGED", "This member has this role already. Nothing was changed.";
    /// No role was chosen, or one that there is not.
    RoleMissing = "ROLE_MISSING", "Choose a role.";
    /// As many invitations into the account are open as it may have.
    TooManyInvitations = "TOO_MANY_INVITATIONS", "This account has 20 open invitations, which is as many as it may have. Revoke one first.";
    /// Somebody with this address exists already.
    EmailTaken = "EMAIL_TAKEN", "An account with this e-mail address exists. Sign in instead.";
    /// The new address is the one the person has.
    EmailUnchanged = "EMAIL_UNCHANGED", "This is your e-mail address already. Nothing was changed.";
    /// Another account carries this external id already.
    ExternalIdTaken = "EXTERNAL_ID_TAKEN", "Another account has this external id.";
    /// The external id is empty, too long or not printable.
    ExternalIdInvalid = "EXTERNAL_ID_INVALID", "An external id is 1 to 200 printable characters.";
    /// Not an e-mail address.
    EmailInvalid = "EMAIL_INVALID", "Enter an e-mail address like name@example.com.";
    /// The account name is too long.
    NameInvalid = "NAME_INVALID", "Enter a name of at most 100 characters.";
    /// Fewer than 15 characters.
    PasswordTooShort = "PASSWORD_TOO_SHORT", "Use at least 15 characters. Four or five random words work well.";
    /// More than 1,024 bytes.
    PasswordTooLong = "PASSWORD_TOO_LONG", "Use at most 1,000 characters.";
    /// On the lists of common passwords, or made of the person's own words.
    PasswordCommon = "PASSWORD_COMMON", "This password is easy to guess. Use words that nobody would put together.";
    /// The person's own password is needed again.
    StepUpDue = "STEP_UP_DUE", "Enter your password to go on.";
    /// The password given to go on is wrong.
    PasswordWrong = "PASSWORD_WRONG", "This is not your password. Check it and try again.";
    /// The one-time link was used, is older than an hour, or never existed.
    LinkInvalid = "LINK_INVALID", "This link has been used or is older than an hour. Ask for a new one.";
    /// The account, pair or person does not exist, or belongs to somebody else: both answer alike.
    NotFound = "NOT_FOUND", "There is nothing here with this name.";
    /// The role in this account does not allow it.
    NotAllowed = "NOT_ALLOWED", "Your role in this account does not allow this. Ask an owner.";
    /// The person is in no account: an admin, who has the console.
    NoAccount = "NO_ACCOUNT", "You are in no account here. Ask an owner of one to invite you.";
    /// Somebody acts on an account that is not theirs without saying why.
    ReasonMissing = "REASON_MISSING", "Give a reason. The account's owner reads it.";
    /// The reason is too long.
    ReasonTooLong = "REASON_TOO_LONG", "Use at most 500 characters.";
    /// The message to the owners is too long.
    MessageTooLong = "MESSAGE_TOO_LONG", "Use at most 1,000 characters for the message.";
    /// The bulk roll has nothing left to roll, or was stopped before.
    BulkRollOver = "BULK_ROLL_OVER", "This bulk roll is over already. Nothing was changed.";
    /// The account is disabled already.
    DisabledAlready = "DISABLED_ALREADY", "This account is disabled already. Nothing was changed.";
    /// The account is not disabled.
    EnabledAlready = "ENABLED_ALREADY", "This account is enabled already. Nothing was changed.";
    /// The person is an admin already.
    AdminAlready = "ADMIN_ALREADY", "This person is an admin already. Nothing was changed.";
    /// No choice was made for the old pair.
    ExpiryMissing = "EXPIRY_MISSING", "Choose when the old keys expire.";
    /// The exact date and time could not be read.
    ExpiryInvalid = "EXPIRY_INVALID", "Enter a date and a time.";
    /// The exact date and time is not ahead.
    ExpiryPast = "EXPIRY_PAST", "This time has passed. Choose one that lies ahead, or Immediately.";
    /// The exact date and time is further than the installation's longest overlap.
    ExpiryTooFar = "EXPIRY_TOO_FAR", "This is too far ahead. Choose an earlier time.";
    /// The pair named in the roll is not the active one any more: somebody rolled it.
    PairAlreadyRolled = "PAIR_ALREADY_ROLLED", "These keys have already been rolled. Nothing was changed.";
    /// More accounts at once than a bulk roll takes.
    TooManyLines = "TOO_MANY_LINES", "At most 10,000 lines can be given at once. Split the list.";
    /// No line of a bulk roll names an account.
    NothingToRoll = "NOTHING_TO_ROLL", "None of these lines names an account. Nothing was changed.";
    /// Five pairs would go on working.
    TooManyWorkingPairs = "TOO_MANY_WORKING_PAIRS", "Five pairs already work. Expire one now, or choose Immediately.";
    /// An active pair cannot be ended, only rolled.
    PairIsActive = "PAIR_IS_ACTIVE", "The active keys cannot be expired. Roll them instead.";
    /// The pair is expired or revoked.
    PairEnded = "PAIR_ENDED", "These keys have already expired.";
    /// What was typed as an origin does not begin with the scheme of web pages.
    OriginSchemeMissing = "ORIGIN_SCHEME_MISSING", "Begin with https:// or http://, as in https://www.example.com.";
    /// More was typed than an origin has: a path, a query, a user name.
    OriginHasMore = "ORIGIN_HAS_MORE", "An origin is a scheme, a host and a port, such as https://www.example.com. Leave out the rest of the address.";
    /// A pattern was typed where an exact origin is asked for.
    OriginWildcard = "ORIGIN_WILDCARD", "There are no wildcards. Add each origin by itself, such as https://www.example.com.";
    /// What browsers send for pages that have no origin.
    OriginNull = "ORIGIN_NULL", "null is sent by every page without an origin of its own, so it cannot be allowed. Serve the page from a host.";
    /// What was typed as an origin has no host that browsers would ask.
    OriginInvalid = "ORIGIN_INVALID", "This host or port cannot be read. Enter an origin like https://www.example.com.";
    /// The account has this origin on its list.
    OriginListed = "ORIGIN_LISTED", "This origin is on the list already. Nothing was changed.";
    /// The account has as many origins on its list as it may.
    TooManyOrigins = "TOO_MANY_ORIGINS", "20 origins are as many as an account may list. Remove one first.";
    /// It has become the last origin on the list while somebody was asked whether to remove it.
    OriginLast = "ORIGIN_LAST", "This is the only origin left on the list: without it every page may upload. Nothing was changed.";
    /// Something in the request could not be read.
    InvalidInput = "INVALID_INPUT", "Something in this form could not be read. Check it and try again.";
}

/// A text that is no refusal's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown refusal code")]
pub struct UnknownCode;

impl TryFrom<String> for Refusal {
    type Error = UnknownCode;

    fn try_from(code: String) -> Result<Self, UnknownCode> {
        Self::from_code(&code).ok_or(UnknownCode)
    }
}

impl From<Refusal> for &'static str {
    fn from(refusal: Refusal) -> Self {
        refusal.code()
    }
}

impl Refusal {
    /// The refusal with this code, if there is one.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|refusal| refusal.code() == code)
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.sentence())
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_are_unique_and_read_back() {
        let codes: HashSet<_> = Refusal::ALL.iter().map(|refusal| refusal.code()).collect();
        assert_eq!(codes.len(), Refusal::ALL.len());
        for refusal in Refusal::ALL {
            let json = serde_json::to_string(refusal).expect("serialises");
            assert_eq!(json, format!("\"{}\"", refusal.code()));
            assert_eq!(serde_json::from_str::<Refusal>(&json).expect("reads back"), *refusal);
        }
    }

    #[test]
    fn a_forged_code_is_no_refusal() {
        assert!(serde_json::from_str::<Refusal>("\"Your account was deleted, call us\"").is_err());
    }

    #[test]
    fn every_sentence_is_a_sentence() {
        for refusal in Refusal::ALL {
            let sentence = refusal.sentence();
            assert!(sentence.ends_with('.') && !sentence.contains('!'), "{}", refusal.code());
        }
    }
}
