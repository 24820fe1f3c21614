//! The second listener: what is told there, what never is, and that nothing else is answered.

use crate::program::{Place, ask_at};
use crate::tools;
use crate::uploads::client::{Keys, file, text, with_key, without_key};
use crate::world::{Answer, EMAIL, NOW, World, basic, bearer, send_to};
use backend::keys::Rolled;
use domain::{Brand, ExpireOld, PrivateKey};
use serde_json::json;
use server::metrics;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const HOUR: i64 = 3_600_000;

async fn ask(world: &World, method: &str, path: &str) -> Answer {
    send_to(&metrics::router(world.serving.clone()), method, path, &[], "").await
}

async fn page(world: &World) -> String {
    let answer = ask(world, "GET", "/metrics").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

/// The value of one series, named as it stands on the page.
fn read(page: &str, series: &str) -> f64 {
    let value = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {series} on:\n{page}"))
}

#[track_caller]
fn assert_counted(page: &str, series: &str, expected: u32) {
    assert!((read(page, series) - f64::from(expected)).abs() < f64::EPSILON, "{series}, not {expected}:\n{page}");
}

/// What is not zero of a family: the labels of each series with its value.
fn counted(page: &str, family: &str) -> BTreeMap<String, u32> {
    let of_family = |line: &str| {
        let (labels, value) = line.strip_prefix(family)?.strip_prefix('{')?.split_once("} ")?;
        Some((labels.to_owned(), value.parse::<u32>().ok()?))
    };
    page.lines().filter_map(of_family).filter(|(_, value)| *value > 0).collect()
}

async fn authenticate(world: &World, path: &str, headers: &[(&str, &str)]) {
    world.get(path, headers).await;
}

#[tokio::test]
async fn what_programs_are_told_is_counted_by_where_they_asked_and_what_came_of_it() {
    let world = World::http().await;
    let account = world.account().await;
    let first = account.first_pair.private_key.expose().to_owned();
    let public = account.first_pair.pair.public_key.as_str().to_owned();
    let nobodys = PrivateKey::mint(&Brand::none(), &backend::OsEntropy);
    let installation =
        world.backend.create_installation_key(&World::operator(), "billing", &[domain::Scope::Read]).await.unwrap();
    for (key, times) in [(&*first, 3), (nobodys.expose(), 1), ("private_typo", 2), (&*public, 1)] {
        for _ in 0..times {
            authenticate(&world, "/v1/account", &[("authorization", &basic(key))]).await;
        }
    }
    authenticate(&world, "/v1/account", &[("authorization", &bearer(installation.key.expose()))]).await;
    authenticate(&world, "/v1/account", &[]).await;
    let own = basic(&first);
    authenticate(&world, "/v1/account", &[("authorization", &own), ("authorization", &own)]).await;
    authenticate(&world, "/v1/auth", &[("authorization", &own)]).await;
    authenticate(&world, "/v1/auth/below", &[]).await;
    authenticate(&world, "/v1/files", &[("authorization", &own), ("origin", "https://shop.example")]).await;
    authenticate(&world, "/v1/files", &[("authorization", &own)]).await;
    let Rolled::Done { new, .. } = world.roll(&account.account_id, ExpireOld::In1Hour).await else { panic!("rolled") };
    world.clock.set(NOW + HOUR);
    let keys = json!({ "keys": ["", first, new.private_key.expose()] }).to_string();
    world.send("POST", "/v1/keys/verify/batch", &[], &keys).await;
    world.roll(&account.account_id, ExpireOld::Immediately).await;
    authenticate(&world, "/v1/account", &[("authorization", &basic(new.private_key.expose()))]).await;
    world.disable(&account.account_id).await;
    authenticate(&world, "/v1/account", &[("authorization", &basic(new.private_key.expose()))]).await;

    let page = page(&world).await;
    let expected = [
        ("account", "valid", 3),
        ("account", "KEY_UNKNOWN", 3),
        ("account", "KEY_IS_PUBLIC", 1),
        ("account", "KEY_IS_INSTALLATION", 1),
        ("account", "KEY_MISSING", 1),
        ("account", "HEADER_REPEATED", 1),
        ("account", "KEY_REVOKED", 2),
        ("auth", "valid", 1),
        ("auth", "KEY_MISSING", 1),
        ("files", "KEY_FROM_BROWSER", 1),
        ("files", "valid", 1),
        ("verify", "KEY_MISSING", 1),
        ("verify", "KEY_EXPIRED", 1),
        ("verify", "valid", 1),
    ];
    let expected: BTreeMap<_, _> = expected
        .map(|(endpoint, outcome, times)| (format!("endpoint=\"{endpoint}\",outcome=\"{outcome}\""), times))
        .into();
    assert_eq!(counted(&page, "latchkey_authentications_total"), expected);
    // Where there was no key, there was nothing to judge.
    assert_counted(&page, "latchkey_authentication_duration_seconds_count", expected.values().sum::<u32>() - 4);
    assert_counted(&page, "latchkey_malformed_keys_total", 2);
}

#[tokio::test]
async fn the_keys_of_a_disabled_account_are_counted() {
    let world = World::http().await;
    let account = world.account().await;
    world.disable(&account.account_id).await;
    authenticate(&world, "/v1/auth", &[("authorization", &basic(account.first_pair.private_key.expose()))]).await;
    assert_counted(
        &page(&world).await,
        "latchkey_authentications_total{endpoint=\"auth\",outcome=\"ACCOUNT_DISABLED\"}",
        1,
    );
}

/// Item 3 of what is promised of `/v1/auth`: noise costs no statement, and a key that works neither.
#[tokio::test]
async fn malformed_keys_and_working_ones_ask_the_database_nothing() {
    let world = World::http().await;
    let account = world.account().await;
    let key = account.first_pair.private_key.expose();
    world.backend.follow().await.unwrap();
    let mistyped = format!("{}x", &key[..key.len() - 1]);
    for presented in [key, &mistyped, "private_", "nonsense", account.first_pair.pair.public_key.as_str()] {
        for _ in 0..20 {
            authenticate(&world, "/v1/auth", &[("authorization", &bearer(presented))]).await;
        }
    }
    let quiet = page(&world).await;
    assert_counted(&quiet, "latchkey_key_lookups_total", 0);
    assert_counted(&quiet, "latchkey_malformed_keys_total", 60);
    assert_counted(&quiet, "latchkey_refused_keys_remembered", 0);

    // The counter can count: a key that might be somebody's is looked up, once.
    let nobodys = PrivateKey::mint(&Brand::none(), &backend::OsEntropy);
    for _ in 0..2 {
        authenticate(&world, "/v1/auth", &[("authorization", &bearer(nobodys.expose()))]).await;
    }
    let looked_up = page(&world).await;
    assert_counted(&looked_up, "latchkey_key_lookups_total", 1);
    assert_counted(&looked_up, "latchkey_refused_keys_remembered", 1);
}

#[tokio::test]
async fn uses_that_wait_to_be_written_are_told() {
    let world = World::http().await;
    let account = world.account().await;
    let key = bearer(account.first_pair.private_key.expose());
    let ask = async |times: u32| {
        for _ in 0..times {
            authenticate(&world, "/v1/auth", &[("authorization", &key)]).await;
        }
    };
    ask(3).await;
    assert_counted(&page(&world).await, "latchkey_usage_backlog", 3);
    world.backend.flush_usage().await.unwrap();
    assert_counted(&page(&world).await, "latchkey_usage_backlog", 0);
    // What was taken, and could not be written, still waits.
    world.break_database().await;
    ask(2).await;
    world.backend.flush_usage().await.unwrap_err();
    ask(1).await;
    assert_counted(&page(&world).await, "latchkey_usage_backlog", 3);
    assert_counted(&page(&world).await, "latchkey_usage_lost_total", 0);
    // Until it is given up, since a database that is closed is not one that is full.
    while world.backend.flush_usage().await.is_err() {}
    assert_counted(&page(&world).await, "latchkey_usage_backlog", 1);
    assert_counted(&page(&world).await, "latchkey_usage_lost_total", 2);
}

#[tokio::test]
async fn an_index_that_may_not_be_asked_shows() {
    let world = World::http().await;
    let account = world.account().await;
    world.backend.follow().await.unwrap();
    let current = page(&world).await;
    assert_counted(&current, "latchkey_index_current", 1);
    assert_counted(&current, "latchkey_indexed_keys", 1);
    assert_counted(&current, "latchkey_index_age_seconds", 0);

    world.backend.leave_instances().await.unwrap();
    authenticate(&world, "/v1/auth", &[("authorization", &bearer(account.first_pair.private_key.expose()))]).await;
    let outdated = page(&world).await;
    assert_counted(&outdated, "latchkey_index_current", 0);
    assert_counted(&outdated, "latchkey_key_lookups_total", 1);
}

#[tokio::test]
async fn requests_are_counted_by_kind_and_status_with_how_long_they_took() {
    let world = World::http().await;
    for path in ["/v1/openapi.json", "/v1/account", "/v1/nowhere", "/sign-in", "/dashboard", "/livez", "/pkg/gone.js"] {
        world.get(path, &[("accept", "text/html")]).await;
    }
    world.call("sign_in", &[], "email=a%40example.org&password=wrong").await;
    world.send("POST", "/api/v1/files/upload", &[], "").await;
    let page = page(&world).await;
    let expected = [
        ("api", "2xx", 1),
        ("api", "4xx", 2),
        ("page", "2xx", 1),
        ("page", "3xx", 1),
        ("health", "2xx", 1),
        ("asset", "4xx", 1),
        ("function", "4xx", 1),
        ("upload", "4xx", 1),
    ];
    let expected: BTreeMap<_, _> =
        expected.map(|(kind, status, times)| (format!("kind=\"{kind}\",status=\"{status}\""), times)).into();
    assert_eq!(counted(&page, "latchkey_requests_total"), expected);
    let timed = counted(&page, "latchkey_request_duration_seconds_count");
    assert_eq!((timed["kind=\"api\""], timed["kind=\"page\""]), (3, 2));
    let beyond = counted(&page, "latchkey_request_duration_seconds_bucket");
    assert_eq!(beyond["le=\"+Inf\",kind=\"api\""], 3);
}

#[tokio::test]
async fn uploads_passwords_keys_in_urls_and_failed_writes_are_counted() {
    let world = World::http().await;
    let account = world.account().await;
    let keys = Keys::of(&account);
    with_key(&world, &keys, &[file("x"), text("fileName", "x")]).await;
    without_key(&world, &[vec![file("x"), text("fileName", "x")], keys.signed("token-1")].concat()).await;
    let mut forged = keys.signed("token-2");
    forged[3] = text("signature", "0".repeat(40));
    without_key(&world, &[forged, vec![file("x"), text("fileName", "x")]].concat()).await;
    world.call("sign_in", &[], &format!("email={EMAIL}&password=not+the+password+at+all")).await;
    world.get(&format!("/v1/account?key={}", keys.private), &[]).await;
    let before = page(&world).await;
    assert_counted(&before, "latchkey_authentications_total{endpoint=\"upload\",outcome=\"valid\"}", 1);
    assert_counted(&before, "latchkey_upload_signatures_total{outcome=\"valid\"}", 1);
    assert_counted(&before, "latchkey_upload_signatures_total{outcome=\"refused\"}", 1);
    assert_counted(&before, "latchkey_passwords_checked_total", 1);
    assert_counted(&before, "latchkey_keys_in_urls_total", 1);
    assert_counted(&before, "latchkey_failed_writes_total", 0);
    for idle in ["latchkey_password_attempts", "latchkey_passwords_waiting", "latchkey_passwords_hashing"] {
        assert_counted(&before, idle, 0);
    }

    world.break_database().await;
    world.call("sign_up", &[], "email=b%40example.org&password=an+ocelot+plays+the+bassoon").await;
    without_key(&world, &[vec![file("x"), text("fileName", "x")], keys.signed("token-3")].concat()).await;
    let broken = page(&world).await;
    assert_counted(&broken, "latchkey_upload_signatures_total{outcome=\"refused\"}", 1);
    assert_counted(&broken, "latchkey_upload_signatures_total{outcome=\"fault\"}", 1);
    assert!(read(&page(&world).await, "latchkey_failed_writes_total") >= 1.0);
}

/// As the parser by Prometheus itself reads it, which is strict: what each series is, its labels, and its value.
fn parsed(page: &str) -> Vec<(String, String, BTreeMap<String, String>, f64)> {
    const SCRIPT: &str = "import sys, json\n\
        from prometheus_client.openmetrics.parser import text_string_to_metric_families as families\n\
        print(json.dumps([[f.type, s.name, s.labels, str(s.value)] for f in families(sys.stdin.read()) for s in f.samples]))";
    let mut python = Command::new(tools::find("python", "python/bin"))
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
    let said = python.wait_with_output().unwrap();
    assert!(said.status.success(), "{}\n{page}", String::from_utf8_lossy(&said.stderr));
    let samples: Vec<(String, String, BTreeMap<String, String>, String)> =
        serde_json::from_slice(&said.stdout).unwrap();
    samples.into_iter().map(|(kind, name, labels, value)| (kind, name, labels, value.parse().unwrap())).collect()
}

#[tokio::test]
async fn a_scraper_can_read_every_line_and_every_family_is_documented() {
    let world = World::http().await;
    let account = world.account().await;
    authenticate(&world, "/v1/auth", &[("authorization", &bearer(account.first_pair.private_key.expose()))]).await;
    let answer = ask(&world, "GET", "/metrics").await;
    assert_eq!(answer.header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "no-store");
    let samples = parsed(&answer.body);
    assert!(samples.len() > 200, "{}", samples.len());
    let valid = samples.iter().find(|(_, name, labels, _)| {
        name == "latchkey_authentications_total" && labels["endpoint"] == "auth" && labels["outcome"] == "valid"
    });
    assert!(valid.is_some_and(|(kind, .., value)| kind == "counter" && (value - 1.0).abs() < f64::EPSILON));
    let build = samples.iter().find(|(_, name, ..)| name == "latchkey_build_info").expect("what was built");
    assert_eq!(build.2["version"], env!("CARGO_PKG_VERSION"));
    let began = samples.iter().find(|(_, name, ..)| name == "process_start_time_seconds").expect("when it began").3;
    assert!((began - Duration::from_millis(NOW.unsigned_abs()).as_secs_f64()).abs() < 0.001, "{began}");
    if cfg!(target_os = "linux") {
        let (_, _, _, memory) =
            samples.iter().find(|(_, name, ..)| name == "process_resident_memory_bytes").expect("it");
        assert!((1e6..1e10).contains(memory), "{memory}");
    }

    let documentation = include_str!("../../../docs/OPERATIONS.md");
    let named = |line: &str| {
        line.strip_prefix("| `")?.split_once('`').map(|(name, _)| name.split('{').next().unwrap_or(name).to_owned())
    };
    let told: BTreeSet<_> = documentation.lines().filter_map(named).filter(|name| is_metric(name)).collect();
    let there: BTreeSet<_> = samples.iter().map(|(kind, name, ..)| family(kind, name)).collect();
    assert_eq!(there, told, "docs/OPERATIONS.md has the table of metrics");
}

fn is_metric(name: &str) -> bool {
    ["latchkey_", "process_"].iter().any(|prefix| name.starts_with(prefix))
}

/// The name as it is documented: of a histogram without what its series end in.
fn family(kind: &str, series: &str) -> String {
    let ends = if kind == "histogram" { &["_bucket", "_count", "_sum"][..] } else { &[] };
    let name = ends.iter().find_map(|end| series.strip_suffix(end)).unwrap_or(series);
    name.to_owned()
}

#[tokio::test]
async fn no_key_account_person_or_address_is_told() {
    let world = World::http().await;
    let account = world.account().await;
    let pair = &account.first_pair;
    let secret = pair.private_key.expose();
    for path in ["/v1/account", "/v1/auth", "/v1/files", &format!("/v1/account?key={secret}")] {
        let headers =
            [("authorization", &*bearer(secret)), ("user-agent", "a-caller/1.0"), ("x-forwarded-for", "203.0.113.9")];
        authenticate(&world, path, &headers).await;
    }
    world.call("sign_in", &[], &format!("email={EMAIL}&password=not+the+password+at+all")).await;
    let page = page(&world).await;
    let account_id = account.account_id.to_string();
    let pair_id = pair.pair.id.to_string();
    for told in
        [secret, pair.pair.public_key.as_str(), &account_id, &pair_id, "cus_1", EMAIL, "a-caller", "203.0.113.9"]
    {
        assert!(!page.contains(told), "{told} is on the page");
    }
    let labels: BTreeSet<_> = parsed(&page).into_iter().flat_map(|(.., labels, _)| labels.into_keys()).collect();
    assert_eq!(labels, ["endpoint", "kind", "le", "outcome", "status", "version"].map(str::to_owned).into());
}

#[tokio::test]
async fn the_second_listener_answers_nothing_else_and_the_first_has_no_metrics() {
    let world = World::http().await;
    for path in ["/", "/metrics/", "/metrics/x", "/v1/account", "/livez", "/sign-in", "/pkg/latchkey.css", "//metrics"]
    {
        let answer = ask(&world, "GET", path).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (404, ""), "{path}");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"] {
        let answer = ask(&world, method, "/metrics").await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (405, ""), "{method}");
    }
    assert_eq!(ask(&world, "HEAD", "/metrics").await.body, "");

    for path in ["/metrics", "/v1/metrics", "/admin/v1/metrics", "/dashboard/metrics"] {
        let answer = world.get(path, &[("accept", "text/plain")]).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.body.contains("latchkey_"), "{path}");
    }
}

