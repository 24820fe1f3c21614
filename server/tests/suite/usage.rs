//! Who uses a pair: each request that names one is counted, with who sent it and what came of it.

use crate::canary::leaks;
use crate::program::Place;
use crate::uploads::client::{Keys, UPLOAD, UPLOAD_V2, file, multipart, post_to, text};
use crate::world::{NOW, World, answer_of, basic, bearer};
use axum::body::Body;
use backend::accounts::CreatedAccount;
use backend::usage::{CallerName, CallerRecord};
use domain::usage::Outcome;
use domain::{AccountId, Brand, ExpireOld, PairId, PrivateKey};
use http::Request;
use server::middleware::PeerAddress;

const HOUR: i64 = 3_600_000;

/// The pair's callers once everything is written.
async fn callers(world: &World, account: &AccountId, pair: &PairId) -> Vec<CallerRecord> {
    world.backend.flush_usage().await.unwrap();
    world.backend.list_callers_of_pair(&World::operator(), account, pair, 1).await.unwrap().callers
}

/// The one caller there is.
async fn caller(world: &World, account: &CreatedAccount) -> CallerRecord {
    let mut callers = callers(world, &account.account_id, &account.first_pair.pair.id).await;
    assert_eq!(callers.len(), 1, "{callers:?}");
    callers.remove(0)
}

fn program(address: &str, user_agent: &str) -> CallerName {
    CallerName::Program { address: address.to_owned(), user_agent: user_agent.to_owned() }
}

/// Asks from an address.
async fn ask_from(world: &World, peer: &str, method: &str, path: &str, headers: &[(&str, &str)]) -> u16 {
    let mut request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:3000");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let peer = PeerAddress(format!("{peer}:4711").parse().unwrap());
    let request = request.extension(peer).body(Body::empty()).unwrap();
    answer_of(&world.router, request).await.status.as_u16()
}

