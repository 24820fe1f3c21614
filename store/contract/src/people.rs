//! People, and the one-time links with which they set a password.

use crate::world::{NOW, World, assert_conflict, assert_failed, at};
use backend::store::{Conflict, PasswordLinkRecord, PersonRecord, Store};
use domain::Email;
use std::sync::Arc;

/// Every field comes back, by id and by address.
pub async fn a_person_is_read_back_by_id_and_by_address(store: Arc<dyn Store>) {
    let world = World::new(store);
    let without_password = PersonRecord { password_hash: None, ..world.new_person() };
    for person in [without_password, world.new_person()] {
        world.write(async |tx| tx.insert_person(&person).await).await.expect("stored");
        assert_eq!(world.store.find_person(&person.id).await.expect("read"), Some(person.clone()));
        assert_eq!(world.store.find_person_by_email(&person.email).await.expect("read"), Some(person));
    }
}

/// An id or an address that nobody has finds nothing.
pub async fn an_unknown_person_is_not_found(store: Arc<dyn Store>) {
    let world = World::new(store);
    world.person().await;
    let unknown = world.new_person();
    assert_eq!(world.store.find_person(&unknown.id).await.expect("read"), None);
    assert_eq!(world.store.find_person_by_email(&unknown.email).await.expect("read"), None);
}

/// Two people never share an address, however it was typed.
pub async fn a_taken_address_is_refused(store: Arc<dyn Store>) {
    let world = World::new(store);
    let first = PersonRecord { email: Email::parse("Ada@Example.org").expect("an address"), ..world.new_person() };
    world.write(async |tx| tx.insert_person(&first).await).await.expect("stored");
    let second = PersonRecord { email: Email::parse("ada@example.ORG").expect("an address"), ..world.new_person() };
    assert_conflict(&world.write(async |tx| tx.insert_person(&second).await).await, Conflict::EmailTaken);
    assert_eq!(world.store.find_person(&second.id).await.expect("read"), None);
}

/// A new password hash takes the place of the old one, of this person only.
pub async fn a_password_hash_is_replaced(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (person, other) = (world.person().await, world.person().await);
    let hash = "$argon2id$v=19$second";
    world.write(async |tx| tx.set_password_hash(&person.id, hash).await).await.expect("stored");
    let found = world.store.find_person(&person.id).await.expect("read").expect("there");
    assert_eq!(found, PersonRecord { password_hash: Some(hash.to_owned()), ..person });
    assert_eq!(world.store.find_person(&other.id).await.expect("read"), Some(other));
}

/// Nothing is silently not written.
pub async fn setting_the_password_of_nobody_fails(store: Arc<dyn Store>) {
    let world = World::new(store);
    let unknown = world.new_person().id;
    assert_failed(&world.write(async |tx| tx.set_password_hash(&unknown, "$argon2id$v=19$x").await).await);
}

/// A link works once, and is answered whatever its age: whether it is too old is a rule.
pub async fn a_password_link_is_used_once(store: Arc<dyn Store>) {
    let world = World::new(store);
    let user_id = world.person().await.id;
    for expires_at in [at(1), NOW, at(-1_000_000)] {
        let link = PasswordLinkRecord { token_digest: world.digest(), user_id: user_id.clone(), expires_at };
        world.write(async |tx| tx.insert_password_link(&link).await).await.expect("stored");
        let take = async || world.write(async |tx| tx.take_password_link(&link.token_digest).await).await;
        assert_eq!(take().await.expect("taken"), Some(link.clone()));
        assert_eq!(take().await.expect("read"), None);
    }
}

/// A link that a transaction took and did not commit can still be used.
pub async fn a_password_link_survives_a_transaction_that_failed(store: Arc<dyn Store>) {
    let world = World::new(store);
    let user_id = world.person().await.id;
    let link = PasswordLinkRecord { token_digest: world.digest(), user_id, expires_at: at(1) };
    world.write(async |tx| tx.insert_password_link(&link).await).await.expect("stored");
    let mut tx = world.store.begin_write().await.expect("begins");
    assert!(tx.take_password_link(&link.token_digest).await.expect("taken").is_some());
    drop(tx);
    let taken = world.write(async |tx| tx.take_password_link(&link.token_digest).await).await;
    assert_eq!(taken.expect("taken"), Some(link));
}

