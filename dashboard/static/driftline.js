// Links, keys and the theme. The URL holds the screen; the server answers a new query with a new page body.
(() => {
  const root = document.documentElement;
  let sent = 0, isHeard = false;

  function bridge() {
    for (const doc of window.Bokeh ? Bokeh.documents : []) {
      for (const model of doc._all_models.values()) if (model.title === "driftline-bridge") return model;
    }
  }
  // The page of problems chooses nothing: its name takes the empty panel away. Where there is little room beside the
  // panel it begins as a rail, until a person says otherwise.
  let hasChosenSide = false;
  function name(search) {
    root.dataset.page = new URLSearchParams(search).get("page") || "home";
    const isTight = innerWidth < 1360 || root.dataset.page === "episodes";
    if (!hasChosenSide && innerWidth > 720) root.dataset.side = isTight ? "rail" : "";
  }
  function ask(search) {
    const before = root.dataset.page, model = bridge();
    name(search);
    if (!model) return void (location.search = search);
    const figures = find("driftline-figures")?.getRootNode().host;
    height = figures?.offsetHeight ?? 0;
    // Figures that a person looks at stay until those are drawn that follow them.
    const isSeen = before === root.dataset.page && height && figures.getBoundingClientRect().top < innerHeight;
    send(model, isSeen ? `${search} figures` : search);
  }
  function send(model, what) {
    const asked = (model.value = `${++sent} ${what}`);
    if (!isHeard) model.properties.placeholder.change.connect(() => hear(model));
    isHeard = true;
    setTimeout(() => model.value === asked && tellWaiting(model.placeholder !== asked), 400);
  }
  function hear(model) {
    tellWaiting(model.placeholder !== model.value);
    if (model.placeholder === model.value) refocus();
    if (isNear) drawFigures();
  }
  // The panel is drawn anew with each answer: what was chosen keeps the focus, so that the next key goes on from there.
  let chosen;
  function refocus() {
    const [what, key] = chosen ?? [];
    chosen = undefined;
    if (!what || document.activeElement !== document.body) return;
    for (const node of everywhere()) for (const row of node.querySelectorAll("[data-run]")) {
      const control = row.dataset.run === key && (row.querySelector(`[data-choose=${what}]`) ?? row.querySelector("[data-choose]"));
      if (control) return control.focus({ preventScroll: true });
    }
  }
  // What takes longer than a moment is seen to be under way.
  function tellWaiting(isWaiting) {
    if (isWaiting) root.dataset.waiting = "";
    else delete root.dataset.waiting;
  }
  // Figures are asked for when they come near, so that the words do not wait for them.
  let isNear = false, height = 0;
  const near = new IntersectionObserver((entries) => {
    isNear = entries.at(-1).isIntersecting;
    if (isNear) drawFigures();
  }, { rootMargin: "0px 0px -120px" });
  customElements.define("driftline-later", class extends HTMLElement {
    // What was drawn here before leaves its room, so that nothing moves under the pointer.
    connectedCallback() { if (height) this.style.minHeight = `${height}px`; near.observe(this); }
    disconnectedCallback() { near.unobserve(this); isNear = false; }
  });
  function drawFigures() {
    const model = bridge();
    // Where another page is under way, these figures are not wanted any more.
    if (find("driftline-later") && model && (!model.value || model.value === model.placeholder)) send(model, "figures");
  }
  addEventListener("beforeprint", drawFigures);
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
  // An open fold is part of the screen: the URL names it, and where its like is drawn it is open again.
  const unfolded = (search) => new URLSearchParams(search).getAll("open");
  customElements.define("driftline-fold", class extends HTMLElement {
    connectedCallback() { if (unfolded(location.search).includes(this.dataset.fold)) this.parentElement.open = true; }
  });
  function withFolds(search, names) {
    const query = new URLSearchParams(search);
    query.delete("open");
    for (const name of names) query.append("open", name);
    return `?${query}`;
  }
  function noteFold({ open, lastElementChild: { dataset } }) {
    const others = unfolded(location.search).filter((name) => name !== dataset.fold);
    history.replaceState(null, "", withFolds(location.search, open ? [...others, dataset.fold] : others));
  }
  function closeDrawer() {
    if (root.dataset.side === "drawer") root.dataset.side = "";
  }
  // The panel says which run; what the screen compares by now, with every default, is the link to share.
  function choose(what, key, [base, cand, focus]) {
    const query = new URLSearchParams(find("[data-act=share]").dataset.query);
    // The baseline is no candidate of itself.
    if (what !== "base" && query.get(base) === key) return;
    const before = query.getAll(cand), without = before.filter((other) => other !== key);
    const isCandidate = without.length < before.length;
    let after = without;
    if (what === "base") {
      // A candidate that becomes the baseline leaves its place to the old one: the same runs stay on the screen.
      if (isCandidate) after = before.map((other) => (other === key ? query.get(base) : other));
      query.set(base, key);
    }
    else if (what === "only") {
      after = key.filter((other) => other !== query.get(base));
      if (!after.length) return;
      if (!after.includes(query.get(focus))) query.delete(focus);
    }
    else if (!isCandidate) after = [...before, key];
    else if (what === "focus") after = before;
    // Without a candidate nothing is compared: the last one stays.
    else if (!without.length) return;
    query.delete(cand);
    for (const other of after) query.append(cand, other);
    if (what === "focus") query.set(focus, key);
    else if (query.get(focus) === key) query.delete(focus);
    if (what !== "cand") closeDrawer();
    chosen = [what, key];
    go(`?${query}`);
  }
  // A section that is not drawn yet is drawn because one comes near, and reached then.
  function jump(name) {
    const until = performance.now() + 10000;
    let place = NaN, still = 0;
    (function reach() {
      const section = find(`#${name}`), target = section ?? find("driftline-later");
      target?.scrollIntoView({ block: "start", behavior: "instant" });
      const top = target?.getBoundingClientRect().top + scrollY;
      // What is drawn above moves it once more.
      still = section && top === place ? still + 1 : 0;
      place = top;
      if (still < 20 && performance.now() < until) requestAnimationFrame(reach);
    })();
  }
  // A field that asks the server is drawn anew with the answer: the new one takes over cursor and text.
  let typing = 0;
  function setParam(field) {
    const query = new URLSearchParams(location.search);
    if (field.value) query.set(field.dataset.param, field.value);
    else query.delete(field.dataset.param);
    query.delete("at");
    go(`?${query}`);
    const until = performance.now() + 30000;
    (function takeOver() {
      const next = find(`[data-param="${field.dataset.param}"]`);
      // A field that was only just drawn takes no focus for a frame or two.
      if (next && next !== field) next.focus({ preventScroll: true });
      if (next && next !== field && next.getRootNode().activeElement === next) {
        const isTyping = next.value !== field.value;
        next.value = field.value;
        if (field.type === "search") next.setSelectionRange(field.value.length, field.value.length);
        if (isTyping && field.type === "search") wait(next);
      } else if (performance.now() < until) requestAnimationFrame(takeOver);
    })();
  }
  function wait(field) {
    clearTimeout(typing);
    typing = setTimeout(() => setParam(field), 250);
  }
  const acts = {
    skip() { document.querySelector("main").focus(); },
    theme() {
      root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
      const target = withTheme(location.search);
      history.replaceState(null, "", target);
      ask(target);
    },
    side() {
      const isNarrow = matchMedia("(max-width: 720px)").matches;
      const other = isNarrow ? "drawer" : "rail";
      hasChosenSide = true;
      root.dataset.side = root.dataset.side === other ? "" : other;
    },
    share(button) {
      const link = new URL(withFolds(button.dataset.query, unfolded(location.search)), location.href).href;
      const done = () => { button.textContent = "Copied"; setTimeout(() => (button.textContent = "Share link"), 1500); };
      if (navigator.clipboard) navigator.clipboard.writeText(link).then(done, () => prompt("Link to this screen", link));
      else prompt("Link to this screen", link);
    },
  };

  addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    for (const element of event.composedPath()) {
      if (!element.dataset) continue;
      // The click opens or closes it only after this.
      if (element.matches("summary:has(+ driftline-fold)")) return setTimeout(() => noteFold(element.parentElement));
      if ("go" in element.dataset) {
        event.preventDefault();
        closeDrawer();
        return go(new URL(element.href).search);
      }
      if (element.dataset.jump) {
        event.preventDefault();
        return jump(element.dataset.jump);
      }
      if (element.dataset.act) return acts[element.dataset.act](element);
      if (element.dataset.choose) {
        const names = element.closest("[data-names]").dataset.names.split(" ");
        return choose(element.dataset.choose, element.closest("[data-run]").dataset.run, names);
      }
    }
  });
  addEventListener("input", (event) => {
    const field = event.composedPath()[0];
    if (field.dataset?.param) field.type === "search" ? wait(field) : setParam(field);
  });
  addEventListener("keydown", (event) => {
    const target = event.composedPath()[0];
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    if (event.key === " " && target.tagName === "A" && target.getAttribute("role")) {
      event.preventDefault();
      return target.click();
    }
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) return;
    if (event.key === "/") { event.preventDefault(); (find("[data-param=q]") || find("[data-param=find], [data-param=pfind]"))?.focus(); }
    else if (event.key === "t") acts.theme();
    else if (event.key === "b") acts.side();
    else if ("[]jk".includes(event.key)) find(`[data-key="${event.key}"]`)?.click();
  });
  addEventListener("popstate", () => ask(withTheme(location.search)));

  if (!new URLSearchParams(location.search).has("theme")) {
    const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
    if (isDark && root.dataset.theme !== "dark") addEventListener("load", () => acts.theme());
  }
  name(location.search);
  window.driftline = { go, choose };
})();
