//! Files of formats that are not read: told apart, named, and never given to a decoder.

use pixfront::error::Kind;
use pixfront::format::FileType;

use super::{refusal, render};
use crate::pictures::{jpeg, jpegs};

#[test]
fn other_formats_are_named() {
    let files: [(&[u8], &str); 3] = [
        (b"not a picture at all, but long enough to be one", "not a picture"),
        (b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "not a picture"),
        (b"", "not a picture"),
    ];
    for (bytes, name) in files {
        let error = refusal(bytes);
        let shown = String::from_utf8_lossy(bytes);
        assert_eq!(error.kind(), Kind::Unsupported, "{shown}");
        let words = error.context().to_lowercase();
        assert!(words.contains(name), "{shown}: {words}");
    }
}

#[test]
fn what_is_no_raster_picture_passes_through() {
    let files: [(&[u8], FileType); 6] = [
        (b"\0\0\0\x1cftypheic\0\0\0\0mif1", FileType::Heic),
        (b"\0\0\0\x1cftypmif1\0\0\0\0heic", FileType::Heic),
        (b"\0\0\0\x1cftypisom\0\0\0\0mp42", FileType::Mp4),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", FileType::Pdf),
        (b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", FileType::Svg),
        (b"<?xml version=\"1.0\"?><svg/>", FileType::Svg),
    ];
    for (bytes, file_type) in files {
        for query in ["w=8", "w=8&h=8&fit=contain", "q=5"] {
            let rendered = render(bytes, query).unwrap();
            assert_eq!((&rendered.bytes[..], rendered.file_type), (bytes, file_type), "{query}");
        }
        let error = render(bytes, "w=8&f=png").unwrap_err();
        assert_eq!(error.kind(), Kind::Unsupported);
        assert_eq!(error.context(), format!("{file_type} can't be turned into png"));
    }
}

/// Beginnings too short for their format to be told.
#[test]
fn stumps_are_unknown() {
    for bytes in [&b"\xff"[..], b"\xff\xd8", b"\x89PNG\r\n\x1a", b"RIFF\x10\0\0\0WEB", b"GIF8", b"\0\0\0\x1cfty", b"BM"]
    {
        assert_eq!(refusal(bytes).kind(), Kind::Unsupported, "{bytes:?}");
    }
    for bytes in
        [&b"\xff\xd8\xff"[..], b"\x89PNG\r\n\x1a\n", b"RIFF\x10\0\0\0WEBP", b"RIFF\x04\0\0\0WEBP", b"II*\0", b"MM\0*"]
    {
        assert_eq!(refusal(bytes).kind(), Kind::Corrupt, "{bytes:?}");
    }
}

/// JPEGs whose frame header asks for what the decoder has not: by code, precision, components.
#[test]
fn rare_jpegs_are_unsupported() {
    let frames: [(u8, u8, u8, &str); 11] = [
        (0xC0, 8, 2, "2 colour"),
        (0xC2, 8, 5, "5 colour"),
        (0xC1, 12, 3, "eight bits"),
        (0xC2, 12, 3, "eight bits"),
        (0xC3, 8, 3, "lossless"),
        (0xC3, 16, 3, "lossless"),
        (0xC5, 8, 3, "hierarchical"),
        (0xC6, 8, 3, "hierarchical"),
        (0xC7, 8, 3, "lossless"),
        (0xCB, 8, 3, "lossless"),
        (0xCF, 8, 3, "lossless"),
    ];
    for (code, precision, components, words) in frames {
        let mut bytes = jpeg(32, 32);
        let frame = jpegs::markers(&bytes).into_iter().find(|(code, _)| *code == 0xC0).unwrap().1.start;
        (bytes[frame + 1], bytes[frame + 4], bytes[frame + 9]) = (code, precision, components);
        let error = refusal(&bytes);
        assert_eq!(error.kind(), Kind::Unsupported, "{code:02X} {precision} {components}");
        assert!(error.context().contains(words), "{code:02X}: {}", error.context());
    }
}
