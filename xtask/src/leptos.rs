//! Building the server and the WASM together with cargo-leptos, and the flags and variables it builds with.

use std::env;
use std::path::PathBuf;

use crate::shell::{Outcome, Program, find, step};
use crate::workspace;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Debug,
    Release,
}

impl Profile {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Release => "release",
        }
    }
}

/// A finished build: the server's binary, and the files it hands to browsers.
pub(crate) struct Build {
    pub(crate) binary: PathBuf,
    pub(crate) site_root: PathBuf,
}

/// Builds both halves. cargo-leptos empties the site's directory first, so a build for tests takes one of its own: a
/// server that somebody left running keeps its files.
pub(crate) fn build(profile: Profile, site_root: PathBuf) -> Outcome<Build> {
    let cargo_leptos = find("cargo-leptos").ok_or("cargo-leptos was not found; run `cargo xtask setup`.")?;
    let binary_name = workspace::leptos_setting("bin-target")?;
    let what = format!("Building Latchkey ({}): the WASM for the browser, then the server", profile.name());
    let flags: &[&str] = match profile {
        Profile::Debug => &[],
        Profile::Release => &["--release", "--precompress"],
    };
    step(&what, || {
        Program::new(cargo_leptos)
            .args(["leptos", "build"])
            .args(flags)
            .env("LEPTOS_SITE_ROOT", &site_root)
            // Unless told, it looks for a binary with the name of the package.
            .env("LEPTOS_BIN_EXE_NAME", &binary_name)
            // Where a compile error stands matters, not where cargo-leptos noticed it.
            .env("RUST_BACKTRACE", "0")
            .run()
    })?;
    let binary = workspace::target_directory()?.join(profile.name()).join(&binary_name);
    Ok(Build { binary: binary.with_extension(env::consts::EXE_EXTENSION), site_root })
}

/// Where `cargo xtask serve` has its site built: where Cargo.toml says.
pub(crate) fn site_root() -> Outcome<PathBuf> {
    Ok(workspace::root().join(workspace::leptos_setting("site-root")?))
}

/// What cargo-leptos sets when it compiles a debug build. Lints and tests compile with the same, since cargo would
/// otherwise compile everything twice.
pub(crate) fn debug_environment() -> Outcome<Vec<(&'static str, String)>> {
    let theirs = env::var("RUSTFLAGS").unwrap_or_default();
    Ok(vec![
        ("RUSTFLAGS", format!("{theirs} --cfg erase_components").trim_start().to_owned()),
        ("LEPTOS_OUTPUT_NAME", workspace::leptos_setting("name")?),
        ("SERVER_FN_PREFIX", workspace::leptos_setting("server-fn-prefix")?),
    ])
}
