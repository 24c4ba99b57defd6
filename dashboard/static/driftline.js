// Links, keys and the theme. The URL holds the screen; the server answers a new query with a new page body.
(() => {
  const root = document.documentElement;
  let sent = 0;

  function bridge() {
    for (const doc of window.Bokeh ? Bokeh.documents : []) {
      for (const model of doc._all_models.values()) if (model.title === "driftline-bridge") return model;
    }
  }
  // The page of problems chooses nothing: its name takes the empty panel away.
  function name(search) {
    root.dataset.page = new URLSearchParams(search).get("page") || "home";
  }
  function ask(search) {
    name(search);
    const model = bridge();
    if (model) model.value = `${++sent} ${search}`;
    else location.search = search;
  }
  function withTheme(search) {
    const query = new URLSearchParams(search);
    query.set("theme", root.dataset.theme);
    return `?${query}`;
  }
  function go(search) {
    const target = withTheme(search);
    history.pushState(null, "", target);
    ask(target);
  }
  function* everywhere(node = document) {
    yield node;
    for (const element of node.querySelectorAll("*")) if (element.shadowRoot) yield* everywhere(element.shadowRoot);
  }
  function find(selector) {
    for (const node of everywhere()) {
      const element = node.querySelector(selector);
      if (element) return element;
    }
  }
  const acts = {
    theme() {
      root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
      const target = withTheme(location.search);
      history.replaceState(null, "", target);
      ask(target);
    },
    side() {
      const isNarrow = matchMedia("(max-width: 720px)").matches;
      const other = isNarrow ? "drawer" : "rail";
      root.dataset.side = root.dataset.side === other ? "" : other;
    },
    share(button) {
      const link = new URL(button.dataset.query, location.href).href;
      const done = () => { button.textContent = "Copied"; setTimeout(() => (button.textContent = "Share link"), 1500); };
      if (navigator.clipboard) navigator.clipboard.writeText(link).then(done, () => prompt("Link to this screen", link));
      else prompt("Link to this screen", link);
    },
  };

  addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    for (const element of event.composedPath()) {
      if (!element.dataset) continue;
      if ("go" in element.dataset) {
        event.preventDefault();
        root.dataset.side = root.dataset.side === "drawer" ? "" : root.dataset.side || "";
        return go(new URL(element.href).search);
      }
      if (element.dataset.act) return acts[element.dataset.act](element);
    }
  });
  addEventListener("input", (event) => {
    const field = event.composedPath()[0];
    if (!field.dataset || !("search" in field.dataset)) return;
    const words = field.value.toLowerCase().split(/\s+/);
    for (const row of field.getRootNode().querySelectorAll("[data-text]")) {
      row.hidden = !words.every((word) => row.dataset.text.includes(word));
    }
  });
  addEventListener("keydown", (event) => {
    const target = event.composedPath()[0];
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    if (event.key === " " && target.getAttribute && target.getAttribute("role")) {
      event.preventDefault();
      return target.click();
    }
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) return;
    if (event.key === "/") { event.preventDefault(); find("[data-search]")?.focus(); }
    else if (event.key === "t") acts.theme();
    else if (event.key === "b") acts.side();
    else if (event.key === "[" || event.key === "]") find(`[data-key="${event.key}"]`)?.click();
  });
  addEventListener("popstate", () => ask(withTheme(location.search)));

  if (!new URLSearchParams(location.search).has("theme")) {
    const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
    if (isDark && root.dataset.theme !== "dark") addEventListener("load", () => acts.theme());
  }
  name(location.search);
  if (innerWidth < 1360 && innerWidth > 720) root.dataset.side = "rail";
  window.driftline = { go };
})();
