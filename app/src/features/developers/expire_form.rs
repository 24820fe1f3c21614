//! The form that ends an expiring pair: in the dialog, and as a page of its own without WASM.

use super::roll_form::is_about_password;
use super::server_fns::ExpireNow;
use super::wire::PairView;
use crate::error::AppError;
use crate::ui::{Field, FieldKind, Time};
use leptos::html;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The form. `on_submit` takes it over from the browser, with the password if it was asked for.
#[component]
pub fn ExpireForm(
    pair: PairView,
    #[prop(into)] password_due: Signal<bool>,
    #[prop(into)] error: Signal<Option<AppError>>,
    #[prop(into)] pending: Signal<bool>,
    #[prop(optional)] on_submit: Option<Callback<String>>,
    cancel: ViewFn,
) -> impl IntoView {
    let password_field = NodeRef::<html::Input>::new();
    let submit = move |event: leptos::ev::SubmitEvent| {
        if let Some(on_submit) = on_submit {
            event.prevent_default();
            on_submit.run(password_field.get_untracked().map(|field| field.value()).unwrap_or_default());
        }
    };
    let about = move |about_password: bool| {
        Signal::derive(move || {
            error
                .get()
                .filter(|error| (is_about_password(*error) && password_due.get()) == about_password)
                .map(AppError::sentence)
        })
    };
    let general = about(false);
    view! {
        <form class="form" method="post" action=ExpireNow::url() on:submit=submit>
            <input type="hidden" name="pair" value=pair.id.to_string() />
            <p>
                "Programs still using these keys stop working at once. This cannot be undone. Your active keys go on working."
            </p>
            <dl class="facts">
                <dt>"Public key"</dt>
                <dd><code class="key" translate="no">{pair.public_key}</code></dd>
                {pair.ends.map(|ends| view! { <dt>"Would expire"</dt><dd><Time moment=ends /></dd> })}
            </dl>
            <Show when=move || password_due.get()>
                <Field
                    kind=FieldKind::CurrentPassword
                    name="password"
                    label="Your password"
                    required=true
                    error=about(true)
                    node_ref=password_field
                />
            </Show>
            <p class="form__error" role="alert">
                {move || general.get()}
            </p>
            <div class="form__buttons">
                {cancel.run()}
                <button class="button" data-kind="danger" type="submit" aria-busy=move || pending.get().to_string()>
                    {move || if pending.get() { "Expiring the keys…" } else { "Expire now" }}
                </button>
            </div>
        </form>
    }
}
