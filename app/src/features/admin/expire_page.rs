//! The page at `/admin/account/expire`: ending one of an account's expiring pairs.

use super::frame::{AboutAccount, Buttons, NoForm, OtherError, PasswordField, Whose, named};
use super::server_fns::ExpireFor;
use super::wire::AccountFileView;
use crate::features::developers::PairView;
use crate::paths;
use crate::ui::{Time, use_form_error};
use domain::{KeyPairState, PairId, Refusal};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// About the pair, of the account, that the query names.
#[component]
pub fn ExpireForPage() -> impl IntoView {
    view! { <AboutAccount title="Expire these keys now" content=content /> }
}

fn content(file: AccountFileView) -> Option<AnyView> {
    let asked: PairId = named("pair")?;
    let pair = file.pairs.iter().find(|pair| pair.id == asked).cloned()?;
    let back = paths::admin_account(&file.id);
    let body = match pair.state {
        KeyPairState::Expiring { .. } => view! { <Form file pair back /> }.into_any(),
        KeyPairState::Active => view! { <NoForm sentence=Refusal::PairIsActive.sentence() back /> }.into_any(),
        KeyPairState::Expired { .. } | KeyPairState::Revoked { .. } => {
            view! { <NoForm sentence=Refusal::PairEnded.sentence() back /> }.into_any()
        }
    };
    Some(view! { <div class="sheet"><h1>"Expire these keys now"</h1>{body}</div> }.into_any())
}

#[component]
fn Form(file: AccountFileView, pair: PairView, back: String) -> impl IntoView {
    let error = use_form_error(ExpireFor::PATH);
    view! {
        <form class="form" method="post" action=ExpireFor::url()>
            <input type="hidden" name="account" value=file.id.to_string() />
            <input type="hidden" name="pair" value=pair.id.to_string() />
            <Whose file=file.clone() />
            <dl class="facts">
                <dt>"Public key"</dt>
                <dd>
                    <code class="key" translate="no">{pair.public_key}</code>
                </dd>
                {pair.ends.map(|ends| view! { <dt>"Would expire"</dt><dd><Time moment=ends /></dd> })}
            </dl>
            <p>
                "Programs that still use these keys stop working at once. This cannot be undone. The account's active keys go on working."
            </p>
            <PasswordField due=file.password_due error />
            <OtherError error password_due=file.password_due beside=|_| false />
            <Buttons back label="Expire now" kind="danger" />
        </form>
    }
}
