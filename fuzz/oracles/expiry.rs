//! What must hold of a choice of when old keys expire. Input: its text.

use domain::expiry::OldEnd;
use domain::{Duration, ExpireOld, Timestamp};

/// Panics unless it holds of `input`.
pub fn holds(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Ok(choice) = text.parse::<ExpireOld>() else { return };
    let printed = choice.to_string();
    assert_eq!(printed.parse(), Ok(choice), "{text:?} was written as {printed:?}");
    let longest = Duration::days(30);
    // Now is long ago, today, and just before and after the instant that was typed.
    let mut instants = vec![0, 1_795_424_520_000];
    if let ExpireOld::At(at) = choice {
        instants.extend([-1, 0, 1, -longest.as_millis(), -longest.as_millis() - 1].map(|by| at.as_millis() + by));
    }
    for now in instants.into_iter().map(Timestamp::from_millis) {
        match choice.resolve(now, longest) {
            Ok(OldEnd::Revoked) => assert_eq!(choice, ExpireOld::Immediately),
            Ok(OldEnd::ExpiresAt(end)) => {
                assert!(end > now && end.as_millis() - now.as_millis() <= longest.as_millis(), "{text:?} at {now:?}");
            }
            Err(_) => match choice {
                ExpireOld::At(at) => {
                    let ahead = at.as_millis() - now.as_millis();
                    assert!(ahead <= 0 || ahead > longest.as_millis(), "{text:?} refused at {now:?}");
                }
                preset => panic!("{preset:?} refused"),
            },
        }
    }
}
