// Models in smaller files.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { build, deblur, folder, model, out, photograph, pixels } from './command-line.js';

/** @param {string[]} words */
const quantise = (...words) => spawnSync(join(build, 'deblur-train'), ['quantise', ...words], { encoding: 'utf8' });

/** The photograph as a model restores it. @param {string} path @param {string} name */
function restored(path, name) {
  const { status, stderr } = deblur(['run', '--model', path, '--blur', 'gaussian:2', photograph, '-o', join(out, name)]);
  assert.equal(status, 0, stderr);
  return pixels(join(out, name)).pixels;
}

/** Root of the mean square, in 8-bit steps. @param {Uint8Array} a @param {Uint8Array} b */
const difference = (a, b) => Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / a.length);

test('with fewer bits a file is smaller when it travels, and further from what it was', () => {
  const exact = restored(model, 'exact.png');
  const sizes = [];
  const distances = [];
  for (const bits of [8, 6, 4]) {
    const path = join(folder, `${bits}.dbm`);
    const { status, stdout, stderr } = quantise(model, path, '--bits', `${bits}`);
    assert.equal(status, 0, stderr);
    assert.match(stdout, new RegExp(`${statSync(path).size} bytes, ${statSync(model).size} before`));
    assert.match(deblur(['info', path]).stdout, new RegExp(`stored: int8, ${bits} bits`));
    sizes.push(gzipSync(readFileSync(path)).length);
    distances.push(difference(restored(path, `${bits}.png`), exact));
  }
  assert.ok(sizes[0] > sizes[1] && sizes[1] > sizes[2], `${sizes}`);
  assert.ok(distances[0] > 0 && distances[0] < distances[1] && distances[1] < distances[2], `${distances}`);
  const effect = difference(exact, pixels(photograph).pixels);
  assert.ok(distances[0] < effect / 20, `eight bits are ${distances[0]} off where the model changes ${effect}`);
  assert.ok(statSync(join(folder, '8.dbm')).size < 0.55 * statSync(model).size);
});

test('what makes no sense is refused, and nothing is written', () => {
  const path = join(folder, 'none.dbm');
  for (const bits of ['2', '9', '', 'x', '8x']) {
    const { status, stderr } = quantise(model, path, '--bits', bits);
    assert.equal(status, 2);
    assert.match(stderr, /is not a number from 3 to 8/);
  }
  assert.equal(quantise(model).status, 2);
  writeFileSync(join(folder, 'text.dbm'), 'this is no model');
  assert.match(quantise(join(folder, 'text.dbm'), path).stderr, /text\.dbm: .*model/);
  assert.ok(!existsSync(path));
  assert.match(quantise(model, join(folder, 'no', 'folder.dbm')).stderr, /folder\.dbm: No such file/);
});
