//! What the pages of the dashboard share: whose it is, the ways between its pages, and the way out.

mod failed;
mod head;
mod navigation;
mod page;

pub use failed::Failed;
pub use head::DashboardHead;
pub use navigation::Navigation;
pub use page::{Reader, dashboard_page};
