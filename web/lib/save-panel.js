import { MAX_CANVAS_PIXELS } from './decode.js';
import { hasGps } from './metadata.js';
import { canCopy, canShare, formatLike, qualityLike } from './save.js';

/** @typedef {import('./save.js').SaveSettings} SaveSettings */

/** How results are saved. What a person has chosen holds for the photographs that follow; what not is as each of them came. */
export class SavePanel {
  /**
   * @param {ParentNode} root The template.
   * @param {() => void} onChange Told that a person has changed something that the files depend on.
   */
  constructor(root, onChange) {
    const find = (/** @type {string} */ selector) => /** @type {HTMLInputElement} */ (root.querySelector(selector));
    this.format = find('.format');
    this.quality = find('.quality');
    this.gps = find('.gps');
    this.strength = find('.strength');
    this.fields = { quality: find('.quality-field'), gps: find('.gps-field') };
    this.texts = { quality: find('.quality-text'), strength: find('.strength-text') };
    this.chosen = { format: false, quality: false };
    find('.copy').hidden = !canCopy();
    find('.share').hidden = !canShare();
    this.format.addEventListener('change', () => {
      this.chosen.format = true;
      this.show();
      onChange();
    });
    this.quality.addEventListener('input', () => {
      this.chosen.quality = true;
      this.show();
    });
    for (const field of [this.quality, this.gps, this.strength]) field.addEventListener('change', onChange);
    this.strength.addEventListener('input', () => this.show());
    this.show();
  }

  /**
   * @param {Blob} file
   * @param {import('./photograph.js').Photograph} photograph
   */
  setPhotograph(file, { metadata, alpha, width, height }) {
    const webp = /** @type {HTMLOptionElement} */ (this.format.querySelector('[value=webp]'));
    webp.disabled = width * height > MAX_CANVAS_PIXELS; // browsers write no larger ones
    if (!this.chosen.format || (webp.disabled && webp.selected)) this.format.value = formatLike(file, { alpha });
    if (!this.chosen.quality) this.quality.value = String(qualityLike(metadata.jpegQuality));
    this.fields.gps.hidden = !hasGps(metadata);
    this.show();
  }

  /**
   * @param {Blob} file
   * @param {import('./save.js').Traits} [traits]
   * @returns {SaveSettings}
   */
  settingsFor(file, traits = {}) {
    return {
      format: this.chosen.format ? /** @type {SaveSettings['format']} */ (this.format.value) : formatLike(file, traits),
      quality: this.chosen.quality ? Number(this.quality.value) : qualityLike(traits.jpegQuality),
      keepGps: !this.gps.checked,
      strength: Number(this.strength.value) / 100,
    };
  }

  show() {
    this.fields.quality.hidden = this.format.value === 'png';
    this.texts.quality.textContent = this.quality.value;
    this.texts.strength.textContent = `${this.strength.value}%`;
    this.strength.setAttribute('aria-valuetext', `${this.strength.value}%`);
  }
}
