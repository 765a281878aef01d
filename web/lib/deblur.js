/**
 * Takes blur out of photographs in the browser. Nothing leaves the device: the model and the code are fetched by `load`, and after it
 * no request is made.
 *
 *     import { load } from './lib/deblur.js';
 *     const deblurrer = await load();
 *     const { image, blur } = await deblurrer.deblur(file, { onProgress: (done) => console.log(done) });
 *     const png = await image.toBlob('image/png');
 *
 * All computing happens in workers, one per processor as far as memory allows (memory.js); results do not depend on how many.
 * @module
 */
import { isEstimate, movedBlur } from './blur.js';
import { refuseTooLarge, toBitmap } from './decode.js';
import { DeblurError } from './errors.js';
import { planMemory, thisDevice } from './memory.js';
import { models } from './models.js';
import { refuseOutside } from './part.js';
import { Photograph } from './photograph.js';
import { WorkerPool } from './pool.js';
import { restore } from './restore.js';
import { RestoredImage } from './restored-image.js';
import { cut } from './tiles.js';
import { moduleName } from './wasm.js';

export { blurKinds, describeBlur } from './blur.js';
export { DeblurError } from './errors.js';
export { Photograph } from './photograph.js';
export { RestoredImage } from './restored-image.js';

/**
 * @typedef {import('./blur.js').BlurDescription} BlurDescription
 * @typedef {import('./blur.js').BlurEstimate} BlurEstimate
 * @typedef {import('./blur.js').BlurKind} BlurKind
 * @typedef {import('./decode.js').PictureSource | Photograph} PictureInput
 * @typedef {import('./memory.js').MemoryPlan} MemoryPlan
 * @typedef {import('./restore.js').RestoreOptions} RestoreOptions
 * @typedef {import('./tiles.js').Geometry} Geometry
 * @typedef {import('./tiles.js').Rectangle} Rectangle
 *
 * @typedef {object} LoadOptions
 * @property {string | URL | ArrayBuffer} [model] 'best' (default), 'fast' (models.js), a .dbm file, or where it is.
 * @property {string | URL} [wasmBase] Folder of the .wasm modules. Default: beside this file.
 * @property {number} [workers] How many. Default: one per processor, as far as memory allows.
 * @property {number} [stallMs] See pool.js.
 *
 * @typedef {object} OpenOptions
 * @property {(photograph: Photograph, overview: Uint8ClampedArray<ArrayBuffer> | null) => void} [onPixels] Told the picture as soon as it
 *   is decoded, and, if it is a large file, its overview (overview.js).
 * @property {AbortSignal} [signal]
 *
 * @typedef {object} BlurOptions
 * @property {'auto' | BlurDescription | BlurEstimate} [blur] Default: 'auto', estimated; if only a part is restored, from that.
 * @property {(blur: BlurEstimate) => void} [onBlur] Told what is assumed, before restoring begins.
 *
 * @typedef {RestoreOptions & BlurOptions} DeblurOptions
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

/**
 * @param {string | URL} url
 * @returns {Promise<ArrayBuffer>}
 */
async function fetchBytes(url) {
  const what = String(url).split('/').pop() ?? '';
  /** @type {Response} */
  let response;
  try {
    response = await fetch(url);
  } catch {
    throw new DeblurError('no-model', '{what} could not be fetched; is the connection up?', { what });
  }
  if (!response.ok)
    throw new DeblurError('no-model', '{what} could not be fetched ({status})', { what, status: response.status });
  return response.arrayBuffer();
}

/**
 * Fetches the model and the code, and starts the workers.
 * @param {LoadOptions} [options]
 * @returns {Promise<Deblurrer>} Rejects with a DeblurError: `no-model`, `bad-model`, `unsupported`.
 */
