//! A process with all that it forked, which is one process group, as /proc shows it.

use std::fs;

use super::Failure;
use super::machine::memory_kb;

/// One of them.
pub(crate) struct Member {
    id: u32,
    /// Processor time so far, in the kernel's ticks.
    pub(crate) ticks: u64,
}

/// Those that are there now.
pub(crate) fn members(group: u32) -> Result<Vec<Member>, Failure> {
    let mut members = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let Some(id) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // Other processes come and go meanwhile.
        let Some(fields) = stat_fields(&format!("/proc/{id}/stat")) else { continue };
        let at = |place: usize| fields.get(place)?.parse::<u64>().ok();
        if at(2) == Some(group.into()) {
            members.push(Member { id, ticks: at(11).unwrap_or(0) + at(12).unwrap_or(0) });
        }
    }
    Ok(members)
}

/// The sum of a field of all their `status` files, such as `VmRSS`. Nothing, if all of them have ended.
pub(crate) fn memory_mb(group: u32, field: &str) -> Result<f64, Failure> {
    let members = members(group)?;
    // One may have ended since it was listed.
    let kb = members.iter().filter_map(|member| memory_kb(&format!("/proc/{}/status", member.id), field));
    Ok(kb.sum::<f64>() / 1024.0)
}

/// Processor time of what this process has started and seen end, in ticks.
pub(crate) fn cpu_of_ended() -> u64 {
    let fields = stat_fields("/proc/self/stat").unwrap_or_default();
    fields.iter().skip(13).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum()
}

/// From the third one on: the name before may have blanks in it.
fn stat_fields(path: &str) -> Option<Vec<String>> {
    let line = fs::read_to_string(path).ok()?;
    Some(line.rsplit_once(") ")?.1.split_whitespace().map(str::to_owned).collect())
}
