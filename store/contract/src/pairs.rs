//! Key pairs: their lives, their digests and their sealed private keys.

use crate::world::{MASTER_KEY, NOW, World, assert_conflict, assert_failed, at, passed, revoked, scheduled};
use backend::store::{Conflict, KeyDigest, PairWithAccount, SealedKey, Store};
use domain::key_pair::End;
use domain::{Brand, KeyPair};
use std::sync::Arc;

/// Every field of a pair comes back, with each of the four ends, inserted with it or given later.
pub async fn a_pair_is_read_back_with_every_end(store: Arc<dyn Store>) {
    let world = World::new(store);
    for end in [End::None, scheduled(), passed(), revoked()] {
        let account = world.account().await;
        let inserted = world.pair_with(&account, end).await.pair;
        assert_eq!(world.store.list_pairs(&account.id).await.expect("read"), [inserted]);

        let account = world.account().await;
        let pair = world.active_pair(&account).await.pair;
        world.end(&pair, end).await.expect("stored");
        let ended = KeyPair { end, ..pair };
        assert_eq!(world.store.list_pairs(&account.id).await.expect("read"), std::slice::from_ref(&ended));
        let seen = world.write(async |tx| tx.list_pairs(&account.id).await).await.expect("read");
        assert_eq!(seen, [ended]);
    }
}

/// The public key of a branded installation comes back as it was.
pub async fn a_branded_pair_is_read_back(store: Arc<dyn Store>) {
    let world = World::new(store);
    for brand in ["acme", "a1", "notpublic"] {
        let account = world.account().await;
        let brand = Brand::parse(brand).expect("a brand");
        let minted = world.new_branded_pair(&brand, &account.id, NOW);
        world.insert(&minted).await.expect("stored");
        assert_eq!(world.store.list_pairs(&account.id).await.expect("read"), [minted.pair]);
    }
}

/// An account has one active pair; another account's is its own affair.
pub async fn a_second_active_pair_is_refused(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (account, other) = (world.account().await, world.account().await);
    let first = world.active_pair(&account).await;
    world.active_pair(&other).await;
    let refused = world.insert(&world.new_pair(&account.id, at(1))).await;
    assert_conflict(&refused, Conflict::SecondActivePair);
    assert_eq!(world.store.list_pairs(&account.id).await.expect("read"), [first.pair]);
}

/// Once the active pair has an end, of any kind, the next one may come.
pub async fn an_end_makes_room_for_the_next_pair(store: Arc<dyn Store>) {
    let world = World::new(store);
    for end in [scheduled(), passed(), revoked()] {
        let account = world.account().await;
        let old = world.active_pair(&account).await.pair;
        world.end(&old, end).await.expect("stored");
        let new = world.active_pair(&account).await.pair;
        let listed = world.store.list_pairs(&account.id).await.expect("read");
        assert_eq!(listed, [new, KeyPair { end, ..old }]);
    }
}

/// An end taken back would make a second active pair.
pub async fn an_end_taken_back_beside_an_active_pair_is_refused(store: Arc<dyn Store>) {
    let world = World::new(store);
    for end in [scheduled(), passed(), revoked()] {
        let account = world.account().await;
        let old = world.active_pair(&account).await.pair;
        world.end(&old, end).await.expect("stored");
        world.active_pair(&account).await;
        assert_conflict(&world.end(&old, End::None).await, Conflict::SecondActivePair);
    }
}

/// Even where no other pair is active, an end is never taken back.
pub async fn an_end_is_never_taken_back(store: Arc<dyn Store>) {
    let world = World::new(store);
    for end in [scheduled(), passed(), revoked()] {
        let account = world.account().await;
        let pair = world.pair_with(&account, end).await.pair;
        assert_failed(&world.end(&pair, End::None).await);
        assert_eq!(world.store.list_pairs(&account.id).await.expect("read"), [pair]);
    }
}

/// A pair that is dead by a stored fact stays dead with the same facts; storing them once more changes nothing.
pub async fn a_dead_pair_never_revives(store: Arc<dyn Store>) {
    let world = World::new(store);
    for dead in [passed(), revoked()] {
        let account = world.account().await;
        let pair = world.pair_with(&account, dead).await.pair;
        for other in [scheduled(), passed(), revoked(), End::Revoked { revoked_at: at(1) }] {
            let outcome = world.end(&pair, other).await;
            if other == dead {
                outcome.expect("the same facts");
            } else {
                assert_failed(&outcome);
            }
        }
        assert_eq!(world.store.list_pairs(&account.id).await.expect("read"), [pair]);
    }
}

/// An expiring pair can be ended earlier, later or at once.
pub async fn a_scheduled_end_can_be_changed(store: Arc<dyn Store>) {
    let world = World::new(store);
    let account = world.account().await;
    let pair = world.pair_with(&account, scheduled()).await.pair;
    for end in [End::Scheduled { rolled_at: NOW, expires_at: at(7) }, scheduled(), revoked()] {
        world.end(&pair, end).await.expect("stored");
        let listed = world.store.list_pairs(&account.id).await.expect("read");
        assert_eq!(listed, [KeyPair { end, ..pair.clone() }]);
    }
}

