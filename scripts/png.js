// The least of PNG (ISO/IEC 15948) that scripts and tests need: 8-bit grey, RGB or RGBA, written and read without a library.
import { deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
const COLOUR_TYPES = { 1: 0, 2: 4, 3: 2, 4: 6 };
const CHANNELS = /** @type {Record<number, number>} */ ({ 0: 1, 4: 2, 2: 3, 6: 4 });

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  return crc;
});

/** node 18's zlib has none. @param {Uint8Array} bytes */
export function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ byte) & 255];
  return ~crc >>> 0;
}

/** @param {string} type @param {Uint8Array} data */
export function pngChunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}

/**
 * @param {Uint8Array} pixels [height][width][channels]
 * @param {number} width
 * @param {number} height
 * @param {1 | 2 | 3 | 4} channels
 * @returns {Buffer}
 */
export function writePng(pixels, width, height, channels) {
  const row = width * channels;
  const lines = Buffer.alloc(height * (row + 1));
  for (let y = 0; y < height; y++) {
    // "Up" suits smooth pictures: each byte less the one above.
    lines[y * (row + 1)] = y ? 2 : 0;
    for (let i = 0; i < row; i++) lines[y * (row + 1) + 1 + i] = pixels[y * row + i] - (y ? pixels[(y - 1) * row + i] : 0);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, COLOUR_TYPES[channels], 0, 0, 0], 8);
  return Buffer.concat([
    SIGNATURE,
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(lines, { level: 9 })),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** @param {number} a left @param {number} b above @param {number} c above left */
function paeth(a, b, c) {
  const p = a + b - c;
  const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

/**
 * @param {Uint8Array} file 8 bits per channel, not interlaced, no palette
 * @returns {{ width: number, height: number, channels: number, pixels: Uint8Array }}
 */
export function readPng(file) {
  const bytes = Buffer.from(file);
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const channels = CHANNELS[bytes[25]];
  const data = [];
  for (let at = 8; at < bytes.length; at += 12 + bytes.readUInt32BE(at))
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT') data.push(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at)));
  const lines = inflateSync(Buffer.concat(data));
  const row = width * channels;
  const pixels = new Uint8Array(row * height);
  for (let y = 0; y < height; y++) {
    const filter = lines[y * (row + 1)];
    for (let i = 0; i < row; i++) {
      const left = i >= channels ? pixels[y * row + i - channels] : 0;
      const up = y ? pixels[(y - 1) * row + i] : 0;
      const corner = y && i >= channels ? pixels[(y - 1) * row + i - channels] : 0;
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
      pixels[y * row + i] = lines[y * (row + 1) + 1 + i] + guess;
    }
  }
  return { width, height, channels, pixels };
}
