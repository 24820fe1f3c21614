//! Signatures: of the same pair, once, in time.

use super::client::{EXPIRE, Keys, Part, expect, file, multipart, post, signature, signed, text, told, without_key};
use crate::world::{NOW, World};
use backend::keys::Rolled;
use domain::ExpireOld;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const SECONDS: i64 = NOW / 1_000;
const WRONG: &str = "Your request contains invalid signature parameter.";
const EXPIRED: &str = "Your request contains expired public API key.";
const EXPIRE_WRONG: &str = "Your request contains invalid expire parameter. Expire parameter should be a Unix time in less than 1 hour into the future.";
const UNKNOWN: &str = "Your account cannot be authenticated.";

fn used(token: &str) -> String {
    format!(
        "The token with value '{token}' has been used before. We suggest using V4 UUIDs, or another random string with enough entropy to avoid collisions."
    )
}

fn with_file(fields: Vec<Part>) -> Vec<Part> {
    [fields, vec![file("x"), text("fileName", "x.txt")]].concat()
}

#[test]
fn the_client_of_these_tests_signs_as_the_published_ones_do() {
    assert_eq!(signature("private_good=", "tok", 1_700_000_000), "26a4d7d9df669bf846ed74197ee79c6d27e85d27");
}

#[tokio::test]
async fn a_signature_by_another_key_is_refused() {
    let world = World::http().await;
    let account = world.account().await;
    let old = Keys::of(&account);
    let others = Keys::of(&super::client::other_account(&world).await);
    let Rolled::Done { new, .. } = world.roll(&account.account_id, ExpireOld::In1Hour).await else { panic!("rolled") };
    let new = Keys { public: new.pair.public_key.to_string(), private: new.private_key.expose().to_owned() };
    for (n, (public, private)) in [(&old, &new), (&new, &old), (&old, &others), (&others, &old)].into_iter().enumerate()
    {
        let parts = with_file(signed(&public.public, &private.private, &format!("mixed-{n}"), EXPIRE));
        expect(&without_key(&world, &parts).await, 400, "SIGNATURE_INVALID", WRONG);
    }
    for keys in [&old, &new] {
        assert_eq!(without_key(&world, &with_file(keys.signed(&keys.public[7..20]))).await.status, 200);
    }
    for (n, forged) in
        ["", "0", "nothex", &signature(&old.private, "case", EXPIRE).to_uppercase()].into_iter().enumerate()
    {
        let mut parts = with_file(old.signed(if n == 3 { "case" } else { "forged" }));
        parts[3] = text("signature", forged);
        let answer = without_key(&world, &parts).await;
        if forged.is_empty() {
            expect(&answer, 400, "PARAMETER_MISSING", "Your request is missing signature parameter.");
        } else {
            expect(&answer, 400, "SIGNATURE_INVALID", WRONG);
        }
    }
}

#[tokio::test]
async fn an_expiry_lies_ahead_and_less_than_an_hour() {
    let world = World::http().await;
    let keys = Keys::of(&world.account().await);
    for (n, (expire, status)) in [
        (SECONDS - 1, 400),
        (SECONDS, 400),
        (SECONDS + 1, 200),
        (SECONDS + 3_599, 200),
        (SECONDS + 3_600, 400),
        (NOW + 1_800_000, 400),
        // As the README of a client has it: "1800 seconds from now" is 1970.
        (1_800, 400),
    ]
    .into_iter()
    .enumerate()
    {
        let parts = with_file(signed(&keys.public, &keys.private, &format!("expire-{n}"), expire));
        let answer = without_key(&world, &parts).await;
        assert_eq!(answer.status, status, "{expire}: {}", answer.body);
        if status == 400 {
            expect(&answer, 400, "EXPIRE_INVALID", EXPIRE_WRONG);
        }
    }
}

