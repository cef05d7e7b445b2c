//! What the stand-in does not do as AWS does, by name: for each, what shows it instead, and a look that it is still so.
//!
//! Two are not here: API Gateway's integration with S3, and CloudFront's asking S3 by TLS. `stand_in.py` has them, and ends if the
//! stand-in gets its own.

use pixfront::store::Attributes;

use super::deployed::{Authorised, Deployed};
use crate::pictures;

#[derive(Clone, Copy, Debug)]
enum Unmodelled {
    OriginGroups,
    LambdaAtEdge,
    Caching,
    Signatures,
    Permissions,
    TlsOnly,
    UploadsOver10Mb,
}

use Unmodelled::{Caching, LambdaAtEdge, OriginGroups, Permissions, Signatures, TlsOnly, UploadsOver10Mb};

/// What it is, and where it is shown as far as it can be.
const LIST: [(Unmodelled, &str); 7] = [
    (
        OriginGroups,
        "the template's text (template.rs), with it CloudFront's signature for the function; the order of looking is `serve`'s",
    ),
    (
        LambdaAtEdge,
        "the function on a Runtime API (lambda/), the launcher on Lambda's own client; the rest by `pixfront doctor`",
    ),
    (Caching, "the policies' text (template.rs); `serve` caches by the same key; the rest by `pixfront doctor`"),
    (Signatures, "the method's AuthorizationType as text (template.rs); here only that there must be one"),
    (Permissions, "the roles' policies as text (template.rs), compared with the README's table"),
    (TlsOnly, "the policies as text (template.rs)"),
    (UploadsOver10Mb, "nothing of ours: a limit of API Gateway that its documentation states; by `pixfront doctor`"),
];

pub(super) async fn of_the_regional_door(stack: &Deployed) {
    for gap in [OriginGroups, Signatures, Permissions, TlsOnly, UploadsOver10Mb] {
        check(stack, gap).await;
    }
}

pub(super) async fn of_the_edge(stack: &Deployed) {
    for gap in [LambdaAtEdge, Caching] {
        check(stack, gap).await;
    }
}

async fn check(stack: &Deployed, gap: Unmodelled) {
    let instead = LIST.iter().find(|(listed, _)| *listed as u8 == gap as u8).expect("a line of the list").1;
    assert!(is_unmodelled(stack, gap).await, "{gap:?} is modelled now: drive it here, in place of {instead}");
}

/// Whether the stand-in answers otherwise than AWS would.
async fn is_unmodelled(stack: &Deployed, gap: Unmodelled) -> bool {
    let distribution = stack.output("DistributionDomain");
    let originals = stack.output("OriginalsBucketName");
    match gap {
        // An original is there, so AWS would answer with its variant.
        OriginGroups => stack.ask(distribution, "/photos/a%20b%2Bc.jpg/w=50", None).await.status() != 200,
        LambdaAtEdge => {
            let stores = stack.stores().await;
            stores
                .originals
                .put("photos/dog.jpg", pictures::jpeg(120, 80).into(), Attributes::default())
                .await
                .unwrap();
            stack.ask(distribution, "/photos/dog.jpg/w=50", None).await.status() != 200
        }
        Caching => {
            let path = "/photos/cat.jpg/w=60,f=webp";
            let (_, second) = (stack.ask(distribution, path, None).await, stack.ask(distribution, path, None).await);
            assert_eq!(second.status(), 200);
            second.headers()["x-cache"].to_str().unwrap().starts_with("Miss")
        }
        // Every signature of these tests is made of zeros.
        Signatures => put(stack, &format!("{originals}/zeros.jpg"), 8).await == 200,
        // As anybody, though public access is blocked.
        Permissions => stack.ask("localhost", &format!("/{originals}/zeros.jpg"), None).await.status() == 200,
        // These tests speak plain HTTP.
        TlsOnly => stack.stores().await.originals.head("zeros.jpg").await.is_ok(),
        UploadsOver10Mb => put(stack, &format!("{originals}/long.jpg"), 10_485_761).await == 200,
    }
}

async fn put(stack: &Deployed, path: &str, bytes: usize) -> u16 {
    stack.upload(path, vec![0; bytes], Authorised::Signed).await.status().as_u16()
}
