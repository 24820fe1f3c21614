//! From audit records to words, in one place. Every act and every refusal has its own: a new one does not compile until
//! it has too.

use domain::audit::{Act, Actor, ActorKind, Detail, Event, ExportFormat, Target};
use domain::{Refusal, Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// A part of a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Piece {
    /// Our words.
    Words(String),
    /// A name that somebody chose. Set apart where it is shown, so that it cannot rearrange the words around it.
    Name(String),
}

/// From where a trail is read: whose keys these are, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standpoint {
    /// By a member, on the account's own page: the keys are theirs.
    Member,
    /// By an admin on somebody else's, or in a file by whoever gets it.
    Outside,
}

/// Who reads, from where, and when.
pub struct Reader<'a> {
    /// From where.
    pub standpoint: Standpoint,
    /// The person reading, who is "You".
    pub person: Option<&'a UserId>,
    /// What a person is called now, if they are still here.
    pub name_of: &'a dyn Fn(&UserId) -> Option<String>,
    /// Until when something works, or worked, depends on it.
    pub now: Timestamp,
}

/// How an act went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was refused, and changed nothing.
    Refused,
}

/// What an act is about: the groups of the filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Key pairs.
    Keys,
    /// Signing in and out.
    Sessions,
    /// Accounts, and people's passwords and addresses.
    People,
    /// Uploaded files.
    Files,
    /// The trail itself, and the database it lies in.
    Activity,
}

impl Subject {
    /// Every subject, in the order of the filter.
    pub const ALL: [Self; 5] = [Self::Keys, Self::Sessions, Self::People, Self::Files, Self::Activity];

    /// The group's heading.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Keys => "Keys",
            Self::Sessions => "Signing in",
            Self::People => "People",
            Self::Files => "Files",
            Self::Activity => "Activity",
        }
    }
}

/// An act in the filter: what it is about, in a few words, and how it went.
pub const fn describe(act: Act) -> (Subject, &'static str, Outcome) {
    use Outcome::{Done, Refused};
    match act {
        Act::KeyReveal => (Subject::Keys, "Private key revealed", Done),
        Act::KeyRevealRefused => (Subject::Keys, "Reveal refused", Refused),
        Act::KeyRoll => (Subject::Keys, "Keys rolled", Done),
        Act::KeyRollRefused => (Subject::Keys, "Roll refused", Refused),
        Act::KeyRevoke => (Subject::Keys, "Keys expired by hand", Done),
        Act::KeyRevokeRefused => (Subject::Keys, "Expiring by hand refused", Refused),
        Act::KeyExpire => (Subject::Keys, "Keys expired as scheduled", Done),
        Act::KeyIdentify => (Subject::Keys, "Private key identified by an admin", Done),
        Act::SignIn => (Subject::Sessions, "Signed in", Done),
        Act::SignInRefused => (Subject::Sessions, "Sign-in refused", Refused),
        Act::SignOut => (Subject::Sessions, "Signed out", Done),
        Act::SessionEnd => (Subject::Sessions, "Sessions ended", Done),
        Act::SessionEndRefused => (Subject::Sessions, "Ending sessions refused", Refused),
        Act::StepUpRefused => (Subject::Sessions, "Password refused when asked for again", Refused),
        Act::AccountCreate => (Subject::People, "Account created", Done),
        Act::PasswordLink => (Subject::People, "Password link made", Done),
        Act::PasswordSet => (Subject::People, "Password set with a link", Done),
        Act::PasswordChange => (Subject::People, "Password changed", Done),
        Act::PasswordChangeRefused => (Subject::People, "Password change refused", Refused),
        Act::EmailChange => (Subject::People, "E-mail address changed", Done),
        Act::EmailChangeRefused => (Subject::People, "E-mail address change refused", Refused),
        Act::InvitationCreate => (Subject::People, "Invitation made", Done),
        Act::InvitationUse => (Subject::People, "Invitation used", Done),
        Act::InvitationRevoke => (Subject::People, "Invitation revoked", Done),
        Act::AdminCreate => (Subject::People, "Admin made", Done),
        Act::AdminRemove => (Subject::People, "Admin removed", Done),
        Act::AccountDisable => (Subject::People, "Account disabled", Done),
        Act::AccountDisableRefused => (Subject::People, "Disabling the account refused", Refused),
        Act::AccountEnable => (Subject::People, "Account enabled", Done),
        Act::AccountEnableRefused => (Subject::People, "Enabling the account refused", Refused),
        Act::BulkRollBegin => (Subject::Keys, "Keys of many accounts rolled", Done),
        Act::BulkRollBeginRefused => (Subject::Keys, "Rolling many accounts refused", Refused),
        Act::BulkRollStop => (Subject::Keys, "Rolling many accounts stopped", Done),
        Act::BulkRollStopRefused => (Subject::Keys, "Stopping a roll of many accounts refused", Refused),
        Act::BulkRollExport => (Subject::Activity, "Report of a roll of many accounts exported", Done),
        Act::AccountCreateRefused => (Subject::People, "Making an account refused", Refused),
        Act::InstallationKeyCreate => (Subject::People, "Installation key made", Done),
        Act::InstallationKeyRoll => (Subject::People, "Installation key rolled", Done),
        Act::InstallationKeyRevoke => (Subject::People, "Installation key revoked", Done),
        Act::MemberInvite => (Subject::People, "Member invited", Done),
        Act::MemberInviteRefused => (Subject::People, "Inviting a member refused", Refused),
        Act::MemberInviteRevoke => (Subject::People, "Invitation into the account ended", Done),
        Act::MemberInviteRevokeRefused => (Subject::People, "Ending an invitation refused", Refused),
        Act::MemberJoin => (Subject::People, "Member joined", Done),
        Act::MemberJoinRefused => (Subject::People, "Joining refused", Refused),
        Act::MemberRole => (Subject::People, "Role changed", Done),
        Act::MemberRoleRefused => (Subject::People, "Role change refused", Refused),
        Act::MemberRemove => (Subject::People, "Member removed or left", Done),
        Act::MemberRemoveRefused => (Subject::People, "Removing a member refused", Refused),
        Act::SessionSwitch => (Subject::Sessions, "Came from another account", Done),
        Act::KeySighting => (Subject::Keys, "Private key seen in a browser or URL", Done),
        Act::FileDelete => (Subject::Files, "File deleted", Done),
        Act::FileDeleteRefused => (Subject::Files, "Deleting files refused", Refused),
        Act::UploadOriginsChange => (Subject::Files, "Origins that may upload changed", Done),
        Act::UploadOriginsChangeRefused => (Subject::Files, "Changing the origins refused", Refused),
        Act::BackupAccept => (Subject::Activity, "Restored backup accepted", Done),
        Act::ActivityExport => (Subject::Activity, "Activity exported", Done),
        Act::ActivityExportRefused => (Subject::Activity, "Export refused", Refused),
    }
}

