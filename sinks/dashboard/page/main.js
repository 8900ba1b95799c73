// Starts the page, follows its address, and tells the view in sight what changed.
import { AlertsView } from "./alerts.js";
import { get, set_token } from "./api.js";
import { h, set_attribute, set_text } from "./dom.js";
import { Controls } from "./controls.js";
import { Feed } from "./feed.js";
import { FleetView } from "./fleet.js";
import { seconds_of } from "./format.js";
import { ObjectivesView } from "./objectives.js";
import { PipelineHistory, PipelineView } from "./pipeline.js";
import { format_route, parse_route } from "./route.js";
import { SeriesView } from "./series.js";
import { seconds_of_time } from "./store.js";
import { start_theme } from "./theme.js";

const VIEW_CLASSES = { fleet: FleetView, series: SeriesView, objectives: ObjectivesView,
  alerts: AlertsView, pipeline: PipelineView };
const HIDDEN_MS = 60_000;
const SHORTEST_S = 120;  // of an axis, where results have only begun
const STALE_S = 30;      // after a hop: a pane has ended, late events were waited for, all is told

class App {
  constructor() {
    this.main = document.getElementById("main");
    this.notice = document.getElementById("notice");
    this.catalog = { scopes: [], unrated: [] };
    this.route = parse_route(location.hash);
    this.now_s = 0;       // the newest end that results have reached
    this.paused = false;
    this.feeds = new Set();
    this.links = new Map();
    this.history = new PipelineHistory();
    this.view = null;
    this.controls = new Controls(this);
  }

