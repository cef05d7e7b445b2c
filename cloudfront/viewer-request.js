// The viewer-request function (CloudFront Functions, JavaScript runtime 2.0): from a viewer's URL to the one URI of its picture,
// or to a refusal. The twin of src/serve/viewer_request.rs: tests/vectors holds both. `pixfront viewer-request` prints it with a
// deployment's settings and without comments and needless spaces, to be under CloudFront's limit of 10,240 bytes.
//
// AWS documents that path, query and headers come in UTF-8 and else unchanged, escapes and all; that rawQueryString() is the query
// as sent; that header names are in lower case, and what is sent twice has its first value in `value`. It does not document
// how strings are counted and where `$` matches: as in njs, by code points and, as in Perl, before a last line feed as well, or
// as elsewhere. Neither makes a difference here. Nor is a text that may not be ASCII searched more than once by one regular
// expression (flag g, split): in njs 0.7.9 such a search can go on for ever.
import cf from 'cloudfront';

// settings
const SETTINGS = {
  formats: ["webp","avif","jpeg","png","gif"],
  presets: [],
  defaults: "",
  thumbnailPrefixes: ["resized-"],
  serveOriginals: true,
  signed: false,
};
// end of settings

// table
// Written by `UPDATE=1 make test`.
const PARAMS = {
  w: "a whole number from 1 to 8192",
  h: "a whole number from 1 to 8192",
  f: "auto, webp, avif, jpeg (or jpg), png or gif",
  q: "a whole number from 1 to 100",
  fit: "inside, cover, contain, fill or outside",
  pos: "center, north, northeast, east, southeast, south, southwest, west or northwest (also centre, top, right, bottom, left), x,y from 0 to 1 with at most three decimals, entropy or attention",
  dpr: "a number from 1 to 5 with at most one decimal",
  bg: "six hex digits, RRGGBB",
  p: "a preset's name, up to 64 letters, digits, - and _",
  s: "43 characters of base64url without padding",
  exp: "a time in whole seconds since 1970, before the year 10000",
};
// In the order in which keys are written; that of an object's fields is not certain.
const NAMES = ["w","h","f","q","fit","pos","dpr","bg","p","s","exp"];
const ALIASES = {
  width: "w",
  height: "h",
  fm: "f",
  format: "f",
  quality: "q",
  gravity: "pos",
  preset: "p",
};
const KEY_PAIR = /^(w|h|f|q|fit|pos|bg)=([0-9A-Za-z]+|[0-9.:]+)$/;
const FORMAT = /^(auto|webp|avif|jpeg|png|gif)$/;
const FIT = /^(inside|cover|contain|fill|outside)$/;
const QUALITY = { webp: 80, avif: 70, jpeg: 80 };
const SIDE_MAX = 8192;
const PATH_MAX = 850;
const EXPIRES_MAX = 253402300799;
// end of table

const crypto = require('crypto');
const STORE = SETTINGS.signed ? cf.kvs() : null;
const PLACES = ['northwest', 'north', 'northeast', 'west', 'center', 'east', 'southwest', 'south', 'southeast', 'entropy', 'attention'];
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

async function handler(event) {
  const request = event.request;
  try {
    const query = queryAsSent(request);
    const name = checked(decodedPath(request.uri));
    const params = parse(query);
    if (SETTINGS.signed) await verify(name, params);
    const accept = request.headers.accept ? request.headers.accept.value : '';
    const recipe = plan(name, params, accept);
    // For redirects; whatever the viewer said it was. Only visible ASCII can stand there; what is escaped already stays so.
    request.headers['x-pixfront-url'] = { value: encodeURI(withQuery(request.uri, query)).replace(/%25/g, '%') };
    if (recipe === '') cf.selectRequestOriginById('originals');
    request.uri = uri(recipe ? `${name}/${recipe}` : name);
    request.querystring = {};
    return request;
  } catch (error) {
    // Anything else is a bug: CloudFront answers 503.
    if (!error.kind) throw error;
    return {
      statusCode: { invalid: 400, forbidden: 403, unsupported: 415, upstream: 502 }[error.kind],
      headers: {
        'content-type': { value: 'text/plain; charset=utf-8' },
        'cache-control': { value: error.kind === 'upstream' ? 'no-store' : 'public, max-age=10' },
        'x-content-type-options': { value: 'nosniff' },
        'x-pixfront-error': { value: error.kind },
      },
      body: `${error.words}\n`,
    };
  }
}

function refuse(kind, words) {
  throw { kind: kind, words: words };
}

