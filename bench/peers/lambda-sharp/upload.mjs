// What Pixfront's upload-trigger is measured beside: the usual tutorial's function with sharp. An upload's thumbnail of half the
// size goes to the other bucket. It records nothing, looks for nothing that is outdated, and has no queue for what fails.
import sharp from 'sharp';

const { get, put } = await import(process.env.DATA ? './store-directory.mjs' : './store-s3.mjs');

export const handler = async (event) => {
  for (const { s3 } of event.Records) {
    const key = decodeURIComponent(s3.object.key.replace(/\+/g, ' '));
    const picture = sharp(await get(s3.bucket.name, key));
    const { width } = await picture.metadata();
    const half = await picture.resize({ width: Math.floor(width / 2) }).jpeg({ quality: 80 }).toBuffer();
    await put(process.env.VARIANTS_BUCKET, `resized-${key}`, half, 'image/jpeg');
  }
};
