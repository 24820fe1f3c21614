//! The page of the account's members.

use super::frame::Framed;
use super::presentation::{role_label, why_not};
use super::server_fns::RevokeMemberInvitation;
use super::table::MemberTable;
use super::wire::{FreshInvitation, MembersView, OpenInvitation};
use crate::error::AppError;
use crate::features::entrance::InsecureNotice;
use crate::paths;
use crate::ui::{Notice, Script, Time, Tone, use_form_error};
use domain::AccountId;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The page at `/dashboard/members`. Plain forms and links, whoever uses them.
#[component]
pub fn MembersPage() -> impl IntoView {
    view! { <Framed title="Members" content=content /> }
}

fn content(view: MembersView) -> AnyView {
    let may_manage = view.may_manage;
    let error = use_form_error(RevokeMemberInvitation::PATH).map(AppError::sentence);
    view! {
        <h1>"Members"</h1>
        <p class="dashboard__lead">
            "Who works with the account " <bdi>{view.account_name.clone()}</bdi> ", and as what."
        </p>
        {view.insecure.then(|| view! { <InsecureNotice /> })}
        {error.map(|sentence| view! { <Notice tone=Tone::Danger><p>{sentence}</p></Notice> })}
        {view.said.map(|said| view! { <Notice tone=Tone::Success><p>{said.sentence()}</p></Notice> })}
        {view.fresh.clone().map(|fresh| view! { <Fresh fresh /> })}
        {(!may_manage).then(|| view! { <p class="reason" id="why-not">{why_not(view.role)}</p> })}
        <p>
            {if may_manage {
                view! {
                    <a class="button" data-kind="primary" href=paths::INVITE_MEMBER rel="external">
                        "Invite somebody"
                    </a>
                }
                    .into_any()
            } else {
                view! {
                    <button class="button" type="button" disabled aria-describedby="why-not">
                        "Invite somebody"
                    </button>
                }
                    .into_any()
            }}
        </p>
        <MemberTable view=view.clone() />
        {may_manage.then(|| view! { <Invitations account=view.account invitations=view.invitations /> })}
    }
    .into_any()
}

/// The link, once: whoever reloads the page does not see it again. Selected with a click or by its whole line; the button is
/// drawn by the script that makes it work.
#[component]
fn Fresh(fresh: FreshInvitation) -> impl IntoView {
    let FreshInvitation { email, role, link, expires } = fresh;
    view! {
        <section class="sheet fresh-link" aria-labelledby="fresh-heading">
            <h2 id="fresh-heading">"Give this link to " <bdi>{email}</bdi></h2>
            <p>
                "With it they join as " {role.with_article()} ", once, until " <Time moment=expires />
                ". If they have no password here yet, whoever has the link can choose one in their name, so send it to nobody else. It is shown here once: if it is lost, invite them again."
            </p>
            <code class="fresh-link__text" id="fresh-link" tabindex="0" role="textbox" aria-readonly="true" aria-label="Link" translate="no">
                {link}
            </code>
            <p class="fresh-link__copy" data-copy="fresh-link"></p>
            <Script code=include_str!("copy_link.js") />
        </section>
    }
}

#[component]
fn Invitations(account: AccountId, invitations: Vec<OpenInvitation>) -> impl IntoView {
    let rows = move |invitation: OpenInvitation| view! { <Invitation account=account.clone() invitation /> };
    view! {
        <section class="section" aria-labelledby="invitations-heading">
            <h2 id="invitations-heading">"Open invitations"</h2>
            {if invitations.is_empty() {
                view! { <p class="section__lead">"Nobody is invited at the moment."</p> }.into_any()
            } else {
                view! {
                    <table class="cards" role="table" aria-labelledby="invitations-heading">
                        <thead role="rowgroup">
                            <tr role="row">
                                <th role="columnheader" scope="col">"Person"</th>
                                <th role="columnheader" scope="col">"Role"</th>
                                <th role="columnheader" scope="col">"Ends"</th>
                                <th role="columnheader" scope="col">
                                    <span class="visually-hidden">"Actions"</span>
                                </th>
                            </tr>
                        </thead>
                        <tbody role="rowgroup">{invitations.into_iter().map(rows).collect_view()}</tbody>
                    </table>
                }
                    .into_any()
            }}
        </section>
    }
}

#[component]
fn Invitation(account: AccountId, invitation: OpenInvitation) -> impl IntoView {
    let OpenInvitation { id, email, role, by, expires } = invitation;
    // Without looks, the button has to say whose invitation it ends.
    let name = format!("Revoke the invitation of {email}");
    view! {
        <tr class="card member" role="row">
            <td class="member__person" role="cell" data-label="Person">
                <bdi>{email}</bdi>
                <p class="member__by">"Invited by " <bdi>{by}</bdi></p>
            </td>
            <td role="cell" data-label="Role">
                {role_label(role)}
            </td>
            <td role="cell" data-label="Ends">
                <Time moment=expires />
            </td>
            <td class="member__actions" role="cell">
                <form method="post" action=RevokeMemberInvitation::url()>
                    <input type="hidden" name="account" value=account.to_string() />
                    <input type="hidden" name="invitation" value=id.to_string() />
                    <button class="button" type="submit" aria-label=name>
                        "Revoke"
                    </button>
                </form>
            </td>
        </tr>
    }
}
