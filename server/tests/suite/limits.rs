//! How often an address may fail, and how many requests an account may make.

use crate::program::Place;
use crate::uploads::client::{EXPIRE, Keys, UPLOAD, file, multipart, signed, text};
use crate::world::{Answer, World, answer_of, basic, send_to};
use axum::body::Body;
use backend::accounts::NewAccount;
use backend::keys::Rolled;
use domain::usage::Outcome;
use domain::{Brand, ExpireOld, PrivateKey};
use http::Request;
use server::metrics;
use server::middleware::PeerAddress;
use std::net::{IpAddr, SocketAddr};

const ADA: &str = "192.0.2.1";
const EVE: &str = "203.0.113.9";
const PROXY: &str = "10.0.0.1";

/// Five at once, and one a minute.
const FEW: (&str, &str) = ("LATCHKEY_FAILED_AUTHENTICATIONS_PER_MINUTE", "1");
const AT_ONCE: usize = 5;

fn nobodys() -> String {
    PrivateKey::mint(&Brand::none(), &backend::OsEntropy).expose().to_owned()
}

/// Sends a request over a connection from this address.
async fn send(world: &World, peer: &str, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
    let peer: IpAddr = peer.parse().unwrap();
    let mut request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:3000");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Body::from(body)).unwrap();
    request.extensions_mut().insert(PeerAddress(SocketAddr::new(peer, 4711)));
    answer_of(&world.router, request).await
}

async fn ask(world: &World, peer: &str, path: &str, key: &str) -> Answer {
    send(world, peer, "GET", path, &[("authorization", &basic(key))], Vec::new()).await
}

async fn told(world: &World, peer: &str, key: &str) -> (u16, String) {
    let answer = ask(world, peer, "/v1/account", key).await;
    (answer.status.as_u16(), answer.json()["code"].as_str().unwrap_or_default().to_owned())
}

/// The same, forwarded for somebody.
async fn told_for(world: &World, peer: &str, forwarded: &str) -> String {
    let key = basic("private_typo");
    let headers = [("authorization", key.as_str()), ("x-forwarded-for", forwarded)];
    let answer = send(world, peer, "GET", "/v1/account", &headers, Vec::new()).await;
    answer.json()["code"].as_str().unwrap().to_owned()
}

/// Fails from this address until it is told nothing more; answers how often it was told.
async fn exhaust(world: &World, peer: &str) -> usize {
    for failures in 0..1_000 {
        if told(world, peer, "private_typo").await.1 == "RATE_LIMITED" {
            return failures;
        }
    }
    1_000
}

fn limited(answer: &Answer, seconds: &str) {
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (429, seconds), "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/json");
    assert!(answer.header("x-request-id").starts_with("req_"));
    let body = answer.json();
    assert_eq!(body["code"], "RATE_LIMITED");
    assert_eq!(body.as_object().unwrap().len(), 3, "{body}");
}

