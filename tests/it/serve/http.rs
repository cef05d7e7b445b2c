//! What HTTP expects of any server: conditions, ranges, methods, and other sites' pages.

use super::{check_failure, with_cat};
use crate::pictures;
use crate::world::Server;

const VARIANT: &str = "/photos/cat.jpg?w=60";
const BOTH: [&str; 2] = ["/photos/cat.jpg", VARIANT];

#[tokio::test]
async fn who_has_it_already_gets_no_body() {
    let server = with_cat().await;
    for path in BOTH {
        // Made, then from the cache.
        for _ in 0..2 {
            let etag = server.get(path).await.header("etag").to_owned();
            let table = [
                (etag.clone(), 304),
                (format!("W/{etag}"), 304),
                (format!("\"x\", W/\"y\",{etag}"), 304),
                ("*".to_owned(), 304),
                ("\"x\"".to_owned(), 200),
                (etag.trim_matches('"').to_owned(), 200),
                (String::new(), 200),
            ];
            for (asked, status) in table {
                for method in ["GET", "HEAD"] {
                    let answer = server.get_with(method, path, &[("if-none-match", &asked)]).await;
                    assert_eq!(answer.status, status, "{method} {path} {asked}");
                    if status == 304 {
                        assert!(answer.body.is_empty(), "{path} {asked}");
                        assert_eq!(answer.header("etag"), etag, "{path} {asked}");
                        assert_ne!(answer.header("cache-control"), "", "{path} {asked}");
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn dates_decide_where_no_etag_does() {
    let server = with_cat().await;
    let original = server.get("/photos/cat.jpg").await;
    let modified = original.header("last-modified").to_owned();
    let etag = original.header("etag").to_owned();
    let old = "Sat, 01 Jan 2000 00:00:00 GMT";
    let table = [
        (vec![("if-modified-since", &*modified)], 304),
        (vec![("if-modified-since", old)], 200),
        (vec![("if-modified-since", "yesterday")], 200),
        (vec![("if-modified-since", &modified), ("if-none-match", "\"x\"")], 200),
        (vec![("if-modified-since", old), ("if-none-match", &etag)], 304),
    ];
    for (headers, status) in table {
        assert_eq!(server.get_with("GET", "/photos/cat.jpg", &headers).await.status, status, "{headers:?}");
    }
}

#[tokio::test]
async fn head_is_get_without_its_body() {
    let server = with_cat().await;
    for path in ["/photos/cat.jpg", VARIANT, "/resized-photos/cat.jpg", "/photos/cat.jpg?w=7", "/nothing?w=7", "/x?w=0"]
    {
        // HEAD first, so that it is made for HEAD's sake.
        let (head, get) = (server.get_with("HEAD", path, &[]).await, server.get(path).await);
        assert!(head.body.is_empty() && !get.body.is_empty(), "{path}");
        assert_eq!(head.status, get.status, "{path}");
        assert_eq!(get.header("content-length"), get.body.len().to_string(), "{path}");
        for name in ["content-length", "content-type", "etag", "cache-control", "last-modified", "x-pixfront-error"] {
            assert_eq!(head.header(name), get.header(name), "{path} {name}");
        }
    }
}

#[tokio::test]
async fn parts_are_given_out() {
    let server = with_cat().await;
    for path in BOTH {
        let whole = server.get(path).await;
        let (body, len) = (whole.body.clone(), whole.body.len());
        let last = len - 1;
        let table = [
            ("bytes=0-0".to_owned(), Some(0..1)),
            ("bytes=0-99".to_owned(), Some(0..100)),
            ("bytes=100-".to_owned(), Some(100..len)),
            ("bytes=-10".to_owned(), Some(len - 10..len)),
            (format!("bytes={last}-{last}"), Some(last..len)),
            (format!("bytes=5-{}", len + 1000), Some(5..len)),
            ("bytes=5-18446744073709551615".to_owned(), Some(5..len)),
            (format!("bytes=-{}", len + 1000), Some(0..len)),
            // What is no single range of bytes is answered whole.
            ("bytes=0-1,5-6".to_owned(), None),
            ("bytes=9-5".to_owned(), None),
            ("bytes=-".to_owned(), None),
            ("bytes=a-b".to_owned(), None),
            ("pages=1-2".to_owned(), None),
        ];
        for (asked, range) in table {
            let answer = server.get_with("GET", path, &[("range", &asked)]).await;
            let (status, part) = match range.clone() {
                Some(range) => (206, range),
                None => (200, 0..len),
            };
            assert_eq!(answer.status, status, "{path} {asked}");
            assert!(answer.body == body[part.clone()], "{path} {asked}");
            let content_range = range.map(|part| format!("bytes {}-{}/{len}", part.start, part.end - 1));
            assert_eq!(answer.header("content-range"), content_range.unwrap_or_default(), "{path} {asked}");
            assert_eq!(answer.header("etag"), whole.header("etag"), "{path} {asked}");
        }
        for asked in [format!("bytes={len}-"), format!("bytes={}-{}", len + 5, len + 9), "bytes=-0".to_owned()] {
            let answer = server.get_with("GET", path, &[("range", &asked)]).await;
            assert_eq!((answer.status, answer.header("content-range")), (416, &*format!("bytes */{len}")), "{asked}");
            assert_eq!(answer.text(), format!("Range: there are {len} bytes\n"), "{asked}");
            assert_eq!((answer.header("x-pixfront-error"), answer.header("cache-control")), ("invalid", "no-store"));
            assert_eq!(answer.header("etag"), "", "it is no answer about the picture: {asked}");
        }
        let head = server.get_with("HEAD", path, &[("range", "bytes=0-0")]).await;
        assert_eq!((head.status, head.header("content-length")), (200, &*len.to_string()), "ranges are for GET");
    }
}

#[tokio::test]
async fn a_part_of_something_else_is_not_given_out() {
    let server = with_cat().await;
    for path in BOTH {
        let whole = server.get(path).await;
        let etag = whole.header("etag");
        let table = [
            (etag.to_owned(), 206),
            (format!("W/{etag}"), 200),
            ("\"x\"".to_owned(), 200),
            ("Sat, 01 Jan 2000 00:00:00 GMT".to_owned(), 200),
            ("nonsense".to_owned(), 200),
        ];
        for (condition, status) in table {
            let headers = [("range", "bytes=1-2"), ("if-range", &*condition)];
            assert_eq!(server.get_with("GET", path, &headers).await.status, status, "{path} {condition}");
        }
    }
}

#[tokio::test]
async fn other_sites_pages_may_look() {
    let server = with_cat().await;
    for path in ["/photos/cat.jpg", VARIANT, "/nothing.jpg?w=5", "/photos/cat.jpg?w=zero"] {
        let answer = server.get_with("GET", path, &[("origin", "https://other.example")]).await;
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
        let preflight = server.get_with("OPTIONS", path, &[("access-control-request-method", "GET")]).await;
        assert_eq!((preflight.status, preflight.header("access-control-allow-origin")), (204, "*"), "{path}");
        assert!(preflight.header("access-control-allow-methods").contains("GET"), "{path}");
    }
}

#[tokio::test]
async fn what_is_for_the_client_alone_is_not_cached_here() {
    for (cache_control, second) in
        [("public, s-maxage=60", "Hit"), ("Private, max-age=60", "Miss"), ("no-cache, max-age=60", "Miss")]
    {
        let server = Server::with(|command| _ = command.env("PIXFRONT_CACHE_CONTROL", cache_control));
        server.upload("cat.jpg", pictures::jpeg(20, 20)).await;
        assert_eq!(server.get("/cat.jpg?w=5").await.header("x-cache"), "Miss", "{cache_control}");
        let answer = server.get("/cat.jpg?w=5").await;
        assert_eq!((answer.header("x-cache"), answer.header("cache-control")), (second, cache_control));
    }
}

#[tokio::test]
async fn other_methods_are_not_allowed() {
    let server = with_cat().await;
    for method in ["POST", "PUT", "DELETE", "PATCH", "BREW"] {
        let answer = server.get_with(method, "/photos/cat.jpg?w=5", &[]).await;
        assert_eq!((answer.status, answer.header("allow")), (405, "GET, HEAD, OPTIONS"), "{method}");
    }
    for (method, path) in [("POST", "/upload/originals/x.jpg"), ("DELETE", "/upload/originals/photos/cat.jpg")] {
        assert_eq!(server.get_with(method, path, &[]).await.status, 405, "{method} {path}");
    }
    for path in ["/", "/health"] {
        let answer = server.get_with("POST", path, &[]).await;
        assert_eq!((answer.status, answer.header("x-pixfront-error")), (405, "invalid"), "{path}");
        assert_eq!(answer.text(), "POST: pictures are read here, by GET; uploads go by PUT to /upload/originals/\n");
    }
    assert_eq!(server.get("/photos/cat.jpg").await.status, 200, "it is still there");
}

#[tokio::test]
async fn what_no_url_library_would_send_is_refused() {
    let server: Server = with_cat().await;
    let paths = [
        "/photos/../photos/cat.jpg?w=5",
        "/./photos/cat.jpg?w=5",
        "/photos/%2e%2E/x.jpg",
        "//photos/cat.jpg?w=5",
        "/photos/cat.jpg/?w=5",
        "/%zz.jpg",
        "/%c0%ae/x.jpg",
        "/%ff.jpg?w=5",
        "/a%00.jpg",
        "/a%0d%0aset-cookie:b.jpg",
        "/photos/cat.jpg/w=5",
    ];
    for path in paths {
        check_failure(&server.get_raw(path).await, 400, "invalid", path);
    }
    assert_eq!(server.get_raw("/photos/cat.jpg?w=5").await.status, 200);
}
