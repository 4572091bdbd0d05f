import { h } from "./dom.js";
import { verdict_mark } from "./frame.js";
import { table_of } from "./table.js";
import { plural } from "./format.js";

// What the scenario expected, each with its reason.

export function expectation_name(e) {
  return e.pair ? `${e.pair[0]} – ${e.pair[1]} is ${e.path}` : e.slice ? `${e.metric} of ${e.slice}` : e.metric;
}

export function bound_text(e) {
  if (e.pair) return e.path;
  if (e.equals !== undefined) return `exactly ${e.equals}`;
  if (e.min !== undefined && e.max !== undefined) return `${e.min} to ${e.max}`;
  return e.min !== undefined ? `at least ${e.min}` : `at most ${e.max}`;
}

function judged(expectations) {
  const broken = expectations.filter((e) => !e.held).length;
  if (expectations.length === 0) return "nothing is expected of it";
  if (broken > 0) return `${broken} of ${plural(expectations.length, "expectation")} broken`;
  return expectations.length === 1 ? "the one expectation holds"
    : `all ${expectations.length} expectations hold`;
}

/// The head line of a run: {verdict, verdict_text}.
export function verdict_of(report) {
  const text = judged(report.expectations);
  if (report.partial) {
    const words = "partial: it was stopped before its end, and judges nothing";
    return {verdict: verdict_mark("partial", words), verdict_text: "partial"};
  }
  return {verdict: verdict_mark(report.held ? "held" : "broken", text), verdict_text: text};
}

export function expectations_of(report) {
  if (report.expectations.length === 0) return null;
  // A run that was stopped judges nothing, whatever its numbers are so far.
  const [held, broken] = report.partial ? [["partial", "so far"], ["partial", "not yet"]]
    : [["held", "ok"], ["broken", "BROKEN"]];
  const items = report.expectations.map((e) =>
    h("li", {class: `expectation ${(e.held ? held : broken)[0]}`},
      verdict_mark(...(e.held ? held : broken)),
      h("div", {}, h("p", {class: "message"}, e.message),
        h("p", {class: "because"}, h("span", {class: "quiet"}, "because "), e.because))));
  const table = () => table_of({
    caption: "Expectations", noun: "expectation", rows: report.expectations, columns: [
      {key: "what", title: "what", value: expectation_name},
      {key: "bound", title: "expected", value: bound_text},
      {key: "measured", title: "measured", number: true,
       value: (e) => (e.never ? "never" : e.measured)},
      {key: "held", title: "held", value: (e) => e.held},
      {key: "because", title: "because", value: (e) => e.because, wide: true}]});
  return [h("ul", {class: "expectations"}, items),
    h("details", {class: "numbers"}, h("summary", {}, "As a table"), table())];
}