#[tokio::test]
async fn an_address_that_fails_too_often_learns_nothing_more_and_whoever_has_a_key_passes() {
    let world = World::with(&[FEW]).await;
    let account = world.account().await;
    let first = account.first_pair.private_key.expose().to_owned();
    let Rolled::Done { new, .. } = world.roll(&account.account_id, ExpireOld::Immediately).await else {
        panic!("rolled")
    };
    let key = new.private_key.expose();
    let issued =
        world.backend.create_installation_key(&World::operator(), "billing", &[domain::Scope::Read]).await.unwrap();
    let failures = [
        ("private_typo", "KEY_UNKNOWN"),
        (&nobodys(), "KEY_UNKNOWN"),
        (account.first_pair.pair.public_key.as_str(), "KEY_IS_PUBLIC"),
        (issued.key.expose(), "KEY_IS_INSTALLATION"),
        (&first, "KEY_REVOKED"),
    ];
    for (failure, code) in failures {
        assert_eq!(told(&world, ADA, failure).await, (403, code.to_owned()));
        assert_eq!(told(&world, ADA, key).await.0, 200);
    }
    let answers: Vec<_> = {
        let mut answers = Vec::new();
        for (failure, _) in failures {
            let answer = ask(&world, ADA, "/v1/account", failure).await;
            limited(&answer, "60");
            answers.push(answer.body);
        }
        answers
    };
    assert!(answers.iter().all(|answer| *answer == answers[0]), "one answer, whatever the key was: {answers:?}");
    limited(&send(&world, ADA, "GET", "/v1/account", &[("authorization", "Basic %%%")], Vec::new()).await, "60");
    assert_eq!(told(&world, ADA, key).await.0, 200, "nobody locks an owner out");
    assert_eq!(told(&world, EVE, &first).await.1, "KEY_REVOKED", "neither a key nor an account has a budget");

    world.clock.pass(59_999);
    world.backend.follow().await.unwrap();
    limited(&ask(&world, ADA, "/v1/account", &first).await, "1");
    world.clock.pass(1);
    assert_eq!(told(&world, ADA, &first).await.1, "KEY_REVOKED", "told again");
    limited(&ask(&world, ADA, "/v1/account", &first).await, "60");
}

#[tokio::test]
async fn an_exhausted_address_costs_no_look_at_the_database() {
    let world = World::with(&[FEW]).await;
    let account = world.account().await;
    let key = account.first_pair.private_key.expose().to_owned();
    assert_eq!(exhaust(&world, ADA).await, AT_ONCE);
    world.break_database().await;
    for strange in [nobodys(), nobodys()] {
        assert_eq!(told(&world, ADA, &strange).await, (429, "RATE_LIMITED".to_owned()));
        let in_url = send(&world, ADA, "GET", &format!("/v1/account?key={strange}"), &[], Vec::new()).await;
        assert_eq!((in_url.status.as_u16(), in_url.json()["code"].as_str()), (400, Some("KEY_IN_URL")));
    }
    assert_eq!(told(&world, EVE, &nobodys()).await.0, 503, "of anybody else it would be looked up");
    assert_eq!(told(&world, ADA, &key).await.0, 200);
}

#[tokio::test]
async fn a_working_key_passes_from_an_exhausted_address_also_while_the_database_is_asked_for_every_key() {
    let world = World::with(&[FEW]).await;
    let account = world.account().await;
    let key = account.first_pair.private_key.expose().to_owned();
    assert_eq!(exhaust(&world, ADA).await, AT_ONCE);
    world.clock.pass(3_000);
    assert_eq!(world.backend.indexed_keys(), None, "the index is past its lease");
    assert_eq!(told(&world, ADA, &key).await.0, 200);
    assert_eq!(told(&world, ADA, &nobodys()).await.1, "RATE_LIMITED");
    world.disable(&account.account_id).await;
    assert_eq!(told(&world, ADA, &key).await.1, "ACCOUNT_DISABLED", "only its holder has it");
}

/// The command answers once the server knows the key, which could be refused unseen otherwise.
#[test]
fn a_key_just_made_beside_the_server_passes_from_an_exhausted_address() {
    let place = Place::new();
    let served = place.serve(&[FEW]);
    for _ in 0..AT_ONCE {
        assert_eq!(served.get("/v1/account", &basic("private_typo")).0, 403);
    }
    for n in 0..20 {
        let made = place.run(&["account", "create", "--email", &format!("{n}@example.org"), "--json"]).json();
        let key = made["key_pair"]["private_key"].as_str().unwrap();
        let (status, answer) = served.get("/v1/account", &basic(key));
        assert_eq!(status, 200, "{n}: {answer}");
        assert_eq!(served.get("/v1/account", &basic("private_typo")).0, 429);
    }
    served.stop();
}

