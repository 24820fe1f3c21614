//! Rolling the keys of many accounts at once.

use super::admins::{GRACE, REASON, admin, operator};
use super::{Installation, done, password, refusal, stranger};
use backend::accounts::{CreatedAccount, NewAccount};
use backend::authenticate::Verdict;
use backend::bulk_draft::{Confirmation, Drafted, DryRun, Fate};
use backend::bulk_roll::{BulkRollPlan, BulkRollRequest, LineProblem, MOST_LINES};
use backend::console::Broken;
use backend::context::InstallationCaller;
use backend::keys::Rolled;
use backend::store::{BulkRollOutcome, Store};
use backend::{Caller, RequestContext};
use domain::audit::{Act, Actor, Detail, Target};
use domain::{AccountId, BulkRollDraftId, Duration, ExpireOld, PairId, Refusal, Scope};
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// An account nobody signs in to, without the time that hashing a password takes.
async fn account(here: &Installation, number: usize) -> CreatedAccount {
    let new = NewAccount {
        email: format!("owner{number}@example.org"),
        name: String::new(),
        external_id: Some(format!("cus_{number}")),
        password: None,
    };
    here.backend.create_account(&operator(), new).await.expect("creates")
}

async fn accounts(here: &Installation, count: usize) -> Vec<CreatedAccount> {
    let mut made = Vec::new();
    for number in 0..count {
        made.push(account(here, number).await);
    }
    made
}

fn lines(accounts: &[CreatedAccount]) -> String {
    accounts.iter().fold(String::new(), |mut lines, account| {
        let _ = writeln!(lines, "{}", account.account_id);
        lines
    })
}

fn confirmed(plan: &BulkRollPlan, expire_old: ExpireOld) -> BulkRollRequest {
    BulkRollRequest {
        accounts: plan.accounts.iter().map(|account| (account.account_id.clone(), account.pair_id.clone())).collect(),
        expire_old,
        reason: REASON.to_owned(),
        message: None,
        password: None,
    }
}

async fn rolled_to(here: &Installation, account: &AccountId, from: &PairId, expire_old: ExpireOld) -> PairId {
    let request = backend::keys::RollRequest {
        account_id: account.clone(),
        pair_id: Some(from.clone()),
        expire_old,
        reason: None,
        message: None,
        submission_id: here.backend.mint_submission(),
        password: None,
    };
    match here.backend.roll(&operator(), request).await.expect("rolls") {
        Rolled::Done { new, .. } => new.pair.id,
        Rolled::Already { .. } => panic!("rolled before"),
    }
}

