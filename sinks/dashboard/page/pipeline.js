// Does the pipeline keep up? What it says of itself each second, while this page is open.
import { get } from "./api.js";
import { Chart } from "./chart.js";
import { h, set_attribute, set_children, set_text } from "./dom.js";
import { bytes, clock, count, rate, span, whole, words } from "./format.js";
import { seconds_of_time } from "./store.js";

const MOST_SAMPLES = 1800;
const BEHIND_S = 60;  // of a watermark: results are visibly old
const FULL = 0.9;     // of a budget
const DEAD_LETTERS = 50;
const DEAD_LETTERS_EVERY_MS = 5000;

/** What was told while the page is open: { at_s, facts }, oldest first. */
export class PipelineHistory {
  samples = [];
  #held = [];
  #paused = false;

  take(facts, at_s) {
    const samples = this.#paused ? this.#held : this.samples;
    samples.push({ at_s: Math.round(at_s), facts });
    if (samples.length > MOST_SAMPLES) samples.shift();
  }

  set_paused(paused) {
    this.#paused = paused;
    if (paused) return;
    this.samples = [...this.samples, ...this.#held].slice(-MOST_SAMPLES);
    this.#held = [];
  }
}

const worst_lag_s = ({ partitions }) => {
  const lags = partitions.map(({ watermark_lag_s }) => watermark_lag_s).filter(Number.isFinite);
  return lags.length ? Math.max(...lags) : null;
};

const CHARTS = [
  { title: "Rate", unit: "each second", text: rate, series: [
    { name: "events", colour: "series-1", fill: "band-1", of: (facts) => facts.events_per_second },
    { name: "results", colour: "series-6", of: (facts) => facts.results_per_second }] },
  { title: "Watermark lag", unit: "seconds behind, the worst partition", text: span, series: [
    { name: "lag", colour: "series-2", of: worst_lag_s }] },
  { title: "Records to read", unit: "records, all partitions", text: count, series: [
    { name: "to read", colour: "series-4", of: ({ partitions }) =>
      partitions.reduce((sum, { lag_records }) => sum + (lag_records ?? 0), 0) }] },
  { title: "Memory", unit: "bytes", text: bytes, series: [
    { name: "in use", colour: "series-1", fill: "band-1", of: (facts) => facts.memory_bytes }] },
];

export class PipelineView {
  wants_pipeline = true;
  title = "Pipeline";

  constructor(app) {
    this.app = app;
    const { dimensions, windows } = app.catalog.scopes[0];
    // Any stream tells of the pipeline; this one tells little else.
    if (!app.route.to) app.feed({ scope: dimensions, window: windows.at(-1) });
    this.heading = h("h1", {}, "Reading the pipeline…");
    this.detail = h("p", { class: "detail" });
    this.head = h("div", { class: "head" }, h("div", {}, this.heading, this.detail));
    this.tiles = new Map();
    this.tile_row = h("dl", { class: "tiles" });
    this.charts = CHARTS.map((spec) => new Chart(spec));
    this.partitions = h("tbody", { role: "rowgroup" });
    this.reasons = h("div", { class: "reasons" });
    this.letters = h("tbody", {});
    this.element = h("div", { class: "view" }, this.head, this.tile_row,
      h("div", { class: "charts" }, this.charts.map((chart) => chart.element)),
      h("section", { class: "panel" }, h("h2", {}, "Partitions"), partition_table(this.partitions)),
      h("section", { class: "panel" }, h("h2", {}, "Dead letters"), this.reasons,
        this.letter_place = letter_table(this.letters)));
    this.#read();
    this.timer = setInterval(() => this.#read_letters(), DEAD_LETTERS_EVERY_MS);
  }

  apply() {}

  async #read() {
    try {
      if (this.app.history.samples.length === 0) {
        this.app.history.take(await get("pipeline"), Date.now() / 1000 - (this.app.skew_s ?? 0));
      }
    } catch (error) {
      if (error.status === 401) return this.app.unauthorized();
      set_text(this.heading, `Cannot read the pipeline: ${error.message}`);
    }
    this.app.changed();
    await this.#read_letters();
  }

  async #read_letters() {
    if (this.app.paused && this.letter_rows) return;
    try {
      this.letter_rows = (await get("deadletters", [["limit", DEAD_LETTERS]])).rows;
      this.letter_place.hidden = this.letter_rows.length === 0;
      set_children(this.letters, this.letter_rows.map(letter_row));
    } catch {
      // The status in the bar says that the server is away; the table keeps what it had.
    }
  }

  update() {
    const { samples } = this.app.history;
    if (samples.length === 0) return;
    const { facts } = samples.at(-1);
    this.#summary(facts);
    this.#tiles(facts);
    const from_s = Math.min(samples[0].at_s, samples.at(-1).at_s - 60);
    // A second that was not told is a gap.
    const by_second = new Map(samples.map(({ at_s, facts: of_second }) => [at_s, of_second]));
    const ends = [];
    for (let at = from_s; at <= samples.at(-1).at_s; at++) ends.push(at);
    for (const chart of this.charts) {
      chart.set({ ends, values: chart.spec.series.map(({ of }) => bridged(ends.map((at) =>
        (by_second.has(at) ? of(by_second.get(at)) ?? null : null)))),
      incomplete: [], revised: [], window: "since this page was opened" },
      from_s, samples.at(-1).at_s);
    }
    set_children(this.partitions, [...facts.partitions].sort(worst_partition).map(partition_row));
    this.#reasons(facts.dead_letters ?? {});
  }

