/**
 * What a picture file says beside its pixels, read from one file and written into another: EXIF (CIPA DC-008), XMP (ISO 16684-1), the ICC
 * profile, and how strongly a JPEG was compressed. Nothing is interpreted that need not be.
 * @module
 */
import { displayP3Profile } from './colour-profile.js';

/**
 * @typedef {object} Metadata
 * @property {Uint8Array | null} exif A TIFF structure.
 * @property {Uint8Array | null} icc
 * @property {Uint8Array | null} xmp UTF-8
 * @property {number | null} jpegQuality 1..100 as the IJG scale counts; null for what is no JPEG.
 *
 * @typedef {'jpeg' | 'png' | 'webp'} OutputFormat
 */

/** @returns {Metadata} */
const nothing = () => ({ exif: null, icc: null, xmp: null, jpegQuality: null });

const latin1 = (/** @type {Uint8Array} */ bytes) => String.fromCharCode(...bytes);
const bytesOf = (/** @type {string} */ text) => Uint8Array.from(text, (c) => c.charCodeAt(0));

/** @param {...Uint8Array} parts @returns {Uint8Array<ArrayBuffer>} */
export function concat(...parts) {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** @param {Uint8Array} bytes */
const viewOf = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** @param {number} value @param {boolean} [little] */
function u32(value, little = false) {
  const out = new Uint8Array(4);
  viewOf(out).setUint32(0, value, little);
  return out;
}

/** @param {Uint8Array} bytes @param {CompressionStream | DecompressionStream} stream */
const through = async (bytes, stream) =>
  new Uint8Array(
    await new Response(
      new Blob([/** @type {BlobPart} */ (bytes)]).stream().pipeThrough(/** @type {any} */ (stream)),
    ).arrayBuffer(),
  );

// ---- JPEG ----

const EXIF = 'Exif\0\0';
const XMP = 'http://ns.adobe.com/xap/1.0/\0';
const ICC = 'ICC_PROFILE\0';
/** A segment's length counts itself, in 16 bits. */
const SEGMENT_BYTES = 65533;

/** The sum of ITU-T T.81's luminance table (K.1), which libjpeg scales by the quality. */
const STANDARD_TABLE_SUM = 3688;

/** @param {Uint8Array} segment A DQT segment; table 0 is what luminance is divided by. */
function qualityOf(segment) {
  if (segment[0] !== 0 || segment.length < 65) return null;
  const sum = segment.subarray(1, 65).reduce((a, b) => a + b, 0);
  const percent = (100 * sum) / STANDARD_TABLE_SUM;
  const quality = percent <= 100 ? (200 - percent) / 2 : 5000 / percent;
  return Math.min(100, Math.max(1, Math.round(quality)));
}

/** @param {Uint8Array} b @returns {Generator<{ marker: number, body: Uint8Array }>} Up to the scan. */
function* jpegSegments(b) {
  for (let at = 2; at + 4 <= b.length && b[at] === 0xff && b[at + 1] !== 0xda; ) {
    const length = (b[at + 2] << 8) | b[at + 3];
    if (b[at + 1] === 0xff) at++;
    else {
      yield { marker: b[at + 1], body: b.subarray(at + 4, at + 2 + length) };
      at += 2 + length;
    }
  }
}

/** @param {Uint8Array} file @returns {Metadata} */
function readJpeg(file) {
  const found = nothing();
  /** @type {Uint8Array[]} */
  const profile = [];
  for (const { marker, body } of jpegSegments(file)) {
    const begins = (/** @type {string} */ text) => latin1(body.subarray(0, text.length)) === text;
    if (marker === 0xe1 && begins(EXIF)) found.exif ??= body.slice(EXIF.length);
    if (marker === 0xe1 && begins(XMP)) found.xmp ??= body.slice(XMP.length);
    if (marker === 0xe2 && begins(ICC)) profile[body[ICC.length]] = body.subarray(ICC.length + 2);
    if (marker === 0xdb) found.jpegQuality ??= qualityOf(body);
  }
  if (profile.length) found.icc = concat(...profile.filter(Boolean));
  return found;
}

/** @param {number} marker @param {...Uint8Array} parts */
function segment(marker, ...parts) {
  const body = concat(...parts);
  const length = body.length + 2;
  return concat(Uint8Array.of(0xff, marker, length >> 8, length & 255), body);
}

/**
 * @param {Uint8Array} file
 * @param {Metadata} metadata
 */
export function writeIntoJpeg(file, { exif, icc, xmp }) {
  const parts = [];
  if (exif && exif.length + EXIF.length <= SEGMENT_BYTES) parts.push(segment(0xe1, bytesOf(EXIF), exif));
  if (xmp && xmp.length + XMP.length <= SEGMENT_BYTES) parts.push(segment(0xe1, bytesOf(XMP), xmp));
  const room = SEGMENT_BYTES - ICC.length - 2;
  const count = icc ? Math.ceil(icc.length / room) : 0;
  for (let i = 0; icc && i < count; i++)
    parts.push(segment(0xe2, bytesOf(ICC), Uint8Array.of(i + 1, count), icc.subarray(i * room, (i + 1) * room)));
  const hasJfif = file[3] === 0xe0;
  const after = hasJfif ? 4 + ((file[4] << 8) | file[5]) : 2;
  return concat(file.subarray(0, after), ...parts, file.subarray(after));
}

// ---- PNG (ISO/IEC 15948) ----

const XMP_KEYWORD = 'XML:com.adobe.xmp\0';
/** ITU-T H.273's numbers for primaries, transfer, matrix and range, in a cICP chunk: Display P3, and sRGB. It goes before a profile. */
const CICP_P3 = '12,13,0,1';
const CICP_SRGB = '1,13,0,1';

/** @param {Uint8Array} file @returns {Generator<{ type: string, body: Uint8Array }>} */
function* pngChunks(file) {
  const view = viewOf(file);
  for (let at = 8; at + 12 <= file.length; ) {
    const length = view.getUint32(at);
    yield { type: latin1(file.subarray(at + 4, at + 8)), body: file.subarray(at + 8, at + 8 + length) };
    at += 12 + length;
  }
}

/** @param {Uint8Array} file @returns {Promise<Metadata>} */
async function readPng(file) {
  const found = nothing();
  let cicp = '';
  for (const { type, body } of pngChunks(file)) {
    if (type === 'cICP') cicp = body.join();
    if (type === 'eXIf') found.exif = body.slice();
    if (type === 'iCCP') found.icc = await through(body.subarray(body.indexOf(0) + 2), new DecompressionStream('deflate'));
    const isXmp = type === 'iTXt' && latin1(body.subarray(0, XMP_KEYWORD.length)) === XMP_KEYWORD;
    const plain = body[XMP_KEYWORD.length] === 0; // not compressed; then come two empty texts
    if (isXmp && plain) found.xmp = body.slice(XMP_KEYWORD.length + 4);
  }
  if (cicp === CICP_P3) found.icc = displayP3Profile(); // which all formats can carry
  if (cicp === CICP_SRGB) found.icc = null;
  return found;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  return crc;
});

