// The rows of one scope and window, by series and end. A later row of the same series and end takes
// the place of the earlier one, which is how a restatement arrives.

/** A row's series as one string. */
export const series_key = (row) => JSON.stringify(row.scope.map((name) => row.series[name] ?? ""));

export const seconds_of_time = (text) => Math.round(Date.parse(text) / 1000);

const same = (a, b) => {
  const { revisions: _, end_s: __, ...left } = a;
  return JSON.stringify(left) === JSON.stringify(b);
};

export class RowStore {
  /** `hop_s` is the distance of two ends. */
  constructor(hop_s) {
    this.hop_s = hop_s;
    this.series = new Map();  // key -> { key, scope, values, rows: Map(end_s -> row) }
    this.first_s = Infinity;
    this.last_s = -Infinity;
  }

  /** Takes rows in any order; returns how many said something new of an end that was known. */
  merge(rows) {
    let revised = 0;
    for (const row of rows) {
      const end_s = seconds_of_time(row.end_time);
      if (!Number.isFinite(end_s)) continue;
      const series = this.#series_of(row);
      const known = series.rows.get(end_s);
      let revisions = known?.revisions ?? 0;
      if (known) {
        if (same(known, row)) continue;
        revisions += 1;
        revised += 1;
      }
      series.rows.set(end_s, { ...row, end_s, revisions });
      this.first_s = Math.min(this.first_s, end_s);
      this.last_s = Math.max(this.last_s, end_s);
    }
    return revised;
  }

  #series_of(row) {
    const key = series_key(row);
    let series = this.series.get(key);
    if (!series) {
      series = { key, scope: row.scope, values: row.series, rows: new Map() };
      this.series.set(key, series);
    }
    return series;
  }

  /** Lets go of what ended before; a series without rows goes, too. */
  forget_before(from_s) {
    if (from_s <= this.first_s) return;
    for (const series of this.series.values()) {
      for (const end_s of series.rows.keys()) if (end_s < from_s) series.rows.delete(end_s);
      if (series.rows.size === 0) this.series.delete(series.key);
    }
    this.first_s = from_s;
  }

  /** The ends in [from_s, to_s], oldest first, whether or not there are rows. */
  ends(from_s, to_s) {
    const ends = [];
    for (let end = Math.ceil(from_s / this.hop_s) * this.hop_s; end <= to_s; end += this.hop_s) {
      ends.push(end);
    }
    return ends;
  }
}

/** The row of each end; undefined where there is none. */
export const rows_at = (series, ends) => ends.map((end) => series.rows.get(end));

/** `value` of each row; null where there is no row or no value: a gap, not a zero. */
export const values_of = (rows, value) =>
  rows.map((row) => (row === undefined ? null : value(row) ?? null));

/** What people call a series: its values, in the order of the scope, but for those that `known`
 *  already says. */
export const series_name = (series, known = {}) =>
  series.scope.filter((name) => !(name in known)).map((name) => series.values[name] || "(none)")
    .join(" · ") || "everything";