export async function load(options = {}) {
  if (!globalThis.WebAssembly)
    throw new DeblurError(
      'unsupported',
      'This browser has no WebAssembly, or it is switched off; without it nothing can be computed here. A newer browser has it',
    );
  const name = moduleName();
  const wasmUrl = new URL(name, options.wasmBase ?? new URL('./', import.meta.url));
  const { model: wanted = 'best' } = options;
  const known = models[String(wanted)];
  const [module, model] = await Promise.all([
    fetchBytes(wasmUrl).then((bytes) => WebAssembly.compile(bytes)),
    wanted instanceof ArrayBuffer ? wanted : fetchBytes(known ? new URL(`../weights/${known.file}`, import.meta.url) : wanted),
  ]);
  const pool = new WorkerPool({ module, model, stallMs: options.stallMs });
  const opened = await pool.hire();
  const plan = planMemory(thisDevice(), opened);
  plan.workers = options.workers ?? plan.workers;
  plan.mostWorkers = Math.max(plan.workers, plan.mostWorkers);
  pool.grow(plan.workers, plan.keptBytes);
  return new Deblurrer(pool, { ...opened, moduleName: name }, plan);
}

/** @param {ImageData} image */
function asPhotograph({ data, width, height }) {
  return new Photograph(/** @type {Uint8ClampedArray<ArrayBuffer>} */ (data), width, height);
}

/** A loaded model and the workers that run it. Calls are answered one after the other, each by all workers. */
export class Deblurrer {
  /**
   * Use `load`.
   * @param {WorkerPool} pool
   * @param {{ provenance: string, moduleName: string } & Geometry} opened
   * @param {MemoryPlan} plan
   */
  constructor(pool, { provenance, moduleName, alignment, halo, haloX }, plan) {
    this.pool = pool;
    /** Lines "key: value" about the model. */
    this.provenance = provenance;
    /** Which of the modules runs. */
    this.moduleName = moduleName;
    /** @type {Geometry} */
    this.geometry = { alignment, halo, haloX };
    this.plan = plan;
    /** @type {Promise<unknown>} The last call. */
    this.queue = Promise.resolve();
    this.destroyed = false;
  }

  /** @param {AbortSignal} [signal] */
  throwIfOver(signal) {
    if (this.destroyed) throw new DeblurError('bad-argument', 'This deblurrer was destroyed; load another');
    signal?.throwIfAborted();
  }

  /**
   * One call after the other, so that memory is bounded.
   * @template T
   * @param {() => Promise<T>} work
   * @param {AbortSignal} [signal]
   * @returns {Promise<T>}
   */
  enqueue(work, signal) {
    const result = this.queue.then(() => {
      this.throwIfOver(signal);
      return work();
    });
    this.queue = result.catch(() => {});
    return untilAborted(result, signal);
  }

  /**
   * @param {PictureInput} input
   * @param {boolean} estimates Whether it is to be found out how it is blurred.
   * @param {OpenOptions} options
   * @returns {Promise<Photograph>}
   */
  async read(input, estimates, { signal, onPixels }) {
    if (input instanceof Photograph || input instanceof ImageData) {
      const photograph = input instanceof ImageData ? asPhotograph(input) : input;
      refuseTooLarge(photograph.width, photograph.height);
      onPixels?.(photograph, null);
      if (estimates) photograph.found ??= await this.look(photograph, signal);
      return photograph;
    }
    const portable = input instanceof Blob ? input : await toBitmap(input);
    /** @type {Photograph | undefined} */
    let read;
    const { blur } = await this.pool.run({
      make: () => ({
        message: { type: 'read', input: portable, estimates, overview: Boolean(onPixels) },
        transfer: portable instanceof ImageBitmap ? [portable] : [],
      }),
      onMessage: ({ pixels, width, height, overview, ...more }) => {
        read = new Photograph(pixels, width, height, more);
        onPixels?.(read, overview);
      },
      signal,
    });
    const photograph = /** @type {Photograph} */ (read);
    photograph.found = blur;
    return photograph;
  }

