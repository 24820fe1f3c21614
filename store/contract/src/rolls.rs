//! Rolls.

use crate::world::{NOW, World, assert_conflict, assert_failed, at, revoked, scheduled};
use backend::store::{Conflict, RollRecord, Store, StoreError, StoreResult};
use domain::KeyPair;
use domain::key_pair::End;
use std::sync::Arc;

/// Every field comes back, by submission and as the latest.
pub async fn a_roll_is_read_back(store: Arc<dyn Store>) {
    let world = World::new(store);
    let person = world.person().await;
    let account = world.account().await;
    let old = world.active_pair(&account).await.pair;
    let new = world.new_pair(&account.id, NOW);
    let roll = RollRecord {
        rolled_at: at(7),
        rolled_by: person.email.to_string(),
        rolled_by_user: Some(person.id),
        reason: Some("leaked in a log".to_owned()),
        message: Some("Call us.\nThe new key is \"ready\".".to_owned()),
        ..world.new_roll(&old, &new.pair)
    };
    world.end(&old, revoked()).await.expect("stored");
    world.insert(&new).await.expect("stored");
    world.write(async |tx| tx.insert_roll(&roll).await).await.expect("stored");
    let found = world.write(async |tx| tx.find_roll(&account.id, &roll.submission_id).await).await;
    assert_eq!(found.expect("read"), Some(roll.clone()));
    assert_eq!(world.store.find_latest_roll(&account.id).await.expect("read"), Some(roll));
}

/// Another submission, or the same one in another account, has rolled nothing.
pub async fn an_unknown_roll_is_not_found(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (account, other) = (world.account().await, world.account().await);
    assert_eq!(world.store.find_latest_roll(&account.id).await.expect("read"), None);
    let old = world.active_pair(&account).await.pair;
    let (_, roll) = world.roll(&old, revoked()).await.expect("rolled");
    for (account_id, submission_id) in [(&account.id, &world.submission()), (&other.id, &roll.submission_id)] {
        let found = world.write(async |tx| tx.find_roll(account_id, submission_id).await).await;
        assert_eq!(found.expect("read"), None);
    }
    assert_eq!(world.store.find_latest_roll(&other.id).await.expect("read"), None);
}

/// The latest roll is the last one made, in one millisecond as well, and of this account.
pub async fn the_latest_roll_is_the_last_one_made(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (account, other) = (world.account().await, world.account().await);
    let mut active = world.active_pair(&account).await.pair;
    for _ in 0..4 {
        let (new, roll) = world.roll(&active, scheduled()).await.expect("rolled");
        assert_eq!(world.store.find_latest_roll(&account.id).await.expect("read"), Some(roll));
        active = new.pair;
    }
    let before = world.store.find_latest_roll(&account.id).await.expect("read");
    let elsewhere = world.active_pair(&other).await.pair;
    world.roll(&elsewhere, scheduled()).await.expect("rolled");
    assert_eq!(world.store.find_latest_roll(&account.id).await.expect("read"), before);
}

/// One press of the button rolls at most once; another account's press is another one.
pub async fn a_submission_rolls_once(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (account, other) = (world.account().await, world.account().await);
    let old = world.active_pair(&account).await.pair;
    let (new, first) = world.roll(&old, scheduled()).await.expect("rolled");
    let (newest, _) = world.roll(&new.pair, scheduled()).await.expect("rolled");
    world.end(&newest.pair, scheduled()).await.expect("stored");
    let spare = world.active_pair(&account).await.pair;
    let again = RollRecord { submission_id: first.submission_id.clone(), ..world.new_roll(&newest.pair, &spare) };
    let refused = world.write(async |tx| tx.insert_roll(&again).await).await;
    assert_conflict(&refused, Conflict::RolledAlready);

    let of_other = world.pair_with(&other, scheduled()).await.pair;
    let new_of_other = world.active_pair(&other).await.pair;
    let elsewhere = RollRecord { submission_id: first.submission_id, ..world.new_roll(&of_other, &new_of_other) };
    world.write(async |tx| tx.insert_roll(&elsewhere).await).await.expect("another account's");
}

