//! What the document says of the API holds: Schemathesis sends what fits it and what does not, and looks at each answer.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::support::{MANAGE, Server, folder};

const DEFINITION: &str = "
id: active
name: Makes projects
subject: user
when: { event: Project Created, count: \">= 2\" }
";

#[test]
fn answers_are_as_the_document_says() {
    let is_there = Command::new("python3").args(["-c", "import schemathesis"]).output();
    if !is_there.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: the document checked by Schemathesis (needs python3 with tests/requirements.txt)");
        return;
    }
    let place = folder("document-holds", "");
    std::fs::create_dir(place.join("definitions")).unwrap();
    std::fs::write(place.join("definitions/active.yaml"), DEFINITION).unwrap();
    let server = Server::start(&place);
    server.until_ready();
    for (user, id) in [("u1", "a"), ("u1", "b"), ("u2", "c"), ("u2", "d")] {
        let event = json!({"userId": user, "event": "Project Created", "messageId": id});
        assert_eq!(server.call("track", &event).status, 200);
    }
    let settings = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/openapi");
    for file in ["schemathesis.toml", "hooks.py"] {
        std::fs::copy(settings.join(file), place.join(file)).unwrap();
    }
    let output = Command::new("python3")
        .current_dir(&place)
        .args(["-m", "schemathesis.cli", "--config-file", "schemathesis.toml", "run", "--max-examples", "15"])
        .arg(format!("http://{}/api/v1/openapi.json", server.address))
        .args(["-H", &format!("Authorization: Bearer {MANAGE}")])
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{words}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(words.contains("Tested: "), "{words}");
}
