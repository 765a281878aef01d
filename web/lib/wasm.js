import { BLUR_FLOATS, blurKinds, estimateFromFloats, floatsFromEstimate, isEstimate } from './blur.js';
import { DeblurError, outOfMemory } from './errors.js';
import { cut } from './tiles.js';

/** @typedef {import('./blur.js').BlurDescription} BlurDescription */
/** @typedef {import('./blur.js').BlurEstimate} BlurEstimate */

/** The smallest module with an instruction of fixed-width SIMD: i8x16.splat of zero, then dropped. */
const simdProbe = Uint8Array.from(atob('AGFzbQEAAAABBAFgAAADAgEACgkBBwBBAP0PGgs='), (c) => c.charCodeAt(0));

/** The same with f32x4.relaxed_madd of three of them. */
const relaxedProbe = Uint8Array.from(atob('AGFzbQEAAAABBAFgAAADAgEAChQBEgBBAP0PQQD9D0EA/Q/9hQIaCw=='), (c) => c.charCodeAt(0));

/** @returns {'deblur-relaxed.wasm' | 'deblur-simd.wasm' | 'deblur-scalar.wasm'} The fastest module that this engine runs. */
export function moduleName() {
  if (WebAssembly.validate(relaxedProbe)) return 'deblur-relaxed.wasm';
  return WebAssembly.validate(simdProbe) ? 'deblur-simd.wasm' : 'deblur-scalar.wasm';
}

const BLUR_BYTES = 4 * BLUR_FLOATS;
const PICTURE_BYTES = 16;
/** struct deblur_blur_map: 32-bit words, of which six say how many blurs follow; there is room for 64. */
const MAP_HEAD = 6;
const MAP_WORDS = MAP_HEAD + 64 * BLUR_FLOATS;

