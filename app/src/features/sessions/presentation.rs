//! What is said on the page, and beside which field.

use super::wire::Said;
use crate::error::AppError;
use domain::{Duration, Refusal, time};

impl Said {
    /// What the person reads afterwards.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::PasswordSet => "Your password is set. Sign in with it.",
            Self::PasswordChanged => "Your password is changed. Your other sessions have ended.",
            Self::EmailChanged => {
                "Your e-mail address is changed: sign in with the new one from now on. Your other sessions have ended."
            }
            Self::SessionEnded => "The session has ended. Whatever it asks for next is refused.",
            Self::OthersEnded => "Your other sessions have ended. Whatever they ask for next is refused.",
        }
    }
}

/// How long ago a session was used, which is noted to the minute.
pub fn ago(gone: Duration) -> String {
    if gone < Duration::minutes(1) { "In the last minute".to_owned() } else { format!("{} ago", time::in_words(gone)) }
}

/// Whether the error is about the password the person has, and not about what they want to change.
pub fn is_about_password(error: AppError) -> bool {
    matches!(
        error,
        AppError::Refused(
            Refusal::PasswordWrong
                | Refusal::StepUpDue
                | Refusal::TooManyAttempts
                | Refusal::Busy
                | Refusal::InvalidInput
        ) | AppError::Fault
    )
}

/// The sentence about a new address. Sign-up's words for a taken one would tell a person to sign in as somebody else.
pub fn about_email(error: AppError) -> &'static str {
    match error {
        AppError::Refused(Refusal::EmailTaken) => "Somebody signs in with this address already. Enter another one.",
        other => other.sentence(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_read_back_and_nothing_else() {
        for said in Said::ALL {
            assert_eq!(Said::parse(said.as_str()), Some(said));
            assert!(said.sentence().ends_with('.'));
        }
        assert_eq!(Said::parse("call-us"), None);
    }

    #[test]
    fn use_is_known_to_the_minute() {
        assert_eq!(ago(Duration::seconds(59)), "In the last minute");
        assert_eq!(ago(Duration::minutes(1)), "60 seconds ago");
        assert_eq!(ago(Duration::minutes(25)), "25 minutes ago");
    }
}
