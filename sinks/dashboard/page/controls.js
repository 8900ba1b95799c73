// The bar at the top: views, time range, window, pause, theme, and whether what is seen is fresh.
import { h, choice, set_attribute, set_options, set_text } from "./dom.js";
import { clock, seconds_of, span, window_words } from "./format.js";
import { format_route, RANGES, series_route } from "./route.js";
import { theme_button } from "./theme.js";

/** Views that show what holds now. */
const TIMELESS = ["objectives", "alerts", "pipeline"];
const STALE_MS = 15_000;
const RANGE_WORDS = { "15m": "15 minutes", "1h": "1 hour", "6h": "6 hours", "1d": "1 day" };

export class Controls {
  constructor(app) {
    this.app = app;
    this.nav = document.getElementById("nav");
    this.status = document.getElementById("link");
    this.dot = h("span", { class: "dot", "aria-hidden": "true" });
    this.text = h("span", {});
    this.more = h("span", { class: "word" });
    this.age = h("span", {});
    // Said aloud when it changes, and not each second.
    this.spoken = h("span", { class: "visually-hidden", role: "status" });
    this.status.append(this.dot, h("span", {}, this.text, this.more, this.age), this.spoken);
    this.fleet = h("a", { href: "#/fleet" }, "Fleet");
    this.objectives = h("a", { href: "#/objectives" }, "Objectives");
    this.alerts = h("a", { href: "#/alerts" }, "Alerts");
    this.pipeline = h("a", { href: "#/pipeline" }, "Pipeline");
    this.nav.append(this.fleet, this.objectives, this.alerts, this.pipeline);
    this.range = choice("Range", RANGES.map((range) => [range, RANGE_WORDS[range]]),
      app.route.range, (range) => app.go({ range }));
    this.window = choice("Window", [], "", (window) => app.go({ window }));
    this.earlier = h("button", { "aria-label": "Earlier", on: { click: () => this.#shift(-0.5) } },
      "‹");
    this.later = h("button", { "aria-label": "Later", on: { click: () => this.#shift(0.5) } }, "›");
    this.now = h("button", { on: { click: () => app.go({ to: "" }) } }, "To now");
    this.pause = h("button", { id: "pause", "aria-pressed": "false", on: { click: () =>
      app.set_paused(!app.paused) } }, "Pause");
    this.shift = h("span", { class: "pair" }, this.earlier, this.later);
    document.getElementById("controls").append(this.range, this.window, this.shift, this.now, this.pause, theme_button());
  }

  /** After a change of route, catalog or rows. */
  update() {
    const { app } = this;
    const { route } = app;
    set_attribute(this.fleet, "aria-current", route.view === "fleet" ? "page"
      : route.view === "series" ? "true" : null);
    for (const view of TIMELESS)
      set_attribute(this[view], "aria-current", route.view === view ? "page" : null);
    const kept = { window: route.window, range: route.range, to: route.to };
    const blank = { ...series_route(route, [], {}), scope: "", ...kept };
    set_attribute(this.fleet, "href", format_route({ ...blank, view: "fleet" }));
    for (const view of TIMELESS)
      set_attribute(this[view], "href", format_route({ ...blank, view, alert: "" }));
    const ranges = RANGES.includes(route.range) ? RANGES : [...RANGES, route.range];
    set_options(this.range.querySelector("select"),
      ranges.map((range) => [range, RANGE_WORDS[range] ?? span(seconds_of(range))]), route.range);
    const windows = app.view?.windows ?? [];
    set_options(this.window.querySelector("select"),
      [["", app.view?.window ? `auto (${span(seconds_of(app.view.window.split("/")[0]))})` : "auto"],
        ...windows.map((window) => [window, window_words(window)])], route.window);
    const timeless = TIMELESS.includes(route.view);
    for (const control of [this.range, this.window, this.shift]) control.hidden = timeless;
    this.now.hidden = timeless || route.to === "";
    this.later.disabled = route.to === "";
    this.tick();
  }

  /** Each second: what is said of freshness. */
  tick() {
    const { app } = this;
    set_attribute(this.pause, "aria-pressed", String(app.paused));
    set_text(this.pause, app.paused ? "Resume" : "Pause");
    if (this.quiet !== app.quiet()) {
      this.quiet = app.quiet();
      app.changed();
    }
    const { state, text, more = "", age = "" } = this.#link();
    set_attribute(this.status, "data-state", state);
    set_text(this.text, text);
    set_text(this.more, more);
    set_text(this.age, age);
    set_text(this.spoken, state === "live" ? "Live" : state === "paused" ? "Paused" : text);
  }

  #link() {
    const { app } = this;
    const broken = [...app.links.values()].find((link) => link.state === "broken");
    if (broken) return broken;
    if (app.paused) {
      const held = [...app.feeds].reduce((sum, feed) => sum + feed.held.length, 0);
      return { state: "paused", text: `Paused at ${clock(app.now_s)}`
        + (held ? `, ${held} waiting` : "") };
    }
    if (app.route.to) return { state: "waiting", text: `History, to ${clock(+app.route.to, true)}` };
    if (app.view?.read_ms) return read_link(Date.now() - app.view.read_ms);
    if (app.links.size === 0) return { state: "waiting", text: "Connecting" };
    const quiet = app.quiet();
    return { state: quiet ? "waiting" : "live", text: quiet ? "No new results" : "Live",
      more: ` ${quiet ? "since" : "to"} ${clock(app.now_s)}`,
      age: `, ${span(Math.round(app.age_s()))} ago` };
  }

  #shift(by) {
    const { app } = this;
    const to_s = (app.route.to ? Number(app.route.to) : app.now_s)
      + by * seconds_of(app.route.range);
    app.go({ to: to_s >= app.now_s ? "" : String(Math.round(to_s)) });
  }
}

/** Of a view that asks again and again. */
function read_link(age_ms) {
  const age = `, read ${span(Math.round(age_ms / 1000))} ago`;
  return age_ms < STALE_MS ? { state: "live", text: "Live", age }
    : { state: "waiting", text: "No answer", age };
}

/** Shows what a drag across a chart chose. */
export const zoom_to = (app) => (from_s, to_s) =>
  app.go({ range: `${Math.max(60, Math.round(to_s - from_s))}s`, to: String(Math.round(to_s)) });
