#!/usr/bin/env python3
"""The live page in Chromium, against a server with made-up figures (page_server.py)."""

import json
import re
import time
import unittest

from browser import CONTRAST, Browser
from page_server import HOSTILE, Fleet, PageServer, row, time_text
from weir_cli import packages
from weir_up import PATIENCE_S

FLEET = "#/fleet"
CHAT = "#/series?scope=service&at.service=chat"
PIPELINE = "#/pipeline"
OBJECTIVES = "#/objectives"
ALERTS = "#/alerts"


class BrowserTest(unittest.TestCase):
    """A fresh server for each test; any console error or refused request fails it."""

    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)
        cls.packages = packages()

    def setUp(self):
        self.server = PageServer(self.packages, Fleet())
        self.addCleanup(self.server.close)
        self.fleet = self.server.fleet

    def open(self, place=FLEET, width=1280, theme="light", wait=None):
        page = self.browser.page(self.server.url, width, theme)
        self.addCleanup(page.close)
        self.addCleanup(lambda: self.assertEqual(self.browser.complaints, []))
        page.goto(self.server.url + place)
        shown = {OBJECTIVES: "table.plain tbody tr", ALERTS: ".alert"}.get(place, ".chart canvas")
        page.wait_for_selector(wait or f"main[aria-busy=false] {shown}")
        return page

    def rows(self, page):
        """The fleet as text: one line a series."""
        return page.eval_on_selector_all("table.fleet tbody tr", """rows => rows.map(row =>
            [row.dataset.level, row.querySelector("a").textContent,
             ...[...row.querySelectorAll(".value")].map(value => value.textContent)]
            .join(" | "))""")

    def table(self, page, title):
        """The table behind a chart, newest first, as lists of cells."""
        chart = page.locator(".chart", has=page.get_by_role("heading", name=title, exact=True))
        chart.get_by_role("button", name=f"{title}: table").click()
        return chart.locator("tbody tr").evaluate_all(
            "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))")

    def until(self, page, script):
        """Waits until the script is true. Playwright's own wait is refused by the page's policy."""
        deadline = time.monotonic() + PATIENCE_S
        while not page.evaluate(script):
            self.assertLess(time.monotonic(), deadline, f"never: {script}")
            time.sleep(0.03)

    def until_text(self, page, selector, text):
        """Waits until the first such element has this text in it."""
        self.until(page, f"document.querySelector({json.dumps(selector)})"
                   f"?.textContent.includes({json.dumps(text)}) ?? false")


