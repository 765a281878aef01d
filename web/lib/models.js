/**
 * The models that come with the page. What they weigh and cost stands here, since one wants to know it before one is fetched;
 * tests/house.test.js holds it against the files.
 * @module
 */

/**
 * @typedef {object} ModelChoice
 * @property {string} file In weights/.
 * @property {number} megabytes Of the file.
 * @property {number} macs Thousands of multiply-adds for each pixel, the estimator's included.
 */

export const models = /** @type {Record<string, ModelChoice>} */ ({
  best: { file: 'student.dbm', megabytes: 1.1, macs: 21.6 },
  fast: { file: 'student-fast.dbm', megabytes: 0.4, macs: 6.8 },
});

/**
 * @param {string | URL} model The name of one of these, or where another is.
 * @param {string} [base] What an address is relative to. Default: it has to be a whole one, or the document's own.
 * @returns {string | URL}
 */
export function modelUrl(model, base) {
  const known = models[String(model)];
  if (known) return new URL(`../weights/${known.file}`, import.meta.url);
  return base ? new URL(model, base) : model;
}
