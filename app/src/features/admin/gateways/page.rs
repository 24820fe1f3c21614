//! The page at `/admin/gateways`.

use super::{GATEWAYS, Gateway};
use crate::features::admin::frame::{ConsoleFailed, head};
use crate::features::admin::server_fns::load_gateways;
use crate::features::admin::wire::GatewaysView;
use crate::paths;
use crate::ui::{Announcer, CodeBlock, LiveRegion, Script};
use leptos::prelude::*;

/// A document; the copy buttons are a script inside the page.
#[component]
pub fn GatewaysPage() -> impl IntoView {
    let resource = Resource::new(|| (), |()| load_gateways());
    view! {
        <Suspense fallback=|| ()>
            {move || Suspend::new(async move {
                match resource.await {
                    Ok(view) => view! { <Page view /> }.into_any(),
                    Err(error) => view! { <ConsoleFailed error /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Page(view: GatewaysView) -> impl IntoView {
    let GatewaysView { viewer, public_url } = view;
    let announcer = Announcer::new();
    provide_context(announcer);
    let shown = |gateway: Gateway| {
        let code = gateway.configuration(&public_url);
        view! {
            <div class="section" id=gateway.name>
                <p class="section__lead">{gateway.note}</p>
                <CodeBlock title=gateway.name what=gateway.what code=code disabled=true />
            </div>
        }
    };
    let link = |gateway: Gateway| {
        view! {
            <a class="button" data-kind="plain" href=format!("#{}", gateway.name)>
                {gateway.name}
            </a>
        }
    };
    view! {
        {head("Gateways", &viewer)}
        <main class="dashboard" id="content" tabindex="-1">
            <p>
                <a href=paths::ADMIN rel="external">
                    "Accounts"
                </a>
            </p>
            <h1>"Gateways"</h1>
            <p class="dashboard__lead">
                "A gateway in front of your own API asks here, for each request, whether it may pass. It lets it through with the account in the header "
                <code>"X-Latchkey-Account"</code> " and your own customer id in " <code>"X-Latchkey-External-Id"</code>
                ", or answers in our words that the key is missing, wrong, expired or revoked."
            </p>
            <section class="section" aria-labelledby="configurations-heading">
                <h2 id="configurations-heading">"Configurations"</h2>
                <p class="section__lead">
                    "Each is complete, with this installation's address. Put the name and the address of your own API in place of "
                    <code>"api.example.com"</code> " and " <code>"127.0.0.1:8000"</code>
                    ", and make sure that nobody reaches your API but through the gateway."
                </p>
                <nav class="pager" aria-label="Gateways">{GATEWAYS.map(link).collect_view()}</nav>
                {GATEWAYS.map(shown).collect_view()}
            </section>
            <LiveRegion announcer />
        </main>
        <Script code=include_str!("../../../ui/copy_code.js") />
    }
}
