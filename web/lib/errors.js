/**
 * What went wrong, for programs (`code`) and for people (`message`: what it was and what to do).
 *
 * Codes: `bad-argument`, `not-a-picture`, `damaged`, `unsupported`, `too-large`, `no-model`, `bad-model`, `out-of-memory`,
 * `worker-died`.
 */
export class DeblurError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.name = 'DeblurError';
    this.code = code;
  }
}
