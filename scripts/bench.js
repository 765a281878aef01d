// How fast everything is, in one table and one file (build/bench.json): our core natively, as WebAssembly in node and in Chromium, and
// onnxruntime and tfjs on the same weights, exported; beside the ceiling of multiply-adds measured in the same run. Medians.
//
//     node scripts/bench.js [--large | --sides=PX,...] [--rounds=N] [MODEL...]
//
// --large: 12 megapixels, too (ours only). --sides: of the pictures, otherwise 256 and 1024. --rounds: all of it N times (odd), and the
// medians of those, where a machine is now faster, now slower: each row is then measured at N times far apart. MODEL: student, teacher;
// both by default.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as chromium from './bench-chromium.js';
import { readPlan } from './onnx-plan.js';
import { readPng, writePng } from './png.js';

const FOLDER = 'build/bench-files';
const ORT_NODE = 'onnxruntime-node@1.23.2';
const TFJS = ['core', 'backend-cpu', 'backend-wasm'].map((part) => `@tensorflow/tfjs-${part}@4.22.0`);
const named = process.argv.slice(2).filter((option) => !option.startsWith('--'));
const MODELS = named.length ? named : ['student', 'teacher'];
const optionOf = (/** @type {string} */ name) => process.argv.find((option) => option.startsWith(`${name}=`))?.split('=')[1];
const SIDES = optionOf('--sides')?.split(',').map(Number) ?? [256, 1024, ...(process.argv.includes('--large') ? [3464] : [])];
const ROUNDS = Number(optionOf('--rounds') ?? 1);
if (ROUNDS % 2 !== 1) throw new Error('--rounds has to be an odd number, so that one is in the middle');
const LARGEST_ONNX = 1024;
const SIGMA = '1.5';

/**
 * @typedef {object} Row
 * @property {string} engine
 * @property {string} model
 * @property {number} side
 * @property {number} threads
 * @property {number} seconds
 * @property {number} gmacs
 * @property {number | null} share Of the ceiling of as many threads.
 * @property {number} peak_mb Of the process; in Chromium, of all its processes, above what an empty page takes.
 * @property {number} [difference] The largest of the output's from our native core's.
 */

/** @param {string} command @param {(string | number)[]} options */
const json = (command, ...options) => JSON.parse(execFileSync(command, options.map(String), { encoding: 'utf8' }));

/** Only for this: a hundred megabytes that nothing else needs. */
function fetchPeers() {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, 'package.json'), '{}');
  console.error(`bench: fetching ${[ORT_NODE, ...TFJS].join(', ')} into ${FOLDER}, to compare with`);
  const options = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts', ORT_NODE, ...TFJS];
  execFileSync('npm', options, { cwd: FOLDER, stdio: 'inherit' });
}

/** onnxruntime-web's files, and a page to run them in. */
function copyOrtWeb() {
  const from = 'node_modules/onnxruntime-web/dist';
  mkdirSync(join(FOLDER, 'ort'), { recursive: true });
  for (const name of readdirSync(from).filter((file) => /^ort(\.wasm\.min|-wasm-simd-threaded)\.(mjs|wasm)$/.test(file)))
    copyFileSync(join(from, name), join(FOLDER, 'ort', name));
  writeFileSync(join(FOLDER, 'index.html'), '<!doctype html><title>onnxruntime-web</title>');
}

/** tfjs's files, of one version each. */
function copyTfjs() {
  mkdirSync(join(FOLDER, 'tfjs'), { recursive: true });
  for (const part of ['core', 'backend-cpu', 'backend-wasm']) {
    const from = join(FOLDER, 'node_modules/@tensorflow', `tfjs-${part}`, 'dist');
    for (const name of readdirSync(from).filter((file) => /^(tf-[a-z-]+\.min\.js|tfjs-backend-wasm.*\.wasm)$/.test(file)))
      copyFileSync(join(from, name), join(FOLDER, 'tfjs', name));
  }
}

/** A photograph of a megapixel: a golden picture, again and again. */
function makePhotograph() {
  const { width, height, channels, pixels } = readPng(readFileSync('tests/golden/a.png'));
  const side = 1024;
  const large = new Uint8Array(side * side * 3);
  for (let i = 0; i < large.length; i++) {
    const pixel = Math.floor(i / 3);
    const from = (Math.floor(pixel / side) % height) * width + ((pixel % side) % width);
    large[i] = pixels[channels * from + (i % 3)];
  }
  const path = join(FOLDER, 'photograph.png');
  writeFileSync(path, writePng(large, side, side, 3));
  return path;
}

