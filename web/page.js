// What the tool's own page has beside the element: its language, drops anywhere, working offline, and photographs that other apps share.
import { chooseLanguage, directionOf, languages, loadTranslation, localize } from './lib/i18n.js';
import { models } from './lib/models.js';

const element = /** @type {import('./lib/deblur-image-element.js').DeblurImageElement | null} */ (
  document.querySelector('deblur-image')
);
const address = new URL(location.href);

/** What was chosen is kept where the browser allows that. @param {'language' | 'model'} what @param {string} [value] */
function chosen(what, value) {
  try {
    if (value) localStorage.setItem(what, value);
    return localStorage.getItem(what) ?? '';
  } catch {
    return '';
  }
}

// ---- language: as asked for in the address, as chosen before, or as the browser's ----

const picker = /** @type {HTMLSelectElement} */ (document.querySelector('.language'));

/** @param {string} language */
async function speak(language) {
  const t = await loadTranslation(language);
  Object.assign(document.documentElement, { lang: language, dir: directionOf(language) });
  localize(document, t);
  element?.setAttribute('lang', language);
  picker.value = language;
}

for (const [language, name] of Object.entries(languages)) {
  const option = new Option(name, language);
  option.lang = language;
  picker.append(option);
}
picker.addEventListener('change', () => speak(chosen('language', picker.value) || picker.value));
speak(chooseLanguage([address.searchParams.get('lang') ?? '', chosen('language'), ...navigator.languages]));

// ---- the model, as chosen before ----

if (models[chosen('model')]) element?.setAttribute('model', chosen('model'));
element?.addEventListener('deblur-model', (event) => chosen('model', /** @type {CustomEvent} */ (event).detail));

// ---- what lies under the tool while that fills the window is not for anyone to come upon by keyboard ----

function coverTheRest() {
  const rest = document.querySelectorAll('main > :not(deblur-image, .update), footer');
  for (const part of rest) /** @type {HTMLElement} */ (part).inert = element?.hasAttribute('active') ?? false;
}
if (element?.hasAttribute('fill')) new MutationObserver(coverTheRest).observe(element, { attributeFilter: ['active'] });

// ---- a photograph may be dropped anywhere; within an article only onto the element ----

addEventListener('dragover', (event) => event.preventDefault());
addEventListener('drop', (event) => {
  if (event.defaultPrevented || !event.dataTransfer) return; // the element has it
  event.preventDefault();
  element?.drop(event.dataTransfer);
});

// ---- offline ----

/** @param {ServiceWorkerRegistration} registration */
function offerUpdate(registration) {
  const notice = /** @type {HTMLElement} */ (document.querySelector('.update'));
  const { waiting } = registration;
  if (!waiting || !navigator.serviceWorker.controller) return; // the first one has nothing to replace
  notice.hidden = false;
  notice.querySelector('button')?.addEventListener('click', () => waiting.postMessage('take over'));
}

async function worksOffline() {
  await element?.ready; // the model goes before what is only needed without a network
  const registration = await navigator.serviceWorker.register('service-worker.js');
  offerUpdate(registration);
  registration.addEventListener('updatefound', () => {
    const { installing } = registration;
    installing?.addEventListener('statechange', () => offerUpdate(registration));
  });
  const hadController = Boolean(navigator.serviceWorker.controller);
  navigator.serviceWorker.addEventListener('controllerchange', () => hadController && location.reload());
}
// Where there is none (an insecure address, a private window) the page works while there is a network.
if ('serviceWorker' in navigator) worksOffline().catch(() => {});

// ---- what another app shares waits with the service worker ----

async function takeShared() {
  if (!address.searchParams.has('shared')) return;
  history.replaceState(null, '', location.pathname);
  const cache = await caches.open('shared');
  const files = [];
  for (const request of await cache.keys()) {
    const response = await cache.match(request);
    const name = decodeURIComponent(response?.headers.get('x-name') ?? 'photograph');
    const blob = await response?.blob();
    if (blob) files.push(new File([blob], name, { type: blob.type }));
    await cache.delete(request);
  }
  element?.openFiles(files);
}
takeShared();