/** @param {string} type @param {Uint8Array} body */
export function pngChunk(type, body) {
  const chunk = concat(u32(body.length), bytesOf(type), body, u32(0));
  let crc = ~0;
  for (let i = 4; i < chunk.length - 4; i++) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ chunk[i]) & 255];
  viewOf(chunk).setUint32(chunk.length - 4, ~crc >>> 0);
  return chunk;
}

/**
 * What goes between a PNG's header and its pixels.
 * @param {Metadata} metadata
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function metadataForPng({ exif, icc, xmp }) {
  const parts = [];
  if (icc) parts.push(pngChunk('iCCP', concat(bytesOf('ICC profile\0\0'), await through(icc, new CompressionStream('deflate')))));
  if (exif) parts.push(pngChunk('eXIf', exif));
  if (xmp) parts.push(pngChunk('iTXt', concat(bytesOf(`${XMP_KEYWORD}\0\0\0\0`), xmp)));
  return concat(...parts);
}

// ---- WebP (RFC 9649) ----

/** @param {Uint8Array} file @returns {Generator<{ type: string, body: Uint8Array, whole: Uint8Array }>} */
function* riffChunks(file) {
  const view = viewOf(file);
  for (let at = 12; at + 8 <= file.length; ) {
    const length = view.getUint32(at + 4, true);
    const next = at + 8 + length + (length & 1);
    yield {
      type: latin1(file.subarray(at, at + 4)),
      body: file.subarray(at + 8, at + 8 + length),
      whole: file.subarray(at, next),
    };
    at = next;
  }
}

