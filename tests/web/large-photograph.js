// Photographs as large as one likes: the drawn sample, repeated.
import { readFileSync } from 'node:fs';
import { readPng } from '../../scripts/png.js';
import { Core } from '../../web/lib/wasm.js';

/**
 * @param {number} width
 * @param {number} height
 * @param {string} [path] Of a PNG without alpha, which is repeated.
 * @returns {Promise<Buffer>} A JPEG of quality 92.
 */
export async function largeJpeg(width, height, path = 'build/web/sample.png') {
  const module = await WebAssembly.compile(readFileSync('build/wasm/deblur-simd.wasm'));
  const core = await Core.open(module, readFileSync('weights/student.dbm'));
  const { width: w, height: h, channels, pixels } = readPng(readFileSync(path));
  const picture = core.blank(width, height);
  const row = new Uint8ClampedArray(width * 4).fill(255);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) for (let c = 0; c < 3; c++) row[4 * x + c] = pixels[((y % h) * w + (x % w)) * channels + c];
    picture.fill(y, row);
  }
  return Buffer.from(picture.jpeg(92));
}
