import { blurKinds, estimateFromFloats, floatsFromEstimate, isEstimate } from './blur.js';
import { DeblurError } from './errors.js';
import { cut } from './tiles.js';

/** @typedef {import('./blur.js').BlurDescription} BlurDescription */
/** @typedef {import('./blur.js').BlurEstimate} BlurEstimate */

/** The smallest module with an instruction of fixed-width SIMD: i8x16.splat of zero, then dropped. */
const simdProbe = Uint8Array.from(atob('AGFzbQEAAAABBAFgAAADAgEACgkBBwBBAP0PGgs='), (c) => c.charCodeAt(0));

/** @returns {'deblur-simd.wasm' | 'deblur-scalar.wasm'} The fastest module that this engine runs. */
export function moduleName() {
  return WebAssembly.validate(simdProbe) ? 'deblur-simd.wasm' : 'deblur-scalar.wasm';
}

const BLUR_BYTES = 48;

/** enum deblur_status, as far as a program wants to tell them apart. */
const codes = /** @type {Record<number, string>} */ ({
  1: 'bad-argument',
  2: 'out-of-memory',
  3: 'bad-model',
  4: 'bad-model',
  5: 'bad-model',
  6: 'bad-model',
});

/**
 * The inference core in WebAssembly memory, with one model open: wasm/exports.c's other half. Synchronous; made for a worker, or
 * for node.
 */
export class Core {
  /** @param {WebAssembly.Instance} instance */
  constructor(instance) {
    this.exports = /** @type {any} */ (instance.exports);
    this.model = 0;
    /** @type {(done: number) => void} */
    this.onProgress = () => {};
  }

  /**
   * @param {WebAssembly.Module} module
   * @param {Uint8Array} modelBytes
   * @returns {Promise<Core>}
   */
  static async open(module, modelBytes) {
    /** @type {Core} */
    let core;
    const env = {
      emscripten_notify_memory_growth() {},
      progress: (/** @type {number} */ pixels) => core.onProgress(pixels >>> 0),
    };
    core = new Core(await WebAssembly.instantiate(module, { env }));
    core.exports._initialize();
    core.openModel(modelBytes);
    return core;
  }

  // Views are made anew for every use: memory that grows detaches them.
  get bytes() {
    return new Uint8Array(this.exports.memory.buffer);
  }

  /**
   * @param {number} size
   * @returns {number}
   */
  allocate(size) {
    const address = this.exports.module_allocate(size) >>> 0;
    if (!address) throw new DeblurError('out-of-memory', 'There is not enough memory for this picture; try a smaller one');
    return address;
  }

  /** @param {number} address */
  free(address) {
    this.exports.module_free(address);
  }

  /**
   * @param {number} address
   * @returns {string}
   */
  text(address) {
    const bytes = this.bytes;
    return new TextDecoder().decode(bytes.slice(address, bytes.indexOf(0, address)));
  }

  /** @param {number} status */
  check(status) {
    if (status) throw new DeblurError(codes[status] ?? 'bad-argument', this.text(this.exports.module_message(status)));
  }

  /** @param {Uint8Array} modelBytes */
  openModel(modelBytes) {
    const file = this.allocate(modelBytes.length);
    const slot = this.allocate(4);
    try {
      this.bytes.set(modelBytes, file);
      this.check(this.exports.module_open(file, modelBytes.length, slot));
      this.model = new DataView(this.exports.memory.buffer).getUint32(slot, true);
    } finally {
      this.free(file);
      this.free(slot);
    }
  }

  /** @returns {string} Lines "key: value". */
  provenance() {
    return this.text(this.exports.module_provenance(this.model));
  }

  /** @returns {{ alignment: number, halo: number }} How the restorer's input has to be cut, in pixels (native/core/tile.h). */
  geometry() {
    return { alignment: this.exports.module_alignment(this.model), halo: this.exports.module_halo(this.model) };
  }

