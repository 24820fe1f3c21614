//! `GET /v1/account`: every row of the error table, and what an expiring pair is told.

use crate::world::{NOW, World, basic, bearer};
use backend::keys::Rolled;
use domain::{Brand, ExpireOld, PrivateKey};
use serde_json::json;

const UNAUTHENTICATED: &str = "Your account cannot be authenticated.";
const EXPIRED: &str = "Your request contains expired private API key.";
const HOUR: i64 = 3_600_000;

struct Row {
    name: &'static str,
    headers: Vec<String>,
    path: String,
    status: u16,
    code: &'static str,
    message: &'static str,
}

fn row(name: &'static str, headers: Vec<String>, status: u16, code: &'static str, message: &'static str) -> Row {
    Row { name, headers, path: "/v1/account".to_owned(), status, code, message }
}

async fn check(world: &World, row: Row) {
    let headers: Vec<_> = row.headers.iter().map(|value| ("authorization", value.as_str())).collect();
    let answer = world.get(&row.path, &headers).await;
    let body = answer.json();
    assert_eq!(answer.status, row.status, "{}", row.name);
    assert_eq!(body["code"], row.code, "{}", row.name);
    assert_eq!(body["message"], row.message, "{}", row.name);
    assert!(body["help"].as_str().unwrap().ends_with('.'), "{}", row.name);
    assert_eq!(body.as_object().unwrap().len(), 3, "{}", row.name);
    assert_eq!(answer.header("content-type"), "application/json", "{}", row.name);
    assert_eq!(answer.header("cache-control"), "no-store", "{}", row.name);
    assert!(answer.header("x-request-id").starts_with("req_"), "{}", row.name);
    let challenge = if row.status == 401 { "Basic realm=\"Latchkey\"" } else { "" };
    assert_eq!(answer.header("www-authenticate"), challenge, "{}", row.name);
}

#[tokio::test]
async fn a_request_without_a_usable_key_is_told_what_to_do() {
    let world = World::http().await;
    let account = world.account().await;
    let key = account.first_pair.private_key.expose();
    let public = account.first_pair.pair.public_key.as_str();
    let nobodys = PrivateKey::mint(&Brand::none(), &backend::OsEntropy);
    let missing = "Your request does not contain private API key.";
    let in_url = "Your request contains a private API key in its URL.";
    let mut typo = key.to_owned();
    typo.replace_range(10..11, if &key[10..11] == "a" { "b" } else { "a" });
    let encoded = key.replace('_', "%5F");
    for row in [
        row("no header", vec![], 401, "KEY_MISSING", missing),
        row("empty user name", vec![basic("")], 401, "KEY_MISSING", missing),
        row("another scheme", vec![format!("Digest {key}")], 401, "KEY_MISSING", missing),
        row("nobody's", vec![basic(nobodys.expose())], 403, "KEY_UNKNOWN", UNAUTHENTICATED),
        row("a typo", vec![basic(&typo)], 403, "KEY_UNKNOWN", UNAUTHENTICATED),
        row("cut off", vec![bearer(&key[..30])], 403, "KEY_UNKNOWN", UNAUTHENTICATED),
        row("not base 64", vec!["Basic %%%".to_owned()], 403, "KEY_UNKNOWN", UNAUTHENTICATED),
        row("public", vec![basic(public)], 403, "KEY_IS_PUBLIC", UNAUTHENTICATED),
        row(
            "two headers",
            vec![basic(key), basic(key)],
            400,
            "HEADER_REPEATED",
            "Your request contains more than one Authorization header.",
        ),
        Row { path: format!("/v1/account?key={key}"), ..row("in the URL", vec![], 400, "KEY_IN_URL", in_url) },
        Row {
            path: format!("/v1/account?key={encoded}"),
            ..row("encoded in the URL", vec![basic(key)], 400, "KEY_IN_URL", in_url)
        },
        Row { path: format!("/v1/nothing?key={key}"), ..row("in another URL", vec![], 400, "KEY_IN_URL", in_url) },
    ] {
        check(&world, row).await;
    }
    world.disable(&account.account_id).await;
    check(&world, row("disabled", vec![basic(key)], 403, "ACCOUNT_DISABLED", "Your account is disabled.")).await;
}

#[tokio::test]
async fn only_the_holder_of_a_once_valid_key_learns_that_it_ended() {
    let world = World::http().await;
    let account = world.account().await;
    let first = account.first_pair.private_key.expose();
    let Rolled::Done { new, .. } = world.roll(&account.account_id, ExpireOld::Immediately).await else {
        panic!("rolled")
    };
    check(&world, row("revoked", vec![basic(first)], 403, "KEY_REVOKED", EXPIRED)).await;
    world.roll(&account.account_id, ExpireOld::In1Hour).await;
    world.clock.set(NOW + HOUR);
    check(&world, row("expired", vec![basic(new.private_key.expose())], 403, "KEY_EXPIRED", EXPIRED)).await;
}

