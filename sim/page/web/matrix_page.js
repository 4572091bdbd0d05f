import { h, new_id } from "./dom.js";
import { page_foot, section, show_page, verdict_mark } from "./frame.js";
import { path_kinds, path_legend, share_bar } from "./marks.js";
import { count_text, plural, seconds_text, share_text } from "./format.js";
import { again_of, facts_list, files_list, settings_list } from "./origin.js";
import { is_number, range_text } from "./spread.js";
import { cells_of, kind_words, kinds_map, map_figures } from "./kinds_matrix.js";
import { table_of } from "./table.js";

// The page of a traversal matrix: which two kinds of NAT get a direct path, how soon, and at what cost.

const times = [["time_to_first_payload_s", "first payload"], ["time_to_direct_s", "direct after"]];

function seconds_or(value) {
  return value === null || value === undefined ? "–" : seconds_text(is_number(value) ? value : null);
}

function sum(cells, value) {
  return cells.reduce((all, c) => all + value(c), 0);
}

function most_first(counts) {
  return Object.entries(counts).sort(([, a], [, b]) => b - a);
}

function counts_list(counts, sentences) {
  const rows = most_first(counts);
  return rows.length === 0 ? null : h("ul", {}, rows.map(([word, n]) =>
    h("li", {}, h("b", {}, count_text(n)), " ", h("code", {}, word),
      sentences[word] ? h("span", {class: "quiet"}, ` ${sentences[word]}`) : null)));
}

function counts_text(counts) {
  return most_first(counts).map(([word, n]) => `${word} ${n}`).join(", ") || null;
}

function oracle_keys(cells) {
  return [...new Set(cells.flatMap((c) => Object.keys(c.oracle)))];
}

/// All that is known of one cell.
function cell_card(matrix, glossary, c) {
  const all = c.pairs;
  const time = ([key, title]) => {
    const t = c[key];
    if (t.n + t.censored === 0) return [title, "no sample"];
    const parts = [["median", "median"], ["p95", "p95"], ["max", "longest"]].filter(([key]) => is_number(t[key]))
      .map(([key, word]) => `${seconds_text(t[key])} ${word}`);
    if (t.censored > 0) parts.push(`${count_text(t.censored)} of ${count_text(t.n + t.censored)} never`);
    return [title, parts.join(", ")];
  };
  const end = (k) => h("span", {}, h("b", {}, k.name), h("span", {class: "quiet"}, ` ${kind_words(k)}`));
  return [
    h("p", {class: "cell_title"}, end(matrix.kinds[c.from]), " – ", end(matrix.kinds[c.to])),
    share_bar(c, {o1: c.oracle.o1, o3: c.oracle.o3, large: true}),
    facts_list([
      ["pairs", path_kinds.map((kind) => `${count_text(c[kind])} ${kind}`).join(", ")],
      ["direct, mean of seeds", `${share_text(c.rate)}; 95 %: ${range_text(c.range, share_text)}`],
      ...oracle_keys([c]).map((key) => [`oracle ${key.toUpperCase()}`, `possible for ${count_text(c.oracle[key])} of ${count_text(all)}`]),
      ["missed", c.missed > 0 ? h("b", {class: "missed"}, `${count_text(c.missed)}, though O1 says it can be direct`) : "none"],
      ...times.map(time),
      ["messages for it", `${count_text(c.messages.median)} median, ${count_text(c.messages.max)} most`],
      ["why not direct, say the peers", counts_list(c.reasons, glossary.reason)],
      ["why not, says the oracle", counts_list(c.obstacles, glossary.obstacle)]])];
}

function map_of(matrix, glossary) {
  const {kinds, cells} = matrix;
  const place = h("div", {class: "card cell_card", "aria-live": "polite"});
  const map = new kinds_map(kinds, cells, (c) => place.replaceChildren(...cell_card(matrix, glossary, c)));
  const there = map_figures.filter((f) => cells.some((c) => is_number(f.value(c))));
  const name = new_id("figure");
  map.paint(there[0]);
  map.begin(cells.find((c) => c.missed > 0) ?? cells[0]);
  return [h("div", {class: "card"},
    h("div", {class: "tools"}, h("fieldset", {class: "choice"}, h("legend", {}, "Shown"), there.map((f, i) =>
      h("label", {}, h("input", {type: "radio", name, checked: i === 0, on_change: () => map.paint(f)}), f.title)))),
    map.element,
    h("ul", {class: "legend"}, h("li", {}, h("span", {class: "swatch shade"}), "the more, the darker"),
      h("li", {}, h("span", {class: "swatch cut_mark"}), "no pair had a path"),
      h("li", {}, h("span", {class: "missed"}, "▼"), " missed: not direct, though O1 says it can be"),
      h("li", {class: "quiet"}, "Choose a cell by pointer or arrow keys."))), place];
}

