// The custom loader of next/image: a picture's name, a width and perhaps a quality become a URL of Pixfront.
//
// Signed URLs can't be made here, since this also runs in the browser: app/signed/page.js shows how.

import { pictureUrl } from './url.js';

export default function pixfrontLoader({ src, width, quality }) {
  return pictureUrl(process.env.NEXT_PUBLIC_PIXFRONT_URL, src, width, quality);
}
