// One series: its KPIs now and over time, what went wrong by type, and what it is made of.
import { Chart } from "./chart.js";
import { chart_data, Compare } from "./compare.js";
import { zoom_to } from "./controls.js";
import { h, set_attribute, set_children, set_text } from "./dom.js";
import { scope_of, scope_words } from "./fleet.js";
import { clock, count, duration, percent, rate, seconds_of, window_words, words, zone }
  from "./format.js";
import { LEVEL_WORDS } from "./health.js";
import { ERRORS, KPIS, kpi_of } from "./kpis.js";
import { format_route, pick_window } from "./route.js";
import { explain, judged, SeriesTable } from "./series_table.js";
import { Spark } from "./spark.js";
import { rows_at, values_of } from "./store.js";

const quantiles = (title, field) => ({
  title, unit: "time", text: duration, bands: [[0, 1, "band-2"], [1, 2, "band-1"]],
  series: ["p99", "p95", "p50"].map((id) => ({ name: id.toUpperCase(), colour: id,
    width: id === "p99" ? 1.75 : 1.25, of: (row) => row[field]?.[id] })),
});

const ERROR_COLOURS = { server_error: "bad", timeout: "series-2", oom: "series-4",
  dependency: "series-7", model_load: "series-6", rejected: "series-8",
  client_error: "series-rest", other: "series-5" };

/** The charts of a series; `length_s` is its window's. */
function chart_specs(length_s) {
  const each_second = (value) => (value === null || value === undefined ? null : value / length_s);
  return [
    quantiles("Latency", "latency_us"),
    { title: "Success ratio", unit: "ok ÷ rated", text: percent, top: 1,
      series: [{ name: "success", colour: "good", of: (row) => row.success_ratio }] },
    { title: "Errors by type", unit: "requests in a window", text: count, stacked: true,
      hide_empty: true, series: ERRORS.map((status) => ({ name: words(status), width: 1,
        colour: ERROR_COLOURS[status], of: (row) => row.status?.[status] })) },
    { title: "Traffic", unit: "requests/s", text: rate, series: [
      { name: "mean", colour: "series-1", fill: "band-1", of: (row) => row.requests_per_second },
      { name: "busiest second", colour: "series-rest", width: 1,
        of: (row) => row.peak_requests_per_second }] },
    quantiles("Time to first token", "ttft_us"),
    { title: "Tokens", unit: "tokens/s", text: rate, stacked: true, series: [
      { name: "output", colour: "series-1", of: (row) => each_second(row.output_tokens) },
      { name: "input, cached", colour: "series-6", of: (row) => each_second(row.cached_tokens) },
      { name: "input, read", colour: "series-rest", of: (row) =>
        each_second(row.input_tokens === null ? null
          : row.input_tokens - (row.cached_tokens ?? 0)) }] },
    quantiles("Time per output token", "tpot_us"),
    quantiles("Time in the queue", "queue_us"),
    { title: "Where the time goes", unit: "mean time", text: duration, stacked: true, series: [
      { name: "compute", colour: "series-1", of: (row) => row.compute_us?.mean },
      { name: "queue", colour: "series-2", of: (row) => row.queue_us?.mean },
      { name: "network", colour: "series-6", of: (row) => row.network_us?.mean }] },
    { title: "Cold starts and retries", unit: "in a window", text: count, series: [
      { name: "cold starts", colour: "series-4", of: (row) => row.cold_starts },
      { name: "retries", colour: "series-7", of: (row) => row.retries }] },
  ];
}

export class SeriesView {
  constructor(app, route) {
    this.app = app;
    const scope = scope_of(app, route.scope);
    this.dimensions = scope.dimensions;
    this.windows = scope.windows;
    this.window = pick_window(scope.windows, seconds_of(route.range), route.window);
    this.where = Object.fromEntries(this.dimensions.map((name) => [name, route.at[name] ?? ""]));
    this.name = this.dimensions.map((name) => this.where[name] || "(none)").join(" · ")
      || "everything";
    this.title = this.name;
    this.feed = app.feed({ scope: this.dimensions, window: this.window, where: this.where });
    this.#build(seconds_of(this.window.split("/")[0]));
    this.breakdown = new Breakdown(app, this.dimensions, this.where);
    this.shown = null;
  }

  #build(length_s) {
    this.level = h("span", { class: "level large" });
    this.why = h("p", { class: "detail" });
    this.when = h("p", { class: "detail" });
    const crumbs = h("p", { class: "crumbs" },
      h("a", { href: format_route({ ...this.app.route, view: "fleet", at: {} }) },
        `All, by ${scope_words(this.dimensions)}`),
      this.#parents());
    this.head = h("div", { class: "head" },
      h("div", {}, crumbs, h("h1", {}, this.name, " ", this.level), this.why, this.when));
    this.tiles = [...KPIS, kpi_of("cold")].map((kpi) => new Tile(kpi));
    this.tile_row = h("dl", { class: "tiles" }, this.tiles.map((tile) => tile.element));
    this.charts = chart_specs(length_s).map((spec) =>
      new Chart({ ...spec, on_zoom: zoom_to(this.app) }));
    this.grid = h("div", { class: "charts" }, this.charts.map((chart) => chart.element));
    this.empty = h("p", { class: "empty" });
    this.element = h("div", { class: "view" });
  }

