(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { rulebooks, areas } = data;
  const start = Date.parse(data.start + "Z");
  const CONFIG = { responsive: true, displayModeBar: false, displaylogo: false, plotlyServerURL: "", showTips: false, doubleClick: false };
  const ENERGIES = { volume: "traded in its market", import: "import", export: "export" };
  const FEW_DAYS = 14;
  const whole = [0, data.length];
  const hidden = new Set();
  const { unpacked, looking, pixelsOf, bandOf } = curvesOf(data);
  const { heading, totals, affected, compared } = tablesOf(data, (at) => choose(at));
  let chosen = 0;
  let view = whole;
  let curves = [];

  const moment = (index) => new Date(start + index * data.minutes * 60000).toISOString().slice(0, 16);
  const slotOf = (text) => (Date.parse(text.length > 10 ? `${text.replace(" ", "T")}Z` : text) - start) / 60000 / data.minutes;

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
      ...(compared < 0 ? [] : [{ name: "as recorded", value: rulebooks[compared].total.recorded_revenue_eur, tint: "recorded" }]),
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

  function linesOf(curve, how, { name, tint, key = tint, unit, width, dash = "solid", ...more }) {
    const seen = pixelsOf(curve, how);
    const x = seen.mean.map((_, pixel) => how.first + pixel * how.slots);
    const line = { type: "scatter", mode: "lines", name: escaped(name), visible: !hidden.has(key), ...more };
    const text = `%{y:.4~f} ${escaped(unit)}`;
    if (how.slots === 1)
      return [{ ...line, x: x.map(moment), y: seen.mean, line: { color: colour(tint), width, dash, shape: "hv" }, hovertemplate: text }];
    const band = bandOf(seen, how);
    return [
      { ...line, x: band.x.map((each) => each === null ? null : moment(each)), y: band.y, meta: { ...more.meta, band: true }, fill: "toself", fillcolor: colour(tint), opacity: 0.25, line: { width: 0 }, hoverinfo: "skip" },
      { ...line, x: x.map((each) => moment(each + how.slots / 2)), y: seen.mean.map((mean, at) => (isWhole(at, how) ? mean : null)), line: { color: colour(tint), width: 1.5, dash },
        customdata: seen.low.map((low, at) => [low, seen.high[at]]),
        hovertemplate: `mean ${text}, %{customdata[0]:.4~f} to %{customdata[1]:.4~f}` },
    ];
  }

  // The first and the last point may be of a few slots only: their mean says little, and stands out.

  const isWhole = (at, { first, slots }) =>
    Math.min(first + (at + 1) * slots, data.length) - Math.max(first + at * slots, 0) >= slots / 2;

  function drawTime(area) {
    const how = looking(view);
    const measured = Object.fromEntries(area.measured.map((name, at) => [name, curves[rulebooks.length + at]]));
    const units = [...new Set([...rulebooks.map((each) => each.fee_unit), ...(measured.last_fee ? [data.recorded_unit] : [])])];
    const axisOf = (unit) => ["y", "y3"][units.indexOf(unit)];
    const traces = [];
    if (measured.last_fee)
      traces.push(...linesOf(measured.last_fee, how, { name: "as recorded", tint: "recorded", unit: data.recorded_unit, width: 1.5, dash: "dot", yaxis: axisOf(data.recorded_unit) }));
    rulebooks.forEach((each, n) => traces.push(
      ...linesOf(curves[n], how, { name: each.name, tint: ofRulebook(n), key: n, dash: isAgain(n) ? "dash" : "solid", unit: each.fee_unit, width: 1.8, yaxis: axisOf(each.fee_unit), meta: { rulebook: n } })));
    area.peaks.forEach((peaks, n) => traces.push({
      type: "scatter", mode: "markers", x: peaks.map((peak) => moment(peak.index)), y: peaks.map((peak) => peak.fee), yaxis: axisOf(rulebooks[n].fee_unit),
      meta: { peaks: n }, name: "peak", hoverinfo: "skip", cliponaxis: false, visible: !hidden.has(n),
      marker: { size: 9, color: colour("card"), line: { color: colour(ofRulebook(n)), width: 2 } },
    }));
    for (const name of Object.keys(ENERGIES)) if (measured[name])
      traces.push(...linesOf(measured[name], how, { name: ENERGIES[name], tint: name, unit: "kWh", width: 1.3, yaxis: "y2" }));
    const [fee, energy, gap] = [230, 120, 36];
    const inside = units.length * (fee + gap) + energy;
    const rows = units.map((_, at) => [energy + gap + at * (fee + gap), energy + gap + at * (fee + gap) + fee].map((each) => Math.min(each / inside, 1))).reverse();
    Plotly.react("time", traces, layout(inside + 54, {
      hovermode: "x unified", dragmode: "zoom",
      xaxis: axis("time (UTC)", { type: "date", anchor: "y2", fixedrange: false, showspikes: false, hoverformat: "%Y-%m-%d %H:%M UTC", range: view.map(moment) }),
      ...Object.fromEntries(units.map((unit, at) => [`yaxis${at ? 3 : ""}`, axis(`fee (${unit})`, { domain: rows[at], rangemode: "tozero" })])),
      yaxis2: axis("energy (kWh per slot)", { domain: [0, energy / inside], rangemode: "tozero", nticks: 5 }),
    }), CONFIG);
    byId("whole").hidden = view === whole;
    byId("time-note").textContent = "Circles are peaks: click one, or any slot, to see why. " + (how.slots === 1
      ? "Every slot is drawn. Drag to look closer."
      : `A line is the mean of ${how.slots} slots (${lasting(how.slots * data.minutes)}), before a band from their lowest to their highest value. ` +
        (how.slots > data.stride ? `Drag over a part to see ${data.stride === 1 ? "every slot" : `every ${data.stride} slots`}. ` : "") +
        (data.stride > 1 ? `For so long a history, this file holds curves of no more than that. ` : "") +
        "Peaks, sums and the other charts are of all slots.");
  }

  function looked(event) {
    const seen = ["xaxis.range[0]", "xaxis.range[1]"].map((name, at) => (event["xaxis.range"] || {})[at] || event[name]);
    if (!seen[0]) return;
    const slots = seen.map(slotOf);
    look(slots[0] > 0 || slots[1] < data.length ? [Math.max(slots[0], 0), Math.min(slots[1], data.length)] : whole);
  }

  function look(at) {
    view = at[1] - at[0] < 2 ? [at[0] - 1, at[0] + 1] : at;
    drawTime(areas[chosen]);
  }

  // One room for each unit of fees

  function roomsOf(id) {
    const units = [...new Set(rulebooks.map((each) => each.fee_unit))];
    if (!byId(id).children.length)
      byId(id).append(...units.map((_, at) => make("div", { id: `${id}${at}`, className: "plot" })));
    return units.map((unit, at) => ({ unit, room: `${id}${at}` }));
  }

  function drawDuration(area) {
    for (const { unit, room } of roomsOf("duration")) {
      const traces = area.durations.map((curve, n) => ({
        type: "scatter", mode: "lines", x: [0, ...curve.share], y: [curve.fee[0], ...curve.fee], name: label(n), visible: !hidden.has(n),
        meta: { rulebook: n }, line: { color: colour(ofRulebook(n)), width: 1.8, shape: "vh", dash: isAgain(n) ? "dash" : "solid" }, hovertemplate: `%{y:.4~f} ${escaped(unit)}`,
      })).filter((trace) => trace.y.length > 1 && rulebooks[trace.meta.rulebook].fee_unit === unit);
      Plotly.react(room, traces, layout(270, {
        hovermode: "x unified",
        xaxis: axis("share of the time (%)", { range: [0, 100.4], hoverformat: ".1f", ticksuffix: "" }),
        yaxis: axis(`fee (${unit})`, { rangemode: "tozero" }),
      }), CONFIG);
    }
  }

  function drawHeat(area) {
    const days = data.heat_columns;
    const few = days.length <= FEW_DAYS;
    const hours = [...Array(24).keys()];
    const span = (unit) => {
      const all = area.heat.filter((_, n) => rulebooks[n].fee_unit === unit).flat(2).filter((each) => each !== null);
      return [Math.min(...all), Math.max(...all)];
    };
    byId("heat-caption").textContent =
      `Mean fee by hour of the day${data.heat_days > 1 ? ` and ${data.heat_days} days` : " and day"}, on the clock of ${data.timezone}`;
    const room = byId("heat");
    if (!room.children.length)
      rulebooks.forEach((each, n) => room.append(
        make("p", { className: "heat-title" }, swatchOf(n), `${each.name}, ${each.fee_unit}`), make("div", { id: `heat${n}`, className: "plot" })));
    const dayAxis = (more) => axis("", { type: "category", nticks: 12, showgrid: false, ...more });
    const hourAxis = (more) => axis("hour of the day", { tickvals: [0, 6, 12, 18], ticktext: ["00:00", "06:00", "12:00", "18:00"], showgrid: false, zeroline: false, ...more });
    area.heat.forEach((rows, n) => {
      const z = few ? rows : hours.map((hour) => rows.map((row) => row[hour]));
      const [x, y] = few ? [hours, days] : [days, hours];
      const [zmin, zmax] = span(rulebooks[n].fee_unit);
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

  function unexplained(heading, text) {
    byId("why-heading").textContent = heading;
    byId("why").textContent = text;
    byId("peaks").querySelectorAll("button").forEach((each) => each.setAttribute("aria-pressed", "false"));
  }

  const asked = (n, slot) =>
    `rulegrid explain ${quoted(areas[chosen].path)} --slot ${slot} --rulebook ${quoted(rulebooks[n].file)}${data.data && ` --data ${quoted(data.data)}`}`;

  function circleAt(x, y) {
    const drawn = [...byId("time").querySelectorAll(".points path")].map((each) => each.getBoundingClientRect());
    const peaks = byId("time").data.filter((each) => each.mode === "markers" && each.visible).flatMap(({ meta, x: at }) => at.map((_, peak) => [meta.peaks, peak]));
    const away = drawn.map((box) => Math.hypot(box.x + box.width / 2 - x, box.y + box.height / 2 - y));
    const nearest = away.indexOf(Math.min(...away));
    return away[nearest] < 9 ? peaks[nearest] : undefined;
  }

  function clicked({ points, event }) {
    const circle = circleAt(event.clientX, event.clientY);
    if (circle) return explain(...circle);
    const how = looking(view);
    const at = Math.floor((slotOf(points[0].x) - how.first) / how.slots);
    const seen = curves.slice(0, rulebooks.length).map((curve) => pixelsOf(curve, { ...how, begin: how.begin + at * how.per, points: 1 }));
    const slot = moment(how.first + at * how.slots);
    const known = rulebooks.map((each, n) => ({ ...each, n, low: seen[n].low[0], high: seen[n].high[0], mean: seen[n].mean[0] })).filter((each) => each.low !== null);
    if (how.slots > 1)
      return unexplained(`${how.slots} slots from ${readable(slot)} UTC`, known.map((each) =>
        `${each.name}: ${amount(each.low)} to ${amount(each.high)} ${each.fee_unit}, mean ${amount(each.mean)}`).join("\n") + "\n\nLook closer to choose one of them.");
    for (const [n, peaks] of areas[chosen].peaks.entries()) {
      const peak = peaks.findIndex((each) => each.slot === slot);
      if (peak >= 0) return explain(n, peak);
    }
    unexplained(`${readable(slot)} UTC`, "Not one of the peaks that are explained on this page. To see why:\n" +
      known.map((each) => `\n${each.name}: ${amount(each.mean)} ${each.fee_unit}\n${asked(each.n, slot)}\n`).join(""));
  }

  function listPeaks(area) {
    byId("peaks").replaceChildren(...area.peaks.flatMap((peaks, n) => peaks.map((peak, at) => {
      const button = make("button", { type: "button", onclick: () => explain(n, at) },
        swatchOf(n), `${amount(peak.fee)} ${rulebooks[n].fee_unit}, ${readable(peak.slot)}`);
      button.dataset.peak = `${n}.${at}`;
      return button;
    })));
    const first = area.peaks.findIndex((peaks) => peaks.length);
    if (first >= 0) return explain(first, 0);
    byId("why-heading").textContent = "No fee was decided for this area";
    byId("why").textContent = "";
  }

  function key(area) {
    const items = rulebooks.map((each, n) => [n, swatchOf(n), each.name]);
    if (area.measured.includes("last_fee")) items.push(["recorded", swatch("recorded", "dash"), "fee as recorded"]);
    for (const name of Object.keys(ENERGIES)) if (area.measured.includes(name)) items.push([name, swatch(name, "thin"), `energy: ${ENERGIES[name]}`]);
    byId("key").replaceChildren(...items.map(([each, look, text]) => {
      const button = make("button", { type: "button", title: "Show or hide" }, look, text);
      button.setAttribute("aria-pressed", String(!hidden.has(each)));
      button.onclick = () => {
        if (!hidden.delete(each)) hidden.add(each);
        button.setAttribute("aria-pressed", String(!hidden.has(each)));
        drawTime(area);
        drawDuration(area);
      };
      return make("li", {}, button);
    }));
  }

  async function choose(at) {
    chosen = at;
    byId("main").setAttribute("aria-busy", "true");
    byId("area").value = String(at);
    byId("area-heading").textContent = areas[at].path;
    byId("areas").querySelectorAll("tbody tr").forEach((row, n) => row.setAttribute("aria-selected", String(n === at)));
    const got = await unpacked(areas[at]);
    if (chosen !== at) return;
    curves = got;
    key(areas[at]);
    listPeaks(areas[at]);
    draw();
    byId("main").setAttribute("aria-busy", "false");
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
  byId("whole").onclick = () => look(whole);
  choose(0).then(() => {
    byId("time").on("plotly_click", clicked);
    byId("time").on("plotly_relayout", looked);
    byId("time").on("plotly_doubleclick", () => look(whole));
  }).catch((error) => {
    byId("time-note").textContent = `This browser cannot draw the curves; one of 2023 or later can. (${error.message})`;
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  const lit = (theme) => () => { document.documentElement.dataset.theme = theme; draw(); };
  addEventListener("beforeprint", lit("light"));
  addEventListener("afterprint", lit(""));
})();
