//! From the page's address to a query of files, from what the use cases answer to what the pages are told, and where the
//! form leads.

use super::activity::decode;
use super::{Site, answer_at, answer_like, encode, take_said};
use crate::error::AppError;
use crate::features::files::{DeleteFile, FileDetails, FileRow, FilesView, ListForm, Said, UploadParameters, Viewer};
use crate::paths;
use crate::ui::Moment;
use backend::files::{Deleted, FilesCaller};
use backend::store::{FileOrder, FileQuery, FileRecord, NameQuery};
use backend::{Backend, Error, RequestContext, Result, Seat, SignedIn};
use domain::key_format::contains_private_key;
use domain::upload::Folder;
use domain::upload::name::as_in_names;
use domain::{AccountId, Brand, FileId, KeyPairState, Permission, Refusal};

/// How many files are on a page.
const PAGE: u32 = 50;
/// How far back somebody can page: more files than an account will have.
const LAST_PAGE: u32 = 1_000_000;
/// The longest name there is.
const LONGEST_TEXT: usize = 210;

pub(crate) async fn view(backend: &Backend, context: &RequestContext, site: &Site, query: &str) -> Result<FilesView> {
    let person = context.person()?;
    let seat = person.seat()?;
    let caller = FilesCaller::Member { context, account_id: &seat.account_id };
    let (used, allowed) = backend.file_usage(caller).await?;
    let keys = backend.list_keys(context, &seat.account_id).await?;
    let active = keys.pairs.iter().find(|pair| pair.state(keys.now) == KeyPairState::Active);
    let largest = backend.policy().largest_upload_bytes;
    let (form, page) = read_query(&backend.policy().brand, query);
    let mut view = FilesView {
        viewer: viewer(person, seat, site, &keys.account.name),
        disabled: keys.account.disabled_at.is_some(),
        said: take_said(Said::parse),
        form,
        unreadable: page.is_none(),
        rows: Vec::new(),
        previous: None,
        next: None,
        used: size_in_words(used),
        allowed: size_in_words(allowed),
        largest: size_in_words(largest),
        largest_bytes: largest,
        restricted: !backend.list_upload_origins(context, &seat.account_id).await?.is_empty(),
        public_url: site.public_url.clone(),
        public_key: active.map(|pair| pair.public_key.to_string()).unwrap_or_default(),
    };
    let Some(page) = page else {
        return Ok(view);
    };
    let mut files = backend.list_files(caller, &asked(&view.form, page)).await?;
    let further = files.len() > PAGE as usize;
    files.truncate(PAGE as usize);
    view.rows = files.into_iter().map(row).collect();
    view.previous = (page > 1).then(|| address(&view.form, page - 1));
    view.next = (further && page < LAST_PAGE).then(|| address(&view.form, page + 1));
    Ok(view)
}

fn viewer(person: &SignedIn, seat: &Seat, site: &Site, account_name: &str) -> Viewer {
    let Seat { account_id, role } = seat;
    Viewer {
        product_name: site.product_name.clone(),
        account_id: account_id.clone(),
        account_name: account_name.to_owned(),
        email: person.email.clone(),
        role: *role,
        may_change: role.may(Permission::ChangeFiles),
    }
}

fn row(file: FileRecord) -> FileRow {
    FileRow {
        id: file.id,
        name: file.name.to_string(),
        folder: (file.folder != Folder::root()).then(|| file.folder.to_string()),
        size: size_in_words(file.size),
        image_type: file.image_type,
        uploaded: Moment::from(file.updated_at),
        closed: file.private || !file.published,
    }
}

/// The files of a page, and one more if there is a next one.
fn asked(form: &ListForm, page: u32) -> FileQuery {
    let (order, descending) = match form.sort.as_str() {
        "name" => (FileOrder::Name, false),
        "size" => (FileOrder::Size, true),
        _ => (FileOrder::Updated, true),
    };
    FileQuery {
        name: (!form.q.is_empty()).then(|| NameQuery::Contains(as_in_names(&form.q))),
        order,
        descending,
        skip: (page - 1) * PAGE,
        limit: PAGE + 1,
        ..FileQuery::default()
    }
}

/// Reads the query of the page: what is listed, and which page of it. What cannot be read, or is there twice, is not
/// ignored: files would be missing, or too many, without a word.
fn read_query(brand: &Brand, query: &str) -> (ListForm, Option<u32>) {
    let (mut form, mut page, mut readable) = (ListForm::default(), 1, true);
    let mut seen = Vec::new();
    for pair in query.trim_start_matches('?').split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decode(name), decode(value));
        readable &= !seen.contains(&name);
        match (name.as_str(), value.trim()) {
            // What `server_fn` puts there when a form comes back.
            ("__path" | "__err", _) | ("q" | "sort" | "page", "") => {}
            ("q", text) if text.chars().count() <= LONGEST_TEXT && !contains_private_key(brand, text) => {
                text.clone_into(&mut form.q);
            }
            ("sort", sort @ ("name" | "size")) => sort.clone_into(&mut form.sort),
            ("page", number) => match number.parse() {
                Ok(number @ 1..=LAST_PAGE) => page = number,
                _ => readable = false,
            },
            _ => readable = false,
        }
        seen.push(name);
    }
    (form, readable.then_some(page))
}

/// The address that [`read_query`] reads back.
fn address(form: &ListForm, page: u32) -> String {
    let page = if page == 1 { String::new() } else { page.to_string() };
    let fields = [("q", &form.q), ("sort", &form.sort), ("page", &page)];
    let set = fields.iter().filter(|(_, value)| !value.is_empty());
    let query: Vec<_> = set.map(|(name, value)| format!("{name}={}", encode(value))).collect();
    if query.is_empty() { paths::FILES.to_owned() } else { format!("{}?{}", paths::FILES, query.join("&")) }
}

