//! The second version: one token that says what the whole form says. Of the same pair, once, in time.

use super::client::{
    Keys, Part, UPLOAD, UPLOAD_V2, expect, file, left_on_disk, multipart, other_account, post_to, signed, text, told,
    until_left,
};
use crate::world::{Answer, NOW, World};
use backend::keys::Rolled;
use data_encoding::BASE64URL_NOPAD;
use domain::ExpireOld;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

const SECONDS: i64 = NOW / 1_000;
const MISSING: &str = "Your request is missing token parameter.";
const INVALID: &str = "Your request has invalid token.";
const EXPIRED: &str = "Your request contains expired token.";
const DIFFERS: &str =
    "Your request contains invalid payload. It does not match with the payload used to generate token.";
const BOTH: &str = "Your request contains both token and basic auth parameter. Use only one method, you might be exposing your private API key.";
const USED: &str = "The token has been used before.";
const KEY_ENDED: &str = "Your request contains expired public API key.";
const UNKNOWN_KEY: &str = "Your account cannot be authenticated.";

fn encoded(text: &str) -> String {
    BASE64URL_NOPAD.encode(text.as_bytes())
}

/// HMAC-SHA-256 of two texts, as JWS has it.
fn token_of(private_key: &str, header: &str, payload: &str) -> String {
    let message = format!("{}.{}", encoded(header), encoded(payload));
    let mut mac = <Hmac<Sha256>>::new_from_slice(private_key.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    format!("{message}.{}", BASE64URL_NOPAD.encode(&mac.finalize().into_bytes()))
}

fn header(public_key: &str) -> String {
    json!({ "alg": "HS256", "typ": "JWT", "kid": public_key }).to_string()
}

/// A payload for a file that is called `x.txt`. `exp` makes it another token.
fn payload(exp: i64) -> Value {
    json!({ "fileName": "x.txt", "iat": SECONDS, "exp": exp })
}

fn token(keys: &Keys, payload: &Value) -> String {
    token_of(&keys.private, &header(&keys.public), &payload.to_string())
}

/// The nth of as many tokens as are wanted, for [`form`].
pub fn nth_token(keys: &Keys, nth: i64) -> String {
    token(keys, &payload(SECONDS + 1_800 + nth))
}

pub fn form(token: &str) -> Vec<Part> {
    vec![text("token", token), text("fileName", "x.txt"), file("x")]
}

async fn send(world: &World, parts: &[Part]) -> Answer {
    post_to(world, UPLOAD_V2, &[], multipart(parts)).await
}

#[tokio::test]
async fn a_page_uploads_with_a_token_in_any_order_of_fields() {
    let world = World::http().await;
    let keys = Keys::of(&world.account().await);
    for n in 0..3 {
        let payload = json!({
            "exp": SECONDS + 3_600 - n, "tags": "a,\u{e4}", "fileName": "p.txt", "isPrivateFile": "false", "iat": SECONDS,
        });
        let mut parts = vec![
            text("token", token(&keys, &payload)),
            text("fileName", "p.txt"),
            file("from a page"),
            text("isPrivateFile", "false"),
            text("tags", "a,\u{e4}"),
        ];
        parts.rotate_left(usize::try_from(n).unwrap());
        let answer = send(&world, &parts).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let path = answer.json()["url"].as_str().unwrap().replace("http://127.0.0.1:3000", "");
        assert_eq!(world.get(&path, &[]).await.body, "from a page");
    }
}

#[tokio::test]
async fn a_server_uploads_with_its_private_key_in_the_second_version() {
    let world = World::http().await;
    let keys = Keys::of(&world.account().await);
    let basic = keys.basic();
    let upload =
        async |parts: &[Part]| post_to(&world, UPLOAD_V2, &[("authorization", basic.as_str())], multipart(parts)).await;
    assert_eq!(upload(&form("")[1..]).await.status, 200);
    until_left(&world, 1).await;
    let token = token(&keys, &payload(SECONDS + 60));
    expect(&upload(&form(&token)).await, 400, "KEY_AND_TOKEN", BOTH);
    expect(&upload(&[&form("")[1..], &[text("token", "nonsense")]].concat()).await, 400, "KEY_AND_TOKEN", BOTH);
    expect(&send(&world, &form(&token)).await, 400, "TOKEN_USED", USED);
    until_left(&world, 1).await;
}

#[tokio::test]
async fn what_is_no_token_of_this_kind_is_refused() {
    let world = World::http().await;
    let keys = Keys::of(&world.account().await);
    let good = token(&keys, &payload(SECONDS + 60));
    let parts: Vec<_> = good.split('.').collect();
    let said = payload(SECONDS + 60).to_string();
    let with = |header: Value| token_of(&keys.private, &header.to_string(), &said);
    let longer = json!({ "fileName": "y.txt", "iat": SECONDS, "exp": SECONDS + 60 }).to_string();
    let unsigned = encoded(&json!({ "alg": "none", "kid": keys.public }).to_string());
    for (n, wrong) in [
        "nonsense".to_owned(),
        "..".to_owned(),
        with(json!({ "alg": "none", "kid": keys.public })),
        format!("{unsigned}.{}.", encoded(&said)),
        with(json!({ "alg": "RS256", "kid": keys.public })),
        with(json!({ "alg": "HS512", "kid": keys.public })),
        with(json!({ "alg": "HS256", "typ": "JWT" })),
        with(json!({ "alg": "HS256", "kid": keys.public, "crit": ["exp"] })),
        // Signed with what everybody knows.
        token_of(&keys.public, &header(&keys.public), &said),
        token_of("", &header(&keys.public), &said),
        format!("{}.{}.{}", parts[0], encoded(&longer), parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}.{}", parts[0], parts[1], parts[2].to_lowercase()),
        format!("{good}="),
        token(&keys, &json!({ "fileName": "x.txt", "iat": SECONDS })),
        token(&keys, &json!({ "fileName": "x.txt", "exp": SECONDS + 60 })),
        token(&keys, &json!({ "fileName": "x.txt", "iat": SECONDS.to_string(), "exp": SECONDS + 60 })),
        token_of(&keys.private, &header(&keys.public), &said.replace('{', "{\"fileName\":\"x.txt\",")),
        token_of(&keys.private, &header(&keys.public), &said.replace('{', &format!("{{\"exp\":{},", SECONDS + 60))),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = send(&world, &form(&wrong)).await;
        assert_eq!(told(&answer), (400, "TOKEN_INVALID".to_owned(), INVALID.to_owned()), "{n}: {wrong}");
        expect(&answer, 400, "TOKEN_INVALID", INVALID);
    }
    for nothing in [&form("")[..], &form("")[1..]] {
        expect(&send(&world, nothing).await, 400, "PARAMETER_MISSING", MISSING);
    }
    // What signs an upload of the first version is nothing here, and the other way round.
    let first =
        [signed(&keys.public, &keys.private, "t", SECONDS + 60), vec![text("fileName", "x.txt"), file("x")]].concat();
    expect(
        &send(&world, &first).await,
        400,
        "PARAMETER_UNKNOWN",
        "Your request contains a parameter that is not known here.",
    );
    let answer = post_to(&world, UPLOAD, &[], multipart(&form(&good))).await;
    expect(&answer, 400, "PARAMETER_MISSING", "Your request is missing publicKey parameter.");
    until_left(&world, 0).await;
    assert_eq!(send(&world, &form(&good)).await.status, 200, "nobody but its signer uses a token up");
}

#[tokio::test]
async fn a_token_is_used_in_its_time() {
    let world = World::http().await;
    let keys = Keys::of(&world.account().await);
    for (iat, exp, refused) in [
        (0, 1, None),
        (0, 3_600, None),
        (5, 3_605, None),
        (-3_599, 1, None),
        (0, 3_601, Some(("TOKEN_INVALID", INVALID))),
        (6, 60, Some(("TOKEN_INVALID", INVALID))),
        (1, 1, Some(("TOKEN_INVALID", INVALID))),
        (-60, 0, Some(("TOKEN_EXPIRED", EXPIRED))),
        (-60, -1, Some(("TOKEN_EXPIRED", EXPIRED))),
    ] {
        let payload = json!({ "fileName": "x.txt", "iat": SECONDS + iat, "exp": SECONDS + exp });
        let answer = send(&world, &form(&token(&keys, &payload))).await;
        match refused {
            None => assert_eq!(answer.status, 200, "{iat} {exp}: {}", answer.body),
            Some((code, message)) => expect(&answer, 400, code, message),
        }
    }
}

#[tokio::test]
async fn a_form_says_what_its_token_says_and_nothing_else() {
    let world = World::http().await;
    let keys = Keys::of(&world.account().await);
    let said = |n: i64| json!({ "fileName": "x.txt", "tags": "a", "iat": SECONDS, "exp": SECONDS + 60 + n });
    let name = || text("fileName", "x.txt");
    for (n, fields) in [
        vec![name()],
        vec![name(), text("tags", "b")],
        vec![name(), text("tags", "A")],
        vec![name(), text("tags", "a ")],
        vec![name(), text("tags", "")],
        vec![text("fileName", "y.txt"), text("tags", "a")],
        vec![name(), text("tags", "a"), text("isPrivateFile", "false")],
        vec![name(), text("tags", "a"), text("folder", "")],
        vec![name(), text("folder", "a")],
    ]
    .into_iter()
    .enumerate()
    {
        for file_first in [false, true] {
            let n = i64::try_from(n).unwrap() * 2 + i64::from(file_first);
            let token = text("token", token(&keys, &said(n)));
            let parts = if file_first {
                [vec![file("x")], fields.clone(), vec![token.clone()]].concat()
            } else {
                [vec![token.clone()], fields.clone(), vec![file("x")]].concat()
            };
            expect(&send(&world, &parts).await, 400, "PAYLOAD_INVALID", DIFFERS);
            // It is used up, whatever was wrong with the rest.
            let right = [token, name(), text("tags", "a"), file("x")];
            expect(&send(&world, &right).await, 400, "TOKEN_USED", USED);
        }
    }
    for (n, more) in
        [json!({ "isPrivateFile": true }), json!({ "nbf": 5 }), json!({ "file": "x" })].into_iter().enumerate()
    {
        let mut payload = payload(SECONDS + 90 + i64::try_from(n).unwrap());
        payload.as_object_mut().unwrap().append(&mut more.as_object().unwrap().clone());
        let mut parts = form(&token(&keys, &payload));
        if n == 0 {
            parts.push(text("isPrivateFile", "true"));
        }
        expect(&send(&world, &parts).await, 400, "PAYLOAD_INVALID", DIFFERS);
    }
    let twice = [form(&token(&keys, &payload(SECONDS + 100))), vec![text("fileName", "x.txt")]].concat();
    expect(
        &send(&world, &twice).await,
        400,
        "PARAMETER_REPEATED",
        "Your request contains fileName parameter more than once.",
    );
    until_left(&world, 0).await;
}

#[tokio::test]
async fn a_token_is_signed_by_the_pair_it_names() {
    let world = World::http().await;
    let account = world.account().await;
    let old = Keys::of(&account);
    let others = Keys::of(&other_account(&world).await);
    let Rolled::Done { new, .. } = world.roll(&account.account_id, ExpireOld::In1Hour).await else { panic!("rolled") };
    let new = Keys { public: new.pair.public_key.to_string(), private: new.private_key.expose().to_owned() };
    let said = payload(SECONDS + 60).to_string();
    for (public, private) in [(&old, &new), (&new, &old), (&old, &others), (&others, &old)] {
        let mixed = token_of(&private.private, &header(&public.public), &said);
        expect(&send(&world, &form(&mixed)).await, 400, "TOKEN_INVALID", INVALID);
    }
    for keys in [&old, &new, &others] {
        assert_eq!(send(&world, &form(&token(keys, &payload(SECONDS + 60)))).await.status, 200);
    }
    let nobodys = domain::PublicKey::mint(&domain::Brand::none(), &backend::OsEntropy).to_string();
    for kid in [nobodys.as_str(), "", "nonsense", &old.private] {
        let answer = send(&world, &form(&token_of(&old.private, &header(kid), &said))).await;
        expect(&answer, 403, "KEY_UNKNOWN", UNKNOWN_KEY);
    }
}

#[tokio::test]
async fn an_ended_pair_signs_no_token_more_and_says_so() {
    let world = World::http().await;
    let account = world.account().await;
    let keys = Keys::of(&account);
    let Rolled::Done { new, .. } = world.roll(&account.account_id, ExpireOld::In1Hour).await else { panic!("rolled") };
    let ends = NOW / 1_000 + 3_600;
    let late = |exp: i64| token(&keys, &json!({ "fileName": "x.txt", "iat": ends - 10, "exp": ends + exp }));
    world.clock.set(ends * 1_000 - 1);
    assert_eq!(send(&world, &form(&late(60))).await.status, 200);
    world.clock.set(ends * 1_000);
    expect(&send(&world, &form(&late(61))).await, 403, "KEY_EXPIRED", KEY_ENDED);
    // Before anything else of the form is looked at.
    expect(&send(&world, &form(&late(62))[..2]).await, 403, "KEY_EXPIRED", KEY_ENDED);
    world.clock.set(NOW);
    let new = Keys { public: new.pair.public_key.to_string(), private: new.private_key.expose().to_owned() };
    let Rolled::Done { new: last, .. } = world.roll(&account.account_id, ExpireOld::Immediately).await else {
        panic!("rolled")
    };
    expect(&send(&world, &form(&token(&new, &payload(SECONDS + 60)))).await, 403, "KEY_REVOKED", KEY_ENDED);
    expect(&send(&world, &form(&token(&new, &payload(SECONDS + 61)))[..2]).await, 403, "KEY_REVOKED", KEY_ENDED);
    let last = Keys { public: last.pair.public_key.to_string(), private: last.private_key.expose().to_owned() };
    assert_eq!(send(&world, &form(&token(&last, &payload(SECONDS + 60)))).await.status, 200);
    world.disable(&account.account_id).await;
    let answer = send(&world, &form(&token(&last, &payload(SECONDS + 61)))[..2]).await;
    expect(&answer, 403, "ACCOUNT_DISABLED", "Your account is disabled.");
}

#[tokio::test]
async fn a_token_is_remembered_until_it_expires() {
    let world = World::http().await;
    let keys = Keys::of(&world.account().await);
    let parts = form(&token(&keys, &payload(SECONDS + 60)));
    assert_eq!(send(&world, &parts).await.status, 200);
    world.clock.set((SECONDS + 60) * 1_000 - 1);
    world.backend.sweep().await.unwrap();
    expect(&send(&world, &parts).await, 400, "TOKEN_USED", USED);
    world.clock.set((SECONDS + 60) * 1_000);
    world.backend.sweep().await.unwrap();
    expect(&send(&world, &parts).await, 400, "TOKEN_EXPIRED", EXPIRED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_uses_of_a_token_at_once_one_is_accepted() {
    let world = std::sync::Arc::new(World::http().await);
    let keys = Keys::of(&world.account().await);
    let mut parts = form(&token(&keys, &payload(SECONDS + 60)));
    let token_first = multipart(&parts);
    parts.rotate_left(1);
    let token_last = multipart(&parts);
    let mut sent = tokio::task::JoinSet::new();
    for n in 0..50 {
        let (world, body) =
            (std::sync::Arc::clone(&world), if n % 2 == 0 { &token_first } else { &token_last }.clone());
        sent.spawn(async move { post_to(&world, UPLOAD_V2, &[], body).await });
    }
    let mut accepted = 0;
    while let Some(answer) = sent.join_next().await {
        let answer = answer.unwrap();
        match answer.status.as_u16() {
            200 => accepted += 1,
            503 => expect(&answer, 503, "BUSY", "Too many uploads are under way."),
            _ => expect(&answer, 400, "TOKEN_USED", USED),
        }
    }
    assert_eq!(accepted, 1);
    until_left(&world, 1).await;
    assert_eq!(left_on_disk(&world).len(), 1);
}

#[tokio::test]
async fn other_sites_may_upload_in_the_second_version_without_credentials() {
    let world = World::http().await;
    let origin = ("origin", "https://shop.example");
    let asked = world.send("OPTIONS", UPLOAD_V2, &[origin, ("access-control-request-method", "POST")], "").await;
    assert_eq!(asked.status, 204);
    assert_eq!(asked.header("access-control-allow-headers"), "accept, cache-control, content-type, x-requested-with");
    let refused = post_to(&world, UPLOAD_V2, &[origin], multipart(&form("nonsense"))).await;
    expect(&refused, 400, "TOKEN_INVALID", INVALID);
    for answer in [asked, refused] {
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert!(!answer.headers.contains_key("access-control-allow-credentials"));
    }
}