/// A kind of actor in the filter.
pub const fn actor_label(kind: ActorKind, standpoint: Standpoint) -> &'static str {
    match kind {
        ActorKind::Person => "People",
        ActorKind::Admin => "Admins",
        ActorKind::Operator => "Operators",
        ActorKind::Installation => "Systems of this service",
        ActorKind::Pair => match standpoint {
            Standpoint::Member => "Programs with your keys",
            Standpoint::Outside => "Programs with the account's keys",
        },
        ActorKind::System => "The server by itself",
        ActorKind::Anonymous => "Nobody signed in",
    }
}

/// What happened, as one sentence.
pub fn sentence(event: &Event, reader: &Reader<'_>) -> Vec<Piece> {
    let mut said = Said::default();
    if event.act != Act::KeyExpire {
        said.actor(&event.actor, reader);
    }
    let detail = event.detail.as_ref();
    match event.act {
        Act::AccountCreate => said.words(" created the account and its first key pair"),
        Act::SignIn => said.words(" signed in"),
        Act::SignInRefused => said.words(" tried to sign in").person(" as ", event, reader),
        Act::SignOut => said.words(" signed out"),
        // Somebody's own sessions are named one by one; an admin or an operator ends all of a person's.
        Act::SessionEnd if !matches!(event.actor, Actor::Person { .. }) => {
            let words = match detail {
                Some(Detail::SessionsEnded { count }) => format!(" ended {}", counted(*count, "session")),
                _ => " ended sessions".to_owned(),
            };
            said.words(&words).person(" of ", event, reader)
        }
        Act::SessionEnd => match detail {
            Some(Detail::SessionsEnded { count }) => {
                said.words(&format!(" ended {}", counted(*count, "other session")))
            }
            _ => said.words(" ended another session"),
        },
        Act::SessionEndRefused => said.words(" tried to end another session"),
        Act::StepUpRefused => said.words(" was asked for the password again"),
        Act::KeyReveal => said.words(" revealed a private key"),
        Act::KeyRevealRefused => said.words(" tried to reveal a private key"),
        Act::KeyRoll => said.words(" rolled the keys").words(&old_pair(detail, reader.now)),
        Act::KeyRollRefused => said.words(" tried to roll the keys"),
        Act::KeyRevoke => said.words(" expired a key pair at once"),
        Act::KeyRevokeRefused => said.words(" tried to expire a key pair at once"),
        Act::KeyExpire => match expiry(detail) {
            Some(at) => said.words(&format!("A key pair expired as scheduled: it worked until {}", at.to_utc_words())),
            None => said.words("A key pair expired as scheduled"),
        },
        Act::KeyIdentify if event.targets.iter().any(|target| matches!(target, Target::InstallationKey(_))) => {
            said.words(" had an installation key in hand and found which one it is")
        }
        Act::KeyIdentify => said.words(" had a private key in hand and found that it is one of this account's"),
        Act::PasswordLink => made_password_link(&mut said, event, reader),
        Act::PasswordSet => said.words(" set a password with a one-time link").words(&sessions_ended(detail)),
        Act::PasswordChange => said.words(" changed the password").words(&sessions_ended(detail)),
        Act::PasswordChangeRefused => said.words(" tried to change the password"),
        Act::EmailChange => {
            said.words(" changed the e-mail address to sign in with").addresses(detail).words(&sessions_ended(detail))
        }
        Act::EmailChangeRefused => said.words(" tried to change the e-mail address to sign in with"),
        Act::AdminCreate => said.words(" made somebody an admin of the installation").person(": ", event, reader),
        Act::AdminRemove => said.words(" made somebody no admin any more").person(": ", event, reader),
        Act::AccountDisable => said.words(" disabled the account: its keys authenticate nothing"),
        Act::AccountDisableRefused => said.words(" tried to disable the account"),
        Act::AccountEnable => said.words(" enabled the account: its keys authenticate again"),
        Act::AccountEnableRefused => said.words(" tried to enable the account"),
        Act::BulkRollBegin => said.words(" had the keys of many accounts rolled"),
        Act::BulkRollBeginRefused => said.words(" tried to roll the keys of many accounts"),
        Act::BulkRollStop => said.words(" stopped a roll of many accounts: those not rolled by then keep their keys"),
        Act::BulkRollStopRefused => said.words(" tried to stop a roll of many accounts"),
        Act::BulkRollExport => said.words(" exported the report of a roll of many accounts as CSV"),
        Act::AccountCreateRefused => said.words(" tried to create an account"),
        Act::InstallationKeyCreate => said.words(" made an installation key"),
        Act::InstallationKeyRoll => said.words(" rolled an installation key"),
        Act::InstallationKeyRevoke => said.words(" revoked an installation key"),
        Act::InvitationCreate
        | Act::InvitationUse
        | Act::InvitationRevoke
        | Act::MemberInvite
        | Act::MemberInviteRefused
        | Act::MemberInviteRevoke
        | Act::MemberInviteRevokeRefused
        | Act::MemberJoin
        | Act::MemberJoinRefused
        | Act::MemberRole
        | Act::MemberRoleRefused
        | Act::MemberRemove
        | Act::MemberRemoveRefused => about_coming_and_going(&mut said, event, reader),
        Act::SessionSwitch => said.words(" went on in this account, coming from another one"),
        Act::KeySighting => seen(&mut said, detail),
        Act::FileDelete | Act::FileDeleteRefused => deleted_files(&mut said, event.act, detail),
        Act::UploadOriginsChange => changed_origins(&mut said, detail),
        Act::UploadOriginsChangeRefused => said.words(" tried to change the origins whose pages may upload"),
        Act::BackupAccept => said.words(" accepted a restored backup: what happened after it was made is gone"),
        Act::ActivityExport => said.words(" exported the activity").words(match detail {
            Some(Detail::Export { format: ExportFormat::Csv }) => " as CSV",
            Some(Detail::Export { format: ExportFormat::JsonLines }) => " as JSON lines",
            _ => "",
        }),
        Act::ActivityExportRefused => said.words(" tried to export the activity"),
    };
    if describe(event.act).2 == Outcome::Refused {
        said.words(" and was refused");
        if let Some(Detail::Refusal { code }) = detail {
            said.words(": ").words(because(*code));
        }
    }
    said.words(".");
    said.0
}

