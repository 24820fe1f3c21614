//! A private or an installation key in a URL of the API: it was logged on its way here, so the request is refused and its sender told.

use super::caller::context_of;
use crate::problem::Problem;
use crate::router::Serving;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use backend::Caller;
use domain::key_format::{contains_installation_key, contains_private_key, private_keys_in};
use domain::{Brand, PrivateKey};
use http::Uri;
use percent_encoding::percent_decode_str;

pub(super) async fn refuse(State(serving): State<Serving>, request: Request, next: Next) -> Response {
    let (brand, uri) = (serving.brand(), request.uri());
    if has_key(&brand.private_prefix(), |text| contains_private_key(brand, text), uri) {
        if let Some(key) = first_key(brand, uri) {
            let context = context_of(&serving, request.extensions(), request.headers(), Caller::Anonymous);
            serving.backend.note_sighting_in_url(&context, &key).await;
        }
        return Problem::KeyInUrl.into_response();
    }
    if has_key(&brand.installation_prefix(), |text| contains_installation_key(brand, text), uri) {
        return Problem::InstallationKeyInUrl.into_response();
    }
    next.run(request).await
}

/// The first whole key of the URL, however it is encoded: its owner is told if it works.
fn first_key(brand: &Brand, uri: &Uri) -> Option<PrivateKey> {
    let whole = format!("{} {}", uri.path(), uri.query().unwrap_or_default());
    let read = [whole.clone(), decode(&whole), decode(&decode(&whole))];
    read.iter().find_map(|text| private_keys_in(brand, text).next())
}

/// Whole keys anywhere, and the beginning of one where a parameter's value begins: cut off or mistyped, it was meant as
/// a key.
fn has_key(prefix: &str, whole: impl Fn(&str) -> bool, uri: &Uri) -> bool {
    let query = uri.query().unwrap_or_default();
    let in_text = |text: &str| whole(text) || whole(&decode(text)) || whole(&decode(&decode(text)));
    let in_value = |pair: &str| pair.split_once('=').is_some_and(|(_, value)| decode(value).trim().starts_with(prefix));
    in_text(uri.path()) || in_text(query) || query.split('&').any(in_value)
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
        let uri = target.parse().expect("a target");
        has_key(&brand.private_prefix(), |text| contains_private_key(&brand, text), &uri)
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
            let uri = target.parse().expect("a target");
            let found = has_key(&brand.installation_prefix(), |text| contains_installation_key(&brand, text), &uri);
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
