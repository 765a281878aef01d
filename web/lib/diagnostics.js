/**
 * What a bug report should say: versions, what the device offers, how long things took. Nothing of the photograph but its size.
 * @param {import('./deblur.js').Deblurrer} deblurrer
 * @param {import('./session.js').Session | null} session
 * @returns {string}
 */
export function describeWork(deblurrer, session) {
  const { plan, geometry, pool, provenance, moduleName } = deblurrer;
  const model = provenance.split('\n').filter((line) => /^(made-by|network|steps|date)/.test(line));
  const lines = [
    `module: ${moduleName}`,
    ...model.map((line) => `model ${line}`),
    `workers: ${pool.members.length} (${pool.replaced} replaced), tiles: up to ${plan.tileWidth} x ${plan.tilePx} px, halo ${geometry.haloX} x ${geometry.halo} px`,
    `memory: at most ${Math.round(plan.workerBytes / 2 ** 20)} MB for each worker`,
    `browser: ${navigator.userAgent}`,
    `screen: ${innerWidth} x ${innerHeight} at ${devicePixelRatio}`,
  ];
  const { photograph, assumed, times } = session ?? {};
  if (photograph) lines.push(`picture: ${photograph.width} x ${photograph.height}${photograph.alpha ? ', with alpha' : ''}`);
  if (assumed) lines.push(`blur: ${assumed.kind}, ${assumed.sizePx.toFixed(2)} px, ${Math.round(assumed.angleDeg)} degrees`);
  for (const [name, ms] of Object.entries(times ?? {})) lines.push(`${name.replace('Ms', '')}: ${Math.round(ms)} ms`);
  return lines.join('\n');
}
