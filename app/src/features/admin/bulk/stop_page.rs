//! The page at `/admin/bulk-rolls/stop`: stopping a bulk roll.

use super::super::frame::{Buttons, OtherError, PasswordField};
use super::presentation::were_left;
use super::progress_page::AboutBulkRoll;
use super::server_fns::StopBulkRoll;
use super::wire::{BulkRollView, Going};
use crate::paths;
use crate::ui::{Notice, Tone, use_form_error};
use domain::Refusal;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// About the bulk roll that the query names.
#[component]
pub fn StopPage() -> impl IntoView {
    view! {
        <AboutBulkRoll
            title="Stop a roll"
            content=|roll| {
                view! { <div class="sheet"><h1>"Stop this roll"</h1><Body roll /></div> }.into_any()
            }
        />
    }
}

#[component]
fn Body(roll: BulkRollView) -> impl IntoView {
    let back = paths::admin_bulk_roll(&roll.id);
    if roll.going != Going::On {
        return view! {
            <Notice tone=Tone::Quiet>
                <p>{Refusal::BulkRollOver.sentence()}</p>
            </Notice>
            <p>
                <a class="button" href=back rel="external">
                    "Back to the roll"
                </a>
            </p>
        }
        .into_any();
    }
    let error = use_form_error(StopBulkRoll::PATH);
    let (accounts, left) = were_left(roll.counts.left);
    view! {
        <form class="form" method="post" action=StopBulkRoll::url()>
            <input type="hidden" name="bulk" value=roll.id.to_string() />
            <p>
                "When this page was made, " <strong>{accounts}</strong> {left}
                " Those that are left when you stop it keep their keys, which go on working. It cannot be taken up again: to go on, roll a list anew."
            </p>
            <p>"What is rolled by then stays rolled."</p>
            <PasswordField due=roll.password_due error />
            <OtherError error password_due=roll.password_due beside=|_| false />
            <Buttons back label="Stop this roll" kind="danger" />
        </form>
    }
    .into_any()
}
