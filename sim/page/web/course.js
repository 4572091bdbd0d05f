import { h, s } from "./dom.js";
import { d3, plot, tick_seconds } from "./plot.js";
import { bytes_text, count_text, moment_text, plain, plural } from "./format.js";
import { table_of } from "./table.js";

// The run over time: one row of the report's steps is the world at a moment, and what was sent since
// the moment before.

const step_columns = [
  ["at_s", "at", "s"], ["online", "peers online"], ["joined", "peers joined"],
  ["direct", "pairs direct"], ["relayed", "pairs relayed"], ["unreachable", "pairs unreachable"],
  ["datagrams", "datagrams since the step before"], ["bytes", "bytes since the step before"],
  ["lost", "datagrams lost since the step before"]];

function rows_of(steps) {
  return steps.at_s.map((at_s, i) => {
    const row = {before: i > 0 ? steps.at_s[i - 1] : 0};
    for (const [key] of step_columns) row[key] = steps[key][i];
    row.span = at_s - row.before;
    return row;
  });
}

function top_of(rows, value) {
  return Math.max(1, d3.max(rows, value) ?? 1) * 1.05;
}

function at_reader(rows, text) {
  const times = rows.map((r) => r.at_s);
  return (at) => text(rows[Math.min(rows.length - 1, d3.bisectLeft(times, at))]);
}

/// A state holds from its moment to the next one's.
function draw_states(g, x, y, rows, value, name) {
  const line = d3.line().curve(d3.curveStepAfter).x((r) => x(r.at_s)).y((r) => y(value(r)));
  g.append(s("path", {class: `curve ${name}`, d: line(rows)}));
}

/// What was sent belongs to the span before a moment.
function draw_rates(g, x, y, rows, value, name) {
  const area = d3.area().curve(d3.curveStepBefore).x((r) => x(r.at_s)).y0(y(0)).y1((r) => y(value(r)));
  const begin = rows.length > 0 ? [{...rows[0], at_s: rows[0].before}, ...rows] : rows;
  g.append(s("path", {class: `area ${name}`, d: area(begin)}));
  g.append(s("path", {class: `curve ${name}`, d: area.lineY1()(begin)}));
}

function pairs_panel(rows) {
  const stack = [["direct", (r) => 0, (r) => r.direct],
    ["relayed", (r) => r.direct, (r) => r.direct + r.relayed],
    ["unreachable", (r) => r.direct + r.relayed, (r) => r.direct + r.relayed + r.unreachable]];
  return {
    title: "Pairs by path", height: 130,
    y: {domain: [0, top_of(rows, (r) => r.direct + r.relayed + r.unreachable)], text: count_text,
      whole: true},
    keys: stack.map(([kind]) => ({name: kind, mark: kind,
      at: at_reader(rows, (r) => count_text(r[kind]))})),
    draw: (g, x, y) => {
      for (const [kind, low, high] of stack) {
        const area = d3.area().curve(d3.curveStepAfter).x((r) => x(r.at_s))
          .y0((r) => y(low(r))).y1((r) => y(high(r)));
        g.append(s("path", {class: `stack ${kind}`, d: area(rows)}));
      }
    }};
}

function peers_panel(rows) {
  return {
    title: "Peers", height: 100, y: {domain: [0, top_of(rows, (r) => r.online)], text: count_text, ticks: 3,
      whole: true},
    keys: [{name: "online", mark: "line_online", at: at_reader(rows, (r) => count_text(r.online))},
      {name: "joined the DHT", mark: "line_joined", at: at_reader(rows, (r) => count_text(r.joined))}],
    draw: (g, x, y) => {
      draw_states(g, x, y, rows, (r) => r.online, "online");
      draw_states(g, x, y, rows, (r) => r.joined, "joined");
    }};
}

function rate_panel(rows, {title, height, text, lines}) {
  const rate = (r, key) => (r.span > 0 ? r[key] / r.span : 0);
  return {
    title, height,
    y: {domain: [0, top_of(rows, (r) => rate(r, lines[0].key))], text, ticks: 3},
    keys: lines.map(({key, name, mark}) => ({name, mark: `line_${mark}`,
      at: at_reader(rows, (r) => text(rate(r, key)))})),
    draw: (g, x, y) => {
      for (const {key, mark} of lines) draw_rates(g, x, y, rows, (r) => rate(r, key), mark);
    }};
}

function fault_text(fault) {
  return `${plain(fault.kind)} (${plural(fault.hosts, "host")})`;
}

export function fault_markers(faults) {
  return faults.map((f) => ({x: f.at_s, text: plain(f.kind)}));
}

function summary_sentence(rows, faults) {
  const last = rows[rows.length - 1];
  const pairs = last.direct + last.relayed + last.unreachable;
  const text = `At ${moment_text(last.at_s)}, the end, ${plural(last.online, "peer")} ran, ` +
    `${count_text(last.joined)} of them in the DHT` +
    (pairs > 0 ? `; of ${plural(pairs, "pair")} that ran then, ${count_text(last.direct)} direct, ` +
      `${count_text(last.relayed)} relayed and ${count_text(last.unreachable)} unreachable.` : ".");
  return faults.length === 0 ? text : `${text} ${plural(faults.length, "fault is", "faults are")} marked.`;
}

function faults_table(faults, left_out) {
  return table_of({caption: "What went wrong, as the scenario wanted", noun: "fault", rows: faults,
    left_out, page_size: 10, columns: [
      {key: "at", title: "at", unit: "s", number: true, value: (f) => f.at_s,
       show: (f) => moment_text(f.at_s)},
      {key: "kind", title: "event", value: (f) => f.kind},
      {key: "hosts", title: "hosts hit", number: true, value: (f) => f.hosts}]});
}

export function course_of(report, left_out) {
  const rows = rows_of(report.steps);
  if (rows.length < 2) return null;
  const end = Math.max(report.virtual_time_s, rows[rows.length - 1].at_s);
  const has_pairs = rows.some((r) => r.direct + r.relayed + r.unreachable > 0);
  const lost = rows.some((r) => r.lost > 0);
  const panels = [
    has_pairs ? pairs_panel(rows) : null, peers_panel(rows),
    rate_panel(rows, {title: "Datagrams a second", height: 90, text: (v) => count_text(+v.toPrecision(3)),
      lines: [{key: "datagrams", name: "sent", mark: "sent"},
        ...(lost ? [{key: "lost", name: "lost", mark: "lost"}] : [])]}),
    rate_panel(rows, {title: "Bytes a second", height: 90, text: bytes_text,
      lines: [{key: "bytes", name: "sent", mark: "bytes"}]})].filter(Boolean);
  const faults = report.faults ?? [];
  return [
    h("div", {class: "card"}, plot({
      title: null, summary: summary_sentence(rows, faults), rest: "end",
      x: {domain: [0, end], text: tick_seconds, where: moment_text},
      stops: rows.map((r) => r.at_s), markers: fault_markers(faults), panels,
      alternative: () => table_of({caption: "Steps of time", rows, noun: "step",
        columns: step_columns.map(([key, title, unit]) =>
          ({key, title, unit, number: true, value: (r) => r[key]}))})})),
    faults.length > 0 ? h("details", {class: "numbers"},
      h("summary", {}, `Faults: ${faults.length < 4 ? faults.map((f) =>
        `${fault_text(f)} at ${moment_text(f.at_s)}`).join(", ") : plural(faults.length, "fault")}`),
      faults_table(faults, left_out?.faults)) : null];
}
