//! The page at `/dashboard/files`.

use super::list::List;
use super::server_fns::load_files;
use super::snippets::Snippets;
use super::upload::Upload;
use super::wire::{FilesView, Viewer};
use crate::features::dashboard::{DashboardHead, Failed};
use crate::paths;
use crate::ui::{Announcer, LiveRegion, Notice, Tone};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// A document: its list, its links and its forms work without JavaScript, and its state is in its address.
#[component]
pub fn FilesPage() -> impl IntoView {
    let search = use_location().search;
    let resource = Resource::new(move || search.get(), load_files);
    view! {
        <Suspense fallback=|| ()>
            {move || Suspend::new(async move {
                match resource.await {
                    Ok(view) => view! { <Page view /> }.into_any(),
                    Err(error) => {
                        view! { <Failed title="Files" error href=paths::FILES label="Go to the files" /> }.into_any()
                    }
                }
            })}
        </Suspense>
    }
}

/// The head of a page about files.
pub fn head(title: &'static str, skip: &'static str, viewer: Viewer) -> impl IntoView {
    let Viewer { product_name, account_name, email, role, .. } = viewer;
    view! { <DashboardHead title=title skip=skip product_name account_name email role /> }
}

#[component]
fn Page(view: FilesView) -> impl IntoView {
    let FilesView { viewer, disabled, said, restricted, largest, largest_bytes, public_url, public_key, .. } =
        view.clone();
    let (account, may_change) = (viewer.account_id.clone(), viewer.may_change);
    let announcer = Announcer::new();
    provide_context(announcer);
    view! {
        {head("Files", "Skip to the files", viewer)}
        <main class="dashboard" id="content" tabindex="-1">
            <h1>"Files"</h1>
            <p class="dashboard__lead">
                "What programs, web pages and people have uploaded into this account. Each file has an address of its own."
            </p>
            {said.map(|said| view! { <Notice tone=Tone::Success><p>{said.sentence()}</p></Notice> })}
            {disabled
                .then(|| view! {
                    <Notice tone=Tone::Danger>
                        <p>"This account is disabled: it takes no files. Ask whoever runs this installation."</p>
                    </Notice>
                })}
            {restricted.then(|| view! { <Restricted /> })}
            <Upload account may_change largest largest_bytes />
            <List view />
            <Snippets public_url public_key />
            <LiveRegion announcer />
        </main>
    }
}

/// What an account with a list of origins takes, and that this page is never kept out.
#[component]
fn Restricted() -> impl IntoView {
    view! {
        <p class="section__lead">
            "Of web pages, only those of the origins listed under "
            <a href=paths::origins() rel="external">
                "API keys"
            </a> " may upload into this account; and this page, always."
        </p>
    }
}
