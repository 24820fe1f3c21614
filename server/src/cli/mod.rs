//! The command line: every command opens the installation by itself and calls the same use cases as the pages.
//!
//! Exit code 0: done. 1: refused, or something broke; the reason is on stderr, as a JSON object under `--json`, and
//! nothing is on stdout. 2: the command or a setting could not be understood.

mod account;
mod admin;
mod arguments;
mod backup;
mod bulk_roll;
mod failure;
mod installation_key;
mod invitation;
mod keys;
mod member;
mod person;
mod settings;
mod words;

use crate::config::{Environment, Settings};
use crate::opening::Installation;
use crate::{check, logging, output, serve, site};
use arguments::{
    AccountCommand, AdminCommand, Arguments, Command, InstallationKeyCommand, InvitationCommand, KeysCommand,
    MemberCommand, PersonCommand,
};
use backend::{Backend, OsEntropy, RequestContext};
use clap::Parser as _;
use domain::RequestId;
use failure::Failure;
use std::process::ExitCode;
use std::time::Duration;

/// What a command needs: the installation, who runs it, and where the dashboard is.
struct Desk {
    backend: Backend,
    context: RequestContext,
    public_url: String,
    installation: Installation,
}

/// Runs the command this process was started with.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let as_json = arguments.command.wants_json();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::complain(if as_json { failure.to_json().to_string() } else { failure.to_string() });
            failure.exit_code()
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Failure> {
    let environment = Environment::read();
    if let Command::Settings { example: true, .. } = arguments.command {
        return settings::example();
    }
    let settings = Settings::load(&arguments.settings, &environment)?;
    let serves = matches!(arguments.command, Command::Serve { .. });
    // Somebody who runs a command reads its answer, not the log.
    let _flush = logging::start(&settings, if serves { "info" } else { "warn" });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(async {
        match arguments.command {
            Command::Serve { check: true, json } => match check::report(&settings, json).await? {
                0 => Ok(()),
                failed => Err(Failure::check_failed(failed)),
            },
            Command::Serve { check: false, .. } => Ok(serve::run(&settings, environment.notifier()).await?),
            Command::Backup { to, json } => backup::back_up(&settings, &to, json).await,
            Command::Restore { accept, json } => {
                at_desk(&settings, &environment, async |desk| backup::restore(desk, accept, json).await).await
            }
            Command::Settings { json, .. } => settings::list(&arguments.settings, &environment, json),
            Command::Account(command) => {
                at_new_desk(&settings, &environment, async |desk| account(command, desk).await).await
            }
            // The first command of all may well make the first admin.
            Command::Admin(command) => {
                at_new_desk(&settings, &environment, async |desk| admin(command, desk).await).await
            }
            Command::Person(command) => {
                at_desk(&settings, &environment, async |desk| person(command, desk).await).await
            }
            Command::Member(command) => {
                at_desk(&settings, &environment, async |desk| member(command, desk).await).await
            }
            Command::Invitation(command) => {
                at_desk(&settings, &environment, async |desk| invitation(command, desk).await).await
            }
            // As with the first admin.
            Command::InstallationKey(command) => {
                at_new_desk(&settings, &environment, async |desk| installation_key(command, desk).await).await
            }
            Command::Keys(command) => at_desk(&settings, &environment, async |desk| keys(command, desk).await).await,
        }
    });
    // Not by dropping it, which waits for a disk that hangs for as long as it hangs.
    runtime.shutdown_timeout(Duration::from_secs(2));
    outcome
}

/// Opens the installation for one command, which works beside a running server.
async fn at_desk(
    settings: &Settings,
    environment: &Environment,
    work: impl AsyncFnOnce(&Desk) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let installation = Installation::open_existing(settings).await?;
    at_desk_of(installation, settings, environment, work).await
}

