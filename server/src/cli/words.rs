//! What commands say to people.

use std::fmt::Write as _;

/// Names and values beneath each other, values aligned, the whole indented by two.
pub(super) fn aligned(rows: &[(&str, &str)]) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    rows.iter().map(|(name, value)| format!("  {name:width$}  {value}")).collect::<Vec<_>>().join("\n")
}

/// A table with a head, columns as wide as they need to be.
pub(super) fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let mut widths = head.map(|cell| cell.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |cells: &[&str]| {
        let mut text = String::new();
        for (cell, width) in cells.iter().zip(widths) {
            let _ = write!(text, "{cell:width$}  ");
        }
        text.trim_end().to_owned()
    };
    let mut lines = vec![line(&head)];
    lines.extend(rows.iter().map(|row| line(&row.each_ref().map(String::as_str))));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_beneath_each_other() {
        assert_eq!(aligned(&[("Account", "a"), ("Private key", "b")]), "  Account      a\n  Private key  b");
        let rows = [["one".to_owned(), "x".to_owned()], ["three".to_owned(), "y".to_owned()]];
        assert_eq!(table(["Pair", "Status"], &rows), "Pair   Status\none    x\nthree  y");
    }
}