#[test]
fn a_process_that_is_asked_for_metrics_tells_them_at_their_own_address_until_it_ends() {
    let place = Place::new();
    let mut served = place.serve(&[("LATCHKEY_METRICS_ADDR", "127.0.0.1:0")]);
    let metrics = served.metrics_addr();
    let connections = || read(&ask_at(metrics, "/metrics", ""), "latchkey_connections");
    let wait_for = |expected: f64| {
        let until = Instant::now() + Duration::from_secs(20);
        while (connections() - expected).abs() > f64::EPSILON {
            assert!(Instant::now() < until, "{} connections, not {expected}", connections());
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    wait_for(0.0);
    let held = [(); 3].map(|()| TcpStream::connect(served.addr).unwrap());
    wait_for(3.0);
    drop(held);
    wait_for(0.0);
    assert_eq!(served.get("/metrics", "").0, 404);
    assert!(ask_at(metrics, "/livez", "").starts_with("HTTP/1.1 404 "));
    let current = || (read(&ask_at(metrics, "/metrics", ""), "latchkey_index_current") - 1.0).abs() < f64::EPSILON;
    let until = Instant::now() + Duration::from_secs(20);
    while !current() {
        assert!(Instant::now() < until, "keys are not checked from memory");
        std::thread::sleep(Duration::from_millis(20));
    }

    // Beside it, a second one finds the address taken, and a dry check says by whom.
    let (own, dashboard) = (metrics.to_string(), served.addr.to_string());
    let said = Place::new().run_with(&["serve"], &[("LATCHKEY_METRICS_ADDR", &own)]);
    assert_eq!(said.code, 1);
    let expected =
        format!("cannot listen at {own}. Another process may be there; LATCHKEY_METRICS_ADDR chooses another address");
    assert!(said.err.contains(&expected), "{}", said.err);
    let check = |addr: &str| place.run_with(&["serve", "--check"], &[("LATCHKEY_METRICS_ADDR", addr)]).out;
    assert!(check(&own).contains(&format!("note  metrics     a Latchkey answers at {own} already")), "{}", check(&own));
    assert!(check(&dashboard).contains("FAIL  metrics     cannot listen at"), "{}", check(&dashboard));
    assert!(check("127.0.0.1:0").contains("ok    metrics     127.0.0.1:0 is free"));
    let both = [("LATCHKEY_METRICS_ADDR", "127.0.0.1:9"), ("LATCHKEY_ADDR", "127.0.0.1:9")];
    let said = place.run_with(&["serve", "--check"], &both).out;
    assert!(said.contains("FAIL  metrics     127.0.0.1:9 is the address of the dashboard"), "{said}");

    let (_, well) = served.stop();
    assert!(well);
    assert!(TcpListener::bind(metrics).is_ok() || TcpStream::connect(metrics).is_err(), "somebody still answers");
}

#[test]
fn without_being_asked_for_metrics_a_process_has_no_second_listener() {
    let place = Place::new();
    let served = place.serve(&[]);
    let (rest, _) = served.stop();
    assert!(!rest.contains("Metrics"), "{rest}");
    let said = place.run(&["serve", "--check"]).out;
    assert!(!said.contains("metrics"), "{said}");
}
