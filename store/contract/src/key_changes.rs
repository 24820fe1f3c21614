//! What processes that keep the working keys in memory are told.

use crate::world::{NOW, World, at, passed, revoked, scheduled};
use backend::store::{ChangeNumber, IndexedPair, InstanceRecord, KnownChanges, PairsMeasured, Store};
use domain::{AccountId, InstanceId, PairId};
use std::sync::Arc;

async fn last(world: &World) -> ChangeNumber {
    world.store.find_known_changes().await.expect("read").last
}

/// The changes since then, without their numbers, which go up.
async fn since(world: &World, after: ChangeNumber) -> Vec<(AccountId, Option<PairId>)> {
    let changes = world.store.list_key_changes(after, 100).await.expect("read");
    let numbers: Vec<_> = changes.iter().map(|change| change.number).collect();
    assert!(numbers.is_sorted() && numbers.first().is_none_or(|first| *first > after), "{numbers:?}");
    assert_eq!(numbers.last().copied().unwrap_or(after), last(world).await);
    changes.into_iter().map(|change| (change.account_id, change.pair_id)).collect()
}

/// A pair that is made or gets any of its ends, an account that is disabled or enabled.
pub async fn everything_that_decides_whether_a_key_works_is_a_change(store: Arc<dyn Store>) {
    let world = World::new(store);
    assert_eq!(world.store.find_known_changes().await.expect("read"), KnownChanges { first: 1, last: 0 });
    for end in [scheduled(), passed(), revoked()] {
        let account = world.account().await;
        let before = last(&world).await;
        let pair = world.active_pair(&account).await.pair;
        let of_pair = (account.id.clone(), Some(pair.id.clone()));
        assert_eq!(since(&world, before).await, std::slice::from_ref(&of_pair));
        let before = last(&world).await;
        world.end(&pair, end).await.expect("stored");
        assert_eq!(since(&world, before).await, [of_pair]);
        for disabled_at in [Some(NOW), None] {
            let before = last(&world).await;
            world.write(async |tx| tx.set_account_disabled(&account.id, disabled_at).await).await.expect("stored");
            assert_eq!(since(&world, before).await, [(account.id.clone(), None)]);
        }
    }
}

/// People, sessions, records and the destruction of ciphertext.
pub async fn what_decides_nothing_is_no_change(store: Arc<dyn Store>) {
    let world = World::new(store);
    let account = world.account().await;
    world.pair_with(&account, revoked()).await;
    let before = last(&world).await;
    let person = world.person().await;
    world.join(&person, &account, domain::Role::Owner).await;
    let session = world.new_session(&person.id);
    world.write(async |tx| tx.insert_session(&session).await).await.expect("stored");
    assert_eq!(world.write(async |tx| tx.destroy_ended_keys().await).await.expect("destroyed"), 1);
    assert_eq!(since(&world, before).await, []);
}

/// What was never committed is told to nobody, and its number may be given again.
pub async fn an_undone_change_is_none(store: Arc<dyn Store>) {
    let world = World::new(store);
    let account = world.account().await;
    let minted = world.new_pair(&account.id, NOW);
    let mut tx = world.store.begin_write().await.expect("begins");
    tx.insert_pair(&minted.pair, &minted.digest, &minted.sealed).await.expect("stored");
    drop(tx);
    assert_eq!(last(&world).await, 0);
    world.insert(&minted).await.expect("stored");
    assert_eq!(since(&world, 0).await, [(account.id, Some(minted.pair.id))]);
}

/// Whoever has missed forgotten changes can tell.
pub async fn forgotten_changes_are_counted_on(store: Arc<dyn Store>) {
    let world = World::new(store);
    let account = world.account().await;
    for _ in 0..5 {
        let pair = world.active_pair(&account).await.pair;
        world.end(&pair, revoked()).await.expect("stored");
    }
    world.write(async |tx| tx.forget_key_changes(3).await).await.expect("forgotten");
    assert_eq!(world.store.find_known_changes().await.expect("read"), KnownChanges { first: 8, last: 10 });
    assert_eq!(world.store.list_key_changes(0, 100).await.expect("read").len(), 3);
    world.write(async |tx| tx.forget_key_changes(3).await).await.expect("forgotten");
    world.active_pair(&account).await;
    assert_eq!(last(&world).await, 11);
}

