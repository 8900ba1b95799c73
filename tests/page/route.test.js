import assert from "node:assert/strict";
import { test } from "node:test";

import { EventParser } from "../../sinks/dashboard/page/api.js";
import { format_route, parse_route, pick_window } from "../../sinks/dashboard/page/route.js";

const hostile = '<img src=x onerror="alert(1)">&a=b#c/ä+ %';

test("an address read and written is the same", () => {
  const address = "#/series?scope=service,model&window=1m/10s&range=6h&at.service=chat&at.model=a+b";
  assert.equal(format_route(parse_route(address)), address);
});

test("a value may hold anything", () => {
  const route = { ...parse_route("#/series"), scope: "tenant", at: { tenant: hostile } };
  assert.deepEqual(parse_route(format_route(route)), route);
});

test("what is wrong has its default", () => {
  const wrong = parse_route("#/nowhere?range=never&to=tomorrow&view=x&__proto__=y&odd=1");
  assert.deepEqual(wrong, parse_route(""));
  assert.equal(format_route(wrong), "#/fleet");
});

test("the window is the finest that a screen has room for, or the one asked for", () => {
  const windows = ["1h/1m", "5m/10s", "1m/10s"];
  assert.deepEqual([900, 3600, 21_600, 86_400].map((range) => pick_window(windows, range, "")),
    ["1m/10s", "1m/10s", "1h/1m", "1h/1m"]);
  assert.equal(pick_window(windows, 3600, "5m/10s"), "5m/10s");
  assert.equal(pick_window(windows, 3600, "7d/1d"), "1m/10s");
});

test("a stream is read the same however it is cut", () => {
  const bytes = ': hello\n\nid: 4,7\nevent: rows\ndata: [1,\ndata: 2]\n\nevent: pipeline\r\ndata: {}\r\n\r\n'
    + "event: cut";
  const whole = ["rows [1,\n2] 4,7", "pipeline {} 4,7"];
  for (const size of [1, 2, 3, 7, bytes.length]) {
    const told = [];
    const parser = new EventParser((name, data, id) => told.push(`${name} ${data} ${id}`));
    for (let at = 0; at < bytes.length; at += size) parser.push(bytes.slice(at, at + size));
    assert.deepEqual(told, whole, `cut each ${size}`);
  }
});
