//! `latchkey account …`

use super::arguments::{CreateAccount, FindAccount, SwitchAccount};
use super::failure::Failure;
use super::{Desk, person, words};
use crate::output;
use backend::accounts::{CreatedAccount, NewAccount};
use backend::console::Found;
use backend::store::{AccountQuery, AccountSummary};
use domain::{PairId, Password, Refusal, Role, Timestamp};
use serde_json::json;
use std::io::{self, BufRead as _, Read as _};

/// Longer than any password that is accepted.
const LONGEST_LINE: u64 = 8 * 1024;

pub(super) async fn create(new: CreateAccount, desk: &Desk) -> Result<(), Failure> {
    let password = if new.password_stdin { Some(read_password()?) } else { None };
    let asked =
        NewAccount { email: new.email, name: new.name.unwrap_or_default(), external_id: new.external_id, password };
    let created = desk.backend.create_account(&desk.context, asked).await?;
    if new.json { answer_json(&created, desk) } else { answer(&created, desk) }
}

/// One line, without its end. An empty one is refused: it is what a broken pipe in a script looks like.
pub(super) fn read_password() -> Result<Password, Failure> {
    let password = Password::new(read_line()?);
    if password.is_empty() { Err(Refusal::PasswordTooShort.into()) } else { Ok(password) }
}

fn read_line() -> Result<String, Failure> {
    let mut line = String::new();
    io::stdin().lock().take(LONGEST_LINE).read_line(&mut line)?;
    line.truncate(line.trim_end_matches(['\r', '\n']).len());
    Ok(line)
}

/// What is found, and in which state: enough to roll or disable it with the next command.
pub(super) async fn find(find: FindAccount, desk: &Desk) -> Result<(), Failure> {
    let text = match find.text {
        // Refused before it is looked at: it stands in the list of processes and in the shell's history by now.
        Some(text) if text.contains("private_") || text.contains("installation_") => {
            return Err(Failure::key_in_arguments());
        }
        Some(text) => text,
        None => read_line()?,
    };
    let (account_id, pair_id) = match desk.backend.identify(&desk.context, &text).await? {
        Found::Account(account) => (account, None),
        Found::Pair(account, pair) => (account, Some(pair)),
        Found::Text(text) => return list(text, find.json, desk).await,
        Found::Nothing => return Err(Refusal::NotFound.into()),
        Found::UnknownPrivateKey => return Err(Failure::unknown_key()),
        Found::BrokenPrivateKey(broken) => return Err(Failure::no_key(broken)),
        Found::InstallationKey(key) => return Err(Failure::installation_key(&key)),
        Found::UnknownInstallationKey => return Err(Failure::unknown_installation_key()),
    };
    let file = desk.backend.open_file(&desk.context, &account_id).await?;
    let state = |id: &PairId| {
        let pair = file.keys.pairs.iter().find(|pair| pair.id == *id);
        pair.map_or("unknown", |pair| pair.state(file.keys.now).as_str())
    };
    let account = &file.keys.account;
    let owner = file.members.iter().find(|member| member.role == Role::Owner).map(|member| &member.email);
    if find.json {
        return Ok(output::json(&json!({
            "account_id": account.id,
            "name": account.name,
            "external_id": account.external_id,
            "disabled": account.disabled_at.is_some(),
            "owner": owner,
            "pair": pair_id.as_ref().map(|id| json!({ "id": id, "status": state(id) })),
        }))?);
    }
    let mut rows = vec![("Account", account.id.as_str()), ("Name", account.name.as_str())];
    rows.extend(owner.map(|owner| ("Owner", owner.as_str())));
    rows.extend(account.external_id.as_deref().map(|id| ("External id", id)));
    rows.push(("State", if account.disabled_at.is_some() { "disabled" } else { "enabled" }));
    let pair = pair_id.as_ref().map(|id| format!("{id} ({})", state(id)));
    rows.extend(pair.as_deref().map(|pair| ("Pair", pair)));
    output::line(words::aligned(&rows))?;
    Ok(())
}

async fn list(begins_with: String, as_json: bool, desk: &Desk) -> Result<(), Failure> {
    let query = AccountQuery { begins_with: Some(begins_with), ..AccountQuery::default() };
    let page = desk.backend.list_accounts(&desk.context, &query).await?;
    if as_json {
        let rows = page.accounts.iter().map(|found| {
            let account = &found.account;
            json!({
                "account_id": account.id,
                "name": account.name,
                "external_id": account.external_id,
                "disabled": account.disabled_at.is_some(),
                "owner": found.owner,
            })
        });
        return Ok(output::json(&rows.collect())?);
    }
    if page.accounts.is_empty() {
        return Err(Refusal::NotFound.into());
    }
    let cells = |found: &AccountSummary| {
        let owner = found.owner.as_ref().map(ToString::to_string).unwrap_or_default();
        let external = found.account.external_id.clone().unwrap_or_default();
        [found.account.id.to_string(), found.account.name.clone(), owner, external]
    };
    let rows: Vec<_> = page.accounts.iter().map(cells).collect();
    output::line(words::table(["ACCOUNT", "NAME", "OWNER", "EXTERNAL ID"], &rows))?;
    if page.next.is_some() {
        output::complain(format_args!("There are more than these {}: type more of it.", rows.len()));
    }
    Ok(())
}

pub(super) async fn switch(switch: SwitchAccount, disabled: bool, desk: &Desk) -> Result<(), Failure> {
    let SwitchAccount { account, reason, json } = switch;
    let account = desk.backend.set_account_disabled(&desk.context, &account, disabled, &reason, None).await?;
    if json {
        return Ok(output::json(&json!({
            "account_id": account.id,
            "disabled_at": account.disabled_at.map(Timestamp::to_rfc3339),
        }))?);
    }
    let (state, keys) =
        if disabled { ("disabled", "authenticate nothing from now on") } else { ("enabled", "authenticate again") };
    output::line(format_args!("The account {} is {state}: its keys {keys}.", account.id))?;
    Ok(())
}

/// The link is no part of the JSON answer, whose shape is fixed; it is said on stderr.
fn answer_json(created: &CreatedAccount, desk: &Desk) -> Result<(), Failure> {
    let first = &created.first_pair;
    output::json(&json!({
        "account_id": created.account_id,
        "user_id": created.user_id,
        "key_pair": {
            "id": first.pair.id,
            "public_key": first.pair.public_key,
            "private_key": first.private_key.expose(),
        },
    }))?;
    if let Some(link) = &created.password_link {
        output::complain(format_args!("Set the password within an hour: {}", person::link_text(link, desk)));
    }
    Ok(())
}

fn answer(created: &CreatedAccount, desk: &Desk) -> Result<(), Failure> {
    let first = &created.first_pair;
    output::line("The account is made.\n")?;
    output::line(words::aligned(&[
        ("Account", created.account_id.as_str()),
        ("Owner", created.user_id.as_str()),
        ("Public key", first.pair.public_key.as_str()),
        ("Private key", first.private_key.expose()),
    ]))?;
    output::line(format_args!(
        "\nKeep the private key confidential. To see it again: latchkey keys reveal --account {}",
        created.account_id
    ))?;
    if let Some(link) = &created.password_link {
        output::line(format_args!(
            "\nThe owner sets their password with this link, once, within an hour:\n\n  {}",
            person::link_text(link, desk)
        ))?;
    }
    Ok(())
}
