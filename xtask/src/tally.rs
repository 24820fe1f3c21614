//! Counting what passed and what failed, out of what the test runners say.

use std::fmt;

use serde_json::Value;

use crate::shell::{Attempt as _, Outcome};

/// How many tests or checks passed, and how many failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Tally {
    pub(crate) const PASSED: Self = Self { passed: 1, failed: 0 };
    pub(crate) const FAILED: Self = Self { passed: 0, failed: 1 };

    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    /// A runner that stopped with an error but counted no failure (nothing compiled, say) is a failure itself.
    pub(crate) fn and_ended(mut self, well: bool) -> Self {
        if !well && self.failed == 0 {
            self.add(Self::FAILED);
        }
        self
    }

    pub(crate) fn is_green(self) -> bool {
        self.failed == 0
    }
}

/// The last line of every run; other programs read it.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// The counts of a line like `test result: ok. 12 passed; 0 failed; 1 ignored; …`, which every test binary prints.
pub(crate) fn of_cargo_test(line: &str) -> Option<Tally> {
    let counts = line.trim().strip_prefix("test result: ")?.split_once(". ")?.1;
    let count = |what: &str| {
        let part = counts.split(';').find_map(|part| part.trim().strip_suffix(what))?;
        part.trim().parse().ok()
    };
    Some(Tally { passed: count("passed")?, failed: count("failed")? })
}

/// The counts of Playwright's JSON report. A story that only passed when it was tried again did pass.
pub(crate) fn of_playwright(report: &str) -> Outcome<Tally> {
    let report: Value = serde_json::from_str(report).attempt("read Playwright's report")?;
    let stats = &report["stats"];
    let count = |what: &str| stats[what].as_u64().ok_or_else(|| format!("Playwright's report counts no `{what}`."));
    let outside_stories = report["errors"].as_array().map_or(0, Vec::len) as u64;
    Ok(Tally { passed: count("expected")? + count("flaky")?, failed: count("unexpected")? + outside_stories })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_green_line_is_counted() {
        let line = "test result: ok. 12 passed; 0 failed; 3 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!(of_cargo_test(line), Some(Tally { passed: 12, failed: 0 }));
    }

    #[test]
    fn a_red_line_is_counted() {
        let line = "test result: FAILED. 7 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.2s";
        assert_eq!(of_cargo_test(line), Some(Tally { passed: 7, failed: 2 }));
    }

    #[test]
    fn other_lines_count_nothing() {
        for line in ["test a_rolled_pair_works ... ok", "running 3 tests", "", "test result: soon"] {
            assert_eq!(of_cargo_test(line), None, "{line}");
        }
    }

    #[test]
    fn a_playwright_report_is_counted() {
        let report = r#"{"errors":[],"stats":{"expected":5,"skipped":1,"unexpected":2,"flaky":1}}"#;
        assert_eq!(of_playwright(report).expect("it is a report"), Tally { passed: 6, failed: 2 });
    }

    #[test]
    fn a_story_file_that_does_not_load_is_a_failure() {
        let report = r#"{"errors":[{"message":"no"}],"stats":{"expected":0,"skipped":0,"unexpected":0,"flaky":0}}"#;
        assert_eq!(of_playwright(report).expect("it is a report"), Tally { passed: 0, failed: 1 });
    }

    #[test]
    fn a_report_without_counts_is_no_report() {
        assert!(of_playwright("{}").is_err());
        assert!(of_playwright("not JSON").is_err());
    }

    #[test]
    fn a_runner_that_fails_without_counting_counts_as_one_failure() {
        assert_eq!(Tally { passed: 3, failed: 0 }.and_ended(false), Tally { passed: 3, failed: 1 });
        assert_eq!(Tally { passed: 3, failed: 2 }.and_ended(false), Tally { passed: 3, failed: 2 });
        assert_eq!(Tally { passed: 3, failed: 0 }.and_ended(true), Tally { passed: 3, failed: 0 });
    }

    #[test]
    fn the_last_line_reads_as_agreed() {
        assert_eq!(Tally { passed: 120, failed: 3 }.to_string(), "120 passed, 3 failed");
    }
}
