//! A TIFF's samples, from the way they are stored to the way of [`Pixels`](super::Pixels).

use super::super::super::pixels::Layout;

/// Less than eight bits to eight; rows begin with a byte.
pub(super) fn unpack(packed: &[u8], width: usize, depth: u8) -> Vec<u8> {
    let per_byte = usize::from(8 / depth);
    let most = u8::MAX >> (8 - depth);
    let row_bytes = width.div_ceil(per_byte);
    let unpack_row = |row: &[u8]| -> Vec<u8> {
        let sample = |x: usize| row[x / per_byte] >> (8 - usize::from(depth) * (x % per_byte + 1)) & most;
        (0..width).map(|x| sample(x) * (u8::MAX / most)).collect()
    };
    packed.chunks_exact(row_bytes).flat_map(unpack_row).collect()
}

/// Plane after plane to pixel after pixel.
pub(super) fn interleave(planes: &[u8], count: usize) -> Vec<u8> {
    let length = planes.len() / count;
    (0..length * count).map(|index| planes[index % count * length + index / count]).collect()
}

/// JFIF's full range, which is what JPEG in TIFF uses.
pub(super) fn to_rgb(data: &mut [u8]) {
    /// Fixed points, by which this is what libjpeg computes.
    const HALF: i32 = 1 << 15;
    let clamp = |value: i32| u8::try_from(value.clamp(0, 255)).unwrap_or_default();
    for pixel in data.chunks_exact_mut(Layout::Rgb.channels()) {
        let [y, blue, red] = [i32::from(pixel[0]), i32::from(pixel[1]) - 128, i32::from(pixel[2]) - 128];
        pixel[0] = clamp(y + ((91_881 * red + HALF) >> 16));
        pixel[1] = clamp(y - ((22_554 * blue + 46_802 * red + HALF) >> 16));
        pixel[2] = clamp(y + ((116_130 * blue + HALF) >> 16));
    }
}