/** @param {Uint8Array} file @returns {Metadata} */
function readWebp(file) {
  const found = nothing();
  for (const { type, body } of riffChunks(file)) {
    const exif = latin1(body.subarray(0, EXIF.length)) === EXIF ? body.subarray(EXIF.length) : body;
    if (type === 'EXIF') found.exif = exif.slice();
    if (type === 'ICCP') found.icc = body.slice();
    if (type === 'XMP ') found.xmp = body.slice();
  }
  return found;
}

/** @param {string} type @param {Uint8Array} body */
const riffChunk = (type, body) => concat(bytesOf(type), u32(body.length, true), body, new Uint8Array(body.length & 1));

/**
 * @param {Uint8Array} file
 * @param {Metadata} metadata
 * @param {{ width: number, height: number, alpha: boolean }} picture
 */
export function writeIntoWebp(file, { exif, icc, xmp }, { width, height, alpha }) {
  const pixels = [...riffChunks(file)].filter(({ type }) => ['VP8 ', 'VP8L', 'ALPH'].includes(type)).map(({ whole }) => whole);
  const flags = (icc ? 32 : 0) | (alpha ? 16 : 0) | (exif ? 8 : 0) | (xmp ? 4 : 0);
  const header = concat(u32(flags, true), u32(width - 1, true).subarray(0, 3), u32(height - 1, true).subarray(0, 3));
  /** @type {Uint8Array[]} */
  const parts = [riffChunk('VP8X', header)];
  if (icc) parts.push(riffChunk('ICCP', icc));
  parts.push(...pixels);
  if (exif) parts.push(riffChunk('EXIF', exif));
  if (xmp) parts.push(riffChunk('XMP ', xmp));
  const body = concat(bytesOf('WEBP'), ...parts);
  return concat(bytesOf('RIFF'), u32(body.length, true), body);
}

// ---- any ----

/**
 * @param {Uint8Array} file
 * @param {import('./picture-file.js').PictureFormat} format
 * @returns {Promise<Metadata>} As much as can be made sense of.
 */
export async function readMetadata(file, format) {
  try {
    if (format === 'jpeg') return readJpeg(file);
    if (format === 'png') return await readPng(file);
    if (format === 'webp') return readWebp(file);
  } catch {} // a damaged profile is no reason to refuse the pixels
  return nothing();
}

const TAG = { width: 0x0100, height: 0x0101, orientation: 0x0112, exif: 0x8769, gps: 0x8825, pixelX: 0xa002, pixelY: 0xa003 };
const LONG = 4;

/** @typedef {{ width: number, height: number }} Size */

/**
 * Upright, and of its own size, which a camera that was turned wrote the other way round.
 * @param {DataView} view A TIFF structure.
 * @param {number} directory
 * @param {boolean} little
 * @param {Size} size
 * @returns {number} Where the directory is that says how it was taken; 0: nowhere.
 */
function correctDirectory(view, directory, little, size) {
  let inner = 0;
  const count = view.getUint16(directory, little);
  for (let at = directory + 2; at < directory + 2 + 12 * count; at += 12) {
    const tag = view.getUint16(at, little);
    if (tag === TAG.orientation) view.setUint16(at + 8, 1, little);
    if (tag === TAG.exif) inner = view.getUint32(at + 8, little);
    const isWidth = tag === TAG.width || tag === TAG.pixelX;
    if (!isWidth && tag !== TAG.height && tag !== TAG.pixelY) continue;
    view.setUint16(at + 2, LONG, little); // or SHORT, which has no room for more than 65535
    view.setUint32(at + 8, isWidth ? size.width : size.height, little);
  }
  return inner;
}

/**
 * @param {Uint8Array} exif
 * @param {boolean} keepGps
 * @param {Size} size
 * @returns {Uint8Array | null} A copy that suits upright pixels, without the thumbnail, which shows the picture as it was. Null: no TIFF.
 */
