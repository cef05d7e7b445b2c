//! The twins agree on whatever URL, not only on those that the vectors thought of.

use pixfront::config::Config;
use pixfront::format::Format;
use pixfront::signature::SigningKeys;
use pixfront::variant::{Thumbnail, parse_preset};
use pixfront::viewer_function::deployed;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::engines::{Call, Engine};
use super::viewer_request::twin;
use crate::properties::{BAD_PAIRS, GOOD_PAIRS, NAME_PIECES, UNKNOWN_PAIRS, WIRE_PIECES};

const CASES: usize = 3000;
const KEYS: &str = "a-secret-that-nobody-would-guess-1,a-secret-that-was-the-first-one-once";
const NOW: u64 = 1_700_000_000;
const ACCEPTS: [&str; 9] = [
    "image/avif,image/webp,image/apng,*/*;q=0.8",
    "image/webp",
    "image/webp;q=0, image/AVIF ; Q=0.001",
    "image/avif;q=00, image/webp;\tq = 1e-5",
    "image/avif;q=1.;level=1,image/webp;q=.5",
    "image/webp;q",
    "image/webp;q=,image/avif;x=q=0;q=10",
    "image/webp,é",
    "",
];

/// What a viewer sends, and what it is signed with if it is.
#[derive(Clone, Debug)]
struct Sent {
    url: String,
    accept: Option<&'static str>,
    deployment: usize,
    is_signed: bool,
}

fn pair() -> impl Strategy<Value = String> {
    let good = select(&GOOD_PAIRS[..]).prop_flat_map(|(names, values)| {
        (select(names), select(values)).prop_map(|(name, value)| format!("{name}={value}"))
    });
    let number = (
        select(&["w", "h", "q", "dpr", "exp", "pos"][..]),
        "0{0,2}[0-9]{1,4}(\\.[0-9]{0,4})?([,:][01](\\.[05]{0,2})?)?",
    );
    let torn = (select(&["w", "fm", "pos", "bg", "s", "p"][..]), wire());
    let format = select(&["f=jpeg", "format=gif", "fm=avif", "f=auto", "f=webp"][..]).prop_map(str::to_owned);
    prop_oneof![
        6 => good,
        3 => format,
        1 => select(&BAD_PAIRS[..]).prop_map(str::to_owned),
        1 => select(&UNKNOWN_PAIRS[..]).prop_map(str::to_owned),
        1 => number.prop_map(|(name, value)| format!("{name}={value}")),
        1 => torn.prop_map(|(name, value)| format!("{name}={value}")),
        1 => select(&["p=small", "preset=1", "p=none", "p=__proto__", "exp=1700000001", "constructor=1"][..]).prop_map(str::to_owned),
    ]
}

fn wire() -> impl Strategy<Value = String> {
    let pieces: Vec<_> = WIRE_PIECES.split(' ').collect();
    vec(select(pieces), 0..6).prop_map(|pieces| pieces.concat())
}

fn sent() -> impl Strategy<Value = Sent> {
    let name = vec(select(&NAME_PIECES[..]), 1..5).prop_map(|pieces| pieces.concat());
    let path = prop_oneof![
        4 => select(&["/a.jpg", "/photos/cat.jpg", "/resized-a.jpg", "/%61+고.jpg"][..]).prop_map(str::to_owned),
        3 => name.prop_map(|name| format!("/{name}")),
        2 => wire().prop_map(|wire| format!("/{wire}")),
        1 => (840..860_usize).prop_map(|length| format!("/{}", "a".repeat(length))),
    ];
    let query = prop_oneof![
        6 => vec(pair(), 0..6).prop_map(|pairs| format!("?{}", pairs.join("&"))),
        1 => wire().prop_map(|wire| format!("?{wire}")),
        1 => Just(String::new()),
    ];
    (path, query, option::of(select(&ACCEPTS[..])), 0..4_usize, any::<bool>()).prop_map(
        |(path, query, accept, deployment, is_signed)| Sent { url: path + &query, accept, deployment, is_signed },
    )
}

