// Exported models, run by somebody else's engine, against our core.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { env, InferenceSession, Tensor } from 'onnxruntime-web';

env.wasm.numThreads = 1;
const folder = mkdtempSync(join(tmpdir(), 'deblur-onnx-'));
/** @param {string[]} options */
const run = (...options) => spawnSync('build/deblur-train', ['export-onnx', ...options], { encoding: 'utf8' });

/** @param {string} name */
function floats(name) {
  const bytes = readFileSync(join(folder, `${name}.f32`));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/**
 * How far the exported graph's output is from our core's.
 * @param {string} model @param {'restorer' | 'estimator'} graph @param {string} onnx @param {number} height @param {number} width
 * @param {string[]} sigma Of the Gaussian blur that our core is told; none: by chance.
 */
async function difference(model, graph, onnx, height, width, ...sigma) {
  execFileSync('build/tests/run_graph', [model, graph, `${height}`, `${width}`, folder, ...sigma]);
  const session = await InferenceSession.create(readFileSync(onnx));
  /** @type {Record<string, Tensor>} */
  const feeds = { picture: new Tensor('float32', floats('picture'), [1, 3, height, width]) };
  const told = session.inputNames.find((name) => name !== 'picture');
  if (told) feeds[told] = new Tensor('float32', floats('condition'), [1, floats('condition').length]);
  const output = (await session.run(feeds))[session.outputNames[0]];
  const [got, wanted] = [/** @type {Float32Array} */ (output.data), floats('output')];
  assert.equal(got.length, wanted.length);
  return wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - got[i])), 0);
}

const small = join(folder, 'small.dbm');
execFileSync('build/tests/make_test_model', [small]);
for (const model of ['weights/student.dbm', 'weights/teacher.dbm', small])
  test(`${basename(model)} gives the same elsewhere`, async () => {
    const [restorer, estimator] = [join(folder, 'restorer.onnx'), join(folder, 'estimator.onnx')];
    const { status, stdout, stderr } = run(model, restorer, '--estimator', estimator);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /restorer\.onnx: restorer, \d+ parameters/);
    assert.ok((await difference(model, 'restorer', restorer, 48, 72)) < 1e-4);
    assert.ok((await difference(model, 'estimator', estimator, 64, 96)) < 1e-4);
    if (model === small) return; // it hardly listens
    const fixed = run(model, restorer, '--blur', 'gaussian:1.5');
    assert.equal(fixed.status, 0, fixed.stderr);
    assert.ok((await difference(model, 'restorer', restorer, 48, 72, '1.5')) < 1e-4);
    assert.ok((await difference(model, 'restorer', restorer, 48, 72, '2.5')) > 1e-2, 'another blur is not what it is for');
  });

test('what cannot be exported is said, and nothing is left', () => {
  const out = join(folder, 'none.onnx');
  assert.equal(run('weights/student.dbm').status, 2);
  assert.match(run(join(folder, 'nowhere.dbm'), out).stderr, /nowhere\.dbm: No such file/);
  writeFileSync(join(folder, 'text.dbm'), 'this is no model');
  assert.match(run(join(folder, 'text.dbm'), out).stderr, /text\.dbm: .*model/);
  assert.ok(!existsSync(out));
  assert.match(run('weights/student.dbm', out, '--blur', 'rain:2').stderr, /--blur rain:2 makes no sense/);
  const { status, stderr } = run('weights/student.dbm', join(folder, 'no', 'folder.onnx'));
  assert.equal(status, 1);
  assert.match(stderr, /folder\.onnx: No such file/);
});
