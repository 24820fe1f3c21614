//! The form that rolls a pair: in the dialog, and as a page of its own without WASM.

use super::presentation::{choice_hint, choice_label};
use super::server_fns::RollKeys;
use super::wire::PairView;
use crate::browser;
use crate::error::AppError;
use crate::ui::{Field, FieldKind};
use domain::{Duration, ExpireOld, Refusal, SubmissionId, Timestamp};
use leptos::html;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// In which zone the exact date and time is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// The person's own; only a page that is awake knows it.
    Local,
    /// UTC, for the plain form.
    Utc,
}

/// What a press of "Roll keys" sends.
#[derive(Debug)]
pub struct Chosen {
    /// A preset or an RFC 3339 instant.
    pub expire_old: String,
    /// The password, if it was asked for.
    pub password: String,
}

/// What the form starts with: nothing, unless it comes back from a refusal without WASM.
#[derive(Debug, Clone, Default)]
pub struct Prefilled {
    /// The choice.
    pub expire_old: String,
    /// The exact date and time, in UTC.
    pub custom_utc: String,
}

/// The form. `on_submit` takes it over from the browser.
#[component]
pub fn RollForm(
    pair: PairView,
    submission: SubmissionId,
    longest_overlap: Duration,
    zone: Zone,
    /// The server's clock.
    #[prop(into)]
    now: Signal<Timestamp>,
    #[prop(into)] password_due: Signal<bool>,
    #[prop(into)] error: Signal<Option<AppError>>,
    #[prop(into)] pending: Signal<bool>,
    #[prop(optional)] prefilled: Prefilled,
    #[prop(optional)] on_submit: Option<Callback<Chosen>>,
    cancel: ViewFn,
) -> impl IntoView {
    let choice = RwSignal::new(prefilled.expire_old);
    let custom = RwSignal::new(prefilled.custom_utc);
    let password_field = NodeRef::<html::Input>::new();
    let submit = move |event: leptos::ev::SubmitEvent| {
        if let Some(on_submit) = on_submit {
            event.prevent_default();
            let password = password_field.get_untracked().map(|field| field.value()).unwrap_or_default();
            on_submit.run(Chosen { expire_old: spelled(&choice.get_untracked(), &custom.get_untracked()), password });
        }
    };
    let about = move |concerns: fn(AppError) -> bool| {
        Signal::derive(move || error.get().filter(|error| concerns(*error)).map(AppError::sentence))
    };
    let is_beside_a_field =
        move |error: AppError| is_about_expiry(error) || (is_about_password(error) && password_due.get());
    view! {
        <form class="form" method="post" action=RollKeys::url() on:submit=submit>
            <input type="hidden" name="pair" value=pair.id.to_string() />
            <input type="hidden" name="submission" value=submission.to_string() />
            <p>"A new pair is made, and works at once. The old keys go on working until they expire."</p>
            <ExpiryPicker choice custom zone now longest_overlap error=about(is_about_expiry) />
            {(zone == Zone::Local).then(|| view! { <Consequence choice custom now /> })}
            <Show when=move || password_due.get()>
                <Field
                    kind=FieldKind::CurrentPassword
                    name="password"
                    label="Your password"
                    required=true
                    error=about(is_about_password)
                    node_ref=password_field
                />
            </Show>
            <p class="form__error" role="alert">
                {move || error.get().filter(|error| !is_beside_a_field(*error)).map(AppError::sentence)}
            </p>
            <div class="form__buttons">
                {cancel.run()}
                <button class="button" data-kind="primary" type="submit" aria-busy=move || pending.get().to_string()>
                    {move || if pending.get() { "Rolling the keys…" } else { "Roll keys" }}
                </button>
            </div>
        </form>
    }
}