const invalid = words => refuse('invalid', words);
const withQuery = (path, query) => (query ? `${path}?${query}` : path);

// The console's test events have but the object, in which names stand once. Either has escapes as they were sent.
function queryAsSent(request) {
  const fields = request.querystring;
  const pairs = name => (fields[name].multiValue || [fields[name]]).map(field => `${name}=${field.value}`).join('&');
  return (request.rawQueryString && request.rawQueryString()) || Object.keys(fields).map(pairs).join('&');
}

function decodedPath(path) {
  if (path.charAt(0) !== '/') invalid('the path does not begin with a slash');
  if (/%(?![0-9A-Fa-f]{2})/.test(path)) invalid('the path has a % without two hex digits after it');
  const name = decoded(path.slice(1), null);
  return name === null ? invalid('the path is not UTF-8') : name;
}

function decoded(text, otherwise) {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    return otherwise;
  }
}

function checked(name) {
  if (!name) invalid('the path names no picture');
  if (CONTROL.test(name)) invalid('the path has a control character');
  const segments = name.split('/');
  segments.forEach(segment => {
    if (!segment) invalid('the path has an empty segment');
    if (/^\.\.?$/.test(segment)) invalid(`the path has a segment that is ${segment}`);
  });
  const last = segments.pop();
  if (last.split(',').every(pair => KEY_PAIR.test(pair))) {
    invalid(`the path ends in ${last}, which reads as a recipe and can't name a picture`);
  }
  return name;
}

// The known parameters under their first names, each value in its one spelling.
function parse(query) {
  const params = {};
  query.split('&').forEach(pair => {
    const at = pair.indexOf('=');
    const pieces = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
    const name = decoded(pieces[0], pieces[0]);
    const value = decoded(pieces[1], pieces[1]);
    const own = ALIASES[name] || name;
    if (!NAMES.includes(own)) return;
    if (params[own]) invalid(`${own}: given more than once`);
    params[own] = !CONTROL.test(value) && SPELT[own](value);
    if (!params[own]) invalid(`${name}=${shortened(value)}: must be ${PARAMS[own]}`);
  });
  return params;
}

// At most 40 characters, however they are counted.
function shortened(value) {
  let rest = value;
  let shown = '';
  for (let count = 0; rest && count < 40; count++) {
    const character = String.fromCodePoint(rest.codePointAt(0));
    shown += CONTROL.test(character) ? '\ufffd' : character;
    rest = rest.slice(character.length);
  }
  return shown + (rest && '\u2026');
}

// What a good value is written as, and nothing for a bad one.
const like = pattern => value => pattern.test(value) && value;
const whole = (least, most) => value => /^[0-9]+$/.test(value) && value >= least && value <= most && String(Number(value));
const SPELT = {
  w: whole(1, SIDE_MAX),
  h: whole(1, SIDE_MAX),
  f: value => (value === 'jpg' ? 'jpeg' : like(FORMAT)(value)),
  q: whole(1, 100),
  fit: like(FIT),
  pos: position,
  dpr: value => /^0*[1-5](\.[0-9])?$/.test(value) && value <= 5 && Number(value),
  bg: value => like(/^[0-9a-f]{6}$/)(value.toLowerCase()),
  p: like(/^[0-9A-Za-z_-]{1,64}$/),
  // The last character carries four bits.
  s: like(/^[0-9A-Za-z_-]{42}[AEIMQUYcgkosw048]$/),
  exp: whole(0, EXPIRES_MAX),
};

function position(value) {
  const first = { centre: 'center', top: 'north', right: 'east', bottom: 'south', left: 'west' }[value] || value;
  if (PLACES.includes(first)) return first;
  const point = value.replace(':', ',').split(',');
  if (point.length !== 2 || !point.every(side => /^0*[01](\.[0-9]{1,3})?$/.test(side) && side <= 1)) return false;
  const text = point.map(Number).join(':');
  // The first nine are a grid.
  return /^(0|0\.5|1):(0|0\.5|1)$/.test(text) ? PLACES[point[0] * 2 + point[1] * 6] : text;
}

function written(params, separator) {
  return NAMES.filter(name => params[name]).map(name => `${name}=${params[name]}`).join(separator);
}

