//! What stands above the tab.

use super::desk::{Open, Purpose, use_desk};
use super::expire_form::ExpireForm;
use super::key_cells::{PrivateKeyCell, PublicKeyCell};
use super::reveal;
use super::roll_form::{Chosen, RollForm, Zone};
use super::server_fns::{expire_now, roll_keys};
use super::wire::{DevelopersTab, PairView};
use crate::browser;
use crate::error::AppError;
use crate::ui::{Button, ButtonKind, Dialog, Field, FieldKind, Time};
use domain::{KeyPairState, Password};
use leptos::html;
use leptos::prelude::*;

/// The one dialog of the tab, holding whatever is open.
#[component]
pub fn Dialogs() -> impl IntoView {
    let desk = use_desk();
    let is_open = Signal::derive(move || desk.open.with(|open| *open != Open::Nothing));
    view! {
        <Dialog labelled_by="dialog-title" open=is_open on_close=Callback::new(move |()| desk.dismiss())>
            {move || match desk.open.get() {
                Open::Nothing => ().into_any(),
                Open::Roll(pair) => view! { <RollDialog pair /> }.into_any(),
                Open::Rolled { new, old } => view! { <RolledDialog new old /> }.into_any(),
                Open::Expire(pair) => view! { <ExpireDialog pair /> }.into_any(),
                Open::Password(purpose) => view! { <PasswordDialog purpose /> }.into_any(),
            }}
        </Dialog>
    }
}

#[component]
fn Cancel(#[prop(default = "Cancel")] label: &'static str) -> impl IntoView {
    let desk = use_desk();
    view! { <Button label=label on_press=Callback::new(move |_| desk.dismiss()) /> }
}

#[component]
fn RollDialog(pair: PairView) -> impl IntoView {
    let desk = use_desk();
    let DevelopersTab { submission, longest_overlap, .. } = desk.tab.get_untracked();
    // Taken once: pressing again after a lost answer is the same press.
    let (id, press) = (pair.id.clone(), submission.clone());
    let submit = Callback::new(move |chosen: Chosen| {
        if desk.pending.get_untracked() {
            return;
        }
        desk.pending.set(true);
        desk.error.set(None);
        let (id, press) = (id.clone(), press.clone());
        browser::later(async move {
            let Chosen { expire_old, password } = chosen;
            let answer = roll_keys(id, press, expire_old, String::new(), Password::new(password)).await;
            desk.pending.set(false);
            match answer {
                Ok(rolled) => desk.rolled(rolled),
                Err(error) => {
                    desk.refused(error);
                    // The answer may have been lost and the roll not.
                    if error == AppError::Unreachable {
                        desk.reload();
                    }
                }
            }
        });
    });
    view! {
        <h2 id="dialog-title">"Roll keys"</h2>
        <RollForm
            pair=pair
            submission=submission
            longest_overlap=longest_overlap
            zone=Zone::Local
            now=desk.now
            password_due=Signal::derive(move || desk.password_is_due())
            error=desk.error
            pending=desk.pending
            on_submit=submit
            cancel=ViewFn::from(|| view! { <Cancel /> })
        />
    }
}

#[component]
fn RolledDialog(new: PairView, old: PairView) -> impl IntoView {
    let prefix = use_desk().tab.with_untracked(|tab| tab.private_prefix.clone());
    // The button that was pressed is gone with the form: without this the focus would be nowhere.
    let heading = NodeRef::<html::H2>::new();
    Effect::new(move || {
        if let Some(heading) = heading.get() {
            let _ = heading.focus();
        }
    });
    let overlap = matches!(old.state, KeyPairState::Expiring { .. });
    let old_ends = match (old.state, old.ends) {
        (KeyPairState::Expiring { .. }, Some(ends)) => {
            view! { <p>"The old keys stop working on " <Time moment=ends /> "."</p> }.into_any()
        }
        _ => view! { <p>"The old keys have stopped working."</p> }.into_any(),
    };
    view! {
        <h2 id="dialog-title" tabindex="-1" node_ref=heading>
            "Your new keys work now"
        </h2>
        {old_ends}
        <dl class="facts">
            <dt>"Public key"</dt>
            <dd><PublicKeyCell public_key=new.public_key /></dd>
            <dt>"Private key (keep this confidential)"</dt>
            <dd><PrivateKeyCell pair=new.id private_prefix=prefix /></dd>
        </dl>
        <h3>"What to do next"</h3>
        <ol class="next-steps">
            <li>"Put the new private key where your programs read it, and restart them."</li>
            <li>"Put the new public key into your web pages and apps."</li>
            {overlap.then(|| view! { <li>"Once nothing uses the old keys, you can end them early with Expire now."</li> })}
        </ol>
        <div class="form__buttons">
            <Cancel label="Done" />
        </div>
    }
}

#[component]
fn ExpireDialog(pair: PairView) -> impl IntoView {
    let desk = use_desk();
    let id = pair.id.clone();
    let submit = Callback::new(move |password: String| {
        if desk.pending.get_untracked() {
            return;
        }
        desk.pending.set(true);
        desk.error.set(None);
        let id = id.clone();
        browser::later(async move {
            let answer = expire_now(id, Password::new(password)).await;
            desk.pending.set(false);
            match answer {
                Ok(_) => {
                    desk.password_given();
                    desk.dismiss();
                    desk.announcer.say("The old keys have expired.");
                    desk.reload();
                }
                Err(error) => desk.refused(error),
            }
        });
    });
    view! {
        <h2 id="dialog-title">"Expire these keys now"</h2>
        <ExpireForm
            pair=pair
            password_due=Signal::derive(move || desk.password_is_due())
            error=desk.error
            pending=desk.pending
            on_submit=submit
            cancel=ViewFn::from(|| view! { <Cancel /> })
        />
    }
}

/// Asks for the password, and goes on with what it was due for. A copy begins inside this submit, as browsers want it.
#[component]
fn PasswordDialog(purpose: Purpose) -> impl IntoView {
    let desk = use_desk();
    let field = NodeRef::<html::Input>::new();
    let (why, button) = match &purpose {
        Purpose::Reveal(_) => ("The private key is shown only to whoever has just given their password.", "Reveal key"),
        Purpose::Copy(_) => ("The private key is copied only for whoever has just given their password.", "Copy key"),
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Some(field) = field.get_untracked() else {
            return;
        };
        reveal::begin(desk, purpose.clone(), Some(Password::new(field.value())));
        field.set_value("");
    };
    let busy = move || desk.fetching.with(Option::is_some);
    view! {
        <h2 id="dialog-title">"Confirm that it is you"</h2>
        <p>{why}</p>
        <form class="form" method="dialog" on:submit=submit>
            <Field
                kind=FieldKind::CurrentPassword
                name="password"
                label="Your password"
                required=true
                error=Signal::derive(move || desk.error.get().map(AppError::sentence))
                node_ref=field
            />
            <div class="form__buttons">
                <Cancel />
                <button class="button" data-kind=ButtonKind::Primary.as_str() type="submit" aria-busy=move || busy().to_string()>
                    {button}
                </button>
            </div>
        </form>
    }
}
