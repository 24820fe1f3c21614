//! The form of an upload: which fields there are, each at most once, and what they say.
//!
//! On the wire everything is text: lists with commas, objects as JSON, `true` and `false`. What is not understood is
//! refused by its name and never ignored: a misspelt `isPrivateFile` that is passed over would publish a file.

use crate::upload::{FileName, Folder, UploadRefusal};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

const TAGS_BYTES: usize = 500;
const DESCRIPTION_CHARS: usize = 1_000;
const METADATA_BYTES: usize = 10_000;
const COORDINATES_BYTES: usize = 100;

macro_rules! names {
    ($(#[$doc:meta])* $kind:ident { $($name:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $kind {
            $(#[doc = concat!("`", $word, "`")] $name,)*
        }

        impl $kind {
            /// Every one of them, for tables and tests.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name on the wire.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            /// Reads the name.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|name| name.as_str() == word)
            }
        }
    };
}

names! {
    /// What a request may say.
    Parameter {
        File = "file",
        FileName = "fileName",
        PublicKey = "publicKey",
        Signature = "signature",
        Expire = "expire",
        Token = "token",
        UseUniqueFileName = "useUniqueFileName",
        Tags = "tags",
        Folder = "folder",
        IsPrivateFile = "isPrivateFile",
        IsPublished = "isPublished",
        CustomCoordinates = "customCoordinates",
        ResponseFields = "responseFields",
        OverwriteFile = "overwriteFile",
        OverwriteAiTags = "overwriteAITags",
        OverwriteTags = "overwriteTags",
        OverwriteCustomMetadata = "overwriteCustomMetadata",
        CustomMetadata = "customMetadata",
        Description = "description",
    }
}

names! {
    /// What ImageKit knows and Latchkey does not do: it keeps files, and neither changes nor examines them.
    NotHere {
        Extensions = "extensions",
        WebhookUrl = "webhookUrl",
        Transformation = "transformation",
        Checks = "checks",
    }
}

names! {
    /// What an answer says beyond the usual, when it is asked to.
    ResponseField {
        Tags = "tags",
        CustomCoordinates = "customCoordinates",
        IsPrivateFile = "isPrivateFile",
        IsPublished = "isPublished",
        CustomMetadata = "customMetadata",
        EmbeddedMetadata = "embeddedMetadata",
        Metadata = "metadata",
        SelectedFieldsSchema = "selectedFieldsSchema",
    }
}

/// Which of ImageKit's two ways a request is sent in. They differ in what stands in the place of a private key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Version {
    /// Four fields beside the file: `publicKey`, `token`, `expire`, `signature`.
    #[default]
    V1,
    /// One: `token`, a JSON Web Token that says what is in the others.
    V2,
}

/// The fields of a form that have been read, in whatever order they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields {
    version: Version,
    said: BTreeMap<Parameter, String>,
}

impl Fields {
    /// None yet.
    pub fn new(version: Version) -> Self {
        Self { version, said: BTreeMap::new() }
    }

    /// The way they are sent in.
    pub fn version(&self) -> Version {
        self.version
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (Parameter, &str)> {
        self.said.iter().map(|(parameter, text)| (*parameter, text.as_str()))
    }

    /// Which parameter a field is, if it may come now. `file` is a parameter like any other; its bytes are not kept here.
    pub fn expect(&self, name: &str) -> Result<Parameter, UploadRefusal> {
        if let Some(not_here) = NotHere::parse(name) {
            return Err(UploadRefusal::NotAvailable(not_here));
        }
        let parameter = Parameter::parse(name).ok_or(UploadRefusal::UnknownParameter)?;
        let elsewhere = matches!(parameter, Parameter::PublicKey | Parameter::Signature | Parameter::Expire);
        if self.version == Version::V2 && elsewhere {
            return Err(UploadRefusal::UnknownParameter);
        }
        if self.said.contains_key(&parameter) {
            return Err(UploadRefusal::Repeated(parameter));
        }
        Ok(parameter)
    }

    /// Takes a field in.
    pub fn insert(&mut self, parameter: Parameter, value: String) {
        self.said.insert(parameter, value);
    }

    /// What a field says.
    pub fn get(&self, parameter: Parameter) -> Option<&str> {
        self.said.get(&parameter).map(String::as_str)
    }

    /// Whether any of the fields is there that are there for a signature only.
    pub fn is_signed(&self) -> bool {
        let signing: &[_] = match self.version {
            Version::V1 => &[Parameter::Signature, Parameter::PublicKey, Parameter::Expire],
            Version::V2 => &[Parameter::Token],
        };
        signing.iter().any(|name| self.get(*name).is_some())
    }

    /// Whether all the fields are there that a signature is checked with.
    pub fn can_be_checked(&self) -> bool {
        let needed: &[_] = match self.version {
            Version::V1 => &[Parameter::Signature, Parameter::PublicKey, Parameter::Expire, Parameter::Token],
            Version::V2 => &[Parameter::Token],
        };
        needed.iter().all(|name| self.get(*name).is_some())
    }
}

/// What somebody wants done with a file.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the wire, and none is a state")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadForm {
    /// What it is called.
    pub name: FileName,
    /// Where it goes.
    pub folder: Folder,
    /// Whether something unguessable is put into its name.
    pub unique_name: bool,
    /// Whether a file of the same name is replaced.
    pub overwrite: bool,
    /// Words it can be found by.
    pub tags: Option<Vec<String>>,
    /// Whether the tags of a replaced file go, if no new ones are given.
    pub overwrite_tags: bool,
    /// Whether only holders of a private key may fetch it.
    pub private: bool,
    /// Whether it may be fetched at its address.
    pub published: bool,
    /// The important area of an image, `x,y,w,h`; kept, and used for nothing.
    pub coordinates: Option<String>,
    /// A JSON object of the client's own; kept, and used for nothing.
    pub metadata: Option<String>,
    /// Whether the metadata of a replaced file go, if no new ones are given.
    pub overwrite_metadata: bool,
    /// What it is, in words.
    pub description: Option<String>,
    /// What the answer is to say as well.
    pub response_fields: Vec<ResponseField>,
}