class PageTest(BrowserTest):
    """What the page says."""

    def test_the_incident_comes_first(self):
        page = self.open()
        levels = [line.split(" | ")[:2] for line in self.rows(page)]
        self.assertEqual(levels[:2], [["bad", "chat"], ["bad", "code"]])
        self.assertEqual({level for level, _ in levels[2:]}, {"well"})
        self.assertEqual(page.text_content("h1"), "2 of 5 services need attention")
        self.assertRegex(page.text_content("table.fleet tbody tr .why"),
                         r"^success 6\d\.\d\d %, mostly server error \(\d+\)$")
        picture = page.screenshot()
        self.assertIn((253, 236, 234), self.browser.colours(picture), "no row has the bad ground")

    def test_from_the_fleet_to_one_service_and_its_models(self):
        page = self.open()
        page.click("table.fleet a:text-is('code')")
        page.wait_for_selector(".breakdown tr[data-level=bad]")
        self.assertIn("at.service=code", page.url)
        self.assertEqual([line.split(" | ")[:2] for line in self.rows(page)],
                         [["bad", "code-large"], ["well", "code-small"]])
        page.click(".tabs button:text-is('region')")
        page.wait_for_selector("table.fleet a:text-is('eu-1')")
        self.assertIn("by=service,region", page.url)
        # The address is all there is to it: a link shows the same.
        again = self.open(page.url.removeprefix(self.server.url))
        again.wait_for_selector("table.fleet a:text-is('eu-1')")

    def test_new_results_appear_by_themselves(self):
        page = self.open(CHAT)
        before = self.table(page, "Latency")[0]
        self.server.advance()
        newest = time_text(self.fleet.now_s)[11:19]
        self.until_text(page, ".chart tbody th", newest)
        self.assertNotEqual(before[0], newest)

    def test_the_absent_is_a_gap_and_never_zero(self):
        page = self.open("#/series?scope=service&at.service=vision")
        told = {cells[0] for cells in self.table(page, "Traffic")}
        absent = time_text(self.fleet.now_s - 1000)[11:19]
        self.assertIn(time_text(self.fleet.now_s - 800)[11:19], told)
        self.assertNotIn(absent, told)
        self.assertFalse(any("0/s" == cell for cells in self.table(page, "Tokens")
                             for cell in cells))
        line = page.get_attribute(".tile .spark-line", "d")
        self.assertEqual(line.count("M"), 2, "the line is drawn across the gap")
        page.goto(self.server.url + "#/fleet?sort=name")
        page.wait_for_selector("table.fleet tbody tr")
        search = next(line for line in self.rows(page) if "search" in line)
        self.assertEqual(search.split(" | ")[5], "–", "search has no TTFT")
        page.goto(self.server.url + "#/series?scope=service&at.service=search")
        cold = page.locator(".tile", has_text="Cold starts").locator("b")
        cold.wait_for()
        self.assertEqual(cold.inner_text(), "–")

    def test_few_requests_are_not_called_well(self):
        self.fleet.series = lambda scope: [["chat"], ["search"]] if scope == ["service"] else []
        page = self.open()
        self.server.push(row(["service"], ["search"], self.fleet.now_s) | {"requests": 4})
        page.wait_for_selector("tr[data-level=few]")
        self.assertEqual(page.text_content("tr[data-level=few] .level"), "few requests")
        self.assertEqual(page.text_content("tr[data-level=few] .why"),
                         "few requests to judge by: 4 in the window")
        self.fleet.series = lambda scope: [["search"]] if scope == ["service"] else []
        page.reload()
        self.until_text(page, "h1", "The service has few requests")

    def test_a_silent_service_is_told(self):
        page = self.open()
        self.fleet.series = lambda scope: [["chat"], ["code"]] if scope == ["service"] else []
        for _ in range(4):
            self.server.advance()
        page.wait_for_selector("tr[data-level=silent]")
        silent = [line for line in self.rows(page) if line.startswith("silent")]
        self.assertEqual({tuple(line.split(" | ")[2:]) for line in silent}, {("–",) * 5})
        self.assertRegex(page.text_content("tr[data-level=silent] .why"), "no requests since ..:..")

    def test_results_that_stopped_are_not_painted_well(self):
        self.server.fleet = self.fleet = Fleet(int(time.time()) - 120)
        page = self.open()
        page.wait_for_selector("#link[data-state=waiting]")
        self.assertRegex(page.text_content("#link"), "^No new results since ..:..:.., 2 min")
        self.assertEqual({line.split(" | ")[0] for line in self.rows(page)}, {"bad", "silent"})
        self.assertRegex(page.text_content("tr[data-level=silent] .why"),
                         "no new results since ..:..")

    def test_a_service_that_does_not_exist_is_not_well(self):
        page = self.open("#/series?scope=service&at.service=nope", wait=".empty")
        self.until_text(page, ".empty", "There is no service nope in this range")
        self.assertEqual(page.locator(".level:visible").count(), 0)

    def test_a_series_without_the_newest_end_is_read_at_its_last(self):
        self.fleet.series = lambda scope: [["chat"]]
        page = self.open()
        self.fleet.series = lambda scope: [["code"]] if scope == ["service"] else []
        before = page.text_content(".legend .item b")
        self.server.advance()
        self.until_text(page, "table.fleet tbody", "code")
        self.assertNotEqual(before, "–")
        self.assertEqual(page.text_content(".legend .item b"), before)

    def test_a_late_revision_redraws(self):
        page = self.open("#/series?scope=service&at.service=search")
        at = self.fleet.now_s - 120
        self.server.push(row(["service"], ["search"], at, tail=40))
        self.until_text(page, "main", "1 windows revised")
        cells = next(cells for cells in self.table(page, "Latency")
                     if cells[0] == time_text(at)[11:19])
        self.assertEqual(cells[-1], "revised")
        self.assertRegex(cells[1], r"^1\d\.\d s$")

    def test_an_incomplete_window_says_so(self):
        page = self.open("#/series?scope=service&at.service=summarize")
        notes = {cells[-1] for cells in self.table(page, "Latency")}
        self.assertEqual(notes, {"", "incomplete"})
        self.server.push(row(["service"], ["summarize"], self.fleet.now_s, complete=False))
        page.goto(self.server.url + FLEET)
        page.wait_for_selector("table.fleet .tag:not([hidden])")

    def test_pause_holds_still_and_resume_catches_up(self):
        page = self.open(CHAT)
        page.click("#pause")
        page.wait_for_selector("#link[data-state=paused]")
        before = self.table(page, "Latency")
        self.server.advance()
        self.until_text(page, "#link", "waiting")
        self.assertEqual(page.locator(".chart tbody").first.locator("tr").count(), len(before))
        page.click("#pause")
        newest = time_text(self.fleet.now_s)[11:19]
        self.until_text(page, ".chart tbody th", newest)

    def test_a_lost_stream_is_taken_up_again(self):
        page = self.open(CHAT)
        page.wait_for_selector("#link[data-state=live]")
        self.server.disconnect()
        page.wait_for_selector("#link[data-state=broken]")
        self.fleet.now_s += 10  # told to nobody
        page.wait_for_selector("#link[data-state=live]")
        self.assertEqual(self.table(page, "Latency")[0][0], time_text(self.fleet.now_s)[11:19])

    def test_a_range_of_the_past(self):
        page = self.open(f"{CHAT}&range=15m&to={self.fleet.now_s - 1200}")
        cells = [cells[0] for cells in self.table(page, "Success ratio")]
        self.assertEqual((cells[0], len(cells)), (time_text(self.fleet.now_s - 1200)[11:19], 91))
        page.click("button:text-is('To now')")
        page.wait_for_selector("#link[data-state=live]")
        page.get_by_label("Range").select_option("6h")
        self.until(page, "location.hash.includes('range=6h')")
        # A drag across a chart chooses a range, too.
        page.wait_for_selector("main[aria-busy=false] .chart .u-over")
        box = page.locator(".chart .u-over").first.bounding_box()
        page.mouse.move(box["x"] + 50, box["y"] + 60)
        page.mouse.down()
        page.mouse.move(box["x"] + 200, box["y"] + 60, steps=4)
        page.mouse.up()
        self.until(page, "/range=\\d+s&to=\\d+/.test(location.hash)")

    def test_names_from_data_are_only_text(self):
        for place in ("#/fleet?scope=tenant&range=15m", PIPELINE):
            page = self.open(place)
            self.until_text(page, "main", HOSTILE)
            self.assertEqual(page.evaluate("window.hostile ?? null"), None)
            self.assertEqual(page.locator("main img, main script").count(), 0)
        page = self.open("#/fleet?scope=tenant&range=15m")
        page.locator("table.fleet a", has_text="onerror").click()
        page.wait_for_selector(".tiles")
        self.assertTrue(page.text_content("h1").startswith(HOSTILE))

    def test_the_pipeline(self):
        page = self.open(PIPELINE)
        self.until_text(page, "h1", "The pipeline keeps up")
        text = page.text_content("main")
        for said in ("weir.inference/3", "41 malformed", "12 late", "3 from the future",
                     "latency_us is negative", "of 1.00 GiB", "of 20.0 GiB"):
            self.assertIn(said, text)
        facts = self.fleet.pipeline()
        facts["partitions"][2] |= {
            "stalled": True, "watermark_lag_s": 400, "stalled_since": "2026-11-02T10:15:20Z"}
        self.fleet.pipeline = lambda: facts
        self.until_text(page, "h1", "1 of 6 partitions stalled")
        self.assertEqual(page.text_content("table.plain tbody th"), "weir.inference/2")
        self.assertRegex(page.text_content("table.plain tbody tr"), r"stalled since \d\d:15:20$")

    def test_a_token_is_asked_for_and_kept_in_the_tab(self):
        self.fleet.token = "open sesame"
        page = self.open(wait="form")
        page.fill("#token", "open sesame")
        page.keyboard.press("Enter")
        page.wait_for_selector(".chart canvas")
        page.reload()
        page.wait_for_selector(".chart canvas")
        self.assertEqual(page.evaluate("JSON.stringify(localStorage)"), "{}")
        self.browser.forgive("401")

    def test_no_results_yet(self):
        catalog, self.fleet.catalog = self.fleet.catalog, lambda: {
            "scopes": [], "unrated": [], "version": "", "now": None, "server_time_us": 0}
        page = self.open(wait=".empty")
        self.assertIn("No results yet", page.text_content("main"))
        self.fleet.catalog = catalog
        page.wait_for_selector("table.fleet tbody tr")


