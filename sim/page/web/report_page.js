import { notes_list, page_foot, section, show_page } from "./frame.js";
import { summary_of } from "./summary.js";
import { expectations_of, verdict_of } from "./expectations.js";
import { matrix_of } from "./matrix.js";
import { times_of } from "./times.js";
import { course_of } from "./course.js";
import { pairs_of } from "./pairs.js";
import { reasons_of } from "./reasons.js";
import { hosts_of } from "./hosts.js";
import { metrics_of } from "./metrics.js";
import { again_of, files_list, input_file, run_facts } from "./origin.js";

// The page of one run.

export function report_page({report, page}) {
  const {glossary, left_out} = page;
  show_page({kind: "report of a run", title: report.scenario, name: `seed ${report.seed}`,
    question: report.question, ...verdict_of(report)}, [
    section("warnings", "Warnings", null, notes_list(report.warnings)),
    section("summary", "Summary", null, summary_of(report)),
    section("verdicts", "Expectations", "What the scenario expects, each number with its reason.",
      expectations_of(report)),
    section("traversal", "Traversal",
      "What became of the pairs by their NATs, beside what the oracle says of these NATs alone.",
      matrix_of(page.matrix)),
    section("times", "Times",
      "The share of all samples that came within a time. What never came counts among all.",
      times_of(report)),
    section("course", "Course of the run", null, course_of(report, left_out)),
    section("pairs", "Pairs", null, pairs_of(report, glossary, left_out)),
    section("reasons", "Why not direct",
      "What the peers themselves say at the end (wh why), and what the oracle says of their NATs.",
      reasons_of(page.reasons, glossary)),
    section("hosts", "Hosts", null, hosts_of(report, glossary, left_out)),
    section("measurements", "Measurements", null, metrics_of(report)),
    section("again", "Run it again", null, again_of(page)),
    section("origin", "Where it comes from", null, run_facts(report),
      report.source.inputs.map((input, i) => input_file(input, i === 0)), files_list(page.files)),
  ], page_foot(page));
}