/// `17 bytes`, `1.2 MB`: thousands, as the settings count them, rounded to a tenth.
fn size_in_words(bytes: u64) -> String {
    match bytes {
        1 => return "1 byte".to_owned(),
        0..1_000 => return format!("{bytes} bytes"),
        _ => {}
    }
    let mut unit = 1_000;
    for name in ["kB", "MB", "GB"] {
        let tenths = u128::from(bytes) * 10;
        let tenths = (tenths + u128::from(unit) / 2) / u128::from(unit);
        if tenths < 10_000 || name == "GB" {
            let (whole, tenth) = (tenths / 10, tenths % 10);
            return if tenth == 0 { format!("{whole} {name}") } else { format!("{whole}.{tenth} {name}") };
        }
        unit *= 1_000_u64;
    }
    String::new()
}

/// Gives the page the status that says the same to a program.
pub(crate) fn with_status(
    answer: std::result::Result<FilesView, AppError>,
) -> std::result::Result<FilesView, AppError> {
    match &answer {
        Ok(view) if view.unreadable => answer_like(AppError::Refused(Refusal::InvalidInput)),
        // On its way to the sign-in page, or to the console.
        Ok(_) | Err(AppError::Refused(Refusal::SignedOut | Refusal::NoAccount)) => {}
        Err(error) => answer_like(*error),
    }
    answer
}

pub(crate) async fn details(
    backend: &Backend,
    context: &RequestContext,
    site: &Site,
    file: &str,
) -> Result<FileDetails> {
    let person = context.person()?;
    let seat = person.seat()?;
    let caller = FilesCaller::Member { context, account_id: &seat.account_id };
    let keys = backend.list_keys(context, &seat.account_id).await?;
    let viewer = viewer(person, seat, site, &keys.account.name);
    let file = match file.parse() {
        Ok(id) if viewer.may_change => backend.find_file(caller, &id).await.map(Some),
        _ => Ok(None),
    };
    let file = match file {
        Err(Error::Refused(Refusal::NotFound)) => None,
        found => found?,
    };
    Ok(FileDetails { viewer, file: file.map(row) })
}

/// Gives the page the status that says the same to a program.
pub(crate) fn about_file(
    answer: std::result::Result<FileDetails, AppError>,
) -> std::result::Result<FileDetails, AppError> {
    match &answer {
        Ok(FileDetails { viewer, .. }) if !viewer.may_change => answer_like(AppError::Refused(Refusal::NotAllowed)),
        Ok(FileDetails { file: None, .. }) => answer_like(AppError::Refused(Refusal::NotFound)),
        Ok(_) | Err(AppError::Refused(Refusal::SignedOut | Refusal::NoAccount)) => {}
        Err(error) => answer_like(*error),
    }
    answer
}

pub(crate) async fn delete(backend: &Backend, context: &RequestContext, file: &FileId) -> Result<()> {
    let account_id = &context.person()?.seat()?.account_id;
    let caller = FilesCaller::Member { context, account_id };
    match backend.delete_files(caller, std::slice::from_ref(file)).await? {
        Deleted::All => Ok(()),
        Deleted::Missing(_) => Err(Refusal::NotFound.into()),
    }
}

/// Leads to the list, which says so; or back to the page that asked.
pub(crate) fn deleted(deleted: Result<()>, file: &FileId) -> std::result::Result<(), AppError> {
    answer_at::<DeleteFile>(deleted, &paths::delete_file(file), paths::FILES, Said::Deleted.as_str())
}

pub(crate) async fn parameters(
    backend: &Backend,
    context: &RequestContext,
    account_id: &AccountId,
) -> Result<UploadParameters> {
    let made = backend.make_upload_parameters(context, account_id).await?;
    Ok(UploadParameters {
        public_key: made.public_key.to_string(),
        token: made.token,
        expire: made.expire,
        signature: made.signature,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_query_is_read_and_written_back() {
        let (form, page) = read_query(&Brand::none(), "?q=my+photo%26co&sort=size&page=3");
        assert_eq!(form, ListForm { q: "my photo&co".to_owned(), sort: "size".to_owned() });
        assert_eq!(page, Some(3));
        let query = asked(&form, 3);
        assert_eq!(query.name, Some(NameQuery::Contains("my_photo_co".to_owned())));
        assert_eq!((query.order, query.descending, query.skip, query.limit), (FileOrder::Size, true, 100, 51));
        let path = address(&form, 3);
        assert_eq!(read_query(&Brand::none(), path.strip_prefix(paths::FILES).expect("the page's path")), (form, page));
        assert_eq!(address(&ListForm::default(), 1), paths::FILES);
    }

    #[test]
    fn nothing_in_the_address_is_ignored() {
        let long = format!("q={}", "x".repeat(211));
        for query in
            ["sort=date", "page=0", "page=x", "page=1000001", "Q=x", "q=a&q=b", "sort=&sort=name", "more", &long]
        {
            assert_eq!(read_query(&Brand::none(), query).1, None, "{query}");
        }
        for query in ["", "?", "q=&sort=&page=", "__path=%2Fx&__err=eA", "q=+"] {
            assert_eq!(read_query(&Brand::none(), query), (ListForm::default(), Some(1)), "{query}");
        }
    }

    #[test]
    fn sizes_are_said_in_thousands() {
        for (bytes, words) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1_000, "1 kB"),
            (1_249, "1.2 kB"),
            (1_250, "1.3 kB"),
            (999_949, "999.9 kB"),
            (999_950, "1 MB"),
            (100_000_000, "100 MB"),
            (10_000_000_000, "10 GB"),
            (u64::MAX, "18446744073.7 GB"),
        ] {
            assert_eq!(size_in_words(bytes), words);
        }
    }
}