#[tokio::test]
async fn a_stranger_neither_escapes_nor_makes_another_pay_by_what_they_say_of_themselves() {
    let world = World::with(&[FEW, ("LATCHKEY_TRUSTED_PROXIES", PROXY)]).await;
    // Nobody trusts Eve: every name she gives is hers.
    for n in 0..AT_ONCE {
        assert_eq!(told_for(&world, EVE, &format!("{ADA}, 198.51.100.{n}")).await, "KEY_UNKNOWN");
    }
    assert_eq!(told_for(&world, EVE, "198.51.100.77").await, "RATE_LIMITED");
    assert_eq!(told_for(&world, EVE, PROXY).await, "RATE_LIMITED");
    assert_eq!(exhaust(&world, ADA).await, AT_ONCE, "and nobody else's");
    // Behind the proxy only what that has seen counts, whatever stands before it.
    let carol = "198.51.100.20";
    for n in 0..AT_ONCE {
        assert_eq!(told_for(&world, PROXY, &format!("198.51.100.{n}, {carol}")).await, "KEY_UNKNOWN");
    }
    assert_eq!(told_for(&world, PROXY, &format!("198.51.100.77, {carol}")).await, "RATE_LIMITED");
    assert_eq!(told_for(&world, PROXY, "198.51.100.77").await, "KEY_UNKNOWN");
    assert_eq!(told_for(&world, PROXY, EVE).await, "RATE_LIMITED", "she is who she is, however she comes");
}

#[tokio::test]
async fn a_thousand_addresses_fail_each_for_itself_and_a_network_of_ipv6_as_one() {
    let world = World::with(&[FEW]).await;
    for n in 0..1_000 {
        let peer = format!("10.1.{}.{}", n / 250, n % 250);
        assert_eq!(exhaust(&world, &peer).await, AT_ONCE, "{peer}");
    }
    for n in 1..=AT_ONCE {
        assert_eq!(told(&world, &format!("2001:db8::{n}:1"), "private_typo").await.1, "KEY_UNKNOWN");
    }
    assert_eq!(told(&world, "2001:db8::ffff:ffff:ffff:ffff", "private_typo").await.1, "RATE_LIMITED");
    assert_eq!(exhaust(&world, "2001:db8:0:1::1").await, AT_ONCE, "the next network");
    assert_eq!(told(&world, "::ffff:10.1.0.0", "private_typo").await.1, "RATE_LIMITED", "the same in other words");
}

#[tokio::test]
async fn what_is_no_failed_authentication_is_not_counted() {
    let world = World::with(&[FEW]).await;
    let account = world.account().await;
    let key = basic(account.first_pair.private_key.expose());
    let wrong = basic("private_typo");
    let requests: [(&[(&str, &str)], &str); 5] = [
        (&[], "KEY_MISSING"),
        (&[("authorization", "Basic Og==")], "KEY_MISSING"),
        (&[("authorization", &wrong), ("authorization", &wrong)], "HEADER_REPEATED"),
        (&[("authorization", &key), ("origin", "https://shop.example")], "KEY_FROM_BROWSER"),
        (&[("authorization", &key)], ""),
    ];
    for _ in 0..AT_ONCE {
        for (headers, code) in requests {
            let answer = send(&world, ADA, "GET", "/v1/account", headers, Vec::new()).await;
            assert_eq!(answer.json()["code"].as_str().unwrap_or_default(), code, "{}", answer.body);
        }
        // What a browser asks a gateway before it sends anything.
        assert_eq!(send(&world, ADA, "OPTIONS", "/v1/auth", &[], Vec::new()).await.status, 401);
    }
    world.disable(&account.account_id).await;
    for _ in 0..2 * AT_ONCE {
        assert_eq!(told(&world, ADA, account.first_pair.private_key.expose()).await.1, "ACCOUNT_DISABLED");
    }
    assert_eq!(exhaust(&world, ADA).await, AT_ONCE);
}

