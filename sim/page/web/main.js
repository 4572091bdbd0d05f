import { apply_theme } from "./theme.js";
import { check_page } from "./check_page.js";
import { matrix_page } from "./matrix_page.js";
import { report_page } from "./report_page.js";
import { seeds_page } from "./seeds_page.js";

// The data says what page it is.

const page_kinds = {report: report_page, seeds: seeds_page, check: check_page, matrix: matrix_page};

apply_theme();
const data = JSON.parse(document.getElementById("data").textContent);
page_kinds[data.kind](data);
document.documentElement.dataset.ready = "true";
