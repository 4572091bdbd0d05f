import { h, s } from "./dom.js";
import { d3, plot, tick_seconds } from "./plot.js";
import { moment_text, seconds_text } from "./format.js";
import { fault_markers } from "./course.js";
import { table_of } from "./table.js";

// The time lines of pairs: a lane each, of the states it stayed in, with its outages below.

const lane_height = 38, name_height = 15, bar_height = 13;
const lane_states = ["direct", "relayed", "unreachable", "waiting", "offline"];

function end_of(pair, report) {
  return pair.until_s ?? report.virtual_time_s;
}

/// The longest outage; null where there is none. What lasted to the pair's end counts up to there.
export function longest_outage(pair, report) {
  if (pair.outages.length === 0) return null;
  return d3.max(pair.outages, (o) => (o.until_s ?? end_of(pair, report)) - o.from_s);
}

/// [from, until, state] of a pair, first to last. What comes before the first payload waits.
function spans_of(pair, report) {
  const end = end_of(pair, report);
  const first = pair.asked_s !== null && pair.time_to_first_payload_s !== null
    ? pair.asked_s + pair.time_to_first_payload_s : Infinity;
  return pair.stays.map(([from, state], i) => {
    const until = i + 1 < pair.stays.length ? pair.stays[i + 1][0] : end;
    return {from, until, state: state === "unreachable" && from < first ? "waiting" : state};
  });
}

/// Names stand above the bars, so that a phone has room for both.
function draw_lane(g, x, pair, top, report) {
  const bar = top + name_height;
  g.append(s("text", {class: "lane_name", x: x.range()[0], y: top + 11}, `${pair.from} – ${pair.to}`));
  for (const {from, until, state} of spans_of(pair, report)) {
    const left = x(from), right = x(until), middle = bar + bar_height / 2;
    if (state === "left out") continue;
    if (state === "offline")
      g.append(s("line", {class: "offline_line", x1: left, x2: right, y1: middle, y2: middle}));
    else
      g.append(s("rect", {class: `stay ${state}`, x: left, width: Math.max(1, right - left), y: bar,
        height: bar_height}));
  }
  // An outage of seconds in a run of hours is thinner than a line: a mark below shows that it was there.
  for (const o of pair.outages) {
    const left = x(o.from_s), right = x(o.until_s ?? end_of(pair, report));
    g.append(s("rect", {class: "outage", x: left - 0.5, width: Math.max(3, right - left + 1),
      y: bar + bar_height + 2, height: 3}));
  }
}

function stays_table(pairs, report) {
  const rows = pairs.flatMap((p) => spans_of(p, report).map((x) => ({p, ...x})));
  return table_of({caption: "Stays of these pairs", noun: "stay", rows, columns: [
    {key: "pair", title: "pair", value: (r) => `${r.p.from} – ${r.p.to}`, code: true},
    {key: "state", title: "state", value: (r) => r.state,
     show: (r) => (r.state === "waiting" ? "waiting for the first payload" : r.state)},
    {key: "from", title: "from", unit: "s", number: true, value: (r) => r.from,
     show: (r) => moment_text(r.from)},
    {key: "until", title: "until", unit: "s", number: true, value: (r) => r.until,
     show: (r) => moment_text(r.until)},
    {key: "lasted", title: "lasted", unit: "s", number: true, value: (r) => r.until - r.from,
     show: (r) => seconds_text(r.until - r.from)}]});
}

function lanes_sentence(pairs) {
  const cut = pairs.filter((p) => p.outages.length > 0).length;
  const whom = pairs.length === 1 ? "The pair of the table's row" : `The ${pairs.length} pairs of the table's rows`;
  return `${whom}: ${cut === 0 ? "no outage after the first payload."
    : `${cut} had an outage after the first payload, marked below the line.`}`;
}

/// The time lines of some pairs of the report.
export function lanes_of(pairs, report) {
  const shown = pairs.filter((p) => p.stays.length > 0);
  if (shown.length === 0) return h("p", {class: "quiet"}, "No pair to draw: none of these ran.");
  const end = report.virtual_time_s;
  const stops = [...new Set([...shown.flatMap((p) => p.stays.map(([from]) => from)), end])]
    .sort((a, b) => a - b);
  const state_at = (p, at) =>
    spans_of(p, report).findLast((x) => x.from <= at)?.state ?? "not wanted yet";
  const states = lane_states.filter((state) =>
    shown.some((p) => spans_of(p, report).some((x) => x.state === state)));
  const count = (state) => (at) => String(shown.filter((p) => state_at(p, at) === state).length);
  return plot({
    title: "Time lines", summary: lanes_sentence(shown),
    x: {domain: [0, end], text: tick_seconds, where: moment_text},
    stops, markers: fault_markers(report.faults ?? []),
    panels: [{
      height: shown.length * lane_height, y: {domain: [shown.length, 0], text: () => "", values: []},
      keys: [...states.map((state) => ({mark: state, at: count(state),
        name: state === "waiting" ? "waiting for the first payload" : state})),
        ...(shown.some((p) => p.outages.length > 0) ? [{mark: "outage_mark", name: "outage"}] : [])],
      draw: (g, x, y, {top}) =>
        shown.forEach((p, i) => draw_lane(g, x, p, top + i * lane_height, report))}],
    alternative: () => stays_table(shown, report)});
}
