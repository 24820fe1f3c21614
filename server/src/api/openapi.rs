//! The description of the whole HTTP API (`OpenAPI` 3.1), generated from the handlers and their types.
//!
//! `docs/openapi.json` is what it generates, and a test fails when the two differ. What every call may answer, whatever it is
//! for, is added here once ([`EveryCall`]); what is its own stands at its handler.

use axum::response::{IntoResponse, Response};
use http::header;
use serde::Serialize;
use std::sync::LazyLock;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{AdditionalProperties, Object, Schema, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, Header, Ref, RefOr, Required, ResponseBuilder};
use utoipa::{Modify, OpenApi, ToSchema};

/// Every error of ours.
#[derive(Serialize, ToSchema)]
#[schema(as = Error)]
pub(crate) struct ErrorBody {
    /// Stable: match on this.
    pub(crate) code: &'static str,
    /// What to do.
    pub(crate) help: &'static str,
    /// What is so.
    pub(crate) message: &'static str,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Latchkey HTTP API",
        version = "1",
        description = "What programs, gateways and the company's own systems ask. docs/API.md says more about each call.",
    ),
    paths(
        super::account::show,
        super::forward_auth::show,
        super::verify::one,
        super::verify::several,
        super::uploads::upload,
        super::uploads::upload_v2,
        super::uploads::preflight,
        super::uploads::preflight_v2,
        super::files::list,
        super::files::list_with_slash,
        super::files::details,
        super::files::delete,
        super::files::delete_several,
        super::files::bytes,
        super::provisioning::create,
        super::provisioning::find,
        super::provisioning::open,
        super::provisioning::switch,
        super::provisioning::roll,
        show,
        show_at_old_address,
        crate::health::live,
        crate::health::ready,
    ),
    components(schemas(ErrorBody)),
    modifiers(&Schemes, &BelowAuth, &EveryCall, &ExactObjects),
)]
struct Document;

/// How callers say who they are.
struct Schemes;

/// What `/v1/auth` answers at every path below it, too.
struct BelowAuth;

/// The answers that every call may give, beside its own.
struct EveryCall;

/// An object has no members but those described.
struct ExactObjects;

const SCHEMES: [(&str, bool, &str); 4] = [
    ("privateKey", false, "The private key of an account as the user name; any password."),
    ("privateKeyBearer", true, "The private key of an account."),
    (
        "installationKey",
        false,
        "An installation key as the user name; any password. docs/ROLES.md says what each scope may.",
    ),
    ("installationKeyBearer", true, "An installation key."),
];

impl Modify for Schemes {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        for (name, bearer, description) in SCHEMES {
            let scheme = if bearer { HttpAuthScheme::Bearer } else { HttpAuthScheme::Basic };
            let http: Http = HttpBuilder::new().scheme(scheme).description(Some(description)).build();
            components.add_security_scheme(name, SecurityScheme::Http(http));
        }
    }
}

impl Modify for BelowAuth {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let Some(mut item) = document.paths.paths.get("/v1/auth").cloned() else { return };
        for (_, operation) in operations(&mut item) {
            let below = ParameterBuilder::new()
                .name("below")
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .description(Some("The path of the request that is asked about, as Envoy puts it here."))
                .schema(Some(Object::with_type(Type::String)))
                .build();
            operation.parameters.get_or_insert_default().push(below.into());
            operation.operation_id = operation.operation_id.as_ref().map(|id| format!("{id}Below"));
        }
        document.paths.paths.insert("/v1/auth/{below}".to_owned(), item);
    }
}

/// By name, by status, and of which calls: all, those that look at a key, those that look at a private key.
const SHARED: [(&str, &str, Of, &str); 9] = [
    (
        "KeyInUrl",
        "400",
        Of::All,
        "A key in the URL, two Authorization headers, a body that broke off or cannot be read.",
    ),
    ("BodyTooSlow", "408", Of::All, "The body did not arrive in time."),
    ("BodyTooLarge", "413", Of::All, "The body is too large."),
    ("KeyMissing", "401", Of::Keyed, "No key, or an empty one."),
    (
        "KeyRefused",
        "403",
        Of::Keyed,
        "A key that is unknown, expired, revoked, of another kind or not for this; or a private key that a browser sent.",
    ),
    (
        "RateLimited",
        "429",
        Of::Keyed,
        "A key or a signature that does not work, from an address where too much has failed; or more requests than the account may make, and then with X-RateLimit-*.",
    ),
    ("Fault", "500", Of::All, "Something broke on our side, and has been written down."),
    ("Unavailable", "503", Of::All, "The database does not answer, or cannot write. Nothing was changed."),
    ("StorageFull", "507", Of::All, "The disk is full. Nothing was changed."),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    All,
    Keyed,
}

