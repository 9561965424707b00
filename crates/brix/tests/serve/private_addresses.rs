//! Destinations that lead to machines which are not of the public internet: refused when they are set up, in whatever disguise, and when a
//! name turns out to mean one.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::ill_destinations::{becomes_a_lead, until, with_destinations};
use crate::support::{KEY, MANAGE, READ, Server, folder};

/// Hosts, and a part of what is said of them.
const REFUSED: [(&str, &str); 50] = [
    ("127.0.0.1", "this machine"),
    ("127.255.255.254", "this machine"),
    ("2130706433", "this machine"),
    ("017700000001", "this machine"),
    ("0x7f000001", "this machine"),
    ("0x7f.1", "this machine"),
    ("0177.0.0.01", "this machine"),
    ("127.1", "this machine"),
    ("127.0.1", "this machine"),
    ("127.0.0.1.", "this machine"),
    ("%31%32%37.0.0.1", "this machine"),
    ("１２７.0.0.1", "this machine"),
    ("127。0。0。1", "this machine"),
    ("①②⑦.0.0.1", "this machine"),
    ("0", "this very network"),
    ("0.0.0.0", "this very network"),
    ("10.1", "private"),
    ("10.0.0.7", "private"),
    ("172.16.5.5", "private"),
    ("192.168.257", "private"),
    ("3232235777", "private"),
    ("100.64.0.1", "carrier"),
    ("169.254.169.254", "metadata"),
    ("2852039166", "metadata"),
    ("0xa9fea9fe", "metadata"),
    ("0251.0376.0251.0376", "metadata"),
    ("168.63.129.16", "metadata"),
    ("192.0.2.1", "documentation"),
    ("198.18.0.1", "benchmarks"),
    ("224.0.0.1", "multicast"),
    ("255.255.255.255", "reserved"),
    ("[::1]", "this machine"),
    ("[0:0:0:0:0:0:0:1]", "this machine"),
    ("[::]", "disguise"),
    ("[::127.0.0.1]", "disguise"),
    ("[::ffff:127.0.0.1]", "disguise"),
    ("[::ffff:7f00:1]", "disguise"),
    ("[::ffff:a9fe:a9fe]", "disguise"),
    ("[64:ff9b::7f00:1]", "NAT64"),
    ("[64:ff9b:1::a00:1]", "NAT64"),
    ("[2002:7f00:1::]", "6to4"),
    ("[2001:0:7f00:1::]", "Teredo"),
    ("[2a00:1450:4001::5efe:a00:1]", "ISATAP"),
    ("[fe80::1]", "link-local"),
    ("[fec0::1]", "private"),
    ("[fd00:ec2::254]", "private"),
    ("[ff02::1]", "multicast"),
    ("[fe80::1%25eth0]", "is no web address"),
    ("user:pass@hooks.example", "holds a name or password"),
    ("hooks.example@127.0.0.1", "holds a name or password"),
];

