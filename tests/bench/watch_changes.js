// Notes when the page last changed: nodes in the document and in every shadow root, and strokes on every canvas.
(() => {
  const state = (window.__changes = { last: 0, pointer: 0 });
  const note = () => { state.last = performance.now(); };
  const options = { childList: true, subtree: true, attributes: true, characterData: true };
  const observe = (root) => new MutationObserver(note).observe(root, options);
  observe(document);
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (init) {
    const root = attach.call(this, init);
    observe(root);
    return root;
  };
  for (const name of ["fill", "stroke", "fillText", "fillRect", "drawImage", "clearRect"]) {
    const draw = CanvasRenderingContext2D.prototype[name];
    CanvasRenderingContext2D.prototype[name] = function (...given) { note(); return draw.apply(this, given); };
  }
  addEventListener("pointerdown", () => { state.pointer = performance.now(); }, true);
  addEventListener("pointermove", () => { state.pointer = performance.now(); }, true);
})();
