//! What must hold for every URL, recipe and size of a picture, not only for those that tests/vectors thought of.

#![expect(clippy::unwrap_used, reason = "also in what the tests share, where a panic is the failure")]

use percent_encoding::percent_decode_str;
use pixfront::error::Kind;
use pixfront::format::{Accepts, Format, FormatSet};
use pixfront::key::{Name, SOURCE_BYTES_MAX, SourceKey, uri};
use pixfront::params::{AskedFormat, Dpr, Fit, Params, Position, Rgb, SIDE_MAX, write_recipe};
use pixfront::request::Request;
use pixfront::variant::{Plan, Policy, Recipe, Scale, Variant, plan};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

mod geometry;
mod signatures;

/// S3's own limit on a key, in bytes.
const S3_KEY_BYTES_MAX: usize = 1024;

/// Pieces of names: what separates, what escapes, what looks like a recipe or a thumbnail, and what is long in UTF-8.
pub(crate) const NAME_PIECES: [&str; 24] = [
    "a", "b.jpg", "/", "/", "/", "=", ",", ".", "..", "%", "%2F", "2F", "+", " ", "?", "#", "&", "w=4", "w=",
    "resized-", "고", "\u{e9}", "e\u{301}", "🐱",
];

/// Fewer, so that names come close to each other, and to other names' variants.
const CLOSE_PIECES: [&str; 10] = ["a", "/", "w=4", ",", "f=webp", "resized-", "%2F", "%", "+", " "];

/// Pieces of what arrives at the door, parted by spaces, some of it torn. The last is longer than an error repeats, and
/// that limit, were it taken for bytes, falls within a character.
pub(crate) const WIRE_PIECES: &str = "/ / a % %2F %2e . %00 %C3 %A9 %zz \n \u{85} 고 w=4 w = & , ; + f=auto dpr=1.5 bg=고 q= q=0.5 \
    image/webp resized- 99999999999 pos=0.5,0.5 fit=cover : p= ? h=고고고고고고고고고고고고고고";

/// Each parameter that is taken, by all its names, with values that it takes.
pub(crate) const GOOD_PAIRS: [(&[&str], &[&str]); 10] = [
    (&["w", "width", "%77"], &["1", "0400", "%34", "1600"]),
    (&["h", "height"], &["1", "300", "1600"]),
    (&["f", "fm", "format"], &["auto", "webp", "jpg", "png", "avif", "gif"]),
    (&["q", "quality"], &["1", "80", "100"]),
    (&["fit"], &["inside", "cover", "contain", "fill", "outside"]),
    (&["pos", "gravity"], &["center", "top", "0.5,0.25", "1:1", "0%2C0.125", "entropy", "attention"]),
    (&["dpr"], &["1", "1.5", "5.0"]),
    (&["bg"], &["ffffff", "FF0000"]),
    (&["s"], &["08S28O79a6Md1RbZaPXDfNfmZC71FfpEtzXrPHPOQ-U"]),
    (&["exp"], &["1700000000"]),
];

pub(crate) const BAD_PAIRS: [&str; 10] =
    ["w=0", "height=x", "f=tiff", "q=101", "fit=crop", "dpr=1.55", "pos=2,0", "p=small", "s=0123", "exp=now"];
pub(crate) const UNKNOWN_PAIRS: [&str; 8] = ["", "=", "v", "v=3", "W=400", "utm_source=x", "%zz=%", "__proto__=1"];

fn config() -> ProptestConfig {
    // A pool of names takes more tries than proptest allows by default: many a mixture of pieces is no name.
    ProptestConfig { failure_persistence: None, max_local_rejects: 1 << 20, ..ProptestConfig::with_cases(512) }
}

fn source_of(pieces: &'static [&'static str]) -> impl Strategy<Value = SourceKey> {
    let text = vec(select(pieces), 1..6).prop_map(|pieces| pieces.concat());
    text.prop_filter_map("a name that can't be", |text| SourceKey::new(text).ok())
}

fn side() -> impl Strategy<Value = u32> {
    prop_oneof![1..=16_u32, 1..=SIDE_MAX]
}

fn params() -> impl Strategy<Value = Params> {
    let exactly = prop_oneof![Just(Format::Jpeg), select(&Format::ALL[..])].prop_map(AskedFormat::Exactly);
    let format = prop_oneof![1 => Just(AskedFormat::Auto), 3 => exactly];
    // The defaults must come often, since they are what is left out.
    let quality = prop_oneof![Just(80_u8), Just(50), 1..=100_u8];
    let background = prop_oneof![Just(Rgb::WHITE), Just(Rgb([0, 9, 10])), any::<[u8; 3]>().prop_map(Rgb)];
    let fit = (option::of(select(&Fit::ALL[..])), option::of(position()));
    let dpr = (10..=50_u8).prop_map(Dpr);
    let rest = (option::of(format), option::of(quality), option::of(dpr), option::of(background));
    (option::of(side()), option::of(side()), fit, rest).prop_map(
        |(width, height, (fit, position), (format, quality, dpr, background))| Params {
            width,
            height,
            format,
            quality,
            fit,
            position,
            dpr,
            background,
            ..Params::default()
        },
    )
}

