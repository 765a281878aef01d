import { Filmstrip } from './filmstrip.js';
import { download } from './save.js';

/** @typedef {import('./batch.js').Item} Item */

/** What is seen of a batch: its photographs, how many are done, and the zip. */
export class BatchPanel {
  /**
   * @param {ParentNode} root The template.
   * @param {import('./batch.js').Batch} batch
   * @param {(item: Item) => void} onChoose Told which one a person wants to look at.
   */
  constructor(root, batch, onChoose) {
    const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (root.querySelector(selector));
    this.batch = batch;
    this.panel = find('.batch');
    this.text = find('.batch-text');
    this.zip = /** @type {HTMLButtonElement} */ (find('.zip'));
    this.film = new Filmstrip(find('.film'), onChoose);
    this.zip.addEventListener('click', async () => download(await batch.zip(), 'deblurred.zip'));
  }

  /**
   * @param {Item | null} current The one that is looked at.
   * @param {import('./i18n.js').Translate} t
   */
  show(current, t) {
    const { items, ended } = this.batch;
    this.panel.hidden = items.length < 2;
    this.film.show(items, current, t);
    const failed = this.batch.count('failed');
    const done = t('{done} of {count} done', { done: this.batch.count('done'), count: items.length });
    this.text.textContent = failed ? `${done}, ${t('{failed} failed', { failed })}` : done;
    this.zip.disabled = !ended || !items.some(({ result }) => result);
  }
}
