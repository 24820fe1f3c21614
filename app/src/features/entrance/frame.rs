//! What surrounds every entrance page.

use super::server_fns::load_entrance;
use super::wire::Entrance;
use crate::page_title::PageTitle;
use crate::ui::{Notice, Tone};
use leptos::prelude::*;

/// The card in the middle of an entrance page, once it is known whose entrance it is.
#[component]
pub fn Frame<F, V>(title: &'static str, content: F) -> impl IntoView
where
    F: Fn(Entrance) -> V + Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let resource = Resource::new(|| (), |()| load_entrance());
    view! {
        <main class="entrance">
            <Suspense fallback=|| ()>
                {move || {
                    let content = content.clone();
                    Suspend::new(async move {
                        match resource.await {
                            Ok(entrance) => drawn(title, entrance, content).into_any(),
                            Err(error) => {
                                view! { <Notice tone=Tone::Danger><p>{error.sentence()}</p></Notice> }.into_any()
                            }
                        }
                    })
                }}
            </Suspense>
        </main>
    }
}

fn drawn<V: IntoView + 'static>(
    title: &'static str,
    entrance: Entrance,
    content: impl Fn(Entrance) -> V,
) -> impl IntoView {
    let product_name = entrance.product_name.clone();
    view! {
        <PageTitle page=title product_name=product_name.clone() />
        <div class="entrance__card">
            <p class="entrance__product">{product_name}</p>
            <h1>{title}</h1>
            {entrance.insecure.then(|| view! { <InsecureNotice /> })}
            {content(entrance)}
        </div>
    }
}

/// Said wherever something secret is typed or shown over plain HTTP to another machine.
#[component]
pub fn InsecureNotice() -> impl IntoView {
    view! {
        <Notice tone=Tone::Notice>
            <p>"This page is not encrypted. Use it in a lab only: passwords and keys can be read on the way."</p>
        </Notice>
    }
}
