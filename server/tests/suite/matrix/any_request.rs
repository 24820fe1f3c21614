//! Requests that nobody wrote down: any method, an address of the table with something done to it, any headers.

use super::expected::METHODS;
use super::inputs::{BROWSER, FORM, JSON};
use super::stage::{Caller, Stage, files};
use super::{what_others_own, whole};
use crate::headers::wrong_headers;
use crate::world::{World, basic, bearer};
use domain::Brand;
use domain::key_format::contains_private_key;
use http::{HeaderValue, Method, Uri};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use server::routes::{Place, TABLE, path_of_function};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// A request as it would be written into a connection.
#[derive(Debug, Clone)]
struct Any {
    method: String,
    target: String,
    caller: Caller,
    headers: Vec<(&'static str, String)>,
    body: String,
}

/// Something done to an address.
#[derive(Debug, Clone)]
enum Twist {
    DoubleSlash(usize),
    EncodeAt(usize),
    UppercaseAt(usize),
    CutAt(usize),
    Insert(usize, &'static str),
    Append(String),
    Query(String),
}

const PIECES: [&str; 14] =
    ["/", "//", "/..", "/.", "%2f", "%2e%2e", "%00", "%ff", "%0d%0a", ";", "*", "%", "\u{7f}", "{below}"];

fn twist() -> impl Strategy<Value = Twist> {
    let at = || 0..60_usize;
    prop_oneof![
        at().prop_map(Twist::DoubleSlash),
        at().prop_map(Twist::EncodeAt),
        at().prop_map(Twist::UppercaseAt),
        at().prop_map(Twist::CutAt),
        (at(), select(&PIECES[..])).prop_map(|(at, piece)| Twist::Insert(at, piece)),
        "[!-~]{0,12}".prop_map(Twist::Append),
        "[!-~]{0,30}".prop_map(Twist::Query),
        select(vec!["pair=%00", "pair=&pair=", "__err=%22FAULT%22&__path=%2f_srv%2froll_keys", "key=private_x"])
            .prop_map(|query| Twist::Query(query.to_owned())),
    ]
}

fn twisted(path: &str, twists: &[Twist]) -> String {
    let mut text = path.to_owned();
    let mut queries = Vec::new();
    for twist in twists {
        let at = |wanted: usize| wanted % text.len().max(1);
        match twist {
            Twist::DoubleSlash(wanted) => {
                let slashes: Vec<_> = text.match_indices('/').map(|(at, _)| at).collect();
                if let Some(slash) = slashes.get(wanted % slashes.len().max(1)) {
                    text.insert(*slash, '/');
                }
            }
            Twist::EncodeAt(wanted) => {
                let at = at(*wanted);
                if let Some(byte) = text.as_bytes().get(at).copied() {
                    text.replace_range(at..=at, &format!("%{byte:02x}"));
                }
            }
            Twist::UppercaseAt(wanted) => {
                let at = at(*wanted);
                let upper = text.get(at..=at).unwrap_or_default().to_uppercase();
                text.replace_range(at..at + upper.len(), &upper);
            }
            Twist::CutAt(wanted) => text.truncate(at(*wanted)),
            Twist::Insert(wanted, piece) => text.insert_str(at(*wanted), piece),
            Twist::Append(piece) => text += piece,
            Twist::Query(query) => queries.push(query.as_str()),
        }
    }
    if !queries.is_empty() {
        text = format!("{text}?{}", queries.join("&"));
    }
    if text.starts_with('/') { text } else { format!("/{text}") }
}

fn paths() -> Vec<String> {
    let path = |place: Place| match place {
        Place::At(path) => path_of_function(path).unwrap_or(path).to_owned(),
        Place::Below(path) => format!("{path}/x"),
        Place::Elsewhere => "/favicon.svg".to_owned(),
    };
    TABLE.iter().map(|row| path(row.place)).collect()
}

/// The values a header may have, apart from noise.
fn header(stage: &Stage) -> impl Strategy<Value = (&'static str, String)> + use<> {
    let ours = stage.public_url.to_owned();
    let known: Vec<(&str, String)> = vec![
        ("accept", BROWSER.to_owned()),
        ("accept", JSON.to_owned()),
        ("accept", "text/html;q=2, */*;q=-1,,;".to_owned()),
        ("content-type", FORM.to_owned()),
        ("content-type", JSON.to_owned()),
        ("content-type", "multipart/form-data; boundary=x".to_owned()),
        ("sec-fetch-site", "same-origin".to_owned()),
        ("sec-fetch-site", "cross-site".to_owned()),
        ("sec-fetch-site", "none".to_owned()),
        ("origin", ours.clone()),
        ("origin", "null".to_owned()),
        ("origin", "https://evil.example".to_owned()),
        ("referer", format!("{ours}/sign-in")),
        ("referer", "https://evil.example/".to_owned()),
        ("referer", "/\\evil".to_owned()),
        ("authorization", bearer(&stage.key)),
        ("authorization", basic("private_x")),
        ("authorization", "Basic".to_owned()),
        ("host", "evil.example".to_owned()),
        ("x-forwarded-for", "1.2.3.4, ::1".to_owned()),
        ("x-http-method-override", "POST".to_owned()),
        ("if-none-match", "*".to_owned()),
        ("range", "bytes=-1".to_owned()),
        ("range", "bytes=5-1".to_owned()),
        ("accept-encoding", "br;q=x, gzip".to_owned()),
        ("upgrade", "h2c".to_owned()),
        ("cookie", "latchkey=; latchkey=x; ;;==".to_owned()),
        ("cookie", "latchkey-typed=%ff&%00".to_owned()),
    ];
    let names = known.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    prop_oneof![4 => select(known), 1 => (select(names), "[ -~é]{0,40}")]
}

fn any_request(stage: &Stage) -> impl Strategy<Value = Any> + use<> {
    let method = prop_oneof![
        3 => Just("POST".to_owned()),
        5 => select(&METHODS[..]).prop_map(str::to_owned),
        1 => "[A-Z]{1,12}",
    ];
    let twists = prop_oneof![Just(Vec::new()), prop::collection::vec(twist(), 1..4)];
    let target = (select(paths()), twists);
    let pair = stage.ours.named.active.clone();
    let submission = stage.submission.clone();
    let body = prop_oneof![
        Just(String::new()),
        Just(format!("pair={pair}&submission={submission}&expire_old=immediately")),
        Just(format!("{{\"pair\":\"{pair}\"}}")),
        "pair=[ -~]{0,20}",
        "[ -~é\\x00]{0,60}",
        Just("a".repeat(20_000)),
    ];
    // What our own pages send, so that half of the requests get as far as being read; and then whatever there is.
    let own = |kind: &str| vec![("content-type", kind.to_owned()), ("sec-fetch-site", "same-origin".to_owned())];
    let own = prop_oneof![Just(Vec::new()), select(vec![own(FORM), own(JSON)])];
    let headers = (own, prop::collection::vec(header(stage), 0..6)).prop_map(|(own, more)| [own, more].concat());
    (method, target, select(&Caller::ALL[..]), headers, body).prop_map(
        |(method, (path, twists), caller, headers, body)| Any {
            method,
            target: twisted(&path, &twists),
            caller,
            headers,
            body,
        },
    )
}

#[test]
fn no_request_breaks_anything_or_shows_what_is_not_for_its_sender() {
    #[expect(clippy::disallowed_methods, reason = "a test's own setting")]
    let deep = std::env::var_os("LATCHKEY_TEST_DEEP").is_some();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stage = runtime.block_on(Stage::set("http://127.0.0.1:3000"));
    let world = RefCell::new(None);
    let statuses = RefCell::new(BTreeSet::new());
    let cases = if deep { 50_000 } else { 1_500 };
    // What cannot be written as a request at all, about one in ten, is not counted.
    let config = Config { cases, max_global_rejects: cases, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&any_request(&stage), |request| {
            let status = runtime.block_on(hold(&stage, &world, &request))?;
            statuses.borrow_mut().insert(status);
            Ok(())
        })
        .unwrap();
    let usual = BTreeSet::from([200, 302, 400, 401, 403, 404, 405, 413, 422]);
    assert!(statuses.borrow().is_superset(&usual), "every usual answer was met: {statuses:?}");
}

/// What has to be true of every answer.
async fn hold(stage: &Stage, world: &RefCell<Option<World>>, request: &Any) -> Result<u16, TestCaseError> {
    let representable = request.target.parse::<Uri>().is_ok()
        && Method::from_bytes(request.method.as_bytes()).is_ok()
        && request.headers.iter().all(|(_, value)| HeaderValue::from_str(value).is_ok());
    prop_assume!(representable);
    let unchanged = world.take();
    let used = match unchanged {
        Some(world) => world,
        None => stage.world().await,
    };
    let before = files(&used);
    let cookie = stage.secret(request.caller).map(|secret| format!("{}={secret}", used.cookies().session()));
    let system = bearer(&stage.installation_key);
    let mut headers: Vec<(&str, &str)> = request.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    headers.extend(cookie.as_deref().map(|cookie| ("cookie", cookie)));
    if request.caller == Caller::System && !headers.iter().any(|(name, _)| *name == "authorization") {
        headers.push(("authorization", &system));
    }
    let answer = used.send(&request.method, &request.target, &headers, &request.body).await;

    prop_assert!(answer.status.as_u16() < 500, "{}: {}", answer.status, answer.body);
    prop_assert_eq!(wrong_headers(&answer, false), Vec::<String>::new());
    // What these two may see of every account depends on where they are, and an address may have been bent into any other.
    let every_account = matches!(request.caller, Caller::Admin | Caller::System);
    // These two tell whoever holds a key whose it is.
    let about_key = ["/v1/account", "/v1/auth"].iter().any(|path| request.target.starts_with(path));
    if !about_key && !every_account {
        prop_assert_eq!(what_others_own(&answer, request.caller, stage), Vec::<String>::new());
    }
    let location = answer.header("location");
    if !location.is_empty() {
        let ours = location.starts_with('/') && !location.starts_with("//") && !location.contains('\\');
        prop_assert!(ours || location.starts_with(&format!("{}/", stage.public_url)), "leads to {location}");
    }
    let says = |name: &str, value: &str| headers.iter().any(|(n, v)| *n == name && *v == value);
    let from_ours = says("sec-fetch-site", "same-origin") || says("sec-fetch-site", "none");
    let without_cookie = matches!(request.caller, Caller::Nobody | Caller::System);
    let may_act = (request.method == "POST" && (from_ours || says("origin", stage.public_url) || without_cookie))
        || (request.method == "PATCH" && request.caller == Caller::System);
    // That a key was seen in a browser is on record.
    let key_seen = answer.status == 403 && says("authorization", &bearer(&stage.key));
    if !may_act {
        prop_assert!(key_seen || files(&used) == before, "something was written");
        prop_assert!(!contains_private_key(&Brand::none(), &whole(&answer)), "a private key");
    }
    if files(&used) == before {
        world.replace(Some(used));
    }
    Ok(answer.status.as_u16())
}
