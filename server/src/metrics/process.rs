//! What the operating system says of this process, under the names that Prometheus' own clients use.

/// Only what could be read.
#[derive(Debug, Default)]
pub(super) struct Process {
    pub(super) resident_bytes: Option<u64>,
    pub(super) virtual_bytes: Option<u64>,
    pub(super) threads: Option<u64>,
    pub(super) cpu_seconds: Option<f64>,
    pub(super) open_files: Option<u64>,
    pub(super) most_open_files: Option<u64>,
}

#[cfg(target_os = "linux")]
impl Process {
    /// Reads it.
    pub(super) fn read() -> Self {
        use rustix::process::{Resource, getrlimit};
        use rustix::time::{ClockId, clock_gettime};
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let number = |name: &str| {
            let value = status.lines().find_map(|line| line.strip_prefix(name))?.trim();
            value.strip_suffix(" kB").unwrap_or(value).parse::<u64>().ok()
        };
        let cpu = clock_gettime(ClockId::ProcessCPUTime);
        let cpu = std::time::Duration::new(cpu.tv_sec.unsigned_abs(), u32::try_from(cpu.tv_nsec).unwrap_or(0));
        // Among them the one with which they are listed.
        let files = std::fs::read_dir("/proc/self/fd").ok().map(|files| files.count().saturating_sub(1));
        Self {
            resident_bytes: number("VmRSS:").map(|kibibytes| kibibytes * 1_024),
            virtual_bytes: number("VmSize:").map(|kibibytes| kibibytes * 1_024),
            threads: number("Threads:"),
            cpu_seconds: Some(cpu.as_secs_f64()),
            open_files: files.and_then(|files| u64::try_from(files).ok()),
            most_open_files: getrlimit(Resource::Nofile).current,
        }
    }
}

#[cfg(not(target_os = "linux"))]
impl Process {
    /// Reads nothing: elsewhere it is in other places.
    pub(super) fn read() -> Self {
        Self::default()
    }
}
