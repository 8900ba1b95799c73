// The rows of one selection, kept up: what there is, then what the stream brings, again after every
// interruption. While the page is paused, what comes is held back.
import { query, stream } from "./api.js";
import { seconds_of } from "./format.js";
import { RowStore } from "./store.js";

const MOST_ROWS = 40_000;  // about what a browser reads in two seconds
const MOST_HELD = 20_000;
const WAITS_S = [1, 2, 4, 8, 15];

export class Feed {
  /**
   * selection: { scope, window, where }; the range ends at `to_s`, or runs with the results where
   * that is null. `app` is told: changed(), link(feed, state), pipeline(facts), unauthorized().
   */
  constructor(app, selection, { range_s, to_s }) {
    this.app = app;
    this.selection = selection;
    this.range_s = range_s;
    this.to_s = to_s;
    this.hop_s = seconds_of(selection.window.split("/")[1]);
    this.store = new RowStore(this.hop_s);
    this.phase = "loading";  // ready, failed
    this.error = null;
    this.revised = 0;
    this.shortened = false;
    this.held = [];
    this.holding = 0;  // reasons to hold back: a query under way, a pause
    this.failures = 0;
  }

  start() {
    this.abort = new AbortController();
    this.#run(this.abort.signal);
  }

  stop() {
    this.abort?.abort();
    this.app.link(this, null);
  }

  pause() {
    this.holding += 1;
  }

  resume() {
    this.holding -= 1;
    this.#release();
  }

  async #run(signal) {
    while (!signal.aborted) {
      try {
        if (this.to_s !== null) {
          await this.#load(this.to_s, signal);
          return;
        }
        await this.#follow(signal);
        this.error = new Error("the stream ended");
      } catch (error) {
        if (signal.aborted) return;
        this.error = error;
        if (error.status === 401) return this.app.unauthorized();
        if (error.status >= 400 && error.status < 500) return this.#fail();
      }
      if (this.phase === "loading") this.#fail();
      const wait_s = WAITS_S[Math.min(this.failures++, WAITS_S.length - 1)];
      this.app.link(this, { state: "broken", text: `Disconnected, again in ${wait_s} s` });
      await new Promise((resolve) => setTimeout(resolve, wait_s * 1000));
    }
  }

  #fail() {
    this.phase = "failed";
    this.app.changed();
  }

  /** The stream first, so that nothing falls between it and what is read; its rows wait. */
  async #follow(signal) {
    let loaded;
    const pause = this.app.paused && this.phase === "ready";
    await stream(this.selection, {
      signal,
      on_open: () => {
        this.app.link(this, { state: "live" });
        this.failures = 0;
        if (!pause) loaded = this.#load(null, signal).catch((error) => {
          if (!signal.aborted) { this.error = error; this.#fail(); }
        });
      },
      on_event: (name, data) => this.#take(name, JSON.parse(data)),
    });
    await loaded;
  }

  #take(name, value) {
    if (name === "pipeline") {
      this.app.take_pipeline(this, value);
    } else if (name === "rows") {
      this.held.push(...value);
      if (this.held.length > MOST_HELD) this.held.splice(0, this.held.length - MOST_HELD);
      this.#release();
    }
  }

  #release() {
    if (this.holding > 0 || this.held.length === 0) return;
    this.revised += this.store.merge(this.held);
    this.held = [];
    this.app.reached(this.store.last_s);
    this.store.forget_before(this.app.now_s - this.range_s - 2 * this.hop_s);
    this.app.changed();
  }

  /** The newest ends first, which is what people look at first; then the rest. */
  async #load(to_s, signal) {
    this.holding += 1;
    try {
      const end_s = to_s ?? this.app.now_s;
      this.store.merge(await query(this.selection, end_s - 2 * this.hop_s, end_s, signal));
      if (this.store.series.size > 0) this.#ready();
      const ends = Math.floor(MOST_ROWS / Math.max(1, this.store.series.size));
      const range_s = Math.min(this.range_s, ends * this.hop_s);
      this.shortened = range_s < this.range_s;
      this.store.merge(await query(this.selection, end_s - range_s, end_s, signal));
      this.#ready();
    } finally {
      this.holding -= 1;
      this.#release();
    }
  }

  #ready() {
    this.phase = "ready";
    this.error = null;
    if (this.to_s === null) this.app.reached(this.store.last_s);
    this.app.changed();
  }
}