/// Each kind of line is taken for what it is; two for one account are one account; bad ones are told by their numbers.
pub async fn a_plan_says_what_would_happen_to_each_account(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let made = accounts(&here, 7).await;
    let (full, disabled, expiring) = (&made[4], &made[5], &made[6]);
    let mut newest = full.first_pair.pair.id.clone();
    for _ in 0..4 {
        newest = rolled_to(&here, &full.account_id, &newest, ExpireOld::In24Hours).await;
    }
    here.backend.set_account_disabled(&operator(), &disabled.account_id, true, REASON, None).await.expect("disables");
    let active = rolled_to(&here, &expiring.account_id, &expiring.first_pair.pair.id, ExpireOld::In24Hours).await;
    let never = "x".repeat(36);
    let text = [
        format!("  {}  ", made[0].account_id),
        "cus_1".to_owned(),
        "OWNER2@example.org".to_owned(),
        String::new(),
        made[3].first_pair.pair.public_key.to_string(),
        full.account_id.to_string(),
        disabled.first_pair.private_key.expose().to_owned(),
        expiring.first_pair.private_key.expose().to_owned(),
        active.to_string(),
        format!("API_KEY={}", made[0].first_pair.private_key.expose()),
        "nobody@example.org".to_owned(),
        "acct_00000000000000000000000000".to_owned(),
        format!("private_{never}"),
        "private_cut".to_owned(),
    ];
    let (_, grace) = admin(&here, GRACE).await;
    let plan = here.backend.plan_bulk_roll(&grace, &text.join("\r\n"), ExpireOld::In24Hours).await.expect("plans");
    let fates: Vec<_> =
        plan.accounts.iter().map(|account| (account.line, account.account_id.clone(), account.refused)).collect();
    let of = |line, account: &CreatedAccount, refused| (line, account.account_id.clone(), refused);
    let expected = [
        of(1, &made[0], None),
        of(2, &made[1], None),
        of(3, &made[2], None),
        of(5, &made[3], None),
        of(6, full, Some(Refusal::TooManyWorkingPairs)),
        of(7, disabled, None),
        of(9, expiring, None),
    ];
    assert_eq!(fates, expected);
    assert_eq!((plan.repeated, &plan.accounts[6].pair_id), (1, &active));
    assert_eq!(plan.accounts[1].external_id.as_deref(), Some("cus_1"));
    assert_eq!(plan.accounts[1].owner.as_ref().map(ToString::to_string).as_deref(), Some("owner1@example.org"));
    let bad: Vec<_> = plan.bad_lines.iter().map(|bad| (bad.line, bad.problem)).collect();
    let expected = [
        (8, LineProblem::Expiring),
        (11, LineProblem::NotFound),
        (12, LineProblem::NotFound),
        (13, LineProblem::BrokenPrivateKey(Broken::Checksum)),
        (14, LineProblem::BrokenPrivateKey(Broken::TooShort)),
    ];
    assert_eq!(bad, expected);
    // Immediately leaves no sixth pair working, and what has ended needs no roll.
    let ended = expiring.first_pair.private_key.expose();
    here.pass(Duration::hours(25));
    let text = format!("{}\n{ended}", full.account_id);
    let plan = here.backend.plan_bulk_roll(&grace, &text, ExpireOld::Immediately).await.expect("plans");
    assert_eq!(plan.accounts[0].refused, None);
    assert_eq!(plan.bad_lines[0].problem, LineProblem::Ended);
}

/// Whose private keys they are is told, and on record; nothing else happens, and nobody's key stops.
pub async fn a_plan_with_private_keys_is_on_record_and_changes_nothing(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let made = accounts(&here, 2).await;
    let (_, grace) = admin(&here, GRACE).await;
    let text = format!("{}\n{}", made[0].first_pair.private_key.expose(), made[1].account_id);
    here.backend.plan_bulk_roll(&grace, &text, ExpireOld::Immediately).await.expect("plans");
    let told = here.records(Act::KeyIdentify).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].targets, [Target::Pair(made[0].first_pair.pair.id.clone())]);
    assert_eq!(told[0].account_id.as_ref(), Some(&made[0].account_id));
    assert!(here.backend.list_bulk_rolls(&grace).await.expect("reads").is_empty());
    assert_eq!(here.backend.continue_bulk_rolls().await.expect("nothing to do"), 0);
    assert_eq!(here.records(Act::KeyRoll).await.len(), 0);
    for account in &made {
        let verdict = here.backend.authenticate(account.first_pair.private_key.expose()).await;
        assert!(matches!(verdict, Ok(Verdict::Valid(_))));
    }
}

