// One measurement in a process of its own, so that its memory is its own, too: a whole model on a square picture. Prints JSON.
//
//     node scripts/bench-node.js wasm MODEL.dbm SIDE MODULE.wasm
//     node scripts/bench-node.js onnx MODEL.onnx SIDE THREADS FOLDER     FOLDER: of run_graph's numbers, and with onnxruntime-node below it
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { Core } from '../web/lib/wasm.js';

const REPEATS = 7;
/** What takes long is measured less often. */
const LONGEST_S = 20;

/** @param {() => unknown} work @returns {Promise<number>} Seconds, the median; the first run warms up. */
async function measure(work) {
  await work();
  const seconds = [];
  for (let spent = 0; seconds.length < REPEATS && spent < LONGEST_S; spent += seconds[seconds.length - 1]) {
    const start = performance.now();
    await work();
    seconds.push((performance.now() - start) / 1000);
  }
  return seconds.sort((a, b) => a - b)[seconds.length >> 1];
}

/** @param {string} modelPath @param {number} side @param {string} modulePath */
async function wasm(modelPath, side, modulePath) {
  const core = await Core.open(await WebAssembly.compile(readFileSync(modulePath)), readFileSync(modelPath));
  const pixels = Uint8Array.from({ length: side * side * 4 }, (_, i) => Math.imul(i, 2654435761) >>> 24);
  const picture = core.picture(pixels, side, side);
  picture.tell('auto');
  return { seconds: await measure(() => picture.restore({ x: 0, y: 0, width: side, height: side }, 1)) };
}

/** @param {string} path */
function floats(path) {
  const bytes = readFileSync(path);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

/** @param {string} modelPath @param {number} side @param {number} threads @param {string} folder */
async function onnx(modelPath, side, threads, folder) {
  const { InferenceSession, Tensor } = createRequire(resolve(folder, 'package.json'))('onnxruntime-node');
  const session = await InferenceSession.create(modelPath, { intraOpNumThreads: threads, interOpNumThreads: 1 });
  const feeds = { picture: new Tensor('float32', floats(join(folder, 'picture.f32')), [1, 3, side, side]) };
  /** @type {Float32Array} */
  let output = new Float32Array();
  const seconds = await measure(async () => {
    output = (await session.run(feeds))[session.outputNames[0]].data;
  });
  const wanted = floats(join(folder, 'output.f32'));
  return { seconds, difference: wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - output[i])), 0) };
}

const [what, model, side, ...more] = process.argv.slice(2);
const found =
  what === 'wasm' ? await wasm(model, Number(side), more[0]) : await onnx(model, Number(side), Number(more[0]), more[1]);
console.log(JSON.stringify({ ...found, peak_mb: process.resourceUsage().maxRSS / 1024 }));
