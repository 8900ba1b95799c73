// A line as small as a word. SVG, so that its colour is the text's theme.
import { set_attribute, svg } from "./dom.js";

const WIDTH = 96;
const HEIGHT = 22;
const MOST_POINTS = 72;

/** `more` as in kpis.js: of the values that share a point, the worse one shows. */
export class Spark {
  constructor() {
    this.path = svg("path", { class: "spark-line" });
    this.element = svg("svg", { class: "spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      preserveAspectRatio: "none", "aria-hidden": "true" }, this.path);
  }

  set(values, more) {
    set_attribute(this.path, "d", spark_path(thin(values, more), ...ground(more)));
  }
}

/** Where the line stands: sizes on zero, ratios below one, so that what hardly moves looks so. */
const ground = (more) => (more < 0 ? [0.95, 1] : [0, 0]);

/** At most MOST_POINTS values. A gap only where all that share a point are absent. */
export function thin(values, more, most = MOST_POINTS) {
  if (values.length <= most) return values;
  const each = Math.ceil(values.length / most);
  const thinned = [];
  for (let begin = 0; begin < values.length; begin += each) {
    const group = values.slice(begin, begin + each).filter((value) => value !== null);
    thinned.push(group.length === 0 ? null : more < 0 ? Math.min(...group) : Math.max(...group));
  }
  return thinned;
}

/** A gap lifts the pen; a value between two gaps is a short stroke. */
export function spark_path(values, least = Infinity, most = -Infinity) {
  const there = values.filter((value) => value !== null);
  if (there.length === 0) return "";
  const low = Math.min(least, ...there);
  const high = Math.max(most, ...there);
  const tenth = (value) => Math.round(value * 10) / 10;
  const x = (i) => tenth(values.length < 2 ? WIDTH : (i * WIDTH) / (values.length - 1));
  const y = (value) => tenth(high === low ? HEIGHT / 2
    : HEIGHT - 2 - ((value - low) / (high - low)) * (HEIGHT - 4));
  let path = "";
  values.forEach((value, i) => {
    if (value === null) return;
    const alone = (values[i - 1] ?? null) === null;
    path += alone ? `M${x(i)} ${y(value)}h.6` : `L${x(i)} ${y(value)}`;
  });
  return path;
}
