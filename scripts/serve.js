// Serves a folder on this machine only: `node scripts/serve.js FOLDER [PORT]`. Port 0: any free one. Prints the address.
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { pathToFileURL } from 'node:url';
import { constants, createBrotliCompress } from 'node:zlib';

const types = /** @type {Record<string, string>} */ ({
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
  '.wasm': 'application/wasm',
  '.dbm': 'application/octet-stream',
});

/** As static hosts compress what they serve. */
const quick = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };

/**
 * @param {string} folder
 * @param {number} port
 * @param {Record<string, string>} [headers] Sent with every file, beside its type.
 * @returns {Promise<{ url: string, close(): Promise<void> }>}
 */
export function serve(folder, port, headers = {}) {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname));
    const file = join(folder, path.endsWith('/') ? `${path}index.html` : path);
    try {
      if (!file.startsWith(normalize(folder)) || !statSync(file).isFile()) throw new Error('not a file');
      const type = types[extname(file)] ?? 'application/octet-stream';
      const compresses = /^text|svg|json|wasm/.test(type) && String(request.headers['accept-encoding']).includes('br');
      response.writeHead(200, {
        'content-type': type,
        'cache-control': 'no-cache',
        ...(compresses && { 'content-encoding': 'br', vary: 'accept-encoding' }),
        ...headers,
      });
      const bytes = createReadStream(file);
      (compresses ? bytes.pipe(createBrotliCompress(quick)) : bytes).pipe(response);
    } catch {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('There is nothing here');
    }
  });
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = /** @type {import('node:net').AddressInfo} */ (server.address());
      const close = () =>
        new Promise((/** @type {(value?: any) => void} */ closed) => {
          server.close(closed);
          server.closeAllConnections();
        });
      resolve({ url: `http://127.0.0.1:${address.port}/`, close });
    });
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [folder, port = '8080'] = process.argv.slice(2);
  try {
    const { url } = await serve(folder, Number(port));
    console.log(`\n  The page is ready: ${url}\n  (Ctrl-C ends it.)\n`);
  } catch (error) {
    const busy = /** @type {NodeJS.ErrnoException} */ (error).code === 'EADDRINUSE';
    console.error(busy ? `Port ${port} is taken; choose another: make run port=8081` : String(error));
    process.exit(1);
  }
}
