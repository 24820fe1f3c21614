//! Where things are in this workspace.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value;

use crate::shell::{Attempt as _, Outcome, Program};

/// The directory that holds the workspace's `Cargo.toml`.
pub(crate) fn root() -> &'static Path {
    // xtask is only ever run by `cargo xtask` from the checkout it was built in.
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or_else(|| Path::new("."))
}

/// What `cargo metadata --no-deps` says about the workspace. Asked once: it takes a moment.
pub(crate) fn metadata() -> Outcome<&'static Value> {
    static METADATA: OnceLock<Value> = OnceLock::new();
    if let Some(known) = METADATA.get() {
        return Ok(known);
    }
    let text = Program::new("cargo").args(["metadata", "--format-version", "1", "--no-deps"]).output()?;
    let value = serde_json::from_str(&text).attempt("read what `cargo metadata` says")?;
    Ok(METADATA.get_or_init(|| value))
}

/// Where cargo puts what it builds; `CARGO_TARGET_DIR` and cargo's configuration can move it.
pub(crate) fn target_directory() -> Outcome<PathBuf> {
    let directory = metadata()?["target_directory"].as_str().ok_or("`cargo metadata` names no target directory")?;
    Ok(PathBuf::from(directory))
}

/// One setting of `[[workspace.metadata.leptos]]`, where cargo-leptos reads it too.
pub(crate) fn leptos_setting(name: &str) -> Outcome<String> {
    let value = metadata()?["metadata"]["leptos"][0][name].as_str();
    value
        .map(str::to_owned)
        .ok_or_else(|| format!("Cargo.toml sets no `{name}` under workspace.metadata.leptos").into())
}
