//! Headers that stand in a map already, with nothing in them.

use http::{HeaderMap, HeaderName, HeaderValue};

/// Gives values to headers that have a place already. To put them there one by one, by their hashes, takes longer than to find a
/// key.
pub(crate) fn fill_in<const N: usize>(headers: &mut HeaderMap, values: [(&HeaderName, HeaderValue); N]) {
    let mut values = values.map(|(name, value)| (name, Some(value)));
    for (name, place) in headers.iter_mut() {
        if let Some((_, value)) = values.iter_mut().find(|(of, _)| *of == name)
            && let Some(value) = value.take()
        {
            *place = value;
        }
    }
}
