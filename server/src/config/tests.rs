use super::*;

fn load(flags: SettingFlags, variables: &[(&str, &str)]) -> Result<Settings, String> {
    Settings::load(&flags, &Environment::of(variables)).map_err(|error| error.to_string())
}

fn from_environment(variables: &[(&str, &str)]) -> Result<Settings, String> {
    load(SettingFlags::default(), variables)
}

#[test]
fn nothing_has_to_be_set() {
    let settings = from_environment(&[]).expect("defaults");
    assert_eq!(settings.addr.to_string(), "127.0.0.1:3000");
    assert_eq!(settings.database_url, "sqlite:data/latchkey.db");
    assert_eq!(settings.master_key_file.to_str(), Some("data/master.key"));
    assert_eq!(settings.policy.longest_overlap, Duration::days(30));
    assert_eq!(settings.policy.sign_up, SignUp::Open);
    assert_eq!(settings.public_url, None);
    assert_eq!(settings.log, None);
}

#[test]
fn flags_are_stronger_than_the_environment_and_that_than_the_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("latchkey.toml");
    std::fs::write(&file, "product_name = \"File\"\nsign_up = \"closed\"\nlongest_overlap_days = 7\n")
        .expect("written");
    let flags = SettingFlags { config: Some(file), product_name: Some("Flag".to_owned()), ..SettingFlags::default() };
    let settings =
        load(flags, &[("LATCHKEY_PRODUCT_NAME", "Variable"), ("LATCHKEY_SIGN_UP", "invite")]).expect("loads");
    assert_eq!(settings.product_name, "Flag");
    assert_eq!(settings.policy.sign_up, SignUp::Invite);
    assert_eq!(settings.policy.longest_overlap, Duration::days(7));
}

#[test]
fn unknown_names_are_errors_wherever_they_stand() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("latchkey.toml");
    std::fs::write(&file, "sign_upp = \"closed\"\n").expect("written");
    let error = from_environment(&[("LATCHKEY_CONFIG", file.to_str().expect("text"))]).expect_err("refused");
    assert!(error.contains("`sign_upp` is not a setting"), "{error}");
    let error = from_environment(&[("LATCHKEY_SIGN_UPP", "closed")]).expect_err("refused");
    assert_eq!(error, "LATCHKEY_SIGN_UPP is not a setting. Settings are listed by `latchkey serve --help`");
    from_environment(&[("LATCHKEY_addr", "127.0.0.1:1")]).expect_err("another case is another name");
    from_environment(&[("LATCHKEY_CHROMIUM", "x"), ("PATH", "y")]).expect("of other tools");
}

#[test]
fn what_cannot_be_used_is_named_with_where_it_was_found() {
    for (name, value) in [
        ("LATCHKEY_ADDR", "3000"),
        ("LATCHKEY_PUBLIC_URL", "keys.example.com"),
        ("LATCHKEY_PUBLIC_URL", "https://keys.example.com/path"),
        ("LATCHKEY_PUBLIC_URL", "ftp://keys.example.com"),
        ("LATCHKEY_PUBLIC_URL", "https://me:secret@keys.example.com"),
        ("LATCHKEY_API_URL", "api.example.com"),
        ("LATCHKEY_SIGN_UP", "maybe"),
        ("LATCHKEY_BRAND", "Acme"),
        ("LATCHKEY_LONGEST_OVERLAP_DAYS", "0"),
        ("LATCHKEY_TRUSTED_PROXIES", "10.0.0.1,proxy"),
        ("LATCHKEY_LOG", "server=loud"),
        ("LATCHKEY_LOG_FORMAT", "xml"),
    ] {
        let error = from_environment(&[(name, value)]).expect_err(name);
        assert!(error.starts_with(name) && error.contains(value), "{error}");
    }
}

#[test]
fn an_empty_value_is_not_set() {
    let settings = from_environment(&[("LATCHKEY_PUBLIC_URL", ""), ("LATCHKEY_BRAND", "")]).expect("loads");
    assert_eq!(settings.public_url, None);
}

#[test]
fn a_public_url_is_written_as_browsers_write_origins() {
    let origin = |text: &str| PublicUrl::parse(text).map(|url| url.origin().to_owned());
    assert_eq!(origin("https://Keys.Example.com:443/").as_deref(), Some("https://keys.example.com"));
    assert_eq!(origin("http://lab.test:80").as_deref(), Some("http://lab.test"));
    assert_eq!(origin("http://lab.test:8080").as_deref(), Some("http://lab.test:8080"));
    assert_eq!(origin("http://[::1]:3000").as_deref(), Some("http://[::1]:3000"));
}

#[test]
fn loopback_is_what_only_this_machine_reaches() {
    let loopback = |text: &str| PublicUrl::parse(text).expect("a URL").is_loopback();
    assert!(loopback("http://localhost:3000") && loopback("http://127.0.0.1") && loopback("http://[::1]:1"));
    assert!(!loopback("http://lab.test") && !loopback("http://10.0.0.1") && !loopback("http://localhost.example.com"));
}

#[test]
fn the_operator_is_whoever_the_system_says() {
    assert_eq!(Environment::of(&[("USER", "ada")]).operator(), "ada");
    assert!(!Environment::of(&[]).operator().is_empty());
}
