//! Numbers, as people read them.

/// With commas between thousands.
pub fn number(count: impl Into<u64>) -> String {
    let digits = count.into().to_string();
    let mut written = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            written.push(',');
        }
        written.push(digit);
    }
    written
}
