//! What must hold of a text in the place of a session's secret. Input: the text.

use super::Token;

/// Panics unless it holds of `input`.
pub fn holds(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Some(token) = Token::parse(text) else { return };
    // One text for one secret: two texts that open the same session would let one of them be overlooked.
    assert_eq!(token.expose(), text);
    assert_eq!(text.len(), 43);
    assert_eq!(Token::parse(&token.expose()).expect("its own text").digest(), token.digest());
    assert!(!format!("{token:?}").contains(text), "it is printed");
}
