// What Pixfront's origin-response is measured beside: the usual tutorial's function with sharp. What the bucket has not,
// /photos/cat.jpg/w=400,f=webp, is made of the original, stored and answered. It knows no other parameters, and records nothing.
import sharp from 'sharp';

const { get, put } = await import(process.env.DATA ? './store-directory.mjs' : './store-s3.mjs');

export const handler = async (event) => {
  const { request, response } = event.Records[0].cf;
  const asked = request.uri.match(/^\/(.+)\/w=(\d+),f=webp$/);
  if (!asked || !['403', '404'].includes(response.status)) return response;
  const original = await get(process.env.ORIGINALS_BUCKET, asked[1]);
  // Both are sharp's defaults, and ours.
  const picture = await sharp(original).resize({ width: Number(asked[2]) }).webp({ quality: 80, effort: 4 }).toBuffer();
  await put(process.env.VARIANTS_BUCKET, request.uri.slice(1), picture, 'image/webp');
  return {
    status: '200',
    statusDescription: 'OK',
    headers: { 'content-type': [{ key: 'Content-Type', value: 'image/webp' }] },
    bodyEncoding: 'base64',
    body: picture.toString('base64'),
  };
};
