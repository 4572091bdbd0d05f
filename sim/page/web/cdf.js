import { h, s } from "./dom.js";
import { d3, plot, tick_seconds } from "./plot.js";
import { count_text, plural, seconds_text, share_text } from "./format.js";
import { table_of } from "./table.js";

// Distributions of times. What never came counts among all `n` samples: the curve stays below one by
// the share that is `censored`.

/// Samples that came.
export function came(metric) {
  return metric.n - metric.censored;
}

/// The curve as [value, share of all at most], from the hundredths of a report: `cdf[i]` is the smallest
/// value that i % of all do not exceed. Up to a hundred samples the shares are exact.
export function curve_of(metric) {
  const all = metric.n;
  const points = new Map();
  metric.cdf.forEach((value, i) => {
    if (value === null) return;
    const share = all <= 100 ? Math.ceil((i / 100) * all - 1e-9) / all : i / 100;
    points.set(value, Math.max(share, points.get(value) ?? 0));
  });
  const curve = [...points];
  // The smallest is at least one sample, the largest the last that came.
  if (curve.length > 0) {
    curve[0][1] = Math.max(curve[0][1], 1 / all);
    if (metric.censored === 0) curve[curve.length - 1][1] = 1;
  }
  return curve;
}

export function share_at(curve, x) {
  const i = d3.bisectRight(curve.map((p) => p[0]), x);
  return i === 0 ? 0 : curve[i - 1][1];
}

/// Times that differ much are drawn on a logarithmic axis.
export function time_axis(values) {
  const positive = values.filter((v) => v > 0);
  const low = d3.min(positive) ?? 1, high = d3.max(positive) ?? 1;
  if (high / low > 30) {
    // What is 0 or far below the rest stands at the left edge.
    const edge = Math.max(low, high / 1e5);
    return {scale: "log", domain: [edge * 0.9, high * 1.25]};
  }
  return {scale: "linear", domain: [0, high * 1.08]};
}

function never_words(metric, whom) {
  if (metric.censored === 0) return "";
  const all = metric.n;
  return ` ${count_text(metric.censored)} of ${count_text(all)} (${share_text(metric.censored / all)}) ` +
    `${whom}: the curve stays at ${share_text(came(metric) / all)}.`;
}

/// The distribution in a sentence or two.
export function times_sentence(metric, {whom, zero}) {
  const all = metric.n;
  if (came(metric) === 0) return `None of ${count_text(all)} came.`;
  if (all === 1 && metric.min > 0) return `One sample: ${seconds_text(metric.p50)}.`;
  if (all === 2 && metric.censored === 0)
    return `Two samples: ${seconds_text(metric.min)} and ${seconds_text(metric.max)}.`;
  const parts = [];
  if (zero && metric.min === 0) {
    const share = curve_of(metric)[0][1];
    if (share === 1) return all === 1 ? `One sample: ${zero}.` : `${count_text(all)} samples: all ${zero}.`;
    parts.push(`${share_text(share)} ${zero}`);
  }
  if (metric.p50 !== null && metric.p50 > 0) parts.push(`half within ${seconds_text(metric.p50)}`);
  if (metric.p95 !== null) parts.push(`95 % within ${seconds_text(metric.p95)}`);
  if (metric.censored === 0) parts.push(`all within ${seconds_text(metric.max)}`);
  else if (parts.length === 0) parts.push(`the first after ${seconds_text(metric.min)}`);
  return `${plural(all, "sample")}: ${parts.join(", ")}.${never_words(metric, whom)}`;
}

function quantile_table(metric, title) {
  const wanted = [...metric.cdf.keys()].filter((i) => i % 5 === 0 || i === 1 || i === 99);
  const rows = wanted.map((i) => ({share: i / 100, value: metric.cdf[i]}));
  return table_of({caption: `${title}: the value that a share of all does not exceed`, rows,
    page_size: 25, columns: [
      {key: "share", title: "share of all", number: true, value: (r) => r.share,
       show: (r) => share_text(r.share)},
      {key: "within", title: "within", unit: "s", number: true, value: (r) => r.value,
       show: (r) => seconds_text(r.value)}]});
}

/// Draws a curve into a panel, with its plateau where some never came.
export function draw_curve(g, x, y, size, curve, plateau, name) {
  const start = x.range()[0];
  const points = [[start, y(0)], ...curve.map(([value, share]) => [x(value), y(share)])];
  const line = d3.line().curve(d3.curveStepAfter);
  if (plateau === null) points.push([size.right, y(1)]);
  if (plateau !== null) {
    const last = points[points.length - 1];
    g.append(s("line", {class: `plateau ${name}`, x1: last[0], x2: size.right, y1: last[1], y2: last[1]}));
  }
  g.append(s("path", {class: `curve ${name}`, d: line(points)}));
}

export function figure_of_words(title, summary) {
  return h("figure", {class: "plot few"}, h("figcaption", {},
    h("span", {class: "figure_title"}, title), h("span", {class: "summary"}, summary)));
}

/// A sentence says as much as a curve would.
export function is_few(metric) {
  return metric.n < 3 || came(metric) === 0 || metric.max === 0;
}

/// One distribution as a figure. `whom` says what became of those that never came, `zero` what a value
/// of 0 is.
export function cdf_figure({title, metric, whom, zero}) {
  const all = metric.n;
  const summary = times_sentence(metric, {whom, zero});
  if (is_few(metric)) return figure_of_words(title, summary);
  const curve = curve_of(metric);
  const censored = metric.censored > 0 ? metric.censored / all : null;
  const axis = time_axis(curve.map((p) => p[0]));
  return plot({
    title, summary,
    x: {...axis, text: tick_seconds, where: seconds_text,
      label: axis.scale === "log" ? "time, logarithmic" : null},
    stops: curve.map((p) => p[0]),
    panels: [{
      height: 170, y: {domain: [0, 1], text: share_text, values: [0, 0.25, 0.5, 0.75, 1]},
      keys: [{name: "share of all that came", mark: "line_main",
              at: (x) => share_text(share_at(curve, x))},
             ...(censored === null ? [] : [{name: `never: ${share_text(censored)}`, mark: "line_never"}])],
      draw: (g, x, y, size) => {
        draw_curve(g, x, y, size, curve, censored, "main");
        if (censored === null) return;
        const level = y(came(metric) / all);
        g.append(s("rect", {class: "never_area", x: x.range()[0], width: size.right - x.range()[0],
          y: y(1), height: level - y(1)}));
        g.append(s("text", {class: "never_text", x: size.right - 4, y: (y(1) + level) / 2 + 4,
          "text-anchor": "end"}, `${share_text(censored)} never`));
      }}],
    alternative: () => quantile_table(metric, title)});
}
