//! The report of a bulk roll as comma-separated values, for the command line and the console alike.

use crate::activity::csv;
use backend::bulk_roll::BulkRollReport;
use backend::store::BulkRollRow;
use domain::PublicKey;
use std::io;

/// docs/OPERATIONS.md says what each column holds.
const HEADER: [&str; 7] = ["accountId", "externalId", "owner", "oldPairId", "outcome", "doneAt", "newPublicKey"];

/// The whole file.
pub(crate) fn write(report: &BulkRollReport) -> io::Result<Vec<u8>> {
    csv::rows_below(Some(HEADER), report.rows.iter().map(|row| Ok(cells(report, row))))
}

fn cells(report: &BulkRollReport, row: &BulkRollRow) -> [String; 7] {
    [
        row.account_id.to_string(),
        row.external_id.clone().unwrap_or_default(),
        row.owner.as_ref().map(ToString::to_string).unwrap_or_default(),
        row.pair_id.to_string(),
        report.outcome(row).to_owned(),
        row.outcome.as_ref().map(|(_, at)| at.to_rfc3339()).unwrap_or_default(),
        row.new_public_key.as_ref().map(PublicKey::to_string).unwrap_or_default(),
    ]
}