/// One new pair and one record each, in the name of who confirmed it; going on again finds nothing to do.
pub async fn each_account_of_a_bulk_roll_is_rolled_once(store: Arc<dyn Store>) {
    const COUNT: usize = 60;
    let here = Installation::new(store);
    let made = accounts(&here, COUNT + 1).await;
    let (_, grace) = admin(&here, GRACE).await;
    let expire_old = ExpireOld::Immediately;
    let plan = here.backend.plan_bulk_roll(&grace, &lines(&made[..COUNT]), expire_old).await.expect("plans");
    let begun = here.backend.begin_bulk_roll(&grace, confirmed(&plan, expire_old)).await.expect("begins");
    assert_eq!(here.records(Act::KeyRoll).await.len(), 0);
    // A step at a time, as the command does it, then all the rest, as the server does it.
    let progress = here.backend.continue_bulk_roll(&operator(), &begun.id).await.expect("goes on");
    assert!((1..60).contains(&progress.rolled), "{progress:?}");
    assert_eq!(here.backend.continue_bulk_rolls().await.expect("goes on"), 60 - progress.rolled);
    assert_eq!(here.backend.continue_bulk_rolls().await.expect("goes on"), 0);
    let progress = here.backend.continue_bulk_roll(&grace, &begun.id).await.expect("goes on");
    assert_eq!((progress.rolled, progress.refused, progress.pending()), (60, 0, 0));

    let records = here.records(Act::KeyRoll).await;
    assert_eq!(records.len(), COUNT);
    let Caller::Admin(person) = &grace.caller else { panic!("no admin") };
    let admin = Actor::Admin { id: person.user_id.clone(), name: GRACE.to_owned() };
    for record in &records {
        assert_eq!((&record.actor, record.request_id.as_str()), (&admin, begun.id.as_str()));
        assert!(matches!(&record.detail, Some(Detail::Roll { reason: Some(reason), .. }) if reason == REASON));
    }
    let rows = here.backend.report_bulk_roll(&grace, &begun.id).await.expect("reports").rows;
    for (row, account) in rows.iter().zip(&made) {
        let keys = here.backend.list_keys(&operator(), &account.account_id).await.expect("reads");
        assert_eq!(keys.pairs.len(), 2);
        let outcome = row.outcome.as_ref().map(|(outcome, _)| outcome);
        assert_eq!(outcome, Some(&BulkRollOutcome::Rolled(keys.pairs[0].id.clone())));
        assert_eq!(row.new_public_key.as_ref(), Some(&keys.pairs[0].public_key));
        let latest = keys.latest_roll.expect("rolled");
        assert_eq!((latest.rolled_by.as_str(), latest.reason.as_deref()), ("an admin", Some(REASON)));
        assert_eq!(latest.rolled_by_user.as_ref(), Some(&person.user_id));
    }
    let kept = here.backend.authenticate(made[COUNT].first_pair.private_key.expose()).await;
    assert!(matches!(kept, Ok(Verdict::Valid(_))), "an account that no line named");
    let begins = here.records(Act::BulkRollBegin).await;
    assert_eq!((begins.len(), &begins[0].actor), (1, &admin));
    assert_eq!(begins[0].targets, [Target::BulkRoll(begun.id)]);
}

/// The server and a command, say.
pub async fn several_go_on_with_one_bulk_roll_at_once(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let made = accounts(&here, 110).await;
    let plan = here.backend.plan_bulk_roll(&operator(), &lines(&made), ExpireOld::In1Hour).await.expect("plans");
    here.backend.begin_bulk_roll(&operator(), confirmed(&plan, ExpireOld::In1Hour)).await.expect("begins");
    let runners: Vec<_> = (0..4)
        .map(|_| {
            let backend = here.backend.clone();
            tokio::spawn(async move { backend.continue_bulk_rolls().await.expect("goes on") })
        })
        .collect();
    let mut done = 0;
    for runner in runners {
        done += runner.await.expect("ends");
    }
    assert_eq!((done, here.records(Act::KeyRoll).await.len()), (110, 110));
    let progress = &here.backend.list_bulk_rolls(&operator()).await.expect("reads")[0];
    assert_eq!((progress.rolled, progress.refused), (110, 0));
}

/// The owner was quicker: their keys are new already, and are not taken from them again. It is said.
pub async fn a_pair_rolled_since_the_plan_is_not_rolled_again(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    let other = account(&here, 1).await;
    let (_, grace) = admin(&here, GRACE).await;
    let text = format!("{}\n{}", ada.account, other.account_id);
    let plan = here.backend.plan_bulk_roll(&grace, &text, ExpireOld::Immediately).await.expect("plans");
    let begun = here.backend.begin_bulk_roll(&grace, confirmed(&plan, ExpireOld::Immediately)).await.expect("begins");
    let (_, key) = done(here.roll(&ada, &ada.pair, ExpireOld::Immediately).await);
    assert_eq!(here.backend.continue_bulk_rolls().await.expect("goes on"), 2);
    let rows = here.backend.report_bulk_roll(&grace, &begun.id).await.expect("reports").rows;
    let outcome = rows[0].outcome.as_ref().map(|(outcome, _)| outcome);
    assert_eq!(outcome, Some(&BulkRollOutcome::Refused(Refusal::PairAlreadyRolled)));
    assert!(matches!(rows[1].outcome, Some((BulkRollOutcome::Rolled(_), _))));
    assert!(matches!(here.backend.authenticate(&key).await, Ok(Verdict::Valid(_))));
    let refused = here.records(Act::KeyRollRefused).await;
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].account_id.as_ref(), Some(&ada.account));
    assert_eq!(refused[0].detail, Some(Detail::Refusal { code: Refusal::PairAlreadyRolled }));
}

