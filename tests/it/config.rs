//! Where settings come from, and which of two sources is heard.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use std::time::Duration;

use pixfront::config::{Config, SETTINGS};
use pixfront::error::{Kind, Result};
use pixfront::format::FileType;
use pixfront::request::Request;
use pixfront::serve::viewer_request::rewrite;
use pixfront::variant::{Plan, Recipe, plan};

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

fn with(setting: &str, value: &str) -> Result<Config> {
    let variable = format!("PIXFRONT_{setting}");
    Config::from_sources("", |name| (name == variable).then(|| value.to_owned()))
}

#[test]
fn presets_are_read_from_one_line() {
    let line = " small:w=400&f=auto ;\tsquare:width=600&h=600&fit=cover&pos=0.5,0.25;A_b-9:q=5";
    let config = with("PRESETS", line).unwrap();
    let comes_to = |query: &str| {
        let request = Request::parse("/a.jpg", query, Some("image/webp")).unwrap();
        match plan(&request, &config.policy) {
            Ok(Plan::Variant(variant)) => variant.recipe_name(),
            other => panic!("{query}: {other:?}"),
        }
    };
    assert_eq!(comes_to("p=small"), "w=400,f=webp");
    assert_eq!(comes_to("p=square&w=300"), "w=300,h=600,fit=cover,pos=0.5:0.25");
    assert_eq!(comes_to("p=A_b-9"), "q=5");
    for none in ["", " "] {
        assert!(with("PRESETS", none).unwrap().policy.presets.is_empty());
    }
    let in_file = Config::from_sources("presets = 'small:w=4'", |_| None).unwrap();
    let by_header = in_file.with_headers([("x-pixfront-presets", "large:w=5")]).unwrap();
    let names: Vec<_> = by_header.policy.presets.keys().collect();
    assert_eq!(names, ["large"], "a later source replaces them all");
}

#[test]
fn bad_presets_are_refused_at_the_start() {
    let bad = [
        "small",
        "small:",
        ":w=4",
        "sm all:w=4",
        "small.:w=4",
        "small:w=4;",
        ";small:w=4",
        "small:w=0",
        "small:w=4&width=4",
        "small:x=4",
        "small:w=4&",
        "small:w",
        "small:p=other",
        "small:s=0123",
        "small:exp=1",
        "small:w=8000&dpr=2",
        "small:w=4;small:w=5",
        "small:w=4,large:w=5",
    ];
    for value in bad {
        let error = with("PRESETS", value).unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid, "{value}");
        let words = format!("PIXFRONT_PRESETS={value}: must be a list such as small:w=400&f=auto;square:");
        assert!(error.context().starts_with(&words), "{}", error.context());
    }
}

#[test]
fn defaults_are_for_urls_that_ask_for_something() {
    let variable = |name: &str| match name {
        "PIXFRONT_DEFAULTS" => Some("fit=cover&f=auto&q=70".to_owned()),
        "PIXFRONT_PRESETS" => Some("plain:w=5&h=5&fit=inside&f=png".to_owned()),
        _ => None,
    };
    let config = Config::from_sources("", variable).unwrap();
    for (url, uri, is_negotiated) in [
        ("/a.jpg?w=4&h=3", "/a.jpg/w=4,h=3,f=webp,q=70,fit=cover", true),
        ("/a.jpg?w=4&h=3&fit=inside&f=jpeg&q=80", "/a.jpg/w=4,h=3,f=jpeg", false),
        ("/a.jpg?p=plain", "/a.jpg/w=5,h=5,f=png", false),
        ("/a.jpg?w=4", "/a.jpg/w=4,f=webp,q=70", true),
        ("/a.jpg", "/a.jpg", false),
        ("/a.jpg?fit=inside&utm=1", "/a.jpg", false),
        ("/resized-a.jpg", "/resized-a.jpg", false),
    ] {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let rewritten = rewrite(path, query, Some("image/webp"), &config, 0).unwrap();
        assert_eq!((&*rewritten.uri, rewritten.is_negotiated), (uri, is_negotiated), "{url}");
    }
    for bad in ["w=4", "h=4", "dpr=2", "fit=cover&w=4", "p=plain", "fit=wide", "s=0", "exp=1", "x=1", "f=auto&"] {
        let error = with("DEFAULTS", bad).unwrap_err();
        let words = format!("PIXFRONT_DEFAULTS={bad}: must be parameters as URLs have them, without w, h and dpr");
        assert!(error.context().starts_with(&words), "{}", error.context());
    }
    let unmade = Config::from_sources("formats = 'jpeg'\ndefaults = 'f=webp'", |_| None).unwrap();
    assert_eq!(unmade.check().unwrap_err().context(), "PIXFRONT_DEFAULTS: f=webp: not made here; can be jpeg");
}

