// One chart over time: a figure with its unit and window, what it draws, a legend that reads the
// cursor, and a table behind it. uPlot draws.
import uPlot from "/uplot/uPlot.js";
import { ABSENT, bytes, clock, clock_within, seconds_of, tick } from "./format.js";
import { h, set_attribute, set_text } from "./dom.js";
import { colour, on_theme } from "./theme.js";
import { fill_table } from "./chart_table.js";

const HEIGHT_PX = 190;
const STACKED = 0.5;  // opacity of a stacked area
const BINARY = Array.from({ length: 45 }, (_, i) => 2 ** i);
const DAY_S = seconds_of("1d");
const ZERO_DASH = [6, 4];
const GRACE_ENDS = 2;  // the partitions do not tell the same end at the same moment
const LEGEND = 12;  // series that it names
const CURSOR = "weir";  // charts with the same name move their cursors together

let next_id = 0;

/**
 * spec: { title, unit, text, series: [{ name, colour, fill?, width?, dash? }], stacked?, hide_empty?,
 *         top?, zero?, bands?: [[upper, lower, colour]], on_zoom?(from_s, to_s) }
 * `zero` is what it means that a value is 0: the axis goes from `top` to 0, or as far below as the
 * values do, and a line is drawn at 0. `text` writes a value with its unit. A stacked chart is given
 * the single values and stacks them.
 */
export class Chart {
  constructor(spec) {
    this.spec = spec;
    this.id = `chart-${next_id++}`;
    this.data = null;
    this.plot = null;
    this.#build();
    this.width = 0;  // as observed: asking for it would lay the page out
    this.resized = new ResizeObserver(([{ contentRect }]) => this.#fit(contentRect.width));
    this.resized.observe(this.place);
    this.stop_theme = on_theme(() => this.#restart());
  }

  /**
   * data: { ends, values: [[..] of each series], incomplete: [bool], revised: [count], window };
   * [from_s, to_s] is what the axis shows. null is a gap.
   */
  set(data, from_s, to_s) {
    this.data = data;
    this.range = [from_s, to_s];
    set_text(this.window_text, data.window ? `${this.spec.unit} · ${data.window}` : this.spec.unit);
    const something = data.values.some((values) => values.some((value) => value !== null));
    this.nothing.hidden = something;
    this.shade.hidden = !data.incomplete.includes(true);
    if (this.spec.hide_empty) {
      this.items.forEach((item, i) => { item.hidden = !data.values[i].some((value) => value > 0); });
    }
    if (this.table_place.hidden) this.#draw();
    else fill_table(this.table_place, this.spec, data);
    this.#read(null);
  }

  destroy() {
    this.resized.disconnect();
    this.stop_theme();
    this.plot?.destroy();
  }

  #build() {
    const { spec } = this;
    this.window_text = h("span", { class: "unit" }, spec.unit);
    this.toggle = h("button", { class: "quiet small", "aria-pressed": "false",
      "aria-controls": `${this.id}-table`, on: { click: () => this.#toggle_table() } }, "Table");
    set_attribute(this.toggle, "aria-label", `${spec.title}: table`);
    this.nothing = h("p", { class: "nothing", hidden: true }, "Nothing in this range");
    this.place = h("div", { class: "plot", tabindex: "0", role: "img", on: {
      keydown: (event) => this.#key(event) } }, this.nothing);
    this.say_axis("");
    this.table_place = h("div", { class: "scroll chart-table", id: `${this.id}-table`, hidden: true,
      tabindex: "0", role: "region", "aria-label": `${spec.title}, as a table` });
    this.marks = spec.series.map((series) => h("i", { class: "mark" }));
    this.figures = spec.series.map(() => h("b", {}, ABSENT));
    this.at = h("span", { class: "at" });
    this.items = spec.series.slice(0, LEGEND).map((series, i) =>
      h("span", { class: "item" }, this.marks[i], series.name, " ", this.figures[i]));
    this.zero_mark = h("i", { class: "mark zero" });
    this.shade = h("span", { class: "item", hidden: true }, h("i", { class: "mark shade" }),
      "incomplete");
    this.legend = h("div", { class: "legend" }, this.at, this.items, spec.series.length > LEGEND
      ? h("span", { class: "item" }, `and ${spec.series.length - LEGEND} more`) : null,
    spec.zero ? h("span", { class: "item" }, this.zero_mark, `${tick(spec.text(0))}: ${spec.zero}`)
      : null, this.shade);
    this.spoken = h("span", { class: "visually-hidden", role: "status" });
    this.element = h("figure", { class: "chart" },
      h("figcaption", {}, h("div", {}, h("h3", {}, spec.title), this.window_text), this.toggle),
      this.place, this.table_place, this.legend, this.spoken);
  }

  #toggle_table() {
    const shown = this.table_place.hidden;
    this.table_place.hidden = !shown;
    this.place.hidden = shown;
    set_attribute(this.toggle, "aria-pressed", String(shown));
    if (!this.data) return;
    if (shown) fill_table(this.table_place, this.spec, this.data);
    else this.#draw();
  }

  #restart() {
    this.plot?.destroy();
    this.plot = null;
    if (this.data) this.set(this.data, ...this.range);
  }

  #draw() {
    this.spec.series.forEach((series, i) => {
      this.marks[i].style.background = mark(colour(series.colour), series.dash);
    });
    this.zero_mark.style.background = mark(colour("text"), ZERO_DASH);
    if (!this.width) return;
    const drawn = [this.data.ends, ...(this.spec.stacked ? stack(this.data.values)
      : this.data.values)];
    if (!this.plot) {
      this.plot = new uPlot(options(this, this.width), drawn, this.place);
      this.place.append(this.nothing);
    } else {
      this.plot.setData(drawn, false);
    }
    this.plot.setScale("x", { min: this.range[0], max: this.range[1] });
  }

  #fit(width) {
    if (width === 0 || width === this.width) return;
    this.width = width;
    if (this.plot) this.plot.setSize({ width, height: HEIGHT_PX });
    else if (this.data) this.#draw();
  }

  /** Writes the figures of one end, by its index; null: the last end that has any, or for a series
   *  that has none there, one hardly before. */
  #read(index) {
    const { ends, values, incomplete } = this.data;
    const last = ends.findLastIndex((_, end) => values.some((line) => (line[end] ?? null) !== null));
    const i = index ?? (last < 0 ? ends.length - 1 : last);
    set_text(this.at, ends.length === 0 ? ""
      : this.#clock(ends[i]) + (incomplete[i] ? " incomplete" : ""));
    const grace = index === null ? GRACE_ENDS : 0;
    this.figures.forEach((figure, s) => set_text(figure, this.spec.text(
      values[s].slice(Math.max(0, i - grace), i + 1).findLast((value) => value !== null) ?? null)));
  }

  #clock(seconds) {
    return clock_within(this.range[1] - this.range[0], seconds);
  }

  /** Of uPlot: what the axis of the values shows, as words. */
  say_axis(axis) {
    const { title, unit } = this.spec;
    set_attribute(this.place, "aria-label", `Chart of ${title}, ${unit}; ${axis}`
      + "the arrow keys read it, the table holds its figures");
  }

  /** Of uPlot: the cursor stands on `index`, or nowhere. */
  read_cursor(index) {
    if (this.data) this.#read(index ?? null);
  }

  #key(event) {
    const { plot, data } = this;
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -1e9, End: 1e9 };
    if (!plot || !data.ends.length || !(event.key in step)) return;
    event.preventDefault();
    const now = plot.cursor.idx ?? data.ends.length - 1;
    const index = Math.max(0, Math.min(data.ends.length - 1, now + step[event.key]));
    plot.setCursor({ left: plot.valToPos(data.ends[index], "x"), top: 1 });
    this.#read(index);
    set_text(this.spoken, `${this.#clock(data.ends[index])}: ` + this.spec.series.slice(0, 8).map(
      (series, s) => `${series.name} ${this.spec.text(data.values[s][index])}`).join(", "));
  }
}

