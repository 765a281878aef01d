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
import { encode, toBitmap } from './decode.js';
import { DeblurError } from './errors.js';
import { moduleName } from './wasm.js';

export { blurKinds, describeBlur } from './blur.js';
export { MAX_PIXELS } from './decode.js';
export { DeblurError } from './errors.js';

/**
 * @typedef {import('./blur.js').BlurDescription} BlurDescription
 * @typedef {import('./blur.js').BlurEstimate} BlurEstimate
 * @typedef {import('./blur.js').BlurKind} BlurKind
 * @typedef {import('./decode.js').PictureInput} PictureInput
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
 * @property {AbortSignal} [signal] Aborting takes effect at once.
 *
 * @typedef {object} DeblurResult
 * @property {RestoredImage} image
 * @property {BlurEstimate} blur What was assumed.
 */

/**
 * @template T
 * @param {Promise<T>} promise
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>} Rejects as soon as the signal does.
 */
async function untilAborted(promise, signal) {
  if (!signal) return promise;
  signal.throwIfAborted();
  /** @type {() => void} */
  let abort = () => {};
  const aborted = new Promise((_, reject) => {
    abort = () => reject(signal.reason);
  });
  signal.addEventListener('abort', abort);
  try {
    return /** @type {T} */ (await Promise.race([promise, aborted]));
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** @type {WeakMap<Blob, number>} */
const blobKeys = new WeakMap();
let keyCount = 0;

/**
 * A picture as the worker takes it. Files go as they are, and are decoded there; one that comes again is known by its key.
 * @param {PictureInput} input
 * @returns {Promise<{ input: Blob | ImageBitmap | ImageData, key: number }>}
 */
async function portable(input) {
  const key = (input instanceof Blob && blobKeys.get(input)) || ++keyCount;
  if (input instanceof Blob) blobKeys.set(input, key);
  return { input: input instanceof Blob || input instanceof ImageData ? input : await toBitmap(input), key };
}

/** @param {string} why */
const lost = (why) => new DeblurError('worker-died', `The work was lost (${why}); try again, or with a smaller picture`);

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

/** A loaded model and the worker that runs it. Calls are answered one after the other. */
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
    /** @type {Call | null} What the worker is doing. */
    this.call = null;
    /** @type {Promise<unknown>} The last call. */
    this.queue = Promise.resolve();
    this.destroyed = false;
  }

  /**
   * Starts the worker and opens the model in it.
   * @returns {Promise<{ provenance: string }>}
   */
  start() {
    const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'deblur' });
    worker.onmessage = (event) => this.worker === worker && this.receive(event.data);
    worker.onerror = (event) => this.worker === worker && this.end(lost(event.message || 'the worker did not start'));
    this.worker = worker;
    return this.ask({ type: 'open', module: this.module, model: this.model });
  }

  /**
   * Ends the worker, which also gives its memory back. The next call starts another.
   * @param {unknown} reason What a call that waits is rejected with.
   */
  end(reason) {
    this.worker?.terminate();
    this.worker = null;
    this.call?.reject(reason);
    this.call = null;
  }

  /** @param {any} message */
  receive(message) {
    const { call } = this;
    if (!call) return;
    if (message.type === 'progress') call.options.onProgress?.(message.done);
    else if (message.type === 'blur') call.options.onBlur?.(message.blur);
    // A module that trapped or ran out of memory is in an unknown state.
    else if (message.code === 'worker-died') this.end(lost(message.message));
    else if (message.code === 'out-of-memory') this.end(new DeblurError(message.code, message.message));
    else {
      this.call = null;
      if (message.type === 'error') call.reject(new DeblurError(message.code, message.message));
      else call.resolve(message);
    }
  }

  /**
   * Asks the worker, which must be idle. It hears of a cancellation after the part of the picture that it is at, and then answers
   * with nothing. (Ending it would be quicker, but a new one is fetched anew, and there may be no network.)
   * @param {object} request
   * @param {DeblurOptions} [options]
   * @param {Transferable[]} [transfer]
   * @returns {Promise<any>}
   */
  async ask(request, options = {}, transfer = []) {
    const { signal } = options;
    const cancel = () => {
      this.worker?.postMessage({ type: 'cancel' });
      if (this.call) this.call.options = {};
    };
    signal?.addEventListener('abort', cancel);
    try {
      return await new Promise((resolve, reject) => {
        this.call = { resolve, reject, options };
        this.worker?.postMessage(request, transfer);
      });
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  /** @param {AbortSignal} [signal] */
  throwIfOver(signal) {
    if (this.destroyed) throw new DeblurError('bad-argument', 'This deblurrer was destroyed; load another');
    signal?.throwIfAborted();
  }

  /**
   * @param {'estimate' | 'deblur'} type
   * @param {PictureInput} input
   * @param {object} more
   * @param {DeblurOptions} options
   */
  async perform(type, input, more, options) {
    this.throwIfOver(options.signal);
    const picture = await portable(input);
    this.throwIfOver(options.signal);
    if (!this.worker) await this.start();
    this.throwIfOver(options.signal);
    // A bitmap moves; a Blob and an ImageData are copied, so that the caller keeps its own.
    const answer = await this.ask(
      { type, ...picture, ...more },
      options,
      picture.input instanceof ImageBitmap ? [picture.input] : [],
    );
    this.throwIfOver(options.signal);
    return answer;
  }

  /** @param {Parameters<Deblurrer['perform']>} call */
  enqueue(...call) {
    const result = this.queue.then(() => this.perform(...call));
    this.queue = result.catch(() => {});
    return untilAborted(result, call[3].signal);
  }

  /**
   * How a picture is blurred.
   * @param {PictureInput} input
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<BlurEstimate>} Rejects with a DeblurError, or the signal's reason.
   */
  async estimate(input, options = {}) {
    return (await this.enqueue('estimate', input, {}, options)).blur;
  }

  /**
   * The sharper picture.
   * @param {PictureInput} input Untouched.
   * @param {DeblurOptions} [options]
   * @returns {Promise<DeblurResult>} Rejects with a DeblurError, or the signal's reason.
   */
  async deblur(input, options = {}) {
    const strength = options.strength ?? 1;
    if (!(strength >= 0 && strength <= 1)) throw new DeblurError('bad-argument', 'strength has to be from 0 to 1');
    const answer = await this.enqueue('deblur', input, { strength, blur: options.blur ?? 'auto' }, options);
    const imageData = new ImageData(new Uint8ClampedArray(answer.pixels), answer.width, answer.height);
    return { image: new RestoredImage(imageData), blur: answer.blur };
  }

  /** Ends the worker; calls that wait are rejected. */
  destroy() {
    this.destroyed = true;
    this.end(new DeblurError('bad-argument', 'This deblurrer was destroyed in the midst of its work'));
  }
}
