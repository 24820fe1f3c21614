//! What the browser's tab says.

use leptos::prelude::*;
use leptos_meta::Title;

/// `Developers · Acme`: the page, then the product.
#[component]
pub fn PageTitle(
    /// What the page is about.
    page: &'static str,
    /// Whose page it is.
    product_name: String,
) -> impl IntoView {
    view! { <Title text=format!("{page} · {product_name}") /> }
}