/// It is skipped, the others are rolled; and an end that has passed meanwhile is written down and makes room.
pub async fn an_account_that_cannot_be_rolled_is_reported(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let made = accounts(&here, 3).await;
    for (account, overlap) in [(&made[0], ExpireOld::In7Days), (&made[1], ExpireOld::In1Hour)] {
        let mut newest = account.first_pair.pair.id.clone();
        for _ in 0..4 {
            newest = rolled_to(&here, &account.account_id, &newest, overlap).await;
        }
    }
    let plan = here.backend.plan_bulk_roll(&operator(), &lines(&made), ExpireOld::In24Hours).await.expect("plans");
    let refused: Vec<_> = plan.accounts.iter().map(|account| account.refused).collect();
    assert_eq!(refused, [Some(Refusal::TooManyWorkingPairs), Some(Refusal::TooManyWorkingPairs), None]);
    let begun = here.backend.begin_bulk_roll(&operator(), confirmed(&plan, ExpireOld::In24Hours)).await;
    here.pass(Duration::hours(2));
    here.backend.continue_bulk_rolls().await.expect("goes on");
    let rows = here.backend.report_bulk_roll(&operator(), &begun.expect("begins").id).await.expect("reports").rows;
    let refused: Vec<_> =
        rows.iter().map(|row| matches!(row.outcome, Some((BulkRollOutcome::Refused(_), _)))).collect();
    assert_eq!(refused, [true, false, false]);
    assert_eq!(here.records(Act::KeyExpire).await.len(), 4, "each end that passed is on record");
}

/// Every refusal of the whole leaves nothing behind but its record.
pub async fn a_bulk_roll_needs_a_reason_accounts_and_a_password(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let made = accounts(&here, 2).await;
    let (_, grace) = admin(&here, GRACE).await;
    let plan = here.backend.plan_bulk_roll(&grace, &lines(&made), ExpireOld::Immediately).await.expect("plans");
    let asked = || confirmed(&plan, ExpireOld::Immediately);
    let pair = |of: usize| made[of].first_pair.pair.id.clone();
    let foreign = vec![(made[0].account_id.clone(), pair(1))];
    let twice = vec![(made[0].account_id.clone(), pair(0)), (made[0].account_id.clone(), pair(0))];
    for (request, expected) in [
        (BulkRollRequest { reason: " \n".to_owned(), ..asked() }, Refusal::ReasonMissing),
        (BulkRollRequest { reason: "x".repeat(501), ..asked() }, Refusal::ReasonTooLong),
        (BulkRollRequest { message: Some("x".repeat(1_001)), ..asked() }, Refusal::MessageTooLong),
        (BulkRollRequest { accounts: Vec::new(), ..asked() }, Refusal::NothingToRoll),
        (BulkRollRequest { accounts: foreign, ..asked() }, Refusal::NotFound),
        (BulkRollRequest { accounts: twice, ..asked() }, Refusal::InvalidInput),
        (BulkRollRequest { expire_old: ExpireOld::At(here.backend.now()), ..asked() }, Refusal::ExpiryPast),
    ] {
        assert_eq!(refusal(here.backend.begin_bulk_roll(&grace, request).await), Some(expected));
    }
    assert_eq!(here.records(Act::BulkRollBeginRefused).await.len(), 7);
    let unreasoned = BulkRollRequest { reason: String::new(), ..asked() };
    assert_eq!(refusal(here.backend.begin_bulk_roll(&operator(), unreasoned).await), Some(Refusal::ReasonMissing));
    here.pass(Duration::minutes(6));
    assert_eq!(refusal(here.backend.begin_bulk_roll(&grace, asked()).await), Some(Refusal::StepUpDue));
    let wrong = BulkRollRequest { password: Some(password("not my password at all")), ..asked() };
    assert_eq!(refusal(here.backend.begin_bulk_roll(&grace, wrong).await), Some(Refusal::PasswordWrong));
    assert!(here.backend.list_bulk_rolls(&grace).await.expect("reads").is_empty());
    let right = BulkRollRequest { password: Some(password(super::PASSWORD)), ..asked() };
    // A leaked key may well be pasted as the reason.
    let key = made[0].first_pair.private_key.expose();
    let message = Some(format!(" Call us.\r\nIt was {key}\u{1b}\n"));
    let right = BulkRollRequest { reason: format!("leaked: {key}"), message, ..right };
    let begun = here.backend.begin_bulk_roll(&grace, right).await.expect("begins");
    assert_eq!(begun.message.as_deref(), Some("Call us.\nIt was private_…"));
    assert!(!begun.reason.contains(key) && begun.reason.starts_with("leaked: "), "{}", begun.reason);
}

