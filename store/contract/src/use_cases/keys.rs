//! Listing, revealing and ending pairs.

use super::{Installation, Owner, done, person, refusal, stranger};
use backend::authenticate::Verdict;
use backend::store::Store;
use backend::{Caller, RequestContext, Seat, SignedIn};
use domain::audit::{Act, Detail, Target};
use domain::{Duration, ExpireOld, KeyPairState, Refusal, Role};
use std::sync::Arc;

/// The record names the pair, the person and where they were.
pub async fn revealing_answers_the_key_and_leaves_one_record(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    let revealed = here.backend.reveal(&owner.context, &owner.account, Some(&owner.pair), None).await.expect("reveals");
    assert_eq!(revealed.private_key.expose(), owner.key);
    let records = here.records(Act::KeyReveal).await;
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].targets, [Target::Pair(owner.pair.clone())]);
    assert_eq!(records[0].actor.name(), Some("ada@example.org"));
    assert_eq!(records[0].request_id, "req_contract");
}

/// Not a word tells whether the account or the pair exists.
pub async fn a_stranger_account_answers_like_a_missing_one(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let ada = here.owner("ada@example.org").await;
    let eve = here.owner("eve@example.org").await;
    let account = &ada.account;
    let as_eve = Owner { context: eve.context.clone(), ..ada.clone() };
    let answers = [
        refusal(here.backend.list_keys(&eve.context, account).await),
        refusal(here.backend.reveal(&eve.context, account, Some(&ada.pair), None).await),
        refusal(here.backend.revoke(&eve.context, account, &ada.pair, None).await),
        refusal(here.roll(&as_eve, &ada.pair, ExpireOld::Immediately).await),
        // Her own account, and somebody else's pair.
        refusal(here.backend.reveal(&eve.context, &eve.account, Some(&ada.pair), None).await),
        refusal(here.backend.revoke(&eve.context, &eve.account, &ada.pair, None).await),
        refusal(here.roll(&eve, &ada.pair, ExpireOld::Immediately).await),
    ];
    assert_eq!(answers, [Some(Refusal::NotFound); 7]);
    let nobody = here.backend.list_keys(&stranger(), account).await;
    assert_eq!(refusal(nobody), Some(Refusal::SignedOut));
    assert!(matches!(here.backend.authenticate(&ada.key).await, Ok(Verdict::Valid(_))));
}

/// The table of roles holds in the use case itself.
pub async fn a_viewer_sees_pairs_and_changes_nothing(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    let seat = Seat { account_id: owner.account.clone(), role: Role::Viewer };
    let viewer = SignedIn { seat: Some(seat), ..person(&owner.context).clone() };
    let context = RequestContext { caller: Caller::Person(viewer), ..stranger() };
    let viewer = Owner { context: context.clone(), ..owner.clone() };
    assert_eq!(refusal(here.backend.list_keys(&context, &owner.account).await), None);
    let refused = [
        refusal(here.backend.reveal(&context, &owner.account, None, None).await),
        refusal(here.backend.revoke(&context, &owner.account, &owner.pair, None).await),
        refusal(here.roll(&viewer, &owner.pair, ExpireOld::Immediately).await),
    ];
    assert_eq!(refused, [Some(Refusal::NotAllowed); 3]);
}

/// As long as it works, it can be revealed; not a millisecond longer.
pub async fn an_expiring_pair_is_revealed_and_an_ended_one_is_not(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    done(here.roll(&owner, &owner.pair, ExpireOld::At(here.backend.now().plus(Duration::minutes(2)))).await);
    let reveal = || here.backend.reveal(&owner.context, &owner.account, Some(&owner.pair), None);
    assert_eq!(reveal().await.expect("reveals").private_key.expose(), owner.key);
    here.pass(Duration::minutes(2));
    assert_eq!(refusal(reveal().await), Some(Refusal::PairEnded));
    // Its ciphertext is still there: it is the rule that refuses, not its absence.
    assert_eq!(here.backend.sweep().await.expect("sweeps"), 1);
}

