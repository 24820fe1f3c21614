//! Keys checked from memory, and changes by other processes.

use super::{Installation, Owner, done};
use backend::authenticate::Verdict;
use backend::store::Store;
use backend::verification::LEASE;
use domain::{Duration, ExpireOld};
use std::sync::Arc;
use std::time::Instant;

async fn verdict(installation: &Installation, key: &str) -> Verdict {
    installation.backend.authenticate(key).await.expect("decides")
}

fn works(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Valid(_))
}

/// A server that follows, and a command beside it.
async fn server_and_command(store: Arc<dyn Store>) -> (Installation, Installation, Owner) {
    let server = Installation::new(store);
    let owner = server.owner("ada@example.org").await;
    server.follow().await;
    let command = server.beside();
    (server, command, owner)
}

/// Follows as often as the process that serves does, until the test ends.
pub(super) fn keep_following(server: &Installation) -> tokio::task::JoinHandle<()> {
    let backend = server.backend.clone();
    tokio::spawn(async move {
        loop {
            backend.follow().await.expect("follows");
            tokio::time::sleep(backend::verification::FOLLOW_EVERY).await;
        }
    })
}

/// From memory and from the database: the same.
pub async fn memory_and_database_give_the_same_answers(store: Arc<dyn Store>) {
    let (server, command, owner) = server_and_command(store).await;
    let (second, second_key) = done(server.roll(&owner, &owner.pair, ExpireOld::In1Hour).await);
    let (_, third_key) = done(server.roll(&owner, &second, ExpireOld::Immediately).await);
    assert_eq!((server.backend.indexed_keys(), command.backend.indexed_keys()), (Some(2), None));
    for pass in [Duration::ZERO, Duration::minutes(59), Duration::minutes(1), Duration::days(1)] {
        server.pass(pass);
        command.set_clock(server.backend.now());
        for key in [&owner.key, &second_key, &third_key] {
            let from_memory = server.backend.check_key(key, || None).await.expect("decides");
            assert_eq!(from_memory, command.backend.check_key(key, || None).await.expect("decides"));
            // Asked again, it may come from what was remembered.
            assert_eq!(from_memory, server.backend.check_key(key, || None).await.expect("decides"));
        }
    }
    assert_eq!(server.backend.indexed_keys(), Some(1), "what was told to be expired is not kept");
}

/// The process that changes something has it at once, without having followed.
pub async fn what_a_process_changes_itself_it_knows_at_once(store: Arc<dyn Store>) {
    let (server, _, owner) = server_and_command(store).await;
    let (_, new_key) = done(server.roll(&owner, &owner.pair, ExpireOld::Immediately).await);
    assert_eq!(verdict(&server, &owner.key).await, Verdict::Revoked);
    assert!(works(&verdict(&server, &new_key).await));
    assert_eq!(server.backend.indexed_keys(), Some(1));
}

/// Rule 10: when a command says that a pair is dead, the server beside it refuses it, every time.
pub async fn what_a_command_has_ended_no_server_accepts(store: Arc<dyn Store>) {
    let (server, command, owner) = server_and_command(store).await;
    let following = keep_following(&server);
    let (mut pair, mut key) = (owner.pair.clone(), owner.key.clone());
    for round in 0..20 {
        assert!(works(&verdict(&server, &key).await), "round {round}");
        let (new_pair, new_key) = done(command.roll(&owner, &pair, ExpireOld::Immediately).await);
        assert_eq!(verdict(&server, &key).await, Verdict::Revoked, "round {round}");
        (pair, key) = (new_pair, new_key);
    }
    let (_, new_key) = done(command.roll(&owner, &pair, ExpireOld::In1Hour).await);
    command.backend.revoke(&owner.context, &owner.account, &pair, None).await.expect("ends it");
    assert_eq!(verdict(&server, &key).await, Verdict::Revoked);
    let operator = backend::RequestContext::operator("op".to_owned(), "req_operator".to_owned());
    for disabled in [true, false] {
        let set = command.backend.set_account_disabled(&operator, &owner.account, disabled, "leaked", None).await;
        set.expect("sets it");
        assert_eq!(works(&verdict(&server, &new_key).await), !disabled);
    }
    following.abort();
}

/// A page that is read tells too: what another process has committed and not yet answered.
pub async fn what_a_page_shows_as_dead_no_server_accepts(store: Arc<dyn Store>) {
    let (server, command, owner) = server_and_command(store).await;
    let mut tx = command.store.begin_write().await.expect("begins");
    let mut pairs = tx.list_pairs(&owner.account).await.expect("read");
    let old =
        pairs.remove(0).roll(ExpireOld::Immediately, Duration::days(30), 1, server.backend.now()).expect("may").old;
    tx.update_pair_end(&old).await.expect("stored");
    tx.commit().await.expect("commits");
    assert!(works(&verdict(&server, &owner.key).await), "it is known to nobody yet");
    server.backend.list_keys(&owner.context, &owner.account).await.expect("lists");
    assert_eq!(verdict(&server, &owner.key).await, Verdict::Revoked);
}

