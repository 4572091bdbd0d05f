import { h } from "./dom.js";
import { cdf_figure, is_few } from "./cdf.js";

// The times that a run is judged by.

export const time_metrics = [
  {name: "paths.time_to_first_payload_s", title: "Time to the first payload",
   whom: "never had payload before their end"},
  {name: "paths.time_to_direct_s", title: "Time to a direct path",
   whom: "never had a direct path before their end, though O1 says that one is possible"},
  {name: "paths.outage_s", title: "Longest outage of a pair", whom: "were cut off to their end",
   zero: "had none"},
  {name: "relay.failover_time_s", title: "Recovery from a lost relay",
   whom: "had no payload again before their end"},
  {name: "dht.lookup_time_s", title: "Time of a lookup", whom: "did not succeed"},
  {name: "dht.time_to_join_s", title: "Time to join the DHT",
   whom: "had not joined when their life or the run ended"},
];

export function times_of(report) {
  const there = time_metrics.filter(({name}) => {
    const metric = report.metrics[name];
    return metric && metric.n > 0;
  });
  if (there.length === 0) return null;
  const card = (t) => h("div", {class: "card"}, cdf_figure({...t, metric: report.metrics[t.name]}),
    h("details", {class: "defines"}, h("summary", {}, "What is counted"),
      h("p", {}, h("code", {}, t.name), ": ", report.metrics[t.name].definition)));
  // Cards of one height stand side by side: curves, and what a sentence says.
  const few = ({name}) => is_few(report.metrics[name]);
  return [
    h("div", {class: "figures"}, there.filter((t) => !few(t)).map(card)),
    h("div", {class: "figures small"}, there.filter(few).map(card))];
}
