import { share_text, value_text } from "./format.js";

// Values over seeds, as sim/compare writes them: a number, null where there is none, "never" for what is
// infinite, "-never" for a difference of what came before and never does now the other way round.

export function is_number(value) {
  return typeof value === "number";
}

/// What a statistic is measured in: counts of samples have no unit.
export function unit_of(metric, statistic) {
  return statistic === "n" || statistic === "censored" ? "1" : metric.unit;
}

export function spread_value(metric, statistic, value) {
  if (value === null || value === undefined) return "–";
  if (!is_number(value)) return "never";
  return metric.kind === "ratio" ? share_text(value) : value_text(value, unit_of(metric, statistic));
}

/// A difference with its sign; of shares in points of a hundred.
export function difference_text(metric, statistic, value) {
  if (value === null || value === undefined) return "–";
  if (value === "never") return "never now";
  if (value === "-never") return "never before";
  const sign = value > 0 ? "+" : value < 0 ? "−" : "±";
  const size = Math.abs(value);
  if (metric.kind !== "ratio") return `${sign}${value_text(size, unit_of(metric, statistic))}`;
  return `${sign}${share_text(size).replace("%", "points")}`;
}

/// "0.50 to 1.00", or nothing without a range.
export function range_text(range, text) {
  return range ? `${text(range[0])} to ${text(range[1])}` : "–";
}

export function p_text(p) {
  if (p === null || p === undefined) return "–";
  if (p >= 0.0995) return p.toFixed(2);
  return p < 0.00001 ? "< 0.00001" : String(Number(p.toPrecision(2)));
}
