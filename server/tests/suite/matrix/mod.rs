//! Every route, every method, every caller, every origin: each cell has the status that `expected.txt` promises, and
//! what holds for all answers holds for it.

mod any_request;
mod expected;
mod inputs;
mod odd_targets;
mod stage;

use crate::headers::wrong_headers;
use crate::world::{Answer, World, bearer};
use backend::store::Store as _;
use domain::Brand;
use domain::audit::{Act, Event};
use domain::key_format::{contains_installation_key, contains_private_key};
use expected::{Line, Promise};
use inputs::Input;
use server::routes::{Kind, TABLE};
use stage::{Caller, Named, Stage, files};
use std::collections::BTreeSet;

/// What is answered as a file for spreadsheets.
const CSV: [&str; 2] = ["/dashboard/activity.csv", "/admin/bulk-rolls/report.csv"];

/// The server functions of the console.
const CONSOLE: [&str; 16] = [
    "load_gateways",
    "load_bulk_rolls",
    "load_dry_run",
    "load_bulk_roll",
    "draft_bulk_roll",
    "draft_selected",
    "begin_bulk_roll",
    "stop_bulk_roll",
    "load_accounts",
    "find_account",
    "load_account_file",
    "load_account_activity",
    "roll_for",
    "expire_for",
    "set_account_disabled",
    "end_sessions_for",
];

/// Where a request says it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    OurPages,
    AnotherSite,
    /// Neither `Sec-Fetch-Site` nor `Origin`.
    Silent,
}

impl Origin {
    /// In the order of the groups of `expected.txt`.
    const ALL: [Self; 3] = [Self::OurPages, Self::AnotherSite, Self::Silent];
}

/// One cell: a line as one caller meets it from one origin.
struct Cell<'a> {
    line: &'a Line,
    input: Input,
    kind: Kind,
    origin: Origin,
    caller: Caller,
    promise: Promise,
}

#[tokio::test]
async fn every_cell_of_the_matrix_is_as_written_in_a_lab() {
    play("http://127.0.0.1:3000").await;
}

#[tokio::test]
async fn every_cell_of_the_matrix_is_as_written_behind_https() {
    play("https://keys.example.com").await;
}

async fn play(public_url: &'static str) {
    let stage = Stage::set(public_url).await;
    let lines = expected::lines();
    let mut world = stage.world().await;
    let mut before = files(&world);
    let were = Effects::of(&stage, &world).await;
    let mut wrong = Vec::new();
    for line in &lines {
        for (origin, promises) in Origin::ALL.into_iter().zip(line.promises) {
            for (caller, promise) in Caller::ALL.into_iter().zip(promises) {
                let input = inputs::of(line.method, &line.place, &line.variant, &stage, &stage.ours.named);
                let cell = Cell { line, input, kind: kind_of(line), origin, caller, promise };
                let answer = send(&world, &stage, line.method, &cell.input, origin, caller).await;
                let after = files(&world);
                let mut complaints = answer_complaints(&cell, &answer, &stage, &lines);
                if before == after {
                    complaints.extend(cell.promise.done.then(|| "nothing was written".to_owned()));
                } else {
                    complaints.extend(effect_complaints(&cell, &answer, &were, &Effects::of(&stage, &world).await));
                }
                let of_cell = |complaint| format!("{} {caller:?} {origin:?}: {complaint}", line.name());
                wrong.extend(complaints.into_iter().map(of_cell));
                if before != after {
                    world = stage.world().await;
                    before = files(&world);
                }
            }
        }
    }
    let cells = lines.len() * Origin::ALL.len() * Caller::ALL.len();
    assert!(
        wrong.is_empty(),
        "{} complaints about {cells} cells:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(60)].join("\n")
    );
}

fn kind_of(line: &Line) -> Kind {
    TABLE.iter().find(|row| row.place.name() == line.place).expect("a row of the table").kind
}

