//! `latchkey keys roll-many …`

use super::arguments::RollMany;
use super::failure::Failure;
use super::{Desk, words};
use crate::{bulk_report, output};
use backend::bulk_roll::{BadLine, BulkRollPlan, BulkRollRequest, PlannedAccount};
use backend::store::BulkRollProgress;
use domain::{BulkRollId, Refusal};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, Instant};

/// Longer than as many lines as are taken, of whatever names an account.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// How often progress is said.
const TELL: Duration = Duration::from_secs(1);

pub(super) async fn run(roll: RollMany, desk: &Desk) -> Result<(), Failure> {
    if roll.list {
        return list(roll.json, desk).await;
    }
    if let Some(id) = &roll.report {
        return report(id, desk).await;
    }
    if let Some(id) = &roll.stop {
        return stop(id, roll.json, desk).await;
    }
    if let Some(id) = &roll.resume {
        return finish(id, None, roll.json, desk).await;
    }
    let expire_old = roll.expire_old.ok_or(Refusal::ExpiryMissing)?;
    let plan = desk.backend.plan_bulk_roll(&desk.context, &read(roll.file.as_deref())?, expire_old).await?;
    if roll.dry_run {
        return if roll.json { Ok(output::json(&plan_json(&plan))?) } else { say_plan(&plan) };
    }
    let accounts = plan.accounts.into_iter().map(|account| (account.account_id, account.pair_id)).collect();
    let (reason, message) = (roll.reason.unwrap_or_default(), roll.message);
    let request = BulkRollRequest { accounts, expire_old, reason, message, password: None };
    begin(request, &plan.bad_lines, roll.json, desk).await
}

fn read(file: Option<&Path>) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let source: &mut dyn Read = match file {
        Some(path) => &mut File::open(path)?,
        None => &mut io::stdin().lock(),
    };
    source.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MOST_BYTES) {
        return Err(Refusal::TooManyLines.into());
    }
    // What is not UTF-8 names nothing, and its line says so.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

async fn begin(request: BulkRollRequest, bad_lines: &[BadLine], as_json: bool, desk: &Desk) -> Result<(), Failure> {
    if !as_json {
        for bad in bad_lines {
            output::complain(bad_line_words(*bad));
        }
    }
    let begun = desk.backend.begin_bulk_roll(&desk.context, request).await?;
    output::complain(format_args!(
        "If this is interrupted, nothing is lost. To go on: latchkey keys roll-many --continue {}",
        begun.id
    ));
    finish(&begun.id, Some(bad_lines), as_json, desk).await
}

/// Rolls what is pending, and says how far it is on stderr.
async fn finish(id: &BulkRollId, bad_lines: Option<&[BadLine]>, as_json: bool, desk: &Desk) -> Result<(), Failure> {
    let mut progress = desk.backend.find_bulk_roll(&desk.context, id).await?;
    let mut told = Instant::now();
    while progress.pending() > 0 {
        progress = desk.backend.continue_bulk_roll(&desk.context, id).await?;
        if told.elapsed() >= TELL {
            told = Instant::now();
            let done = progress.accounts - progress.pending();
            let waiting = match progress.waiting {
                0 => String::new(),
                broke => format!("; {} broke, and are tried again in a minute", accounts(broke)),
            };
            output::complain(format_args!("{done} of {} accounts done{waiting}", progress.accounts));
        }
    }
    if as_json {
        let mut answer = progress_json(&progress);
        if let Some(bad_lines) = bad_lines {
            answer["bad_lines"] = bad_lines.iter().copied().map(bad_line_json).collect();
        }
        return Ok(output::json(&answer)?);
    }
    output::line(format_args!("The keys of {} are rolled.", accounts(progress.rolled)))?;
    if progress.refused > 0 {
        output::line(format_args!("{} could not be rolled.", accounts(progress.refused)))?;
    }
    if progress.faulted > 0 {
        let broke = accounts(progress.faulted);
        output::line(format_args!("{broke} were given up: rolling them broke each time, and the log says why."))?;
    }
    if progress.record.stopped.is_some() {
        output::line(format_args!("It was stopped: {} keep their keys.", accounts(progress.left())))?;
    }
    output::line(format_args!("What came of each: latchkey keys roll-many --report {id}"))?;
    Ok(())
}

fn accounts(count: u32) -> String {
    if count == 1 { "1 account".to_owned() } else { format!("{count} accounts") }
}

