//! The gateways that stand before a company's API and ask Latchkey: the real ones, with the configuration that the dashboard
//! shows, and the questions of those that Debian does not package.

mod replayed;
mod running;

use crate::world::{basic, bearer};
use backend::{Clock as _, SystemClock};
use domain::Timestamp;
use running::{Kind, Owner, Reply, Stage};
use std::time::{Duration, Instant};

fn with(key: &str) -> String {
    format!("Authorization: {}", basic(key))
}

/// Refused, in our words, once and for all: the API was not asked.
fn refused(stage: &Stage, reply: &Reply, status: u16, code: &str) {
    let seen = stage.api.seen();
    assert_eq!((reply.status, reply.code().as_str()), (status, code), "{:?}: {}", stage.kind, reply.body);
    assert_eq!(reply.all("content-type"), ["application/json"], "{:?}", stage.kind);
    assert!(reply.body.contains("\"help\""), "{}", reply.body);
    assert_eq!(stage.api.seen(), seen);
}

fn lets_through_whoever_has_a_key(stage: &Stage, owner: &Owner) {
    let key = with(&owner.key);
    let forged = [
        "X-Latchkey-Account: acct_forged",
        "x-latchkey-external-id: forged",
        "X-Latchkey-Pair: pair_forged",
        "X-LATCHKEY-PAIR-STATUS: forged",
        "X_Latchkey_Account: acct_forged",
    ];
    for method in ["GET", "POST", "DELETE"] {
        let headers: Vec<&str> = [key.as_str()].into_iter().chain(forged).collect();
        let reply = stage.gateway.send(method, "/images?size=2", &headers, if method == "POST" { "hello" } else { "" });
        assert!(reply.body.starts_with(&format!("{method} /images?size=2 ")), "{}", reply.body);
        assert_eq!(reply.api_saw("x-latchkey-account"), [&owner.account]);
        assert_eq!(reply.api_saw("x-latchkey-external-id"), ["cus%201"]);
        assert_eq!(reply.api_saw("x-latchkey-pair"), [&owner.pair]);
        assert_eq!(reply.api_saw("x-latchkey-pair-status"), ["active"]);
        assert!(!reply.body.contains("forged"), "{}", reply.body);
        assert!(!reply.body.contains("Authorization"), "the API has no use for the key: {}", reply.body);
        assert_eq!(reply.body.ends_with("\r\n\r\nhello"), method == "POST", "the body goes to the API: {}", reply.body);
        for name in ["deprecation", "sunset", "link"] {
            assert_eq!(reply.all(name), Vec::<&str>::new());
        }
    }
    let bearer = format!("Authorization: {}", bearer(&owner.key));
    assert_eq!(stage.gateway.send("HEAD", "/", &[&bearer], "").status, 200);
}

fn lets_no_invented_identity_through(stage: &Stage) {
    let owner = stage.owner("without@example.org", None);
    let reply = stage.gateway.get("/", &[&with(&owner.key), "X-Latchkey-External-Id: cus_1"]);
    assert_eq!(reply.api_saw("x-latchkey-account"), [&owner.account]);
    let saw = reply.api_saw("x-latchkey-external-id");
    assert!(saw.is_empty() || saw == [""], "{saw:?}");
}

fn tells_the_holder_of_an_expiring_key(stage: &Stage, owner: &Owner) -> String {
    let new = stage.roll(owner, "1h");
    let reply = stage.gateway.get("/", &[&with(&owner.key)]);
    assert_eq!(reply.api_saw("x-latchkey-pair-status"), ["expiring"]);
    assert_eq!(reply.all("deprecation").len(), 1);
    assert!(reply.all("sunset")[0].ends_with(" GMT"));
    assert!(reply.all("link")[0].contains("/dashboard/developers>"));
    let reply = stage.gateway.get("/", &[&with(&new)]);
    assert_eq!(reply.api_saw("x-latchkey-pair-status"), ["active"]);
    assert_eq!((reply.all("deprecation").len(), reply.all("sunset").len()), (0, 0));
    new
}

