// Pictures as next/image shows them. `sizes` says how wide each will be, and the browser picks the width that fits its screen.

import Image from 'next/image';

export default function Page() {
  return (
    <main>
      <h1>Pictures by Pixfront</h1>
      <Image src="/photos/sunrise.jpg" alt="across the page" width={1600} height={900} sizes="100vw" preload />
      <div className="columns">
        <figure>
          <div className="portrait">
            <Image src="/photos/tower.jpg" alt="upright" fill sizes="(max-width: 700px) 100vw, 33vw" quality={60} />
          </div>
          <figcaption>turned by EXIF, fills its box</figcaption>
        </figure>
        <figure>
          <Image
            src="/drawings/see through.png"
            alt="see-through"
            width={800}
            height={600}
            sizes="(max-width: 700px) 100vw, 33vw"
          />
          <figcaption>half transparent, a space in its name</figcaption>
        </figure>
        <figure>
          <Image
            src="/clips/square.gif"
            alt="moving"
            width={480}
            height={320}
            sizes="(max-width: 700px) 100vw, 33vw"
          />
          <figcaption>animated</figcaption>
        </figure>
        <figure>
          <Image src="/photos/icon.jpg" alt="of one width" width={150} height={100} />
          <figcaption>always 150 wide: 1x and 2x</figcaption>
        </figure>
      </div>
    </main>
  );
}
