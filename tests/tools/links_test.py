#!/usr/bin/env python3
"""Every relative link of a Markdown file leads to a file of the tree, and to a heading that it has.

    tests/tools/links_test.py SOURCE-DIR
"""

import os
import re
import sys
import unittest

SOURCE = os.path.abspath(sys.argv[1])
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def pages():
    for folder, folders, files in os.walk(SOURCE):
        folders[:] = sorted(f for f in folders if f == ".github" or not f.startswith((".", "build", "out")))
        yield from (os.path.join(folder, f) for f in sorted(files) if f.endswith(".md"))


def text_of(page):
    """Without what stands in fences."""
    with open(page, encoding="utf-8") as f:
        return FENCE.sub("", f.read())


def anchors(text):
    """Of a page's headings, as GitHub makes them."""
    for heading in re.findall(r"^#+ +(.*?) *$", text, re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def mistake(page, link):
    """What is wrong with a link, or None."""
    if re.match(r"[a-z]+:", link):
        return None
    path, _, anchor = link.partition("#")
    target = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
    if not os.path.exists(target):
        return "leads to nothing"
    if anchor and anchor not in set(anchors(text_of(target))):
        return "names a heading that is not there"
    return None


class Links(unittest.TestCase):
    def test_every_link_leads_somewhere(self):
        seen = 0
        for page in pages():
            for link in LINK.findall(text_of(page)):
                seen += 1
                with self.subTest(page=os.path.relpath(page, SOURCE), link=link):
                    self.assertIsNone(mistake(page, link))
        self.assertGreater(seen, 20)

    def test_a_link_that_leads_nowhere_is_found(self):
        readme = os.path.join(SOURCE, "README.md")
        self.assertIsNone(mistake(readme, "scenarios/README.md#how-to-write-one"))
        self.assertIsNotNone(mistake(readme, "scenarios/README.md#how-to-read-one"))
        self.assertIsNotNone(mistake(readme, "#no-such-heading"))
        self.assertIsNotNone(mistake(readme, "no/such.md"))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
