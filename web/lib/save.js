/**
 * What leaves the page: names, downloads, the clipboard, other apps.
 * @module
 */
import { DeblurError } from './errors.js';

/** @typedef {import('./metadata.js').OutputFormat} OutputFormat */
/**
 * @typedef {object} Traits Of a photograph, as far as they are known.
 * @property {number | null} [jpegQuality] Where it was a JPEG.
 * @property {boolean} [alpha] Whether anything is transparent.
 */
/** @typedef {{ format: OutputFormat, quality: number, keepGps: boolean, strength: number }} SaveSettings quality 1..100 */

const extensions = { jpeg: 'jpg', png: 'png', webp: 'webp' };

/** @param {string} name Of the photograph. @param {OutputFormat} format */
export const outputName = (name, format) => `${name.replace(/\.[^.]*$/, '') || 'photograph'}-deblurred.${extensions[format]}`;

/**
 * What a photograph is saved as unless one says otherwise: as it came.
 * @param {Blob} file
 * @param {Traits} [traits]
 * @returns {OutputFormat}
 */
export const formatLike = (file, { alpha } = {}) =>
  alpha || file.type === 'image/png' || file.type === 'image/gif' ? 'png' : 'jpeg';

const USUAL_QUALITY = 92;
/** What was sharpened holds more than what came: compressed as hard it would lose that again. */
const LEAST_QUALITY = 85;

/** Of a JPEG or WebP unless one says otherwise: as good as the source. @param {number | null} [jpegQuality] The source's, where it was a JPEG. */
export const qualityLike = (jpegQuality) => Math.max(LEAST_QUALITY, jpegQuality ?? USUAL_QUALITY);

/**
 * @param {import('./restored-image.js').RestoredImage} image
 * @param {SaveSettings} settings
 * @param {AbortSignal} [signal]
 */
export const encodeAs = (image, { format, quality, keepGps, strength }, signal) =>
  image.toBlob(/** @type {'image/png'} */ (`image/${format}`), quality / 100, { keepGps, strength, signal });

/** @param {Blob} blob @param {string} name */
export function download(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

export const canCopy = () => Boolean(globalThis.ClipboardItem && navigator.clipboard?.write);

/** @param {Promise<Blob>} png Begun within the user's gesture, as Safari wants. */
export async function copy(png) {
  try {
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
  } catch {
    await png; // if that is what failed, it says why
    throw new DeblurError('unsupported', 'The browser did not let the picture into the clipboard; download it instead');
  }
}

/** Whether this device hands files to other apps. */
export const canShare = () => Boolean(navigator.canShare?.({ files: [new File([''], 'a.png', { type: 'image/png' })] }));

/** @param {Blob} blob @param {string} name */
export async function share(blob, name) {
  try {
    await navigator.share({ files: [new File([blob], name, { type: blob.type })] });
    return true;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return false;
    throw new DeblurError('unsupported', 'The picture could not be shared; download it instead');
  }
}