/// Owners of the very accounts, admins who did not ask to act as such, and strangers.
pub async fn nobody_but_an_admin_rolls_many_accounts(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    let (own, grace) = admin(&here, GRACE).await;
    let text = ada.account.to_string();
    let plan = here.backend.plan_bulk_roll(&grace, &text, ExpireOld::Immediately).await.expect("plans");
    let begun = here.backend.begin_bulk_roll(&grace, confirmed(&plan, ExpireOld::Immediately)).await.expect("begins");
    let draft = here.backend.draft_bulk_roll(&grace, &text).await.expect("drafts");
    let all_scopes = Scope::ALL.to_vec();
    let system = here.backend.create_installation_key(&operator(), "crm", &all_scopes).await.expect("makes");
    let system =
        Caller::Installation(InstallationCaller { id: system.record.id, name: "crm".to_owned(), scopes: all_scopes });
    let system = RequestContext { caller: system, ..stranger() };
    for (context, expected) in [
        (&ada.context, Refusal::NotFound),
        (&own, Refusal::NotFound),
        (&stranger(), Refusal::SignedOut),
        (&system, Refusal::NotAllowed),
    ] {
        let answers = [
            refusal(here.backend.plan_bulk_roll(context, &text, ExpireOld::Immediately).await),
            refusal(here.backend.begin_bulk_roll(context, confirmed(&plan, ExpireOld::Immediately)).await),
            refusal(here.backend.continue_bulk_roll(context, &begun.id).await),
            refusal(here.backend.find_bulk_roll(context, &begun.id).await),
            refusal(here.backend.list_bulk_rolls(context).await),
            refusal(here.backend.report_bulk_roll(context, &begun.id).await),
            refusal(here.backend.watch_bulk_roll(context, &begun.id).await),
            refusal(here.backend.stop_bulk_roll(context, &begun.id, None).await),
            refusal(here.backend.draft_bulk_roll(context, &text).await),
            refusal(here.backend.open_bulk_roll_draft(context, &draft).await),
            refusal(here.backend.confirm_bulk_roll_draft(context, &draft, confirmation()).await),
        ];
        assert_eq!(answers, [Some(expected); 11], "{context:?}");
    }
    // A dry run is its maker's: to another admin it is like one that is not there.
    let (_, other) = admin(&here, "alan@example.org").await;
    assert_eq!(refusal(here.backend.open_bulk_roll_draft(&other, &draft).await), Some(Refusal::NotFound));
    let confirmed = here.backend.confirm_bulk_roll_draft(&other, &draft, confirmation()).await;
    assert_eq!(refusal(confirmed), Some(Refusal::NotFound));
    assert_eq!(here.backend.list_bulk_rolls(&grace).await.expect("reads").len(), 1);
    assert_eq!(here.records(Act::KeyRoll).await.len(), 0);
    let missing = "bulk_00000000000000000000000000".parse().expect("an id");
    assert_eq!(refusal(here.backend.find_bulk_roll(&grace, &missing).await), Some(Refusal::NotFound));
}

