// The same as store-s3.mjs on files, so that the functions can be timed without S3: DATA/<bucket>/<key, percent-encoded>.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const path = (bucket, key) => join(process.env.DATA, bucket, encodeURIComponent(key));

export const get = (bucket, key) => readFile(path(bucket, key));

export const put = (bucket, key, body) => writeFile(path(bucket, key), body);