async function verify(name, params) {
  if (!params.s) refuse('forbidden', 's: missing; only signed URLs are answered here');
  let list = '';
  try {
    list = await STORE.get('signing-keys');
  } catch (error) {
    console.log(`signing-keys: ${error}`);
  }
  const secrets = list.split(',').map(secret => secret.trim());
  if (!secrets.every(secret => /^[!-~]{32,}$/.test(secret))) refuse('upstream', 'the signing keys could not be read');
  const text = withQuery(uri(name), written(Object.assign({}, params, { s: '' }), '&'));
  const given = Buffer.from(params.s, 'base64url');
  // No secret is passed over, nor a byte: how long it takes tells nothing.
  const differences = secrets.map(secret => {
    const mac = crypto.createHmac('sha256', secret).update(text).digest();
    let difference = 0;
    for (let at = 0; at < 32; at++) difference |= mac[at] ^ given[at];
    return difference;
  });
  if (!differences.includes(0)) refuse('forbidden', 's: does not match; it is the signature of another URL, or by another key');
  if (params.exp <= Date.now() / 1000) {
    refuse('forbidden', `exp=${params.exp}: expired at ${new Date(params.exp * 1000).toUTCString()}`);
  }
}

// A variant's recipe; empty for an original, undefined for a thumbnail, whose name says all.
function plan(name, params, accept) {
  const prefixOf = text => SETTINGS.thumbnailPrefixes.find(prefix => text.startsWith(prefix));
  const prefix = prefixOf(name);
  const source = prefix ? name.slice(prefix.length) : name;
  if (prefix && !Object.keys(params).every(known => known === 's' || known === 'exp')) {
    invalid(`a name that begins with ${prefix} is a thumbnail and takes no parameters`);
  }
  const length = Buffer.byteLength(checked(source));
  if (length > PATH_MAX) invalid(`the path is ${length} bytes long, over the limit of ${PATH_MAX}`);
  if (prefix) return prefixOf(source) ? invalid('a thumbnail has no thumbnail of its own') : undefined;
  // What every URL says besides is for those that ask for something.
  const recipe = settled(params, accept, '') && settled(params, accept, SETTINGS.defaults);
  if (recipe || SETTINGS.serveOriginals) return recipe;
  return refuse('forbidden', 'originals are not served here; ask for a size, such as ?w=400');
}

// Nothing is left open, and what has no effect is left out.
function settled(typed, accept, defaults) {
  const params = Object.assign(parse(defaults), typed.p ? preset(typed.p) : {}, typed);
  let f = params.f;
  if (f === 'auto') {
    f = ['avif', 'webp'].find(format => SETTINGS.formats.includes(format) && accepts(accept, `image/${format}`));
  } else if (f && !SETTINGS.formats.includes(f)) {
    refuse('unsupported', `f=${f}: not made here; can be ${SETTINGS.formats.join(', ')}`);
  }
  const fit = (params.w && params.h && params.fit) || 'inside';
  return written({
    w: side('w', params),
    h: side('h', params),
    f: f,
    q: (!f || (QUALITY[f] && QUALITY[f] !== Number(params.q))) && params.q,
    fit: fit !== 'inside' && fit,
    pos: fit === 'cover' && params.pos !== 'center' && params.pos,
    bg: (f === 'jpeg' ? params.bg !== 'ffffff' : fit === 'contain') && params.bg,
  }, ',');
}

function preset(name) {
  const pair = SETTINGS.presets.find(one => one[0] === name);
  if (pair) return parse(pair[1]);
  const names = SETTINGS.presets.map(one => one[0]).join(', ');
  return invalid(`p=${shortened(name)}: ${names ? `no such preset; can be ${names}` : 'no presets are configured here'}`);
}

function side(name, params) {
  const css = params[name];
  const device = css && Math.floor((css * Math.round((params.dpr || 1) * 10) + 5) / 10);
  if (device > SIDE_MAX) invalid(`${name}=${css}: ${device} with dpr, over the limit of ${SIDE_MAX}`);
  return device;
}

// A header that is not ASCII counts as none.
function accepts(header, type) {
  const isZeroWeight = piece => /^q[\t ]*=(?![\t ]*(1|0[0-9.]*[1-9])[0-9.]*$)/i.test(piece);
  return /^[\t -~]*$/.test(header) && header.split(',').some(range => {
    const pieces = range.split(';').map(piece => piece.trim());
    return pieces.shift().toLowerCase() === type && !pieces.some(isZeroWeight);
  });
}

// S3 reads a plus as a space, so it is escaped, and all else too but what stands here.
function uri(key) {
  const hex = character => `%${Buffer.from(character).toString('hex').toUpperCase()}`;
  return `/${encodeURIComponent(key).replace(/%(2F|3D|2C)/g, decodeURIComponent).replace(/[!'()*]/g, hex)}`;
}
