import { overviewFactor, shrink } from './overview.js';
import { cut, meet, tilesOf } from './tiles.js';

/** @typedef {import('./tiles.js').Rectangle} Rectangle */

const DETAIL_PX = 512;
/** Of both layers together: a 4K screen shows some forty. */
const DETAILS_KEPT = 48;
/** In one go, of either layer: what is more has to wait, and is seen as in the overview until then. */
const DETAILS_AT_ONCE = 4;

/** One picture to be drawn at any scale: an overview of all of it, and its own pixels where they are looked at. No canvas is large. */
export class Layer {
  /**
   * @param {number} width
   * @param {number} height
   * @param {Uint8ClampedArray<ArrayBuffer>} pixels RGBA
   * @param {PredefinedColorSpace} colorSpace Of the pixels.
   * @param {Layer | null} [under] Of the same picture: what is seen where this one is transparent, and therefore not there yet.
   * @param {Layer | null} [first] What is seen in the overview until there is more. Default: `under`.
   */
  constructor(width, height, pixels, colorSpace, under = null, first = under) {
    this.width = width;
    this.height = height;
    this.pixels = pixels;
    this.settings = { colorSpace };
    this.under = under;
    this.factor = overviewFactor(width, height);
    /** @type {OffscreenCanvas} */
    this.overview = new OffscreenCanvas(Math.ceil(width / this.factor), Math.ceil(height / this.factor));
    this.context = /** @type {OffscreenCanvasRenderingContext2D} */ (this.overview.getContext('2d', this.settings));
    if (first) this.context.drawImage(first.overview, 0, 0);
    /** @type {Map<string, { part: Rectangle, canvas: OffscreenCanvas }>} In the order of their last use. */
    this.details = new Map();
  }

  /**
   * A part has changed.
   * @param {Rectangle} part Its corner at multiples of the factor.
   * @param {Uint8ClampedArray<ArrayBuffer>} rgba
   */
  put(part, rgba) {
    const { factor } = this;
    const small = factor === 1 ? rgba : shrink(rgba, part.width, part.height, factor);
    this.putOverview(small, part.x / factor, part.y / factor, Math.ceil(part.width / factor));
    for (const [key, detail] of this.details) if (meet(detail.part, part)) this.details.delete(key);
  }

  /** @param {Uint8ClampedArray<ArrayBuffer>} rgba Shrunk. @param {number} x @param {number} y @param {number} width */
  putOverview(rgba, x, y, width) {
    this.context.putImageData(new ImageData(rgba, width, rgba.length / 4 / width, this.settings), x, y);
  }

  /** @param {Rectangle} part */
  cut(part) {
    const rgba = cut(this.pixels, this.width, part);
    if (!this.under) return rgba;
    const [own, below] = [rgba, cut(this.under.pixels, this.width, part)].map(({ buffer }) => new Uint32Array(buffer));
    for (let i = 0; i < own.length; i++) if (!rgba[4 * i + 3]) own[i] = below[i];
    return rgba;
  }

  /** @param {Rectangle} part Of the detail grid. @param {boolean} make Whether it is made where it is not there. */
  detail(part, make) {
    const key = `${part.x} ${part.y}`;
    const known = this.details.get(key);
    if (!known && !make) return null;
    this.details.delete(key);
    const canvas = known?.canvas ?? this.makeDetail(part);
    this.details.set(key, { part, canvas });
    for (const old of this.details.keys()) {
      if (this.details.size <= DETAILS_KEPT) break;
      this.details.delete(old);
    }
    return { canvas, isNew: !known };
  }

  /** @param {Rectangle} part */
  makeDetail(part) {
    const canvas = new OffscreenCanvas(part.width, part.height);
    const pixels = new ImageData(this.cut(part), part.width, part.height, this.settings);
    canvas.getContext('2d', this.settings)?.putImageData(pixels, 0, 0);
    return canvas;
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {{ x: number, y: number }} origin Where the picture's corner comes to lie, in the context's pixels.
   * @param {number} scale Of its pixels for one of the picture's.
   * @param {Rectangle} visible What can be seen of the picture.
   * @returns {boolean} Whether that is all that there is to see; if not, more of it is there the next time.
   */
  draw(context, origin, scale, visible) {
    const { factor, overview } = this;
    context.imageSmoothingEnabled = scale < 2;
    context.imageSmoothingQuality = 'medium';
    if (factor === 1 || scale * factor <= 1) {
      context.drawImage(overview, origin.x, origin.y, overview.width * factor * scale, overview.height * factor * scale);
      return true;
    }
    let room = DETAILS_AT_ONCE;
    let isAll = true;
    const whole = { x: 0, y: 0, width: this.width, height: this.height };
    for (const part of tilesOf(whole, { width: DETAIL_PX, height: DETAIL_PX })) {
      if (!meet(part, visible)) continue;
      // Whole pixels of the screen: no seams, and nothing twice, which what is half transparent would show.
      const [left, right] = [part.x, part.x + part.width].map((x) => Math.round(origin.x + x * scale));
      const [top, bottom] = [part.y, part.y + part.height].map((y) => Math.round(origin.y + y * scale));
      const detail = this.detail(part, room > 0);
      if (detail) context.drawImage(detail.canvas, left, top, right - left, bottom - top);
      else this.drawCoarsely(context, part, { x: left, y: top, width: right - left, height: bottom - top });
      if (detail?.isNew) room--;
      isAll &&= Boolean(detail);
    }
    return isAll;
  }

  /** @param {CanvasRenderingContext2D} context @param {Rectangle} part @param {Rectangle} to Where it is drawn. */
  drawCoarsely(context, part, to) {
    const [x, y, width, height] = [part.x, part.y, part.width, part.height].map((length) => length / this.factor);
    context.drawImage(this.overview, x, y, width, height, to.x, to.y, to.width, to.height);
  }
}
