//! `latchkey account …`

use super::arguments::CreateAccount;
use super::failure::Failure;
use super::{Desk, person, words};
use crate::output;
use backend::accounts::{CreatedAccount, NewAccount};
use domain::{Password, Refusal};
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
fn read_password() -> Result<Password, Failure> {
    let mut line = String::new();
    io::stdin().lock().take(LONGEST_LINE).read_line(&mut line)?;
    line.truncate(line.trim_end_matches(['\r', '\n']).len());
    let password = Password::new(line);
    if password.is_empty() { Err(Refusal::PasswordTooShort.into()) } else { Ok(password) }
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
