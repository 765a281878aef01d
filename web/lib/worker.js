import { DeblurError } from './errors.js';
import { Core } from './wasm.js';

/**
 * @typedef {import('./blur.js').BlurDescription} BlurDescription
 * @typedef {import('./blur.js').BlurEstimate} BlurEstimate
 *
 * @typedef {{ type: 'open', module: WebAssembly.Module, model: ArrayBuffer }} OpenRequest
 * @typedef {{ pixels: ArrayBuffer, width: number, height: number }} Picture
 * @typedef {{ type: 'estimate' } & Picture} EstimateRequest
 * @typedef {{ type: 'cancel' }} CancelRequest
 * @typedef {{ type: 'deblur', strength: number, blur: 'auto' | BlurDescription | BlurEstimate } & Picture} DeblurRequest
 */

/** @type {Core} */
let core;
let cancelled = false;

const worker = /** @type {{ postMessage(message: any, transfer?: Transferable[]): void, onmessage: any }} */ (
  /** @type {unknown} */ (globalThis)
);

/** Lets messages in: a timer comes after those that wait. */
const breathe = () => new Promise((resolve) => setTimeout(resolve, 0));

/**
 * @template T
 * @param {Picture} request
 * @param {(picture: import('./wasm.js').CorePicture) => T} work
 * @returns {Promise<Awaited<T>>}
 */
async function withPicture({ pixels, width, height }, work) {
  const picture = core.picture(new Uint8Array(pixels), width, height);
  try {
    return await work(picture);
  } finally {
    picture.close();
  }
}

/** @param {DeblurRequest} request */
function deblur(request) {
  return withPicture(request, async (picture) => {
    const blur = picture.tell(request.blur);
    worker.postMessage({ type: 'blur', blur });
    const all = picture.width * picture.height;
    let before = 0;
    for (const part of picture.parts()) {
      picture.restore(part, request.strength, (pixels) =>
        worker.postMessage({ type: 'progress', done: (before + pixels) / all }),
      );
      before += part.width * part.height;
      await breathe();
      if (cancelled) return {};
    }
    return { pixels: picture.read().buffer, blur };
  });
}

/** @param {OpenRequest | EstimateRequest | DeblurRequest} request */
async function answer(request) {
  if (request.type === 'open') {
    core = await Core.open(request.module, new Uint8Array(request.model));
    return { provenance: core.provenance() };
  }
  if (request.type === 'estimate') return withPicture(request, (picture) => ({ blur: picture.estimate() }));
  return deblur(request);
}

// One request at a time: the other side waits for an answer before it asks again.
worker.onmessage = async (/** @type {MessageEvent<OpenRequest | EstimateRequest | DeblurRequest | CancelRequest>} */ event) => {
  cancelled = event.data.type === 'cancel';
  if (event.data.type === 'cancel') return;
  try {
    const result = await answer(event.data);
    worker.postMessage({ type: 'done', ...result }, 'pixels' in result && result.pixels ? [result.pixels] : []);
  } catch (error) {
    const code = error instanceof DeblurError ? error.code : 'worker-died';
    worker.postMessage({ type: 'error', code, message: error instanceof Error ? error.message : String(error) });
  }
};