/// Nothing is silently not written.
pub async fn ending_an_unknown_pair_fails(store: Arc<dyn Store>) {
    let world = World::new(store);
    let account = world.account().await;
    let unknown = world.new_pair(&account.id, NOW).pair;
    assert_failed(&world.end(&unknown, revoked()).await);
}

/// Only the end is stored: what else a caller changed in the value is not.
pub async fn only_the_end_of_a_pair_changes(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (account, other) = (world.account().await, world.account().await);
    let pair = world.active_pair(&account).await.pair;
    let moved = KeyPair { id: pair.id.clone(), end: revoked(), ..world.new_pair(&other.id, at(9)).pair };
    world.write(async |tx| tx.update_pair_end(&moved).await).await.expect("stored");
    let listed = world.store.list_pairs(&account.id).await.expect("read");
    assert_eq!(listed, [KeyPair { end: revoked(), ..pair }]);
    assert_eq!(world.store.list_pairs(&other.id).await.expect("read"), []);
}

/// Newest first, in the order of making: in one millisecond, and when the clock has stepped back.
pub async fn pairs_are_listed_newest_first(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (account, other) = (world.account().await, world.account().await);
    world.active_pair(&other).await;
    let mut expected = Vec::new();
    for created_at in [at(0), at(0), at(0), at(500), at(-1_000), at(-1_000)] {
        let mut minted = world.new_pair(&account.id, created_at);
        world.insert(&minted).await.expect("stored");
        let listed = world.store.list_pairs(&account.id).await.expect("read");
        assert_eq!(listed.first(), Some(&minted.pair), "the active pair comes first");
        world.end(&minted.pair, scheduled()).await.expect("stored");
        minted.pair.end = scheduled();
        expected.insert(0, minted.pair);
    }
    assert_eq!(world.store.list_pairs(&account.id).await.expect("read"), expected);
    assert_eq!(world.write(async |tx| tx.list_pairs(&account.id).await).await.expect("read"), expected);
}

/// An account that does not exist has no pairs, and can be given none.
pub async fn a_pair_needs_its_account(store: Arc<dyn Store>) {
    let world = World::new(store);
    let unknown = world.new_account().id;
    assert_failed(&world.insert(&world.new_pair(&unknown, NOW)).await);
    assert_eq!(world.store.list_pairs(&unknown).await.expect("read"), []);
}

/// No two pairs share an id, a public key, or a digest under one master key.
pub async fn nothing_that_names_a_pair_names_two(store: Arc<dyn Store>) {
    let world = World::new(store);
    let account = world.account().await;
    let first = world.pair_with(&account, scheduled()).await;
    let mut same_id = world.new_pair(&account.id, NOW);
    same_id.pair.id.clone_from(&first.pair.id);
    let mut same_public_key = world.new_pair(&account.id, NOW);
    same_public_key.pair.public_key = first.pair.public_key.clone();
    let mut same_digest = world.new_pair(&account.id, NOW);
    same_digest.digest = first.digest.clone();
    for minted in [same_id, same_public_key, same_digest] {
        assert_failed(&world.insert(&minted).await);
    }
    assert_eq!(world.store.list_pairs(&account.id).await.expect("read"), [first.pair]);
}

/// A private key has one digest under each master key; whichever is stored finds the pair, with its account.
pub async fn a_digest_finds_its_pair_and_account(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (account, other) = (world.account().await, world.account().await);
    let minted = world.active_pair(&account).await;
    world.active_pair(&other).await;
    let unknown = || KeyDigest { master_key_id: "mk_second".to_owned(), bytes: world.digest() };
    let expected = Some(PairWithAccount { pair: minted.pair.clone(), account });
    for digests in [
        vec![minted.digest.clone()],
        vec![unknown(), minted.digest.clone()],
        vec![minted.digest.clone(), unknown(), unknown()],
    ] {
        assert_eq!(world.store.find_pair_by_digest(&digests).await.expect("read"), expected);
    }
}

/// Unknown digests find nothing, and neither do the right bytes under another master key, or no digests at all.
pub async fn an_unknown_digest_finds_nothing(store: Arc<dyn Store>) {
    let world = World::new(store);
    let account = world.account().await;
    let minted = world.active_pair(&account).await;
    let unknown = KeyDigest { master_key_id: MASTER_KEY.to_owned(), bytes: world.digest() };
    let elsewhere = KeyDigest { master_key_id: "mk_second".to_owned(), ..minted.digest };
    for digests in [vec![], vec![unknown.clone()], vec![elsewhere.clone()], vec![unknown, elsewhere]] {
        assert_eq!(world.store.find_pair_by_digest(&digests).await.expect("read"), None);
    }
}

