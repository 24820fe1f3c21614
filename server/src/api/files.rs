//! `/v1/files`: what was uploaded, as ImageKit's clients ask for it, and the bytes of each file at its address.

use super::authentication::{authenticate, authenticate_if_asked};
use super::input::Complaint;
use super::openapi::ErrorBody;
use super::uploads::{Wrong, broken};
use crate::download::attachment;
use crate::metrics::Endpoint;
use crate::middleware::context_of;
use crate::problem::Problem;
use crate::router::Serving;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use backend::files::{Deleted, FilesCaller, MOST_AT_ONCE};
use backend::store::{FileOrder, FileQuery, FileRecord, NameQuery};
use backend::{Caller, Error};
use domain::upload::Folder;
use domain::{FileId, Refusal};
use http::StatusCode;
use http::request::Parts;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

type Answer = Result<Response, Wrong>;
type Asked<T> = Result<Path<T>, PathRejection>;
type AskedQuery = Result<Query<Vec<(String, String)>>, QueryRejection>;

/// Where the bytes of files are.
pub(crate) const BYTES: &str = "/files/{fileId}/{name}";

const MOST_LISTED: u32 = 1_000;

/// The account's files
#[utoipa::path(
    get,
    path = "/v1/files",
    operation_id = "listFiles",
    params(Listing),
    security(("privateKey" = []), ("privateKeyBearer" = [])),
    responses((status = 200, description = "The files asked for.", body = [FileDetails])),
)]
pub(crate) async fn list(State(serving): State<Serving>, query: AskedQuery, parts: Parts) -> Answer {
    let key = authenticate(&serving, &parts, Endpoint::Files).await?;
    let context = context_of(&serving, &parts.extensions, &parts.headers, Caller::Anonymous);
    let Query(given) = query.unwrap_or_default();
    let query = asked(&given).map_err(Wrong::Complaint)?;
    let caller = FilesCaller::Program { context: &context, key: &key };
    let files = serving.backend.list_files(caller, &query).await.map_err(wrong)?;
    let files: Vec<FileDetails> = files.iter().map(|file| described(&serving, file)).collect();
    Ok(Json(files).into_response())
}

/// The account's files, for clients that ask with a slash
#[utoipa::path(
    get,
    path = "/v1/files/",
    operation_id = "listFilesWithSlash",
    params(Listing),
    security(("privateKey" = []), ("privateKeyBearer" = [])),
    responses((status = 200, description = "The files asked for.", body = [FileDetails])),
)]
pub(crate) async fn list_with_slash(serving: State<Serving>, query: AskedQuery, parts: Parts) -> Answer {
    list(serving, query, parts).await
}

/// One file
#[utoipa::path(
    get,
    path = "/v1/files/{fileId}/details",
    operation_id = "getFile",
    params(("fileId" = String, Path, pattern = "^[0-9a-f]{24}$", description = "24 hexadecimal digits, as the upload answered it."),),
    security(("privateKey" = []), ("privateKeyBearer" = [])),
    responses(
        (status = 200, description = "The file.", body = FileDetails),
        (status = 404, description = "No such file in this account.", body = ErrorBody),
    ),
)]
pub(crate) async fn details(State(serving): State<Serving>, file_id: Asked<String>, parts: Parts) -> Answer {
    let key = authenticate(&serving, &parts, Endpoint::Files).await?;
    let context = context_of(&serving, &parts.extensions, &parts.headers, Caller::Anonymous);
    let file_id = named(file_id)?;
    let caller = FilesCaller::Program { context: &context, key: &key };
    let file = serving.backend.find_file(caller, &file_id).await.map_err(wrong)?;
    Ok(Json(described(&serving, &file)).into_response())
}

/// Delete one file
#[utoipa::path(
    delete,
    path = "/v1/files/{fileId}",
    operation_id = "deleteFile",
    params(("fileId" = String, Path, pattern = "^[0-9a-f]{24}$", description = "24 hexadecimal digits, as the upload answered it."),),
    security(("privateKey" = []), ("privateKeyBearer" = [])),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, description = "No such file in this account.", body = ErrorBody),
    ),
)]
pub(crate) async fn delete(State(serving): State<Serving>, file_id: Asked<String>, parts: Parts) -> Answer {
    let key = authenticate(&serving, &parts, Endpoint::Files).await?;
    let context = context_of(&serving, &parts.extensions, &parts.headers, Caller::Anonymous);
    let file_id = named(file_id)?;
    let caller = FilesCaller::Program { context: &context, key: &key };
    match serving.backend.delete_files(caller, &[file_id]).await.map_err(wrong)? {
        Deleted::All => Ok(StatusCode::NO_CONTENT.into_response()),
        Deleted::Missing(_) => Err(Wrong::Complaint(missing())),
    }
}

