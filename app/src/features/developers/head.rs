//! The head of the pages about keys.

use super::wire::DevelopersTab;
use crate::features::dashboard::DashboardHead;
use leptos::prelude::*;

/// The dashboard's head, from what the tab is told.
pub fn head_of(title: &'static str, tab: &DevelopersTab) -> impl IntoView + use<> {
    view! {
        <DashboardHead
            title=title
            skip="Skip to the keys"
            product_name=tab.product_name.clone()
            account_name=tab.account_name.clone()
            email=tab.email.clone()
            role=tab.role
        />
    }
}
