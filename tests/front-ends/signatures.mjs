// What sign.mjs makes of each URL of tests/vectors/signatures.json, by each key, as JSON: node signatures.mjs SIGN VECTORS

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [script, path] = process.argv.slice(2);
const { sign } = await import(pathToFileURL(resolve(script)));
const { signing_keys: keys, vectors } = JSON.parse(await readFile(path, 'utf8'));
const signed = vectors.map(({ url }) =>
  keys.split(',').map((key) => {
    try {
      return sign(url, key);
    } catch (error) {
      return `refused: ${error.message}`;
    }
  }),
);
console.log(JSON.stringify(signed));
