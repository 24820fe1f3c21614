//! How use of a pair is counted, kept and read.

use super::{Installation, Owner, done, refusal};
use crate::world::NOW;
use backend::store::{CallerName, Store};
use backend::usage::{AccountUsage, CALLERS_ON_A_PAGE, Request, Use};
use backend::{Caller, Policy, RequestContext, Seat, SignedIn};
use domain::usage::{Day, Outcome};
use domain::{Duration, ExpireOld, PairId, Refusal, Role};
use std::sync::Arc;

fn from<'a>(address: &str, user_agent: &'a str) -> Request<'a> {
    let address = Some(address.parse().expect("an address"));
    Request { address, user_agent: user_agent.as_bytes(), method: b"GET", path: b"/v1/account" }
}

fn count(here: &Installation, pair_id: &PairId, outcome: Outcome, request: Request<'_>) {
    here.backend.count_use(Use { pair_id, outcome, request });
}

async fn flush(here: &Installation) -> usize {
    here.backend.flush_usage().await.expect("written").rows
}

async fn usage(here: &Installation, owner: &Owner) -> AccountUsage {
    here.backend.find_usage_of_account(&owner.context, &owner.account).await.expect("read")
}

/// The same person with another role.
fn acting_as(owner: &Owner, role: Role) -> RequestContext {
    let seat = Some(Seat { account_id: owner.account.clone(), role });
    let person = SignedIn { seat, ..super::person(&owner.context).clone() };
    RequestContext { caller: Caller::Person(person), ..owner.context.clone() }
}

/// By everybody who sees the pairs; every day of the chart is there, and every pair.
pub async fn an_owner_reads_when_and_how_often_pairs_were_used(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    let first = usage(&here, &owner).await;
    assert_eq!((first.kept_days, first.pairs.len(), first.pairs[0].last_used), (90, 1, None));
    for days in [0, 1, 28, 1] {
        here.pass(Duration::days(days));
        count(&here, &owner.pair, Outcome::Accepted, from("192.0.2.1", "curl/8"));
        count(&here, &owner.pair, Outcome::Accepted, from("192.0.2.2", "curl/8"));
        flush(&here).await;
    }
    let (new_pair, _) = done(here.roll(&here.fresh(&owner), &owner.pair, ExpireOld::Immediately).await);
    count(&here, &owner.pair, Outcome::Revoked, from("192.0.2.1", "curl/8"));
    assert_eq!(flush(&here).await, 1);
    for role in [Role::Owner, Role::Developer, Role::Viewer] {
        let read = here.backend.find_usage_of_account(&acting_as(&owner, role), &owner.account).await.expect("read");
        let [new, old] = &read.pairs[..] else { panic!("{read:?}") };
        assert_eq!((&new.pair_id, new.first_used, new.last_used), (&new_pair, None, None));
        assert_eq!((&old.pair_id, old.first_used, old.last_used), (&owner.pair, Some(NOW), Some(here.backend.now())));
        assert_eq!((new.last_refused, old.last_refused), (None, Some(here.backend.now())));
        let today = Day::of(here.backend.now());
        let days = |of: &[backend::usage::DayUsage]| of.iter().map(|of| of.day).collect::<Vec<_>>();
        let expected: Vec<_> = (0..30).rev().map(|back| today.minus(back)).collect();
        assert_eq!((days(&new.days), days(&old.days)), (expected.clone(), expected));
        let counts: Vec<_> = old.days.iter().map(|of| (of.accepted, of.refused)).collect();
        assert_eq!(
            (counts[0], counts[28], counts[29]),
            ((2, 0), (2, 0), (2, 1)),
            "the first day of all is 31 days ago"
        );
        assert_eq!(counts[1..28], [(0, 0); 27]);
        assert!(new.days.iter().all(|of| (of.accepted, of.refused) == (0, 0)));
    }
}