/// The five choices and the exact date and time. Nothing is preselected: the person decides.
#[component]
pub fn ExpiryPicker(
    choice: RwSignal<String>,
    custom: RwSignal<String>,
    zone: Zone,
    now: Signal<Timestamp>,
    longest_overlap: Duration,
    error: Signal<Option<&'static str>>,
) -> impl IntoView {
    let radio = move |value: String, label: &'static str, hint: &'static str| {
        let checked = choice.with_untracked(|choice| *choice == value);
        let chosen = value.clone();
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name="expire_old"
                    value=value
                    checked=checked
                    required
                    on:change=move |_| choice.set(chosen.clone())
                />
                <span class="choice__label">{label}</span>
                <span class="choice__hint">{hint}</span>
            </label>
        }
    };
    let presets = ExpireOld::PRESETS
        .into_iter()
        .filter(|preset| preset.overlap().is_some_and(|overlap| overlap <= longest_overlap))
        .map(|preset| radio(preset.to_string(), choice_label(preset), choice_hint(preset)))
        .collect_view();
    let exact = ExpireOld::At(Timestamp::from_millis(0));
    view! {
        <fieldset class="choices" aria-describedby="expiry-error" data-invalid=move || error.get().map(|_| "")>
            <legend class="field__label">"Expire old keys"</legend>
            {presets}
            {radio("custom".to_owned(), choice_label(exact), choice_hint(exact))}
            <ExactTime choice custom zone now longest_overlap />
            <p class="field__error" id="expiry-error" role="alert">
                {move || error.get()}
            </p>
        </fieldset>
    }
}

/// The field for an exact date and time. With the page awake it is there only when it is chosen.
#[component]
fn ExactTime(
    choice: RwSignal<String>,
    custom: RwSignal<String>,
    zone: Zone,
    now: Signal<Timestamp>,
    longest_overlap: Duration,
) -> impl IntoView {
    let bound = move |at: Timestamp| (zone == Zone::Local).then(|| browser::local_field_value(at));
    let label = move || match zone {
        Zone::Utc => "Date and time (UTC)".to_owned(),
        Zone::Local => {
            let place = browser::local_time(now.get_untracked()).map(|local| local.zone).unwrap_or_default();
            format!("Date and time ({place})")
        }
    };
    let shown = move || zone == Zone::Utc || choice.with(|choice| choice == "custom");
    view! {
        <Show when=shown>
            <div class="field choices__exact">
                <label class="field__label" for="field-exact-time">
                    {label()}
                </label>
                <input
                    class="field__input"
                    id="field-exact-time"
                    type="datetime-local"
                    name="custom_utc"
                    value=custom.get_untracked()
                    min=bound(now.get_untracked())
                    max=bound(now.get_untracked().plus(longest_overlap))
                    on:input=move |event| custom.set(event_target_value(&event))
                />
            </div>
        </Show>
    }
}

/// What the choice means, before the button: who stops working, and when, in the person's zone and in UTC.
#[component]
fn Consequence(choice: RwSignal<String>, custom: RwSignal<String>, now: Signal<Timestamp>) -> impl IntoView {
    let words = move || {
        let choice = choice.get();
        let end = match choice.as_str() {
            "" => return "Choose when the old keys expire.".to_owned(),
            "immediately" => {
                return "Programs using the old keys stop working the moment you roll. This cannot be undone."
                    .to_owned();
            }
            "custom" => browser::read_local(&custom.get()),
            preset => overlap_of(preset).map(|overlap| now.get().plus(overlap)),
        };
        match end.and_then(browser::local_time) {
            Some(end) => {
                format!("Programs using the old keys stop working on {} ({}), {}.", end.words, end.zone, end.utc)
            }
            None => "Enter the date and the time.".to_owned(),
        }
    };
    view! {
        <p class="consequence" role="status">
            {words}
        </p>
    }
}

/// Not by parsing: that could also be an exact time, which would bring a date library into the browser.
fn overlap_of(preset: &str) -> Option<Duration> {
    ExpireOld::PRESETS.into_iter().find(|known| known.to_string() == preset)?.overlap()
}

/// The choice as the server reads it. A local date and time becomes an instant here, where the zone is known.
fn spelled(choice: &str, custom: &str) -> String {
    match choice {
        "custom" => browser::read_local(custom).map_or_else(|| "custom".to_owned(), browser::rfc3339),
        preset => preset.to_owned(),
    }
}

/// Whether the sentence belongs beside the choices.
pub fn is_about_expiry(error: AppError) -> bool {
    matches!(
        error,
        AppError::Refused(
            Refusal::ExpiryMissing | Refusal::ExpiryInvalid | Refusal::ExpiryPast | Refusal::ExpiryTooFar
        )
    )
}

/// Whether the sentence belongs beside the password.
pub fn is_about_password(error: AppError) -> bool {
    matches!(
        error,
        AppError::Refused(Refusal::StepUpDue | Refusal::PasswordWrong | Refusal::TooManyAttempts | Refusal::Busy)
    )
}
