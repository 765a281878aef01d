import { describeBlur } from './blur.js';
import { drawKernel } from './kernel-drawing.js';

/**
 * @typedef {import('./blur.js').BlurDescription} BlurDescription
 * @typedef {import('./blur.js').BlurEstimate} BlurEstimate
 * @typedef {import('./blur.js').BlurKind} BlurKind
 */

/** Sizes that the slider spans, in the unit of each kind; the restorer knows nothing beyond. */
const sizeRange = /** @type {Record<string, [number, number]>} */ ({
  gaussian: [0.3, 5],
  defocus: [0.6, 8],
  motion: [2, 24],
  shake: [0.5, 7],
});

/** @param {string} kind @param {number} share 0..1 */
const sizeAt = (kind, share) => {
  const [low, high] = sizeRange[kind] ?? [1, 2];
  return low * (high / low) ** share; // equal steps are equal ratios
};

/** @param {string} kind @param {number} sizePx */
const shareOf = (kind, sizePx) => {
  const [low, high] = sizeRange[kind] ?? [1, 2];
  return Math.min(1, Math.max(0, Math.log(Math.max(sizePx, low) / low) / Math.log(high / low)));
};

const sharpTexts = {
  all: 'This photograph looks sharp already: nothing was changed.',
  part: 'No blur was found in this part: nothing was changed.',
};
const noteTexts = {
  found: 'Not right? Set the kind and the size below.',
  sharp: 'Is a part of it blurred? Zoom in on that part, then sharpen only what is in view.',
  sharpPart: 'You see some? Set its kind and size below: only this part changes.',
  part: 'Only what is in the frame; the rest stays as it came.',
  set: 'As you set it. Choose “As found” to go back.',
};

/** The blur that was found, and what a person makes of it: its kind, size and direction. */
export class BlurControls {
  /**
   * @param {ParentNode} root The template.
   * @param {() => void} onChange Told that a person has changed something.
   */
  constructor(root, onChange) {
    const find = (/** @type {string} */ selector) => /** @type {HTMLInputElement} */ (root.querySelector(selector));
    this.kind = find('.kind');
    this.size = find('.size');
    this.angle = find('.angle');
    this.texts = { size: find('.size-text'), angle: find('.angle-text') };
    this.fields = { size: find('.size-field'), angle: find('.angle-field') };
    this.finding = find('.finding');
    this.note = find('.note');
    this.notes = find('.notes');
    this.anyway = find('.anyway');
    this.everywhere = find('.everywhere');
    this.kernel = /** @type {HTMLCanvasElement} */ (/** @type {unknown} */ (find('.kernel')));
    /** @type {BlurEstimate | null} */
    this.found = null;
    /** @type {import('./i18n.js').Translate} */
    this.t = (text) => text;
    this.kind.addEventListener('change', () => {
      const kind = this.assumedKind;
      if (this.found?.kind === kind) this.setSliders(this.found);
      else this.size.value = '0.4';
      this.show();
      onChange();
    });
    for (const slider of [this.size, this.angle])
      slider.addEventListener('input', () => {
        // A slider that is moved says what the blur is.
        if (this.kind.value === 'auto') this.kind.value = this.assumedKind;
        this.show();
        onChange();
      });
  }

  /** Nothing is known of the photograph yet. */
  reset() {
    this.found = null;
    this.kind.value = 'auto';
    this.show();
  }

  /** @param {BlurEstimate} blur What the estimator says. */
  setFound(blur) {
    this.found = blur;
    this.setSliders(blur);
    this.show();
  }

  /** @param {BlurEstimate} blur */
  setSliders(blur) {
    this.size.value = String(shareOf(blur.kind, blur.sizePx));
    this.angle.value = String(Math.round(blur.angleDeg) % 180);
  }

  /** As a person would. @param {BlurKind} kind @param {number} sizePx */
  choose(kind, sizePx) {
    this.kind.value = kind;
    this.size.value = String(shareOf(kind, sizePx));
    this.show();
  }

  /** What a person has set; it can be given back. */
  get choice() {
    return [this.kind.value, this.size.value, this.angle.value];
  }

  set choice(values) {
    [this.kind.value, this.size.value, this.angle.value] = values;
    this.show();
  }

  /** @returns {string} The kind that is chosen, or the one that was found. */
  get assumedKind() {
    return this.kind.value === 'auto' ? (this.found?.kind ?? 'none') : this.kind.value;
  }

  /** @returns {BlurDescription | null} What a person says; null: as found. */
  get chosen() {
    if (this.kind.value === 'auto') return null;
    const kind = /** @type {BlurKind} */ (this.kind.value);
    return {
      kind,
      sizePx: sizeAt(kind, Number(this.size.value)),
      angleDeg: Number(this.angle.value),
      rest: this.found ?? undefined,
    };
  }

  show() {
    const kind = this.assumedKind;
    const sized = kind in sizeRange;
    const size = `${sizeAt(kind, Number(this.size.value)).toFixed(1)} px`;
    this.texts.size.textContent = sized ? size : '';
    this.size.setAttribute('aria-valuetext', size);
    this.texts.angle.textContent = `${this.angle.value}°`;
    this.angle.setAttribute('aria-valuetext', `${this.angle.value}°`);
    this.fields.size.hidden = !sized;
    this.fields.angle.hidden = kind !== 'motion' && kind !== 'shake';
  }

  /**
   * @param {BlurEstimate} blur What is assumed.
   * @param {{ isAsItWas: boolean, part: boolean, notes: string[] }} what Whether the photograph was left alone; whether it is of a part; what else
   *   one should know.
   */
  showFinding(blur, { isAsItWas, part, notes }) {
    const { t } = this;
    this.finding.textContent = isAsItWas ? t(part ? sharpTexts.part : sharpTexts.all) : describeBlur(blur, t);
    const found = part ? (isAsItWas ? 'sharpPart' : 'part') : isAsItWas ? 'sharp' : 'found';
    const note = this.kind.value === 'auto' ? found : 'set';
    this.note.classList.remove('problem');
    this.note.textContent = t(noteTexts[note]);
    this.anyway.hidden = !isAsItWas && blur.kind !== 'none';
    this.everywhere.hidden = !part;
    this.notes.replaceChildren(...notes.map((note) => Object.assign(document.createElement('li'), { textContent: t(note) })));
    this.notes.hidden = !notes.length;
    drawKernel(this.kernel, blur);
  }
}
