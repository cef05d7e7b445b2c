//! Macroblocks in up to four groups, by how easy they are to tell.

use super::segments::COUNT;

/// Their centres.
pub(super) struct Clusters {
    centres: [i32; COUNT],
    mean: i32,
}

impl Clusters {
    /// By k-means, of which a few turns are enough.
    pub(super) fn new(eases: &[u8]) -> Self {
        let mut counts = [0_i64; 256];
        for ease in eases {
            counts[usize::from(*ease)] += 1;
        }
        let least = i32::from(eases.iter().copied().min().unwrap_or(0));
        let range = i32::from(eases.iter().copied().max().unwrap_or(0)) - least;
        let mut clusters = Self { centres: [1, 3, 5, 7].map(|part| least + part * range / 8), mean: least };
        for _ in 0..6 {
            if clusters.step(&counts) < 5 {
                break;
            }
        }
        clusters
    }

    /// Moves the centres to the middle of what is nearest to them, and returns how far.
    fn step(&mut self, counts: &[i64; 256]) -> i32 {
        let mut sums = [(0_i64, 0_i64); COUNT];
        for (ease, count) in (0_u8..=255).zip(counts) {
            let (sum, all) = &mut sums[self.nearest(ease)];
            *sum += i64::from(ease) * count;
            *all += count;
        }
        let mut moved = 0;
        for (centre, (sum, all)) in self.centres.iter_mut().zip(sums) {
            if all > 0 {
                let new = i32::try_from((sum + all / 2) / all).unwrap_or(0);
                moved += (*centre - new).abs();
                *centre = new;
            }
        }
        let weights = || self.centres.iter().zip(sums).map(|(centre, (_, all))| (i64::from(*centre), all));
        let all: i64 = weights().map(|(_, all)| all).sum();
        let sum: i64 = weights().map(|(centre, all)| centre * all).sum();
        self.mean = i32::try_from((sum + all / 2) / all.max(1)).unwrap_or(0);
        moved
    }

    pub(super) fn nearest(&self, ease: u8) -> usize {
        let apart = |cluster: usize| (i32::from(ease) - self.centres[cluster]).abs();
        (1..COUNT).fold(0, |best, cluster| if apart(cluster) < apart(best) { cluster } else { best })
    }

    /// The ease of each against the mean, from −127 to 127, and from the least, from 0 to 255.
    pub(super) fn eases(&self) -> [[i32; 2]; COUNT] {
        let least = self.centres.into_iter().min().unwrap_or(0);
        let range = (self.centres.into_iter().max().unwrap_or(0) - least).max(1);
        self.centres.map(|centre| {
            let (signed, from_least) = (255 * (centre - self.mean) / range, 255 * (centre - least) / range);
            [signed.clamp(-127, 127), from_least.clamp(0, 255)]
        })
    }
}
