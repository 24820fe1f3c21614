//! What a run says besides its count.

use std::fs;
use std::path::Path;

use crate::shell::{Attempt as _, Failure, Outcome, step};
use crate::tally::Tally;

/// Says why, and counts it.
pub(crate) fn one_failure(failure: &Failure) -> Tally {
    eprintln!("    {failure}");
    Tally::FAILED
}

/// The most that the WASM may weigh on its way to a browser, in bytes of brotli. Above what it weighs (docs/PERFORMANCE.md)
/// by what a feature or two cost, and below what was promised (200 kB): hydrating instead of drawing, or a date library that
/// found its way in, is more than there is room for.
const WASM_BUDGET: u64 = 180_000;

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

/// Whether the WASM of the release build keeps to its budget: counted like a test.
pub(crate) fn budget(site_root: &Path) -> Tally {
    match step("Weighing the WASM of the first load", || keeps_budget(wasm_weight(&site_root.join("pkg"))?)) {
        Ok(()) => Tally::PASSED,
        Err(failure) => one_failure(&failure),
    }
}

/// All of it: a browser that opens the developers tab gets every `.wasm` there is.
fn wasm_weight(package: &Path) -> Outcome<u64> {
    let entries = fs::read_dir(package).attempt(format!("read {}", package.display()))?;
    let compressed = entries.flatten().filter(|entry| entry.file_name().to_string_lossy().ends_with(".wasm.br"));
    Ok(compressed.filter_map(|entry| entry.metadata().ok()).map(|file| file.len()).sum())
}

fn keeps_budget(weight: u64) -> Outcome<()> {
    match weight {
        0 => Err("the release build made no compressed WASM.".into()),
        1..=WASM_BUDGET => Ok(()),
        _ => Err(format!(
            "the WASM of the first load is {} brotli, and {} is the budget. docs/PERFORMANCE.md says how to see where the \
             bytes are; a page that is not alive needs none.",
            in_kilobytes(weight),
            in_kilobytes(WASM_BUDGET)
        )
        .into()),
    }
}

fn kilobytes(path: &Path) -> String {
    fs::metadata(path).map_or_else(|_| "none".to_owned(), |file| in_kilobytes(file.len()))
}

/// Thousands of bytes, with one digit, without floating point.
fn in_kilobytes(bytes: u64) -> String {
    let tenths = (bytes + 50) / 100;
    format!("{}.{} kB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wasm_past_its_budget_fails_the_build_and_the_figure_is_named() {
        assert!(keeps_budget(WASM_BUDGET).is_ok());
        let failure = keeps_budget(WASM_BUDGET + 1_000).expect_err("it is too heavy").to_string();
        assert!(failure.contains("is 181.0 kB brotli, and 180.0 kB is the budget"), "{failure}");
    }

    #[test]
    fn a_build_without_compressed_wasm_is_no_light_build() {
        assert!(keeps_budget(0).is_err());
    }
}
