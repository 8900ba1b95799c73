// How each objective's budget went down, and how fast it burns: two charts an objective, a line a
// ledger.
import { ledger_words, steps } from "./budgets.js";
import { Chart } from "./chart.js";
import { look } from "./compare.js";
import { h, set_children } from "./dom.js";
import { percent, span, times } from "./format.js";

const US = 1e6;
const MOST_LINES = 50;
const LEFT = 1;  // of a point: [end_us, left, burn rate over 1 h]
const RATE = 2;

export class Burndowns {
  constructor() {
    this.element = h("div", {});
    this.panels = new Map();
  }

  /** rows: of /api/v1/burndown. */
  set(rows) {
    const objectives = Map.groupBy(rows, ({ objective }) => objective);
    for (const [name, panel] of this.panels) {
      if (objectives.has(name)) continue;
      panel.destroy();
      this.panels.delete(name);
    }
    for (const [name, ledgers] of objectives) {
      const shown = ledgers.slice(0, MOST_LINES);
      const key = JSON.stringify(shown.map(({ series }) => series));
      if (this.panels.get(name)?.key !== key) {
        this.panels.get(name)?.destroy();
        this.panels.set(name, new Panel(name, shown, key));
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
  constructor(name, ledgers, key) {
    this.key = key;
    const lines = ledgers.map((ledger, i) => (
      { name: ledger_words(ledger) || ledger.objective, ...look(i) }));
    this.left = new Chart({ title: "Budget left", unit: "of the budget", text: percent, top: 1,
      series: lines });
    this.rate = new Chart({ title: "Burn rate", unit: "times the pace that lasts the window",
      text: times, series: lines });
    this.element = h("section", { class: "panel" }, h("h2", {}, name),
      h("div", { class: "charts" }, this.left.element, this.rate.element));
  }

  set(ledgers) {
    const length = `window ${span(Math.max(...ledgers.map(({ window_us }) => window_us)) / US)}`;
    for (const [chart, of, window] of [[this.left, LEFT, length], [this.rate, RATE, "window 1 h"]]) {
      const { ends, values } = steps(ledgers.map(({ points }) => points), of);
      chart.set({ ends, values, incomplete: [], revised: [], window }, ends[0], ends.at(-1));
    }
  }

  destroy() {
    this.left.destroy();
    this.rate.destroy();
  }
}