impl UploadForm {
    /// Reads the whole form.
    pub fn read(fields: &Fields) -> Result<Self, UploadRefusal> {
        let text = |parameter| fields.get(parameter).filter(|text| !text.is_empty());
        let switch = |parameter, unset| match text(parameter) {
            None => Ok(unset),
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            Some(_) => Err(UploadRefusal::Invalid(parameter)),
        };
        let form = Self {
            name: FileName::read(text(Parameter::FileName).unwrap_or_default())?,
            folder: Folder::read(text(Parameter::Folder).unwrap_or_default())?,
            unique_name: switch(Parameter::UseUniqueFileName, true)?,
            overwrite: switch(Parameter::OverwriteFile, true)?,
            tags: text(Parameter::Tags).map(tags).transpose()?,
            overwrite_tags: switch(Parameter::OverwriteTags, true)?,
            private: switch(Parameter::IsPrivateFile, false)?,
            published: switch(Parameter::IsPublished, true)?,
            coordinates: text(Parameter::CustomCoordinates).map(coordinates).transpose()?,
            metadata: text(Parameter::CustomMetadata).map(metadata).transpose()?,
            overwrite_metadata: switch(Parameter::OverwriteCustomMetadata, true)?,
            description: text(Parameter::Description).map(description).transpose()?,
            response_fields: text(Parameter::ResponseFields).map(response_fields).transpose()?.unwrap_or_default(),
        };
        // No tags of an artificial intelligence are ever there to be replaced.
        switch(Parameter::OverwriteAiTags, true)?;
        Ok(form)
    }
}

fn tags(text: &str) -> Result<Vec<String>, UploadRefusal> {
    if text.len() > TAGS_BYTES || text.contains('%') || text.chars().any(char::is_control) {
        return Err(UploadRefusal::Invalid(Parameter::Tags));
    }
    Ok(text.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect())
}

fn coordinates(text: &str) -> Result<String, UploadRefusal> {
    let number =
        |part: &str| (1..=20).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let fits =
        text.len() <= COORDINATES_BYTES && text.split(',').count() == 4 && text.split(',').map(str::trim).all(number);
    fits.then(|| text.to_owned()).ok_or(UploadRefusal::Invalid(Parameter::CustomCoordinates))
}

/// Written anew, so that what is stored is one canonical text.
fn metadata(text: &str) -> Result<String, UploadRefusal> {
    let object = Some(text).filter(|text| text.len() <= METADATA_BYTES);
    let object = object.and_then(|text| serde_json::from_str::<Map<String, Value>>(text).ok());
    object.map(|object| Value::Object(object).to_string()).ok_or(UploadRefusal::Invalid(Parameter::CustomMetadata))
}

fn description(text: &str) -> Result<String, UploadRefusal> {
    let fits = text.chars().count() <= DESCRIPTION_CHARS && !text.contains('\0');
    fits.then(|| text.to_owned()).ok_or(UploadRefusal::Invalid(Parameter::Description))
}

