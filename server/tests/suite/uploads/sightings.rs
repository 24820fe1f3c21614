//! Private keys that come from a browser, or stand in a URL: refused, and their owner reads where they were seen.

use super::client::{Keys, expect, file, multipart, post, text};
use crate::world::{NOW, World, bearer};
use backend::store::Store as _;
use domain::audit::{Act, Actor, Detail, Target};

const FROM_BROWSER: &str = "Your request contains a private API key and comes from a browser.";

async fn origins(world: &World, account: &domain::AccountId) -> Vec<Option<String>> {
    let seen = world.backend.list_sightings(&World::operator(), account, 100).await.unwrap();
    let origin = |detail: &Option<Detail>| match detail {
        Some(Detail::Sighting { origin }) => origin.clone(),
        other => panic!("{other:?}"),
    };
    seen.iter().map(|event| origin(&event.detail)).collect()
}

#[tokio::test]
async fn a_private_key_from_a_browser_is_refused_everywhere_and_its_owner_reads_where() {
    let world = World::http().await;
    let account = world.account().await;
    let keys = Keys::of(&account);
    let (basic, bearer) = (keys.basic(), bearer(&keys.private));
    for (key, mark) in [
        (&basic, ("origin", "https://shop.example")),
        (&bearer, ("origin", "https://shop.example:8443")),
        (&basic, ("sec-fetch-site", "same-origin")),
        (&bearer, ("sec-fetch-dest", "empty")),
    ] {
        for path in ["/v1/account", "/v1/files", "/v1/files/0123456789abcdef01234567/details"] {
            let answer = world.get(path, &[("authorization", key), mark]).await;
            expect(&answer, 403, "KEY_FROM_BROWSER", FROM_BROWSER);
        }
    }
    let form = multipart(&[file("x"), text("fileName", "x")]);
    let from_page = [("authorization", basic.as_str()), ("origin", "null")];
    expect(&post(&world, &from_page, form).await, 403, "KEY_FROM_BROWSER", FROM_BROWSER);
    let with_referer =
        [("authorization", basic.as_str()), ("sec-fetch-site", "none"), ("referer", "https://ref.example/a?b")];
    world.get("/v1/account", &with_referer).await;
    let expected = ["https://ref.example", "null", "", "https://shop.example:8443", "https://shop.example"]
        .map(|o| Some(o.to_owned()));
    assert_eq!(origins(&world, &account.account_id).await, expected, "each once, newest first");
    let events = world.store.list_events(Some(&account.account_id), 1).await.unwrap();
    let pair = account.first_pair.pair.id.clone();
    assert_eq!((events[0].act, &events[0].targets[0]), (Act::KeySighting, &Target::Pair(pair.clone())));
    assert_eq!(events[0].actor, Actor::Pair { id: pair });

    // Node's own fetch sends this, and it is no browser.
    let node = world.get("/v1/account", &[("authorization", &basic), ("sec-fetch-mode", "cors")]).await;
    assert_eq!(node.status, 200);
    // What does not work is told what it would be told anyway, and is nobody's news.
    let wrong =
        world.get("/v1/account", &[("authorization", "Bearer nonsense"), ("origin", "https://x.example")]).await;
    assert_eq!(wrong.json()["code"], "KEY_UNKNOWN");
    assert_eq!(origins(&world, &account.account_id).await.len(), 5);
}

#[tokio::test]
async fn the_same_place_is_written_down_once_an_hour() {
    let world = World::http().await;
    let account = world.account().await;
    let key = Keys::of(&account).basic();
    let ask = async |origin: &str| world.get("/v1/account", &[("authorization", &key), ("origin", origin)]).await;
    for _ in 0..10 {
        ask("https://shop.example").await;
    }
    assert_eq!(origins(&world, &account.account_id).await.len(), 1);
    world.clock.set(NOW + 3_600_000);
    ask("https://shop.example").await;
    assert_eq!(origins(&world, &account.account_id).await.len(), 2);
    for n in 0..50 {
        assert_eq!(ask(&format!("https://{n}.example")).await.status, 403);
    }
    assert_eq!(origins(&world, &account.account_id).await.len(), 1 + 20);
}

#[tokio::test]
async fn a_key_that_works_in_a_url_is_written_down_and_no_other() {
    let world = World::http().await;
    let account = world.account().await;
    let keys = Keys::of(&account);
    let nobodys = domain::PrivateKey::mint(&domain::Brand::none(), &backend::OsEntropy);
    for key in [nobodys.expose(), "private_cut", &keys.private, &keys.private.replace('_', "%5F")] {
        let answer = world.get(&format!("/v1/account?key={key}"), &[]).await;
        assert_eq!(answer.json()["code"], "KEY_IN_URL");
    }
    assert_eq!(origins(&world, &account.account_id).await, [None]);
    let forged = format!("https://{}.example", keys.private);
    world.get("/v1/account", &[("authorization", &keys.basic()), ("origin", &forged)]).await;
    let said = format!("{:?}", origins(&world, &account.account_id).await);
    assert!(!said.contains(&keys.private), "{said}");
}
