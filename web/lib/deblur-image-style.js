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
  --height: var(--deblur-height, min(72vh, 52rem));
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

.viewbar button, .close { display: inline-grid; place-items: center; }
.icon { display: block; width: 1.25rem; height: 1.25rem; }

.status { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

/* ---- the stage: invitation, picture, or what went wrong ---- */
.stage {
  position: relative;
  display: grid;
  place-items: center;
  min-width: 0;
  min-height: 16rem;
  background: var(--stage);
}
.frame.over .stage { box-shadow: inset 0 0 0 3px var(--accent); }
.empty, .error { padding: 2.5rem 1.25rem; text-align: center; max-width: 42rem; }
.mark { width: 9rem; margin-bottom: 0.8rem; color: var(--accent); }
.invite, .title { margin: 0; font-size: 1.3rem; font-weight: 600; }
.hint { margin: 0.2rem 0 1.4rem; color: var(--quiet); }
.message { margin: 0.4rem 0 1.4rem; }
.failed-file { margin: 0.4rem 0 0; color: var(--quiet); overflow-wrap: anywhere; }
.error .title { color: var(--alarm); }
.actions { display: flex; flex-wrap: wrap; gap: 0.6rem; justify-content: center; }

/* ---- the view: one canvas, as large as what is seen ---- */
.view { position: relative; width: 100%; aspect-ratio: var(--aspect, 1.5); max-height: var(--height); min-height: 12rem; overflow: hidden; touch-action: pan-y; }
.zoomed .view, :host([fill]) .view { touch-action: none; }
.zoomed .view { cursor: grab; }
.zoomed .view:active { cursor: grabbing; }
.view:focus-visible { outline-offset: -3px; }
.view > canvas { position: absolute; inset: 0; width: 100%; height: 100%; }
/* What is transparent is seen to be. */
.board { position: absolute; background: repeating-conic-gradient(#c6c6c6 0 25%, #e6e6e6 0 50%) 0 0 / 1rem 1rem; }

/* What is restored, where that is a part. */
.part { position: absolute; pointer-events: none; border: 2px dashed #fff; box-shadow: inset 0 0 0 2px rgb(0 0 0 / 0.45); }

/* The slider lies over the picture, half a thumb wider on either side, so that the thumb's middle goes from edge to edge. */
.overlay { position: absolute; pointer-events: none; direction: ltr; }
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
  pointer-events: none;
  touch-action: none;
}
.split::-webkit-slider-runnable-track { height: 100%; }
.split::-webkit-slider-thumb { appearance: none; width: 2.8rem; height: 100%; pointer-events: auto; }
.split::-moz-range-thumb { width: 2.8rem; height: 100%; border: 0; pointer-events: auto; }
.divider {
  position: absolute;
  inset: 0 auto 0 var(--split);
  width: 2px;
  margin-left: -1px;
  background: #fff;
  box-shadow: 0 0 0 1px rgb(0 0 0 / 0.35);
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
.small .divider::after { width: 1.4rem; height: 1.4rem; margin: -0.7rem; }
.split:focus-visible + .divider::after { outline: 3px solid var(--accent); outline-offset: 2px; }
.tag, .file-name {
  padding: 0.1rem 0.6rem;
  border-radius: 99px;
  background: rgb(12 16 20 / 0.72);
  color: #fff;
  font-size: 0.8rem;
  pointer-events: none;
}
.tag { position: absolute; bottom: calc(var(--from-bottom, 0px) + 0.7rem); }
.before-tag { left: calc(var(--from-side, 0px) + 0.7rem); }
.after-tag { right: calc(var(--from-side, 0px) + 0.7rem); }

/* What floats over the picture: closing it, and how it is seen. */
.topbar { position: absolute; inset: 0.6rem 0.6rem auto; display: flex; gap: 0.6rem; align-items: center; pointer-events: none; }
.close { width: 2.5rem; padding: 0; border-radius: 50%; pointer-events: auto; }
.file-name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; max-width: 60%; }
.viewbar {
  position: absolute;
  bottom: 0.7rem;
  left: 50%;
  display: flex;
  direction: ltr;
  transform: translateX(-50%);
  border-radius: calc(var(--radius) * 0.8);
  background: var(--panel);
  box-shadow: 0 1px 8px rgb(0 0 0 / 0.3);
}
.viewbar button { min-width: 2.75rem; min-height: 2.75rem; padding: 0 0.6rem; border: 0; background: none; font-variant-numeric: tabular-nums; }
.viewbar .zoom { min-width: 4rem; }
.viewbar button:hover:not(:disabled), .viewbar button[aria-pressed='true'] { color: var(--accent); }
.viewbar button[aria-pressed='true'] { box-shadow: inset 0 -3px 0 var(--accent); }
.viewbar button:focus-visible { outline-offset: -3px; }
.peek { touch-action: none; user-select: none; -webkit-user-select: none; }

/* While it works the picture stays free: what is done is told above it. */
.busy { position: absolute; inset: 0 0 auto; background: color-mix(in srgb, var(--panel) 92%, transparent); border-bottom: 1px solid var(--line); }
.busy .row { display: flex; align-items: center; gap: 0.9rem; padding: 0.45rem 0.8rem; font-size: 0.95rem; }
.doing { flex: 1; }
.left, .percent { color: var(--quiet); font-variant-numeric: tabular-nums; white-space: nowrap; }
.busy button { min-height: 2rem; padding-block: 0.1rem; }
.frame[data-state='working'] .topbar { top: 4rem; }
progress { appearance: none; display: block; width: 100%; height: 4px; border: 0; overflow: hidden; background: var(--line); }
progress::-webkit-progress-bar { background: var(--line); }
progress::-webkit-progress-value { background: var(--accent); transition: width 0.25s linear; }
progress::-moz-progress-bar { background: var(--accent); }

/* ---- what was found, what can be changed, and what goes out ---- */
.panel { display: grid; align-content: start; gap: 1rem; padding: 1rem 1.1rem 1.1rem; border-top: 1px solid var(--line); min-width: 0; }
.found { display: flex; gap: 0.9rem; align-items: flex-start; }
.kernel { flex: none; width: 4.5rem; height: 4.5rem; border: 1px solid var(--line); border-radius: calc(var(--radius) * 0.6); background: var(--stage); color: var(--accent); image-rendering: pixelated; }
.finding { margin: 0; font-weight: 600; }
.note { margin: 0.15rem 0 0; color: var(--quiet); font-size: 0.9rem; }
.note.problem { color: var(--alarm); }
.found button { margin-top: 0.5rem; }
.notes { margin: 0; padding: 0.6rem 0.9rem 0.6rem 1.9rem; border-radius: calc(var(--radius) * 0.6); background: var(--stage); font-size: 0.9rem; }
.controls { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 0.7rem 1.4rem; }
label { display: grid; gap: 0.15rem; align-content: start; color: var(--quiet); font-size: 0.9rem; }
label .name { display: flex; justify-content: space-between; }
label output { direction: ltr; color: var(--ink); font-variant-numeric: tabular-nums; }
label select { width: 100%; color: var(--ink); font-size: 1rem; }
label.tick { display: flex; align-items: center; gap: 0.5rem; min-height: 2.5rem; color: var(--ink); }
.tick input { width: 1.2rem; height: 1.2rem; accent-color: var(--accent); }
input[type='range']:not(.split) { width: 100%; height: 2.25rem; margin: 0; accent-color: var(--accent); }
.for-all { margin: 0; font-size: 0.9rem; color: var(--quiet); }
.where { display: flex; flex-wrap: wrap; gap: 0.6rem; }
.where button { flex: 1 1 auto; }
.save { padding-top: 1rem; border-top: 1px solid var(--line); }
.toolbar { display: flex; flex-wrap: wrap; gap: 0.6rem; }
.toolbar button { flex: 1 1 auto; }
.diagnostics { color: var(--quiet); font-size: 0.85rem; }
.diagnostics summary { cursor: pointer; min-height: 1.6rem; }
.settings { display: flex; flex-wrap: wrap; gap: 0.4rem 1.4rem; margin-block: 0.4rem; }
.settings label { display: flex; align-items: center; gap: 0.6rem; }
.diagnostics pre { overflow: auto; padding: 0.6rem; border-radius: calc(var(--radius) * 0.6); background: var(--stage); font-size: 0.75rem; line-height: 1.5; white-space: pre-wrap; overflow-wrap: anywhere; direction: ltr; text-align: left; }

/* ---- several photographs ---- */
.batch { padding: 0.6rem 0.8rem 0.8rem; border-top: 1px solid var(--line); background: var(--panel); min-width: 0; }
.batch .row { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 0.5rem 1rem; margin-bottom: 0.5rem; }
/* Side by side where there is room for both; otherwise each has a line. */
.batch-text { flex: 999 1 9rem; }
.zip { flex: 1 0 auto; white-space: nowrap; }
.film { display: flex; gap: 0.5rem; margin: 0; padding: 4px; list-style: none; overflow-x: auto; }
.film li { position: relative; flex: none; }
.remove { position: absolute; inset: 0 0 auto auto; z-index: 2; width: 1.5rem; min-height: 1.5rem; padding: 0; border: 0; border-radius: 0 calc(var(--radius) * 0.6); background: rgb(12 16 20 / 0.72); color: #fff; line-height: 1; }
.thumb { position: relative; display: grid; place-items: center; width: 5.5rem; height: 4rem; min-height: 0; padding: 0; overflow: hidden; background: var(--stage); }
.film canvas { width: 100%; height: 100%; object-fit: cover; }
.thumb[data-state='waiting'] canvas { opacity: 0.45; }
.thumb[aria-current='true'] { outline: 3px solid var(--accent); }
.thumb::before { content: ''; position: absolute; z-index: 1; inset: auto auto 0 0; width: calc(100% * var(--done, 0)); height: 5px; background: var(--accent); }
.thumb:is([data-state='done'], [data-state='failed'], [data-state='cancelled'])::after {
  position: absolute;
  inset: auto auto 0.4rem 0.25rem;
  width: 1.3rem;
  border-radius: 50%;
  background: var(--accent);
  color: var(--on-accent);
  font-size: 0.8rem;
  line-height: 1.3rem;
}
.thumb[data-state='done']::after { content: '✓'; }
.thumb[data-state='failed']::after { content: '!'; background: var(--alarm); color: var(--panel); }
.thumb[data-state='cancelled']::after { content: '×'; background: var(--quiet); color: var(--panel); }
.leaving { max-width: min(26rem, calc(100vw - 2rem)); padding: 1.2rem; border: 1px solid var(--line); border-radius: var(--radius); background: var(--panel); color: inherit; }
.leaving::backdrop { background: rgb(0 0 0 / 45%); }
.leaving p { margin: 0 0 0.6rem; }
.leaving .actions { display: flex; flex-wrap: wrap; justify-content: flex-end; gap: 0.5rem; margin-top: 1rem; }

/* ---- all of the window, on a page of its own ---- */
:host([fill][active]) .frame {
  position: fixed;
  z-index: 10;
  inset: 0;
  display: grid;
  grid-template: minmax(0, 1fr) auto auto / minmax(0, 1fr);
  border: 0;
  border-radius: 0;
}
:host([fill][active]) .view { height: 100%; aspect-ratio: auto; max-height: none; }
:host([fill][active]) .stage { min-height: 0; }
:host([fill][active]) .panel { max-height: 46dvh; overflow: auto; overscroll-behavior: contain; padding-bottom: 0; scroll-padding-bottom: 5rem; }
/* Saving is never further away than a thumb. */
:host([fill][active]) .toolbar { position: sticky; bottom: 0; order: 1; margin-inline: -1.1rem; padding: 0.7rem 1.1rem max(0.7rem, env(safe-area-inset-bottom)); background: var(--panel); border-top: 1px solid var(--line); }
@media (min-width: 56rem), (min-width: 36rem) and (max-height: 32rem) {
  :host([fill][active]) .frame { grid-template: minmax(0, 1fr) auto / minmax(0, 1fr) minmax(15rem, min(21rem, 40vw)); }
  :host([fill][active]) .stage { grid-area: 1 / 1; }
  :host([fill][active]) .panel { grid-area: 1 / 2; max-height: none; border-top: 0; border-inline-start: 1px solid var(--line); }
  :host([fill][active]) .panel .controls { grid-template-columns: 1fr; }
  :host([fill][active]) .frame:has(.panel[hidden]) .stage { grid-column: 1 / -1; }
  :host([fill][active]) .batch { grid-area: 2 / 1 / auto / -1; }
}
/* Where there is little height, more of it is the photograph's. */
@media (max-width: 32rem), (max-height: 32rem) {
  :host([fill][active]) .frame:has(.batch:not([hidden])) .panel { max-height: 36dvh; }
  .batch { padding-block: 0.4rem; }
  .batch .row { margin-bottom: 0.2rem; }
  .zip { min-height: 2rem; padding-block: 0.1rem; }
  .thumb { width: 4.2rem; height: 2.8rem; }
  .tag { bottom: max(4rem, calc(var(--from-bottom, 0px) + 0.7rem)); }
}
@media (min-width: 36rem) and (max-height: 32rem) {
  :host([fill][active]) .toolbar { flex-wrap: nowrap; padding-block: 0.4rem; }
  .toolbar button { min-height: 2.25rem; padding-inline: 0.4rem; font-size: 0.85rem; white-space: nowrap; }
  .batch { display: flex; align-items: center; gap: 0.8rem; }
  .batch .row { flex: 0 0 auto; flex-wrap: nowrap; margin: 0; }
  .film { flex: 1; }
  :host([fill][active]) .frame:has(.batch:not([hidden])) .panel { max-height: none; }
}
@media (max-width: 32rem) {
  .panel { gap: 0.8rem; padding-inline: 0.9rem; }
  .toolbar { gap: 0.5rem; }
  .toolbar button { padding-inline: 0.65rem; }
  .kernel { width: 3.6rem; height: 3.6rem; }
}
@media (prefers-reduced-motion: reduce) { *, *::-webkit-progress-value { transition: none !important; } }
`;
