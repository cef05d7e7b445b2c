//! Any request line: what is parsed is planned, and what is planned has a key that reads as itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pixfront::request::Request;
use pixfront::variant::{Plan, Policy, plan};

fuzz_target!(|text: (&str, &str, Option<&str>)| {
    let (path, query, accept) = text;
    for parse in [Request::parse, Request::parse_at_origin] {
        let Ok(request) = parse(path, query, accept) else { continue };
        let Ok(Plan::Variant(variant)) = plan(&request, &Policy::default()) else { continue };
        let uri = pixfront::key::uri(variant.key().as_str());
        // Behind a recipe the query has no say; a thumbnail's name is no recipe, and is refused with one.
        let query = if variant.thumbnail_prefix.is_some() { "" } else { "w=1" };
        let again = Request::parse_at_origin(&uri, query, None).and_then(|request| plan(&request, &Policy::default()));
        assert_eq!(again.ok(), Some(Plan::Variant(variant)), "{uri}");
    }
    let _ = Request::parse_url(path, accept);
});