async fn send(world: &World, stage: &Stage, method: &str, input: &Input, origin: Origin, caller: Caller) -> Answer {
    let cookie = stage.secret(caller).map(|secret| format!("{}={secret}", world.cookies().session()));
    let referer = format!("{}/sign-in", stage.public_url);
    let mut headers = vec![("accept", input.accept), ("referer", referer.as_str())];
    headers.extend(cookie.as_deref().map(|cookie| ("cookie", cookie)));
    headers.extend(Some(input.content_type).filter(|kind| !kind.is_empty()).map(|kind| ("content-type", kind)));
    let system = if caller == Caller::System { bearer(&stage.installation_key) } else { String::new() };
    let key = if input.authorization.is_empty() { &system } else { &input.authorization };
    headers.extend(Some(key.as_str()).filter(|key| !key.is_empty()).map(|key| ("authorization", key)));
    match origin {
        Origin::OurPages => headers.extend([("sec-fetch-site", "same-origin"), ("origin", stage.public_url)]),
        Origin::AnotherSite => {
            headers.extend([("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")]);
        }
        Origin::Silent => {}
    }
    world.send(method, &input.target, &headers, &input.body).await
}

/// What is wrong with the answer itself.
fn answer_complaints(cell: &Cell<'_>, answer: &Answer, stage: &Stage, lines: &[Line]) -> Vec<String> {
    let mut wrong = wrong_headers(answer, stage.https());
    let status = answer.status.as_u16();
    if cell.line.place == "/dashboard/files/download" && status == 200 {
        // What somebody has uploaded is allowed less than our pages.
        wrong.retain(|complaint| !complaint.starts_with("content-security-policy"));
        let sandbox = "default-src 'none'; sandbox; frame-ancestors 'none'";
        wrong.extend((answer.header("content-security-policy") != sandbox).then(|| "not in a sandbox".to_owned()));
        let saved = answer.header("content-disposition") == "attachment; filename=\"ours.txt\"";
        wrong.extend((!saved).then(|| "shown instead of saved".to_owned()));
    }
    if status != cell.promise.status {
        wrong.push(format!("answered {status} instead of {}: {}", cell.promise.status, start(&answer.body)));
    }
    let keeps = if cell.kind == Kind::Asset || cell.line.place == "*" { "no-cache" } else { "" };
    let cache = if status == 200 && !keeps.is_empty() { keeps } else { "no-store" };
    if answer.header("cache-control") != cache {
        wrong.push(format!("cache-control: {}", answer.header("cache-control")));
    }
    if let Some(complaint) = wrong_form(cell, answer) {
        wrong.push(complaint);
    }
    let allow = answer.header("allow");
    let told: BTreeSet<&str> = allow.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    // axum lists them as well when a layer refused the request before the method was looked at.
    if (status == 405 || !told.is_empty()) && told != expected::allowed(lines, &cell.line.place) {
        wrong.push(format!("allow: {allow}"));
    }
    let location = answer.header("location");
    let ours = location.starts_with('/') && !location.starts_with("//");
    if !(location.is_empty() || ours || location.starts_with(&format!("{}/", stage.public_url))) {
        wrong.push(format!("location: {location}"));
    }
    if status == 302 && location.is_empty() {
        wrong.push("leads nowhere".to_owned());
    }
    wrong.extend(wrong_cookies(cell, answer, stage));
    wrong.extend(leaks(cell, answer, stage));
    wrong
}

/// JSON for programs, a page for people, each said to be what it is.
fn wrong_form(cell: &Cell<'_>, answer: &Answer) -> Option<String> {
    let (status, kind) = (answer.status.as_u16(), answer.header("content-type"));
    if cell.line.method == "HEAD" && !answer.body.is_empty() {
        return Some("a body in the answer to HEAD".to_owned());
    }
    let expected = match (cell.kind, status) {
        (_, 302 | 303) | (Kind::Upload, 204) => return None,
        // There is nothing to say but in headers.
        (Kind::Gateway, 200) => "",
        (Kind::Page, 200) if CSV.contains(&cell.line.place.as_str()) => "text/csv; charset=utf-8; header=present",
        (Kind::Page, 200) if cell.line.place == "/dashboard/activity.jsonl" => "application/jsonl; charset=utf-8",
        (Kind::Page, 200) if cell.line.place == "/dashboard/files/download" => "application/octet-stream",
        (Kind::Asset, 200) => "text/javascript",
        (Kind::Page, 200) if cell.line.place == "*" => "image/svg+xml",
        (Kind::Page | Kind::Asset, _) => "text/html; charset=utf-8",
        (Kind::Function | Kind::ListFunction, _) if cell.line.variant == "+form" => "text/html; charset=utf-8",
        (Kind::Function | Kind::ListFunction | Kind::Api | Kind::Upload | Kind::Gateway | Kind::Health, _) => {
            "application/json"
        }
    };
    let json = serde_json::from_str::<serde_json::Value>(&answer.body);
    let readable = expected != "application/json" || answer.body.is_empty() || json.is_ok();
    (kind != expected || !readable).then(|| format!("content-type: {kind} for {}", start(&answer.body)))
}

