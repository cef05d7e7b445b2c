//! That a signature is good for what was signed, and for nothing else.

use pixfront::error::Kind;
use pixfront::key::Name;
use pixfront::params::{EXPIRES_MAX, Params};
use pixfront::request::Request;
use pixfront::signature::{SigningKeys, signed_text};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::{CLOSE_PIECES, NAME_PIECES, UNKNOWN_PAIRS, accepts, config, params, source_of};

const OLD: &str = "a-secret-that-was-the-first-one-once";
const NEW: &str = "a-secret-that-nobody-would-guess-1";

fn keys(list: &str) -> SigningKeys {
    SigningKeys::parse(list).unwrap()
}

fn request() -> impl Strategy<Value = Request> {
    let name = prop_oneof![source_of(&CLOSE_PIECES), source_of(&NAME_PIECES)];
    let preset = option::weighted(0.3, select(&["small", "w", "-_9"][..]).prop_map(str::to_owned));
    let expires = option::of(prop_oneof![0..10_u64, 0..=EXPIRES_MAX]);
    (name, params(), preset, expires, accepts()).prop_map(|(name, params, preset, expires, accepts)| Request {
        name: Name::new(name.as_str()).unwrap(),
        params: Params { preset, expires, ..params },
        accepts,
    })
}

/// The request with the signature that a signed URL of it carries.
fn signed(request: &Request, keys: &SigningKeys) -> Request {
    let url = keys.sign_url(&signed_text(request), None).unwrap();
    let params = Request::parse_url(&url, None).unwrap().params;
    Request { params: Params { signature: params.signature, ..request.params.clone() }, ..request.clone() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_signed_can_be_read_back(request in request(), unknown in select(&UNKNOWN_PAIRS[..])) {
        let text = signed_text(&request);
        let read = Request::parse_url(&text, None).unwrap();
        prop_assert_eq!((&read.name, &read.params), (&request.name, &request.params));

        let separator = if text.contains('?') { '&' } else { '?' };
        let url = keys(NEW).sign_url(&format!("https://cdn.example.com{text}{separator}{unknown}#top"), None).unwrap();
        prop_assert!(url.contains(unknown) && url.ends_with("#top"), "{}", url);
        let arrived = Request::parse_url(&url, None).unwrap();
        prop_assert_eq!(&arrived, &Request { accepts: arrived.accepts, ..signed(&request, &keys(NEW)) });
    }

    #[test]
    fn a_signature_is_good_until_its_time(request in request(), now in prop_oneof![0..10_u64, 0..=EXPIRES_MAX]) {
        let is_over = request.params.expires.is_some_and(|expires| expires <= now);
        for (by, rotation) in [(NEW, NEW.to_owned()), (OLD, format!("{NEW}, {OLD}")), (NEW, format!("{NEW},{OLD}"))] {
            let verified = keys(&rotation).verify(&signed(&request, &keys(by)), now);
            prop_assert_eq!(verified.map_err(|error| error.kind()), if is_over { Err(Kind::Forbidden) } else { Ok(()) });
        }
        prop_assert!(keys(NEW).verify(&signed(&request, &keys(OLD)), 0).is_err());
        prop_assert!(keys(NEW).verify(&request, 0).is_err());
    }

    #[test]
    fn a_signature_is_of_one_request(one in request(), other in request(), which in 0..3) {
        // All of the other, or what is nearest to it: only its path, or only its expiry.
        let other = match which {
            0 => other,
            1 => Request { name: other.name, ..one.clone() },
            _ => Request { params: Params { expires: other.params.expires, ..one.params.clone() }, ..one.clone() },
        };
        let is_same = (&one.name, &one.params) == (&other.name, &other.params);
        let signature = signed(&one, &keys(NEW)).params.signature;
        let forged = Request { params: Params { signature, ..other.params }, ..other };
        let is_good = match keys(NEW).verify(&forged, 0) {
            Ok(()) => true,
            Err(error) => error.context().contains("expired"),
        };
        prop_assert_eq!(is_good, is_same, "{:?} for {:?}", forged, one);
    }

    #[test]
    fn any_bit_breaks_it(request in request(), byte in 0..32_usize, bit in 0..8) {
        let mut forged = signed(&request, &keys(NEW));
        forged.params.signature.as_mut().unwrap()[byte] ^= 1_u8 << bit;
        let error = keys(NEW).verify(&forged, 0).unwrap_err();
        prop_assert!(error.kind() == Kind::Forbidden && error.context().contains("does not match"), "{}", error);
    }
}
