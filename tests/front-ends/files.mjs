// The plain pages, with Pixfront's address in the place of the example's, on a port of the system's choice.

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';

import { atEnd } from './endings.mjs';

const PAGES = ['/srcset.html', '/picture.html'];
const EXAMPLE = 'https://cdn.example.com';

/** Serves, and says at which address. */
export async function serve(folder, pixfront) {
  const server = createServer(async (request, response) => {
    try {
      if (request.url === '/favicon.ico') return response.writeHead(204).end();
      if (!PAGES.includes(request.url)) return response.writeHead(404).end();
      const html = await readFile(join(folder, request.url), 'utf8');
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(html.replaceAll(EXAMPLE, pixfront));
    } catch (error) {
      console.error(error);
      response.writeHead(500).end();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(async () => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}`;
}
