/** The element's markup, once; every instance clones it. */
export const html = /* html */ `
<div class="frame" part="frame" data-state="empty">
  <p class="status" role="status"></p>
  <div class="stage" part="stage">
    <div class="empty" part="empty">
      <svg viewBox="0 0 120 36" fill="currentColor" aria-hidden="true">
        <circle cx="18" cy="18" r="17" opacity=".14"></circle><circle cx="56" cy="18" r="11" opacity=".28"></circle>
        <circle cx="84" cy="18" r="6.5" opacity=".52"></circle><circle cx="105" cy="18" r="4"></circle>
      </svg>
      <p class="invite">Drop a blurry photograph here</p>
      <p class="hint">or paste one. It stays on your device.</p>
      <div class="actions">
        <button type="button" class="primary choose" part="button">Choose a photograph</button>
        <button type="button" class="sample" part="button" hidden>Try the sample</button>
      </div>
    </div>
    <div class="error" part="error" role="alert" hidden>
      <p class="title">That did not work</p>
      <p class="message"></p>
      <div class="actions"><button type="button" class="choose" part="button">Choose another photograph</button></div>
    </div>
    <div class="view" part="view" hidden>
      <div class="scroller" role="group" aria-label="The photograph">
        <div class="pair">
          <canvas class="after" role="img" aria-label="The sharpened photograph"></canvas>
          <canvas class="before" role="img" aria-label="The photograph as it was"></canvas>
        </div>
      </div>
      <div class="overlay" hidden>
        <input class="split" type="range" min="0" max="100" step="0.5" value="50" aria-label="How much of the photograph is shown as it was">
        <div class="divider"></div>
        <span class="tag left">Before</span><span class="tag right">After</span>
      </div>
    </div>
    <div class="busy" part="busy" hidden>
      <div class="row"><span class="doing"></span><span class="percent"></span><button type="button" class="cancel" part="button">Cancel</button></div>
      <progress max="1" aria-label="Sharpening"></progress>
    </div>
  </div>
  <div class="panel" part="panel" hidden>
    <p class="finding"></p>
    <div class="controls">
      <label><span>Kind of blur</span>
        <select class="kind">
          <option value="auto">As found</option>
          <option value="none">None</option>
          <option value="gaussian">Soft (Gaussian)</option>
          <option value="defocus">Out of focus</option>
          <option value="motion">Motion</option>
          <option value="shake">Camera shake</option>
        </select></label>
      <label class="size-field"><span>Size <output class="size-text"></output></span><input class="size" type="range" min="0" max="1" step="0.001"></label>
      <label class="angle-field"><span>Direction <output class="angle-text"></output></span><input class="angle" type="range" min="0" max="179" step="1"></label>
      <label><span>Strength <output class="strength-text">100%</output></span><input class="strength" type="range" min="0" max="100" step="5" value="100"></label>
    </div>
    <div class="toolbar">
      <button type="button" class="primary download" part="button">Download PNG</button>
      <button type="button" class="download-jpeg" part="button">JPEG</button>
      <span class="grow"></span>
      <button type="button" class="zoom" part="button">100%</button>
      <button type="button" class="peek" part="button" aria-pressed="false" title="Hold to see the photograph as it was (or hold B)">Show before</button>
      <button type="button" class="choose" part="button">New photograph</button>
    </div>
  </div>
  <input class="file" type="file" accept="image/*" hidden aria-label="Photograph">
</div>`;
