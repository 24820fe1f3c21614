//! What is recorded: who did what to which things, and from where.

use crate::{
    AccountId, BulkRollId, EventId, ExpireOld, FileId, InstallationKeyId, InvitationId, PairId, Refusal, Role,
    SessionId, Timestamp, UserId,
};
use serde::{Deserialize, Serialize};

/// Who does something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Nobody known: somebody signing in or up, before they are anybody.
    Anonymous,
    /// A person, with the address they had at the time.
    Person {
        /// Their id.
        id: UserId,
        /// Their e-mail address then.
        name: String,
    },
    /// An admin of the installation, acting on an account that need not be theirs, with the address they had at the time.
    Admin {
        /// Their id.
        id: UserId,
        /// Their e-mail address then.
        name: String,
    },
    /// Whoever has a shell on the machine and runs `latchkey` there.
    Operator {
        /// The operating system's name for them.
        name: String,
    },
    /// One of the company's own systems, with an installation key.
    Installation {
        /// The key's id.
        id: InstallationKeyId,
        /// The operator's name for the key.
        name: String,
    },
    /// A program that authenticated with a pair.
    Pair {
        /// The pair.
        id: PairId,
    },
    /// Latchkey itself: the sweep.
    System,
}

/// What kind of somebody an [`Actor`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActorKind {
    /// See [`Actor::Anonymous`].
    Anonymous,
    /// See [`Actor::Person`].
    Person,
    /// See [`Actor::Admin`].
    Admin,
    /// See [`Actor::Operator`].
    Operator,
    /// See [`Actor::Installation`].
    Installation,
    /// See [`Actor::Pair`].
    Pair,
    /// See [`Actor::System`].
    System,
}

impl ActorKind {
    /// Every kind, for filters and tests.
    pub const ALL: [Self; 7] =
        [Self::Person, Self::Admin, Self::Operator, Self::Installation, Self::Pair, Self::System, Self::Anonymous];

    /// The stable word stored with a record.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Person => "person",
            Self::Admin => "admin",
            Self::Operator => "operator",
            Self::Installation => "installation",
            Self::Pair => "pair",
            Self::System => "system",
        }
    }

    /// Reads the stable word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

impl Actor {
    /// What kind of somebody it is.
    pub const fn kind(&self) -> ActorKind {
        match self {
            Self::Anonymous => ActorKind::Anonymous,
            Self::Person { .. } => ActorKind::Person,
            Self::Admin { .. } => ActorKind::Admin,
            Self::Operator { .. } => ActorKind::Operator,
            Self::Installation { .. } => ActorKind::Installation,
            Self::Pair { .. } => ActorKind::Pair,
            Self::System => ActorKind::System,
        }
    }

    /// The actor's id, where it has one.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Person { id, .. } | Self::Admin { id, .. } => Some(id.as_str()),
            Self::Installation { id, .. } => Some(id.as_str()),
            Self::Pair { id } => Some(id.as_str()),
            Self::Anonymous | Self::Operator { .. } | Self::System => None,
        }
    }

    /// The actor's name at the time, where it has one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Person { name, .. }
            | Self::Admin { name, .. }
            | Self::Operator { name }
            | Self::Installation { name, .. } => Some(name),
            Self::Anonymous | Self::Pair { .. } | Self::System => None,
        }
    }
}