fn confirmation() -> Confirmation {
    Confirmation {
        expire_old: Ok(ExpireOld::Immediately),
        reason: REASON.to_owned(),
        message: "Call us.".to_owned(),
        password: password(""),
    }
}

async fn dry_run(here: &Installation, admin: &RequestContext, id: &BulkRollDraftId) -> DryRun {
    match here.backend.open_bulk_roll_draft(admin, id).await.expect("opens") {
        Drafted::Waiting(run) => run,
        Drafted::Begun(id) => panic!("begun as {id}"),
    }
}

/// It names accounts and lines, and holds none of the lines; what would happen is told as things are by now.
pub async fn a_dry_run_says_what_would_happen_and_keeps_no_line(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let made = accounts(&here, 4).await;
    let (_, grace) = admin(&here, GRACE).await;
    let key = made[1].first_pair.private_key.expose();
    let text = format!(
        "{}\n{key}\nowner2@example.org\n\nnobody here\nprivate_cut\n{}\n{key}\n",
        made[0].account_id, made[3].account_id
    );
    let mut newest = made[3].first_pair.pair.id.clone();
    for _ in 0..4 {
        newest = rolled_to(&here, &made[3].account_id, &newest, ExpireOld::In24Hours).await;
    }
    let id = here.backend.draft_bulk_roll(&grace, &text).await.expect("drafts");
    assert_eq!(here.records(Act::KeyIdentify).await.len(), 2, "each line with a key is on record");
    let run = dry_run(&here, &grace, &id).await;
    let fates: Vec<_> = run.rows.iter().map(|row| (row.named.line, row.fate(), row.expiring)).collect();
    assert_eq!(
        fates,
        [(1, Fate::Rolled, 0), (2, Fate::Rolled, 0), (3, Fate::Rolled, 0), (7, Fate::OnlyImmediately, 4)]
    );
    let bad: Vec<_> = run.draft.bad_lines.iter().map(|bad| (bad.line, bad.problem)).collect();
    assert_eq!(bad, [(5, LineProblem::NotFound), (6, LineProblem::BrokenPrivateKey(Broken::TooShort))]);
    assert_eq!(run.draft.repeated, 1);
    // It agrees with the decision itself.
    for (expire_old, refused) in [(ExpireOld::In1Hour, true), (ExpireOld::Immediately, false)] {
        let plan = here.backend.plan_bulk_roll(&grace, &text, expire_old).await.expect("plans");
        assert_eq!(plan.accounts[3].refused.is_some(), refused);
    }
    here.backend.set_account_disabled(&operator(), &made[2].account_id, true, REASON, None).await.expect("disables");
    rolled_to(&here, &made[0].account_id, &made[0].first_pair.pair.id, ExpireOld::Immediately).await;
    let run = dry_run(&here, &grace, &id).await;
    assert_eq!((run.rows[0].fate(), run.rows[2].disabled), (Fate::RolledSince, true));
    assert!(here.backend.list_bulk_rolls(&grace).await.expect("reads").is_empty());
}

/// The second press answers the first one's bulk roll, and so does the dry run itself.
pub async fn a_dry_run_confirmed_twice_begins_once(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let made = accounts(&here, 3).await;
    let (_, grace) = admin(&here, GRACE).await;
    let id = here.backend.draft_bulk_roll(&grace, &lines(&made)).await.expect("drafts");
    let press = || here.backend.confirm_bulk_roll_draft(&grace, &id, confirmation());
    let (one, other) = tokio::join!(press(), press());
    let (one, other) = (one.expect("begins"), other.expect("answers the same"));
    assert_eq!(one, other);
    assert_eq!(press().await.expect("answers the same"), one);
    assert_eq!((one.draft_id.as_ref(), one.message.as_deref()), (Some(&id), Some("Call us.")));
    let opened = here.backend.open_bulk_roll_draft(&grace, &id).await.expect("opens");
    assert!(matches!(opened, Drafted::Begun(begun) if begun == one.id));
    assert_eq!(here.backend.continue_bulk_rolls().await.expect("goes on"), 3);
    assert_eq!(here.records(Act::BulkRollBegin).await.len(), 1);
    assert_eq!(here.records(Act::KeyRoll).await.len(), 3);
    // The owner reads the message, and it is on the trail.
    let roll = here.store.find_latest_roll(&made[0].account_id).await.expect("reads").expect("rolled");
    assert_eq!(roll.message.as_deref(), Some("Call us."));
    for record in here.records(Act::KeyRoll).await {
        assert!(matches!(record.detail, Some(Detail::Roll { message: Some(message), .. }) if message == "Call us."));
    }
}

