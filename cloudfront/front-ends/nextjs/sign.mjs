// Signed URLs, on the server: whoever has the secret can sign any URL, so it must never reach a browser.
//
// What is signed is the path and the known parameters in their one spelling, as "Signed URLs" in Pixfront's README has it.

import { createHmac } from 'node:crypto';

const SECRET_CHARS_MIN = 32;

// The table of parameters, in its order.
const ALIASES = { width: 'w', height: 'h', fm: 'f', format: 'f', quality: 'q', gravity: 'pos', preset: 'p' };
const ORDER = ['w', 'h', 'f', 'q', 'fit', 'pos', 'dpr', 'bg', 'p', 'exp'];

const POINTS = {
  '0.5:0.5': 'center',
  '0.5:0': 'north',
  '1:0': 'northeast',
  '1:0.5': 'east',
  '1:1': 'southeast',
  '0.5:1': 'south',
  '0:1': 'southwest',
  '0:0.5': 'west',
  '0:0': 'northwest',
};
const OTHER_POINTS = { centre: 'center', top: 'north', right: 'east', bottom: 'south', left: 'west' };

const number = (text) => (/^\d+(\.\d+)?$/.test(text) ? String(Number(text)) : text);
const point = (text) => {
  const numbers = text.split(/[,:]/).map(number).join(':');
  return POINTS[numbers] ?? OTHER_POINTS[text] ?? numbers;
};
const SPELL = {
  w: number,
  h: number,
  f: (format) => (format === 'jpg' ? 'jpeg' : format),
  q: number,
  pos: point,
  dpr: number,
  bg: (colour) => colour.toLowerCase(),
  exp: number,
};

/**
 * The URL, or its path and query, with its signature. `secret` is the first of PIXFRONT_SIGNING_KEYS, `expires` a time in seconds since
 * 1970. A signature that the URL has makes room; what is not signed, such as utm_source, stays.
 */
export function sign(url, secret, expires) {
  if (!(secret?.length >= SECRET_CHARS_MIN)) {
    throw new Error(`the signing key has ${secret?.length ?? 0} characters, and must have at least ${SECRET_CHARS_MIN}`);
  }
  const [, origin, path, query] = /^([a-z]+:\/\/[^/?#]*)?([^?#]*)\??([^#]*)/i.exec(url);
  const { known, others } = read(query);
  if (expires !== undefined) {
    known.set('exp', String(expires));
  }
  const pairs = ORDER.filter((name) => known.has(name)).map((name) => `${name}=${known.get(name)}`);
  const text = [escapePath(path), ...(pairs.length ? [pairs.join('&')] : [])].join('?');
  const signature = createHmac('sha256', secret).update(text).digest('base64url');
  return `${origin ?? ''}${escapePath(path)}?${[...pairs, `s=${signature}`, ...others].join('&')}`;
}

// The known parameters, each in its one spelling, and the others as they are.
function read(query) {
  const known = new Map();
  const others = [];
  for (const pair of query.split('&').filter(Boolean)) {
    const [typed, ...rest] = pair.split('=').map(unescape);
    const name = ALIASES[typed] ?? typed;
    if (name === 's') {
      continue;
    }
    if (!ORDER.includes(name)) {
      others.push(pair);
      continue;
    }
    if (known.has(name)) {
      throw new Error(`${name}: given more than once in ?${query}`);
    }
    const value = rest.join('=');
    known.set(name, SPELL[name]?.(value) ?? value);
  }
  return { known, others };
}

// A plus is a plus. What is no escape is kept, and is then no known name and no good value.
function unescape(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// All but letters, digits and -._~/=, is escaped; the path is unescaped first, so that one that is escaped already stays as it is.
function escapePath(path) {
  const escaped = encodeURIComponent(decodeURIComponent(path)).replace(/%(2F|3D|2C)/g, decodeURIComponent);
  return escaped.replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
}
