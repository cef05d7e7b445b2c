//! The search for a peer's quality with the score of ours.

use super::harness::quality::nearest::nearest;

/// What is found, and what was tried on the way.
fn search(target: f64, first: u8, score_of: impl Fn(u8) -> f64) -> (u8, Vec<u8>) {
    let mut tried = Vec::new();
    let found = nearest(target, (first, score_of(first)), |quality| {
        tried.push(quality);
        Ok(Some(score_of(quality)))
    });
    (found.expect("every quality has a score"), tried)
}

#[test]
fn the_quality_with_the_score_is_found() {
    let (found, tried) = search(70.0, 50, f64::from);
    assert_eq!((found, tried.last()), (70, Some(&70)), "and nothing is tried after it");
    // From above, and where a step is worth a tenth of what is usual, or ten times as much.
    assert_eq!(search(30.0, 80, f64::from).0, 30);
    assert_eq!(search(55.0, 90, |quality| 50.0 + f64::from(quality) * 0.06).0, 87, "55.22: near enough");
    assert_eq!(search(66.0, 3, |quality| f64::from(quality) * 6.0).0, 11);
}

#[test]
fn what_is_near_already_is_not_searched() {
    let never = |_| -> Result<Option<f64>, Box<dyn std::error::Error>> { panic!("tried another quality") };
    assert_eq!(nearest(70.0, (80, 70.2), never).unwrap(), 80);
    assert_eq!(nearest(70.0, (80, 69.8), never).unwrap(), 80);
    // Beyond the ends of the scale there is nothing.
    assert_eq!(nearest(99.0, (100, 95.0), never).unwrap(), 100);
    assert_eq!(nearest(1.0, (1, 5.0), never).unwrap(), 1);
}

/// 50 scores 60 and 51 scores 62: both are 1 from 61.
#[test]
fn of_two_that_are_as_near_the_first_stays() {
    let score_of = |quality| f64::from(quality) * 2.0 - 40.0;
    assert_eq!(search(61.0, 50, score_of), (50, vec![52, 51]));
    assert_eq!(search(61.0, 51, score_of), (51, vec![49, 50]));
    // All are alike.
    assert_eq!(search(60.0, 40, |_| 50.0).0, 40);
}

#[test]
fn a_score_out_of_reach_ends_at_the_end_of_the_scale() {
    assert_eq!(search(90.0, 50, |quality| f64::from(quality) / 2.0), (100, vec![100]));
    assert_eq!(search(10.0, 50, |quality| 60.0 + f64::from(quality) / 10.0), (1, vec![1]));
}

/// Where the scores fall in between, as encoders' do, the best of what was tried is taken, and nothing is tried twice.
#[test]
fn scores_may_go_up_and_down() {
    let dip = |quality| if (60..=70).contains(&quality) { 30.0 } else { f64::from(quality) };
    assert_eq!(search(65.0, 50, dip), (71, vec![75, 58, 70, 74, 71]));
    for seed in 0..100_u8 {
        // As good as chance.
        let score_of = |quality: u8| {
            f64::from((u32::from(quality) + 101 * u32::from(seed)).wrapping_mul(2_654_435_761) >> 16) / 655.36
        };
        let (target, first) = (f64::from(seed), seed + 1);
        let (found, mut tried) = search(target, first, score_of);
        tried.push(first);
        let distance = |quality: u8| (score_of(quality) - target).abs();
        assert!(
            tried.contains(&found) && tried.iter().all(|one| distance(found) <= distance(*one)),
            "{seed}: {tried:?}"
        );
        assert!(tried.iter().all(|quality| (1..=100).contains(quality)), "{seed}: {tried:?}");
        let count = tried.len();
        tried.sort_unstable();
        tried.dedup();
        assert_eq!(tried.len(), count, "{seed}: a quality was tried twice");
    }
}

/// What an encoder can't do is asked once; what goes wrong, and what is no score, is an error.
#[test]
fn a_peer_that_cannot_ends_the_search() {
    let mut count = 0;
    let found = nearest(70.0, (50, 50.0), |_| {
        count += 1;
        Ok(None)
    });
    assert_eq!((found.unwrap(), count), (50, 1));
    let error = nearest(70.0, (50, 50.0), |_| Err("it is gone".into())).unwrap_err();
    assert_eq!(error.to_string(), "it is gone");
    let error = nearest(70.0, (50, 50.0), |_| Ok(Some(f64::NAN))).unwrap_err().to_string();
    assert!(error.contains("NaN at quality 83"), "{error}");
}
