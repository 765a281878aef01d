// Blur that differs from place to place, as the student that ships finds it and takes it out.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { deblur, file, folder, out } from './command-line.js';
import { drawDifferent, move } from './different.js';

const student = resolve('weights/student.dbm');
const { sharp, path: sharpPath, png: different } = drawDifferent(folder);

describe('blur that differs from place to place', () => {
  /** @param {string} name @param {Uint8Array} png @param {string[]} [more] */
  const estimate = (name, png, more = []) => {
    const { status, stdout, stderr } = deblur(['estimate', '--model', student, '--json', ...more, file(name, png)]);
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout)[0];
  };

  test('is found, each side with its own direction', () => {
    const { map } = estimate('different.png', different);
    assert.ok(map, 'no map');
    assert.deepEqual([map.columns, map.rows, map.blurs.length], [5, 3, 15]);
    const lean = (/** @type {{ angle_deg: number, anisotropy: number }} */ b) =>
      b.anisotropy * Math.cos((b.angle_deg * Math.PI) / 90); // 1: wholly across, -1: down
    for (const row of [0, 1]) {
      const [left, , , , right] = map.blurs.slice(5 * row, 5 * row + 5).map(lean);
      assert.ok(left > right + 0.7, `${left} on the left, ${right} on the right`);
    }
  });

  test('is not found where it is the same everywhere, nor where one says --uniform', () => {
    assert.equal(
      estimate(
        'across.png',
        move(sharp, () => 'across'),
      ).map,
      null,
    );
    assert.equal(estimate('different.png', different, ['--uniform']).map, null);
  });

  test('is taken out better than by one blur for all, by run as by eval', () => {
    const [input, truth] = ['blurred', 'sharp'].map((name) => join(folder, name));
    for (const path of [input, truth]) mkdirSync(path, { recursive: true });
    copyFileSync(sharpPath, join(truth, 'c.png'));
    copyFileSync(file('different.png', different), join(input, 'c.png'));
    const gain = (/** @type {string[]} */ ...more) => {
      const { stdout } = deblur(['eval', '--model', student, '--input', input, '--truth', truth, '--json', ...more]);
      const { psnr_in_db: before, psnr_out_db: after } = JSON.parse(stdout);
      return after - before;
    };
    assert.ok(gain() > gain('--uniform') + 0.5, `${gain()} dB, and ${gain('--uniform')} with one blur`);
    const results = [[], ['--threads', '3'], ['--uniform'], ['--blur', 'motion:11:0']].map((more, i) => {
      const path = join(out, `${i}.png`);
      const { status, stderr } = deblur(['run', '--model', student, ...more, join(input, 'c.png'), '-o', path]);
      assert.equal(status, 0, stderr);
      assert.equal(/differs from place to place/.test(stderr), i < 2, stderr);
      return readFileSync(path);
    });
    assert.deepEqual(results[0], results[1], 'threads make a difference');
    assert.notDeepEqual(results[0], results[2]);
  });
});
