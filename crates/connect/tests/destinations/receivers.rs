//! What we sign, checked by the library that receivers use.

use std::io::Write as _;
use std::process::{Command, Stdio};

use engine::time::Timestamp;
use serde_json::json;

use crate::asked::{SECRETS, payload, sent_at, webhook};

/// Checks the signature with each secret, and that another body or another id is refused.
const SCRIPT: &str = r#"
import json, sys
from standardwebhooks import Webhook, WebhookVerificationError

asked = json.load(sys.stdin)
body, headers = asked["body"], asked["headers"]
for secret in asked["secrets"]:
    assert Webhook(secret).verify(body, headers)["type"] == "lead.qualified"
    for forged in [(body + " ", headers), (body, {**headers, "webhook-id": "another"})]:
        try:
            Webhook(secret).verify(*forged)
        except WebhookVerificationError:
            continue
        raise SystemExit("a forgery was taken")
print("verified")
"#;

#[test]
fn the_library_of_standard_webhooks_takes_it() {
    let has = Command::new("python3").args(["-c", "import standardwebhooks"]).stderr(Stdio::null()).status();
    if !has.is_ok_and(|status| status.success()) {
        eprintln!("skipped: needs python3 with tests/requirements.txt");
        return;
    }
    let outgoing = sent_at(&*webhook(), &payload(), Timestamp::from_jiff(jiff::Timestamp::now()));
    let headers: serde_json::Map<_, _> =
        outgoing.headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value.expose()))).collect();
    let asked = json!({ "secrets": SECRETS, "headers": headers, "body": outgoing.body.expose() });
    let mut child = Command::new("python3")
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim(),
        "verified",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
