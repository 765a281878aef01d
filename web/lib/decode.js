import { DeblurError, outOfMemory } from './errors.js';
import { maxPixels } from './memory.js';
import { readMetadata } from './metadata.js';
import { inspect } from './picture-file.js';

/** @typedef {Blob | ImageData | ImageBitmapSource} PictureSource A file, pixels, or what a browser can draw: an image, a canvas. */

/**
 * @typedef {object} Decoded
 * @property {Uint8ClampedArray<ArrayBuffer>} pixels RGBA, upright.
 * @property {number} width
 * @property {number} height
 * @property {boolean} alpha Whether anything is transparent.
 * @property {import('./metadata.js').Metadata} metadata
 * @property {string[]} notes What whoever opened the file should know, in English.
 * @property {import('./blur.js').BlurEstimate} [blur]
 */

const noteTexts = {
  animated: 'This picture moves; this is its first frame.',
  deep: 'This PNG has 16 bits per channel; it is worked on and saved with 8.',
};

/** Mobile Safari's canvas has no more pixels; nor, therefore, has any of ours. */
export const MAX_CANVAS_PIXELS = 16_777_216;

/** @param {number} width @param {number} height */
export function refuseTooLarge(width, height) {
  const most = maxPixels();
  if (width * height > most)
    throw new DeblurError(
      'too-large',
      'This picture has {megapixels} megapixels; this device manages {most}. Use the command line, or make it smaller',
      { megapixels: Math.round((width * height) / 1e6), most: Math.floor(most / 1e6) },
    );
}

/** @param {number} width @param {number} height */
export function newPixels(width, height) {
  try {
    return new Uint8ClampedArray(width * height * 4);
  } catch {
    throw outOfMemory();
  }
}

/**
 * By strips, since a canvas is smaller than a picture may be.
 * @param {ImageBitmap} bitmap
 */
function pixelsOf(bitmap) {
  const { width, height } = bitmap;
  const pixels = newPixels(width, height);
  const rows = Math.min(height, Math.floor(MAX_CANVAS_PIXELS / 4 / width) || 1);
  const canvas = new OffscreenCanvas(width, rows);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw outOfMemory();
  try {
    for (let y = 0; y < height; y += rows) {
      context.clearRect(0, 0, width, rows);
      context.drawImage(bitmap, 0, -y);
      pixels.set(context.getImageData(0, 0, width, Math.min(rows, height - y)).data, y * width * 4);
    }
  } catch (error) {
    if (error instanceof DOMException && error.name === 'SecurityError')
      throw new DeblurError('unsupported', 'This picture comes from another site, which does not let its pixels be read');
    throw outOfMemory();
  }
  return pixels;
}

/**
 * What the browser can draw, upright, sRGB, with alpha. Close it when done.
 * @param {ImageBitmapSource} source
 * @param {DeblurError} [otherwise] What to throw if the browser cannot.
 * @returns {Promise<ImageBitmap>}
 */
export async function toBitmap(
  source,
  otherwise = new DeblurError(
    'bad-argument',
    'A picture has to be a Blob, a File, an ImageData, or something that a canvas can draw',
  ),
) {
  /** @type {ImageBitmap} */
  let bitmap;
  try {
    bitmap = await createImageBitmap(source, { imageOrientation: 'from-image', premultiplyAlpha: 'none' });
  } catch {
    throw otherwise;
  }
  try {
    refuseTooLarge(bitmap.width, bitmap.height);
  } catch (error) {
    bitmap.close();
    throw error;
  }
  return bitmap;
}

/** @param {Uint8ClampedArray} rgba */
const isTransparent = (rgba) => {
  for (let i = 3; i < rgba.length; i += 4) if (rgba[i] < 255) return true;
  return false;
};

/**
 * @param {ImageBitmap} bitmap Is closed.
 * @param {import('./metadata.js').Metadata} metadata
 * @param {string[]} notes
 * @returns {Decoded}
 */
function decodedBitmap(bitmap, metadata, notes) {
  const { width, height } = bitmap;
  try {
    const pixels = pixelsOf(bitmap);
    return { pixels, width, height, alpha: isTransparent(pixels), metadata, notes };
  } finally {
    bitmap.close();
  }
}

/**
 * Decodes a file: JPEG and PNG by our own core, what else there is by the browser. Takes its time, and therefore belongs in a worker.
 * @param {Blob | ImageBitmap} input
 * @param {import('./wasm.js').Core} core
 * @param {boolean} estimates Whether to find out how it is blurred, too: nowhere is that as cheap as where the pixels are.
 * @param {(decoded: Decoded) => void} onPixels Told before the estimating; may take the pixels away.
 * @returns {Promise<import('./blur.js').BlurEstimate | null>}
 */
export async function decode(input, core, estimates, onPixels) {
  const none = { exif: null, icc: null, xmp: null, jpegQuality: null };
  if (!(input instanceof Blob)) return estimateDrawn(decodedBitmap(input, none, []), core, estimates, onPixels);
  const bytes = await bytesOf(input);
  const { format, width, height, animated, bits, problem, unreadable } = inspect(bytes, input.type);
  if (problem) throw problem;
  refuseTooLarge(width, height);
  const metadata = await readMetadata(bytes, format);
  const notes = [];
  if (animated) notes.push(noteTexts.animated);
  if (bits > 8) notes.push(noteTexts.deep);
  // The browser turns colours into sRGB: their old profile would be wrong.
  const drawn = { ...metadata, icc: null };
  if (animated || (format !== 'jpeg' && format !== 'png'))
    return estimateDrawn(decodedBitmap(await toBitmap(input, unreadable), drawn, notes), core, estimates, onPixels);
  const picture = core.decode(bytes);
  try {
    picture.fillTransparent();
    const { width, height, channels } = picture.fields;
    onPixels({ pixels: picture.rgba(), width, height, alpha: channels === 4, metadata, notes });
    return estimates ? picture.estimate() : null;
  } finally {
    picture.close();
  }
}

/** @param {Blob} blob */
async function bytesOf(blob) {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch {
    throw new DeblurError('not-a-picture', 'This file cannot be read; was it moved, or is it a folder?');
  }
}

/**
 * What speaks against a file, as far as that can be said without decoding a photograph.
 * @param {Blob} blob
 * @returns {Promise<unknown>} Null: nothing.
 */
export async function refusalOf(blob) {
  try {
    const { format, width, height, problem, unreadable } = inspect(await bytesOf(blob), blob.type);
    if (problem) throw problem;
    refuseTooLarge(width, height);
    if (format === 'other') (await toBitmap(blob, unreadable)).close();
    return null;
  } catch (error) {
    return error;
  }
}

/** @param {Decoded} decoded @param {import('./wasm.js').Core} core @param {boolean} estimates @param {(decoded: Decoded) => void} onPixels */
function estimateDrawn(decoded, core, estimates, onPixels) {
  const { pixels, width, height, alpha } = decoded;
  if (!estimates && !alpha) {
    onPixels(decoded);
    return null;
  }
  const picture = core.picture(pixels, width, height);
  try {
    if (alpha) picture.fillTransparent();
    onPixels(alpha ? { ...decoded, pixels: picture.rgba() } : decoded);
    return estimates ? picture.estimate() : null;
  } finally {
    picture.close();
  }
}
