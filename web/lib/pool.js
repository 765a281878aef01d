import { DeblurError, outOfMemory } from './errors.js';

/**
 * @typedef {object} Job A request to any one worker.
 * @property {() => { message: { type: string }, transfer?: Transferable[] }} make Called anew when it has to be done again: what was
 *   transferred to a worker that died is gone.
 * @property {(message: any, reply: (message: object, transfer: Transferable[]) => void) => void} [onMessage] Told what a worker says
 *   before it answers. If it throws, so ends the job.
 * @property {() => number} [rank] Of the jobs that wait the one of the least rank is next; asked each time. Default: 0.
 * @property {AbortSignal} [signal] Rejects at once; a worker that is at it stops the next time that it wants something.
 *
 * @typedef {Job & { attempts: number, resolve: (answer: any) => void, reject: (reason: unknown) => void }} Waiting
 *
 * @typedef {object} Member
 * @property {Worker} worker
 * @property {Waiting | null} job What it is doing.
 * @property {boolean} ready Whether it has opened the model.
 * @property {boolean} leaving Whether another takes its place as soon as it can.
 * @property {ReturnType<typeof setTimeout> | undefined} stalled Runs out where a worker says nothing for too long.
 *
 * @typedef {object} PoolOptions
 * @property {WebAssembly.Module} module Compiled once; each worker makes an instance of it, with its own memory.
 * @property {ArrayBuffer} model
 * @property {number} [stallMs] A worker that is at work and says nothing for so long is taken for dead. It reports several times a
 *   second, unless it decodes or writes a very large picture, or looks for blur in one.
 */

/** A job that has ended so many workers would end the next one, too. */
const ATTEMPTS = 3;

/** @param {string} why */
const lost = (why) => new DeblurError('worker-died', 'The work was lost ({why}); try again, or with a smaller picture', { why });

/** Workers that share nothing, and the jobs that wait for them. One that dies is replaced, and what it did is done again. */
export class WorkerPool {
  /** @param {PoolOptions} options */
  constructor({ module, model, stallMs = 60_000 }) {
    this.opening = { type: 'open', module, model };
    this.stallMs = stallMs;
    /** A worker that takes more memory than this is replaced. */
    this.mostBytes = Number.POSITIVE_INFINITY;
    /** @type {Member[]} */
    this.members = [];
    /** @type {Waiting[]} */
    this.waiting = [];
    /** How many workers were replaced. */
    this.replaced = 0;
  }

