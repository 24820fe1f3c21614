//! Uploaded files, and the tokens that were used up for them.

use crate::world::{World, assert_failed, at};
use backend::store::{FileOrder, FileQuery, FileRecord, NameQuery, Store, Uploader};
use domain::upload::{FileName, Folder, ImageSize};
use domain::{AccountId, Entropy, FileId, PairId};
use std::sync::Arc;

struct Whole<'a>(&'a World);

impl Entropy for Whole<'_> {
    fn fill(&self, bytes: &mut [u8]) {
        let random = self.0.digest();
        let most = bytes.len();
        bytes.copy_from_slice(&random[..most]);
    }
}

fn file(world: &World, account: &AccountId, pair: &PairId, folder: &str, name: &str) -> FileRecord {
    let id = FileId::mint(&Whole(world));
    FileRecord {
        id: id.clone(),
        account_id: account.clone(),
        version_id: id,
        version: 1,
        name: FileName::read(name).expect("a name"),
        folder: Folder::read(folder).expect("a folder"),
        size: 3,
        image_type: None,
        image_size: None,
        tags: Vec::new(),
        private: false,
        published: true,
        coordinates: None,
        metadata: None,
        description: None,
        uploaded_by: Uploader::Pair(pair.clone()),
        created_at: at(0),
        updated_at: at(0),
    }
}

/// An account with a pair.
async fn account(world: &World) -> (AccountId, PairId) {
    let account = world.new_account();
    let minted = world.new_pair(&account.id, at(0));
    world
        .write(async |tx| {
            tx.insert_account(&account).await?;
            tx.insert_pair(&minted.pair, &minted.digest, &minted.sealed).await
        })
        .await
        .expect("stored");
    (account.id, minted.pair.id)
}

async fn insert(world: &World, file: &FileRecord) {
    world.write(async |tx| tx.insert_file(file).await).await.expect("stored");
}

/// Every field comes back, whichever way the file is asked for.
pub async fn a_file_is_read_back_by_its_id_its_version_and_its_place(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (account, pair) = account(&world).await;
    let person = world.new_person();
    world.write(async |tx| tx.insert_person(&person).await).await.expect("stored");
    let plain = file(&world, &account, &pair, "/", "a.txt");
    let full = FileRecord {
        version_id: FileId::mint(&Whole(&world)),
        version: 7,
        size: 5_000_000_000,
        image_type: Some("image/png".to_owned()),
        image_size: Some(ImageSize { width: u32::MAX, height: 1 }),
        tags: vec!["ä".to_owned(), "\"b\"".to_owned()],
        private: true,
        published: false,
        coordinates: Some("1,2,3,4".to_owned()),
        metadata: Some("{\"a\":[1,\"x\"]}".to_owned()),
        description: Some("zoë's".to_owned()),
        uploaded_by: Uploader::Person(person.id.clone()),
        created_at: at(-5),
        updated_at: at(9),
        ..file(&world, &account, &pair, "/docs/2026", "b.png")
    };
    for file in [&plain, &full] {
        insert(&world, file).await;
        assert_eq!(world.store.find_file(&file.id).await.expect("read").as_ref(), Some(file));
        assert_eq!(world.store.find_file_version(&file.version_id).await.expect("read").as_ref(), Some(&account));
        let at_place = world.write(async |tx| tx.find_file_at(&account, &file.folder, &file.name).await).await;
        assert_eq!(at_place.expect("read").as_ref(), Some(file));
    }
    let nobodys = FileId::mint(&Whole(&world));
    assert_eq!(world.store.find_file(&nobodys).await.expect("read"), None);
    assert_eq!(world.store.find_file_version(&nobodys).await.expect("read"), None);
    let elsewhere = world.write(async |tx| tx.find_file_at(&account, &full.folder, &plain.name).await).await;
    assert_eq!(elsewhere.expect("read"), None);
    // A place is taken once in an account, and an id once altogether.
    let same_place = file(&world, &account, &pair, "/", "a.txt");
    assert_failed(&world.write(async |tx| tx.insert_file(&same_place).await).await);
    let same_id = FileRecord { id: plain.id.clone(), ..file(&world, &account, &pair, "/", "c.txt") };
    assert_failed(&world.write(async |tx| tx.insert_file(&same_id).await).await);
}