/** Running sums of the series, from the first one up; null where the end has no row at all. */
export function stack(values) {
  const sums = [];
  for (const [s, of_series] of values.entries()) {
    sums.push(of_series.map((value, i) => {
      const below = s === 0 ? 0 : sums[s - 1][i];
      return value === null || below === null ? null : below + value;
    }));
  }
  return sums;
}

function options(chart, width) {
  const { spec } = chart;
  const font = `11px ${getComputedStyle(document.body).fontFamily}`;
  const axis = { stroke: () => colour("text-2"), font, ticks: { show: false },
    grid: { stroke: () => colour("grid"), width: 1 } };
  return {
    width,
    height: HEIGHT_PX,
    legend: { show: false },
    padding: [10, 28, 0, 0],  // half of the last time on the axis stands beyond it
    cursor: { sync: { key: CURSOR, setSeries: false }, drag: { x: true, y: false, setScale: false },
      points: { size: 6 }, y: false },
    select: { show: true },
    scales: { x: { time: true }, y: { range: (_, low, high) => y_range(spec, low, high) } },
    axes: [
      { ...axis, size: 26, space: 64, values: (_, splits, __, ___, step_s) => splits.map(
        (at) => (step_s < 60 ? clock(at) : step_s < DAY_S ? clock(at).slice(0, 5)
          : clock(at, true).slice(0, -6))) },
      { ...axis, size: (_, texts) => Math.max(66,
          ...(texts ?? []).map((text) => 7 * text.length + 10)),
        space: 34, gap: 6, incrs: spec.text === bytes ? BINARY : undefined,
        splits: spec.zero ? (_, __, floor) => zero_splits(spec.top, floor) : undefined,
        values: (_, splits) => splits.map((value) => tick(spec.text(value))) },
    ],
    series: [{}, ...spec.series.map((series, i) => line(spec, series, i))],
    bands: bands(spec),
    hooks: {
      drawClear: [(plot) => shade_incomplete(chart, plot)],
      drawAxes: [(plot) => spec.zero && draw_zero(plot)],
      setScale: [(plot, key) => key === "y" && chart.say_axis(axis_words(spec, plot.scales.y))],
      setCursor: [(plot) => chart.read_cursor(plot.cursor.idx)],
      setSelect: [(plot) => zoom(spec, plot)],
    },
  };
}