fn refuses_an_expired_key(stage: &Stage) {
    let owner = stage.owner("expired@example.org", None);
    let soon = SystemClock.now().as_millis() + 2_000;
    let soon = Timestamp::from_millis(soon).to_rfc3339();
    stage.roll(&owner, &soon);
    let deadline = Instant::now() + Duration::from_mins(1);
    let reply = loop {
        let reply = stage.gateway.get("/", &[&with(&owner.key)]);
        if reply.status != 200 || Instant::now() > deadline {
            break reply;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    refused(stage, &reply, 403, "KEY_EXPIRED");
}

fn refuses_the_rest(stage: &Stage, owner: &Owner) {
    let reply = stage.gateway.get("/", &[]);
    refused(stage, &reply, 401, "KEY_MISSING");
    assert_eq!(reply.all("www-authenticate"), ["Basic realm=\"Latchkey\""]);
    refused(stage, &stage.gateway.send("OPTIONS", "/", &[], ""), 401, "KEY_MISSING");
    refused(stage, &stage.gateway.get("/", &["Authorization: Basic %%%"]), 403, "KEY_UNKNOWN");
    refused(stage, &stage.gateway.get("/", &[&with("private_typo")]), 403, "KEY_UNKNOWN");
    let key = with(&owner.key);
    let in_url = format!("/images?key={}", owner.key);
    let reply = stage.gateway.get(&in_url, &[&key]);
    refused(stage, &reply, 400, "KEY_IN_URL");
    assert!(!reply.body.contains(&owner.key));
    let from_page = [key.as_str(), "Origin: https://shop.example"];
    refused(stage, &stage.gateway.get("/", &from_page), 403, "KEY_FROM_BROWSER");
    // Which of two is meant nobody decides: neither the gateway, by taking one, nor Latchkey.
    let seen = stage.api.seen();
    let twice = stage.gateway.get("/", &[&with("private_typo"), &key]);
    assert!(matches!(twice.status, 400 | 403), "{}: {}", twice.status, twice.body);
    assert_eq!(stage.api.seen(), seen);
}

/// The API's own refusals are its own.
fn leaves_the_answers_of_the_api_alone(stage: &Stage, key: &str) {
    for status in [401, 403, 404, 500] {
        let path = format!("/broken/{status}");
        let reply = stage.gateway.get(&path, &[&with(key)]);
        assert_eq!(reply.status, status, "{}", reply.body);
        assert!(reply.body.starts_with(&format!("GET {path} ")), "{}", reply.body);
    }
}

fn refuses_a_revoked_key_at_once(stage: &Stage) {
    let owner = stage.owner("revoked@example.org", None);
    assert_eq!(stage.gateway.get("/", &[&with(&owner.key)]).status, 200);
    let new = stage.roll(&owner, "immediately");
    refused(stage, &stage.gateway.get("/", &[&with(&owner.key)]), 403, "KEY_REVOKED");
    assert_eq!(stage.gateway.get("/", &[&with(&new)]).status, 200);
}

/// Nothing passes while nobody can say whose it is.
fn lets_nothing_through_without_latchkey(stage: &mut Stage, key: &str) {
    stage.latchkey.take().unwrap().stop();
    let seen = stage.api.seen();
    let reply = stage.gateway.get("/", &[&with(key)]);
    match stage.kind {
        Kind::Nginx => refused(stage, &reply, 503, "UNAVAILABLE"),
        Kind::Caddy => assert_eq!(reply.status, 502),
    }
    assert_eq!(stage.api.seen(), seen);
}

/// Of what fails too often, and of an account that asks too often, the client reads our own words and how long to wait.
fn tells_whoever_is_limited_to_wait(kind: Kind) {
    let few = [
        ("LATCHKEY_FAILED_AUTHENTICATIONS_PER_MINUTE", "1"),
        ("LATCHKEY_ACCOUNT_REQUESTS", "2"),
        ("LATCHKEY_ACCOUNT_REQUESTS_SECONDS", "3600"),
        ("LATCHKEY_TRUSTED_PROXIES", "127.0.0.1"),
    ];
    let stage = Stage::set_with(kind, &few);
    let [ada, bob] = ["ada@example.org", "bob@example.org"].map(|email| stage.owner(email, None));
    for _ in 0..5 {
        refused(&stage, &stage.gateway.get("/", &[&with("private_typo")]), 403, "KEY_UNKNOWN");
    }
    let waits = |reply: &Reply| {
        refused(&stage, reply, 429, "RATE_LIMITED");
        reply.all("retry-after").iter().map(|seconds| seconds.parse::<u32>().unwrap()).collect::<Vec<_>>()
    };
    let reply = stage.gateway.get("/", &[&with("private_typo")]);
    let failed = waits(&reply);
    assert_eq!(reply.all("x-ratelimit-limit"), Vec::<&str>::new(), "of no account");
    assert!(matches!(failed[..], [1..=60]), "{failed:?}");
    for _ in 0..2 {
        assert_eq!(stage.gateway.get("/", &[&with(&ada.key)]).status, 200, "a key that works passes");
    }
    let reply = stage.gateway.get("/", &[&with(&ada.key)]);
    let too_many = waits(&reply);
    assert_eq!(reply.all("x-ratelimit-limit"), ["2"]);
    assert_eq!(reply.all("x-ratelimit-interval"), ["3600000"]);
    assert!(matches!(reply.all("x-ratelimit-reset")[..], [millis] if millis.parse::<u32>().unwrap() > 60_000));
    assert!(matches!(too_many[..], [60..=1800]), "{too_many:?}");
    assert_eq!(stage.gateway.get("/", &[&with(&bob.key)]).status, 200);
}

#[test]
fn nginx_tells_whoever_is_limited_to_wait() {
    tells_whoever_is_limited_to_wait(Kind::Nginx);
}

#[test]
fn caddy_tells_whoever_is_limited_to_wait() {
    tells_whoever_is_limited_to_wait(Kind::Caddy);
}

fn a_gateway_does_all_of_it(kind: Kind) {
    let mut stage = Stage::set(kind);
    let owner = stage.owner("ada@example.org", Some("cus 1"));
    lets_through_whoever_has_a_key(&stage, &owner);
    lets_no_invented_identity_through(&stage);
    refuses_the_rest(&stage, &owner);
    let new = tells_the_holder_of_an_expiring_key(&stage, &owner);
    leaves_the_answers_of_the_api_alone(&stage, &new);
    refuses_a_revoked_key_at_once(&stage);
    refuses_an_expired_key(&stage);
    lets_nothing_through_without_latchkey(&mut stage, &new);
}

#[test]
fn nginx_lets_through_what_latchkey_says_and_nothing_else() {
    a_gateway_does_all_of_it(Kind::Nginx);
}

#[test]
fn caddy_lets_through_what_latchkey_says_and_nothing_else() {
    a_gateway_does_all_of_it(Kind::Caddy);
}

#[test]
fn a_configuration_for_https_is_one_that_the_gateway_takes() {
    for kind in [Kind::Nginx, Kind::Caddy] {
        let (taken, said) = kind.judges_configuration_for_https();
        assert!(taken, "{kind:?}: {said}");
    }
}