/// What it holds changes; what it is called, and whose it is, does not.
pub async fn a_file_is_replaced_where_it_is(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (account, pair) = account(&world).await;
    let first = file(&world, &account, &pair, "/", "a.txt");
    insert(&world, &first).await;
    let second = FileRecord {
        version_id: FileId::mint(&Whole(&world)),
        version: 2,
        size: 10,
        tags: vec!["new".to_owned()],
        private: true,
        updated_at: at(5),
        ..first.clone()
    };
    world.write(async |tx| tx.replace_file(&second).await).await.expect("replaced");
    assert_eq!(world.store.find_file(&first.id).await.expect("read"), Some(second));
    assert_eq!(world.store.find_file_version(&first.version_id).await.expect("read"), None);
    let unknown = file(&world, &account, &pair, "/", "b.txt");
    assert_failed(&world.write(async |tx| tx.replace_file(&unknown).await).await);
}

/// Another account's file is not there.
pub async fn a_file_is_deleted_for_its_own_account_only(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (ours, pair) = account(&world).await;
    let (theirs, _) = account(&world).await;
    let file = file(&world, &ours, &pair, "/", "a.txt");
    insert(&world, &file).await;
    let delete = async |account: &AccountId| world.write(async |tx| tx.delete_file(account, &file.id).await).await;
    assert_eq!(delete(&theirs).await.expect("read"), None);
    assert_eq!(delete(&ours).await.expect("deleted"), Some(file.clone()));
    assert_eq!(delete(&ours).await.expect("read"), None);
    assert_eq!(world.store.find_file(&file.id).await.expect("read"), None);
}

/// Every filter and every order, and nothing of another account.
pub async fn files_are_listed_as_asked(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (account, pair) = account(&world).await;
    let (others, other_pair) = self::account(&world).await;
    insert(&world, &file(&world, &others, &other_pair, "/", "a.txt")).await;
    let made = |name: &str, folder: &str, size, created, updated, image: bool| FileRecord {
        size,
        created_at: at(created),
        updated_at: at(updated),
        image_type: image.then(|| "image/gif".to_owned()),
        image_size: image.then_some(ImageSize { width: 3, height: 2 }),
        ..file(&world, &account, &pair, folder, name)
    };
    for file in [
        made("b.txt", "/", 2, 0, 9, false),
        made("a.txt", "/docs", 3, 0, 1, true),
        made("A_1", "/docs/deep", 1, -5, 2, false),
        made("ab.txt", "/", 2, 7, 7, true),
    ] {
        insert(&world, &file).await;
    }
    let list = async |query: FileQuery| {
        let query = if query.limit == 0 { FileQuery { limit: 100, ..query } } else { query };
        let files = world.store.list_files(&account, &query).await.expect("read");
        files.iter().map(|file| file.name.to_string()).collect::<Vec<_>>().join(" ")
    };
    let by = |order, descending| FileQuery { order, descending, ..FileQuery::default() };
    for (query, expected) in [
        (by(FileOrder::Created, false), "A_1 b.txt a.txt ab.txt"),
        (by(FileOrder::Created, true), "ab.txt a.txt b.txt A_1"),
        (by(FileOrder::Updated, false), "a.txt A_1 ab.txt b.txt"),
        (by(FileOrder::Name, false), "A_1 a.txt ab.txt b.txt"),
        (by(FileOrder::Name, true), "b.txt ab.txt a.txt A_1"),
        (by(FileOrder::Size, false), "A_1 b.txt ab.txt a.txt"),
        (by(FileOrder::Size, true), "a.txt ab.txt b.txt A_1"),
        (FileQuery { skip: 1, limit: 2, ..by(FileOrder::Name, false) }, "a.txt ab.txt"),
        (FileQuery { folder: Some(Folder::root()), ..by(FileOrder::Name, false) }, "ab.txt b.txt"),
        (FileQuery { folder: Folder::read("docs").ok(), ..FileQuery::default() }, "a.txt"),
        (FileQuery { name: Some(NameQuery::Is("a.txt".to_owned())), ..FileQuery::default() }, "a.txt"),
        (FileQuery { name: Some(NameQuery::BeginsWith("a".to_owned())), ..FileQuery::default() }, "a.txt ab.txt"),
        (FileQuery { name: Some(NameQuery::BeginsWith("A_".to_owned())), ..FileQuery::default() }, "A_1"),
        (FileQuery { name: Some(NameQuery::BeginsWith("%".to_owned())), ..FileQuery::default() }, ""),
        (FileQuery { name: Some(NameQuery::Contains("B.T".to_owned())), ..FileQuery::default() }, "b.txt ab.txt"),
        (FileQuery { name: Some(NameQuery::Contains("_".to_owned())), ..FileQuery::default() }, "A_1"),
        (FileQuery { name: Some(NameQuery::Contains("%".to_owned())), ..FileQuery::default() }, ""),
        (FileQuery { images: Some(true), ..FileQuery::default() }, "a.txt ab.txt"),
        (FileQuery { images: Some(false), ..FileQuery::default() }, "A_1 b.txt"),
    ] {
        assert_eq!(list(query.clone()).await, expected, "{query:?}");
    }
}

