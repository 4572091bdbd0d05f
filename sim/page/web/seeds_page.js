import { h, s } from "./dom.js";
import { notes_list, page_foot, section, show_page, verdict_mark } from "./frame.js";
import { path_kinds, path_legend, share_bar } from "./marks.js";
import { bound_text, expectation_name } from "./expectations.js";
import {
  bytes_text, count_text, list_text, plural, seconds_text, share_text, short_number, value_text,
} from "./format.js";
import { matrix_of } from "./matrix.js";
import { reasons_of } from "./reasons.js";
import { range_text, spread_value } from "./spread.js";
import { seeds_times_of } from "./seeds_times.js";
import { built_facts, command_line, facts_list, files_list, input_file, machine_facts } from "./origin.js";
import { d3 } from "./plot.js";
import { table_of } from "./table.js";

// The page over all seeds of a scenario. The spread over seeds is shown as it is: lowest, median,
// highest, and each seed as a dot.

function spread_of(values) {
  const there = values.filter((v) => v !== null && v !== undefined).sort((a, b) => a - b);
  return {count: there.length, low: there[0] ?? null, high: there[there.length - 1] ?? null,
    middle: there.length === 0 ? null : d3.median(there)};
}

/// A dot for each seed between the lowest and the highest.
function dots(values, spread, text) {
  const width = 120, height = 18;
  const x = d3.scaleLinear().domain([spread.low, spread.high]).range([5, width - 5]);
  const picture = s("svg", {class: "dots", width, height, viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": `${spread.count} seeds from ${text(spread.low)} to ${text(spread.high)}`});
  picture.append(s("line", {class: "axis_line", x1: 3, x2: width - 3, y1: height / 2, y2: height / 2}));
  for (const v of values)
    if (v !== null && v !== undefined)
      picture.append(s("circle", {class: "dot", r: 3.2, cy: height / 2,
        cx: spread.low === spread.high ? width / 2 : x(v)}));
  return picture;
}

function spread_text(spread, text) {
  return spread.low === spread.high ? "the same for all seeds"
    : `${text(spread.low)} to ${text(spread.high)}`;
}

/// The mean over seeds and its 95 % interval, where an aggregate was there.
function mean_words({intervals}, name, statistic, text) {
  const x = intervals?.[name]?.[statistic];
  if (!x || typeof x.mean !== "number") return "";
  return `; mean ${text(x.mean)}${x.range && x.range[0] !== x.range[1]
    ? ` (95 %: ${range_text(x.range, text)})` : ""}`;
}

function spread_tile(data, name, statistic, label, unit = data.metrics[name]?.unit) {
  const m = data.metrics[name];
  if (!m?.[statistic]) return null;
  const spread = spread_of(m[statistic]);
  if (spread.count === 0) return null;
  const text = (v) => (m.kind === "ratio" ? share_text(v) : value_text(v, unit));
  return h("li", {class: "tile"}, h("span", {class: "tile_label"}, label),
    h("span", {class: "tile_value"}, text(spread.middle)),
    h("span", {class: "tile_below"}, `median of ${plural(spread.count, "seed")}; ${spread_text(spread, text)}` +
      (spread.low === spread.high ? "" : mean_words(data, name, statistic, text))));
}

function seeds_summary(data) {
  const {metrics} = data;
  const counts = {};
  for (const kind of path_kinds) counts[kind] = d3.sum(metrics[`paths.${kind}_ratio`]?.part ?? []);
  const pairs = path_kinds.reduce((sum, kind) => sum + counts[kind], 0);
  const o1 = d3.sum(metrics["traversal.direct_ratio_of_o1"]?.whole ?? []);
  const o3 = d3.sum(metrics["traversal.direct_ratio_of_o3"]?.whole ?? []);
  return [
    pairs === 0 ? null : h("div", {class: "card paths"},
      h("p", {class: "paths_line"}, `${plural(pairs, "pair")} of ${plural(data.reports, "seed")}, each at its last moment: `,
        path_kinds.map((kind, i) => [i > 0 ? ", " : "", h("strong", {}, count_text(counts[kind])), ` ${kind}`]), "."),
      share_bar(counts, {o1, o3, large: true}), path_legend(counts, [
        h("li", {}, h("span", {class: "swatch tick_o1"}), "possible without guessing a port (O1) ", h("b", {}, count_text(o1))),
        h("li", {}, h("span", {class: "swatch tick_o3"}), "possible for one who foresees every port (O3) ",
          h("b", {}, count_text(o3)))])),
    h("ul", {class: "tiles"}, [
      spread_tile(data, "paths.connected_ratio", "value", "Connected"),
      spread_tile(data, "traversal.direct_ratio_of_o1", "value", "Direct, of those possible"),
      spread_tile(data, "paths.time_to_first_payload_s", "p50", "First payload after, p50"),
      spread_tile(data, "paths.time_to_direct_s", "p50", "Direct after, p50"),
      spread_tile(data, "paths.outage_s", "max", "Longest outage"),
      spread_tile(data, "relay.failover_time_s", "max", "Relay lost: payload after, longest"),
      spread_tile(data, "dht.lookup_success_ratio", "value", "Lookups that found"),
      spread_tile(data, "dht.lookup_time_s", "p95", "Lookup took, p95"),
      spread_tile(data, "network.sent_bytes", "value", "Sent by all", "bytes")].filter(Boolean))];
}

function seeds_expectations(data) {
  const {head, runs} = data;
  if (!head || head.expectations.length === 0) return null;
  const judged = runs.filter((r) => r.expectations && !r.partial);
  const items = head.expectations.map((e, i) => {
    const broken = judged.filter((r) => !r.expectations[i].held);
    const measured = spread_of(judged.map((r) => r.expectations[i].measured));
    const mark = broken.length > 0 ? ["broken", `${broken.length} broken`] : ["held", "ok"];
    return h("li", {class: `expectation ${mark[0]}`}, verdict_mark(...mark), h("div", {},
      h("p", {class: "message"}, e.pair ? expectation_name(e) : `${expectation_name(e)}: ${bound_text(e)}`),
      measured.count > 0 ? h("p", {}, h("span", {class: "quiet"}, "measured "),
        measured.low === measured.high ? short_number(measured.low)
          : `${short_number(measured.low)} to ${short_number(measured.high)}`) : null,
      broken.length > 0 ? h("ul", {class: "broke"}, broken.slice(0, 10).map((r) => h("li", {}, seed_link(r), ": ",
        r.expectations[i].message)), broken.length > 10 ? h("li", {class: "quiet"},
        `and ${plural(broken.length - 10, "seed")} more`) : null) : null,
      h("p", {class: "because"}, h("span", {class: "quiet"}, "because "), e.because)));
  });
  return h("ul", {class: "expectations"}, items);
}

function seed_link(run) {
  return run.folder ? h("a", {href: `${run.folder}/report.html`}, `seed ${run.seed}`) : `seed ${run.seed}`;
}

function seed_outcome(run) {
  if (run.error !== null) return "no report";
  if (run.partial) return "partial";
  return run.held ? "held" : "broken";
}

const seed_figures = [
  ["paths.direct_ratio", "value", "direct"], ["paths.relayed_ratio", "value", "relayed"],
  ["paths.unreachable_ratio", "value", "unreachable"], ["traversal.direct_ratio_of_o1", "value", "direct of O1"],
  ["paths.time_to_first_payload_s", "p50", "first payload p50"], ["paths.time_to_first_payload_s", "p95", "p95"],
  ["paths.time_to_direct_s", "p50", "direct after p50"], ["paths.time_to_direct_s", "p95", "p95"],
  ["paths.outage_s", "max", "longest outage"], ["dht.lookup_success_ratio", "value", "lookups found"],
  ["dht.lookup_time_s", "p95", "lookup p95"], ["network.datagrams", "value", "datagrams"]];

function seeds_table(data) {
  const {runs, metrics} = data;
  const rows = runs.map((run, at) => ({run, at}));
  const figures = seed_figures.filter(([name, statistic]) => metrics[name]?.[statistic])
    .map(([name, statistic, title], i) => {
      const m = metrics[name];
      const value = ({at}) => m[statistic][at] ?? null;
      return {key: `figure${i}`, title, unit: m.kind === "ratio" ? "share" : m.unit === "1" ? null : m.unit,
        number: true, value,
        show: (r) => (r.run.error !== null || m[statistic].length <= r.at ? ""
          : m.kind === "ratio" ? share_text(value(r)) : value_text(value(r), m.unit))};
    });
  return h("div", {class: "card"}, table_of({
    caption: "Seeds", noun: "seed", rows, left_out: data.page.left_out, columns: [
      {key: "seed", title: "seed", number: true, value: ({run}) => run.seed, show: ({run}) => seed_link(run)},
      {key: "outcome", title: "outcome", value: ({run}) => seed_outcome(run),
       show: ({run}) => (run.held ? "held" : h("span", {class: "missed"}, seed_outcome(run)))},
      ...figures,
      {key: "events", title: "events", number: true, value: ({run}) => run.events ?? null,
       show: ({run}) => (run.error === null ? count_text(run.events) : "")},
      {key: "took", title: "took", unit: "s", number: true, value: ({run}) => run.host?.wall_time_s ?? null,
       show: ({run}) => (run.host ? seconds_text(run.host.wall_time_s) : "")},
      {key: "memory", title: "memory", unit: "bytes", number: true,
       value: ({run}) => run.host?.memory_peak_bytes ?? null,
       show: ({run}) => (run.host ? bytes_text(run.host.memory_peak_bytes) : "")},
      {key: "hash", title: "trace hash", code: true, value: ({run}) => run.trace_hash ?? null},
      {key: "error", title: "error", value: ({run}) => run.error}]}));
}

function spread_rows({metrics, intervals}) {
  return Object.entries(metrics).flatMap(([name, m]) =>
    (m.kind === "distribution" ? ["mean", "p50", "p95", "max"] : ["value"]).map((statistic) => {
      const values = m[statistic] ?? [];
      return {name, m, statistic, values, ...spread_of(values), mean: intervals?.[name]?.[statistic]?.mean ?? null,
        range: intervals?.[name]?.[statistic]?.range ?? null};
    }));
}

function spread_table(data) {
  const with_mean = data.intervals !== null;
  const text = (r, v) => (v === null ? "–" : r.m.kind === "ratio" ? share_text(v) : value_text(v, r.m.unit));
  const number = (key, title) => ({key, title, number: true, value: (r) => r[key], show: (r) => text(r, r[key])});
  return h("div", {class: "card"}, table_of({
    caption: "Metrics over seeds", noun: "row", page_size: 100, rows: spread_rows(data),
    facets: [{title: "Family", value: (r) => r.name.split(".")[0]},
      {title: "Statistic", value: (r) => r.statistic}],
    columns: [
      {key: "name", title: "metric", wide: true, value: (r) => r.name, show: (r) => [h("code", {}, r.name),
        r.statistic === "value" || r.statistic === "mean" ? h("span", {class: "definition"}, r.m.definition) : null]},
      {key: "statistic", title: "statistic", value: (r) => r.statistic},
      {key: "dots", title: "each seed", value: (r) => r.values.map((v) => v ?? "").join(" "),
       show: (r) => (r.count > 1 ? dots(r.values, r, (v) => text(r, v)) : "")},
      number("low", "lowest"), number("middle", "median"), number("high", "highest"),
      ...(with_mean ? [{...number("mean", "mean"), show: (r) => spread_value(r.m, r.statistic, r.mean)},
        {key: "range", title: "95 % of the mean", value: (r) => r.range?.join(" to ") ?? null,
         show: (r) => range_text(r.range, (v) => spread_value(r.m, r.statistic, v))}] : []),
      {key: "count", title: "seeds", number: true, value: (r) => r.count},
      {key: "unit", title: "unit", value: (r) => (r.m.kind === "ratio" ? "share" : r.m.unit)}]}),
    h("p", {class: "quiet"}, "A seed in which a value never came, or nothing was counted, has no dot."));
}

function seeds_warnings(runs) {
  const by_text = new Map();
  for (const run of runs)
    for (const text of run.warnings ?? [])
      by_text.set(text, [...(by_text.get(text) ?? []), run.seed]);
  const without = runs.filter((r) => r.error !== null).map((r) => `Seed ${r.seed} left no report: ${r.error}`);
  return notes_list([...without, ...[...by_text].map(([text, seeds]) => seeds.length === runs.length ? text
    : `${text} (${seeds.length > 5 ? plural(seeds.length, "seed") : `seed ${list_text(seeds.map(String))}`})`)]);
}

function seeds_verdict(data) {
  const all = data.reports + data.runs.filter((r) => r.error !== null).length;
  const text = `${count_text(data.held)} of ${plural(all, "seed")} held every expectation`;
  const partial = data.runs.some((r) => r.partial);
  return {verdict: verdict_mark(data.held === all ? "held" : partial ? "partial" : "broken", text),
    verdict_text: text};
}

export function seeds_page(data) {
  const {head, runs, metrics, page} = data;
  const first = runs.find((r) => r.error === null);
  show_page({kind: "report over seeds", title: head?.scenario ?? "no report",
    name: plural(runs.length, "seed"), question: head?.question, ...seeds_verdict(data)}, [
    section("warnings", "Warnings", null, seeds_warnings(runs)),
    section("summary", "Summary", null, first ? seeds_summary(data) : null),
    section("verdicts", "Expectations", "What the scenario expects of every seed, each number with its reason.",
      seeds_expectations(data)),
    section("seeds", "Seeds", null, seeds_table(data)),
    section("traversal", "Traversal",
      "What became of the pairs of all seeds by their NATs, beside what the oracle says of these NATs alone.",
      matrix_of(page.matrix)),
    section("times", "Times", runs.length > page.curves_max
      ? `Of the first ${page.curves_max} seeds. What never came counts among all.`
      : "What never came counts among all.", seeds_times_of(metrics)),
    section("reasons", "Why not direct",
      "What the peers themselves say at the end (wh why), and what the oracle says of their NATs; all seeds.",
      reasons_of(page.reasons, page.glossary)),
    section("measurements", "Measurements", null, first ? spread_table(data) : null),
    section("again", "Run it again", null, page.again ? [
      command_line(page.again, "Runs the seeds of the file again."),
      first ? command_line(`${page.again} --seed ${first.seed}`, "Runs one of them.") : null] : null),
    section("origin", "Where it comes from", null,
      head ? facts_list([["peers", count_text(head.peers)], ...built_facts(head.source), ...machine_facts(first.host)]) : null,
      head ? head.source.inputs.map((input, i) => input_file(input, i === 0)) : null, files_list(page.files)),
  ], page_foot(page));
}
