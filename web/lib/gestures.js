/**
 * Moves a viewer by hand: wheel, pinch, double tap, drag, and all of it by keys.
 * @module
 */

/** @typedef {import('./viewer.js').Viewer} Viewer */
/** @typedef {import('./viewer.js').Point} Point */

const KEY_STEP_PX = 60;
const ZOOM_STEP = Math.SQRT2;
const DOUBLE_TAP = { ms: 350, px: 24 };

/** @param {Point} a @param {Point} b */
const distance = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);
/** @param {Point} a @param {Point} b */
const middle = (a, b) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });

/** @param {Event} event @returns {boolean} Whether it happened where text is written or chosen. */
export function isEditable(event) {
  const at = event.composedPath()[0];
  if (!(at instanceof HTMLElement)) return false;
  return at.isContentEditable || at.matches('textarea, select, input:not([type=range], [type=checkbox])');
}

/** Fit, or one pixel of the picture for one of the screen. @param {Viewer} viewer @param {Point} [at] */
export function toggleZoom(viewer, at) {
  viewer.zoomTo(viewer.zoom === null ? Math.max(1, viewer.fit * 2) : null, at);
}

/** @param {Viewer} viewer @param {number} direction 1: closer, -1: further away */
export function zoomStep(viewer, direction) {
  viewer.zoomTo(viewer.scale * ZOOM_STEP ** direction);
}

/**
 * What a key does to the view.
 * @param {Viewer} viewer
 * @param {KeyboardEvent} event
 * @param {boolean} moves Whether arrows are meant for the picture.
 * @returns {boolean} Whether it did anything.
 */
export function moveByKey(viewer, event, moves) {
  const arrows = /** @type {Record<string, [number, number]>} */ ({
    ArrowLeft: [1, 0],
    ArrowRight: [-1, 0],
    ArrowUp: [0, 1],
    ArrowDown: [0, -1],
  });
  const arrow = arrows[event.key];
  if (arrow && moves && viewer.zoom !== null) viewer.panBy(arrow[0] * KEY_STEP_PX, arrow[1] * KEY_STEP_PX);
  else if (event.key === '+' || event.key === '=') zoomStep(viewer, 1);
  else if (event.key === '-') zoomStep(viewer, -1);
  else if (event.key === '0') viewer.zoomTo(null);
  else if (event.key === '1') viewer.zoomTo(1);
  else return false;
  return true;
}

/**
 * @param {Viewer} viewer
 * @param {HTMLElement} surface What is touched.
 * @param {() => boolean} takesWheel Whether the wheel is meant for the picture and not for the page; with Ctrl it always is.
 */
export function listenToGestures(viewer, surface, takesWheel) {
  /** @type {Map<number, Point>} */
  const touching = new Map();
  /** @type {{ at: Point, time: number } | null} */
  let lastTap = null;
  let moved = 0;

  const pointOf = (/** @type {MouseEvent} */ event) => {
    const box = surface.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  const pinch = (/** @type {number} */ id, /** @type {Point} */ now) => {
    const [other] = [...touching].filter(([key]) => key !== id).map(([, point]) => point);
    const before = /** @type {Point} */ (touching.get(id));
    const [from, to] = [middle(before, other), middle(now, other)];
    viewer.panBy(to.x - from.x, to.y - from.y);
    viewer.zoomTo((viewer.scale * distance(now, other)) / Math.max(1, distance(before, other)), to);
  };

  surface.addEventListener('wheel', (event) => {
    if (!event.ctrlKey && !takesWheel()) return;
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    // A touchpad's pinch comes as a wheel with Ctrl, in small steps.
    viewer.zoomTo(viewer.scale * Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.002)), pointOf(event));
  });
  surface.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    surface.setPointerCapture(event.pointerId);
    touching.set(event.pointerId, pointOf(event));
    if (touching.size === 1) moved = 0;
  });
  surface.addEventListener('pointermove', (event) => {
    const before = touching.get(event.pointerId);
    if (!before) return;
    const now = pointOf(event);
    moved += distance(before, now);
    if (touching.size === 2) pinch(event.pointerId, now);
    else if (viewer.zoom !== null) viewer.panBy(now.x - before.x, now.y - before.y);
    touching.set(event.pointerId, now);
  });
  surface.addEventListener('pointerup', (event) => {
    const at = pointOf(event);
    const isTap = touching.size === 1 && moved < DOUBLE_TAP.px;
    const isSecond = lastTap && event.timeStamp - lastTap.time < DOUBLE_TAP.ms && distance(lastTap.at, at) < DOUBLE_TAP.px;
    if (isTap && isSecond) toggleZoom(viewer, at);
    lastTap = isTap && !isSecond ? { at, time: event.timeStamp } : null;
  });
  for (const end of ['pointerup', 'pointercancel', 'lostpointercapture'])
    surface.addEventListener(end, (event) => touching.delete(/** @type {PointerEvent} */ (event).pointerId));
}
