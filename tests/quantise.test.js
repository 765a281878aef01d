// Models in smaller files.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { build, deblur, difference, folder, model, out, photograph, pixels } from './command-line.js';

/** @param {string[]} words */
const quantise = (...words) => spawnSync(join(build, 'deblur-train'), ['quantise', ...words], { encoding: 'utf8' });

/** The photograph as a model restores it. @param {string} path @param {string} name */
function restored(path, name) {
  const { status, stderr } = deblur(['run', '--model', path, '--blur', 'gaussian:2', photograph, '-o', join(out, name)]);
  assert.equal(status, 0, stderr);
  return pixels(join(out, name)).pixels;
}

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

const photographs = ['--data', 'tests/golden', '--crop', '64', '--samples', '12'];

test('whoever is shown photographs gives bits to the weights that matter, and loses less in a smaller file', () => {
  const [even, measured] = [join(folder, 'even.dbm'), join(folder, 'measured.dbm')];
  assert.equal(quantise(model, even, '--bits', '5').status, 0);
  const { status, stdout, stderr } = quantise(model, measured, '--bits', '4.25', ...photographs);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^4\.[012]\d bits in the mean: a sample loses about 0\.\d+ dB$/m);
  assert.match(deblur(['info', measured]).stdout, /stored: int8, 4\.[012]\d bits in the mean/);
  const [evenSize, measuredSize] = [even, measured].map((path) => gzipSync(readFileSync(path)).length);
  assert.ok(measuredSize < evenSize, `${measuredSize} and ${evenSize} bytes`);
  const exact = restored(model, 'exact.png');
  const [evenLoss, measuredLoss] = [even, measured].map((path) => difference(restored(path, 'it.png'), exact));
  assert.ok(measuredLoss < evenLoss / 2, `${measuredLoss} and ${evenLoss} steps`);
});

test('what makes no sense is refused, and nothing is written', () => {
  const path = join(folder, 'none.dbm');
  for (const bits of ['2', '9', '', 'x', '8x', 'nan']) {
    const { status, stderr } = quantise(model, path, '--bits', bits);
    assert.equal(status, 2);
    assert.match(stderr, /--bits has to be a number from 3 to 8, not/);
  }
  assert.match(quantise(model, path, '--bits', '4.5').stderr, /--bits 4\.5: only with --data/);
  assert.match(quantise(model, path, '--samples', '4').stderr, /--samples is about the photographs of --data, which is missing/);
  assert.match(quantise(model, path, ...photographs, '--bits', '0.5').stderr, /from 2 to 8/);
  assert.match(quantise(model, path, ...photographs, '--crop', '65').stderr, /multiple of 16/);
  const nothing = quantise(model, path, '--data', join(folder, 'nowhere'));
  assert.equal(nothing.status, 1);
  assert.match(nothing.stderr, /nowhere cannot be read: No such file/);
  assert.equal(quantise(model).status, 2);
  writeFileSync(join(folder, 'text.dbm'), 'this is no model');
  assert.match(quantise(join(folder, 'text.dbm'), path).stderr, /text\.dbm: .*model/);
  assert.ok(!existsSync(path));
  assert.match(quantise(model, join(folder, 'no', 'folder.dbm')).stderr, /folder\.dbm: No such file/);
});
