// The KPIs of a row: what each is called, its unit, and how its figures are written.
import { count, duration, percent, rate } from "./format.js";

/** `more` says which way is worse: 1 more, -1 less, 0 neither. */
export const KPIS = [
  { id: "traffic", name: "Traffic", unit: "requests/s", text: rate, more: 0,
    of: (row) => row.requests_per_second },
  { id: "success", name: "Success", unit: "ok ÷ rated", text: percent, more: -1,
    of: (row) => row.success_ratio },
  { id: "p99", name: "Latency P99", unit: "time", text: duration, more: 1,
    of: (row) => row.latency_us?.p99 },
  { id: "ttft", name: "TTFT P95", unit: "time", text: duration, more: 1,
    of: (row) => row.ttft_us?.p95 },
  { id: "tokens", name: "Tokens", unit: "tokens/s", text: rate, more: 0,
    of: (row) => row.tokens_per_second },
];

export const MORE_KPIS = [
  { id: "p50", name: "Latency P50", unit: "time", text: duration, more: 1,
    of: (row) => row.latency_us?.p50 },
  { id: "p95", name: "Latency P95", unit: "time", text: duration, more: 1,
    of: (row) => row.latency_us?.p95 },
  { id: "tpot", name: "Time per token P95", unit: "time", text: duration, more: 1,
    of: (row) => row.tpot_us?.p95 },
  { id: "queue", name: "Queue P95", unit: "time", text: duration, more: 1,
    of: (row) => row.queue_us?.p95 },
  { id: "cold", name: "Cold starts", unit: "a window", text: count, more: 1,
    of: (row) => row.cold_starts },
];

export const ALL_KPIS = [...KPIS, ...MORE_KPIS];
export const kpi_of = (id) => ALL_KPIS.find((kpi) => kpi.id === id) ?? KPIS[2];

/** What went wrong with a request, as the statuses say it; ok, absent and cancelled are no error. */
export const ERRORS = ["server_error", "timeout", "oom", "dependency", "model_load", "rejected",
  "client_error", "other"];