/// What was entered is there again, without a private key in it; and a day later the dry run is gone.
pub async fn a_refused_confirmation_keeps_what_was_entered(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let made = accounts(&here, 2).await;
    let (_, grace) = admin(&here, GRACE).await;
    let id = here.backend.draft_bulk_roll(&grace, &lines(&made)).await.expect("drafts");
    let key = made[0].first_pair.private_key.expose();
    let entered = |expire_old| Confirmation {
        expire_old,
        reason: format!("found {key}"),
        message: format!("It was {key}"),
        ..confirmation()
    };
    for (confirmation, expected) in [
        (entered(Err(Refusal::ExpiryMissing)), Refusal::ExpiryMissing),
        (entered(Ok(ExpireOld::At(here.backend.now()))), Refusal::ExpiryPast),
        (Confirmation { reason: " ".to_owned(), ..entered(Ok(ExpireOld::In1Hour)) }, Refusal::ReasonMissing),
        (Confirmation { message: "x".repeat(1_001), ..entered(Ok(ExpireOld::In1Hour)) }, Refusal::MessageTooLong),
    ] {
        let refused = here.backend.confirm_bulk_roll_draft(&grace, &id, confirmation).await;
        assert_eq!(refusal(refused), Some(expected));
    }
    here.pass(Duration::minutes(6));
    let due = here.backend.confirm_bulk_roll_draft(&grace, &id, entered(Ok(ExpireOld::In1Hour))).await;
    assert_eq!(refusal(due), Some(Refusal::StepUpDue));
    let run = dry_run(&here, &grace, &id).await;
    let kept = (run.draft.reason.as_str(), run.draft.message.as_str());
    assert_eq!(kept, ("found private_…", "It was private_…"));
    assert_eq!(here.records(Act::BulkRollBeginRefused).await.len(), 4);
    // Nobody is left to roll: both were rolled since.
    for account in &made {
        rolled_to(&here, &account.account_id, &account.first_pair.pair.id, ExpireOld::Immediately).await;
    }
    let nothing = here.backend.confirm_bulk_roll_draft(&grace, &id, entered(Ok(ExpireOld::In1Hour))).await;
    assert_eq!(refusal(nothing), Some(Refusal::NothingToRoll));
    assert!(here.backend.list_bulk_rolls(&grace).await.expect("reads").is_empty());
    here.backend.sweep().await.expect("sweeps");
    dry_run(&here, &grace, &id).await;
    here.pass(Duration::hours(24));
    here.backend.sweep().await.expect("sweeps");
    assert_eq!(refusal(here.backend.open_bulk_roll_draft(&grace, &id).await), Some(Refusal::NotFound));
}

