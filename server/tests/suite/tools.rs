//! The programs of others that tests run.

use std::path::{Path, PathBuf};

/// The one that `cargo xtask test` names (`LATCHKEY_NGINX`), or the one that it has put below its own directory, where a bare
/// `cargo test` finds it as well, or whatever the machine has.
#[expect(clippy::disallowed_methods, reason = "a test asks where its tools are")]
pub fn find(name: &str, below: &str) -> PathBuf {
    let named = std::env::var_os(format!("LATCHKEY_{}", name.to_uppercase())).map(PathBuf::from);
    let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache/latchkey/tools"));
    let kept = home.map(|home| home.join(below).join(name));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut candidates = named.into_iter().chain(kept).chain(std::env::split_paths(&path).map(|at| at.join(name)));
    candidates.find(|at| at.is_file()).unwrap_or_else(|| panic!("no {name}: `cargo xtask test --rust` gets it"))
}
