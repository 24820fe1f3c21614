//! The page at `/admin/account`: an account, as an admin sees it.

use super::find_page::State;
use super::frame::{AboutAccount, named};
use super::presentation::{ending, pair_found, pair_found_tone, role_words};
use super::wire::{AccountFileView, LastUse, LatestRoll, MemberView};
use crate::features::developers::{PairView, Seen, Status, status};
use crate::paths;
use crate::ui::{Badge, Notice, Time};
use domain::{AccountId, PairId, Timestamp};
use leptos::prelude::*;

/// The account that the query names, with the pair pointed out that it names too.
#[component]
pub fn AccountPage() -> impl IntoView {
    view! { <AboutAccount title="Account" content=|file| Some(content(file)) /> }
}

fn content(file: AccountFileView) -> AnyView {
    let looked_for = named::<PairId>("pair").and_then(|id| file.pairs.iter().find(|pair| pair.id == id).cloned());
    let pointed_out = looked_for.as_ref().map(|pair| pair.id.clone());
    view! {
        <p class="way-back">
            <a href=paths::ADMIN rel="external">
                "All accounts"
            </a>
        </p>
        <h1>
            <bdi>{file.name.clone()}</bdi>
        </h1>
        {file.said.map(|said| view! { <Notice tone=said.tone()><p>{said.sentence()}</p></Notice> })}
        {looked_for.map(|pair| view! { <LookedFor pair /> })}
        <Facts file=file.clone() />
        <Pairs
            account=file.id.clone()
            pairs=file.pairs
            last_uses=file.last_uses
            latest_roll=file.latest_roll
            now=file.now
            pointed_out
        />
        <Members account=file.id members=file.members />
    }
    .into_any()
}

/// What the key, or the id, that led here belongs to.
#[component]
fn LookedFor(pair: PairView) -> impl IntoView {
    view! {
        <Notice tone=pair_found_tone(pair.state)>
            <p>{pair_found(pair.state)} {pair.ends.map(|ends| view! { <Time moment=ends /> })} "."</p>
        </Notice>
    }
}

#[component]
fn Facts(file: AccountFileView) -> impl IntoView {
    let AccountFileView { id, external_id, created, disabled, .. } = file;
    let act = if disabled.is_some() { "Enable the account" } else { "Disable the account" };
    view! {
        <dl class="account">
            <div>
                <dt>"State"</dt>
                <dd>
                    <State disabled=disabled.is_some() />
                    {disabled.map(|since| view! { <p class="roster__exact">"Since " <Time moment=since /></p> })}
                </dd>
            </div>
            <div>
                <dt>"Account id"</dt>
                <dd>
                    <code>{id.to_string()}</code>
                </dd>
            </div>
            <div>
                <dt>"External id"</dt>
                <dd>
                    <bdi>{external_id.unwrap_or_else(|| "None".to_owned())}</bdi>
                </dd>
            </div>
            <div>
                <dt>"Created"</dt>
                <dd>
                    <Time moment=created />
                </dd>
            </div>
        </dl>
        <div class="activity-exports">
            <a class="button" data-kind="plain" href=paths::admin_activity(&id) rel="external">
                "Activity of this account"
            </a>
            <a class="button" data-kind="plain" href=paths::admin_sign_ins(&id) rel="external">
                "Sign-ins"
            </a>
            <a class="button" data-kind="plain" href=paths::admin_disable(&id) rel="external">
                {act}
            </a>
        </div>
    }
}

#[component]
fn Pairs(
    account: AccountId,
    pairs: Vec<PairView>,
    last_uses: Vec<(PairId, LastUse)>,
    latest_roll: Option<LatestRoll>,
    now: Timestamp,
    pointed_out: Option<PairId>,
) -> impl IntoView {
    let row = |pair: PairView| {
        let pointed_out = pointed_out.as_ref() == Some(&pair.id);
        let last_use =
            last_uses.iter().find(|(of, _)| *of == pair.id).map_or(LastUse::Uncounted, |(_, last)| last.clone());
        view! { <PairRow account=account.clone() pair last_use now pointed_out /> }
    };
    view! {
        <section class="section" aria-labelledby="pairs-heading">
            <h2 id="pairs-heading">"Key pairs"</h2>
            {latest_roll.map(|roll| view! { <Latest roll /> })}
            <table class="roster" role="table" data-of="pairs" aria-labelledby="pairs-heading">
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col">"Public key"</th>
                        <th role="columnheader" scope="col">"Created"</th>
                        <th role="columnheader" scope="col">"Last used"</th>
                        <th role="columnheader" scope="col">"Status"</th>
                        <th role="columnheader" scope="col">
                            <span class="visually-hidden">"Actions"</span>
                        </th>
                    </tr>
                </thead>
                <tbody role="rowgroup">{pairs.into_iter().map(row).collect_view()}</tbody>
            </table>
        </section>
    }
}

