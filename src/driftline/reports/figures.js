// Draws the figures that stand in a page as JSON, below their headings: wherever that HTML is put, also into a shadow
// root, and for as long as it stays there.
customElements.define("driftline-figures", class extends HTMLElement {
  async connectedCallback() {
    const figures = JSON.parse(this.querySelector(":scope > script").textContent);
    const root_ids = figures.roots.map(({ id }) => id), places = this.querySelectorAll(".figure");
    const roots = Object.fromEntries(root_ids.map((id, at) => [id, places[at]]));
    [this.views] = await Bokeh.embed.embed_items({ figures }, [{ docid: "figures", root_ids, roots }]);
    if (!this.isConnected) this.disconnectedCallback();
  }
  // Bokeh keeps every document that was ever drawn, and what points at dots looks through all of them.
  disconnectedCallback() {
    if (!this.views) return;
    const drawn = this.views.roots[0]?.model.document, at = Bokeh.documents.indexOf(drawn);
    this.views.clear();
    if (at >= 0) Bokeh.documents.splice(at, 1);
  }
});
