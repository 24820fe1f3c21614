//! Lines of JSON, with the name of the request they are about.

use crate::middleware::request_id;
use std::fmt;
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// What `F` writes, an object on a line of its own, with a `request_id` more.
pub(super) struct Named<F>(pub(super) F);

impl<S, N, F> FormatEvent<S, N> for Named<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut line = String::new();
        self.0.format_event(context, Writer::new(&mut line), event)?;
        let named = request_id::with_current(|name| {
            let object = line.trim_end().strip_suffix('}').ok_or(fmt::Error)?;
            writeln!(writer, "{object},\"request_id\":\"{name}\"}}")
        });
        named.unwrap_or_else(|| writer.write_str(&line))
    }
}