/// A file's id.
#[derive(ToSchema)]
#[schema(as = FileId, pattern = "^[0-9a-f]{24}$")]
#[expect(dead_code, reason = "a description of an id that may be none")]
pub(super) struct FileIdText(String);

/// Which files are deleted.
#[derive(Deserialize, ToSchema)]
#[schema(as = FilesToDelete)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Batch {
    /// 1 to 100, each 24 hexadecimal digits.
    #[schema(min_items = 1, max_items = 100, value_type = Vec<FileIdText>)]
    file_ids: Vec<String>,
}

/// Which files were deleted.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeletedFiles {
    successfully_deleted_file_ids: Vec<String>,
}

/// Which files are not there; none was deleted.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MissingFiles {
    message: String,
    help: String,
    code: &'static str,
    missing_file_ids: Vec<String>,
}

/// Delete several files, all or none
#[utoipa::path(
    post,
    path = "/v1/files/batch/deleteByFileIds",
    operation_id = "deleteFiles",
    request_body = Batch,
    security(("privateKey" = []), ("privateKeyBearer" = [])),
    responses(
        (status = 200, description = "They are gone.", body = DeletedFiles),
        (status = 404, description = "Some are not in this account; none was deleted.", body = MissingFiles),
    ),
)]
pub(crate) async fn delete_several(State(serving): State<Serving>, parts: Parts, body: Bytes) -> Answer {
    let key = authenticate(&serving, &parts, Endpoint::Files).await?;
    let context = context_of(&serving, &parts.extensions, &parts.headers, Caller::Anonymous);
    let asked = serde_json::from_slice::<Batch>(&body).map(|batch| batch.file_ids).unwrap_or_default();
    if asked.is_empty() || asked.len() > MOST_AT_ONCE {
        return Err(Wrong::Complaint(invalid("fileIds", "Nothing was deleted. fileIds is a list of 1 to 100 ids.")));
    }
    let ids: Result<Vec<FileId>, _> = asked.iter().map(|id| id.parse()).collect();
    let ids =
        ids.map_err(|_| Wrong::Complaint(invalid("fileIds", "Nothing was deleted. An id is 24 hexadecimal digits.")))?;
    let caller = FilesCaller::Program { context: &context, key: &key };
    match serving.backend.delete_files(caller, &ids).await.map_err(wrong)? {
        Deleted::All => Ok(Json(DeletedFiles { successfully_deleted_file_ids: asked }).into_response()),
        Deleted::Missing(ids) => {
            let Complaint { status, code, message, help } = missing();
            let missing_file_ids = ids.iter().map(ToString::to_string).collect();
            let body = MissingFiles { message, help, code, missing_file_ids };
            Ok((status, Json(body)).into_response())
        }
    }
}

/// The bytes of a file
///
/// For whoever has its address; of a private or unpublished one for holders of the account's key only. An attachment, of the
/// type of a picture if it begins like one.
#[utoipa::path(
    get,
    path = "/files/{fileId}/{name}",
    operation_id = "getBytes",
    params(("fileId" = String, Path, pattern = "^[0-9a-f]{24}$", description = "24 hexadecimal digits, as the upload answered it."), ("name" = String, Path, description = "Its name.")),
    security((), ("privateKey" = []), ("privateKeyBearer" = [])),
    responses(
        (status = 200, description = "Its bytes.", content(
            (Vec<u8> = "application/octet-stream"),
            (Vec<u8> = "image/avif"),
            (Vec<u8> = "image/gif"),
            (Vec<u8> = "image/jpeg"),
            (Vec<u8> = "image/png"),
            (Vec<u8> = "image/webp"),
        )),
        (status = 404, description = "No such file, or not for you.", body = ErrorBody),
    ),
)]
pub(crate) async fn bytes(State(serving): State<Serving>, at: Asked<(String, String)>, parts: Parts) -> Answer {
    let caller = authenticate_if_asked(&serving, &parts, Endpoint::Files).await?;
    let nowhere = || Wrong::Complaint(missing());
    let Path((file_id, name)) = at.map_err(|_| nowhere())?;
    let file_id: FileId = file_id.parse().map_err(|_| nowhere())?;
    let (file, reading) = serving.backend.fetch_file(caller.as_ref(), &file_id).await.map_err(wrong)?;
    if file.name.as_str() != name {
        return Err(nowhere());
    }
    Ok(attachment(&file, reading))
}