/// For those who read the activity, since there are addresses.
pub async fn callers_are_for_those_who_read_the_activity(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let (owner, stranger) = (here.owner("ada@example.org").await, here.owner("bob@example.org").await);
    count(&here, &owner.pair, Outcome::Accepted, from("2001:db8:1:2:3:4:5:6", "curl/8.5.0"));
    flush(&here).await;
    let name = CallerName::Program { address: "2001:db8:1:2::/64".to_owned(), user_agent: "curl/8.5.0".to_owned() };
    for (role, expected) in [(Role::Owner, None), (Role::Developer, None), (Role::Viewer, Some(Refusal::NotAllowed))] {
        let read = here.backend.list_callers_of_pair(&acting_as(&owner, role), &owner.account, &owner.pair, 1).await;
        if let Ok(read) = &read {
            assert_eq!((&read.pair.id, read.page, read.more, read.kept_days), (&owner.pair, 1, false, 90));
            assert_eq!((&read.callers[0].name, read.callers[0].accepted), (&name, 1));
        }
        assert_eq!(refusal(read), expected);
    }
    let asked = [(&stranger.context, &owner.account, &owner.pair), (&stranger.context, &stranger.account, &owner.pair)];
    for (context, account, pair) in asked {
        let read = here.backend.list_callers_of_pair(context, account, pair, 1).await;
        assert_eq!(refusal(read), Some(Refusal::NotFound));
    }
    let read = here.backend.find_usage_of_account(&stranger.context, &owner.account).await;
    assert_eq!(refusal(read), Some(Refusal::NotFound));
}

/// More of them than are told apart, over several hours: all are counted, and the list has an end.
pub async fn thousands_of_callers_are_counted_and_listed_in_pages(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    for hour in 0..3 {
        for n in 0..1_000 {
            count(&here, &owner.pair, Outcome::Accepted, from("192.0.2.1", &format!("agent {hour} {n}")));
        }
        flush(&here).await;
        here.pass(Duration::hours(1));
    }
    let read = usage(&here, &owner).await;
    assert_eq!(read.pairs[0].days.iter().map(|of| of.accepted).sum::<u64>(), 3_000);
    let (mut named, mut counted, mut page) = (0, 0, 1);
    loop {
        let read = here.backend.list_callers_of_pair(&owner.context, &owner.account, &owner.pair, page).await;
        let read = read.expect("read");
        assert!(read.callers.len() <= CALLERS_ON_A_PAGE as usize);
        named += read.callers.iter().filter(|of| of.name != CallerName::Others).count();
        counted += read.callers.iter().map(|of| of.accepted).sum::<u64>();
        if !read.more {
            break;
        }
        page += 1;
    }
    assert_eq!((named, counted), (3 * backend::usage::MOST_CALLERS, 3_000));
    let beyond = here.backend.list_callers_of_pair(&owner.context, &owner.account, &owner.pair, u32::MAX).await;
    assert_eq!(beyond.expect("read").callers, []);
}

/// To the day; and not before.
pub async fn use_is_kept_for_as_many_days_as_the_operator_says(store: Arc<dyn Store>) {
    let here = Installation::with_policy(store, Policy { usage_days: 7, ..Policy::default() });
    let owner = here.owner("ada@example.org").await;
    for _ in 0..10 {
        count(&here, &owner.pair, Outcome::Accepted, from("192.0.2.1", &here.backend.now().to_rfc3339()));
        flush(&here).await;
        here.pass(Duration::days(1));
    }
    here.backend.forget_old_usage().await.expect("forgotten");
    let read = here.backend.list_callers_of_pair(&owner.context, &owner.account, &owner.pair, 1).await.expect("read");
    assert_eq!(read.callers.len(), 7, "of the seven days before today");
    let read = usage(&here, &owner).await;
    assert_eq!((read.kept_days, read.pairs[0].days.len()), (7, 7));
    assert_eq!(read.pairs[0].days.iter().map(|of| of.accepted).collect::<Vec<_>>(), [1, 1, 1, 1, 1, 1, 0]);
    assert_eq!(read.pairs[0].first_used, Some(NOW), "it names nobody, and stays");
}

/// And what was counted before goes.
pub async fn an_operator_who_does_not_want_it_has_nothing_counted(store: Arc<dyn Store>) {
    let here = Installation::new(Arc::clone(&store));
    let owner = here.owner("ada@example.org").await;
    count(&here, &owner.pair, Outcome::Accepted, from("192.0.2.1", "curl/8"));
    assert_eq!(flush(&here).await, 1);
    let policy = Policy { usage_days: 0, ..Policy::default() };
    let silent = Installation::with_policy(store, policy);
    assert!(!silent.backend.counts_use() && here.backend.counts_use());
    count(&silent, &owner.pair, Outcome::Accepted, from("192.0.2.1", "curl/8"));
    assert_eq!(flush(&silent).await, 0);
    silent.backend.forget_old_usage().await.expect("forgotten");
    let read = usage(&silent, &owner).await;
    let of_pair = &read.pairs[0];
    assert_eq!((read.kept_days, of_pair.days.len(), of_pair.first_used, of_pair.last_used), (0, 0, None, None));
    let read = silent.backend.list_callers_of_pair(&owner.context, &owner.account, &owner.pair, 1).await;
    assert_eq!(read.expect("read").callers, []);
}
