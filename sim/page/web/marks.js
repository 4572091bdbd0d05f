import { h, s } from "./dom.js";
import { count_text, share_text } from "./format.js";

// What stands for direct, relayed, unreachable and offline: a colour, and a pattern where the colour
// alone would not do. The style sheet has both.

export const path_kinds = ["direct", "relayed", "unreachable"];

/// Patterns that the style sheet fills with; once a page.
export function patterns() {
  const hatch = (id, back, line) => s("pattern",
    {id, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)"},
    s("rect", {width: 6, height: 6, class: back}), s("rect", {width: 2.5, height: 6, class: line}));
  return s("svg", {width: 0, height: 0, "aria-hidden": "true", focusable: "false", class: "patterns"},
    s("defs", {}, hatch("hatch_unreachable", "hatch_back", "hatch_line"),
      hatch("hatch_waiting", "waiting_back", "waiting_line")));
}

/// A bar of the shares of direct, relayed and unreachable, with ticks where the oracle's are.
export function share_bar(counts, {o1 = null, o3 = null, large = false} = {}) {
  const all = path_kinds.reduce((sum, kind) => sum + (counts[kind] ?? 0), 0);
  if (all === 0) return null;
  const parts = path_kinds.filter((kind) => counts[kind] > 0).map((kind) => {
    const share = counts[kind] / all;
    const words = `${kind} ${share_text(share)}`;
    return h("span", {class: `part ${kind}`, "--part": `${share * 100}%`, title: words},
      large ? h("span", {class: "in"}, share_text(share)) : null);
  });
  const tick = (name, count) => count === null ? null
    : h("span", {class: `tick ${name}`, "--at": `${(count / all) * 100}%`});
  return h("span", {class: large ? "bar large" : "bar", "aria-hidden": "true"}, parts,
    tick("o1", o1), tick("o3", o3));
}

/// A legend of path kinds, with counts where there are.
export function path_legend(counts = null, also = []) {
  return h("ul", {class: "legend"},
    path_kinds.map((kind) => h("li", {}, h("span", {class: `swatch ${kind}`}), kind,
      counts ? [" ", h("b", {}, count_text(counts[kind] ?? 0))] : null)), also);
}

export function path_mark(path) {
  return h("span", {class: "path"}, h("span", {class: `swatch ${path}`}), path);
}

/// Bars side by side; two layers, the second above the first.
export function sparkline(lower, upper, words) {
  const height = 22, step = 6, most = Math.max(1, ...lower.map((v, i) => v + upper[i]));
  const picture = s("svg", {class: "sparkline", width: lower.length * step, height,
    viewBox: `0 0 ${lower.length * step} ${height}`, role: "img", "aria-label": words});
  lower.forEach((value, i) => {
    const low = (value / most) * height, high = (upper[i] / most) * height;
    if (value > 0)
      picture.append(s("rect", {class: "own", x: i * step, width: step - 1.5, y: height - low, height: low}));
    if (upper[i] > 0)
      picture.append(s("rect", {class: "payload", x: i * step, width: step - 1.5,
        y: height - low - high, height: high}));
  });
  return picture;
}
