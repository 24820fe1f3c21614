//! What the browser's tab says.

use leptos::prelude::*;
use leptos_meta::Title;

/// `Developers · Acme`: the page, then the product.
#[component]
pub fn PageTitle(page: &'static str, product_name: String) -> impl IntoView {
    view! { <Title text=format!("{page} · {product_name}") /> }
}
