// AVIFs of every depth, by sharp, of the scene.png that avifs.py left in a folder: `node avifs.mjs FOLDER NODE_MODULES`.

import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const [folder, modules] = process.argv.slice(2);
const sharp = createRequire(join(resolve(modules), "here"))("sharp");
for (const bitdepth of [8, 10, 12]) {
    for (const chromaSubsampling of ["4:4:4", "4:2:0"]) {
        const name = `${chromaSubsampling} of ${bitdepth} bits.avif`;
        await sharp(join(folder, "scene.png")).avif({ bitdepth, chromaSubsampling, quality: 80 }).toFile(join(folder, name));
    }
}
