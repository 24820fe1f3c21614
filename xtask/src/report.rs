//! What a run says besides its count.

use std::fs;
use std::path::Path;

use crate::shell::{Attempt as _, Failure, Outcome};
use crate::tally::Tally;

/// Says why, and counts it.
pub(crate) fn one_failure(failure: &Failure) -> Tally {
    eprintln!("    {failure}");
    Tally::FAILED
}

/// How much a browser downloads: every file the release build made, raw and as the server sends it.
pub(crate) fn sizes(site_root: &Path) -> Outcome<()> {
    let package = site_root.join("pkg");
    let entries = fs::read_dir(&package).attempt(format!("read {}", package.display()))?;
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let extension = path.extension().unwrap_or_default().to_string_lossy().into_owned();
        if ["wasm", "js", "css"].contains(&extension.as_str()) {
            let compressed = |ending: &str| kilobytes(&path.with_extension(format!("{extension}.{ending}")));
            eprintln!(
                "    {extension:>4}: {} raw, {} gzip, {} brotli",
                kilobytes(&path),
                compressed("gz"),
                compressed("br")
            );
        }
    }
    Ok(())
}

fn kilobytes(path: &Path) -> String {
    // Thousands of bytes, with one digit, without floating point.
    let tenths = |bytes: u64| (bytes + 50) / 100;
    fs::metadata(path).map_or_else(
        |_| "none".to_owned(),
        |file| format!("{}.{} kB", tenths(file.len()) / 10, tenths(file.len()) % 10),
    )
}
