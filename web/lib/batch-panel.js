import { describeError, fill } from './errors.js';
import { Filmstrip } from './filmstrip.js';
import { download } from './save.js';

/** @typedef {import('./batch.js').Item} Item */

const closeTexts = {
  one: 'Close this photograph',
  all: 'Close all photographs',
};
const chooseTexts = {
  one: 'New photograph',
  more: 'Add photographs',
};

/** What is seen of a batch: its photographs, how many are done, and the zip. */
export class BatchPanel {
  /**
   * @param {ParentNode} root The template.
   * @param {import('./batch.js').Batch} batch
   * @param {import('./filmstrip.js').Acts} acts
   * @param {(what: string) => void} announce Told what has gone wrong, for who cannot see it.
   */
  constructor(root, batch, acts, announce) {
    const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (root.querySelector(selector));
    this.batch = batch;
    this.announce = announce;
    /** @type {import('./i18n.js').Translate} */
    this.t = fill;
    this.panel = find('.batch');
    this.text = find('.batch-text');
    this.zip = /** @type {HTMLButtonElement} */ (find('.zip'));
    this.film = new Filmstrip(find('.film'), acts);
    this.forAll = find('.for-all');
    this.choose = find('.toolbar .choose');
    this.close = find('.close');
    this.zip.addEventListener('click', () => this.save());
  }

  async save() {
    try {
      download(await this.batch.zip(), 'deblurred.zip');
      this.text.textContent = this.t('Saved as {name}', { name: 'deblurred.zip' });
    } catch (error) {
      this.text.textContent = describeError(error, this.t);
    }
    this.announce(this.text.textContent);
  }

  /**
   * @param {Item | null} current The one that is looked at.
   * @param {import('./i18n.js').Translate} t
   */
  show(current, t) {
    const { items, ended } = this.batch;
    this.t = t;
    const several = items.length > 1;
    this.panel.hidden = !several;
    this.forAll.hidden = !several;
    this.choose.textContent = t(several ? chooseTexts.more : chooseTexts.one);
    this.close.title = t(several ? closeTexts.all : closeTexts.one);
    this.close.setAttribute('aria-label', this.close.title);
    this.film.show(items, current, t);
    const [done, failed, cancelled] = [this.batch.count('done'), this.batch.count('failed'), this.batch.count('cancelled')];
    const said = [t('{done} of {count} done', { done, count: items.length })];
    if (failed) said.push(t('{failed} failed', { failed }));
    if (cancelled) said.push(t('{cancelled} cancelled', { cancelled }));
    this.text.textContent = said.join(', ');
    this.zip.disabled = !ended || !items.some(({ result }) => result);
  }
}
