//! A page of the dashboard: its head, and what is on it.

use super::DashboardHead;
use domain::Role;
use leptos::prelude::*;

/// For whom a page is drawn.
pub struct Reader {
    /// Whose installation it is.
    pub product_name: String,
    /// In which account they are.
    pub account_name: String,
    /// What they sign in with.
    pub email: String,
    /// What they are in the account, if they are in one.
    pub role: Option<Role>,
}

/// A page with this title.
pub fn dashboard_page(title: &'static str, reader: Reader, content: AnyView) -> impl IntoView {
    let Reader { product_name, account_name, email, role } = reader;
    view! {
        <DashboardHead title=title skip="Skip to the page" product_name account_name email role />
        <main class="dashboard" id="content" tabindex="-1">
            {content}
        </main>
    }
}
