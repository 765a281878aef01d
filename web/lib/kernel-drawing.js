/**
 * The point spread function of a blur, as a picture: what became of one point of light.
 * @module
 */

/** @typedef {import('./blur.js').BlurEstimate} BlurEstimate */

const SUBPIXELS = 4;

/**
 * How much light falls on a place, in pixels from the middle; up to a factor.
 * @param {BlurEstimate} blur
 * @returns {(x: number, y: number) => number}
 */
function densityOf({ kind, sizePx, spreadPx, anisotropy, angleDeg }) {
  const angle = (-angleDeg * Math.PI) / 180; // the screen's y axis points down
  const turned = (/** @type {number} */ x, /** @type {number} */ y) => [
    x * Math.cos(angle) + y * Math.sin(angle),
    y * Math.cos(angle) - x * Math.sin(angle),
  ];
  if (kind === 'defocus') return (x, y) => Number(Math.hypot(x, y) <= sizePx);
  if (kind === 'motion')
    return (x, y) => {
      const [along, across] = turned(x, y);
      return Number(Math.abs(along) <= sizePx / 2 && Math.abs(across) <= 0.5);
    };
  if (kind === 'none') return (x, y) => Number(Math.max(Math.abs(x), Math.abs(y)) <= 0.5);
  // A hand's path is not known, only how far it went, and in which direction most.
  const stretch = kind === 'shake' ? anisotropy : 0;
  const variance = Math.max(kind === 'shake' ? spreadPx ** 2 / 2 : sizePx ** 2, 0.05);
  return (x, y) => {
    const [along, across] = turned(x, y);
    return Math.exp(-0.5 * (along ** 2 / (variance * (1 + stretch)) + across ** 2 / (variance * Math.max(0.05, 1 - stretch))));
  };
}

/** How far it reaches from the middle, in pixels. @param {BlurEstimate} blur */
const reachOf = ({ kind, sizePx, spreadPx }) =>
  ({ none: 1, gaussian: 2.5 * sizePx, defocus: sizePx, motion: sizePx / 2, shake: 2.2 * spreadPx })[kind];

/**
 * @param {BlurEstimate} blur
 * @returns {{ side: number, weights: Float32Array }} [side][side], the largest 1.
 */
export function kernelOf(blur) {
  const reach = Math.min(24, Math.max(4, Math.ceil(reachOf(blur)) + 1));
  const side = 2 * reach + 1;
  const density = densityOf(blur);
  const weights = new Float32Array(side * side);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++)
      for (let s = 0; s < SUBPIXELS ** 2; s++)
        weights[y * side + x] += density(
          x - reach - 0.5 + ((s % SUBPIXELS) + 0.5) / SUBPIXELS,
          y - reach - 0.5 + (Math.floor(s / SUBPIXELS) + 0.5) / SUBPIXELS,
        );
  const most = Math.max(...weights);
  return { side, weights: weights.map((weight) => weight / most) };
}

/**
 * One square for each pixel, in the canvas' own text colour.
 * @param {HTMLCanvasElement} canvas
 * @param {BlurEstimate} blur
 */
export function drawKernel(canvas, blur) {
  const { side, weights } = kernelOf(blur);
  canvas.width = canvas.height = side;
  const context = canvas.getContext('2d');
  if (!context) return;
  context.fillStyle = getComputedStyle(canvas).color;
  weights.forEach((weight, i) => {
    context.globalAlpha = weight;
    context.fillRect(i % side, Math.floor(i / side), 1, 1);
  });
}