  /** @returns {Promise<any>} What the new worker says when it is ready. */
  hire() {
    const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'deblur' });
    /** @type {Member} */
    const member = { worker, job: null, ready: false, leaving: false, stalled: undefined };
    worker.onmessage = (event) => this.receive(member, event.data);
    worker.onerror = (event) => this.bury(member, event.message || 'a worker did not start');
    this.members.push(member);
    return new Promise((resolve, reject) =>
      this.give(member, { make: () => ({ message: this.opening }), attempts: ATTEMPTS, resolve, reject }),
    );
  }

  /**
   * @param {number} count How many workers there shall be; some may come later, or not at all.
   * @param {number} mostBytes What each may keep.
   */
  grow(count, mostBytes) {
    this.mostBytes = mostBytes;
    while (this.members.length < count) this.hire().catch(() => {});
  }

  /** Lets workers go, idle ones first; what the others did is done again by those who stay. @param {number} count How many stay, at least 1. */
  shrink(count) {
    const busyFirst = [...this.members].sort((a, b) => Number(Boolean(b.job)) - Number(Boolean(a.job)));
    for (const { worker, job, ready, stalled } of busyFirst.slice(count)) {
      clearTimeout(stalled);
      worker.terminate();
      this.members = this.members.filter((other) => other.worker !== worker);
      if (ready && job) this.waiting.push(job);
      else job?.reject(lost('a worker was let go'));
    }
    this.assign();
  }

  /**
   * @param {Job} job
   * @returns {Promise<any>} The worker's answer. Rejects with a DeblurError, or the signal's reason.
   */
  run(job) {
    if (!this.members.length) this.hire().catch((error) => this.giveUpIfAlone(error));
    return new Promise((resolve, reject) => {
      const { signal } = job;
      if (signal?.aborted) return reject(signal.reason);
      const waiting = { ...job, attempts: 0, resolve, reject };
      signal?.addEventListener('abort', () => {
        this.waiting = this.waiting.filter((other) => other !== waiting);
        reject(signal.reason);
      });
      this.waiting.push(waiting);
      this.assign();
    });
  }

  /** Gives what waits to those who are idle. */
  assign() {
    for (const member of this.members) {
      if (member.job || member.leaving || !this.waiting.length) continue;
      const ranks = this.waiting.map((job) => job.rank?.() ?? 0);
      const [next] = this.waiting.splice(ranks.indexOf(Math.min(...ranks)), 1);
      this.give(member, next);
    }
  }

  /** @param {Member} member @param {Waiting} job */
  give(member, job) {
    member.job = job;
    this.watch(member);
    try {
      const { message, transfer = [] } = job.make();
      member.worker.postMessage(message, transfer);
    } catch (error) {
      // No memory to cut a tile from the picture; or what was transferred to a worker that died, and cannot be made again.
      member.job = null;
      clearTimeout(member.stalled);
      const why = error instanceof Error ? error.message : String(error);
      job.reject(error instanceof RangeError ? outOfMemory() : lost(why));
    }
  }

  /** @param {Member} member */
  watch(member) {
    clearTimeout(member.stalled);
    member.stalled = setTimeout(() => this.bury(member, 'a worker no longer answers'), this.stallMs);
  }

  /** @param {Member} member @param {any} message */
  receive(member, message) {
    const { job } = member;
    if (!job) return;
    // A module that trapped is in an unknown state, and one that has no model is of no use.
    if (message.code === 'worker-died') return this.bury(member, message.text);
    if (message.type === 'error' && !member.ready) {
      job.reject(new DeblurError(message.code, message.text, message.values));
      return this.bury(member, message.text);
    }
    if (message.type !== 'done' && message.type !== 'error') {
      this.watch(member);
      return this.hear(member.worker, job, message);
    }
    clearTimeout(member.stalled);
    member.job = null;
    member.ready = true;
    if (message.memoryBytes > this.mostBytes) this.renew(member);
    if (message.type === 'error') job.reject(new DeblurError(message.code, message.text, message.values));
    else job.resolve(message);
    this.assign();
  }

  /** @param {Worker} worker @param {Waiting} job @param {any} message */
  hear(worker, job, message) {
    try {
      job.signal?.throwIfAborted();
      job.onMessage?.(message, (reply, transfer) => worker.postMessage(reply, transfer));
    } catch (error) {
      job.reject(error);
      worker.postMessage({ type: 'stop' }); // it may wait for a reply
    }
  }

  /**
   * Ends a worker that is not to be trusted, hires another, and sees that the job is done.
   * @param {Member} member
   * @param {string} why
   */
  bury(member, why) {
    if (!this.members.includes(member)) return;
    this.members = this.members.filter((other) => other !== member);
    clearTimeout(member.stalled);
    member.worker.terminate();
    const { job } = member;
    if (job?.signal?.aborted) job.attempts = ATTEMPTS; // nobody waits for it
    if (job && ++job.attempts < ATTEMPTS) this.waiting.push(job);
    else job?.reject(lost(why));
    if (!member.ready) return; // the next would not start, either
    this.replaced++;
    this.hire().catch((error) => this.giveUpIfAlone(error));
  }

  /**
   * A worker whose module has grown too large gives its memory back only with its life. Another takes its place; where none can be had, it stays.
   * @param {Member} member
   */
  async renew(member) {
    member.leaving = true;
    try {
      await this.hire();
      this.members = this.members.filter((other) => other !== member);
      member.worker.terminate();
    } catch {
      member.leaving = false;
      this.assign();
    }
  }

  /** Nobody is left, and none can be had. @param {unknown} reason */
  giveUpIfAlone(reason) {
    if (this.members.length) return;
    for (const job of this.waiting.splice(0)) job.reject(reason);
  }

  /**
   * Ends all workers, and with them their memory.
   * @param {unknown} reason What is rejected is rejected with.
   */
  destroy(reason) {
    for (const { worker, job, stalled } of this.members.splice(0)) {
      clearTimeout(stalled);
      worker.terminate();
      job?.reject(reason);
    }
    for (const job of this.waiting.splice(0)) job.reject(reason);
  }
}
