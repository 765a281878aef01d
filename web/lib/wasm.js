import { blurKinds, estimateFromFloats, floatsFromEstimate, isEstimate } from './blur.js';
import { DeblurError } from './errors.js';

/** @typedef {import('./blur.js').BlurDescription} BlurDescription */
/** @typedef {import('./blur.js').BlurEstimate} BlurEstimate */

/** The smallest module with an instruction of fixed-width SIMD: i8x16.splat of zero, then dropped. */
const simdProbe = Uint8Array.of(
  0,
  97,
  115,
  109,
  1,
  0,
  0,
  0,
  1,
  4,
  1,
  96,
  0,
  0,
  3,
  2,
  1,
  0,
  10,
  9,
  1,
  7,
  0,
  65,
  0,
  253,
  15,
  26,
  11,
);

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
  }

  /**
   * @param {WebAssembly.Module} module
   * @param {Uint8Array} modelBytes
   * @returns {Promise<Core>}
   */
  static async open(module, modelBytes) {
    const instance = await WebAssembly.instantiate(module, { env: { emscripten_notify_memory_growth() {} } });
    const core = new Core(instance);
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

/** One picture in the module's memory: as it came, and restored part by part. */
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

  /** @returns {BlurEstimate} What is in `this.blur`. */
  readBlur() {
    const floats = new Float32Array(this.core.exports.memory.buffer.slice(this.blur, this.blur + BLUR_BYTES));
    return estimateFromFloats(floats, this.core.exports.module_size(this.blur));
  }

  /** @returns {BlurEstimate} */
  estimate() {
    const { core } = this;
    core.check(core.exports.module_estimate(core.model, this.source, this.width, this.height, this.blur));
    return this.readBlur();
  }

  /**
   * Says what the blur is. A description takes noise and compression from the estimate.
   * @param {'auto' | BlurDescription | BlurEstimate} blur
   * @returns {BlurEstimate}
   */
  tell(blur) {
    const { core } = this;
    if (blur === 'auto') return this.estimate();
    if (isEstimate(blur)) {
      core.bytes.set(new Uint8Array(floatsFromEstimate(blur).buffer), this.blur);
      return this.readBlur();
    }
    const kind = blurKinds.indexOf(blur.kind);
    if (kind < 0)
      throw new DeblurError('bad-argument', `There is no blur of kind ${blur.kind}; there are ${blurKinds.join(', ')}`);
    this.estimate();
    const status = core.exports.module_describe(kind, blur.sizePx ?? 0, blur.angleDeg ?? 0, this.blur, this.blur);
    if (status)
      throw new DeblurError('bad-argument', `A blur of ${blur.sizePx} px makes no sense for ${blur.kind}; try a smaller one`);
    return this.readBlur();
  }

  /**
   * Restores one part; all parts together give the same as the whole at once. Corners have to be multiples of 64.
   * @param {number} x
   * @param {number} y
   * @param {number} width
   * @param {number} height
   * @param {number} strength
   */
  restore(x, y, width, height, strength) {
    const { core } = this;
    if (!this.result) this.result = core.allocate(this.size);
    core.check(
      core.exports.module_restore(
        core.model,
        this.source,
        this.result,
        this.width,
        this.height,
        this.blur,
        strength,
        x,
        y,
        width,
        height,
      ),
    );
  }

  /** @returns {Uint8ClampedArray<ArrayBuffer>} A copy that outlives the picture. */
  read() {
    return new Uint8ClampedArray(this.core.exports.memory.buffer.slice(this.result, this.result + this.size));
  }
}

/** Parts of this side are a second's work or so: often enough for progress and to notice a cancellation. */
const PART_PX = 768;

/**
 * Goes through a picture part by part, giving way in between.
 * @param {CorePicture} picture
 * @param {number} strength
 * @param {(done: number) => Promise<boolean>} onPart Told the share done, 0..1; resolves to false to stop.
 * @returns {Promise<boolean>} False: stopped.
 */
export async function restoreInParts(picture, strength, onPart) {
  for (let y = 0; y < picture.height; y += PART_PX) {
    const height = Math.min(PART_PX, picture.height - y);
    for (let x = 0; x < picture.width; x += PART_PX) {
      const width = Math.min(PART_PX, picture.width - x);
      picture.restore(x, y, width, height, strength);
      const done = (y * picture.width + (x + width) * height) / (picture.width * picture.height);
      if (!(await onPart(done))) return false;
    }
  }
  return true;
}