/// Which files are listed. What is not here is refused.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "a description: what is sent is read by `asked`, which names what is wrong")]
pub(super) struct Listing {
    /// How many, at most; 1000 without it.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// How many are passed over.
    #[param(minimum = 0)]
    skip: Option<u64>,
    /// `ASC_` or `DESC_` and `CREATED`, `UPDATED`, `NAME` or `SIZE`.
    #[param(pattern = "^(ASC|DESC)_(CREATED|UPDATED|NAME|SIZE)$")]
    sort: Option<String>,
    /// One folder, none below it. At most 1,000 characters.
    path: Option<String>,
    /// `all`, `image` or `non-image`.
    #[param(pattern = "^(all|image|non-image)$")]
    file_type: Option<String>,
    /// `file` or `all`.
    #[param(pattern = "^(file|all)$")]
    r#type: Option<String>,
    /// `name = "NAME"` or `name : "BEGINNING"`.
    #[param(pattern = "^name [=:] \"[^\"']+\"$")]
    search_query: Option<String>,
}

/// Which version of a file it is.
#[derive(Serialize, ToSchema)]
pub(super) struct VersionInfo {
    id: String,
    name: String,
}

/// Everything there is to say about a file, as ImageKit says it. What it knows and nobody here does is null.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FileDetails {
    file_id: String,
    /// `file`: there is nothing else.
    r#type: &'static str,
    name: String,
    file_path: String,
    #[schema(required)]
    tags: Option<Vec<String>>,
    /// Null: nothing looks at what is in a file.
    #[schema(required)]
    #[serde(rename = "AITags")]
    ai_tags: Option<Vec<String>>,
    version_info: VersionInfo,
    is_private_file: bool,
    is_published: bool,
    #[schema(required)]
    custom_coordinates: Option<String>,
    #[schema(format = "uri")]
    url: String,
    /// Null: none is made.
    #[schema(required)]
    thumbnail: Option<String>,
    /// `image` or `non-image`.
    file_type: &'static str,
    mime: String,
    /// In bytes.
    size: u64,
    /// Of an image that says so, in pixels.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u64>,
    /// The same.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u64>,
    /// As it was uploaded.
    #[schema(value_type = Object)]
    custom_metadata: Value,
    #[schema(required)]
    description: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
}

pub(super) fn described(serving: &Serving, file: &FileRecord) -> FileDetails {
    let metadata = file.metadata.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
    FileDetails {
        file_id: file.id.to_string(),
        r#type: "file",
        name: file.name.to_string(),
        file_path: file.folder.join(&file.name),
        tags: (!file.tags.is_empty()).then(|| file.tags.clone()),
        ai_tags: None,
        version_info: VersionInfo { id: file.version_id.to_string(), name: format!("Version {}", file.version) },
        is_private_file: file.private,
        is_published: file.published,
        custom_coordinates: file.coordinates.clone(),
        url: format!("{}{}", serving.site.public_url, address(file)),
        thumbnail: None,
        file_type: if file.image_type.is_some() { "image" } else { "non-image" },
        mime: file.image_type.as_deref().unwrap_or("application/octet-stream").to_owned(),
        size: file.size,
        width: file.image_size.map(|size| size.width.into()),
        height: file.image_size.map(|size| size.height.into()),
        custom_metadata: metadata.unwrap_or_else(|| json!({})),
        description: file.description.clone(),
        created_at: file.created_at.to_rfc3339(),
        updated_at: file.updated_at.to_rfc3339(),
    }
}

/// The path of a file's bytes. Nothing in a name needs escaping.
fn address(file: &FileRecord) -> String {
    format!("/files/{}/{}", file.id, file.name)
}

fn named(asked: Asked<String>) -> Result<FileId, Wrong> {
    let id = asked.ok().and_then(|Path(id)| id.parse().ok());
    id.ok_or_else(|| Wrong::Complaint(invalid("fileId", "An id is 24 hexadecimal digits, as the upload answered it.")))
}

fn missing() -> Complaint {
    Complaint {
        status: StatusCode::NOT_FOUND,
        code: "FILE_MISSING",
        message: "The requested file does not exist.".to_owned(),
        help: "It was deleted, belongs to another account, or is private: then send the account's private key."
            .to_owned(),
    }
}

fn invalid(parameter: &str, help: &str) -> Complaint {
    Complaint {
        status: StatusCode::BAD_REQUEST,
        code: "PARAMETER_INVALID",
        message: format!("Your request contains invalid {parameter} parameter."),
        help: help.to_owned(),
    }
}

fn wrong(error: Error) -> Wrong {
    match error {
        Error::Refused(Refusal::NotFound) => Wrong::Complaint(missing()),
        Error::Refused(refusal) => {
            tracing::error!(code = refusal.code(), "a program was refused something about files in a way it cannot be");
            Wrong::Problem(Problem::Fault)
        }
        Error::Fault(fault) => Wrong::Problem(broken(&fault)),
    }
}

