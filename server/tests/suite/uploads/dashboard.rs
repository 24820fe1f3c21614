//! The Files page: what its script does, and the program it shows to people who write in Rust.

use super::client::{Keys, Part, expect, file, left_on_disk, multipart, post, text, with_key, without_key};
use crate::world::{EMAIL, World, basic};
use backend::keys::Rolled;
use backend::{Clock as _, SystemClock};
use domain::{AccountId, ExpireOld};
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The form that the script sends: the answer as it is, then the file.
fn form(parameters: &Value, name: &str, content: &str) -> Vec<Part> {
    let fields = ["publicKey", "token", "expire", "signature"].map(|name| {
        let value = &parameters[name];
        text(name, value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    });
    let own = [text("fileName", name), text("useUniqueFileName", "false"), text("overwriteFile", "false")];
    [&fields[..], &own, &[file(content)]].concat()
}

async fn parameters(world: &World, account: &AccountId, cookie: &str) -> Value {
    let headers = [("cookie", cookie), ("sec-fetch-site", "same-origin")];
    let answer = world.call("make_upload_parameters", &headers, &format!("account={account}")).await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, "no-store"), "{}", answer.body);
    answer.json()
}

#[tokio::test]
async fn a_member_uploads_with_the_parameters_their_page_asks_for() {
    let world = World::http().await;
    let account = world.account().await;
    let keys = Keys::of(&account);
    let cookie = world.signed_in().await;
    let asked = parameters(&world, &account.account_id, &cookie).await;
    assert_eq!(asked["publicKey"], keys.public.as_str());
    let answer = without_key(&world, &form(&asked, "a.txt", "from the page")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let id = answer.json()["fileId"].as_str().unwrap().to_owned();
    let again = without_key(&world, &form(&asked, "b.txt", "again")).await;
    assert_eq!((again.status.as_u16(), again.json()["code"].as_str()), (400, Some("TOKEN_USED")));
    let taken =
        without_key(&world, &form(&parameters(&world, &account.account_id, &cookie).await, "a.txt", "other")).await;
    assert_eq!((taken.status.as_u16(), taken.json()["code"].as_str()), (400, Some("NAME_TAKEN")));
    let page = world.get("/dashboard/files", &[("cookie", &cookie)]).await;
    assert!(page.body.contains("a.txt") && page.body.contains("13 bytes of 10 GB used"), "{}", page.body);
    let saved = world.get(&format!("/dashboard/files/download?file={id}"), &[("cookie", &cookie)]).await;
    assert_eq!(saved.body, "from the page");
}

#[tokio::test]
async fn an_upload_whose_pair_was_ended_in_between_leaves_nothing() {
    let world = World::http().await;
    let account = world.account().await;
    let cookie = world.signed_in().await;
    let asked = parameters(&world, &account.account_id, &cookie).await;
    let Rolled::Done { .. } = world.roll(&account.account_id, ExpireOld::Immediately).await else {
        panic!("rolled");
    };
    let refused = without_key(&world, &form(&asked, "a.txt", "too late")).await;
    expect(&refused, 403, "KEY_REVOKED", "Your request contains expired public API key.");
    assert_eq!(left_on_disk(&world), Vec::<String>::new());
    // The next press asks anew.
    let answer =
        without_key(&world, &form(&parameters(&world, &account.account_id, &cookie).await, "a.txt", "in time")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn the_page_lists_pages_of_fifty_and_finds_part_of_a_name() {
    let world = World::http().await;
    let keys = Keys::of(&world.account().await);
    let cookie = world.signed_in().await;
    for number in 1..=51 {
        world.clock.set(crate::world::NOW + number);
        let parts = [file("x"), text("fileName", format!("photo {number}.txt")), text("useUniqueFileName", "false")];
        assert_eq!(with_key(&world, &keys, &parts).await.status, 200);
    }
    let page = async |query: &str| {
        let answer = world.get(&format!("/dashboard/files{query}"), &[("cookie", &cookie)]).await;
        assert_eq!(answer.status, 200, "{query}");
        let names = answer.body.match_indices("aria-label=\"Download ");
        let name = |(at, found): (usize, &str)| {
            let rest = &answer.body[at + found.len()..];
            rest.split('"').next().unwrap().to_owned()
        };
        (names.map(name).collect::<Vec<_>>(), answer.body)
    };
    let (first, body) = page("").await;
    assert_eq!((first.len(), first[0].as_str(), first[49].as_str()), (50, "photo_51.txt", "photo_2.txt"));
    assert!(body.contains("href=\"/dashboard/files?page=2\"") && !body.contains("Previous page"));
    let (second, body) = page("?page=2").await;
    assert_eq!(second, ["photo_1.txt"]);
    assert!(
        body.contains("href=\"/dashboard/files\"") && body.contains("Previous page") && !body.contains("Next page")
    );
    assert_eq!(page("?q=PHOTO+4&sort=name").await.0.len(), 11);
    assert_eq!(page("?q=nothing").await.0.len(), 0);
}

/// The program of the page, built: cargo builds examples with all tests of a crate, and not with `--test suite` alone.
fn signing_program() -> PathBuf {
    let built = Path::new(env!("CARGO_BIN_EXE_latchkey")).parent().unwrap();
    let profile = built.file_name().unwrap().to_str().unwrap();
    let profile = if profile == "debug" { "dev" } else { profile };
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--offline", "--package", "server", "--example", "sign_uploads"]);
    cargo.args(["--profile", profile, "--target-dir"]).arg(built.parent().unwrap());
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    let said = cargo.output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    built.join("examples/sign_uploads")
}

/// A program that is ended with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the endpoint answers, once it listens.
fn ask(port: u16) -> (String, Value) {
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut stream = loop {
        match TcpStream::connect(("127.0.0.1", port)) {
            Ok(stream) => break stream,
            Err(error) => assert!(Instant::now() < deadline, "the program does not listen: {error}"),
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    stream.write_all(b"GET /auth HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
    (head.to_ascii_lowercase(), serde_json::from_str(body).expect("JSON"))
}

#[tokio::test]
async fn the_rust_program_on_the_page_signs_uploads_that_are_taken() {
    let world = World::http().await;
    let keys = Keys::of(&world.account().await);
    // The program goes by the clock of the machine.
    world.clock.set(SystemClock.now().as_millis());
    let cookie = world.signed_in_as(EMAIL).await;
    // What is compiled is what is shown, but for the public key.
    let page = world.get("/dashboard/files", &[("cookie", &cookie)]).await.body;
    let shown = app::features::files::rust_program(&keys.public);
    assert!(shown.starts_with("// cargo add axum ") && shown.contains(&keys.public));
    let unescaped = page.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
    assert!(unescaped.contains(&shown), "the page shows the program");

    let program = tokio::task::spawn_blocking(signing_program).await.unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = Command::new(program);
    command.env("PORT", port.to_string()).env("API_PRIVATE_KEY", &keys.private).stdout(Stdio::null());
    let running = Running(command.spawn().unwrap());
    let (head, mut answer) = tokio::task::spawn_blocking(move || ask(port)).await.unwrap();
    drop(running);
    assert!(head.contains("cache-control: no-store"), "{head}");
    assert_eq!(answer["publicKey"], "{{public_key}}");
    answer["publicKey"] = keys.public.as_str().into();
    let uploaded = without_key(&world, &form(&answer, "rust.txt", "signed in Rust")).await;
    assert_eq!(uploaded.status, 200, "{}", uploaded.body);
}

#[tokio::test]
async fn a_form_with_the_pages_parameters_and_a_private_key_is_refused() {
    let world = World::http().await;
    let account = world.account().await;
    let keys = Keys::of(&account);
    let cookie = world.signed_in().await;
    let parts = form(&parameters(&world, &account.account_id, &cookie).await, "a.txt", "both");
    let headers = [("authorization", basic(&keys.private))];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    let answer = post(&world, &headers, multipart(&parts)).await;
    assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (400, Some("KEY_AND_SIGNATURE")));
}