#[tokio::test]
async fn a_request_is_counted_with_who_sent_it_and_what_came_of_it() {
    let world = World::http().await;
    let account = world.account().await;
    let key = basic(account.first_pair.private_key.expose());
    let agent = |name: &'static str| ("user-agent", name);
    let get = async |name: &'static str, extra: &[(&str, &str)]| {
        let headers = [&[("authorization", key.as_str()), agent(name)], extra].concat();
        world.get("/v1/account", &headers).await.status.as_u16()
    };
    assert_eq!(get("works", &[]).await, 200);
    assert_eq!(get("works", &[]).await, 200);
    assert_eq!(get("a page", &[("origin", "https://shop.example")]).await, 403);
    let in_url = format!("/v1/account?key={}", account.first_pair.private_key.expose());
    assert_eq!(world.get(&in_url, &[agent("in a URL")]).await.status, 400);
    let body = format!(r#"{{"key": "{}"}}"#, account.first_pair.private_key.expose());
    let json = [("content-type", "application/json"), agent("asks")];
    assert_eq!(world.send("POST", "/v1/keys/verify", &json, &body).await.status, 200);
    world.disable(&account.account_id).await;
    assert_eq!(get("disabled", &[]).await, 403);
    // Nobody's keys, and what is none.
    let nobodys = bearer(PrivateKey::mint(&Brand::none(), &backend::OsEntropy).expose());
    for authorization in [nobodys.as_str(), "Bearer nonsense", &bearer(account.first_pair.pair.public_key.as_str())] {
        world.get("/v1/account", &[("authorization", authorization), agent("nobody")]).await;
    }

    let seen = callers(&world, &account.account_id, &account.first_pair.pair.id).await;
    let mut seen: Vec<_> =
        seen.into_iter().map(|of| (of.name, of.accepted, of.refused, of.last_outcome, of.last_route)).collect();
    seen.sort_by(|one, other| one.0.cmp(&other.0));
    let row = |agent: &str, accepted, refused, outcome, route: &str| {
        (program("", agent), accepted, refused, outcome, route.to_owned())
    };
    let expected = [
        row("a page", 0, 1, Outcome::FromBrowser, "GET /v1/account"),
        row("asks", 1, 0, Outcome::Accepted, "POST /v1/keys/verify"),
        row("disabled", 0, 1, Outcome::AccountDisabled, "GET /v1/account"),
        row("in a URL", 0, 1, Outcome::InUrl, "(with a key in it)"),
        row("works", 2, 0, Outcome::Accepted, "GET /v1/account"),
    ];
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn programs_that_go_on_with_a_dead_pair_are_counted_there() {
    let world = World::http().await;
    let account = world.account().await;
    let key = basic(account.first_pair.private_key.expose());
    let get = async || world.get("/v1/account", &[("authorization", &key), ("user-agent", "a")]).await;
    world.roll(&account.account_id, ExpireOld::In1Hour).await;
    assert_eq!(get().await.status, 200);
    world.clock.set(NOW + HOUR);
    for _ in 0..3 {
        assert_eq!(get().await.json()["code"], "KEY_EXPIRED");
    }
    let seen = caller(&world, &account).await;
    assert_eq!((seen.accepted, seen.refused, seen.last_outcome), (1, 3, Outcome::Expired));
    assert_eq!((seen.first_at.as_millis(), seen.last_at.as_millis()), (NOW, NOW + HOUR));
    let usage = world.backend.find_usage_of_account(&World::operator(), &account.account_id).await.unwrap();
    let old = &usage.pairs[1];
    assert_eq!((&old.pair_id, &usage.pairs[0].last_used), (&account.first_pair.pair.id, &None));
    assert_eq!(old.last_used.map(domain::Timestamp::as_millis), Some(NOW));
    assert_eq!(old.last_refused.map(domain::Timestamp::as_millis), Some(NOW + HOUR));
}

#[tokio::test]
async fn behind_a_gateway_the_client_and_its_own_request_are_counted() {
    let world = World::with(&[("LATCHKEY_TRUSTED_PROXIES", "10.0.0.0/8")]).await;
    let account = world.account().await;
    let key = basic(account.first_pair.private_key.expose());
    let (authorization, agent) = (("authorization", key.as_str()), ("user-agent", "app/1"));
    let forwarded = ("x-forwarded-for", "203.0.113.9");
    for (peer, method, path, headers, address, route) in [
        // nginx, Caddy and Traefik say it in headers.
        (
            "10.0.0.1",
            "GET",
            "/v1/auth",
            vec![forwarded, ("x-forwarded-method", "POST"), ("x-forwarded-uri", "/images?size=2")],
            "203.0.113.9",
            "POST /images",
        ),
        // nginx as in its manual, and Kubernetes' ingress.
        ("10.0.0.1", "GET", "/v1/auth", vec![forwarded, ("x-original-uri", "/a")], "203.0.113.9", "GET /a"),
        (
            "10.0.0.1",
            "GET",
            "/v1/auth/",
            vec![forwarded, ("x-original-method", "PUT"), ("x-original-url", "/b")],
            "203.0.113.9",
            "PUT /b",
        ),
        // Envoy asks below.
        ("10.0.0.1", "POST", "/v1/auth/images?size=2", vec![forwarded], "203.0.113.9", "POST /images"),
        // One that says nothing.
        ("10.0.0.1", "GET", "/v1/auth", vec![], "10.0.0.1", "GET /v1/auth"),
        // A stranger's word about an address is ignored.
        ("198.51.100.7", "GET", "/v1/auth", vec![forwarded], "198.51.100.7", "GET /v1/auth"),
        // And elsewhere so is what only gateways say.
        (
            "10.0.0.1",
            "GET",
            "/v1/account",
            vec![forwarded, ("x-forwarded-uri", "/c")],
            "203.0.113.9",
            "GET /v1/account",
        ),
    ] {
        let headers = [vec![authorization, agent], headers].concat();
        assert_eq!(ask_from(&world, peer, method, path, &headers).await, 200, "{path}");
        let seen = callers(&world, &account.account_id, &account.first_pair.pair.id).await;
        let seen = seen.iter().find(|of| of.name == program(address, "app/1")).unwrap();
        assert_eq!(seen.last_route, route, "{path}");
        // The next one is later.
        world.clock.set(world.clock_now().as_millis() + 1);
    }
}

#[tokio::test]
async fn a_network_of_ipv6_is_one_caller_and_ipv4_stays_what_it_is() {
    let world = World::http().await;
    let account = world.account().await;
    let key = basic(account.first_pair.private_key.expose());
    for peer in ["[2001:db8:1:2::1]", "[2001:db8:1:2:a:b:c:d]", "[::ffff:192.0.2.1]", "192.0.2.1"] {
        assert_eq!(ask_from(&world, peer, "GET", "/v1/account", &[("authorization", &key)]).await, 200);
    }
    let seen = callers(&world, &account.account_id, &account.first_pair.pair.id).await;
    let mut seen: Vec<_> = seen.into_iter().map(|of| (of.name, of.accepted)).collect();
    seen.sort();
    assert_eq!(seen, [(program("192.0.2.1", ""), 2), (program("2001:db8:1:2::/64", ""), 2)]);
}

/// Only once a signature is proven, or the pair is dead: a public key is no secret, and whoever knows it is not its holder.
#[tokio::test]
async fn an_upload_that_a_pair_has_signed_is_counted_and_no_other() {
    let world = World::http().await;
    let account = world.account().await;
    let keys = Keys::of(&account);
    let form = |token: &str| [keys.signed(token), vec![file("x"), text("fileName", "x.txt")]].concat();
    let page = [("user-agent", "a page"), ("origin", "https://www.example.com")];
    assert_eq!(post_to(&world, UPLOAD, &page, multipart(&form("token-1"))).await.status, 200);
    assert_eq!(post_to(&world, UPLOAD, &page, multipart(&form("token-1"))).await.status, 400, "used up");
    let forged = Keys { private: format!("{}x", keys.private), public: keys.public.clone() };
    let forged = [forged.signed("token-2"), vec![file("x"), text("fileName", "x.txt")]].concat();
    assert_eq!(post_to(&world, UPLOAD, &page, multipart(&forged)).await.status, 400);
    assert_eq!(
        post_to(&world, UPLOAD_V2, &page, multipart(&form("token-3"))).await.status,
        400,
        "no token of a signer"
    );
    let seen = caller(&world, &account).await;
    assert_eq!((&seen.name, seen.accepted, seen.refused), (&program("", "a page"), 1, 0));
    assert_eq!(seen.last_route, format!("POST {UPLOAD}"));

    world.backend.add_upload_origin(&owner(&world).await, &account.account_id, "https://shop.example").await.unwrap();
    assert_eq!(post_to(&world, UPLOAD, &page, multipart(&form("token-4"))).await.status, 403);
    let seen = caller(&world, &account).await;
    assert_eq!((seen.accepted, seen.refused, seen.last_outcome), (1, 1, Outcome::OriginNotAllowed));

    world.clock.set(NOW + 1);
    world.roll(&account.account_id, ExpireOld::Immediately).await;
    assert_eq!(post_to(&world, UPLOAD, &page, multipart(&form("token-5"))).await.status, 403);
    let seen = caller(&world, &account).await;
    assert_eq!((seen.accepted, seen.refused, seen.last_outcome), (1, 2, Outcome::Revoked));
}

/// The private key authenticates the request; a signature beside it makes it no second one.
#[tokio::test]
async fn an_upload_with_a_private_key_is_counted_once() {
    let world = World::http().await;
    let account = world.account().await;
    let keys = Keys::of(&account);
    let key = keys.basic();
    let headers = [("authorization", key.as_str()), ("user-agent", "server")];
    let form = [file("x"), text("fileName", "x.txt")];
    assert_eq!(post_to(&world, UPLOAD, &headers, multipart(&form)).await.status, 200);
    assert_eq!(caller(&world, &account).await.accepted, 1);
    let both = [keys.signed("token-1"), form.to_vec()].concat();
    assert_eq!(post_to(&world, UPLOAD, &headers, multipart(&both)).await.status, 400);
    assert_eq!(caller(&world, &account).await.accepted, 2);
}

/// The signed-in owner, as a page's use cases know them.
async fn owner(world: &World) -> backend::RequestContext {
    let anonymous = backend::RequestContext { caller: backend::Caller::Anonymous, ..World::operator() };
    let password = domain::Password::new(crate::world::PASSWORD.to_owned());
    let opened = world.backend.sign_in(&anonymous, crate::world::EMAIL, password).await.unwrap();
    let person = world.backend.find_signed_in(&opened.session).await.unwrap().unwrap();
    backend::RequestContext { caller: backend::Caller::Person(person), ..anonymous }
}

#[tokio::test]
async fn a_key_that_a_caller_writes_into_its_name_or_its_path_is_kept_nowhere() {
    let world = World::http().await;
    let account = world.account().await;
    let key = account.first_pair.private_key.expose().to_owned();
    let authorization = basic(&key);
    let encoded = key.replace('_', "%5f");
    let long = format!("{}{key}", "x".repeat(110));
    for agent in [key.as_str(), &format!("curl/8 {key}"), &encoded, &long, &basic(&key)] {
        for path in ["/v1/account", "/v1/auth"] {
            let headers =
                [("authorization", authorization.as_str()), ("user-agent", agent), ("x-forwarded-method", agent)];
            assert_eq!(world.get(path, &headers).await.status, 200);
        }
        let asked = [("authorization", authorization.as_str()), ("x-forwarded-uri", agent)];
        world.get("/v1/auth", &asked).await;
        world.get(&format!("/v1/files/{key}/details"), &[("authorization", &authorization)]).await;
        world.get(&format!("/v1/account?{key}"), &[("authorization", &authorization), ("user-agent", agent)]).await;
    }
    let seen = callers(&world, &account.account_id, &account.first_pair.pair.id).await;
    assert!(seen.iter().any(|of| of.name == program("", "(with a key in it)")), "{seen:?}");
    assert_eq!(leaks(world.directory.path(), std::slice::from_ref(&key)), Vec::<String>::new());
}

#[tokio::test]
async fn a_database_that_cannot_be_written_keeps_no_request_waiting_and_costs_no_count() {
    let world = World::http().await;
    let account = world.account().await;
    let key = basic(account.first_pair.private_key.expose());
    let blocked = world.block_writing().await;
    for _ in 0..3 {
        assert_eq!(world.get("/v1/account", &[("authorization", &key)]).await.status, 200);
    }
    // Waits for as long as writers do, and gives up.
    world.backend.flush_usage().await.unwrap_err();
    assert_eq!(world.get("/v1/account", &[("authorization", &key)]).await.status, 200);
    drop(blocked);
    assert_eq!(caller(&world, &account).await.accepted, 3, "what was taken first is written first");
    assert_eq!(caller(&world, &account).await.accepted, 4);
}

/// The program itself: what was counted is there within a second, and at the end.
#[test]
fn what_was_counted_last_is_written_when_the_program_is_stopped() {
    let place = Place::new();
    let served = place.serve(&[]);
    let made = place.run(&["account", "create", "--email", "ada@example.org", "--json"]).json();
    let key = basic(made["key_pair"]["private_key"].as_str().unwrap());
    for _ in 0..5 {
        assert_eq!(served.get("/v1/account", &key).0, 200);
    }
    let (_, well) = served.stop();
    assert!(well);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = store_sqlite::SqliteStore::open(&place.path("data/latchkey.db")).await.unwrap();
        let account = made["account_id"].as_str().unwrap().parse().unwrap();
        let days =
            backend::store::Usage::list_day_uses(&store, &account, domain::usage::Day::from_number(0)).await.unwrap();
        assert_eq!(days.iter().map(|of| of.accepted).sum::<u64>(), 5);
    });
}
