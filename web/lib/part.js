/**
 * A part of a photograph that is restored by itself, since blur need not be the same everywhere: someone walked, the street stood still.
 * It fades into the rest, which stays as it was.
 * @module
 */
import { DeblurError } from './errors.js';
import { roundUp } from './tiles.js';

/** @typedef {import('./tiles.js').Rectangle} Rectangle */

/** Over so many pixels it fades, or over a sixth of its side where that is less. */
const FADE_PX = 64;

/**
 * @param {Rectangle} part
 * @param {number} width Of the picture.
 * @param {number} height
 */
export function refuseOutside({ x, y, width: wide, height: high }, width, height) {
  const whole = [x, y, wide, high].every(Number.isInteger);
  if (!whole || x < 0 || y < 0 || wide < 1 || high < 1 || x + wide > width || y + high > height)
    throw new DeblurError('bad-argument', 'part has to be a rectangle of whole pixels inside the picture');
}

/**
 * @param {Rectangle} view In pixels of a picture, fractions too.
 * @param {number} width Of the picture.
 * @param {number} height
 * @returns {Rectangle | null} The pixels that are seen; null if that is all of them, or nearly so.
 */
export function partInView(view, width, height) {
  const [x, y] = [Math.round(view.x), Math.round(view.y)];
  const part = {
    x: Math.min(x, width - 1),
    y: Math.min(y, height - 1),
    width: Math.min(width - x, Math.max(1, Math.round(view.width))),
    height: Math.min(height - y, Math.max(1, Math.round(view.height))),
  };
  return part.width * part.height > 0.9 * width * height ? null : part;
}

/**
 * @param {Rectangle} part
 * @param {number} alignment
 * @param {number} width Of the picture.
 * @param {number} height
 * @returns {Rectangle} The least around it whose corners are aligned, as far as there is picture.
 */
export function alignedAround(part, alignment, width, height) {
  const [x, y] = [part.x, part.y].map((value) => value - (value % alignment));
  const right = Math.min(width, roundUp(part.x + part.width, alignment));
  const bottom = Math.min(height, roundUp(part.y + part.height, alignment));
  return { x, y, width: right - x, height: bottom - y };
}

/**
 * How much of what is restored counts, along one side of the picture; where the part ends with the picture it does not fade.
 * @param {number} start Of the part.
 * @param {number} length
 * @param {number} size Of the picture.
 * @returns {Float32Array} [size] 0..1
 */
function weightsAlong(start, length, size) {
  const fade = Math.max(1, Math.min(FADE_PX, length / 6));
  const weights = new Float32Array(size);
  for (let i = start; i < start + length; i++) {
    const before = start === 0 ? fade : i - start + 0.5;
    const after = start + length === size ? fade : start + length - i - 0.5;
    const share = Math.min(1, before / fade, after / fade);
    weights[i] = share * share * (3 - 2 * share);
  }
  return weights;
}

/** What fades a part into its picture. */
export class PartMask {
  /**
   * @param {Rectangle} part
   * @param {number} width Of the picture.
   * @param {number} height
   */
  constructor(part, width, height) {
    this.across = weightsAlong(part.x, part.width, width);
    this.down = weightsAlong(part.y, part.height, height);
  }

  /**
   * Mixes what was restored with what was there.
   * @param {Rectangle} where
   * @param {Uint8ClampedArray} restored RGBA of that, mixed in place.
   * @param {Uint8ClampedArray} pixels RGBA of the picture as it was.
   */
  fade(where, restored, pixels) {
    const width = this.across.length;
    for (let y = 0, to = 0; y < where.height; y++) {
      const row = this.down[where.y + y];
      let from = ((where.y + y) * width + where.x) * 4;
      for (let x = 0; x < where.width; x++) {
        const weight = row * this.across[where.x + x];
        if (weight < 1)
          for (let c = 0; c < 4; c++) restored[to + c] = pixels[from + c] + weight * (restored[to + c] - pixels[from + c]);
        to += 4;
        from += 4;
      }
    }
  }
}