  /** Links to the coarser scopes that this series is a part of. */
  #parents() {
    return this.app.catalog.scopes.filter(({ dimensions }) => dimensions.length > 0
      && dimensions.length < this.dimensions.length
      && dimensions.every((name) => name in this.where)).map(({ dimensions }) => [" / ",
      h("a", { href: format_route({ ...this.app.route, scope: dimensions.join(","), by: "",
        at: Object.fromEntries(dimensions.map((name) => [name, this.where[name]])) }) },
      dimensions.map((name) => this.where[name]).join(" · "))]);
  }

  apply(route) {
    this.breakdown.apply(route);
  }

  update() {
    const { feed } = this;
    const [from_s, to_s] = this.app.range(feed.store);
    const item = judged(feed.store, from_s, to_s, this.app.quiet())[0];
    this.level.hidden = !item;
    if (!item) {
      for (const text of [this.why, this.when]) set_text(text, "");
      set_text(this.empty, feed.phase === "failed" ? `Cannot read the results: ${feed.error.message}.`
        : feed.phase === "loading" ? "Reading the results…"
          : `There is no ${this.dimensions.join(" and ") || "traffic"} ${this.name} in this range. `
            + "Choose a longer one, or another in the fleet.");
      set_children(this.element, [this.head, this.empty]);
      return;
    }
    set_children(this.element, [this.head, this.tile_row, this.grid, this.breakdown.element]);
    this.#summary(item, to_s);
    const ends = feed.store.ends(from_s, to_s);
    for (const tile of this.tiles) tile.update(item, ends);
    for (const chart of this.charts) {
      const lines = chart.spec.series.map(({ of }) => [item.series, of]);
      chart.set(chart_data(feed.store, lines, this.window, from_s, to_s), from_s, to_s);
    }
    this.breakdown.update();
  }

  #summary({ verdict }, to_s) {
    set_text(this.level, LEVEL_WORDS[verdict.level]);
    set_attribute(this.head, "data-level", verdict.level);
    set_text(this.why, explain(verdict) || "Nothing unusual.");
    const said = [`Window ${window_words(this.window)}, to ${clock(to_s)} ${zone(to_s)}`];
    if (verdict.row?.complete === false) said.push("incomplete: a raw partition is behind");
    if (this.feed.revised) said.push(`${this.feed.revised} windows revised while you look`);
    set_text(this.when, said.join(". "));
  }

  destroy() {
    for (const chart of this.charts) chart.destroy();
    this.breakdown.destroy();
  }
}

/** One figure, and its line. */
class Tile {
  constructor(kpi) {
    this.kpi = kpi;
    this.value = h("b", {});
    this.spark = new Spark();
    this.element = h("div", { class: "tile" }, h("dt", {}, kpi.name),
      h("dd", {}, this.value, this.spark.element));
  }

  update({ series, verdict }, ends) {
    set_text(this.value, this.kpi.text(verdict.row ? this.kpi.of(verdict.row) : null));
    set_attribute(this.element, "data-level",
      verdict.findings.find((finding) => finding.kpi === this.kpi.id)?.level);
    this.spark.set(values_of(rows_at(series, ends), this.kpi.of), this.kpi.more);
  }
}

/** The same series by one dimension more: every scope that has its dimensions and others. */
class Breakdown {
  constructor(app, dimensions, where) {
    this.app = app;
    this.where = where;
    this.scopes = app.catalog.scopes.filter((scope) => scope.dimensions.length > dimensions.length
      && dimensions.every((name) => scope.dimensions.includes(name)));
    this.tabs = this.scopes.map((scope) => {
      const others = scope.dimensions.filter((name) => !(name in where));
      return h("button", { on: { click: () => app.go({ by: scope.dimensions.join(","), sort: "" }) } },
        scope_words(others));
    });
    this.place = h("div", { class: "view" });
    this.element = h("section", { class: "breakdown" },
      h("div", { class: "head" }, h("h2", {}, "Broken down"),
        h("div", { class: "tabs", role: "group", "aria-label": "Broken down by" }, this.tabs)),
      this.place);
    this.element.hidden = this.scopes.length === 0;
    this.apply(app.route);
  }

  apply(route) {
    const scope = this.scopes.find(({ dimensions }) => dimensions.join(",") === route.by)
      ?? this.scopes[0];
    if (!scope || scope === this.scope) return;
    this.destroy();
    this.app.drop(this.feed);
    this.scope = scope;
    this.tabs.forEach((tab, i) => set_attribute(tab, "aria-pressed",
      String(this.scopes[i] === scope)));
    this.window = pick_window(scope.windows, seconds_of(route.range), route.window);
    this.feed = this.app.feed({ scope: scope.dimensions, window: this.window, where: this.where });
    this.table = new SeriesTable(this.app, scope.dimensions, this.where);
    this.compare = new Compare(this.app, this.where);
    this.place.replaceChildren(this.table.element, this.compare.element);
  }

  update() {
    if (!this.scope) return;
    const [from_s, to_s] = this.app.range(this.feed.store);
    const items = judged(this.feed.store, from_s, to_s, this.app.quiet());
    this.table.update(items, this.feed.store, from_s, to_s);
    this.compare.update(items, this.feed.store, this.window, from_s, to_s);
  }

  destroy() {
    this.compare?.destroy();
  }
}
