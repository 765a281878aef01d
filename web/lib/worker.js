import { decode } from './decode.js';
import { encode } from './encode.js';
import { DeblurError } from './errors.js';
import { overviewFactor, shrink } from './overview.js';
import { Core } from './wasm.js';

/**
 * @typedef {import('./blur.js').BlurDescription} BlurDescription
 * @typedef {import('./blur.js').BlurEstimate} BlurEstimate
 *
 * @typedef {{ type: 'open', module: WebAssembly.Module, model: ArrayBuffer }} OpenRequest
 * @typedef {{ type: 'read', input: Blob | ImageBitmap, estimates: boolean, overview: boolean }} ReadRequest
 * @typedef {{ type: 'estimate', pixels: ArrayBuffer, width: number, height: number }} EstimateRequest
 * @typedef {{ type: 'describe', blur: BlurDescription & { rest: BlurEstimate } }} DescribeRequest
 * @typedef {object} TileRequest
 * @property {'tile'} type
 * @property {ArrayBuffer} pixels RGBA of the tile with its halo, or more memory than that; it goes back with the tile's own.
 * @property {number} width
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

/** @type {(rgba: Uint8ClampedArray) => void} Takes the rows that were asked for. */
let takeRows = () => {};

/** Rows come in memory that goes back and forth: new memory for each strip would pile up. @returns {import('./encode.js').Rows} */
function rowsOnRequest() {
  /** @type {Uint8ClampedArray | null} */
  let used = null;
  return async (y, rows) => {
    /** @type {Uint8ClampedArray} */
    const rgba = await new Promise((resolve) => {
      takeRows = resolve;
      worker.postMessage({ type: 'rows', y, rows, used }, used ? [used.buffer] : []);
    });
    used = rgba;
    return rgba;
  };
}

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
      return { blur: picture.estimate() };
    } finally {
      picture.close();
    }
  },

  describe: (/** @type {DescribeRequest} */ { blur }) => ({ blur: core.describe(blur) }),

  tile(/** @type {TileRequest} */ { pixels, width, height, inner, blur, strength }) {
    const picture = core.picture(new Uint8Array(pixels, 0, 4 * width * height), width, height);
    try {
      picture.tell(blur);
      picture.restore(inner, strength, (done) => worker.postMessage({ type: 'progress', done }));
      picture.read(inner, new Uint8ClampedArray(pixels, 0, 4 * inner.width * inner.height));
      return { pixels };
    } finally {
      picture.close();
    }
  },

  /** Asks for the pixels, some rows at a time. */
  async encode(/** @type {import('./encode.js').Encoding & { type: 'encode' }} */ request) {
    return { blob: await encode(request, rowsOnRequest(), core) };
  },
};

// One request at a time: the other side waits for an answer before it asks again.
worker.onmessage = async (/** @type {MessageEvent<{ type: keyof typeof answers | 'rows' }>} */ event) => {
  if (event.data.type === 'rows') return takeRows(/** @type {any} */ (event.data).rgba);
  try {
    const answer = await answers[event.data.type](/** @type {any} */ (event.data));
    // Its memory never shrinks: the other side decides whether that is too much to keep.
    worker.postMessage({ type: 'done', memoryBytes: core.bytes.length, ...answer }, 'pixels' in answer ? [answer.pixels] : []);
  } catch (error) {
    const { code, text, values } =
      error instanceof DeblurError
        ? error
        : { code: 'worker-died', text: error instanceof Error ? error.message : String(error) };
    worker.postMessage({ type: 'error', memoryBytes: core?.bytes.length, code, text, values });
  }
};
