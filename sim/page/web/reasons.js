import { h } from "./dom.js";
import { count_text, plural, share_text } from "./format.js";
import { table_of } from "./table.js";

// Why pairs are not direct: what their peers say (`wh why`), and beside it what the oracle says of their
// NATs. A row: {reason, path, oracle (null where O1 says that it is possible), count}.

function reason_item(reason, rows, all, glossary) {
  const count = rows.reduce((sum, r) => sum + r.count, 0);
  const verdicts = rows.map((r) => h("li", {class: r.oracle === null ? "missed" : null},
    h("b", {}, count_text(r.count)), " ",
    r.oracle === null ? "possible without guessing a port (O1)"
      : [h("code", {title: glossary.obstacle[r.oracle] ?? null}, r.oracle),
         glossary.obstacle[r.oracle] ? h("span", {class: "quiet"}, ` ${glossary.obstacle[r.oracle]}`) : null]));
  return h("li", {class: "reason"},
    h("div", {class: "reason_line"}, h("code", {}, reason ?? "none"),
      h("span", {class: "quiet"}, ` ${plural(count, "pair")}, ${share_text(count / all)} of those not direct`)),
    h("span", {class: "reason_bar", "aria-hidden": "true"},
      rows.map((r) => h("span", {class: r.oracle === null ? "missed_part" : "known_part",
        "--part": `${(r.count / all) * 100}%`}))),
    glossary.reason[reason] ? h("p", {class: "says"}, glossary.reason[reason]) : null,
    h("div", {class: "oracle"}, h("span", {class: "quiet"}, "The oracle of these pairs:"), h("ul", {}, verdicts)));
}

export function reasons_of(rows, glossary) {
  if (rows.length === 0) return null;
  const all = rows.reduce((sum, r) => sum + r.count, 0);
  const by_reason = new Map();
  for (const row of rows) {
    if (!by_reason.has(row.reason)) by_reason.set(row.reason, []);
    by_reason.get(row.reason).push(row);
  }
  // Paths are apart in the rows, and together here.
  const groups = [...by_reason].map(([reason, some]) => {
    const merged = new Map();
    for (const r of some) merged.set(r.oracle, (merged.get(r.oracle) ?? 0) + r.count);
    return [reason, [...merged].map(([oracle, count]) => ({oracle, count}))
      .sort((a, b) => b.count - a.count)];
  });
  const size = ([, some]) => some.reduce((sum, r) => sum + r.count, 0);
  groups.sort((a, b) => size(b) - size(a));
  const table = () => table_of({
    caption: "Reasons", noun: "row", rows, sort: {key: "count", descending: true}, columns: [
      {key: "reason", title: "why not direct", value: (r) => r.reason, code: true},
      {key: "path", title: "path", value: (r) => r.path},
      {key: "oracle", title: "oracle: why not", value: (r) => r.oracle ?? "possible (O1)", code: true},
      {key: "count", title: "pairs", number: true, value: (r) => r.count}]});
  return h("div", {class: "card"},
    h("ul", {class: "reasons"}, groups.map(([reason, some]) => reason_item(reason, some, all, glossary))),
    h("details", {class: "numbers"}, h("summary", {}, "The numbers"), table()));
}
