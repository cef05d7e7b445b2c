//! A process with all that it forks, which is one process group: looked at in /proc, and certain to end, however the bench does.

use std::fs;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};

use super::Failure;
use super::machine::memory_kb;

/// Waits to be told of a group. It is started before, lest its own start take time from what is measured.
pub(crate) struct Guard(Child);

/// Killed when dropped, and as soon as the bench has ended, even by `kill -9`.
pub(crate) struct Group {
    child: Child,
    guard: Guard,
}

/// One of its processes.
struct Member {
    id: u32,
    /// Processor time so far, in the kernel's ticks.
    ticks: u64,
}

impl Guard {
    /// Reads the group's number, then to the end of its input, which comes with the bench's own, and kills it. The kernel's signal
    /// at a parent's death would not do: it reaches the first process alone, and takes a thread for a parent.
    pub(crate) fn start() -> Result<Self, Failure> {
        let mut shell = Command::new("sh");
        shell.args(["-c", "read -r group || exit; read -r _; kill -s KILL -- \"-$group\""]);
        // In a group of its own, so that Ctrl-C leaves it there to do its work.
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let shell = shell.spawn();
        Ok(Self(shell.map_err(|error| format!("sh, which is to end what the bench starts, does not start: {error}"))?))
    }

    /// From now on. The process must have been started with `process_group(0)`.
    pub(crate) fn over(self, child: Child) -> Result<Group, Failure> {
        let mut group = Group { child, guard: self };
        let line = format!("{}\n", group.child.id());
        let told = group.guard.0.stdin.as_mut().map(|input| input.write_all(line.as_bytes()));
        // Without it the group is dropped, and its first process killed with it.
        told.ok_or("a guard without an input")?.map_err(|error| format!("sh, which is to end a process: {error}"))?;
        Ok(group)
    }

    /// Ends its input, and so the group.
    fn act(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.act();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.guard.act();
        // Somebody may have killed the guard; and this one may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Group {
    /// How its first process ended, if it has.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>, Failure> {
        Ok(self.child.try_wait()?)
    }

    /// How many processes it is.
    pub(crate) fn count(&self) -> Result<usize, Failure> {
        Ok(self.members()?.len())
    }

    /// Processor time so far, in the kernel's ticks.
    pub(crate) fn cpu(&self) -> Result<u64, Failure> {
        Ok(self.members()?.iter().map(|member| member.ticks).sum())
    }

    /// The sum of a field of all their `status` files, such as `VmRSS`. Nothing, if all of them have ended.
    pub(crate) fn memory_mb(&self, field: &str) -> Result<f64, Failure> {
        let members = self.members()?;
        // One may have ended since it was listed.
        let kb = members.iter().filter_map(|member| memory_kb(&format!("/proc/{}/status", member.id), field));
        Ok(kb.sum::<f64>() / 1024.0)
    }

    /// Those that are there now.
    fn members(&self) -> Result<Vec<Member>, Failure> {
        let mut members = Vec::new();
        for entry in fs::read_dir("/proc")? {
            let Some(id) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            // Other processes come and go meanwhile.
            let Some(fields) = stat_fields(&format!("/proc/{id}/stat")) else { continue };
            let at = |place: usize| fields.get(place)?.parse::<u64>().ok();
            if at(2) == Some(self.child.id().into()) {
                members.push(Member { id, ticks: at(11).unwrap_or(0) + at(12).unwrap_or(0) });
            }
        }
        Ok(members)
    }
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