function cells_table(matrix) {
  const {kinds, cells} = matrix;
  const time = ([key, title]) => ["median", "p95", "max"].map((statistic) => ({key: `${key}_${statistic}`,
    title: `${title} ${statistic}`, unit: "s", number: true, value: (c) => c[key]?.[statistic] ?? null,
    show: (c) => seconds_or(c[key]?.[statistic])}));
  const number = (key, title, value) => ({key, title, number: true, value});
  return h("div", {class: "card"}, table_of({caption: "Cells", noun: "cell", rows: cells, page_size: 25,
    facets: [{title: "From", value: (c) => kinds[c.from].name}, {title: "To", value: (c) => kinds[c.to].name},
      {title: "Missed", value: (c) => (c.missed > 0 ? "some" : "none")}],
    columns: [
      {key: "from", title: "from", value: (c) => kinds[c.from].name, code: true},
      {key: "to", title: "to", value: (c) => kinds[c.to].name, code: true},
      number("pairs", "pairs", (c) => c.pairs), ...path_kinds.map((kind) => number(kind, kind, (c) => c[kind])),
      {...number("rate", "direct rate", (c) => c.rate), show: (c) => share_text(c.rate)},
      {...number("low", "95 % from", (c) => c.range?.[0] ?? null), show: (c) => share_text(c.range?.[0])},
      {...number("high", "95 % to", (c) => c.range?.[1] ?? null), show: (c) => share_text(c.range?.[1])},
      ...oracle_keys(cells).map((key) => number(key, `possible ${key.toUpperCase()}`, (c) => c.oracle[key])),
      {...number("missed", "missed", (c) => c.missed), show: (c) => (c.missed > 0 ? h("b", {class: "missed"}, count_text(c.missed)) : "0")},
      ...times.flatMap(time),
      number("messages", "messages median", (c) => c.messages.median),
      number("messages_max", "messages most", (c) => c.messages.max),
      {key: "reason", title: "why not direct", code: true, value: (c) => counts_text(c.reasons)},
      {key: "obstacle", title: "oracle: why not", code: true, value: (c) => counts_text(c.obstacles)}]}));
}

function kinds_table(matrix) {
  const of = (k) => matrix.cells.filter((c) => c.from === k || c.to === k);
  const rows = matrix.kinds.map((kind, k) => {
    const cells = of(k);
    return {...kind, pairs: sum(cells, (c) => c.pairs), direct: sum(cells, (c) => c.direct),
      connected: sum(cells, (c) => c.direct + c.relayed), missed: sum(cells, (c) => c.missed)};
  });
  const share = (key, title) => ({key, title, number: true, value: (r) => (r.pairs > 0 ? r[key] / r.pairs : null),
    show: (r) => share_text(r.pairs > 0 ? r[key] / r.pairs : null)});
  return h("div", {class: "card"}, table_of({caption: "Kinds", noun: "kind", rows, page_size: 100, columns: [
    {key: "name", title: "kind", value: (r) => r.name, code: true},
    {key: "nat", title: "boxes", value: (r) => r.nat},
    {key: "class", title: "class", value: (r) => r.nat_class},
    {key: "pairs", title: "pairs", number: true, value: (r) => r.pairs},
    share("direct", "direct, of all its pairs"), share("connected", "connected"),
    {key: "missed", title: "missed", number: true, value: (r) => r.missed}]}));
}

