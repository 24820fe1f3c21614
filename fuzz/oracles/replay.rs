//! Plays a target's corpus: every input that a fuzzer found worth keeping, the ones that once broke something included.

/// Calls `holds` with every file of `fuzz/corpus/{target}`. `root` is the directory of the repository.
pub fn corpus(root: &str, target: &str, holds: impl Fn(&[u8])) {
    let directory = std::path::Path::new(root).join("fuzz/corpus").join(target);
    let mut played = 0;
    for entry in std::fs::read_dir(&directory).expect("the corpus") {
        let path = entry.expect("an entry").path();
        let input = std::fs::read(&path).expect("an input");
        let held = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| holds(&input)));
        assert!(held.is_ok(), "it does not hold of {}", path.display());
        played += 1;
    }
    assert!(played >= 5, "{} holds next to nothing", directory.display());
}
