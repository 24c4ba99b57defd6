// Draws the figures that stand in a page as JSON, below their headings: wherever that HTML is put, also into a shadow
// root, and for as long as it stays there. What comes to stand in its place takes over the figures that are the same.
{
  const shown = new Map();
  customElements.define("driftline-figures", class extends HTMLElement {
    async connectedCallback() {
      this.drawn = this.querySelector(":scope > script").textContent;
      const before = shown.get(this.drawn);
      shown.set(this.drawn, this);
      if (before?.views) {
        this.views = before.views;
        before.views = undefined;
        return this.replaceChildren(...before.childNodes);
      }
      const figures = JSON.parse(this.drawn);
      const root_ids = figures.roots.map(({ id }) => id), places = this.querySelectorAll(".figure");
      const roots = Object.fromEntries(root_ids.map((id, at) => [id, places[at]]));
      [this.views] = await Bokeh.embed.embed_items({ figures }, [{ docid: "figures", root_ids, roots }]);
      // There is no mouse to drag with: a finger scrolls the page.
      const bars = this.views.roots.map(({ model }) => model.toolbar).filter(Boolean);
      if (matchMedia("(pointer: coarse)").matches) for (const bar of bars) bar.active_drag = null;
      for (const { model, el } of this.views.roots) if (model.tags[0] === "tracks") {
        // The same figure may stand in another element by then.
        new ResizeObserver(() => el.isConnected && window.driftlineCharts.place(model, el.parentElement)).observe(el.parentElement);
      }
      if (!this.isConnected) this.disconnectedCallback();
    }
    // Bokeh keeps every document that was ever drawn, and what points at dots looks through all of them.
    disconnectedCallback() {
      if (shown.get(this.drawn) === this) shown.delete(this.drawn);
      if (!this.views) return;
      const drawn = this.views.roots[0]?.model.document, at = Bokeh.documents.indexOf(drawn);
      this.views.clear();
      if (at >= 0) Bokeh.documents.splice(at, 1);
    }
  });
}
