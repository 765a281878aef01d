import { DeblurError } from './errors.js';

/** Beyond this a browser's canvas and memory give out, silently in some. */
export const MAX_PIXELS = 40_000_000;

/** @param {Uint8Array} b @param {number} at */
const u16 = (b, at) => (b[at] << 8) | b[at + 1];

/** @param {Uint8Array} b @param {number} at @param {string} text */
const isText = (b, at, text) => [...text].every((c, i) => b[at + i] === c.charCodeAt(0));

/**
 * A JPEG's components, from its frame header; 0 if there is none. Four are the inks of print, which browsers turn into something
 * that only resembles the picture.
 * @param {Uint8Array} b
 */
function jpegComponents(b) {
  for (let at = 2; at + 10 < b.length && b[at] === 0xff; ) {
    const marker = b[at + 1];
    if (marker === 0xff) at += 1;
    else if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) return b[at + 9];
    else at += 2 + u16(b, at + 2);
  }
  return 0;
}

/** @param {Uint8Array} b */
function isAnimatedPng(b) {
  for (let at = 8; at + 8 < b.length; ) {
    if (isText(b, at + 4, 'acTL')) return true;
    if (isText(b, at + 4, 'IDAT')) return false;
    at += 12 + u16(b, at) * 65536 + u16(b, at + 2);
  }
  return false;
}

/**
 * Browsers show the half of a picture that was cut short, grey below. It is refused: nobody wants half a picture restored.
 * @param {Uint8Array} b
 */
function isCutShort(b) {
  if (b[0] === 0xff && b[1] === 0xd8) {
    for (let at = b.length - 2; at > 2; at--) if (b[at] === 0xff && b[at + 1] === 0xd9) return false;
    return true;
  }
  if (isText(b, 1, 'PNG')) {
    for (let at = b.length - 8; at > 8; at--) if (isText(b, at, 'IEND')) return false;
    return true;
  }
  return false;
}

/**
 * @param {Blob} blob
 * @param {Uint8Array} b
 */
function refuseUnsupported(blob, b) {
  if (!b.length) throw new DeblurError('not-a-picture', 'This file is empty');
  if (isText(b, 0, 'GIF8')) throw new DeblurError('unsupported', 'GIFs are not photographs; choose a JPEG, PNG or WebP');
  if (b[0] === 0xff && b[1] === 0xd8 && jpegComponents(b) === 4)
    throw new DeblurError('unsupported', 'This is a CMYK JPEG, made for print; save it as an ordinary (RGB) JPEG first');
  if (isText(b, 1, 'PNG') && isAnimatedPng(b)) throw new DeblurError('unsupported', 'Animated pictures are not supported');
  if (isText(b, 8, 'WEBP') && isText(b, 12, 'VP8X') && b[20] & 2)
    throw new DeblurError('unsupported', 'Animated pictures are not supported');
  if (isCutShort(b)) throw new DeblurError('damaged', 'This picture is cut short: its end is missing. Get the file again');
  if (blob.type && !blob.type.startsWith('image/'))
    throw new DeblurError('not-a-picture', `This is not a picture (it says ${blob.type})`);
}

/** @param {number} width @param {number} height */
function refuseTooLarge(width, height) {
  if (width * height > MAX_PIXELS)
    throw new DeblurError(
      'too-large',
      `This picture has ${Math.round((width * height) / 1e6)} megapixels; a browser manages ${MAX_PIXELS / 1e6}. Use the command line, or make it smaller`,
    );
}

/**
 * A file's pixels: upright, sRGB, with alpha.
 * @param {Blob} blob
 * @returns {Promise<ImageData>}
 */
export async function decode(blob) {
  refuseUnsupported(blob, new Uint8Array(await blob.arrayBuffer()));
  /** @type {ImageBitmap} */
  let bitmap;
  try {
    bitmap = await createImageBitmap(blob, { imageOrientation: 'from-image', premultiplyAlpha: 'none' });
  } catch {
    throw new DeblurError('not-a-picture', 'This file cannot be read as a picture; JPEG, PNG and WebP can');
  }
  try {
    refuseTooLarge(bitmap.width, bitmap.height);
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (!context) throw new DeblurError('out-of-memory', 'There is not enough memory for this picture; try a smaller one');
    context.drawImage(bitmap, 0, 0);
    return context.getImageData(0, 0, bitmap.width, bitmap.height);
  } finally {
    bitmap.close();
  }
}

/**
 * @param {Blob | ImageData} input
 * @returns {Promise<ImageData>}
 */
export async function toImageData(input) {
  if (input instanceof Blob) return decode(input);
  if (input instanceof ImageData) {
    refuseTooLarge(input.width, input.height);
    return input;
  }
  throw new DeblurError('bad-argument', 'A picture has to be a Blob, a File or an ImageData');
}

/**
 * @param {ImageData} image
 * @param {string} type A picture type that the browser writes.
 * @param {number} [quality] 0..1
 * @returns {Promise<Blob>}
 */
export async function encode(image, type, quality) {
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext('2d');
  if (!context) throw new DeblurError('out-of-memory', 'There is not enough memory to write this picture');
  context.putImageData(image, 0, 0);
  if (type === 'image/jpeg') {
    // JPEG has no alpha: what shows through is white.
    context.globalCompositeOperation = 'destination-over';
    context.fillStyle = '#fff';
    context.fillRect(0, 0, image.width, image.height);
  }
  return canvas.convertToBlob({ type, quality });
}
