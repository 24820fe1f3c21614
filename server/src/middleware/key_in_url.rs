//! A private or an installation key in a URL of the API: it was logged on its way here, so the request is refused and its sender told.

use super::caller::context_of;
use crate::problem::Problem;
use crate::router::Serving;
use crate::routes::Kind;
use axum::extract::Request;
use backend::{Caller, RequestContext};
use domain::key_format::{contains_installation_key, contains_private_key, private_keys_in};
use domain::{Brand, PrivateKey};
use http::{HeaderName, Uri};
use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// Where gateways say which URL they were asked for: most of them in the first, nginx in whichever its configuration names
/// (the manual's example has the second, Kubernetes' ingress the third).
static ORIGINAL_URIS: [HeaderName; 3] = [
    HeaderName::from_static("x-forwarded-uri"),
    HeaderName::from_static("x-original-uri"),
    HeaderName::from_static("x-original-url"),
];

/// A key, or what was meant as one.
pub(super) enum Found {
    /// A private key, whole if its owner can be told.
    Private(Option<Box<(RequestContext, PrivateKey)>>),
    /// An installation key.
    Installation,
}

impl Found {
    /// Tells the owner, and says what is wrong with the request.
    pub(super) async fn tell(self, serving: &Serving) -> Problem {
        let Self::Private(whole) = self else {
            return Problem::InstallationKeyInUrl;
        };
        if let Some(seen) = whole {
            let (context, key) = &*seen;
            serving.backend.note_sighting_in_url(context, key).await;
        }
        serving.metrics.key_in_url();
        Problem::KeyInUrl
    }
}

/// A key in the URL of the request, or in that of the request which a gateway asks about.
pub(super) fn find(serving: &Serving, kind: Kind, request: &Request) -> Option<Found> {
    // Nearly every request: a key has an underscore, written out or encoded.
    let plain = |text: &str| !text.bytes().any(|byte| matches!(byte, b'_' | b'%'));
    if targets(kind, request).all(|target| plain(&target.path) && plain(&target.query)) {
        return None;
    }
    let brand = serving.brand();
    let private = |text: &str| contains_private_key(brand, text);
    if targets(kind, request).any(|target| has_key(&brand.private_prefix(), private, &target)) {
        let whole = targets(kind, request).find_map(|target| first_key(brand, &target));
        let context = || context_of(serving, request.extensions(), request.headers(), Caller::Anonymous);
        return Some(Found::Private(whole.map(|key| Box::new((context(), key)))));
    }
    let installation = |text: &str| contains_installation_key(brand, text);
    targets(kind, request)
        .any(|target| has_key(&brand.installation_prefix(), installation, &target))
        .then_some(Found::Installation)
}

/// A URL without what names the server.
struct Target<'a> {
    path: Cow<'a, str>,
    query: Cow<'a, str>,
}

impl<'a> From<&'a Uri> for Target<'a> {
    fn from(uri: &'a Uri) -> Self {
        Self { path: uri.path().into(), query: uri.query().unwrap_or_default().into() }
    }
}

impl<'a> From<Cow<'a, str>> for Target<'a> {
    /// Of a header, where it need not be a URL that we would take.
    fn from(text: Cow<'a, str>) -> Self {
        match text {
            Cow::Borrowed(text) => {
                let (path, query) = text.split_once('?').unwrap_or((text, ""));
                Self { path: path.into(), query: query.into() }
            }
            Cow::Owned(text) => {
                let (path, query) = text.split_once('?').unwrap_or((&text, ""));
                Self { path: path.to_owned().into(), query: query.to_owned().into() }
            }
        }
    }
}

/// The URL of the request, and that of the request which a gateway asks about.
fn targets(kind: Kind, request: &Request) -> impl Iterator<Item = Target<'_>> {
    let told = if kind == Kind::Gateway { ORIGINAL_URIS.as_slice() } else { &[] };
    let said = request.headers().iter().filter(|(name, _)| told.contains(name)).map(|(_, value)| value);
    std::iter::once(Target::from(request.uri()))
        .chain(said.map(|value| Target::from(String::from_utf8_lossy(value.as_bytes()))))
}

/// The first whole key of the URL, however it is encoded: its owner is told if it works.
fn first_key(brand: &Brand, target: &Target) -> Option<PrivateKey> {
    let whole = format!("{} {}", target.path, target.query);
    let read = [whole.clone(), decode(&whole), decode(&decode(&whole))];
    read.iter().find_map(|text| private_keys_in(brand, text).next())
}

/// Whole keys anywhere, and the beginning of one where a parameter's value begins: cut off or mistyped, it was meant as
/// a key.
fn has_key(prefix: &str, whole: impl Fn(&str) -> bool, target: &Target) -> bool {
    let in_text = |text: &str| whole(text) || whole(&decode(text)) || whole(&decode(&decode(text)));
    let in_value = |pair: &str| pair.split_once('=').is_some_and(|(_, value)| decode(value).trim().starts_with(prefix));
    in_text(&target.path) || in_text(&target.query) || target.query.split('&').any(in_value)
}

fn decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use backend::OsEntropy;
    use domain::InstallationKey;

    fn has_private_key(target: &str) -> bool {
        let brand = Brand::none();
        let uri: Uri = target.parse().expect("a target");
        let found =
            |target: &Target| has_key(&brand.private_prefix(), |text| contains_private_key(&brand, text), target);
        let (of_url, of_header) = (found(&Target::from(&uri)), found(&Target::from(Cow::Borrowed(target))));
        assert_eq!(of_url, of_header, "{target}");
        of_url
    }

    #[test]
    fn an_installation_key_is_found_as_well() {
        let brand = Brand::none();
        let key = InstallationKey::mint(&brand, &OsEntropy);
        for (target, expected) in [
            (format!("/admin/v1/accounts?externalId={}", key.expose()), true),
            (format!("/admin/v1/accounts/{}", key.expose().replace('_', "%5F")), true),
            ("/admin/v1/accounts?email=installation_cut".to_owned(), true),
            ("/admin/v1/accounts?externalId=no_installation_key".to_owned(), false),
        ] {
            let uri: Uri = target.parse().expect("a target");
            let found = |text: &str| contains_installation_key(&brand, text);
            let found = has_key(&brand.installation_prefix(), found, &Target::from(&uri));
            assert_eq!((found, has_private_key(&target)), (expected, false), "{target}");
        }
    }

    #[test]
    fn a_key_is_found_however_it_is_encoded() {
        let brand = Brand::none();
        let key = PrivateKey::mint(&brand, &OsEntropy);
        let all_encoded: String =
            key.expose().bytes().flat_map(|byte| format!("%{byte:02x}").into_bytes()).map(char::from).collect();
        let twice = all_encoded.replace('%', "%25");
        for target in [
            format!("/v1/account?key={}", key.expose()),
            format!("/v1/account?{}", key.expose()),
            format!("/v1/account?a=1&key=%22{}%22", key.expose()),
            format!("/v1/account?key={all_encoded}"),
            format!("/v1/account?key={twice}"),
            format!("/v1/{}", key.expose()),
            "/v1/account?api_key=private_tooshort".to_owned(),
            "/v1/account?api_key=%70rivate%5F".to_owned(),
        ] {
            assert!(has_private_key(&target), "{target}");
        }
        for target in ["/v1/account", "/v1/account?tag=not_private_at_all", "/v1/account?private_mode=1"] {
            assert!(!has_private_key(target), "{target}");
        }
    }
}
