//! Accounts, and who is in them.

use crate::world::{NOW, World, assert_conflict, assert_failed, at};
use backend::store::{AccountRecord, Conflict, MemberRecord, Membership, OwnAccount, PersonRecord, Store};
use domain::{Email, Role};
use std::sync::Arc;

/// Every field comes back as it was written, by a read and in a transaction.
pub async fn an_account_is_read_back(store: Arc<dyn Store>) {
    let world = World::new(store);
    let plain = AccountRecord { name: String::new(), ..world.new_account() };
    let full = AccountRecord {
        name: "Zoë & Söhne 🗝".to_owned(),
        external_id: Some("cus_1".to_owned()),
        disabled_at: Some(at(5)),
        ..world.new_account()
    };
    for account in [plain, full] {
        world.write(async |tx| tx.insert_account(&account).await).await.expect("stored");
        assert_eq!(world.store.find_account(&account.id).await.expect("read"), Some(account.clone()));
        let locked = world.write(async |tx| tx.lock_account(&account.id).await).await.expect("read");
        assert_eq!(locked, Some(account));
    }
}

/// An id that nobody has finds nothing.
pub async fn an_unknown_account_is_not_found(store: Arc<dyn Store>) {
    let world = World::new(store);
    let unknown = world.new_account().id;
    assert_eq!(world.store.find_account(&unknown).await.expect("read"), None);
    assert_eq!(world.write(async |tx| tx.lock_account(&unknown).await).await.expect("read"), None);
}

/// Two accounts never share an external id; accounts without one do not get in each other's way.
pub async fn a_taken_external_id_is_refused(store: Arc<dyn Store>) {
    let world = World::new(store);
    world.account().await;
    world.account().await;
    let taken = Some("cus_1".to_owned());
    let first = AccountRecord { external_id: taken.clone(), ..world.new_account() };
    world.write(async |tx| tx.insert_account(&first).await).await.expect("stored");
    let second = AccountRecord { external_id: taken, ..world.new_account() };
    let refused = world.write(async |tx| tx.insert_account(&second).await).await;
    assert_conflict(&refused, Conflict::ExternalIdTaken);
    assert_eq!(world.store.find_account(&second.id).await.expect("read"), None);
}

/// The same account twice is a fault of ours, and no conflict that a person could be told about.
pub async fn an_account_added_twice_fails(store: Arc<dyn Store>) {
    let world = World::new(store);
    let account = world.account().await;
    assert_failed(&world.write(async |tx| tx.insert_account(&account).await).await);
}

/// Disabling keeps the instant, enabling removes it.
pub async fn an_account_is_disabled_and_enabled_again(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (account, other) = (world.account().await, world.account().await);
    for disabled_at in [Some(NOW), None] {
        world.write(async |tx| tx.set_account_disabled(&account.id, disabled_at).await).await.expect("stored");
        let found = world.store.find_account(&account.id).await.expect("read").expect("there");
        assert_eq!(found, AccountRecord { disabled_at, ..account.clone() });
    }
    assert_eq!(world.store.find_account(&other.id).await.expect("read"), Some(other));
}

/// Nothing is silently not written.
pub async fn disabling_an_unknown_account_fails(store: Arc<dyn Store>) {
    let world = World::new(store);
    let unknown = world.new_account().id;
    assert_failed(&world.write(async |tx| tx.set_account_disabled(&unknown, Some(NOW)).await).await);
}

/// Each role comes back as itself.
pub async fn every_role_is_read_back(store: Arc<dyn Store>) {
    let world = World::new(store);
    let account = world.account().await;
    for role in Role::ALL {
        let person = world.person().await;
        let membership = world.join(&person, &account, role).await;
        assert_eq!(world.store.find_membership(&person.id).await.expect("read"), Some(membership));
    }
}

/// Of several accounts, the first one joined is answered, whichever was made first.
pub async fn the_membership_found_is_the_first_joined(store: Arc<dyn Store>) {
    let world = World::new(store);
    let person = world.person().await;
    assert_eq!(world.store.find_membership(&person.id).await.expect("read"), None);
    let (older, newer) = (world.account().await, world.account().await);
    let first = world.join(&person, &newer, Role::Viewer).await;
    world.join(&person, &older, Role::Owner).await;
    assert_eq!(world.store.find_membership(&person.id).await.expect("read"), Some(first));
}

