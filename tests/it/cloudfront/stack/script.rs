//! What `scripts/deploy.sh` says before it asks AWS for anything: one sentence that names the thing.

use std::path::Path;
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What the script says with these words in its environment; it must fail.
fn refusal(script: &str, arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let mut command = Command::new(Path::new(ROOT).join("scripts").join(script));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_")) {
        command.env_remove(name);
    }
    // Nobody is there, and there are no keys: whoever asks AWS all the same is not answered.
    let nowhere =
        [("HOME", "/nonexistent"), ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"), ("AWS_EC2_METADATA_DISABLED", "true")];
    let output = command.args(arguments).envs(nowhere).envs(environment.iter().copied()).output().unwrap();
    assert!(!output.status.success(), "{environment:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.trim_end().lines().count(), 1, "one sentence: {said}");
    said
}

#[test]
fn wrong_words_get_a_sentence() {
    let table: [(&[(&str, &str)], &str); 9] = [
        (&[], "say where: REGION="),
        (&[("REGION", "eu-wst-1")], "REGION=eu-wst-1 is no region"),
        (&[("REGION", "eu-west-1; rm -rf /")], "is no region"),
        (&[("REGION", "eu-west-1"), ("STACK", "Pixfront")], "STACK=Pixfront must be at most 24 small letters"),
        (&[("REGION", "eu-west-1"), ("STACK", "a-name-that-is-far-too-long")], "must be at most 24"),
        (&[("REGION", "eu-west-1"), ("STACK", "pix front")], "STACK=pix front must be"),
        (&[("REGION", "eu-west-1"), ("DOOR", "front")], "DOOR=front is neither edge nor regional"),
        (&[("REGION", "eu-west-1"), ("PARAMETERS", "CorsOrigins")], "'CorsOrigins', which is not Name=value"),
        (&[("REGION", "eu-west-1"), ("EDGE_PARAMETERS", "x")], "'x', which is not Name=value"),
    ];
    for (environment, expected) in table {
        let said = refusal("deploy.sh", &["--check"], environment);
        assert!(said.starts_with("deploy: ") && said.contains(expected), "{environment:?}: {said}");
    }
    let good: [(&str, &str); 3] =
        [("REGION", "eu-west-1"), ("DOOR", "regional"), ("PARAMETERS", "CorsOrigins=* VariantsDays=0")];
    let output = Command::new(Path::new(ROOT).join("scripts/deploy.sh")).arg("--check").envs(good).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn without_credentials_nothing_is_done() {
    for (script, arguments) in [("deploy.sh", &["nowhere"][..]), ("undeploy.sh", &[])] {
        let said = refusal(script, arguments, &[("REGION", "eu-west-1")]);
        assert!(said.contains("AWS does not know who asks: set credentials"), "{said}");
    }
}

#[test]
fn a_function_that_cloudfront_would_not_take_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (function, out) = (dir.path().join("viewer-request.js"), dir.path().join("template.yaml"));
    let build = || {
        let mut command = Command::new(Path::new(ROOT).join("scripts/build-template.py"));
        command.current_dir(ROOT).arg("cloudfront/template.yaml").args([&function, &out]).output().unwrap()
    };
    std::fs::write(&function, "x".repeat(10_240)).unwrap();
    let said = String::from_utf8(build().stderr).unwrap();
    assert!(said.contains("has 10241 bytes, and CloudFront takes functions of at most 10240"), "{said}");
    assert!(!out.exists());
    let text = "async function handler(event) {\n\n    return `${event.request}`;\n}";
    std::fs::write(&function, text).unwrap();
    assert!(build().status.success());
    let template = super::super::template::read(&out);
    assert_eq!(
        template["Resources"]["ViewerRequest"]["Properties"]["FunctionCode"].as_str(),
        Some(&*format!("{text}\n"))
    );
    let deployments = |of: &serde_json::Value| {
        let names = of["Resources"].as_object().unwrap().keys();
        names.filter(|name| name.starts_with("UploadDeployment")).cloned().collect::<Vec<_>>()
    };
    let before = deployments(&template);
    assert_eq!(template["Resources"]["UploadStage"]["Properties"]["DeploymentId"]["Ref"].as_str(), Some(&*before[0]));
    std::fs::write(&function, text.replace("event", "e")).unwrap();
    assert!(build().status.success());
    assert_ne!(deployments(&super::super::template::read(&out)), before, "another template is another deployment");
}
