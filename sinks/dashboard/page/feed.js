// The rows of one selection, kept up: what there is, then what the stream brings from there on, taken
// up again after an interruption. While the page is paused, what comes is held back.
import { ApiError, query, stream } from "./api.js";
import { seconds_of } from "./format.js";
import { RowStore } from "./store.js";

const MOST_ROWS = 40_000;  // about what a browser reads in two seconds
const MOST_HELD = 20_000;
const WAITS_S = [1, 2, 4, 8, 15];

export class Feed {
  /**
   * selection: { scope, window, where }; the range ends at `to_s`, or runs with the results where
   * that is null. `app` is told what changed, and how the link is.
   */
  constructor(app, selection, { range_s, to_s }) {
    this.app = app;
    this.selection = selection;
    this.range_s = range_s;
    this.to_s = to_s;
    this.hop_s = seconds_of(selection.window.split("/")[1]);
    this.store = new RowStore(this.hop_s);
    this.phase = "loading";  // newest: the newest ends are there; ready, failed
    this.error = null;
    this.revised = 0;        // rows told again while somebody looks
    this.shortened = false;  // more rows than a page takes: the oldest are left out
    this.position = null;    // from where the stream goes on; null: read again first
    this.held = [];
    this.paused = false;
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

  set_paused(paused) {
    this.paused = paused;
    this.#release();
  }

  async #run(signal) {
    while (!signal.aborted) {
      try {
        if (this.position === null) await this.#load(signal);
        if (this.to_s !== null) return;
        await this.#follow(signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof ApiError)) console.error(error);
        this.error = error;
        if (error.status === 401) return this.app.unauthorized();
        if (this.phase !== "ready") this.#tell("failed");
        if (error.status >= 400 && error.status < 500) return;
      }
      if (signal.aborted) return;
      if (this.position === null && this.error === null) continue;  // a reset: read again
      await this.#wait(WAITS_S[Math.min(this.failures++, WAITS_S.length - 1)]);
    }
  }

  #wait(wait_s) {
    this.app.link(this, { state: "broken", text: `Disconnected, again in ${wait_s} s` });
    return new Promise((resolve) => setTimeout(resolve, wait_s * 1000));
  }

  /** The newest ends first, which is what people look at first; then the rest. */
  async #load(signal) {
    const end_s = this.to_s ?? this.app.now_s;
    const newest = await query(this.selection, end_s - 2 * this.hop_s, end_s, MOST_ROWS, signal);
    this.#merge(newest.rows);
    if (newest.rows.length > 0 && this.phase !== "ready") this.#tell("newest");
    const all = await query(this.selection, end_s - this.range_s, end_s, MOST_ROWS, signal);
    this.#merge(all.rows);
    this.shortened = all.truncated;
    this.position = all.position;
    this.#tell("ready");
  }

  async #follow(signal) {
    const following = new AbortController();
    const both = AbortSignal.any([signal, following.signal]);
    try {
      await stream(this.selection, this.position, {
        signal: both,
        on_open: () => {
          this.app.link(this, { state: "live" });
          this.failures = 0;
          this.error = null;
        },
        on_event: (name, data, id) => {
          if (name === "rows") this.#take(JSON.parse(data), id);
          else if (name === "pipeline") this.app.take_pipeline(this, JSON.parse(data));
          else if (name === "reset") {
            this.position = null;
            following.abort();
          }
        },
      });
    } catch (error) {
      if (!following.signal.aborted || signal.aborted) throw error;
      return;
    }
    throw new ApiError(0, "the stream ended");
  }

  #take(rows, position) {
    this.position = position;
    this.held.push(...rows);
    // A long pause: the oldest go, and leave a gap until the page is loaded again.
    if (this.held.length > MOST_HELD) this.held.splice(0, this.held.length - MOST_HELD);
    this.#release();
  }

  #release() {
    if (this.paused || this.held.length === 0) return;
    this.revised += this.#merge(this.held);
    this.held = [];
    this.store.forget_before(this.app.now_s - this.range_s - 2 * this.hop_s);
    this.app.changed();
  }

  #merge(rows) {
    const revised = this.store.merge(rows);
    if (this.to_s === null && !this.paused) this.app.reached(this.store.last_s);
    return revised;
  }

  #tell(phase) {
    this.phase = phase;
    this.app.changed();
  }
}
