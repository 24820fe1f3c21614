//! The server's half of server functions: who is calling, and how an answer sets a cookie. Not in the browser's build.

pub mod activity;
pub(crate) mod admin;
pub(crate) mod bulk_rolls;
mod cookie_header;
pub(crate) mod developers;
pub(crate) mod files;
pub(crate) mod members;
pub(crate) mod sessions;
pub(crate) mod usage;

pub use cookie_header::find_cookie;

use crate::error::AppError;
use crate::features::entrance::{OpenInvitation, Typed, WayIn};
use crate::features::sessions::Said;
use crate::paths;
use backend::sign_in::SignedInSession;
use backend::store::{InvitationRecord, Obstacle};
use backend::{Backend, Caller, Error, RequestContext, SignUp, Token};
use domain::Refusal;
use http::header::{ACCEPT, SET_COOKIE};
use http::request::Parts;
use http::{HeaderName, HeaderValue, StatusCode};
use leptos::prelude::{expect_context, use_context};
use leptos::server_fn::ServerFn;
use leptos::server_fn::error::ServerFnUrlError;
use leptos_axum::ResponseOptions;
use std::sync::Arc;

/// What the screens need to know about the installation. The server provides it to every page and server function.
#[derive(Debug, Clone)]
pub struct Site {
    /// What the company calls its product.
    pub product_name: String,
    /// Where the dashboard is, without a trailing slash.
    pub public_url: String,
    /// Where the company's API is, without a trailing slash.
    pub api_url: String,
    /// How cookies are named and marked.
    pub cookies: Cookies,
    /// Served over plain HTTP to other machines: the pages warn.
    pub insecure: bool,
}

/// How cookies are named and marked: by whether the public URL is https.
///
/// `__Host-` and `Secure` are what NIST SP 800-63B-4 (5.1.1) and ASVS 5.0 (3.3.1) ask for; a browser refuses both over
/// plain HTTP, where a lab still has to work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookies {
    /// `__Host-latchkey`, Secure.
    Https,
    /// `latchkey`, for a lab.
    Http,
}

impl Cookies {
    /// The session cookie's name.
    pub const fn session(self) -> &'static str {
        match self {
            Self::Https => "__Host-latchkey",
            Self::Http => "latchkey",
        }
    }

    /// The name of the cookie that says this browser has been signed in before.
    pub const fn device(self) -> &'static str {
        match self {
            Self::Https => "__Host-latchkey-device",
            Self::Http => "latchkey-device",
        }
    }

    /// The name of a cookie for what a page tells the next one.
    fn short_lived(self, what: &str) -> String {
        match self {
            Self::Https => format!("__Host-latchkey-{what}"),
            Self::Http => format!("latchkey-{what}"),
        }
    }

    fn set(self, name: &str, value: &str, max_age_seconds: Option<u32>) -> Option<HeaderValue> {
        let secure = match self {
            Self::Https => "; Secure",
            Self::Http => "",
        };
        let age = max_age_seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}")).ok()
    }
}

/// How long what was typed into a refused form is kept for the page that shows it again.
const TYPED_SECONDS: u32 = 120;
const TYPED: &str = "latchkey-typed";
/// How long what was done is kept for the page that says so.
const SAID_SECONDS: u32 = 60;
const SAID: &str = "said";
/// How long the code of an invitation is kept, from opening it to signing up with it.
const INVITATION_SECONDS: u32 = 3_600;
const INVITATION: &str = "invitation";
/// The code of an invitation into an account, as long.
const JOINING: &str = "joining";
/// How long the link of an invitation just made is kept for the page that shows it.
const FRESH_LINK_SECONDS: u32 = 60;
const FRESH_LINK: &str = "fresh-link";
/// Of the HTML standard; every browser has it.
const REFRESH: HeaderName = HeaderName::from_static("refresh");
const DEVICE_SECONDS: u32 = 180 * 24 * 3_600;

/// The use cases.
pub(crate) fn backend() -> Backend {
    expect_context::<Backend>()
}

/// The installation as the screens know it.
pub(crate) fn site() -> Arc<Site> {
    expect_context::<Arc<Site>>()
}

/// Who is calling. The server's middleware put it into the request; a request without one is nobody's.
pub(crate) fn context() -> Result<RequestContext, AppError> {
    use_context::<Parts>().and_then(|parts| parts.extensions.get::<RequestContext>().cloned()).ok_or(AppError::Fault)
}

/// Whether the caller is an admin of the installation.
pub(crate) fn is_admin() -> bool {
    context().is_ok_and(|context| context.as_admin().is_ok())
}

