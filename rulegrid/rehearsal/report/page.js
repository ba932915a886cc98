"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { rulebooks, areas } = data;
  const byId = (id) => document.getElementById(id);
  const start = Date.parse(data.start + "Z");
  const units = [...new Set(rulebooks.map((each) => each.fee_unit))];
  const feeAxis = `fee (${units.join(" or ")})`;
  const CONFIG = { responsive: true, displayModeBar: false, displaylogo: false, plotlyServerURL: "", showTips: false };
  const ENERGIES = { volume: "traded in its market", import: "import", export: "export" };
  const FEW_DAYS = 14;
  let chosen = 0;

  // Texts. A name is always text: it goes in by textContent, or escaped where plotly reads tags.

  const make = (tag, fields = {}, ...children) => {
    const node = Object.assign(document.createElement(tag), fields);
    node.append(...children);
    return node;
  };
  const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  const number = (value, digits) =>
    value === null ? "–" : value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const amount = (value) => value.toLocaleString("en-US", { maximumFractionDigits: 4 });
  const money = (value) => number(value, 2);
  const share = (part, whole) =>
    !part || !whole ? "–" : part * 1000 < whole ? "< 0.1 %" : `${number((100 * part) / whole, 1)} %`;
  const moment = (index) => new Date(start + index * data.minutes * 60000).toISOString().slice(0, 16);
  const readable = (slot) => slot.replace("T", " ");
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const ofRulebook = (n) => `c${n % 6}`;
  const swatch = (name, look = "") => {
    const node = make("span", { className: `swatch ${look}` });
    node.style.borderTopColor = `var(--${name})`;
    return node;
  };

  function heading() {
    byId("heading").textContent = rulebooks.map((each) => each.name).join(" · ");
    byId("span").textContent =
      `${data.slots.toLocaleString("en-US")} slots of ${data.minutes} minutes, ` +
      `${readable(data.first_slot)} to ${readable(data.last_slot)} UTC – ${data.history}`;
    byId("footer").append(
      ...rulebooks.map((each) => make("p", { textContent: `${each.name}: ${each.file}, ${each.digest}` })),
      make("p", { textContent: `rulegrid ${data.version}. This file is complete in itself: it loads nothing and sends nothing.` }),
    );
  }

  // Tables

  function totals() {
    const all = rulebooks.map((each) => each.total);
    const limits = Object.keys(all[0].slots_at_limit).filter((name) => all.some((total) => total.slots_at_limit[name]));
    const rows = [
      ["fees in", (_, n) => rulebooks[n].fee_unit],
      ["mean fee", (total) => number(total.mean_fee, 2)],
      ["lowest fee", (total) => number(total.min_fee, 2)],
      ["highest fee", (total) => number(total.max_fee, 2)],
      ["changes per day and area", (total) => number(total.changes_per_day, 1)],
      ["slots without data", (total) => share(total.slots_without_data, total.slots)],
      ...limits.map((name) => [`slots at ${name}`, (total) => share(total.slots_at_limit[name], total.slots)]),
      ["revenue, EUR", (total) => money(total.revenue_eur)],
      ["as recorded, EUR", (total) => money(total.recorded_revenue_eur)],
    ];
    const names = rulebooks.map((each, n) => make("th", { scope: "col" }, swatch(ofRulebook(n)), each.name));
    byId("totals").append(
      make("thead", {}, make("tr", {}, make("th"), ...names)),
      make("tbody", {}, ...rows.map(([name, cell]) =>
        make("tr", {}, make("th", { scope: "row", textContent: name }),
          ...all.map((total, n) => make("td", { textContent: cell(total, n) }))))),
    );
  }

  function affected() {
    const more = data.all_areas - areas.length;
    byId("affected-note").textContent =
      "Ordered by how far the revenue of an area's market moves from what was recorded. Choose one to see its curves below." +
      (more ? ` ${more.toLocaleString("en-US")} more areas: see --format json or -o.` : "");
    const largest = Math.max(...areas.map((area) => area.effect_eur), 1e-9);
    const column = (text, ...before) => make("th", { scope: "col" }, ...before, text);
    const many = rulebooks.length > 1;
    const head = [
      column("area"), column("moves by, EUR"), column("recorded, EUR"),
      ...rulebooks.map((_, n) => column("revenue, EUR", swatch(ofRulebook(n)))),
      ...rulebooks.map((each, n) => column(`mean fee, ${each.fee_unit}`, swatch(ofRulebook(n)))),
      ...(many ? [] : [column("pays, EUR")]),
    ];
    byId("areas").append(make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...areas.map((area, at) => {
      const known = area.results.find((each) => each);
      const [, above, name] = /^(.*\/)?([^/]*)$/s.exec(area.path);
      const button = make("button", { type: "button", onclick: () => choose(at) }, name);
      if (above) button.append(make("br"), make("small", { textContent: above.slice(0, -1) }));
      const bar = make("span", { className: "bar" });
      bar.style.width = `${(70 * area.effect_eur) / largest}px`;
      return make("tr", {},
        make("th", { scope: "row" }, button),
        make("td", {}, bar, money(area.effect_eur)),
        make("td", { textContent: money(known.recorded_revenue_eur) }),
        ...area.results.map((each) => make("td", { textContent: each ? money(each.revenue_eur) : "–" })),
        ...area.results.map((each) => make("td", { textContent: each ? number(each.mean_fee, 2) : "–" })),
        ...(many ? [] : [make("td", { textContent: money(known.paid_eur) })]));
    })));
  }

  // Charts

  const axis = (title, more = {}) => ({
    title: { text: escaped(title), font: { size: 12 }, standoff: 8 }, gridcolor: colour("grid"), linecolor: colour("line"),
    zerolinecolor: colour("line"), tickcolor: colour("line"), automargin: true, fixedrange: true, ...more,
  });
  const layout = (height, more) => ({
    height, margin: { l: 58, r: 12, t: 10, b: 44 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour("soft") }, showlegend: false,
    hoverlabel: { bgcolor: colour("card"), bordercolor: colour("line"), font: { color: colour("ink"), size: 12 }, align: "left" },
    ...more,
  });
  const label = (n) => escaped(rulebooks[n].name);

  function drawRevenue() {
    const bars = [
      { name: "as recorded", value: rulebooks[0].total.recorded_revenue_eur, tint: "recorded" },
      ...rulebooks.map((each, n) => ({ name: each.name, value: each.total.revenue_eur, tint: ofRulebook(n) })),
    ].reverse();
    const short = (name) => escaped(name.length > 26 ? `${name.slice(0, 25)}…` : name);
    Plotly.react("revenue", [{
      type: "bar", orientation: "h", y: bars.map((_, at) => at), x: bars.map((each) => each.value), width: 0.58,
      marker: { color: bars.map((each) => colour(each.tint)) }, text: bars.map((each) => money(each.value)),
      textposition: "auto", cliponaxis: false, hoverinfo: "skip",
    }], layout(74 + 38 * bars.length, {
      margin: { l: 20, r: 20, t: 6, b: 44 },
      xaxis: axis("EUR", { rangemode: "tozero", nticks: 5 }),
      yaxis: axis("", { tickvals: bars.map((_, at) => at), ticktext: bars.map((each) => short(each.name)), showgrid: false, zeroline: false, ticklen: 6, tickcolor: "rgba(0,0,0,0)" }),
    }), CONFIG);
  }

  function drawTime(area) {
    const x = data.places.map(moment);
    const step = data.stride === 1 ? "hv" : "linear";
    const line = (y, name, tint, unit, more = {}) => ({
      type: "scatter", mode: "lines", x, y, name, line: { color: colour(tint), width: data.stride === 1 ? 1.8 : 1, shape: step, ...more.line },
      hovertemplate: `%{y:.4~f} ${escaped(unit)}`, ...more.trace,
    });
    const traces = [];
    if (area.measured.last_fee)
      traces.push(line(area.measured.last_fee, "as recorded", "recorded", rulebooks[0].fee_unit, { line: { dash: "dot", width: 1.5 } }));
    area.fees.forEach((fees, n) => traces.push(line(fees, label(n), ofRulebook(n), rulebooks[n].fee_unit, { trace: { meta: { rulebook: n } } })));
    area.peaks.forEach((peaks, n) => traces.push({
      type: "scatter", mode: "markers", x: peaks.map((peak) => moment(peak.index)), y: peaks.map((peak) => peak.fee),
      meta: { peaks: n }, name: "peak", hoverinfo: "skip", cliponaxis: false,
      marker: { size: 9, color: colour("card"), line: { color: colour(ofRulebook(n)), width: 2 } },
    }));
    Object.keys(ENERGIES).filter((name) => area.measured[name]).forEach((name) =>
      traces.push(line(area.measured[name], ENERGIES[name], name, "kWh", { line: { width: data.stride === 1 ? 1.3 : 0.8 }, trace: { yaxis: "y2" } })));
    Plotly.react("time", traces, layout(440, {
      hovermode: "x unified", dragmode: "zoom",
      xaxis: axis("time (UTC)", { type: "date", anchor: "y2", fixedrange: false, showspikes: false, hoverformat: "%Y-%m-%d %H:%M UTC" }),
      yaxis: axis(feeAxis, { domain: [0.42, 1], rangemode: "tozero" }),
      yaxis2: axis("energy (kWh per slot)", { domain: [0, 0.32], rangemode: "tozero", nticks: 5 }),
    }), CONFIG);
  }

  function drawDuration(area) {
    const traces = area.durations.map((curve, n) => ({
      type: "scatter", mode: "lines", x: [0, ...curve.share], y: [curve.fee[0], ...curve.fee], name: label(n),
      line: { color: colour(ofRulebook(n)), width: 1.8, shape: "vh" }, hovertemplate: `%{y:.4~f} ${escaped(rulebooks[n].fee_unit)}`,
    })).filter((trace) => trace.y.length > 1);
    Plotly.react("duration", traces, layout(270, {
      hovermode: "x unified",
      xaxis: axis("share of the time (%)", { range: [0, 100.4], hoverformat: ".1f", ticksuffix: "" }),
      yaxis: axis(feeAxis, { rangemode: "tozero" }),
    }), CONFIG);
  }

  function drawHeat(area) {
    const days = data.heat_columns;
    const few = days.length <= FEW_DAYS;
    const hours = [...Array(24).keys()];
    const all = area.heat.flat(2).filter((each) => each !== null);
    const [zmin, zmax] = [Math.min(...all), Math.max(...all)];
    byId("heat-caption").textContent =
      `Mean fee by hour of the day${data.heat_days > 1 ? ` and ${data.heat_days} days` : " and day"}, on the clock of ${data.timezone}`;
    const room = byId("heat");
    if (!room.children.length)
      rulebooks.forEach((each, n) => room.append(
        make("p", { className: "heat-title" }, swatch(ofRulebook(n)), `${each.name}, ${each.fee_unit}`), make("div", { id: `heat${n}`, className: "plot" })));
    const dayAxis = (more) => axis("", { type: "category", nticks: 12, showgrid: false, ...more });
    const hourAxis = (more) => axis("hour of the day", { tickvals: [0, 6, 12, 18], ticktext: ["00:00", "06:00", "12:00", "18:00"], showgrid: false, zeroline: false, ...more });
    area.heat.forEach((rows, n) => {
      const z = few ? rows : hours.map((hour) => rows.map((row) => row[hour]));
      const [x, y] = few ? [hours, days] : [days, hours];
      const when = few ? "%{y}, %{x}:00" : "%{x}, %{y}:00";
      Plotly.react(`heat${n}`, [{
        type: "heatmap", x, y, z, zmin, zmax: zmax > zmin ? zmax : zmin + 1, hoverongaps: false, xgap: few ? 2 : 0, ygap: few ? 2 : 0,
        colorscale: [[0, colour("low")], [0.5, colour("mid")], [1, colour("high")]],
        hovertemplate: `${when}<br>%{z:.4~f} ${escaped(rulebooks[n].fee_unit)}<extra></extra>`,
        colorbar: { thickness: 10, outlinewidth: 0, nticks: 4, lenmode: "pixels", len: few ? Math.max(64, 24 * days.length + 20) : 190 },
      }], layout(few ? 112 + 24 * days.length : 250, {
        xaxis: few ? hourAxis({}) : dayAxis({ title: { text: "day", font: { size: 12 } } }),
        yaxis: few ? dayAxis({ autorange: "reversed" }) : hourAxis({ autorange: "reversed" }),
      }), CONFIG);
    });
  }

  // Why

  const quoted = (text) => `'${text.replace(/'/g, "'\\''")}'`;

  function explain(n, at) {
    const peak = areas[chosen].peaks[n][at];
    byId("why-heading").textContent = `Why ${amount(peak.fee)} ${rulebooks[n].fee_unit} at ${readable(peak.slot)} UTC?`;
    byId("why").textContent = peak.text;
    byId("peaks").querySelectorAll("button").forEach((each) =>
      each.setAttribute("aria-pressed", String(each.dataset.peak === `${n}.${at}`)));
  }

  function unexplained(n, slot, fee) {
    byId("why-heading").textContent = `${amount(fee)} ${rulebooks[n].fee_unit} at ${readable(slot)} UTC`;
    byId("why").textContent = data.explains === null
      ? "Not one of the peaks that are explained on this page."
      : "Not one of the peaks that are explained on this page. To see why:\n\n" +
        `rulegrid explain ${quoted(areas[chosen].path)} --slot ${slot} --rulebook ${quoted(rulebooks[n].file)}${data.explains && ` --data ${quoted(data.explains)}`}`;
    byId("peaks").querySelectorAll("button").forEach((each) => each.setAttribute("aria-pressed", "false"));
  }

  function clicked(points) {
    const slot = String(points[0].x).slice(0, 16).replace(" ", "T");
    for (const [n, peaks] of areas[chosen].peaks.entries()) {
      const at = peaks.findIndex((peak) => peak.slot === slot);
      if (at >= 0) return explain(n, at);
    }
    const point = points.find((each) => each.data.meta && each.data.meta.rulebook !== undefined);
    if (point) unexplained(point.data.meta.rulebook, slot, point.y);
  }

  function listPeaks(area) {
    byId("peaks").replaceChildren(...area.peaks.flatMap((peaks, n) => peaks.map((peak, at) => {
      const button = make("button", { type: "button", onclick: () => explain(n, at) },
        swatch(ofRulebook(n)), `${amount(peak.fee)} ${rulebooks[n].fee_unit}, ${readable(peak.slot)}`);
      button.dataset.peak = `${n}.${at}`;
      return button;
    })));
    const first = area.peaks.findIndex((peaks) => peaks.length);
    if (first >= 0) return explain(first, 0);
    byId("why-heading").textContent = "No fee was decided for this area";
    byId("why").textContent = "";
  }

  function key(area) {
    const items = rulebooks.map((each, n) => [ofRulebook(n), "", each.name]);
    if (area.measured.last_fee) items.push(["recorded", "dash", "fee as recorded"]);
    for (const name of Object.keys(ENERGIES)) if (area.measured[name]) items.push([name, "thin", `energy: ${ENERGIES[name]}`]);
    byId("key").replaceChildren(...items.map(([tint, look, text]) => make("li", {}, swatch(tint, look), text)));
  }

  function choose(at) {
    chosen = at;
    byId("area").value = String(at);
    byId("area-heading").textContent = areas[at].path;
    byId("areas").querySelectorAll("tbody tr").forEach((row, n) => row.setAttribute("aria-selected", String(n === at)));
    key(areas[at]);
    listPeaks(areas[at]);
    draw();
  }

  function draw() {
    drawRevenue();
    drawTime(areas[chosen]);
    drawDuration(areas[chosen]);
    drawHeat(areas[chosen]);
  }

  heading();
  totals();
  affected();
  byId("area").append(...areas.map((area, at) => make("option", { value: String(at), textContent: area.path })));
  byId("area").onchange = (event) => choose(Number(event.target.value));
  byId("time-note").textContent =
    "Circles are peaks: click one, or any slot, to see why. Drag to look closer, double-click to go back." +
    (data.stride > 1 ? ` This history is long: every ${data.stride} slots are drawn by their lowest and their highest value. Peaks, sums and the other charts are of all slots.` : "");
  choose(0);
  byId("time").on("plotly_click", (event) => clicked(event.points));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  const lit = (theme) => () => { document.documentElement.dataset.theme = theme; draw(); };
  addEventListener("beforeprint", lit("light"));
  addEventListener("afterprint", lit(""));
})();