function matrix_summary({cells, kinds, runs}) {
  const all = sum(cells, (c) => c.pairs);
  const counts = Object.fromEntries(path_kinds.map((kind) => [kind, sum(cells, (c) => c[kind])]));
  const o1 = sum(cells, (c) => c.oracle.o1 ?? 0), o3 = sum(cells, (c) => c.oracle.o3 ?? 0);
  const missed = sum(cells, (c) => c.missed);
  const tile = (label, value, below, tone) => h("li", {class: "tile"}, h("span", {class: "tile_label"}, label),
    h("span", {class: tone ? `tile_value ink_${tone}` : "tile_value"}, value), h("span", {class: "tile_below"}, below));
  const always = cells.filter((c) => c.pairs > 0 && c.direct === c.pairs).length;
  return [h("div", {class: "card paths"},
    h("p", {class: "paths_line"}, `${plural(all, "pair")} of ${plural(kinds.length, "kind")} in ${plural(runs.length, "seed")}: `,
      path_kinds.map((kind, i) => [i > 0 ? ", " : "", h("strong", {}, count_text(counts[kind])), ` ${kind}`]), "."),
    share_bar(counts, {o1, o3, large: true}), path_legend(counts, [
      h("li", {}, h("span", {class: "swatch tick_o1"}), "possible without guessing a port (O1) ", h("b", {}, count_text(o1))),
      h("li", {}, h("span", {class: "swatch tick_o3"}), "possible for one who foresees every port (O3) ", h("b", {}, count_text(o3)))])),
  h("ul", {class: "tiles"},
    tile("Direct", share_text(all > 0 ? counts.direct / all : null), `${count_text(counts.direct)} of ${plural(all, "pair")}`),
    tile("Direct, of those possible", share_text(o1 > 0 ? 1 - missed / o1 : null), `${count_text(missed)} of ${count_text(o1)} missed`,
      missed > 0 ? "bad" : null),
    tile("Cells always direct", count_text(always), `of ${plural(cells.length, "cell")}`),
    tile("Cells with a miss", count_text(cells.filter((c) => c.missed > 0).length), "not direct, though O1 says it can be",
      missed > 0 ? "bad" : null),
    tile("Cells without any path", count_text(cells.filter((c) => c.unreachable === c.pairs && c.pairs > 0).length),
      `of ${plural(cells.length, "cell")}`))];
}

function matrix_verdict({cells, runs}) {
  const partial = runs.filter((r) => r.partial).length;
  const missed = sum(cells, (c) => c.missed), o1 = sum(cells, (c) => c.oracle.o1 ?? 0);
  const text = partial > 0 ? `${count_text(partial)} of ${plural(runs.length, "run")} stopped before the end`
    : missed > 0 ? `${count_text(missed)} of ${count_text(o1)} pairs that could be direct (O1) are not`
      : "every pair that can be direct without guessing is";
  return {verdict: verdict_mark(partial > 0 || missed > 0 ? "partial" : "held", text), verdict_text: text};
}

export function matrix_page({matrix: written, page}) {
  const matrix = {...written, cells: cells_of(written)};
  const {source} = matrix;
  show_page({kind: "traversal matrix", title: matrix.scenario, name: plural(matrix.runs.length, "seed"),
    question: matrix.question, ...matrix_verdict(matrix)}, [
    section("summary", "Summary", null, matrix_summary(matrix)),
    section("map", "Matrix", null, map_of(matrix, page.glossary)),
    section("cells", "All cells", "A rate is the mean of the seeds' rates, its interval of as many trials as there are seeds. A p95 stands where 100 samples are. Messages are those that the two peers sent each other in their session until both had a direct path, or to the end.",
      cells_table(matrix)),
    section("kinds", "Kinds", null, kinds_table(matrix)),
    section("again", "Run it again", null, again_of(page)),
    section("origin", "Where it comes from", null, facts_list([
      ["version", source.version], ["commit", h("code", {}, source.commit)], ["--set", settings_list(source.set)],
      ["made of", h("ul", {class: "plain_list"}, source.inputs.map((i) =>
        h("li", {}, h("code", {}, i.name), " ", h("code", {class: "quiet"}, i.blake2b_256.slice(0, 16)))))],
      ["trace hashes", h("ul", {class: "plain_list"}, matrix.runs.map((r) =>
        h("li", {}, `seed ${r.seed} `, h("code", {}, r.trace_hash ?? "none"))))]]), files_list(page.files)),
  ], page_foot(page));
}