#[tokio::test]
async fn a_working_key_is_told_whose_it_is() {
    let world = World::http().await;
    let account = world.account().await;
    let pair = &account.first_pair;
    let expected = json!({
        "accountId": account.account_id,
        "externalId": "cus_1",
        "keyPair": { "id": pair.pair.id, "publicKey": pair.pair.public_key, "status": "active", "expiresAt": null },
    });
    let key = pair.private_key.expose();
    for header in
        [basic(key), bearer(key), basic(key).replace("Basic", "bAsIc"), bearer(key).replace("Bearer", "BEARER")]
    {
        let answer = world.get("/v1/account", &[("authorization", &header)]).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (200, expected.clone()));
        assert_eq!(answer.header("content-type"), "application/json");
        for name in ["deprecation", "sunset", "link"] {
            assert_eq!(answer.header(name), "");
        }
    }
}

#[tokio::test]
async fn a_rolled_pair_still_works_until_its_expiry_and_says_so() {
    let world = World::at("https://keys.example.com").await;
    let account = world.account().await;
    world.clock.set(NOW + 500);
    let Rolled::Done { new, old } = world.roll(&account.account_id, ExpireOld::In1Hour).await else { panic!("rolled") };
    let (old_key, new_key) = (basic(account.first_pair.private_key.expose()), basic(new.private_key.expose()));
    let ends = NOW + 500 + HOUR;

    for now in [NOW + 500, ends - 1] {
        world.clock.set(now);
        let answer = world.get("/v1/account", &[("authorization", &new_key)]).await;
        assert_eq!((answer.status.as_u16(), answer.header("deprecation")), (200, ""));
        let answer = world.get("/v1/account", &[("authorization", &old_key)]).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json()["keyPair"]["id"], old.id.as_str());
        let told: Vec<_> =
            ["deprecation", "sunset", "link"].map(|name| format!("{name}: {}", answer.header(name))).into();
        let pair = &answer.json()["keyPair"];
        let shown = format!("{}\n{} {}", told.join("\n"), pair["status"], pair["expiresAt"]);
        insta::allow_duplicates! {
            insta::assert_snapshot!(shown, @r#"
            deprecation: @1795424520
            sunset: Mon, 23 Nov 2026 10:02:00 GMT
            link: <https://keys.example.com/dashboard/developers>; rel="deprecation"; type="text/html"
            "expiring" "2026-11-23T10:02:00.500Z"
            "#);
        }
    }

    // At the very millisecond of its end the old pair is dead, and a clock that steps back does not revive it.
    for now in [ends, ends - 1] {
        world.clock.set(now);
        let answer = world.get("/v1/account", &[("authorization", &old_key)]).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (403, &json!("KEY_EXPIRED")));
        assert_eq!(world.get("/v1/account", &[("authorization", &new_key)]).await.status, 200);
    }
}

#[tokio::test]
async fn a_key_that_cannot_be_checked_is_neither_accepted_nor_refused() {
    let world = World::http().await;
    let account = world.account().await;
    world.break_database().await;
    // What is known by heart is past its lease.
    world.clock.pass(3_000);
    let key = basic(account.first_pair.private_key.expose());
    let answer = world.get("/v1/account", &[("authorization", &key)]).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (503, &json!("UNAVAILABLE")));
    assert_eq!(answer.header("retry-after"), "5");
    // What is no key needs no database.
    let answer = world.get("/v1/account", &[("authorization", "Bearer nonsense")]).await;
    assert_eq!(answer.status, 403);
}

#[tokio::test]
async fn a_cookie_means_nothing_to_the_api() {
    let world = World::http().await;
    world.account().await;
    let cookie = world.signed_in().await;
    let answer = world.get("/v1/account", &[("cookie", &cookie)]).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (401, &json!("KEY_MISSING")));
}

#[tokio::test]
async fn the_realm_is_the_products_name() {
    let world = World::with(&[("LATCHKEY_PRODUCT_NAME", "Acme \"Images\"")]).await;
    let answer = world.get("/v1/account", &[]).await;
    assert_eq!(answer.header("www-authenticate"), "Basic realm=\"Acme \\\"Images\\\"\"");
}

/// A pair that was told to be expired stays so, although nothing could be written down and the clock steps back. A page
/// that only reads is drawn meanwhile.
#[tokio::test]
async fn an_expiry_that_cannot_be_written_down_is_told_and_never_taken_back() {
    let world = World::http().await;
    let account = world.account().await;
    let cookie = world.signed_in().await;
    world.roll(&account.account_id, ExpireOld::In1Hour).await;
    let key = basic(account.first_pair.private_key.expose());
    let code = async || world.get("/v1/account", &[("authorization", &key)]).await.json()["code"].clone();
    let nobody_writes = world.block_writing().await;
    world.clock.set(NOW + HOUR);
    // Waits for its turn to write, in vain.
    assert_eq!(code().await, "KEY_EXPIRED");
    world.clock.set(NOW + HOUR / 4);
    assert_eq!(code().await, "KEY_EXPIRED");
    let page = world.get("/dashboard/developers", &[("cookie", &cookie), ("accept", "text/html")]).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Expired") && !page.body.contains("Expires in"), "{}", page.body);
    drop(nobody_writes);
    assert_eq!(code().await, "KEY_EXPIRED");
    world.clock.set(NOW + HOUR);
    world.backend.sweep().await.unwrap();
    world.clock.set(NOW + HOUR / 4);
    let pairs = world.backend.list_keys(&World::operator(), &account.account_id).await.unwrap().pairs;
    assert!(matches!(pairs[1].end, domain::key_pair::End::Passed { .. }), "{pairs:?}");
}
