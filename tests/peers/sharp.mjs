// What sharp makes of the cases that pillow.py left in a folder: `node sharp.mjs FOLDER NODE_MODULES`.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const [folder, modules] = process.argv.slice(2);
const sharp = createRequire(join(resolve(modules), "here"))("sharp");
sharp.concurrency(1);
for (const [number, { source, sharp: asked }] of JSON.parse(await readFile(join(folder, "cases.json"))).entries()) {
    const { resize, flatten, autoOrient } = asked;
    let picture = sharp(join(folder, source), { autoOrient: autoOrient ?? false });
    if (resize) picture = picture.resize({ ...resize, fastShrinkOnLoad: true });
    if (flatten) picture = picture.flatten(flatten);
    try {
        await picture.png().toFile(join(folder, `${number}.sharp.png`));
    } catch (error) {
        // What it can't read has no reference of it; the table says so.
        if (!/unsupported image format|unsupported|unable/i.test(error.message)) throw error;
    }
}
