/** @typedef {Record<string, string | number>} Values */

/**
 * Puts values where a text names them: fill('{count} files', { count: 3 }).
 * @param {string} text
 * @param {Values} [values]
 */
export const fill = (text, values = {}) => text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));

/**
 * What went wrong, for programs (`code`) and for people (`message`: what it was and what to do). `text` and `values` are what the message
 * is made of, for whoever translates it.
 *
 * Codes: `bad-argument`, `not-a-picture`, `damaged`, `unsupported`, `too-large`, `no-model`, `bad-model`, `out-of-memory`,
 * `worker-died`.
 */
export class DeblurError extends Error {
  /**
   * @param {string} code
   * @param {string} text
   * @param {Values} [values]
   */
  constructor(code, text, values = {}) {
    super(fill(text, values));
    this.name = 'DeblurError';
    this.code = code;
    this.text = text;
    this.values = values;
  }
}

/**
 * For people.
 * @param {unknown} error
 * @param {(text: string, values?: Values) => string} t
 */
export function describeError(error, t) {
  const text =
    error instanceof DeblurError
      ? t(error.text, error.values)
      : t('Something unexpected happened: {error}', { error: String(error) });
  return /[?؟]$/.test(text) ? text : `${text}.`;
}

export const outOfMemory = () =>
  new DeblurError('out-of-memory', 'There is not enough memory for this picture; try a smaller one');
