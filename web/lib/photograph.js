/** @typedef {import('./blur.js').BlurEstimate} BlurEstimate */

/** A picture as it came: `Deblurrer.open` makes it, and whoever restores it again, with another blur, need not decode it again. */
export class Photograph {
  /**
   * @param {Uint8ClampedArray<ArrayBuffer>} pixels RGBA, upright; not to be changed.
   * @param {number} width
   * @param {number} height
   */
  constructor(pixels, width, height) {
    this.pixels = pixels;
    this.width = width;
    this.height = height;
    /** @type {BlurEstimate | null} How it is blurred, once that is known. */
    this.found = null;
  }
}
