//! Backup, restore, upgrade and the dry check: what operators do, done with the program itself.

use crate::program::{Place, Said, write};
use crate::world::basic;
use serde_json::Value;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

struct Account {
    id: String,
    private_key: String,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not text: {value}")).to_owned()
}

fn create(place: &Place, email: &str) -> Account {
    let made = place.run(&["account", "create", "--email", email, "--json"]).json();
    Account { id: text(&made["account_id"]), private_key: text(&made["key_pair"]["private_key"]) }
}

fn roll(place: &Place, account: &Account, expire_old: &str) -> String {
    let roll = ["keys", "roll", "--account", &account.id, "--expire-old", expire_old, "--json"];
    text(&place.run(&roll).json()["new"]["private_key"])
}

fn back_up(place: &Place, name: &str) {
    let said = place.run(&["backup", "--to", name]);
    assert_eq!(said.code, 0, "{}", said.err);
}

/// As docs/OPERATIONS.md says: what is there goes aside, all three files of it, and the backup takes its place.
fn restore(place: &Place, backup: &str) {
    std::fs::create_dir_all(place.path("aside")).unwrap();
    for name in ["latchkey.db", "latchkey.db-wal", "latchkey.db-shm"] {
        let _ = std::fs::rename(place.path(&format!("data/{name}")), place.path(&format!("aside/{name}")));
    }
    std::fs::copy(place.path(backup), place.path("data/latchkey.db")).unwrap();
}

/// Every file below the directory with what is in it and who may read it.
fn tree(directory: &Path) -> BTreeMap<String, (u32, Vec<u8>)> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        if path.is_dir() {
            files.insert(path.display().to_string(), (mode, Vec::new()));
            files.extend(tree(&path));
        } else {
            files.insert(path.display().to_string(), (mode, std::fs::read(&path).unwrap()));
        }
    }
    files
}

/// A site with what every page loads.
fn lay_out_site(place: &Place) {
    std::fs::create_dir_all(place.path("target/site/pkg")).unwrap();
    for kind in ["js", "wasm", "css"] {
        write(&place.path(&format!("target/site/pkg/latchkey.{kind}")), "/* built */");
    }
}

fn line<'a>(said: &'a Said, check: &str) -> &'a str {
    let named = |line: &&str| line.get(6..).is_some_and(|rest| rest.starts_with(check));
    said.out.lines().find(named).unwrap_or_else(|| panic!("no line about {check}:\n{}{}", said.out, said.err))
}

