//! Rolling: what wins, what is repeated, what is refused.

use super::{Installation, Owner, done, refusal, submission};
use backend::authenticate::Verdict;
use backend::keys::{RollRequest, Rolled};
use backend::store::Store;
use domain::audit::{Act, Detail, Target};
use domain::{Duration, ExpireOld, KeyPairState, Refusal};
use std::sync::Arc;

async fn verdict(here: &Installation, key: &str) -> Verdict {
    here.backend.authenticate(key).await.expect("authenticates")
}

async fn states(here: &Installation, owner: &Owner) -> Vec<&'static str> {
    let keys = here.backend.list_keys(&owner.context, &owner.account).await.expect("lists");
    keys.pairs.iter().map(|pair| pair.state(keys.now).as_str()).collect()
}

/// No program sees an outage.
pub async fn a_roll_with_an_overlap_leaves_both_pairs_working(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    let (_, new_key) = done(here.roll(&owner, &owner.pair, ExpireOld::In1Hour).await);
    let until = here.backend.now().plus(Duration::hours(1));
    assert!(matches!(verdict(&here, &new_key).await, Verdict::Valid(new) if new.state == KeyPairState::Active));
    assert!(
        matches!(verdict(&here, &owner.key).await, Verdict::Valid(old) if old.state == KeyPairState::Expiring { until })
    );
    assert_eq!(states(&here, &owner).await, ["active", "expiring"]);
}

/// Once the answer is there, the old key is dead.
pub async fn a_roll_immediately_ends_the_old_pair_at_once(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    done(here.roll(&owner, &owner.pair, ExpireOld::Immediately).await);
    assert_eq!(verdict(&here, &owner.key).await, Verdict::Revoked);
    assert_eq!(states(&here, &owner).await, ["active", "revoked"]);
}

/// Not from when the dialog was opened: the request was made before, and the clock went on.
pub async fn durations_count_from_the_commit(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    let request = here.request(&owner, &owner.pair, ExpireOld::In1Hour);
    here.pass(Duration::minutes(4));
    let Ok(Rolled::Done { old, .. }) = here.backend.roll(&owner.context, request).await else {
        panic!("not rolled");
    };
    let until = here.backend.now().plus(Duration::hours(1));
    assert_eq!(old.state(here.backend.now()), KeyPairState::Expiring { until });
}

/// The roll names the pair it replaces.
pub async fn a_pair_rolled_before_is_refused(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    done(here.roll(&owner, &owner.pair, ExpireOld::In1Hour).await);
    let again = here.roll(&owner, &owner.pair, ExpireOld::Immediately).await;
    assert_eq!(refusal(again), Some(Refusal::PairAlreadyRolled));
    assert_eq!(states(&here, &owner).await, ["active", "expiring"]);
}

/// The key is a reveal away, not in the second answer.
pub async fn a_retry_gets_the_roll_that_happened_and_no_key(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    let press = submission(&here);
    let request =
        |expire_old| RollRequest { submission_id: press.clone(), ..here.request(&owner, &owner.pair, expire_old) };
    let (new, _) = done(here.backend.roll(&owner.context, request(ExpireOld::In1Hour)).await);
    let again = here.backend.roll(&owner.context, request(ExpireOld::Immediately)).await.expect("answers");
    let Rolled::Already { new: same, old } = again else {
        panic!("rolled twice");
    };
    assert_eq!((same.id, old.id), (new, owner.pair.clone()));
    assert_eq!(states(&here, &owner).await, ["active", "expiring"]);
    assert_eq!(here.records(Act::KeyRoll).await.len(), 1);
}

/// A press belongs to the pair it was made on.
pub async fn a_submission_for_another_pair_is_refused(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    let request = here.request(&owner, &owner.pair, ExpireOld::In1Hour);
    let press = request.submission_id.clone();
    let (new, _) = done(here.backend.roll(&owner.context, request).await);
    let other = RollRequest { submission_id: press, ..here.request(&owner, &new, ExpireOld::In1Hour) };
    assert_eq!(refusal(here.backend.roll(&owner.context, other).await), Some(Refusal::InvalidInput));
}

