/** @param {string} path Of a 24 x 24 icon, drawn in lines. */
const icon = (path) =>
  `<svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="${path}"></path></svg>`;

/** The element's markup, once; every instance clones it. English; i18n.js translates what has `data-t`, and the attributes. */
export const html = /* html */ `
<div class="frame" part="frame" data-state="empty">
  <p class="status" role="status"></p>
  <div class="stage" part="stage">
    <div class="empty" part="empty">
      <svg class="mark" viewBox="0 0 120 36" fill="currentColor" aria-hidden="true">
        <circle cx="18" cy="18" r="17" opacity=".14"></circle><circle cx="56" cy="18" r="11" opacity=".28"></circle>
        <circle cx="84" cy="18" r="6.5" opacity=".52"></circle><circle cx="105" cy="18" r="4"></circle>
      </svg>
      <p class="invite on-desktop" data-t>Drop a blurry photograph here</p>
      <p class="hint on-desktop" data-t>or paste one. It stays on your device.</p>
      <p class="invite on-phone" data-t hidden>Choose or take a blurry photograph</p>
      <p class="hint on-phone" data-t hidden>It stays on your device.</p>
      <div class="actions">
        <button type="button" class="primary choose" part="button" data-t>Choose a photograph</button>
        <button type="button" class="camera on-phone" part="button" data-t hidden>Take a photograph</button>
        <button type="button" class="sample" part="button" data-t hidden>Try the sample</button>
        <button type="button" class="folder on-desktop" part="button" data-t>A whole folder</button>
      </div>
    </div>
    <div class="error" part="error" role="alert" hidden>
      <p class="title" data-t>That did not work</p>
      <p class="failed-file" dir="auto"></p>
      <p class="message"></p>
      <div class="actions"><button type="button" class="primary choose" part="button" data-t>Choose another photograph</button></div>
    </div>
    <div class="view" part="view" tabindex="0" role="group"
      aria-label="The photograph. Plus and minus zoom, 0 fits, 1 shows its pixels, arrow keys move it, B shows it as it was, S puts both side by side." hidden>
      <div class="board" hidden></div><div class="board" hidden></div>
      <canvas></canvas>
      <div class="part" hidden></div>
      <div class="overlay" hidden>
        <input class="split" type="range" min="0" max="100" step="0.5" value="50" aria-label="How much of the photograph is shown as it was">
        <div class="divider"></div>
      </div>
      <span class="tag before-tag" data-t>Before</span><span class="tag after-tag" data-t>After</span>
    </div>
    <div class="topbar" hidden>
      <button type="button" class="close" part="button" aria-label="Close this photograph" title="Close this photograph">${icon('M6 6l12 12M18 6L6 18')}</button>
      <span class="file-name"></span>
    </div>
    <div class="viewbar" role="group" aria-label="View" hidden>
      <button type="button" class="zoom-out" part="button" aria-label="Zoom out" title="Zoom out (−)">${icon('M5 12h14')}</button>
      <button type="button" class="zoom" part="button" title="Fit, or 100% (0, 1)"></button>
      <button type="button" class="zoom-in" part="button" aria-label="Zoom in" title="Zoom in (+)">${icon('M5 12h14M12 5v14')}</button>
      <button type="button" class="side" part="button" aria-pressed="false" aria-label="Side by side" title="Side by side (S)">${icon('M3 5h7v14H3zM14 5h7v14h-7z')}</button>
      <button type="button" class="peek" part="button" aria-pressed="false" title="Hold to see the photograph as it was (or hold B)" data-t>Before</button>
    </div>
    <div class="busy" part="busy" hidden>
      <progress max="1" aria-label="Sharpening"></progress>
      <div class="row"><span class="doing"></span><span class="left"></span><span class="percent"></span><button type="button" class="cancel" part="button" data-t>Cancel</button></div>
    </div>
  </div>
  <div class="panel" part="panel" hidden>
    <section class="found">
      <canvas class="kernel" role="img" aria-label="The shape of the blur"></canvas>
      <div><p class="finding"></p><p class="note"></p>
      <button type="button" class="anyway" part="button" data-t hidden>Sharpen anyway</button>
      <button type="button" class="again" part="button" data-t hidden>Finish it</button></div>
    </section>
    <ul class="notes" hidden></ul>
    <div class="controls">
      <label class="strength-field"><span class="name"><span data-t>Strength</span> <output class="strength-text">100%</output></span><input class="strength" type="range" min="0" max="100" step="1" value="100"></label>
      <label><span class="name" data-t>Kind of blur</span>
        <select class="kind">
          <option value="auto" data-t>As found</option>
          <option value="none" data-t>None</option>
          <option value="gaussian" data-t>Soft (Gaussian)</option>
          <option value="defocus" data-t>Out of focus</option>
          <option value="motion" data-t>Motion</option>
          <option value="shake" data-t>Camera shake</option>
        </select></label>
      <label class="size-field"><span class="name"><span data-t>Size</span> <output class="size-text"></output></span><input class="size" type="range" min="0" max="1" step="0.001"></label>
      <label class="angle-field"><span class="name"><span data-t>Direction</span> <output class="angle-text"></output></span><input class="angle" type="range" min="0" max="179" step="1"></label>
    </div>
    <div class="where">
      <button type="button" class="only" part="button" data-t>Sharpen only what is in view</button>
      <button type="button" class="everywhere" part="button" data-t hidden>The whole photograph again</button>
    </div>
    <div class="controls save">
      <label><span class="name" data-t>Save as</span>
        <select class="format">
          <option value="jpeg">JPEG</option>
          <option value="png" data-t>PNG (lossless)</option>
          <option value="webp">WebP</option>
        </select></label>
      <label class="quality-field"><span class="name"><span data-t>Quality</span> <output class="quality-text"></output></span><input class="quality" type="range" min="40" max="100" step="1" value="92"></label>
      <p class="for-all" data-t hidden>Strength, format and quality, once you choose them, are those of all photographs.</p>
      <label class="gps-field tick" hidden><input class="gps" type="checkbox"><span data-t>Leave out where it was taken (GPS)</span></label>
    </div>
    <div class="toolbar">
      <button type="button" class="primary download" part="button" data-t>Download</button>
      <button type="button" class="copy" part="button" data-t>Copy</button>
      <button type="button" class="share" part="button" data-t hidden>Share</button>
      <button type="button" class="choose" part="button" data-t>New photograph</button>
    </div>
    <details class="diagnostics">
      <summary data-t>Settings, and details for a bug report</summary>
      <div class="settings">
        <label><span data-t>Model</span> <select class="model"></select></label>
        <label><span data-t>Threads</span> <select class="threads"></select></label>
      </div>
      <pre tabindex="0"></pre>
      <button type="button" class="copy-diagnostics" part="button" data-t>Copy the details</button>
    </details>
  </div>
  <div class="batch" part="batch" hidden>
    <div class="row">
      <span class="batch-text"></span>
      <button type="button" class="primary zip" part="button" data-t disabled>Download all (zip)</button>
    </div>
    <ol class="film" aria-label="Photographs"></ol>
  </div>
  <dialog class="leaving" aria-labelledby="leaving-text">
    <form method="dialog">
      <p class="title leaving-text" id="leaving-text"></p>
      <p data-t>What was not downloaded is lost.</p>
      <div class="actions">
        <button value="close" part="button" data-t>Leave</button>
        <button value="" class="primary" part="button" autofocus data-t>Stay</button>
      </div>
    </form>
  </dialog>
  <input class="file" type="file" accept="image/*" multiple hidden aria-label="Photographs">
  <input class="file-camera" type="file" accept="image/*" capture="environment" hidden aria-label="Photograph">
  <input class="file-folder" type="file" webkitdirectory hidden aria-label="Folder">
</div>`;