/// Active and expiring ones, also past an end that nobody has written down; each with its account, in the order of making.
pub async fn the_working_pairs_are_read_page_by_page(store: Arc<dyn Store>) {
    let world = World::new(store);
    let mut expected = Vec::new();
    for number in 0..3 {
        let mut account = world.new_account();
        account.external_id = (number == 1).then(|| "cus \"1\" \\ é\u{1f511}".to_owned());
        account.disabled_at = (number == 2).then_some(at(1));
        world.write(async |tx| tx.insert_account(&account).await).await.expect("stored");
        for end in [scheduled(), passed(), revoked(), domain::key_pair::End::None] {
            let minted = world.pair_with(&account, end).await;
            if matches!(end, domain::key_pair::End::None | domain::key_pair::End::Scheduled { .. }) {
                expected.push(IndexedPair {
                    pair: minted.pair,
                    digest: minted.digest,
                    external_id: account.external_id.clone(),
                    account_disabled: account.disabled_at.is_some(),
                });
            }
        }
    }
    let PairsMeasured { last, living } = world.store.measure_pairs().await.expect("read");
    assert_eq!(living, expected.len() as u64);
    let mut read = Vec::new();
    for first in (1..=last).step_by(3) {
        let page = world.store.list_indexed_pairs(first..=first + 2).await.expect("read");
        assert!(page.len() <= 3);
        read.extend(page);
    }
    assert!(read.len() == expected.len() && expected.iter().all(|pair| read.contains(pair)), "{read:?}");
    for account in expected.chunks(2) {
        let of_account = world.store.list_indexed_pairs_of(&account[0].pair.account_id).await.expect("read");
        assert_eq!(of_account, account);
    }
}

/// Whoever hears of a change has to learn that the pair is dead, and by which digest it was known.
pub async fn a_dead_pair_is_found_by_its_id_only(store: Arc<dyn Store>) {
    let world = World::new(store);
    for end in [passed(), revoked()] {
        let account = world.account().await;
        let minted = world.pair_with(&account, end).await;
        let found = world.store.find_indexed_pair(&minted.pair.id).await.expect("read").expect("there");
        assert_eq!((found.pair, found.digest), (minted.pair, minted.digest));
        assert_eq!(world.store.list_indexed_pairs_of(&account.id).await.expect("read"), []);
    }
    assert_eq!(world.store.list_indexed_pairs(0..=10).await.expect("read"), []);
    let missing = PairId::mint(NOW, &backend::OsEntropy);
    assert_eq!(world.store.find_indexed_pair(&missing).await.expect("read"), None);
}

/// A beat that came since keeps it; no beat named forgets it whatever it did.
pub async fn a_process_that_shows_itself_is_not_forgotten(store: Arc<dyn Store>) {
    let world = World::new(store);
    let id = InstanceId::mint(NOW, &backend::OsEntropy);
    let seen = |acknowledged, beat| [InstanceRecord { id: id.clone(), acknowledged, beat }];
    world.store.renew_instance(&id, 0).await.expect("stored");
    assert_eq!(world.store.list_instances().await.expect("read"), seen(0, 0));
    world.store.renew_instance(&id, 7).await.expect("stored");
    assert_eq!(world.store.list_instances().await.expect("read"), seen(7, 1));
    world.store.forget_instance(&id, Some(0)).await.expect("asked");
    assert_eq!(world.store.list_instances().await.expect("read"), seen(7, 1));
    world.store.forget_instance(&id, Some(1)).await.expect("asked");
    assert_eq!(world.store.list_instances().await.expect("read"), []);
    world.store.renew_instance(&id, 7).await.expect("stored");
    world.store.forget_instance(&id, None).await.expect("asked");
    assert_eq!(world.store.list_instances().await.expect("read"), []);
}
