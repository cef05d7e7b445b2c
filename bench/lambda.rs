//! The Lambda functions beside Node.js ones that do the same with sharp, each a process on a Runtime API of our own.
//!
//! Every start is a fresh process on one core (what one vCPU is, at 1,769 MB) with a store that holds nothing but originals: one
//! event cold, further ones warm on the photograph of 2 megapixels, further ones on that of 12. Each event asks for something that
//! nobody has made. The rounds are interleaved, and the first one only warms the disk's cache. What every function answered, or an
//! upload left in the store, must be the right picture.
//!
//! - Node.js 22 and 24 run functions under Lambda's own runtime interface client, `aws-lambda-ric`: sharp's
//!   (`bench/peers/lambda-sharp`), and our edge function's launcher, which hands its process over. What Node.js had resident before
//!   that is in no peak.
//! - A case with `Node.js 22` or `24` in its name is at the price of Lambda@Edge where the edge can run it (origin-response). A
//!   case without is a regional function: ours alone, and beside it sharp's on Node.js 24, the newest that Lambda has. For
//!   origin-response those samples of sharp's are the same in both cases, and only the price differs.
//! - On the stand-in for S3 our functions make more calls than sharp's: they also write a row to DynamoDB, and look whether the
//!   original is still the same. Notes say how many there were, as the stand-in counted them.
//! - A warm time ends with the answer; the price is of what Lambda bills, which ends when the next event is asked for.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::Failure;
use super::result::{Peer, Row};

mod package;
pub(crate) mod price;
mod process;
mod rows;
mod runtime_api;
mod source;
mod stand_in;
mod store;
mod subject;
mod work;

use package::Packages;
use source::Source;
use store::Stores;
use subject::Subject;

/// Puts an original under a key into the store in a directory, and closes it.
pub(crate) type PutOriginal = dyn Fn(&Path, &str, &[u8]) -> Result<(), Failure>;
/// Gets a variant or a thumbnail from there.
pub(crate) type GetVariant = dyn Fn(&Path, &str) -> Result<Vec<u8>, Failure>;
/// What was measured, and what the peers say that they are.
type Measured = (Vec<Row>, Vec<(Peer, String)>);

/// Our functions, and how the embedded store is filled and looked into.
pub(crate) struct Functions<'a> {
    pub(crate) origin_response: PathBuf,
    pub(crate) upload_trigger: PathBuf,
    pub(crate) http_origin: PathBuf,
    pub(crate) put_original: &'a PutOriginal,
    pub(crate) get_variant: &'a GetVariant,
}

/// Warm events of each source in one start.
type Events = [usize; 2];

/// Each round's.
const FULL: &[Events] =
    &[[1, 1], [10, 5], [10, 5], [10, 5], [10, 5], [10, 5], [10, 5], [10, 5], [10, 5], [10, 5], [10, 5]];
const QUICK: &[Events] = &[[2, 2]];

/// What all subjects find.
struct World<'a> {
    functions: &'a Functions<'a>,
    sources: [Source; 2],
    stores: Stores<'a>,
    packages: Packages,
}

pub(crate) fn run(
    functions: &Functions,
    photograph: &Path,
    is_quick: bool,
    progress: &mut dyn FnMut(f64, &str),
) -> Result<Measured, Failure> {
    let versions = package::versions()?;
    progress(0.0, "sources and stores");
    let rounds = if is_quick { QUICK } else { FULL };
    let sources = Source::both(photograph)?;
    let copies = 1 + rounds.iter().flatten().copied().max().unwrap_or(0);
    let stores = Stores::open(functions, &sources, copies)?;
    let world = World { functions, sources, stores, packages: Packages::new(functions)? };
    let mut subjects = Subject::all();
    let count = subjects.len();
    for (round, events) in rounds.iter().enumerate() {
        for i in 0..count {
            // Another one begins each round.
            let Some(subject) = subjects.get_mut((round + i) % count) else { continue };
            if package::missing(subject.peer).is_some() {
                continue;
            }
            progress((round * count + i) as f64 / (rounds.len() * count) as f64, &subject.name());
            let sample = subject.start(&world, *events).map_err(|error| format!("{}: {error}", subject.name()))?;
            // The first round warms up and does not count, unless it is the only one.
            if round > 0 || rounds.len() == 1 {
                subject.samples.push(sample);
            }
        }
    }
    progress(1.0, "done");
    Ok((subjects.iter().flat_map(|subject| rows::rows(subject, &world.sources)).collect(), versions))
}

/// A directory for what functions read and write: in memory, where the machine has room there, since a disk that others write to as
/// well would be most of the times.
fn directory() -> std::io::Result<TempDir> {
    const MEMORY: &str = "/dev/shm";
    // Originals and what is made of them, twice over; containers often have 64 MB there.
    const NEEDED_KB: u64 = 512 << 10;
    let free = Command::new("df").args(["--output=avail", "-k", MEMORY]).output();
    let free = free.ok().and_then(|free| String::from_utf8(free.stdout).ok()?.lines().last()?.trim().parse().ok());
    if free.is_some_and(|free: u64| free > NEEDED_KB) { TempDir::new_in(MEMORY) } else { TempDir::new() }
}
