// A picture of a Pixfront that answers signed URLs alone. The secret stays on the server: getImageProps, which makes what <Image> would
// show, runs there, with a loader that signs.

import { getImageProps } from 'next/image';
import { connection } from 'next/server';

import { sign } from '../../sign.mjs';
import { pictureUrl } from '../../url.js';

const DAY = 24 * 60 * 60;

export default async function Page() {
  // Signed when it is asked for, not when the app is built: signatures expire.
  await connection();
  const base = process.env.PIXFRONT_SIGNED_URL || process.env.NEXT_PUBLIC_PIXFRONT_URL;
  const secret = process.env.PIXFRONT_SIGNING_KEYS.split(',')[0].trim();
  // One expiry all day long, so that a reader's cache knows the URL again.
  const expires = (Math.floor(Date.now() / 1000 / DAY) + 2) * DAY;
  const loader = ({ src, width, quality }) => sign(pictureUrl(base, src, width, quality), secret, expires);
  const { props } = getImageProps({
    src: '/photos/sunrise.jpg',
    alt: 'signed',
    width: 1600,
    height: 900,
    sizes: '100vw',
    loader,
  });
  return (
    <main>
      <h1>A signed picture</h1>
      <img {...props} />
    </main>
  );
}