macro_rules! acts {
    ($($(#[$doc:meta])* $name:ident = $word:literal;)*) => {
        /// What was done. The words are stored, so they never change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Act {
            $($(#[$doc])* $name,)*
        }

        impl Act {
            /// Every act, for filters and tests.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stable word stored with a record.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            /// Reads the stable word.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|act| act.as_str() == word)
            }
        }
    };
}

acts! {
    /// A person, an account and its first pair were made.
    AccountCreate = "account.create";
    /// Somebody signed in.
    SignIn = "session.sign_in";
    /// A sign-in was refused.
    SignInRefused = "session.sign_in_refused";
    /// A session was ended by its person.
    SignOut = "session.sign_out";
    /// A person ended other sessions of theirs: one, or all.
    SessionEnd = "session.end";
    /// Ending another session was refused.
    SessionEndRefused = "session.end_refused";
    /// A password was given again and was wrong.
    StepUpRefused = "session.step_up_refused";
    /// A private key was shown or copied.
    KeyReveal = "key.reveal";
    /// A reveal was refused.
    KeyRevealRefused = "key.reveal_refused";
    /// A pair was rolled.
    KeyRoll = "key.roll";
    /// A roll was refused.
    KeyRollRefused = "key.roll_refused";
    /// An expiring pair was ended at once.
    KeyRevoke = "key.revoke";
    /// Ending a pair was refused.
    KeyRevokeRefused = "key.revoke_refused";
    /// A pair's scheduled end was seen to pass.
    KeyExpire = "key.expire";
    /// A one-time link to set a password was made.
    PasswordLink = "password.link";
    /// A password was set.
    PasswordSet = "password.set";
    /// A restored backup was put in use: what happened since it was taken is gone.
    BackupAccept = "backup.accept";
    /// The account's records were taken away as a file.
    ActivityExport = "activity.export";
    /// Taking them away was refused.
    ActivityExportRefused = "activity.export_refused";
    /// A person changed their password.
    PasswordChange = "password.change";
    /// Changing the password was refused.
    PasswordChangeRefused = "password.change_refused";
    /// A person changed the address they sign in with; the detail holds both.
    EmailChange = "email.change";
    /// Changing the address was refused.
    EmailChangeRefused = "email.change_refused";
    /// An invitation was made.
    InvitationCreate = "invitation.create";
    /// Somebody signed up by an invitation.
    InvitationUse = "invitation.use";
    /// An invitation was revoked before it was used.
    InvitationRevoke = "invitation.revoke";
    /// A person became an admin of the installation.
    AdminCreate = "admin.create";
    /// A person is no admin any more.
    AdminRemove = "admin.remove";
    /// An admin asked whose private key this is, and it is one of this account's.
    KeyIdentify = "key.identify";
    /// An account was disabled: its keys authenticate nothing.
    AccountDisable = "account.disable";
    /// Disabling an account was refused.
    AccountDisableRefused = "account.disable_refused";
    /// A disabled account was enabled again.
    AccountEnable = "account.enable";
    /// Enabling an account was refused.
    AccountEnableRefused = "account.enable_refused";
    /// Somebody had the keys of many accounts rolled; each account has its own record of its roll.
    BulkRollBegin = "bulk_roll.begin";
    /// Rolling the keys of many accounts was refused as a whole.
    BulkRollBeginRefused = "bulk_roll.begin_refused";
    /// Somebody stopped a roll of many accounts: those not rolled by then keep their keys.
    BulkRollStop = "bulk_roll.stop";
    /// Stopping a roll of many accounts was refused.
    BulkRollStopRefused = "bulk_roll.stop_refused";
    /// The report of a roll of many accounts was taken away as a file.
    BulkRollExport = "bulk_roll.export";
    /// Making an account was refused to one of the company's own systems.
    AccountCreateRefused = "account.create_refused";
    /// An installation key was made.
    InstallationKeyCreate = "installation_key.create";
    /// An installation key was rolled.
    InstallationKeyRoll = "installation_key.roll";
    /// An installation key was ended at once.
    InstallationKeyRevoke = "installation_key.revoke";
    /// Somebody was invited into the account.
    MemberInvite = "member.invite";
    /// Inviting somebody was refused.
    MemberInviteRefused = "member.invite_refused";
    /// An invitation into the account ended before it was used: revoked, replaced, or fallen with its inviter's right.
    MemberInviteRevoke = "member.invite_revoke";
    /// Revoking an invitation into the account was refused.
    MemberInviteRevokeRefused = "member.invite_revoke_refused";
    /// Somebody joined the account by invitation.
    MemberJoin = "member.join";
    /// Joining the account was refused to somebody with the link of an invitation into it.
    MemberJoinRefused = "member.join_refused";
    /// A member's role was changed.
    MemberRole = "member.role";
    /// Changing a role was refused.
    MemberRoleRefused = "member.role_refused";
    /// A member was removed, or left.
    MemberRemove = "member.remove";
    /// Removing a member, or leaving, was refused.
    MemberRemoveRefused = "member.remove_refused";
    /// A person went on with a session in another account of theirs: this one.
    SessionSwitch = "session.switch";
    /// A private key was used from a browser, or stood in a URL. The request was refused.
    KeySighting = "key.sighting";
    /// A file was deleted. That one was uploaded is told by the file itself, for as long as it is there.
    FileDelete = "file.delete";
    /// Deleting files was refused.
    FileDeleteRefused = "file.delete_refused";
    /// The list of origins whose pages may upload was changed.
    UploadOriginsChange = "upload_origins.change";
    /// Changing that list was refused.
    UploadOriginsChangeRefused = "upload_origins.change_refused";
}

impl Act {
    /// Whether it is about the installation as a whole: its record is filed under no account, and no account's trail has it.
    /// Whoever writes records holds to that (`backend::record`).
    pub const fn is_of_the_installation(self) -> bool {
        matches!(
            self,
            Self::AccountCreateRefused
                | Self::BackupAccept
                | Self::BulkRollBegin
                | Self::BulkRollBeginRefused
                | Self::BulkRollStop
                | Self::BulkRollStopRefused
                | Self::BulkRollExport
                | Self::InstallationKeyCreate
                | Self::InstallationKeyRoll
                | Self::InstallationKeyRevoke
                | Self::InvitationCreate
                | Self::InvitationRevoke
        )
    }
}

/// What an act was done to. A record may name several: a roll names both pairs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Target {
    /// An account.
    Account(AccountId),
    /// A pair.
    Pair(PairId),
    /// A person.
    Person(UserId),
    /// A session.
    Session(SessionId),
    /// An invitation.
    Invitation(InvitationId),
    /// A roll of many accounts.
    BulkRoll(BulkRollId),
    /// An installation key.
    InstallationKey(InstallationKeyId),
    /// A file.
    File(FileId),
}

impl Target {
    /// The stable word for what kind of thing it is, as it is serialised.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Account(_) => "account",
            Self::Pair(_) => "pair",
            Self::Person(_) => "person",
            Self::Session(_) => "session",
            Self::Invitation(_) => "invitation",
            Self::BulkRoll(_) => "bulk_roll",
            Self::InstallationKey(_) => "installation_key",
            Self::File(_) => "file",
        }
    }

    /// The thing's id.
    pub fn id(&self) -> &str {
        match self {
            Self::Account(id) => id.as_str(),
            Self::Pair(id) => id.as_str(),
            Self::Person(id) => id.as_str(),
            Self::Session(id) => id.as_str(),
            Self::Invitation(id) => id.as_str(),
            Self::BulkRoll(id) => id.as_str(),
            Self::InstallationKey(id) => id.as_str(),
            Self::File(id) => id.as_str(),
        }
    }

    /// Reads a target from its kind and id.
    pub fn parse(kind: &str, id: &str) -> Option<Self> {
        match kind {
            "account" => id.parse().ok().map(Self::Account),
            "pair" => id.parse().ok().map(Self::Pair),
            "person" => id.parse().ok().map(Self::Person),
            "session" => id.parse().ok().map(Self::Session),
            "invitation" => id.parse().ok().map(Self::Invitation),
            "bulk_roll" => id.parse().ok().map(Self::BulkRoll),
            "installation_key" => id.parse().ok().map(Self::InstallationKey),
            "file" => id.parse().ok().map(Self::File),
            _ => None,
        }
    }
}

