//! Pulls from a real PostgreSQL of the test's own: rows come once, whatever happens in between; what is wrong is told.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use engine::record::{Body, Record};

use crate::support::{READ, Server, folder, records};

/// A database that runs until this is dropped.
struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
}

/// Where Debian has the programs of the newest version.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<PathBuf> = versions.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect();
    found.retain(|path| path.join("initdb").is_file());
    found.sort();
    found.pop()
}

impl Postgres {
    /// `None`, said, where there is none.
    fn start(name: &str) -> Option<Self> {
        let Some(programs) = programs() else {
            eprintln!("skipped: PostgreSQL is not installed (Debian's package postgresql)");
            return None;
        };
        let folder = std::env::temp_dir().join(format!("brix-postgres-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let postgres = Self { programs, folder, port };
        if is_root() {
            done(Command::new("chown").arg("-R").arg("postgres").arg(&postgres.folder));
        }
        std::fs::write(postgres.folder.join("password"), "hush-hush").unwrap();
        let password = format!("--pwfile={}", postgres.folder.join("password").display());
        let data = postgres.folder.join("data").display().to_string();
        postgres.run("initdb", &["-D", &data, "-U", "brix", "-A", "scram-sha-256", &password, "--no-sync"]);
        let tls = if postgres.certify() { "-c ssl=on" } else { "-c ssl=off" };
        let options = format!(
            "{tls} -p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} -c fsync=off",
            postgres.folder.display()
        );
        postgres.run("pg_ctl", &["-D", &data, "-w", "-l", &format!("{data}/told"), "-o", &options, "start"]);
        Some(postgres)
    }

    /// Gives it a certificate for its address, by an authority of its own. Whether `openssl` is there to do so.
    fn certify(&self) -> bool {
        if !Command::new("openssl").arg("version").output().is_ok_and(|output| output.status.success()) {
            return false;
        }
        let data = self.folder.join("data");
        std::fs::write(self.folder.join("names"), "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n").unwrap();
        for line in [
            "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ../ca.key -out ../ca.pem",
            "req -newkey rsa:2048 -nodes -subj /CN=database -keyout server.key -out ../server.csr",
            "x509 -req -days 2 -in ../server.csr -CA ../ca.pem -CAkey ../ca.key -CAcreateserial -extfile ../names -out server.crt",
        ] {
            done(Command::new("openssl").args(line.split(' ')).current_dir(&data));
        }
        if is_root() {
            done(Command::new("chown").arg("postgres").args([data.join("server.key"), data.join("server.crt")]));
        }
        done(Command::new("chmod").arg("600").arg(data.join("server.key")));
        true
    }

    /// As another user, as it does not run as root.
    fn run(&self, program: &str, arguments: &[&str]) {
        let program = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        done(command.args(arguments).current_dir(&self.folder));
    }

    fn sql(&self, text: &str) {
        done(Command::new(self.programs.join("psql")).args(["-q", "-v", "ON_ERROR_STOP=1", "-c", text, &self.url()]));
    }

    fn url(&self) -> String {
        format!("postgres://brix:hush-hush@127.0.0.1:{}/postgres?sslmode=disable", self.port)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let data = self.folder.join("data").display().to_string();
        self.run("pg_ctl", &["-D", &data, "-m", "immediate", "stop"]);
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|about| std::os::unix::fs::MetadataExt::uid(&about) == 0)
}

fn done(command: &mut Command) {
    // What goes on running must not hold our pipes.
    let told = tempfile::NamedTempFile::new().unwrap();
    let file = || told.reopen().unwrap();
    let status = command.stdin(std::process::Stdio::null()).stdout(file()).stderr(file()).status().unwrap();
    assert!(status.success(), "{command:?}: {}", std::fs::read_to_string(told.path()).unwrap());
}

const MAPPING: &str = r#"
source: shop
files:
  - match: "*"
    records:
      - event: Order Placed
        user: customer
        time: placed_at
        amount: { column: total }
        id: { column: id, prefix: "order-" }
      - traits: user
        user: customer
        time: updated_at
        values: { plan: plan }
"#;

const TABLE: &str = "create table orders (id bigint, customer text, total numeric(12,2), plan text, placed_at timestamptz, updated_at timestamptz)";

fn settings(place: &Path, pull: &str) {
    std::fs::write(place.join("shop.yaml"), MAPPING.replace("source: shop", "source: shop\ncurrency: EUR")).unwrap();
    let settings = format!(
        "listen = \"127.0.0.1:0\"\nlog_format = \"json\"\n[compaction]\nevery = \"1h\"\n\
         [[pulls]]\nname = \"shop\"\nurl = \"env:SHOP_URL\"\nmapping = \"shop.yaml\"\nevery = \"100ms\"\n\
         start = \"2020-01-01\"\nrows = 2\n{pull}\n\
         [[api_keys]]\nname = \"reader\"\nscope = \"read\"\nkey = \"env:TEST_READ\"\n"
    );
    std::fs::write(place.join("server.toml"), settings).unwrap();
}

const QUERY: &str = "query = \"select * from orders where updated_at > $1\"\ncursor = \"updated_at\"";

fn serve(place: &Path, url: &str) -> Server {
    Server::start_with(place, &[("SHOP_URL", url), ("TEST_READ", READ)])
}

/// Waits until the figure of the pull is so large.
fn until(server: &Server, of: &str, least: u64) {
    let begun = Instant::now();
    loop {
        let text = server.get("/metrics").body;
        let line = text.lines().find(|line| line.contains("brix_pulls") && line.contains(&format!("of=\"{of}\"")));
        let figure = line.and_then(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).unwrap_or(0);
        if figure >= least {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{of} is {figure}: {}", server.words());
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn orders(records: &[Record]) -> Vec<String> {
    let event = |record: &&Record| matches!(record.body, Body::Event { .. });
    records.iter().filter(event).map(|record| record.message.to_string()).collect()
}

/// The plans that were told of a customer, each once, as the processor counts them.
fn plans(records: &[Record], customer: &str) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    let mut plans = Vec::new();
    for record in records {
        if let Body::Traits { traits, .. } = &record.body
            && record.who.user.as_deref() == Some(customer)
            && seen.insert(record.message.clone())
        {
            plans.extend(traits.get("plan").map(|plan| format!("{plan:?}")));
        }
    }
    plans
}

#[test]
fn rows_come_once_also_after_a_restart_and_updated_ones_again() {
    let Some(postgres) = Postgres::start("rows") else { return };
    let place = folder("pull_rows", "");
    settings(&place, QUERY);
    postgres.sql(TABLE);
    // Three of five have one cursor, more than a page holds.
    postgres.sql(
        "insert into orders select i, 'u' || i, i + 0.25, 'free', '2024-01-01 10:00+00', \
         timestamptz '2024-01-01 10:00+00' + interval '1 h' * greatest(1, i - 2) from generate_series(1, 5) i",
    );
    let server = serve(&place, &postgres.url());
    until(&server, "rows", 5);
    postgres.sql("insert into orders values (6, 'u6', 6.5, 'free', '2024-01-02', '2024-01-02')");
    until(&server, "rows", 6);
    let before = server.records();
    assert_eq!(orders(&before), ["order-1", "order-2", "order-3", "order-4", "order-5", "order-6"]);
    let Body::Event { amount, .. } = &before[0].body else { panic!("{before:?}") };
    assert_eq!(
        amount.as_ref().map(|money| (money.amount.to_string(), &*money.currency)),
        Some(("1.25".to_owned(), "EUR"))
    );
    assert!(before.iter().all(|record| &*record.source == "shop"));

    postgres.sql("insert into orders values (7, 'u7', 7, 'free', '2024-01-03', '2024-01-03')");
    postgres.sql("update orders set plan = 'team', updated_at = '2024-01-04' where id = 2");
    let server = serve(&place, &postgres.url());
    until(&server, "rows", 2);
    let after = server.records();
    assert_eq!(orders(&after)[6..], ["order-7", "order-2"], "order-2 once more: a copy, by its id");
    assert_eq!(plans(&after, "u2"), ["Text(\"free\")", "Text(\"team\")"]);
}

#[test]
fn rows_seen_twice_have_the_same_ids() {
    let Some(postgres) = Postgres::start("twice") else { return };
    let place = folder("pull_twice", "");
    settings(
        &place,
        "query = \"select * from orders where updated_at >= $1::timestamptz - interval '1 day'\"\ncursor = \"updated_at\"",
    );
    postgres.sql(TABLE);
    postgres
        .sql("insert into orders select i, 'u', i, 'free', '2024-01-01', '2024-01-01' from generate_series(1, 5) i");
    let server = serve(&place, &postgres.url());
    until(&server, "rows", 15);
    let records = server.records();
    let ids: std::collections::HashSet<_> = records.iter().map(|record| &record.message).collect();
    assert!(records.len() >= 30);
    // Five orders; five rows of traits, which differ in the order's number.
    assert_eq!(ids.len(), 10, "{ids:?}");
}

fn brix(place: &Path, url: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_brix"));
    command.current_dir(place).env("SHOP_URL", url).env("TEST_READ", READ).args(arguments).output().unwrap()
}

fn fails(place: &Path, url: &str) -> String {
    let output = brix(place, url, &["pull", "shop"]);
    let words = String::from_utf8(output.stderr).unwrap();
    assert_ne!(output.status.code(), Some(0), "{words}");
    assert!(!words.contains("hush"), "{words}");
    words
}

#[test]
fn what_is_wrong_is_told_with_the_cure_and_without_the_password() {
    let Some(postgres) = Postgres::start("wrong") else { return };
    let place = folder("pull_wrong", "");
    postgres.sql(TABLE);
    settings(&place, QUERY);
    let url = postgres.url();
    let words = fails(&place, &url.replace("hush-hush", "hush-no"));
    assert!(words.contains("password authentication failed") && words.contains("check user and password"), "{words}");
    // Without TLS, or with the certificate of one whom nobody knows.
    let by_tls = url.replace("sslmode=disable", "sslmode=require");
    let words = fails(&place, &by_tls);
    assert!(words.contains("cannot connect") && words.contains("sslmode=disable"), "{words}");
    let authority = postgres.folder.join("ca.pem");
    if authority.is_file() {
        settings(&place, &format!("{QUERY}\nca = {authority:?}"));
        let shown = brix(&place, &by_tls, &["pull", "shop"]);
        assert!(shown.status.success(), "{shown:?}");
        settings(&place, &format!("{QUERY}\nca = \"no.pem\""));
        assert!(fails(&place, &by_tls).contains("no.pem"));
        settings(&place, QUERY);
    }
    assert!(fails(&place, "hush").contains("`url` is no address"));
    for (wrong, cure) in [
        ("query = \"select * from ordrs where updated_at > $1\"\ncursor = \"updated_at\"", "ordrs"),
        (
            "query = \"select id from orders where updated_at > $1\"\ncursor = \"updated_at\"",
            "`cursor` must be a column",
        ),
        ("query = \"select * from orders where id > $1\"\ncursor = \"id\"", "is `start`"),
        ("query = \"delete from orders where updated_at > $1\"\ncursor = \"updated_at\"", "cannot read rows"),
        (
            "query = \"select pg_sleep(9), $1::text as at\"\ncursor = \"at\"\ntimeout = \"200ms\"",
            "longer than `timeout`",
        ),
    ] {
        settings(&place, wrong);
        let words = fails(&place, &url);
        assert!(words.contains(cure), "{wrong}: {words}");
    }
    settings(&place, "query = \"select * from orders\"\ncursor = \"updated_at\"");
    assert!(fails(&place, &url).contains("must use the cursor as $1"));
}

#[test]
fn a_pull_can_be_tried_and_a_failing_one_is_seen() {
    let Some(postgres) = Postgres::start("tried") else { return };
    let place = folder("pull_tried", "");
    settings(&place, QUERY);
    let server = serve(&place, &postgres.url());
    until(&server, "failures", 2);
    let status = server.ask("GET", "/api/v1/status", READ, "").json();
    let why = status["pulls"][0]["fails_because"].as_str().unwrap();
    assert!(why.contains("orders") && why.contains("42P01"), "{why}");
    // Told once, not each time.
    assert_eq!(server.words().matches("could not be pulled").count(), 1, "{}", server.words());
    postgres.sql(TABLE);
    postgres.sql("insert into orders values (1, 'u1', 1, 'free', '2024-01-01', '2024-01-01'), (2, null, 1, 'free', '2024-01-01', '2024-01-01')");
    until(&server, "rows", 2);
    assert_eq!(
        server.ask("GET", "/api/v1/status", READ, "").json()["pulls"][0]["fails_because"],
        serde_json::Value::Null
    );
    let (kept, rejects) = server.kept();
    assert_eq!((kept.len(), rejects.len()), (2, 1), "{rejects:?}");

    postgres.sql("insert into orders values (3, 'u3', 1, 'free', '2024-01-03', '2024-01-03')");
    let shown = brix(&place, &postgres.url(), &["pull", "shop"]);
    assert!(String::from_utf8_lossy(&shown.stdout).contains("order-3"), "{shown:?}");
    assert_eq!(records(&place).len(), 2, "nothing is kept by a trial");
    for rows in ["1", "0"] {
        let once = brix(&place, &postgres.url(), &["pull", "shop", "--once", "--json"]);
        assert!(
            String::from_utf8_lossy(&once.stdout).replace(' ', "").contains(&format!("\"rows\":{rows}")),
            "{once:?}"
        );
    }
    assert_eq!(orders(&records(&place)), ["order-1", "order-3"]);
}
