// What sign.mjs makes of URLs: node signatures.mjs SIGN KEY URLS, where URLS is a file with a list as JSON. So is what it prints; null is
// what it refuses.

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [script, key, urls] = process.argv.slice(2);
const { sign } = await import(pathToFileURL(resolve(script)));
const signed = JSON.parse(await readFile(urls, 'utf8')).map((url) => {
  try {
    return sign(url, key);
  } catch {
    return null;
  }
});
console.log(JSON.stringify(signed));
