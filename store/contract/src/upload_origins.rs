//! The origins whose pages may upload into an account.

use crate::world::{World, assert_failed, at};
use backend::store::{Store, UploadOriginRecord};
use domain::AccountId;
use domain::upload::Origin;
use std::sync::Arc;

fn origin(text: &str, added: i64) -> UploadOriginRecord {
    UploadOriginRecord { origin: Origin::read(text).expect("an origin"), added_at: at(added) }
}

async fn account(world: &World) -> AccountId {
    let account = world.new_account();
    world.write(async |tx| tx.insert_account(&account).await).await.expect("stored");
    account.id
}

async fn list(world: &World, account: &AccountId) -> Vec<UploadOriginRecord> {
    let listed = world.store.list_upload_origins(account).await.expect("read");
    let inside = world.write(async |tx| tx.list_upload_origins(account).await).await.expect("read");
    assert_eq!(listed, inside);
    listed
}

/// In the order of coming, whatever the clock says; and another account's are its own.
pub async fn origins_are_listed_in_the_order_of_coming(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (ours, theirs) = (account(&world).await, account(&world).await);
    assert_eq!(list(&world, &ours).await, []);
    let added = [
        origin("https://www.example.com", 5),
        origin("http://localhost:3000", 0),
        origin("https://xn--bcher-kva.example", 9),
        origin("http://[::1]:8080", 9),
    ];
    for one in &added {
        world.write(async |tx| tx.insert_upload_origin(&ours, one).await).await.expect("added");
    }
    assert_eq!(list(&world, &ours).await, added);
    assert_eq!(list(&world, &theirs).await, []);
    world.write(async |tx| tx.insert_upload_origin(&theirs, &added[0]).await).await.expect("another account may, too");
    assert_eq!(list(&world, &theirs).await, [added[0].clone()]);
}

/// Nor into an account that is not there.
pub async fn an_origin_is_listed_once(store: Arc<dyn Store>) {
    let world = World::new(store);
    let account = account(&world).await;
    let added = origin("https://www.example.com", 0);
    world.write(async |tx| tx.insert_upload_origin(&account, &added).await).await.expect("added");
    let again = origin("https://www.example.com", 7);
    assert_failed(&world.write(async |tx| tx.insert_upload_origin(&account, &again).await).await);
    let nobodys = world.new_account().id;
    assert_failed(&world.write(async |tx| tx.insert_upload_origin(&nobodys, &added).await).await);
    assert_eq!(list(&world, &account).await, [added]);
}

/// From its own account's list only; and one that failed has removed nothing.
pub async fn an_origin_is_removed_once(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (ours, theirs) = (account(&world).await, account(&world).await);
    let (one, other) = (origin("https://a.example", 0), origin("https://b.example", 0));
    for added in [&one, &other] {
        world.write(async |tx| tx.insert_upload_origin(&ours, added).await).await.expect("added");
    }
    let remove = async |account: &AccountId| {
        world.write(async |tx| tx.delete_upload_origin(account, &one.origin).await).await.expect("written")
    };
    assert!(!remove(&theirs).await);
    let mut tx = world.store.begin_write().await.expect("begins");
    assert!(tx.delete_upload_origin(&ours, &one.origin).await.expect("written"));
    drop(tx);
    assert_eq!(list(&world, &ours).await, [one.clone(), other.clone()]);
    assert_eq!([remove(&ours).await, remove(&ours).await], [true, false]);
    assert_eq!(list(&world, &ours).await, [other]);
}
