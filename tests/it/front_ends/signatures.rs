//! `sign.mjs` signs as we do: every URL of `tests/vectors`.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use pixfront::params::PARAMS;
use pixfront::request::Request;
use pixfront::signature::SigningKeys;
use serde_json::Value;
use tempfile::TempDir;

use super::{KEY, ROOT, node};

const SIGN: &str = "cloudfront/front-ends/nextjs/sign.mjs";

/// The URLs of every file, those of refused requests as well.
fn urls() -> Vec<String> {
    let files = fs::read_dir(Path::new(ROOT).join("tests/vectors")).unwrap();
    let vectors = files.flat_map(|file| {
        let file: Value = serde_json::from_slice(&fs::read(file.unwrap().path()).unwrap()).unwrap();
        file["vectors"].as_array().unwrap().clone()
    });
    vectors.map(|vector| vector["url"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn pages_sign_as_we_do() {
    let urls = urls();
    let folder = TempDir::new().unwrap();
    let list = folder.path().join("urls.json");
    fs::write(&list, serde_json::to_vec(&urls).unwrap()).unwrap();
    let script = Path::new(ROOT).join(SIGN);
    let arguments: [&OsStr; 3] = [script.as_ref(), KEY.as_ref(), list.as_ref()];
    let theirs: Vec<Option<String>> = serde_json::from_slice(&node("signatures.mjs", &arguments).await).unwrap();
    assert_eq!(theirs.len(), urls.len());

    let keys = SigningKeys::parse(KEY).unwrap();
    let mut alike = 0;
    for (url, theirs) in urls.iter().zip(theirs) {
        // What can't be a request can't be signed either; they may, and the request is refused.
        let Ok(ours) = keys.sign_url(url, None) else {
            continue;
        };
        let theirs = theirs.unwrap_or_else(|| panic!("{url} is not signed"));
        // Name, parameters, signature and expiry.
        let [ours, read] = [&ours, &theirs].map(|url| Request::parse_url(url, None).unwrap());
        assert_eq!(read, ours, "{url} became {theirs}");
        alike += 1;
    }
    assert!(alike > 300, "only {alike} of {} could be signed", urls.len());
}

#[test]
fn the_signing_script_knows_every_parameter() {
    let script = fs::read_to_string(Path::new(ROOT).join(SIGN)).unwrap();
    let names: Vec<_> = PARAMS.iter().filter(|row| row.name != "s").map(|row| format!("'{}'", row.name)).collect();
    let order = format!("const ORDER = [{}];", names.join(", "));
    assert!(script.contains(&order), "{SIGN} lacks {order}");
    let aliases = PARAMS.iter().flat_map(|row| row.aliases.iter().map(|alias| format!("{alias}: '{}'", row.name)));
    let aliases = format!("const ALIASES = {{ {} }};", aliases.collect::<Vec<_>>().join(", "));
    assert!(script.contains(&aliases), "{SIGN} lacks {aliases}");
}
