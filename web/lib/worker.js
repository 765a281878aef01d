import { toImageData } from './decode.js';
import { DeblurError } from './errors.js';
import { Core } from './wasm.js';

/**
 * @typedef {import('./blur.js').BlurDescription} BlurDescription
 * @typedef {import('./blur.js').BlurEstimate} BlurEstimate
 *
 * @typedef {{ type: 'open', module: WebAssembly.Module, model: ArrayBuffer }} OpenRequest
 * @typedef {{ input: Blob | ImageBitmap | ImageData, key: number }} Picture Two with the same key are the same.
 * @typedef {{ type: 'estimate' } & Picture} EstimateRequest
 * @typedef {{ type: 'cancel' }} CancelRequest
 * @typedef {{ type: 'deblur', strength: number, blur: 'auto' | BlurDescription | BlurEstimate } & Picture} DeblurRequest
 */

/** @type {Core} */
let core;
let cancelled = false;
/** @type {{ key: number, picture: import('./wasm.js').CorePicture } | null} The last picture: it often comes again, with another blur. */
let held = null;

const worker = /** @type {{ postMessage(message: any, transfer?: Transferable[]): void, onmessage: any }} */ (
  /** @type {unknown} */ (globalThis)
);

/** Lets messages in: a timer comes after those that wait. */
const breathe = () => new Promise((resolve) => setTimeout(resolve, 0));

/** @param {Picture} request */
async function hold({ input, key }) {
  if (held?.key === key) return held.picture;
  held?.picture.close();
  held = null;
  const { data, width, height } = await toImageData(input);
  held = { key, picture: core.picture(data, width, height) };
  return held.picture;
}

/** @param {DeblurRequest} request */
async function deblur(request) {
  const picture = await hold(request);
  if (cancelled) return {};
  const blur = picture.tell(request.blur);
  worker.postMessage({ type: 'blur', blur });
  const { width, height } = picture;
  let before = 0;
  for (const part of picture.parts()) {
    picture.restore(part, request.strength, (pixels) =>
      worker.postMessage({ type: 'progress', done: (before + pixels) / (width * height) }),
    );
    before += part.width * part.height;
    await breathe();
    if (cancelled) return {};
  }
  return { pixels: picture.read().buffer, width, height, blur };
}

/** @param {OpenRequest | EstimateRequest | DeblurRequest} request */
async function answer(request) {
  if (request.type === 'open') {
    core = await Core.open(request.module, new Uint8Array(request.model));
    return { provenance: core.provenance() };
  }
  if (request.type === 'estimate') return { blur: (await hold(request)).estimate() };
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
