import { Layer } from './layer.js';

/**
 * @typedef {import('./tiles.js').Rectangle} Rectangle
 * @typedef {{ x: number, y: number }} Point
 * @typedef {'split' | 'side'} ViewMode One picture with an edge that can be moved; or both beside each other.
 */

/** Of the view's own canvas; mobile Safari's has no more pixels. */
const MOST_PIXELS = 16_000_000;
const LARGEST_SCALE = 8;

/**
 * Shows a photograph as it was and as restored, at any scale. Scales are pixels of the screen for one of the picture's; `zoom` null fits the
 * picture into the view. What is drawn is never larger than the view.
 */
export class Viewer {
  /**
   * @param {HTMLElement} view Filled by `canvas`.
   * @param {HTMLCanvasElement} canvas
   * @param {() => void} onChange Told when something was drawn anew.
   */
  constructor(view, canvas, onChange) {
    this.view = view;
    this.canvas = canvas;
    this.onChange = onChange;
    /** @type {Layer | null} */
    this.before = null;
    /** @type {Layer | null} */
    this.after = null;
    /** @type {Layer | null} What was `after` before it. */
    this.last = null;
    this.width = 1;
    this.height = 1;
    /** Whether one may see through it. */
    this.alpha = false;
    /** @type {PredefinedColorSpace} */
    this.colorSpace = 'srgb';
    /** @type {number | null} */
    this.zoom = null;
    /** @type {Point} The picture's point in the middle. */
    this.centre = { x: 0, y: 0 };
    /** @type {ViewMode} */
    this.mode = 'split';
    /** Whether there is something to compare: until then all of the view shows the restored picture as it comes. */
    this.comparing = false;
    this.onlyBefore = false;
    /** @type {Rectangle | null} The part of it that is restored, where that is not all. */
    this.part = null;
    /** Where the edge is, as a share of what is seen of the picture. */
    this.split = 0.5;
    this.strength = 1;
    this.asked = 0;
    /** Whether nothing is drawn. */
    this.isEmpty = true;
    this.resizes = new ResizeObserver(() => this.resize());
  }

  /**
   * A new photograph.
   * @param {import('./photograph.js').Photograph} photograph
   * @param {Uint8ClampedArray<ArrayBuffer> | null} overview Its pixels shrunk, if it is large.
   */
  begin({ width, height, alpha, colorSpace, pixels }, overview) {
    if (colorSpace !== this.colorSpace) this.replaceCanvas();
    Object.assign(this, { width, height, alpha, colorSpace });
    this.before = new Layer(width, height, pixels, colorSpace);
    if (overview) this.before.putOverview(overview, 0, 0, this.before.overview.width);
    else this.before.put({ x: 0, y: 0, width, height }, pixels);
    this.after = this.last = this.part = null;
    this.zoom = null;
    this.centre = { x: width / 2, y: height / 2 };
    this.split = 0.5;
    this.comparing = this.onlyBefore = false;
    this.resize();
  }

  /** A canvas keeps the colour space that it was first asked for. */
  replaceCanvas() {
    const fresh = /** @type {HTMLCanvasElement} */ (this.canvas.cloneNode());
    this.canvas.replaceWith(fresh);
    this.canvas = fresh;
  }

  /** Lets the pictures go. */
  clear() {
    this.before = this.after = this.last = this.part = null;
    this.draw();
  }

  /**
   * Where what is restored will come.
   * @param {Uint8ClampedArray<ArrayBuffer>} pixels RGBA, in which it is put by others.
   */
  expect(pixels) {
    // Around a part all is as it was, at once; otherwise one sees what there was until there is more.
    const isThere = this.after?.pixels === pixels;
    if (isThere && !this.part) return;
    if (!isThere) this.last = this.after;
    const first = this.part ? this.before : (this.last ?? this.before);
    this.after = new Layer(this.width, this.height, pixels, this.colorSpace, this.before, first);
  }

  /** What was seen before that was expected. @param {Uint8ClampedArray<ArrayBuffer>} pixels RGBA */
  goBack(pixels) {
    if (this.after?.pixels !== pixels) this.after = this.last?.pixels === pixels ? this.last : null;
    this.last = null;
    this.draw();
  }