/// What a record says beyond who, what, when and to which things. Never a secret: every field is an instant, a number, a
/// word of ours, an address somebody signs in with, or a text that somebody gave as a reason or a message, with private
/// keys taken out of it.
///
/// It has one serialised form, for the store and for exports: [`Detail::to_text`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Detail {
    /// How a roll ended the old pair.
    Roll {
        /// The choice.
        expire_old: ExpireOld,
        /// Until when the old pair works, exclusive; `None` when it ended with the roll.
        #[serde(with = "crate::time::optional_rfc3339")]
        expires_at: Option<Timestamp>,
        /// Why, if a reason was given.
        reason: Option<String>,
        /// What the owners are told beside it, if anything.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// The end of what the record is about: a pair's, a one-time link's. Exclusive.
    Expiry {
        /// The instant.
        #[serde(with = "crate::time::rfc3339")]
        expires_at: Timestamp,
    },
    /// Why something was refused.
    Refusal {
        /// Its code.
        code: Refusal,
    },
    /// Sessions that ended with it.
    SessionsEnded {
        /// How many.
        count: u64,
    },
    /// An address to sign in with that took another's place.
    EmailChanged {
        /// The one before.
        from: String,
        /// The one from then on.
        to: String,
        /// How many sessions ended with it.
        sessions_ended: u64,
    },
    /// For whom an invitation is, and until when.
    Invitation {
        /// The only address that may use it; `None` for any.
        email: Option<String>,
        /// Until when, exclusive.
        #[serde(with = "crate::time::rfc3339")]
        expires_at: Timestamp,
    },
    /// Whom somebody invited into the account, as what, and until when.
    MemberInvited {
        /// The only address that may use it.
        email: String,
        /// What they are to be.
        role: Role,
        /// Until when, exclusive.
        #[serde(with = "crate::time::rfc3339")]
        expires_at: Timestamp,
    },
    /// Who came or went, and as what.
    Member {
        /// The address they signed in with then.
        email: String,
        /// What they became, or were.
        role: Role,
    },
    /// Whose role changed.
    RoleChanged {
        /// The address they signed in with then.
        email: String,
        /// What they were.
        from: Role,
        /// What they are from then on.
        to: Role,
    },
    /// What was taken away.
    Export {
        /// As what.
        format: ExportFormat,
    },
    /// Where a private key was seen that should be on servers only.
    Sighting {
        /// What the browser named as its page's origin; `None` for a URL.
        origin: Option<String>,
    },
    /// Where files were that are gone, as people saw it.
    Files {
        /// Folder and name of each.
        paths: Vec<String>,
    },
    /// The origins whose pages may upload; none for those of every origin.
    Origins {
        /// The list before.
        from: Vec<String>,
        /// The list from then on.
        to: Vec<String>,
    },
    /// Why it was done, in the words of whoever did it.
    Reason {
        /// The words.
        reason: String,
    },
    /// Free text: records written before details had a form.
    Note {
        /// The text.
        text: String,
    },
}

