//! Uploads that are authorised: AWS's own signature is computed again, by another program.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::path::Path;
use std::process::{Command, Stdio};

use crate::world::program;

use super::sick::{Asked, Illness, Proxy};

/// Signature version 4, as AWS's documentation has it; what is read is what was sent.
const SIGNATURE: &str = r#"
import hashlib, hmac, json, sys
asked = json.load(sys.stdin)
date, names = asked["headers"]["x-amz-date"], asked["signed"].split(";")
sign = lambda key, text: hmac.new(key, text.encode(), hashlib.sha256).digest()
headers = "".join(f"{name}:{asked['headers'][name]}\n" for name in names)
canonical = "\n".join(["PUT", asked["path"], "", headers, asked["signed"], asked["body_sha256"]])
scope = f"{date[:8]}/{asked['region']}/execute-api/aws4_request"
text = "\n".join(["AWS4-HMAC-SHA256", date, scope, hashlib.sha256(canonical.encode()).hexdigest()])
key = b"AWS4" + b"a-secret-access-key"
for part in [date[:8], asked["region"], "execute-api", "aws4_request"]:
    key = sign(key, part)
print(sign(key, text).hex())
"#;

/// No bucket takes anything: the first upload is the last.
const CLOSED: Illness = Illness { before: |_| None, after: |_, told| told.status = 403 };

#[tokio::test]
async fn uploads_are_signed_as_aws_wants_it() {
    let asked = uploaded(&["--upload-auth", "iam"]).await;
    let header = |name: &str| asked.headers.get(name).map_or("", |value| value.to_str().unwrap());
    let authorization = header("authorization");
    let field = |name: &str| {
        let rest = authorization.split_once(&format!("{name}=")).unwrap_or_else(|| panic!("{authorization}")).1;
        rest.split(',').next().unwrap()
    };
    let date = &header("x-amz-date")[..8];
    assert!(authorization.starts_with("AWS4-HMAC-SHA256 "), "{authorization}");
    assert_eq!(field("Credential"), format!("AN-ACCESS-KEY/{date}/eu-west-3/execute-api/aws4_request"));
    let signed = field("SignedHeaders");
    assert!(signed.split(';').any(|name| name == "host"), "{signed}");
    let headers: serde_json::Map<_, _> = signed.split(';').map(|name| (name.to_owned(), header(name).into())).collect();
    let body_sha256 = sha256(&asked.body);
    let facts = serde_json::json!({
        "path": asked.url, "headers": headers, "signed": signed, "region": "eu-west-3", "body_sha256": body_sha256,
    });
    assert_eq!(field("Signature"), python(SIGNATURE, &facts.to_string()));
}

#[tokio::test]
async fn an_api_key_is_sent() {
    let asked = uploaded(&["--upload-auth", "api-key", "--upload-api-key", "a-key"]).await;
    assert_eq!(asked.headers["x-api-key"], "a-key");
    assert!(!asked.headers.contains_key("authorization"));
}

/// The request of the first upload.
async fn uploaded(arguments: &[&str]) -> Asked {
    let proxy = Proxy::start(String::new(), &[CLOSED]).await;
    let mut command = program(["doctor", &proxy.url, "--upload-url", &format!("{}/prod/originals", proxy.url)]);
    command.args(arguments).envs([
        ("AWS_ACCESS_KEY_ID", "AN-ACCESS-KEY"),
        ("AWS_SECRET_ACCESS_KEY", "a-secret-access-key"),
        ("AWS_REGION", "eu-west-3"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ]);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.starts_with("broken  upload"), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let seen = proxy.seen();
    let [asked] = &*seen else { panic!("{} requests", seen.len()) };
    assert!(asked.method == "PUT" && asked.url.starts_with("/prod/originals/pixfront-doctor/"), "{}", asked.url);
    asked.clone()
}

fn sha256(body: &[u8]) -> String {
    use sha2::{Digest as _, Sha256};
    base16ct::lower::encode_string(&Sha256::digest(body))
}

fn python(program: &str, input: &str) -> String {
    use std::io::Write as _;
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools/venv/bin/python");
    let mut child =
        Command::new(python).args(["-c", program]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