/// Every kind of position; the points that have a name come often.
fn position() -> impl Strategy<Value = Position> {
    let point = |side: fn() -> BoxedStrategy<u16>| (side(), side()).prop_map(|(x, y)| Position::Point { x, y });
    prop_oneof![
        point(|| select(&[0, 500, 1000][..]).boxed()),
        point(|| (0..=1000_u16).boxed()),
        Just(Position::Entropy),
        Just(Position::Attention),
    ]
}

fn accepts() -> impl Strategy<Value = Accepts> {
    any::<(bool, bool)>().prop_map(|(avif, webp)| Accepts { avif, webp })
}

/// Any recipe but the empty one.
fn recipe() -> impl Strategy<Value = Recipe> {
    (params(), accepts()).prop_filter_map("a side over the limit, or nothing to do", |(params, accepts)| {
        Recipe::settle(&params, accepts, &Policy::default()).ok().filter(|recipe| !recipe.is_empty())
    })
}

fn variant() -> impl Strategy<Value = Variant> {
    let source = || prop_oneof![source_of(&CLOSE_PIECES), source_of(&NAME_PIECES)];
    let few = select(&["w=4", "f=webp", "w=4,f=webp"][..]).prop_map(|text| Recipe::parse(text).unwrap().unwrap());
    let derived = (source(), prop_oneof![few, recipe()]).prop_map(|(source, recipe)| Variant {
        source,
        recipe,
        thumbnail_prefix: None,
    });
    let thumbnail = source().prop_map(|source| Variant::thumbnail(source, &Policy::default().thumbnails[0]));
    prop_oneof![derived, thumbnail]
}

/// Everything that a key could be taken for.
fn readings(key: &str) -> Vec<Variant> {
    let thumbnail = &Policy::default().thumbnails[0];
    let of = key.strip_prefix(&thumbnail.prefix).and_then(|rest| SourceKey::new(rest).ok());
    let derived = key.match_indices('/').filter_map(|(at, _)| {
        let (source, recipe) = (SourceKey::new(&key[..at]).ok()?, Recipe::parse(&key[at + 1..])?.ok()?);
        Some(Variant { source, recipe, thumbnail_prefix: None })
    });
    derived.chain(of.map(|source| Variant::thumbnail(source, thumbnail))).collect()
}

/// A query of distinct good pairs with perhaps a fault, and the same with unknown pairs mixed in, in another order.
fn two_orders_of_a_query() -> impl Strategy<Value = (String, String)> {
    let one_of = |(names, values): (&'static [&str], &'static [&str])| {
        option::of((select(names), select(values)).prop_map(|(name, value)| format!("{name}={value}")))
    };
    let good: Vec<_> = GOOD_PAIRS.into_iter().map(one_of).collect();
    let bad = option::weighted(0.2, select(&BAD_PAIRS[..]));
    (good, bad, vec(select(&UNKNOWN_PAIRS[..]), 0..4)).prop_flat_map(|(good, bad, unknown)| {
        let known: Vec<_> = good.into_iter().flatten().chain(bad.map(str::to_owned)).collect();
        let all: Vec<_> = known.iter().cloned().chain(unknown.into_iter().map(str::to_owned)).collect();
        (Just(known.join("&")), Just(all).prop_shuffle().prop_map(|pairs| pairs.join("&")))
    })
}

fn wire_text() -> impl Strategy<Value = String> {
    let pieces = vec(select(WIRE_PIECES.split(' ').collect::<Vec<_>>()), 0..12);
    prop_oneof![any::<String>(), pieces.prop_map(|pieces| pieces.concat())]
}

/// What a picture's name may be, said once more: the check must not lean on the code that it checks.
fn is_name(source: &str) -> bool {
    let is_segment = |segment: &str| !["", ".", ".."].contains(&segment);
    let is_plain = source.split('/').all(is_segment) && !source.contains(char::is_control);
    is_plain && source.len() <= SOURCE_BYTES_MAX && SourceKey::new(source).is_ok()
}