/// A person is in an account once, with one role.
pub async fn nobody_is_in_an_account_twice(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (person, account) = (world.person().await, world.account().await);
    let first = world.join(&person, &account, Role::Viewer).await;
    let second = Membership { role: Role::Owner, ..first.clone() };
    assert_failed(&world.write(async |tx| tx.insert_membership(&second, NOW).await).await);
    assert_eq!(world.store.find_membership(&person.id).await.expect("read"), Some(first));
}

/// There is no membership of nobody, or in nothing.
pub async fn a_membership_needs_its_person_and_its_account(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (person, account) = (world.person().await, world.account().await);
    let of_nobody = Membership { account_id: account.id.clone(), user_id: world.new_person().id, role: Role::Viewer };
    let in_nothing = Membership { account_id: world.new_account().id, user_id: person.id.clone(), role: Role::Viewer };
    for membership in [of_nobody, in_nothing] {
        assert_failed(&world.write(async |tx| tx.insert_membership(&membership, NOW).await).await);
    }
}

/// The external id finds its account and no other, by the whole of it.
pub async fn an_account_is_found_by_its_external_id(store: Arc<dyn Store>) {
    let world = World::new(store);
    world.account().await;
    let account = AccountRecord { external_id: Some("cus_1".to_owned()), ..world.new_account() };
    let other = AccountRecord { external_id: Some("CUS_1".to_owned()), ..world.new_account() };
    for account in [&account, &other] {
        world.write(async |tx| tx.insert_account(account).await).await.expect("stored");
    }
    for (external_id, expected) in
        [("cus_1", Some(&account)), ("CUS_1", Some(&other)), ("cus_", None), ("cus%", None), ("", None)]
    {
        let found = world.store.find_account_by_external_id(external_id).await.expect("read");
        assert_eq!(found.as_ref(), expected, "{external_id}");
    }
}

/// Everybody in the account and nobody else, in the order of joining, with what the page needs to know of them.
pub async fn members_are_listed_in_the_order_of_joining(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (account, other) = (world.account().await, world.account().await);
    let mut expected = Vec::new();
    // In the order of neither their addresses nor their roles.
    for (role, address) in [
        (Role::Viewer, "b@example.org"),
        (Role::Owner, "d@example.org"),
        (Role::Developer, "a@example.org"),
        (Role::Owner, "c@example.org"),
    ] {
        let mut person = PersonRecord { email: Email::parse(address).expect("an address"), ..world.new_person() };
        if role == Role::Developer {
            person.password_hash = None;
        }
        world.write(async |tx| tx.insert_person(&person).await).await.expect("stored");
        world.join(&person, &account, role).await;
        // Being elsewhere too changes nothing here.
        world.join(&person, &other, Role::Viewer).await;
        let has_password = role != Role::Developer;
        expected.push(MemberRecord { user_id: person.id, email: person.email, role, has_password, joined_at: NOW });
    }
    let last = world.person().await;
    world.join(&last, &other, Role::Owner).await;
    assert_eq!(world.store.list_members(&account.id).await.expect("read"), expected);
    let empty = world.account().await.id;
    for account_id in [empty, world.new_account().id] {
        assert_eq!(world.store.list_members(&account_id).await.expect("read"), []);
    }
}

