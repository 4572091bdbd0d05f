#!/usr/bin/env python3
"""The pages in a browser that a person might have: headless Chromium, in both themes and at the width of
a phone. Ends with 77 where there is no Chromium.

    tests/sim/page/browser_test.py PATH-TO-WH-SIM PATH-TO-PAGE-OF
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest

import browser

HERE = os.path.dirname(os.path.abspath(__file__))
WH_SIM, PAGE_OF = (os.path.abspath(p) for p in sys.argv[1:3])
PAGES = ("one", "many", "check", "matrix")

with open(os.path.join(HERE, "in_page.js"), encoding="utf-8") as f:
    IN_PAGE = f.read()


def in_page(page, call, *arguments):
    """Calls a function of in_page.js."""
    return page.script(f"{IN_PAGE}\nreturn {call}(...arguments);", *arguments)


def rows_of(tsv):
    """Copied text as dictionaries."""
    lines = [line.split("\t") for line in tsv.rstrip("\n").split("\n")]
    return [dict(zip(lines[0], cells)) for cells in lines[1:]]


def number(cell):
    return None if cell == "" else float(cell)


class Pages(unittest.TestCase):
    """Pages of one run, of several seeds of it, and of what others wrote."""

    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.TemporaryDirectory()
        cls.folder = cls.place.name
        scenario = os.path.join(HERE, "everything.toml")
        for out, seeds in (("one", "1"), ("many", "1-3")):
            p = subprocess.run([WH_SIM, "run", scenario, "--seeds" if "-" in seeds else "--seed", seeds,
                                "--out", os.path.join(cls.folder, out)],
                               capture_output=True, text=True, timeout=100)
            assert p.returncode == 1, p.stdout + p.stderr  # one expectation is broken on purpose
        for kind in ("check", "matrix"):
            os.mkdir(os.path.join(cls.folder, kind))
            with open(os.path.join(cls.folder, kind, "report.html"), "wb") as out:
                subprocess.run([PAGE_OF, kind, os.path.join(HERE, f"{kind}.json")], stdout=out, check=True)
        cls.page = browser.Browser()

    @classmethod
    def tearDownClass(cls):
        cls.page.close()
        cls.place.cleanup()

    def show(self, name="one", **look):
        self.page.look_like(**look)
        self.page.logs("browser")
        self.page.open(self.file(name))

    def file(self, name, ending="html"):
        return os.path.join(self.folder, name, f"report.{ending}")

    def report(self):
        with open(self.file("one", "json"), encoding="utf-8") as f:
            return json.load(f)

    def copied(self, caption):
        """The text that the button of a table puts into the clipboard."""
        in_page(self.page, "press_copy", caption)
        self.page.settle()
        return rows_of(self.page.clipboard())


class Quiet(Pages):
    def test_a_page_asks_for_nothing_and_complains_of_nothing(self):
        for name in PAGES:
            for dark in (False, True):
                for width in (380, 1280):
                    self.show(name, width=width, dark=dark)
                    in_page(self.page, "open_all")
                    self.page.settle()
                    self.assertEqual(self.page.logs("browser"), [])
                    self.assertEqual(self.page.requests(), ["file://" + self.file(name)])

    def test_data_becomes_no_markup(self):
        self.show()
        self.assertEqual(self.page.script("return document.querySelector('.question').textContent"),
                         self.report()["question"])


class Numbers(Pages):
    def test_tables_hold_the_numbers_of_the_json(self):
        self.show()
        report = self.report()
        in_page(self.page, "open_all")
        self.page.settle()

        hosts = self.copied("Hosts")
        self.assertEqual([h["host"] for h in hosts], [h["name"] for h in report["hosts"]])
        for shown, host in zip(hosts, report["hosts"]):
            self.assertEqual(int(shown["sent packets"]),
                             sum(host["own"]["packets"]) + sum(host["payload"]["packets"]))
            self.assertEqual(int(shown["sent (bytes)"]),
                             sum(host["own"]["bytes"]) + sum(host["payload"]["bytes"]))
            self.assertEqual(number(shown["joined after (s)"]), host["joined_s"])
            self.assertEqual((shown["class"], shown["NAT"]), (host["nat_class"], host["nat"]))

        pairs = {(p["from"], p["to"], p["workload"]): p for p in self.copied("Pairs")}
        self.assertEqual(len(pairs), len(report["pairs"]))
        for pair in report["pairs"]:
            shown = pairs[pair["from"], pair["to"], str(pair["item"])]
            self.assertEqual(shown["path"], pair["path"])
            self.assertEqual(number(shown["first payload (s)"]), pair["time_to_first_payload_s"])
            self.assertEqual(number(shown["direct after (s)"]), pair["time_to_direct_s"])
            self.assertEqual(number(shown["round trip (s)"]), pair["round_trip_s"])
            self.assertEqual(shown["why not direct"], pair["reason"] or "")
            self.assertEqual(shown["oracle: O1"], "yes" if pair["oracle"]["o1"] else "no")
            self.assertEqual(int(shown["outages"]), len(pair["outages"]))

        steps = self.copied("Steps of time")
        self.assertEqual([float(s["at (s)"]) for s in steps], report["steps"]["at_s"])
        self.assertEqual([int(s["pairs direct"]) for s in steps], report["steps"]["direct"])

    def test_an_expectation_of_a_slice_says_which(self):
        for name in ("one", "many"):
            with self.subTest(name):
                self.show(name)
                self.assertIn("paths.pairs of before-kill",
                              self.page.script("return document.querySelector('.expectations').innerText"))

    def test_where_no_page_may_copy_the_text_is_offered_for_it(self):
        self.show()
        self.page.script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
        in_page(self.page, "press_copy", "Hosts")
        self.page.settle()
        offered = rows_of(self.page.script("return document.querySelector('dialog[open] textarea').value"))
        self.assertEqual(len(offered), len(self.report()["hosts"]))
        self.page.keys("Escape")
        self.assertIsNone(self.page.script("return document.querySelector('dialog')"))

    def test_measurements_are_those_of_the_json(self):
        self.show()
        metrics = self.report()["metrics"]
        single = {m["metric"]: m for m in self.copied("Counters, ratios and gauges")}
        spread = {m["metric"]: m for m in self.copied("Distributions")}
        self.assertEqual(sorted([*single, *spread]), sorted(metrics))
        for name, m in metrics.items():
            if m["kind"] == "distribution":
                for statistic in ("mean", "min", "p50", "p90", "p95", "p99", "max"):
                    self.assertEqual(number(spread[name][statistic]), m[statistic])
                self.assertEqual(number(spread[name]["samples"]), m["n"])
                self.assertEqual(number(spread[name]["never"]), m["censored"])
            else:
                self.assertEqual(number(single[name]["value"]), m["value"])

    def test_the_heat_map_counts_the_pairs_of_the_json(self):
        self.show()
        counted = {}
        for pair in self.report()["pairs"]:
            ends = (pair["oracle"]["from"], pair["oracle"]["to"])
            cell = counted.setdefault(ends, {"pairs": 0, "direct": 0, "o1": 0, "o3": 0})
            cell["pairs"] += 1
            cell["direct"] += pair["path"] == "direct"
            cell["o1"] += pair["oracle"]["o1"]
            cell["o3"] += pair["oracle"]["o3"]
        copied = {(r["NAT of from"], r["NAT of to"]): {k: int(r[k]) for k in ("pairs", "direct", "o1", "o3")}
                  for r in self.copied("Traversal matrix")}
        self.assertEqual(copied, counted)
        seen = {(c["from"], c["to"]): c["of"] for c in in_page(self.page, "matrix_cells")}
        self.assertEqual(seen, {ends: f"{c['direct']} of {c['pairs']}" for ends, c in counted.items()})

    def test_summary_sentences_and_curves_say_how_many_never_came(self):
        self.show()
        report = self.report()
        text = self.page.script("return document.getElementById('summary').innerText")
        for kind in ("direct", "relayed", "unreachable"):
            self.assertIn(f"{report['metrics'][f'paths.{kind}_ratio']['part']} {kind}", text)
        m = report["metrics"]["paths.time_to_first_payload_s"]
        self.assertGreater(m["censored"], 0)
        figure = in_page(self.page, "figure_of", "Time to the first payload")
        self.assertIn(f"{m['n']:.0f} samples: half within {m['p50']:.2f} s", figure["text"])
        self.assertIn(f"{m['censored']:.0f} of {m['n']:.0f}", figure["text"])
        self.assertAlmostEqual(figure["highest"], 1 - m["censored"] / m["n"], places=2)

    def test_events_stand_in_the_time_line_where_they_took_place(self):
        self.show()
        marks = in_page(self.page, "markers_of", "course")
        self.assertEqual([m["text"] for m in marks], ["nat reboot", "kill"])
        end = self.report()["virtual_time_s"]
        for mark, event in zip(marks, self.report()["faults"]):
            self.assertAlmostEqual(mark["at"] * end, event["at_s"], delta=0.5)

    def test_the_page_says_how_it_is_had_again(self):
        self.show()
        again = self.page.script("return document.getElementById('again').innerText")
        self.assertIn("everything.toml", again)
        self.assertIn("--seed 1", again)
        origin = self.page.script("return document.getElementById('origin').innerText")
        report = self.report()
        for said in (report["trace_hash"], report["source"]["inputs"][0]["blake2b_256"],
                     report["source"]["commit"].split()[0], report["source"]["version"]):
            self.assertIn(said, origin)


class Check(Pages):
    def statistics(self):
        with open(os.path.join(HERE, "check.json"), encoding="utf-8") as f:
            check = json.load(f)
        return [(s["scenario"], x) for s in check["scenarios"] for x in s["statistics"]
                if x["same_as"] is None]

    def test_the_statistics_are_those_of_the_json(self):
        self.show("check")
        shown = {(r["scenario"], r["statistic"]): r for r in self.copied("Statistics")}
        wanted = self.statistics()
        self.assertEqual(len(shown), len(wanted))
        for scenario, x in wanted:
            name = x["metric"] + ("" if x["statistic"] == "value" else "." + x["statistic"])
            row = shown[scenario, name]
            self.assertEqual(row["verdict"], x["verdict"])
            for cell, value in (("before, mean", x["before"]["mean"]), ("now, mean", x["now"]["mean"]),
                                ("difference", x["difference"]), ("p corrected", x["p_corrected"]),
                                ("95 % from", x["range"] and x["range"][0])):
                self.assertEqual(row[cell] if isinstance(value, str) else number(row[cell]), value, (name, cell))

    def test_what_moved_stands_on_top_and_the_worst_first(self):
        self.show("check")
        beyond = ["worse", "gone", "appeared", "moved", "better"]
        moved = sorted((x["verdict"] for _, x in self.statistics() if x["verdict"] in beyond), key=beyond.index)
        shown = self.page.script("return [...document.querySelectorAll('#moved .tag')].map(t => t.textContent)")
        self.assertEqual(shown, moved)
        text = self.page.script("return document.getElementById('moved').innerText")
        self.assertIn("516 ms → never in 2 of 8 seeds", text)
        self.assertEqual(self.page.script("return document.querySelectorAll('#moved path.dot').length"), 2)

    def test_runs_that_broke_or_died_are_told_with_their_page(self):
        self.show("check")
        text = self.page.script("return document.getElementById('runs').innerText")
        self.assertIn("was killed by signal 9", text)
        self.assertIn("a - b direct", text)
        links = self.page.script(
            "return [...document.querySelectorAll('#runs a')].map(a => a.getAttribute('href'))")
        self.assertIn("pair_cone/seed-8/report.html", links)
        self.assertNotIn("pair_cone/seed-3/report.html", links)  # it died, and left none


class Matrix(Pages):
    def matrix(self):
        with open(os.path.join(HERE, "matrix.json"), encoding="utf-8") as f:
            return json.load(f)

    def test_the_cells_are_those_of_the_json(self):
        self.show("matrix")
        matrix = self.matrix()
        shown = {(r["from"], r["to"]): r for r in self.copied("Cells")}
        self.assertEqual(len(shown), len(matrix["cells"]))
        for c in matrix["cells"]:
            row = shown[c["row"], c["column"]]
            direct, connected = sum(c["direct"]["part"]), sum(c["connected"]["part"])
            for title, value in (("pairs", c["pairs"]), ("direct", direct), ("relayed", connected - direct),
                                 ("unreachable", c["pairs"] - connected), ("direct rate", c["direct"]["ratio"]),
                                 ("95 % from", c["direct"]["range"][0]), ("95 % to", c["direct"]["range"][1]),
                                 ("possible O1", c["o1"] * c["pairs"]), ("possible O3", c["o3"] * c["pairs"]),
                                 ("messages median", c["messages"]["median"]),
                                 ("first payload max (s)", c["time_to_first_payload_s"]["max"]),
                                 ("direct after median (s)", c["time_to_direct_s"]["median"])):
                self.assertEqual(row[title] if isinstance(value, str) else number(row[title]), value, (row, title))
            self.assertEqual({r.split()[0] for r in row["why not direct"].split(", ") if r}, set(c["reasons"]))

    def test_the_map_shows_both_halves_and_marks_what_was_missed(self):
        self.show("matrix")
        matrix = self.matrix()
        names = [k["name"] for k in matrix["kinds"]]
        spots = {s["place"]: s for s in in_page(self.page, "map_spots")}
        self.assertEqual(len(spots), sum(1 if c["row"] == c["column"] else 2 for c in matrix["cells"]))
        missed = 0
        for c in matrix["cells"]:
            row, column = names.index(c["row"]), names.index(c["column"])
            missed += sum(c["direct"]["part"]) < c["o1"] * c["pairs"]
            for place in (row * len(names) + column, column * len(names) + row):
                self.assertEqual(spots[place]["text"], str(round(c["direct"]["ratio"] * 100)))
                self.assertEqual(spots[place]["missed"], sum(c["direct"]["part"]) < c["o1"] * c["pairs"])
        self.assertGreater(missed, 0)

    def test_the_map_is_walked_by_arrow_keys_and_a_cell_told_in_full(self):
        self.show("matrix")
        self.page.script("document.querySelector('td.spot').focus()")

        def told():
            return self.page.script("return document.querySelector('.cell_card').innerText").split("\n")[0]
        self.assertTrue(told().startswith("public"))
        self.page.keys("ArrowRight")
        self.assertIn("firewall", told())
        self.page.keys("ArrowDown", "End")
        self.assertIn("dual", told())
        self.assertEqual(self.page.script("return document.querySelectorAll('td.spot[tabindex=\"0\"]').length"), 1)

    def test_another_figure_paints_the_same_cells(self):
        self.show("matrix")
        in_page(self.page, "choose_figure", "messages")
        self.assertEqual(in_page(self.page, "map_spots")[0]["text"],
                         f"{self.matrix()['cells'][0]['messages']['median']:.0f}")


class Keyboard(Pages):
    def focused(self):
        return in_page(self.page, "focused")

    def test_tab_reaches_all_that_can_be_used_and_shows_where_it_is(self):
        for name in PAGES:
            with self.subTest(name):
                self.go_through(name)

    def go_through(self, name):
        self.show(name)
        wanted = in_page(self.page, "usable_count")
        seen = set()
        for _ in range(wanted + 5):
            self.page.keys("Tab")
            now = self.focused()
            if now is None:
                break
            self.assertTrue(now["outlined"], now)
            self.assertTrue(now["named"], now)
            seen.add(now["number"])
        self.assertEqual(len(seen), wanted)

    def test_the_first_stop_leads_past_the_head(self):
        self.show()
        self.page.keys("Tab")
        self.assertEqual(self.focused()["text"], "Skip to the content")
        self.page.keys("Enter")
        self.assertEqual(self.page.script("return document.activeElement.id"), "content")

    def test_a_plot_is_read_by_arrow_keys(self):
        self.show()
        in_page(self.page, "focus", "#course [role=slider]")
        texts = []
        for key in ("Home", "ArrowRight", "PageUp", "End"):
            self.page.keys(key)
            texts.append(self.page.script("return document.activeElement.ariaValueText"))
        self.assertEqual(len(set(texts)), 4, texts)
        steps = self.report()["steps"]
        self.assertIn(f"online {steps['online'][-1]}", texts[-1])
        self.assertIn(f"online {steps['online'][0]}", texts[0])

    def test_a_table_is_sorted_filtered_and_turned_by_keys(self):
        self.show()
        in_page(self.page, "focus", "#pairs th[data-key=first] button")
        self.page.keys("Enter")
        self.assertEqual(self.page.script("return document.activeElement.closest('th').ariaSort"), "descending")
        longest = max(p["time_to_first_payload_s"] or 0 for p in self.report()["pairs"])
        self.assertIn(f"{longest:.2f} s", in_page(self.page, "first_row", "pairs"))
        in_page(self.page, "focus", "#pairs [data-turn='›']")
        self.page.keys("Enter")
        self.assertIn("page 2", self.page.script("return document.querySelector('#pairs .pager').innerText"))
        self.assertEqual(self.page.script("return document.activeElement.dataset.turn"), "›")
        in_page(self.page, "focus", "#pairs input[type=search]")
        self.page.keys(*"udp_blocked")
        shown = self.page.script("return document.querySelector('#pairs .rows').textContent")
        blocked = sum("udp_blocked" in json.dumps(p) for p in self.report()["pairs"])
        self.assertTrue(shown.startswith("1 to 25" if blocked > 25 else f"{blocked} of"), shown)


class Looks(Pages):
    def background(self):
        return self.page.script("return getComputedStyle(document.body).backgroundColor")

    def test_the_theme_is_the_system_s_until_a_reader_chooses(self):
        self.show(dark=False)
        light = self.background()
        self.show(dark=True)
        dark = self.background()
        self.assertNotEqual(light, dark)
        in_page(self.page, "focus", "#theme")
        self.page.keys(*"light")
        self.assertEqual(self.background(), light)
        self.show(dark=True)
        self.assertEqual(self.background(), light, "the choice is remembered")
        in_page(self.page, "focus", "#theme")
        self.page.keys(*"auto")
        self.assertEqual(self.background(), dark)

    def test_every_text_stands_out_from_what_is_behind_it(self):
        for name in PAGES:
            for dark in (False, True):
                self.show(name, dark=dark)
                in_page(self.page, "open_all")
                self.page.settle()
                self.assertEqual(in_page(self.page, "faint_texts", 4.5), [], (name, dark))

    def test_a_phone_never_scrolls_sideways(self):
        for name in PAGES:
            self.show(name, width=380, height=800)
            in_page(self.page, "open_all")
            self.page.settle()
            wide, there = self.page.script(
                "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
            self.assertEqual(wide, there, in_page(self.page, "wider_than_window"))
            self.assertEqual(in_page(self.page, "small_targets", 24), [])


if __name__ == "__main__":
    browser.find_programs()
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
