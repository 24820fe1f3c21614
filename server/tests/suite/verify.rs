//! `POST /v1/keys/verify`, for one key and for several.

use crate::world::{Answer, NOW, World, basic};
use backend::keys::Rolled;
use domain::{Brand, ExpireOld, PrivateKey};
use serde_json::{Value, json};

const HOUR: i64 = 3_600_000;

async fn ask(world: &World, body: &Value) -> Answer {
    world.send("POST", "/v1/keys/verify", &[("content-type", "application/json")], &body.to_string()).await
}

async fn worth(world: &World, key: &str) -> Value {
    let answer = ask(world, &json!({ "key": key })).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!((answer.header("content-type"), answer.header("cache-control")), ("application/json", "no-store"));
    assert!(key.is_empty() || !answer.body.contains(key) || key.starts_with("public_"), "the key is said back");
    answer.json()
}

fn worthless(code: &str) -> Value {
    json!({ "valid": false, "code": code, "accountId": null, "externalId": null, "keyPair": null })
}

#[tokio::test]
async fn whoever_asks_is_told_what_a_key_is_worth_and_why() {
    let world = World::http().await;
    let account = world.account().await;
    let first = account.first_pair.private_key.expose().to_owned();
    let public = account.first_pair.pair.public_key.as_str();
    let nobodys = PrivateKey::mint(&Brand::none(), &backend::OsEntropy);
    let pair = &account.first_pair.pair;
    let valid = json!({
        "valid": true, "code": null, "accountId": account.account_id, "externalId": "cus_1",
        "keyPair": { "id": pair.id, "publicKey": pair.public_key, "status": "active", "expiresAt": null },
    });
    assert_eq!(worth(&world, &first).await, valid);
    for (key, code) in [
        ("", "KEY_MISSING"),
        (nobodys.expose(), "KEY_UNKNOWN"),
        ("private_typo", "KEY_UNKNOWN"),
        ("\u{0} \u{1f511}", "KEY_UNKNOWN"),
        (public, "KEY_IS_PUBLIC"),
        (&format!(" {first}"), "KEY_UNKNOWN"),
    ] {
        assert_eq!(worth(&world, key).await, worthless(code), "{key}");
    }

    let Rolled::Done { new, .. } = world.roll(&account.account_id, ExpireOld::In1Hour).await else { panic!("rolled") };
    let expiring = worth(&world, &first).await;
    assert_eq!((&expiring["valid"], &expiring["keyPair"]["status"]), (&json!(true), &json!("expiring")));
    assert_eq!(expiring["keyPair"]["expiresAt"], "2026-11-23T10:02:00.000Z");
    world.clock.set(NOW + HOUR);
    assert_eq!(worth(&world, &first).await, worthless("KEY_EXPIRED"));
    world.roll(&account.account_id, ExpireOld::Immediately).await;
    assert_eq!(worth(&world, new.private_key.expose()).await, worthless("KEY_REVOKED"));
}

#[tokio::test]
async fn a_disabled_account_and_an_installation_key_are_told_apart() {
    let world = World::http().await;
    let account = world.account().await;
    let issued =
        world.backend.create_installation_key(&World::operator(), "billing", &[domain::Scope::Read]).await.unwrap();
    assert_eq!(worth(&world, issued.key.expose()).await, worthless("KEY_IS_INSTALLATION"));
    world.disable(&account.account_id).await;
    assert_eq!(worth(&world, account.first_pair.private_key.expose()).await, worthless("ACCOUNT_DISABLED"));
}

#[tokio::test]
async fn several_keys_are_answered_in_their_order() {
    let world = World::http().await;
    let account = world.account().await;
    let key = account.first_pair.private_key.expose();
    let ask = async |keys: &Value| {
        world.send("POST", "/v1/keys/verify/batch", &[], &json!({ "keys": keys }).to_string()).await
    };
    let answer = ask(&json!(["", key, "private_x", key])).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let valid = worth(&world, key).await;
    assert_eq!(answer.json(), json!({ "results": [worthless("KEY_MISSING"), valid, worthless("KEY_UNKNOWN"), valid] }));
    assert_eq!(ask(&json!([])).await.json(), json!({ "results": [] }));
    let many = vec![key; 100];
    assert_eq!(ask(&json!(many)).await.json()["results"], json!(vec![valid; 100]));
    for keys in [json!(vec!["x"; 101]), json!("x"), json!([key, 1]), json!({ "0": key })] {
        let answer = ask(&keys).await;
        assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (422, Some("MEMBER_INVALID")));
        assert!(!answer.body.contains(key));
    }
    assert_eq!(ask(&Value::Null).await.json()["code"], "MEMBER_MISSING");
}

