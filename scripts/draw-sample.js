// Draws the sample picture: a row of canal houses at dusk, their windows lit and mirrored in the water; and a version of it that is out
// of focus, as the page offers it. All computed in linear light; the same bytes on every machine.
//
//     node scripts/draw-sample.js OUT.png [SHARP.png]
import { writeFileSync } from 'node:fs';
import { writePng } from './png.js';

const WIDTH = 900;
const HEIGHT = 600;
const GRID = 3; // samples per pixel and axis
const WATER = 430; // the line where houses meet water
const DEFOCUS_RADIUS = 2.4;

/** @typedef {[number, number, number]} Light Linear red, green, blue. */

/** A hash of two whole numbers, 0..1. @param {number} x @param {number} y */
function hash(x, y) {
  let h = Math.imul(x, 374761393) ^ Math.imul(y, 668265263);
  h = Math.imul(h ^ (h >>> 13), 1274126177);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}

/** Smooth noise. @param {number} x @param {number} y */
function noise(x, y) {
  const [i, j] = [Math.floor(x), Math.floor(y)];
  const [u, v] = [x - i, y - j].map((t) => t * t * (3 - 2 * t));
  const top = hash(i, j) * (1 - u) + hash(i + 1, j) * u;
  return top * (1 - v) + (hash(i, j + 1) * (1 - u) + hash(i + 1, j + 1) * u) * v;
}

/** @param {Light} a @param {Light} b @param {number} t @returns {Light} */
const mix = (a, b, t) => [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t];
/** @param {Light} a @param {number} k @returns {Light} */
const scale = (a, k) => [a[0] * k, a[1] * k, a[2] * k];

/** @type {{ left: number, width: number, top: number, wall: Light, columns: number, gable: 'step' | 'bell' | 'spout' }[]} */
const houses = [
  { left: -14, width: 124, top: 150, wall: [0.2, 0.055, 0.035], columns: 3, gable: 'step' },
  { left: 110, width: 104, top: 182, wall: [0.1, 0.085, 0.075], columns: 2, gable: 'bell' },
  { left: 214, width: 138, top: 128, wall: [0.26, 0.11, 0.05], columns: 3, gable: 'spout' },
  { left: 352, width: 96, top: 196, wall: [0.07, 0.1, 0.085], columns: 2, gable: 'step' },
  { left: 448, width: 150, top: 142, wall: [0.17, 0.045, 0.04], columns: 4, gable: 'bell' },
  { left: 598, width: 112, top: 172, wall: [0.3, 0.22, 0.13], columns: 3, gable: 'step' },
  { left: 710, width: 90, top: 204, wall: [0.12, 0.05, 0.045], columns: 2, gable: 'spout' },
  { left: 800, width: 130, top: 156, wall: [0.09, 0.11, 0.14], columns: 3, gable: 'bell' },
];

/** @param {number} x @param {number} y @returns {Light} */
function sky(x, y) {
  const t = Math.min(1, y / 330);
  const glow = Math.exp(-(((x - 640) / 330) ** 2)) * t ** 2;
  const cloud = Math.max(0, noise(x / 120 + 3, y / 26) + 0.5 * noise(x / 45, y / 11) - 0.95);
  const base = mix([0.025, 0.06, 0.16], [0.36, 0.22, 0.2], t ** 1.5);
  return mix(mix(base, [0.95, 0.5, 0.22], 0.7 * glow), [0.5, 0.3, 0.3], Math.min(0.7, cloud));
}

/** Height of the outline above the wall's top, at t = -1..1 across. @param {string} gable @param {number} t @param {number} width */
function gableHeight(gable, t, width) {
  const a = Math.abs(t);
  if (gable === 'step') return width * 0.55 * (1 - Math.floor(a * 6) / 6);
  if (gable === 'spout') return a < 0.14 ? width * 0.6 : width * 0.52 * (1 - a);
  return width * 0.56 * Math.max(a < 0.3 ? Math.sqrt(1 - (a / 0.3) ** 2) * 0.25 + 0.75 : 0.75 * ((1 - a) / 0.7) ** 1.7, 0);
}

