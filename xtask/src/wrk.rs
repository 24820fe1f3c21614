//! Load from `wrk`, and what it measured.

use std::path::PathBuf;

use crate::debian;
use crate::lock::InstallLock;
use crate::shell::{Outcome, Program, find, step};

/// Connections kept open and busy.
pub(crate) const CONNECTIONS: u32 = 64;

/// The load generator, installed when there is none.
pub(crate) fn ensure() -> Outcome<PathBuf> {
    if let Some(found) = find("wrk") {
        return Ok(found);
    }
    let _lock = InstallLock::take()?;
    step("Getting wrk, which makes the load", || debian::install("wrk", "for the benchmark"))?;
    find("wrk").ok_or_else(|| "wrk was installed and is still not on the PATH.".into())
}

/// What one run measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Measured {
    /// Answers in a second.
    pub(crate) per_second: f64,
    /// What half of the requests waited at most, in milliseconds.
    pub(crate) p50_ms: f64,
    /// What 99 of 100 requests waited at most, in milliseconds.
    pub(crate) p99_ms: f64,
}

/// Asks for `url` for so many seconds, on the last core, over [`CONNECTIONS`] connections. A run in which anything but
/// answers of 2xx came back measured something else, and fails.
pub(crate) fn run(seconds: u32, url: &str, headers: &[String], core: Option<usize>) -> Outcome<Measured> {
    let program = match core {
        Some(core) => Program::new("taskset").args(["-c", &core.to_string()]).arg(ensure()?),
        None => Program::new(ensure()?),
    };
    let said = program
        .args(["--latency", "-t1", &format!("-c{CONNECTIONS}"), &format!("-d{seconds}s")])
        .args(headers.iter().flat_map(|header| ["-H", header]))
        .arg(url)
        .output()?;
    read(&said)
}

/// Reads wrk's report.
fn read(said: &str) -> Outcome<Measured> {
    let unreadable = || format!("wrk's report was not understood:\n{said}");
    if said.contains("Non-2xx") || said.contains("Socket errors") {
        return Err(format!("not every request was answered well:\n{said}").into());
    }
    let after = |label: &str| said.lines().find_map(|line| line.trim().strip_prefix(label).map(str::trim));
    Ok(Measured {
        per_second: after("Requests/sec:").and_then(|text| text.parse().ok()).ok_or_else(unreadable)?,
        p50_ms: after("50%").and_then(milliseconds).ok_or_else(unreadable)?,
        p99_ms: after("99%").and_then(milliseconds).ok_or_else(unreadable)?,
    })
}

/// `843.00us`, `1.52ms`, `1.01s`
fn milliseconds(text: &str) -> Option<f64> {
    let units = [("us", 0.001), ("ms", 1.0), ("s", 1_000.0), ("m", 60_000.0)];
    units.iter().find_map(|(unit, factor)| Some(text.strip_suffix(unit)?.parse::<f64>().ok()? * factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "Running 1s test @ http://127.0.0.1:3000/\n  1 threads and 64 connections\n  Thread Stats   Avg      \
                          Stdev     Max   +/- Stdev\n    Latency     1.67ms  210.00us   8.90ms   90.00%\n  Latency Distribution\n     \
                          50%  843.00us\n     75%    1.20ms\n     90%    1.30ms\n     99%    2.50ms\n  12345 requests in 1.00s, 3MB \
                          read\nRequests/sec:  12345.67\nTransfer/sec:      3.00MB\n";

    #[test]
    fn a_report_is_read() {
        let measured = read(REPORT).expect("the report is understood");
        assert!((measured.per_second - 12_345.67).abs() < 0.001, "{measured:?}");
        assert!((measured.p50_ms - 0.843).abs() < 0.000_1, "{measured:?}");
        assert!((measured.p99_ms - 2.5).abs() < 0.000_1, "{measured:?}");
    }

    #[test]
    fn a_run_with_errors_measured_nothing() {
        assert!(read(&format!("{REPORT}  Non-2xx or 3xx responses: 5\n")).is_err());
        assert!(read(&format!("{REPORT}  Socket errors: connect 0, read 1, write 0, timeout 0\n")).is_err());
        assert!(read("").is_err());
    }
}
