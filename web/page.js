// On the tool's own page a photograph may be dropped anywhere; within an article only onto the element.
const element = /** @type {import('./lib/deblur-image-element.js').DeblurImageElement | null} */ (
  document.querySelector('deblur-image')
);

addEventListener('dragover', (event) => event.preventDefault());
addEventListener('drop', (event) => {
  if (event.defaultPrevented || !event.dataTransfer) return; // the element has it
  event.preventDefault();
  element?.drop(event.dataTransfer);
});