  /**
   * @param {number} address Of a struct deblur_blur.
   * @returns {BlurEstimate}
   */
  readBlur(address) {
    const floats = new Float32Array(this.exports.memory.buffer.slice(address, address + BLUR_BYTES));
    return estimateFromFloats(floats, this.exports.module_size(address));
  }

  /**
   * What a description means to the restorer.
   * @param {BlurDescription & { rest: BlurEstimate }} blur
   * @returns {BlurEstimate}
   */
  describe({ kind, sizePx = 0, angleDeg = 0, rest }) {
    const index = blurKinds.indexOf(kind);
    if (index < 0) throw new DeblurError('bad-argument', `There is no blur of kind ${kind}; there are ${blurKinds.join(', ')}`);
    const address = this.allocate(BLUR_BYTES);
    try {
      this.bytes.set(new Uint8Array(floatsFromEstimate(rest).buffer), address);
      if (this.exports.module_describe(index, sizePx, angleDeg, address, address))
        throw new DeblurError('bad-argument', `A blur of ${sizePx} px makes no sense for ${kind}; try a smaller one`);
      return this.readBlur(address);
    } finally {
      this.free(address);
    }
  }

  /**
   * Copies a picture into the module's memory; close it when done.
   * @param {Uint8Array | Uint8ClampedArray} rgba
   * @param {number} width
   * @param {number} height
   * @returns {CorePicture}
   */
  picture(rgba, width, height) {
    return new CorePicture(this, rgba, width, height);
  }
}

/** One picture in the module's memory: as it came, and restored. */
export class CorePicture {
  /**
   * @param {Core} core
   * @param {Uint8Array | Uint8ClampedArray} rgba
   * @param {number} width
   * @param {number} height
   */
  constructor(core, rgba, width, height) {
    this.core = core;
    this.width = width;
    this.height = height;
    this.size = width * height * 4;
    this.source = core.allocate(this.size);
    this.result = 0;
    this.blur = core.allocate(BLUR_BYTES);
    core.bytes.set(rgba, this.source);
  }

  close() {
    for (const address of [this.source, this.result, this.blur]) if (address) this.core.free(address);
  }

  /** @returns {BlurEstimate} */
  estimate() {
    const { core } = this;
    core.check(core.exports.module_estimate(core.model, this.source, this.width, this.height, this.blur));
    return core.readBlur(this.blur);
  }

  /**
   * Says what the blur is.
   * @param {'auto' | BlurDescription | BlurEstimate} blur
   * @returns {BlurEstimate}
   */
  tell(blur) {
    if (blur === 'auto') return this.estimate();
    const told = isEstimate(blur) ? blur : this.core.describe({ ...blur, rest: blur.rest ?? this.estimate() });
    this.core.bytes.set(new Uint8Array(floatsFromEstimate(told).buffer), this.blur);
    return told;
  }

  /**
   * Restores one part; all parts together give the same as the whole at once.
   * @param {import('./tiles.js').Rectangle} part Its corner at multiples of the alignment.
   * @param {number} strength
   * @param {(pixels: number) => void} [onProgress] Told how many of the part's pixels are done, in the midst of it.
   */
  restore(part, strength, onProgress = () => {}) {
    const { core, source, width, height, blur } = this;
    if (!this.result) this.result = core.allocate(this.size);
    core.onProgress = onProgress;
    const { module_restore: restore } = core.exports;
    const { x, y } = part;
    core.check(restore(core.model, source, this.result, width, height, blur, strength, x, y, part.width, part.height));
  }

  /**
   * @param {import('./tiles.js').Rectangle} [part] Default: all of it.
   * @returns {Uint8ClampedArray<ArrayBuffer>} The restored pixels, in a copy that outlives the picture.
   */
  read(part = { x: 0, y: 0, width: this.width, height: this.height }) {
    const restored = this.core.bytes.subarray(this.result, this.result + this.size);
    return cut(restored, this.width, part);
  }
}
