#!/usr/bin/env python3
"""How fast the page is in Chromium, on loopback, with made-up figures: until the first paint, and
the script time of drawing an hour of fifty series (rasterising is not script). Medians.

Prints nothing but a line on standard error where Chromium or Playwright is missing."""

import json
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

from browser import Browser
from page_server import Fleet, PageServer
from weir_cli import packages

LOADS = 7
DRAWS = 40

PAINT = """new Promise(done => new PerformanceObserver(list => {
  for (const entry of list.getEntries()) {
    if (entry.name === "first-contentful-paint") done(entry.startTime);
  }
}).observe({ type: "paint", buffered: true }))"""

# New figures each time, and the same axis: what a live chart does. uPlot draws in a microtask.
DRAW = """async draws => {
  const { Chart } = await import("/chart.js");
  const series = Array.from({ length: 50 }, (_, i) => ({ name: `s${i}`, colour: "series-1" }));
  const chart = new Chart({ title: "Bench", unit: "none", text: String, series });
  document.getElementById("main").replaceChildren(chart.element);
  const ends = Array.from({ length: 360 }, (_, i) => 1e9 + 10 * i);
  const none = ends.map(() => 0);
  const took = [];
  for (let draw = 0; draw < draws; draw++) {
    const values = series.map((_, s) => ends.map((_, i) => 2 + Math.sin((i + draw) / 9 + s)));
    const begin = performance.now();
    chart.set({ ends, values, incomplete: none.map(() => false), revised: none, window: "" },
      ends[0], ends.at(-1));
    await Promise.resolve();
    await Promise.resolve();
    took.push(performance.now() - begin);
    await new Promise(requestAnimationFrame);
  }
  return took;
}"""

UPDATES = """performance.getEntriesByName("weir.update").map(entry => entry.duration)"""


def tell(name, values, unit="ms"):
    print(json.dumps({"name": f"page/{name}", "value": round(statistics.median(values), 2),
                      "unit": unit}), flush=True)


def fifty():
    """An hour of fifty tenants."""
    fleet = Fleet()
    fleet.series = lambda scope: [[f"tenant-{i:04}"] for i in range(50)]
    return fleet


def main():
    server, browser = PageServer(packages(), fifty()), Browser()
    try:
        paints = []
        for _ in range(LOADS):
            page = browser.page(server.url, 1280, "light")
            page.goto(server.url)
            paints.append(page.evaluate(PAINT))
            page.close()
        tell("first_paint", paints)
        page = browser.page(server.url, 1280, "light")
        page.goto(server.url + "#/fleet?scope=tenant")
        page.wait_for_selector("main[aria-busy=false] .chart canvas")
        for _ in range(DRAWS // 4):
            page.evaluate("performance.clearMeasures()")
            server.advance()
            page.wait_for_timeout(400)
        tell("new_results_on_screen/series:50/minutes:60", page.evaluate(UPDATES))
        tell("draw/series:50/minutes:60", page.evaluate(DRAW, DRAWS))
    finally:
        browser.close()
        server.close()


if __name__ == "__main__":
    main()
