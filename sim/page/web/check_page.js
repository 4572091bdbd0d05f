import { h } from "./dom.js";
import { notes_list, page_foot, section, show_page, verdict_mark } from "./frame.js";
import { count_text, list_text, plural, share_text } from "./format.js";
import { again_of, facts_list, files_list, settings_list } from "./origin.js";
import { copy_button } from "./copy.js";
import { differences, strip_of } from "./strip.js";
import { difference_text, p_text, range_text, spread_value } from "./spread.js";
import { table_of } from "./table.js";

// The page of a check: what moved against a baseline, by how much, and whether it is beyond noise.

const beyond = ["worse", "gone", "appeared", "moved", "better"];
const tones = {worse: "bad", better: "good", moved: "warn", gone: "warn", appeared: "warn"};
const verdict_meaning = {
  worse: "beyond noise, large enough to matter, and in the bad direction",
  better: "beyond noise, large enough to matter, and in the good direction",
  moved: "beyond noise and large enough to matter; neither direction is good",
  gone: "it had values, and has none", appeared: "it had no values, and has some",
  negligible: "beyond noise, and too small to matter", noise: "no more than chance makes",
  identical: "the same value in every seed"};

/// Statistics of all scenarios, each with its scenario's name and what its seeds did.
function statistics_of(check) {
  return check.scenarios.flatMap((s) => s.statistics.map((x) => ({...x, scenario: s.scenario,
    name: x.statistic === "value" ? x.metric : `${x.metric}.${x.statistic}`,
    by_seed: differences(x.before.values, x.now.values)})));
}

function own(rows) {
  return rows.filter((x) => x.same_as === null);
}

/// The difference as a share of what it was; null where that means nothing.
function relative(x) {
  const was = x.before.mean;
  if (typeof was !== "number" || was === 0 || typeof x.difference !== "number" || x.kind === "ratio") return null;
  return x.difference / Math.abs(was);
}

function relative_text(x) {
  const share = relative(x);
  if (share === null || !Number.isFinite(share)) return "";
  return ` (${share > 0 ? "+" : "−"}${share_text(Math.abs(share))})`;
}

function strip_words(x) {
  const text = (v) => difference_text(x, x.statistic, v);
  return `${plural(x.compared, "seed")}, ${count_text(x.differing)} of them with another value; ` +
    `difference ${text(x.difference)}${x.range ? `, 95 % ${range_text(x.range, text)}` : ""}`;
}

function tag(verdict) {
  return h("span", {class: `tag ${tones[verdict] ?? "calm"}`, title: verdict_meaning[verdict]}, verdict);
}

/// A side's mean; where a seed's value is infinite, in how many it is.
function side_text(x, side) {
  if (side.never > 0) return `never in ${count_text(side.never)} of ${plural(side.seeds, "seed")}`;
  return side.mean === null ? "no value" : spread_value(x, x.statistic, side.mean);
}

function moved_item(x) {
  const text = (v) => difference_text(x, x.statistic, v);
  return h("li", {class: `moved ${tones[x.verdict]}`},
    h("div", {class: "moved_head"}, tag(x.verdict), h("code", {}, x.name), h("span", {class: "quiet"}, x.scenario)),
    h("div", {class: "moved_body"},
      h("p", {class: "moved_values"}, h("b", {}, side_text(x, x.before)), h("span", {"aria-label": "became"}, " → "),
        h("b", {}, side_text(x, x.now)), h("span", {class: "quiet"}, " mean of seeds")),
      x.difference === null ? null : strip_of({values: x.by_seed, difference: x.difference, range: x.range, tone: tones[x.verdict],
        words: strip_words(x)}),
      x.difference === null ? null : h("p", {class: "moved_by"}, h("b", {}, text(x.difference)), relative_text(x),
        x.range ? h("span", {class: "quiet"}, ` 95 %: ${range_text(x.range, text)}`) : null,
        h("span", {class: "quiet"}, `; p ${p_text(x.p_corrected)} corrected`))),
    h("p", {class: "definition"}, x.definition));
}

function moved_of(rows) {
  const moved = own(rows).filter((x) => beyond.includes(x.verdict));
  if (moved.length === 0) return h("p", {class: "card"}, "Nothing moved beyond noise by more than is negligible.");
  moved.sort((a, b) => beyond.indexOf(a.verdict) - beyond.indexOf(b.verdict) ||
    (a.p_corrected ?? 0) - (b.p_corrected ?? 0) || (a.name < b.name ? -1 : 1));
  return [h("ul", {class: "moves"}, moved.map(moved_item)),
    h("p", {class: "quiet"}, "A dot is the difference of one seed, now less before; the line across is no difference, ",
      "the band the 95 % interval of the typical one. A triangle at the edge is a time that never came on one side.")];
}

