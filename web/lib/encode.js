/**
 * Writes pictures, strip by strip where the format allows: PNG here, JPEG by our own core, WebP by the browser. Belongs in a worker.
 * @module
 */
import { MAX_CANVAS_PIXELS } from './decode.js';
import { DeblurError, outOfMemory } from './errors.js';
import { concat, metadataForPng, pngChunk, writeIntoJpeg, writeIntoWebp } from './metadata.js';
import { stripsOf } from './strips.js';

/**
 * @typedef {object} Encoding
 * @property {import('./metadata.js').OutputFormat} format
 * @property {number} quality 1..100, of JPEG and WebP.
 * @property {number} width
 * @property {number} height
 * @property {boolean} alpha Whether anything is transparent; JPEG lays that over white.
 * @property {import('./metadata.js').Metadata} metadata
 *
 * @typedef {(y: number, rows: number) => Promise<Uint8ClampedArray>} Rows Gives RGBA of some rows; they hold until the next are
 *   asked for.
 */

/** @param {Encoding} picture @param {Rows} rows @returns {AsyncGenerator<{ y: number, rgba: Uint8ClampedArray }>} */
async function* strips({ width, height }, rows) {
  for (const { y, rows: count } of stripsOf(width, height)) yield { y, rgba: await rows(y, count) };
}

/** @param {Encoding} picture @param {Rows} rows @param {import('./wasm.js').Core} core */
async function encodeJpeg(picture, rows, core) {
  const blank = core.blank(picture.width, picture.height);
  try {
    for await (const { y, rgba } of strips(picture, rows)) blank.fill(y, rgba);
    return writeIntoJpeg(blank.jpeg(picture.quality), picture.metadata);
  } finally {
    blank.close();
  }
}

/** @param {Encoding} picture @param {Rows} rows */
async function encodeWebp(picture, rows) {
  const { width, height, quality } = picture;
  if (width * height > MAX_CANVAS_PIXELS)
    throw new DeblurError('too-large', 'Browsers write WebP of up to 16 megapixels; choose JPEG or PNG');
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (!context) throw outOfMemory();
  for await (const { y, rgba } of strips(picture, rows))
    context.putImageData(new ImageData(/** @type {Uint8ClampedArray<ArrayBuffer>} */ (rgba), width), 0, y);
  const blob = await canvas.convertToBlob({ type: 'image/webp', quality: quality / 100 });
  if (blob.type !== 'image/webp') throw new DeblurError('unsupported', 'This browser cannot write WebP; choose JPEG or PNG');
  return writeIntoWebp(new Uint8Array(await blob.arrayBuffer()), picture.metadata, picture);
}

// ---- PNG ----

/** @param {number} a left @param {number} b above @param {number} c above left */
function paeth(a, b, c) {
  const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

/** Filters rows (ISO/IEC 15948, 9) by whichever of three leaves the smallest numbers, which is the usual guess at what compresses best. */
class RowFilter {
  /** @param {number} width @param {number} channels */
  constructor(width, channels) {
    this.channels = channels;
    const row = () => new Uint8Array((width + 1) * channels); // a black pixel before the first
    this.above = row();
    this.row = row();
    this.candidates = [1, 2, 4].map((type) => ({ type, bytes: new Uint8Array(width * channels) }));
  }

  /**
   * @param {Uint8ClampedArray} rgba One row.
   * @param {Uint8Array} out Its type and its filtered bytes.
   */
  write(rgba, out) {
    const { channels, above, row, candidates } = this;
    for (let from = 0, to = channels; from < rgba.length; from += 4, to += channels)
      for (let c = 0; c < channels; c++) row[to + c] = rgba[from + c];
    const [sub, up, predicted] = candidates.map(({ bytes }) => bytes);
    const sums = [0, 0, 0];
    const size = (/** @type {number} */ byte) => (byte < 128 ? byte : 256 - byte);
    for (let i = 0, at = channels; i < sub.length; i++, at++) {
      const [left, high, corner] = [row[at - channels], above[at], above[at - channels]];
      sub[i] = row[at] - left;
      up[i] = row[at] - high;
      predicted[i] = row[at] - paeth(left, high, corner);
      sums[0] += size(sub[i]);
      sums[1] += size(up[i]);
      sums[2] += size(predicted[i]);
    }
    const best = candidates[sums.indexOf(Math.min(...sums))];
    out[0] = best.type;
    out.set(best.bytes, 1);
    [this.above, this.row] = [row, above];
  }
}

/** @param {Encoding} picture @param {Rows} rows */
async function encodePng(picture, rows) {
  if (!globalThis.CompressionStream) throw new DeblurError('unsupported', 'This browser cannot write PNG; choose JPEG');
  const { width, height, alpha } = picture;
  const channels = alpha ? 4 : 3;
  const header = new Uint8Array(13);
  new DataView(header.buffer).setUint32(0, width);
  new DataView(header.buffer).setUint32(4, height);
  header.set([8, alpha ? 6 : 2, 0, 0, 0], 8);
  const signature = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);
  const parts = [concat(signature, pngChunk('IHDR', header), await metadataForPng(picture.metadata))];

  const { readable, writable } = new CompressionStream('deflate');
  const compressing = (async () => {
    const writer = writable.getWriter();
    const filter = new RowFilter(width, channels);
    const length = width * channels + 1;
    for await (const { rgba } of strips(picture, rows)) {
      const count = rgba.length / (4 * width);
      const lines = new Uint8Array(count * length);
      for (let y = 0; y < count; y++)
        filter.write(rgba.subarray(4 * width * y, 4 * width * (y + 1)), lines.subarray(y * length, (y + 1) * length));
      await writer.write(lines);
    }
    await writer.close();
  })();
  compressing.catch(() => readable.cancel()); // what went wrong is thrown below
  const reader = readable.getReader();
  for (let { value, done } = await reader.read(); !done; { value, done } = await reader.read())
    parts.push(pngChunk('IDAT', /** @type {Uint8Array} */ (value)));
  await compressing;
  return new Blob([...parts, pngChunk('IEND', new Uint8Array(0))], { type: 'image/png' });
}

/**
 * @param {Encoding} picture
 * @param {Rows} rows
 * @param {import('./wasm.js').Core} core
 * @returns {Promise<Blob>}
 */
export async function encode(picture, rows, core) {
  if (picture.format === 'png') return encodePng(picture, rows);
  const file = await (picture.format === 'jpeg' ? encodeJpeg(picture, rows, core) : encodeWebp(picture, rows));
  return new Blob([file], { type: `image/${picture.format}` });
}
