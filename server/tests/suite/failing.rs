//! The table in docs/OPERATIONS.md, "What each failure looks like": each row is brought about, and nothing stands there that
//! is not.

use crate::program::{Place, write};
use crate::upgrading::python;
use std::os::unix::fs::PermissionsExt as _;

const PAGE: &str = include_str!("../../../docs/OPERATIONS.md");

/// What the first column quotes, and the exit status in the second.
fn rows() -> Vec<(&'static str, i32)> {
    let table = PAGE.split("## What each failure looks like").nth(1).expect("the section");
    let lines = table.lines().skip_while(|line| !line.starts_with("|---")).skip(1);
    lines
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let mut cells = line.split('|').skip(1);
            let text = cells.next().and_then(|cell| cell.split('`').nth(1)).expect(line);
            (text, cells.next().and_then(|cell| cell.trim().parse().ok()).expect(line))
        })
        .collect()
}

/// The parts of the quotation, between its ellipses, follow each other in what was said.
fn says(said: &str, quoted: &str) -> bool {
    let mut rest = said;
    quoted.split('…').all(|part| match rest.split_once(part) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

fn used() -> Place {
    let place = Place::new();
    assert_eq!(place.run(&["account", "create", "--email", "ada@example.org"]).code, 0);
    place
}

struct Seen(Vec<bool>);

impl Seen {
    /// What the program said and how it ended are a row of the table.
    fn note(&mut self, place: &Place, arguments: &[&str], variables: &[(&str, &str)]) {
        let said = place.run_with(arguments, variables);
        let text = format!("{}{}", said.out, said.err);
        let row = rows().iter().position(|(quoted, code)| says(&text, quoted) && *code == said.code);
        let row = row.unwrap_or_else(|| panic!("no row for {arguments:?}, which ends with {}: {text}", said.code));
        assert!(!self.0[row], "two rows for: {text}");
        self.0[row] = true;
    }
}

#[test]
fn every_failure_looks_as_the_documentation_says() {
    let mut seen = Seen(vec![false; rows().len()]);
    let place = used();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    seen.note(&place, &["serve", "--addr", &addr], &[]);
    seen.note(&place, &["serve"], &[("LATCHKEY_DATABASE_URL", "sqlite:/proc/latchkey/latchkey.db")]);
    seen.note(&place, &["serve"], &[("LATCHKEY_SIGNUP", "open")]);
    seen.note(&place, &["serve"], &[("LATCHKEY_SIGN_UP", "maybe")]);
    seen.note(&place, &["serve", "--config", "gone.toml"], &[]);
    seen.note(
        &place,
        &["keys", "list", "--account", "acct_00000000000000000000000000"],
        &[("LATCHKEY_DATABASE_URL", "else.db")],
    );
    seen.note(&place, &["serve", "--check"], &[]);

    // The master key.
    let key = place.path("data/master.key");
    let kept = std::fs::read(&key).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
    seen.note(&place, &["serve"], &[]);
    std::fs::remove_file(&key).unwrap();
    seen.note(&place, &["serve"], &[]);
    std::fs::copy(used().path("data/master.key"), &key).unwrap();
    seen.note(&place, &["serve"], &[]);
    std::fs::write(&key, kept).unwrap();

    // A restored backup, and what is left beside it by mistake.
    assert_eq!(place.run(&["backup", "--to", "copy.db"]).code, 0);
    seen.note(&place, &["backup", "--to", "copy.db"], &[]);
    std::fs::copy(place.path("copy.db"), place.path("data/latchkey.db")).unwrap();
    write(&place.path("data/latchkey.db-wal"), "of another database");
    seen.note(&place, &["serve"], &[]);
    std::fs::remove_file(place.path("data/latchkey.db-wal")).unwrap();
    seen.note(&place, &["serve"], &[]);
    assert_eq!(place.run(&["restore", "--accept"]).code, 0);

    // A clock that was ahead when a record was written.
    let ahead = "import sqlite3; db = sqlite3.connect('data/latchkey.db'); db.execute(\"INSERT INTO audit_event SELECT number + 1000, substr(id, 1, 28) || '00', at + 9000000000, actor_kind, actor_id, actor_name, act, account_id, targets, detail, address, user_agent, request_id FROM audit_event LIMIT 1\"); db.commit()";
    python(&place, ahead, &[]);
    std::fs::create_dir_all(place.path("target/site/pkg")).unwrap();
    for kind in ["js", "wasm", "css"] {
        write(&place.path(&format!("target/site/pkg/latchkey.{kind}")), "");
    }
    seen.note(&place, &["serve", "--check"], &[]);
    let later = "import sqlite3; db = sqlite3.connect('data/latchkey.db'); db.execute(\"INSERT INTO _sqlx_migrations VALUES (9999, 'later', CURRENT_TIMESTAMP, 1, x'00', 0)\"); db.commit()";
    python(&place, later, &[]);
    seen.note(&place, &["serve"], &[]);
    for name in ["latchkey.db", "latchkey.db-wal", "latchkey.db-shm"] {
        let _ = std::fs::remove_file(place.path(&format!("data/{name}")));
    }
    write(&place.path("data/latchkey.db"), &"not a database ".repeat(100));
    seen.note(&place, &["serve"], &[]);

    let never: Vec<_> = rows().into_iter().zip(seen.0).filter(|(_, seen)| !seen).map(|((text, _), _)| text).collect();
    assert!(never.is_empty(), "nothing brings these about: {never:#?}");
}
