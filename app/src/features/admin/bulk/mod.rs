//! Rolling the keys of many accounts at once: a list is pasted or selected, a dry run says what would happen, one
//! confirmation begins it, and its page says how far it is. Documents and plain forms.

mod confirm_page;
mod dry_run_page;
mod list_page;
mod paste_page;
mod presentation;
mod progress_page;
mod server_fns;
mod stop_page;
mod wire;

pub use confirm_page::ConfirmPage;
pub use dry_run_page::DryRunPage;
pub use list_page::BulkRollsPage;
pub use paste_page::PastePage;
pub use progress_page::BulkRollPage;
pub use server_fns::{BeginBulkRoll, DraftBulkRoll, DraftSelected, StopBulkRoll};
pub use stop_page::StopPage;
pub use wire::{
    BadLines, BulkRollLine, BulkRollView, BulkRollsView, Counts, DryRunRow, DryRunTotals, DryRunView, Fate, Going,
    OpenedDryRun,
};
