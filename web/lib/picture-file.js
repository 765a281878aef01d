import { DeblurError } from './errors.js';

/**
 * @typedef {object} Inspection What a file's first bytes say, before a browser decodes it and glosses over what is wrong.
 * @property {number} width 0: not known.
 * @property {number} height
 * @property {DeblurError | null} problem Why it is refused.
 * @property {DeblurError} unreadable What to say if the browser cannot decode it.
 */

/** @param {Uint8Array} b @param {number} at */
const u16 = (b, at) => (b[at] << 8) | b[at + 1];

/** @param {Uint8Array} b @param {number} at */
const u32 = (b, at) => u16(b, at) * 65536 + u16(b, at + 2);

/** @param {Uint8Array} b @param {number} at @param {string} text */
const isText = (b, at, text) => [...text].every((c, i) => b[at + i] === c.charCodeAt(0));

/** @param {string} message */
const unsupported = (message) => new DeblurError('unsupported', message);

const animated = 'Animated pictures are not supported; save the frame you want as a picture of its own';
// Browsers show the half of a picture that was cut short, grey below. Nobody wants half a picture restored.
const cutShort = () => new DeblurError('damaged', 'This picture is cut short: its end is missing. Get the file again');

/**
 * ITU-T T.81, B.1: segments up to the scan, of which the frame header (SOF) gives size and components.
 * @param {Uint8Array} b
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
  // Browsers turn the four inks of print into something that only resembles the picture.
  if (components === 4)
    return {
      width,
      height,
      problem: unsupported('This is a CMYK JPEG, made for print; save it as an ordinary (RGB) JPEG first'),
    };
  // The end of image cannot occur within a scan, but does in a thumbnail before it.
  let end = b.length - 2;
  while (end > at && !(b[end] === 0xff && b[end + 1] === 0xd9)) end--;
  return { width, height, problem: end > at ? null : cutShort() };
}

/** @param {Uint8Array} b */
function inspectPng(b) {
  const size = { width: u32(b, 16), height: u32(b, 20) };
  for (let at = 8; at + 12 <= b.length; at += 12 + u32(b, at)) {
    if (isText(b, at + 4, 'acTL')) return { ...size, problem: unsupported(animated) };
    if (isText(b, at + 4, 'IEND')) return { ...size, problem: null };
  }
  return { ...size, problem: cutShort() };
}

/** @param {Uint8Array} b */
function inspectWebp(b) {
  const size = b[4] + b[5] * 256 + b[6] * 65536 + b[7] * 2 ** 24;
  if (isText(b, 12, 'VP8X') && b[20] & 2) return { problem: unsupported(animated) };
  return { problem: size + 8 > b.length ? cutShort() : null };
}

/**
 * @param {Uint8Array} b
 * @param {string} type What the file is said to be; may be empty.
 * @returns {{ width?: number, height?: number, problem?: DeblurError | null }}
 */
function inspectAny(b, type) {
  if (!b.length) return { problem: new DeblurError('not-a-picture', 'This file is empty') };
  if (b[0] === 0xff && b[1] === 0xd8) return inspectJpeg(b);
  if (isText(b, 1, 'PNG\r\n')) return inspectPng(b);
  if (isText(b, 0, 'RIFF') && isText(b, 8, 'WEBP')) return inspectWebp(b);
  if (isText(b, 0, 'GIF8')) return { problem: unsupported('GIFs are not photographs; choose a JPEG, PNG or WebP') };
  if (type && !type.startsWith('image/'))
    return { problem: new DeblurError('not-a-picture', `This is not a picture (it says ${type})`) };
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
    ? unsupported(
        'This browser cannot read HEIC pictures; save it as a JPEG first (on an iPhone: share it, Options, Most Compatible)',
      )
    : new DeblurError('not-a-picture', 'This file cannot be read as a picture; JPEG, PNG and WebP can');
  return { width: 0, height: 0, problem: null, ...inspectAny(bytes, type), unreadable };
}
