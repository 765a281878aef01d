// What scripts/bench.js measures in headless Chromium.
import { readFileSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';
import { openStage } from '../tests/web/browser.js';
import { watchMemory } from './browser-memory.js';
import { serve } from './serve.js';

/** @typedef {{ seconds: number, peak_mb: number, difference?: number }} Measurement */

/**
 * Runs in the page: `work` up to so many times, fewer where that takes long, and the median of those after the first ones: the engine
 * still compiles then, on other threads.
 * @param {number} first @param {number} times
 */
const measuring = (first, times) => `async (work) => {
  const run = async (most, longest) => {
    const seconds = [];
    for (let spent = 0; seconds.length < most && spent < longest; spent += seconds.at(-1)) {
      const start = performance.now();
      await work();
      seconds.push((performance.now() - start) / 1000);
    }
    return seconds.sort((a, b) => a - b);
  };
  await run(${first}, 5);
  const seconds = await run(${times}, 20);
  return seconds[seconds.length >> 1];
}`;
const [MANY, FEW] = [measuring(4, 9), measuring(0, 2)];

/**
 * Time from one page, and memory from another: reading how much a browser has, twenty times a second, takes a core and holds its processes up.
 * @template Result
 * @param {(measure: string, watch: (work: () => Promise<Result>) => Promise<any>) => Promise<any>} inFreshPage
 * @returns {Promise<{ result: Result, peak_mb: number }>}
 */
async function measured(inFreshPage) {
  const result = await inFreshPage(MANY, (work) => work());
  const { before, peak } = await inFreshPage(FEW, watchMemory);
  return { result, peak_mb: peak - before };
}

/** The kernels of one module. @param {'simd' | 'relaxed'} variant @returns {Promise<{ what: string, gmacs: number, share: number }[]>} */
export async function layers(variant) {
  const stage = await openStage();
  const page = await stage.browser.newPage();
  /** @type {string[]} */
  const lines = [];
  await page.exposeFunction('hear', (/** @type {string} */ line) => lines.push(line));
  /** @type {() => void} */
  let finish = () => {};
  const finished = new Promise((resolve) => {
    finish = () => resolve(undefined);
  });
  await page.exposeFunction('finish', () => finish());
  await page.evaluate('var Module = { print: hear, onExit: finish }');
  await page.addScriptTag({ content: readFileSync(`build/wasm/bench-${variant}.cjs`, 'utf8') });
  await finished;
  await stage.close();
  return JSON.parse(lines.join('\n'));
}

/**
 * The library, as a page uses it, with one of its modules.
 * @param {string} model @param {number} side @param {number} workers @param {'simd' | 'relaxed'} variant
 * @returns {Promise<Measurement>}
 */
export async function ours(model, side, workers, variant) {
  const { result, peak_mb } = await measured(async (measure, watch) => {
    const stage = await openStage();
    const { page } = await stage.open('lib/deblur.js', { ownModel: true });
    await page.route('**/deblur-*.wasm', (route) => route.fulfill({ path: `build/wasm/deblur-${variant}.wasm` }));
    await page.route('**/model.dbm', (route) => route.fulfill({ path: model }));
    const seen = await watch(() =>
      page.evaluate(`(async () => {
        const { load } = await import('/lib/deblur.js');
        const deblurrer = await load({ model: '/model.dbm', workers: ${workers} });
        const picture = new ImageData(${side}, ${side});
        picture.data.forEach((_, i, all) => { all[i] = i % 4 === 3 ? 255 : Math.imul(i, 2654435761) >>> 24; });
        const blur = await deblurrer.estimate(picture);
        return (${measure})(() => deblurrer.deblur(picture, { blur }));
      })()`),
    );
    await stage.close();
    return seen;
  });
  return { seconds: /** @type {number} */ (result), peak_mb };
}

/**
 * Somebody else's engine, in a page that is isolated from others, as threads need it.
 * @param {string} folder With index.html and all that the page fetches.
 * @param {string[]} scripts Addresses of what the page runs before.
 * @param {(measure: string) => string} work A function's text, around that of what measures; it resolves with the seconds and the largest difference from our output.
 * @returns {Promise<Measurement>}
 */
async function theirs(folder, scripts, work) {
  const isolated = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };
  const server = await serve(folder, 0, isolated);
  const { result, peak_mb } = await measured(async (measure, watch) => {
    const stage = await openStage();
    const page = await stage.browser.newPage();
    await page.goto(`${server.url}index.html`);
    for (const url of scripts) await page.addScriptTag({ url });
    const seen = await watch(() => page.evaluate(`(${work(measure)})()`));
    await stage.close();
    return seen;
  });
  await server.close();
  return { .../** @type {{ seconds: number, difference: number }} */ (result), peak_mb };
}

/**
 * onnxruntime-web on the exported model.
 * @param {string} folder With ort/ (its files), model.onnx, and run_graph's numbers.
 * @param {number} side @param {number} threads
 * @returns {Promise<Measurement>}
 */