fn deployments() -> [Config; 4] {
    let [usual, mut narrow, mut closed, mut signed] = [(); 4].map(|()| Config::default());
    narrow.policy.formats = [Format::Webp, Format::Png].into_iter().collect();
    let preset = |(name, query): (&str, &str)| (name.to_owned(), parse_preset(query).unwrap());
    narrow.policy.presets = [("small", "w=400&f=auto"), ("1", "h=10&pos=0.5,0.25&fit=cover&w=8")].map(preset).into();
    closed.policy.serves_originals = false;
    narrow.policy.defaults = parse_preset("f=auto&q=33").unwrap();
    closed.policy.thumbnails =
        ["resized-:w=9", "photos/:w=4&f=webp"].map(|text| Thumbnail::parse(text).unwrap()).into();
    closed.policy.defaults = parse_preset("fit=cover&pos=top&bg=00ff00").unwrap();
    closed.policy.presets = [("__proto__", "w=7&f=jpg&bg=FFFFFF&q=80")].map(preset).into();
    signed.signing_keys = SigningKeys::parse(KEYS);
    [usual, narrow, closed, signed]
}

/// Where engines are likely to differ: from each other, and from Rust.
const TRAPS: [&str; 14] = [
    "/photos/cat.jpg?+image/webp고bg=고",
    "/a.jpg?pos=고고고고고고고고고고고고고고고고,고고고고고고고고,:고",
    "/a.jpg?w=4%0A",
    "/a.jpg?f=webp%0A",
    "/a.jpg?bg=ffffff%0A",
    "/a.jpg?w=4&h=3&fit=cover&pos=0,0%0A",
    "/a.jpg?w=%D9%A4",
    "/a.jpg?bg=%E2%84%AAfffff",
    "/a.jpg?w=🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱",
    "/a.jpg?w=🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱🐱a",
    "/a.jpg?gravity=hasOwnProperty",
    "/a.jpg?toString=1&__proto__=2&w=4",
    "/a.jpg?w=1e3",
    "/a.jpg?%E9=1&w=%C2%85",
];

/// Some of them, always the same.
fn many() -> Vec<Sent> {
    let mut runner = TestRunner::deterministic();
    let strategy = sent();
    let keys = SigningKeys::parse(KEYS).unwrap();
    let signed = |sent: Sent| match keys.sign_url(&sent.url, None) {
        Ok(url) if sent.is_signed => Sent { url, ..sent },
        Ok(_) | Err(_) => sent,
    };
    let traps = TRAPS.iter().map(|url| Sent { url: (*url).to_owned(), accept: None, deployment: 0, is_signed: false });
    traps.chain((0..CASES).map(|_| signed(strategy.new_tree(&mut runner).unwrap().current()))).collect()
}

#[test]
fn the_twins_agree_on_any_url() {
    let configs = deployments();
    let texts = configs.each_ref().map(|config| deployed(config, false).unwrap());
    let many = many();
    let call = |sent: &Sent| {
        let call = Call::new(texts[sent.deployment].clone(), sent.url.clone()).with_keys(Some(KEYS));
        Call { now: NOW, ..call.with_header("accept", sent.accept) }
    };
    let calls: Vec<_> = many.iter().map(call).collect();
    let expected: Vec<_> =
        many.iter().zip(&calls).map(|(sent, call)| twin(call, sent.accept, &configs[sent.deployment])).collect();

    // Or it would say little.
    for (status, least) in [(None, 600), (Some(400), 600), (Some(403), 100), (Some(415), 15)] {
        let count = expected.iter().filter(|(returned, _)| returned["statusCode"].as_u64() == status).count();
        assert!(count >= least, "{status:?}: only {count} of {CASES}");
    }
    for engine in Engine::BOTH {
        for ((sent, (returned, origin)), answer) in many.iter().zip(&expected).zip(engine.ask(&calls)) {
            let got = (&answer["answered"], &answer["origin"]);
            assert_eq!(got, (returned, origin), "{engine:?} on {sent:?}: {answer}");
        }
    }
}
