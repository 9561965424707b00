//! The server ends with grace, and one folder has one server.

use std::io::Write;
use std::process::Command;
use std::time::Duration;

use crate::support::{KEY, MANAGE, READ, Server, basic, folder, read_answer};

#[test]
fn requests_in_flight_are_answered_before_it_ends() {
    for signal in ["TERM", "INT"] {
        let mut server = Server::of(&format!("stopping_{signal}"));
        let body = r#"{"userId":"u","event":"E","messageId":"last"}"#;
        let mut stream = server.connect();
        let head = format!(
            "POST /v1/track HTTP/1.1\r\nhost: brix\r\nauthorization: {}\r\ncontent-length: {}\r\n\r\n",
            basic(KEY),
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&body.as_bytes()[..10]).unwrap();
        std::thread::sleep(Duration::from_millis(200));
        server.signal(signal);
        std::thread::sleep(Duration::from_millis(200));
        assert_eq!(server.child.try_wait().unwrap(), None, "it waits for the request");
        stream.write_all(&body.as_bytes()[10..]).unwrap();
        assert_eq!(read_answer(&mut stream).unwrap().status, 200);
        assert_eq!(server.ended(), Some(0));
        assert_eq!(crate::support::records(&server.folder).len(), 1);
    }
}

#[test]
fn a_folder_has_one_server() {
    let folder = folder("twice", "");
    let _server = Server::start(&folder);
    let second = Command::new(env!("CARGO_BIN_EXE_brix"))
        .current_dir(&folder)
        .envs([("TEST_KEY", KEY), ("TEST_READ", READ), ("TEST_MANAGE", MANAGE)])
        .arg("serve")
        .output()
        .unwrap();
    assert_eq!(second.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&second.stderr).contains("another Brix is using"), "{second:?}");
}