/// A person has one link at a time; other people's links stay.
pub async fn a_new_password_link_replaces_the_one_before(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (person, other) = (world.person().await, world.person().await);
    let link = |user_id| PasswordLinkRecord { token_digest: world.digest(), user_id, expires_at: at(1) };
    let (old, new, of_other) = (link(person.id.clone()), link(person.id.clone()), link(other.id.clone()));
    for link in [&old, &of_other, &new] {
        world.write(async |tx| tx.insert_password_link(link).await).await.expect("stored");
    }
    let take = async |digest| world.write(async |tx| tx.take_password_link(&digest).await).await.expect("read");
    assert_eq!(take(old.token_digest).await, None);
    assert_eq!(take(new.token_digest).await, Some(new));
    assert_eq!(take(of_other.token_digest).await, Some(of_other));
}

/// A secret that no link has takes nothing.
pub async fn an_unknown_password_link_is_not_found(store: Arc<dyn Store>) {
    let world = World::new(store);
    let unknown = world.digest();
    assert_eq!(world.write(async |tx| tx.take_password_link(&unknown).await).await.expect("read"), None);
}

/// A transaction sees people as it has changed them.
pub async fn a_transaction_sees_the_person_it_changed(store: Arc<dyn Store>) {
    let world = World::new(store);
    let person = world.person().await;
    let unknown = world.new_person().id;
    let mut tx = world.store.begin_write().await.expect("begins");
    assert_eq!(tx.find_person(&person.id).await.expect("read"), Some(person.clone()));
    assert_eq!(tx.find_person(&unknown).await.expect("read"), None);
    tx.set_password_hash(&person.id, "$argon2id$v=19$second").await.expect("stored");
    let seen = tx.find_person(&person.id).await.expect("read").and_then(|person| person.password_hash);
    assert_eq!(seen.as_deref(), Some("$argon2id$v=19$second"));
    drop(tx);
    assert_eq!(world.store.find_person(&person.id).await.expect("read"), Some(person));
}

/// A new address takes the place of the old one, which somebody else may have then.
pub async fn an_address_is_replaced(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (person, other) = (world.person().await, world.person().await);
    let new = Email::parse("new@example.org").expect("an address");
    world.write(async |tx| tx.set_email(&person.id, &new).await).await.expect("stored");
    let moved = PersonRecord { email: new.clone(), ..person.clone() };
    assert_eq!(world.store.find_person_by_email(&new).await.expect("read"), Some(moved));
    assert_eq!(world.store.find_person_by_email(&person.email).await.expect("read"), None);
    world.write(async |tx| tx.set_email(&other.id, &person.email).await).await.expect("free again");
}

/// Two people never share an address, however they came by it.
pub async fn an_address_changed_to_a_taken_one_is_refused(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (person, other) = (world.person().await, world.person().await);
    let taken = world.write(async |tx| tx.set_email(&person.id, &other.email).await).await;
    assert_conflict(&taken, Conflict::EmailTaken);
    assert_eq!(world.store.find_person(&person.id).await.expect("read"), Some(person));
    let nobody = world.new_person();
    assert_failed(&world.write(async |tx| tx.set_email(&nobody.id, &nobody.email).await).await);
}

/// A link is found without being used up, and is gone with its removal; removing none is no failure.
pub async fn a_password_link_is_found_and_removed(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (person, other) = (world.person().await, world.person().await);
    let link = |user_id| PasswordLinkRecord { token_digest: world.digest(), user_id, expires_at: at(-1) };
    let (link, of_other) = (link(person.id.clone()), link(other.id.clone()));
    for link in [&link, &of_other] {
        world.write(async |tx| tx.insert_password_link(link).await).await.expect("stored");
    }
    for _ in 0..2 {
        let found = world.store.find_password_link(&link.token_digest).await.expect("read");
        assert_eq!(found, Some(link.clone()));
    }
    for _ in 0..2 {
        world.write(async |tx| tx.delete_password_link(&person.id).await).await.expect("removed");
        assert_eq!(world.store.find_password_link(&link.token_digest).await.expect("read"), None);
    }
    assert_eq!(world.store.find_password_link(&of_other.token_digest).await.expect("read"), Some(of_other));
}
