import { hasRoomForResult } from './memory.js';
import { RestoredImage } from './restored-image.js';

/**
 * @typedef {import('./blur.js').BlurDescription} BlurDescription
 * @typedef {import('./blur.js').BlurEstimate} BlurEstimate
 * @typedef {import('./deblur.js').Deblurrer} Deblurrer
 * @typedef {import('./photograph.js').Photograph} Photograph
 * @typedef {import('./tiles.js').Rectangle} Rectangle
 * @typedef {Uint8ClampedArray<ArrayBuffer>} Pixels RGBA
 *
 * @typedef {object} Focus A part that is restored by itself.
 * @property {Rectangle} part
 * @property {BlurEstimate} found How that is blurred.
 *
 * @typedef {object} Result
 * @property {RestoredImage} image
 * @property {BlurEstimate} blur What it was restored from.
 * @property {Focus | null} focus
 * @property {string[]} choice What a person had set.
 */

/** @param {Pixels} pixels */
function roomFor(pixels) {
  try {
    return new Uint8ClampedArray(pixels.length);
  } catch {
    return undefined;
  }
}

/** Smaller ones hold too little to be sure of anything. */
const LEAST_PX = 96;
/** As `outputName` in save.js calls what was restored here; browsers number what has a name twice. */
const OWN_NAME = /-deblurred(-\d+)?( ?\(\d+\))?\.\w+$/;

const noteTexts = {
  small: 'So small a photograph shows little of how it is blurred: what is found may be wrong.',
  own: 'By its name it was sharpened here before. Sharpened twice it is seldom better.',
};

/** Above it a picture is taken for sharp, and is left alone. */
const SURELY = 0.5;

/** The work on one photograph that is looked at: opened, restored, and restored again when one corrects its blur. */
export class Session {
  /**
   * @param {Blob} file
   * @param {string} name
   */
  constructor(file, name) {
    this.file = file;
    this.name = name;
    /** @type {Photograph | null} */
    this.photograph = null;
    /** @type {Focus | null} What is restored of it; null: all. */
    this.focus = null;
    /** @type {string[] | null} What a person had set when it still was all. */
    this.choiceOfAll = null;
    /** @type {BlurEstimate | null} What it is restored from: as found, or as corrected. */
    this.assumed = null;
    /** @type {RestoredImage | null} All of it; null also while it is restored again. */
    this.restored = null;
    /** @type {Pixels | undefined} What is restored of it, kept from one run to the next. */
    this.pixels = undefined;
    /** @type {Pixels | undefined} As large, of no use until it is restored again. */
    this.spare = undefined;
    /** @type {Result | null} The last one, as long as its pixels are what they were. */
    this.result = null;
    /** @type {AbortController} Of the work in progress. */
    this.work = new AbortController();
    /** @type {Deblurrer['pool'] | null} Who writes files. */
    this.pool = null;
    this.times = /** @type {Record<string, number>} */ ({});
  }

  /** What was found, once it is known, in what is to be restored. */
  get found() {
    return this.focus?.found ?? this.photograph?.found ?? null;
  }

  /** Whether there is nothing to repair. */
  get isSharp() {
    return (this.found?.probabilities.none ?? 0) > SURELY;
  }

  /** What one should know of it, in English. @returns {string[]} */
  get notes() {
    const { notes = [], width = LEAST_PX, height = LEAST_PX } = this.photograph ?? {};
    const own = OWN_NAME.test(this.name) ? [noteTexts.own] : [];
    const small = Math.min(width, height) < LEAST_PX ? [noteTexts.small] : [];
    return [...notes, ...own, ...small];
  }

  /** What decides how it is saved unless a person says otherwise. @returns {import('./save.js').Traits} */
  get traits() {
    return { jpegQuality: this.photograph?.metadata.jpegQuality, alpha: this.photograph?.alpha };
  }

  /** @param {BlurDescription | BlurEstimate} blur That is wanted. @returns {boolean} Whether it is to stay as it came. */
  leavesAlone(blur) {
    return this.isSharp && blur === this.found;
  }

  /** @param {unknown} [reason] */
  stop(reason) {
    this.work.abort(reason);
  }

  /** @returns {AbortSignal} Of new work; what was in progress ends. */
  begin() {
    this.stop();
    this.work = new AbortController();
    return this.work.signal;
  }

  /**
   * @param {Deblurrer} deblurrer
   * @param {(photograph: Photograph, overview: Uint8ClampedArray<ArrayBuffer> | null) => void} onPixels
   */
  async open(deblurrer, onPixels) {
    const signal = this.begin();
    const start = performance.now();
    this.pool = deblurrer.pool;
    this.photograph = await deblurrer.open(this.file, {
      signal,
      onPixels: (photograph, overview) => {
        this.photograph = photograph;
        this.times.decodeMs = performance.now() - start;
        onPixels(photograph, overview);
      },
    });
    this.times.openMs = performance.now() - start;
  }

  /**
   * Finds out how a part is blurred, which is all that will be restored.
   * @param {Deblurrer} deblurrer
   * @param {Rectangle | null} part Null: all of the photograph again.
   */
  async lookAt(deblurrer, part) {
    const photograph = /** @type {Photograph} */ (this.photograph);
    const signal = this.begin();
    this.focus = part && { part, found: await deblurrer.estimate(photograph, { part, signal }) };
  }

  /** The photograph as it came, as the result. */
  keepAsItIs() {
    const photograph = /** @type {Photograph} */ (this.photograph);
    this.restored = new RestoredImage(/** @type {Deblurrer['pool']} */ (this.pool), photograph, photograph.pixels);
    return this.restored;
  }

  /**
   * @param {Deblurrer} deblurrer
   * @param {'auto' | BlurDescription | BlurEstimate} blur
   * @param {import('./deblur.js').DeblurOptions} options
   * @returns {Promise<RestoredImage>}
   */
  async restore(deblurrer, blur, options) {
    const photograph = /** @type {Photograph} */ (this.photograph);
    const signal = this.begin();
    const start = performance.now();
    this.restored = null;
    const into = this.makeRoom(photograph);
    const { image } = await deblurrer.deblur(photograph, { ...options, part: this.focus?.part, blur, into, signal });
    this.times.restoreMs = performance.now() - start;
    this.restored = image;
    return image;
  }

  /** Where it is restored: beside the last result, which one may go back to, if there is memory for that. @param {Photograph} photograph */
  makeRoom({ pixels }) {
    this.pixels ??= new Uint8ClampedArray(pixels.length);
    if (this.result?.image.pixels !== this.pixels) return this.pixels;
    const other = hasRoomForResult(pixels.length / 4) ? (this.spare ?? roomFor(pixels)) : undefined;
    if (other) {
      other.set(this.pixels); // what is seen until there is more
      [this.pixels, this.spare] = [other, this.pixels];
    } else this.result = null;
    return this.pixels;
  }

  /** @param {string[]} choice What a person has set, to be had again with `goBack`. */
  keepResult(choice) {
    const { restored: image, assumed: blur, focus } = this;
    if (image && blur) this.result = { image, blur, focus, choice };
  }

  /** To the last result, if there is one still. */
  goBack() {
    const { result } = this;
    if (!result) return null;
    if (this.spare && result.image.pixels === this.spare) [this.pixels, this.spare] = [this.spare, this.pixels];
    this.restored = result.image;
    this.assumed = result.blur;
    this.focus = result.focus;
    return result;
  }
}
