// How each objective's budget went down, and how fast it burns: two charts an objective, a line a
// ledger.
import { is_calendar, ledger_words, name_of, steps } from "./budgets.js";
import { Chart } from "./chart.js";
import { look } from "./compare.js";
import { h, set_children } from "./dom.js";
import { clock, percent, span, times } from "./format.js";

const US = 1e6;
const MOST_LINES = 50;
const LEFT = 1;  // of a point: [end_us, left, burn rate over 1 h]
const RATE = 2;
const SHORTEST_S = 60;  // of an axis, where a ledger has only begun

const ROLLING = "Each point is the budget left of the window that ends then, so the line may begin "
  + "anywhere, and rises when bad events leave the window. Where there are events only for a part "
  + "of it, they stand for all of it.";
const CALENDAR = "Each point is the budget left if all of the window goes as it has until then.";

export class Burndowns {
  constructor() {
    this.element = h("div", { class: "view" });
    this.panels = new Map();
  }

  /** rows: of /api/v1/burndown; ledgers: of /api/v1/objectives, which know their windows. */
  set(rows, ledgers) {
    const calendars = new Map(ledgers.filter(is_calendar).map((ledger) =>
      [name_of(ledger), ledger.budget.start_us]));
    const objectives = Map.groupBy(rows, ({ objective }) => objective);
    for (const [name, panel] of this.panels) {
      if (objectives.has(name)) continue;
      panel.destroy();
      this.panels.delete(name);
    }
    for (const [name, all] of objectives) {
      const shown = all.slice(0, MOST_LINES);
      const start_us = calendars.get(name_of(shown[0]));
      const key = JSON.stringify([start_us, shown.map(({ series }) => series)]);
      if (this.panels.get(name)?.key !== key) {
        this.panels.get(name)?.destroy();
        this.panels.set(name, new Panel({ name, ledgers: shown, start_us, key }));
      }
      this.panels.get(name).set(shown);
    }
    set_children(this.element, [...this.panels.values()].map((panel) => panel.element));
  }

  destroy() {
    for (const panel of this.panels.values()) panel.destroy();
  }
}

class Panel {
  /** `start_us`: of its calendar window; undefined: it rolls. */
  constructor({ name, ledgers, start_us, key }) {
    this.key = key;
    const lines = ledgers.map((ledger, i) => (
      { name: ledger_words(ledger) || ledger.objective, ...look(i) }));
    const of = start_us === undefined ? "of the rolling window that ends then"
      : `of the window since ${clock(start_us / US, true)}`;
    this.left = new Chart({ title: "Budget left", unit: of, text: percent, top: 1,
      zero: "all of it is spent", series: lines });
    this.rate = new Chart({ title: "Burn rate", unit: "times the pace that lasts the window",
      text: times, series: lines });
    this.element = h("section", { class: "panel" }, h("h2", {}, name),
      h("p", { class: "detail" }, start_us === undefined ? ROLLING : CALENDAR),
      h("div", { class: "charts" }, this.left.element, this.rate.element));
  }

  set(ledgers) {
    const length = `window ${span(Math.max(...ledgers.map(({ window_us }) => window_us)) / US)}`;
    for (const [chart, of, window] of [[this.left, LEFT, length], [this.rate, RATE, "window 1 h"]]) {
      const { ends, values } = steps(ledgers.map(({ points }) => points), of);
      chart.set({ ends, values, incomplete: [], revised: [], window },
        Math.min(ends[0], ends.at(-1) - SHORTEST_S), ends.at(-1));
    }
  }

  destroy() {
    this.left.destroy();
    this.rate.destroy();
  }
}