function run_page_of(scenario, seed) {
  const folder = encodeURIComponent(scenario.scenario);
  return scenario.seeds.length === 1 ? `${folder}/report.html` : `${folder}/seed-${seed}/report.html`;
}

function bad_runs_of(check) {
  const items = check.scenarios.flatMap((s) => s.runs.filter((r) => r.regression).map((r) =>
    h("li", {class: "expectation broken"}, verdict_mark("broken", r.end),
      h("div", {class: "aside"}, h("div", {}, h("p", {}, h("b", {}, s.scenario), ", ",
        r.end === "died" || r.end === "failed" ? `seed ${r.seed}`
          : h("a", {href: run_page_of(s, r.seed)}, `seed ${r.seed}`)),
      r.why ? h("p", {}, r.why) : null, r.newly_broken.map((words) => h("p", {class: "message"}, words))),
      copy_button("Copy its command", () => r.replay, {title: r.replay})))));
  return items.length === 0 ? null : h("ul", {class: "expectations"}, items);
}

function scenario_verdict(s) {
  if (s.regression) return "regression";
  return s.identical ? "every event is the same" : "no regression";
}

function scenarios_table(check) {
  const number = (key) => ({key, title: key, number: true, value: (s) => s.verdicts[key],
    show: (s) => (s.verdicts[key] > 0 && tones[key] ? h("b", {class: `ink_${tones[key]}`}, count_text(s.verdicts[key]))
      : count_text(s.verdicts[key]))});
  const runs = (what) => (s) => s.runs.filter(what).length;
  return h("div", {class: "card"}, table_of({caption: "Scenarios", noun: "scenario", rows: check.scenarios, columns: [
    {key: "scenario", title: "scenario", value: (s) => s.scenario, code: true},
    {key: "outcome", title: "outcome", value: scenario_verdict,
     show: (s) => (s.regression ? h("span", {class: "missed"}, "regression") : scenario_verdict(s))},
    {key: "seeds", title: "seeds", number: true, value: (s) => s.seeds.length},
    {key: "newly", title: "runs newly broken", number: true, value: runs((r) => r.regression)},
    {key: "still", title: "broken before too", number: true, value: runs((r) => r.still_broken.length > 0)},
    {key: "mended", title: "hold again", number: true, value: runs((r) => r.mended.length > 0)},
    ...Object.keys(verdict_meaning).map(number)]}));
}

function all_table(rows) {
  const sides = (side, title) => ({key: side, title, number: true, value: (x) => x[side].mean,
    show: (x) => spread_value(x, x.statistic, x[side].mean)});
  const text = (x) => (v) => difference_text(x, x.statistic, v);
  return h("div", {class: "card"}, table_of({caption: "Statistics", noun: "statistic", rows: own(rows), page_size: 25,
    facets: [{title: "Verdict", value: (x) => x.verdict}, {title: "Scenario", value: (x) => x.scenario},
      {title: "Good is", value: (x) => x.better}],
    columns: [
      {key: "name", title: "statistic", value: (x) => x.name, code: true},
      {key: "scenario", title: "scenario", value: (x) => x.scenario},
      {key: "verdict", title: "verdict", value: (x) => x.verdict, show: (x) => tag(x.verdict)},
      sides("before", "before, mean"), sides("now", "now, mean"),
      {key: "difference", title: "difference", number: true, value: (x) => x.difference,
       show: (x) => text(x)(x.difference)},
      {key: "low", title: "95 % from", number: true, value: (x) => x.range?.[0] ?? null,
       show: (x) => text(x)(x.range?.[0])},
      {key: "high", title: "95 % to", number: true, value: (x) => x.range?.[1] ?? null,
       show: (x) => text(x)(x.range?.[1])},
      {key: "strip", title: "each seed", value: (x) => x.by_seed.map((v) => v ?? "").join(" "),
       show: (x) => (x.differing > 0 ? strip_of({values: x.by_seed, difference: x.difference, range: x.range,
         tone: tones[x.verdict] ?? "calm", words: strip_words(x)}) : "")},
      {key: "p", title: "p", number: true, value: (x) => x.p, show: (x) => p_text(x.p)},
      {key: "p_corrected", title: "p corrected", number: true, value: (x) => x.p_corrected,
       show: (x) => p_text(x.p_corrected)},
      {key: "threshold", title: "negligible below", number: true, value: (x) => x.threshold,
       show: (x) => text(x)(x.threshold).replace(/^\+/, "")},
      {key: "compared", title: "seeds compared", number: true, value: (x) => x.compared},
      {key: "differing", title: "differing", number: true, value: (x) => x.differing},
      {key: "better", title: "good is", value: (x) => x.better},
      {key: "unit", title: "unit", value: (x) => (x.kind === "ratio" ? "share" : x.unit)}]}));
}

