// Where the functions beside this file read and write: S3, with AWS's own client and its defaults.
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';

const s3 = new S3Client();

export const get = async (bucket, key) => {
  const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return object.Body.transformToByteArray();
};

export const put = (bucket, key, body, type) =>
  s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: type }));
