"""Chromium for the tests of the page, with what they ask of it. Skips, visibly, where Chromium or
Playwright is missing: tools/setup --test installs both."""

import base64
import shutil
import sys

from weir_cli import SKIPPED, need_package
from weir_up import PATIENCE_S

need_package("playwright")
from playwright.sync_api import sync_playwright

FLAGS = ("--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
         "--disable-background-networking --disable-component-update --disable-sync").split()
_CHROMIUM = shutil.which("chromium")
if not _CHROMIUM:
    print("skipped: chromium is missing; run tools/setup --test", file=sys.stderr)
    sys.exit(SKIPPED)


class Browser:
    """One Chromium; `complaints` are what any page's console or network said was wrong."""

    def __init__(self):
        self._playwright = sync_playwright().start()
        self._chromium = self._playwright.chromium.launch(executable_path=_CHROMIUM, args=FLAGS)
        self.complaints = []

    def close(self):
        self._chromium.close()
        self._playwright.stop()

    def page(self, url, width, theme):
        """A page of a fresh profile in UTC. It may ask nobody but `url`."""
        self.complaints = []
        page = self._chromium.new_page(viewport={"width": width, "height": 900},
                                       color_scheme=theme, timezone_id="UTC")
        page.set_default_timeout(1_000 * PATIENCE_S)
        page.on("console", lambda said: said.type in ("error", "warning")
                and self.complaints.append(said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: request.url.startswith((url, "data:"))
                or self.complaints.append(f"asked another host: {request.url}"))
        page.add_init_script("addEventListener('securitypolicyviolation', event => "
                             "console.error('policy: ' + event.violatedDirective))")
        return page

    def forgive(self, text):
        self.complaints = [said for said in self.complaints if text not in said]

    def colours(self, png):
        """The colours of a picture, decoded by the browser itself."""
        page = self._chromium.new_page()
        try:
            return {tuple(colour)
                    for colour in page.evaluate(_COLOURS, base64.b64encode(png).decode())}
        finally:
            page.close()


_COLOURS = """async png => {
  const bytes = Uint8Array.from(atob(png), c => c.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  const seen = new Set();
  for (let i = 0; i < data.length; i += 4) {
    seen.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
  }
  return [...seen].map(c => [c >> 16, (c >> 8) & 255, c & 255]);
}"""

# Every text whose contrast with what lies behind it is below WCAG 2's AA: 4.5, or 3 where it is
# large (24 px, or 18.66 px and bold). Disabled controls are exempt.
CONTRAST = """(() => {
  const channels = (colour) => {
    const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number);
    return [r, g, b, a];
  };
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a),
    b * a + B * (1 - a), 1];
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => v / 255).map((v) =>
      (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (element) => {
    const behind = element.parentElement ? ground(element.parentElement) : [255, 255, 255, 1];
    return over(channels(getComputedStyle(element).backgroundColor), behind);
  };
  const low = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.checkVisibility()) continue;
    if (element.closest("script, noscript, :disabled, .visually-hidden, .skip")) continue;
    const style = getComputedStyle(element);
    const behind = ground(element);
    const [a, b] = [luminance(over(channels(style.color), behind)), luminance(behind)]
      .sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) {
      low.push(`${walker.currentNode.textContent.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
    }
  }
  return low;
})()"""