  /** It stays as it was. */
  expectNothing() {
    this.after = this.last = null;
    this.draw();
  }

  /** @param {Rectangle} tile @param {Uint8ClampedArray<ArrayBuffer>} rgba */
  putTile(tile, rgba) {
    this.after?.put(tile, rgba);
    this.draw();
  }

  // ---- where things are, in pixels of the canvas ----

  get pixelRatio() {
    const { clientWidth, clientHeight } = this.view;
    return Math.min(devicePixelRatio || 1, Math.sqrt(MOST_PIXELS / Math.max(1, clientWidth * clientHeight)));
  }

  /** @returns {Rectangle[]} One, or two beside or above each other. */
  get panes() {
    const { width, height } = this.canvas;
    if (this.mode === 'split') return [{ x: 0, y: 0, width, height }];
    const gap = Math.round(2 * this.pixelRatio);
    // As the picture is better fitted.
    const wide = Math.min((width - gap) / 2 / this.width, height / this.height);
    const tall = Math.min(width / this.width, (height - gap) / 2 / this.height);
    if (wide >= tall) {
      const half = Math.floor((width - gap) / 2);
      return [
        { x: 0, y: 0, width: half, height },
        { x: width - half, y: 0, width: half, height },
      ];
    }
    const half = Math.floor((height - gap) / 2);
    return [
      { x: 0, y: 0, width, height: half },
      { x: 0, y: height - half, width, height: half },
    ];
  }

  /** The scale at which all of the picture is seen; small ones are not enlarged, but for those that would be specks. */
  get fit() {
    const [pane] = this.panes;
    const fit = Math.min(pane.width / this.width, pane.height / this.height);
    return fit < LARGEST_SCALE ? Math.min(1, fit) : LARGEST_SCALE;
  }

  get scale() {
    return this.zoom ?? this.fit;
  }

  /** @param {Rectangle} pane @returns {Point} Where the picture's corner lies. */
  origin(pane) {
    const { scale } = this;
    return {
      x: Math.round(pane.x + pane.width / 2 - this.centre.x * scale),
      y: Math.round(pane.y + pane.height / 2 - this.centre.y * scale),
    };
  }

  /** @returns {Rectangle} What is seen of the picture, in its own pixels. */
  get visible() {
    const [pane] = this.panes;
    const { x, y } = this.origin(pane);
    const { scale } = this;
    const left = Math.max(0, (pane.x - x) / scale);
    const top = Math.max(0, (pane.y - y) / scale);
    const width = Math.min(this.width, (pane.x + pane.width - x) / scale) - left;
    return { x: left, y: top, width, height: Math.min(this.height, (pane.y + pane.height - y) / scale) - top };
  }

  /**
   * @param {Rectangle} pane
   * @param {Rectangle} [part] Of the picture. Default: what is seen of it.
   * @returns {Rectangle} Where that is on the screen, in CSS pixels from the view's corner.
   */
  onScreen(pane, part = this.visible) {
    const origin = this.origin(pane);
    const { scale, pixelRatio } = this;
    return {
      x: (origin.x + part.x * scale) / pixelRatio,
      y: (origin.y + part.y * scale) / pixelRatio,
      width: (part.width * scale) / pixelRatio,
      height: (part.height * scale) / pixelRatio,
    };
  }

  get visibleOnScreen() {
    return this.onScreen(this.panes[0]);
  }

  // ---- moving ----

  /**
   * @param {number | null} scale Null: fit.
   * @param {Point} [at] What stays where it is, in CSS pixels from the view's corner. Default: its middle.
   */
  zoomTo(scale, at) {
    const before = this.scale;
    const wanted = Math.min(LARGEST_SCALE, scale ?? 0);
    this.zoom = wanted > this.fit ? wanted : null;
    if (at) {
      const pane = this.paneAt(at);
      const ratio = this.pixelRatio;
      const fromMiddle = { x: at.x * ratio - (pane.x + pane.width / 2), y: at.y * ratio - (pane.y + pane.height / 2) };
      this.centre.x += fromMiddle.x / before - fromMiddle.x / this.scale;
      this.centre.y += fromMiddle.y / before - fromMiddle.y / this.scale;
    }
    this.keepInside();
    this.draw();
  }

