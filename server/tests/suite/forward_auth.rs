//! `/v1/auth`, asked as gateways ask it.

use crate::program::Place;
use crate::world::{Answer, NOW, World, basic, bearer};
use backend::accounts::{CreatedAccount, NewAccount};
use backend::keys::Rolled;
use domain::ExpireOld;
use domain::audit::Detail;
use percent_encoding::percent_decode_str;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const HOUR: i64 = 3_600_000;
const HEADERS: [&str; 4] =
    ["x-latchkey-account", "x-latchkey-external-id", "x-latchkey-pair", "x-latchkey-pair-status"];

/// What is said of whom it is; `None` where a header is missing.
fn said(answer: &Answer) -> [Option<&str>; 4] {
    HEADERS.map(|name| answer.headers.get(name).map(|value| value.to_str().unwrap()))
}

async fn account_of(world: &World, email: &str, external_id: Option<&str>) -> CreatedAccount {
    let external_id = external_id.map(str::to_owned);
    let new = NewAccount { email: email.to_owned(), name: String::new(), external_id, password: None };
    world.backend.create_account(&World::operator(), new).await.unwrap()
}

#[tokio::test]
async fn a_request_with_a_working_key_may_pass_whatever_its_method_and_path() {
    let world = World::http().await;
    let account = world.account().await;
    let pair = &account.first_pair;
    let key = basic(pair.private_key.expose());
    let expected = [account.account_id.as_str(), "cus_1", pair.pair.id.as_str(), "active"].map(Some);
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "TRACE"] {
        for path in ["/v1/auth", "/v1/auth/", "/v1/auth/images/1.png?size=2", "/v1/auth//..%2f%ff"] {
            let answer = world.send(method, path, &[("authorization", &key)], "").await;
            assert_eq!((answer.status.as_u16(), &*answer.body), (200, ""), "{method} {path}");
            assert_eq!(said(&answer), expected, "{method} {path}");
            assert_eq!(answer.header("cache-control"), "no-store");
            assert!(answer.header("x-request-id").starts_with("req_"));
        }
    }
    assert_eq!(world.get("/v1/authenticate", &[("authorization", &key)]).await.status, 404, "something else");
}

#[tokio::test]
async fn a_request_without_one_is_refused_as_everywhere() {
    let world = World::http().await;
    let account = world.account().await;
    let key = account.first_pair.private_key.expose();
    let public = account.first_pair.pair.public_key.as_str();
    let forged = [("x-latchkey-account", "acct_forged"), ("x-latchkey-external-id", "forged")];
    let refused = async |credentials: &[String], path: &str| {
        let mut headers: Vec<_> = credentials.iter().map(|value| ("authorization", value.as_str())).collect();
        headers.extend(forged);
        let (here, there) = (world.get(path, &headers).await, world.get("/v1/account", &headers).await);
        assert_eq!(said(&here), [None; 4], "{path}");
        assert_eq!(here.header("x-latchkey-error"), here.body, "for gateways that pass on no body");
        assert_eq!(there.header("x-latchkey-error"), "");
        if path == "/v1/auth" {
            assert_eq!((here.status, &here.body), (there.status, &there.body));
            assert_eq!(here.header("www-authenticate"), there.header("www-authenticate"));
        }
        (here.status.as_u16(), here.json()["code"].as_str().unwrap().to_owned())
    };
    for (credentials, status, code) in [
        (vec![], 401, "KEY_MISSING"),
        (vec![basic("")], 401, "KEY_MISSING"),
        (vec![basic("private_no")], 403, "KEY_UNKNOWN"),
        (vec![basic(public)], 403, "KEY_IS_PUBLIC"),
        (vec![bearer("installation_no")], 403, "KEY_UNKNOWN"),
        (vec![basic(key), basic(key)], 400, "HEADER_REPEATED"),
    ] {
        assert_eq!(refused(&credentials, "/v1/auth").await, (status, code.to_owned()));
        assert_eq!(refused(&credentials, "/v1/auth/as/envoy?asks").await, (status, code.to_owned()));
    }
    world.roll(&account.account_id, ExpireOld::Immediately).await;
    assert_eq!(refused(&[basic(key)], "/v1/auth").await, (403, "KEY_REVOKED".to_owned()));
}