#[tokio::test]
async fn a_token_is_used_up_on_first_sight_even_by_a_failed_request() {
    let world = World::http().await;
    let keys = Keys::of(&world.account().await);
    let good = |token: &str| with_file(keys.signed(token));
    // Whatever fails first, the same token with everything right is refused afterwards.
    let without_file = [keys.signed("no-file"), vec![text("fileName", "x")]].concat();
    let without_name = [keys.signed("no-name"), vec![file("x")]].concat();
    let bad_field =
        [keys.signed("bad-field"), vec![text("isPrivateFile", "maybe"), file("x"), text("fileName", "x")]].concat();
    let mut bad_signature = good("bad-signature");
    bad_signature[3] = text("signature", "0".repeat(40));
    let bad_expire = with_file(signed(&keys.public, &keys.private, "bad-expire", 1_800));
    for (token, parts, code) in [
        ("no-file", without_file, "PARAMETER_MISSING"),
        ("no-name", without_name, "PARAMETER_MISSING"),
        ("bad-field", bad_field, "PARAMETER_INVALID"),
        ("bad-signature", bad_signature, "SIGNATURE_INVALID"),
        ("bad-expire", bad_expire, "EXPIRE_INVALID"),
        ("good", good("good"), ""),
    ] {
        let first = without_key(&world, &parts).await;
        assert_eq!(told(&first).1, code, "{token}: {}", first.body);
        expect(&without_key(&world, &good(token)).await, 400, "TOKEN_USED", &used(token));
    }
    // Another account may use the same token.
    let others = Keys::of(&super::client::other_account(&world).await);
    assert_eq!(without_key(&world, &with_file(others.signed("good"))).await.status, 200);
}