  async start() {
    start_theme();
    addEventListener("hashchange", () => this.#follow_address());
    document.addEventListener("visibilitychange", () => this.#seen());
    document.getElementById("skip").addEventListener("click", (event) => {
      event.preventDefault();
      this.main.focus();
    });
    setInterval(() => this.controls.tick(), 1000);
    await this.#read_catalog();
  }

  /** The scopes and windows; again until there are some. */
  async #read_catalog() {
    for (;;) {
      try {
        this.catalog = await get("catalog");
        this.skew_s = Date.now() / 1000 - this.catalog.server_time_us / 1e6;
        this.links.delete("catalog");
        if (this.catalog.scopes.length > 0 && this.catalog.now) break;
        this.#show(h("p", { class: "empty" }, "No results yet. The first ones appear a few seconds "
          + "after the first event: send some to ", h("code", {}, "/v1/events"), "."));
      } catch (error) {
        if (error.status === 401) return this.unauthorized();
        this.link("catalog", { state: "broken", text: "Disconnected" });
        this.#show(h("p", { class: "empty" }, `Cannot read the results: ${error.message}. `
          + "Trying again."));
      }
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
    this.reached(seconds_of_time(this.catalog.now));
    this.#open();
  }

  #show(element) {
    if (!this.view) this.main.replaceChildren(element);
  }

  // What the address says.

  /** Goes where `changes` differ from here. */
  go(changes) {
    location.hash = format_route({ ...this.route, ...changes });
  }

  #follow_address() {
    const before = this.route;
    this.route = parse_route(location.hash);
    if (!this.view) return;
    const place = ({ view, scope, at, window, range, to }) =>
      JSON.stringify([view, scope, at, window, range, to]);
    if (place(before) === place(this.route)) {
      this.view.apply(this.route);
      this.changed();
      return;
    }
    this.#open();
    if (JSON.stringify([before.view, before.scope, before.at])
        !== JSON.stringify([this.route.view, this.route.scope, this.route.at])) {
      scrollTo(0, 0);
      this.main.focus({ preventScroll: true });
    }
  }

  #open() {
    this.view?.destroy();
    for (const feed of this.feeds) feed.stop();
    this.feeds.clear();
    this.view = new VIEW_CLASSES[this.route.view](this, this.route);
    this.main.replaceChildren(this.view.element);
    this.changed();
  }

  // What views ask for.

  /** A feed of the time in sight; it ends with the view. */
  feed(selection) {
    const range_s = seconds_of(this.route.range);
    const to_s = this.route.to ? Number(this.route.to) : null;
    const feed = new Feed(this, selection, { range_s, to_s });
    feed.set_paused(this.paused);
    this.feeds.add(feed);
    feed.start();
    return feed;
  }

  drop(feed) {
    if (!feed) return;
    feed.stop();
    this.feeds.delete(feed);
  }

  /** [from_s, to_s] in sight, for what `store` holds: where results begin later, so does the axis. */
  range(store) {
    const to_s = this.route.to ? Number(this.route.to) : this.now_s;
    const from_s = to_s - seconds_of(this.route.range);
    const begun_s = Math.min(store.first_s - store.hop_s, to_s - SHORTEST_S);
    return [Math.max(from_s, Number.isFinite(begun_s) ? begun_s : from_s), to_s];
  }

  /** How old the newest end is. */
  age_s() {
    return Math.max(0, Date.now() / 1000 - (this.skew_s ?? 0) - this.now_s);
  }

  /** Whether results should have come that did not: what is seen was true then, and is not news. */
  quiet() {
    if (this.route.to || this.paused || this.now_s === 0 || this.feeds.size === 0) return false;
    const hop_s = Math.min(...[...this.feeds].map((feed) => feed.hop_s));
    return this.age_s() > hop_s + STALE_S;
  }

  set_paused(paused) {
    if (this.paused === paused) return;
    this.paused = paused;
    for (const feed of this.feeds) feed.set_paused(paused);
    this.history.set_paused(paused);
    this.changed();
  }

  // What feeds tell.

  reached(end_s) {
    if (Number.isFinite(end_s)) this.now_s = Math.max(this.now_s, end_s);
  }

  link(feed, state) {
    if (state) this.links.set(feed, state);
    else this.links.delete(feed);
    this.controls.tick();
  }

  take_pipeline(feed, facts) {
    if (feed !== this.feeds.values().next().value) return;  // every stream tells the same
    this.history.take(facts, Date.now() / 1000 - (this.skew_s ?? 0));
    if (!this.paused && this.view?.wants_pipeline) this.changed();
  }

  changed() {
    if (this.scheduled) return;
    this.scheduled = true;
    requestAnimationFrame(() => {
      this.scheduled = false;
      const begin = performance.now();
      this.view?.update();
      this.controls.update();
      set_attribute(this.main, "aria-busy", String([...this.feeds].some(
        ({ phase }) => phase === "loading" || phase === "newest")));
      document.title = this.view?.title ? `${this.view.title} – Weir` : "Weir";
      performance.measure("weir.update", { start: begin, end: performance.now() });
    });
  }

  unauthorized() {
    for (const feed of this.feeds) feed.stop();
    this.feeds.clear();
    this.view?.destroy();
    this.view = null;
    const field = h("input", { type: "password", id: "token", autocomplete: "current-password",
      required: true });
    this.main.replaceChildren(h("form", { class: "ask", on: { submit: (event) => {
      event.preventDefault();
      set_token(field.value);
      this.#read_catalog();
    } } }, h("h1", {}, "A read token, please"),
    h("p", {}, "This server shows results only to those who know its read token. It is kept in this "
      + "tab until you close it."),
    h("label", { for: "token" }, "Read token"), field, h("button", {}, "Show the results")));
    field.focus();
  }

  /** A page that nobody sees holds no connection. */
  #seen() {
    clearTimeout(this.sleep);
    if (document.hidden) {
      this.sleep = setTimeout(() => {
        this.asleep = true;
        for (const feed of this.feeds) feed.stop();
      }, HIDDEN_MS);
    } else if (this.asleep) {
      this.asleep = false;
      for (const feed of this.feeds) feed.start();
    }
  }
}

const app = new App();
set_attribute(document.documentElement, "data-ready", "true");
app.start().catch((error) => set_text(app.notice, error.message));
