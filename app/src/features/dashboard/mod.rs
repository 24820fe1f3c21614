//! What the pages of the dashboard share: whose it is, the ways between its pages, and the way out.

mod head;
mod navigation;

pub use head::DashboardHead;
pub use navigation::Navigation;
