use super::*;
use std::fmt::Write as _;

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
    assert_eq!((settings.public_url, settings.metrics_addr, settings.log), (None, None, None));
    assert_eq!((settings.stop_notice.as_secs(), settings.trusted_proxies.len()), (1, 0));
}

#[test]
fn flags_are_stronger_than_the_environment_and_that_than_the_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("latchkey.toml");
    std::fs::write(&file, "product_name = \"File\"\nsign_up = \"closed\"\nlongest_overlap_days = 7\n")
        .expect("written");
    let flags = SettingFlags { config: Some(file), given: vec![("product_name", "Flag".to_owned())] };
    let settings =
        load(flags, &[("LATCHKEY_PRODUCT_NAME", "Variable"), ("LATCHKEY_SIGN_UP", "invite")]).expect("loads");
    assert_eq!(settings.product_name, "Flag");
    assert_eq!(settings.policy.sign_up, SignUp::Invite);
    assert_eq!(settings.policy.longest_overlap, Duration::days(7));
}

fn from_file(text: &str) -> Result<Settings, String> {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("latchkey.toml");
    std::fs::write(&file, text).expect("written");
    let loaded = from_environment(&[("LATCHKEY_CONFIG", file.to_str().expect("text"))]);
    loaded.map_err(|error| error.replace(&*file.to_string_lossy(), "FILE"))
}

#[test]
fn unknown_names_are_errors_that_name_the_nearest_setting() {
    let error = from_file("# who may sign up\n\nsign_upp = \"closed\"\n").expect_err("refused");
    let expected =
        "FILE, line 3: `sign_upp` is not a setting. Did you mean `sign_up`? `latchkey serve --help` lists all of them";
    assert_eq!(error, expected);
    let error = from_environment(&[("LATCHKEY_SIGNUP", "closed")]).expect_err("refused");
    let expected =
        "LATCHKEY_SIGNUP is not a setting. Did you mean LATCHKEY_SIGN_UP? `latchkey serve --help` lists all of them";
    assert_eq!(error, expected);
    let error = from_environment(&[("LATCHKEY_COFFEE", "black")]).expect_err("refused");
    assert_eq!(error, "LATCHKEY_COFFEE is not a setting. `latchkey serve --help` lists all of them");
    from_environment(&[("LATCHKEY_addr", "127.0.0.1:1")]).expect_err("another case is another name");
    from_environment(&[("LATCHKEY_CHROMIUM", "x"), ("PATH", "y")]).expect("of other tools");
}

#[test]
fn a_value_in_a_file_is_refused_with_its_line() {
    for (text, expected) in [
        (
            "brand = \"acme\"\nsign_up = \"maybe\"\n",
            "FILE, line 2, `sign_up`: expected open, invite or closed, found `maybe`",
        ),
        ("[addr]\nport = 3000\n", "FILE, line 1: `addr` should be text, a number or a list of them, and is a table"),
        (
            "longest_overlap_days = 1.5\n",
            "FILE, line 1: `longest_overlap_days` should be text, a number or a list of them, and is a number with a fraction",
        ),
        (
            "longest_overlap_days = 0x10\n",
            "FILE, line 1: `longest_overlap_days` should be text, a number or a list of them, and is a number that is not decimal",
        ),
        ("sign_up = open\n", "FILE is not valid TOML"),
    ] {
        assert_eq!(from_file(text).expect_err(text), expected);
    }
}

#[test]
fn a_list_in_a_file_is_a_list() {
    let settings = from_file("trusted_proxies = [\"10.0.0.1\", \"::1\"]\n").expect("loads");
    assert_eq!(settings.trusted_proxies.len(), 2);
}

/// A comment that shows a setting must show one that works.
#[test]
fn the_example_settings_file_is_generated_and_every_line_of_it_works() {
    let committed = include_str!("../../../packaging/latchkey.toml");
    assert_eq!(committed, example_file(), "latchkey settings --example > packaging/latchkey.toml");
    let settings = from_file(committed).expect("loads as it stands");
    assert_eq!(settings.policy.sign_up, SignUp::Closed);
    assert_eq!(settings.product_name, "Latchkey");
    let uncommented: Vec<_> = committed
        .lines()
        .map(|line| {
            line.strip_prefix("# ")
                .filter(|rest| SETTINGS.iter().any(|s| rest.starts_with(&format!("{} = ", s.name))))
                .unwrap_or(line)
        })
        .collect();
    let settings = from_file(&uncommented.join("\n")).expect("loads with everything in force");
    assert_eq!(settings.product_name, "Example API");
    assert_eq!(settings.log_format, LogFormat::Json);
}

#[test]
fn every_setting_has_one_name_wherever_it_is_given() {
    for setting in &SETTINGS {
        assert_eq!(setting.flag, setting.name.replace('_', "-"));
        assert!(!setting.about.ends_with('.'), "{}", setting.name);
    }
}

/// The table for people is the table of the program.
#[test]
fn the_settings_in_the_documentation_are_generated() {
    let mut table = "| in the file | without it | what it decides |\n|---|---|---|\n".to_owned();
    for setting in &SETTINGS {
        let unset = match setting.unset {
            Unset::Value(value) => format!("`{value}`"),
            Unset::Words(words) => words.to_owned(),
        };
        let _ = writeln!(table, "| `{}` | {unset} | {} |", setting.name, setting.about);
    }
    let documentation = include_str!("../../../docs/OPERATIONS.md");
    assert!(documentation.contains(&table), "docs/OPERATIONS.md should contain:\n{table}");
}

#[test]
fn what_cannot_be_used_is_named_with_where_it_was_found() {
    for (name, value) in [
        ("LATCHKEY_ADDR", "3000"),
        ("LATCHKEY_METRICS_ADDR", "9464"),
        ("LATCHKEY_PUBLIC_URL", "keys.example.com"),
        ("LATCHKEY_PUBLIC_URL", "https://keys.example.com/path"),
        ("LATCHKEY_PUBLIC_URL", "ftp://keys.example.com"),
        ("LATCHKEY_PUBLIC_URL", "https://me:secret@keys.example.com"),
        ("LATCHKEY_API_URL", "api.example.com"),
        ("LATCHKEY_SIGN_UP", "maybe"),
        ("LATCHKEY_BRAND", "Acme"),
        ("LATCHKEY_LONGEST_OVERLAP_DAYS", "0"),
        ("LATCHKEY_TRUSTED_PROXIES", "10.0.0.1,proxy"),
        ("LATCHKEY_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("LATCHKEY_TRUSTED_PROXIES", "10.0.0.0/33"),
        ("LATCHKEY_TRUSTED_PROXIES", "0.0.0.0/0"),
        ("LATCHKEY_STOP_NOTICE_SECONDS", "301"),
        ("LATCHKEY_STOP_NOTICE_SECONDS", "-1"),
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
