//! The admin console: finding accounts, looking at one, and ending what leaked. Documents and plain forms throughout.

mod account_page;
mod activity_page;
mod bulk;
mod disable_page;
mod end_sessions_page;
mod expire_page;
mod find_page;
mod frame;
mod gateways;
mod presentation;
mod roll_page;
mod server_fns;
mod wire;

pub use account_page::AccountPage;
pub use activity_page::AdminActivityPage;
pub use bulk::{
    BadLines, BeginBulkRoll, BulkRollLine, BulkRollPage, BulkRollView, BulkRollsPage, BulkRollsView, ConfirmPage,
    Counts, DraftBulkRoll, DraftSelected, DryRunPage, DryRunRow, DryRunTotals, DryRunView, Fate, Going, OpenedDryRun,
    PastePage, StopBulkRoll, StopPage,
};
pub use disable_page::DisablePage;
pub use end_sessions_page::EndSessionsPage;
pub use expire_page::ExpireForPage;
pub use find_page::AdminPage;
pub use gateways::{GATEWAYS, Gateway, GatewaysPage};
pub use roll_page::RollForPage;
pub use server_fns::{EndSessionsFor, ExpireFor, FindAccount, RollFor, SetAccountDisabled};
pub use wire::{
    AccountFileView, AccountList, AccountRow, AdminActivity, GatewaysView, LastUse, LatestRoll, ListForm, MemberView,
    Pasted, Said, Viewer,
};