#[test]
fn thumbnails_are_read_from_one_line() {
    let names = |value: &str| {
        let thumbnails = with("THUMBNAILS", value).unwrap().policy.thumbnails;
        thumbnails.into_iter().map(|thumbnail| (thumbnail.prefix, thumbnail.recipe)).collect::<Vec<_>>()
    };
    assert_eq!(names("resized-:half"), [("resized-".to_owned(), Recipe::HALF)]);
    let three = names(" small-:w=368 ; medium-:width=720&f=webp;thumbs/large_:w=700&dpr=2");
    let recipe = |text: &str| Recipe::parse(text).unwrap().unwrap();
    let wanted = [("small-", "w=368"), ("medium-", "w=720,f=webp"), ("thumbs/large_", "w=1400")];
    assert_eq!(three, wanted.map(|(prefix, text)| (prefix.to_owned(), recipe(text))));
    for none in ["", " "] {
        assert_eq!(names(none), []);
    }
    let bad = [
        "resized-",
        "resized-half",
        "resized:half",
        ":half",
        "-:",
        "resized-:",
        "resized-:q=0",
        "resized-:w=400&f=auto",
        "resized-:f=bmp",
        "resized-:pos=top",
        "resized-:p=small",
        "resized-:s=0",
        "/resized-:half",
        "a//b-:half",
        "../a-:half",
        "réduit-:half",
        "a b-:half",
        "w=4/:half",
        "a-:half;a-:w=4",
        "a-:half;a-b-:w=4",
        "a-b-:half;a-:w=4",
        "a-:half;;b-:half",
    ];
    for value in bad {
        let error = with("THUMBNAILS", value).unwrap_err();
        let words = format!("PIXFRONT_THUMBNAILS={value}: must be a list such as resized-:half;thumbnail-:w=128&h=128");
        assert!(error.context().starts_with(&words), "{}", error.context());
    }
    let unmade = Config::from_sources("formats = 'jpeg'\nthumbnails = 'a-:f=webp'", |_| None).unwrap();
    let words = "PIXFRONT_THUMBNAILS: a-: f=webp is not made here; can be jpeg";
    assert_eq!(unmade.check().unwrap_err().context(), words);
}

/// Whatever the order and the sources in which they are set.
#[test]
fn presets_of_what_is_not_made_are_refused_at_the_start() {
    let config = |file: &str| Config::from_sources(file, |_| None).unwrap();
    let check = |config: &Config| config.check().map_err(|error| (error.kind(), error.context().to_owned()));
    let words = "PIXFRONT_PRESETS: small: f=avif: not made here; can be webp".to_owned();
    let refused = config("presets = 'other:w=4;small:f=avif'\nformats = 'webp'");
    assert_eq!(check(&refused), Err((Kind::Invalid, words.clone())));
    let by_header = config("formats = 'webp'").with_headers([("x-pixfront-presets", "small:w=4&f=avif")]).unwrap();
    assert_eq!(check(&by_header), Err((Kind::Invalid, words)));
    for made in ["f=auto", "f=webp", "w=4"] {
        assert_eq!(check(&config(&format!("formats = 'webp'\npresets = 'small:{made}'"))), Ok(()), "{made}");
    }
}

