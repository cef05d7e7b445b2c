//! What the stand-in does not do as AWS does, by name: for each, what shows it instead, and a look that it is still so.
//!
//! API Gateway's integration with S3 is not here: `stand_in.py` has it, and ends if the stand-in gets its own. Signatures, roles and
//! policies are modelled, and asked throughout.

use pixfront::store::Attributes;

use super::deployed::{By, Deployed};
use crate::pictures;

#[derive(Clone, Copy, Debug)]
enum Unmodelled {
    OriginGroups,
    LambdaAtEdge,
    Caching,
    UploadsOver10Mb,
    OriginSelection,
}

use Unmodelled::{Caching, LambdaAtEdge, OriginGroups, OriginSelection, UploadsOver10Mb};

/// What it is, and where it is shown as far as it can be.
const LIST: [(Unmodelled, &str); 5] = [
    (
        OriginSelection,
        "the viewer-request function in engines of its own (viewer_request.rs), where it selects the originals' for originals alone",
    ),
    (
        OriginGroups,
        "the template's text (template.rs), with it CloudFront's signature for the function; the order of looking is `serve`'s",
    ),
    (
        LambdaAtEdge,
        "the function on a Runtime API (lambda/), the launcher on Lambda's own client; the rest by `pixfront doctor`",
    ),
    (Caching, "the policies' text (template.rs); `serve` caches by the same key; the rest by `pixfront doctor`"),
    (UploadsOver10Mb, "nothing of ours: a limit of API Gateway that its documentation states; by `pixfront doctor`"),
];

pub(super) async fn of_the_regional_door(stack: &Deployed) {
    for gap in [OriginGroups, UploadsOver10Mb] {
        check(stack, gap).await;
    }
}

pub(super) async fn of_the_edge(stack: &Deployed) {
    for gap in [LambdaAtEdge, Caching, OriginSelection] {
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
        OriginGroups => stack.ask(distribution, "/photos/a%20b%2Bc.jpg?w=50", By::Nobody).await.status() != 200,
        LambdaAtEdge => {
            let stores = stack.stores().await;
            stores
                .originals
                .put("photos/dog.jpg", pictures::jpeg(120, 80).into(), Attributes::default())
                .await
                .unwrap();
            stack.ask(distribution, "/photos/dog.jpg?w=50", By::Nobody).await.status() != 200
        }
        Caching => {
            let path = "/photos/cat.jpg?w=60&f=webp";
            let (_, second) =
                (stack.ask(distribution, path, By::Nobody).await, stack.ask(distribution, path, By::Nobody).await);
            assert_eq!(second.status(), 200);
            second.headers()["x-cache"].to_str().unwrap().starts_with("Miss")
        }
        // What stand_in.py lends in place of CloudFront's module knows no other origin.
        OriginSelection => stack.ask(distribution, "/photos/cat.jpg", By::Nobody).await.status() == 503,
        UploadsOver10Mb => put(stack, &format!("{originals}/long.jpg"), 10_485_761).await == 200,
    }
}

async fn put(stack: &Deployed, path: &str, bytes: usize) -> u16 {
    stack.upload(path, vec![0; bytes], By::Account).await.status().as_u16()
}
