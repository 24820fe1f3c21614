//! Rolls of many accounts at once.

use crate::world::{Minted, NOW, World, assert_failed, at, revoked};
use backend::store::{
    AccountRecord, BulkRollAccount, BulkRollOutcome, BulkRollProgress, BulkRollRecord, BulkRollRow, Store, StoreResult,
};
use domain::{BulkRollId, ExpireOld, Refusal, Role};
use std::sync::Arc;

fn new_bulk_roll(world: &World) -> BulkRollRecord {
    BulkRollRecord {
        id: world.bulk_roll_id(),
        begun_at: at(5),
        begun_by: "op".to_owned(),
        begun_by_user: None,
        reason: "a \"leak\"".to_owned(),
        expire_old: ExpireOld::In24Hours,
    }
}

/// So many accounts, each with its active pair, in a bulk roll.
async fn begun(world: &World, count: usize) -> (BulkRollRecord, Vec<(AccountRecord, Minted, BulkRollAccount)>) {
    let mut accounts = Vec::new();
    for _ in 0..count {
        let account = world.account().await;
        let minted = world.active_pair(&account).await;
        let pending = BulkRollAccount {
            account_id: account.id.clone(),
            pair_id: minted.pair.id.clone(),
            submission_id: world.submission(),
        };
        accounts.push((account, minted, pending));
    }
    let record = new_bulk_roll(world);
    let pending: Vec<_> = accounts.iter().map(|(_, _, pending)| pending.clone()).collect();
    world.write(async |tx| tx.insert_bulk_roll(&record, &pending).await).await.expect("stored");
    (record, accounts)
}

async fn pending(world: &World, id: &BulkRollId, limit: u32) -> Vec<BulkRollAccount> {
    world.write(async |tx| tx.list_pending_of_bulk_roll(id, limit).await).await.expect("reads")
}

async fn finish(world: &World, id: &BulkRollId, of: &BulkRollAccount, outcome: &BulkRollOutcome) -> StoreResult<()> {
    world.write(async |tx| tx.finish_bulk_roll_account(id, &of.account_id, outcome, at(9)).await).await
}

/// Every field comes back, an admin's as well, and the newest is the first of the list.
pub async fn a_bulk_roll_is_read_back(store: Arc<dyn Store>) {
    let world = World::new(store);
    assert_eq!(world.store.find_bulk_roll(&world.bulk_roll_id()).await.expect("reads"), None);
    assert_eq!(world.store.find_unfinished_bulk_roll().await.expect("reads"), None);
    let (first, _) = begun(&world, 2).await;
    let person = world.person().await;
    let second = BulkRollRecord {
        begun_by: person.email.to_string(),
        begun_by_user: Some(person.id.clone()),
        expire_old: ExpireOld::At(at(60_000)),
        ..new_bulk_roll(&world)
    };
    world.write(async |tx| tx.insert_bulk_roll(&second, &[]).await).await.expect("stored");
    let of = |record: &BulkRollRecord, accounts| BulkRollProgress {
        record: record.clone(),
        accounts,
        rolled: 0,
        refused: 0,
    };
    assert_eq!(world.store.find_bulk_roll(&first.id).await.expect("reads"), Some(of(&first, 2)));
    assert_eq!(world.store.list_bulk_rolls(9).await.expect("reads"), [of(&second, 0), of(&first, 2)]);
    assert_eq!(world.store.list_bulk_rolls(1).await.expect("reads"), [of(&second, 0)]);
}

