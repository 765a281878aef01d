/** Until the next frame was drawn, or would have been: what nobody sees is not drawn. */
export const painted = () =>
  new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve));
    setTimeout(resolve, 500);
  });