/// Whoever asks what a key is worth was sent it by a stranger.
#[tokio::test]
async fn whoever_asks_what_a_key_is_worth_does_not_pay_for_it() {
    let world = World::with(&[FEW]).await;
    let verify = async |key: &str| {
        let body = serde_json::json!({ "key": key }).to_string().into_bytes();
        let answer = send(&world, ADA, "POST", "/v1/keys/verify", &[], body).await;
        answer.json()["code"].as_str().unwrap().to_owned()
    };
    for _ in 0..4 * AT_ONCE {
        assert_eq!(verify(&nobodys()).await, "KEY_UNKNOWN");
    }
    assert_eq!(exhaust(&world, ADA).await, AT_ONCE);
    assert_eq!(verify("private_typo").await, "KEY_UNKNOWN");
}

async fn upload(world: &World, peer: &str, parts: Vec<crate::uploads::client::Part>) -> Answer {
    let form = [parts, vec![file("x"), text("fileName", "x.txt")]].concat();
    let boundary = format!("multipart/form-data; boundary={}", crate::uploads::client::BOUNDARY);
    send(world, peer, "POST", UPLOAD, &[("content-type", &boundary)], multipart(&form)).await
}

#[tokio::test]
async fn signatures_that_are_wrong_are_counted_and_a_right_one_passes_from_everywhere() {
    let world = World::with(&[FEW]).await;
    let keys = Keys::of(&world.account().await);
    let public = PrivateKey::mint(&Brand::none(), &backend::OsEntropy).expose().replace("private_", "public_");
    let code = |answer: &Answer| answer.json()["code"].as_str().unwrap_or_default().to_owned();
    for (parts, expected) in [
        (signed(&keys.public, &nobodys(), "a", EXPIRE), "SIGNATURE_INVALID"),
        (signed(&keys.public, &keys.private, "a", EXPIRE), "TOKEN_USED"),
        (signed(&keys.public, &keys.private, "b", 1_800), "EXPIRE_INVALID"),
        (signed("public_typo", &keys.private, "c", EXPIRE), "KEY_UNKNOWN"),
        (signed(&public, &keys.private, "d", EXPIRE), "KEY_UNKNOWN"),
    ] {
        let answer = upload(&world, ADA, parts).await;
        assert_eq!(code(&answer), expected, "{}", answer.body);
        // The form is wrong, and whose it is was not asked.
        assert_eq!(code(&upload(&world, ADA, vec![text("nonsense", "x")]).await), "PARAMETER_UNKNOWN");
    }
    for token in ["e", "f"] {
        let answer = upload(&world, ADA, signed(&keys.public, &nobodys(), token, EXPIRE)).await;
        limited(&answer, "60");
        assert_eq!(answer.header("access-control-allow-origin"), "*", "a page may read it");
    }
    assert_eq!(upload(&world, ADA, keys.signed("right")).await.status, 200);
    assert_eq!(told(&world, ADA, "private_typo").await.1, "RATE_LIMITED", "one budget for keys and signatures");
    assert_eq!(code(&upload(&world, EVE, signed(&keys.public, &nobodys(), "g", EXPIRE)).await), "SIGNATURE_INVALID");
}

#[tokio::test]
async fn installation_keys_that_do_not_work_are_counted_and_one_that_works_passes() {
    let world = World::with(&[FEW]).await;
    let issued =
        world.backend.create_installation_key(&World::operator(), "billing", &[domain::Scope::Read]).await.unwrap();
    let path = "/admin/v1/accounts?email=ada@example.org";
    for (key, code) in [("installation_typo", "KEY_UNKNOWN"), (&nobodys(), "KEY_IS_PRIVATE")] {
        for _ in 0..2 {
            assert_eq!(ask(&world, ADA, path, key).await.json()["code"], code);
        }
    }
    let answer = send(&world, ADA, "GET", path, &[("authorization", "Basic %%%")], Vec::new()).await;
    assert_eq!(answer.json()["code"], "KEY_UNKNOWN");
    limited(&ask(&world, ADA, path, "installation_typo").await, "60");
    limited(&ask(&world, ADA, path, &nobodys()).await, "60");
    assert_eq!(ask(&world, ADA, path, issued.key.expose()).await.status, 200);
    assert_eq!(send(&world, ADA, "GET", path, &[], Vec::new()).await.status, 401, "no key is no failure");
}

