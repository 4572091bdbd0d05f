import { add, h } from "./dom.js";
import { count_text, share_text, value_text } from "./format.js";
import { table_of } from "./table.js";

// All that was measured, each with its definition.

function name_column() {
  return {key: "name", title: "metric", value: (m) => m.name, wide: true,
    show: (m) => [h("code", {}, m.name), h("span", {class: "definition"}, m.definition)]};
}

function part_of(metrics, part) {
  return Object.entries(metrics).map(([name, m]) => ({name, part, ...m}));
}

const statistic_names = ["mean", "min", "p50", "p90", "p95", "p99", "max"];

function statistic_column(name) {
  return {key: name, title: name, number: true, value: (m) => m[name],
    show: (m) => (m[name] === null ? (m.n > 0 ? "never" : "–") : value_text(m[name], m.unit))};
}

function tables_of(rows, several) {
  const part = {key: "part", title: "part of the run", value: (m) => m.part};
  const facets = several ? [{title: "Part of the run", value: (m) => m.part, chosen: "whole"}] : [];
  const columns = (more) => [name_column(), ...(several ? [part] : []), ...more];
  const single = rows.filter((m) => m.kind !== "distribution");
  const distributions = rows.filter((m) => m.kind === "distribution");
  return [
    single.length === 0 ? null : h("div", {class: "card"}, table_of({
      caption: "Counters, ratios and gauges", noun: "metric", rows: single, facets, page_size: 100,
      columns: columns([
        {key: "value", title: "value", number: true, value: (m) => m.value,
         show: (m) => (m.kind === "ratio" ? share_text(m.value) : value_text(m.value, m.unit))},
        {key: "part_count", title: "part", number: true, value: (m) => m.part_count ?? null,
         show: (m) => (m.kind === "ratio" ? count_text(m.part_count) : "")},
        {key: "whole", title: "of", number: true, value: (m) => m.whole ?? null,
         show: (m) => (m.kind === "ratio" ? count_text(m.whole) : "")},
        {key: "unit", title: "unit", value: (m) => (m.kind === "ratio" ? "share" : m.unit)}])})),
    distributions.length === 0 ? null : h("div", {class: "card"}, table_of({
      caption: "Distributions", noun: "metric", rows: distributions, facets, page_size: 100,
      columns: columns([
        {key: "unit", title: "unit", value: (m) => m.unit},
        {key: "n", title: "samples", number: true, value: (m) => m.n, show: (m) => count_text(m.n)},
        {key: "censored", title: "never", number: true, value: (m) => m.censored,
         show: (m) => count_text(m.censored)},
        ...statistic_names.map(statistic_column)])}),
      h("p", {class: "quiet"}, "Quantiles are by nearest rank over all samples, those that never came ",
        "included: these rank last, and a quantile that falls on one is never."))];
}

export function metrics_of(report) {
  const slices = report.slices ?? [];
  const rows = [["whole", report.metrics], ...slices.map((x) => [x.name, x.metrics])]
    // A ratio has a key `part` of its own.
    .flatMap(([part, metrics]) => part_of(
      Object.fromEntries(Object.entries(metrics).map(([name, m]) =>
        [name, {...m, part_count: m.part}])), part).map((m) => ({...m, part})));
  if (rows.length === 0) return null;
  return add(h("div"), tables_of(rows, slices.length > 0));
}
