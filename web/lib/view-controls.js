import { isEditable, listenToGestures, moveByKey, toggleZoom, zoomStep } from './gestures.js';
import { shared } from './tiles.js';

/** @typedef {import('./tiles.js').Rectangle} Rectangle */

/** On the screen; on what is narrower they would lie over each other. */
const LEAST_FOR_TAGS_PX = 180;
/** What is lower or narrower has a smaller knob on its edge. */
const LEAST_FOR_KNOB_PX = 120;

/** @param {HTMLElement} element @param {Rectangle} where */
const put = (element, { x, y, width, height }) =>
  Object.assign(element.style, { left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` });

/** What lies over the view and moves it: the edge between before and after, the bar of buttons, the keys. */
export class ViewControls {
  /**
   * @param {ParentNode} root The template.
   * @param {import('./viewer.js').Viewer} viewer
   * @param {() => boolean} takesWheel Whether the wheel is meant for the picture (gestures.js).
   */
  constructor(root, viewer, takesWheel) {
    this.find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (root.querySelector(selector));
    this.viewer = viewer;
    this.boards = /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll('.board'));
    this.split = /** @type {HTMLInputElement} */ (this.find('.split'));
    this.listen();
    listenToGestures(viewer, viewer.view, takesWheel);
  }

  listen() {
    const { viewer } = this;
    const on = (/** @type {string} */ selector, /** @type {string} */ type, /** @type {(event: any) => void} */ act) =>
      this.find(selector).addEventListener(type, act);
    on('.zoom', 'click', () => toggleZoom(viewer));
    on('.zoom-in', 'click', () => zoomStep(viewer, 1));
    on('.zoom-out', 'click', () => zoomStep(viewer, -1));
    on('.side', 'click', () => this.toggleSide());
    on('.peek', 'pointerdown', () => this.peek(true));
    for (const end of ['pointerup', 'pointerleave', 'pointercancel', 'keyup', 'blur']) on('.peek', end, () => this.peek(false));
    on('.peek', 'keydown', (event) => (event.key === ' ' || event.key === 'Enter') && this.peek(true));
    on('.peek', 'contextmenu', (event) => event.preventDefault()); // of a long press
    on('.split', 'input', () => {
      viewer.split = Number(this.split.value) / 100;
      viewer.draw();
    });
    for (const type of ['keydown', 'keyup']) on('.frame', type, (event) => this.onKey(event));
  }

  /**
   * Single keys work while the focus is in here, and nowhere else (WCAG 2.1.4).
   * @param {KeyboardEvent} event
   */
  onKey(event) {
    const { viewer } = this;
    if (!viewer.before || isEditable(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    const down = event.type === 'keydown';
    if (key === 'b') this.peek(down);
    else if (!down) return;
    else if (key === 's') this.toggleSide();
    else if (!moveByKey(viewer, event, event.target === viewer.view)) return;
    event.preventDefault();
  }

  /** To where the picture is now. */
  place() {
    const { viewer } = this;
    const overlay = this.find('.overlay');
    const where = viewer.visibleOnScreen;
    put(overlay, where);
    overlay.classList.toggle('small', Math.min(where.width, where.height) < LEAST_FOR_KNOB_PX);
    overlay.style.setProperty('--split', `${100 * viewer.split}%`);
    overlay.hidden = !viewer.comparing || viewer.onlyBefore || viewer.mode === 'side';
    this.split.value = String(100 * viewer.split);
    this.split.setAttribute('aria-valuetext', `${Math.round(100 * viewer.split)}%`);
    const frame = this.find('.frame');
    frame.classList.toggle('zoomed', viewer.zoom !== null);
    frame.classList.toggle('side-by-side', viewer.mode === 'side');
    viewer.view.style.setProperty('--aspect', String(viewer.width / viewer.height));
    this.find('.zoom').textContent = `${Math.round(100 * viewer.scale)}%`;
    this.placeTags();
    this.placeBoards();
    this.placePart();
  }

  /** A frame around what is restored, where that is not all. */
  placePart() {
    const { viewer } = this;
    const frame = this.find('.part');
    const seen = viewer.part && shared(viewer.part, viewer.visible); // within its pane all its edges are seen
    frame.hidden = !seen;
    if (seen) put(frame, viewer.onScreen(viewer.panes[viewer.panes.length - 1], seen));
  }

  placeBoards() {
    const { viewer } = this;
    const { panes } = viewer;
    this.boards.forEach((board, i) => {
      board.hidden = !viewer.alpha || !panes[i];
      if (panes[i]) put(board, viewer.onScreen(panes[i]));
    });
  }

  /** Into the lower corners of what they name. */
  placeTags() {
    const { viewer } = this;
    const [before, after] = [this.find('.before-tag'), this.find('.after-tag')];
    const panes = viewer.panes.map((pane) => viewer.onScreen(pane));
    const [first, last] = [panes[0], panes[panes.length - 1]];
    const isWide = first.width >= LEAST_FOR_TAGS_PX;
    before.hidden = !viewer.comparing || !isWide;
    after.hidden = !viewer.comparing || !isWide || (viewer.onlyBefore && viewer.mode === 'split');
    const { clientWidth, clientHeight } = viewer.view;
    const above = (/** @type {Rectangle} */ { y, height }) => `${Math.max(0, clientHeight - y - height)}px`;
    before.style.setProperty('--from-bottom', above(first));
    after.style.setProperty('--from-bottom', above(last));
    before.style.setProperty('--from-side', `${Math.max(0, first.x)}px`);
    after.style.setProperty('--from-side', `${Math.max(0, clientWidth - last.x - last.width)}px`);
  }

  toggleSide() {
    this.viewer.setMode(this.viewer.mode === 'side' ? 'split' : 'side');
    this.find('.side').setAttribute('aria-pressed', String(this.viewer.mode === 'side'));
  }

  /** @param {boolean} on Whether the photograph is shown as it was. */
  peek(on) {
    if (this.viewer.onlyBefore === on) return;
    this.find('.peek').setAttribute('aria-pressed', String(on));
    this.viewer.onlyBefore = on;
    this.viewer.draw();
  }
}