/// A dead key is recognised for what it was, and a disabled account shows.
pub async fn an_ended_pair_is_found_by_its_digest(store: Arc<dyn Store>) {
    let world = World::new(store);
    for end in [scheduled(), passed(), revoked()] {
        let account = world.account().await;
        let minted = world.pair_with(&account, end).await;
        world.write(async |tx| tx.set_account_disabled(&account.id, Some(at(3))).await).await.expect("stored");
        let found = world.store.find_pair_by_digest(&[minted.digest]).await.expect("read").expect("there");
        assert_eq!(found.pair, minted.pair);
        assert_eq!(found.account.disabled_at, Some(at(3)));
    }
}

/// What was sealed comes back byte for byte, under its master key's name; an unknown pair has nothing sealed.
pub async fn a_sealed_key_is_read_back(store: Arc<dyn Store>) {
    let world = World::new(store);
    let account = world.account().await;
    let mut minted = world.new_pair(&account.id, NOW);
    minted.sealed = SealedKey { master_key_id: "mk_second".to_owned(), bytes: (0..=255).collect() };
    world.insert(&minted).await.expect("stored");
    let found = world.write(async |tx| tx.find_sealed_key(&minted.pair.id).await).await.expect("read");
    assert_eq!(found, Some(minted.sealed));
    let unknown = world.new_pair(&account.id, NOW).pair.id;
    assert_eq!(world.write(async |tx| tx.find_sealed_key(&unknown).await).await.expect("read"), None);
}

/// Exactly the pairs that are dead by a stored fact lose their sealed key, and nothing but that.
pub async fn ended_keys_are_destroyed_and_their_digests_stay(store: Arc<dyn Store>) {
    let world = World::new(store);
    let account = world.account().await;
    let mut minted = Vec::new();
    for end in [passed(), revoked(), scheduled(), End::None] {
        minted.push(world.pair_with(&account, end).await);
    }
    let before = world.store.list_pairs(&account.id).await.expect("read");
    let destroy = async || world.write(async |tx| tx.destroy_ended_keys().await).await.expect("destroyed");
    assert_eq!(destroy().await, 2);
    assert_eq!(destroy().await, 0);
    for minted in minted {
        let works = matches!(minted.pair.end, End::None | End::Scheduled { .. });
        let sealed = world.write(async |tx| tx.find_sealed_key(&minted.pair.id).await).await.expect("read");
        assert_eq!(sealed, works.then_some(minted.sealed));
        let found = world.store.find_pair_by_digest(&[minted.digest]).await.expect("read").expect("there");
        assert_eq!(found.pair, minted.pair);
    }
    assert_eq!(world.store.list_pairs(&account.id).await.expect("read"), before);
}

/// A pair is due at the very millisecond of its end, and until its end is written down as passed.
pub async fn pairs_to_settle_are_those_whose_end_is_reached(store: Arc<dyn Store>) {
    let world = World::new(store);
    let mut due = Vec::new();
    for (end, is_due) in [
        (End::None, false),
        (End::Scheduled { rolled_at: at(-9), expires_at: at(0) }, true),
        (End::Scheduled { rolled_at: at(-9), expires_at: at(1) }, false),
        (End::Scheduled { rolled_at: at(-9), expires_at: at(-1) }, true),
        (End::Passed { rolled_at: at(-9), expires_at: at(-1) }, false),
        (End::Revoked { revoked_at: at(-1) }, false),
    ] {
        let account = world.account().await;
        let minted = world.pair_with(&account, end).await;
        if is_due {
            due.push(minted.pair);
        }
    }
    let list = async |limit| world.write(async |tx| tx.list_pairs_to_settle(NOW, limit).await).await.expect("read");
    let mut listed = list(10).await;
    listed.sort_by(|a, b| a.id.cmp(&b.id));
    due.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(listed, due);
    assert_eq!(list(1).await.len(), 1);
    for pair in &due {
        let settled = pair.settle(NOW).expect("due");
        world.write(async |tx| tx.update_pair_end(&settled).await).await.expect("stored");
    }
    assert_eq!(list(10).await, []);
}

/// A pair is found by its id and by its public key, whatever its state; nothing else is found by them.
pub async fn a_pair_is_found_by_its_id_and_by_its_public_key(store: Arc<dyn Store>) {
    let world = World::new(store);
    let account = world.account().await;
    let mut pairs = Vec::new();
    for end in [scheduled(), passed(), revoked(), End::None] {
        pairs.push(world.pair_with(&account, end).await.pair);
    }
    for pair in pairs {
        assert_eq!(world.store.find_pair(&pair.id).await.expect("read").as_ref(), Some(&pair));
        let found = world.store.find_pair_by_public_key(&pair.public_key).await.expect("read");
        assert_eq!(found, Some(pair));
    }
    let unknown = world.new_pair(&account.id, NOW).pair;
    assert_eq!(world.store.find_pair(&unknown.id).await.expect("read"), None);
    assert_eq!(world.store.find_pair_by_public_key(&unknown.public_key).await.expect("read"), None);
}
