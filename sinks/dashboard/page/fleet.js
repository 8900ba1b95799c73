// Is the fleet well? One row a series of the chosen scope. Objectives and alerts get sections of
// their own, above the table, once there are some.
import { choice, h, set_attribute, set_children, set_text } from "./dom.js";
import { clock, seconds_of, span, window_words, zone } from "./format.js";
import { Compare } from "./compare.js";
import { explain, judged, SeriesTable } from "./series_table.js";
import { pick_window } from "./route.js";
import { series_name } from "./store.js";

export const scope_words = (dimensions) => dimensions.join(" and ") || "everything";

export function scope_of(app, text) {
  const { scopes } = app.catalog;
  return scopes.find(({ dimensions }) => dimensions.join(",") === text) ?? scopes[0];
}

export class FleetView {
  constructor(app, route) {
    this.app = app;
    const scope = scope_of(app, route.scope);
    this.dimensions = scope.dimensions;
    this.windows = scope.windows;
    this.window = pick_window(scope.windows, seconds_of(route.range), route.window);
    this.feed = app.feed({ scope: scope.dimensions, window: this.window });
    this.title = "Fleet";
    this.heading = h("h1", { id: "verdict" }, "Reading the results…");
    this.detail = h("p", { class: "detail" });
    this.by = choice("By", app.catalog.scopes.map(({ dimensions }) =>
      [dimensions.join(","), scope_words(dimensions)]), scope.dimensions.join(","),
    (chosen) => app.go({ scope: chosen, sort: "" }));
    this.table = new SeriesTable(app, scope.dimensions);
    this.compare = new Compare(app);
    this.empty = h("p", { class: "empty" });
    this.element = h("div", { class: "view" });
    this.head = h("div", { class: "head" },
      h("div", {}, this.heading, this.detail), this.by);
  }

  apply() {}

  update() {
    const { feed } = this;
    const [from_s, to_s] = this.app.range(feed.store);
    const items = judged(feed.store, from_s, to_s, this.app.quiet());
    set_text(this.heading, headline(items, this.dimensions, feed));
    set_attribute(this.heading, "data-level", items[0]?.verdict.level);
    set_text(this.detail, this.#detail(items, from_s, to_s));
    if (items.length === 0) {
      set_text(this.empty, feed.phase === "failed" ? `Cannot read the results: ${feed.error.message}.`
        : feed.phase === "loading" ? "Reading the results…"
          : "No traffic in this range. Choose a longer one, or send events to /v1/events.");
      set_children(this.element, [this.head, this.empty]);
      return;
    }
    set_children(this.element, [this.head, this.table.element, this.compare.element]);
    this.table.update(items, feed.store, from_s, to_s);
    this.compare.update(items, feed.store, this.window, from_s, to_s);
  }

  #detail(items, from_s, to_s) {
    const worst = items[0];
    const said = [`Window ${window_words(this.window)}, to ${clock(to_s)} ${zone(to_s)}`];
    if (worst && worst.verdict.level !== "well") {
      said.unshift(`${series_name(worst.series)}: ${explain(worst.verdict)}`);
    } else {
      said.push(`Measured against the calmest tenth of the last ${span(to_s - from_s)}`);
    }
    if (this.feed.shortened) said.push("So many series that history is cut short");
    return said.join(". ");
  }

  destroy() {
    this.compare.destroy();
  }
}

function headline(items, dimensions, feed) {
  // Without history everything looks well.
  if (feed.phase === "loading" || feed.phase === "newest") return "Reading the results…";
  if (items.length === 0) return "No results";
  const [one, many] = kinds(dimensions);
  const wrong = items.filter(({ verdict }) => ["bad", "watch"].includes(verdict.level)).length;
  const silent = items.filter(({ verdict }) => verdict.level === "silent").length;
  const few = items.filter(({ verdict }) => verdict.level === "few").length;
  const all = `${items.length} ${items.length === 1 ? one : many}`;
  if (wrong) return `${wrong} of ${all} ${wrong === 1 ? "needs" : "need"} attention`;
  if (silent === 1 && items.length === 1) return `The ${one} is silent`;
  if (silent) return `${silent} of ${all} ${silent === 1 ? "is" : "are"} silent`;
  if (few === 1 && items.length === 1) return `The ${one} has few requests`;
  if (few) return `${few} of ${all} ${few === 1 ? "has" : "have"} few requests`;
  return items.length === 1 ? `The ${one} is well` : `All ${all} are well`;
}

/** What a series of these dimensions is, one and many. */
export function kinds(dimensions) {
  if (dimensions.length === 0) return ["fleet", "fleets"];
  if (dimensions.length === 1) return [dimensions[0], plural(dimensions[0])];
  const of = ` of ${dimensions.slice(0, -1).join(", ")} and ${dimensions.at(-1)}`;
  return [`combination${of}`, `combinations${of}`];
}

const plural = (word) => (word.endsWith("s") ? word : word.replace(/y$/, "ie") + "s");
