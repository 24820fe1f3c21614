//! What surrounds the dashboard: whose it is, and the way out.

use super::wire::DevelopersTab;
use crate::features::entrance::SignOut;
use crate::page_title::PageTitle;
use crate::paths;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The head of a dashboard page, and its title.
#[component]
pub fn DashboardHead(title: &'static str, product_name: String, account_name: String, email: String) -> impl IntoView {
    let person = (email != account_name).then_some(email);
    view! {
        <PageTitle page=title product_name=product_name.clone() />
        // The router would take the click over, and leave the focus where it was.
        <a class="skip-link" href="#content" rel="external">
            "Skip to the keys"
        </a>
        <header class="masthead">
            <a class="masthead__product" href=paths::DEVELOPERS>
                {product_name}
            </a>
            <p class="masthead__person">
                <strong class="masthead__account">{account_name}</strong>
                {person.map(|person| view! { <span class="masthead__email">{person}</span> })}
            </p>
            // A whole page load: everything the page knew is gone with it.
            <form method="post" action=SignOut::url()>
                <button class="button" data-kind="inline" type="submit">
                    "Sign out"
                </button>
            </form>
        </header>
    }
}

/// The same, from what the tab is told.
pub fn head_of(title: &'static str, tab: &DevelopersTab) -> impl IntoView + use<> {
    view! {
        <DashboardHead
            title=title
            product_name=tab.product_name.clone()
            account_name=tab.account_name.clone()
            email=tab.email.clone()
        />
    }
}
