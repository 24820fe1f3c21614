//! What a request with a key costs: the database is closed, and whoever does not need it is answered.

use crate::world::{World, bearer};
use backend::keys::Rolled;
use domain::{Brand, ExpireOld, PrivateKey};

async fn asked(world: &World, key: &str) -> (u16, String) {
    let answer = world.get("/v1/account", &[("authorization", &bearer(key))]).await;
    let code = answer.json()["code"].as_str().unwrap_or_default().to_owned();
    (answer.status.as_u16(), code)
}

fn key_of(rolled: &Rolled) -> &str {
    match rolled {
        Rolled::Done { new, .. } => new.private_key.expose(),
        Rolled::Already { .. } => panic!("rolled before"),
    }
}

#[tokio::test]
async fn a_working_key_is_answered_without_the_database() {
    let world = World::http().await;
    let account = world.account().await;
    let first = account.first_pair.private_key.expose();
    let expiring = world.roll(&account.account_id, ExpireOld::In1Hour).await;
    let revoked = world.roll(&account.account_id, ExpireOld::Immediately).await;
    let nobodys = PrivateKey::mint(&Brand::none(), &backend::OsEntropy);
    // Looked up once, and remembered.
    assert_eq!(asked(&world, key_of(&expiring)).await, (403, "KEY_REVOKED".to_owned()));
    assert_eq!(asked(&world, nobodys.expose()).await, (403, "KEY_UNKNOWN".to_owned()));
    world.break_database().await;

    for (key, told) in [
        (first, (200, "")),
        (key_of(&revoked), (200, "")),
        (key_of(&expiring), (403, "KEY_REVOKED")),
        (nobodys.expose(), (403, "KEY_UNKNOWN")),
        (&first[..first.len() - 1], (403, "KEY_UNKNOWN")),
        (account.first_pair.pair.public_key.as_str(), (403, "KEY_IS_PUBLIC")),
    ] {
        let (status, code) = asked(&world, key).await;
        assert_eq!((status, code.as_str()), told);
    }
    let strange = PrivateKey::mint(&Brand::none(), &backend::OsEntropy);
    assert_eq!(asked(&world, strange.expose()).await.0, 503, "what is not known by heart has to be looked up");
}

/// A flood of made-up keys with valid checksums fills what is remembered, and pushes no working key out.
#[tokio::test]
async fn made_up_keys_push_no_working_key_out() {
    let world = World::http().await;
    let key = world.account().await.first_pair.private_key.expose().to_owned();
    world.backend.follow().await.unwrap();
    for _ in 0..300 {
        let nobodys = PrivateKey::mint(&Brand::none(), &backend::OsEntropy);
        assert_eq!(asked(&world, nobodys.expose()).await, (403, "KEY_UNKNOWN".to_owned()));
    }
    world.break_database().await;
    assert_eq!(asked(&world, &key).await.0, 200);
}