/// Invitations, and what happened to the members of the account. Other acts are none of this function's: it says nothing of them.
fn about_coming_and_going<'a>(said: &'a mut Said, event: &Event, reader: &Reader<'_>) -> &'a mut Said {
    let detail = event.detail.as_ref();
    match event.act {
        Act::InvitationCreate => match detail {
            Some(Detail::Invitation { email: Some(email), .. }) => said.words(" made an invitation for ").name(email),
            _ => said.words(" made an invitation"),
        },
        Act::InvitationUse => said.words(" signed up by invitation"),
        Act::InvitationRevoke => said.words(" revoked an invitation"),
        Act::MemberInvite => match detail {
            Some(Detail::MemberInvited { email, role, .. }) => {
                said.words(" invited ").name(email).words(" as ").words(role.with_article())
            }
            _ => said.words(" invited somebody"),
        },
        Act::MemberInviteRefused => said.words(" tried to invite somebody"),
        Act::MemberInviteRevoke => match detail {
            Some(Detail::MemberInvited { email, .. }) => said.words(" ended the invitation of ").name(email),
            _ => said.words(" ended an invitation"),
        },
        Act::MemberInviteRevokeRefused => said.words(" tried to end an invitation"),
        Act::MemberJoin => match detail {
            Some(Detail::Member { role, .. }) => said.words(" joined as ").words(role.with_article()),
            _ => said.words(" joined"),
        },
        Act::MemberJoinRefused => said.words(" tried to join with an invitation"),
        Act::MemberRole => match detail {
            Some(Detail::RoleChanged { email, from, to }) => {
                let (from, to) = (from.with_article(), to.with_article());
                said.words(" made ").name(email).words(&format!(" {to}, who was {from}"))
            }
            _ => said.words(" changed a role"),
        },
        Act::MemberRoleRefused => said.words(" tried to change the role").person(" of ", event, reader),
        Act::MemberRemove if by_themselves(event) => said.words(" left the account"),
        Act::MemberRemove => match detail {
            Some(Detail::Member { email, role }) => {
                said.words(" removed ").name(email).words(&format!(", who was {}", role.with_article()))
            }
            _ => said.words(" removed a member"),
        },
        Act::MemberRemoveRefused if by_themselves(event) => said.words(" tried to leave the account"),
        Act::MemberRemoveRefused => said.words(" tried to remove").person(" ", event, reader),
        _ => said,
    }
}