/// The second press changes nothing and says so.
pub async fn expire_now_ends_an_expiring_pair_once(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    done(here.roll(&owner, &owner.pair, ExpireOld::In7Days).await);
    let revoke = || here.backend.revoke(&owner.context, &owner.account, &owner.pair, None);
    let now = here.backend.now();
    assert_eq!(revoke().await.expect("ends").state(now), KeyPairState::Revoked { since: now });
    assert!(matches!(here.backend.authenticate(&owner.key).await, Ok(Verdict::Revoked)));
    assert_eq!(refusal(revoke().await), Some(Refusal::PairEnded));
    assert_eq!(here.records(Act::KeyRevoke).await.len(), 1);
    assert_eq!(here.records(Act::KeyRevokeRefused).await.len(), 1);
}

/// An account always has an active pair.
pub async fn the_active_pair_cannot_be_expired(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    let answer = here.backend.revoke(&owner.context, &owner.account, &owner.pair, None).await;
    assert_eq!(refusal(answer), Some(Refusal::PairIsActive));
    assert!(matches!(here.backend.authenticate(&owner.key).await, Ok(Verdict::Valid(_))));
}

/// The digest stays, so that the holder of an old key learns why it fails.
pub async fn the_sweep_destroys_ended_keys_and_expired_stays_different_from_unknown(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    let (second, _) = done(here.roll(&owner, &owner.pair, ExpireOld::In1Hour).await);
    done(here.roll(&owner, &second, ExpireOld::Immediately).await);
    assert_eq!(here.backend.sweep().await.expect("sweeps"), 1);
    here.pass(Duration::hours(1));
    assert_eq!(here.backend.sweep().await.expect("sweeps"), 1);
    assert_eq!(here.backend.sweep().await.expect("sweeps"), 0);
    assert!(matches!(here.backend.authenticate(&owner.key).await, Ok(Verdict::Expired)));
    assert_eq!(here.records(Act::KeyExpire).await.len(), 1);
    let mut tx = here.store.begin_write().await.expect("begins");
    assert_eq!(tx.find_sealed_key(&owner.pair).await.expect("reads"), None);
    assert_eq!(tx.find_sealed_key(&second).await.expect("reads"), None);
}

/// A rollback of the act does not lose the record of the attempt.
pub async fn a_refused_act_is_recorded_in_a_transaction_of_its_own(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    let past = ExpireOld::At(here.backend.now());
    assert_eq!(refusal(here.roll(&owner, &owner.pair, past).await), Some(Refusal::ExpiryPast));
    let records = here.records(Act::KeyRollRefused).await;
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].detail, Some(Detail::Refusal { code: Refusal::ExpiryPast }));
    assert_eq!(records[0].account_id, Some(owner.account.clone()));
    assert_eq!(here.records(Act::KeyRoll).await.len(), 0);
}

/// A refusal tells it too, so it is written down although the act itself was rolled back.
pub async fn once_refused_as_ended_no_clock_revives_a_pair(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    let start = here.backend.now();
    let (second, second_key) = done(here.roll(&owner, &owner.pair, ExpireOld::In1Hour).await);
    here.pass(Duration::hours(1));
    let owner = here.fresh(&owner);
    let revealed = here.backend.reveal(&owner.context, &owner.account, Some(&owner.pair), None).await;
    assert_eq!(refusal(revealed), Some(Refusal::PairEnded));
    here.set_clock(start);
    let owner = here.fresh(&owner);
    assert_eq!(here.backend.authenticate(&owner.key).await.expect("authenticates"), Verdict::Expired);

    done(here.roll(&owner, &second, ExpireOld::In1Hour).await);
    here.pass(Duration::hours(1));
    let owner = here.fresh(&owner);
    let revoked = here.backend.revoke(&owner.context, &owner.account, &second, None).await;
    assert_eq!(refusal(revoked), Some(Refusal::PairEnded));
    here.set_clock(start);
    assert_eq!(here.backend.authenticate(&second_key).await.expect("authenticates"), Verdict::Expired);
    assert_eq!(here.records(Act::KeyExpire).await.len(), 2);
}
