//! Whole files.

use super::*;
use crate::serve::config::Config;

fn environment(name: &str) -> Option<String> {
    let texts = [
        ("APP_KEY", "hush-hush-hush-hush"),
        ("SHORT", "fifteen-of-them"),
        ("LONG", "sixteen-of-them-"),
        ("HOOK", "https://hooks.example/hush"),
    ];
    texts.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned())
}

fn read_text(text: &str) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("server.toml");
    std::fs::write(&path, text).unwrap();
    read(Some(&path), &Overrides::default(), &environment)
}

/// The faults, each as `line:column: words`.
fn faults(text: &str) -> Vec<String> {
    let error = read_text(text).unwrap_err().to_string();
    error.lines().map(|line| line.split_once("server.toml:").map_or(line, |(_, fault)| fault).to_owned()).collect()
}

#[test]
fn all_that_is_wrong_is_told_at_once_with_its_place() {
    let text = "listen = \"here\"\n\
                trusted_proxies = [\"::1\", \"proxy\"]\n\
                log_fromat = \"json\"\n\
                log = \"loud\"\n\
                data = 3\n\
                [limits]\n\
                request_timeout = \"soon\"\n\
                conections = 3\n\
                body_bytes = \"hush\"\n\
                waiting_entries = 0\n\
                [retention]\n\
                people = \"old\"\n\
                [[sources]]\n\
                name = \"my app\"\n\
                vendor = \"segmnt\"\n\
                keys = []\n\
                [[sources]]\n\
                name = \"b\"\n\
                vendor = \"segment\"\n\
                keys = [\"plain-hush\", \"env:NONE\"]\n\
                strict = \"hush\"\n\
                [[sources]]\n\
                [extra]\n";
    let expected = [
        "1:10: listen: `here` is not an address",
        "2:27: trusted_proxies: `proxy` is not an address or a network",
        "3:1: `log_fromat` is no setting; did you mean `log_format`?",
        "4:7: log: `loud` is no level",
        "5:8: data must be a text in quotes, and is another number",
        "7:19: limits.request_timeout: `soon` is not a length of time",
        "8:1: limits.`conections` is no setting; did you mean `connections`?",
        "9:14: limits.body_bytes must be a whole number, 0 or more, and is a text",
        "10:19: limits.waiting_entries: nothing could ever be taken",
        "12:10: retention.people: ",
        "14:8: sources `my app`: name: a name is of letters",
        "15:10: sources `my app`: vendor: `segmnt` is not known here; did you mean `segment`?",
        "20:9: sources `b`: keys: a key does not stand in the file itself",
        "20:23: sources `b`: keys: the environment has no variable NONE",
        "21:10: sources `b`: strict must be true or false, and is a text",
        "22:1: sources, number 3: name is missing",
        "22:1: sources, number 3: vendor is missing",
        "23:2: `extra` is no setting; there are listen, ",
    ];
    let faults = faults(text);
    for (fault, expected) in faults.iter().zip(expected) {
        assert!(fault.starts_with(expected), "{fault}\n{expected}");
    }
    assert_eq!(faults.len(), expected.len(), "{faults:#?}");
    assert!(!faults.join("").contains("hush"), "{faults:#?}");
}

/// With one of these everything would go at the start.
#[test]
fn a_length_by_which_all_would_go_is_refused() {
    for (said, why) in [
        ("people = \"0s\"", "2:10: retention.people: `0s` would remove everything at once; leave it out"),
        ("people = \"0d\"", "2:10: retention.people: `0d` would remove"),
        ("people = \"0 months\"", "2:10: retention.people: `0 months` would remove"),
        ("people = \"400x\"", "2:10: retention.people: `400x` is not a length of time; write 400d"),
        ("people = \"400\"", "2:10: retention.people: `400` has no unit; write 400d"),
        ("people = \"1s\"", "2:10: retention.people: `1s` is shorter than a day"),
        ("people = \"23h\"", "2:10: retention.people: `23h` is shorter than a day"),
        ("rejects = \"0s\"", "2:11: retention.rejects: `0s` would remove"),
        ("messages = \"0 months\"", "2:12: retention.messages: `0 months` would remove"),
        ("audit = \"0h\"", "2:9: retention.audit: `0h` would remove"),
        ("every = \"0s\"", "2:9: retention.every: `0s` is not a length of time"),
    ] {
        let told = faults(&format!("[retention]\n{said}\n"));
        assert!(told.len() == 1 && told[0].starts_with(why), "{said}: {told:?}");
        assert!(said.contains("every") || told[0].ends_with("; write 400d or 24 months"), "{told:?}");
    }
    for said in ["people = \"24h\"", "people = \"1 month\"", "rejects = \"1s\"", "messages = \"1m\"", "audit = \"1s\""]
    {
        assert!(read_text(&format!("[retention]\n{said}\n")).is_ok(), "{said}");
    }
}

#[test]
fn a_length_of_time_is_shown_as_it_was_written() {
    let shown = |text: &str| read_text(text).unwrap().shown();
    for every in ["24h", "1440m", "86400s", "1500ms"] {
        let text = shown(&format!("[retention]\nevery = \"{every}\"\n"));
        assert!(text.contains(&format!("every = \"{every}\"")), "{text}");
    }
    let defaults = shown("");
    for line in ["every = \"24h\"", "every = \"60s\"", "request_timeout = \"30s\""] {
        assert!(defaults.contains(line), "{line}: {defaults}");
    }
}

