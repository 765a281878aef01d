/** Says how long work will take that reports its share. The first reports tell too little to say anything. */
export class TimeLeft {
  /** @param {() => number} [now] Milliseconds. */
  constructor(now = () => performance.now()) {
    this.now = now;
    this.start = now();
  }

  /**
   * @param {number} done 0..1
   * @returns {number | null} Seconds, rounded up as it suits; null: too early to say.
   */
  seconds(done) {
    const passed = (this.now() - this.start) / 1000;
    if (done < 0.05 || passed < 0.5) return null;
    const left = (passed / done) * (1 - done);
    return left > 20 ? Math.ceil(left / 5) * 5 : Math.max(1, Math.ceil(left));
  }
}
