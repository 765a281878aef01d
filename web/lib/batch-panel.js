import { describeError, fill } from './errors.js';
import { Filmstrip } from './filmstrip.js';
import { download } from './save.js';

/** @typedef {import('./batch.js').Item} Item */

/** What is seen of a batch: its photographs, how many are done, and the zip. */
export class BatchPanel {
  /**
   * @param {ParentNode} root The template.
   * @param {import('./batch.js').Batch} batch
   * @param {(item: Item) => void} onChoose Told which one a person wants to look at.
   * @param {(what: string) => void} announce Told what has gone wrong, for who cannot see it.
   */
  constructor(root, batch, onChoose, announce) {
    const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (root.querySelector(selector));
    this.batch = batch;
    this.announce = announce;
    /** @type {import('./i18n.js').Translate} */
    this.t = fill;
    this.panel = find('.batch');
    this.text = find('.batch-text');
    this.zip = /** @type {HTMLButtonElement} */ (find('.zip'));
    this.film = new Filmstrip(find('.film'), onChoose);
    this.zip.addEventListener('click', () => this.save());
  }

  async save() {
    try {
      download(await this.batch.zip(), 'deblurred.zip');
    } catch (error) {
      this.text.textContent = describeError(error, this.t);
      this.announce(this.text.textContent);
    }
  }

  /**
   * @param {Item | null} current The one that is looked at.
   * @param {import('./i18n.js').Translate} t
   */
  show(current, t) {
    const { items, ended } = this.batch;
    this.t = t;
    this.panel.hidden = items.length < 2;
    this.film.show(items, current, t);
    const failed = this.batch.count('failed');
    const done = t('{done} of {count} done', { done: this.batch.count('done'), count: items.length });
    this.text.textContent = failed ? `${done}, ${t('{failed} failed', { failed })}` : done;
    this.zip.disabled = !ended || !items.some(({ result }) => result);
  }
}
