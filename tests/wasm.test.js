// The WebAssembly modules against the native program on whole pictures, in node.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readPng } from '../scripts/png.js';
import { floatsFromEstimate } from '../web/lib/blur.js';
import { DeblurError } from '../web/lib/errors.js';
import { tilesOf } from '../web/lib/tiles.js';
import { Core, moduleName } from '../web/lib/wasm.js';

const modelPath = 'build/tests/model.dbm';
const folder = mkdtempSync(join(tmpdir(), 'deblur-wasm-'));
const model = readFileSync(modelPath);

/** @param {string} name */
const compile = (name) => WebAssembly.compile(readFileSync(`build/wasm/${name}`));

/** @param {string} path */
function load(path) {
  const { width, height, channels, pixels } = readPng(readFileSync(path));
  const rgba = new Uint8Array(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i++) for (let c = 0; c < channels; c++) rgba[4 * i + c] = pixels[channels * i + c];
  return { width, height, rgba };
}

/** @param {string} path @param {string[]} [more] */
function native(path, more = []) {
  const out = join(folder, 'out.png');
  execFileSync('build/deblur', ['run', '--quiet', '--model', modelPath, ...more, path, '-o', out]);
  return load(out).rgba;
}

/** @param {string} name @param {ReturnType<typeof load>} picture @param {any} blur @param {number} strength */
async function inWasm(name, picture, blur, strength) {
  const core = await Core.open(await compile(name), model);
  const inside = core.picture(picture.rgba, picture.width, picture.height);
  inside.tell(blur);
  for (const tile of tilesOf({ ...picture, x: 0, y: 0 }, { width: 768, height: 768 })) inside.restore(tile, strength);
  return inside.read();
}

/** @param {ArrayLike<number>} a @param {ArrayLike<number>} b */
function worst(a, b) {
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i] - b[i]));
  return most;
}

test('this engine has SIMD, and it is found', () => assert.equal(moduleName(), 'deblur-simd.wasm'));

for (const name of ['deblur-simd.wasm', 'deblur-scalar.wasm'])
  for (const file of ['a', 'b', 'c'])
    test(`${name} gives what the native program gives on ${file}.png, within 1/255`, async () => {
      const path = `tests/golden/${file}.png`;
      const picture = load(path);
      const got = await inWasm(name, picture, 'auto', 1);
      const wanted = native(path);
      assert.ok(worst(got, wanted) <= 1, `worst difference ${worst(got, wanted)}`);
      assert.ok(worst(picture.rgba, wanted) > 1, 'the test model has to change something');
    });

test('a described blur and a strength mean the same natively and in WebAssembly', async () => {
  const path = 'tests/golden/a.png';
  const got = await inWasm('deblur-simd.wasm', load(path), { kind: 'motion', sizePx: 9, angleDeg: 30 }, 0.5);
  assert.ok(worst(got, native(path, ['--blur', 'motion:9:30', '--strength', '0.5'])) <= 1);
});

test('an estimate that is passed back gives the same picture', async () => {
  const core = await Core.open(await compile('deblur-simd.wasm'), model);
  const picture = load('tests/golden/b.png');
  const inside = core.picture(picture.rgba, picture.width, picture.height);
  const found = inside.estimate();
  assert.ok(Math.abs(Object.values(found.probabilities).reduce((a, b) => a + b) - 1) < 1e-4);
  assert.deepEqual(inside.tell(found), found);
});

test('parts that are restored one by one give the whole, whatever their size', async () => {
  const core = await Core.open(await compile('deblur-simd.wasm'), model);
  const picture = load('tests/golden/c.png');
  const inside = core.picture(picture.rgba, picture.width, picture.height);
  inside.tell('auto');
  /** @type {number[]} */
  const told = [];
  inside.restore({ x: 0, y: 0, width: picture.width, height: picture.height }, 1, (pixels) => told.push(pixels));
  assert.ok(told.length > 10 && told.every((pixels, i) => pixels > (told[i - 1] ?? 0)), `progress: ${told}`);
  assert.equal(told.at(-1), picture.width * picture.height);
  const whole = inside.read();
  for (let y = 0; y < picture.height; y += 128)
    for (let x = 0; x < picture.width; x += 192)
      inside.restore({ x, y, width: Math.min(192, picture.width - x), height: Math.min(128, picture.height - y) }, 1);
  assert.deepEqual(inside.read(), whole);
});

test('what makes no sense is refused with a code and a message', async () => {
  const module = await compile('deblur-simd.wasm');
  const damaged = Uint8Array.from(model);
  damaged[4000] ^= 8;
  await assert.rejects(Core.open(module, damaged), (error) => error instanceof DeblurError && error.code === 'bad-model');
  await assert.rejects(
    Core.open(module, new Uint8Array(9)),
    (error) => error instanceof DeblurError && /not a deblur model/.test(error.message),
  );
  const core = await Core.open(module, model);
  const inside = core.picture(new Uint8Array(64), 4, 4);
  assert.throws(() => inside.tell({ kind: 'motion', sizePx: 900 }), { code: 'bad-argument' });
  assert.throws(() => inside.tell(/** @type {any} */ ({ kind: 'earthquake', sizePx: 1 })), { code: 'bad-argument' });
  inside.tell('auto');
  assert.throws(() => inside.restore({ x: 8, y: 0, width: 8, height: 4 }, 1), { code: 'bad-argument' });
});

test('a map of blurs may lie anywhere, also where 32 bits do not reach', async () => {
  const { rgba: pixels, width, height } = load('tests/golden/a.png');
  const core = await Core.open(await compile('deblur-simd.wasm'), model);
  const picture = core.picture(pixels, width, height);
  const blur = core.describe({ kind: 'motion', sizePx: 5, rest: picture.estimate() });
  const restored = (/** @type {Int32Array | null} */ map) => {
    picture.tell({ ...blur, map });
    picture.restore({ x: 128, y: 64, width: 192, height: 136 }, 1);
    return picture.read({ x: 128, y: 64, width: 192, height: 136 });
  };
  const wanted = restored(null);
  const [most, all] = [0x7fffffff, -1]; // as unsigned numbers a corner at 2^31 - 1 and a side of 2^32 - 1
  for (const head of [
    [0, 0, width, height, 3, 2],
    [most, 0, all, height, 2, 1],
    [most, most, all, all, 2, 2],
    [~most, ~most, all, all, 3, 3],
    [100, -100, 1, all, 2, 1],
  ]) {
    const cells = head[4] * head[5];
    const floats = floatsFromEstimate(blur);
    const map = new Int32Array(head.length + cells * floats.length);
    map.set(head);
    for (let i = 0; i < cells; i++) map.set(new Int32Array(floats.buffer), head.length + i * floats.length);
    assert.ok(worst(restored(map), wanted) <= 1, `${head}: ${worst(restored(map), wanted)} from one blur for all`);
  }
  picture.close();
});