/** Bricks in running bond with light mortar. @param {Light} wall @param {number} x @param {number} y @returns {Light} */
function bricks(wall, x, y) {
  const row = Math.floor(y / 5);
  const along = x / 11 + (row % 2) * 0.5;
  const mortar = y - row * 5 < 0.9 || along - Math.floor(along) < 0.09;
  return mortar ? mix(wall, [0.3, 0.27, 0.25], 0.55) : scale(wall, 0.75 + 0.5 * hash(Math.floor(along), row));
}

/** One window, u and v in pixels from its middle. @param {number} u @param {number} v @param {number} w @param {number} h @param {number} seed @returns {Light | null} */
function pane(u, v, w, h, seed) {
  if (Math.abs(u) > w / 2 + 2.4 || Math.abs(v) > h / 2 + 2.4) return null;
  const frame =
    Math.abs(u) > w / 2 ||
    Math.abs(v) > h / 2 ||
    Math.abs(u) < 0.8 ||
    Math.abs(v + h * 0.12) < 0.9 ||
    Math.abs(v - h * 0.22) < 0.6;
  if (frame) return [0.62, 0.6, 0.55];
  const lit = hash(seed, 77) > 0.42;
  if (!lit) return [0.03 + 0.03 * hash(seed, 5), 0.045, 0.07 + 0.05 * (0.5 - v / h)];
  const curtain = Math.abs(u) > w * 0.3 ? 0.55 + 0.3 * Math.sin(u * 2.4) : 1;
  const lamp = Math.exp(-((u - w * 0.1) ** 2 + (v + h * 0.1) ** 2) / 30);
  return scale(mix([0.85, 0.46, 0.14], [1.3, 1.05, 0.62], lamp), curtain * (0.75 + 0.4 * hash(seed, 9)));
}

/** @param {number} x @param {number} y @returns {Light | null} */
function house(x, y) {
  for (const [i, h] of houses.entries()) {
    if (x < h.left || x >= h.left + h.width) continue;
    const t = ((x - h.left) / h.width) * 2 - 1;
    const outline = h.top - gableHeight(h.gable, t, h.width);
    if (y < outline) return null;
    if (y < outline + 3.5) return [0.55, 0.52, 0.47]; // coping
    if (x - h.left < 1) return scale(h.wall, 0.3);
    if (y < h.top + 8) {
      const beam = pane(x - (h.left + h.width / 2), y - (h.top - h.width * 0.12), 15, 22, i * 31 + 3);
      return beam ?? (Math.abs(y - h.top - 5) < 2 ? [0.5, 0.46, 0.4] : bricks(h.wall, x, y));
    }
    const storey = 62;
    const floor = Math.floor((y - h.top - 8) / storey);
    const column = Math.floor(((x - h.left) / h.width) * h.columns);
    const u = x - (h.left + ((column + 0.5) * h.width) / h.columns);
    const v = y - (h.top + 8 + floor * storey + storey * 0.48);
    const base = h.top + 8 + (floor + 1) * storey > WATER - 6;
    if (base && column === i % h.columns) {
      if (Math.abs(u) < 11 && y > WATER - 50)
        return Math.abs(u) > 9 || y < WATER - 47
          ? [0.5, 0.47, 0.42]
          : scale([0.05, 0.12, 0.09], 0.8 + 0.4 * (Math.floor(y / 9) % 2));
    }
    return (base ? null : pane(u, v, 17, 36, i * 100 + floor * 10 + column)) ?? bricks(h.wall, x, y);
  }
  return null;
}

/** Lamps along the quay, and the rail. @param {number} x @param {number} y @returns {Light | null} */
function quay(x, y) {
  const along = ((x + 40) % 150) - 75;
  const lamp = Math.hypot(along, y - (WATER - 74));
  if (lamp < 4.2) return [2.6, 2.1, 1.3];
  if (Math.abs(along) < 1.1 && y > WATER - 72) return [0.02, 0.02, 0.022];
  if (Math.abs(y - (WATER - 20)) < 0.8 || Math.abs(y - (WATER - 11)) < 0.6) return [0.03, 0.03, 0.033];
  if (((x % 12) + 12) % 12 < 1.2 && y > WATER - 20) return [0.03, 0.03, 0.033];
  return y > WATER - 5 ? scale([0.16, 0.15, 0.14], 0.7 + 0.6 * hash(Math.floor(x / 17), 4)) : null;
}

