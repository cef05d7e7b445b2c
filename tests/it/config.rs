//! Where settings come from, and which of two sources is heard.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::time::Duration;

use pixfront::config::{Config, SETTINGS};
use pixfront::error::Kind;

#[test]
fn the_environment_overrides_the_file_and_headers_override_both() {
    let file = "deadline_ms = 1\nsource_bytes = 2\nrenders = 3\nserve_originals = false\noriginals_bucket = \"cats\"";
    let variable = |name: &str| match name {
        "PIXFRONT_SOURCE_BYTES" => Some("20".to_owned()),
        "PIXFRONT_RENDERS" => Some("30".to_owned()),
        _ => None,
    };
    let config = Config::from_sources(file, variable).unwrap();
    let headers = [("X-Pixfront-Renders", "300"), ("x-pixfront-variants-region", "eu-west-1"), ("x-other", "?")];
    let config = config.with_headers(headers).unwrap();
    assert_eq!(config.deadline, Duration::from_millis(1));
    assert_eq!((config.source_bytes, config.renders.get()), (20, 300));
    assert!(!config.policy.serves_originals);
    assert_eq!(config.originals_bucket(), "cats");
    assert_eq!(config.variants.region.as_deref(), Some("eu-west-1"));
}

#[test]
fn a_bad_setting_is_named_with_its_source() {
    let table = [
        ("renders = 0", "pixfront.toml: renders=0: must be a number, at least 1"),
        ("renders = [1]", "pixfront.toml: renders: must be a number, at least 1"),
        ("rendres = 1", "pixfront.toml: there is no setting rendres"),
        ("renders: 1", "pixfront.toml is not TOML"),
    ];
    for (file, words) in table {
        let error = Config::from_sources(file, |_| None).unwrap_err();
        assert_eq!((error.kind(), error.context()), (Kind::Invalid, words), "{file}");
    }
    let error = Config::from_sources("", |name| (name == "PIXFRONT_TABLE").then(|| "a b".to_owned())).unwrap_err();
    assert_eq!(error.context(), "PIXFRONT_TABLE=a b: must be a table's name");
    let error = Config::default().with_headers([("x-pixfront-renders", "0")]).unwrap_err();
    assert_eq!(error.context(), "the origin's header x-pixfront-renders=0: must be a number, at least 1");
}

#[test]
fn every_setting_can_come_from_anywhere() {
    for setting in &SETTINGS {
        let odd = "\u{1}";
        let in_file = Config::from_sources(&format!("{} = '''\u{7f}'''", setting.name), |_| None).unwrap_err();
        assert!(in_file.context().starts_with("pixfront.toml"), "{}", in_file.context());
        let variable = |name: &str| (name == setting.variable()).then(|| odd.to_owned());
        assert!(Config::from_sources("", variable).unwrap_err().context().starts_with(&setting.variable()));
        let by_header = Config::default().with_headers([(&*setting.header(), odd)]).unwrap_err();
        assert!(by_header.context().contains(&setting.header()));
    }
}
