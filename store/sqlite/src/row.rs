//! From columns to values: what the constraints promise is still checked on the way out.

use backend::store::StoreError;
use domain::{Email, PublicKey};
use std::str::FromStr;

/// A row that no constraint should have let in. Names where it is and never what it holds.
#[derive(Debug, thiserror::Error)]
#[error("{table}.{column} of the row {id} holds a value that cannot be")]
pub(crate) struct ImpossibleRow {
    table: &'static str,
    column: &'static str,
    id: String,
}

impl From<ImpossibleRow> for StoreError {
    fn from(row: ImpossibleRow) -> Self {
        Self::Failed { doing: "reading a row", source: Box::new(row) }
    }
}

/// Which row is being read, to name it when it is impossible.
pub(crate) struct Place {
    table: &'static str,
    id: String,
}

impl Place {
    pub(crate) fn new(table: &'static str, id: &str) -> Self {
        Self { table, id: id.to_owned() }
    }

    pub(crate) fn impossible(&self, column: &'static str) -> ImpossibleRow {
        ImpossibleRow { table: self.table, column, id: self.id.clone() }
    }

    /// A typed id, from its text.
    pub(crate) fn id<T: FromStr>(&self, column: &'static str, text: &str) -> Result<T, ImpossibleRow> {
        text.parse().map_err(|_| self.impossible(column))
    }

    /// A digest, from its bytes.
    pub(crate) fn digest(&self, column: &'static str, bytes: &[u8]) -> Result<[u8; 32], ImpossibleRow> {
        bytes.try_into().map_err(|_| self.impossible(column))
    }

    pub(crate) fn email(&self, column: &'static str, text: &str) -> Result<Email, ImpossibleRow> {
        Email::parse(text).map_err(|_| self.impossible(column))
    }

    pub(crate) fn public_key(&self, column: &'static str, text: &str) -> Result<PublicKey, ImpossibleRow> {
        PublicKey::parse_stored(text).ok_or_else(|| self.impossible(column))
    }
}
