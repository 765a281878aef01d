import { describeWork } from './diagnostics.js';
import { fill } from './errors.js';
import { models } from './models.js';

const modelTexts = {
  best: 'Best ({size} MB)',
  fast: 'Fast ({size} MB, about {times} times as fast)',
};

/**
 * @typedef {object} Subject What it tells of.
 * @property {() => Promise<import('./deblur.js').Deblurrer>} deblurrer
 * @property {() => import('./session.js').Session | null} session What is looked at.
 * @property {() => string} model Its name, or where it is.
 * @property {(name: string) => void} useModel
 */

/** For whoever develops it, reports a bug or has a slow device: how the work went, with which model, and on how many threads. */
export class DiagnosticsPanel {
  /**
   * @param {ParentNode} root The template.
   * @param {Subject} subject
   */
  constructor(root, subject) {
    const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (root.querySelector(selector));
    this.subject = subject;
    /** @type {import('./i18n.js').Translate} */
    this.t = fill;
    this.panel = find('.diagnostics');
    this.text = find('.diagnostics pre');
    this.model = /** @type {HTMLSelectElement} */ (find('.model'));
    this.threads = /** @type {HTMLSelectElement} */ (find('.threads'));
    this.panel.addEventListener('toggle', () => this.unfold());
    this.model.addEventListener('change', () => subject.useModel(this.model.value));
    this.threads.addEventListener('change', () => this.useThreads());
    find('.copy-diagnostics').addEventListener('click', () => navigator.clipboard?.writeText(this.text.textContent ?? ''));
  }

  /** What has opened is seen, where the panel is low and scrolls. */
  async unfold() {
    await this.show();
    if (this.panel.hasAttribute('open')) this.panel.scrollIntoView({ block: 'nearest' });
  }

  async show() {
    if (!this.panel.hasAttribute('open')) return;
    this.showModels();
    const deblurrer = await this.subject.deblurrer();
    const { workers, mostWorkers } = deblurrer.plan;
    this.threads.replaceChildren(
      ...Array.from({ length: mostWorkers }, (_, i) => new Option(String(i + 1), undefined, false, i + 1 === workers)),
    );
    this.text.textContent = describeWork(deblurrer, this.subject.session());
  }

  /** Those that come with the page; and its own, where it has another. */
  showModels() {
    const used = this.subject.model();
    const texts = Object.entries(modelTexts).map(([name, text]) => {
      const { megabytes, macs } = models[name];
      return [name, this.t(text, { size: megabytes, times: Math.round(models.best.macs / macs) })];
    });
    if (!models[used]) texts.push([used, used.split('/').pop() ?? '']);
    this.model.replaceChildren(...texts.map(([name, text]) => new Option(text, name, false, name === used)));
  }

  async useThreads() {
    (await this.subject.deblurrer()).useWorkers(Number(this.threads.value));
    this.show();
  }
}
