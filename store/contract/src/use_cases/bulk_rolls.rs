//! Rolling the keys of many accounts at once.

use super::admins::{GRACE, REASON, admin, operator};
use super::{Installation, done, password, refusal, stranger};
use backend::Caller;
use backend::accounts::{CreatedAccount, NewAccount};
use backend::authenticate::Verdict;
use backend::bulk_roll::{BulkRollPlan, BulkRollRequest, LineProblem, MOST_LINES};
use backend::console::Broken;
use backend::keys::Rolled;
use backend::store::{BulkRollOutcome, Store};
use domain::audit::{Act, Actor, Detail, Target};
use domain::{AccountId, Duration, ExpireOld, PairId, Refusal};
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
        password: None,
    }
}

async fn rolled_to(here: &Installation, account: &AccountId, from: &PairId, expire_old: ExpireOld) -> PairId {
    let request = backend::keys::RollRequest {
        account_id: account.clone(),
        pair_id: Some(from.clone()),
        expire_old,
        reason: None,
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
    let rows = here.backend.report_bulk_roll(&grace, &begun.id).await.expect("reports");
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
    let rows = here.backend.report_bulk_roll(&grace, &begun.id).await.expect("reports");
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
    let rows = here.backend.report_bulk_roll(&operator(), &begun.expect("begins").id).await.expect("reports");
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
        (BulkRollRequest { accounts: Vec::new(), ..asked() }, Refusal::NothingToRoll),
        (BulkRollRequest { accounts: foreign, ..asked() }, Refusal::NotFound),
        (BulkRollRequest { accounts: twice, ..asked() }, Refusal::InvalidInput),
        (BulkRollRequest { expire_old: ExpireOld::At(here.backend.now()), ..asked() }, Refusal::ExpiryPast),
    ] {
        assert_eq!(refusal(here.backend.begin_bulk_roll(&grace, request).await), Some(expected));
    }
    assert_eq!(here.records(Act::BulkRollBeginRefused).await.len(), 6);
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
    let right = BulkRollRequest { reason: format!("leaked: {key}"), ..right };
    let begun = here.backend.begin_bulk_roll(&grace, right).await.expect("begins");
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
    for (context, expected) in
        [(&ada.context, Refusal::NotFound), (&own, Refusal::NotFound), (&stranger(), Refusal::SignedOut)]
    {
        let answers = [
            refusal(here.backend.plan_bulk_roll(context, &text, ExpireOld::Immediately).await),
            refusal(here.backend.begin_bulk_roll(context, confirmed(&plan, ExpireOld::Immediately)).await),
            refusal(here.backend.continue_bulk_roll(context, &begun.id).await),
            refusal(here.backend.find_bulk_roll(context, &begun.id).await),
            refusal(here.backend.list_bulk_rolls(context).await),
            refusal(here.backend.report_bulk_roll(context, &begun.id).await),
        ];
        assert_eq!(answers, [Some(expected); 6], "{context:?}");
    }
    assert_eq!(here.records(Act::KeyRoll).await.len(), 0);
    let missing = "bulk_00000000000000000000000000".parse().expect("an id");
    assert_eq!(refusal(here.backend.find_bulk_roll(&grace, &missing).await), Some(Refusal::NotFound));
}

/// Empty lines do not count; one more than the most is too many, and nothing is looked up.
pub async fn more_lines_than_are_taken_are_refused(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let many = "nobody\n\n".repeat(MOST_LINES + 1);
    let refused = here.backend.plan_bulk_roll(&operator(), &many, ExpireOld::Immediately).await;
    assert_eq!(refusal(refused), Some(Refusal::TooManyLines));
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
