import { colourSpaceOf } from './colour-profile.js';

/**
 * @typedef {import('./blur.js').BlurEstimate} BlurEstimate
 * @typedef {import('./metadata.js').Metadata} Metadata
 */

/** A picture as it came: `Deblurrer.open` makes it, and whoever restores it again, with another blur, need not decode it again. */
export class Photograph {
  /**
   * @param {Uint8ClampedArray<ArrayBuffer>} pixels RGBA, upright; not to be changed.
   * @param {number} width
   * @param {number} height
   * @param {{ alpha?: boolean, metadata?: Metadata, notes?: string[] }} [more]
   */
  constructor(pixels, width, height, more = {}) {
    this.pixels = pixels;
    this.width = width;
    this.height = height;
    /** Whether anything may be transparent. */
    this.alpha = more.alpha ?? true;
    /** @type {Metadata} */
    this.metadata = more.metadata ?? { exif: null, icc: null, xmp: null, jpegQuality: null };
    /** What its numbers mean, as a canvas has to know it: they are the file's own. */
    this.colorSpace = colourSpaceOf(this.metadata.icc);
    /** What whoever opened the file should know, in English. */
    this.notes = more.notes ?? [];
    /** @type {BlurEstimate | null} How it is blurred, once that is known. */
    this.found = null;
  }
}
