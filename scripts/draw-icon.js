// Draws the page's icon as a PNG, of web/icon.svg's colours and shapes: a point of light that comes into focus. A phone cuts its own corners.
//
//     node scripts/draw-icon.js OUT.png SIDE
import { writeFileSync } from 'node:fs';
import { writePng } from './png.js';

const [path, size] = process.argv.slice(2);
const side = Number(size);
if (!path || !(side > 0)) {
  console.error('usage: node scripts/draw-icon.js OUT.png SIDE');
  process.exit(2);
}

const GRID = 4; // samples per pixel and axis
const ground = [11, 93, 122];
/** Circles around the middle: radii as shares of the side, and how opaque their white is. They stay within what a round mask leaves. */
const circles = [
  { radius: 9 / 32, alpha: 0.35 },
  { radius: 5.2 / 32, alpha: 1 },
];

/** @param {number} x 0..1 @param {number} y 0..1 @returns {number} How much of it is white. */
function whiteAt(x, y) {
  let white = 0;
  for (const { radius, alpha } of circles) if (Math.hypot(x - 0.5, y - 0.5) <= radius) white += (1 - white) * alpha;
  return white;
}

const pixels = new Uint8Array(side * side * 3);
for (let i = 0; i < side * side; i++) {
  let white = 0;
  for (let s = 0; s < GRID * GRID; s++)
    white += whiteAt(
      ((i % side) + ((s % GRID) + 0.5) / GRID) / side,
      (Math.floor(i / side) + (Math.floor(s / GRID) + 0.5) / GRID) / side,
    );
  const share = white / GRID ** 2;
  for (let c = 0; c < 3; c++) pixels[3 * i + c] = Math.round(ground[c] + (255 - ground[c]) * share);
}
writeFileSync(path, writePng(pixels, side, side, 3));