/// Sends somebody who is signed in on to the developers tab; but not from where an invitation is opened, which may be for
/// them, and whose secret a redirect would carry on to the next address.
pub(crate) fn leave_entrance_if_signed_in() {
    if use_context::<Parts>().is_some_and(|parts| parts.uri.path() == paths::INVITATION) {
        return;
    }
    if context().is_ok_and(|context| matches!(context.caller, Caller::Person(_))) {
        leptos_axum::redirect(paths::DEVELOPERS);
    }
}

/// Sends somebody whose session has ended to the sign-in page, and somebody in no account to what is theirs; other
/// answers pass.
pub(crate) fn or_sign_in<T>(answer: Result<T, AppError>) -> Result<T, AppError> {
    match answer {
        Err(AppError::Refused(Refusal::SignedOut)) => leptos_axum::redirect(paths::SIGN_IN),
        Err(AppError::Refused(Refusal::NoAccount)) if is_admin() => leptos_axum::redirect(paths::ADMIN),
        Err(AppError::Refused(Refusal::NoAccount)) => leptos_axum::redirect(paths::ACCOUNTS),
        _ => {}
    }
    answer
}

/// Gives the browser its session and leads on; or keeps what was typed, for the page that asks again.
pub(crate) fn enter(opened: backend::Result<SignedInSession>, email: &str, name: &str) -> Result<(), AppError> {
    let cookies = site().cookies;
    match opened {
        Ok(opened) => {
            add_cookie(cookies.set(cookies.session(), &opened.session.expose(), None));
            add_cookie(cookies.set(cookies.device(), &opened.device.expose(), Some(DEVICE_SECONDS)));
            add_cookie(cookies.set(TYPED, "", Some(0)));
            forget_invitation();
            leptos_axum::redirect(if joining().is_some() { paths::JOIN } else { paths::DEVELOPERS });
            Ok(())
        }
        Err(error) => {
            remember_typed(true, email, name);
            Err(error.into())
        }
    }
}

/// The same for somebody who has become a person by joining an account: what they were invited to is done.
pub(crate) fn joined_new(opened: backend::Result<SignedInSession>) -> Result<(), AppError> {
    let entered = enter(opened, "", "");
    match entered {
        Ok(()) => {
            add_cookie(forget_joining());
            leptos_axum::redirect(paths::DEVELOPERS);
        }
        Err(error) if is_plain_form() => lead_back::<crate::features::members::JoinNew>(error, paths::JOIN, ""),
        Err(_) => {}
    }
    entered
}

/// Takes the session cookie away and leads to the sign-in page, or to the invitation into an account that was opened here.
/// The device cookie stays: it opens nothing.
///
/// A session that has ended already is as good as one ended now.
pub(crate) fn leave(ended: backend::Result<()>) -> Result<(), AppError> {
    match ended {
        Ok(()) | Err(Error::Refused(_)) => {
            let cookies = site().cookies;
            add_cookie(cookies.set(cookies.session(), "", Some(0)));
            leptos_axum::redirect(if joining().is_some() { paths::JOIN } else { paths::SIGN_IN });
            Ok(())
        }
        Err(fault @ Error::Fault(_)) => Err(fault.into()),
    }
}

/// Keeps what was typed into a plain form that was refused, for the page that shows it again; forgets it otherwise.
pub(crate) fn remember_typed(refused: bool, email: &str, name: &str) {
    if is_plain_form() {
        let cookies = site().cookies;
        let typed = format!("{}&{}", encode(email), encode(name));
        let kept =
            if refused { cookies.set(TYPED, &typed, Some(TYPED_SECONDS)) } else { cookies.set(TYPED, "", Some(0)) };
        add_cookie(kept);
    }
}

/// Has the next page say what was done. A cookie and not the URL: a link must not make a page say it.
pub(crate) fn say(word: &str) {
    let cookies = site().cookies;
    add_cookie(cookies.set(&cookies.short_lived(SAID), word, Some(SAID_SECONDS)));
}

/// What was done just before this page, said once.
pub(crate) fn take_said<T>(parse: impl Fn(&str) -> Option<T>) -> Option<T> {
    let cookies = site().cookies;
    let name = cookies.short_lived(SAID);
    let said = use_context::<Parts>().and_then(|parts| find_cookie(&parts.headers, &name))?;
    add_cookie(cookies.set(&name, "", Some(0)));
    parse(&said)
}