/// A pair is replaced at most once, by whichever submission.
pub async fn a_pair_is_rolled_once(store: Arc<dyn Store>) {
    let world = World::new(store);
    let account = world.account().await;
    let old = world.active_pair(&account).await.pair;
    let (new, first) = world.roll(&old, scheduled()).await.expect("rolled");
    world.end(&new.pair, scheduled()).await.expect("stored");
    let spare = world.active_pair(&account).await.pair;
    let again = world.new_roll(&old, &spare);
    assert_conflict(&world.write(async |tx| tx.insert_roll(&again).await).await, Conflict::RolledAlready);
    assert_eq!(world.store.find_latest_roll(&account.id).await.expect("read"), Some(first));
}

/// A roll names two pairs of its own account.
pub async fn a_roll_across_accounts_fails(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (account, other) = (world.account().await, world.account().await);
    let old = world.pair_with(&account, scheduled()).await.pair;
    let new = world.active_pair(&account).await.pair;
    let foreign = world.active_pair(&other).await.pair;
    let unknown = world.new_pair(&account.id, NOW).pair;
    for roll in [
        world.new_roll(&old, &foreign),
        world.new_roll(&old, &unknown),
        world.new_roll(&old, &old),
        RollRecord { old_pair_id: foreign.id.clone(), ..world.new_roll(&old, &new) },
    ] {
        assert_failed(&world.write(async |tx| tx.insert_roll(&roll).await).await);
    }
}

/// Many people press at once: who looks at the pairs under the lock finds the active one, or finds it rolled.
pub async fn of_many_rolls_at_once_one_wins(store: Arc<dyn Store>) {
    let world = World::new(store);
    let account = world.account().await;
    let old = world.active_pair(&account).await.pair;
    let rolls: Vec<_> = (0..20)
        .map(|_| {
            let (world, old) = (world.clone(), old.clone());
            tokio::spawn(async move { roll_if_active(&world, &old).await })
        })
        .collect();
    let mut winners = 0;
    for roll in rolls {
        winners += usize::from(roll.await.expect("no panic").expect("no failure"));
    }
    assert_eq!(winners, 1);
    assert_one_roll(&world, &old).await;
}

async fn roll_if_active(world: &World, old: &KeyPair) -> StoreResult<bool> {
    let mut tx = world.store.begin_write().await?;
    tx.lock_account(&old.account_id).await?;
    let pairs = tx.list_pairs(&old.account_id).await?;
    tokio::task::yield_now().await;
    if !pairs.iter().any(|pair| pair.id == old.id && pair.end == End::None) {
        return Ok(false);
    }
    let new = world.new_pair(&old.account_id, NOW);
    tx.update_pair_end(&KeyPair { end: scheduled(), ..old.clone() }).await?;
    tx.insert_pair(&new.pair, &new.digest, &new.sealed).await?;
    tx.insert_roll(&world.new_roll(old, &new.pair)).await?;
    tx.commit().await?;
    Ok(true)
}

/// Whoever does not look is refused by the constraints, and leaves nothing behind.
pub async fn careless_rolls_at_once_are_refused_but_one(store: Arc<dyn Store>) {
    let world = World::new(store);
    let account = world.account().await;
    let old = world.active_pair(&account).await.pair;
    let rolls: Vec<_> = (0..20)
        .map(|_| {
            let (world, old) = (world.clone(), old.clone());
            tokio::spawn(async move { world.roll(&old, scheduled()).await })
        })
        .collect();
    let mut winners = 0;
    for roll in rolls {
        match roll.await.expect("no panic") {
            Ok(_) => winners += 1,
            Err(StoreError::Conflict(Conflict::SecondActivePair | Conflict::RolledAlready)) => {}
            Err(error) => panic!("neither a winner nor refused: {error:?}"),
        }
    }
    assert_eq!(winners, 1);
    assert_one_roll(&world, &old).await;
}

async fn assert_one_roll(world: &World, old: &KeyPair) {
    let pairs = world.store.list_pairs(&old.account_id).await.expect("read");
    let [new, ended] = pairs.as_slice() else { panic!("two pairs, not {pairs:?}") };
    assert_eq!((new.end, &ended.id, ended.end), (End::None, &old.id, scheduled()));
    let roll = world.store.find_latest_roll(&old.account_id).await.expect("read").expect("there");
    assert_eq!((roll.old_pair_id, roll.new_pair_id), (old.id.clone(), new.id.clone()));
}
