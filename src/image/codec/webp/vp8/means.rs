//! The means of a macroblock's sixteen blocks of luma, which are transformed once more where luma is predicted as a whole
//! (RFC 6386, 14.3).

/// The coefficients of the means.
pub(super) fn forward(means: &[i32; 16]) -> [i32; 16] {
    let mut rows = [0; 16];
    for y in 0..4 {
        let [a, b, c, d] = [means[4 * y], means[4 * y + 1], means[4 * y + 2], means[4 * y + 3]];
        let (even, odd, low, high) = (a + c, b + d, b - d, a - c);
        rows[4 * y..][..4].copy_from_slice(&[even + odd, high + low, high - low, even - odd]);
    }
    let mut to = [0; 16];
    for x in 0..4 {
        let [a, b, c, d] = [rows[x], rows[4 + x], rows[8 + x], rows[12 + x]];
        let (even, odd, low, high) = (a + c, b + d, b - d, a - c);
        (to[x], to[4 + x]) = ((even + odd) >> 1, (high + low) >> 1);
        (to[8 + x], to[12 + x]) = ((high - low) >> 1, (even - odd) >> 1);
    }
    to
}

/// To the last bit what a decoder makes of them.
pub(super) fn inverse(values: &[i32; 16]) -> [i32; 16] {
    let mut columns = [0; 16];
    for x in 0..4 {
        let [a, b, c, d] = [values[x], values[4 + x], values[8 + x], values[12 + x]];
        let (outer, inner, low, high) = (a + d, b + c, b - c, a - d);
        (columns[x], columns[4 + x]) = (outer + inner, high + low);
        (columns[8 + x], columns[12 + x]) = (outer - inner, high - low);
    }
    let mut to = [0; 16];
    for y in 0..4 {
        let [a, b, c, d] = [columns[4 * y] + 3, columns[4 * y + 1], columns[4 * y + 2], columns[4 * y + 3]];
        let (outer, inner, low, high) = (a + d, b + c, b - c, a - d);
        let row = [outer + inner, high + low, outer - inner, high - low].map(|value| value >> 3);
        to[4 * y..][..4].copy_from_slice(&row);
    }
    to
}
