//! GIFs, whose frames are given as they are stored.

use gif::{DisposalMethod, Encoder, Repeat};

pub(crate) use gif::Frame;

/// Red, green, blue and a dark grey.
pub(crate) const PALETTE: [[u8; 3]; 4] = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]];

/// A whole file; `again` is how often it says that it is played again, 0 for ever.
pub(crate) fn write(width: u16, height: u16, again: Option<u16>, frames: &[Frame]) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new(), width, height, PALETTE.as_flattened()).unwrap();
    match again {
        None => {}
        Some(0) => encoder.set_repeat(Repeat::Infinite).unwrap(),
        Some(again) => encoder.set_repeat(Repeat::Finite(again)).unwrap(),
    }
    for frame in frames {
        encoder.write_frame(frame).unwrap();
    }
    encoder.into_inner().unwrap()
}

/// A frame at the top left, in the colours of [`PALETTE`].
pub(crate) fn frame(width: u16, height: u16, index: impl Fn(u16, u16) -> u8) -> Frame<'static> {
    let indices: Vec<_> = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| index(x, y)).collect();
    Frame { width, height, buffer: indices.into(), delay: 10, ..Frame::default() }
}

/// A square that wanders over a ground, a step a frame.
pub(crate) fn wandering(width: u16, height: u16, frames: u16) -> Vec<u8> {
    let shown = |step: u16| {
        frame(width, height, move |x, y| {
            let start = step * 7 % (width - 8);
            if (start..start + 8).contains(&x) && (5..13).contains(&y) { 0 } else { 2 - u8::from(y < height / 2) }
        })
    };
    let frames: Vec<_> = (0..frames).map(|step| Frame { delay: 3 + step, ..shown(step) }).collect();
    write(width, height, Some(0), &frames)
}

/// Nothing but tiny frames.
pub(crate) fn tiny_frames(frames: usize) -> Vec<u8> {
    let one = write(1, 1, None, &[frame(1, 1, |_, _| 0)]);
    let header = 13 + PALETTE.len() * 3;
    [&one[..header], &one[header..one.len() - 1].repeat(frames), b";"].concat()
}

/// What browsers show after each frame: colours, and [0; 4] where nothing is.
pub(crate) fn compose(width: u16, height: u16, frames: &[Frame]) -> Vec<Vec<[u8; 4]>> {
    let mut canvas = vec![[0; 4]; usize::from(width) * usize::from(height)];
    let mut shown = Vec::new();
    for frame in frames {
        let before = canvas.clone();
        let places: Vec<_> = (0..frame.height)
            .flat_map(|y| (0..frame.width).map(move |x| (x, y)))
            .map(|(x, y)| (frame.left + x, frame.top + y))
            .collect();
        let on_canvas = |(x, y): (u16, u16)| (x < width && y < height).then(|| usize::from(y * width + x));
        for (place, index) in places.iter().zip(frame.buffer.iter()) {
            let palette = frame.palette.as_deref().unwrap_or(PALETTE.as_flattened());
            if let Some(at) = on_canvas(*place)
                && Some(*index) != frame.transparent
                && let Some([red, green, blue]) = palette.chunks_exact(3).nth(usize::from(*index))
            {
                canvas[at] = [*red, *green, *blue, 255];
            }
        }
        shown.push(canvas.clone());
        match frame.dispose {
            DisposalMethod::Any | DisposalMethod::Keep => {}
            DisposalMethod::Background => {
                places.iter().filter_map(|place| on_canvas(*place)).for_each(|at| canvas[at] = [0; 4]);
            }
            DisposalMethod::Previous => canvas = before,
        }
    }
    shown
}
