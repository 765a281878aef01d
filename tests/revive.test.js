// Channels that have stopped learning.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { build, deblur, difference, folder, model, out, photograph, pixels } from './command-line.js';

/** @param {string[]} words */
const revive = (...words) => spawnSync(join(build, 'deblur-train'), ['revive', ...words], { encoding: 'utf8' });
const photographs = ['--data', 'tests/golden', '--crop', '96', '--samples', '64'];

test('a model restores as before when its dead channels begin anew', () => {
  const revived = join(folder, 'revived.dbm');
  const { status, stdout, stderr } = revive(model, revived, ...photographs);
  assert.equal(status, 0, stderr);
  // Random weights have some that photographs never reach.
  const [, dead, of] = stdout.match(/^estimator hidden1 +(\d+) of (\d+) channels were dead$/m) ?? [];
  assert.ok(Number(dead) > 0 && Number(dead) < Number(of) && of === '96', stdout);
  const all = [...stdout.matchAll(/(\d+) of \d+ channels/g)].reduce((sum, [, count]) => sum + Number(count), 0);
  assert.ok(stdout.includes(`revived.dbm: ${all} channels begin anew`), stdout);
  const [before, after] = [model, revived].map((path, i) => {
    const result = deblur(['run', '--model', path, photograph, '-o', join(out, `${i}.png`)]);
    assert.equal(result.status, 0, result.stderr);
    return pixels(join(out, `${i}.png`)).pixels;
  });
  // What has not fired for a few small samples may yet do so a little here.
  const [moved, effect] = [difference(before, after), difference(before, pixels(photograph).pixels)];
  assert.ok(moved < effect / 20, `${moved} steps, where the model changes ${effect}`);
});

test('what makes no sense is refused, and nothing is written', () => {
  const path = join(folder, 'none.dbm');
  assert.match(revive(model).stderr, /a model and a file to write are needed/);
  const none = revive(model, path, '--data', 'tests/golden', '--samples', '0');
  assert.equal(none.status, 2);
  assert.match(none.stderr, /--samples has to be a number from 1/);
  assert.match(revive(join(folder, 'none'), path, ...photographs).stderr, /none: No such file/);
  mkdirSync(join(folder, 'empty'));
  const nothing = revive(model, path, '--data', join(folder, 'empty'));
  assert.equal(nothing.status, 1);
  assert.match(nothing.stderr, /no photograph below --data can be used/);
  assert.ok(!existsSync(path));
});
