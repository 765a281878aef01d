import { fill } from './errors.js';

/** Asks before a person's work is let go of. */
export class Leaving {
  /**
   * @param {ParentNode} root The template.
   * @param {import('./batch.js').Batch} batch
   * @param {() => boolean} isCorrected Whether one photograph alone is as a person has set it, and was not saved since.
   */
  constructor(root, batch, isCorrected) {
    this.batch = batch;
    this.isCorrected = isCorrected;
    this.dialog = /** @type {HTMLDialogElement} */ (root.querySelector('.leaving'));
    this.text = /** @type {HTMLElement} */ (root.querySelector('.leaving-text'));
    /** @type {import('./i18n.js').Translate} */
    this.t = fill;
  }

  /** @returns {Promise<boolean>} Whether all photographs may be let go of. */
  may() {
    const { batch, t } = this;
    const count = batch.items.length;
    if (count > 1) return batch.hasUnsaved ? this.ask(t('Close all {count} photographs?', { count })) : Promise.resolve(true);
    return this.isCorrected() ? this.ask(t('Leave the photograph that you corrected?')) : Promise.resolve(true);
  }

  /** @param {string} question @returns {Promise<boolean>} */
  ask(question) {
    const { dialog } = this;
    this.text.textContent = question;
    dialog.returnValue = '';
    if (!dialog.open) dialog.showModal();
    return new Promise((resolve) => {
      dialog.addEventListener('close', () => resolve(dialog.returnValue === 'close'), { once: true });
    });
  }
}
