// sharp as a peer of the engine suite, asked as bench/task.rs says: node sharp.mjs NODE_MODULES THREADS
//
// sharp's own defaults, each named where it is used. Its colours in AVIF are 4:4:4 by default, the other peers' 4:2:0.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

const [modules, threads] = [process.argv[2], Number(process.argv[3])];
if (!modules || !Number.isInteger(threads) || threads < 1) throw new Error('usage: node sharp.mjs NODE_MODULES THREADS');

// A thread of libuv's is a picture at a time; it reads this when the first one is asked for, so before sharp is loaded.
process.env.UV_THREADPOOL_SIZE = String(threads);
const sharp = createRequire(resolve(modules, 'any.js'))('sharp');
// Without this sharp would remember the last operations, and a second decoding of the same bytes would cost nothing.
sharp.cache(false);

/** @type {Map<string, {bytes: Buffer, width: number, height: number}>} */
const sources = new Map();

async function sourceAt(path) {
  if (!sources.has(path)) {
    const bytes = readFileSync(path);
    const { width, height } = await sharp(bytes).metadata();
    sources.set(path, { bytes, width, height });
  }
  return sources.get(path);
}

// What is not named is sharp's default: 4:2:0, baseline, optimised Huffman tables for JPEG; effort 4 for WebP and AVIF;
// compressionLevel 6 without a palette for PNG. An effort that is undefined means the default; of JPEG 1 means mozjpeg.
const ENCODERS = {
  jpeg: (picture, { quality, effort }) => picture.flatten({ background: '#fff' }).jpeg({ quality, mozjpeg: effort === 1 }),
  webp: (picture, { quality, effort }) => picture.webp({ quality, effort: effort ?? undefined }),
  avif: (picture, { quality, effort }) => picture.avif({ quality, effort: effort ?? undefined }),
  png: (picture) => picture.png(),
};

// Shrink-on-load and lanczos3 are the defaults. Metadata is dropped by default.
function make(source, task) {
  let picture = sharp(source.bytes);
  if (task.width !== source.width || task.height !== source.height) {
    picture = picture.resize(task.width, task.height, { fit: 'fill' });
  }
  return ENCODERS[task.format](picture, task).toBuffer({ resolveWithObject: true });
}

async function answer(task) {
  if (!Object.hasOwn(ENCODERS, task.format)) return { unable: `this worker has no encoder named ${task.format}` };
  if (task.format === 'avif' && !sharp.format.heif.output.buffer) return { unable: 'this sharp was built without AVIF' };
  const source = await sourceAt(task.source);
  // Alone, a picture may have all cores; of many at once each gets one, as sharp's page on performance says of glibc's allocator.
  sharp.concurrency(task.copies > 1 ? 1 : threads);
  const begun = process.hrtime.bigint();
  const made = await Promise.all(Array.from({ length: task.copies }, () => make(source, task)));
  const ms = Number(process.hrtime.bigint() - begun) / 1e6;
  const { data, info } = made[0];
  if (task.keep) writeFileSync(task.keep, data);
  return { done: { ms, bytes: data.length, width: info.width, height: info.height } };
}

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const { vips, webp, mozjpeg, aom, sharp: own } = sharp.versions;
say({ version: `sharp ${own}, libvips ${vips}, libwebp ${webp}, mozjpeg ${mozjpeg}, libaom ${aom}, Node.js ${process.versions.node}` });
for await (const line of createInterface({ input: process.stdin })) {
  try {
    say(await answer(JSON.parse(line)));
  } catch (error) {
    console.error(`sharp: ${error.message} (asked: ${line})`);
    process.exit(1);
  }
}