#[tokio::test]
async fn what_cannot_be_understood_is_refused_by_name_and_never_said_back() {
    let world = World::http().await;
    let account = world.account().await;
    let key = account.first_pair.private_key.expose();
    for (body, status, code) in [
        (String::new(), 400, "BODY_NOT_JSON"),
        (format!("\"{key}\""), 400, "BODY_NOT_JSON"),
        (format!("{{\"key\": \"{key}\""), 400, "BODY_NOT_JSON"),
        (format!("{{\"{key}\": 1}}"), 422, "MEMBER_UNKNOWN"),
        (format!("{{\"keys\": \"{key}\"}}"), 422, "MEMBER_UNKNOWN"),
        (format!("{{\"key\": \"{key}\", \"key\": \"{key}\"}}"), 422, "MEMBER_REPEATED"),
        (format!("{{\"key\": [\"{key}\"]}}"), 422, "MEMBER_INVALID"),
        ("{}".to_owned(), 422, "MEMBER_MISSING"),
        (format!("{{\"key\": \"{}\"}}", "x".repeat(70_000)), 413, "BODY_TOO_LARGE"),
    ] {
        let answer = world.send("POST", "/v1/keys/verify", &[], &body).await;
        assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (status, Some(code)), "{body}");
        assert!(!answer.body.contains(key), "{}", answer.body);
    }
    // In the URL it was logged on its way.
    let answer = world.send("POST", &format!("/v1/keys/verify?key={key}"), &[], "").await;
    assert_eq!(answer.json()["code"], "KEY_IN_URL");
}

#[tokio::test]
async fn a_page_that_asks_about_a_private_key_is_told_nothing_of_it_and_its_owner_reads_so() {
    let world = World::http().await;
    let account = world.account().await;
    let body = json!({ "key": account.first_pair.private_key.expose() }).to_string();
    let headers = [("origin", "https://shop.example"), ("content-type", "text/plain")];
    let answer = world.send("POST", "/v1/keys/verify", &headers, &body).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, worthless("KEY_FROM_BROWSER")));
    assert_eq!(answer.header("access-control-allow-origin"), "");
    let seen = world.backend.list_sightings(&World::operator(), &account.account_id, 100).await.unwrap();
    assert_eq!(seen.len(), 1);
}

#[tokio::test]
async fn a_key_that_cannot_be_looked_up_is_neither_valid_nor_invalid() {
    let world = World::http().await;
    let account = world.account().await;
    world.break_database().await;
    // What is known by heart is past its lease.
    world.clock.pass(3_000);
    let key = account.first_pair.private_key.expose();
    let one = ask(&world, &json!({ "key": key })).await;
    assert_eq!((one.status.as_u16(), one.json()["code"].as_str()), (503, Some("UNAVAILABLE")));
    let body = json!({ "keys": ["private_x", key] }).to_string();
    let several = world.send("POST", "/v1/keys/verify/batch", &[], &body).await;
    assert_eq!((several.status.as_u16(), several.json()["code"].as_str()), (503, Some("UNAVAILABLE")));
}

/// The key in the body is the one that is asked about.
#[tokio::test]
async fn the_key_of_whoever_asks_means_nothing() {
    let world = World::http().await;
    let account = world.account().await;
    let own = basic(account.first_pair.private_key.expose());
    let body = json!({ "key": "private_x" }).to_string();
    let answer = world.send("POST", "/v1/keys/verify", &[("authorization", &own)], &body).await;
    assert_eq!(answer.json(), worthless("KEY_UNKNOWN"));
}