/// What is pending comes in the order it was given in, and what is done is no more among it; then there is nothing left.
pub async fn accounts_of_a_bulk_roll_are_done_one_after_the_other(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (record, accounts) = begun(&world, 3).await;
    let (other, _) = begun(&world, 1).await;
    let all: Vec<_> = accounts.iter().map(|(_, _, pending)| pending.clone()).collect();
    assert_eq!(pending(&world, &record.id, 9).await, all);
    assert_eq!(pending(&world, &record.id, 2).await, all[..2]);
    let (rolled, _) = world.roll(&accounts[0].1.pair, revoked()).await.expect("rolled");
    let outcome = BulkRollOutcome::Rolled(rolled.pair.id.clone());
    finish(&world, &record.id, &all[0], &outcome).await.expect("noted");
    finish(&world, &record.id, &all[2], &BulkRollOutcome::Refused(Refusal::TooManyWorkingPairs)).await.expect("noted");
    assert_eq!(pending(&world, &record.id, 9).await, all[1..2]);
    let progress = world.store.find_bulk_roll(&record.id).await.expect("reads").expect("is there");
    assert_eq!((progress.accounts, progress.rolled, progress.refused, progress.pending()), (3, 1, 1, 1));
    // The oldest first.
    assert_eq!(world.store.find_unfinished_bulk_roll().await.expect("reads"), Some(record.clone()));
    finish(&world, &record.id, &all[1], &BulkRollOutcome::Refused(Refusal::PairAlreadyRolled)).await.expect("noted");
    assert_eq!(world.store.find_unfinished_bulk_roll().await.expect("reads"), Some(other));
}

/// Neither a second time, nor in a bulk roll it is not in, nor to a pair of another account.
pub async fn what_came_of_an_account_is_noted_once(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (record, accounts) = begun(&world, 2).await;
    let (other, others) = begun(&world, 1).await;
    let foreign = BulkRollOutcome::Rolled(others[0].1.pair.id.clone());
    assert_failed(&finish(&world, &record.id, &accounts[0].2, &foreign).await);
    let refused = BulkRollOutcome::Refused(Refusal::ExpiryPast);
    assert_failed(&finish(&world, &other.id, &accounts[0].2, &refused).await);
    finish(&world, &record.id, &accounts[0].2, &refused).await.expect("noted");
    assert_failed(&finish(&world, &record.id, &accounts[0].2, &refused).await);
    assert_eq!(pending(&world, &other.id, 9).await.len(), 1);
}

/// An account twice, or with a pair of another one: then there is no bulk roll at all.
pub async fn an_account_is_in_a_bulk_roll_once_with_a_pair_of_its_own(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (_, accounts) = begun(&world, 2).await;
    let again = |of: usize, pair: usize| BulkRollAccount {
        account_id: accounts[of].0.id.clone(),
        pair_id: accounts[pair].1.pair.id.clone(),
        submission_id: world.submission(),
    };
    for bad in [vec![again(0, 0), again(0, 0)], vec![again(1, 1), again(0, 1)]] {
        let record = new_bulk_roll(&world);
        assert_failed(&world.write(async |tx| tx.insert_bulk_roll(&record, &bad).await).await);
        assert_eq!(world.store.find_bulk_roll(&record.id).await.expect("reads"), None);
    }
}

/// Each account with its external id, its first owner, what came of it, and the public key of the new pair.
pub async fn the_rows_of_a_bulk_roll_say_what_came_of_each_account(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (record, accounts) = begun(&world, 3).await;
    let owner = world.person().await;
    world.join(&world.person().await, &accounts[0].0, Role::Viewer).await;
    world.join(&owner, &accounts[0].0, Role::Owner).await;
    let (rolled, _) = world.roll(&accounts[0].1.pair, revoked()).await.expect("rolled");
    let outcome = BulkRollOutcome::Rolled(rolled.pair.id.clone());
    let refused = BulkRollOutcome::Refused(Refusal::PairAlreadyRolled);
    finish(&world, &record.id, &accounts[0].2, &outcome).await.expect("noted");
    finish(&world, &record.id, &accounts[1].2, &refused).await.expect("noted");
    let row = |of: usize| BulkRollRow {
        account_id: accounts[of].0.id.clone(),
        external_id: None,
        owner: None,
        pair_id: accounts[of].1.pair.id.clone(),
        outcome: None,
        new_public_key: None,
    };
    let expected = [
        BulkRollRow {
            owner: Some(owner.email),
            outcome: Some((outcome, at(9))),
            new_public_key: Some(rolled.pair.public_key),
            ..row(0)
        },
        BulkRollRow { outcome: Some((refused, at(9))), ..row(1) },
        row(2),
    ];
    assert_eq!(world.store.list_bulk_roll_rows(&record.id).await.expect("reads"), expected);
    assert_eq!(world.store.list_bulk_roll_rows(&world.bulk_roll_id()).await.expect("reads"), []);
    assert_eq!(rolled.pair.created_at, NOW);
}