#[test]
fn tables_are_tables() {
    let faults = faults("limits = 3\nsources = \"hush\"\napi_keys = [1]\n");
    let expected = [
        "1:10: limits must be a table, [limits]",
        "2:11: sources must be a list of tables, each begun with [[sources]]",
    ];
    assert!(expected.iter().zip(&faults).all(|(expected, fault)| fault.starts_with(expected)), "{faults:#?}");
    assert_eq!(faults.len(), 3, "{faults:#?}");
}

#[test]
fn what_stands_in_a_line_that_cannot_be_read_is_not_shown() {
    for (line, expected) in [
        ("url = \"https://hooks.example/hush", "3:"),
        ("kind = hush", "3:"),
        ("definitions = \"hush\"", "3:15: destinations `a`: definitions must be a list of texts"),
        ("to_use = \"hu\\\"sh\"", "3:10: destinations `a`: to_use must be true or false, and is a text"),
    ] {
        let told = faults(&format!("[[destinations]]\nname = \"a\"\n{line}\n")).join("\n");
        assert!(told.contains(expected) && !told.contains("hush") && !told.contains("sh\\\""), "{line}: {told}");
    }
}

#[test]
fn a_key_of_the_api_does_more_than_send() {
    let told = faults("[[api_keys]]\nname = \"me\"\nscope = \"ingest\"\nkey = \"env:APP_KEY\"\n");
    assert!(told.len() == 1 && told[0].starts_with("3:9: ") && told[0].contains("belongs to a source"), "{told:?}");
}

#[test]
fn a_key_that_could_be_guessed_is_refused() {
    let file = |variable: &str| {
        format!(
            "[[sources]]\nname = \"app\"\nvendor = \"segment\"\nkeys = [\"env:APP_KEY\", \"env:{variable}\"]\n\
             [[api_keys]]\nname = \"me\"\nscope = \"read\"\nkey = \"env:{variable}\"\n"
        )
    };
    let told = faults(&file("SHORT"));
    let why = "the key in SHORT is shorter than 16 characters, so that it could be guessed; \
               make one by `brix key` or `openssl rand -hex 32`";
    assert_eq!(told, [format!("4:24: sources `app`: keys: {why}"), format!("8:7: api_keys `me`: key: {why}")]);
    assert!(read_text(&file("LONG")).is_ok());
}

#[test]
fn a_destination_has_several_secrets_and_the_environment() {
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let text = "[[destinations]]\nname = 'crm'\nkind = 'webhook'\nurl = 'env:HOOK'\nsecret = ['SECRET', 'SECRET']\n";
    let config = read_text(&text.replace("SECRET", secret)).unwrap();
    let destination = &config.destinations[0];
    assert!(!destination.to_use && !destination.configured.allow_private);
    for shown in [format!("{destination:?}"), config.shown(), config.shown_as_json().to_string()] {
        assert!(!shown.contains("hush") && !shown.contains("MfKQ"), "{shown}");
    }
    assert!(config.shown().contains("secret = [\"(set)\", \"(set)\"]"), "{}", config.shown());
}

#[test]
fn all_faults_of_a_destination_are_told_without_secrets() {
    let of = |rest: &str| faults(&format!("[[destinations]]\nname = 'a'\n{rest}"));
    let told = of("kind = 'slack'\nurl = 'http://10.0.0.1/hush'\ncolour = 3\n");
    assert!(told[0].starts_with("4:7: destinations `a`: url: ") && told[1].starts_with("5:1: "), "{told:?}");
    assert!(told.len() == 2 && !told.concat().contains("hush"), "{told:?}");
    let told = of("kidn = 'slack'\nurl = 'x'\n");
    assert!(told[0].contains("kind is missing") && told[1].contains("`kidn` is no setting; did you mean `kind`?"));
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(of("kind = 'pigeon'\n")[0].contains("there are webhook, slack"));
    let told = of("kind = 'slack'\nurl = 'env:NONE'\nwocken = true\n");
    assert!(told[0].contains("no variable NONE") && told[1].contains("did you mean `woken`?"), "{told:?}");
    assert_eq!(told.len(), 2, "a variable that is missing is no setting that is: {told:?}");
    assert!(
        of("kind = 'slack'\n")[0].starts_with("1:1: destinations `a`: url is missing"),
        "{:?}",
        of("kind = 'slack'\n")
    );
}

#[test]
fn what_is_in_force_can_be_shown_and_has_no_secret() {
    let config = read_text(
        "data = \"d\"\n[[sources]]\nname = \"app\"\nvendor = \"segment\"\nkeys = [\"env:APP_KEY\"]\n\
         [[api_keys]]\nname = \"me\"\nscope = \"read\"\nkey = \"env:APP_KEY\"\n[limits]\nrequest_timeout = \"1500ms\"\n",
    )
    .unwrap();
    let shown = config.shown();
    assert!(!shown.contains("hush"), "{shown}");
    let line =
        |begin: &str| shown.lines().find(|line| line.starts_with(begin)).unwrap_or_else(|| panic!("{begin}: {shown}"));
    for (begin, end) in [
        ("vendor = \"segment\" ", " # line 4"),
        ("keys = [\"(set)\"] ", " # line 5, from APP_KEY"),
        ("key = \"(set)\" ", " # line 9, from APP_KEY"),
        ("request_timeout = \"1500ms\" ", " # line 11"),
        ("connections = 1000 ", " # default"),
        ("# people is not set ", " # default"),
        ("data = ", " # line 1"),
        ("lake = ", " # default"),
    ] {
        assert!(line(begin).ends_with(end), "{shown}");
    }
    assert!(toml::from_str::<toml::Table>(&shown).is_ok(), "{shown}");
    assert_eq!(config.sources[0].keys, [digest_of("hush-hush-hush-hush")]);
    assert!(!format!("{config:?}").contains("hush"));
}
