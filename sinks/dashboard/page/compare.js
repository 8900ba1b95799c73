// One KPI of many series in one chart.
import { Chart } from "./chart.js";
import { zoom_to } from "./controls.js";
import { choice, h } from "./dom.js";
import { window_words } from "./format.js";
import { ALL_KPIS, kpi_of } from "./kpis.js";
import { rows_at, series_name, values_of } from "./store.js";

const COLOURED = 8;
const DASHES = [undefined, [8, 4], [3, 3]];  // each takes all colours once; what is left is grey
const MOST_SERIES = 50;

export class Compare {
  constructor(app, known = {}) {
    this.app = app;
    this.known = known;
    this.key = null;
    this.chart = null;
    this.place = h("div", {});
    this.kpi = choice("KPI", ALL_KPIS.map(({ id, name }) => [id, name]), kpi_of(app.route.kpi).id,
      (kpi) => app.go({ kpi }));
    this.element = h("section", { class: "panel compare" },
      h("div", { class: "head" }, h("h2", {}, "Side by side"), this.kpi), this.place);
  }

  /** The busiest series of the store, drawn in the order of their traffic. */
  update(items, store, window, from_s, to_s) {
    const kpi = kpi_of(this.app.route.kpi);
    const shown = [...items].sort((a, b) => b.weight - a.weight).slice(0, MOST_SERIES)
      .map(({ series }) => series).sort((a, b) => (a.key < b.key ? -1 : 1));
    const key = JSON.stringify([kpi.id, shown.map((series) => series.key)]);
    if (key !== this.key) {
      this.chart?.destroy();
      this.key = key;
      this.chart = new Chart({
        title: kpi.name, unit: kpi.unit, text: kpi.text, on_zoom: zoom_to(this.app),
        top: kpi.id === "success" ? 1 : undefined,
        series: shown.map((series, i) => ({ name: series_name(series, this.known),
          ...look(i) })),
      });
      this.place.replaceChildren(this.chart.element);
    }
    this.chart.set(chart_data(store, shown.map((series) => [series, kpi.of]), window, from_s, to_s),
      from_s, to_s);
  }

  destroy() {
    this.chart?.destroy();
  }
}

/** How the i-th line looks, so that people can tell it from the others. */
export function look(i) {
  const round = Math.floor(i / COLOURED);
  if (round >= DASHES.length) return { colour: "series-rest", width: 1 };
  return { colour: `series-${(i % COLOURED) + 1}`, dash: DASHES[round], width: 1.5 };
}

/** What a chart draws: `lines` are [series, value of a row]. An end is incomplete where any is. */
export function chart_data(store, lines, window, from_s, to_s) {
  const ends = store.ends(from_s, to_s);
  const rows = new Map();
  for (const [series] of lines) if (!rows.has(series)) rows.set(series, rows_at(series, ends));
  const all = [...rows.values()];
  return {
    ends,
    values: lines.map(([series, value]) => values_of(rows.get(series), value)),
    incomplete: ends.map((_, i) => all.some((of_series) => of_series[i]?.complete === false)),
    revised: ends.map((_, i) => all.reduce((most, of_series) =>
      Math.max(most, of_series[i]?.revisions ?? 0), 0)),
    window: `window ${window_words(window)}`,
  };
}
