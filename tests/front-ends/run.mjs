// What browsers make of cloudfront/front-ends: builds and starts the Next.js app, serves the two plain pages, and looks at all of them in
// headless Chromium. It judges nothing: what it saw goes to standard output as JSON, what it does to standard error.
//
// node run.mjs FRONT_ENDS TOOLS PIXFRONT SIGNED_PIXFRONT SIGNING_KEY SCREENSHOTS
// TOOLS is .tools/front-ends; the next two are the addresses of `pixfront serve`, the second one's URLs need the key's signature.

import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { build, start } from './app.mjs';
import { launch } from './browser.mjs';
import { candidates } from './candidates.mjs';
import { endAll, within } from './endings.mjs';
import { serve } from './files.mjs';

// Under the five minutes after which the test runner kills.
const ALL_MS = 280_000;

const VIEWS = [
  { name: 'desktop', width: 1280, height: 900, dpr: 1, without: [] },
  { name: 'phone', width: 390, height: 844, dpr: 2, without: [] },
  { name: 'phone without AVIF', width: 390, height: 844, dpr: 2, without: ['avif'] },
  { name: 'desktop without AVIF and WebP', width: 1280, height: 900, dpr: 2, without: ['avif', 'webp'] },
];

async function run([frontEnds, tools, pixfront, signedPixfront, signingKey, screenshots]) {
  const times = {};
  const timed = async (step, work) => {
    const begun = performance.now();
    const result = await work();
    times[step] = Math.round(performance.now() - begun);
    console.error(`${step}: ${times[step]} ms`);
    return result;
  };
  // First, since it may be missing.
  const browser = await timed('chromium', () => launch(tools));
  const app = await timed('next build', () => build(join(frontEnds, 'nextjs'), tools, { NEXT_PUBLIC_PIXFRONT_URL: pixfront }));
  const secrets = { PIXFRONT_SIGNED_URL: signedPixfront, PIXFRONT_SIGNING_KEYS: signingKey };
  const next = await timed('next start', () => start(app, tools, { NEXT_PUBLIC_PIXFRONT_URL: pixfront, ...secrets }));
  const files = await serve(frontEnds, pixfront);

  const pages = [];
  for (const [name, url] of [
    ['nextjs', `${next}/`],
    ['nextjs-signed', `${next}/signed`],
    ['srcset', `${files}/srcset.html`],
    ['picture', `${files}/picture.html`],
  ]) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(60_000) });
    const html = await answer.text();
    if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${html.slice(0, 200)}`);
    const views = [];
    for (const view of VIEWS) {
      const screenshot = join(screenshots, `${name}, ${view.name}.png`);
      const seen = await timed(`${name}, ${view.name}`, () => browser.look(url, view, screenshot));
      views.push({ ...view, ...seen, screenshot });
    }
    pages.push({ name, html, candidates: candidates(html), views });
  }
  return { times, pages };
}

async function main() {
  const [frontEnds, tools, pixfront, signedPixfront, signingKey, screenshots] = process.argv.slice(2);
  await mkdir(screenshots, { recursive: true });
  const paths = [resolve(frontEnds), resolve(tools), pixfront, signedPixfront, signingKey, resolve(screenshots)];
  return within(ALL_MS, 'all of the front ends', run(paths));
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
  process.on(signal, () => endAll().finally(() => process.exit(1)));
}
let status = 0;
try {
  process.stdout.write(`${JSON.stringify(await main(), null, 1)}\n`);
} catch (error) {
  console.error(error);
  status = 1;
}
await endAll();
// What hangs on after that is nothing to wait for.
process.stdout.write('', () => process.exit(status));
