//! The page that Prometheus reads. docs/OPERATIONS.md has the table of what is on it.

use super::counting::{BOUNDS, CLASSES, Endpoint, Histogram, KINDS, Outcome, Proof};
use super::process::Process;
use crate::router::Serving;
use backend::readings::Readings;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, NoLabelSet, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};
use std::fmt;
use std::time::Duration;

/// Reads every number there is, and writes them down.
pub(super) fn write(serving: Serving) -> Result<String, fmt::Error> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Numbers {
        backend: serving.backend.readings(),
        process: Process::read(),
        serving,
    }));
    let mut page = String::new();
    text::encode(&mut page, &registry)?;
    Ok(page)
}

struct Numbers {
    backend: Readings,
    process: Process,
    serving: Serving,
}

/// What `Collector` asks for; there is nothing to be seen.
impl fmt::Debug for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Numbers")
    }
}

impl Collector for Numbers {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page(encoder);
        // First: by it a dry check knows whose page this is.
        page.info("latchkey_build", "The program.", [("version", env!("CARGO_PKG_VERSION"))])?;
        self.authentications(&mut page)?;
        self.requests(&mut page)?;
        self.keys(&mut page)?;
        self.passwords(&mut page)?;
        self.connections(&mut page)?;
        self.process(&mut page)
    }
}

impl Numbers {
    fn authentications(&self, page: &mut Page<'_>) -> fmt::Result {
        let metrics = &self.serving.metrics;
        let outcomes = Endpoint::ALL.into_iter().flat_map(|endpoint| {
            Outcome::ALL.into_iter().map(move |outcome| {
                let labels = [("endpoint", endpoint.label()), ("outcome", outcome.label())];
                (labels, metrics.authentications(endpoint, outcome))
            })
        });
        page.counters("latchkey_authentications", "Private keys asked about, by what came of it.", outcomes)?;
        page.histograms(
            "latchkey_authentication_duration",
            "How long judging a private key took.",
            [([], metrics.judging())],
        )?;
        page.counters(
            "latchkey_upload_signatures",
            "Signatures of uploads, by whether they were proved.",
            Proof::ALL.map(|proof| ([("outcome", proof.label())], metrics.signatures(proof))),
        )?;
        page.counter(
            "latchkey_malformed_keys",
            "Texts in the place of a private key that are none by their shape. Nothing was looked up for them.",
            self.backend.malformed_keys,
        )?;
        page.counter(
            "latchkey_key_lookups",
            "Private keys looked up in the database, because memory does not know them or is not up to date.",
            self.backend.key_lookups,
        )?;
        page.counter(
            "latchkey_keys_in_urls",
            "Requests refused for a private key in their URL.",
            metrics.keys_in_urls(),
        )
    }

    fn requests(&self, page: &mut Page<'_>) -> fmt::Result {
        let metrics = &self.serving.metrics;
        let kinds = || KINDS.into_iter().enumerate();
        let answered = kinds().flat_map(|(place, kind)| {
            CLASSES
                .into_iter()
                .enumerate()
                .map(move |(class, status)| ([("kind", kind), ("status", status)], metrics.requests(place, class)))
        });
        page.counters("latchkey_requests", "Requests answered.", answered)?;
        page.histograms(
            "latchkey_request_duration",
            "How long answering took, from the headers to the beginning of the answer.",
            kinds().map(|(place, kind)| ([("kind", kind)], metrics.answering(place))),
        )
    }

    fn keys(&self, page: &mut Page<'_>) -> fmt::Result {
        let Readings {
            indexed_keys,
            index_is_current,
            followed_ago,
            refused_keys,
            failed_writes,
            usage_backlog,
            usage_lost,
            ..
        } = self.backend;
        page.gauge("latchkey_indexed_keys", "Working keys in memory.", Some(indexed_keys))?;
        page.gauge(
            "latchkey_index_current",
            "1 while keys are checked from memory, 0 while the database is asked for each.",
            Some(u32::from(index_is_current)),
        )?;
        page.seconds(
            "latchkey_index_age",
            "How long ago memory was last known to hold every change.",
            followed_ago.map(|ago| ago.as_secs_f64()),
        )?;
        page.gauge("latchkey_refused_keys_remembered", "Refused keys that memory knows.", Some(refused_keys))?;
        page.gauge(
            "latchkey_usage_backlog",
            "Uses of keys that are counted and not yet written.",
            Some(usage_backlog),
        )?;
        page.counter(
            "latchkey_usage_lost",
            "Uses of keys that are counted nowhere: too many keys at once, or the database refused them.",
            usage_lost,
        )?;
        page.counter("latchkey_failed_writes", "Changes that could not be written to the database.", failed_writes)
    }

