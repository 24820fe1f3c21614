//! Uploading files, as ImageKit's clients do it: what a request may say, and what is made of it.
//!
//! Here live the window in which a signature may be used ([`window`]), what is signed ([`signed_text`]), the form
//! ([`form`]), what a token promises of it ([`payload`]), names that cannot do harm ([`name`]), the
//! origins of web pages ([`origin`]), the ids of files ([`file_id`]) and every "no" that an upload can get ([`refusal`]).
//!
//! What deliberately does not live here: HMACs and digests, which the backend makes; the multipart reader, which is the
//! server's.

pub mod file_id;
pub mod form;
pub mod name;
pub mod origin;
pub mod payload;
pub mod refusal;
pub mod window;

pub use file_id::FileId;
pub use form::{Parameter, UploadForm};
pub use name::{FileName, Folder};
pub use origin::Origin;
pub use payload::Payload;
pub use refusal::UploadRefusal;
pub use window::{Expire, OneUse};

/// What the signature of a client-side upload is made of: token and expiry, one after the other without anything between.
pub fn signed_text(token: &str, expire: &str) -> String {
    format!("{token}{expire}")
}

/// Whether a file is an image that browsers show, by its first bytes. What a client calls it decides nothing.
pub fn image_type(head: &[u8]) -> Option<&'static str> {
    let webp = || head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP");
    let avif = || head.get(4..8) == Some(b"ftyp") && matches!(head.get(8..12), Some(b"avif" | b"avis"));
    match head {
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        _ if webp() => Some("image/webp"),
        _ if avif() => Some("image/avif"),
        _ => None,
    }
}

/// How many of a file's first bytes [`image_type`] looks at.
pub const HEAD: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_known_by_its_first_bytes() {
        for (head, expected) in [
            (&b"\x89PNG\r\n\x1a\n...."[..], Some("image/png")),
            (b"\xff\xd8\xff\xe0", Some("image/jpeg")),
            (b"GIF89a", Some("image/gif")),
            (b"RIFF\0\0\0\0WEBPVP8 ", Some("image/webp")),
            (b"\0\0\0 ftypavif", Some("image/avif")),
            (b"RIFF\0\0\0\0WAVE", None),
            (b"<svg xmlns='http://www.w3.org/2000/svg'>", None),
            (b"<html>", None),
            (b"", None),
        ] {
            assert_eq!(image_type(head), expected, "{head:?}");
        }
    }
}
