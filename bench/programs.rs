//! The suites that drive our programs as they are deployed: `serve` under load, and the functions on a Runtime API.

use std::path::{Path, PathBuf};

use pixfront::store::{Attributes, local};

use super::engine::LARGE;
use super::lambda::Functions;
use super::progress::Progress;
use super::run::{Bench, folder};
use super::sources::{Coding, Photograph, painted};
use super::trial::Taken;
use super::{Failure, lambda, system};

/// More than any of them.
const VARIANT_BYTES_MAX: u64 = 64 << 20;

pub(crate) fn system(bench: &mut Bench) -> Result<(), Failure> {
    let mut progress = Progress::new("system");
    let photograph = photograph(bench, "system")?;
    let mut say = |share: f64, what: &str| progress.say(share, what);
    let pixfront = Path::new(env!("CARGO_BIN_EXE_pixfront"));
    let (rows, versions) = system::run(pixfront, &photograph, bench.is_quick, &mut say)?;
    progress.done();
    bench.take(Taken { rows, versions });
    Ok(())
}

pub(crate) fn lambda(bench: &mut Bench) -> Result<(), Failure> {
    let mut progress = Progress::new("lambda");
    let photograph = photograph(bench, "lambda")?;
    let mut say = |share: f64, what: &str| progress.say(share, what);
    let functions = Functions {
        origin_response: env!("CARGO_BIN_EXE_origin-response").into(),
        upload_trigger: env!("CARGO_BIN_EXE_upload-trigger").into(),
        http_origin: env!("CARGO_BIN_EXE_http-origin").into(),
        put_original: &put_original,
        get_variant: &get_variant,
    };
    let (rows, versions) = lambda::run(&functions, &photograph, bench.is_quick, &mut say)?;
    progress.done();
    bench.take(Taken { rows, versions });
    Ok(())
}

/// The engine suite's, of 12 megapixels. A run that only proves that the harness works needs no package for it.
fn photograph(bench: &Bench, suite: &str) -> Result<PathBuf, Failure> {
    let photograph = if bench.is_quick { painted(1000, 750) } else { Photograph::open(LARGE)? };
    Ok(photograph.save(&photograph.cut(4000, 3000), "photo-12mp", Coding::Jpeg, &folder(suite)?)?.path)
}

fn put_original(dir: &Path, key: &str, bytes: &[u8]) -> Result<(), Failure> {
    let originals = local::open(dir)?.originals;
    let put = originals.put(key, bytes.to_vec().into(), Attributes::default());
    Ok(runtime()?.block_on(put).map(drop)?)
}

fn get_variant(dir: &Path, key: &str) -> Result<Vec<u8>, Failure> {
    let variants = local::open(dir)?.variants;
    let found = runtime()?.block_on(variants.get(key, VARIANT_BYTES_MAX)).map_err(|error| format!("{key}: {error}"))?;
    Ok(found.body.to_vec())
}

/// A runtime for a single call of a store.
pub(crate) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}