function line(spec, series, index) {
  return {
    stroke: () => colour(series.colour),
    width: series.width ?? 1.5,
    dash: series.dash,
    fill: series.fill ? () => colour(series.fill)
      : spec.stacked && index === 0 ? () => colour(series.colour, STACKED) : undefined,
    spanGaps: false,
    points: { show: false, filter: (plot, s, _, gaps) => lonely(plot.data[s], gaps), size: 4 },
  };
}

/** What the legend shows of a line. */
function mark(paint, dash) {
  if (!dash) return paint;
  return `repeating-linear-gradient(90deg, ${paint} 0 ${dash[0] / 2}px, transparent ${dash[0] / 2}px ${
    (dash[0] + dash[1]) / 2}px)`;
}

/** A value between two gaps has no line: it gets a point. */
function lonely(values, gaps) {
  if (!gaps) return null;
  const alone = [];
  for (let i = 0; i < values.length; i++) {
    if (values[i] !== null && (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null) {
      alone.push(i);
    }
  }
  return alone;
}

function bands(spec) {
  if (spec.stacked) {
    return spec.series.slice(1).map((series, i) => (
      { series: [i + 2, i + 1], fill: () => colour(series.colour, STACKED) }));
  }
  return (spec.bands ?? []).map(([upper, lower, name]) => (
    { series: [upper + 1, lower + 1], fill: () => colour(name) }));
}

function y_range(spec, low, high) {
  if (low === null || high === null) return [0, 1];
  if (spec.zero) {
    const floor = zero_floor(spec.top, low);
    return [floor, spec.top + (spec.top - floor) * 0.03];
  }
  if (spec.top !== undefined) {
    const span = Math.max(spec.top - low, 0.001);
    return [Math.max(0, spec.top - span * 1.15), spec.top + span * 0.03];
  }
  return [0, high > 0 ? high * 1.12 : 1];
}

/** The round number of which about four are as much as `length`. */
function step_of(length) {
  const unit = 10 ** Math.floor(Math.log10(length / 4));
  return [1, 2, 2.5, 5, 10].map((times) => times * unit).find((step) => step >= length / 4);
}

/** 0, or a round number as far below as `low`: a step of the axis from there to `top`. */
function zero_floor(top, low) {
  let floor = Math.min(0, low);
  for (;;) {
    const step = step_of(top - floor);
    const round = Math.floor(floor / step + 1e-9) * step;
    if (round === floor) return floor;
    floor = round;
  }
}

function zero_splits(top, floor) {
  const step = step_of(top - floor);
  return Array.from({ length: Math.floor((top - floor) / step + 1e-9) + 1 }, (_, i) =>
    (Math.round(floor / step) + i) * step);
}

const axis_words = (spec, { min, max }) =>
  (min === null ? "" : `its axis goes from ${tick(spec.text(min))} to ${tick(spec.text(max))}; `);

function draw_zero({ ctx, bbox, valToPos }) {
  const y = Math.round(valToPos(0, "y", true)) + 0.5;
  ctx.save();
  ctx.strokeStyle = colour("text");
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash(ZERO_DASH.map((length) => length * devicePixelRatio));
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}

function shade_incomplete(chart, plot) {
  const { ends, incomplete } = chart.data;
  const half_px = ends.length > 1
    ? (plot.valToPos(ends[1], "x", true) - plot.valToPos(ends[0], "x", true)) / 2 : 4;
  plot.ctx.fillStyle = colour("incomplete");
  ends.forEach((end, i) => {
    if (!incomplete[i]) return;
    plot.ctx.fillRect(plot.valToPos(end, "x", true) - half_px, plot.bbox.top, 2 * half_px,
      plot.bbox.height);
  });
}

function zoom(spec, plot) {
  const { left, width } = plot.select;
  if (width < 8) return;
  plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
  spec.on_zoom?.(plot.posToVal(left, "x"), plot.posToVal(left + width, "x"));
}
