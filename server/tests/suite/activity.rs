//! The activity page and its exports: what is drawn, what is refused, and what a spreadsheet is given.

use crate::world::{Answer, EMAIL, World};
use backend::accounts::CreatedAccount;
use backend::keys::RollRequest;
use backend::store::Store as _;
use backend::{Caller, RequestContext};
use domain::audit::{Act, Actor, Detail, Event, Target};
use domain::{EventId, ExpireOld, Password, SubmissionId, Timestamp};
use serde_json::Value;
use std::net::{IpAddr, Ipv4Addr};

const PAGE: &str = "/dashboard/activity";
const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0";

/// Everything a name, a reason or a user agent should not be able to do, in one text.
const EVIL: &str =
    "=HYPERLINK(\"http://evil\",\"x\")\r\n\"evt_forged\",\"2026\"\n\u{202e}\u{2028}<script>alert(1)</script>, '\u{0}";

async fn get(world: &World, cookie: &str, path: &str) -> Answer {
    world.get(path, &[("cookie", cookie)]).await
}

async fn export(world: &World, cookie: &str, path: &str) -> Answer {
    world.send("POST", path, &[("cookie", cookie), ("sec-fetch-site", "same-origin")], "").await
}

/// Somebody whose browser says `user_agent` mistypes the password.
async fn guess(world: &World, user_agent: &str) {
    let context = RequestContext {
        caller: Caller::Anonymous,
        address: Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7))),
        user_agent: Some(user_agent.to_owned()),
        ..World::operator()
    };
    world.backend.sign_in(&context, EMAIL, Password::new("not the password at all".to_owned())).await.unwrap_err();
}

async fn roll(world: &World, account: &CreatedAccount, expire_old: ExpireOld, reason: &str) {
    let request = RollRequest {
        account_id: account.account_id.clone(),
        pair_id: None,
        expire_old,
        reason: Some(reason.to_owned()),
        message: None,
        submission_id: SubmissionId::mint(world.backend.now(), &backend::OsEntropy),
        password: None,
    };
    world.backend.roll(&World::operator(), request).await.unwrap();
}

/// A record as an attacker would like it to be.
async fn evil_event(world: &World, account: &CreatedAccount, at: Timestamp) -> Event {
    let event = Event {
        id: EventId::mint(at, &backend::OsEntropy),
        at,
        actor: Actor::Operator { name: EVIL.to_owned() },
        act: Act::KeyRoll,
        account_id: Some(account.account_id.clone()),
        targets: vec![Target::Account(account.account_id.clone())],
        detail: Some(Detail::Roll {
            expire_old: ExpireOld::Immediately,
            expires_at: None,
            reason: Some(EVIL.to_owned()),
            message: None,
        }),
        address: Some(EVIL.to_owned()),
        user_agent: Some(EVIL.to_owned()),
        request_id: EVIL.to_owned(),
    };
    let mut tx = world.store.begin_write().await.unwrap();
    tx.insert_event(&event).await.unwrap();
    tx.commit().await.unwrap();
    event
}

/// The document's text, without its tags.
fn text(answer: &Answer) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in answer.body.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => text.push(c),
            _ => {}
        }
    }
    text
}

