//! `latchkey keys …`

use super::arguments::RollKeys;
use super::failure::Failure;
use super::{Desk, words};
use crate::output;
use backend::OsEntropy;
use backend::keys::{IssuedPair, RollRequest, Rolled};
use domain::time::in_words;
use domain::{AccountId, KeyPair, KeyPairState, PairId, SubmissionId, Timestamp};
use serde_json::{Value, json};

pub(super) async fn list(account: &AccountId, as_json: bool, desk: &Desk) -> Result<(), Failure> {
    let keys = desk.backend.list_keys(&desk.context, account).await?;
    if as_json {
        let rows = keys.pairs.iter().map(|pair| row(pair, keys.now)).collect();
        return Ok(output::json(&Value::Array(rows))?);
    }
    let rows: Vec<_> = keys.pairs.iter().map(|pair| cells(pair, keys.now)).collect();
    output::line(words::table(["PAIR", "STATUS", "CREATED", "PUBLIC KEY"], &rows))?;
    Ok(())
}

/// One pair as programs read it: one shape, whatever its state.
fn row(pair: &KeyPair, now: Timestamp) -> Value {
    let state = pair.state(now);
    json!({
        "id": pair.id,
        "public_key": pair.public_key,
        "status": state.as_str(),
        "created_at": pair.created_at.to_rfc3339(),
        "expires_at": state.expires_at().map(Timestamp::to_rfc3339),
        "ended_at": state.ended_at().map(Timestamp::to_rfc3339),
    })
}

fn cells(pair: &KeyPair, now: Timestamp) -> [String; 4] {
    let status = match pair.state(now) {
        KeyPairState::Active => "active".to_owned(),
        KeyPairState::Expiring { until } => {
            format!("expires in {} ({})", in_words(until.since(now)), until.to_utc_words())
        }
        KeyPairState::Expired { since } => format!("expired ({})", since.to_utc_words()),
        KeyPairState::Revoked { since } => format!("revoked ({})", since.to_utc_words()),
    };
    [pair.id.to_string(), status, pair.created_at.to_utc_words(), pair.public_key.to_string()]
}

pub(super) async fn reveal(account: &AccountId, as_json: bool, desk: &Desk) -> Result<(), Failure> {
    let revealed = desk.backend.reveal(&desk.context, account, None, None).await?;
    if as_json {
        return Ok(output::json(&with_private_key(&revealed))?);
    }
    output::line(words::aligned(&rows_of(&revealed)))?;
    Ok(())
}

fn with_private_key(issued: &IssuedPair) -> Value {
    json!({
        "id": issued.pair.id,
        "public_key": issued.pair.public_key,
        "private_key": issued.private_key.expose(),
    })
}

fn rows_of(issued: &IssuedPair) -> [(&'static str, &str); 3] {
    [
        ("Pair", issued.pair.id.as_str()),
        ("Public key", issued.pair.public_key.as_str()),
        ("Private key", issued.private_key.expose()),
    ]
}

pub(super) async fn roll(roll: RollKeys, desk: &Desk) -> Result<(), Failure> {
    let as_json = roll.json;
    let account_id = roll.account.clone();
    let now = desk.backend.now();
    let request = RollRequest {
        account_id: roll.account,
        pair_id: None,
        expire_old: roll.expire_old,
        reason: roll.reason,
        message: roll.message,
        submission_id: roll.submission.unwrap_or_else(|| SubmissionId::mint(now, &OsEntropy)),
        password: None,
    };
    let rolled = desk.backend.roll(&desk.context, request).await?;
    if as_json {
        return Ok(output::json(&rolled_json(&rolled, now))?);
    }
    match rolled {
        Rolled::Done { new, old } => say_rolled(&account_id, &new, &old, now),
        Rolled::Already { new, old } => {
            output::line(format_args!("This roll happened before: {} took over from {}.", new.id, old.id))?;
            output::line(format_args!("To see its private key: latchkey keys reveal --account {account_id}"))?;
            Ok(())
        }
    }
}

/// A repeated submission answers the same shape; the private key is then a reveal away.
fn rolled_json(rolled: &Rolled, now: Timestamp) -> Value {
    let (new, old) = match rolled {
        Rolled::Done { new, old } => (with_private_key(new), old),
        Rolled::Already { new, old } => {
            (json!({ "id": new.id, "public_key": new.public_key, "private_key": null }), old)
        }
    };
    let expires_at = old.state(now).expires_at().map(Timestamp::to_rfc3339);
    json!({ "new": new, "old": { "id": old.id, "expires_at": expires_at } })
}

fn say_rolled(account: &AccountId, new: &IssuedPair, old: &KeyPair, now: Timestamp) -> Result<(), Failure> {
    output::line("The keys are rolled. The new pair works now:\n")?;
    output::line(words::aligned(&rows_of(new)))?;
    match old.state(now).expires_at() {
        Some(until) => {
            output::line(format_args!("\nThe old pair {} works until {}.", old.id, until.to_utc_words()))?;
            output::line(format_args!(
                "Move everything to the new keys before then. To end the old pair earlier:\n\n  \
                 latchkey keys revoke --account {account} --pair {}",
                old.id
            ))?;
        }
        None => output::line(format_args!("\nThe old pair {} does not work any more.", old.id))?,
    }
    Ok(())
}

pub(super) async fn revoke(account: &AccountId, pair: &PairId, as_json: bool, desk: &Desk) -> Result<(), Failure> {
    let ended = desk.backend.revoke(&desk.context, account, pair, None).await?;
    let now = desk.backend.now();
    if as_json {
        return Ok(output::json(&row(&ended, now))?);
    }
    output::line(format_args!("The pair {pair} does not work any more."))?;
    Ok(())
}