/** enum deblur_status, as far as a program wants to tell them apart. */
const codes = /** @type {Record<number, string>} */ ({
  1: 'bad-argument',
  2: 'out-of-memory',
  3: 'bad-model',
  4: 'bad-model',
  5: 'bad-model',
  6: 'bad-model',
  9: 'not-a-picture',
  10: 'damaged',
  11: 'unsupported',
  12: 'too-large',
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
    if (!address) throw outOfMemory();
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
    const start = address >>> 0;
    return new TextDecoder().decode(bytes.slice(start, bytes.indexOf(0, start)));
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

  /** @returns {import('./tiles.js').Geometry} How the restorer's input has to be cut. */
  geometry() {
    const { module_alignment: alignment, module_halo: halo, module_halo_x: haloX } = this.exports;
    return { alignment: alignment(this.model), halo: halo(this.model), haloX: haloX(this.model) };
  }

  /**
   * @param {number} address Of a struct deblur_blur.
   * @returns {BlurEstimate}
   */
  readBlur(address) {
    const floats = new Float32Array(this.exports.memory.buffer.slice(address, address + BLUR_BYTES));
    return estimateFromFloats(floats, this.exports.module_size(address));
  }

  /** @param {number} address Of a struct deblur_blur_map. */
  mapAt(address) {
    return new Int32Array(this.exports.memory.buffer, address, MAP_WORDS);
  }

  /** @param {number} address @returns {Int32Array | null} Without the room that is not used; null: it has no cells. */
  readMap(address) {
    const map = this.mapAt(address);
    return map[4] ? map.slice(0, MAP_HEAD + map[4] * map[5] * BLUR_FLOATS) : null;
  }

  /**
   * @param {(blur: number, map: number) => number} find Writes both, or gives a status.
   * @returns {BlurEstimate}
   */
  found(find) {
    const address = this.allocate(BLUR_BYTES + 4 * MAP_WORDS);
    try {
      this.check(find(address, address + BLUR_BYTES));
      return { ...this.readBlur(address), map: this.readMap(address + BLUR_BYTES) };
    } finally {
      this.free(address);
    }
  }

  /**
   * What a description means to the restorer.
   * @param {BlurDescription & { rest: BlurEstimate }} blur
   * @returns {BlurEstimate}
   */
  describe({ kind, sizePx = 0, angleDeg = 0, rest }) {
    const index = blurKinds.indexOf(kind);
    if (index < 0)
      throw new DeblurError('bad-argument', 'There is no blur of kind {kind}; there are {kinds}', {
        kind,
        kinds: blurKinds.join(', '),
      });
    const address = this.allocate(BLUR_BYTES);
    try {
      this.bytes.set(new Uint8Array(floatsFromEstimate(rest).buffer), address);
      if (this.exports.module_describe(index, sizePx, angleDeg, address, address))
        throw new DeblurError('bad-argument', 'A blur of {sizePx} px makes no sense for {kind}; try a smaller one', {
          sizePx,
          kind,
        });
      return this.readBlur(address);
    } finally {
      this.free(address);
    }
  }

  /**
   * Decodes a JPEG or PNG, upright; close it when done.
   * @param {Uint8Array} file
   * @returns {FilePicture}
   */
  decode(file) {
    const picture = new FilePicture(this);
    const address = this.allocate(file.length);
    try {
      this.bytes.set(file, address);
      this.check(this.exports.module_decode(address, file.length, picture.address));
      return picture;
    } catch (error) {
      picture.close();
      throw error;
    } finally {
      this.free(address);
    }
  }

  /**
   * A black picture, opaque, to be filled and encoded; close it when done.
   * @param {number} width
   * @param {number} height
   * @returns {FilePicture}
   */
  blank(width, height) {
    const picture = new FilePicture(this);
    const status = this.exports.module_create_picture(width, height, 3, picture.address);
    if (status) picture.close();
    this.check(status);
    return picture;
  }

  /**
   * A picture in the module's memory; close it when done.
   * @param {Uint8Array | Uint8ClampedArray | null} rgba All of it, or nothing yet: see `fill`.
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
   * @param {Uint8Array | Uint8ClampedArray | null} rgba
   * @param {number} width
   * @param {number} height
   */
  constructor(core, rgba, width, height) {
    this.core = core;
    this.width = width;
    this.height = height;
    this.size = width * height * 4;
    this.source = core.allocate(this.size + BLUR_BYTES + 4 * MAP_WORDS);
    this.blur = this.source + this.size;
    this.map = this.blur + BLUR_BYTES;
    this.result = 0;
    if (rgba) this.fill(0, rgba);
  }

  /** @param {number} y The first of some rows. @param {Uint8Array | Uint8ClampedArray} rgba Their pixels. */
  fill(y, rgba) {
    this.core.bytes.set(rgba, this.source + 4 * this.width * y);
  }

  /** Colours for what is not seen, as deblur_fill_transparent says; before anything else is done with it. */
  fillTransparent() {
    this.core.check(this.core.exports.module_fill_transparent(this.source, this.width, this.height));
  }

  /** @returns {Uint8ClampedArray<ArrayBuffer>} What it is made of, in a copy that outlives the picture. */
  rgba() {
    return new Uint8ClampedArray(this.core.bytes.slice(this.source, this.source + this.size).buffer);
  }

  close() {
    for (const address of [this.source, this.result]) if (address) this.core.free(address);
  }

  /** @returns {BlurEstimate} */
  estimate() {
    const { core, source, width, height } = this;
    return core.found((blur, map) => core.exports.module_estimate(core.model, source, width, height, blur, map));
  }

  /**
   * Says what the blur is.
   * @param {'auto' | BlurDescription | BlurEstimate} blur
   * @returns {BlurEstimate}
   */
  tell(blur) {
    const given = blur === 'auto' ? this.estimate() : blur;
    const told = isEstimate(given) ? given : this.core.describe({ ...given, rest: given.rest ?? this.estimate() });
    this.core.bytes.set(new Uint8Array(floatsFromEstimate(told).buffer), this.blur);
    const map = told.map?.subarray(0, MAP_WORDS) ?? []; // more than there is room for is refused by the core
    this.core.mapAt(this.map).fill(0).set(map);
    return told;
  }

  /**
   * Restores one part; all parts together give the same as the whole at once.
   * @param {import('./tiles.js').Rectangle} part Its corner at multiples of the alignment.
   * @param {number} strength
   * @param {(pixels: number) => void} [onProgress] Told how many of the part's pixels are done, in the midst of it.
   */
  restore(part, strength, onProgress = () => {}) {
    const { core, source, width, height, blur, map } = this;
    if (!this.result) this.result = core.allocate(this.size);
    core.onProgress = onProgress;
    const { module_restore: restore } = core.exports;
    const { x, y } = part;
    const told = [blur, map, strength];
    core.check(restore(core.model, source, this.result, width, height, ...told, x, y, part.width, part.height));
  }

  /**
   * @param {import('./tiles.js').Rectangle} [part] Default: all of it.
   * @param {Uint8ClampedArray<ArrayBuffer>} [out] Where to put them. Default: new memory.
   * @returns {Uint8ClampedArray<ArrayBuffer>} The restored pixels, in a copy that outlives the picture.
   */
  read(part = { x: 0, y: 0, width: this.width, height: this.height }, out = undefined) {
    const restored = this.core.bytes.subarray(this.result, this.result + this.size);
    return cut(restored, this.width, part, out);
  }
}

/** One picture in the module's memory, as a file's decoder gives it and an encoder wants it: struct picture. */
export class FilePicture {
  /** @param {Core} core */
  constructor(core) {
    this.core = core;
    this.address = core.allocate(PICTURE_BYTES);
    core.bytes.fill(0, this.address, this.address + PICTURE_BYTES);
  }

  close() {
    this.core.exports.module_release_picture(this.address);
    this.core.free(this.address);
  }

  /** Where its pixels are, and their shape. A view, and therefore made anew for every use. */
  get fields() {
    const [start, width, height, channels] = new Uint32Array(this.core.exports.memory.buffer, this.address, 4);
    return { pixels: this.core.bytes.subarray(start, start + width * height * channels), width, height, channels };
  }

  /** Colours for what is not seen, as deblur_fill_transparent says; before anything else is done with it. */
  fillTransparent() {
    const { pixels, width, height, channels } = this.fields;
    if (channels === 4) this.core.check(this.core.exports.module_fill_transparent(pixels.byteOffset, width, height));
  }

  /** @returns {BlurEstimate} */
  estimate() {
    const { core } = this;
    return core.found((blur, map) => core.exports.module_estimate_picture(core.model, this.address, blur, map));
  }

  /** @returns {Uint8ClampedArray<ArrayBuffer>} RGBA, in a copy that outlives the picture. */
  rgba() {
    const { pixels, width, height, channels } = this.fields;
    if (channels === 4) return new Uint8ClampedArray(pixels);
    const out = new Uint8ClampedArray(width * height * 4);
    for (let from = 0, to = 0; from < pixels.length; from += 3, to += 4) {
      out[to] = pixels[from];
      out[to + 1] = pixels[from + 1];
      out[to + 2] = pixels[from + 2];
      out[to + 3] = 255;
    }
    return out;
  }

  /**
   * Fills rows; what is transparent is laid over white, for those who have no alpha.
   * @param {number} y The first of them.
   * @param {Uint8ClampedArray} rgba
   */
  fill(y, rgba) {
    const { pixels, width } = this.fields;
    for (let from = 0, to = y * width * 3; from < rgba.length; from += 4, to += 3) {
      const alpha = rgba[from + 3];
      for (let c = 0; c < 3; c++)
        pixels[to + c] = alpha === 255 ? rgba[from + c] : Math.round((rgba[from + c] * alpha) / 255 + 255 - alpha);
    }
  }

  /** @param {number} quality 1..100 as the IJG scale counts. @returns {Uint8Array<ArrayBuffer>} A file. */
  jpeg(quality) {
    const { core } = this;
    const slots = core.allocate(8);
    try {
      core.check(core.exports.module_encode_jpeg(this.address, quality, slots, slots + 4));
      const [start, size] = new Uint32Array(core.exports.memory.buffer, slots, 2);
      const file = core.bytes.slice(start, start + size);
      core.free(start);
      return file;
    } finally {
      core.free(slots);
    }
  }
}