#[tokio::test]
async fn without_settings_300_failures_are_told_at_once_and_none_is_limited_if_that_is_said() {
    let world = World::http().await;
    assert_eq!(exhaust(&world, ADA).await, 300);
    let world = World::with(&[("LATCHKEY_FAILED_AUTHENTICATIONS_PER_MINUTE", "0")]).await;
    assert_eq!(exhaust(&world, ADA).await, 1_000);
}

#[tokio::test]
async fn whoever_watches_reads_how_many_were_limited_and_by_which_limit() {
    let world = World::with(&[FEW, ("LATCHKEY_ACCOUNT_REQUESTS", "1")]).await;
    let key = world.account().await.first_pair.private_key.expose().to_owned();
    exhaust(&world, ADA).await;
    for _ in 0..3 {
        ask(&world, ADA, "/v1/auth", &key).await;
    }
    let page = send_to(&metrics::router(world.serving.clone()), "GET", "/metrics", &[], "").await.body;
    for (endpoint, outcome, times) in [
        ("account", "KEY_UNKNOWN", 5),
        ("account", "address_limited", 1),
        ("auth", "valid", 1),
        ("auth", "account_limited", 2),
    ] {
        let line = format!("latchkey_authentications_total{{endpoint=\"{endpoint}\",outcome=\"{outcome}\"}} {times}\n");
        assert!(page.contains(&line), "{line} is not in {page}");
    }
}

#[tokio::test]
async fn what_a_limit_refuses_is_counted_as_use_of_its_pair() {
    let world = World::with(&[FEW, ("LATCHKEY_ACCOUNT_REQUESTS", "1")]).await;
    let account = world.account().await;
    let first = account.first_pair.private_key.expose();
    let Rolled::Done { new, .. } = world.roll(&account.account_id, ExpireOld::Immediately).await else {
        panic!("rolled")
    };
    exhaust(&world, ADA).await;
    for (peer, key, code) in [
        (EVE, first, "KEY_REVOKED"),
        (ADA, first, "RATE_LIMITED"),
        (ADA, new.private_key.expose(), ""),
        (ADA, new.private_key.expose(), "RATE_LIMITED"),
    ] {
        assert_eq!(told(&world, peer, key).await.1, code);
    }
    world.backend.flush_usage().await.unwrap();
    for (pair, expected) in [
        (&account.first_pair.pair.id, vec![(0, 1, Outcome::Revoked), (0, 1, Outcome::TooManyRequests)]),
        (&new.pair.id, vec![(1, 1, Outcome::TooManyRequests)]),
    ] {
        let page = world.backend.list_callers_of_pair(&World::operator(), &account.account_id, pair, 1).await.unwrap();
        let of = page.callers.into_iter().map(|of| (of.accepted, of.refused, of.last_outcome));
        let mut counted: Vec<_> = of.collect();
        counted.sort();
        assert_eq!(counted, expected);
    }
}

/// Limit, reset and interval.
fn allowance(answer: &Answer) -> [&str; 3] {
    ["x-ratelimit-limit", "x-ratelimit-reset", "x-ratelimit-interval"].map(|name| answer.header(name))
}

const THREE: [(&str, &str); 2] = [("LATCHKEY_ACCOUNT_REQUESTS", "3"), ("LATCHKEY_ACCOUNT_REQUESTS_SECONDS", "10")];
const NOTHING: [&str; 3] = ["", "", ""];

