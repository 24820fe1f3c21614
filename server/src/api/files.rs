//! `/v1/files`: what was uploaded, as ImageKit's clients ask for it, and the bytes of each file at its address.

use super::authentication::{authenticate, authenticate_if_asked};
use super::input::Complaint;
use super::uploads::{Wrong, broken};
use crate::download::attachment;
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
use domain::upload::{Folder, ImageSize};
use domain::{FileId, Refusal};
use http::StatusCode;
use http::request::Parts;
use serde::Deserialize;
use serde_json::{Value, json};

type Answer = Result<Response, Wrong>;
type Asked<T> = Result<Path<T>, PathRejection>;
type AskedQuery = Result<Query<Vec<(String, String)>>, QueryRejection>;

/// Where the bytes of files are.
pub(crate) const BYTES: &str = "/files/{fileId}/{name}";

const MOST_LISTED: u32 = 1_000;

/// The account's files.
pub(crate) async fn list(State(serving): State<Serving>, query: AskedQuery, parts: Parts) -> Answer {
    let key = authenticate(&serving, &parts).await?;
    let context = context_of(&serving, &parts.extensions, &parts.headers, Caller::Anonymous);
    let Query(given) = query.unwrap_or_default();
    let query = asked(&given).map_err(Wrong::Complaint)?;
    let caller = FilesCaller::Program { context: &context, key: &key };
    let files = serving.backend.list_files(caller, &query).await.map_err(wrong)?;
    let files: Vec<Value> = files.iter().map(|file| described(&serving, file)).collect();
    Ok(Json(files).into_response())
}

/// One file.
pub(crate) async fn details(State(serving): State<Serving>, file_id: Asked<String>, parts: Parts) -> Answer {
    let key = authenticate(&serving, &parts).await?;
    let context = context_of(&serving, &parts.extensions, &parts.headers, Caller::Anonymous);
    let file_id = named(file_id)?;
    let caller = FilesCaller::Program { context: &context, key: &key };
    let file = serving.backend.find_file(caller, &file_id).await.map_err(wrong)?;
    Ok(Json(described(&serving, &file)).into_response())
}

/// Deletes one file: 204.
pub(crate) async fn delete(State(serving): State<Serving>, file_id: Asked<String>, parts: Parts) -> Answer {
    let key = authenticate(&serving, &parts).await?;
    let context = context_of(&serving, &parts.extensions, &parts.headers, Caller::Anonymous);
    let file_id = named(file_id)?;
    let caller = FilesCaller::Program { context: &context, key: &key };
    match serving.backend.delete_files(caller, &[file_id]).await.map_err(wrong)? {
        Deleted::All => Ok(StatusCode::NO_CONTENT.into_response()),
        Deleted::Missing(_) => Err(Wrong::Complaint(missing())),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Batch {
    file_ids: Vec<String>,
}

/// Deletes several files, all or none.
pub(crate) async fn delete_several(State(serving): State<Serving>, parts: Parts, body: Bytes) -> Answer {
    let key = authenticate(&serving, &parts).await?;
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
        Deleted::All => Ok(Json(json!({ "successfullyDeletedFileIds": asked })).into_response()),
        Deleted::Missing(ids) => {
            let Complaint { status, code, message, help } = missing();
            let body = json!({ "message": message, "help": help, "code": code, "missingFileIds": ids });
            Ok((status, Json(body)).into_response())
        }
    }
}

/// The bytes of a file, for whoever has its address; of a private or unpublished one for holders of the account's key only.
pub(crate) async fn bytes(State(serving): State<Serving>, at: Asked<(String, String)>, parts: Parts) -> Answer {
    let caller = authenticate_if_asked(&serving, &parts).await?;
    let nowhere = || Wrong::Complaint(missing());
    let Path((file_id, name)) = at.map_err(|_| nowhere())?;
    let file_id: FileId = file_id.parse().map_err(|_| nowhere())?;
    let (file, reading) = serving.backend.fetch_file(caller.as_ref(), &file_id).await.map_err(wrong)?;
    if file.name.as_str() != name {
        return Err(nowhere());
    }
    Ok(attachment(&file, reading))
}

/// Everything there is to say about a file, as ImageKit says it. What it knows and nobody here does is null.
pub(super) fn described(serving: &Serving, file: &FileRecord) -> Value {
    let kind = if file.image_type.is_some() { "image" } else { "non-image" };
    let metadata = file.metadata.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let mut all = json!({
        "fileId": file.id,
        "type": "file",
        "name": file.name.as_str(),
        "filePath": file.folder.join(&file.name),
        "tags": if file.tags.is_empty() { Value::Null } else { json!(file.tags) },
        "AITags": null,
        "versionInfo": { "id": file.version_id, "name": format!("Version {}", file.version) },
        "isPrivateFile": file.private,
        "isPublished": file.published,
        "customCoordinates": file.coordinates,
        "url": format!("{}{}", serving.site.public_url, address(file)),
        "thumbnail": null,
        "fileType": kind,
        "mime": file.image_type.as_deref().unwrap_or("application/octet-stream"),
        "size": file.size,
        "customMetadata": metadata.unwrap_or_else(|| json!({})),
        "description": file.description,
        "createdAt": file.created_at.to_rfc3339(),
        "updatedAt": file.updated_at.to_rfc3339(),
    });
    if let Some(ImageSize { width, height }) = file.image_size {
        (all["width"], all["height"]) = (width.into(), height.into());
    }
    all
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
        Ok(skip) => u32::try_from(skip).map_err(|_| invalid("skip", "skip is a number.")),
        Err(_) => Err(invalid("skip", "skip is a number.")),
    }
}
