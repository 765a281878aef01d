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