#[tokio::test]
async fn a_used_token_is_remembered_until_its_expiry_and_then_forgotten() {
    let world = World::http().await;
    let keys = Keys::of(&world.account().await);
    let parts = with_file(keys.signed("once"));
    assert_eq!(without_key(&world, &parts).await.status, 200);
    world.clock.set(EXPIRE * 1_000 - 1);
    world.backend.sweep().await.unwrap();
    expect(&without_key(&world, &parts).await, 400, "TOKEN_USED", &used("once"));
    world.clock.set(EXPIRE * 1_000);
    world.backend.sweep().await.unwrap();
    expect(&without_key(&world, &parts).await, 400, "EXPIRE_INVALID", EXPIRE_WRONG);
    let later = with_file(signed(&keys.public, &keys.private, "once", EXPIRE + 60));
    // The expired try has shown the token to this process once more.
    assert_eq!(told(&without_key(&world, &later).await).1, "TOKEN_USED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_hundred_replays_at_once_one_is_accepted() {
    let world = World::http().await;
    let keys = Keys::of(&world.account().await);
    let fields_first = multipart(&with_file(keys.signed("replayed")));
    let file_first = multipart(&[vec![file("x"), text("fileName", "x.txt")], keys.signed("replayed")].concat());
    let mut sent = tokio::task::JoinSet::new();
    let world = Arc::new(world);
    for n in 0..100 {
        let (world, body) = (Arc::clone(&world), if n % 2 == 0 { &fields_first } else { &file_first }.clone());
        sent.spawn(async move { post(&world, &[], body).await });
    }
    let mut accepted = 0;
    while let Some(answer) = sent.join_next().await {
        let answer = answer.unwrap();
        match answer.status.as_u16() {
            200 => accepted += 1,
            // More strangers at once than are taken in: it has not been looked at.
            503 => expect(&answer, 503, "BUSY", "Too many uploads are under way."),
            _ => expect(&answer, 400, "TOKEN_USED", &used("replayed")),
        }
    }
    assert_eq!(accepted, 1);
    super::client::until_left(&world, 1).await;
}

#[tokio::test]
async fn an_ended_pair_signs_nothing_more_and_says_so() {
    let world = World::http().await;
    let account = world.account().await;
    let keys = Keys::of(&account);
    let Rolled::Done { new, .. } = world.roll(&account.account_id, ExpireOld::In1Hour).await else { panic!("rolled") };
    assert_eq!(without_key(&world, &with_file(keys.signed("in-overlap"))).await.status, 200);
    let ends = NOW + 3_600_000;
    world.clock.set(ends - 1);
    let late = |token| signed(&keys.public, &keys.private, token, ends / 1_000 + 60);
    assert_eq!(without_key(&world, &with_file(late("last-moment"))).await.status, 200);
    world.clock.set(ends);
    expect(&without_key(&world, &with_file(late("too-late"))).await, 403, "KEY_EXPIRED", EXPIRED);
    // Its private key is destroyed, and the answer stays.
    world.backend.sweep().await.unwrap();
    world.clock.set(NOW);
    expect(&without_key(&world, &with_file(keys.signed("clock-back"))).await, 403, "KEY_EXPIRED", EXPIRED);
    world.roll(&account.account_id, ExpireOld::Immediately).await;
    let revoked = signed(new.pair.public_key.as_str(), new.private_key.expose(), "revoked", EXPIRE);
    expect(&without_key(&world, &with_file(revoked)).await, 403, "KEY_REVOKED", EXPIRED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_roll_with_an_overlap_fails_none_of_a_stream_of_signed_uploads_and_its_end_fails_all() {
    const EACH: usize = 60;
    let world = Arc::new(World::http().await);
    let account = world.account().await;
    let old = Arc::new(Keys::of(&account));
    let done = Arc::new(AtomicUsize::new(0));
    let stream = |name: &'static str, keys: &Arc<Keys>| {
        let (world, keys, done) = (Arc::clone(&world), Arc::clone(keys), Arc::clone(&done));
        tokio::spawn(async move {
            for n in 0..EACH {
                let answer = without_key(&world, &with_file(keys.signed(&format!("{name}-{n}")))).await;
                assert_eq!(answer.status, 200, "{name} {n}: {}", answer.body);
                done.fetch_add(1, Ordering::Relaxed);
            }
        })
    };
    let mut streams: Vec<_> = ["old-1", "old-2", "old-3"].into_iter().map(|name| stream(name, &old)).collect();
    while done.load(Ordering::Relaxed) < EACH / 2 {
        assert!(streams.iter().any(|stream| !stream.is_finished()), "no stream goes on");
        tokio::task::yield_now().await;
    }
    let Rolled::Done { new, .. } = world.roll(&account.account_id, ExpireOld::In1Hour).await else { panic!("rolled") };
    let before = done.load(Ordering::Relaxed);
    assert!(before < 3 * EACH, "the roll came in the middle");
    let new = Arc::new(Keys { public: new.pair.public_key.to_string(), private: new.private_key.expose().to_owned() });
    streams.push(stream("new", &new));
    for stream in streams {
        stream.await.expect("every upload is taken in");
    }
    assert_eq!(done.load(Ordering::Relaxed), 4 * EACH);
    let ends = NOW + 3_600_000;
    world.clock.set(ends);
    for n in 0..10 {
        let late = |keys: &Keys, whose: &str| {
            with_file(signed(&keys.public, &keys.private, &format!("{whose}-late-{n}"), ends / 1_000 + 60))
        };
        expect(&without_key(&world, &late(&old, "old")).await, 403, "KEY_EXPIRED", EXPIRED);
        assert_eq!(without_key(&world, &late(&new, "new")).await.status, 200);
    }
}

#[tokio::test]
async fn whoever_is_nobody_or_disabled_is_told_so() {
    let world = World::http().await;
    let account = world.account().await;
    let keys = Keys::of(&account);
    let nobodys = domain::PublicKey::mint(&domain::Brand::none(), &backend::OsEntropy).to_string();
    for public in [nobodys.as_str(), "public_nonsense", "nonsense", &keys.private] {
        let parts = with_file(signed(public, &keys.private, "t", EXPIRE));
        expect(&without_key(&world, &parts).await, 403, "KEY_UNKNOWN", UNKNOWN);
    }
    world.disable(&account.account_id).await;
    expect(
        &without_key(&world, &with_file(keys.signed("d"))).await,
        403,
        "ACCOUNT_DISABLED",
        "Your account is disabled.",
    );
}
