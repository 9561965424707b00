//! A real set with its example, in a lake of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The repository's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub struct Set {
    name: &'static str,
    data: PathBuf,
    scratch: PathBuf,
    workspace: &'static str,
}

impl Set {
    /// The set, if it is there, with nothing imported yet. No two tests have one scratch.
    pub fn find(name: &'static str, scratch: &str) -> Option<Self> {
        let data = root().join("../shared/data").join(name);
        if !data.is_dir() {
            println!("skipped: there is no {}", data.display());
            return None;
        }
        let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("real-sets").join(scratch);
        let _ = std::fs::remove_dir_all(&scratch);
        std::fs::create_dir_all(&scratch).unwrap();
        Some(Self { name, data, scratch, workspace: "brix.yaml" })
    }

    /// The set, imported as its README says.
    pub fn import(name: &'static str, scratch: &str) -> Option<Self> {
        let set = Self::find(name, scratch)?;
        set.import_by("mapping.yaml");
        Some(set)
    }

    pub fn import_by(&self, mapping: &str) {
        let told = self.json(&["import", "--mapping", mapping, self.data.to_str().unwrap()]);
        assert_eq!(told["rejected"]["rows"], 0);
    }

    /// With other settings of the example.
    pub fn with(self, workspace: &'static str) -> Self {
        Self { workspace, ..self }
    }

    /// The example's mapping with something else in it.
    pub fn mapping(&self, change: impl Fn(&str) -> String) -> String {
        let path = root().join("examples").join(self.name).join("mapping.yaml");
        let (before, to) = (std::fs::read_to_string(path).unwrap(), self.scratch.join("mapping.yaml"));
        let after = change(&before);
        assert_ne!(before, after);
        std::fs::write(&to, after).unwrap();
        to.to_str().unwrap().to_owned()
    }

    /// A file of the test's own.
    pub fn file(&self, name: &str) -> String {
        self.scratch.join(name).to_str().unwrap().to_owned()
    }

    /// Runs the binary in the example's folder and gives what it says on standard output.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let output = Command::new(env!("CARGO_BIN_EXE_brix"))
            .current_dir(root().join("examples").join(self.name))
            .arg("--lake")
            .arg(self.scratch.join("lake"))
            .args(["--quiet", "--json", "--workspace", self.workspace])
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "brix {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}