  /** @param {Point} at @returns {Rectangle} */
  paneAt(at) {
    const ratio = this.pixelRatio;
    const holds = (/** @type {Rectangle} */ p) => at.x * ratio <= p.x + p.width && at.y * ratio <= p.y + p.height;
    return this.panes.find(holds) ?? this.panes[0];
  }

  /** @param {number} x To the right, in CSS pixels. @param {number} y Down. */
  panBy(x, y) {
    this.centre.x -= (x * this.pixelRatio) / this.scale;
    this.centre.y -= (y * this.pixelRatio) / this.scale;
    this.keepInside();
    this.draw();
  }

  /** No further than that the picture's edge meets the view's. */
  keepInside() {
    const [pane] = this.panes;
    const within = (/** @type {number} */ value, /** @type {number} */ size, /** @type {number} */ seen) =>
      seen >= size ? size / 2 : Math.min(size - seen / 2, Math.max(seen / 2, value));
    this.centre.x = within(this.centre.x, this.width, pane.width / this.scale);
    this.centre.y = within(this.centre.y, this.height, pane.height / this.scale);
  }

  /** @param {ViewMode} mode */
  setMode(mode) {
    this.mode = mode;
    if (this.zoom !== null && this.zoom <= this.fit) this.zoom = null;
    this.keepInside();
    this.draw();
  }

  // ---- drawing ----

  resize() {
    const { clientWidth, clientHeight } = this.view;
    const ratio = this.pixelRatio;
    const [width, height] = [Math.max(1, Math.round(clientWidth * ratio)), Math.max(1, Math.round(clientHeight * ratio))];
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
    this.keepInside();
    if (!this.isEmpty) this.drawNow(); // another size empties a canvas, which would be seen until the next frame
    this.draw();
  }

  /** With the next frame. */
  draw() {
    if (this.asked || (this.isEmpty && !this.before)) return; // a canvas that was never used costs nothing
    this.asked = requestAnimationFrame(() => {
      this.asked = 0;
      this.drawNow();
      this.onChange();
    });
  }

  drawNow() {
    const context = this.canvas.getContext('2d', { colorSpace: this.colorSpace });
    if (!context) return;
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.isEmpty = !this.before;
    if (!this.before) return;
    const panes = this.panes;
    if (panes.length === 2) {
      this.drawPane(context, panes[0], panes[0], false);
      this.drawPane(context, panes[1], panes[1], !this.onlyBefore);
      return;
    }
    const [pane] = panes;
    const { x, width } = this.visibleOnScreen;
    const edge = Math.round((x + width * this.split) * this.pixelRatio);
    const left = this.onlyBefore ? pane.width : this.comparing ? edge : 0;
    if (left > 0) this.drawPane(context, pane, { ...pane, width: left }, false);
    if (left < pane.width) this.drawPane(context, pane, { ...pane, x: left, width: pane.width - left }, true);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Rectangle} pane
   * @param {Rectangle} clip The part of it that is drawn.
   * @param {boolean} restored Whether it is shown as restored, by so much as `strength` says; otherwise as it was.
   */
  drawPane(context, pane, clip, restored) {
    const origin = this.origin(pane);
    context.save();
    context.beginPath();
    context.rect(clip.x, clip.y, clip.width, clip.height);
    context.clip();
    // Shares that add up to one: laid over each other, what is half transparent would be less so.
    const share = restored && this.after ? this.strength : 0;
    context.globalCompositeOperation = 'lighter';
    for (const [layer, alpha] of /** @type {const} */ ([
      [this.before, 1 - share],
      [this.after, share],
    ])) {
      if (!alpha) continue;
      context.globalAlpha = alpha;
      if (layer && !layer.draw(context, origin, this.scale, this.visible)) this.draw();
    }
    context.restore();
  }

  /** Follows the view's size, while that is in a page. */
  observe() {
    this.resizes.observe(this.view);
  }

  unobserve() {
    this.resizes.disconnect();
  }
}
