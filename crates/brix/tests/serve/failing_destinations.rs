//! `brix status` where destinations do not take what they are told.

use std::process::Command;
use std::time::Duration;

use crate::ill_destinations::{becomes_a_lead, until, with_destinations};
use crate::receivers::{Does, Receiver, webhook};
use crate::support::{READ, Server};

fn status(server: &Server) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_brix"));
    command.env("BRIX_API_KEY", READ).env("BRIX_URL", format!("http://{}", server.address)).arg("status");
    let output = command.output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn destinations_that_fail_are_told_with_what_waits() {
    let refuses = Receiver::that(Does::Answers(400, String::new()), 99);
    let busy = Receiver::that(Does::Answers(503, "retry-after: 3600\r\n".to_owned()), 99);
    let settings = webhook("crm", &refuses, "") + &webhook("chat", &busy, "") + &webhook("well", &Receiver::well(), "");
    let server = Server::start(&with_destinations("failing-destinations", &settings));
    server.until_ready();
    assert_eq!(status(&server).0, Some(0), "nothing was told yet");
    becomes_a_lead(&server, "u1");
    let fails = |name: &str, words: &str| format!("the destination {name} has failed since 20") + "…" + words;
    let mut told = String::new();
    until("both are told of", &server, Duration::from_secs(20), || {
        told = status(&server).1;
        told.contains("destination crm has failed") && told.contains("destination chat has failed")
    });
    assert_eq!(status(&server).0, Some(1));
    for expected in [
        fails("crm", ": answered 400; 0 wait, 1 were given up: `brix deliveries --destination crm` lists them"),
        fails("chat", ": answered 503; 1 wait, 0 were given up: `brix deliveries --destination chat` lists them"),
    ] {
        let (begin, end) = expected.split_once('…').unwrap();
        assert!(told.lines().any(|line| line.starts_with(begin) && line.ends_with(end)), "{expected}: {told}");
    }
    assert!(!told.contains("destination well"), "{told}");
    refuses.recovers();
    becomes_a_lead(&server, "u2");
    until("it is well again", &server, Duration::from_secs(20), || !status(&server).1.contains("destination crm"));
}