/// The sentence as plain text.
pub fn plain(pieces: &[Piece]) -> String {
    let text = |piece: &Piece| match piece {
        Piece::Words(text) | Piece::Name(text) => text.clone(),
    };
    pieces.iter().map(text).collect()
}

/// What somebody wrote: the reason of a roll, or the text of a record that is older than details with a form.
pub fn quoted(detail: Option<&Detail>) -> Option<&str> {
    match detail? {
        Detail::Roll { reason, .. } => reason.as_deref().filter(|reason| !reason.is_empty()),
        Detail::Note { text } | Detail::Reason { reason: text } => Some(text),
        Detail::Expiry { .. }
        | Detail::Refusal { .. }
        | Detail::SessionsEnded { .. }
        | Detail::EmailChanged { .. }
        | Detail::Invitation { .. }
        | Detail::MemberInvited { .. }
        | Detail::Member { .. }
        | Detail::RoleChanged { .. }
        | Detail::Export { .. }
        | Detail::Sighting { .. }
        | Detail::Origins { .. }
        | Detail::Files { .. } => None,
    }
}

fn made_password_link<'a>(said: &'a mut Said, event: &Event, reader: &Reader<'_>) -> &'a mut Said {
    said.words(" made a one-time link to set a password").person(" for ", event, reader).words(&match expiry(
        event.detail.as_ref(),
    ) {
        Some(at) => format!("; it can be used until {}", at.to_utc_words()),
        None => String::new(),
    })
}

fn seen<'a>(said: &'a mut Said, detail: Option<&Detail>) -> &'a mut Said {
    match detail {
        Some(Detail::Sighting { origin: Some(origin) }) => {
            said.words(" used a private key from a browser, on a page of ").name(origin).words(": roll the keys")
        }
        _ => said.words(" had a private key in a URL, where it is logged: roll the keys"),
    }
}

fn deleted_files<'a>(said: &'a mut Said, act: Act, detail: Option<&Detail>) -> &'a mut Said {
    match detail {
        _ if act == Act::FileDeleteRefused => said.words(" tried to delete files"),
        Some(Detail::Files { paths }) if paths.len() == 1 => said.words(" deleted the file ").name(&paths[0]),
        Some(Detail::Files { paths }) => said.words(&format!(" deleted {} files", paths.len())),
        _ => said.words(" deleted a file"),
    }
}

/// The list is changed by one origin at a time.
fn changed_origins<'a>(said: &'a mut Said, detail: Option<&Detail>) -> &'a mut Said {
    let Some(Detail::Origins { from, to }) = detail else {
        return said.words(" changed the origins whose pages may upload");
    };
    let added = to.iter().find(|origin| !from.contains(origin));
    let removed = from.iter().find(|origin| !to.contains(origin));
    match (added, removed) {
        (Some(origin), _) if from.is_empty() => {
            said.words(" let pages of ").name(origin).words(" upload, and those of other origins no longer")
        }
        (Some(origin), _) => said.words(" let pages of ").name(origin).words(" upload, too"),
        (None, Some(origin)) if to.is_empty() => said
            .words(" took the last origin, ")
            .name(origin)
            .words(", from the list: pages of every origin may upload"),
        (None, Some(origin)) => said.words(" let pages of ").name(origin).words(" upload no longer"),
        (None, None) => said.words(" changed the origins whose pages may upload"),
    }
}

