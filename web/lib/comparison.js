/**
 * Two pictures over each other with an edge between them that can be moved: before on its left, after on its right. Fitted into the
 * view, or pixel for pixel and panned; the edge stays where it is seen.
 */
export class Comparison {
  /** @param {HTMLElement} view The `.view` of the template. */
  constructor(view) {
    const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (view.querySelector(selector));
    this.view = view;
    this.scroller = find('.scroller');
    this.pair = find('.pair');
    this.overlay = find('.overlay');
    this.slider = /** @type {HTMLInputElement} */ (find('.split'));
    this.canvases = {
      before: /** @type {HTMLCanvasElement} */ (find('.before')),
      after: /** @type {HTMLCanvasElement} */ (find('.after')),
    };
    /** Nothing but the picture as it was: there is no other yet, or it is asked for. */
    this.onlyBefore = true;
    this.slider.addEventListener('input', () => this.place());
    this.scroller.addEventListener('scroll', () => this.place());
    this.scroller.addEventListener('pointerdown', (event) => this.pan(event));
    new ResizeObserver(() => this.place()).observe(this.scroller);
  }

  /**
   * @param {'before' | 'after'} which
   * @param {ImageBitmap} image Moves into the canvas: copying the pixels of a large one would stop the page.
   */
  paint(which, image) {
    const canvas = this.canvases[which];
    canvas.width = image.width;
    canvas.height = image.height;
    canvas.getContext('bitmaprenderer')?.transferFromImageBitmap(image);
  }

  /** @param {boolean} on */
  showOnlyBefore(on) {
    this.onlyBefore = on;
    this.place();
  }

  /** @param {ImageBitmap} image A new photograph, of which there is nothing to compare yet. */
  begin(image) {
    this.paint('before', image);
    this.canvases.after.width = this.canvases.after.height = 0;
    this.slider.value = '50';
    this.showOnlyBefore(true);
  }

  /** @returns {boolean} Whether pixels are now shown one for one. */
  toggleZoom() {
    const pixels = this.view.classList.toggle('pixels');
    const { scroller } = this;
    scroller.tabIndex = pixels ? 0 : -1;
    scroller.scrollTo((scroller.scrollWidth - scroller.clientWidth) / 2, (scroller.scrollHeight - scroller.clientHeight) / 2);
    this.place();
    return pixels;
  }

  /** Puts slider and labels over what is seen of the picture, and cuts the upper picture where the slider is. */
  place() {
    const { scroller, overlay } = this;
    const frame = scroller.getBoundingClientRect();
    const picture = this.canvases.before.getBoundingClientRect();
    const left = Math.max(frame.left, picture.left);
    const top = Math.max(frame.top, picture.top);
    const width = Math.max(0, Math.min(frame.left + scroller.clientWidth, picture.right) - left);
    const height = Math.max(0, Math.min(frame.top + scroller.clientHeight, picture.bottom) - top);
    Object.assign(overlay.style, {
      left: `${left - frame.left}px`,
      top: `${top - frame.top}px`,
      width: `${width}px`,
      height: `${height}px`,
    });
    overlay.style.setProperty('--split', `${this.slider.value}%`);
    overlay.hidden = this.onlyBefore;
    const edge = left - picture.left + (Number(this.slider.value) / 100) * width;
    this.pair.style.setProperty('--edge', this.onlyBefore ? '100%' : `${edge}px`);
  }

  /**
   * A mouse drags the picture; fingers scroll by themselves.
   * @param {PointerEvent} down
   */
  pan(down) {
    const { scroller } = this;
    if (down.pointerType !== 'mouse' || down.button !== 0 || !this.view.classList.contains('pixels')) return;
    const move = (/** @type {PointerEvent} */ event) => scroller.scrollBy(-event.movementX, -event.movementY);
    scroller.setPointerCapture(down.pointerId);
    scroller.addEventListener('pointermove', move);
    scroller.addEventListener('lostpointercapture', () => scroller.removeEventListener('pointermove', move), { once: true });
  }
}
