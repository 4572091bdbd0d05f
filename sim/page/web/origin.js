import { h } from "./dom.js";
import { copy_button } from "./copy.js";
import { bytes_text, count_text, plural, seconds_text } from "./format.js";

// How a run is had again, what it was made of, and where it ran.

export function facts_list(pairs) {
  return h("dl", {class: "facts"}, pairs.filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}

export function command_line(command, what) {
  return h("div", {class: "command"}, what ? h("p", {}, what) : null,
    h("pre", {tabindex: "0"}, h("code", {}, command)), copy_button("Copy", () => command));
}

const toml = /(#[^\n]*)|("""[\s\S]*?"""|"(?:\\.|[^"\\\n])*"|'[^'\n]*')|^(\s*\[\[?[^\]\n]+\]\]?)|^(\s*[\w."-]+)(?=\s*=)/gm;

/// TOML with its comments, strings, tables and keys told apart.
function coloured(text) {
  const parts = [];
  let last = 0;
  for (const found of text.matchAll(toml)) {
    parts.push(text.slice(last, found.index));
    const kind = ["comment", "string", "table_name", "key"][found.slice(1).findIndex((x) => x !== undefined)];
    parts.push(h("span", {class: kind}, found[0]));
    last = found.index + found[0].length;
  }
  parts.push(text.slice(last));
  return parts;
}

/// A file that a run depended on, folded.
export function input_file(input, open = false) {
  return h("details", {class: "input", open},
    h("summary", {}, h("code", {}, input.name.split("/").pop()), " ",
      h("span", {class: "quiet"}, bytes_text(new TextEncoder().encode(input.text).length))),
    h("p", {class: "hash"}, h("span", {class: "quiet"}, "BLAKE2b-256 "), h("code", {}, input.blake2b_256)),
    h("p", {class: "hash"}, h("span", {class: "quiet"}, "read from "), h("code", {}, input.name)),
    h("pre", {class: "text", tabindex: "0", "aria-label": input.name},
      h("code", {}, input.name.endsWith(".toml") ? coloured(input.text) : input.text)),
    copy_button("Copy", () => input.text));
}

export function settings_list(set) {
  return set.length === 0 ? "none" : h("ul", {class: "plain_list"}, set.map((x) => h("li", {}, h("code", {}, x))));
}

function commit_fact(commit) {
  const [hash, ...rest] = commit.split(" ");
  return [h("code", {}, hash), rest.length > 0
    ? h("strong", {class: "missed"}, ` ${rest.join(" ")}: another build may do otherwise`) : null];
}

export function built_facts(source) {
  return [["version", source.version], ["commit", commit_fact(source.commit)], ["compiler", source.compiler],
    ["--set", settings_list(source.set)]];
}

export function machine_facts(host) {
  if (!host) return [];
  return [["started", host.started], ["machine", host.name],
    ["processor", `${host.processor}, ${plural(host.cores, "core")}`], ["kernel", host.kernel],
    ["took", seconds_text(host.wall_time_s)],
    ["events a second", host.events_per_s === null ? null : count_text(host.events_per_s)],
    ["memory at its peak", bytes_text(host.memory_peak_bytes)]];
}

export function run_facts(report) {
  return facts_list([
    ["seed", String(report.seed)], ["trace hash", report.trace_hash ? h("code", {}, report.trace_hash) : "none"],
    ["peers", count_text(report.peers)], ["simulated", seconds_text(report.virtual_time_s)],
    ["events", count_text(report.events)], ...built_facts(report.source), ...machine_facts(report.host)]);
}

/// Files beside the page, by the names that the page was told.
export function files_list(files) {
  if (files.length === 0) return null;
  return h("ul", {class: "files"}, files.map((f) =>
    h("li", {}, h("a", {href: f.name.split("/").map(encodeURIComponent).join("/")}, f.name),
      h("span", {class: "quiet"}, ` ${f.what}`))));
}

export function again_of(page) {
  return [
    page.again ? command_line(page.again, "The same build does the same again, event by event.") : null,
    page.replay ? command_line(page.replay,
      "Runs what the report itself carries (scenario, files, --set, seed), and compares the trace hash. In the folder of this page.") : null];
}
