//! Activity: the account's audit trail, through filters, to read and to take away.

mod filters;
mod page;
mod rows;
mod server_fns;
mod wire;
pub mod words;

pub use page::{ActivityPage, Pager};
pub use rows::Rows;
pub use server_fns::{LoadActivity, load_activity};
pub use wire::{ActivityView, Fact, FilterForm, FilterProblem, Row};