/// Makes the installation if it is not there: for the first command of all.
async fn at_new_desk(
    settings: &Settings,
    environment: &Environment,
    work: impl AsyncFnOnce(&Desk) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let installation = Installation::open(settings).await?;
    at_desk_of(installation, settings, environment, work).await
}

async fn at_desk_of(
    installation: Installation,
    settings: &Settings,
    environment: &Environment,
    work: impl AsyncFnOnce(&Desk) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let request_id = RequestId::mint(installation.backend.now(), &OsEntropy).into();
    let desk = Desk {
        backend: installation.backend.clone(),
        context: RequestContext::operator(environment.operator(), request_id),
        public_url: site::public_url(settings, settings.addr).origin().to_owned(),
        installation,
    };
    let outcome = work(&desk).await;
    desk.installation.close().await;
    outcome
}

async fn account(command: AccountCommand, desk: &Desk) -> Result<(), Failure> {
    match command {
        AccountCommand::Create(new) => account::create(new, desk).await,
        AccountCommand::Find(find) => account::find(find, desk).await,
        AccountCommand::Disable(switch) => account::switch(switch, true, desk).await,
        AccountCommand::Enable(switch) => account::switch(switch, false, desk).await,
    }
}

async fn admin(command: AdminCommand, desk: &Desk) -> Result<(), Failure> {
    match command {
        AdminCommand::Create { email, password_stdin, json } => admin::create(&email, password_stdin, json, desk).await,
        AdminCommand::List { json } => admin::list(json, desk).await,
        AdminCommand::Remove { email, json } => admin::remove(&email, json, desk).await,
    }
}

async fn person(command: PersonCommand, desk: &Desk) -> Result<(), Failure> {
    match command {
        PersonCommand::SetPasswordLink { email } => person::set_password_link(&email, desk).await,
        PersonCommand::EndSessions { email, json } => person::end_sessions(&email, json, desk).await,
    }
}

async fn member(command: MemberCommand, desk: &Desk) -> Result<(), Failure> {
    match command {
        MemberCommand::List { account, json } => member::list(&account, json, desk).await,
        MemberCommand::Invite { account, email, role, json } => member::invite(account, email, role, json, desk).await,
        MemberCommand::SetRole { account, email, role, json } => {
            member::set_role(account, &email, role, json, desk).await
        }
        MemberCommand::Remove { account, email, json } => member::remove(&account, &email, json, desk).await,
    }
}

async fn invitation(command: InvitationCommand, desk: &Desk) -> Result<(), Failure> {
    match command {
        InvitationCommand::Create { email, json } => invitation::create(email.as_deref(), json, desk).await,
        InvitationCommand::List { json } => invitation::list(json, desk).await,
        InvitationCommand::Revoke { invitation, json } => invitation::revoke(&invitation, json, desk).await,
    }
}

async fn installation_key(command: InstallationKeyCommand, desk: &Desk) -> Result<(), Failure> {
    match command {
        InstallationKeyCommand::Create { name, scopes, json } => {
            installation_key::create(&name, &scopes, json, desk).await
        }
        InstallationKeyCommand::List { json } => installation_key::list(json, desk).await,
        InstallationKeyCommand::Roll { key, expire_old, json } => {
            installation_key::roll(&key, expire_old, json, desk).await
        }
        InstallationKeyCommand::Revoke { key, json } => installation_key::revoke(&key, json, desk).await,
    }
}

async fn keys(command: KeysCommand, desk: &Desk) -> Result<(), Failure> {
    match command {
        KeysCommand::List { account, json } => keys::list(&account, json, desk).await,
        KeysCommand::Reveal { account, json } => keys::reveal(&account, json, desk).await,
        KeysCommand::Roll(roll) => keys::roll(roll, desk).await,
        KeysCommand::RollMany(roll) => bulk_roll::run(roll, desk).await,
        KeysCommand::Revoke { account, pair, json } => keys::revoke(&account, &pair, json, desk).await,
    }
}
