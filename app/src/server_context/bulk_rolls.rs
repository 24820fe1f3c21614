//! From what the use cases about bulk rolls answer to what their pages are told, and where their forms lead.

use super::admin::{list_again, pairs_of, viewer};
use super::developers::Expiry;
use super::{Site, answer_at, is_plain_form, lead_back, or_sign_in, refresh_page, say, take_said};
use crate::error::AppError;
use crate::features::admin::{
    BadLines, BeginBulkRoll, BulkRollLine, BulkRollView, BulkRollsView, Counts, DraftBulkRoll, DryRunRow, DryRunTotals,
    DryRunView, Fate, Going, OpenedDryRun, Pasted, Said, StopBulkRoll,
};
use crate::paths;
use crate::ui::Moment;
use backend::bulk_draft::{self, Confirmation, Drafted, DryRun};
use backend::bulk_roll::{BadLine, LATELY, LineProblem};
use backend::sessions::step_up_due;
use backend::store::{BulkRollDraftRow, BulkRollProgress, BulkRollRecord};
use backend::{Backend, RequestContext, Result, SignedIn};
use domain::{AccountId, BulkRollDraftId, BulkRollId, ExpireOld, Password, Refusal};
use std::fmt::Write as _;

/// How many accounts a page of a dry run has.
const PAGE: usize = 100;
/// How often a page about a bulk roll that goes on is loaded again.
const REFRESH_SECONDS: u32 = 5;

pub(crate) async fn list(backend: &Backend, context: &RequestContext, site: &Site) -> Result<BulkRollsView> {
    let admin = context.as_admin()?;
    let person = admin.person()?;
    let rolls = backend.list_bulk_rolls(&admin).await?;
    let line = |progress: BulkRollProgress| {
        let (counts, going) = (counts(&progress), going(&progress));
        let record = progress.record;
        BulkRollLine {
            href: paths::admin_bulk_roll(&record.id),
            begun: Moment::from(record.begun_at),
            by: begun_by(&record, person),
            id: record.id,
            reason: record.reason,
            counts,
            going,
        }
    };
    Ok(BulkRollsView { viewer: viewer(person, site), rolls: rolls.into_iter().map(line).collect() })
}

const fn counts(progress: &BulkRollProgress) -> Counts {
    let BulkRollProgress { accounts, rolled, refused, faulted, waiting, .. } = *progress;
    Counts { accounts, rolled, refused, faulted, waiting, left: progress.left() }
}

const fn going(progress: &BulkRollProgress) -> Going {
    match (progress.left(), &progress.record.stopped) {
        (_, Some(_)) => Going::Stopped,
        (0, None) => Going::Done,
        (_, None) => Going::On,
    }
}

fn begun_by(record: &BulkRollRecord, person: &SignedIn) -> String {
    match &record.begun_by_user {
        Some(user) if *user == person.user_id => "you".to_owned(),
        Some(_) => record.begun_by.clone(),
        None => format!("{} (an operator)", record.begun_by),
    }
}

/// Which dry run, and behind which account the page begins.
struct AskedRun {
    id: BulkRollDraftId,
    after: Option<Place>,
}

/// Where an account stands in a dry run: those that need a look first, then by line.
type Place = (u8, u32);

/// What a form that was refused puts into the address is none of the page's business here.
fn read_run(query: &str) -> Option<AskedRun> {
    let (mut id, mut after) = (None, None);
    for (name, value) in pairs_of(query) {
        match name.as_str() {
            "draft" if id.is_none() => id = Some(value.parse().ok()?),
            "after" if after.is_none() => {
                let (rank, line) = value.split_once('-')?;
                after = Some((rank.parse().ok()?, line.parse().ok()?));
            }
            "__path" | "__err" | "expire_old" | "custom_utc" => {}
            _ => return None,
        }
    }
    Some(AskedRun { id: id?, after })
}

