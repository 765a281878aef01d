import { DeblurError } from './errors.js';
import { tidy } from './metadata.js';
import { qualityLike } from './save.js';

/**
 * @typedef {object} SaveOptions
 * @property {number} [strength] 0: as it was, 1: as restored (default).
 * @property {boolean} [keepGps] Whether the file may say where the picture was taken. Default: true.
 * @property {AbortSignal} [signal]
 */

const formats = /** @type {Record<string, import('./metadata.js').OutputFormat>} */ ({
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/webp': 'webp',
});

/**
 * A mix of two pictures.
 * @param {Uint8ClampedArray} before RGBA
 * @param {Uint8ClampedArray} after
 * @param {number} strength 0: before, 1: after
 * @param {Uint8ClampedArray} out As long as both.
 */
export function mix(before, after, strength, out) {
  if (strength === 0 || strength === 1) return out.set(strength ? after : before);
  for (let i = 0; i < out.length; i++) out[i] = before[i] + strength * (after[i] - before[i]); // rounds, as a clamped array does
}

/** A restored picture. */
export class RestoredImage {
  /**
   * @param {import('./pool.js').WorkerPool} pool Who writes files.
   * @param {import('./photograph.js').Photograph} photograph As it was.
   * @param {Uint8ClampedArray<ArrayBuffer>} pixels RGBA
   */
  constructor(pool, photograph, pixels) {
    this.pool = pool;
    this.photograph = photograph;
    this.pixels = pixels;
    this.width = photograph.width;
    this.height = photograph.height;
  }

  /** The same pixels, not a copy. */
  get imageData() {
    return new ImageData(this.pixels, this.width, this.height, { colorSpace: this.photograph.colorSpace });
  }

  /**
   * A file, with the EXIF, XMP and colour profile of the one that was opened; its orientation is upright.
   * @param {'image/png' | 'image/jpeg' | 'image/webp'} [type]
   * @param {number} [quality] 0..1, of JPEG and WebP. Default: as good as the source was, if that was a JPEG, but 0.85 at least; or 0.92.
   * @param {SaveOptions} [options]
   * @returns {Promise<Blob>} Rejects with a DeblurError, or the signal's reason.
   */
  async toBlob(type = 'image/png', quality = qualityLike(this.photograph.metadata.jpegQuality) / 100, options = {}) {
    const { strength = 1, keepGps = true, signal } = options;
    const format = formats[type];
    if (!format) throw new DeblurError('bad-argument', 'Pictures are written as PNG, JPEG or WebP, not as {type}', { type });
    const { pixels: before, width, height, alpha, metadata } = this.photograph;
    const tidied = tidy(metadata, keepGps, { width, height });
    const message = { type: 'encode', format, width, height, alpha, metadata: tidied };
    const { blob } = await this.pool.run({
      make: () => ({ message: { ...message, quality: Math.max(1, Math.round(100 * quality)) } }),
      onMessage: ({ y, rows, rgba }, reply) => {
        const [from, to] = [4 * width * y, 4 * width * (y + rows)];
        mix(before.subarray(from, to), this.pixels.subarray(from, to), strength, rgba);
        reply({ type: 'rows', rgba }, [rgba.buffer]);
      },
      signal,
    });
    return blob;
  }
}
