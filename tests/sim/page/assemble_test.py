#!/usr/bin/env python3
"""What puts a page's modules together: their order, and the mistakes that it refuses.

    tests/sim/page/assemble_test.py SOURCE-DIR
"""

import os
import subprocess
import sys
import tempfile
import unittest

ASSEMBLE = os.path.join(os.path.abspath(sys.argv[1]), "sim/page/assemble.py")


class Assembling(unittest.TestCase):
    def assemble(self, **modules):
        """(exit code, what it said, the C++ source)"""
        with tempfile.TemporaryDirectory() as d:
            web, out = os.path.join(d, "web"), os.path.join(d, "out.cpp")
            os.mkdir(web)
            for name, text in {"style": "p {}", **modules}.items():
                ending = "css" if name == "style" else "js"
                with open(os.path.join(web, f"{name}.{ending}"), "w", encoding="utf-8") as f:
                    f.write(text)
            p = subprocess.run([sys.executable, ASSEMBLE, out, "--web", web], capture_output=True, text=True,
                               timeout=60)
            if p.returncode != 0:
                return p.returncode, p.stderr, ""
            with open(out, encoding="utf-8") as f:
                return 0, p.stderr, f.read()

    def test_a_module_stands_behind_those_that_it_imports(self):
        code, errors, source = self.assemble(
            main='import { b } from "./b.js";\nb();\n',
            b='import { a } from "./a.js";\nexport function b() { a(); }\n', a="export const a = () => 1;\n")
        self.assertEqual((code, errors), (0, ""))
        self.assertLess(source.index("const a ="), source.index("function b("))
        self.assertLess(source.index("function b("), source.index("\nb();"))
        self.assertNotIn("import {", source)
        self.assertNotIn("export ", source)

    def test_mistakes_are_refused_with_their_names(self):
        good = 'import { a } from "./a.js";\na();\n'
        for modules, words in (
                ({"main": good, "a": "const a = 1;\n"}, "imports a, which a.js does not export"),
                ({"main": good}, "imports a.js, which is not there"),
                ({"main": good, "a": 'import { b } from "./b.js";\nexport const a = b;\n',
                  "b": 'import { a } from "./a.js";\nexport const b = a;\n'}, "import each other"),
                ({"main": good, "a": "export const a = 1;\n", "idle": "export const c = 1;\n"}, "imported by nobody"),
                ({"main": good + "const x = 1;\n", "a": "export const a = 1;\nconst x = 2;\n"}, "x is declared in"),
                ({"main": 'import * as a from "./a.js";\n', "a": "export const a = 1;\n"}, "not understood"),
                ({"main": 'const x = "</script>";\n'}, "would end its element")):
            with self.subTest(words):
                code, errors, _ = self.assemble(**modules)
                self.assertEqual(code, 1)
                self.assertIn(words, errors)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
