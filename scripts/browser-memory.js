import { readdirSync, readFileSync } from 'node:fs';

/** @returns {number} Megabytes of the processes below this one, what they share counted once (Linux' proportional set size). */
export function memoryOfChildren() {
  /** @type {Map<number, number>} */
  const parents = new Map();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry)))
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {} // it ended meanwhile
  let kilobytes = 0;
  for (const [pid, parent] of parents) {
    let above = parent;
    while (above && above !== process.pid) above = parents.get(above) ?? 0;
    if (above !== process.pid) continue;
    try {
      kilobytes += Number(/Pss:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
    } catch {}
  }
  return kilobytes / 1024;
}

/**
 * Looks again and again while something runs.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<{ result: T, before: number, peak: number }>} Megabytes.
 */
export async function watchMemory(work) {
  const before = memoryOfChildren();
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, memoryOfChildren());
  }, 50);
  try {
    return { result: await work(), before, peak };
  } finally {
    clearInterval(watch);
  }
}