function tidyExif(exif, keepGps, size) {
  const out = exif.slice();
  const view = viewOf(out);
  const little = latin1(out.subarray(0, 2)) === 'II';
  try {
    const directory = view.getUint32(4, little);
    const inner = correctDirectory(view, directory, little, size);
    if (inner) correctDirectory(view, inner, little, size);
    let count = view.getUint16(directory, little);
    const entry = (/** @type {number} */ i) => directory + 2 + 12 * i;
    const end = entry(count); // where the next directory, the thumbnail's, is named
    const thumbnail = view.getUint32(end, little);
    for (let i = 0; i < count; i++) {
      if (keepGps || view.getUint16(entry(i), little) !== TAG.gps) continue;
      eraseDirectory(out, view.getUint32(entry(i) + 8, little), little);
      out.copyWithin(entry(i), entry(i + 1), end);
      count--;
      i--;
    }
    view.setUint16(directory, count, little);
    out.fill(0, entry(count), end + 4);
    if (thumbnail) eraseThumbnail(out, thumbnail, little);
    return out;
  } catch {
    return null; // it points beyond its end
  }
}

/** Bytes of a value of each TIFF type. */
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8];

/** @param {Uint8Array} tiff @param {number} directory @param {boolean} little */
function eraseDirectory(tiff, directory, little) {
  const view = viewOf(tiff);
  const count = view.getUint16(directory, little);
  for (let i = 0; i < count; i++) {
    const entry = directory + 2 + 12 * i;
    const bytes = (TYPE_BYTES[view.getUint16(entry + 2, little)] ?? 1) * view.getUint32(entry + 4, little);
    if (bytes > 4) tiff.fill(0, view.getUint32(entry + 8, little), view.getUint32(entry + 8, little) + bytes);
  }
  tiff.fill(0, directory, directory + 2 + 12 * count);
}

/** @param {Uint8Array} tiff @param {number} directory @param {boolean} little */
function eraseThumbnail(tiff, directory, little) {
  const view = viewOf(tiff);
  const count = view.getUint16(directory, little);
  let [start, length] = [0, 0];
  for (let i = 0; i < count; i++) {
    const entry = directory + 2 + 12 * i;
    if (view.getUint16(entry, little) === 0x0201) start = view.getUint32(entry + 8, little);
    if (view.getUint16(entry, little) === 0x0202) length = view.getUint32(entry + 8, little);
  }
  if (start) tiff.fill(0, start, start + length);
  eraseDirectory(tiff, directory, little);
}

/** @param {Uint8Array} xmp @param {boolean} keepGps @param {Size} size */
function tidyXmp(xmp, keepGps, { width, height }) {
  const numbers = /** @type {const} */ ([
    ['tiff:Orientation', 1],
    ['(?:exif:PixelXDimension|tiff:ImageWidth)', width],
    ['(?:exif:PixelYDimension|tiff:ImageLength)', height],
  ]);
  let upright = new TextDecoder().decode(xmp);
  for (const [name, value] of numbers)
    upright = upright.replace(new RegExp(`(${name}\\s*=\\s*["']|<${name}>\\s*)\\d+`, 'g'), (_, before) => `${before}${value}`);
  const placeless = upright
    .replace(/\s*exif:GPS\w+\s*=\s*("[^"]*"|'[^']*')/g, '')
    .replace(/<(exif:GPS\w+)[^>]*>[\s\S]*?<\/\1>/g, '');
  return new TextEncoder().encode(keepGps ? upright : placeless);
}

/**
 * What is written with restored pixels, which are upright.
 * @param {Metadata} metadata
 * @param {boolean} keepGps Whether it may say where the picture was taken.
 * @param {Size} size Of the pixels.
 * @returns {Metadata}
 */
export function tidy({ exif, icc, xmp, jpegQuality }, keepGps, size) {
  return { exif: exif && tidyExif(exif, keepGps, size), icc, xmp: xmp && tidyXmp(xmp, keepGps, size), jpegQuality };
}

/** @param {Metadata} metadata @returns {boolean} Whether it says where the picture was taken. */
export function hasGps({ exif, xmp }) {
  if (xmp && /exif:GPSL/.test(new TextDecoder().decode(xmp))) return true;
  if (!exif || exif.length < 8) return false;
  const view = viewOf(exif);
  const little = latin1(exif.subarray(0, 2)) === 'II';
  try {
    const directory = view.getUint32(4, little);
    const count = view.getUint16(directory, little);
    return Array.from({ length: count }, (_, i) => view.getUint16(directory + 2 + 12 * i, little)).includes(TAG.gps);
  } catch {
    return false;
  }
}
