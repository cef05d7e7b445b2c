// Next.js asks loader.js for the URL of every picture, and resizes nothing itself.

if (!process.env.NEXT_PUBLIC_PIXFRONT_URL) {
  throw new Error('NEXT_PUBLIC_PIXFRONT_URL is not set; it must be the address of Pixfront, such as https://cdn.example.com');
}

export default {
  images: {
    loader: 'custom',
    loaderFile: './loader.js',
    // Each of these widths is a variant of each picture in each format: made once, stored, paid for. Pixfront never enlarges, so a
    // width beyond the largest original gives the same picture under one more name. Next's own list goes up to 3840.
    deviceSizes: [480, 768, 1080, 1440, 1920],
    imageSizes: [96, 160, 320],
    // What <Image quality> may be. Without it no q is asked for, and Pixfront's own depends on the format.
    qualities: [60],
  },
};