/** @param {number} x @param {number} y @returns {Light} */
function above(x, y) {
  const near = quay(x, y);
  if (near) return near;
  const along = ((x + 40) % 150) - 75;
  const glow = 0.2 * Math.exp(-(along ** 2 + (y - (WATER - 74)) ** 2) / 900);
  const [r, g, b] = house(x, y) ?? sky(x, y);
  return [r + glow * 1.2, g + glow * 0.9, b + glow * 0.5];
}

/** The mirrored scene, broken by ripples. @param {number} x @param {number} y @returns {Light} */
function scene(x, y) {
  if (y < WATER) return above(x, y);
  const depth = y - WATER;
  const ripple = Math.sin(y * 1.15 + 3 * noise(x / 60, y / 9)) * (1 + depth * 0.035) + 4 * (noise(x / 34, y / 3.2) - 0.5);
  const mirrored = above(x + ripple * 1.4, WATER - depth * 1.12 - 6 + ripple * 2.2);
  const glint = noise(x / 26, y / 1.7) > 0.86 ? 0.05 : 0;
  return mix(scale(mirrored, 0.62), [0.012 + glint, 0.025 + glint, 0.045 + glint], Math.min(0.75, 0.25 + depth / 420));
}

/** @returns {Float32Array} [HEIGHT][WIDTH][3] linear */
function draw() {
  const light = new Float32Array(WIDTH * HEIGHT * 3);
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++)
      for (let s = 0; s < GRID * GRID; s++) {
        const sample = scene(x + ((s % GRID) + 0.5) / GRID, y + (Math.floor(s / GRID) + 0.5) / GRID);
        for (let c = 0; c < 3; c++) light[(y * WIDTH + x) * 3 + c] += sample[c] / (GRID * GRID);
      }
  return light;
}

/** The share of each pixel that a disk covers. @param {number} radius */
function disk(radius) {
  const reach = Math.ceil(radius);
  const taps = [];
  for (let dy = -reach; dy <= reach; dy++)
    for (let dx = -reach; dx <= reach; dx++) {
      let inside = 0;
      for (let s = 0; s < 256; s++)
        inside += Number(Math.hypot(dx + ((s % 16) + 0.5) / 16 - 0.5, dy + (Math.floor(s / 16) + 0.5) / 16 - 0.5) <= radius);
      if (inside) taps.push({ dx, dy, weight: inside });
    }
  const sum = taps.reduce((total, tap) => total + tap.weight, 0);
  return taps.map((tap) => ({ ...tap, weight: tap.weight / sum }));
}

/** @param {Float32Array} light @param {number} radius */
function defocus(light, radius) {
  const out = new Float32Array(light.length);
  const clampTo = (/** @type {number} */ v, /** @type {number} */ size) => Math.min(size - 1, Math.max(0, v));
  for (const { dx, dy, weight } of disk(radius))
    for (let y = 0; y < HEIGHT; y++)
      for (let x = 0; x < WIDTH; x++) {
        const from = (clampTo(y + dy, HEIGHT) * WIDTH + clampTo(x + dx, WIDTH)) * 3;
        for (let c = 0; c < 3; c++) out[(y * WIDTH + x) * 3 + c] += weight * light[from + c];
      }
  return out;
}

/** IEC 61966-2-1, after an exposure. @param {Float32Array} light */
function toSrgb(light) {
  return Uint8Array.from(light, (v) => {
    const x = Math.min(1, Math.max(0, v * 1.5));
    return Math.round(255 * (x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055));
  });
}

const [blurredPath, sharpPath] = process.argv.slice(2);
if (!blurredPath) {
  console.error('usage: node scripts/draw-sample.js OUT.png [SHARP.png]');
  process.exit(2);
}
const light = draw();
writeFileSync(blurredPath, writePng(toSrgb(defocus(light, DEFOCUS_RADIUS)), WIDTH, HEIGHT, 3));
if (sharpPath) writeFileSync(sharpPath, writePng(toSrgb(light), WIDTH, HEIGHT, 3));
