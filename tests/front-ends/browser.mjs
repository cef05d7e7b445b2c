// Headless Chromium, by its DevTools protocol: what it chose for each picture of a page, and what that cost.

import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { atEnd, within } from './endings.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const LAUNCH_MS = 60_000;
const PAGE_MS = 60_000;

/** Starts it. `look(url, view, screenshot)` says what is seen on a page. */
export async function launch(tools) {
  const installed = createRequire(join(tools, 'node_modules/here')).resolve('puppeteer-core');
  const { default: puppeteer } = await import(pathToFileURL(installed));
  const browser = await puppeteer.launch({
    executablePath: program(),
    // Its sandbox does not run as root. It shows nothing but our own pages.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--force-color-profile=srgb'],
    // By pipe, so that it ends with this process even if that is killed; signals are run.mjs's affair.
    pipe: true,
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    timeout: LAUNCH_MS,
    protocolTimeout: PAGE_MS,
  });
  atEnd(() => browser.close());
  const look = (url, view, screenshot) => within(PAGE_MS, `the pictures of ${url}`, lookAt(browser, url, view, screenshot));
  return { look };
}

function program() {
  for (const folder of process.env.PATH.split(delimiter)) {
    for (const name of NAMES) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch {
        // The next one, then.
      }
    }
  }
  throw new Error(`none of ${NAMES.join(', ')} is on the PATH; install Chromium (Debian, as root: apt-get install chromium)`);
}

// In a context of its own, whose cache is empty.
async function lookAt(browser, url, view, screenshot) {
  const context = await browser.createBrowserContext();
  try {
    const page = await context.newPage();
    const complaints = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (said) => ['error', 'warn'].includes(said.type()) && complaints.push(said.text()));
    const transfers = await record(page, view.without);
    await page.setViewport({ width: view.width, height: view.height, deviceScaleFactor: view.dpr, isMobile: view.width < 600 });
    await page.goto(url, { waitUntil: 'load', timeout: PAGE_MS });
    const pictures = await page.evaluate(inspect);
    // What `measure` loads again is no doing of the page's: with formats switched off Chromium may not find it in its cache.
    const ofPage = [...transfers];
    const naturals = await page.evaluate(measure, pictures.map(({ url }) => url));
    const seen = pictures.map((picture, nth) => {
      return { ...picture, natural: naturals[nth], transfers: ofPage.filter(({ url }) => url === picture.url) };
    });
    await page.evaluate(() => window.scrollTo({ top: 0, behavior: 'instant' }));
    await page.screenshot({ path: screenshot, fullPage: true });
    return { pictures: seen, complaints };
  } finally {
    await context.close();
  }
}

// What goes over the network for pictures: filled in while the page is loaded.
async function record(page, without) {
  const transfers = [];
  const byId = new Map();
  const of = (id) => byId.get(id) ?? byId.set(id, { url: '', accept: '', status: 0, type: '', bytes: 0 }).get(id);
  const session = await page.createCDPSession();
  await session.send('Network.enable');
  await session.send('Emulation.setDisabledImageTypes', { imageTypes: without });
  session.on('Network.requestWillBeSentExtraInfo', ({ requestId, headers }) => {
    of(requestId).accept = headers.Accept ?? headers.accept ?? '';
  });
  session.on('Network.responseReceived', ({ requestId, type, response }) => {
    if (!['Image', 'Preload'].includes(type) && !response.mimeType.startsWith('image/')) return;
    const { url, status, mimeType, fromDiskCache } = response;
    if (!fromDiskCache) transfers.push(Object.assign(of(requestId), { url, status, type: mimeType }));
  });
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    of(requestId).bytes = encodedDataLength;
  });
  return transfers;
}

// In the page. Lazy pictures are loaded when they are scrolled to.
async function inspect() {
  const seen = [];
  for (const image of document.images) {
    image.scrollIntoView({ block: 'center', behavior: 'instant' });
    await image.decode().catch((error) => {
      throw new Error(`${image.alt} (${image.currentSrc}): ${error.message}`);
    });
    const { width, height } = image.getBoundingClientRect();
    seen.push({ alt: image.alt, url: image.currentSrc, shown: [Math.round(width), Math.round(height)] });
  }
  return seen;
}

// In the page. A picture of a srcset says its size in CSS pixels; by itself in its own.
async function measure(urls) {
  const naturals = [];
  for (const url of urls) {
    const alone = new Image();
    alone.src = url;
    await alone.decode();
    naturals.push([alone.naturalWidth, alone.naturalHeight]);
  }
  return naturals;
}