/// Answers a plain form: leads to the page `done` with the word for what was done, or back to `form` with the error.
pub(crate) fn answer_at<F>(
    answer: backend::Result<()>,
    form: &str,
    done: &str,
    word: &'static str,
) -> Result<(), AppError>
where
    F: ServerFn<Error = AppError>,
{
    let answer = or_sign_in(answer.map_err(AppError::from));
    match answer {
        Ok(()) => {
            say(word);
            leptos_axum::redirect(done);
        }
        Err(AppError::Refused(Refusal::SignedOut)) => {}
        Err(error) if is_plain_form() => lead_back::<F>(error, form, ""),
        Err(_) => {}
    }
    answer
}

/// Leads back to the form at `form`, with the error in its URL and `fragment` (`#…`, or nothing) behind it.
fn lead_back<F: ServerFn>(error: AppError, form: &str, fragment: &str) {
    // Only path and query of the URL are used: the host is there because a URL needs one.
    if let Ok(url) = ServerFnUrlError::new(F::PATH, error).to_url(&format!("http://here{form}")) {
        leptos_axum::redirect(&format!("{}?{}{fragment}", url.path(), url.query().unwrap_or_default()));
    }
}

/// How somebody may come in who is not here yet.
pub(crate) async fn way_in() -> Result<WayIn, AppError> {
    let (backend, policy) = (backend(), backend().policy().sign_up);
    let uninvited = match policy {
        SignUp::Open => WayIn::Open,
        SignUp::Invite => WayIn::InvitationNeeded,
        SignUp::Closed => WayIn::Closed,
    };
    let Some(secret) = invitation() else {
        return Ok(uninvited);
    };
    match backend.find_invitation(&secret).await {
        Ok(invitation) => Ok(WayIn::Invited { email: invitation.email.map(String::from) }),
        Err(Error::Refused(_)) if policy == SignUp::Invite => Ok(WayIn::InvitationInvalid),
        Err(Error::Refused(_)) => Ok(uninvited),
        Err(fault @ Error::Fault(_)) => Err(fault.into()),
    }
}

/// The code of the invitation to sign up that this browser has opened.
pub(crate) fn invitation() -> Option<String> {
    short_lived(INVITATION)
}

/// The code of the invitation into an account that this browser has opened.
pub(crate) fn joining() -> Option<String> {
    short_lived(JOINING)
}

fn forget_joining() -> Option<HeaderValue> {
    let cookies = site().cookies;
    cookies.set(&cookies.short_lived(JOINING), "", Some(0))
}

fn short_lived(what: &str) -> Option<String> {
    let name = site().cookies.short_lived(what);
    use_context::<Parts>().and_then(|parts| find_cookie(&parts.headers, &name)).filter(|secret| !secret.is_empty())
}

/// Keeps the secret of a link just made for the page that shows it: see [`take_fresh_link`].
fn keep_fresh_link(link: &Token) {
    let cookies = site().cookies;
    add_cookie(cookies.set(&cookies.short_lived(FRESH_LINK), &link.expose(), Some(FRESH_LINK_SECONDS)));
}

/// The secret of a link made just before this page, once.
fn take_fresh_link() -> Option<String> {
    let secret = short_lived(FRESH_LINK)?;
    let cookies = site().cookies;
    add_cookie(cookies.set(&cookies.short_lived(FRESH_LINK), "", Some(0)));
    Some(secret)
}

/// The whole link of an invitation. The secret is in the fragment, which a browser keeps to itself.
fn invitation_link(site: &Site, secret: &str) -> String {
    format!("{}{}#{secret}", site.public_url, paths::INVITATION)
}

fn forget_invitation() {
    let cookies = site().cookies;
    if invitation().is_some() {
        add_cookie(cookies.set(&cookies.short_lived(INVITATION), "", Some(0)));
    }
}

/// Keeps the code of an invitation that can be used, and leads to where it is used: the sign-up page, or the one that offers
/// to join; or back to where it is typed.
///
/// In a cookie, so that it stands in no URL and no page while the form is filled in.
pub(crate) fn invitation_opened(opened: backend::Result<InvitationRecord>, secret: &str) -> Result<(), AppError> {
    let opened = opened.map_err(AppError::from);
    match &opened {
        Ok(invitation) => {
            let cookies = site().cookies;
            let (kept, next) =
                if invitation.into.is_some() { (JOINING, paths::JOIN) } else { (INVITATION, paths::SIGN_UP) };
            add_cookie(cookies.set(&cookies.short_lived(kept), secret, Some(INVITATION_SECONDS)));
            leptos_axum::redirect(next);
        }
        Err(error) if is_plain_form() => lead_back::<OpenInvitation>(*error, paths::INVITATION, ""),
        Err(_) => {}
    }
    opened.map(|_| ())
}

