//! Changing a member's role, and removing one or leaving: pages of their own, about the member that the query names.

use super::frame::{Framed, PasswordAndOther, RolePicker, no_form};
use super::presentation::{LAST_OWNER, is_about_role, role_label, why_not};
use super::server_fns::{ChangeRole, RemoveMember};
use super::wire::{MemberView, MembersView};
use crate::error::AppError;
use crate::paths;
use crate::ui::{Notice, Tone, use_form_error};
use domain::{Permission, Refusal, Role};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;

const NOT_FOUND: AppError = AppError::Refused(Refusal::NotFound);
const NO_SUCH_MEMBER: &str = "There is no such member in this account. They may have left already.";

/// The page at `/dashboard/members/role?person=…`.
#[component]
pub fn RolePage() -> impl IntoView {
    view! { <Framed title=ROLE content=role /> }
}

/// The page at `/dashboard/members/remove?person=…`: removing somebody, or leaving.
#[component]
pub fn RemovePage() -> impl IntoView {
    view! { <Framed title="Remove a member" content=remove /> }
}

const ROLE: &str = "Change a role";

fn named(view: &MembersView) -> Option<MemberView> {
    let person = use_query_map().read_untracked().get("person")?;
    view.members.iter().find(|member| member.id.as_str() == person).cloned()
}

fn role(view: MembersView) -> AnyView {
    if !view.may_manage {
        return no_form(ROLE, AppError::Refused(Refusal::NotAllowed), why_not(view.role));
    }
    let Some(member) = named(&view) else {
        return no_form(ROLE, NOT_FOUND, NO_SUCH_MEMBER);
    };
    let error = use_form_error(ChangeRole::PATH);
    let own = member.own;
    view! {
        <div class="sheet">
            <h1>{if own { "Change your role" } else { ROLE }}</h1>
            {view.is_last_owner(&member).then(|| view! { <LastOwner own /> })}
            <form class="form" method="post" action=ChangeRole::url()>
                <Whom view=view.clone() member=member.clone() />
                <RolePicker chosen=Some(member.role) error />
                <p>
                    {if own {
                        "It counts from your next click on. Without the role of an owner you cannot change it back."
                    } else {
                        "It counts from their next click on. The open invitations of somebody who is no owner any more end."
                    }}
                </p>
                <PasswordAndOther due=view.password_due error beside=is_about_role />
                <Buttons label="Change role" kind="primary" />
            </form>
        </div>
    }
    .into_any()
}

fn remove(view: MembersView) -> AnyView {
    let member = named(&view);
    let own = member.as_ref().is_some_and(|member| member.own);
    let title = if own { "Leave the account" } else { "Remove a member" };
    if !view.may_manage && !own {
        return no_form(title, AppError::Refused(Refusal::NotAllowed), why_not(view.role));
    }
    let Some(member) = member else {
        return no_form(title, NOT_FOUND, NO_SUCH_MEMBER);
    };
    let error = use_form_error(RemoveMember::PATH);
    let saw_keys = member.role.may(Permission::RevealKey);
    view! {
        <div class="sheet">
            <h1>{title}</h1>
            {view.is_last_owner(&member).then(|| view! { <LastOwner own /> })}
            <form class="form" method="post" action=RemoveMember::url()>
                <Whom view=view.clone() member=member.clone() />
                <p>
                    {if own {
                        "From your next click on you see nothing of this account any more. You stay able to sign in, and an owner can invite you again."
                    } else {
                        "From their next click on they see nothing of this account any more, and their open invitations end. They stay able to sign in elsewhere here, and you can invite them again."
                    }}
                </p>
                {(saw_keys && !own)
                    .then(|| {
                        view! {
                            <p>"They could reveal the private key, and it goes on working. If they may have kept it, roll the keys."</p>
                        }
                    })}
                <PasswordAndOther due=view.password_due error beside=|_| false />
                <Buttons label=if own { "Leave" } else { "Remove" } kind="danger" />
            </form>
        </div>
    }
    .into_any()
}

/// The form is there all the same: somebody else may have become an owner meanwhile.
#[component]
fn LastOwner(own: bool) -> impl IntoView {
    let sentence = if own { LAST_OWNER } else { Refusal::LastOwner.sentence() };
    view! {
        <Notice tone=Tone::Notice>
            <p>{sentence}</p>
        </Notice>
    }
}

/// Whom, and in which account, for the person and for the form.
#[component]
fn Whom(view: MembersView, member: MemberView) -> impl IntoView {
    let role: Role = member.role;
    view! {
        <input type="hidden" name="account" value=view.account.to_string() />
        <input type="hidden" name="person" value=member.id.to_string() />
        <dl class="facts">
            <dt>"Person"</dt>
            <dd>
                <bdi>{member.email}</bdi>
            </dd>
            <dt>"Role now"</dt>
            <dd>{role_label(role)}</dd>
            <dt>"Account"</dt>
            <dd>
                <bdi>{view.account_name}</bdi>
            </dd>
        </dl>
    }
}

#[component]
fn Buttons(label: &'static str, kind: &'static str) -> impl IntoView {
    view! {
        <div class="form__buttons">
            <a class="button" href=paths::MEMBERS rel="external">
                "Cancel"
            </a>
            <button class="button" data-kind=kind type="submit">
                {label}
            </button>
        </div>
    }
}
