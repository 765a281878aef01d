/**
 * Takes blur out of photographs in the browser. Nothing leaves the device: the model and the code are fetched by `load`, and after it
 * no request is made.
 *
 *     import { load } from './lib/deblur.js';
 *     const deblurrer = await load();
 *     const { image, blur } = await deblurrer.deblur(file, { onProgress: (done) => console.log(done) });
 *     const png = await image.toBlob('image/png');
 *
 * All computing happens in a worker.
 * @module
 */
import { encode, toImageData } from './decode.js';
import { abortError, DeblurError } from './errors.js';
import { moduleName } from './wasm.js';

export { blurKinds, describeBlur } from './blur.js';
export { MAX_PIXELS } from './decode.js';
export { DeblurError } from './errors.js';

/**
 * @typedef {import('./blur.js').BlurDescription} BlurDescription
 * @typedef {import('./blur.js').BlurEstimate} BlurEstimate
 * @typedef {import('./blur.js').BlurKind} BlurKind
 *
 * @typedef {object} LoadOptions
 * @property {string | URL | ArrayBuffer} [model] A .dbm file, or where it is. Default: weights/student.dbm beside lib/.
 * @property {string | URL} [wasmBase] Folder of the .wasm modules. Default: beside this file.
 *
 * @typedef {object} DeblurOptions
 * @property {'auto' | BlurDescription | BlurEstimate} [blur] Default: 'auto', estimated.
 * @property {number} [strength] 0: as it was, 1: as restored (default).
 * @property {(done: number) => void} [onProgress] Told the share that is done, 0..1.
 * @property {(blur: BlurEstimate) => void} [onBlur] Told what is assumed, before restoring begins.
 * @property {AbortSignal} [signal]
 *
 * @typedef {object} DeblurResult
 * @property {RestoredImage} image
 * @property {BlurEstimate} blur What was assumed.
 */

/** A restored picture. */
export class RestoredImage {
  /** @param {ImageData} imageData */
  constructor(imageData) {
    this.imageData = imageData;
    this.width = imageData.width;
    this.height = imageData.height;
  }

  /**
   * @param {'image/png' | 'image/jpeg' | 'image/webp'} [type]
   * @param {number} [quality] 0..1, of JPEG and WebP
   * @returns {Promise<Blob>}
   */
  toBlob(type = 'image/png', quality = 0.95) {
    return encode(this.imageData, type, quality);
  }
}

/**
 * @param {string | URL} url
 * @returns {Promise<ArrayBuffer>}
 */
async function fetchBytes(url) {
  const what = String(url).split('/').pop();
  /** @type {Response} */
  let response;
  try {
    response = await fetch(url);
  } catch {
    throw new DeblurError('no-model', `${what} could not be fetched; is the connection up?`);
  }
  if (!response.ok) throw new DeblurError('no-model', `${what} could not be fetched (${response.status})`);
  return response.arrayBuffer();
}

/**
 * Fetches the model and the code, and starts the worker.
 * @param {LoadOptions} [options]
 * @returns {Promise<Deblurrer>} Rejects with a DeblurError: `no-model`, `bad-model`.
 */
export async function load(options = {}) {
  const wasmUrl = new URL(moduleName(), options.wasmBase ?? new URL('./', import.meta.url));
  const modelUrl = options.model ?? new URL('../weights/student.dbm', import.meta.url);
  const [module, model] = await Promise.all([
    fetchBytes(wasmUrl).then((bytes) => WebAssembly.compile(bytes)),
    modelUrl instanceof ArrayBuffer ? modelUrl : fetchBytes(modelUrl),
  ]);
  const deblurrer = new Deblurrer(module, model);
  try {
    deblurrer.provenance = (await deblurrer.start()).provenance;
  } catch (error) {
    deblurrer.destroy();
    throw error;
  }
  return deblurrer;
}

/**
 * @typedef {object} Call A request that waits for its answer.
 * @property {(value: any) => void} resolve
 * @property {(reason: unknown) => void} reject
 * @property {DeblurOptions} options
 */