/// The forms in which records can be taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// Comma-separated values (RFC 4180).
    Csv,
    /// One JSON object on each line.
    JsonLines,
}

impl Detail {
    /// The one serialised form: a JSON object whose `kind` says what the other members are. Instants are RFC 3339 in UTC.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// Reads the serialised form; any other text is a note.
    pub fn from_text(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_else(|_| Self::Note { text: text.to_owned() })
    }
}

/// One audit record. Written in the transaction of the change it describes, so neither exists without the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its id, in order of time.
    pub id: EventId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What.
    pub act: Act,
    /// In which account; `None` before there is one (a failed sign-in of nobody).
    pub account_id: Option<AccountId>,
    /// To which things.
    pub targets: Vec<Target>,
    /// What there is to say beyond that.
    pub detail: Option<Detail>,
    /// The caller's address, if there was one.
    pub address: Option<String>,
    /// The caller's user agent, cut at 300 characters.
    pub user_agent: Option<String>,
    /// The request this belongs to.
    pub request_id: String,
}

/// Which records somebody wants to see. What is given must hold together; the default lets every record through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// One of these acts; empty for any.
    pub acts: Vec<Act>,
    /// An actor of this kind.
    pub actor_kind: Option<ActorKind>,
    /// An actor with this id, or with this name, where the case of ASCII letters does not matter.
    pub actor: Option<String>,
    /// At this instant or later.
    pub from: Option<Timestamp>,
    /// Before this instant: the range is half open, to the millisecond.
    pub until: Option<Timestamp>,
}

impl EventFilter {
    /// Whether the record is wanted. Stores filter in their own language and are held to this.
    pub fn matches(&self, event: &Event) -> bool {
        let named = |wanted: &String| {
            event.actor.id() == Some(wanted) || event.actor.name().is_some_and(|name| name.eq_ignore_ascii_case(wanted))
        };
        (self.acts.is_empty() || self.acts.contains(&event.act))
            && self.actor_kind.is_none_or(|kind| event.actor.kind() == kind)
            && self.actor.as_ref().is_none_or(named)
            && self.from.is_none_or(|from| from <= event.at)
            && self.until.is_none_or(|until| event.at < until)
    }
}

