//! Invitations.

use crate::world::{World, assert_failed, at};
use backend::store::{AccountRecord, InvitationRecord, InvitedInto, Store};
use domain::{Email, Role};
use std::sync::Arc;

fn invitation(world: &World, millis: i64) -> InvitationRecord {
    InvitationRecord {
        id: world.invitation_id(),
        token_digest: world.digest(),
        email: None,
        created_by: "op".to_owned(),
        created_at: at(millis),
        expires_at: at(millis + 10),
        into: None,
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

/// With the account, the role and who invited; listed with it, by a read and in a transaction, and nowhere else.
pub async fn an_invitation_into_an_account_is_read_back(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (account, other, inviter) = (world.account().await, world.account().await, world.person().await);
    let to_sign_up = stored(&world, invitation(&world, 9)).await;
    let mut into = Vec::new();
    for (nth, role) in Role::ALL.into_iter().enumerate() {
        let millis = i64::try_from(nth).expect("small");
        let invited_by = (role == Role::Owner).then(|| inviter.id.clone());
        let email = Some(Email::parse(&format!("p{nth}@example.org")).expect("an address"));
        let made = InvitationRecord {
            email,
            into: Some(InvitedInto { account_id: account.id.clone(), role, invited_by }),
            ..invitation(&world, millis)
        };
        into.insert(0, stored(&world, made).await);
    }
    let listed = async |account| world.store.list_invitations_into(account).await.expect("read");
    assert_eq!(listed(&account.id).await, into);
    assert_eq!(listed(&other.id).await, []);
    assert_eq!(world.store.list_invitations().await.expect("read")[0], to_sign_up);
    for invitation in &into {
        let found = world.store.find_invitation(&invitation.token_digest).await.expect("read");
        assert_eq!(found.as_ref(), Some(invitation));
    }
    let mut tx = world.store.begin_write().await.expect("begins");
    assert_eq!(tx.take_invitation(&into[0].token_digest).await.expect("taken").as_ref(), Some(&into[0]));
    assert_eq!(tx.delete_invitation(&into[1].id).await.expect("taken").as_ref(), Some(&into[1]));
    assert_eq!(tx.list_invitations_into(&account.id).await.expect("read"), into[2..]);
}

/// Into another account, or to sign up, it may be invited besides.
pub async fn an_address_is_invited_into_an_account_once(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (account, other) = (world.account().await, world.account().await);
    let email = Some(Email::parse("ada@example.org").expect("an address"));
    let into = |account: &AccountRecord, role| {
        let into = InvitedInto { account_id: account.id.clone(), role, invited_by: None };
        InvitationRecord { email: email.clone(), into: Some(into), ..invitation(&world, 0) }
    };
    stored(&world, into(&account, Role::Owner)).await;
    let second = into(&account, Role::Viewer);
    assert_failed(&world.write(async |tx| tx.insert_invitation(&second).await).await);
    stored(&world, into(&other, Role::Owner)).await;
    for _ in 0..2 {
        stored(&world, InvitationRecord { email: email.clone(), ..invitation(&world, 0) }).await;
    }
}