/// A sentence on its way; words that follow words become one piece.
#[derive(Default)]
struct Said(Vec<Piece>);

impl Said {
    fn words(&mut self, words: &str) -> &mut Self {
        match self.0.last_mut() {
            Some(Piece::Words(text)) => text.push_str(words),
            Some(Piece::Name(_)) | None if words.is_empty() => {}
            Some(Piece::Name(_)) | None => self.0.push(Piece::Words(words.to_owned())),
        }
        self
    }

    fn name(&mut self, name: &str) -> &mut Self {
        self.0.push(Piece::Name(name.to_owned()));
        self
    }

    fn actor(&mut self, actor: &Actor, reader: &Reader<'_>) -> &mut Self {
        match actor {
            Actor::Person { id, .. } if reader.person == Some(id) => self.words("You"),
            Actor::Person { name, .. } => self.name(name),
            Actor::Admin { id, .. } if reader.person == Some(id) => self.words("You, as an admin,"),
            Actor::Admin { name, .. } => self.words("An admin (").name(name).words(")"),
            Actor::Operator { name } => self.words("An operator (").name(name).words(")"),
            Actor::Installation { name, .. } => self.words("A system of this service (").name(name).words(")"),
            Actor::Pair { .. } => self.words(match reader.standpoint {
                Standpoint::Member => "A program with your keys",
                Standpoint::Outside => "A program with the account's keys",
            }),
            Actor::System => self.words("The server"),
            Actor::Anonymous => self.words("Somebody"),
        }
    }

    /// The address before and the one after, of a change of address.
    fn addresses(&mut self, detail: Option<&Detail>) -> &mut Self {
        match detail {
            Some(Detail::EmailChanged { from, to, .. }) => self.words(" from ").name(from).words(" to ").name(to),
            _ => self,
        }
    }

    /// The person among the targets, if there is one and they are still here.
    fn person(&mut self, before: &str, event: &Event, reader: &Reader<'_>) -> &mut Self {
        let person = event.targets.iter().find_map(|target| match target {
            Target::Person(id) => Some(id),
            Target::Account(_)
            | Target::Pair(_)
            | Target::Session(_)
            | Target::Invitation(_)
            | Target::BulkRoll(_)
            | Target::InstallationKey(_)
            | Target::File(_) => None,
        });
        match person.and_then(|id| (reader.name_of)(id)) {
            Some(name) => self.words(before).name(&name),
            None => self,
        }
    }
}

/// Whether somebody did it to themselves.
fn by_themselves(event: &Event) -> bool {
    event.targets.iter().any(|target| matches!(target, Target::Person(id) if event.actor.id() == Some(id.as_str())))
}

fn expiry(detail: Option<&Detail>) -> Option<Timestamp> {
    match detail {
        Some(Detail::Expiry { expires_at }) => Some(*expires_at),
        _ => None,
    }
}

fn old_pair(detail: Option<&Detail>, now: Timestamp) -> String {
    match detail {
        Some(Detail::Roll { expires_at: Some(at), .. }) if now < *at => {
            format!("; the old pair works until {}", at.to_utc_words())
        }
        Some(Detail::Roll { expires_at: Some(at), .. }) => {
            format!("; the old pair was to work until {}", at.to_utc_words())
        }
        Some(Detail::Roll { expires_at: None, .. }) => "; the old pair stopped working at once".to_owned(),
        _ => String::new(),
    }
}

fn sessions_ended(detail: Option<&Detail>) -> String {
    match detail {
        Some(Detail::SessionsEnded { count } | Detail::EmailChanged { sessions_ended: count, .. }) if *count > 0 => {
            format!("; {} ended with it", counted(*count, "session"))
        }
        _ => String::new(),
    }
}