/// Whatever happens to files, the sum is that of the rows.
pub async fn the_bytes_of_an_account_are_added_up(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (account, pair) = account(&world).await;
    let usage = async || {
        let inside = world.write(async |tx| tx.file_usage(&account).await).await.expect("read");
        assert_eq!(world.store.file_usage(&account).await.expect("read"), inside);
        inside
    };
    assert_eq!(usage().await, 0);
    let one = file(&world, &account, &pair, "/", "1");
    let two = FileRecord { size: 40, ..file(&world, &account, &pair, "/", "2") };
    insert(&world, &one).await;
    insert(&world, &two).await;
    assert_eq!(usage().await, 43);
    let larger = FileRecord { size: 100, ..one.clone() };
    world.write(async |tx| tx.replace_file(&larger).await).await.expect("replaced");
    assert_eq!(usage().await, 140);
    world.write(async |tx| tx.delete_file(&account, &two.id).await).await.expect("deleted");
    assert_eq!(usage().await, 100);
}

/// Two accounts may use the same token.
pub async fn a_token_is_used_once_in_each_account(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (ours, _) = account(&world).await;
    let (theirs, _) = account(&world).await;
    let token = world.digest();
    let using = async |account: &AccountId, at| {
        world.write(async |tx| tx.use_upload_token(account, &token, at).await).await.expect("written")
    };
    assert_eq!(
        [using(&ours, at(5)).await, using(&ours, at(9)).await, using(&theirs, at(5)).await],
        [true, false, true]
    );
    // A transaction that fails has used nothing up.
    let other = world.digest();
    let mut tx = world.store.begin_write().await.expect("begins");
    assert!(tx.use_upload_token(&ours, &other, at(5)).await.expect("written"));
    drop(tx);
    let again = world.write(async |tx| tx.use_upload_token(&ours, &other, at(5)).await).await;
    assert!(again.expect("written"));
}

/// As requests do that replay each other.
pub async fn of_many_uses_of_one_token_at_once_one_wins(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (account, _) = account(&world).await;
    let token = world.digest();
    let mut using = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (world, account) = (world.clone(), account.clone());
        using.spawn(async move {
            let mut tx = world.store.begin_write().await.expect("begins");
            let unused = tx.use_upload_token(&account, &token, at(5)).await.expect("written");
            tx.commit().await.expect("committed");
            unused
        });
    }
    let used = using.join_all().await;
    assert_eq!(used.into_iter().filter(|unused| *unused).count(), 1);
}

/// At the very millisecond.
pub async fn tokens_are_forgotten_at_their_expiry(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (account, _) = account(&world).await;
    let (early, late) = (world.digest(), world.digest());
    world
        .write(async |tx| {
            tx.use_upload_token(&account, &early, at(5)).await?;
            tx.use_upload_token(&account, &late, at(6)).await
        })
        .await
        .expect("written");
    let forget = async |now| world.write(async |tx| tx.forget_upload_tokens(now).await).await.expect("written");
    assert_eq!([forget(at(4)).await, forget(at(5)).await, forget(at(5)).await], [0, 1, 0]);
    let again = world.write(async |tx| tx.use_upload_token(&account, &late, at(6)).await).await;
    assert!(!again.expect("written"), "the other is remembered");
}

/// Also when it has ended, and its private key is gone.
pub async fn a_pair_is_found_by_its_public_key_with_what_is_left_of_it(store: Arc<dyn Store>) {
    let world = World::new(store);
    let account = world.new_account();
    let minted = world.new_pair(&account.id, at(0));
    world
        .write(async |tx| {
            tx.insert_account(&account).await?;
            tx.insert_pair(&minted.pair, &minted.digest, &minted.sealed).await
        })
        .await
        .expect("stored");
    let find = async || {
        let found = world.store.find_pair_to_sign_for(&minted.pair.public_key).await.expect("read").expect("there");
        assert_eq!((&found.account, &found.pair.id), (&account, &minted.pair.id));
        found
    };
    let found = find().await;
    assert_eq!((found.pair, found.sealed), (minted.pair.clone(), Some(minted.sealed.clone())));
    let ended = domain::KeyPair { end: domain::key_pair::End::Revoked { revoked_at: at(1) }, ..minted.pair.clone() };
    world
        .write(async |tx| {
            tx.update_pair_end(&ended).await?;
            tx.destroy_ended_keys().await
        })
        .await
        .expect("destroyed");
    let found = find().await;
    assert_eq!((found.pair, found.sealed), (ended, None));
    let nobodys = world.new_pair(&account.id, at(0)).pair.public_key;
    assert_eq!(world.store.find_pair_to_sign_for(&nobodys).await.expect("read"), None);
}