class LooksTest(BrowserTest):
    """Both themes, both widths, every view."""

    def everywhere(self):
        for theme in ("light", "dark"):
            for width in (1280, 390):
                for place in (FLEET, CHAT, OBJECTIVES, ALERTS, PIPELINE):
                    with self.subTest(theme=theme, width=width, place=place):
                        page = self.open(place, width, theme)
                        yield page
                        page.close()

    def test_nothing_is_too_wide_and_text_has_contrast_aa(self):
        for page in self.everywhere():
            self.until(page, "document.querySelectorAll('main td, main dd').length > 4")
            self.assertEqual(page.evaluate("document.documentElement.scrollWidth - innerWidth"), 0)
            outside = page.evaluate("""[...document.querySelectorAll("main *")].filter(e =>
                !e.closest(".scroll, .plot, svg, .visually-hidden") && e.offsetWidth > 0
                && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML)""")
            self.assertEqual(outside, [])
            self.assertEqual(page.evaluate(CONTRAST), [])

    def test_no_column_is_cut(self):
        for width in (1280, 1001, 1000, 390):
            for place in (OBJECTIVES, ALERTS):
                with self.subTest(width=width, place=place):
                    page = self.open(place, width)
                    self.until(page, "document.querySelector('table.wide td')?.checkVisibility()")
                    self.assertEqual(page.evaluate("""[...document.querySelectorAll(
                        "table.wide th, table.wide td")].filter(e => e.checkVisibility()
                        && (e.getBoundingClientRect().right > innerWidth
                            || e.scrollWidth > e.clientWidth)).map(e => e.outerHTML)"""), [])
                    page.close()

    def test_the_theme_can_be_chosen(self):
        page = self.open(theme="light")
        ground = "getComputedStyle(document.body).backgroundColor"
        light = page.evaluate(ground)
        page.get_by_role("button", name="Dark theme").click()
        dark = page.evaluate(ground)
        page.reload()
        self.assertEqual((page.evaluate(ground), light != dark), (dark, True))

    def test_keys_reach_everything(self):
        page = self.open()
        seen = []
        for _ in range(40):
            page.keyboard.press("Tab")
            seen.append(page.evaluate("""(() => {
                const e = document.activeElement, s = getComputedStyle(e);
                const seen = s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2;
                return (e.getAttribute("aria-label") || e.textContent.trim().slice(0, 40))
                    + (seen ? "" : " UNSEEN"); })()"""))
        self.assertEqual(seen[0], "Skip to the figures")
        self.assertEqual([name for name in seen if "UNSEEN" in name and "undefined" not in name
                          and name.strip() != "UNSEEN" and not name.startswith("Skip to")], [])
        for name in ("Fleet", "Pipeline", "Range", "Window", "Earlier", "Pause", "Dark theme", "By",
                     "chat", "vision", "KPI", "Latency P99: table"):
            self.assertIn(name, seen)
        page.focus("table.fleet a:text-is('chat')")
        page.keyboard.press("ArrowDown")
        self.assertEqual(page.evaluate("document.activeElement.textContent"), "code")
        page.focus(".plot")
        page.keyboard.press("Home")
        page.keyboard.press("ArrowRight")
        self.assertRegex(page.text_content(".chart [role=status]"), r"^\d\d:\d\d:\d\d: chat .* s,")

    def test_charts_and_tables_have_names(self):
        page = self.open(CHAT)
        for plot in page.locator(".plot").all():
            self.assertRegex(plot.get_attribute("aria-label"), "^Chart of .+, .+;")
        self.assertEqual(page.locator("table:not(:has(caption))").count(), 0)
        self.assertEqual(page.locator("th:not([scope])").count(), 0)
        self.assertEqual(page.locator(".unit:text-is('')").count(), 0)
        units = page.locator(".chart .unit").all_text_contents()
        self.assertTrue(all(re.search("window 1 min, each 10 s", unit) for unit in units), units)


if __name__ == "__main__":
    unittest.main()
