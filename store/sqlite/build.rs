//! Builds an empty database from the migrations, for the query macros to check every statement against.
//!
//! It is made anew whenever a migration changes, so no description of the schema is ever committed and none goes stale.

use sqlx::ConnectOptions;
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use std::error::Error;
use std::path::{Path, PathBuf};

const MIGRATIONS: &str = "../../migrations/sqlite";

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::disallowed_methods, reason = "it is the one way cargo talks to a build script")]
async fn main() -> Result<(), Box<dyn Error>> {
    tell_cargo(&format!("cargo:rerun-if-changed={MIGRATIONS}"));
    tell_cargo("cargo:rerun-if-changed=build.rs");

    let schema = PathBuf::from(std::env::var("OUT_DIR")?).join("schema.db");
    match std::fs::remove_file(&schema) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    let options = SqliteConnectOptions::new().filename(&schema).create_if_missing(true);
    let mut connection = options.connect().await?;
    Migrator::new(Path::new(MIGRATIONS)).await?.run_direct(None, &mut connection, false).await?;
    sqlx::Connection::close(connection).await?;

    // Both are set for this crate's compiler only, and win over whatever the caller's environment or a `.env` says.
    tell_cargo(&format!("cargo:rustc-env=DATABASE_URL={}", options.to_url_lossy()));
    tell_cargo("cargo:rustc-env=SQLX_OFFLINE=false");
    Ok(())
}

/// Cargo reads what a build script prints.
fn tell_cargo(line: &str) {
    println!("{line}");
}