export function onnx(folder, side, threads) {
  return theirs(
    folder,
    [],
    (measure) => `async () => {
      const { env, InferenceSession, Tensor } = await import('/ort/ort.wasm.min.mjs');
      if (!crossOriginIsolated) throw new Error('the page is not isolated: there are no threads');
      env.wasm.numThreads = ${threads};
      env.wasm.wasmPaths = '/ort/';
      const floats = async (name) => new Float32Array(await (await fetch(name)).arrayBuffer());
      const session = await InferenceSession.create('/model.onnx', { executionProviders: ['wasm'] });
      const feeds = { picture: new Tensor('float32', await floats('/picture.f32'), [1, 3, ${side}, ${side}]) };
      let output;
      const seconds = await (${measure})(async () => {
        output = (await session.run(feeds))[session.outputNames[0]].data;
      });
      const wanted = await floats('/output.f32');
      return { seconds, difference: wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - output[i])), 0) };
    }`,
  );
}

/** Runs in the page: follows a plan of scripts/onnx-plan.js with tfjs, whose maps are [batch][height][width][channels]. */
const FOLLOW = `(tf, plan, floats) => {
  const constants = new Map(plan.tensors.map(({ name, shape, first }) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const values = tf.tensor(floats.subarray(first, first + size), shape);
    return [name, shape.length === 4 ? tf.transpose(values, [2, 3, 1, 0]) : values];
  }));
  const unshuffle = (x, n) => {
    const [, height, width, channels] = x.shape;
    const parts = tf.transpose(tf.reshape(x, [height / n, n, width / n, n, channels]), [0, 2, 1, 3, 4]);
    return tf.reshape(parts, [1, height / n, width / n, n * n * channels]);
  };
  const ops = {
    Conv({ inputs: [, weight, bias], output, ints }, x) {
      const p = ints.pads[0];
      const pad = ints.strides[0] === 1 ? 'same' : [[0, 0], [p, p], [p, p], [0, 0]];
      const activation = output.endsWith('.before') ? 'relu' : 'linear';
      return tf.fused.conv2d({ x, filter: constants.get(weight), strides: ints.strides, pad, bias: constants.get(bias), activation });
    },
    ConvTranspose({ inputs: [, weight, bias] }, x) {
      const filter = constants.get(weight);
      const [, height, width] = x.shape;
      return tf.add(tf.conv2dTranspose(x, filter, [1, 2 * height, 2 * width, filter.shape[2]], 2, 'valid'), constants.get(bias));
    },
    Relu: (node, x) => tf.clone(x), // it is in the convolution before
    Add: (node, x, y) => tf.add(x, y),
    SpaceToDepth: ({ ints }, x) => unshuffle(x, ints.blocksize[0]),
    DepthToSpace: ({ ints }, x) => tf.depthToSpace(x, ints.blocksize[0], 'NHWC'),
  };
  return (picture) => tf.tidy(() => {
    const maps = new Map([[plan.input, picture]]);
    for (const node of plan.nodes) maps.set(node.output, ops[node.type](node, ...node.inputs.map((name) => maps.get(name))));
    return maps.get(plan.output);
  });
}`;

/**
 * tfjs with its WebAssembly backend, on the same plan and numbers.
 * @param {string} folder With tfjs/ (its files), plan.json, plan.f32, and run_graph's numbers.
 * @param {number} side @param {number} threads
 * @returns {Promise<Measurement>}
 */
export function tfjs(folder, side, threads) {
  return theirs(
    folder,
    ['core', 'backend-cpu', 'backend-wasm'].map((part) => `/tfjs/tf-${part}.min.js`),
    (measure) => `async () => {
      tf.wasm.setWasmPaths('/tfjs/');
      tf.wasm.setThreadsCount(${threads});
      await tf.setBackend('wasm');
      const floats = async (name) => new Float32Array(await (await fetch(name)).arrayBuffer());
      const run = (${FOLLOW})(tf, await (await fetch('/plan.json')).json(), await floats('/plan.f32'));
      const planes = async (name) => tf.tensor(await floats(name), [1, 3, ${side}, ${side}]);
      const picture = tf.transpose(await planes('/picture.f32'), [0, 2, 3, 1]);
      const seconds = await (${measure})(async () => {
        const output = run(picture);
        await output.data();
        output.dispose();
      });
      const wanted = tf.transpose(await planes('/output.f32'), [0, 2, 3, 1]);
      return { seconds, difference: tf.max(tf.abs(tf.sub(run(picture), wanted))).dataSync()[0] };
    }`,
  );
}

/** @param {string} path */
const compressed = (path) => brotliCompressSync(readFileSync(path), { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;

/**
 * The page, opened for the first time, and a photograph handed to it at once.
 * @param {string} photograph
 * @returns {Promise<{ first_s: number, bytes: Record<string, number> }>} Seconds from opening to the result; bytes of each file that was
 *   fetched, as a static host sends them (brotli).
 */
export async function opening(photograph) {
  const stage = await openStage();
  const page = await (await stage.browser.newContext()).newPage();
  /** @type {Record<string, number>} */
  const bytes = {};
  page.on('response', (response) => {
    const path = new URL(response.url()).pathname.slice(1) || 'index.html';
    if (response.ok() && response.url().startsWith(stage.server.url)) bytes[path] = compressed(`build/web/${path}`);
  });
  const start = performance.now();
  await page.goto(stage.server.url);
  await page.locator('deblur-image .file').setInputFiles(photograph);
  await page.locator('deblur-image .frame[data-state="done"]').waitFor({ timeout: 120_000 });
  const first = (performance.now() - start) / 1000;
  await stage.close();
  return { first_s: first, bytes };
}
