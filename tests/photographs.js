// Photographs to train on that a test can make itself: one to learn from, and one that training keeps apart.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPng, writePng } from '../scripts/png.js';

/** The golden picture, repeated: large enough for a validation crop and what is around it. */
function largePhotograph() {
  const { width, height, channels, pixels } = readPng(readFileSync('tests/golden/c.png'));
  const row = width * channels;
  const twice = new Uint8Array(row * 2 * height);
  for (let y = 0; y < 2 * height; y++) twice.set(pixels.subarray((y % height) * row, ((y % height) + 1) * row), y * row);
  return writePng(twice, width, 2 * height, /** @type {3} */ (channels));
}

/** Names of which the dataset keeps the photographs for validation: every sixteenth, by FNV-1a. @param {string} name */
function isKeptApart(name) {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(name)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return (hash ^ (hash >> 32n)) % 16n === 0n;
}

/** @param {string} folder that exists */
export function writePhotographs(folder) {
  const names = Array.from({ length: 200 }, (_, i) => `${i}.png`);
  const photograph = largePhotograph();
  for (const name of [names.find(isKeptApart), names.find((name) => !isKeptApart(name))])
    writeFileSync(join(folder, name ?? assert.fail()), photograph);
}