fn wrong_cookies(cell: &Cell<'_>, answer: &Answer, stage: &Stage) -> Vec<String> {
    let marks =
        if stage.https() { "; Path=/; HttpOnly; SameSite=Lax; Secure" } else { "; Path=/; HttpOnly; SameSite=Lax" };
    let cookies = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    let is_function = matches!(cell.kind, Kind::Function | Kind::ListFunction);
    let sets_none = !is_function || cell.origin == Origin::AnotherSite || cell.line.method != "POST";
    let wrong = |cookie: &&str| {
        sets_none
            || !cookie.contains(marks)
            || (stage.https() && !cookie.starts_with("__Host-") && !cookie.starts_with("latchkey-typed="))
    };
    cookies.filter(wrong).map(|cookie| format!("set-cookie: {cookie}")).collect()
}

/// What stands in an answer that has no business there.
fn leaks(cell: &Cell<'_>, answer: &Answer, stage: &Stage) -> Vec<String> {
    let mut wrong = Vec::new();
    let text = whole(answer);
    let gives_key = cell.promise.done
        && cell.line.variant.is_empty()
        && matches!(cell.line.place.as_str(), "/_srv/reveal_key" | "/_srv/roll_keys" | "/admin/v1/accounts");
    if contains_private_key(&Brand::none(), &text) != gives_key {
        wrong.push(if gives_key { "no private key" } else { "a private key" }.to_owned());
    }
    if stage.secret(cell.caller).is_some_and(|secret| text.contains(&secret)) {
        wrong.push("the session's secret".to_owned());
    }
    let lets_others_read = answer.headers.keys().any(|name| name.as_str().starts_with("access-control-"));
    if lets_others_read != (cell.kind == Kind::Upload)
        || answer.headers.contains_key("access-control-allow-credentials")
    {
        wrong.push("other sites may read what they should not, or not what they should".to_owned());
    }
    if contains_installation_key(&Brand::none(), &text) {
        wrong.push("an installation key".to_owned());
    }
    if cell.line.variant != "+key" && !acts_on_every_account(&cell.line.place, cell.caller) {
        wrong.extend(what_others_own(answer, cell.caller, stage));
    }
    wrong
}

/// What an admin has in the console and a system in its API; everywhere else they are like everybody.
fn acts_on_every_account(place: &str, caller: Caller) -> bool {
    match caller {
        Caller::Admin => {
            (place.starts_with("/admin") && !place.starts_with("/admin/v1"))
                || CONSOLE.contains(&place.trim_start_matches("/_srv/"))
        }
        Caller::System => place.starts_with("/admin/v1/"),
        Caller::Nobody | Caller::Viewer | Caller::Developer | Caller::Owner | Caller::Stranger | Caller::Ended => false,
    }
}

/// What the answer shows of an account in which the caller is nobody.
fn what_others_own(answer: &Answer, caller: Caller, stage: &Stage) -> Vec<String> {
    let text = whole(answer);
    let others: Vec<&String> = match caller {
        Caller::Nobody | Caller::Ended | Caller::System => stage.ours.own.iter().chain(&stage.theirs.own).collect(),
        Caller::Viewer | Caller::Developer | Caller::Owner => stage.theirs.own.iter().collect(),
        Caller::Stranger | Caller::Admin => stage.ours.own.iter().collect(),
    };
    others.into_iter().filter(|own| text.contains(*own)).map(|own| format!("{own} is shown")).collect()
}

