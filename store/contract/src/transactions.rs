//! What a transaction promises.

use crate::world::{NOW, World, assert_conflict};
use backend::store::{Conflict, Installation, Store};
use std::sync::Arc;

/// A store that was just made answers.
pub async fn a_new_store_answers(store: Arc<dyn Store>) {
    store.ping().await.expect("answers");
    assert_eq!(store.find_installation().await.expect("read"), None);
}

/// Dropped without a commit, a transaction leaves nothing behind, whatever it had written.
pub async fn a_dropped_transaction_leaves_nothing(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (account, person) = (world.new_account(), world.new_person());
    let mut tx = world.store.begin_write().await.expect("begins");
    tx.insert_account(&account).await.expect("written");
    tx.insert_person(&person).await.expect("written");
    assert_eq!(tx.count_attempt("bucket", NOW, NOW).await.expect("counted"), 1);
    drop(tx);
    assert_eq!(world.store.find_account(&account.id).await.expect("read"), None);
    assert_eq!(world.store.find_person(&person.id).await.expect("read"), None);
    let mut tx = world.store.begin_write().await.expect("begins");
    assert_eq!(tx.lock_account(&account.id).await.expect("read"), None);
    assert_eq!(tx.count_attempt("bucket", NOW, NOW).await.expect("counted"), 1);
}

/// Until it is committed, a change is seen by its own transaction and by nobody else.
pub async fn an_uncommitted_change_is_seen_by_nobody_else(store: Arc<dyn Store>) {
    let world = World::new(store);
    let account = world.new_account();
    let mut tx = world.store.begin_write().await.expect("begins");
    tx.insert_account(&account).await.expect("written");
    assert_eq!(tx.lock_account(&account.id).await.expect("read"), Some(account.clone()));
    assert_eq!(world.store.find_account(&account.id).await.expect("read"), None);
    tx.commit().await.expect("committed");
    assert_eq!(world.store.find_account(&account.id).await.expect("read"), Some(account));
}

/// Every read that begins after a commit has returned sees it, on whichever connection.
pub async fn a_commit_is_seen_by_every_read_that_follows(store: Arc<dyn Store>) {
    let world = World::new(store);
    for _ in 0..10 {
        let account = world.account().await;
        let reads: Vec<_> = (0..8)
            .map(|_| {
                let (store, id) = (Arc::clone(&world.store), account.id.clone());
                tokio::spawn(async move { store.find_account(&id).await })
            })
            .collect();
        for read in reads {
            let found = read.await.expect("no panic").expect("read");
            assert_eq!(found.as_ref(), Some(&account));
        }
    }
}

/// Fifty writers at once: each sees what all before it have written.
pub async fn writers_take_turns(store: Arc<dyn Store>) {
    let writers: Vec<_> = (0..50)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut tx = store.begin_write().await?;
                let count = tx.count_attempt("bucket", NOW, crate::world::at(-1)).await?;
                // Lets the others run while this transaction is open.
                tokio::task::yield_now().await;
                tx.commit().await.map(|()| count)
            })
        })
        .collect();
    let mut counts = Vec::new();
    for writer in writers {
        counts.push(writer.await.expect("no panic").expect("written"));
    }
    counts.sort_unstable();
    assert_eq!(counts, (1..=50).collect::<Vec<_>>());
}

/// The installation row is written once and read back.
pub async fn a_second_installation_is_refused(store: Arc<dyn Store>) {
    let world = World::new(store);
    let installation =
        Installation { created_at: NOW, master_key_id: "mk_first".to_owned(), master_key_check: world.digest() };
    world.write(async |tx| tx.insert_installation(&installation).await).await.expect("written");
    let other = Installation { master_key_id: "mk_other".to_owned(), ..installation.clone() };
    let refused = world.write(async |tx| tx.insert_installation(&other).await).await;
    assert_conflict(&refused, Conflict::InstallationExists);
    assert_eq!(world.store.find_installation().await.expect("read"), Some(installation));
}