function judged_by(check) {
  const family = (key, words) => {
    const f = check.families[key];
    return [words, `${plural(f.statistics, "statistic")} with a value on both sides, ${count_text(f.hypotheses)} ` +
      `with different numbers, ${count_text(f.testable)} that so many seeds could tell apart`];
  };
  return [facts_list([
    family("directed", "metrics with a good direction"), family("undirected", "the others"),
    ["wrongly told to have moved", `in ${share_text(check.level)} of checks at most, in each of the two families`],
    ["the test", "Wilcoxon's signed rank test of seeds in pairs, exact, two-sided; corrected after Holm and Tarone"],
    ["the difference", "Hodges' and Lehmann's estimate, with the interval of the same ranks"]]),
  h("dl", {class: "facts words"}, Object.entries(verdict_meaning).map(([word, text]) =>
    h("div", {}, h("dt", {}, tag(word)), h("dd", {}, text))))];
}

function sides_of(s) {
  const side = (title, o) => [[`${title}: version`, o.version], [`${title}: commit`, h("code", {}, o.commit)],
    [`${title}: --set`, settings_list(o.set)],
    [`${title}: made of`, h("ul", {class: "plain_list"}, o.inputs.map((i) =>
      h("li", {}, h("code", {}, i.name), " ", h("code", {class: "quiet"}, i.blake2b_256.slice(0, 16)))))]];
  return h("details", {class: "input", open: true}, h("summary", {}, h("code", {}, s.scenario)),
    facts_list([...side("before", s.before), ...side("now", s.now)]));
}

function check_tiles(check, rows) {
  const count = (verdict) => own(rows).filter((x) => x.verdict === verdict).length;
  const runs = check.scenarios.flatMap((s) => s.runs);
  const tile = (label, value, below, tone) => h("li", {class: "tile"}, h("span", {class: "tile_label"}, label),
    h("span", {class: tone && value > 0 ? `tile_value ink_${tone}` : "tile_value"}, count_text(value)),
    h("span", {class: "tile_below"}, below));
  const of = `of ${plural(own(rows).length, "statistic")}`;
  return h("ul", {class: "tiles"}, tile("Worse", count("worse"), of, "bad"), tile("Better", count("better"), of, "good"),
    tile("Moved, gone or appeared", count("moved") + count("gone") + count("appeared"), of, "warn"),
    tile("Noise or negligible", count("noise") + count("negligible"), of), tile("Identical", count("identical"), of),
    tile("Runs that broke or died", runs.filter((r) => r.regression).length, `of ${plural(runs.length, "run")}`, "bad"));
}

function check_verdict(check, rows) {
  const worse = own(rows).filter((x) => x.verdict === "worse").length;
  const broke = check.scenarios.flatMap((s) => s.runs).filter((r) => r.regression).length;
  const words = [worse > 0 ? `${plural(worse, "statistic")} worse` : null,
    broke > 0 ? `${plural(broke, "run")} newly broken or dead` : null].filter(Boolean);
  const text = check.regression ? `regression: ${list_text(words)}` : "no regression";
  return {verdict: verdict_mark(check.regression ? "broken" : "held", text), verdict_text: text};
}

export function check_page({check, page}) {
  const rows = statistics_of(check);
  const names = check.scenarios.map((s) => s.scenario);
  const changed = check.scenarios.filter((s) => s.changed_scenario).map((s) => s.scenario);
  show_page({kind: "check against a baseline", title: "Check",
    name: names.length < 4 ? list_text(names) : plural(names.length, "scenario"),
    question: "What moved against the baseline, seed by seed, and is it beyond noise?", ...check_verdict(check, rows)}, [
    section("warnings", "Warnings", null, changed.length > 0 ? notes_list([
      `${list_text(changed)}: the scenario is not the one that the baseline was made of; differences may be its own.`]) : null),
    section("summary", "Summary", null, check_tiles(check, rows)),
    section("moved", "What moved", null, moved_of(rows)),
    section("runs", "Runs that broke or died", "Expectations that held in the baseline's run of this seed, and do not now.",
      bad_runs_of(check)),
    section("scenarios", "Scenarios", null, scenarios_table(check)),
    section("statistics", "All statistics", "Those with the same numbers as another of their metric are left out.",
      all_table(rows)),
    section("judged", "How it is judged", null, judged_by(check)),
    section("again", "Run it again", null, again_of(page)),
    section("origin", "Where it comes from", null, check.scenarios.map(sides_of), files_list(page.files)),
  ], page_foot(page));
}