    fn passwords(&self, page: &mut Page<'_>) -> fmt::Result {
        let passwords = self.backend.passwords;
        page.gauge("latchkey_password_attempts", "Attempts with a password under way.", Some(passwords.attempts))?;
        page.gauge("latchkey_passwords_waiting", "Passwords that wait to be hashed.", Some(passwords.waiting))?;
        page.gauge("latchkey_passwords_hashing", "Passwords being hashed.", Some(passwords.hashing))?;
        page.counter("latchkey_passwords_checked", "Passwords compared.", passwords.checked)?;
        page.counter(
            "latchkey_passwords_turned_away",
            "Attempts with a password that were answered that there are too many.",
            passwords.turned_away,
        )
    }

    fn connections(&self, page: &mut Page<'_>) -> fmt::Result {
        page.gauge("latchkey_connections", "Open connections.", Some(self.serving.metrics.connections().open()))
    }

    fn process(&self, page: &mut Page<'_>) -> fmt::Result {
        let Process { resident_bytes, virtual_bytes, threads, cpu_seconds, open_files, most_open_files } = self.process;
        let started = Duration::from_millis(self.serving.metrics.started_at().as_millis().unsigned_abs());
        page.seconds("process_start_time", "When the process began, in Unix time.", Some(started.as_secs_f64()))?;
        page.gauge("process_resident_memory_bytes", "Resident memory.", resident_bytes)?;
        page.gauge("process_virtual_memory_bytes", "Virtual memory.", virtual_bytes)?;
        page.gauge("process_threads", "Threads.", threads)?;
        page.gauge("process_open_fds", "Open file descriptors.", open_files)?;
        page.gauge("process_max_fds", "The most open file descriptors there may be.", most_open_files)?;
        match cpu_seconds {
            Some(seconds) => page.counter("process_cpu_seconds", "Time spent computing.", seconds),
            None => Ok(()),
        }
    }
}

/// The text, as it is written.
struct Page<'a>(DescriptorEncoder<'a>);

impl Page<'_> {
    /// The name is without the `_total` that is put behind it.
    fn counter(&mut self, name: &str, help: &str, value: impl EncodeCounterValue) -> fmt::Result {
        let mut counter = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        counter.encode_counter::<NoLabelSet, _, u64>(&value, None)
    }

    fn counters<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = ([(&'static str, &'static str); N], u64)>,
    ) -> fmt::Result {
        let mut counters = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (labels, value) in values {
            counters.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&value, None)?;
        }
        Ok(())
    }

    /// Nothing, if there is no value.
    fn gauge(&mut self, name: &str, help: &str, value: Option<impl EncodeGaugeValue>) -> fmt::Result {
        let Some(value) = value else { return Ok(()) };
        self.0.encode_descriptor(name, help, None, MetricType::Gauge)?.encode_gauge(&value)
    }

    /// The name is without the `_seconds` that is put behind it. Nothing, if there is no value.
    fn seconds(&mut self, name: &str, help: &str, value: Option<f64>) -> fmt::Result {
        let Some(value) = value else { return Ok(()) };
        self.0.encode_descriptor(name, help, Some(&Unit::Seconds), MetricType::Gauge)?.encode_gauge(&value)
    }

    /// The name is without the `_seconds` that is put behind it.
    fn histograms<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = ([(&'static str, &'static str); N], Histogram)>,
    ) -> fmt::Result {
        let mut histograms = self.0.encode_descriptor(name, help, Some(&Unit::Seconds), MetricType::Histogram)?;
        for (labels, Histogram { within, sum }) in values {
            let bounds = BOUNDS.iter().map(Duration::as_secs_f64).chain([f64::INFINITY]);
            let buckets: Vec<_> = bounds.zip(within).collect();
            let (count, sum) = (within.iter().sum(), sum.as_secs_f64());
            if labels.is_empty() {
                histograms.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)?;
            } else {
                histograms.encode_family(&labels)?.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)?;
            }
        }
        Ok(())
    }

    /// The name is without the `_info` that is put behind it.
    fn info<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        labels: [(&'static str, &'static str); N],
    ) -> fmt::Result {
        self.0.encode_descriptor(name, help, None, MetricType::Info)?.encode_info(&labels)
    }
}
