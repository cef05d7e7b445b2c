//! How far a run is, and how long it will still take: one line on standard error.

use std::io::{IsTerminal as _, Write as _};
use std::time::Instant;

pub(crate) struct Progress {
    title: &'static str,
    begun: Instant,
    is_terminal: bool,
    /// The last tenth that was said where lines can't be overwritten.
    tenth: u32,
}

impl Progress {
    pub(crate) fn new(title: &'static str) -> Self {
        Self { title, begun: Instant::now(), is_terminal: std::io::stderr().is_terminal(), tenth: 0 }
    }

    /// A share from 0 to 1, and what is going on.
    pub(crate) fn say(&mut self, share: f64, what: &str) {
        let share = share.clamp(0.0, 1.0);
        let passed = self.begun.elapsed().as_secs_f64();
        let left = if share > 0.02 { format!(", {} left", clock(passed / share - passed)) } else { String::new() };
        let line = format!("{}: {:.0} % after {}{left}: {what}", self.title, share * 100.0, clock(passed));
        if self.is_terminal {
            // To the line's begin, and away with what was longer before.
            eprint!("\r{line}\u{1b}[K");
            // Nothing is lost by a terminal that can't be written to.
            let _ = std::io::stderr().flush();
            return;
        }
        let tenth = (share * 10.0) as u32;
        if tenth > self.tenth {
            self.tenth = tenth;
            eprintln!("{line}");
        }
    }

    pub(crate) fn done(&self) {
        let begin = if self.is_terminal { "\r" } else { "" };
        let end = if self.is_terminal { "\u{1b}[K" } else { "" };
        eprintln!("{begin}{}: done in {}{end}", self.title, clock(self.begun.elapsed().as_secs_f64()));
    }
}

/// `2:05`.
fn clock(seconds: f64) -> String {
    let seconds = seconds.max(0.0).round() as u64;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}
