import { isEditable, listenToGestures, moveByKey, toggleZoom, zoomStep } from './gestures.js';

/** @param {HTMLElement} element @param {import('./tiles.js').Rectangle} where */
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
    put(overlay, viewer.visibleOnScreen);
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
  }

  placeBoards() {
    const { viewer } = this;
    const { panes } = viewer;
    this.boards.forEach((board, i) => {
      board.hidden = !viewer.alpha || !panes[i];
      if (panes[i]) put(board, viewer.onScreen(panes[i]));
    });
  }

  placeTags() {
    const { viewer } = this;
    const [before, after] = [this.find('.before-tag'), this.find('.after-tag')];
    before.hidden = !viewer.comparing;
    after.hidden = !viewer.comparing || (viewer.onlyBefore && viewer.mode === 'split');
    const [pane] = viewer.panes;
    const below = (viewer.canvas.height - pane.y - pane.height) / viewer.pixelRatio;
    before.style.setProperty('--pane-bottom', `${below}px`);
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