#[test]
fn what_is_not_decoded_is_a_list() {
    let undecoded = |value: &str| with("UNDECODED", value).map(|config| config.image.undecoded);
    assert_eq!(undecoded("gif, avif,tiff").unwrap(), [FileType::Gif, FileType::Avif, FileType::Tiff].into());
    assert_eq!(undecoded("").unwrap(), [].into());
    for bad in ["jpg", "GIF", "svg", "gif,", "gif;avif", "none"] {
        let words = format!("PIXFRONT_UNDECODED={bad}: must be a list of jpeg, png, webp, gif, avif, tiff, bmp");
        assert_eq!(undecoded(bad).unwrap_err().context(), words);
    }
}

#[test]
fn secrets_are_not_shown() {
    let secret = "a-secret-that-nobody-would-guess-1";
    let config = Config::from_sources(&format!("signing_keys = '{secret}, {secret}'"), |_| None).unwrap();
    let shown = format!("{config:?}");
    assert!(shown.contains("signing_keys: Some(SigningKeys(2))") && !shown.contains("nobody"), "{shown}");
    assert!(Config::default().signing_keys.is_none());
    let shown = format!("{:?}", with("DEBUG_SECRET", secret).unwrap());
    assert!(shown.contains("debug_secret: Some(DebugSecret)") && !shown.contains("nobody"), "{shown}");

    let torn = format!("renders = 1\nsigning_keys = '{secret}\n");
    let error = Config::from_sources(&torn, |_| None).unwrap_err();
    assert!(error.chain().starts_with("pixfront.toml is not TOML: line 2: "), "{}", error.chain());
    let short = format!("signing_keys = '{secret},nobody'");
    for error in [
        error,
        Config::from_sources(&short, |_| None).unwrap_err(),
        with("SIGNING_KEYS", "nobody").unwrap_err(),
        Config::default().with_headers([("x-pixfront-signing-keys", "nobody")]).unwrap_err(),
        with("DEBUG_SECRET", "nobody").unwrap_err(),
    ] {
        assert!(!format!("{error:?} {}", error.chain()).contains("nobody"), "{error:?}");
    }
}

#[test]
fn efforts_are_read() {
    let encoding = Config::default().image.encoding;
    assert_eq!((encoding.webp_effort, encoding.avif_speed), (4, None));
    for (name, most) in [("WEBP_EFFORT", 6), ("AVIF_SPEED", 9)] {
        for value in 0..=most {
            let encoding = with(name, &value.to_string()).unwrap().image.encoding;
            assert_eq!(if most == 6 { Some(encoding.webp_effort) } else { encoding.avif_speed }, Some(value));
        }
        for bad in [(most + 1).to_string().as_str(), "-1", "", "fast", "256"] {
            let error = with(name, bad).unwrap_err();
            assert_eq!(error.context(), format!("PIXFRONT_{name}={bad}: must be a number from 0 to {most}"));
        }
    }
}

#[test]
fn frames_and_progressive_are_read() {
    assert_eq!(with("FRAMES", "1").unwrap().image.limits.frames, 1);
    for bad in ["0", "-1", "many", "4294967296"] {
        let error = with("FRAMES", bad).unwrap_err();
        assert_eq!(error.context(), format!("PIXFRONT_FRAMES={bad}: must be a number of frames, at least 1"));
    }
    assert!(with("JPEG_PROGRESSIVE", "true").unwrap().image.encoding.jpeg_progressive);
    assert!(!with("JPEG_PROGRESSIVE", "false").unwrap().image.encoding.jpeg_progressive);
    assert!(!Config::default().image.encoding.jpeg_progressive);
    let error = with("JPEG_PROGRESSIVE", "yes").unwrap_err();
    assert_eq!(error.context(), "PIXFRONT_JPEG_PROGRESSIVE=yes: must be true or false");
}
