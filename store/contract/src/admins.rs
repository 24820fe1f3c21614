//! The admins of the installation.

use crate::world::{World, assert_conflict, assert_failed, at};
use backend::store::{AdminRecord, Conflict, Store};
use domain::{Email, Role};
use std::sync::Arc;

async fn list(world: &World) -> Vec<AdminRecord> {
    world.store.list_admins().await.expect("read")
}

/// Every field comes back, with the address of now and not the one in the record.
pub async fn an_admin_is_read_back(store: Arc<dyn Store>) {
    let world = World::new(store);
    let person = world.person().await;
    let other_email = Email::parse("other@example.org").expect("an address");
    let created_by = "Zoë \"root\" 🗝".to_owned();
    let admin = AdminRecord { created_by, created_at: at(-5), ..world.new_admin(&person.id, &other_email) };
    world.write(async |tx| tx.insert_admin(&admin).await).await.expect("stored");
    assert_eq!(list(&world).await, [AdminRecord { email: person.email, ..admin.clone() }]);
    let moved = Email::parse("moved@example.org").expect("an address");
    world.write(async |tx| tx.set_email(&person.id, &moved).await).await.expect("stored");
    assert_eq!(list(&world).await, [AdminRecord { email: moved, ..admin }]);
}

/// In the order of becoming, whatever the clock said, and whoever was one before comes last.
pub async fn admins_are_listed_in_the_order_of_becoming(store: Arc<dyn Store>) {
    let world = World::new(store);
    world.person().await;
    assert_eq!(list(&world).await, []);
    let mut admins = Vec::new();
    for created_at in [at(9), at(0), at(-9), at(0)] {
        let person = world.person().await;
        let admin = AdminRecord { created_at, ..world.new_admin(&person.id, &person.email) };
        world.write(async |tx| tx.insert_admin(&admin).await).await.expect("stored");
        admins.push(admin);
    }
    assert_eq!(list(&world).await, admins);
    let first = admins.remove(0);
    world.write(async |tx| tx.delete_admin(&first.user_id).await).await.expect("stored");
    world.write(async |tx| tx.insert_admin(&first).await).await.expect("stored");
    admins.push(first);
    assert_eq!(list(&world).await, admins);
}

/// The second time is a conflict, and changes nothing of the first.
pub async fn nobody_is_an_admin_twice(store: Arc<dyn Store>) {
    let world = World::new(store);
    let admin = world.admin().await;
    let again = AdminRecord { created_at: at(5), created_by: "another".to_owned(), ..admin.clone() };
    assert_conflict(&world.write(async |tx| tx.insert_admin(&again).await).await, Conflict::AdminExists);
    assert_eq!(list(&world).await, [admin]);
}

/// Removing answers whether there was anything to remove, and removes nobody else.
pub async fn an_admin_is_removed_once(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (admin, other) = (world.admin().await, world.admin().await);
    let (person, nobody) = (world.person().await, world.new_person());
    let remove = async |user_id| world.write(async |tx| tx.delete_admin(user_id).await).await.expect("stored");
    assert!(remove(&admin.user_id).await);
    assert!(!remove(&admin.user_id).await);
    assert!(!remove(&person.id).await);
    assert!(!remove(&nobody.id).await);
    assert_eq!(list(&world).await, [other]);
    // Whoever is no admin any more is still somebody.
    assert!(world.store.find_person(&admin.user_id).await.expect("read").is_some());
}

/// There is no admin who is nobody, and that is a fault of ours and no conflict.
pub async fn an_admin_is_a_person(store: Arc<dyn Store>) {
    let world = World::new(store);
    let nobody = world.new_person();
    let admin = world.new_admin(&nobody.id, &nobody.email);
    assert_failed(&world.write(async |tx| tx.insert_admin(&admin).await).await);
    assert_eq!(list(&world).await, []);
}

/// Whoever is in an account stays there with their role, as an admin and after it.
pub async fn being_an_admin_changes_no_membership(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (person, account) = (world.person().await, world.account().await);
    let membership = world.join(&person, &account, Role::Viewer).await;
    let admin = world.new_admin(&person.id, &person.email);
    let members = world.store.list_members(&account.id).await.expect("read");
    let unchanged = async || {
        assert_eq!(world.store.find_membership(&person.id).await.expect("read").as_ref(), Some(&membership));
        assert_eq!(world.store.list_members(&account.id).await.expect("read"), members);
    };
    world.write(async |tx| tx.insert_admin(&admin).await).await.expect("stored");
    unchanged().await;
    world.write(async |tx| tx.delete_admin(&person.id).await).await.expect("stored");
    unchanged().await;
    assert_eq!(world.store.find_membership(&world.admin().await.user_id).await.expect("read"), None);
}

/// Whatever was to happen with it has not happened, so neither has this.
pub async fn a_failed_transaction_makes_no_admin_and_removes_none(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (admin, person) = (world.admin().await, world.person().await);
    let new = world.new_admin(&person.id, &person.email);
    let mut tx = world.store.begin_write().await.expect("begins");
    assert!(tx.delete_admin(&admin.user_id).await.expect("written"));
    tx.insert_admin(&new).await.expect("written");
    drop(tx);
    assert_eq!(list(&world).await, [admin]);
}
