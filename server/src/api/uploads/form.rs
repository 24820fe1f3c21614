//! What an upload sends and is answered, for the description of the API. What is sent is read piece by piece (`reading`), and
//! what is answered depends on the form (`responseFields`).
#![expect(dead_code, reason = "descriptions: nothing makes one")]

use crate::api::files::VersionInfo;
use serde_json::Value;
use utoipa::ToSchema;

/// The form of the first version. docs/API.md says what every field may be.
#[derive(ToSchema)]
#[schema(as = UploadForm, rename_all = "camelCase")]
pub(crate) struct FormV1 {
    /// Bytes, base 64, or a base 64 data URI.
    #[schema(format = Binary)]
    file: String,
    #[schema(min_length = 1, max_length = 200)]
    file_name: String,
    /// Client side: the public key whose pair signed.
    public_key: Option<String>,
    /// Client side: any text, once.
    token: Option<String>,
    /// Client side: Unix seconds, less than an hour ahead.
    expire: Option<String>,
    /// Client side: lower-case hex HMAC-SHA1 of token and expire.
    signature: Option<String>,
}

/// The form of the second version.
#[derive(ToSchema)]
#[schema(as = UploadFormV2, rename_all = "camelCase")]
pub(crate) struct FormV2 {
    /// Bytes, base 64, or a base 64 data URI.
    #[schema(format = Binary)]
    file: String,
    #[schema(min_length = 1, max_length = 200)]
    file_name: String,
    /// Client side: a JSON Web Token (HS256) whose payload is the form.
    token: Option<String>,
}

/// A file that is kept. The last five only if `responseFields` asks for them, width and height of images that say so.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct UploadedFile {
    file_id: String,
    name: String,
    /// In bytes.
    size: u64,
    version_info: VersionInfo,
    file_path: String,
    #[schema(format = "uri")]
    url: String,
    file_type: String,
    /// In pixels.
    #[schema(nullable = false)]
    width: Option<u64>,
    /// In pixels.
    #[schema(nullable = false)]
    height: Option<u64>,
    #[schema(required, rename = "AITags")]
    ai_tags: Option<Vec<String>>,
    tags: Option<Vec<String>>,
    custom_coordinates: Option<String>,
    is_private_file: Option<bool>,
    is_published: Option<bool>,
    #[schema(value_type = Option<Object>)]
    custom_metadata: Option<Value>,
}
