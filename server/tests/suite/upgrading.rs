//! A database of the first version under this program, and one of a later version.

use crate::program::Place;
use crate::world::{basic, bearer};
use backend::store::Store as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use store_sqlite::SqliteStore;

const ROWS: &str = include_str!("../first_version/rows.sql");
const MASTER_KEY: &str = include_str!("../first_version/master.key");
const MIGRATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations/sqlite");

/// Active, in two accounts.
const ACTIVE: [&str; 2] =
    ["private_tiahm8NqJ4FGLw8iBsvD3O6Rg6YEKh4XsMl4", "private_qNSkx9QinA3RAaliZg8t8Rq9VeDEm41c56F3"];
/// Ended at once by a roll.
const ENDED: &str = "private_J7njmQrgDuEFecyq2gmIjQtbz3tMZB4JxYSB";
const ACCOUNT: &str = "acct_01m83sejbfsfjwxnd73jnrbn8v";

/// Makes the tables as sqlx made them with the migrations there were, notes each as sqlx notes it, and adds the rows.
const MAKE: &str = r#"
import glob, hashlib, os, sqlite3, sys
path, migrations, rows = sys.argv[1:4]
db = sqlite3.connect(path)
db.execute("PRAGMA journal_mode = WAL")
db.execute("CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, checksum BLOB NOT NULL, execution_time BIGINT NOT NULL)")
for file in sorted(glob.glob(migrations + "/000[1-5]_*.sql")):
    text = open(file, "rb").read()
    version, description = os.path.basename(file)[:-4].split("_", 1)
    db.executescript(text.decode())
    db.execute("INSERT INTO _sqlx_migrations VALUES (?, ?, CURRENT_TIMESTAMP, 1, ?, 0)", (int(version), description.replace("_", " "), hashlib.sha384(text).digest()))
db.commit()
db.executescript(open(rows).read())
db.close()
"#;

#[expect(clippy::disallowed_methods, reason = "a test asks which Python it is to use, as `cargo xtask test` says")]
pub fn python(place: &Place, script: &str, arguments: &[&str]) {
    let python = std::env::var("LATCHKEY_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let said = Command::new(python).args(["-c", script]).args(arguments).current_dir(place.directory.path()).output();
    let said = said.unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
}

fn first_version() -> Place {
    let place = Place::new();
    std::fs::create_dir(place.path("data")).unwrap();
    std::fs::write(place.path("data/master.key"), MASTER_KEY).unwrap();
    std::fs::set_permissions(place.path("data/master.key"), std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(place.path("rows.sql"), ROWS).unwrap();
    python(&place, MAKE, &["data/latchkey.db", MIGRATIONS, "rows.sql"]);
    place
}

#[tokio::test]
async fn a_database_of_the_first_version_goes_on_under_this_one() {
    let place = first_version();
    let check = place.run(&["serve", "--check"]);
    assert!(check.out.contains("has 5 migrations; a start runs"), "{}", check.out);
    assert!(check.out.contains("Make a backup first: latchkey backup --to FILE"), "{}", check.out);

    // The new program makes the backup, and leaves the tables as the old one needs them.
    assert_eq!(place.run(&["backup", "--to", "before.db"]).code, 0);
    assert!(place.run(&["serve", "--check"]).out.contains("has 5 migrations"));
    let before = store_sqlite::inspect(&place.path("before.db")).await.unwrap().unwrap();
    assert!(matches!(before.tables, store_sqlite::Tables::Behind { applied: 5, .. }), "{before:?}");

    let served = place.serve(&[]);
    for key in ACTIVE {
        assert_eq!((served.get("/v1/account", &basic(key)).0, served.get("/v1/account", &bearer(key)).0), (200, 200));
    }
    let (status, answer) = served.get("/v1/account", &basic(ENDED));
    assert_eq!((status, answer.contains("KEY_REVOKED")), (403, true), "{answer}");
    let revealed = place.run(&["keys", "reveal", "--account", ACCOUNT, "--json"]).json();
    assert_eq!(revealed["private_key"], ACTIVE[0]);
    let rolled = place.run(&["keys", "roll", "--account", ACCOUNT, "--expire-old", "immediately", "--json"]);
    assert_eq!(rolled.code, 0, "{}", rolled.err);
    assert_eq!(served.get("/v1/account", &basic(ACTIVE[0])).0, 403);
    served.stop();
    assert!(place.run(&["serve", "--check"]).out.contains("is up to date"));

    // What the old program wrote down can still be read.
    let store = SqliteStore::open(&place.path("data/latchkey.db")).await.unwrap();
    assert!(store.ping().await.is_ok());
    let pairs = store.list_pairs(&ACCOUNT.parse().unwrap()).await.unwrap();
    assert_eq!(pairs.len(), 4);
}

#[test]
fn a_database_of_a_later_version_is_refused_and_left_alone() {
    let place = first_version();
    place.serve(&[]).stop();
    let later = "import sqlite3; db = sqlite3.connect('data/latchkey.db'); db.execute(\"INSERT INTO _sqlx_migrations VALUES (9999, 'later', CURRENT_TIMESTAMP, 1, x'00', 0)\"); db.commit()";
    python(&place, later, &[]);
    let before = std::fs::read(place.path("data/latchkey.db")).unwrap();
    for arguments in [&["serve"][..], &["keys", "list", "--account", ACCOUNT]] {
        let said = place.run(arguments);
        assert_eq!(said.code, 1);
        assert!(said.err.contains("data/latchkey.db has been used by a newer Latchkey"), "{}", said.err);
        assert!(said.err.contains("restore the backup made before the upgrade"), "{}", said.err);
    }
    let check = place.run(&["serve", "--check"]);
    assert!(
        check.out.contains("FAIL  database    data/latchkey.db has been used by a newer Latchkey"),
        "{}",
        check.out
    );
    assert!(std::fs::read(place.path("data/latchkey.db")).unwrap() == before);
}