/// Of this account and nobody else's, seen by the transaction at once and by everybody after it.
pub async fn a_member_is_given_another_role_and_taken_out(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (person, account, other) = (world.person().await, world.account().await, world.account().await);
    let elsewhere = world.join(&person, &other, Role::Developer).await;
    let membership = world.join(&person, &account, Role::Viewer).await;
    let changed = Membership { role: Role::Owner, ..membership };
    let mut tx = world.store.begin_write().await.expect("begins");
    tx.set_role(&changed).await.expect("stored");
    let seen = tx.list_members(&account.id).await.expect("read");
    assert_eq!(seen.iter().map(|member| member.role).collect::<Vec<_>>(), [Role::Owner]);
    tx.commit().await.expect("commits");
    assert_eq!(world.store.list_members(&account.id).await.expect("read")[0].role, Role::Owner);
    world.join(&world.person().await, &account, Role::Owner).await;

    let take_out = async || world.write(async |tx| tx.delete_membership(&account.id, &person.id).await).await;
    take_out().await.expect("stored");
    assert_failed(&take_out().await);
    assert_failed(&world.write(async |tx| tx.set_role(&changed).await).await);
    assert_eq!(world.store.list_members(&account.id).await.expect("read").len(), 1);
    assert_eq!(world.store.find_membership(&person.id).await.expect("read"), Some(elsewhere));
}

/// The last one neither goes nor becomes something else; of two, one may.
pub async fn an_account_keeps_an_owner(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (ada, ben) = (world.person().await, world.person().await);
    let (account, other) = (world.account().await, world.account().await);
    let owner = world.join(&ada, &account, Role::Owner).await;
    world.join(&ben, &account, Role::Developer).await;
    // An owner elsewhere is none here.
    world.join(&ben, &other, Role::Owner).await;
    let goes = async || world.write(async |tx| tx.delete_membership(&account.id, &ada.id).await).await;
    let becomes = async |role| {
        let changed = Membership { role, ..owner.clone() };
        world.write(async |tx| tx.set_role(&changed).await).await
    };
    assert_conflict(&goes().await, Conflict::LastOwner);
    assert_conflict(&becomes(Role::Developer).await, Conflict::LastOwner);
    assert_conflict(&becomes(Role::Viewer).await, Conflict::LastOwner);
    becomes(Role::Owner).await.expect("nothing changes");
    assert_eq!(world.store.list_members(&account.id).await.expect("read")[0].role, Role::Owner);
    let second = Membership { account_id: account.id.clone(), user_id: ben.id.clone(), role: Role::Owner };
    world.write(async |tx| tx.set_role(&second).await).await.expect("stored");
    becomes(Role::Viewer).await.expect("stored");
    goes().await.expect("stored");
}

/// Each transaction saw the other one's owner; one of them is refused all the same.
pub async fn of_two_owners_taken_out_at_once_one_stays(store: Arc<dyn Store>) {
    let world = World::new(store);
    let account = world.account().await;
    let owners = [world.person().await, world.person().await];
    for owner in &owners {
        world.join(owner, &account, Role::Owner).await;
    }
    let outcomes = owners.map(|owner| {
        let (store, account) = (Arc::clone(&world.store), account.id.clone());
        tokio::spawn(async move {
            let mut tx = store.begin_write().await?;
            tx.delete_membership(&account, &owner.id).await?;
            tx.commit().await
        })
    });
    let mut refused = 0;
    for outcome in outcomes {
        let outcome = outcome.await.expect("joins");
        if outcome.is_err() {
            assert_conflict(&outcome, Conflict::LastOwner);
            refused += 1;
        }
    }
    assert_eq!(refused, 1);
    assert_eq!(world.store.list_members(&account.id).await.expect("read").len(), 1);
}

/// With what the person is in each; nobody else's.
pub async fn the_accounts_of_a_person_are_listed_in_the_order_of_joining(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (person, other) = (world.person().await, world.person().await);
    let (older, newer, strange) = (world.account().await, world.account().await, world.account().await);
    world.join(&other, &strange, Role::Owner).await;
    assert_eq!(world.store.list_own_accounts(&person.id).await.expect("read"), []);
    let disabled = AccountRecord { disabled_at: Some(at(5)), ..newer };
    world.write(async |tx| tx.set_account_disabled(&disabled.id, disabled.disabled_at).await).await.expect("stored");
    world.join(&person, &disabled, Role::Viewer).await;
    world.join(&person, &older, Role::Owner).await;
    let own = [OwnAccount { account: disabled, role: Role::Viewer }, OwnAccount { account: older, role: Role::Owner }];
    assert_eq!(world.store.list_own_accounts(&person.id).await.expect("read"), own);
}
