/**
 * The element's style. A constructed sheet, so that a strict Content-Security-Policy needs no exception for it.
 * Custom properties to set from outside: --deblur-accent, --deblur-radius, --deblur-height.
 */
export const css = /* css */ `
:host {
  --ink: #1d232b;
  --quiet: #5b6672;
  --line: #d5dae0;
  --panel: #ffffff;
  --stage: #e9ecef;
  --alarm: #a4262c;
  --accent: var(--deblur-accent, #0b5d7a);
  --on-accent: #ffffff;
  --radius: var(--deblur-radius, 10px);
  --height: var(--deblur-height, min(74vh, 52rem));
  display: block;
  color: var(--ink);
  font: 400 1rem/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif;
  -webkit-text-size-adjust: 100%;
}
/* Dark where the page says that it can be (color-scheme), so that an article that is always light stays in one piece. */
@supports (color: light-dark(#000, #fff)) {
  :host {
    --ink: light-dark(#1d232b, #e8ebee);
    --quiet: light-dark(#5b6672, #a3adb8);
    --line: light-dark(#d5dae0, #3a434d);
    --panel: light-dark(#ffffff, #1e242b);
    --stage: light-dark(#e9ecef, #12161a);
    --alarm: light-dark(#a4262c, #ff9a94);
    --accent: var(--deblur-accent, light-dark(#0b5d7a, #6cc3e0));
    --on-accent: light-dark(#ffffff, #08222c);
  }
}
:host([hidden]), [hidden] { display: none !important; }
* { box-sizing: border-box; }
.frame {
  position: relative;
  overflow: hidden;
  border: 1px solid var(--line);
  border-radius: var(--radius);
  background: var(--panel);
}
button, select, input { font: inherit; color: inherit; }
button, select {
  min-height: 2.5rem;
  padding: 0.35rem 0.9rem;
  border: 1px solid var(--line);
  border-radius: calc(var(--radius) * 0.6);
  background: var(--panel);
  cursor: pointer;
}
button:hover:not(:disabled), select:hover { border-color: var(--accent); }
button.primary { border-color: transparent; background: var(--accent); color: var(--on-accent); font-weight: 600; }
button.primary:hover:not(:disabled) { border-color: transparent; filter: brightness(1.08); }
button:disabled { opacity: 0.45; cursor: default; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }

.status { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

/* ---- the stage: invitation, picture, or what went wrong ---- */
.stage {
  position: relative;
  display: grid;
  place-items: center;
  min-height: 16rem;
  background: var(--stage);
}
.frame:is([data-state='working'], [data-state='done']) .stage { min-height: 12rem; }
.frame.over .stage { box-shadow: inset 0 0 0 3px var(--accent); }
.empty, .error { width: 100%; padding: clamp(2.2rem, 7vw, 5rem) 1rem; text-align: center; }
.empty svg { width: 7.5rem; color: var(--accent); }
.invite { margin: 1rem 0 0.2rem; font-size: 1.35rem; font-weight: 600; letter-spacing: -0.01em; }
.hint { margin: 0; color: var(--quiet); }
.actions { display: flex; flex-wrap: wrap; justify-content: center; gap: 0.6rem; margin-top: 1.4rem; }
.error .title { margin: 0 0 0.3rem; color: var(--alarm); font-size: 1.15rem; font-weight: 600; }
.error .message { max-width: 36rem; margin: 0 auto; }

.view { position: relative; overflow: hidden; width: 100%; }
.scroller { overflow: auto; max-height: var(--height); outline-offset: -3px; }
.pair { display: grid; justify-content: center; width: 100%; }
canvas { display: block; grid-area: 1 / 1; max-width: 100%; max-height: var(--height); }
canvas.before { clip-path: inset(0 calc(100% - var(--edge, 100%)) 0 0); }
canvas.after { clip-path: inset(0 0 0 var(--edge, 100%)); }
.pixels .scroller { cursor: grab; }
.pixels .scroller:active { cursor: grabbing; }
.pixels .pair { width: max-content; min-width: 100%; }
.pixels canvas { max-width: none; max-height: none; image-rendering: pixelated; }

/* The slider lies over the picture, half a thumb wider on either side, so that the thumb's middle goes from edge to edge. */
.overlay { position: absolute; pointer-events: none; }
.split {
  appearance: none;
  position: absolute;
  inset: 0 -1.4rem;
  width: calc(100% + 2.8rem);
  height: 100%;
  margin: 0;
  background: none;
  opacity: 0;
  cursor: ew-resize;
  pointer-events: auto;
  touch-action: pan-y;
}
.split::-webkit-slider-runnable-track { height: 100%; }
.split::-webkit-slider-thumb { appearance: none; width: 2.8rem; height: 100%; pointer-events: auto; }
.split::-moz-range-thumb { width: 2.8rem; height: 100%; border: 0; pointer-events: auto; }
.pixels .split { pointer-events: none; }
.divider {
  position: absolute;
  inset: 0 auto 0 var(--split);
  width: 2px;
  margin-left: -1px;
  background: #fff;
  box-shadow: 0 0 0 1px rgb(0 0 0 / 0.35);
  pointer-events: none;
}
.divider::after {
  content: '';
  position: absolute;
  top: 50%;
  left: 50%;
  width: 2.4rem;
  height: 2.4rem;
  margin: -1.2rem;
  border-radius: 50%;
  background: #fff
    url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' fill='none' stroke='%231d232b' stroke-width='2' stroke-linecap='round' stroke-linejoin='round'%3E%3Cpath d='M9 7l-5 5 5 5M15 7l5 5-5 5'/%3E%3C/svg%3E")
    center / 1.3rem no-repeat;
  box-shadow: 0 1px 6px rgb(0 0 0 / 0.45);
}
.split:focus-visible + .divider::after { outline: 3px solid var(--accent); outline-offset: 2px; }
.tag {
  position: absolute;
  top: 0.7rem;
  padding: 0.1rem 0.6rem;
  border-radius: 99px;
  background: rgb(12 16 20 / 0.66);
  color: #fff;
  font-size: 0.8rem;
  pointer-events: none;
}
.tag.left { left: 0.7rem; }
.tag.right { right: 0.7rem; }
.busy {
  position: absolute;
  inset: auto 0 0 0;
  padding: 0.9rem 1.1rem 1rem;
  background: color-mix(in srgb, var(--panel) 94%, transparent);
  border-top: 1px solid var(--line);
}
.busy .row { display: flex; align-items: center; gap: 1rem; margin-bottom: 0.5rem; }
.doing { flex: 1; }
.percent { color: var(--quiet); font-variant-numeric: tabular-nums; }
.busy button { min-height: 2.1rem; }
progress { appearance: none; display: block; width: 100%; height: 6px; border: 0; border-radius: 3px; overflow: hidden; background: var(--line); }
progress::-webkit-progress-bar { background: var(--line); }
progress::-webkit-progress-value { background: var(--accent); transition: width 0.25s linear; }
progress::-moz-progress-bar { background: var(--accent); }

/* ---- below: what was found, and what can be changed ---- */
.panel { padding: 1rem 1.1rem 1.1rem; border-top: 1px solid var(--line); }
.finding { margin: 0 0 0.9rem; font-weight: 600; }
.finding small { display: block; color: var(--quiet); font-weight: 400; font-size: 0.9rem; }
.controls { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 0.9rem 1.4rem; margin: 0; }
label { display: grid; gap: 0.25rem; color: var(--quiet); font-size: 0.9rem; }
label output { float: right; color: var(--ink); font-variant-numeric: tabular-nums; }
label select { width: 100%; color: var(--ink); font-size: 1rem; }
input[type='range']:not(.split) { width: 100%; height: 2.5rem; margin: 0; accent-color: var(--accent); }
.toolbar { display: flex; flex-wrap: wrap; gap: 0.6rem; margin-top: 1rem; }
.toolbar .grow { flex: 1; }
.peek { touch-action: none; user-select: none; -webkit-user-select: none; }
.peek[aria-pressed='true'] { border-color: var(--accent); }
@media (max-width: 32rem) {
  .toolbar { gap: 0.5rem; }
  .toolbar button { flex: 1 1 auto; padding-inline: 0.65rem; }
  .toolbar .grow { display: none; }
}
@media (prefers-reduced-motion: reduce) { *, *::-webkit-progress-value { transition: none !important; } }
`;