/// Headers and body as one text.
fn whole(answer: &Answer) -> String {
    let headers = answer.headers.values().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    headers.chain([answer.body.clone()]).collect::<Vec<_>>().join("\n")
}

/// What a request may leave behind.
struct Effects {
    /// The things themselves.
    facts: String,
    /// The records of what was done to them, oldest first.
    events: Vec<Event>,
}

impl Effects {
    async fn of(stage: &Stage, world: &World) -> Self {
        let mut events = world.store.list_events(None, 1_000).await.unwrap();
        events.reverse();
        Self { facts: stage.facts(world).await, events }
    }

    fn records_of(&self, act: Option<Act>) -> usize {
        self.events.iter().filter(|event| Some(event.act) == act).count()
    }
}

/// What is wrong with what the request has written.
fn effect_complaints(cell: &Cell<'_>, answer: &Answer, were: &Effects, are: &Effects) -> Vec<String> {
    if cell.line.variant == "+key" && cell.origin != Origin::Silent {
        let seen = are.records_of(Some(Act::KeySighting)) - were.records_of(Some(Act::KeySighting));
        let right = are.facts == were.facts && seen == 1 && are.events.len() == were.events.len() + 1;
        return (!right).then(|| "a key in a browser did more than leave a record".to_owned()).into_iter().collect();
    }
    if cell.kind == Kind::Upload && cell.line.variant == "+key" {
        // A file is its own record, and an upload changes nothing else.
        let others = |effects: &Effects| {
            let lines = effects.facts.lines().filter(|line| !line.starts_with("files: "));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        let changed = others(are) != others(were) || are.events != were.events || are.facts == were.facts;
        return changed.then(|| "an upload made no file, or changed something else".to_owned()).into_iter().collect();
    }
    let on_a_page = matches!(cell.kind, Kind::Function | Kind::ListFunction | Kind::Page)
        && cell.line.method == "POST"
        && cell.origin != Origin::AnotherSite
        && !answer.body.contains("CROSS_SITE");
    // Programs have no origin.
    let by_a_system =
        cell.kind == Kind::Api && cell.caller == Caller::System && matches!(cell.line.method, "POST" | "PATCH");
    if !on_a_page && !by_a_system {
        return vec!["something was written".to_owned()];
    }
    let mut wrong = Vec::new();
    let act = cell.input.act;
    let done = are.records_of(act) - were.records_of(act);
    if done != usize::from(cell.promise.done) {
        wrong.push(format!("{done} records of it"));
    }
    let changed = are.facts != were.facts;
    // What these do is the record itself, and a session that nobody knew before.
    let leaves_facts = matches!(
        act,
        Some(
            Act::KeyReveal
                | Act::KeyIdentify
                | Act::SignIn
                | Act::ActivityExport
                | Act::BulkRollExport
                | Act::SessionSwitch
        )
    );
    if changed != (cell.promise.done && !leaves_facts) {
        wrong.push(format!("from\n{}\nto\n{}", were.facts, are.facts));
    }
    wrong
}

fn start(text: &str) -> String {
    text.chars().take(120).collect()
}

/// Another account's things answer exactly like things that do not exist: status, headers and body. An admin's own
/// account is like everybody's: outside the console they have no business with another one either.
#[tokio::test]
async fn the_things_of_another_account_answer_like_missing_ones() {
    let stage = Stage::set("http://127.0.0.1:3000").await;
    let mut compared = BTreeSet::new();
    for line in expected::lines().iter().filter(|line| matches!(line.method, "GET" | "POST")) {
        let input = |named: &Named| inputs::of(line.method, &line.place, &line.variant, &stage, named);
        let missing = input(&stage.missing);
        let callers = [
            (Caller::Stranger, &stage.ours.named),
            (Caller::Owner, &stage.theirs.named),
            (Caller::Admin, &stage.ours.named),
        ];
        for (caller, others) in callers {
            let others_input = input(others);
            if others_input == missing || acts_on_every_account(&line.place, caller) {
                continue;
            }
            let ask = async |input: &Input, named: &Named| {
                let world = stage.world().await;
                let answer = send(&world, &stage, line.method, input, Origin::OurPages, caller).await;
                without_names(&answer, named)
            };
            let (to_others, to_missing) = (ask(&others_input, others).await, ask(&missing, &stage.missing).await);
            assert_eq!(to_others, to_missing, "{} {caller:?}", line.name());
            compared.insert(line.name());
        }
    }
    let expected = [
        "GET /admin/account +account",
        "GET /admin/account/disable +account",
        "GET /admin/account/end-sessions +account",
        "GET /admin/account/expire +account",
        "GET /admin/account/roll +account",
        "GET /admin/activity +account",
        "GET /admin/activity +filter",
        "GET /admin/activity +wrong",
        "GET /dashboard/developers/callers +pair",
        "GET /dashboard/developers/expire +pair",
        "GET /dashboard/developers/roll +pair",
        "GET /dashboard/files/delete +file",
        "GET /dashboard/files/download +file",
        "GET /dashboard/sessions/end +session",
        "POST /_srv/delete_file",
        "POST /_srv/delete_file +form",
        "POST /_srv/load_callers",
        "POST /_srv/load_file",
        "POST /_srv/make_upload_parameters",
        "POST /_srv/draft_selected",
        "POST /_srv/draft_selected +form",
        "POST /_srv/end_session",
        "POST /_srv/end_sessions_for",
        "POST /_srv/end_sessions_for +form",
        "POST /_srv/expire_for",
        "POST /_srv/expire_for +form",
        "POST /_srv/load_account_activity",
        "POST /_srv/load_account_file",
        "POST /_srv/roll_for",
        "POST /_srv/roll_for +form",
        "POST /_srv/set_account_disabled",
        "POST /_srv/set_account_disabled +form",
        "POST /_srv/end_session +form",
        "POST /_srv/expire_now",
        "POST /_srv/expire_now +form",
        "POST /_srv/reveal_key",
        "POST /_srv/reveal_key +form",
        "POST /_srv/roll_keys",
        "POST /_srv/roll_keys +form",
        "GET /dashboard/members/remove +person",
        "GET /dashboard/members/role +person",
        "POST /_srv/change_role",
        "POST /_srv/change_role +form",
        "POST /_srv/invite_member",
        "POST /_srv/invite_member +form",
        "POST /_srv/remove_member",
        "POST /_srv/remove_member +form",
        "POST /_srv/revoke_member_invitation",
        "POST /_srv/revoke_member_invitation +form",
        "POST /_srv/switch_account",
        "POST /_srv/switch_account +form",
        "GET /dashboard/developers/origins/remove +origin",
        "POST /_srv/add_origin",
        "POST /_srv/add_origin +form",
        "POST /_srv/remove_origin",
        "POST /_srv/remove_origin +form",
        "POST /dashboard/activity.csv +account",
        "POST /v1/keys/verify +wrong",
        "POST /v1/keys/verify/batch +wrong",
    ];
    assert_eq!(compared, expected.map(str::to_owned).into(), "every line that names a thing");
}

/// The whole answer, without what differs between any two: the names asked for, the nonce and fresh ids.
fn without_names(answer: &Answer, named: &Named) -> String {
    let csp = answer.header("content-security-policy");
    let nonce =
        csp.split_once("'nonce-").and_then(|(_, rest)| rest.split_once('\'')).map_or("no nonce", |(nonce, _)| nonce);
    let mut text = format!("{}\n{:?}\n{}", answer.status, answer.headers, answer.body);
    let Named { account, person, active, expiring, session, member, invitation, file, origin } = named;
    for name in [
        account,
        person,
        active,
        expiring,
        session,
        member,
        invitation,
        file,
        origin,
        nonce,
        answer.header("x-request-id"),
    ] {
        text = text.replace(name, "NAME");
    }
    without_submissions(&text)
}

/// A page names the next press of its button anew each time.
fn without_submissions(text: &str) -> String {
    let mut parts = text.split("sub_");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + "SUBMISSION" + part.get(26..).unwrap_or(part))
}
