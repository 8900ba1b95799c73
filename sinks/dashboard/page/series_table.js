// One row a series: what is wrong with it, its KPIs, a line for each, the worst first.
import { set_attribute, h, set_children, set_text } from "./dom.js";
import { clock } from "./format.js";
import { judge, LEVEL_WORDS, overtaken, worst_first } from "./health.js";
import { KPIS } from "./kpis.js";
import { format_route, series_route } from "./route.js";
import { Spark } from "./spark.js";
import { rows_at, series_name, values_of } from "./store.js";

const GRACE_ENDS = 2;  // the partitions do not tell the same end at the same moment
const FEW = 50;

/** The last end to judge a series by: its own, where that is hardly behind the others'. */
function end_of(series, store, to_s) {
  for (let i = 0; i <= GRACE_ENDS; i++) {
    const end = Math.floor(to_s / store.hop_s - i) * store.hop_s;
    if (series.rows.has(end)) return end;
  }
  return Math.floor(to_s / store.hop_s) * store.hop_s;
}

/** Every series of the store with its verdict, the worst first; `quiet`: nothing is told any more. */
export function judged(store, from_s, to_s, quiet = false) {
  return [...store.series.values()].map((series) => {
    let requests = 0;
    for (const row of series.rows.values()) requests += row.requests;
    const verdict = judge(series, from_s, end_of(series, store, to_s));
    return { series, verdict: quiet ? overtaken(verdict, to_s) : verdict, weight: requests };
  }).filter(({ series }) => [...series.rows.keys()].some((end) => end <= to_s)).sort(worst_first);
}

export class SeriesTable {
  /** `known`: the dimensions that all rows share, which their names leave out. */
  constructor(app, dimensions, known = {}) {
    this.app = app;
    this.known = known;
    const named = dimensions.filter((name) => !(name in known)).join(" and ") || "series";
    this.rows = new Map();
    this.everything = false;
    this.body = h("tbody", { role: "rowgroup" });
    this.filter = h("input", { type: "search", placeholder: "Filter by name", hidden: true,
      "aria-label": "Filter by name", on: { input: () => app.changed() } });
    this.more = h("button", { class: "quiet", hidden: true, on: { click: () => {
      this.everything = true;
      app.changed();
    } } });
    this.heads = [{ id: "name", name: capitalised(named) }, ...KPIS].map(({ id, name }, i) => h("th", { scope: "col", role: "columnheader",
      class: i === 0 ? null : "figure" }, h("button", { class: "sort", on: { click: () =>
      app.go({ sort: app.route.sort === id ? "" : id }) } }, name)));
    const table = h("table", { class: "fleet", role: "table" },
      h("caption", { class: "visually-hidden" }, `KPIs by ${named}, worst first`),
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, this.heads)), this.body);
    table.addEventListener("keydown", (event) => this.#key(event));
    this.element = h("div", { class: "panel rows" }, this.filter, table, this.more);
  }

  /** items: as `judged` makes them. */
  update(items, store, from_s, to_s) {
    const { sort } = this.app.route;
    const ends = store.ends(from_s, to_s);
    const wanted = this.filter.value.trim().toLowerCase();
    this.filter.hidden = items.length <= 12;
    const found = sorted(items, sort)
      .filter(({ series }) => !wanted || series_name(series).toLowerCase().includes(wanted));
    const shown = this.everything ? found : found.slice(0, FEW);
    this.more.hidden = shown.length === found.length;
    set_text(this.more, `Show all ${found.length}`);
    [{ id: "name", more: -1 }, ...KPIS].forEach(({ id, more }, i) => set_attribute(this.heads[i],
      "aria-sort",
      id !== sort ? null : more < 0 ? "ascending" : "descending"));
    set_children(this.body, shown.map((item) => this.#row(item, ends)));
  }

  #row({ series, verdict }, ends) {
    let row = this.rows.get(series.key);
    if (!row) {
      row = make_row(series, this.known);
      this.rows.set(series.key, row);
    }
    set_attribute(row.link, "href",
      format_route(series_route(this.app.route, series.scope, series.values)));
    set_attribute(row.element, "data-level", verdict.level);
    set_text(row.level, LEVEL_WORDS[verdict.level]);
    set_text(row.why, explain({ findings: verdict.findings.slice(0, 1) }));
    row.incomplete.hidden = verdict.row === null || verdict.row.complete !== false;
    const rows = rows_at(series, ends);
    KPIS.forEach((kpi, i) => {
      const found = verdict.findings.find((finding) => finding.kpi === kpi.id);
      set_text(row.figures[i], kpi.text(verdict.row ? kpi.of(verdict.row) : null));
      set_attribute(row.cells[i], "data-level", found?.level);
      row.sparks[i].set(values_of(rows, kpi.of), kpi.more);
    });
    return row.element;
  }

  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const link = event.target.closest("tbody a");
    if (!step || !link) return;
    const links = [...this.body.querySelectorAll("a")];
    const next = links[links.indexOf(link) + step];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  }
}

const capitalised = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** Why, in words; nothing where all is well. */
export function explain(verdict) {
  return verdict.findings.map((finding) => (Number.isFinite(finding.last_s)
    ? `${finding.text} since ${clock(finding.last_s)}` : finding.text)).join(" · ");
}

function make_row(series, known) {
  const link = h("a", {}, series_name(series, known));
  const level = h("span", { class: "level" });
  const why = h("span", { class: "why" });
  const incomplete = h("span", { class: "tag", title: "A raw partition was left out, for it is "
    + "behind; these values are told again when it has caught up", hidden: true }, "incomplete");
  const figures = KPIS.map(() => h("span", { class: "value" }));
  const sparks = KPIS.map(() => new Spark());
  const cells = KPIS.map((kpi, i) => h("td", { role: "cell", class: "figure" },
    h("span", { class: "label", "aria-hidden": "true" }, kpi.name), figures[i], sparks[i].element));
  const element = h("tr", { role: "row" },
    h("th", { scope: "row", role: "rowheader" },
      h("span", { class: "name" }, level, link, incomplete), why), cells);
  return { element, link, level, why, incomplete, figures, sparks, cells };
}

function sorted(items, sort) {
  if (sort === "name") {
    return [...items].sort((a, b) => series_name(a.series).localeCompare(series_name(b.series)));
  }
  const kpi = KPIS.find(({ id }) => id === sort);
  if (!kpi) return items;
  const size = ({ verdict }) => (verdict.row ? kpi.of(verdict.row) : null) ?? -Infinity;
  return [...items].sort((a, b) => (size(b) - size(a) || 0) * (kpi.more < 0 ? -1 : 1));
}