#[test]
fn a_backup_made_beside_a_running_server_is_restored_and_its_keys_authenticate() {
    let place = Place::new();
    let served = place.serve(&[]);
    let (ada, leaked) = (create(&place, "ada@example.org"), create(&place, "lin@example.org"));
    let said = place.run(&["backup", "--to", "monday.db", "--json"]);
    let answer = said.json();
    assert_eq!(answer["file"], "monday.db");
    assert_eq!(answer["bytes"], std::fs::metadata(place.path("monday.db")).unwrap().len());
    let mode = std::fs::metadata(place.path("monday.db")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);

    // After the backup one key leaks and is ended, and one account is made.
    roll(&place, &leaked, "immediately");
    let late = create(&place, "late@example.org");
    let status = |served: &crate::program::Served, key: &str| served.get("/v1/account", &basic(key)).0;
    assert_eq!([&ada, &leaked, &late].map(|account| status(&served, &account.private_key)), [200, 403, 200]);
    served.stop();

    restore(&place, "monday.db");
    let said = place.run(&["serve"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("this database is a backup taken at 20"), "{}", said.err);
    assert!(said.err.contains("latchkey restore --accept"), "{}", said.err);
    assert!(line(&place.run(&["serve", "--check"]), "database").starts_with("FAIL"));
    let before = place.run(&["restore", "--json"]).json();
    assert_eq!((before["in_use"].as_bool(), before["backup_taken_at"].is_string()), (Some(false), true));

    // What has to stay dead is ended before anybody can use it again.
    roll(&place, &leaked, "immediately");
    let said = place.run(&["restore", "--accept"]);
    assert!(said.out.contains("It is in use now"), "{} {}", said.out, said.err);
    let served = place.serve(&[]);
    assert_eq!([&ada, &leaked, &late].map(|account| status(&served, &account.private_key)), [200, 403, 403]);
    assert!(place.run(&["restore"]).out.contains("This database is in use"));
    served.stop();
}

#[test]
fn a_restored_backup_without_its_master_key_is_refused() {
    let place = Place::new();
    create(&place, "ada@example.org");
    back_up(&place, "monday.db");

    // On a new machine: only the backup.
    let machine = Place::new();
    std::fs::create_dir(machine.path("data")).unwrap();
    std::fs::copy(place.path("monday.db"), machine.path("data/latchkey.db")).unwrap();
    let said = machine.run(&["serve"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("data/master.key does not exist. Restore the file from your backup"), "{}", said.err);
    assert!(!Path::new(&machine.path("data/master.key")).exists(), "no new key is made");

    // With the key of another installation.
    let other = Place::new();
    create(&other, "ada@example.org");
    std::fs::copy(other.path("data/master.key"), machine.path("data/master.key")).unwrap();
    let said = machine.run(&["serve"]);
    assert!(said.err.contains("is not the master key of this database"), "{}", said.err);
    assert!(line(&machine.run(&["serve", "--check"]), "master key").starts_with("FAIL"));

    // With its own.
    std::fs::copy(place.path("data/master.key"), machine.path("data/master.key")).unwrap();
    assert_eq!(machine.run(&["restore", "--accept"]).code, 0);
    machine.serve(&[]).stop();
}

#[test]
fn a_backup_that_cannot_be_used_is_not_made() {
    let place = Place::new();
    create(&place, "ada@example.org");
    write(&place.path("old.db"), "yesterday's");
    let refused = place.run(&["backup", "--to", "old.db", "--json"]).refusal();
    assert_eq!(refused["code"], "FILE_EXISTS");
    assert_eq!(std::fs::read_to_string(place.path("old.db")).unwrap(), "yesterday's");

    let other = Place::new();
    create(&other, "ada@example.org");
    std::fs::copy(other.path("data/master.key"), place.path("data/master.key")).unwrap();
    let refused = place.run(&["backup", "--to", "new.db", "--json"]).refusal();
    assert!(text(&refused["message"]).contains("is not the master key of this database"), "{refused}");
    let refused = place.run(&["backup", "--to", "nowhere/new.db"]);
    assert_eq!((refused.code, refused.err.contains("cannot write nowhere/new.db: No such file")), (1, true));
    let names: Vec<_> = tree(place.directory.path()).into_keys().filter(|name| name.contains("new.db")).collect();
    assert!(names.is_empty(), "{names:?}");
}

/// Not a full disk, which needs one, but the same at the place where it hurts: a write in the middle of the copy fails.
#[test]
fn a_backup_that_does_not_fit_leaves_nothing() {
    let place = Place::new();
    create(&place, "ada@example.org");
    let mut command = std::process::Command::new("sh");
    // 16 blocks of 512 bytes; the signal that comes with the failed write is ignored, as the program that is run inherits.
    let script = r#"trap '' XFSZ; ulimit -f 16; exec "$0" backup --to small.db"#;
    command.args(["-c", script, env!("CARGO_BIN_EXE_latchkey")]);
    let said: Said =
        command.current_dir(place.directory.path()).env_clear().env("USER", "tester").output().unwrap().into();
    assert_eq!(said.code, 1, "{} {}", said.out, said.err);
    assert!(said.err.contains("the copy in small.db could not be finished, and was removed"), "{}", said.err);
    let names: Vec<_> = tree(place.directory.path()).into_keys().filter(|name| name.contains("small")).collect();
    assert!(names.is_empty(), "{names:?}");
}

#[test]
fn a_command_in_the_wrong_directory_makes_no_second_installation() {
    let place = Place::new();
    for arguments in [
        &["keys", "list", "--account", "acct_00000000000000000000000000"][..],
        &["backup", "--to", "copy.db"],
        &["restore"],
    ] {
        let said = place.run(arguments);
        assert_eq!(said.code, 1, "{arguments:?}");
        assert!(said.err.contains("there is no database at data/latchkey.db"), "{}", said.err);
    }
    assert!(tree(place.directory.path()).is_empty());
}

#[test]
fn a_check_makes_and_changes_nothing() {
    let place = Place::new();
    lay_out_site(&place);
    let before = tree(place.directory.path());
    let said = place.run(&["serve", "--check"]);
    assert_eq!((said.code, said.out.lines().last()), (0, Some("Latchkey would start.")), "{}{}", said.out, said.err);
    assert!(line(&said, "database").contains("the first start makes it"));
    assert_eq!(tree(place.directory.path()), before);

    create(&place, "ada@example.org");
    let before = tree(place.directory.path());
    let said = place.run(&["serve", "--check"]);
    assert_eq!(said.code, 0, "{}", said.out);
    assert!(line(&said, "database").contains("is up to date"));
    assert_eq!(tree(place.directory.path()), before);

    // Beside a running server.
    let served = place.serve(&[]);
    let addr = served.addr.to_string();
    let said = place.run(&["serve", "--check", "--addr", &addr]);
    assert_eq!(said.code, 0, "{}", said.out);
    assert!(line(&said, "address").starts_with("note"), "{}", said.out);
    served.stop();
    assert_eq!(tree(place.directory.path()).len(), before.len() + 4, "only the log and the folder of files are new");
}

#[test]
fn a_check_names_every_failure_and_what_to_do() {
    let place = Place::new();
    create(&place, "ada@example.org");
    std::fs::set_permissions(place.path("data/master.key"), std::fs::Permissions::from_mode(0o640)).unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let said = place.run_with(&["serve", "--check", "--addr", &addr], &[("LATCHKEY_PUBLIC_URL", "http://lab.test")]);
    assert_eq!((said.code, said.err.as_str()), (1, "Latchkey would not start: 3 checks failed.\n"), "{}", said.out);
    let expected = "FAIL  master key  data/master.key can be read by others than its owner (mode 0640). Run: chmod 600";
    assert!(line(&said, "master key").starts_with(expected), "{}", said.out);
    assert!(line(&said, "address").contains("LATCHKEY_ADDR chooses another address"));
    let lacks = "FAIL  site        target/site lacks pkg/latchkey.js, pkg/latchkey.wasm, pkg/latchkey.css.";
    assert!(line(&said, "site").starts_with(lacks), "{}", said.out);
    assert!(line(&said, "public URL").starts_with("note"), "{}", said.out);

    let said = place.run(&["serve", "--check", "--addr", &addr, "--json"]);
    let answer: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((said.code, answer["would_start"].as_bool()), (1, Some(false)));
    let verdicts: BTreeMap<_, _> =
        answer["checks"].as_array().unwrap().iter().map(|row| (text(&row["check"]), text(&row["verdict"]))).collect();
    assert_eq!((verdicts["address"].as_str(), verdicts["clock"].as_str()), ("fail", "ok"));

    // A mistake in the settings is found before anything else, with the status for that.
    let said = place.run_with(&["serve", "--check"], &[("LATCHKEY_SIGNUP", "open")]);
    assert_eq!((said.code, said.err.contains("Did you mean LATCHKEY_SIGN_UP?")), (2, true), "{}", said.err);
}

#[test]
fn a_database_in_a_directory_that_cannot_be_written_to_is_named() {
    let place = Place::new();
    lay_out_site(&place);
    write(&place.path("data"), "a file where a directory should be");
    let said = place.run(&["serve"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("data could not be created"), "{}", said.err);
}

#[test]
fn the_settings_in_force_say_where_they_were_found() {
    let place = Place::new();
    write(&place.path("latchkey.toml"), "sign_up = \"closed\"\nbrand = \"acme\"\n");
    let said = place.run_with(&["settings", "--config", "latchkey.toml", "--json"], &[("LATCHKEY_BRAND", "zest")]);
    let rows = said.json();
    let row = |name: &str| {
        let row = rows.as_array().unwrap().iter().find(|row| row["name"] == name).unwrap().clone();
        (row["value"].clone(), row["found"].clone())
    };
    assert_eq!(row("sign_up"), ("closed".into(), "latchkey.toml, line 1, `sign_up`".into()));
    assert_eq!(row("brand"), ("zest".into(), "LATCHKEY_BRAND".into()));
    assert_eq!(row("log_format"), ("text".into(), Value::Null));
    let example = place.run(&["settings", "--example"]);
    write(&place.path("example.toml"), &example.out);
    assert_eq!(place.run(&["settings", "--config", "example.toml"]).code, 0);
}
