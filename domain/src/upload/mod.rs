//! Uploading files, as ImageKit's clients do it: what a request may say, and what is made of it.
//!
//! Here live the window in which a signature may be used ([`window`]), what is signed ([`signed_text`]), the form
//! ([`form`]), what a token promises of it ([`payload`]), names that cannot do harm ([`name`]), the origins of web pages
//! ([`origin`]), the ids of files ([`file_id`]), what the first bytes of a file say of an image ([`image`]) and every "no" that an
//! upload can get ([`refusal`]).
//!
//! What deliberately does not live here: HMACs and digests, which the backend makes; the multipart reader, which is the
//! server's.

pub mod file_id;
pub mod form;
pub mod image;
pub mod name;
pub mod origin;
pub mod payload;
pub mod refusal;
pub mod window;

pub use file_id::FileId;
pub use form::{Parameter, UploadForm};
pub use image::{ImageLook, ImageSize};
pub use name::{FileName, Folder};
pub use origin::Origin;
pub use payload::Payload;
pub use refusal::UploadRefusal;
pub use window::{Expire, OneUse};

/// What the signature of a client-side upload is made of: token and expiry, one after the other without anything between.
pub fn signed_text(token: &str, expire: &str) -> String {
    format!("{token}{expire}")
}
