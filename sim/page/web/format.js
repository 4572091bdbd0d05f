// Numbers for people: three significant digits and a unit. What is copied is the exact value.

const never_text = "never";

function significant(value, digits = 3) {
  if (value === 0) return "0";
  const whole = Math.floor(Math.log10(Math.abs(value))) + 1;
  return value.toFixed(Math.max(0, digits - whole));
}

export function seconds_text(value) {
  if (value === null || value === undefined) return never_text;
  const size = Math.abs(value);
  if (size === 0) return "0 s";
  if (size < 0.0009995) return `${significant(value * 1e6)} µs`;
  if (size < 0.9995) return `${significant(value * 1e3)} ms`;
  if (size < 119.95) return `${significant(value)} s`;
  if (size < 7197) return `${significant(value / 60)} min`;
  return `${significant(value / 3600)} h`;
}

/// A moment of the run: finer than a span, since moments are told apart.
export function moment_text(value) {
  if (value === null || value === undefined) return never_text;
  const text = value.toFixed(value < 600 ? 1 : 0).replace(/\.0$/, "");
  return `${text} s`;
}

export function count_text(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  if (!Number.isInteger(value) && size < 1e4) return significant(value);
  if (size < 1e6) return Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, ",");
  if (size < 1e9) return `${significant(value / 1e6)} M`;
  return `${significant(value / 1e9)} G`;
}

export function bytes_text(value) {
  if (value === null || value === undefined) return "–";
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let step = 0;
  while (Math.abs(value) >= 999.5 && step < units.length - 1) {
    value /= 1000;
    ++step;
  }
  return `${step === 0 && Number.isInteger(value) ? value : significant(value)} ${units[step]}`;
}

/// A share of one, in per cent. What is not all is never shown as all, nor a few as none.
export function share_text(value) {
  if (value === null || value === undefined) return "–";
  const percent = value * 100;
  if (percent > 99.95 && percent < 100) return "> 99.9 %";
  if (percent > 0 && percent < 0.05) return "< 0.1 %";
  const text = percent.toFixed(1);
  return `${text.endsWith(".0") ? text.slice(0, -2) : text} %`;
}

/// By the unit of a metric's definition.
export function value_text(value, unit) {
  switch (unit) {
    case "s":
      return seconds_text(value);
    case "bytes":
      return bytes_text(value);
    case "bytes/s":
      return value === null || value === undefined ? "–" : `${bytes_text(value)}/s`;
    case "1/s":
      return value === null || value === undefined ? "–" : `${count_text(value)}/s`;
    default:
      return count_text(value);
  }
}

/// A number as a scenario's bound is written, with four digits.
export function short_number(value) {
  return String(Number(value.toPrecision(4)));
}

/// "1 pair", "2 pairs".
export function plural(count, one, many = `${one}s`) {
  return `${count_text(count)} ${count === 1 ? one : many}`;
}

/// "a, b and c".
export function list_text(words) {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
}

/// A word of the data for people: "time_to_direct" becomes "time to direct".
export function plain(word) {
  return word.replaceAll("_", " ");
}
