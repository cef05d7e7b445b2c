//! Files that are not what is read here: passed on as they are, or refused by what they are.

use super::{Expected, Made};
use crate::pictures;

pub(super) fn all() -> Vec<Made> {
    [passed(), unknown(), mixed()].concat()
}

/// Known, and never given to a decoder: whole or not, nobody looks.
fn passed() -> Vec<Made> {
    let files: [(_, _, &[u8]); 16] = [
        ("SVG", "of an element", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
        ("SVG", "with a declaration", b"<?xml version=\"1.0\"?><svg/>"),
        ("SVG", "of a billion laughs", b"<!DOCTYPE svg [<!ENTITY a \"&b;&b;\"><!ENTITY b \"&a;\">]>\n<svg>&a;</svg>"),
        ("SVG", "with a script", b"<svg onload=\"alert(1)\"></svg>"),
        ("SVG", "cut off", b"<svg width=\"10"),
        ("PDF", "of a line", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"),
        ("PDF", "cut off", b"%PDF-"),
        ("HEIC", "of a picture", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
        ("HEIC", "of several", b"\0\0\0\x18ftypmsf1\0\0\0\0msf1hevc"),
        ("HEIC", "cut off", b"\0\0\0\x18ftypheix"),
        ("video", "MP4", b"\0\0\0\x18ftypisom\0\0\0\0mp42avc1"),
        ("video", "MP4 cut off", b"\0\0\0\x18ftypmp42"),
        ("video", "QuickTime", b"\0\0\0\x14ftypqt  \0\0\0\0qt  "),
        ("video", "WebM", b"\x1a\x45\xdf\xa3\x01\0\0\0\0\0\0\x1f"),
        ("video", "WebM cut off", b"\x1a\x45\xdf\xa3"),
        ("video", "brands of four gigabytes", b"\xff\xff\xff\xffftypisom"),
    ];
    files.map(|(format, name, bytes)| (format, name.to_owned(), bytes.to_vec(), Expected::PASSED)).into()
}

fn unknown() -> Vec<Made> {
    let files: [(_, &[u8]); 16] = [
        ("nothing", b""),
        ("a byte", b"\xff"),
        ("text", b"not a picture at all, but long enough to be one"),
        ("zeros", &[0; 4096]),
        ("ones", &[0xFF; 4096]),
        ("a page", b"<!DOCTYPE html><html><body><svg></svg></body></html>"),
        ("an element that only begins like it", b"<svgs></svgs>"),
        ("a comment without an end", b"<!-- <svg>"),
        ("an archive", b"PK\x03\x04\x14\0\0\0\x08\0"),
        ("a program", b"\x7fELF\x02\x01\x01\0"),
        ("a script", b"#!/bin/sh\nrm -rf /\n"),
        ("another RIFF", b"RIFF\x24\0\0\0WAVEfmt "),
        ("a JPEG XL", b"\xff\x0a\x41\x7f"),
        ("a JPEG 2000", b"\0\0\0\x0cjP  \r\n\x87\n"),
        ("a Photoshop file", b"8BPS\0\x01\0\0\0\0\0\0\0\x03"),
        ("a box without brands", b"\0\0\0\x08ftyp"),
    ];
    files.map(|(name, bytes)| ("unknown", name.to_owned(), bytes.to_vec(), Expected::UNSUPPORTED)).into()
}

/// Of two formats at once: what comes first decides, and what follows is damage or nothing.
fn mixed() -> Vec<Made> {
    let (png, jpeg, webp) = (pictures::png(16, 16), pictures::jpeg(16, 16), pictures::webp(16, 16));
    let then = |one: &[u8], other: &[u8]| [one, other].concat();
    let made = |format, name: &str, bytes, expected| (format, name.to_owned(), bytes, expected);
    vec![
        made("PNG", "a JPEG in a PNG's place", then(&png[..8], &jpeg), Expected::CORRUPT),
        made("JPEG", "a PNG in a JPEG's place", then(&jpeg[..3], &png), Expected::CORRUPT),
        made("WebP", "a PNG in a WebP's place", then(&webp[..12], &png), Expected::CORRUPT),
        made("PNG", "a page behind it", then(&png, b"<script>alert(1)</script>"), Expected::PICTURE),
        made("JPEG", "an archive behind it", then(&jpeg, b"PK\x03\x04"), Expected::PICTURE),
        made("WebP", "a page behind it", then(&webp, b"<script>alert(1)</script>"), Expected::PICTURE),
        made("unknown", "a byte before a PNG", then(b"\n", &png), Expected::UNSUPPORTED),
        made("unknown", "a byte order mark before a JPEG", then(b"\xef\xbb\xbf", &jpeg), Expected::UNSUPPORTED),
    ]
}