#[tokio::test]
async fn a_gateway_learns_of_an_expiring_pair_and_until_when() {
    let world = World::at("https://keys.example.com").await;
    let account = world.account().await;
    let old = basic(account.first_pair.private_key.expose());
    let Rolled::Done { new, .. } = world.roll(&account.account_id, ExpireOld::In1Hour).await else { panic!("rolled") };
    let answer = world.get("/v1/auth", &[("authorization", &old)]).await;
    assert_eq!((answer.status.as_u16(), said(&answer)[3]), (200, Some("expiring")));
    assert_eq!(answer.header("deprecation"), "@1795424520");
    assert_eq!(answer.header("sunset"), "Mon, 23 Nov 2026 10:02:00 GMT");
    assert!(answer.header("link").starts_with("<https://keys.example.com/dashboard/developers>"));
    world.clock.set(NOW + HOUR);
    let answer = world.get("/v1/auth", &[("authorization", &old)]).await;
    assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (403, Some("KEY_EXPIRED")));
    let new = basic(new.private_key.expose());
    assert_eq!(said(&world.get("/v1/auth", &[("authorization", &new)]).await)[3], Some("active"));
}

/// What a client invents is overwritten by what is in the answer, in every gateway; so nothing may be missing from it.
#[tokio::test]
async fn an_account_without_an_external_id_has_an_empty_one() {
    let world = World::http().await;
    let account = account_of(&world, "eve@example.org", None).await;
    let key = basic(account.first_pair.private_key.expose());
    let answer = world.get("/v1/auth", &[("authorization", &key), ("x-latchkey-external-id", "cus_1")]).await;
    assert_eq!((answer.status.as_u16(), said(&answer)[1]), (200, Some("")));
}

#[tokio::test]
async fn any_external_id_fits_into_a_header_and_is_decoded_to_what_it_was() {
    let world = World::http().await;
    for (index, external_id) in
        ["cus 1", "100%", "Zoë/Ünal 東京", "a%20b", "a,b;c=\"d\"", "a\u{2028}b"].iter().enumerate()
    {
        let account = account_of(&world, &format!("{index}@example.org"), Some(external_id)).await;
        let key = basic(account.first_pair.private_key.expose());
        let answer = world.get("/v1/auth", &[("authorization", &key)]).await;
        let header = said(&answer)[1].unwrap();
        assert!(header.bytes().all(|byte| byte.is_ascii_graphic()), "{header}");
        assert_eq!(percent_decode_str(header).decode_utf8().unwrap(), *external_id);
    }
}

#[tokio::test]
async fn a_key_in_the_url_that_a_gateway_was_asked_for_is_refused_and_its_owner_reads_so() {
    let world = World::http().await;
    let account = world.account().await;
    let key = account.first_pair.private_key.expose();
    let authorization = basic(key);
    let (plain, encoded) = (format!("/images?key={key}"), format!("/images/{}", key.replace('_', "%5f")));
    let whole = format!("https://api.example.com{plain}");
    for (path, header, uri) in [
        ("/v1/auth", "x-forwarded-uri", plain.as_str()),
        ("/v1/auth", "x-forwarded-uri", &encoded),
        ("/v1/auth", "x-original-uri", &plain),
        ("/v1/auth", "x-original-url", &whole),
        ("/v1/auth", "x-forwarded-uri", "/images?key=private_cut"),
        (&format!("/v1/auth{plain}"), "x-forwarded-uri", "/images"),
    ] {
        let answer = world.get(path, &[("authorization", &authorization), (header, uri)]).await;
        assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (400, Some("KEY_IN_URL")), "{uri}");
        assert!(!answer.body.contains(key));
    }
    let seen = world.backend.list_sightings(&World::operator(), &account.account_id, 100).await.unwrap();
    let details: Vec<_> = seen.iter().map(|event| event.detail.clone()).collect();
    assert_eq!(details, [Some(Detail::Sighting { origin: None })], "once an hour");
    // Elsewhere nobody asks for others.
    let answer = world.get("/v1/account", &[("authorization", &authorization), ("x-forwarded-uri", &plain)]).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_browser_gets_no_further_through_a_gateway() {
    let world = World::http().await;
    let account = world.account().await;
    let key = basic(account.first_pair.private_key.expose());
    let answer = world.get("/v1/auth", &[("authorization", &key), ("origin", "https://shop.example")]).await;
    assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (403, Some("KEY_FROM_BROWSER")));
}

/// Some gateways leave the length of the body in the headers that they copy, and send none.
#[test]
fn a_body_that_never_comes_is_not_waited_for() {
    let place = Place::new();
    let made = place.run(&["account", "create", "--email", "ada@example.org", "--json"]).json();
    let key = made["key_pair"]["private_key"].as_str().unwrap();
    let served = place.serve(&[]);
    let began = Instant::now();
    let mut stream = TcpStream::connect(served.addr).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let head = format!("POST /v1/auth HTTP/1.1\r\nHost: x\r\nAuthorization: {}\r\n", bearer(key));
    write!(stream, "{head}Content-Length: 1000000\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(began.elapsed() < Duration::from_secs(4), "less than the deadline of a body: {:?}", began.elapsed());
    served.stop();
}