/// Which files are asked for. What is not understood is refused: a filter that is passed over answers too much.
fn asked(given: &[(String, String)]) -> Result<FileQuery, Complaint> {
    let mut query = FileQuery { limit: MOST_LISTED, ..FileQuery::default() };
    for (index, (name, value)) in given.iter().enumerate() {
        if given[..index].iter().any(|(earlier, _)| earlier == name) {
            return Err(invalid("query", "Each parameter is understood once."));
        }
        match name.as_str() {
            "type" if matches!(value.as_str(), "file" | "all") => {}
            "type" => return Err(invalid("type", "There are only files here: type is file or all.")),
            "fileType" => {
                query.images = match value.as_str() {
                    "all" => None,
                    "image" => Some(true),
                    "non-image" => Some(false),
                    _ => return Err(invalid("fileType", "fileType is all, image or non-image.")),
                }
            }
            "sort" => (query.order, query.descending) = order(value)?,
            "path" => query.folder = Some(Folder::read(value).map_err(|_| invalid("path", "path is a folder."))?),
            "searchQuery" => query.name = Some(search(value)?),
            "limit" => query.limit = limit(value)?,
            "skip" => query.skip = skip(value)?,
            _ => {
                let known = "These are understood: type, fileType, sort, path, searchQuery, limit, skip.";
                return Err(Complaint {
                    status: StatusCode::BAD_REQUEST,
                    code: "PARAMETER_UNKNOWN",
                    message: "Your request contains a parameter that is not known here.".to_owned(),
                    help: known.to_owned(),
                });
            }
        }
    }
    Ok(query)
}

fn order(text: &str) -> Result<(FileOrder, bool), Complaint> {
    let (direction, by) = text.split_once('_').unwrap_or((text, ""));
    let order = match by {
        "CREATED" => Some(FileOrder::Created),
        "UPDATED" => Some(FileOrder::Updated),
        "NAME" => Some(FileOrder::Name),
        "SIZE" => Some(FileOrder::Size),
        _ => None,
    };
    match (direction, order) {
        ("ASC", Some(order)) => Ok((order, false)),
        ("DESC", Some(order)) => Ok((order, true)),
        _ => Err(invalid("sort", "sort is ASC_ or DESC_ and NAME, CREATED, UPDATED or SIZE.")),
    }
}

fn search(text: &str) -> Result<NameQuery, Complaint> {
    let wrong = || invalid("searchQuery", "searchQuery is name = \"NAME\", or name : \"BEGINNING\".");
    let rest = text.trim().strip_prefix("name").ok_or_else(wrong)?.trim_start();
    let (exact, quoted) = match (rest.strip_prefix('='), rest.strip_prefix(':')) {
        (Some(quoted), _) => (true, quoted),
        (None, Some(quoted)) => (false, quoted),
        (None, None) => return Err(wrong()),
    };
    let quoted = quoted.trim();
    let within = |mark: char| quoted.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
    let name = within('"').or_else(|| within('\'')).ok_or_else(wrong)?;
    if name.is_empty() || name.contains(['"', '\'']) {
        return Err(wrong());
    }
    Ok(if exact { NameQuery::Is(name.to_owned()) } else { NameQuery::BeginsWith(name.to_owned()) })
}

fn bounds(message: String) -> Complaint {
    let help = "limit is 1 to 1000, and skip 0 or more.".to_owned();
    Complaint { status: StatusCode::BAD_REQUEST, code: "PARAMETER_INVALID", message, help }
}

fn limit(text: &str) -> Result<u32, Complaint> {
    match text.parse::<i64>() {
        Ok(limit) if limit < 1 => Err(bounds(format!("Minimum value of limit parameter is 1. Value sent is {limit}."))),
        Ok(limit) if limit > i64::from(MOST_LISTED) => {
            Err(bounds(format!("Maximum value of limit parameter is 1000. Value sent is {limit}.")))
        }
        Ok(limit) => u32::try_from(limit).map_err(|_| invalid("limit", "limit is a number.")),
        Err(_) => Err(invalid("limit", "limit is a number from 1 to 1000.")),
    }
}

fn skip(text: &str) -> Result<u32, Complaint> {
    match text.parse::<i64>() {
        Ok(skip) if skip < 0 => Err(bounds(format!(
            "The value of skip parameter should be greater than or equal to 0. Value sent is {skip}."
        ))),
        // Nobody has more files than that: whatever is left after them is nothing.
        Ok(skip) => Ok(u32::try_from(skip).unwrap_or(u32::MAX)),
        Err(_) => Err(invalid("skip", "skip is a number.")),
    }
}
