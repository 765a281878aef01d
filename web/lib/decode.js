import { DeblurError } from './errors.js';
import { inspect } from './picture-file.js';

/** Beyond this a browser's canvas and memory give out, silently in some. */
export const MAX_PIXELS = 40_000_000;

/** @typedef {Blob | ImageData | ImageBitmapSource} PictureSource A file, pixels, or what a browser can draw: an image, a canvas. */

const noMemory = 'There is not enough memory for this picture; try a smaller one';

/** @param {number} width @param {number} height */
export function refuseTooLarge(width, height) {
  const megapixels = Math.round((width * height) / 1e6);
  const advice = `a browser manages ${MAX_PIXELS / 1e6}. Use the command line, or make it smaller`;
  if (width * height > MAX_PIXELS) throw new DeblurError('too-large', `This picture has ${megapixels} megapixels; ${advice}`);
}

/** @param {ImageBitmap} bitmap */
function pixelsOf(bitmap) {
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new DeblurError('out-of-memory', noMemory);
  context.drawImage(bitmap, 0, 0);
  try {
    return context.getImageData(0, 0, bitmap.width, bitmap.height);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'SecurityError')
      throw new DeblurError('unsupported', 'This picture comes from another site, which does not let its pixels be read');
    throw new DeblurError('out-of-memory', noMemory);
  }
}

/**
 * Upright, sRGB, with alpha.
 * @param {ImageBitmapSource} source
 * @param {DeblurError} otherwise What to throw if the browser cannot.
 * @returns {Promise<ImageBitmap>}
 */
async function draw(source, otherwise) {
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

/**
 * A file, looked at before the browser takes memory for it.
 * @param {Blob} blob
 * @returns {Promise<ImageBitmap>}
 */
async function decode(blob) {
  /** @type {Uint8Array} */
  let bytes;
  try {
    bytes = new Uint8Array(await blob.arrayBuffer());
  } catch {
    throw new DeblurError('not-a-picture', 'This file cannot be read; was it moved, or is it a folder?');
  }
  const { width, height, problem, unreadable } = inspect(bytes, blob.type);
  if (problem) throw problem;
  refuseTooLarge(width, height);
  return draw(blob, unreadable);
}

/**
 * What a canvas can show; browsers decode it beside the thread that asks. Close it when done.
 * @param {PictureSource} input
 * @returns {Promise<ImageBitmap>}
 */
export async function toBitmap(input) {
  if (input instanceof Blob) return decode(input);
  if (input instanceof ImageData) refuseTooLarge(input.width, input.height);
  const what = 'A picture has to be a Blob, a File, an ImageData, or something that a canvas can draw';
  return draw(input, new DeblurError('bad-argument', what));
}

/**
 * Takes its time, and therefore belongs in a worker.
 * @param {PictureSource} input
 * @returns {Promise<ImageData>}
 */
export async function toImageData(input) {
  const bitmap = await toBitmap(input);
  try {
    return pixelsOf(bitmap);
  } finally {
    bitmap.close();
  }
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