/// Five pairs work at a time; a leaked one can be replaced even then.
pub async fn a_sixth_working_pair_is_refused_unless_immediately(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    let mut active = owner.pair.clone();
    for _ in 0..4 {
        active = done(here.roll(&owner, &active, ExpireOld::In1Hour).await).0;
    }
    let sixth = here.roll(&owner, &active, ExpireOld::In1Hour).await;
    assert_eq!(refusal(sixth), Some(Refusal::TooManyWorkingPairs));
    assert_eq!(states(&here, &owner).await, ["active", "expiring", "expiring", "expiring", "expiring"]);
    done(here.roll(&owner, &active, ExpireOld::Immediately).await);
    let states = states(&here, &owner).await;
    assert_eq!(states, ["active", "revoked", "expiring", "expiring", "expiring", "expiring"]);
}

/// In the transaction of the roll.
pub async fn a_roll_leaves_one_record_with_both_pairs(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    let request = RollRequest {
        // The key that leaked, pasted: it must not stay anywhere.
        reason: Some(format!("somebody left with {}", owner.key)),
        ..here.request(&owner, &owner.pair, ExpireOld::In1Hour)
    };
    let (new, key) = done(here.backend.roll(&owner.context, request).await);
    let records = here.records(Act::KeyRoll).await;
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].targets, [Target::Pair(owner.pair.clone()), Target::Pair(new)]);
    let expected = Detail::Roll {
        expire_old: ExpireOld::In1Hour,
        expires_at: Some(here.backend.now().plus(Duration::hours(1))),
        reason: Some("somebody left with private_…".to_owned()),
        message: None,
    };
    assert_eq!(records[0].detail, Some(expected));
    assert!(!format!("{records:?}").contains(&key));
    let roll = here.store.find_latest_roll(&owner.account).await.expect("reads").expect("rolled");
    assert_eq!(roll.reason.as_deref(), Some("somebody left with private_…"));
}

const ROUNDS: usize = 20;
const AT_ONCE: usize = 50;

/// Twenty rounds: one winner each, the others told, nothing broken, one new pair.
pub async fn of_fifty_rolls_at_once_one_wins(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    let mut active = owner.pair.clone();
    for round in 0..ROUNDS {
        let rolls: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                let (here, owner, pair) = (here.clone(), owner.clone(), active.clone());
                tokio::spawn(async move { here.roll(&owner, &pair, ExpireOld::Immediately).await })
            })
            .collect();
        let mut winners = Vec::new();
        for roll in rolls {
            match roll.await.expect("joins") {
                Ok(Rolled::Done { new, .. }) => winners.push(new.pair.id),
                answer => assert_eq!(refusal(answer), Some(Refusal::PairAlreadyRolled)),
            }
        }
        assert_eq!(winners.len(), 1, "round {round}");
        active = winners.remove(0);
        let states = states(&here, &owner).await;
        assert_eq!(states.len(), round + 2);
        assert_eq!(states.iter().filter(|state| **state == "active").count(), 1);
    }
}

/// One press, sent fifty times: one roll, and the same pair in every answer.
pub async fn fifty_retries_at_once_roll_once(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    let press = submission(&here);
    let rolls: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let (here, owner, press) = (here.clone(), owner.clone(), press.clone());
            tokio::spawn(async move {
                let request =
                    RollRequest { submission_id: press, ..here.request(&owner, &owner.pair, ExpireOld::In1Hour) };
                here.backend.roll(&owner.context, request).await
            })
        })
        .collect();
    let (mut keys, mut pairs) = (0, Vec::new());
    for roll in rolls {
        match roll.await.expect("joins").expect("answers") {
            Rolled::Done { new, .. } => {
                keys += 1;
                pairs.push(new.pair.id);
            }
            Rolled::Already { new, .. } => pairs.push(new.id),
        }
    }
    pairs.dedup();
    assert_eq!((keys, pairs.len()), (1, 1));
    assert_eq!(states(&here, &owner).await, ["active", "expiring"]);
}

/// The fifth place is free because an end has passed. A clock that steps back must not fill it twice.
pub async fn a_roll_into_the_place_of_an_expired_pair_keeps_that_pair_dead(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    let start = here.backend.now();
    let mut active = done(here.roll(&owner, &owner.pair, ExpireOld::At(start.plus(Duration::minutes(1)))).await).0;
    for _ in 0..3 {
        active = done(here.roll(&owner, &active, ExpireOld::In24Hours).await).0;
    }
    here.pass(Duration::minutes(1));
    done(here.roll(&owner, &active, ExpireOld::In24Hours).await);
    here.set_clock(start);
    assert_eq!(verdict(&here, &owner.key).await, Verdict::Expired);
    assert_eq!(states(&here, &owner).await, ["active", "expiring", "expiring", "expiring", "expiring", "expired"]);
    assert_eq!(here.records(Act::KeyExpire).await.len(), 1);
}
