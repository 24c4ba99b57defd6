// Marks an episode or a run in every chart and every row of HTML at once, and opens what was clicked. The charts' hooks
// call it; rows carry data-ep or data-run. A source is tagged "marked" and has a column `episode` or `at`, a run's number.
(() => {
  let mark = "", byRow = false;

  const column = (source, name) => source.data.get?.(name) ?? source.data[name];
  function* sources() {
    for (const doc of window.Bokeh ? Bokeh.documents : []) {
      for (const model of doc._all_models.values()) if (model.tags?.[0] === "marked") yield model;
    }
  }
  function* everyRow(node = document) {
    yield* node.querySelectorAll("[data-ep], [data-run]");
    for (const element of node.querySelectorAll("*")) if (element.shadowRoot) yield* everyRow(element.shadowRoot);
  }
  // To look through a long page takes longer than to paint it; a new answer takes the place of some of the rows.
  let found = [];
  function rows() {
    if (!found.length || found.some((row) => !row.isConnected)) found = [...everyRow()];
    return found;
  }
  function where(values, wanted) {
    const found = [];
    if (values && wanted !== undefined) for (let i = 0; i < values.length; i++) if (wanted.has(values[i])) found.push(i);
    return found;
  }
  function numberOf(run) {
    for (const source of sources()) {
      const at = column(source, "key")?.indexOf(run) ?? -1;
      if (at >= 0) return column(source, "at")[at];
    }
  }
  function keyOf(number) {
    for (const source of sources()) {
      const found = column(source, "key") && [...column(source, "at")].indexOf(number);
      if (found >= 0) return column(source, "key")[found];
    }
  }
  // `episodes` are marked wherever they are drawn; `run` is the number of a run, marked whole where no episode is.
  function set(episodes, run) {
    const next = JSON.stringify([episodes, run]);
    if (next === mark) return;
    mark = next;
    const wanted = new Set(episodes), ofRun = run === undefined ? undefined : new Set([run]);
    for (const source of sources()) {
      const named = column(source, "episode"), numbered = column(source, "at");
      const indices = episodes.length && named ? where(named, wanted) : where(numbered, ofRun);
      source.selected.setv({ indices }, { sync: false });
    }
    const keys = new Set();
    for (const source of sources()) for (const i of where(column(source, "key") && column(source, "at"), ofRun)) keys.add(column(source, "key")[i]);
    for (const row of rows()) row.classList.toggle("marked", wanted.has(row.dataset.ep) || keys.has(row.dataset.run));
  }
  // What lies below the pointer in a chart: its dots, else the row.
  function below(figure, { index, geometry, renderer }) {
    const source = renderer.data_source, hit = [...new Set(index.indices)];
    const named = column(source, "episode"), episodes = named ? [...new Set(hit.map((i) => named[i]))] : [];
    if (hit.length) return { episodes, run: column(source, "at")?.[hit[0]] };
    return inRow(figure, geometry.y) ?? { episodes: [] };
  }
  function inRow(figure, y) {
    const rows = figure.renderers.map((found) => found.data_source).find(({ tags }) => tags[0] === "marked" && tags[1] === "rows");
    const at = rows ? [...column(rows, "y")].findIndex((middle) => Math.abs(middle - y) < 0.5) : -1;
    if (at < 0) return undefined;
    const episode = column(rows, "episode")?.[at];
    return { episodes: episode ? [episode] : [], run: column(rows, "at")?.[at] };
  }
  function point(figure, hover) {
    byRow = false;
    const { episodes, run } = below(figure, hover);
    set(episodes, run);
  }
  function leave() { if (!byRow) set([]); }
  // `targets` has the runs, and queries in which placeholders stand for the run and the episode.
  // Where a row is an episode any of its marks opens it. Ring and dot share a source, which remembers the last one tried.
  function open(figure, { source, geometries }, targets) {
    const hit = source.inspected.indices[0];
    const name = inRow(figure, geometries.y)?.episodes[0] ?? (hit === undefined ? "" : column(source, "episode")[hit]);
    if (!name || !window.driftline?.go) return;
    const at = column(source, "at")?.[hit] ?? targets.focus;
    const put = (text, placeholder, value) => {
      const from = text.lastIndexOf(placeholder);
      return from < 0 ? text : text.slice(0, from) + encodeURIComponent(value) + text.slice(from + placeholder.length);
    };
    const query = at > 0 ? targets.focusing : targets.staying, run = targets.runs[at];
    window.driftline.go(put(put(query, "~run~", run), "~episode~", targets.names[name] ?? name));
  }
  // A click on a release puts it in focus. `names` are what the URL calls baseline, candidates and focus.
  function focus({ source }, names) {
    const hit = source.inspected.indices[0];
    const key = hit === undefined ? undefined : keyOf(column(source, "at")[hit]);
    if (key !== undefined) window.driftline?.choose("focus", key, names);
  }
  // Dragging over releases compares them, from the one nearest to where it began to the one nearest to where it ended:
  // unless the hand only shook in a click. `keys` are those of the axis.
  function choose({ x0, x1 }, keys, names) {
    const chosen = keys.slice(Math.max(0, Math.round(x0)), Math.round(x1) + 1);
    if (x1 - x0 >= 0.5 && chosen.length) window.driftline?.choose("only", chosen, names);
  }
  function fromRow(event) {
    const row = event.composedPath().find((element) => element.dataset && ("ep" in element.dataset || "run" in element.dataset));
    if (row) {
      byRow = true;
      set(row.dataset.ep === undefined ? [] : [row.dataset.ep], row.dataset.ep === undefined ? numberOf(row.dataset.run) : undefined);
    } else if (byRow) { byRow = false; set([]); }
  }
  // Panels of a history, a cell each of one plot: wherever the pointer is in one, the record nearest in time is marked
  // in all of them, and each tells its value there.
  let pointer;
  for (const kind of ["pointermove", "pointerdown"]) addEventListener(kind, (event) => (pointer = event), true);
  function nearest(values, x) {
    let low = 0, high = values.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (values[middle] < x) low = middle + 1;
      else high = middle;
    }
    return low > 0 && x - values[low - 1] < values[low] - x ? low - 1 : low;
  }
  const columns = (figure) => figure.x_range.end;
  function near({ x, y, origin }, records, { height }) {
    const column_ = Math.floor(x), cell = Math.floor(-y / height) * columns(origin) + column_;
    const index = nearest(column(records, "across"), x - column_), at = column(records, "at")[index];
    byRow = false;
    if (at === undefined) return;
    set([], at);
    showTip(column(records, `shown${cell}`)?.[index], column(records, "told")[index]);
  }
  // A finger leaves as soon as it has tapped: what it marked stays.
  function left() { if (!matchMedia("(pointer: coarse)").matches) leave(); }
  // The values of a panel lie behind each other, one for each record and one that ends them.
  function tell(records, values, over, figure, { height, top, plot }) {
    const [index] = records.selected.indices, isOn = index !== undefined;
    const places = [...(Bokeh.index.get(figure)?.el.closest("driftline-figures").querySelectorAll(".tk-now") ?? [])];
    const every = column(records, "at").length + 1, data = { x: [], y: [], y0: [], y1: [] };
    places.forEach((place, cell) => {
      place.textContent = isOn ? column(records, `shown${cell}`)[index] : "";
      if (!isOn) return;
      const from = -(Math.floor(cell / columns(figure)) * height + top);
      data.x.push(column(values, "x")[cell * every + index]);
      data.y.push(column(values, "y")[cell * every + index]);
      data.y0.push(from - plot);
      data.y1.push(from);
    });
    over.data = data;
    if (!isOn) hideTip();
  }
  // Moves the cells of a plot into as many columns as there is room for.
  function place(figure, element) {
    const wide = element.clientWidth, from = columns(figure), [, , unit] = figure.tags;
    const to = Math.max(1, Math.min(4, Math.floor(wide / 236)));
    const host = element.closest("driftline-figures"), count = host.querySelectorAll(".tk-now").length;
    host.style.setProperty("--columns", to);
    if (!wide || from === to) return;
    set([]);
    for (const { data_source: source } of figure.renderers) {
      // Two glyphs may draw the same source.
      if (source.tags[1] === to) continue;
      const data = Object.fromEntries(source.data instanceof Map ? source.data : Object.entries(source.data));
      const right = data.x ?? data.x0, down = data.y ?? data.y0;
      const cells = data.cell ?? Array.from(right, (x, i) => Math.floor(-down[i] / unit) * from + Math.floor(x));
      const shift = (name, by) => { if (data[name]) data[name] = Float64Array.from(data[name], (value, i) => value + by(cells[i])); };
      for (const name of ["x", "x0", "x1"]) shift(name, (cell) => (cell % to) - (cell % from));
      for (const name of ["y", "y0", "y1"]) shift(name, (cell) => unit * (Math.floor(cell / from) - Math.floor(cell / to)));
      source.tags = [source.tags[0] ?? "", to];
      source.data = data;
    }
    const rows = Math.max(1, Math.ceil(count / to));
    figure.x_range.end = to;
    figure.y_range.start = -rows * unit;
    figure.height = rows * unit;
    element.style.minHeight = `${rows * unit}px`;
  }
  let tip;
  function hideTip() { if (tip) tip.hidden = true; }
  function showTip(value, told) {
    if (value === undefined || !pointer) return hideTip();
    if (!tip) {
      tip = document.body.appendChild(document.createElement("div"));
      tip.className = "tip";
      tip.append(document.createElement("b"), document.createElement("span"));
    }
    tip.firstChild.textContent = value;
    tip.lastChild.textContent = told;
    tip.hidden = false;
    const { clientX: x, clientY: y } = pointer, { offsetWidth: width, offsetHeight: height } = tip;
    tip.style.left = `${Math.max(4, Math.min(x + 14, document.documentElement.clientWidth - width - 8))}px`;
    tip.style.top = `${y + 18 + height > innerHeight ? y - height - 12 : y + 18}px`;
  }
  addEventListener("scroll", hideTip, { capture: true, passive: true });
  // From one element to another of the same shadow root no "mouseover" is heard out here.
  for (const kind of ["mouseover", "pointermove", "focusin"]) addEventListener(kind, fromRow);
  window.driftlineCharts = { point, leave, open, focus, choose, near, left, tell, place };
})();
