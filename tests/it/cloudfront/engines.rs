//! The function in a JavaScript engine: one process answers many calls (tests/cloudfront/run.js).

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use std::{fs, io, thread};

use serde::Serialize;
use serde_json::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// To one process: njs gives no memory back before it ends, and each call takes 100 kB.
const CALLS_MAX: usize = 1500;
const DEADLINE: Duration = Duration::from_mins(2);

/// Where the function is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Engine {
    /// Debian's njs, which knows little more than what AWS documents: the strict one.
    Njs,
    /// Node.js, whose strings are counted otherwise, and which knows the language best.
    Node,
}

/// A request as it reaches CloudFront.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Call {
    /// The function's text.
    #[serde(skip)]
    pub(super) text: String,
    /// Its number, which is given when it is asked.
    pub(super) function: usize,
    /// Path and query.
    pub(super) url: String,
    pub(super) headers: Vec<Header>,
    /// What the key-value store has; nothing where it can't be read.
    pub(super) store: Option<Value>,
    /// In Unix seconds.
    pub(super) now: u64,
    /// Whether it is the console's test event, which has no raw query.
    pub(super) is_test: bool,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Header {
    pub(super) name: &'static str,
    pub(super) value: String,
}

impl Call {
    pub(super) fn new(text: String, url: impl Into<String>) -> Self {
        Self { text, function: 0, url: url.into(), headers: Vec::new(), store: None, now: 0, is_test: false }
    }

    pub(super) fn with_header(mut self, name: &'static str, value: Option<&str>) -> Self {
        self.headers.extend(value.map(|value| Header { name, value: value.to_owned() }));
        self
    }

    pub(super) fn with_keys(mut self, keys: Option<&str>) -> Self {
        self.store = keys.map(|keys| serde_json::json!({ "signing-keys": keys }));
        self
    }
}

impl Engine {
    pub(super) const BOTH: [Self; 2] = [Self::Njs, Self::Node];

    /// What comes of the calls, in their order.
    pub(super) fn ask(self, calls: &[Call]) -> Vec<Value> {
        calls.chunks(CALLS_MAX).flat_map(|calls| self.ask_once(calls.to_vec())).collect()
    }

    fn ask_once(self, mut calls: Vec<Call>) -> Vec<Value> {
        let mut texts: Vec<String> = Vec::new();
        for call in &mut calls {
            call.function = texts.iter().position(|text| *text == call.text).unwrap_or_else(|| {
                texts.push(call.text.clone());
                texts.len() - 1
            });
        }
        let dir = tempfile::tempdir().unwrap();
        lay_out(dir.path(), &texts);
        fs::write(dir.path().join("calls.json"), serde_json::to_string(&calls).unwrap()).unwrap();
        let child = self.command(dir.path()).args(["run.js", "calls.json", "answers.json"]).spawn();
        let mut child =
            child.unwrap_or_else(|error| panic!("{self:?} does not start ({error}): `make test` installs it"));
        wait(&mut child, self);
        let answers: Vec<Value> =
            serde_json::from_str(&fs::read_to_string(dir.path().join("answers.json")).unwrap()).unwrap();
        assert_eq!(answers.len(), calls.len());
        answers
    }

    fn command(self, dir: &Path) -> Command {
        let mut command = match self {
            Self::Njs => {
                let own = Path::new(ROOT).join(".tools/bin/njs");
                let mut command = Command::new(if own.exists() { own } else { PathBuf::from("njs") });
                command.arg("-p").arg(dir);
                command
            }
            Self::Node => {
                let mut command = Command::new(Path::new(ROOT).join(".tools/node/node_modules/node-22/bin/node"));
                command.args(["--require", "./require.cjs"]);
                command
            }
        };
        command.current_dir(dir).stdin(Stdio::null()).stdout(Stdio::piped());
        command
    }
}

/// The functions as they are, but for a last line that exports them, and all that the runner imports, where each engine looks for it.
fn lay_out(dir: &Path, texts: &[String]) {
    let write = |name: &str, text: &str| fs::write(dir.join(name), text).unwrap();
    let ours = |name: &str| fs::read_to_string(Path::new(ROOT).join("tests/cloudfront").join(name)).unwrap();
    write("run.js", &ours("run.js"));
    for (number, text) in texts.iter().enumerate() {
        write(&format!("function-{number}.js"), &format!("{text}export default handler;\n"));
    }
    let imports: Vec<_> =
        (0..texts.len()).map(|number| format!("import f{number} from './function-{number}.js';\n")).collect();
    let names: Vec<_> = (0..texts.len()).map(|number| format!("f{number}")).collect();
    write("functions.js", &format!("{}export default [{}];\n", imports.concat(), names.join(", ")));
    // For njs, a file of just this name.
    write("cloudfront", &ours("cloudfront.js"));
    // For Node.js, a package, and a require() as CloudFront's modules have it.
    fs::create_dir_all(dir.join("node_modules/cloudfront")).unwrap();
    write("node_modules/cloudfront/index.js", &ours("cloudfront.js"));
    write("node_modules/cloudfront/package.json", r#"{ "type": "module", "main": "index.js" }"#);
    write("package.json", r#"{ "type": "module" }"#);
    write("require.cjs", "globalThis.require = require;\n");
}

/// Its output ends when it does; what it says there is the functions' log.
fn wait(child: &mut Child, engine: Engine) {
    let mut log = child.stdout.take().unwrap();
    let (ended, end) = mpsc::channel();
    let reader = thread::spawn(move || {
        let read = io::copy(&mut log, &mut io::sink());
        ended.send(read).unwrap();
    });
    let is_late = end.recv_timeout(DEADLINE).is_err();
    if is_late {
        child.kill().unwrap();
    }
    let status = child.wait().unwrap();
    assert!(!is_late, "{engine:?} has not answered within {DEADLINE:?}");
    assert!(status.success(), "{engine:?} ended with {status}");
    reader.join().unwrap();
}