/// Answers a form of the developers tab.
///
/// With WASM the answer is the value. A plain form gets a page instead: the developers tab after a success (`forget` takes
/// what must not be in the body of a redirect), or the form again, at `form`, with the error in its URL.
pub(crate) fn answer_form<F, T>(answer: backend::Result<T>, form: &str, forget: impl Fn(&mut T)) -> Result<T, AppError>
where
    F: ServerFn<Error = AppError>,
{
    let answer = or_sign_in(answer.map_err(AppError::from));
    if !is_plain_form() || matches!(answer, Err(AppError::Refused(Refusal::SignedOut))) {
        return answer;
    }
    match answer {
        Ok(mut value) => {
            forget(&mut value);
            leptos_axum::redirect(paths::DEVELOPERS);
            Ok(value)
        }
        Err(error) => {
            lead_back::<F>(error, form, "");
            Err(error)
        }
    }
}

/// Leads on to the sign-in page, or back to the form. A link that can still be used goes back behind the hash, where no
/// server sees it and the page takes it from: nobody opens their link again because a password was too short.
pub(crate) fn password_set<F>(set: backend::Result<()>, link: &str) -> Result<(), AppError>
where
    F: ServerFn<Error = AppError>,
{
    let set = set.map_err(AppError::from);
    match set {
        Ok(()) => {
            say(Said::PasswordSet.as_str());
            leptos_axum::redirect(paths::SIGN_IN);
        }
        Err(AppError::Refused(Refusal::LinkInvalid)) => {}
        Err(error) => {
            // Only what looks like one of ours goes into a header.
            if let (true, Some(secret)) = (is_plain_form(), Token::parse(link)) {
                lead_back::<F>(error, paths::SET_PASSWORD, &format!("#{}", secret.expose()));
            }
        }
    }
    set
}

/// What was typed into an entrance form that was refused.
pub(crate) fn typed() -> Typed {
    let cookie = use_context::<Parts>().and_then(|parts| find_cookie(&parts.headers, TYPED));
    let Some((email, name)) = cookie.as_deref().and_then(|cookie| cookie.split_once('&')) else {
        return Typed::default();
    };
    Typed { email: decode(email), name: decode(name) }
}

/// Whether the request is a form sent without WASM: its answer is a page, not data.
pub(crate) fn is_plain_form() -> bool {
    use_context::<Parts>().is_some_and(|parts| {
        parts
            .headers
            .get(ACCEPT)
            .and_then(|accept| accept.to_str().ok())
            .is_some_and(|accept| accept.contains("text/html"))
    })
}

fn encode(text: &str) -> String {
    // Cut where no honest address or name is: a cookie has room for 4 kB.
    let text: String = text.chars().take(300).collect();
    percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn add_cookie(cookie: Option<HeaderValue>) {
    if let (Some(options), Some(cookie)) = (use_context::<ResponseOptions>(), cookie) {
        options.append_header(SET_COOKIE, cookie);
    }
}

/// Whether the page at this path is being drawn.
fn is_at(path: &str) -> bool {
    use_context::<Parts>().is_some_and(|parts| parts.uri.path() == path)
}

/// Has the browser load the page that is being drawn once more, without scripts. As a header and not in the document:
/// only its page knows whether it still has to.
fn refresh_page(seconds: u32) {
    if let Some(options) = use_context::<ResponseOptions>() {
        options.insert_header(REFRESH, HeaderValue::from(seconds));
    }
}

/// Gives the page that is being drawn the status of an error.
pub(crate) fn answer_like(error: AppError) {
    let status = StatusCode::from_u16(error.status()).ok();
    if let (Some(options), Some(status)) = (use_context::<ResponseOptions>(), status) {
        options.set_status(status);
    }
}

impl From<Error> for AppError {
    /// A fault's one log line is written here, with its whole chain; what is answered is a bare code.
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusal) => Self::Refused(refusal),
            Error::Fault(fault) => {
                let request_id = context().map(|context| context.request_id).unwrap_or_default();
                tracing::error!(request_id, fault = fault.chain(), "a server function failed");
                match fault.obstacle() {
                    Some(Obstacle::Full) => Self::StorageFull,
                    Some(Obstacle::Unwritable) => Self::StorageUnwritable,
                    Some(Obstacle::Busy) => Self::Unavailable,
                    None => Self::Fault,
                }
            }
        }
    }
}