/// Who rolled last, and why.
#[component]
pub fn Latest(roll: LatestRoll) -> impl IntoView {
    view! {
        <p class="section__lead">
            "Rolled last on " <Time moment=roll.at /> ". By: " <bdi>{roll.by}</bdi> "."
            {roll.reason.map(|reason| view! { " Reason: " <q><bdi>{reason}</bdi></q> })}
        </p>
    }
}

#[component]
fn PairRow(account: AccountId, pair: PairView, last_use: LastUse, now: Timestamp, pointed_out: bool) -> impl IntoView {
    let Status { tone, words } = status(pair.state, now);
    let ending = ending(&account, &pair);
    view! {
        <tr class="roster__row" role="row" data-pointed-out=pointed_out.then_some("")>
            <td role="cell" data-label="Public key">
                <code class="key" translate="no">{pair.public_key}</code>
                <p class="roster__exact">
                    <code>{pair.id.to_string()}</code>
                </p>
            </td>
            <td role="cell" data-label="Created">
                <Time moment=pair.created />
            </td>
            <td role="cell" data-label="Last used">
                {match last_use {
                    LastUse::At(Seen { ago, at }) => {
                        view! {
                            <p>{ago}</p>
                            <p class="roster__exact"><Time moment=at /></p>
                        }
                            .into_any()
                    }
                    LastUse::Never => view! { <p class="roster__exact">"Never"</p> }.into_any(),
                    LastUse::Uncounted => view! { <p class="roster__exact">"Not counted"</p> }.into_any(),
                }}
            </td>
            <td role="cell" data-label="Status">
                <Badge tone=tone words=words />
                {pair.ends.map(|ends| view! { <p class="roster__exact"><Time moment=ends /></p> })}
            </td>
            <td class="roster__actions" role="cell">
                {ending.map(|(href, label)| view! { <a class="button" href=href rel="external">{label}</a> })}
            </td>
        </tr>
    }
}

#[component]
fn Members(account: AccountId, members: Vec<MemberView>) -> impl IntoView {
    let nobody = members.is_empty();
    let row = |member: MemberView| view! { <Member account=account.clone() member /> };
    view! {
        <section class="section" aria-labelledby="members-heading">
            <h2 id="members-heading">"Members"</h2>
            {if nobody {
                view! { <p class="section__lead">"Nobody is a member of this account."</p> }.into_any()
            } else {
                view! {
                    <table class="roster" role="table" data-of="members" aria-labelledby="members-heading">
                        <thead role="rowgroup">
                            <tr role="row">
                                <th role="columnheader" scope="col">"E-mail address"</th>
                                <th role="columnheader" scope="col">"Role"</th>
                                <th role="columnheader" scope="col">"Password"</th>
                                <th role="columnheader" scope="col">
                                    <span class="visually-hidden">"Actions"</span>
                                </th>
                            </tr>
                        </thead>
                        <tbody role="rowgroup">{members.into_iter().map(row).collect_view()}</tbody>
                    </table>
                }
                    .into_any()
            }}
        </section>
    }
}

#[component]
fn Member(account: AccountId, member: MemberView) -> impl IntoView {
    let MemberView { id, email, role, has_password } = member;
    let password = if has_password { "Set" } else { "Not set: they cannot sign in yet" };
    view! {
        <tr class="roster__row" role="row">
            <td role="cell" data-label="E-mail address">
                <bdi>{email.clone()}</bdi>
                <p class="roster__exact">
                    <code>{id.to_string()}</code>
                </p>
            </td>
            <td role="cell" data-label="Role">
                {role_words(role)}
            </td>
            <td role="cell" data-label="Password">
                {password}
            </td>
            <td class="roster__actions" role="cell">
                <a
                    class="button"
                    href=paths::admin_end_sessions(&account, &id)
                    rel="external"
                    aria-label=format!("End sessions of {email}")
                >
                    "End sessions"
                </a>
            </td>
        </tr>
    }
}
