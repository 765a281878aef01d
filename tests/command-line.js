// What the tests of the command line share: the program, a folder for the test's files, and one for its results.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, beforeEach } from 'node:test';
import { readPng } from '../scripts/png.js';

export const build = process.env.DEBLUR_BUILD ?? 'build';
export const program = resolve(build, 'deblur');
export const folder = mkdtempSync(join(tmpdir(), 'deblur-cli-'));
export const model = join(folder, 'model.dbm');
export const photograph = resolve('tests/golden/a.png');
export const out = join(folder, 'out');

/** @param {string[]} words @param {import('node:child_process').SpawnSyncOptions} [options] */
export function deblur(words, options) {
  const { status, stdout, stderr } = spawnSync(program, words, { timeout: 60_000, ...options, encoding: 'utf8' });
  return { status, stdout, stderr };
}

/** @param {string} input @param {string} output @param {string[]} [more] */
export const run = (input, output, more = []) =>
  deblur(['run', '--model', model, '--blur', 'gaussian:2', ...more, input, '-o', output]);

/** @param {string} name @param {Uint8Array | string} bytes */
export function file(name, bytes) {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** @param {string} path */
export const pixels = (path) => readPng(readFileSync(path));

/** Root of the mean square of what lies between two pictures, in 8-bit steps. @param {Uint8Array} a @param {Uint8Array} b */
export const difference = (a, b) => Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / a.length);

/** @param {number} width @param {number} height @param {1 | 2 | 3 | 4} channels */
export function pattern(width, height, channels) {
  const bytes = new Uint8Array(width * height * channels);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 37 + (i >> 5) * 11) & 255;
  return bytes;
}

/** @param {Buffer} bytes @param {(copy: Buffer) => void} change */
export function changed(bytes, change) {
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
}

/* Whoever imports this gets a model, and an empty folder of results before each test. */
before(() => execFileSync(resolve(build, 'tests/make_test_model'), [model]));
beforeEach(() => {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out);
});
after(() => rmSync(folder, { recursive: true }));
