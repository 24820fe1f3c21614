//! The browser, as far as the screens need it: clipboard, clock, time zone, selection, page events.
//!
//! On the server every function here does nothing and answers "nothing", so that callers need no `cfg`.

use domain::Timestamp;
use leptos::IntoView;
use std::future::Future;

/// Why a text is not on the clipboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyError {
    /// The browser has no asynchronous clipboard here: plain HTTP from another machine, or an old browser.
    Unavailable,
    /// The browser said no.
    Refused,
}

/// The person's own reading of an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalTime {
    /// `Tuesday 24 November 2026, 10:02`.
    pub words: String,
    /// `Berlin`.
    pub zone: String,
    /// `24 November 2026, 09:02 UTC`.
    pub utc: String,
}

pub use real::Live;

#[cfg(target_arch = "wasm32")]
mod real {
    use super::{CopyError, LocalTime};
    use domain::Timestamp;
    use js_sys::{Array, Date, Intl, Object, Reflect};
    use leptos::IntoView;
    use leptos::prelude::{document, window};
    use std::future::Future;
    use wasm_bindgen::prelude::*;
    use wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::JsFuture;

    /// The place of a live part, as the server drew it.
    pub struct Live {
        /// What it was drawn from.
        pub facts: String,
        element: web_sys::HtmlElement,
    }

    pub(super) const AWAKE: bool = true;

    pub(super) fn find_live(name: &str) -> Option<Live> {
        let element: web_sys::HtmlElement = document().get_element_by_id(name)?.dyn_into().ok()?;
        let facts = element.get_attribute("data-facts")?;
        Some(Live { facts, element })
    }

