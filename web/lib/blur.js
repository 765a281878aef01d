import { fill } from './errors.js';

/**
 * @typedef {'none' | 'gaussian' | 'shake' | 'motion' | 'defocus'} BlurKind
 *
 * @typedef {object} BlurDescription What a person can say about a blur.
 * @property {BlurKind} kind
 * @property {number} [sizePx] Gaussian: standard deviation; shake: spread; motion: length of the path; defocus: radius of
 *   the disk; none: ignored.
 * @property {number} [angleDeg] Of motion and shake, counter-clockwise from the horizontal.
 * @property {BlurEstimate} [rest] Where noise and compression are taken from; estimated if it is left out.
 *
 * @typedef {object} BlurEstimate What the estimator found; pass it back, or a description in its stead.
 * @property {BlurKind} kind The most probable one.
 * @property {number} sizePx In the unit of that kind.
 * @property {Record<BlurKind, number>} probabilities They sum to 1.
 * @property {number} spreadPx Square root of the trace of the point spread function's second-moment matrix.
 * @property {number} anisotropy 0: round, 1: a line.
 * @property {number} angleDeg
 * @property {number} readNoise Standard deviation in linear light, picture range 1.
 * @property {number} shotNoise Variance per unit of light.
 * @property {number} jpegQuality 1..100.
 * @property {number} inSrgb Probability that the blur was computed on sRGB values, as software does.
 * @property {number[]} [hints] What else the estimator tells the restorer, which only they understand.
 * @property {Int32Array | null} [map] Where it differs from place to place; what else is said here is of all places together then. A grid
 *   on the picture: x, y, width and height in pixels, columns, rows; then the blur of each cell, row by row, as the core keeps it. It is of this one picture: for another, set it to null.
 */

/** @type {readonly BlurKind[]} In the order of enum deblur_blur_kind. */
export const blurKinds = ['none', 'gaussian', 'shake', 'motion', 'defocus'];

/** Numbers of struct deblur_blur: those with a name, then the hints. */
const FIELDS = 12;
const HINTS = 16;
export const BLUR_FLOATS = FIELDS + HINTS;

/**
 * @param {Float32Array} floats struct deblur_blur as it lies in memory.
 * @param {number} sizePx
 * @returns {BlurEstimate}
 */
export function estimateFromFloats(floats, sizePx) {
  const shares = floats.subarray(0, blurKinds.length);
  const [spreadPx, anisotropy, angleDeg, readNoise, shotNoise, jpegQuality, inSrgb] = floats.subarray(blurKinds.length, FIELDS);
  return {
    kind: blurKinds[shares.indexOf(Math.max(...shares))],
    sizePx,
    probabilities: /** @type {Record<BlurKind, number>} */ (Object.fromEntries(blurKinds.map((kind, i) => [kind, shares[i]]))),
    spreadPx,
    anisotropy,
    angleDeg,
    readNoise,
    shotNoise,
    jpegQuality,
    inSrgb,
    hints: [...floats.subarray(FIELDS, BLUR_FLOATS)],
  };
}

/**
 * @param {BlurEstimate} blur
 * @returns {Float32Array}
 */
export function floatsFromEstimate(blur) {
  return Float32Array.of(
    ...blurKinds.map((kind) => blur.probabilities[kind]),
    blur.spreadPx,
    blur.anisotropy,
    blur.angleDeg,
    blur.readNoise,
    blur.shotNoise,
    blur.jpegQuality,
    blur.inSrgb,
    ...(blur.hints ?? new Float32Array(HINTS)),
  );
}

/**
 * @param {BlurEstimate} blur
 * @param {number} x
 * @param {number} y
 * @returns {BlurEstimate} The same, as seen from another corner of the picture: what was at (0, 0) is at (x, y).
 */
export function movedBlur(blur, x, y) {
  if (!blur.map) return blur;
  const map = Int32Array.from(Object.values(blur.map)); // somebody may have kept it as JSON, which makes other things of arrays
  map[0] += x;
  map[1] += y;
  return { ...blur, map };
}

/**
 * @param {BlurDescription | BlurEstimate} blur
 * @returns {blur is BlurEstimate}
 */
export function isEstimate(blur) {
  return 'probabilities' in blur;
}

/**
 * @param {string} text KIND, or KIND:SIZE_PX[:ANGLE_DEG].
 * @param {BlurEstimate} rest Where noise and compression are taken from.
 * @returns {BlurDescription}
 */
export function blurFromText(text, rest) {
  const [kind, size = 0, angle = 0] = text.split(':');
  return { kind: /** @type {BlurKind} */ (kind), sizePx: Number(size), angleDeg: Number(angle), rest };
}

const px = (/** @type {number} */ size) => `${size < 10 ? size.toFixed(1) : size.toFixed(0)} px`;

const kindTexts = {
  none: 'No blur to speak of',
  gaussian: 'Softly blurred, about {size}',
  shake: 'Camera shake, about {size}',
  motion: 'Motion along {angle}, about {size} long',
  defocus: 'Out of focus, radius about {size}',
};
const noiseTexts = {
  much: 'noisy',
  little: 'a little noisy',
};

/**
 * What was found, in plain words.
 * @param {BlurEstimate} blur
 * @param {import('./i18n.js').Translate} [t] Default: English.
 * @returns {string}
 */
export function describeBlur(blur, t = fill) {
  const size = px(blur.sizePx);
  const parts = [t(kindTexts[blur.kind], { size, angle: `${Math.round(blur.angleDeg)}°` })];
  if (blur.readNoise > 0.003) parts.push(t(blur.readNoise > 0.006 ? noiseTexts.much : noiseTexts.little));
  if (blur.jpegQuality < 85) parts.push(t('compressed as JPEG'));
  if (blur.map) parts.push(t('not the same everywhere'));
  const sure = blur.probabilities[blur.kind] < 0.5 ? ` (${t('not quite sure')})` : '';
  return `${parts.join(', ')}${sure}.`;
}