fn csv_records(answer: &Answer) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(answer.body.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[tokio::test]
async fn an_owner_reads_what_happened_in_plain_words() {
    let world = World::http().await;
    let account = world.account().await;
    guess(&world, FIREFOX).await;
    world.clock.set(crate::world::NOW + 60_000);
    roll(&world, &account, ExpireOld::In1Hour, "somebody left").await;
    world.clock.set(crate::world::NOW + 240_000);
    let cookie = world.signed_in().await;
    let page = get(&world, &cookie, PAGE).await;
    assert_eq!(page.status, 200);
    let text = text(&page);
    for words in [
        "You signed in.",
        "just now",
        "An operator (test) rolled the keys; the old pair works until 23 November 2026, 10:03 UTC.",
        "somebody left",
        "3 minutes ago",
        "Somebody tried to sign in as ada@example.org and was refused: the e-mail address or the password was wrong.",
        "192.0.2.7",
        "Firefox on Windows",
        FIREFOX,
        "An operator (test) created the account and its first key pair.",
    ] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    assert!(page.body.contains("datetime=\"2026-11-23T09:02:00.000Z\""));
    assert!(!page.body.contains(account.first_pair.private_key.expose()));
    assert!(!page.body.contains("Older") && !page.body.contains("Newer"));
}

#[tokio::test]
async fn the_activity_page_filters_and_says_so() {
    let world = World::http().await;
    let account = world.account().await;
    roll(&world, &account, ExpireOld::In1Hour, "").await;
    let cookie = world.signed_in().await;
    let page =
        get(&world, &cookie, "/dashboard/activity?act=key.roll&actor=operator&who=TEST&from=2026-11-23T09:02").await;
    let words = text(&page);
    assert!(words.contains("rolled the keys") && !words.contains("signed in."), "{words}");
    assert!(words.contains("Filter (on)"));
    for checked in ["value=\"key.roll\" checked", "value=\"operator\" selected", "value=\"2026-11-23T09:02\""] {
        assert!(page.body.contains(checked), "{checked}");
    }
    // The last millisecond is not in the range.
    let page = get(&world, &cookie, "/dashboard/activity?until=2026-11-23T09:02").await;
    assert!(text(&page).contains("Nothing matches this filter."));
    assert!(page.body.contains("href=\"/dashboard/activity\""));
    assert_eq!(page.status, 200);
}

#[tokio::test]
async fn the_filter_offers_every_act_that_a_trail_can_hold_and_no_other() {
    let world = World::http().await;
    world.account().await;
    let cookie = world.signed_in().await;
    let page = get(&world, &cookie, PAGE).await;
    for act in Act::ALL {
        let offered = page.body.contains(&format!("name=\"act\" value=\"{}\"", act.as_str()));
        assert_eq!(offered, !act.is_of_the_installation(), "{act:?}");
    }
    // What the installation did is in no trail: `backend::record` sees to that wherever a test does one of those acts.
    world.backend.create_invitation(&World::operator(), None).await.unwrap();
    let page = get(&world, &cookie, "/dashboard/activity?act=invitation.create").await;
    assert!(text(&page).contains("Nothing matches this filter."));
}

#[tokio::test]
async fn a_filter_that_cannot_be_read_is_answered_with_a_sentence_and_no_rows() {
    let world = World::http().await;
    world.account().await;
    let cookie = world.signed_in().await;
    for (query, sentence) in [
        ("from=yesterday", "“From” is not a date and time."),
        ("act=key.rotate", "The address asks for something that never happens here."),
        ("acts=key.roll", "The address has a filter that does not exist"),
        ("older=evt_00000000000000000000000000", "This page begins at a record that is not in this account"),
        ("from=%00%ff&who=%F0%9F", "“From” is not a date and time."),
    ] {
        let page = get(&world, &cookie, &format!("{PAGE}?{query}")).await;
        let words = text(&page);
        assert_eq!(page.status, 422, "{query}");
        assert!(words.contains(sentence), "{query}: {words}");
        assert!(!words.contains("signed in."), "{query}");
        assert!(
            !words.contains("yesterday") && !words.contains("key.rotate"),
            "what a link typed is not said: {query}"
        );
    }
    let refused = export(&world, &cookie, "/dashboard/activity.csv?from=yesterday").await;
    assert_eq!(refused.status, 422);
    assert!(refused.header("content-disposition").is_empty());
}

#[tokio::test]
async fn pages_of_activity_are_linked_in_both_directions() {
    let world = World::http().await;
    let account = world.account().await;
    for nth in 0..60 {
        let event = Event {
            id: EventId::mint(Timestamp::from_millis(crate::world::NOW + nth), &backend::OsEntropy),
            at: Timestamp::from_millis(crate::world::NOW + nth),
            actor: Actor::System,
            act: Act::KeyExpire,
            account_id: Some(account.account_id.clone()),
            targets: Vec::new(),
            detail: None,
            address: None,
            user_agent: None,
            request_id: format!("req_{nth}"),
        };
        let mut tx = world.store.begin_write().await.unwrap();
        tx.insert_event(&event).await.unwrap();
        tx.commit().await.unwrap();
    }
    let cookie = world.signed_in().await;
    let href = |page: &Answer, label: &str| {
        let end = page.body.find(&format!(">{label}<"))?;
        let start = page.body[..end].rfind("href=\"")? + "href=\"".len();
        Some(page.body[start..].split('"').next()?.replace("&amp;", "&"))
    };
    let first = get(&world, &cookie, &format!("{PAGE}?act=key.expire")).await;
    assert_eq!(href(&first, "Newer"), None);
    let older = href(&first, "Older").unwrap();
    assert!(older.contains("act=key%2Eexpire&older=evt%5F"), "{older}");
    let second = get(&world, &cookie, &older).await;
    assert_eq!(href(&second, "Older"), None);
    assert!(second.body.contains("req_9<") && !second.body.contains("req_10<") && second.body.contains("req_0<"));
    let back = get(&world, &cookie, &href(&second, "Newer").unwrap()).await;
    assert!(back.body.contains("req_59<") && back.body.contains("req_10<") && !back.body.contains("req_9<"));
}

/// Nothing an attacker chooses becomes markup, and names stand apart from the words around them.
#[tokio::test]
async fn an_attackers_names_forge_nothing_on_the_page() {
    let world = World::http().await;
    let account = world.account().await;
    evil_event(&world, &account, world.backend.now()).await;
    let cookie = world.signed_in().await;
    let page = get(&world, &cookie, PAGE).await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("<script>alert"));
    let name = page.body.split("<bdi class=\"activity__name\">").find(|rest| rest.starts_with("=HYPERLINK"));
    assert!(name.is_some_and(|rest| rest.contains("&lt;script&gt;")), "the name is escaped, in an element of its own");
}

