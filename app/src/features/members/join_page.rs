//! Joining an account by invitation. Opening the link shows this page and changes nothing: it is the button that joins, so
//! that whoever looks at links before people do (a mail scanner, a preview) uses none up.

use super::presentation::{role_hint, role_label};
use super::server_fns::{JoinAccount, JoinNew, load_join};
use super::wire::{Holder, JoinView, Offer};
use crate::error::AppError;
use crate::features::entrance::{InsecureNotice, SignOut};
use crate::page_title::PageTitle;
use crate::paths;
use crate::ui::{Field, FieldKind, Notice, Time, Tone, use_form_error};
use domain::Refusal;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The page at `/invitation/join`, about the invitation that this browser has opened.
#[component]
pub fn JoinPage() -> impl IntoView {
    let resource = Resource::new(|| (), |()| load_join());
    view! {
        <main class="entrance">
            <Suspense fallback=|| ()>
                {move || Suspend::new(async move {
                    match resource.await {
                        Ok(join) => drawn(join).into_any(),
                        Err(error) => view! { <Notice tone=Tone::Danger><p>{error.sentence()}</p></Notice> }.into_any(),
                    }
                })}
            </Suspense>
        </main>
    }
}

fn drawn(join: JoinView) -> impl IntoView {
    view! {
        <PageTitle page="Join an account" product_name=join.product_name.clone() />
        <div class="entrance__card">
            <p class="entrance__product">{join.product_name}</p>
            <h1>"Join an account"</h1>
            {join.insecure.then(|| view! { <InsecureNotice /> })}
            {match join.offer {
                Some(offer) => view! { <Offered offer /> }.into_any(),
                None => view! { <Over /> }.into_any(),
            }}
        </div>
    }
}

#[component]
fn Over() -> impl IntoView {
    view! {
        <Notice tone=Tone::Notice>
            <p>{Refusal::InvitationInvalid.sentence()}</p>
        </Notice>
        <p>
            <a class="button" href=paths::INVITATION rel="external">
                "Enter the code from your invitation"
            </a>
        </p>
    }
}

#[component]
fn Offered(offer: Offer) -> impl IntoView {
    let Offer { account_name, email, role, by, expires, holder } = offer;
    view! {
        <p>
            <bdi>{by}</bdi> " invites you into the account " <strong><bdi>{account_name}</bdi></strong> "."
        </p>
        <dl class="facts">
            <dt>"For"</dt>
            <dd>
                <bdi>{email.clone()}</bdi>
            </dd>
            <dt>"Role"</dt>
            <dd>{role_label(role)} ": " {role_hint(role).to_lowercase()}</dd>
            <dt>"Until"</dt>
            <dd>
                <Time moment=expires />
            </dd>
        </dl>
        {match holder {
            Holder::Invited => view! { <Click /> }.into_any(),
            Holder::Nobody => view! { <Newcomer email /> }.into_any(),
            Holder::Another(other) => view! { <Another email other /> }.into_any(),
        }}
    }
}

#[component]
fn Click() -> impl IntoView {
    let error = use_form_error(JoinAccount::PATH);
    view! {
        <form class="form" method="post" action=JoinAccount::url()>
            {error.map(|error| view! { <p class="form__error" role="alert">{error.sentence()}</p> })}
            <button class="button" data-kind="primary" type="submit">
                "Join"
            </button>
        </form>
        <p class="entrance__other">
            <a href=paths::DEVELOPERS rel="external">
                "Not now"
            </a>
        </p>
    }
}

#[component]
fn Newcomer(email: String) -> impl IntoView {
    let error = use_form_error(JoinNew::PATH);
    view! {
        <p>
            "Have a password here? "
            <a href=paths::SIGN_IN rel="external">
                "Sign in"
            </a> " first. New here? Choose a password."
        </p>
        <form class="form" method="post" action=JoinNew::url()>
            // For password managers, which save a password under a name.
            <input type="text" autocomplete="username" value=email readonly=true hidden=true />
            <Field
                kind=FieldKind::NewPassword
                name="password"
                label="Password"
                hint="At least 15 characters. Four or five random words work well."
                required=true
                error=error.map(AppError::sentence)
            />
            <button class="button" data-kind="primary" type="submit">
                "Choose this password and join"
            </button>
        </form>
    }
}

#[component]
fn Another(email: String, other: String) -> impl IntoView {
    view! {
        <Notice tone=Tone::Notice>
            <p>
                "You are signed in as " <bdi>{other}</bdi> ", and this invitation is for " <bdi>{email}</bdi>
                ". Sign out, and come in with that address; or ask for an invitation for the one you have."
            </p>
        </Notice>
        <form method="post" action=SignOut::url()>
            <button class="button" type="submit">
                "Sign out and go on"
            </button>
        </form>
        <p class="entrance__other">
            <a href=paths::DEVELOPERS rel="external">
                "Stay signed in"
            </a>
        </p>
    }
}