fn counted(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// Why, after a colon. The sentences of [`Refusal`] tell somebody what to do; here it is over.
const fn because(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::SignedOut => "nobody was signed in",
        Refusal::SignInFailed => "the e-mail address or the password was wrong",
        Refusal::TooManyAttempts => "there had been too many attempts",
        Refusal::Busy => "the server was busy",
        Refusal::SignUpClosed => "sign-up was closed",
        Refusal::InvitationNeeded => "there was no invitation",
        Refusal::InvitationInvalid => "the invitation could not be used any more",
        Refusal::InvitationForAnother => "the invitation was for another address",
        Refusal::MemberAlready => "they were a member already",
        Refusal::LastOwner => "an account keeps an owner",
        Refusal::RoleUnchanged => "it was their role already",
        Refusal::RoleMissing => "no role was chosen",
        Refusal::TooManyInvitations => "too many invitations were open",
        Refusal::EmailTaken => "somebody else has the address",
        Refusal::EmailUnchanged => "it was the same address",
        Refusal::ExternalIdTaken => "another account has the external id",
        Refusal::ExternalIdInvalid => "the external id was not valid",
        Refusal::EmailInvalid => "it was no e-mail address",
        Refusal::NameInvalid => "the name was not valid",
        Refusal::PasswordTooShort => "the new password was too short",
        Refusal::PasswordTooLong => "the new password was too long",
        Refusal::PasswordCommon => "the new password was too easy to guess",
        Refusal::StepUpDue => "the password had to be given again",
        Refusal::PasswordWrong => "the password was wrong",
        Refusal::LinkInvalid => "the link could not be used any more",
        Refusal::NotFound => "there was no such thing in the account",
        Refusal::NotAllowed => "the role, or the scopes of the key, did not allow it",
        Refusal::NoAccount => "there was no account to do it in",
        Refusal::TooManyLines => "there were too many lines",
        Refusal::NothingToRoll => "no line named an account",
        Refusal::ReasonMissing => "no reason was given",
        Refusal::ReasonTooLong => "the reason was too long",
        Refusal::MessageTooLong => "the message was too long",
        Refusal::BulkRollOver => "it was over already",
        Refusal::DisabledAlready => "the account was disabled already",
        Refusal::EnabledAlready => "the account was enabled already",
        Refusal::AdminAlready => "they were an admin already",
        Refusal::ExpiryMissing => "no expiry was chosen",
        Refusal::ExpiryInvalid => "the expiry was no date and time",
        Refusal::ExpiryPast => "the expiry chosen had passed",
        Refusal::ExpiryTooFar => "the expiry chosen was too far ahead",
        Refusal::PairAlreadyRolled => "the pair had been rolled already",
        Refusal::TooManyWorkingPairs => "too many pairs were working",
        Refusal::PairIsActive => "the pair was the active one",
        Refusal::PairEnded => "the pair had expired already",
        Refusal::OriginSchemeMissing
        | Refusal::OriginHasMore
        | Refusal::OriginWildcard
        | Refusal::OriginNull
        | Refusal::OriginInvalid => "it was no exact origin",
        Refusal::OriginListed => "the origin was on the list already",
        Refusal::TooManyOrigins => "the list was full",
        Refusal::OriginLast => "it was the last origin on the list",
        Refusal::InvalidInput => "the request could not be understood",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{ExpireOld, PairId};

    const NOW: Timestamp = Timestamp::from_millis(1_795_424_520_000);

    fn ada() -> UserId {
        "user_00000000000000000000000001".parse().expect("an id")
    }

    fn event(actor: Actor, act: Act, detail: Option<Detail>) -> Event {
        Event {
            id: "evt_00000000000000000000000001".parse().expect("an id"),
            at: NOW,
            actor,
            act,
            account_id: None,
            targets: vec![Target::Person(ada())],
            detail,
            address: None,
            user_agent: None,
            request_id: "req_1".to_owned(),
        }
    }

    fn said_from(standpoint: Standpoint, event: &Event, person: Option<&UserId>, now: Timestamp) -> String {
        let name_of = |id: &UserId| (*id == ada()).then(|| "ada@example.org".to_owned());
        plain(&sentence(event, &Reader { standpoint, person, name_of: &name_of, now }))
    }

    fn said_at(event: &Event, person: Option<&UserId>, now: Timestamp) -> String {
        said_from(Standpoint::Member, event, person, now)
    }

    fn said(event: &Event) -> String {
        said_at(event, None, NOW)
    }

    fn maria() -> Actor {
        Actor::Person { id: ada(), name: "maria@example.org".to_owned() }
    }

    #[test]
    fn a_roll_says_what_becomes_of_the_old_pair() {
        let until = Timestamp::from_millis(NOW.as_millis() + 3_600_000);
        let detail =
            Detail::Roll { expire_old: ExpireOld::In1Hour, expires_at: Some(until), reason: None, message: None };
        let roll = event(maria(), Act::KeyRoll, Some(detail));
        let until_words = "until 23 November 2026, 10:02 UTC.";
        assert_eq!(said(&roll), format!("maria@example.org rolled the keys; the old pair works {until_words}"));
        let later = said_at(&roll, Some(&ada()), until);
        assert_eq!(later, format!("You rolled the keys; the old pair was to work {until_words}"));
        let reason = Some("x".into());
        let detail = Detail::Roll { expire_old: ExpireOld::Immediately, expires_at: None, reason, message: None };
        let roll = event(Actor::Operator { name: "root".into() }, Act::KeyRoll, Some(detail));
        assert_eq!(said(&roll), "An operator (root) rolled the keys; the old pair stopped working at once.");
    }

    /// Whoever reads somebody else's trail has no keys there, whatever stands in it; and is themselves all the same.
    #[test]
    fn nothing_on_a_trail_that_is_somebody_elses_is_the_readers_but_what_they_did() {
        let pair: PairId = "pair_00000000000000000000000001".parse().expect("an id");
        let program = event(Actor::Pair { id: pair.clone() }, Act::KeyExpire, None);
        let program = Event { act: Act::KeyReveal, ..program };
        let from = |standpoint, event: &Event, person| said_from(standpoint, event, person, NOW);
        let reader = ada();
        let (member, outside) = (Standpoint::Member, Standpoint::Outside);
        assert_eq!(from(member, &program, None), "A program with your keys revealed a private key.");
        assert_eq!(from(outside, &program, None), "A program with the account's keys revealed a private key.");
        assert_eq!(actor_label(ActorKind::Pair, member), "Programs with your keys");
        assert_eq!(actor_label(ActorKind::Pair, outside), "Programs with the account's keys");
        let admin = event(Actor::Admin { id: ada(), name: "root@example.org".into() }, Act::AccountEnable, None);
        let enabled = "enabled the account: its keys authenticate again.";
        assert_eq!(from(outside, &admin, Some(&reader)), format!("You, as an admin, {enabled}"));
        assert_eq!(from(outside, &admin, None), format!("An admin (root@example.org) {enabled}"));

        let actors =
            [maria(), Actor::Operator { name: "op".into() }, Actor::Pair { id: pair }, Actor::System, Actor::Anonymous];
        let details = Refusal::ALL.iter().map(|code| Some(Detail::Refusal { code: *code })).chain([None]);
        let cases = details.flat_map(|detail| Act::ALL.iter().map(move |act| (*act, detail.clone())));
        for ((act, detail), actor) in
            cases.flat_map(|case| actors.iter().map(move |actor| (case.clone(), actor.clone())))
        {
            let said = from(outside, &event(actor, act, detail), None);
            let mut words = said.split(|c: char| !c.is_alphabetic());
            assert!(!words.any(|word| ["you", "your", "yours"].contains(&word.to_lowercase().as_str())), "{said}");
        }
        for kind in ActorKind::ALL {
            assert!(!actor_label(kind, outside).contains("your"), "{kind:?}");
        }
    }

    #[test]
    fn what_was_refused_says_so_and_why() {
        let refused = |act, code| event(Actor::Anonymous, act, Some(Detail::Refusal { code }));
        assert_eq!(
            said(&refused(Act::SignInRefused, Refusal::SignInFailed)),
            "Somebody tried to sign in as ada@example.org and was refused: the e-mail address or the password was wrong."
        );
        assert_eq!(
            said(&event(maria(), Act::KeyRollRefused, None)),
            "maria@example.org tried to roll the keys and was refused."
        );
        assert_eq!(
            said(&event(maria(), Act::StepUpRefused, Some(Detail::Refusal { code: Refusal::PasswordWrong }))),
            "maria@example.org was asked for the password again and was refused: the password was wrong."
        );
    }

    #[test]
    fn counts_and_addresses_are_said() {
        let ended = |act, count| event(maria(), act, Some(Detail::SessionsEnded { count }));
        assert_eq!(said(&ended(Act::SessionEnd, 2)), "maria@example.org ended 2 other sessions.");
        assert_eq!(said(&event(maria(), Act::SessionEnd, None)), "maria@example.org ended another session.");
        assert_eq!(
            said(&ended(Act::PasswordChange, 1)),
            "maria@example.org changed the password; 1 session ended with it."
        );
        assert_eq!(said(&ended(Act::PasswordChange, 0)), "maria@example.org changed the password.");
        let changed = Detail::EmailChanged { from: "a@b.c".into(), to: "d@e.f".into(), sessions_ended: 0 };
        assert_eq!(
            said(&event(maria(), Act::EmailChange, Some(changed))),
            "maria@example.org changed the e-mail address to sign in with from a@b.c to d@e.f."
        );
    }

    #[test]
    fn what_happens_to_members_is_said() {
        use domain::Role::{Developer, Owner};
        let role = Detail::RoleChanged { email: "b@c.d".into(), from: Owner, to: Developer };
        let was = || Some(Detail::Member { email: "b@c.d".into(), role: Owner });
        let by = |id: &str| Actor::Person { id: id.parse().expect("an id"), name: "maria@example.org".to_owned() };
        let other = by("user_00000000000000000000000002");
        for (actor, act, detail, expected) in [
            (maria(), Act::MemberRole, Some(role), "maria@example.org made b@c.d a developer, who was an owner."),
            (maria(), Act::MemberRemove, was(), "maria@example.org left the account."),
            (other.clone(), Act::MemberRemove, was(), "maria@example.org removed b@c.d, who was an owner."),
            (maria(), Act::MemberJoin, was(), "maria@example.org joined as an owner."),
            (
                other,
                Act::MemberRemoveRefused,
                Some(Detail::Refusal { code: Refusal::LastOwner }),
                "maria@example.org tried to remove ada@example.org and was refused: an account keeps an owner.",
            ),
        ] {
            assert_eq!(said(&event(actor, act, detail)), expected);
        }
    }

    #[test]
    fn what_happens_to_the_origins_that_may_upload_is_said() {
        for (from, to, expected) in [
            (vec![], vec!["o:a"], "let pages of o:a upload, and those of other origins no longer."),
            (vec!["o:a"], vec!["o:a", "o:b"], "let pages of o:b upload, too."),
            (vec!["o:a", "o:b"], vec!["o:b"], "let pages of o:a upload no longer."),
            (vec!["o:b"], vec![], "took the last origin, o:b, from the list: pages of every origin may upload."),
        ] {
            let texts = |list: Vec<&str>| list.into_iter().map(str::to_owned).collect();
            let detail = Detail::Origins { from: texts(from), to: texts(to) };
            let said = said(&event(maria(), Act::UploadOriginsChange, Some(detail)));
            assert_eq!(said, format!("maria@example.org {expected}"));
        }
    }

    /// A name is a piece of its own wherever it stands, so that nothing in it can pass for our words.
    #[test]
    fn a_name_never_becomes_part_of_our_words() {
        let forged = "x signed in. Maria rolled the keys\u{202e}\n";
        let pair: PairId = "pair_00000000000000000000000001".parse().expect("an id");
        let name_of = |_: &UserId| Some(forged.to_owned());
        let reader = Reader { standpoint: Standpoint::Member, person: None, name_of: &name_of, now: NOW };
        let details = [
            None,
            Some(Detail::EmailChanged { from: forged.into(), to: forged.into(), sessions_ended: 1 }),
            Some(Detail::Invitation { email: Some(forged.into()), expires_at: NOW }),
            Some(Detail::MemberInvited { email: forged.into(), role: domain::Role::Viewer, expires_at: NOW }),
            Some(Detail::Member { email: forged.into(), role: domain::Role::Viewer }),
            Some(Detail::RoleChanged { email: forged.into(), from: domain::Role::Viewer, to: domain::Role::Owner }),
            Some(Detail::Note { text: forged.into() }),
            Some(Detail::Origins { from: vec![], to: vec![forged.into()] }),
            Some(Detail::Origins { from: vec![forged.into()], to: vec![] }),
        ];
        let actors = [
            Actor::Person { id: ada(), name: forged.to_owned() },
            Actor::Admin { id: ada(), name: forged.to_owned() },
            Actor::Operator { name: forged.to_owned() },
            Actor::Pair { id: pair },
            Actor::System,
            Actor::Anonymous,
        ];
        for act in Act::ALL.iter().copied() {
            for (actor, detail) in actors.iter().flat_map(|actor| details.iter().map(move |detail| (actor, detail))) {
                let pieces = sentence(&event(actor.clone(), act, detail.clone()), &reader);
                for piece in &pieces {
                    match piece {
                        Piece::Words(words) => assert!(!words.contains("Maria") && !words.is_empty(), "{pieces:?}"),
                        Piece::Name(name) => assert_eq!(name, forged),
                    }
                }
                assert!(plain(&pieces).ends_with('.'), "{act:?}");
            }
        }
    }

    #[test]
    fn every_act_is_filtered_by_words_of_its_own() {
        let labels: std::collections::HashSet<_> = Act::ALL.iter().map(|act| describe(*act).1).collect();
        assert_eq!(labels.len(), Act::ALL.len());
        for act in Act::ALL {
            let refused = act.as_str().ends_with("_refused");
            assert_eq!(describe(*act).2 == Outcome::Refused, refused, "{act:?}");
        }
    }
}
