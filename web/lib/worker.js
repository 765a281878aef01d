import { decode } from './decode.js';
import { encode } from './encode.js';
import { DeblurError } from './errors.js';
import { overviewFactor, shrink } from './overview.js';
import { stripsOf } from './strips.js';
import { Core } from './wasm.js';

/**
 * @typedef {import('./blur.js').BlurDescription} BlurDescription
 * @typedef {import('./blur.js').BlurEstimate} BlurEstimate
 * @typedef {Uint8ClampedArray<ArrayBuffer>} Pixels RGBA
 *
 * @typedef {{ type: 'open', module: WebAssembly.Module, model: ArrayBuffer }} OpenRequest
 * @typedef {{ type: 'read', input: Blob | ImageBitmap, estimates: boolean, overview: boolean }} ReadRequest
 * @typedef {{ type: 'estimate', pixels: ArrayBuffer, width: number, height: number }} EstimateRequest
 * @typedef {{ type: 'describe', blur: BlurDescription & { rest: BlurEstimate } }} DescribeRequest
 * @typedef {object} TileRequest
 * @property {'tile'} type
 * @property {number} width Of the tile with its halo, whose pixels it asks for.
 * @property {number} height
 * @property {import('./tiles.js').Rectangle} inner The tile within it.
 * @property {BlurEstimate} blur
 * @property {number} strength
 */

/** @type {Core} */
let core;

const worker = /** @type {{ postMessage(message: any, transfer?: Transferable[]): void, onmessage: any }} */ (
  /** @type {unknown} */ (globalThis)
);

/** @type {{ resolve: (rgba: Pixels) => void, reject: (reason: unknown) => void } | null} Who waits for the page's reply. */
let waiting = null;
/** Goes to the page and comes back: new memory for each strip would pile up. */
let memory = new ArrayBuffer(0);

/** Nobody reads it: who asked waits no more. */
const stopped = new DeblurError('bad-argument', 'Nobody waits for this any more');

/**
 * @param {{ type: 'rows' | 'restored' } & import('./strips.js').Strip} strip What the page is to give, or is given.
 * @param {number} width
 * @param {(rgba: Pixels) => void} [write] What it is given.
 * @returns {Promise<Pixels>} What it has given; it holds until the next exchange. Rejects where it says to stop.
 */
function exchange(strip, width, write = () => {}) {
  const length = 4 * width * strip.rows;
  if (memory.byteLength < length) memory = new ArrayBuffer(length);
  const rgba = new Uint8ClampedArray(memory, 0, length);
  write(rgba);
  return new Promise((resolve, reject) => {
    waiting = { resolve, reject };
    worker.postMessage({ ...strip, rgba }, [memory]);
  });
}

/** What the page says to one that waits. */
const replies = {
  rows(/** @type {{ rgba: Pixels }} */ { rgba }) {
    memory = rgba.buffer;
    waiting?.resolve(rgba);
  },
  stop: () => waiting?.reject(stopped),
};

const answers = {
  async open(/** @type {OpenRequest} */ request) {
    core = await Core.open(request.module, new Uint8Array(request.model));
    return { provenance: core.provenance(), ...core.geometry() };
  },

  /** The pixels are told as soon as they are there; the answer is what blurred them. */
  async read(/** @type {ReadRequest} */ { input, estimates, overview }) {
    const tell = (/** @type {import('./decode.js').Decoded} */ decoded) => {
      const { pixels, width, height } = decoded;
      const factor = overviewFactor(width, height);
      const small = overview && factor > 1 ? shrink(pixels, width, height, factor) : null;
      worker.postMessage({ type: 'pixels', ...decoded, overview: small }, [pixels.buffer, ...(small ? [small.buffer] : [])]);
    };
    return { blur: await decode(input, core, estimates, tell) };
  },

  estimate(/** @type {EstimateRequest} */ { pixels, width, height }) {
    const picture = core.picture(new Uint8Array(pixels), width, height);
    try {
      picture.fillTransparent();
      return { blur: picture.estimate() };
    } finally {
      picture.close();
    }
  },

  describe: (/** @type {DescribeRequest} */ { blur }) => ({ blur: core.describe(blur) }),

  async tile(/** @type {TileRequest} */ { width, height, inner, blur, strength }) {
    const picture = core.picture(null, width, height);
    try {
      for (const strip of stripsOf(width, height)) picture.fill(strip.y, await exchange({ type: 'rows', ...strip }, width));
      picture.tell(blur);
      picture.restore(inner, strength, (done) => worker.postMessage({ type: 'progress', done }));
      for (const strip of stripsOf(inner.width, inner.height)) {
        const part = { ...inner, y: inner.y + strip.y, height: strip.rows };
        await exchange({ type: 'restored', ...strip }, inner.width, (rgba) => picture.read(part, rgba));
      }
      return {};
    } finally {
      picture.close();
    }
  },

  /** Asks for the pixels, some rows at a time. */
  async encode(/** @type {import('./encode.js').Encoding & { type: 'encode' }} */ request) {
    const ask = (/** @type {number} */ y, /** @type {number} */ rows) => exchange({ type: 'rows', y, rows }, request.width);
    return { blob: await encode(request, ask, core) };
  },
};

// One request at a time: the other side waits for an answer before it asks again.
worker.onmessage = async (/** @type {MessageEvent<any>} */ { data }) => {
  const reply = replies[/** @type {keyof typeof replies} */ (data.type)];
  if (reply) return reply(data);
  try {
    const answer = await answers[/** @type {keyof typeof answers} */ (data.type)](data);
    // Its memory never shrinks: the other side decides whether that is too much to keep.
    worker.postMessage({ type: 'done', memoryBytes: core.bytes.length, ...answer });
  } catch (error) {
    const { code, text, values } =
      error instanceof DeblurError
        ? error
        : { code: 'worker-died', text: error instanceof Error ? error.message : String(error) };
    worker.postMessage({ type: 'error', memoryBytes: core?.bytes.length, code, text, values });
  }
};
