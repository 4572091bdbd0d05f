import { s } from "./dom.js";
import { d3 } from "./plot.js";
import { ranked } from "./table.js";

// The difference of each seed as a dot beside 0, with the estimate and its interval. What became infinite
// stands at the edge as a triangle.

const strip_width = 170, strip_height = 26, edge = 9;

/// Each seed's difference; null where one of the two sides has no value.
export function differences(before, now) {
  return now.map((v, i) => {
    const a = before[i], b = v;
    if (a === null || b === null || a === undefined) return null;
    if (a === b) return 0;
    return ranked(b) - ranked(a);
  });
}

export function strip_of({values, difference, range, tone, words}) {
  const there = values.filter((v) => v !== null);
  const finite = [...there, ...(range ?? []).map(ranked), ranked(difference)].filter(Number.isFinite);
  const low = Math.min(0, d3.min(finite) ?? 0), high = Math.max(0, d3.max(finite) ?? 0);
  const x = d3.scaleLinear().domain(low === high ? [-1, 1] : [low, high])
    .range([edge, strip_width - edge]);
  const at = (v) => (v === Infinity ? strip_width - 4 : v === -Infinity ? 4 : x(v));
  const middle = strip_height / 2;
  const picture = s("svg", {class: `strip ${tone}`, width: strip_width, height: strip_height,
    viewBox: `0 0 ${strip_width} ${strip_height}`, role: "img", "aria-label": words});
  picture.append(s("line", {class: "zero", x1: x(0), x2: x(0), y1: 1, y2: strip_height - 1}));
  if (range) {
    const [from, until] = range.map((v) => at(ranked(v)));
    picture.append(s("rect", {class: "interval", x: from, width: Math.max(2, until - from), y: middle - 7,
      height: 14}));
  }
  for (const v of there) {
    const px = at(v);
    picture.append(Number.isFinite(v) ? s("circle", {class: "dot", r: 2.8, cx: px, cy: middle})
      : s("path", {class: "dot", d: `M${px - 4} ${middle + 4}h8l-4 -8z`}));
  }
  if (difference !== null) {
    const px = at(ranked(difference));
    picture.append(s("line", {class: "estimate", x1: px, x2: px, y1: middle - 9, y2: middle + 9}));
  }
  return picture;
}
