/**
 * Pixels go between a page and its workers some rows at a time: the page answers in between, and memory does not pile up.
 * @module
 */

/** Some milliseconds of a page's time: what is new memory has to be paid for when it is first touched, page by page. */
const STRIP_PIXELS = 1 << 20;
/** Every overview's factor (overview.js) divides it. */
const STRIP_ALIGNMENT = 64;

/**
 * @typedef {object} Strip
 * @property {number} y Its first row.
 * @property {number} rows
 */

/**
 * @param {number} width
 * @param {number} height
 * @returns {Generator<Strip>} From above to below; all but the last begin and end at multiples of 64.
 */
export function* stripsOf(width, height) {
  const most = Math.max(1, Math.floor(STRIP_PIXELS / width / STRIP_ALIGNMENT)) * STRIP_ALIGNMENT;
  for (let y = 0; y < height; y += most) yield { y, rows: Math.min(most, height - y) };
}