/** A loaded model and the worker that runs it. Calls are answered in order. */
export class Deblurrer {
  /**
   * Use `load`.
   * @param {WebAssembly.Module} module
   * @param {ArrayBuffer} model
   */
  constructor(module, model) {
    this.module = module;
    this.model = model;
    /** @type {string} Lines "key: value" about the model. */
    this.provenance = '';
    /** @type {Worker | null} */
    this.worker = null;
    /** @type {Map<number, Call>} */
    this.calls = new Map();
    this.lastId = 0;
    this.destroyed = false;
  }

  /**
   * Starts the worker and opens the model in it.
   * @returns {Promise<any>}
   */
  start() {
    this.worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'deblur' });
    this.worker.onmessage = (event) => this.receive(event.data);
    this.worker.onerror = (event) => this.fail(event.message || 'The worker did not start');
    return this.post({ type: 'open', module: this.module, model: this.model });
  }

  /**
   * Ends every waiting call; the next one starts a new worker.
   * @param {string} reason
   */
  fail(reason) {
    this.worker?.terminate();
    this.worker = null;
    const calls = [...this.calls.values()];
    this.calls.clear();
    for (const call of calls)
      call.reject(new DeblurError('worker-died', `The work was lost (${reason}); try again, or with a smaller picture`));
  }

  /** @param {any} message */
  receive(message) {
    const call = this.calls.get(message.id);
    if (!call) return;
    if (message.type === 'progress') call.options.onProgress?.(message.done);
    else if (message.type === 'blur') call.options.onBlur?.(message.blur);
    else {
      this.calls.delete(message.id);
      if (message.type === 'error') call.reject(new DeblurError(message.code, message.message));
      else if (message.cancelled) call.reject(abortError());
      else call.resolve(message);
      // A module that trapped or ran out of memory is in an unknown state.
      if (message.type === 'error' && ['worker-died', 'out-of-memory'].includes(message.code)) this.fail(message.message);
    }
  }

  /**
   * @param {object} request
   * @param {DeblurOptions} [options]
   * @param {Transferable[]} [transfer]
   * @returns {Promise<any>}
   */
  post(request, options = {}, transfer = []) {
    const id = ++this.lastId;
    const { signal } = options;
    return new Promise((resolve, reject) => {
      const cancel = () => this.worker?.postMessage({ id, type: 'cancel' });
      /** @type {<T>(settle: (value: T) => void) => (value: T) => void} */
      const afterwards = (settle) => (value) => {
        signal?.removeEventListener('abort', cancel);
        settle(value);
      };
      this.calls.set(id, { options, resolve: afterwards(resolve), reject: afterwards(reject) });
      signal?.addEventListener('abort', cancel);
      this.worker?.postMessage({ id, ...request }, transfer);
    });
  }

  /**
   * @param {string} type
   * @param {Blob | ImageData} input
   * @param {object} more
   * @param {DeblurOptions} options
   */
  async send(type, input, more, options) {
    if (this.destroyed) throw new DeblurError('bad-argument', 'This deblurrer was destroyed; load another');
    if (options.signal?.aborted) throw abortError();
    const { data, width, height } = await toImageData(input);
    if (options.signal?.aborted) throw abortError();
    if (!this.worker) await this.start();
    const pixels = data.slice().buffer; // the caller keeps its own
    const answer = await this.post({ type, pixels, width, height, ...more }, options, [pixels]);
    return { ...answer, width, height };
  }

  /**
   * How a picture is blurred.
   * @param {Blob | ImageData} input
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<BlurEstimate>} Rejects with a DeblurError, or an AbortError.
   */
  async estimate(input, options = {}) {
    return (await this.send('estimate', input, {}, options)).blur;
  }

  /**
   * The sharper picture.
   * @param {Blob | ImageData} input Untouched.
   * @param {DeblurOptions} [options]
   * @returns {Promise<DeblurResult>} Rejects with a DeblurError, or an AbortError.
   */
  async deblur(input, options = {}) {
    const strength = options.strength ?? 1;
    if (!(strength >= 0 && strength <= 1)) throw new DeblurError('bad-argument', 'strength has to be from 0 to 1');
    const answer = await this.send('deblur', input, { strength, blur: options.blur ?? 'auto' }, options);
    const imageData = new ImageData(new Uint8ClampedArray(answer.pixels), answer.width, answer.height);
    return { image: new RestoredImage(imageData), blur: answer.blur };
  }

  /** Ends the worker; calls that wait are rejected. */
  destroy() {
    this.destroyed = true;
    this.fail('it was closed');
  }
}
