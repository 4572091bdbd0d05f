import { h } from "./dom.js";
import { path_mark } from "./marks.js";
import { count_text, seconds_text, share_text } from "./format.js";
import { lanes_of, longest_outage } from "./lanes.js";
import { table_of } from "./table.js";

// Every pair: its row, and its stays and outages over time. The time lines are those of the rows that the
// table shows, so that filter and order are said once.

function outage_text(pair, report) {
  const longest = longest_outage(pair, report);
  if (longest === null) return "";
  const open = pair.outages.some((o) => o.until_s === null);
  return [seconds_text(longest), open ? h("span", {class: "quiet"}, " to the end") : null];
}

function time_or_never(pair, value, wanted = true) {
  if (value !== null) return seconds_text(value);
  return pair.asked_s !== null && wanted ? h("span", {class: "quiet"}, "never") : "";
}

function pair_columns(report, glossary) {
  return [
    {key: "from", title: "from", value: (p) => p.from, code: true},
    {key: "to", title: "to", value: (p) => p.to, code: true},
    {key: "from_nat", title: "NAT of from", value: (p) => p.from_nat},
    {key: "to_nat", title: "NAT of to", value: (p) => p.to_nat},
    {key: "path", title: "path", value: (p) => (p.asked_s === null ? "never online" : p.path),
     show: (p) => (p.asked_s === null ? "never online" : path_mark(p.path))},
    {key: "first", title: "first payload", unit: "s", number: true,
     value: (p) => p.time_to_first_payload_s, show: (p) => time_or_never(p, p.time_to_first_payload_s)},
    {key: "direct", title: "direct after", unit: "s", number: true, value: (p) => p.time_to_direct_s,
     show: (p) => time_or_never(p, p.time_to_direct_s, p.oracle.o1)},
    {key: "longest", title: "longest outage", unit: "s", number: true,
     value: (p) => longest_outage(p, report), show: (p) => outage_text(p, report)},
    {key: "reason", title: "why not direct", value: (p) => p.reason, code: true,
     show: (p) => (p.reason ? h("span", {title: glossary.reason[p.reason] ?? null}, p.reason) : "")},
    {key: "o1", title: "oracle: O1", value: (p) => (p.oracle.o1 ? "yes" : "no"),
     show: (p) => (p.oracle.o1 && p.asked_s !== null && p.path !== "direct"
       ? h("span", {class: "missed"}, "yes") : p.oracle.o1 ? "yes" : "no")},
    {key: "oracle", title: "oracle: why not", value: (p) => p.oracle.reason, code: true,
     show: (p) => (p.oracle.reason ? h("span", {title: glossary.obstacle[p.oracle.reason] ?? null}, p.oracle.reason) : "")},
    {key: "rtt", title: "round trip", unit: "s", number: true, value: (p) => p.round_trip_s,
     show: (p) => (p.round_trip_s === null ? "" : seconds_text(p.round_trip_s))},
    {key: "delivered", title: "delivered", number: true,
     value: (p) => (p.payload_sent > 0 ? p.payload_delivered / p.payload_sent : null),
     show: (p) => (p.payload_sent > 0 ? h("span",
       {title: `${count_text(p.payload_delivered)} of ${count_text(p.payload_sent)} payload packets`},
       share_text(p.payload_delivered / p.payload_sent)) : "")},
    {key: "changes", title: "changes", number: true, value: (p) => p.changes},
    {key: "outages", title: "outages", number: true, value: (p) => p.outages_count},
    {key: "item", title: "workload", number: true, value: (p) => p.item},
  ];
}

export function pairs_of(report, glossary, left_out) {
  if (report.pairs.length === 0) return null;
  const lanes = h("div");
  const table = table_of({
    caption: "Pairs", noun: "pair", rows: report.pairs, columns: pair_columns(report, glossary),
    left_out: left_out?.pairs, page_size: 25,
    // What went wrong is seen first.
    sort: report.pairs.some((p) => p.outages.length > 0) ? {key: "longest", descending: true} : null,
    facets: [
      {title: "Path", value: (p) => (p.asked_s === null ? "never online" : p.path)},
      {title: "Outages", value: (p) => (p.outages.length > 0 ? "with" : "without")},
      {title: "Why not direct", value: (p) => p.reason},
      {title: "O1", value: (p) => (p.oracle.o1 ? "possible" : "not possible")}],
    on_page: (rows) => lanes.replaceChildren(lanes_of(rows, report))});
  return [h("div", {class: "card"}, table), h("div", {class: "card"}, lanes,
    left_out?.stays ? h("p", {class: "quiet"}, left_out.stays) : null)];
}
