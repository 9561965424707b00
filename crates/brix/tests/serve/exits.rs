//! How commands end that ask a server: by the table of all commands (docs/exit-codes.md).

use std::process::Command;

use crate::ill_destinations::with_destinations;
use crate::receivers::{Receiver, webhook};
use crate::support::{MANAGE, READ, Server};

#[test]
fn a_filter_that_is_wrong_ends_with_2_and_what_is_not_there_with_3() {
    let server = Server::start(&with_destinations("exits", &webhook("crm", &Receiver::well(), "")));
    server.until_ready();
    let ends = |key: &str, code: i32, arguments: &[&str], expected: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_brix"));
        command.env("BRIX_API_KEY", key).env("BRIX_URL", format!("http://{}", server.address)).args(arguments);
        let output = command.output().unwrap();
        let words = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(code) && words.contains(expected), "{arguments:?}: {code}: {words}");
    };
    for (code, arguments, expected) in [
        (0, &["leads"][..], ""),
        (2, &["leads", "--state", "old"], "state: `old` is not new, working"),
        (2, &["leads", "--follow", "--kind", "team"], "kind: `team` is not user"),
        (2, &["leads", "--since", "soon"], "since: "),
        (2, &["leads", "--definition", "ani"], "there is no definition `ani`; did you mean `any`?"),
        (2, &["near", "ani"], "no definition `ani` is in force; did you mean `any`?"),
        (2, &["deliveries", "--destination", "cmr"], "there is no destination `cmr`"),
        (2, &["deliveries", "--destination", "cmr", "--json"], "there is no destination `cmr`"),
        (2, &["leads", "show", "ada"], "`ada` is no lead's number"),
        (3, &["leads", "show", "7"], "there is no lead 7"),
        (3, &["deliveries", "show", "7"], "404"),
        // The key may look, and no more.
        (3, &["export", "ada"], "403"),
    ] {
        ends(READ, code, arguments, expected);
    }
    for (code, arguments, expected) in [
        (2, &["definitions", "ani"][..], "there is no definition `ani`; did you mean `any`?"),
        (2, &["rollback", "ani", "--yes"], "there is no definition `ani`; did you mean `any`?"),
        (2, &["deliveries", "enable", "cmr"], "there is no destination `cmr`: did you mean `crm`?"),
        (2, &["deliveries", "replay", "--dead", "--destination", "cmr"], "there is no destination `cmr`"),
        (3, &["rollback", "any", "--to", "7", "--yes"], "there is no revision 7"),
        (3, &["definitions", "any", "--revision", "7"], "there is no revision 7"),
        (3, &["deliveries", "replay", "7"], "there is no delivery 7"),
    ] {
        ends(MANAGE, code, arguments, expected);
    }
}
