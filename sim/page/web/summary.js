import { h } from "./dom.js";
import { path_kinds, path_legend, share_bar } from "./marks.js";
import { bytes_text, count_text, plural, seconds_text, share_text } from "./format.js";

// The figures that one looks for first.

function tile(label, value, below, tone = null) {
  return h("li", {class: tone ? `tile ${tone}` : "tile"}, h("span", {class: "tile_label"}, label),
    h("span", {class: "tile_value"}, value), h("span", {class: "tile_below"}, below));
}

function ratio_tile(metrics, name, label, noun) {
  const m = metrics[name];
  if (!m || m.whole === 0) return null;
  return tile(label, share_text(m.value), `${count_text(m.part)} of ${plural(m.whole, noun)}`);
}

function time_tile(metrics, name, label) {
  const m = metrics[name];
  if (!m || m.n === 0) return null;
  const all = m.n;
  if (all === 1) return tile(label, seconds_text(m.p50), "one sample");
  const never = m.censored > 0 ? `${count_text(m.censored)} of ${count_text(all)} never`
                               : `longest ${seconds_text(m.max)}`;
  return tile(label, seconds_text(m.p50), `median; p95 ${seconds_text(m.p95)}; ${never}`);
}

function outage_tile(metrics) {
  const m = metrics["paths.outage_s"];
  if (!m || m.n === 0) return null;
  const count = metrics["paths.outages"]?.value ?? 0;
  if (count === 0) return tile("Outages", "none", `of ${plural(m.n, "pair")} with payload`);
  const longest = m.censored > 0
    ? `${count_text(m.censored)} lasted to the end` : `longest ${seconds_text(m.max)}`;
  return tile("Outages", count_text(count), longest);
}

function peers_tile(report) {
  const online = report.metrics["peers.online"];
  if (!online) return null;
  const lives = report.metrics["peers.started"]?.value;
  return tile("Peers online at the end", `${count_text(online.value)}`,
    `of ${count_text(report.peers)}${lives > report.peers ? `; ${count_text(lives)} lives` : ""}`);
}

function traffic_tile(report) {
  const bytes = report.metrics["network.sent_bytes"], datagrams = report.metrics["network.datagrams"];
  if (!bytes || !datagrams) return null;
  return tile("Sent by all", bytes_text(bytes.value), plural(datagrams.value, "datagram"));
}

/// How many pairs were on each kind of path at their last moment.
export function path_counts(metrics) {
  const counts = {};
  for (const kind of path_kinds) counts[kind] = metrics[`paths.${kind}_ratio`]?.part ?? 0;
  return counts;
}

export function summary_of(report) {
  const {metrics} = report;
  const pairs = metrics["paths.pairs"]?.value ?? 0;
  const counts = path_counts(metrics);
  const o1 = metrics["traversal.direct_ratio_of_o1"]?.whole ?? 0;
  const o3 = metrics["traversal.direct_ratio_of_o3"]?.whole ?? 0;
  const paths = pairs === 0 ? null : h("div", {class: "card paths"},
    h("p", {class: "paths_line"}, pairs === 1 ? "One pair, at its last moment: " : `${count_text(pairs)} pairs, each at its last moment: `,
      path_kinds.map((kind, i) => [i > 0 ? ", " : "",
        h("strong", {}, count_text(counts[kind])), ` ${kind}`]), "."),
    share_bar(counts, {o1, o3, large: true}),
    path_legend(counts, [
      h("li", {}, h("span", {class: "swatch tick_o1"}),
        "possible without guessing a port (O1) ", h("b", {}, count_text(o1))),
      h("li", {}, h("span", {class: "swatch tick_o3"}),
        "possible for one who foresees every port (O3) ", h("b", {}, count_text(o3)))]));
  const tiles = [
    ratio_tile(metrics, "paths.connected_ratio", "Connected", "pair"),
    ratio_tile(metrics, "traversal.direct_ratio_of_o1", "Direct, of those possible", "pair"),
    time_tile(metrics, "paths.time_to_first_payload_s", "First payload after"),
    time_tile(metrics, "paths.time_to_direct_s", "Direct after"),
    outage_tile(metrics),
    time_tile(metrics, "relay.failover_time_s", "Relay lost: payload after"),
    ratio_tile(metrics, "dht.lookup_success_ratio", "Lookups that found", "lookup"),
    time_tile(metrics, "dht.lookup_time_s", "Lookup took"),
    peers_tile(report), traffic_tile(report)].filter(Boolean);
  return [paths, h("ul", {class: "tiles"}, tiles)];
}
