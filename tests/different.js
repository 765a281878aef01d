// A drawn photograph whose left half was moved across, and whose right half down.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPng, writePng } from '../scripts/png.js';

/**
 * @param {{ width: number, height: number, pixels: Uint8Array }} sharp RGB
 * @param {(x: number) => 'across' | 'down'} way For each column.
 * @returns {Uint8Array} A PNG: motion on sRGB values, 11 pixels across or 9 down.
 */
export function move({ width, height, pixels }, way) {
  const moved = new Uint8Array(pixels.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [reach, dx, dy] = way(x) === 'across' ? [5, 1, 0] : [4, 0, 1];
      const sums = [0, 0, 0];
      for (let i = -reach; i <= reach; i++) {
        const fromX = Math.min(width - 1, Math.max(0, x + i * dx));
        const fromY = Math.min(height - 1, Math.max(0, y + i * dy));
        for (let c = 0; c < 3; c++) sums[c] += pixels[3 * (fromY * width + fromX) + c];
      }
      for (let c = 0; c < 3; c++) moved[3 * (y * width + x) + c] = Math.round(sums[c] / (2 * reach + 1));
    }
  return writePng(moved, width, height, 3);
}

/** @param {string} folder Where the sharp one is put, as `sharp.png`. */
export function drawDifferent(folder) {
  const path = join(folder, 'sharp.png');
  execFileSync('node', ['scripts/draw-sample.js', join(folder, 'soft.png'), path]);
  const sharp = readPng(readFileSync(path));
  return { sharp, path, png: move(sharp, (x) => (x < sharp.width / 2 ? 'across' : 'down')) };
}
