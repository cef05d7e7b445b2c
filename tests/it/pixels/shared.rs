//! Several pictures of one source: decoded once, and each as if it had been asked for alone.

use image::{DynamicImage, ImageFormat};
use pixfront::error::Kind;
use pixfront::image::{Cancel, Limits, Options, Rendered, render_all};

use super::reference::{Picture, distance};
use super::sources::decode;
use super::{recipe, render};
use crate::pictures::gifs;
use crate::pictures::jpegs::{self, exif, with_segment};
use crate::pictures::{scene, see_through};

fn all(bytes: &[u8], queries: &[&str], options: &Options) -> Vec<pixfront::error::Result<Rendered>> {
    let recipes: Vec<_> = queries.iter().map(|query| recipe(query)).collect();
    render_all(bytes, &recipes, options, &Cancel::default())
}

fn shown(rendered: &Rendered) -> Picture {
    decode(&rendered.bytes, rendered.file_type.output().unwrap())
}

/// Those that can do without red, green and blue; the finest is neither the first nor the last.
const PLANAR: [&str; 4] = ["w=60&f=webp", "half", "w=47&f=jpeg", "w=31&h=36&fit=fill&f=jpeg"];

/// And with one that can't, all of them are made of those.
const MIXED: [&str; 7] = [
    "w=60&f=webp",
    "half",
    "w=47&f=jpeg",
    "w=201&f=png",
    "w=35&h=33&fit=cover&pos=attention&f=jpeg",
    "w=80&h=80&fit=contain&f=webp",
    "w=31&h=36&fit=fill&f=jpeg",
];

#[test]
fn each_is_as_if_alone() {
    let jpeg = jpegs::write(&scene(963, 721), jpegs::BASELINE);
    let turned = with_segment(&jpeg, 0xE1, &exif(6, true));
    let written = |picture: DynamicImage, format| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    };
    let sources = [
        ("jpeg", jpeg),
        ("turned jpeg", turned),
        ("progressive jpeg", jpegs::write(&scene(963, 721), jpegs::PROGRESSIVE)),
        ("png", written(see_through(500, 400).into(), ImageFormat::Png)),
        ("gif", written(scene(500, 400).into(), ImageFormat::Gif)),
        ("webp", webp::Encoder::from_rgb(scene(964, 722).as_raw(), 964, 722).encode(90.0).to_vec()),
    ];
    for (name, bytes) in &sources {
        for queries in [&PLANAR[..], &MIXED] {
            let together = all(bytes, queries, &Options::default());
            assert_eq!(together.len(), queries.len(), "{name}");
            let mut decoded = Vec::new();
            for (query, found) in queries.iter().zip(together) {
                let (found, alone) = (found.unwrap(), render(bytes, query));
                assert_eq!((found.file_type, found.width, found.height), (alone.file_type, alone.width, alone.height));
                // A decoder that scales less has more to say, filters a WebP's blocks, or makes colours of luma and chroma (for all, if
                // an odd side of one is mirrored); and then the encoders differ too. Else only the far edge does, where chroma goes on as
                // far as the widest result needs it.
                let difference = distance(&shown(&found), &shown(&alone));
                let is_alike = found.cost.decoded == alone.cost.decoded
                    && queries == PLANAR
                    && !["webp", "turned jpeg"].contains(name);
                let least = if is_alike { 60.0 } else { 36.0 };
                assert!(difference.psnr > least, "{name} {query}: {difference:?}");
                decoded.push(found.cost.decoded);
            }
            assert!(decoded.iter().all(|size| *size == decoded[0]), "{name}: {decoded:?}");
        }
    }
}

#[test]
fn each_fails_for_itself() {
    let bytes = jpegs::write(&scene(120, 90), jpegs::BASELINE);
    let limits = Limits { output_side: 100, ..Limits::default() };
    let results = all(&bytes, &["w=60", "w=110", "w=20&f=png"], &Options { limits, ..Options::default() });
    let sizes: Vec<_> = results
        .iter()
        .map(|result| result.as_ref().map(|made| made.width).map_err(pixfront::error::Error::kind))
        .collect();
    assert_eq!(sizes, [Ok(60), Err(Kind::TooLarge), Ok(20)]);

    let kinds = |bytes: &[u8]| -> Vec<_> {
        all(bytes, &["w=60", "w=30&f=png"], &Options::default())
            .iter()
            .map(|made| made.as_ref().err().unwrap().kind())
            .collect()
    };
    assert_eq!(kinds(&bytes[..bytes.len() / 2]), [Kind::Corrupt; 2]);
    assert_eq!(kinds(b"no picture"), [Kind::Unsupported; 2]);
    assert!(all(&bytes, &[], &Options::default()).is_empty());
}

/// What is no raster picture passes, and what moves goes by itself, beside what stands still.
#[test]
fn what_moves_moves_beside_what_stands_still() {
    let gif = gifs::wandering(40, 30, 3);
    let results = all(&gif, &["w=10", "w=10&f=png", "w=12&f=webp", "w=14&f=png"], &Options::default());
    let found: Vec<_> =
        results.into_iter().map(|made| made.unwrap()).map(|made| (made.width, made.cost.frames > 1)).collect();
    assert_eq!(found, [(10, true), (10, false), (12, true), (14, false)]);
}
