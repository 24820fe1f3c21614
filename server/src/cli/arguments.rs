//! What can be typed after `latchkey`.

use crate::config::SettingFlags;
use clap::{Args, Parser, Subcommand};
use domain::{AccountId, BulkRollId, ExpireOld, InstallationKeyId, InvitationId, PairId, Role, Scope, SubmissionId};
use std::path::PathBuf;

/// The developers tab of your API: one pair of keys for every account, rolled without an outage.
#[derive(Debug, Parser)]
#[command(name = "latchkey", version, arg_required_else_help = true, disable_help_subcommand = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
    #[command(flatten)]
    pub(super) settings: SettingFlags,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Serve the dashboard and the API
    Serve {
        /// Check whether it would start, say so, and exit; nothing is made or changed
        #[arg(long)]
        check: bool,
        /// Answer in JSON
        #[arg(long, requires = "check")]
        json: bool,
    },
    /// Copy the database, beside the running server, to a new file
    Backup {
        /// The file to make; one that is there is never overwritten
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Say whether the database is a restored backup, and put it in use
    Restore {
        /// Put it in use: from now on `serve` starts with it
        #[arg(long)]
        accept: bool,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the settings in force, and where each was found
    Settings {
        /// Print the example settings file instead
        #[arg(long)]
        example: bool,
        /// Answer in JSON
        #[arg(long, conflicts_with = "example")]
        json: bool,
    },
    /// Accounts
    #[command(subcommand)]
    Account(AccountCommand),
    /// Admins of the installation, who act on every account in the console
    #[command(subcommand)]
    Admin(AdminCommand),
    /// People
    #[command(subcommand)]
    Person(PersonCommand),
    /// The members of an account
    #[command(subcommand)]
    Member(MemberCommand),
    /// Invitations to sign up, where sign-up is by invitation
    #[command(subcommand)]
    Invitation(InvitationCommand),
    /// The keys with which your own systems, such as billing, come to the provisioning API
    #[command(subcommand)]
    InstallationKey(InstallationKeyCommand),
    /// The key pairs of an account
    #[command(subcommand)]
    Keys(KeysCommand),
}

#[derive(Debug, Subcommand)]
pub(super) enum AccountCommand {
    /// Make a person, an account and its first pair
    Create(CreateAccount),
    /// Find the account of an e-mail address, an id, an external id, a public key, or a leaked private key
    Find(FindAccount),
    /// Stop an account's keys from authenticating; its pairs and its people stay
    Disable(SwitchAccount),
    /// Let a disabled account's keys authenticate again
    Enable(SwitchAccount),
}

#[derive(Debug, Args)]
pub(super) struct FindAccount {
    /// What is known of it, or what its name, external id or a member's address begins with. Never a private key
    #[arg(required_unless_present = "stdin", conflicts_with = "stdin")]
    pub(super) text: Option<String>,
    /// Read it from stdin: the only way for a private key, which other users of the machine would see in the arguments
    #[arg(long)]
    pub(super) stdin: bool,
    /// Answer in JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct SwitchAccount {
    /// The account's id
    #[arg(long)]
    pub(super) account: AccountId,
    /// Why, for the record; its owner reads it
    #[arg(long, default_value = "")]
    pub(super) reason: String,
    /// Answer in JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum AdminCommand {
    /// Make somebody an admin; who is not here yet is made too, in no account
    Create {
        /// The address they sign in with
        #[arg(long)]
        email: String,
        /// Read a new person's password from stdin (one line); without it, a one-time link to set one is printed
        #[arg(long)]
        password_stdin: bool,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// List the admins
    List {
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Make somebody no admin any more, at once; they stay in their accounts
    Remove {
        /// The address they sign in with
        #[arg(long)]
        email: String,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct CreateAccount {
    /// The address the owner signs in with
    #[arg(long)]
    pub(super) email: String,
    /// What to call the account [default: the owner's address]
    #[arg(long)]
    pub(super) name: Option<String>,
    /// Your own customer id
    #[arg(long, value_name = "ID")]
    pub(super) external_id: Option<String>,
    /// Read the owner's password from stdin (one line); without it, a one-time link to set one is printed
    #[arg(long)]
    pub(super) password_stdin: bool,
    /// Answer in JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum PersonCommand {
    /// Print a one-time link, valid for an hour, with which a person sets their password
    SetPasswordLink {
        /// The address they sign in with
        #[arg(long)]
        email: String,
    },
    /// End all sessions of a person: whoever is signed in as them is not any more
    EndSessions {
        /// The address they sign in with
        #[arg(long)]
        email: String,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum MemberCommand {
    /// List the members of an account, and who is invited into it
    List {
        /// The account's id
        #[arg(long)]
        account: AccountId,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Print a one-time link, valid for 7 days, with which somebody joins the account
    Invite {
        /// The account's id
        #[arg(long)]
        account: AccountId,
        /// The only address it is for
        #[arg(long)]
        email: String,
        /// What they are to be: owner, developer or viewer
        #[arg(long, value_parser = role)]
        role: Role,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a member something else, from their next request on
    SetRole {
        /// The account's id
        #[arg(long)]
        account: AccountId,
        /// The member's address
        #[arg(long)]
        email: String,
        /// What they are to be: owner, developer or viewer
        #[arg(long, value_parser = role)]
        role: Role,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Take a member out of the account, from their next request on
    Remove {
        /// The account's id
        #[arg(long)]
        account: AccountId,
        /// The member's address
        #[arg(long)]
        email: String,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
}

fn role(text: &str) -> Result<Role, &'static str> {
    Role::parse(text).ok_or("a role is owner, developer or viewer")
}

#[derive(Debug, Subcommand)]
pub(super) enum InvitationCommand {
    /// Print a one-time link, valid for 7 days, with which somebody signs up
    Create {
        /// The only address that may sign up with it [default: any]
        #[arg(long)]
        email: Option<String>,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// List the invitations that can still be used, newest first
    List {
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// End an invitation before it is used
    Revoke {
        /// The invitation's id
        #[arg(long)]
        invitation: InvitationId,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum InstallationKeyCommand {
    /// Make an installation key and print it, this once
    Create {
        /// Which of your systems it is for: its acts are on record under this name
        #[arg(long)]
        name: String,
        /// What it is for, one or several: read (look accounts up), provision (make, disable and enable them), roll (roll
        /// their keys)
        #[arg(long = "scope", value_name = "SCOPES", value_delimiter = ',', required = true, value_parser = scope)]
        scopes: Vec<Scope>,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// List the installation keys, those that ended among them, newest first
    List {
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Print a new key with the same name and scopes, and give the old one its end
    Roll {
        /// The old key's id
        #[arg(long)]
        key: InstallationKeyId,
        /// When the old key ends: immediately, 1h, 24h, 3d, 7d or a date and time like 2026-12-01T09:00:00Z
        #[arg(long, value_name = "WHEN")]
        expire_old: ExpireOld,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// End an installation key at once
    Revoke {
        /// The key's id
        #[arg(long)]
        key: InstallationKeyId,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
}

fn scope(text: &str) -> Result<Scope, &'static str> {
    Scope::parse(text).ok_or("choose read, provision or roll, or several with commas between them")
}

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// List an account's pairs, newest first
    List {
        /// The account's id
        #[arg(long)]
        account: AccountId,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Show the active pair with its private key; the record says who asked
    Reveal {
        /// The account's id
        #[arg(long)]
        account: AccountId,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a new active pair and give the old one its end
    Roll(RollKeys),
    /// Roll the keys of many accounts at once, named by lines of a file or of stdin: ids, external ids, e-mail addresses,
    /// keys, leaked private ones among them
    RollMany(RollMany),
    /// End an expiring pair at once
    Revoke {
        /// The account's id
        #[arg(long)]
        account: AccountId,
        /// The pair's id
        #[arg(long)]
        pair: PairId,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct RollKeys {
    /// The account's id
    #[arg(long)]
    pub(super) account: AccountId,
    /// When the old pair ends: immediately, 1h, 24h, 3d, 7d or a date and time like 2026-12-01T09:00:00Z
    #[arg(long, value_name = "WHEN")]
    pub(super) expire_old: ExpireOld,
    /// Why, for the record
    #[arg(long)]
    pub(super) reason: Option<String>,
    /// What the account's people are told beside the reason, as plain text
    #[arg(long, value_name = "TEXT")]
    pub(super) message: Option<String>,
    /// Names this roll (sub_ and 26 characters), so that repeating the command after a lost answer never rolls twice
    #[arg(long, value_name = "ID")]
    pub(super) submission: Option<SubmissionId>,
    /// Answer in JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct RollMany {
    /// When the old pairs end: immediately, 1h, 24h, 3d, 7d or a date and time like 2026-12-01T09:00:00Z
    #[arg(long, value_name = "WHEN", required_unless_present_any = ["resume", "report", "list", "stop"])]
    pub(super) expire_old: Option<ExpireOld>,
    /// Why, for the record; every owner reads it
    #[arg(long, required_unless_present_any = ["dry_run", "resume", "report", "list", "stop"])]
    pub(super) reason: Option<String>,
    /// What every owner is told beside the reason, as plain text
    #[arg(long, value_name = "TEXT")]
    pub(super) message: Option<String>,
    /// The file with the lines [default: stdin]
    #[arg(long)]
    pub(super) file: Option<PathBuf>,
    /// Say what would happen to each account, and change nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Go on with a bulk roll that was interrupted
    #[arg(long = "continue", value_name = "ID", conflicts_with_all = ["expire_old", "reason", "message", "file", "dry_run", "report", "list"])]
    pub(super) resume: Option<BulkRollId>,
    /// Stop a bulk roll: accounts that are pending keep their keys, what is done stays done
    #[arg(long, value_name = "ID", conflicts_with_all = ["expire_old", "reason", "message", "file", "dry_run", "resume", "report", "list"])]
    pub(super) stop: Option<BulkRollId>,
    /// Print what came of each account of a bulk roll, as CSV
    #[arg(long, value_name = "ID", conflicts_with_all = ["expire_old", "reason", "message", "file", "dry_run", "list", "json"])]
    pub(super) report: Option<BulkRollId>,
    /// List the latest bulk rolls, newest first, and how far they are
    #[arg(long, conflicts_with_all = ["expire_old", "reason", "message", "file", "dry_run"])]
    pub(super) list: bool,
    /// Answer in JSON
    #[arg(long)]
    pub(super) json: bool,
}

impl Command {
    /// Whether a program reads the answer.
    pub(super) fn wants_json(&self) -> bool {
        match self {
            Self::Person(PersonCommand::SetPasswordLink { .. }) => false,
            Self::Account(AccountCommand::Create(new)) => new.json,
            Self::Account(AccountCommand::Find(find)) => find.json,
            Self::Account(AccountCommand::Disable(switch) | AccountCommand::Enable(switch)) => switch.json,
            Self::Serve { json, .. }
            | Self::Backup { json, .. }
            | Self::Restore { json, .. }
            | Self::Settings { json, .. }
            | Self::Admin(
                AdminCommand::Create { json, .. } | AdminCommand::List { json } | AdminCommand::Remove { json, .. },
            )
            | Self::Person(PersonCommand::EndSessions { json, .. })
            | Self::Member(
                MemberCommand::List { json, .. }
                | MemberCommand::Invite { json, .. }
                | MemberCommand::SetRole { json, .. }
                | MemberCommand::Remove { json, .. },
            )
            | Self::Invitation(
                InvitationCommand::Create { json, .. }
                | InvitationCommand::List { json }
                | InvitationCommand::Revoke { json, .. },
            )
            | Self::InstallationKey(
                InstallationKeyCommand::Create { json, .. }
                | InstallationKeyCommand::List { json }
                | InstallationKeyCommand::Roll { json, .. }
                | InstallationKeyCommand::Revoke { json, .. },
            )
            | Self::Keys(
                KeysCommand::List { json, .. } | KeysCommand::Reveal { json, .. } | KeysCommand::Revoke { json, .. },
            ) => *json,
            Self::Keys(KeysCommand::Roll(roll)) => roll.json,
            Self::Keys(KeysCommand::RollMany(roll)) => roll.json,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_arguments_make_sense_together() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn settings_may_stand_before_and_after_the_command() {
        for line in ["latchkey --addr 1.2.3.4:5 serve", "latchkey serve --addr 1.2.3.4:5"] {
            let arguments = Arguments::try_parse_from(line.split(' ')).expect(line);
            assert_eq!(arguments.settings.given, [("addr", "1.2.3.4:5".to_owned())], "{line}");
        }
    }
}