pub(crate) async fn dry_run(
    backend: &Backend,
    context: &RequestContext,
    site: &Site,
    query: &str,
) -> Result<OpenedDryRun> {
    let admin = context.as_admin()?;
    let person = admin.person()?;
    let asked = read_run(query).ok_or(Refusal::NotFound)?;
    let DryRun { draft, rows, now } = match backend.open_bulk_roll_draft(&admin, &asked.id).await? {
        Drafted::Waiting(run) => run,
        Drafted::Begun(bulk) => {
            let href = paths::admin_bulk_roll(&bulk);
            leptos_axum::redirect(&href);
            return Ok(OpenedDryRun::Begun(viewer(person, site), href));
        }
    };
    let totals = totals(&rows, &draft.bad_lines, draft.repeated);
    let (rows, next) = page_of(rows, asked.after);
    let next = next.map(|(rank, line)| format!("{}&after={rank}-{line}", paths::admin_dry_run(&draft.id)));
    Ok(OpenedDryRun::Waiting(Box::new(DryRunView {
        viewer: viewer(person, site),
        made: Moment::from(draft.made_at),
        totals,
        bad: bad_lines(&draft.bad_lines),
        rows: rows.into_iter().map(row).collect(),
        further: asked.after.is_some(),
        next,
        typed_reason: draft.reason,
        typed_message: draft.message,
        password_due: step_up_due(person.password_at, now),
        longest_overlap: backend.policy().longest_overlap,
        now,
        id: draft.id,
    })))
}

fn totals(rows: &[BulkRollDraftRow], bad_lines: &[BadLine], repeated: u32) -> DryRunTotals {
    let count = |which: &dyn Fn(&BulkRollDraftRow) -> bool| counted(rows.iter().filter(|row| which(row)).count());
    DryRunTotals {
        accounts: counted(rows.len()),
        rolled: count(&|row| row.fate() != bulk_draft::Fate::RolledSince),
        only_immediately: count(&|row| row.fate() == bulk_draft::Fate::OnlyImmediately),
        rolled_since: count(&|row| row.fate() == bulk_draft::Fate::RolledSince),
        disabled: count(&|row| row.disabled),
        bad_lines: counted(bad_lines.len()),
        repeated,
    }
}

