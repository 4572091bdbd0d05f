#!/usr/bin/env python3
"""Makes one C++ source of what a page is made of: our modules and style sheet, and d3.

    assemble.py OUT.cpp --web FOLDER --library NAME FILE.js COPYRIGHT ...

A page is one file that loads nothing, so its modules cannot import each other in the browser. Their
order is taken from their imports, the imports are cut out, and all of them become one module; a
top-level name therefore belongs to one file only, which is checked. Python's standard library only.
"""

import base64
import hashlib
import os
import re
import sys

ENTRY = "main.js"
IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([a-z_]+\.js)";\n', re.M)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|let|class)\b)", re.M)
TOP_LEVEL = re.compile(r"^(export )?(?:async )?(?:function\*?|const|let|class) ([A-Za-z_]\w*)", re.M)


def fail(text):
    sys.exit(f"sim/page/assemble.py: {text}")


def read(file):
    try:
        with open(file, encoding="utf-8") as f:
            return f.read()
    except OSError as e:
        fail(f"cannot read {file}: {e.strerror}")


class Module:
    def __init__(self, folder, name):
        self.name = name
        self.text = read(os.path.join(folder, name))
        self.imports = [(m.group(2), [w.strip() for w in m.group(1).split(",") if w.strip()])
                        for m in IMPORT.finditer(self.text)]
        found = TOP_LEVEL.findall(self.text)
        self.names = [name for _, name in found]
        self.exports = {name for exported, name in found if exported}
        rest = EXPORT.sub("", IMPORT.sub("", self.text))
        if wrong := re.search(r"^\s*(import|export)\b.*", rest, re.M):
            fail(f"{name}: not understood: {wrong.group(0).strip()}; write "
                 'import { a, b } from "./x.js"; and export before a declaration')
        self.rest = rest


def in_order(modules, name, seen, path, out):
    if name in path:
        fail(f"modules import each other: {' -> '.join(path + [name])}")
    if name in seen:
        return
    seen.add(name)
    for other, words in modules[name].imports:
        if other not in modules:
            fail(f"{name} imports {other}, which is not there")
        for word in words:
            if word not in modules[other].exports:
                fail(f"{name} imports {word}, which {other} does not export")
        in_order(modules, other, seen, path + [name], out)
    out.append(modules[name])


def script_of(folder):
    modules = {f: Module(folder, f) for f in sorted(os.listdir(folder)) if f.endswith(".js")}
    if ENTRY not in modules:
        fail(f"{folder} has no {ENTRY}")
    order, seen = [], set()
    in_order(modules, ENTRY, seen, [], order)
    if idle := sorted(set(modules) - seen):
        fail(f"{idle[0]} is imported by nobody")
    owner = {}
    for m in order:
        for word in m.names:
            if word in owner:
                fail(f"{word} is declared in {owner[word]} and in {m.name}; a name belongs to one file")
            owner[word] = m.name
    return "".join(f"// {m.name}\n{m.rest.strip()}\n\n" for m in order)


def style_of(folder):
    names = sorted(f for f in os.listdir(folder) if f.endswith(".css"))
    return "".join(f"/* {name} */\n{read(os.path.join(folder, name)).strip()}\n\n" for name in names)


def stanzas(copyright_file):
    """The paragraphs of a Debian copyright file (format 1.0) as dictionaries."""
    found, key = [{}], None
    for line in read(copyright_file).split("\n"):
        if not line.strip():
            key = None if not line else key
        elif line[0] in " \t":
            # Some licences have a line that is empty in place of one with a dot.
            key = key or next(reversed(found[-1]))
            found[-1][key] += "\n" + line.strip()
        else:
            if key is None and found[-1]:
                found.append({})
            key, value = line.split(":", 1)
            found[-1][key] = value.strip()
    return found


def licence_of(libraries):
    """Whose each library is, then the text of each licence once."""
    heads, texts = [], {}
    for name, _, copyright_file in libraries:
        paragraphs = list(stanzas(copyright_file))
        # What is Debian's own packaging is not in the file that is embedded, and types are no code.
        holders = [p for p in paragraphs if "Files" in p
                   and not p["Files"].startswith(("debian/", "types-"))]
        if not holders:
            fail(f"{copyright_file} names no holder")
        for p in holders:
            whose = " ".join(p["Copyright"].split())
            heads.append(f"{name}: Copyright {whose}, {p['License'].splitlines()[0]}")
            kind = p["License"].splitlines()[0].lower()
            text = next((q["License"] for q in [p] + paragraphs
                         if q.get("License", "").lower().startswith(kind + "\n")), None)
            if text is None:
                fail(f"{copyright_file} has no text of {p['License']}")
            texts.setdefault(kind, "\n".join("" if l == "." else l for l in text.split("\n")))
    return "\n".join(dict.fromkeys(heads)) + "\n\n" + "\n\n".join(texts.values()) + "\n"


def hash_of(text):
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def literal(text):
    """As a C++ string in pieces, since some compilers take 64 KB at once and no more."""
    if ")wh_page\"" in text:
        fail("a source holds the mark that ends it")
    pieces, size = [], 15000
    for i in range(0, len(text), size):
        pieces.append(f'R"wh_page({text[i:i + size]})wh_page"')
    return "\n".join(pieces) or '""'


def main(arguments):
    if len(arguments) < 3 or arguments[1] != "--web" or (len(arguments) - 3) % 4:
        sys.exit(__doc__)
    out, folder = arguments[0], arguments[2]
    libraries = []
    for i in range(3, len(arguments), 4):
        if arguments[i] != "--library":
            sys.exit(__doc__)
        libraries.append(tuple(arguments[i + 1:i + 4]))
    library = "".join(read(file).strip() + "\n" for _, file, _ in libraries)
    # A script ends at the first of these, wherever it stands.
    script, style = script_of(folder), style_of(folder)
    for name, text in (("the library", library), ("a module", script), ("the style", style)):
        if found := re.search(r"</(script|style)|<!--", text, re.I):
            fail(f"{name} holds {found.group(0)}, which would end its element")
    values = {"style": style, "library": library, "script": script, "licence": licence_of(libraries),
              "style_hash": hash_of(style), "library_hash": hash_of(library),
              "script_hash": hash_of(script)}
    lines = ['#include "sim/page/assets.hpp"\n', "namespace wh::sim {\n", "const page_assets assets{"]
    lines += [f"    .{name} = {literal(text)}," for name, text in values.items()]
    lines += ["};\n", "}  // namespace wh::sim"]
    with open(out, "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