/// Every record is one line; every cell is quoted; no cell begins like a formula; what was written is read back.
#[tokio::test]
async fn an_attackers_names_are_no_formulas_and_forge_no_lines_in_csv() {
    let world = World::http().await;
    let account = world.account().await;
    let evil = evil_event(&world, &account, world.backend.now()).await;
    let cookie = world.signed_in().await;
    let answer = export(&world, &cookie, "/dashboard/activity.csv?act=key.roll").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"activity-2026-11-23T09-02-00Z.csv\"");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(answer.body.ends_with("\"\r\n"));
    let lines: Vec<&str> = answer.body.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 2, "{}", answer.body);
    assert_eq!(answer.body.lines().count(), 2);

    let records = csv_records(&answer);
    let expected = [
        "id",
        "at",
        "act",
        "summary",
        "actorKind",
        "actorId",
        "actorName",
        "accountId",
        "targets",
        "detail",
        "address",
        "userAgent",
        "requestId",
    ];
    assert_eq!(records[0], expected);
    let record = &records[1];
    for (cell, raw) in record.iter().zip(lines[1].split("\",\"")) {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{cell}");
        assert!(!cell.chars().any(char::is_control), "{cell}");
        assert!(!raw.contains('\u{202e}'));
    }
    let safe = "'=HYPERLINK(\"http://evil\",\"x\")\\r\\n\"evt_forged\",\"2026\"\\n\\u202e\\u2028<script>alert(1)</script>, '\\u0000";
    assert_eq!([&record[6], &record[10], &record[11], &record[12]], [safe; 4]);
    assert_eq!(record[0], evil.id.as_str());
    assert_eq!(record[1], "2026-11-23T09:02:00.000Z");
    assert_eq!(record[8], format!("account:{}", account.account_id));
    let detail: Value = serde_json::from_str(&record[9]).unwrap();
    assert_eq!(detail["reason"], EVIL);
}

#[tokio::test]
async fn json_lines_hold_each_record_whole_on_a_line_of_its_own() {
    let world = World::http().await;
    let account = world.account().await;
    let evil = evil_event(&world, &account, world.backend.now()).await;
    let cookie = world.signed_in().await;
    let answer = export(&world, &cookie, "/dashboard/activity.jsonl").await;
    assert_eq!(answer.header("content-type"), "application/jsonl; charset=utf-8");
    assert!(answer.header("content-disposition").ends_with(".jsonl\""));
    assert!(!answer.body.contains(['\r', '\u{2028}', '\u{202e}']) && answer.body.ends_with("}\n"));
    let lines: Vec<Value> = answer.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let acts: Vec<&str> = lines.iter().map(|line| line["act"].as_str().unwrap()).collect();
    assert_eq!(acts, ["activity.export", "session.sign_in", "key.roll", "account.create"]);
    let expected = serde_json::json!({
        "id": evil.id.as_str(),
        "at": "2026-11-23T09:02:00.000Z",
        "act": "key.roll",
        "actor": { "kind": "operator", "id": null, "name": EVIL },
        "accountId": account.account_id.as_str(),
        "targets": [{ "kind": "account", "id": account.account_id.as_str() }],
        "detail": { "kind": "roll", "expireOld": "immediately", "expiresAt": null, "reason": EVIL },
        "address": EVIL,
        "userAgent": EVIL,
        "requestId": EVIL,
    });
    assert_eq!(lines[2], expected);
    assert_eq!(lines[0]["detail"], serde_json::json!({ "kind": "export", "format": "json_lines" }));
}

/// A header is there even when nothing matches, so that a program reading the file finds its columns.
#[tokio::test]
async fn an_export_of_nothing_is_an_empty_file() {
    let world = World::http().await;
    world.account().await;
    let cookie = world.signed_in().await;
    let answer = export(&world, &cookie, "/dashboard/activity.csv?act=key.revoke").await;
    assert_eq!((answer.status.as_u16(), csv_records(&answer).len()), (200, 1));
    let answer = export(&world, &cookie, "/dashboard/activity.jsonl?act=key.revoke").await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, ""));
}

/// What cannot be read any more must not look like a file that ends there.
#[tokio::test]
async fn an_export_that_fails_midway_breaks_off() {
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;
    let world = World::http().await;
    let account = world.account().await;
    // More than one batch.
    for _ in 0..501 {
        evil_event(&world, &account, world.backend.now()).await;
    }
    let cookie = world.signed_in().await;
    let request = http::Request::post("/dashboard/activity.jsonl")
        .header("host", "127.0.0.1:3000")
        .header("cookie", &cookie)
        .header("sec-fetch-site", "same-origin")
        .body(axum::body::Body::empty())
        .unwrap();
    let mut body = world.router.clone().oneshot(request).await.unwrap().into_body();
    let first = body.frame().await.unwrap().unwrap();
    assert!(first.into_data().is_ok_and(|bytes| bytes.ends_with(b"}\n")));
    world.break_database().await;
    assert!(body.collect().await.is_err());
}
