import { h } from "./dom.js";
import { sparkline } from "./marks.js";
import { bytes_text, count_text, plural, seconds_text } from "./format.js";
import { d3 } from "./plot.js";
import { table_of } from "./table.js";

// Every host: what it is, what it takes its NAT for, and what it sent in each window of the run.

function spark_column(key, title, text) {
  const both = (host) => host.own[key].map((v, i) => v + host.payload[key][i]);
  return {
    key: `windows_${key}`, title, value: (host) => both(host).join(" "),
    show: (host) => {
      const windows = both(host);
      const most = d3.max(windows) ?? 0;
      return h("span", {class: "spark"}, sparkline(host.own[key], host.payload[key],
        `${key} in ${windows.length} windows: ${windows.map(text).join(", ")}`),
        h("span", {class: "quiet"}, text(most)));
    }};
}

function joined_text(host) {
  if (host.joined_s !== null) return seconds_text(host.joined_s);
  return host.lives > 0 ? h("span", {class: "quiet"}, "never") : "";
}

export function hosts_of(report, glossary, left_out) {
  if (report.hosts.length === 0) return null;
  const window = report.virtual_time_s / (report.hosts[0].own.bytes.length || 1);
  const sum = (values) => d3.sum(values);
  const columns = [
    {key: "name", title: "host", value: (x) => x.name, code: true},
    {key: "group", title: "group", value: (x) => x.group},
    {key: "nat", title: "NAT", value: (x) => x.nat},
    {key: "class", title: "class", value: (x) => x.nat_class,
     show: (x) => h("span", {title: glossary.nat_class[x.nat_class] ?? null}, x.nat_class)},
    {key: "packets", title: "sent packets", number: true,
     value: (x) => sum(x.own.packets) + sum(x.payload.packets),
     show: (x) => count_text(sum(x.own.packets) + sum(x.payload.packets))},
    spark_column("packets", "packets by window; most", count_text),
    {key: "bytes", title: "sent", unit: "bytes", number: true,
     value: (x) => sum(x.own.bytes) + sum(x.payload.bytes),
     show: (x) => bytes_text(sum(x.own.bytes) + sum(x.payload.bytes))},
    {key: "payload", title: "of it WireGuard", unit: "bytes", number: true, value: (x) => sum(x.payload.bytes),
     show: (x) => bytes_text(sum(x.payload.bytes))},
    spark_column("bytes", "bytes by window; most", bytes_text),
    {key: "verdict", title: "takes itself for", value: (x) => x.verdict},
    {key: "online", title: "at the end", value: (x) => (x.online ? "online" : "offline")},
    {key: "lives", title: "lives", number: true, value: (x) => x.lives},
    {key: "joined", title: "joined after", unit: "s", number: true, value: (x) => x.joined_s, show: joined_text},
    {key: "serves", title: "serves", value: (x) => (x.serves ? "yes" : "no")},
    {key: "homes", title: "relays it has", number: true, value: (x) => x.homes}];
  return h("div", {class: "card"},
    h("ul", {class: "legend"}, h("li", {}, h("span", {class: "swatch own"}), "WireHub's own"),
      h("li", {}, h("span", {class: "swatch payload"}), "with WireGuard's payload, others' included"),
      h("li", {class: "quiet"}, `${plural(report.hosts[0].own.bytes.length, "window")} of ${seconds_text(window)}`)),
    table_of({caption: "Hosts", noun: "host", rows: report.hosts, columns, left_out: left_out?.hosts,
      facets: [{title: "Group", value: (x) => x.group}, {title: "Class", value: (x) => x.nat_class},
        {title: "At the end", value: (x) => (x.online ? "online" : "offline")}]}));
}
