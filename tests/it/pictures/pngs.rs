//! PNGs of every kind, by a writer of our own: it also writes what an encoder would refuse.

const PASSES: [(u32, u32, u32, u32); 7] =
    [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

pub(crate) const GRAY: u8 = 0;
pub(crate) const RGB: u8 = 2;
pub(crate) const PALETTE: u8 = 3;
pub(crate) const GRAY_ALPHA: u8 = 4;
pub(crate) const RGBA: u8 = 6;

pub(crate) type Chunk = ([u8; 4], Vec<u8>);

/// What a PNG's header says.
#[derive(Clone, Copy)]
pub(crate) struct Header {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) depth: u8,
    pub(crate) colour: u8,
    pub(crate) interlaced: bool,
}

impl Header {
    pub(crate) fn new(width: u32, height: u32, depth: u8, colour: u8) -> Self {
        Self { width, height, depth, colour, interlaced: false }
    }

    /// The whole file; `sample` gives a pixel's channels as they are stored, `ancillary` stands before the pixels.
    pub(crate) fn write(self, ancillary: &[Chunk], sample: impl Fn(u32, u32) -> Vec<u16>) -> Vec<u8> {
        let passes: &[_] = if self.interlaced { &PASSES } else { &[(0, 0, 1, 1)] };
        let mut raw = Vec::new();
        for &(left, top, step_x, step_y) in passes {
            for y in (top..self.height).step_by(step_y as usize) {
                if left < self.width {
                    raw.push(0);
                    let columns = (left..self.width).step_by(step_x as usize);
                    raw.extend(self.pack(columns.flat_map(|x| sample(x, y))));
                }
            }
        }
        self.wrap(ancillary, &stored_zlib(&raw))
    }

    /// The whole file around a compressed stream, which need not be what the header says.
    pub(crate) fn wrap(self, ancillary: &[Chunk], zlib: &[u8]) -> Vec<u8> {
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        let mut header = [self.width.to_be_bytes(), self.height.to_be_bytes()].concat();
        header.extend([self.depth, self.colour, 0, 0, u8::from(self.interlaced)]);
        file.extend(chunk(*b"IHDR", &header));
        for (kind, contents) in ancillary {
            file.extend(chunk(*kind, contents));
        }
        file.extend(chunk(*b"IDAT", zlib));
        file.extend(chunk(*b"IEND", &[]));
        file
    }

    fn pack(self, samples: impl Iterator<Item = u16>) -> Vec<u8> {
        match self.depth {
            16 => samples.flat_map(u16::to_be_bytes).collect(),
            8 => samples.map(|sample| sample as u8).collect(),
            depth => {
                let samples: Vec<_> = samples.collect();
                let shift_and_or = |byte: u8, sample: &u16| byte << depth | *sample as u8;
                let per_byte = usize::from(8 / depth);
                let pack_byte = |group: &[u16]| {
                    let missing = (per_byte - group.len()) as u32 * u32::from(depth);
                    group.iter().fold(0, shift_and_or) << missing
                };
                samples.chunks(per_byte).map(pack_byte).collect()
            }
        }
    }
}

pub(crate) fn chunk(kind: [u8; 4], contents: &[u8]) -> Vec<u8> {
    let body = [&kind[..], contents].concat();
    let length = u32::try_from(contents.len()).unwrap().to_be_bytes();
    [&length[..], &body, &crc32(&body).to_be_bytes()].concat()
}

/// A zlib stream without compression.
pub(crate) fn stored_zlib(raw: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let blocks: Vec<_> = raw.chunks(0xFFFF).collect();
    for (index, block) in blocks.iter().enumerate() {
        let length = block.len() as u16;
        stream.push(u8::from(index + 1 == blocks.len()));
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend(*block);
    }
    let (low, high) = raw.iter().fold((1u32, 0u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65521;
        (low, (high + low) % 65521)
    });
    stream.extend((high << 16 | low).to_be_bytes());
    stream
}

/// A zlib stream of about `bytes` zeros, 160 times shorter: one literal, then matches of 258 bytes in fixed codes, eight of
/// which are a pattern of 13 bytes.
pub(crate) fn zlib_bomb(bytes: u64) -> Vec<u8> {
    let mut bits = BitWriter::default();
    // The last block, of fixed codes; the literal 0; a match of 258 bytes (11000101) at a distance of 1 (00000).
    bits.push(0b1, 1);
    bits.push(0b01, 2);
    bits.push(0b0000_1100, 8);
    let repeats = bytes / (8 * 258);
    bits.push(0b1010_0011, 13);
    for _ in 0..8 {
        bits.push(0b1010_0011, 13);
    }
    let start = bits.bytes[..3].to_vec();
    let pattern = bits.bytes[3..16].to_vec();
    let zeros = 1 + 258 + repeats * 8 * 258;
    let sum = ((zeros % 65521) as u32) << 16 | 1;
    [&[0x78, 0x01], &start[..], &pattern.repeat(repeats as usize), &[0], &sum.to_be_bytes()].concat()
}

#[derive(Default)]
struct BitWriter {
    bytes: Vec<u8>,
    used: u32,
}

impl BitWriter {
    fn push(&mut self, value: u32, count: u32) {
        for bit in 0..count {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            *self.bytes.last_mut().unwrap() |= ((value >> bit & 1) as u8) << (self.used % 8);
            self.used += 1;
        }
    }
}

pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}
