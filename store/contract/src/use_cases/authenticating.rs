//! Whose request is this, and from when on it is nobody's.

use super::{Installation, done};
use backend::authenticate::Verdict;
use backend::store::Store;
use domain::{Brand, Duration, ExpireOld, PrivateKey, PublicKey, Timestamp};
use std::sync::Arc;

async fn verdict(here: &Installation, key: &str) -> Verdict {
    here.backend.authenticate(key).await.expect("authenticates")
}

/// And so does its pair, with its public half.
pub async fn a_key_identifies_its_account(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let (ada, bob) = (here.owner("ada@example.org").await, here.owner("bob@example.org").await);
    for owner in [&ada, &bob] {
        let Verdict::Valid(whose) = verdict(&here, &owner.key).await else {
            panic!("refused");
        };
        assert_eq!((&whose.account_id, &whose.pair_id), (&owner.account, &owner.pair));
        assert_eq!(verdict(&here, whose.public_key.as_str()).await, Verdict::Public);
    }
}

/// A typo, a public key, another installation's key.
pub async fn what_is_no_key_is_refused_without_the_database(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    let stranger = PrivateKey::mint(&Brand::none(), &backend::OsEntropy);
    let branded = PrivateKey::mint(&Brand::parse("acme").expect("valid"), &backend::OsEntropy);
    let public = PublicKey::mint(&Brand::none(), &backend::OsEntropy);
    let cut_off = &owner.key[..owner.key.len() - 1];
    for (presented, expected) in [
        (stranger.expose(), Verdict::Unknown),
        (branded.expose(), Verdict::Unknown),
        (cut_off, Verdict::Unknown),
        ("", Verdict::Unknown),
        ("private_", Verdict::Unknown),
        (public.as_str(), Verdict::Public),
    ] {
        assert_eq!(verdict(&here, presented).await, expected);
    }
}

/// Half open: it works at the last millisecond before its end and not at its end.
pub async fn the_old_key_stops_at_the_very_millisecond(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    let (_, new_key) = done(here.roll(&owner, &owner.pair, ExpireOld::In1Hour).await);
    let end = here.backend.now().plus(Duration::hours(1));
    here.set_clock(Timestamp::from_millis(end.as_millis() - 1));
    assert!(matches!(verdict(&here, &owner.key).await, Verdict::Valid(_)));
    here.set_clock(end);
    assert_eq!(verdict(&here, &owner.key).await, Verdict::Expired);
    assert!(matches!(verdict(&here, &new_key).await, Verdict::Valid(_)));
}

/// What was told to a program is stored first.
pub async fn once_told_expired_no_clock_revives_a_pair(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    let start = here.backend.now();
    done(here.roll(&owner, &owner.pair, ExpireOld::In1Hour).await);
    here.set_clock(start.plus(Duration::hours(1)));
    assert_eq!(verdict(&here, &owner.key).await, Verdict::Expired);
    here.set_clock(start);
    assert_eq!(verdict(&here, &owner.key).await, Verdict::Expired);
}

/// What was told to a person is stored first.
pub async fn once_listed_as_expired_no_clock_revives_a_pair(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    let start = here.backend.now();
    done(here.roll(&owner, &owner.pair, ExpireOld::In1Hour).await);
    here.set_clock(start.plus(Duration::hours(1)));
    here.backend.list_keys(&owner.context, &owner.account).await.expect("lists");
    here.set_clock(start);
    assert_eq!(verdict(&here, &owner.key).await, Verdict::Expired);
}

/// A stored fact is no comparison with the clock.
pub async fn a_revoked_key_is_refused_whatever_the_clock_says(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    done(here.roll(&owner, &owner.pair, ExpireOld::Immediately).await);
    for clock in [0, here.backend.now().as_millis() - 1, 4_000_000_000_000] {
        here.set_clock(Timestamp::from_millis(clock));
        assert_eq!(verdict(&here, &owner.key).await, Verdict::Revoked);
    }
}

/// Only a key that would work otherwise learns that its account is disabled.
pub async fn a_disabled_account_has_its_own_answer(store: Arc<dyn Store>) {
    let here = Installation::new(store);
    let owner = here.owner("ada@example.org").await;
    let (_, new_key) = done(here.roll(&owner, &owner.pair, ExpireOld::Immediately).await);
    let mut tx = here.store.begin_write().await.expect("begins");
    tx.set_account_disabled(&owner.account, Some(here.backend.now())).await.expect("disables");
    tx.commit().await.expect("commits");
    assert_eq!(verdict(&here, &new_key).await, Verdict::AccountDisabled);
    assert_eq!(verdict(&here, &owner.key).await, Verdict::Revoked);
}