/// A server that was stopped is waited for as long as its lease lasts, once; afterwards it asks the database by itself.
pub async fn a_silent_server_is_waited_for_until_its_lease_is_over(store: Arc<dyn Store>) {
    let (server, command, owner) = server_and_command(store).await;
    let began = Instant::now();
    let (new_pair, new_key) = done(command.roll(&owner, &owner.pair, ExpireOld::Immediately).await);
    assert!(began.elapsed() >= LEASE, "{:?}", began.elapsed());
    server.run_for(LEASE);
    assert_eq!(verdict(&server, &owner.key).await, Verdict::Revoked);
    assert!(works(&verdict(&server, &new_key).await));

    assert_eq!(command.store.list_instances().await.expect("read"), []);
    let began = Instant::now();
    done(command.roll(&owner, &new_pair, ExpireOld::Immediately).await);
    assert!(began.elapsed() < LEASE, "{:?}", began.elapsed());

    server.backend.follow().await.expect("follows");
    assert_eq!(server.backend.indexed_keys(), Some(1), "it is one of the instances again");
    assert_eq!(command.store.list_instances().await.expect("read").len(), 1);
}

/// Half open, as every end here.
pub async fn an_index_is_not_asked_after_its_lease(store: Arc<dyn Store>) {
    let (server, _, owner) = server_and_command(store).await;
    let last = std::time::Duration::from_millis(1);
    server.run_for(LEASE.saturating_sub(last));
    assert_eq!(server.backend.indexed_keys(), Some(1));
    server.run_for(last);
    assert_eq!(server.backend.indexed_keys(), None);
    assert!(works(&verdict(&server, &owner.key).await));
    server.backend.follow().await.expect("follows");
    assert_eq!(server.backend.indexed_keys(), Some(1));
}

/// Others may have forgotten it by then, and wait for it no more.
pub async fn who_looks_and_does_not_say_that_it_lives_asks_the_database(store: Arc<dyn Store>) {
    let (server, _, owner) = server_and_command(store).await;
    let nearly = LEASE.saturating_sub(std::time::Duration::from_millis(1));
    server.run_for(nearly);
    // It looks for changes at the end of this, and says nothing of itself.
    done(server.roll(&owner, &owner.pair, ExpireOld::Immediately).await);
    assert_eq!(server.backend.indexed_keys(), Some(1));
    server.run_for(nearly);
    assert_eq!(server.backend.indexed_keys(), None);
}

/// One that stopped on purpose, or was killed: nobody waits for it again.
pub async fn a_server_that_is_over_is_waited_for_by_nobody(store: Arc<dyn Store>) {
    let (server, command, owner) = server_and_command(store).await;
    let other = server.beside();
    other.follow().await;
    server.backend.leave_instances().await.expect("leaves");
    assert_eq!(server.backend.indexed_keys(), None);
    assert_eq!(command.store.list_instances().await.expect("read").len(), 1);

    // Killed: its row stays, and whoever lives notices that it is silent.
    let third = server.beside();
    third.follow().await;
    third.backend.follow().await.expect("follows");
    third.run_for(LEASE + std::time::Duration::from_millis(1));
    third.backend.follow().await.expect("follows");
    let left = command.store.list_instances().await.expect("read");
    assert_eq!(left.len(), 1);
    let following = keep_following(&third);
    let began = Instant::now();
    done(command.roll(&owner, &owner.pair, ExpireOld::Immediately).await);
    assert!(began.elapsed() < LEASE, "{:?}", began.elapsed());
    following.abort();
}

/// Asleep for longer than changes are kept: everything is read anew, and nothing that ended meanwhile is left.
pub async fn who_has_missed_changes_reads_everything_anew(store: Arc<dyn Store>) {
    let (server, command, owner) = server_and_command(store).await;
    let grace = server.owner("grace@example.org").await;
    server.backend.follow().await.expect("follows");
    server.backend.leave_instances().await.expect("leaves, so that nobody waits");
    let (_, new_key) = done(command.roll(&owner, &owner.pair, ExpireOld::Immediately).await);
    let mut tx = command.store.begin_write().await.expect("begins");
    tx.forget_key_changes(1).await.expect("forgets");
    tx.commit().await.expect("commits");
    server.follow().await;
    assert_eq!(server.backend.indexed_keys(), Some(2));
    assert_eq!(verdict(&server, &owner.key).await, Verdict::Revoked);
    assert!(works(&verdict(&server, &new_key).await) && works(&verdict(&server, &grace.key).await));
}

/// A key that nobody had when it was asked for is no key that nobody has for ever.
pub async fn a_key_made_by_another_process_works_before_it_is_followed(store: Arc<dyn Store>) {
    let (server, command, _) = server_and_command(store).await;
    let eve = command.owner("eve@example.org").await;
    assert_eq!(server.backend.indexed_keys(), Some(1));
    assert!(works(&verdict(&server, &eve.key).await));
    server.backend.follow().await.expect("follows");
    assert_eq!(server.backend.indexed_keys(), Some(2));
    assert!(works(&verdict(&server, &eve.key).await));
}