/// A place in an account's records, which are in the order of writing. It stays where it is while new ones arrive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum EventPlace {
    /// Before the newest.
    #[default]
    Newest,
    /// The records just older than this one.
    OlderThan(EventId),
    /// The records just newer than this one.
    NewerThan(EventId),
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_words_of_acts_are_unique_and_read_back() {
        let words: HashSet<_> = Act::ALL.iter().map(|act| act.as_str()).collect();
        assert_eq!(words.len(), Act::ALL.len());
        for act in Act::ALL {
            assert_eq!(Act::parse(act.as_str()), Some(*act));
        }
        assert_eq!(Act::parse("key.rotate"), None);
    }

    #[test]
    fn the_words_of_actors_are_read_back() {
        for kind in ActorKind::ALL {
            assert_eq!(ActorKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(ActorKind::parse("root"), None);
    }

    /// What is stored is read for as long as there are records: these texts never change.
    #[test]
    fn every_detail_has_one_stable_form() {
        let at = Timestamp::from_millis(1_795_424_520_007);
        for (detail, text) in [
            (
                Detail::Roll {
                    expire_old: ExpireOld::In1Hour,
                    expires_at: Some(at),
                    reason: Some("a \"leak\"\n".into()),
                    message: None,
                },
                r#"{"kind":"roll","expireOld":"1h","expiresAt":"2026-11-23T09:02:00.007Z","reason":"a \"leak\"\n"}"#,
            ),
            (
                Detail::Roll { expire_old: ExpireOld::Immediately, expires_at: None, reason: None, message: None },
                r#"{"kind":"roll","expireOld":"immediately","expiresAt":null,"reason":null}"#,
            ),
            (
                Detail::Roll {
                    expire_old: ExpireOld::Immediately,
                    expires_at: None,
                    reason: Some("x".into()),
                    message: Some("call us".into()),
                },
                r#"{"kind":"roll","expireOld":"immediately","expiresAt":null,"reason":"x","message":"call us"}"#,
            ),
            (Detail::Expiry { expires_at: at }, r#"{"kind":"expiry","expiresAt":"2026-11-23T09:02:00.007Z"}"#),
            (Detail::Refusal { code: Refusal::PairEnded }, r#"{"kind":"refusal","code":"PAIR_ENDED"}"#),
            (Detail::SessionsEnded { count: 3 }, r#"{"kind":"sessions_ended","count":3}"#),
            (
                Detail::EmailChanged { from: "a@b.c".into(), to: "d@e.f".into(), sessions_ended: 2 },
                r#"{"kind":"email_changed","from":"a@b.c","to":"d@e.f","sessionsEnded":2}"#,
            ),
            (
                Detail::Invitation { email: None, expires_at: at },
                r#"{"kind":"invitation","email":null,"expiresAt":"2026-11-23T09:02:00.007Z"}"#,
            ),
            (
                Detail::MemberInvited { email: "a@b.c".into(), role: Role::Viewer, expires_at: at },
                r#"{"kind":"member_invited","email":"a@b.c","role":"viewer","expiresAt":"2026-11-23T09:02:00.007Z"}"#,
            ),
            (
                Detail::Member { email: "a@b.c".into(), role: Role::Owner },
                r#"{"kind":"member","email":"a@b.c","role":"owner"}"#,
            ),
            (
                Detail::RoleChanged { email: "a@b.c".into(), from: Role::Owner, to: Role::Developer },
                r#"{"kind":"role_changed","email":"a@b.c","from":"owner","to":"developer"}"#,
            ),
            (Detail::Export { format: ExportFormat::Csv }, r#"{"kind":"export","format":"csv"}"#),
            (Detail::Export { format: ExportFormat::JsonLines }, r#"{"kind":"export","format":"json_lines"}"#),
            (
                Detail::Origins { from: Vec::new(), to: vec!["https://a.example".into()] },
                r#"{"kind":"origins","from":[],"to":["https://a.example"]}"#,
            ),
            (Detail::Reason { reason: "leaked".into() }, r#"{"kind":"reason","reason":"leaked"}"#),
            (Detail::Note { text: "x".into() }, r#"{"kind":"note","text":"x"}"#),
        ] {
            assert_eq!(detail.to_text().expect("serialises"), text);
            assert_eq!(Detail::from_text(text), detail);
        }
    }

    #[test]
    fn a_text_without_the_form_is_a_note() {
        for text in [
            "EXPIRY_PAST",
            "old keys expire: 2026-11-23T10:02:00.000Z; reason: somebody left",
            "",
            "3",
            "[]",
            r#"{"kind":"roll"}"#,
            r#"{"kind":"refusal","code":"NO_SUCH_CODE"}"#,
            r#"{"kind":"expiry","expiresAt":"2026-11-23T09:02:00.007Z","more":1}"#,
        ] {
            assert_eq!(Detail::from_text(text), Detail::Note { text: text.to_owned() });
        }
    }
}
