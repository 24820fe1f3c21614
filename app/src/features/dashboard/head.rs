//! The head of every page of the dashboard.

use super::Navigation;
use crate::features::entrance::SignOut;
use crate::page_title::PageTitle;
use crate::paths;
use domain::Role;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The head of a dashboard page, and its title.
#[component]
pub fn DashboardHead(
    /// What the page is about, for the browser's tab.
    title: &'static str,
    /// Where the skip link leads: "Skip to the keys".
    skip: &'static str,
    product_name: String,
    account_name: String,
    email: String,
    /// What the person is in the account, if they are in one: the navigation leaves out what is not for them.
    #[prop(into)]
    role: Option<Role>,
) -> impl IntoView {
    let person = (email != account_name).then_some(email);
    view! {
        <PageTitle page=title product_name=product_name.clone() />
        // The router would take the click over, and leave the focus where it was.
        <a class="skip-link" href="#content" rel="external">
            {skip}
        </a>
        <header class="masthead">
            <a class="masthead__product" href=paths::DEVELOPERS rel="external">
                {product_name}
            </a>
            <p class="masthead__person">
                <a class="masthead__account" href=paths::ACCOUNTS rel="external">
                    {account_name}
                    <span class="visually-hidden">" (your accounts)"</span>
                </a>
                {person.map(|person| view! { <span class="masthead__email">{person}</span> })}
            </p>
            // A whole page load: everything the page knew is gone with it.
            <form method="post" action=SignOut::url()>
                <button class="button" data-kind="inline" type="submit">
                    "Sign out"
                </button>
            </form>
            <Navigation role admin=crate::is_admin() />
        </header>
    }
}
