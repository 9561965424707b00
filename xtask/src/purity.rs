//! What the pure crates must not touch. One list, from which come each pure crate's `clippy.toml` (exact: clippy
//! resolves names) and a scan of the source (wide: it also sees what clippy's list does not name).

/// The crates without I/O, clock, threads or randomness of their own.
pub const PURE: [&str; 4] = ["engine", "insight", "simulate", "stats"];

/// Things outside a pure crate, and what to take instead.
pub struct Reach {
    /// What must not be used.
    pub what: &'static str,
    /// Why, and the replacement.
    pub instead: &'static str,
    /// Modules and names that the scan of the source refuses.
    pub names: &'static [&'static str],
    /// Functions that clippy refuses.
    pub methods: &'static [&'static str],
    /// Types that clippy refuses.
    pub types: &'static [&'static str],
    /// Macros that clippy refuses.
    pub macros: &'static [&'static str],
    /// Dependencies that do it.
    pub packages: &'static [&'static str],
}

/// All that a pure crate must not reach for.
pub const REACHES: [Reach; 6] = [
    Reach {
        what: "the clock",
        instead: "time arrives as data: take the instant as an argument",
        names: &["std::time::SystemTime", "std::time::Instant", "Timestamp::now", "Zoned::now", "TimeZone::system"],
        methods: &[
            "std::time::Instant::now",
            "std::time::SystemTime::now",
            "jiff::Timestamp::now",
            "jiff::Zoned::now",
            "jiff::tz::TimeZone::system",
            "jiff::tz::TimeZone::try_system",
        ],
        types: &["std::time::Instant", "std::time::SystemTime"],
        macros: &[],
        packages: &["chrono", "time"],
    },
    Reach {
        what: "files, streams and the network",
        instead: "take the bytes or the records as an argument and give back data: reading and writing belong to history, connect and brix",
        names: &["std::fs", "std::net", "std::io::stdin", "std::io::stdout", "std::io::stderr"],
        methods: &[
            "std::fs::canonicalize",
            "std::fs::copy",
            "std::fs::create_dir",
            "std::fs::create_dir_all",
            "std::fs::metadata",
            "std::fs::read",
            "std::fs::read_dir",
            "std::fs::read_to_string",
            "std::fs::remove_dir_all",
            "std::fs::remove_file",
            "std::fs::rename",
            "std::fs::write",
            "std::io::stderr",
            "std::io::stdin",
            "std::io::stdout",
            "std::path::Path::exists",
            "std::path::Path::is_dir",
            "std::path::Path::is_file",
            "std::path::Path::read_dir",
        ],
        types: &[
            "std::fs::File",
            "std::fs::OpenOptions",
            "std::net::TcpListener",
            "std::net::TcpStream",
            "std::net::UdpSocket",
        ],
        macros: &["std::eprint", "std::eprintln", "std::print", "std::println"],
        packages: &["hyper", "memmap2", "object_store", "parquet", "reqwest", "rusqlite", "tempfile", "ureq"],
    },
    Reach {
        what: "threads",
        instead: "give a fold (new, add, merge, finish) and let the caller spread it over the cores",
        names: &["std::thread"],
        methods: &["std::thread::scope", "std::thread::sleep", "std::thread::spawn"],
        types: &["std::thread::Builder", "std::thread::JoinHandle"],
        macros: &["std::thread_local"],
        packages: &["crossbeam", "rayon"],
    },
    Reach {
        what: "async",
        instead: "a pure function waits for nothing: effects belong to connect and brix",
        names: &["tokio", "futures"],
        methods: &[],
        types: &[],
        macros: &[],
        packages: &["async-trait", "futures", "tokio"],
    },
    Reach {
        what: "the environment",
        instead: "take the setting as an argument",
        names: &["std::env", "std::process"],
        methods: &["std::env::args", "std::env::current_dir", "std::env::temp_dir", "std::env::var", "std::env::vars"],
        types: &["std::process::Command"],
        macros: &[],
        packages: &[],
    },
    Reach {
        what: "unseeded randomness",
        instead: "take the seed, or the seeded generator, as an argument",
        names: &["thread_rng", "OsRng", "from_entropy", "from_os_rng", "rand::rng", "rand::random", "RandomState"],
        methods: &["rand::random", "rand::rng", "rand::thread_rng", "fastrand::seed"],
        types: &["rand::rngs::OsRng", "rand::rngs::ThreadRng", "std::collections::hash_map::RandomState"],
        macros: &[],
        packages: &["getrandom"],
    },
];

/// The `clippy.toml` of a pure crate. Clippy takes the nearest such file and that one only, so the settings of the
/// root's are repeated.
pub fn clippy_lists(settings: &str) -> String {
    let mut text = String::from(
        "# Made by `cargo xtask generate` from xtask/src/purity.rs: this crate is pure.\n\
         # A test that must reach out says `#![expect(clippy::disallowed_methods, reason = \"…\")]`.\n",
    );
    text.push_str(settings);
    type Names = fn(&Reach) -> &'static [&'static str];
    let lists: [(&str, Names); 3] = [
        ("disallowed-methods", |reach| reach.methods),
        ("disallowed-types", |reach| reach.types),
        ("disallowed-macros", |reach| reach.macros),
    ];
    for (list, names) in lists {
        text.push_str(&format!("\n{list} = [\n"));
        for reach in &REACHES {
            for name in names(reach) {
                // Not every pure crate has every dependency in the list.
                let foreign = if name.starts_with("std::") { "" } else { ", allow-invalid = true" };
                text.push_str(&format!("  {{ path = \"{name}\", reason = \"{}\"{foreign} }},\n", reach.instead));
            }
        }
        text.push_str("]\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_valid_toml_and_keep_the_settings() {
        let table: toml::Table = clippy_lists("allow-unwrap-in-tests = true\n").parse().unwrap();
        assert_eq!(table.get("allow-unwrap-in-tests").and_then(toml::Value::as_bool), Some(true));
        let methods = table.get("disallowed-methods").and_then(toml::Value::as_array).unwrap();
        let named =
            |path: &str| methods.iter().any(|entry| entry.get("path").and_then(toml::Value::as_str) == Some(path));
        assert!(named("std::fs::read") && named("std::time::SystemTime::now") && named("rand::thread_rng"));
    }
}
