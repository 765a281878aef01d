/** An overview has no more pixels than this; beyond it is a picture's detail, of which there is only what is looked at. */
const OVERVIEW_PIXELS = 4 << 20;
/** By how much a picture's overview is smaller, in both directions: a power of two. @param {number} width @param {number} height */
export function overviewFactor(width, height) {
  let factor = 1;
  while ((width * height) / factor ** 2 > OVERVIEW_PIXELS) factor *= 2;
  return factor;
}

/**
 * Means of squares; those at the right and lower edge may be smaller.
 * @param {Uint8ClampedArray} rgba
 * @param {number} width
 * @param {number} height
 * @param {number} factor
 * @returns {Uint8ClampedArray<ArrayBuffer>} RGBA, of ceil(width / factor) x ceil(height / factor)
 */
export function shrink(rgba, width, height, factor) {
  const [w, h] = [Math.ceil(width / factor), Math.ceil(height / factor)];
  const out = new Uint8ClampedArray(w * h * 4);
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++) {
      const [right, bottom] = [Math.min(width, (x + 1) * factor), Math.min(height, (y + 1) * factor)];
      let [r, g, b, a] = [0, 0, 0, 0];
      for (let j = y * factor; j < bottom; j++)
        for (let i = (j * width + x * factor) * 4; i < (j * width + right) * 4; i += 4) {
          r += rgba[i];
          g += rgba[i + 1];
          b += rgba[i + 2];
          a += rgba[i + 3];
        }
      const count = (right - x * factor) * (bottom - y * factor);
      const at = (y * w + x) * 4;
      out[at] = r / count;
      out[at + 1] = g / count;
      out[at + 2] = b / count;
      out[at + 3] = a / count;
    }
  return out;
}
