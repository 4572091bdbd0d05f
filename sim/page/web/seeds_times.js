import { h, s } from "./dom.js";
import { curve_of, draw_curve, figure_of_words, share_at, time_axis } from "./cdf.js";
import { d3, plot, tick_seconds } from "./plot.js";
import { count_text, plural, seconds_text, share_text } from "./format.js";
import { table_of } from "./table.js";
import { time_metrics } from "./times.js";

// The distributions of all seeds over each other: a thin line a seed, and over them the median seed
// with the band from the lowest to the highest.

/// Of every hundredth the lowest, the median and the highest seed's value; Infinity is never.
function quantile_band(cdfs) {
  return d3.range(101).map((i) => {
    const values = cdfs.map((cdf) => cdf[i] ?? Infinity).sort((a, b) => a - b);
    return {share: i / 100, low: values[0], middle: values[Math.floor((values.length - 1) / 2)],
      high: values[values.length - 1]};
  });
}

function span_text({low, middle, high}) {
  const text = (v) => (Number.isFinite(v) ? seconds_text(v) : "never");
  return low === high ? text(middle) : `${text(middle)} (${text(low)} to ${text(high)})`;
}

/// Runs of the same distribution as if each were a metric of its own.
function by_seed(metric) {
  return metric.cdf.map((cdf) => ({cdf})).filter(({cdf}) => cdf.length > 0);
}

function overlay_sentence(metric, band, seeds, zero) {
  const all = d3.sum(metric.n), censored = d3.sum(metric.censored);
  const never = censored > 0
    ? ` ${count_text(censored)} of ${count_text(all)} (${share_text(censored / all)}) never came.` : "";
  if (censored === 0 && zero && band[100].high === 0)
    return `${plural(all, "sample")} of ${plural(seeds, "seed")}: all ${zero}.`;
  const half = band[50].high === 0 && zero ? `half ${zero}` : `half within ${span_text(band[50])}`;
  return `${plural(all, "sample")} of ${plural(seeds, "seed")}. The median seed (lowest to highest): ` +
    `${half}, 95 % within ${span_text(band[95])}.${never}`;
}

function band_table(band, title) {
  const cell = (key) => ({key, title: `${key === "middle" ? "median" : key === "low" ? "lowest" : "highest"} seed`,
    unit: "s", number: true, value: (r) => (Number.isFinite(r[key]) ? r[key] : null),
    show: (r) => (Number.isFinite(r[key]) ? seconds_text(r[key]) : "never")});
  return table_of({caption: `${title}: the value that a share of all does not exceed`,
    rows: band.filter((r, i) => i % 5 === 0), columns: [
      {key: "share", title: "share of all", number: true, value: (r) => r.share,
       show: (r) => share_text(r.share)}, cell("low"), cell("middle"), cell("high")]});
}

function overlay(title, metric, zero) {
  const seeds = by_seed(metric);
  const band = quantile_band(seeds.map((x) => x.cdf));
  const finite = seeds.flatMap((x) => x.cdf.filter((v) => v !== null));
  const axis = time_axis(finite);
  const curve = curve_of_band(band);
  const summary = overlay_sentence(metric, band, seeds.length, zero);
  if (finite.length === 0 || d3.max(finite) === 0) return figure_of_words(title, summary);
  return plot({
    title, summary,
    x: {...axis, text: tick_seconds, where: seconds_text,
      label: axis.scale === "log" ? "time, logarithmic" : null},
    stops: curve.map((p) => p[0]),
    panels: [{
      height: 170, y: {domain: [0, 1], text: share_text, values: [0, 0.25, 0.5, 0.75, 1]},
      keys: [{name: "median seed", mark: "line_main", at: (x) => share_text(share_at(curve, x))},
        {name: "lowest to highest", mark: "band"}, {name: "a seed", mark: "line_seed"}],
      draw: (g, x, y, size) => {
        const right = (v) => (Number.isFinite(v) ? x(v) : size.right);
        const area = d3.area().curve(d3.curveStepAfter).y((r) => y(r.share))
          .x0((r) => right(r.low)).x1((r) => right(r.high));
        g.append(s("path", {class: "band_area", d: area(band)}));
        for (const {cdf} of seeds)
          draw_curve(g, x, y, size, curve_of_cdf(cdf), cdf[100] === null ? 0 : null, "seed");
        draw_curve(g, x, y, size, curve, Number.isFinite(band[100].middle) ? null : 0, "main");
      }}],
    alternative: () => band_table(band, title)});
}

/// As [value, share], without the exactness that a number of samples would allow.
function curve_of_cdf(cdf) {
  return curve_of({cdf, n: 101, censored: cdf.some((v) => v === null) ? 1 : 0});
}

function curve_of_band(band) {
  return curve_of_cdf(band.map((r) => (Number.isFinite(r.middle) ? r.middle : null)));
}

export function seeds_times_of(metrics) {
  const there = time_metrics.filter(({name}) =>
    metrics[name]?.cdf && by_seed(metrics[name]).length > 0 && d3.sum(metrics[name].n) > 0);
  if (there.length === 0) return null;
  return h("div", {class: "figures"}, there.map(({name, title, zero}) => h("div", {class: "card"},
    overlay(title, metrics[name], zero),
    h("details", {class: "defines"}, h("summary", {}, "What is counted"),
      h("p", {}, h("code", {}, name), ": ", metrics[name].definition)))));
}
