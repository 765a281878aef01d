import { toImageData } from './decode.js';
import { DeblurError } from './errors.js';
import { Core } from './wasm.js';

/**
 * @typedef {import('./blur.js').BlurDescription} BlurDescription
 * @typedef {import('./blur.js').BlurEstimate} BlurEstimate
 *
 * @typedef {{ type: 'open', module: WebAssembly.Module, model: ArrayBuffer }} OpenRequest
 * @typedef {{ type: 'read', input: Blob | ImageBitmap, estimates: boolean }} ReadRequest
 * @typedef {{ type: 'estimate', pixels: ArrayBuffer, width: number, height: number }} EstimateRequest
 * @typedef {{ type: 'describe', blur: BlurDescription & { rest: BlurEstimate } }} DescribeRequest
 * @typedef {object} TileRequest
 * @property {'tile'} type
 * @property {ArrayBuffer} pixels RGBA of the tile with its halo.
 * @property {number} width
 * @property {number} height
 * @property {import('./tiles.js').Rectangle} inner The tile within it.
 * @property {BlurEstimate} blur
 * @property {number} strength
 */

/** @type {OpenRequest} */
let opening;
/** @type {Core} */
let core;

const worker = /** @type {{ postMessage(message: any, transfer?: Transferable[]): void, onmessage: any }} */ (
  /** @type {unknown} */ (globalThis)
);

/** A module's memory never shrinks: after a whole picture was in it, another instance begins anew. */
async function openCore() {
  core = await Core.open(opening.module, new Uint8Array(opening.model));
}

/** @param {import('./wasm.js').CorePicture} picture */
async function estimateAndForget(picture) {
  try {
    return picture.estimate();
  } finally {
    await openCore();
  }
}

const answers = {
  async open(/** @type {OpenRequest} */ request) {
    opening = request;
    await openCore();
    return { provenance: core.provenance(), ...core.geometry() };
  },

  /** The pixels are told as soon as they are there; the answer is what blurred them. */
  async read(/** @type {ReadRequest} */ { input, estimates }) {
    const { data, width, height } = await toImageData(input);
    const picture = estimates ? core.picture(data, width, height) : null;
    worker.postMessage({ type: 'pixels', pixels: data.buffer, width, height }, [data.buffer]);
    return picture ? { blur: await estimateAndForget(picture) } : {};
  },

  async estimate(/** @type {EstimateRequest} */ { pixels, width, height }) {
    return { blur: await estimateAndForget(core.picture(new Uint8Array(pixels), width, height)) };
  },

  describe: (/** @type {DescribeRequest} */ { blur }) => ({ blur: core.describe(blur) }),

  tile(/** @type {TileRequest} */ { pixels, width, height, inner, blur, strength }) {
    const picture = core.picture(new Uint8Array(pixels), width, height);
    try {
      picture.tell(blur);
      picture.restore(inner, strength, (done) => worker.postMessage({ type: 'progress', done }));
      return { pixels: picture.read(inner).buffer, memoryBytes: core.bytes.length };
    } finally {
      picture.close();
    }
  },
};

// One request at a time: the other side waits for an answer before it asks again.
worker.onmessage = async (/** @type {MessageEvent<{ type: keyof typeof answers }>} */ event) => {
  try {
    const answer = await answers[event.data.type](/** @type {any} */ (event.data));
    worker.postMessage({ type: 'done', ...answer }, 'pixels' in answer ? [answer.pixels] : []);
  } catch (error) {
    const code = error instanceof DeblurError ? error.code : 'worker-died';
    worker.postMessage({ type: 'error', code, message: error instanceof Error ? error.message : String(error) });
  }
};
