// Every URL that a page offers for a picture, read from its HTML: srcset of <img> and <source>, imagesrcset of <link>, src of <img>.

const TAG = /<(?:img|source|link)\b[^>]*>/gi;

/** `[{ url, descriptor }]`; the descriptor is as `480w` or `2x`, and empty where there is none. */
export function candidates(html) {
  return [...html.matchAll(TAG)].flatMap(([tag]) => [
    ...attribute(tag, 'src').map((url) => ({ url, descriptor: '' })),
    ...[...attribute(tag, 'srcset'), ...attribute(tag, 'imagesrcset')].flatMap(split),
  ]);
}

function attribute(tag, name) {
  const found = new RegExp(`\\s${name}="([^"]*)"`, 'i').exec(tag);
  return found ? [found[1].replaceAll('&amp;', '&')] : [];
}

// A comma within a URL has no white space after it.
function split(srcset) {
  return srcset.trim().split(/,\s+/).map((candidate) => {
    const [url, descriptor = ''] = candidate.split(/\s+/);
    return { url, descriptor };
  });
}
