import { DeblurError } from './errors.js';
import { Core, restoreInParts } from './wasm.js';

/**
 * @typedef {import('./blur.js').BlurDescription} BlurDescription
 * @typedef {import('./blur.js').BlurEstimate} BlurEstimate
 *
 * @typedef {{ id: number, type: 'open', module: WebAssembly.Module, model: ArrayBuffer }} OpenRequest
 * @typedef {{ id: number, type: 'estimate', pixels: ArrayBuffer, width: number, height: number }} EstimateRequest
 * @typedef {{ id: number, type: 'deblur', pixels: ArrayBuffer, width: number, height: number, strength: number,
 *   blur: 'auto' | BlurDescription | BlurEstimate }} DeblurRequest
 * @typedef {{ id: number, type: 'cancel' }} CancelRequest
 * @typedef {OpenRequest | EstimateRequest | DeblurRequest | CancelRequest} Request
 */

/** @type {Core} */
let core;
/** @type {Set<number>} */
const cancelled = new Set();
/** Requests are done one after the other. */
let queue = Promise.resolve();

const worker = /** @type {{ postMessage(message: any, transfer?: Transferable[]): void, onmessage: any }} */ (
  /** @type {unknown} */ (globalThis)
);

/** Lets messages in: a timer of zero comes after those that wait. */
const breathe = () => new Promise((resolve) => setTimeout(resolve, 0));

/**
 * @template {EstimateRequest | DeblurRequest} R
 * @template T
 * @param {R} request
 * @param {(picture: import('./wasm.js').CorePicture) => T} work
 * @returns {Promise<Awaited<T>>}
 */
async function withPicture(request, work) {
  const picture = core.picture(new Uint8Array(request.pixels), request.width, request.height);
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
    worker.postMessage({ id: request.id, type: 'blur', blur });
    const finished = await restoreInParts(picture, request.strength, async (done) => {
      worker.postMessage({ id: request.id, type: 'progress', done });
      await breathe();
      return !cancelled.has(request.id);
    });
    return finished ? { pixels: picture.read().buffer, blur } : { cancelled: true };
  });
}

/** @param {Exclude<Request, CancelRequest>} request */
async function answer(request) {
  if (request.type === 'open') {
    core = await Core.open(request.module, new Uint8Array(request.model));
    return { provenance: core.provenance() };
  }
  if (cancelled.has(request.id)) return { cancelled: true };
  if (request.type === 'estimate') return withPicture(request, (picture) => ({ blur: picture.estimate() }));
  return deblur(request);
}

/** @param {Exclude<Request, CancelRequest>} request */
async function run(request) {
  try {
    const result = /** @type {any} */ (await answer(request));
    worker.postMessage({ id: request.id, type: 'done', ...result }, result.pixels ? [result.pixels] : []);
  } catch (error) {
    const known = error instanceof DeblurError;
    const message = error instanceof Error ? error.message : String(error);
    worker.postMessage({ id: request.id, type: 'error', code: known ? error.code : 'worker-died', message });
  } finally {
    cancelled.delete(request.id);
  }
}

worker.onmessage = (/** @type {MessageEvent<Request>} */ event) => {
  const request = event.data;
  if (request.type === 'cancel') cancelled.add(request.id);
  else queue = queue.then(() => run(request));
};
