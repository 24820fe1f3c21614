//! The keys of the company's own systems.

use crate::world::{MASTER_KEY, World, assert_failed, at};
use backend::store::{InstallationKeyRecord, KeyDigest, Store};
use domain::Scope;
use domain::installation_key::Life;
use std::sync::Arc;

async fn insert(world: &World, key: &InstallationKeyRecord) -> KeyDigest {
    let digest = KeyDigest { master_key_id: MASTER_KEY.to_owned(), bytes: world.digest() };
    world.write(async |tx| tx.insert_installation_key(key, &digest).await).await.expect("stored");
    digest
}

async fn list(world: &World) -> Vec<InstallationKeyRecord> {
    world.store.list_installation_keys().await.expect("read")
}

/// Every field comes back, by its digest, by its id and in the list.
pub async fn an_installation_key_is_read_back(store: Arc<dyn Store>) {
    let world = World::new(store);
    let plain = world.new_installation_key();
    let full = InstallationKeyRecord {
        name: "Zoë's \"billing\" 🗝".to_owned(),
        scopes: Scope::ALL.to_vec(),
        created_by: "root".to_owned(),
        created_at: at(-5),
        last_used_at: Some(at(7)),
        life: Life { expires_at: Some(at(9)), ended_at: Some(at(8)) },
        ..world.new_installation_key()
    };
    for key in [&plain, &full] {
        let digest = insert(&world, key).await;
        let found = world.store.find_installation_key_by_digest(&[digest]).await.expect("read");
        assert_eq!(found.as_ref(), Some(key));
        let found = world.write(async |tx| tx.find_installation_key(&key.id).await).await.expect("read");
        assert_eq!(found.as_ref(), Some(key));
    }
    assert_eq!(list(&world).await, [full, plain]);
}

/// A digest counts with the master key it was made under, and any of several will do.
pub async fn an_installation_key_is_found_by_any_of_its_digests(store: Arc<dyn Store>) {
    let world = World::new(store);
    let key = world.new_installation_key();
    let digest = insert(&world, &key).await;
    let nobodys = KeyDigest { bytes: world.digest(), ..digest.clone() };
    let of_another = KeyDigest { master_key_id: "mk_other".to_owned(), ..digest.clone() };
    for digests in [vec![], vec![nobodys.clone()], vec![of_another.clone()]] {
        assert_eq!(world.store.find_installation_key_by_digest(&digests).await.expect("read"), None);
    }
    let found = world.store.find_installation_key_by_digest(&[nobodys, of_another, digest]).await.expect("read");
    assert_eq!(found, Some(key));
    let unknown = world.new_installation_key();
    assert_eq!(world.write(async |tx| tx.find_installation_key(&unknown.id).await).await.expect("read"), None);
}

/// In the order of making, whatever the clock said.
pub async fn installation_keys_are_listed_newest_first(store: Arc<dyn Store>) {
    let world = World::new(store);
    assert_eq!(list(&world).await, []);
    let mut expected = Vec::new();
    for created_at in [at(9), at(0), at(-9), at(0)] {
        let key = InstallationKeyRecord { created_at, ..world.new_installation_key() };
        insert(&world, &key).await;
        expected.insert(0, key);
    }
    assert_eq!(list(&world).await, expected);
}

/// An end and a use are stored for their own key only.
pub async fn what_happens_to_an_installation_key_is_noted_there(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (key, other) = (world.new_installation_key(), world.new_installation_key());
    for key in [&key, &other] {
        insert(&world, key).await;
    }
    let mut life = Life { expires_at: Some(at(9)), ended_at: None };
    world.write(async |tx| tx.update_installation_key_life(&key.id, life).await).await.expect("stored");
    for used_at in [at(3), at(1)] {
        world.write(async |tx| tx.touch_installation_key(&key.id, used_at).await).await.expect("stored");
    }
    let noted = InstallationKeyRecord { life, last_used_at: Some(at(1)), ..key.clone() };
    assert_eq!(list(&world).await, [other.clone(), noted.clone()]);
    life.ended_at = Some(at(5));
    world.write(async |tx| tx.update_installation_key_life(&key.id, life).await).await.expect("stored");
    assert_eq!(list(&world).await, [other, InstallationKeyRecord { life, ..noted }]);
}

/// Whatever the clock of the process says: a dead key stays dead, an end stays where it is.
pub async fn an_installation_keys_end_is_never_taken_back(store: Arc<dyn Store>) {
    let world = World::new(store);
    let scheduled = Life { expires_at: Some(at(9)), ended_at: None };
    let passed = Life { expires_at: Some(at(9)), ended_at: Some(at(9)) };
    let revoked = Life { expires_at: None, ended_at: Some(at(5)) };
    let put_off = Life { expires_at: Some(at(10)), ended_at: None };
    let later = Life { expires_at: None, ended_at: Some(at(6)) };
    let both = Life { expires_at: Some(at(9)), ended_at: Some(at(5)) };
    for (life, refused) in [
        (scheduled, vec![Life::default(), put_off, revoked]),
        (passed, vec![Life::default(), scheduled, put_off, revoked]),
        (revoked, vec![Life::default(), scheduled, later, both]),
    ] {
        let key = InstallationKeyRecord { life, ..world.new_installation_key() };
        insert(&world, &key).await;
        for other in refused {
            assert_failed(&world.write(async |tx| tx.update_installation_key_life(&key.id, other).await).await);
        }
        assert_eq!(list(&world).await[0], key);
    }
}

/// Nothing is silently not written, and no two keys have one digest.
pub async fn an_installation_key_that_is_not_there_or_there_already_fails(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (key, other) = (world.new_installation_key(), world.new_installation_key());
    let digest = insert(&world, &key).await;
    assert_failed(&world.write(async |tx| tx.insert_installation_key(&other, &digest).await).await);
    let another = KeyDigest { bytes: world.digest(), ..digest };
    assert_failed(&world.write(async |tx| tx.insert_installation_key(&key, &another).await).await);
    assert_failed(&world.write(async |tx| tx.update_installation_key_life(&other.id, Life::default()).await).await);
    assert_failed(&world.write(async |tx| tx.touch_installation_key(&other.id, at(0)).await).await);
    assert_eq!(list(&world).await, [key]);
}