/** Every engine on one model and size. @param {string} model @param {number} side @param {Record<string, number>} ceilings */
async function measure(model, side, ceilings) {
  const path = `weights/${model}.dbm`;
  const info = json('build/deblur', 'info', '--json', path);
  const macs = info.restorer_macs_per_pixel * side * side;
  /** @type {Row[]} */
  const rows = [];
  /** @param {string} engine @param {string | null} ceiling @param {number} threads @param {chromium.Measurement} measured */
  const add = (engine, ceiling, threads, { seconds, peak_mb, difference }) => {
    const gmacs = macs / seconds / 1e9;
    const share = ceiling ? gmacs / (ceilings[ceiling] * threads) : null;
    rows.push({ engine, model, side, threads, seconds, gmacs, share, peak_mb, difference });
    console.error(`bench: ${engine}, ${model}, ${side} x ${side}, ${threads}: ${gmacs.toFixed(1)} GMAC/s`);
  };
  const node = (/** @type {(string | number)[]} */ ...options) => json('node', 'scripts/bench-node.js', ...options);

  for (const threads of [1, 2]) add('native', 'native', threads, json('build/bench', path, side, threads));
  add('WebAssembly simd128, node', 'simd', 1, node('wasm', path, side, 'build/wasm/deblur-simd.wasm'));
  for (const variant of /** @type {const} */ (['simd', 'relaxed']))
    for (const workers of [1, 2])
      add(`WebAssembly ${variant}, Chromium`, variant, workers, await chromium.ours(path, side, workers, variant));
  if (side > LARGEST_ONNX) return rows;
  /* For one blur: ONNX has no kernels that are mixed once, and would convolve with all that we mix into one. */
  execFileSync('build/deblur-train', ['export-onnx', path, join(FOLDER, 'model.onnx'), '--blur', `gaussian:${SIGMA}`]);
  execFileSync('build/tests/run_graph', [path, 'restorer', `${side}`, `${side}`, FOLDER, SIGMA]);
  for (const threads of [1, 2])
    add('onnxruntime-node', 'native', threads, node('onnx', join(FOLDER, 'model.onnx'), side, threads, FOLDER));
  for (const threads of [1, 2]) add('onnxruntime-web, Chromium', 'simd', threads, await chromium.onnx(FOLDER, side, threads));
  const { floats, ...plan } = readPlan(readFileSync(join(FOLDER, 'model.onnx')));
  writeFileSync(join(FOLDER, 'plan.json'), JSON.stringify(plan));
  writeFileSync(join(FOLDER, 'plan.f32'), floats);
  for (const threads of [1, 2]) add('tfjs wasm, Chromium', 'simd', threads, await chromium.tfjs(FOLDER, side, threads));
  return rows;
}

/** Once through everything. */
async function round() {
  /** @type {Record<string, { what: string, gmacs: number, share: number }[]>} */
  const layers = {
    native: json('build/bench'),
    simd: await chromium.layers('simd'),
    relaxed: await chromium.layers('relaxed'),
  };
  const ceilings = Object.fromEntries(Object.entries(layers).map(([name, list]) => [name, list[0].gmacs]));
  /** @type {Row[]} */
  const rows = [];
  for (const model of MODELS) for (const side of SIDES) rows.push(...(await measure(model, side, ceilings)));
  return { layers, rows };
}

/**
 * @template {Record<string, any>} Measured
 * @param {Measured[][]} lists Of the same things, an odd number of times.
 * @param {keyof Measured} key
 * @returns {Measured[]} Of each thing the one in the middle.
 */
const medians = (lists, key) =>
  lists[0].map((_, i) => lists.map((list) => list[i]).sort((a, b) => a[key] - b[key])[lists.length >> 1]);

/** @param {Record<string, { what: string, gmacs: number, share: number }[]>} layers */
function printLayers(layers) {
  for (const [name, rows] of Object.entries(layers)) {
    console.log(`\n${name}, 1 thread`);
    for (const { what, gmacs, share } of rows)
      console.log(`  ${what.padEnd(44)} ${gmacs.toFixed(2).padStart(7)} GMAC/s  ${(100 * share).toFixed(0).padStart(4)}%`);
  }
}

/** @param {Row[]} rows */
function printRows(rows) {
  console.log(`\n${'whole models'.padEnd(32)} side threads        s  GMAC/s  of ceiling  peak MB  differs by`);
  for (const { engine, model, side, threads, seconds, gmacs, share, peak_mb, difference } of rows)
    console.log(
      `${`${model}: ${engine}`.padEnd(38)} ${String(side).padStart(4)} ${threads} ${seconds.toFixed(4).padStart(9)} ` +
        `${gmacs.toFixed(1).padStart(7)} ${share ? `${(100 * share).toFixed(0)}%`.padStart(10) : ''.padStart(10)} ` +
        `${peak_mb.toFixed(0).padStart(9)} ${difference === undefined ? '' : difference.toExponential(1).padStart(10)}`,
    );
}

/** @param {Record<string, number>} bytes */
const needed = (bytes) => Object.entries(bytes).filter(([path]) => /\.(wasm|js|dbm)$/.test(path));

fetchPeers();
copyOrtWeb();
copyTfjs();
/** @type {Awaited<ReturnType<typeof round>>[]} */
const rounds = [];
while (rounds.length < ROUNDS) rounds.push(await round());
const names = Object.keys(rounds[0].layers);
const layers = Object.fromEntries(
  names.map((name) => [
    name,
    medians(
      rounds.map((one) => one.layers[name]),
      'gmacs',
    ),
  ]),
);
const rows = medians(
  rounds.map((one) => one.rows),
  'seconds',
);
const { first_s, bytes } = await chromium.opening(makePhotograph());
const total = needed(bytes).reduce((sum, [, size]) => sum + size, 0);
rmSync(join(FOLDER, 'picture.f32'), { force: true });
rmSync(join(FOLDER, 'output.f32'), { force: true });
writeFileSync('build/bench.json', JSON.stringify({ layers, rows, opening: { first_s, bytes, total } }, null, 2));
printLayers({
  native: layers.native,
  'WebAssembly simd128, Chromium': layers.simd,
  'WebAssembly relaxed, Chromium': layers.relaxed,
});
printRows(rows);
console.log(`\nfrom opening the page to the first megapixel: ${first_s.toFixed(2)} s`);
console.log(`module, loader and student over the wire (brotli): ${(total / 1000).toFixed(0)} kB`);
