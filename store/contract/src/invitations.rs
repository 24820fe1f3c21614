//! Invitations.

use crate::world::{World, assert_failed, at};
use backend::store::{InvitationRecord, Store};
use domain::Email;
use std::sync::Arc;

fn invitation(world: &World, millis: i64) -> InvitationRecord {
    InvitationRecord {
        id: world.invitation_id(),
        token_digest: world.digest(),
        email: None,
        created_by: "op".to_owned(),
        created_at: at(millis),
        expires_at: at(millis + 10),
    }
}

async fn stored(world: &World, invitation: InvitationRecord) -> InvitationRecord {
    world.write(async |tx| tx.insert_invitation(&invitation).await).await.expect("stored");
    invitation
}

/// Every field comes back, with an address and without one, whatever its age.
pub async fn an_invitation_is_read_back(store: Arc<dyn Store>) {
    let world = World::new(store);
    let email = Some(Email::parse("Ada@example.org").expect("an address"));
    let open = stored(&world, invitation(&world, 0)).await;
    let named = stored(&world, InvitationRecord { email, ..invitation(&world, -1_000_000) }).await;
    for invitation in [open, named] {
        let found = world.store.find_invitation(&invitation.token_digest).await.expect("read");
        assert_eq!(found, Some(invitation));
    }
    assert_eq!(world.store.find_invitation(&world.digest()).await.expect("read"), None);
}

/// The newest is the first.
pub async fn invitations_are_listed_newest_first(store: Arc<dyn Store>) {
    let world = World::new(store);
    assert_eq!(world.store.list_invitations().await.expect("read"), []);
    let middle = stored(&world, invitation(&world, 5)).await;
    let oldest = stored(&world, invitation(&world, 1)).await;
    let newest = stored(&world, invitation(&world, 9)).await;
    assert_eq!(world.store.list_invitations().await.expect("read"), [newest, middle, oldest]);
}

/// Taking one takes it away, and leaves the others.
pub async fn an_invitation_is_used_once(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (used, other) = (stored(&world, invitation(&world, 0)).await, stored(&world, invitation(&world, 1)).await);
    let take = async || world.write(async |tx| tx.take_invitation(&used.token_digest).await).await.expect("read");
    assert_eq!(take().await, Some(used.clone()));
    assert_eq!(take().await, None);
    assert_eq!(world.store.list_invitations().await.expect("read"), [other]);
}

/// One that a transaction took and did not commit can still be used.
pub async fn an_invitation_survives_a_transaction_that_failed(store: Arc<dyn Store>) {
    let world = World::new(store);
    let invitation = stored(&world, invitation(&world, 0)).await;
    let mut tx = world.store.begin_write().await.expect("begins");
    assert!(tx.take_invitation(&invitation.token_digest).await.expect("taken").is_some());
    drop(tx);
    assert_eq!(world.store.list_invitations().await.expect("read"), [invitation]);
}

/// By its handle, once.
pub async fn an_invitation_is_revoked_once(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (revoked, other) = (stored(&world, invitation(&world, 0)).await, stored(&world, invitation(&world, 1)).await);
    let revoke = async || world.write(async |tx| tx.delete_invitation(&revoked.id).await).await.expect("read");
    assert_eq!(revoke().await, Some(revoked.clone()));
    assert_eq!(revoke().await, None);
    assert_eq!(world.store.list_invitations().await.expect("read"), [other]);
}

/// No two share a handle or a secret.
pub async fn nothing_that_names_an_invitation_names_two(store: Arc<dyn Store>) {
    let world = World::new(store);
    let first = stored(&world, invitation(&world, 0)).await;
    for second in [
        InvitationRecord { id: first.id.clone(), ..invitation(&world, 1) },
        InvitationRecord { token_digest: first.token_digest, ..invitation(&world, 1) },
    ] {
        assert_failed(&world.write(async |tx| tx.insert_invitation(&second).await).await);
    }
    assert_eq!(world.store.list_invitations().await.expect("read"), [first]);
}
