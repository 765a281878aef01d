import { DeblurError } from './errors.js';

/**
 * @typedef {'jpeg' | 'png' | 'webp' | 'gif' | 'other'} PictureFormat
 *
 * @typedef {object} Inspection What a file's first bytes say, before anything decodes it and glosses over what is wrong.
 * @property {PictureFormat} format
 * @property {number} width As stored; 0: not known.
 * @property {number} height
 * @property {boolean} animated
 * @property {number} bits Of a channel; 8 where it is not known.
 * @property {DeblurError | null} problem Why it is refused.
 * @property {DeblurError} unreadable What to say if it cannot be decoded.
 */

/** @param {Uint8Array} b @param {number} at */
const u16 = (b, at) => (b[at] << 8) | b[at + 1];

/** @param {Uint8Array} b @param {number} at */
const u32 = (b, at) => u16(b, at) * 65536 + u16(b, at + 2);

/** @param {Uint8Array} b @param {number} at @param {string} text */
const isText = (b, at, text) => [...text].every((c, i) => b[at + i] === c.charCodeAt(0));

// Browsers show the half of a picture that was cut short, grey below. Nobody wants half a picture restored.
const cutShort = () => new DeblurError('damaged', 'This picture is cut short: its end is missing. Get the file again');

/**
 * ITU-T T.81, B.1: segments up to the scan, of which the frame header (SOF) gives size and components.
 * @param {Uint8Array} b
 * @returns {Partial<Inspection>}
 */
function inspectJpeg(b) {
  let [width, height, components] = [0, 0, 0];
  let at = 2;
  while (at + 4 <= b.length && b[at] === 0xff && b[at + 1] !== 0xda) {
    const marker = b[at + 1];
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) [height, width, components] = [u16(b, at + 5), u16(b, at + 7), b[at + 9]];
    at += marker === 0xff ? 1 : 2 + u16(b, at + 2);
  }
  const jpeg = { format: /** @type {const} */ ('jpeg'), width, height };
  // The four inks of print become something that only resembles the picture.
  if (components === 4)
    return {
      ...jpeg,
      problem: new DeblurError('unsupported', 'This is a CMYK JPEG, made for print; save it as an ordinary (RGB) JPEG first'),
    };
  // The end of image cannot occur within a scan, but does in a thumbnail before it.
  let end = b.length - 2;
  while (end > at && !(b[end] === 0xff && b[end + 1] === 0xd9)) end--;
  return { ...jpeg, problem: end > at ? null : cutShort() };
}

/** @param {Uint8Array} b @returns {Partial<Inspection>} */
function inspectPng(b) {
  const png = { format: /** @type {const} */ ('png'), width: u32(b, 16), height: u32(b, 20), bits: b[24], animated: false };
  for (let at = 8; at + 12 <= b.length; at += 12 + u32(b, at)) {
    if (isText(b, at + 4, 'acTL')) png.animated = true;
    if (isText(b, at + 4, 'IEND')) return png;
  }
  return { ...png, problem: cutShort() };
}

/** @param {Uint8Array} b @returns {Partial<Inspection>} */
function inspectWebp(b) {
  const size = b[4] + b[5] * 256 + b[6] * 65536 + b[7] * 2 ** 24;
  const animated = isText(b, 12, 'VP8X') && (b[20] & 2) !== 0;
  return { format: 'webp', animated, problem: size + 8 > b.length ? cutShort() : null };
}

/** A second graphic control extension begins a second frame (GIF89a, 23). @param {Uint8Array} b @returns {Partial<Inspection>} */
function inspectGif(b) {
  let frames = 0;
  for (let at = 0; at + 8 <= b.length; at++)
    if (b[at] === 0x21 && b[at + 1] === 0xf9 && b[at + 2] === 4 && b[at + 7] === 0) frames++;
  return { format: 'gif', width: b[6] + 256 * b[7], height: b[8] + 256 * b[9], animated: frames > 1 };
}

/**
 * @param {Uint8Array} b
 * @param {string} type What the file is said to be; may be empty.
 * @returns {Partial<Inspection>}
 */
function inspectAny(b, type) {
  if (!b.length) return { problem: new DeblurError('not-a-picture', 'This file is empty') };
  if (b[0] === 0xff && b[1] === 0xd8) return inspectJpeg(b);
  if (isText(b, 1, 'PNG\r\n')) return inspectPng(b);
  if (isText(b, 0, 'RIFF') && isText(b, 8, 'WEBP')) return inspectWebp(b);
  if (isText(b, 0, 'GIF8')) return inspectGif(b);
  if (type && !type.startsWith('image/'))
    return { problem: new DeblurError('not-a-picture', 'This is not a picture (it says {type})', { type }) };
  return {};
}

/**
 * @param {Uint8Array} bytes A whole file.
 * @param {string} type
 * @returns {Inspection}
 */
export function inspect(bytes, type) {
  // ISO/IEC 23008-12: the brands of HEIF, which phones write and only Safari reads.
  const isHeif = isText(bytes, 4, 'ftyp') && /^(hei|hev|mif|msf)/.test(String.fromCharCode(...bytes.subarray(8, 12)));
  const unreadable = isHeif
    ? new DeblurError(
        'unsupported',
        'This browser cannot read HEIC pictures; save it as a JPEG first (on an iPhone: share it, Options, Most Compatible)',
      )
    : new DeblurError('not-a-picture', 'This file cannot be read as a picture; JPEG, PNG and WebP can');
  const nothing = { format: /** @type {const} */ ('other'), width: 0, height: 0, animated: false, bits: 8, problem: null };
  return { ...nothing, ...inspectAny(bytes, type), unreadable };
}
