// Completes the page's service worker with what it keeps: the files of the page, and a version made of their bytes.
//
//     node scripts/write-service-worker.js SOURCE.js FOLDER FILE...      (files within the folder)
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const [source, folder, ...paths] = process.argv.slice(2);
if (!paths.length) {
  console.error('usage: node scripts/write-service-worker.js SOURCE.js FOLDER FILE...');
  process.exit(2);
}

const names = paths
  .map((path) => relative(folder, path))
  .filter((name) => !name.endsWith('.d.ts')) // types are not for browsers
  .sort();
const code = readFileSync(source, 'utf8');
const hash = createHash('sha256').update(code);
for (const name of names) hash.update(name).update(readFileSync(join(folder, name)));
const version = hash.digest('hex').slice(0, 16);
// The folder itself is index.html.
const head = `globalThis.VERSION = '${version}';\nglobalThis.FILES = ${JSON.stringify(['./', ...names])};\n`;
writeFileSync(join(folder, 'service-worker.js'), head + code);
