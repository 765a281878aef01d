/** What is going on, how far it is, and how long it will take. */
export class BusyPanel {
  /** @param {ParentNode} root The template. */
  constructor(root) {
    const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (root.querySelector(selector));
    this.bar = /** @type {HTMLProgressElement} */ (find('progress'));
    this.texts = { doing: find('.doing'), percent: find('.percent'), left: find('.left') };
    /** @type {import('./i18n.js').Translate} */
    this.t = (text) => text;
  }

  /** @param {string} doing @param {number | null} done 0..1; null: nobody knows. @param {number | null} [secondsLeft] */
  show(doing, done, secondsLeft = null) {
    const { bar, texts } = this;
    texts.doing.textContent = doing;
    if (done === null) bar.removeAttribute('value');
    else bar.value = done;
    texts.percent.textContent = done === null ? '' : `${Math.floor(100 * done)}%`;
    texts.left.textContent = secondsLeft === null ? '' : this.t('about {seconds} s left', { seconds: secondsLeft });
  }
}
