// Tables: the rulebooks beside each other, and the areas that they affect most.

const tablesOf = (data, choose) => {
  const { rulebooks, areas } = data;

  // Recorded fees have one unit: beside fees in another, nothing can be compared with them.

  const comparable = (n) => rulebooks[n].fee_unit === data.recorded_unit;
  const compared = rulebooks.reduce((most, each, n) =>
    comparable(n) && (most < 0 || each.total.recorded_revenue_eur > rulebooks[most].total.recorded_revenue_eur) ? n : most, -1);
  const many = rulebooks.length > 3;

  function heading() {
    byId("heading").textContent = rulebooks.map((each) => each.name).join(" · ");
    byId("span").textContent =
      `${data.slots.toLocaleString("en-US")} slots of ${data.minutes} minutes, ` +
      `${readable(data.first_slot)} to ${readable(data.last_slot)} UTC` +
      `${data.slots_missing ? `, and ${data.slots_missing.toLocaleString("en-US")} between them without rows` : ""} – ${data.history}`;
    byId("footer").append(
      ...rulebooks.map((each) => make("p", { textContent: `${each.name}: ${each.file}, ${each.digest}` })),
      make("p", { textContent: `rulegrid ${data.version}. This file is complete in itself: it loads nothing and sends nothing.` }),
    );
  }

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
      ["revenue, EUR", (total) => money(total.revenue_eur)],
      ["as recorded, EUR", (total, n) => money(comparable(n) ? total.recorded_revenue_eur : null)],
      ...limits.map((name) => [`slots at ${name}`, (total) => share(total.slots_at_limit[name], total.slots)]),
    ];
    const names = rulebooks.map((each, n) => make("th", { scope: many ? "row" : "col" }, swatchOf(n), each.name));
    const figures = rows.map(([name]) => make("th", { scope: many ? "col" : "row", textContent: name }));
    const cells = rows.map(([, cell]) => all.map((total, n) => make("td", { textContent: cell(total, n) })));
    const body = many
      ? names.map((name, n) => make("tr", {}, name, ...cells.map((row) => row[n])))
      : figures.map((figure, at) => make("tr", {}, figure, ...cells[at]));
    byId("totals").append(make("thead", {}, make("tr", {}, make("th"), ...(many ? figures : names))), make("tbody", {}, ...body));
    byId("totals").closest(".split").classList.toggle("stacked", many);
  }

  function affected() {
    const more = data.all_areas - areas.length;
    byId("unit-note").textContent = rulebooks.every((_, n) => comparable(n)) ? "" :
      `The recorded fees are in ${data.recorded_unit}: only rulebooks with fees in ${data.recorded_unit} are compared with them.`;
    byId("affected-note").textContent = (compared < 0
      ? "Ordered by the revenue of an area's market."
      : "Ordered by how far the revenue of an area's market moves from what was recorded.") +
      " Choose one to see its curves below." +
      (more ? ` ${more.toLocaleString("en-US")} more areas: see --format json or -o.` : "");
    const largest = Math.max(...areas.map((area) => area.effect_eur), 1e-9);
    const column = (text, ...before) => make("th", { scope: "col" }, ...before, text);
    const several = rulebooks.length > 1;
    const head = [
      column("area"), column(compared < 0 ? "up to, EUR" : "moves by, EUR"), column("recorded, EUR"),
      ...rulebooks.map((_, n) => column("revenue, EUR", swatchOf(n))),
      ...(many ? [] : rulebooks).map((each, n) => column(`mean fee, ${each.fee_unit}`, swatchOf(n))),
      ...(several ? [] : [column("pays, EUR")]),
    ];
    byId("areas").append(make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...areas.map((area, at) => {
      const known = area.results.find((each) => each);
      const recorded = area.results.find((each, n) => each && comparable(n));
      const [, above, name] = /^(.*\/)?([^/]*)$/s.exec(area.path);
      const button = make("button", { type: "button", onclick: () => choose(at) }, name);
      if (above) button.append(make("br"), make("small", { textContent: above.slice(0, -1) }));
      const bar = make("span", { className: "bar" });
      bar.style.width = `${(70 * area.effect_eur) / largest}px`;
      return make("tr", {},
        make("th", { scope: "row" }, button),
        make("td", {}, bar, money(area.effect_eur)),
        make("td", { textContent: money(recorded ? recorded.recorded_revenue_eur : null) }),
        ...area.results.map((each) => make("td", { textContent: each ? money(each.revenue_eur) : "–" })),
        ...(many ? [] : area.results).map((each) => make("td", { textContent: each ? number(each.mean_fee, 2) : "–" })),
        ...(several ? [] : [make("td", { textContent: money(known.paid_eur) })]));
    })));
  }

  return { heading, totals, affected, compared };
};