/// Destinations at addresses, none of which may lie on a private network.
fn settings(kind: &str, urls: &[String]) -> String {
    let secret = if kind == "webhook" { "secret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"\n" } else { "" };
    let one = |(place, url): (usize, &String)| {
        format!("[[destinations]]\nname = \"d{place}\"\nkind = \"{kind}\"\nurl = \"{url}\"\n{secret}\n")
    };
    urls.iter().enumerate().map(one).collect()
}

fn run(folder: &Path, command: &str) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_brix"))
        .current_dir(folder)
        .arg(command)
        .envs([("TEST_KEY", KEY), ("TEST_READ", READ), ("TEST_MANAGE", MANAGE)])
        .output()
        .unwrap();
    (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

#[test]
fn no_disguise_of_an_address_is_taken() {
    for kind in ["webhook", "slack"] {
        let urls: Vec<String> = REFUSED.iter().map(|(host, _)| format!("https://{host}:8443/planted-path")).collect();
        let folder = with_destinations(&format!("private_{kind}"), &settings(kind, &urls));
        for command in ["config", "serve"] {
            let (is_done, words) = run(&folder, command);
            assert!(!is_done, "{command}: {words}");
            for (place, (host, expected)) in REFUSED.iter().enumerate() {
                let line = words.lines().find(|line| line.contains(&format!("destinations `d{place}`: ")));
                let line = line.unwrap_or_else(|| panic!("{host} is taken: {words}"));
                assert!(line.contains(expected), "{host}: {line}");
            }
            assert!(!words.contains("planted-path"), "an address is shown: {words}");
        }
    }
    // Without encryption, in other schemes, and with nothing to connect to.
    let urls = [
        "http://hooks.example/",
        "file:///etc/passwd",
        "gopher://10.0.0.1/",
        "hooks.example",
        "https://",
        "//127.0.0.1/",
    ];
    let folder = with_destinations("private_schemes", &settings("slack", &urls.map(str::to_owned)));
    let (_, words) = run(&folder, "config");
    assert_eq!(words.matches("destinations `d").count(), urls.len(), "{words}");
}

/// Names that this machine's own list of hosts gives a meaning.
const NAMES: [(&str, &str, &str); 7] = [
    ("loop.test", "127.0.0.1", "this machine"),
    ("six.test", "::1", "this machine"),
    ("mapped.test", "::ffff:127.0.0.1", "its host is"),
    ("inner.test", "10.0.0.7", "private"),
    ("meta.test", "169.254.169.254", "metadata"),
    ("local.test", "fd00::1", "private"),
    ("zero.test", "0.0.0.0", "this very network"),
];

#[test]
fn a_name_that_means_a_private_machine_is_refused_when_it_is_sent_to() {
    let here = folder("private_names", "");
    let hosts: String = NAMES.iter().map(|(name, address, _)| format!("{address} {name}\n")).collect();
    std::fs::write(here.join("hosts"), format!("127.0.0.1 localhost\n{hosts}")).unwrap();
    let hosts = here.join("hosts").display().to_string();
    let script = format!("mount --bind {hosts} /etc/hosts && exec \"$@\"");
    let wrapper = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", &script, "sh"].map(str::to_owned);
    let allowed = Command::new(&wrapper[0]).args(&wrapper[1..]).arg("true").output();
    if !allowed.is_ok_and(|output| output.status.success()) {
        println!("skipped: this system allows no file systems in namespaces (unshare, mount)");
        return;
    }
    let listeners = ["127.0.0.1:0", "[::1]:0"].map(|address| TcpListener::bind(address).ok());
    let port = listeners[0].as_ref().unwrap().local_addr().unwrap().port();
    let also = ["localhost", "LOCALHOST", "LOOP.test"];
    let names = NAMES.iter().map(|(name, ..)| *name).chain(also);
    let urls: Vec<String> = names.map(|name| format!("https://{name}:{port}/planted-path")).collect();
    let folder = with_destinations(
        "private_names_server",
        &settings("webhook", &urls).replace("\nsecret", "\nto_use = true\nsecret"),
    );
    let server = Server::start_under(&folder, &wrapper);
    server.until_ready();
    becomes_a_lead(&server, "u1");
    let told =
        || server.ask("GET", "/api/v1/deliveries?limit=200", READ, "").json()["deliveries"].as_array().unwrap().clone();
    until("each has been tried", &server, Duration::from_secs(30), || {
        told().len() == urls.len() && told().iter().all(|one| one["last_error"].is_string())
    });
    for one in told() {
        let place: usize = one["destination"].as_str().unwrap().trim_start_matches('d').parse().unwrap();
        let expected = NAMES.get(place).map_or("this machine", |(.., expected)| expected);
        let error = one["last_error"].as_str().unwrap();
        assert!(error.contains(expected) && error.contains("allow_private"), "{}: {error}", urls[place]);
        assert_eq!(one["state"], "waiting", "its owner can set it right");
    }
    for listener in listeners.iter().flatten() {
        listener.set_nonblocking(true).unwrap();
        assert!(listener.accept().is_err(), "somebody has connected");
    }
    assert!(!server.words().contains("planted-path"), "{}", server.words());
}