/// What is done stays done, what is left keeps its keys, also if somebody goes on with it; and it is on record once.
pub async fn a_stopped_bulk_roll_rolls_nobody_any_more(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let made = accounts(&here, 40).await;
    let (_, grace) = admin(&here, GRACE).await;
    let id = here.backend.draft_bulk_roll(&grace, &lines(&made)).await.expect("drafts");
    let begun = here.backend.confirm_bulk_roll_draft(&grace, &id, confirmation()).await.expect("begins").id;
    let done = here.backend.continue_bulk_roll(&grace, &begun).await.expect("goes on").rolled;
    assert!((1..40).contains(&done), "{done}");
    here.pass(Duration::minutes(6));
    assert_eq!(refusal(here.backend.stop_bulk_roll(&grace, &begun, None).await), Some(Refusal::StepUpDue));
    let right = password(super::PASSWORD);
    let stopped = here.backend.stop_bulk_roll(&grace, &begun, Some(&right)).await.expect("stops");
    assert_eq!((stopped.pending(), stopped.left(), stopped.rolled), (0, 40 - done, done));
    assert_eq!(here.backend.continue_bulk_rolls().await.expect("nothing to do"), 0);
    let progress = here.backend.continue_bulk_roll(&grace, &begun).await.expect("nothing to do");
    assert_eq!((progress.rolled, progress.left()), (done, 40 - done));
    assert_eq!(progress.record.stopped.map(|stop| stop.by), Some(GRACE.to_owned()));
    let report = here.backend.report_bulk_roll(&grace, &begun).await.expect("reports");
    let of = |word| report.rows.iter().filter(|row| report.outcome(row) == word).count();
    assert_eq!(
        (of("rolled"), of("stopped")),
        (usize::try_from(done).expect("few"), 40 - usize::try_from(done).expect("few"))
    );
    let last = here.backend.authenticate(made[39].first_pair.private_key.expose()).await;
    assert!(matches!(last, Ok(Verdict::Valid(_))), "{last:?}");
    let again = here.backend.stop_bulk_roll(&operator(), &begun, None).await;
    assert_eq!(refusal(again), Some(Refusal::BulkRollOver));
    let missing = "bulk_00000000000000000000000000".parse().expect("an id");
    assert_eq!(refusal(here.backend.stop_bulk_roll(&operator(), &missing, None).await), Some(Refusal::NotFound));
    let (stops, refused) = (here.records(Act::BulkRollStop).await, here.records(Act::BulkRollStopRefused).await);
    assert_eq!((stops.len(), refused.len()), (1, 2));
    assert_eq!(stops[0].targets, [Target::BulkRoll(begun)]);
    assert_eq!(here.records(Act::BulkRollExport).await.len(), 1);
}

/// Empty lines do not count; one more than the most is too many, and nothing is looked up.
pub async fn more_lines_than_are_taken_are_refused(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let many = "nobody\n\n".repeat(MOST_LINES + 1);
    let refused = here.backend.plan_bulk_roll(&operator(), &many, ExpireOld::Immediately).await;
    assert_eq!(refusal(refused), Some(Refusal::TooManyLines));
    let (_, grace) = admin(&here, GRACE).await;
    assert_eq!(refusal(here.backend.draft_bulk_roll(&grace, &many).await), Some(Refusal::TooManyLines));
    let few = "\n  \nnobody\n";
    let plan = here.backend.plan_bulk_roll(&operator(), few, ExpireOld::Immediately).await.expect("plans");
    assert_eq!((plan.accounts.len(), plan.bad_lines[0].line), (0, 3));
}

/// All the time, with keys that are being rolled with an overlap and with keys that are not: none is refused, none fails.
pub async fn programs_authenticate_while_many_accounts_are_rolled(store: Arc<dyn Store>) {
    const COUNT: usize = 200;
    let here = Installation::new(store);
    let made = accounts(&here, COUNT + 1).await;
    let plan = here.backend.plan_bulk_roll(&operator(), &lines(&made[..COUNT]), ExpireOld::In1Hour).await;
    let request = confirmed(&plan.expect("plans"), ExpireOld::In1Hour);
    here.backend.begin_bulk_roll(&operator(), request).await.expect("begins");
    let (over, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let keys: Vec<_> = made.iter().map(|account| account.first_pair.private_key.expose().to_owned()).collect();
    let prober = {
        let (backend, over, asked) = (here.backend.clone(), Arc::clone(&over), Arc::clone(&asked));
        tokio::spawn(async move {
            for key in keys.iter().cycle() {
                let verdict = backend.authenticate(key).await;
                assert!(matches!(verdict, Ok(Verdict::Valid(_))), "{verdict:?}");
                asked.fetch_add(1, Ordering::SeqCst);
                if over.load(Ordering::SeqCst) {
                    return;
                }
            }
        })
    };
    let rolled = here.backend.continue_bulk_rolls().await.expect("goes on");
    over.store(true, Ordering::SeqCst);
    prober.await.expect("no key failed");
    assert_eq!(rolled, 200);
    assert!(asked.load(Ordering::SeqCst) > 200, "programs hardly asked at all");
}