    pub(super) fn draw_anew<V: IntoView + 'static>(Live { element, .. }: Live, draw: impl FnOnce() -> V + 'static) {
        let old = element.child_nodes().length();
        let focused = focused_within(&element);
        // Beside the old one first, which stays if drawing fails. Nothing is shown before both steps are done.
        leptos::mount::mount_to(element.clone(), draw).forget();
        for _ in 0..old {
            if let Some(child) = element.first_child() {
                let _ = element.remove_child(&child);
            }
        }
        if let Some(place) = focused.and_then(|nth| operable(&element)?.get(nth)) {
            let _ = place.unchecked_into::<web_sys::HtmlElement>().focus();
        }
    }

    /// Which of what can be operated within `element` has the focus. It is the same one in the new drawing.
    fn focused_within(element: &web_sys::Element) -> Option<u32> {
        let active = document().active_element()?;
        let operable = operable(element)?;
        (0..operable.length()).find(|nth| operable.get(*nth).is_some_and(|node| node.is_same_node(Some(&active))))
    }

    fn operable(element: &web_sys::Element) -> Option<web_sys::NodeList> {
        element.query_selector_all("a, button, [tabindex]").ok()
    }

    pub(super) fn mark_awake() {
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute("data-awake", "");
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of this era fit 53 bits exactly")]
    #[expect(clippy::unnecessary_wraps, reason = "its twin on the server has no clock")]
    pub(super) fn now() -> Option<Timestamp> {
        Some(Timestamp::from_millis(Date::now() as i64))
    }

    #[expect(clippy::cast_precision_loss, reason = "milliseconds of this era fit 53 bits exactly")]
    fn date(at: Timestamp) -> Date {
        Date::new(&JsValue::from_f64(at.as_millis() as f64))
    }

    pub(super) fn local_time(at: Timestamp) -> Option<LocalTime> {
        let date_and_time =
            [("day", "numeric"), ("month", "long"), ("year", "numeric"), ("hour", "2-digit"), ("minute", "2-digit")];
        let local = date_and_time.into_iter().chain([("weekday", "long")]);
        let utc = date_and_time.into_iter().chain([("timeZone", "UTC")]);
        Some(LocalTime { words: format(at, local)?, zone: zone(), utc: format!("{} UTC", format(at, utc)?) })
    }

    /// The page is in English, so its dates are too; only the zone is the person's own.
    fn format(at: Timestamp, options: impl Iterator<Item = (&'static str, &'static str)>) -> Option<String> {
        let object = Object::new();
        for (name, value) in options {
            Reflect::set(&object, &name.into(), &value.into()).ok()?;
        }
        date(at).to_locale_string("en-GB", &object).as_string().map(|text| text.replace(" at ", ", "))
    }

    /// The city of the zone (`Europe/Berlin` → `Berlin`): what people call their zone by.
    fn zone() -> String {
        let resolved = Intl::DateTimeFormat::new(&Array::new(), &Object::new()).resolved_options();
        let zone = Reflect::get(&resolved, &"timeZone".into()).ok().and_then(|zone| zone.as_string());
        let zone = zone.unwrap_or_else(|| "UTC".to_owned());
        zone.rsplit('/').next().unwrap_or("UTC").replace('_', " ")
    }

    /// Reads `2026-11-24T10:02`, as a date and time field gives it, in the person's own zone.
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of this era fit 53 bits exactly")]
    pub(super) fn read_local(text: &str) -> Option<Timestamp> {
        // A date and time without an offset is local time (ECMA-262, Date Time String Format).
        let millis = Date::new(&JsValue::from_str(text)).get_time();
        (!millis.is_nan()).then(|| Timestamp::from_millis(millis as i64))
    }

    pub(super) fn rfc3339(at: Timestamp) -> String {
        String::from(date(at).to_iso_string())
    }

    pub(super) fn local_field_value(at: Timestamp) -> String {
        let date = date(at);
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}",
            date.get_full_year(),
            date.get_month() + 1,
            date.get_date(),
            date.get_hours(),
            date.get_minutes()
        )
    }

    /// The clipboard, where there is one. web-sys types it as always there; on plain HTTP it is `undefined`.
    fn clipboard() -> Option<web_sys::Clipboard> {
        let clipboard = Reflect::get(&window().navigator(), &"clipboard".into()).ok()?;
        clipboard.is_object().then(|| clipboard.unchecked_into())
    }

    pub(super) async fn copy(text: String) -> Result<(), CopyError> {
        let clipboard = clipboard().ok_or(CopyError::Unavailable)?;
        JsFuture::from(clipboard.write_text(&text)).await.map(|_| ()).map_err(|_| CopyError::Refused)
    }

    pub(super) fn can_copy_later() -> bool {
        clipboard().is_some() && Reflect::has(&window(), &"ClipboardItem".into()).unwrap_or(false)
    }

    /// Starts the copy at once, inside the click, with a promise of the text: Safari refuses a copy begun later.
    pub(super) fn copy_later(
        text: impl Future<Output = Option<String>> + 'static,
    ) -> impl Future<Output = Result<(), CopyError>> {
        let blob = wasm_bindgen_futures::future_to_promise(async move {
            let text = text.await.ok_or(JsValue::UNDEFINED)?;
            let options = web_sys::BlobPropertyBag::new();
            options.set_type("text/plain");
            let parts = Array::of1(&JsValue::from_str(&text));
            Ok(web_sys::Blob::new_with_str_sequence_and_options(&parts, &options)?.into())
        });
        let written = clipboard().and_then(|clipboard| {
            let record = Object::new();
            Reflect::set(&record, &"text/plain".into(), &blob).ok()?;
            let item = web_sys::ClipboardItem::new_with_record_from_str_to_blob_promise(&record).ok()?;
            Some(clipboard.write(&Array::of1(&item)))
        });
        async move {
            let Some(written) = written else {
                // The text is still on its way: let it arrive, the caller shows it instead.
                let _ = JsFuture::from(blob).await;
                return Err(CopyError::Unavailable);
            };
            let written = JsFuture::from(written).await;
            let arrived = JsFuture::from(blob).await;
            if written.is_ok() && arrived.is_ok() { Ok(()) } else { Err(CopyError::Refused) }
        }
    }

    pub(super) fn select(field: &web_sys::HtmlTextAreaElement) {
        let _ = field.focus();
        field.select();
    }

    pub(super) fn is_apple() -> bool {
        let platform = Reflect::get(&window().navigator(), &"platform".into()).ok().and_then(|p| p.as_string());
        platform.is_some_and(|platform| platform.starts_with("Mac") || platform.starts_with("iP"))
    }

    pub(super) fn is_out_of_sight() -> bool {
        document().visibility_state() == web_sys::VisibilityState::Hidden
    }

    /// Calls `leave` whenever the page is put away: another tab, another page, the back/forward cache.
    pub(super) fn on_leaving(leave: impl Fn() + 'static) {
        let leave = std::rc::Rc::new(leave);
        let on_hide = std::rc::Rc::clone(&leave);
        leptos::prelude::window_event_listener_untyped("pagehide", move |_| on_hide());
        let on_change = Closure::<dyn Fn()>::new(move || {
            if is_out_of_sight() {
                leave();
            }
        });
        let _ = document().add_event_listener_with_callback("visibilitychange", on_change.as_ref().unchecked_ref());
        // As long as the page.
        on_change.forget();
    }

    pub(super) fn on_returning(back: impl Fn() + 'static) {
        leptos::prelude::window_event_listener_untyped("pageshow", move |event| {
            if event.dyn_ref::<web_sys::PageTransitionEvent>().is_some_and(web_sys::PageTransitionEvent::persisted) {
                back();
            }
        });
    }

    pub(super) fn show_modal(dialog: &web_sys::HtmlDialogElement) {
        if !dialog.open() {
            let _ = dialog.show_modal();
        }
    }

    pub(super) fn is_open(dialog: &web_sys::HtmlDialogElement) -> bool {
        dialog.open()
    }

    pub(super) fn close(dialog: &web_sys::HtmlDialogElement) {
        if dialog.open() {
            dialog.close();
        }
    }

    pub(super) fn keep_focus() {
        leptos::prelude::request_animation_frame(|| {
            let lost = document().active_element().is_none_or(|active| active.tag_name() == "BODY");
            let content = document().get_element_by_id("content");
            let content = content.and_then(|main| main.dyn_into::<web_sys::HtmlElement>().ok());
            if let (true, Some(content)) = (lost, content) {
                let _ = content.focus();
            }
        });
    }

    pub(super) fn go_to(path: &str) {
        let _ = window().location().assign(path);
    }

    pub(super) fn later(work: impl Future<Output = ()> + 'static) {
        wasm_bindgen_futures::spawn_local(work);
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod real {
    use super::{CopyError, LocalTime};
    use domain::Timestamp;
    use leptos::IntoView;
    use std::future::Future;

    /// The place of a live part: there is none to find on the server.
    pub struct Live {
        /// What it was drawn from.
        pub facts: String,
    }

    pub(super) const AWAKE: bool = false;

    pub(super) fn find_live(_: &str) -> Option<Live> {
        None
    }

    pub(super) fn draw_anew<V: IntoView + 'static>(_: Live, _: impl FnOnce() -> V + 'static) {}

    pub(super) fn mark_awake() {}

    pub(super) fn now() -> Option<Timestamp> {
        None
    }

    pub(super) fn local_time(_: Timestamp) -> Option<LocalTime> {
        None
    }

    pub(super) fn read_local(_: &str) -> Option<Timestamp> {
        None
    }

    pub(super) fn local_field_value(_: Timestamp) -> String {
        String::new()
    }

    pub(super) fn rfc3339(_: Timestamp) -> String {
        String::new()
    }

    pub(super) fn copy(_: String) -> impl Future<Output = Result<(), CopyError>> {
        std::future::ready(Err(CopyError::Unavailable))
    }

    pub(super) fn can_copy_later() -> bool {
        false
    }

    pub(super) fn copy_later(
        _: impl Future<Output = Option<String>> + 'static,
    ) -> impl Future<Output = Result<(), CopyError>> {
        std::future::ready(Err(CopyError::Unavailable))
    }

    pub(super) fn select<T>(_: &T) {}

    pub(super) fn is_apple() -> bool {
        false
    }

    pub(super) fn is_out_of_sight() -> bool {
        false
    }

    pub(super) fn on_leaving(_: impl Fn() + 'static) {}

    pub(super) fn on_returning(_: impl Fn() + 'static) {}

    pub(super) fn show_modal<T>(_: &T) {}

    pub(super) fn is_open<T>(_: &T) -> bool {
        false
    }

    pub(super) fn close<T>(_: &T) {}

    pub(super) fn keep_focus() {}

    pub(super) fn go_to(_: &str) {}

    pub(super) fn later(_: impl Future<Output = ()> + 'static) {}
}

/// Whether this is drawn in the browser. What needs JavaScript says so where the server draws it.
pub const AWAKE: bool = real::AWAKE;

/// The live part of this name, if it is on this page.
pub fn find_live(name: &str) -> Option<Live> {
    real::find_live(name)
}

/// Draws a live part anew in its place. Whatever had the focus there has it again.
pub fn draw_anew<V: IntoView + 'static>(place: Live, draw: impl FnOnce() -> V + 'static) {
    real::draw_anew(place, draw);
}

/// Marks the document as awake, for styles and for whoever tests the page.
pub fn mark_awake() {
    real::mark_awake();
}

/// The browser's clock.
pub fn now() -> Option<Timestamp> {
    real::now()
}

/// An instant in the person's zone.
pub fn local_time(at: Timestamp) -> Option<LocalTime> {
    real::local_time(at)
}

/// Reads the value of a date and time field in the person's zone.
pub fn read_local(text: &str) -> Option<Timestamp> {
    real::read_local(text)
}

/// An instant as the value of a date and time field, in the person's zone.
pub fn local_field_value(at: Timestamp) -> String {
    real::local_field_value(at)
}

/// An instant as RFC 3339, without bringing a date library along.
pub fn rfc3339(at: Timestamp) -> String {
    real::rfc3339(at)
}

/// Puts a text on the clipboard. `Ok` only if the browser said that it did.
pub async fn copy(text: String) -> Result<(), CopyError> {
    real::copy(text).await
}

/// Whether [`copy_later`] can work here.
pub fn can_copy_later() -> bool {
    real::can_copy_later()
}

/// Puts a text on the clipboard that is not there yet. Call it inside the click; `None` gives up.
pub fn copy_later(text: impl Future<Output = Option<String>> + 'static) -> impl Future<Output = Result<(), CopyError>> {
    real::copy_later(text)
}

/// What this machine calls its copy shortcut.
pub fn copy_shortcut() -> &'static str {
    if real::is_apple() { "⌘-C" } else { "Ctrl-C" }
}

/// Calls `leave` whenever the page is put away: another tab, another page, the back/forward cache.
pub fn on_leaving(leave: impl Fn() + 'static) {
    real::on_leaving(leave);
}

/// Whether the page is in another tab, minimised or put away.
pub fn is_out_of_sight() -> bool {
    real::is_out_of_sight()
}

/// Calls `back` whenever the page comes out of the back/forward cache.
pub fn on_returning(back: impl Fn() + 'static) {
    real::on_returning(back);
}

/// Leaves for another of our pages. Everything this one knew is gone with it.
pub fn go_to(path: &str) {
    real::go_to(path);
}

/// Does `work` in the background. Never on the server.
pub fn later(work: impl Future<Output = ()> + 'static) {
    real::later(work);
}

/// Focuses a text field and selects all of it.
pub fn select(field: &leptos::web_sys::HtmlTextAreaElement) {
    real::select(field);
}

/// Opens a dialog above everything else.
pub fn show_modal(dialog: &leptos::web_sys::HtmlDialogElement) {
    real::show_modal(dialog);
}

/// Whether a dialog is open.
pub fn is_open(dialog: &leptos::web_sys::HtmlDialogElement) -> bool {
    real::is_open(dialog)
}

/// Closes a dialog. The browser gives the focus back to whatever opened it.
pub fn close(dialog: &leptos::web_sys::HtmlDialogElement) {
    real::close(dialog);
    keep_focus();
}

/// Gives the focus to the page's content if what had it is gone: a pair that was rolled or expired is drawn anew.
pub fn keep_focus() {
    real::keep_focus();
}