#[tokio::test]
async fn an_account_is_told_how_many_requests_it_may_make_and_refused_beyond() {
    let world = World::with(&THREE).await;
    let account = world.account().await;
    let old = account.first_pair.private_key.expose();
    let Rolled::Done { new, .. } = world.roll(&account.account_id, ExpireOld::In1Hour).await else { panic!("rolled") };
    let new = new.private_key.expose();
    let other =
        NewAccount { email: "bob@example.org".to_owned(), name: String::new(), external_id: None, password: None };
    let other = world.backend.create_account(&World::operator(), other).await.unwrap();

    // What fails for another reason is a request all the same.
    for (path, key, status, reset) in [
        ("/v1/account", old, 200, "0"),
        ("/v1/files/000000000000000000000000/details", new, 404, "0"),
        ("/v1/auth/images", new, 200, "3334"),
    ] {
        let answer = ask(&world, ADA, path, key).await;
        assert_eq!((answer.status.as_u16(), allowance(&answer)), (status, ["3", reset, "10000"]), "{path}");
    }
    for (path, key) in [("/v1/account", old), ("/v1/files", new)] {
        let answer = ask(&world, ADA, path, key).await;
        limited(&answer, "4");
        assert_eq!(allowance(&answer), ["3", "3334", "10000"]);
        assert_eq!(answer.header("deprecation"), "");
    }
    let answer = ask(&world, ADA, "/v1/auth", new).await;
    limited(&answer, "4");
    assert_eq!(answer.header("x-latchkey-error"), answer.body);
    assert_eq!(answer.header("x-latchkey-account"), "");
    let answer = ask(&world, ADA, "/v1/account", other.first_pair.private_key.expose()).await;
    assert_eq!((answer.status.as_u16(), allowance(&answer)), (200, ["3", "0", "10000"]), "another account");

    world.clock.pass(3_333);
    world.backend.follow().await.unwrap();
    limited(&ask(&world, ADA, "/v1/account", new).await, "1");
    world.clock.pass(1);
    assert_eq!(ask(&world, ADA, "/v1/account", new).await.status, 200);
    limited(&ask(&world, ADA, "/v1/account", new).await, "4");
}

#[tokio::test]
async fn what_an_account_does_not_ask_itself_is_not_counted() {
    let world = World::with(&THREE).await;
    let account = world.account().await;
    let keys = Keys::of(&account);
    for _ in 0..4 {
        let body = serde_json::json!({ "key": keys.private }).to_string().into_bytes();
        let answer = send(&world, ADA, "POST", "/v1/keys/verify", &[], body).await;
        assert_eq!((answer.json()["valid"].as_bool(), allowance(&answer)), (Some(true), NOTHING));
        let answer = ask(&world, ADA, "/v1/account", "private_typo").await;
        assert_eq!((answer.status.as_u16(), allowance(&answer)), (403, NOTHING));
        // Uploads have bounds of their own.
        let form = multipart(&[file("x"), text("fileName", "x.txt")]);
        let boundary = format!("multipart/form-data; boundary={}", crate::uploads::client::BOUNDARY);
        let headers = [("authorization", keys.basic()), ("content-type", boundary)];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        let answer = send(&world, ADA, "POST", UPLOAD, &headers, form).await;
        assert_eq!((answer.status.as_u16(), allowance(&answer)), (200, NOTHING), "{}", answer.body);
    }
    for status in [200, 200, 200, 429] {
        assert_eq!(ask(&world, ADA, "/v1/account", &keys.private).await.status, status);
    }
}

#[tokio::test]
async fn without_a_setting_requests_are_neither_limited_nor_told_of() {
    let world = World::http().await;
    let key = world.account().await.first_pair.private_key.expose().to_owned();
    for path in ["/v1/account", "/v1/files", "/v1/auth"] {
        for _ in 0..100 {
            let answer = ask(&world, ADA, path, &key).await;
            assert_eq!((answer.status.as_u16(), allowance(&answer)), (200, NOTHING));
        }
    }
}