  #summary(facts) {
    const stalled = facts.partitions.filter((partition) => partition.stalled).length;
    const lag_s = worst_lag_s(facts);
    const full = facts.memory_bytes > FULL * facts.memory_budget_bytes
      || facts.disk_bytes > FULL * facts.disk_budget_bytes;
    const bad = stalled > 0 || lag_s > BEHIND_S || full;
    set_attribute(this.heading, "data-level", bad ? "bad" : "well");
    set_text(this.heading, stalled ? `${stalled} of ${facts.partitions.length} partitions stalled`
      : lag_s > BEHIND_S ? `Results are ${span(lag_s)} behind`
        : full ? "A budget is nearly used up" : "The pipeline keeps up");
    set_text(this.detail, `Up for ${span(facts.uptime_s)}. As of ${
      clock(this.app.history.samples.at(-1).at_s)}.`);
  }

  #tiles(facts) {
    const dead = Object.values(facts.dead_letters ?? {}).reduce((sum, number) => sum + number, 0);
    this.#tile("Events", rate(facts.events_per_second));
    this.#tile("Results", rate(facts.results_per_second));
    const lag_s = worst_lag_s(facts);
    this.#tile("Watermark lag", span(lag_s), lag_s > BEHIND_S ? "bad" : null);
    this.#tile("Dead letters", count(dead), dead > 0 ? "watch" : null);
    this.#tile("State", bytes(facts.state_bytes));
    this.#meter("Memory", facts.memory_bytes, facts.memory_budget_bytes);
    this.#meter("Disk", facts.disk_bytes, facts.disk_budget_bytes);
  }

  #tile(name, text, level = null) {
    let tile = this.tiles.get(name);
    if (!tile) {
      const value = h("b", {});
      tile = { value, element: h("div", { class: "tile" }, h("dt", {}, name), h("dd", {}, value)) };
      this.tiles.set(name, tile);
      this.tile_row.append(tile.element);
    }
    set_text(tile.value, text);
    set_attribute(tile.element, "data-level", level);
    return tile;
  }

  #meter(name, used, budget) {
    const tile = this.#tile(name, bytes(used), used > FULL * budget ? "bad" : null);
    if (!budget) return;
    if (!tile.meter) {
      tile.of = h("span", { class: "of" });
      tile.meter = h("meter", { min: 0, max: 1, "aria-label": `${name}, of its budget` });
      tile.element.lastChild.append(tile.of, tile.meter);
    }
    set_text(tile.of, `of ${bytes(budget)}`);
    tile.meter.value = used / budget;
  }

  #reasons(dead_letters) {
    const reasons = Object.entries(dead_letters).filter(([, number]) => number > 0)
      .sort((a, b) => b[1] - a[1]);
    const texts = reasons.length ? reasons.map(([reason, number]) =>
      h("span", { class: "reason" }, h("b", {}, count(number)), ` ${words(reason)}`))
      : [h("p", { class: "detail" }, "None since this start: everything that came was counted.")];
    this.reasons.replaceChildren(...texts);
  }

  destroy() {
    clearInterval(this.timer);
    for (const chart of this.charts) chart.destroy();
  }
}

/** Two samples may be told within one second, and then none in the next: one second is no gap. */
function bridged(values) {
  return values.map((value, i) => (value === null && i > 0 && (values[i + 1] ?? null) !== null
    ? values[i - 1] : value));
}

const worst_partition = (a, b) => Number(b.stalled ?? false) - Number(a.stalled ?? false)
  || (b.watermark_lag_s ?? -1) - (a.watermark_lag_s ?? -1)
  || (b.lag_records ?? 0) - (a.lag_records ?? 0)
  || `${a.topic}${a.partition}`.localeCompare(`${b.topic}${b.partition}`, "en", { numeric: true });

const PARTITION_COLUMNS = ["Partition", "Read by", "Watermark", "Lag", "Position", "To read", "State"];

function partition_table(body) {
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Partitions" },
    h("table", { class: "plain" },
      h("caption", { class: "visually-hidden" }, "Partitions, the one most behind first"),
      h("thead", {}, h("tr", {}, PARTITION_COLUMNS.map((name, i) => h("th", { scope: "col",
        class: i >= 2 && i <= 5 ? "figure" : null }, name)))), body));
}

function partition_row(partition) {
  const lag_s = partition.watermark_lag_s;
  const level = partition.stalled || lag_s > BEHIND_S ? "bad" : null;
  const figure = (text) => h("td", { class: "figure" }, text);
  return h("tr", { "data-level": level },
    h("th", { scope: "row" }, h("code", {}, `${partition.topic}/${partition.partition}`)),
    h("td", {}, partition.processor),
    figure(partition.watermark ? clock(seconds_of_time(partition.watermark)) : "–"),
    figure(span(lag_s)), figure(whole(partition.position)), figure(whole(partition.lag_records)),
    h("td", {}, partition.stalled ? `stalled since ${clock(seconds_of_time(partition.stalled_since))}`
      : lag_s > BEHIND_S ? "behind" : "keeps up"));
}

function letter_table(body) {
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Dead letters" },
    h("table", { class: "plain" },
      h("caption", { class: "visually-hidden" }, "Dead letters, the newest first"),
      h("thead", {}, h("tr", {}, ["Time", "Reason", "What was wrong", "Where"].map(
        (name) => h("th", { scope: "col" }, name)))), body));
}

function letter_row({ topic, partition, offset, time, reasons, reasons_total, source }) {
  const [first = { reason: "", text: "" }] = reasons;
  const all = reasons_total ?? reasons.length;
  const more = all > 1 ? ` and ${all - 1} more` : "";
  return h("tr", {}, h("th", { scope: "row" }, clock(seconds_of_time(time), true)),
    h("td", {}, words(String(first.reason))),
    h("td", { class: "text" }, `${first.text ?? ""}${more}`),
    h("td", {}, h("code", {}, topic ? `${topic}/${partition}@${offset}` : source ?? "–")));
}