fn counted(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn place(row: &BulkRollDraftRow) -> Place {
    let rank = match (row.fate(), row.disabled) {
        (bulk_draft::Fate::OnlyImmediately, _) => 0,
        (bulk_draft::Fate::RolledSince, _) => 1,
        (bulk_draft::Fate::Rolled, true) => 2,
        (bulk_draft::Fate::Rolled, false) => 3,
    };
    (rank, row.named.line)
}

/// A page of accounts, and behind which the next one begins, if there is one.
fn page_of(mut rows: Vec<BulkRollDraftRow>, after: Option<Place>) -> (Vec<BulkRollDraftRow>, Option<Place>) {
    rows.retain(|row| after.is_none_or(|after| place(row) > after));
    rows.sort_by_key(place);
    let beyond = rows.len() > PAGE;
    rows.truncate(PAGE);
    let next = rows.last().map(place).filter(|_| beyond);
    (rows, next)
}

fn row(row: BulkRollDraftRow) -> DryRunRow {
    let fate = match row.fate() {
        bulk_draft::Fate::Rolled => Fate::Rolled,
        bulk_draft::Fate::OnlyImmediately => Fate::OnlyImmediately,
        bulk_draft::Fate::RolledSince => Fate::RolledSince,
    };
    DryRunRow {
        line: row.named.line,
        href: paths::admin_account(&row.named.account_id),
        name: row.name,
        owner: row.owner.map(String::from),
        external_id: row.external_id,
        pair: row.named.pair_id.to_string(),
        expiring: row.expiring,
        disabled: row.disabled,
        fate,
    }
}

/// By what is wrong, each with the numbers of its lines.
fn bad_lines(bad: &[BadLine]) -> Vec<BadLines> {
    let of = |problem: LineProblem| {
        let lines: Vec<u32> = bad.iter().filter(|bad| bad.problem == problem).map(|bad| bad.line).collect();
        let listed =
            BadLines { sentence: problem.sentence().to_owned(), count: counted(lines.len()), lines: ranges(&lines) };
        (!lines.is_empty()).then_some(listed)
    };
    LineProblem::ALL.into_iter().filter_map(of).collect()
}

/// `3, 7–12, 40`, of numbers that go up.
fn ranges(lines: &[u32]) -> String {
    let mut text = String::new();
    for run in lines.chunk_by(|one, next| one + 1 == *next) {
        if let [first, .., last] = run {
            let _ = write!(text, "{first}–{last}, ");
        } else if let [only] = run {
            let _ = write!(text, "{only}, ");
        }
    }
    text.trim_end_matches(", ").to_owned()
}

/// Which bulk roll, and whether its page keeps still.
fn read_bulk(query: &str) -> Option<(BulkRollId, bool)> {
    let (mut id, mut still) = (None, false);
    for (name, value) in pairs_of(query) {
        match (name.as_str(), value.as_str()) {
            ("bulk", id_of) if id.is_none() => id = Some(id_of.parse().ok()?),
            ("still", "yes") if !still => still = true,
            ("__path" | "__err", _) => {}
            _ => return None,
        }
    }
    Some((id?, still))
}

pub(crate) async fn progress(
    backend: &Backend,
    context: &RequestContext,
    site: &Site,
    query: &str,
) -> Result<BulkRollView> {
    let admin = context.as_admin()?;
    let person = admin.person()?;
    let (id, still) = read_bulk(query).ok_or(Refusal::NotFound)?;
    let (progress, lately) = backend.watch_bulk_roll(&admin, &id).await?;
    let (counts, going) = (counts(&progress), going(&progress));
    let refreshing = going == Going::On && !still;
    let here = paths::admin_bulk_roll(&id);
    let still_here = format!("{here}&still=yes");
    if refreshing && super::is_at(paths::ADMIN_BULK_ROLL) {
        refresh_page(REFRESH_SECONDS);
    }
    let record = progress.record;
    Ok(BulkRollView {
        viewer: viewer(person, site),
        said: take_said(Said::parse),
        begun: Moment::from(record.begun_at),
        by: begun_by(&record, person),
        reason: record.reason,
        message: record.message,
        expire_old: expiry_words(record.expire_old),
        pace: (going == Going::On).then(|| pace(counts, lately)),
        counts,
        going,
        stopped: record.stopped.map(|stop| (Moment::from(stop.at), stop.by)),
        refreshing,
        other_way: if refreshing { still_here } else { here },
        password_due: step_up_due(person.password_at, backend.now()),
        id,
    })
}

fn expiry_words(choice: ExpireOld) -> String {
    match choice {
        ExpireOld::Immediately => "Immediately: with the roll of their account".to_owned(),
        ExpireOld::In1Hour => "1 hour after the roll of their account".to_owned(),
        ExpireOld::In24Hours => "24 hours after the roll of their account".to_owned(),
        ExpireOld::In3Days => "3 days after the roll of their account".to_owned(),
        ExpireOld::In7Days => "7 days after the roll of their account".to_owned(),
        ExpireOld::At(at) => at.to_utc_words(),
    }
}

/// From what was done lately.
fn pace(counts: Counts, lately: u32) -> String {
    let now = counts.left.saturating_sub(counts.waiting);
    if now == 0 {
        return "What is left has broken, and is tried again in a minute.".to_owned();
    }
    if lately == 0 {
        return "Nothing was rolled in the last ten seconds. It goes on within a minute.".to_owned();
    }
    let window = u32::try_from(LATELY.as_millis() / 1_000).unwrap_or(1);
    let seconds = (u64::from(now) * u64::from(window)).div_ceil(u64::from(lately));
    let left = match seconds {
        0..=9 => "a few seconds".to_owned(),
        10..=89 => format!("about {} seconds", seconds.div_ceil(10) * 10),
        _ => format!("about {} minutes", seconds.div_ceil(60)),
    };
    format!("{} a second lately: {left} left.", (lately / window).max(1))
}

pub(crate) async fn draft(
    backend: &Backend,
    admin: &RequestContext,
    lines: &Pasted,
) -> std::result::Result<(), AppError> {
    lead_to(backend.draft_bulk_roll(admin, lines.expose()).await)
}

pub(crate) async fn draft_selected(
    backend: &Backend,
    admin: &RequestContext,
    accounts: &[AccountId],
    list: &str,
) -> std::result::Result<(), AppError> {
    if accounts.is_empty() {
        say(Said::NothingSelected.as_str());
        leptos_axum::redirect(&list_again(list));
        return Ok(());
    }
    let lines: Vec<&str> = accounts.iter().map(AccountId::as_str).collect();
    lead_to(backend.draft_bulk_roll(admin, &lines.join("\n")).await)
}

fn lead_to(drafted: Result<BulkRollDraftId>) -> std::result::Result<(), AppError> {
    match or_sign_in(drafted.map_err(AppError::from)) {
        Ok(id) => {
            leptos_axum::redirect(&paths::admin_dry_run(&id));
            Ok(())
        }
        Err(error) => {
            let elsewhere = [Refusal::SignedOut, Refusal::NotFound].map(AppError::Refused).contains(&error);
            if is_plain_form() && !elsewhere {
                lead_back::<DraftBulkRoll>(error, paths::ADMIN_NEW_BULK_ROLL, "");
            }
            Err(error)
        }
    }
}

/// A confirmation as the form sent it.
pub(crate) struct Asked {
    pub(crate) draft: BulkRollDraftId,
    pub(crate) reason: String,
    pub(crate) message: String,
    pub(crate) expiry: Expiry,
    pub(crate) password: Password,
}

pub(crate) async fn begin(backend: &Backend, admin: RequestContext, asked: Asked) -> std::result::Result<(), AppError> {
    let Asked { draft, reason, message, expiry, password } = asked;
    let form = format!("{}{}", paths::admin_confirm_bulk_roll(&draft), expiry.query_again());
    let confirmation = Confirmation { expire_old: expiry.choice(), reason, message, password };
    let begun = backend.confirm_bulk_roll_draft(&admin, &draft, confirmation).await;
    let done = begun.as_ref().map(|record| paths::admin_bulk_roll(&record.id)).unwrap_or_default();
    answer_at::<BeginBulkRoll>(begun.map(drop), &form, &done, Said::BulkRollBegun.as_str())
}

pub(crate) async fn stop(
    backend: &Backend,
    admin: RequestContext,
    bulk: &BulkRollId,
    password: &Password,
) -> std::result::Result<(), AppError> {
    let stopped = backend.stop_bulk_roll(&admin, bulk, Some(password)).await.map(drop);
    let (form, done) = (paths::admin_stop_bulk_roll(bulk), paths::admin_bulk_roll(bulk));
    answer_at::<StopBulkRoll>(stopped, &form, &done, Said::BulkRollStopped.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_lines_are_told_in_runs() {
        assert_eq!(ranges(&[3, 7, 8, 9, 12, 40, 41]), "3, 7–9, 12, 40–41");
        assert_eq!(ranges(&[]), "");
        let every_second: Vec<u32> = (1..=10_000).step_by(2).collect();
        assert!(ranges(&every_second).len() < 40_000);
    }

    #[test]
    fn a_dry_run_is_asked_for_by_its_id_and_a_place() {
        let id = "draft_00000000000000000000000001";
        let asked = read_run(&format!("?draft={id}&after=3-120")).expect("reads");
        assert_eq!((asked.id.as_str(), asked.after), (id, Some((3, 120))));
        assert!(read_run(&format!("draft={id}&__err=eA&expire_old=24h")).is_some());
        for query in
            ["", "draft=draft_1", "after=3-1", &format!("draft={id}&draft={id}"), &format!("draft={id}&after=x")]
        {
            assert!(read_run(query).is_none(), "{query}");
        }
        let bulk = "bulk_00000000000000000000000001";
        assert!(matches!(read_bulk(&format!("?bulk={bulk}&still=yes")), Some((_, true))));
        for query in ["", "still=yes", &format!("bulk={bulk}&still=no"), &format!("bulk={bulk}&who=x")] {
            assert!(read_bulk(query).is_none(), "{query}");
        }
    }

    #[test]
    fn how_long_it_takes_is_told_from_what_was_done_lately() {
        let counts = |left, waiting| Counts { accounts: 10_000, rolled: 0, refused: 0, faulted: 0, waiting, left };
        assert_eq!(pace(counts(9_000, 0), 2_500), "250 a second lately: about 40 seconds left.");
        assert_eq!(pace(counts(9_000, 0), 3), "1 a second lately: about 500 minutes left.");
        assert_eq!(pace(counts(10, 0), 500), "50 a second lately: a few seconds left.");
        assert!(pace(counts(2, 2), 0).starts_with("What is left has broken"));
        assert!(pace(counts(2, 0), 0).starts_with("Nothing was rolled"));
    }
}
