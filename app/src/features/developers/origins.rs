//! The origins whose pages may upload: a part of the developers tab that is a plain document, forms and links.

use super::beside::{OriginRow, OriginsView};
use super::server_fns::AddOrigin;
use crate::error::AppError;
use crate::paths;
use crate::ui::{Field, FieldKind, Notice, Time, Tone, use_form_error};
use domain::{AccountId, Refusal};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The element that says why a viewer finds every action disabled.
const WHY_NOT: &str = "origins-why-not";
/// What it says. Also on the page that removes one.
pub const VIEWERS_MAY_NOT: &str =
    "You are a viewer of this account: only an owner or a developer can choose the origins that may upload.";

/// The list, and what changes it.
#[component]
pub fn Origins(account: AccountId, may_change: bool, origins: OriginsView) -> impl IntoView {
    let OriginsView { list, typed, said, full } = origins;
    view! {
        <section class="section" id=paths::ORIGINS aria-labelledby="origins-heading">
            <h2 id="origins-heading">"Web pages that may upload"</h2>
            {said.map(|said| view! { <Notice tone=Tone::Success><p>{said.sentence()}</p></Notice> })}
            <Meaning restricted=!list.is_empty() />
            {(!may_change).then(|| view! { <p class="reason" id=WHY_NOT>{VIEWERS_MAY_NOT}</p> })}
            {(!list.is_empty()).then(|| view! { <List list may_change /> })}
            {if full {
                view! { <p class="reason">{Refusal::TooManyOrigins.sentence()}</p> }.into_any()
            } else {
                view! { <Add account typed may_change /> }.into_any()
            }}
        </section>
    }
}

/// What the list does, and what it does not.
#[component]
fn Meaning(restricted: bool) -> impl IntoView {
    let lead = if restricted {
        "With a signature that your server made, only pages of these origins may upload into this account. Pages of all others are refused."
    } else {
        "Any web page may upload into this account with a signature that your server made. From the first origin that you add, pages of all others are refused."
    };
    view! {
        <p class="section__lead">{lead}</p>
        <p class="section__lead">
            "This keeps the pages of other sites out, not programs: a program can claim any origin, and what authenticates an upload is its signature. The Files page of this dashboard uploads always, and so do servers with the private key."
        </p>
    }
}

#[component]
fn List(list: Vec<OriginRow>, may_change: bool) -> impl IntoView {
    let row = move |row: OriginRow| view! { <Listed row may_change /> };
    view! {
        <ul class="origins" aria-labelledby="origins-heading">
            {list.into_iter().map(row).collect_view()}
        </ul>
    }
}

#[component]
fn Listed(row: OriginRow, may_change: bool) -> impl IntoView {
    let OriginRow { origin, added } = row;
    // Without looks, the button has to say what it removes.
    let removing = format!("Remove {origin}");
    view! {
        <li class="origin">
            <span class="origin__facts">
                <code class="origin__text" translate="no">
                    {origin.clone()}
                </code>
                <span class="origin__since">"Since " <Time moment=added /></span>
            </span>
            {if may_change {
                view! {
                    <a
                        class="button"
                        data-kind="inline"
                        href=paths::remove_origin(&origin)
                        rel="external"
                        aria-label=removing
                    >
                        "Remove"
                    </a>
                }
                    .into_any()
            } else {
                view! {
                    <button
                        class="button"
                        data-kind="inline"
                        type="button"
                        disabled
                        aria-label=removing
                        aria-describedby=WHY_NOT
                    >
                        "Remove"
                    </button>
                }
                    .into_any()
            }}
        </li>
    }
}

#[component]
fn Add(account: AccountId, typed: String, may_change: bool) -> impl IntoView {
    if !may_change {
        return view! {
            <p>
                <button class="button" type="button" disabled aria-describedby=WHY_NOT>
                    "Add origin"
                </button>
            </p>
        }
        .into_any();
    }
    let error = use_form_error(AddOrigin::PATH);
    let beside = error.filter(|error| is_about_origin(*error)).map(AppError::sentence);
    let other = error.filter(|error| !is_about_origin(*error)).map(AppError::sentence);
    view! {
        <form class="form origins__add" method="post" action=AddOrigin::url()>
            <input type="hidden" name="account" value=account.to_string() />
            <Field
                kind=FieldKind::Code
                name="origin"
                label="Origin"
                hint="What the browser's address bar begins with, such as https://www.example.com. No path, no wildcard; each subdomain and port by itself."
                required=true
                value=typed
                error=beside
            />
            {other.map(|sentence| view! { <p class="form__error" role="alert">{sentence}</p> })}
            <div class="form__buttons">
                <button class="button" type="submit">
                    "Add origin"
                </button>
            </div>
        </form>
    }
    .into_any()
}

/// Whether the sentence belongs beside the field.
fn is_about_origin(error: AppError) -> bool {
    matches!(
        error,
        AppError::Refused(
            Refusal::OriginSchemeMissing
                | Refusal::OriginHasMore
                | Refusal::OriginWildcard
                | Refusal::OriginNull
                | Refusal::OriginInvalid
                | Refusal::OriginListed
        )
    )
}