fn is_settled(recipe: &Recipe, formats: FormatSet) -> bool {
    let is_side = |side: Option<u32>| side.is_none_or(|side| (1..=SIDE_MAX).contains(&side));
    let is_scale = match recipe.scale {
        Scale::None => true,
        Scale::Half => false,
        Scale::Box { width, height, fit, position } => {
            is_side(width)
                && is_side(height)
                && width.or(height).is_some()
                && (fit == Fit::Inside || width.and(height).is_some())
                && (fit == Fit::Cover || position == Position::Point { x: 500, y: 500 })
        }
    };
    let is_quality = recipe.quality.is_none_or(|quality| {
        (1..=100).contains(&quality) && recipe.format.is_none_or(|format| format.default_quality() != Some(quality))
    });
    let has_ground = matches!(recipe.scale, Scale::Box { fit: Fit::Contain, .. });
    let is_background = recipe.background.is_none_or(|colour| match recipe.format {
        Some(Format::Jpeg) => colour != Rgb([255; 3]),
        Some(Format::Webp | Format::Avif | Format::Png | Format::Gif) | None => has_ground,
    });
    is_scale && is_quality && is_background && recipe.format.is_none_or(|format| formats.contains(format))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_written_recipe_reads_as_itself(recipe in recipe()) {
        let read = Recipe::parse(&write_recipe(&recipe)).and_then(Result::ok);
        prop_assert_eq!(read.as_ref(), Some(&recipe));
        let settled = Recipe::settle(&recipe.to_params().unwrap(), Accepts::default(), &Policy::default());
        prop_assert_eq!(settled.ok(), Some(recipe));
    }

    #[test]
    fn a_recipe_has_one_spelling(
        (text, shuffled) in recipe().prop_flat_map(|recipe| {
            let text = write_recipe(&recipe);
            let pairs: Vec<_> = text.split(',').map(str::to_owned).collect();
            (Just(text), Just(pairs).prop_shuffle().prop_map(|pairs| pairs.join(",")))
        }),
    ) {
        let read = Recipe::parse(&shuffled);
        prop_assert!(read.is_some(), "{shuffled} has a recipe's shape");
        prop_assert_eq!(read.and_then(Result::ok).is_some(), shuffled == text);
    }

    #[test]
    fn the_order_of_a_query_does_not_matter(
        (query, reordered) in two_orders_of_a_query(),
        accept in select(&["", "image/webp"][..]),
    ) {
        let asked = |query: &str| Request::parse("/a.jpg", query, Some(accept)).map_err(|error| error.kind());
        let planned = |query| plan(&asked(query)?, &Policy::default()).map_err(|error| error.kind());
        prop_assert_eq!(asked(&query), asked(&reordered));
        prop_assert_eq!(planned(&query), planned(&reordered));
    }

    #[test]
    fn a_variant_has_a_key_of_its_own(variants in vec(variant(), 2..24)) {
        let named: Vec<_> =
            variants.iter().map(|variant| (variant, variant.key(), uri(variant.key().as_str()))).collect();
        for (variant, key, uri) in &named {
            prop_assert!(uri.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~/=,%".contains(&b)), "{uri}");
            let decoded = percent_decode_str(&uri[1..]).decode_utf8().unwrap();
            prop_assert_eq!(decoded.as_ref(), key.as_str());
            prop_assert_eq!(&readings(key.as_str())[..], std::slice::from_ref(*variant));
            for (other, other_key, other_uri) in &named {
                prop_assert_eq!(variant == other, key == other_key, "{:?} and {:?}", variant, other);
                prop_assert_eq!(variant == other, uri == other_uri, "{:?} and {:?}", variant, other);
            }
        }
    }

    #[test]
    fn what_was_planned_is_planned_again_at_the_origin(
        source in source_of(&NAME_PIECES),
        params in params(),
        accepts in accepts(),
        formats in subsequence(Format::ALL.to_vec(), 0..=Format::ALL.len()),
    ) {
        let policy = Policy { formats: formats.into_iter().collect(), ..Policy::default() };
        let again = |key: &str, query| {
            let request = Request::parse_at_origin(&uri(key), query, Some("image/webp"));
            request.and_then(|request| plan(&request, &policy)).ok()
        };
        let name = Name::new(source.as_str()).unwrap();
        match plan(&Request { name, params, accepts }, &policy) {
            Ok(Plan::Original(source)) => {
                prop_assert_eq!(again(source.as_str(), ""), Some(Plan::Original(source)));
            }
            Ok(Plan::Variant(variant)) => {
                let (key, is_derived) = (variant.key(), variant.thumbnail_prefix.is_none());
                prop_assert!(key.as_str().len() <= S3_KEY_BYTES_MAX);
                prop_assert!(!is_derived || is_settled(&variant.recipe, policy.formats), "{:?}", variant);
                // Behind a key the query has no say, whatever is in it.
                let query = if is_derived { "w=9&w=9&f=auto" } else { "" };
                prop_assert_eq!(again(key.as_str(), query), Some(Plan::Variant(variant)));
            }
            Err(error) => prop_assert!(matches!(error.kind(), Kind::Invalid | Kind::Unsupported), "{}", error),
        }
    }

    #[test]
    fn no_request_panics(
        path in prop_oneof![wire_text(), wire_text().prop_map(|text| format!("/{text}"))],
        query in wire_text(),
        accept in option::of(wire_text()),
    ) {
        for parse in [Request::parse, Request::parse_at_origin] {
            let Ok(request) = parse(&path, &query, accept.as_deref()) else { continue };
            prop_assert!(Name::new(request.name.as_str()).is_ok(), "{:?}", request.name);
            if let Ok(Plan::Variant(variant)) = plan(&request, &Policy::default()) {
                prop_assert!(is_name(variant.source.as_str()), "{:?}", variant.source);
            }
        }
    }
}