  /** @param {Photograph} photograph @param {AbortSignal} [signal] @param {Rectangle} [part] @returns {Promise<BlurEstimate>} */
  async look({ pixels, width, height }, signal, part = { x: 0, y: 0, width, height }) {
    const make = () => {
      const { buffer } = cut(pixels, width, part);
      return { message: { type: 'estimate', pixels: buffer, width: part.width, height: part.height }, transfer: [buffer] };
    };
    const { blur } = await this.pool.run({ make, signal });
    return movedBlur(blur, part.x, part.y);
  }

  /**
   * What a blur that is asked for means to the restorer.
   * @param {'auto' | BlurDescription | BlurEstimate} blur
   * @param {BlurEstimate | null} found
   * @returns {Promise<BlurEstimate>}
   */
  async settle(blur, found) {
    if (blur === 'auto') return /** @type {BlurEstimate} */ (found);
    if (isEstimate(blur)) return blur;
    const message = { type: 'describe', blur: { ...blur, rest: blur.rest ?? found } };
    return (await this.pool.run({ make: () => ({ message }), rank: () => -1 })).blur;
  }

  /**
   * Decodes a picture and finds out how it is blurred.
   * @param {PictureInput} input Untouched.
   * @param {OpenOptions} [options]
   * @returns {Promise<Photograph>} Rejects with a DeblurError, or the signal's reason.
   */
  open(input, options = {}) {
    return this.enqueue(() => this.read(input, true, options), options.signal);
  }

  /**
   * How a picture is blurred, or a part of it.
   * @param {PictureInput} input
   * @param {{ signal?: AbortSignal, part?: Rectangle }} [options]
   * @returns {Promise<BlurEstimate>} Rejects with a DeblurError, or the signal's reason.
   */
  async estimate(input, options = {}) {
    const { part, signal } = options;
    if (!part) return /** @type {BlurEstimate} */ ((await this.open(input, options)).found);
    return this.enqueue(async () => {
      const photograph = await this.read(input, false, { signal });
      refuseOutside(part, photograph.width, photograph.height);
      return this.look(photograph, signal, part);
    }, signal);
  }

  /**
   * The sharper picture.
   * @param {PictureInput} input Untouched; not to be changed meanwhile.
   * @param {DeblurOptions} [options]
   * @returns {Promise<DeblurResult>} Rejects with a DeblurError, or the signal's reason.
   */
  async deblur(input, options = {}) {
    const { blur: wanted = 'auto', strength = 1, part, signal } = options;
    if (!(strength >= 0 && strength <= 1)) throw new DeblurError('bad-argument', 'strength has to be from 0 to 1');
    return this.enqueue(async () => {
      const estimates = wanted === 'auto' || (!isEstimate(wanted) && !wanted.rest);
      const photograph = await this.read(input, estimates && !part, { signal });
      if (part) refuseOutside(part, photograph.width, photograph.height);
      const found = part && estimates ? await this.look(photograph, signal, part) : photograph.found;
      this.throwIfOver(signal);
      const blur = await this.settle(wanted, found);
      this.throwIfOver(signal);
      options.onBlur?.(blur);
      const pixels = await restore(this, photograph, blur, options);
      return { image: new RestoredImage(this.pool, photograph, pixels), blur };
    }, signal);
  }

  /**
   * Changes how many workers there are, also in the midst of work. Results do not depend on it; pictures that follow are cut for so many.
   * @param {number} count 1..plan.mostWorkers
   */
  useWorkers(count) {
    if (!Number.isInteger(count) || count < 1 || count > this.plan.mostWorkers)
      throw new DeblurError('bad-argument', 'workers have to be from 1 to {most}', { most: this.plan.mostWorkers });
    this.plan.workers = count;
    this.pool.grow(count, this.plan.keptBytes);
    this.pool.shrink(count);
  }

  /** Ends the workers; calls that wait are rejected. */
  destroy() {
    this.destroyed = true;
    this.pool.destroy(new DeblurError('bad-argument', 'This deblurrer was destroyed in the midst of its work'));
  }
}