/// What answers to an account's programs tell, if the installation limits their requests.
const RATE_LIMIT: [(&str, &str); 3] = [
    ("X-RateLimit-Limit", "If requests are limited: how many the account may make in an interval."),
    ("X-RateLimit-Reset", "If requests are limited: in how many milliseconds there may be another."),
    ("X-RateLimit-Interval", "If requests are limited: the interval, in milliseconds."),
];

fn number_header(description: &str) -> Header {
    let mut header = Header::new(Object::with_type(Type::Integer));
    header.description = Some(description.to_owned());
    header
}

/// Whether it is for an account's programs, and counted as one of its requests. Uploads are not.
fn is_counted(path: &str, operation: &Operation) -> bool {
    let keyed = operation.security.as_ref().is_some_and(|security| !security.is_empty());
    keyed && !path.starts_with("/admin/") && !path.starts_with("/api/")
}

impl Modify for EveryCall {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        for (name, status, _, description) in SHARED {
            let error = Content::new(Some(RefOr::Ref(Ref::from_schema_name("Error"))));
            let mut response = ResponseBuilder::new().description(description).content("application/json", error);
            if status == "401" {
                response = response.header("WWW-Authenticate", Header::default());
            }
            if status == "429" || status.starts_with('5') && status != "500" {
                response = response.header("Retry-After", Header::default());
            }
            if status == "429" {
                response = RATE_LIMIT
                    .iter()
                    .fold(response, |response, (name, description)| response.header(*name, number_header(description)));
            }
            components.responses.insert(name.to_owned(), response.build().into());
        }
        for (path, item) in &mut document.paths.paths {
            if path.starts_with("/livez") || path.starts_with("/readyz") {
                continue;
            }
            for (method, operation) in operations(item) {
                let keyed = operation.security.as_ref().is_some_and(|security| !security.is_empty());
                for (name, status, of, _) in SHARED {
                    if of == Of::All || keyed {
                        let shared = RefOr::Ref(Ref::from_response_name(name));
                        operation.responses.responses.entry(status.to_owned()).or_insert(shared);
                    }
                }
                if is_counted(path, operation) {
                    let answers = operation.responses.responses.iter_mut();
                    for (_, answer) in answers.filter(|(status, _)| status.starts_with('2')) {
                        if let RefOr::T(answer) = answer {
                            answer
                                .headers
                                .extend(RATE_LIMIT.map(|(name, is)| (name.to_owned(), number_header(is).into())));
                        }
                    }
                }
                // One handler may stand at several methods.
                if path.starts_with("/v1/auth")
                    && let Some(id) = &mut operation.operation_id
                {
                    *id = format!("{id}_{method}");
                }
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let each = [
        ("get", &mut item.get),
        ("put", &mut item.put),
        ("post", &mut item.post),
        ("delete", &mut item.delete),
        ("options", &mut item.options),
        ("head", &mut item.head),
        ("patch", &mut item.patch),
        ("trace", &mut item.trace),
    ];
    each.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

impl Modify for ExactObjects {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let schemas = document.components.iter_mut().flat_map(|components| components.schemas.values_mut());
        for schema in schemas {
            if let RefOr::T(Schema::Object(object)) = schema
                && !object.properties.is_empty()
            {
                object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
            }
        }
    }
}

/// What it says, as it is committed.
static TEXT: LazyLock<String> = LazyLock::new(|| {
    // Nothing in it can fail to be written.
    let text = serde_json::to_string_pretty(&Document::openapi()).unwrap_or_default();
    text + "\n"
});

/// The description as text, ending in a line break.
pub fn document() -> &'static str {
    &TEXT
}

/// This description
///
/// It holds no secret and is the same everywhere, so that nobody has to have a key to read what a key is for.
#[utoipa::path(
    get,
    path = "/v1/openapi.json",
    operation_id = "describe",
    responses((status = 200, description = "The description of the whole HTTP API (OpenAPI 3.1).", body = Object)),
)]
pub(crate) async fn show() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], document()).into_response()
}

/// The same, where it has been before
#[utoipa::path(
    get,
    path = "/admin/v1/openapi.json",
    operation_id = "describeProvisioning",
    responses((status = 200, description = "The description of the whole HTTP API (OpenAPI 3.1).", body = Object)),
)]
pub(crate) async fn show_at_old_address() -> Response {
    show().await
}
