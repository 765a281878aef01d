import { describeWork } from './diagnostics.js';

/** For whoever develops it or reports a bug: how the work went, and on how many threads it runs. */
export class DiagnosticsPanel {
  /**
   * @param {ParentNode} root The template.
   * @param {() => Promise<import('./deblur.js').Deblurrer>} deblurrer
   * @param {() => import('./session.js').Session | null} session What is looked at.
   */
  constructor(root, deblurrer, session) {
    const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (root.querySelector(selector));
    this.deblurrer = deblurrer;
    this.session = session;
    this.panel = find('.diagnostics');
    this.text = find('.diagnostics pre');
    this.threads = /** @type {HTMLSelectElement} */ (find('.threads'));
    this.panel.addEventListener('toggle', () => this.show());
    this.threads.addEventListener('change', () => this.useThreads());
    find('.copy-diagnostics').addEventListener('click', () => navigator.clipboard?.writeText(this.text.textContent ?? ''));
  }

  async show() {
    if (!this.panel.hasAttribute('open')) return;
    const deblurrer = await this.deblurrer();
    const { workers, mostWorkers } = deblurrer.plan;
    this.threads.replaceChildren(
      ...Array.from({ length: mostWorkers }, (_, i) => new Option(String(i + 1), undefined, false, i + 1 === workers)),
    );
    this.text.textContent = describeWork(deblurrer, this.session());
  }

  async useThreads() {
    (await this.deblurrer()).useWorkers(Number(this.threads.value));
    this.show();
  }
}