fn response_fields(text: &str) -> Result<Vec<ResponseField>, UploadRefusal> {
    let read = |word: &str| ResponseField::parse(word.trim()).ok_or(UploadRefusal::Invalid(Parameter::ResponseFields));
    text.split(',').map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fields(given: &[(&str, &str)]) -> Fields {
        let mut fields = Fields::default();
        for (name, value) in given {
            let parameter = fields.expect(name).expect("a field");
            fields.insert(parameter, (*value).to_owned());
        }
        fields
    }

    fn read(given: &[(&str, &str)]) -> Result<UploadForm, UploadRefusal> {
        UploadForm::read(&fields(&[&[("fileName", "a.txt")], given].concat()))
    }

    #[test]
    fn a_form_that_says_nothing_more_has_the_defaults_of_imagekit() {
        let form = read(&[]).expect("a form");
        assert_eq!((form.name.as_str(), form.folder.as_str()), ("a.txt", "/"));
        assert!(form.unique_name && form.overwrite && form.overwrite_tags && form.overwrite_metadata && form.published);
        assert!(!form.private && form.tags.is_none() && form.metadata.is_none() && form.response_fields.is_empty());
        assert_eq!(
            read(&[("folder", ""), ("tags", ""), ("isPrivateFile", "")]),
            Ok(form),
            "an empty field says nothing"
        );
    }

    #[test]
    fn a_form_says_all_it_can_say() {
        let form = read(&[
            ("folder", "/docs"),
            ("useUniqueFileName", "false"),
            ("tags", "a, b,,c"),
            ("isPrivateFile", "true"),
            ("isPublished", "false"),
            ("customCoordinates", "1,2,3.5,4"),
            ("responseFields", "tags,isPrivateFile"),
            ("overwriteFile", "false"),
            ("overwriteAITags", "false"),
            ("overwriteTags", "false"),
            ("overwriteCustomMetadata", "false"),
            ("customMetadata", "{ \"b\": 1, \"a\": [true] }"),
            ("description", "what it is"),
        ]);
        let form = form.expect("a form");
        assert_eq!(form.tags, Some(vec!["a".to_owned(), "b".to_owned(), "c".to_owned()]));
        assert_eq!(form.metadata.as_deref(), Some("{\"a\":[true],\"b\":1}"));
        assert_eq!(form.response_fields, [ResponseField::Tags, ResponseField::IsPrivateFile]);
        assert!(form.private && !form.published && !form.unique_name && !form.overwrite);
    }

    #[test]
    fn what_cannot_be_read_is_refused_by_its_name() {
        let (long, large) = ("a".repeat(501), format!("{{\"a\":\"{}\"}}", "x".repeat(10_000)));
        for (name, value) in [
            ("useUniqueFileName", "yes"),
            ("overwriteAITags", "TRUE"),
            ("tags", "100%"),
            ("tags", long.as_str()),
            ("customCoordinates", "1,2,3"),
            ("customCoordinates", "1,2,3,x"),
            ("responseFields", "tags,secrets"),
            ("customMetadata", "[1]"),
            ("customMetadata", "{"),
            ("customMetadata", large.as_str()),
            ("description", "a\0b"),
        ] {
            let parameter = Parameter::parse(name).expect("a parameter");
            assert_eq!(read(&[(name, value)]), Err(UploadRefusal::Invalid(parameter)), "{name}: {value}");
        }
        assert_eq!(UploadForm::read(&Fields::default()), Err(UploadRefusal::Missing(Parameter::FileName)));
    }

    #[test]
    fn a_field_comes_once_and_is_known() {
        let fields = fields(&[("fileName", "a")]);
        assert_eq!(fields.expect("fileName"), Err(UploadRefusal::Repeated(Parameter::FileName)));
        assert_eq!(fields.expect("isprivatefile"), Err(UploadRefusal::UnknownParameter));
        assert_eq!(fields.expect("transformation"), Err(UploadRefusal::NotAvailable(NotHere::Transformation)));
        assert_eq!(fields.expect("file"), Ok(Parameter::File));
    }

    proptest! {
        /// In whatever order the fields come, the form is the same: some clients send the file first, some last.
        #[test]
        fn the_order_of_the_fields_does_not_matter(
            mut given in prop::collection::btree_map(
                prop::sample::select(Parameter::ALL.iter().map(|parameter| parameter.as_str()).collect::<Vec<_>>()),
                "[ -~]{0,12}|true|false|\\{\\}",
                0..12,
            ).prop_map(|given| given.into_iter().collect::<Vec<_>>()).prop_shuffle()
        ) {
            let read = |given: &[(&str, String)]| {
                let given: Vec<_> = given.iter().map(|(name, value)| (*name, value.as_str())).collect();
                UploadForm::read(&fields(&given))
            };
            let once = read(&given);
            given.sort();
            prop_assert_eq!(&once, &read(&given));
            given.reverse();
            prop_assert_eq!(&once, &read(&given));
        }
    }
}
