//! stand-in
use std::path::{Path, PathBuf};
pub(crate) fn write(_: &super::result::Run, _: &Path) -> Result<Vec<PathBuf>, super::Failure> {
    Ok(Vec::new())
}