fn progress_json(progress: &BulkRollProgress) -> Value {
    json!({
        "bulk_roll_id": progress.record.id,
        "begun_at": progress.record.begun_at.to_rfc3339(),
        "begun_by": progress.record.begun_by,
        "reason": progress.record.reason,
        "message": progress.record.message,
        "expire_old": progress.record.expire_old,
        "accounts": progress.accounts,
        "rolled": progress.rolled,
        "refused": progress.refused,
        "faulted": progress.faulted,
        "pending": progress.pending(),
        "stopped_at": progress.record.stopped.as_ref().map(|stop| stop.at.to_rfc3339()),
        "stopped_by": progress.record.stopped.as_ref().map(|stop| &stop.by),
    })
}

async fn list(as_json: bool, desk: &Desk) -> Result<(), Failure> {
    let listed = desk.backend.list_bulk_rolls(&desk.context).await?;
    if as_json {
        return Ok(output::json(&listed.iter().map(progress_json).collect())?);
    }
    let cells = |progress: &BulkRollProgress| {
        let stopped = if progress.record.stopped.is_some() { ", stopped" } else { "" };
        let done = format!("{} of {}{stopped}", progress.accounts - progress.left(), progress.accounts);
        let BulkRollProgress { record, .. } = progress;
        [record.id.to_string(), record.begun_at.to_utc_words(), record.begun_by.clone(), done, record.reason.clone()]
    };
    let rows: Vec<_> = listed.iter().map(cells).collect();
    output::line(words::table(["BULK ROLL", "BEGUN", "BY", "DONE", "REASON"], &rows))?;
    Ok(())
}

fn plan_json(plan: &BulkRollPlan) -> Value {
    let account = |account: &PlannedAccount| {
        json!({
            "line": account.line,
            "account_id": account.account_id,
            "name": account.name,
            "external_id": account.external_id,
            "owner": account.owner,
            "pair_id": account.pair_id,
            "refused": account.refused,
        })
    };
    json!({
        "accounts": plan.accounts.iter().map(account).collect::<Vec<_>>(),
        "bad_lines": plan.bad_lines.iter().copied().map(bad_line_json).collect::<Vec<_>>(),
        "repeated": plan.repeated,
    })
}

fn bad_line_json(bad: BadLine) -> Value {
    json!({ "line": bad.line, "code": bad.problem.code(), "message": bad.problem.sentence() })
}

fn bad_line_words(bad: BadLine) -> String {
    format!("Line {}: {}", bad.line, bad.problem.sentence())
}

fn say_plan(plan: &BulkRollPlan) -> Result<(), Failure> {
    let cells = |account: &PlannedAccount| {
        let owner = account.owner.as_ref().map(ToString::to_string).unwrap_or_default();
        let fate = account.refused.map_or("is rolled", Refusal::sentence);
        [account.account_id.to_string(), owner, fate.to_owned()]
    };
    let rows: Vec<_> = plan.accounts.iter().map(cells).collect();
    output::line(words::table(["ACCOUNT", "OWNER", "WHAT WOULD HAPPEN"], &rows))?;
    for bad in &plan.bad_lines {
        output::line(bad_line_words(*bad))?;
    }
    let refused = u32::try_from(plan.accounts.iter().filter(|account| account.refused.is_some()).count()).unwrap_or(0);
    let rolled = u32::try_from(plan.accounts.len()).unwrap_or(0) - refused;
    output::line(format_args!(
        "\n{} would be rolled, {refused} refused. {} lines name no account to roll, {} name one again. Nothing was changed.",
        accounts(rolled),
        plan.bad_lines.len(),
        plan.repeated,
    ))?;
    Ok(())
}

async fn report(id: &BulkRollId, desk: &Desk) -> Result<(), Failure> {
    let report = desk.backend.report_bulk_roll(&desk.context, id).await?;
    output::bytes(&bulk_report::write(&report)?)?;
    Ok(())
}

async fn stop(id: &BulkRollId, as_json: bool, desk: &Desk) -> Result<(), Failure> {
    let stopped = desk.backend.stop_bulk_roll(&desk.context, id, None).await?;
    if as_json {
        return Ok(output::json(&progress_json(&stopped))?);
    }
    output::line(format_args!("Stopped. {} keep their keys.", accounts(stopped.left())))?;
    output::line(format_args!("The keys of {} are rolled, and stay so.", accounts(stopped.rolled)))?;
    output::line(format_args!("What came of each: latchkey keys roll-many --report {id}"))?;
    Ok(())
}
