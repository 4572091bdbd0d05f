#!/usr/bin/env python3
"""Holds the layers apart, and keeps chance and time out of everything that is simulated.

Debian puts the headers of CAF, ns-3 and libsodium all into /usr/include, so no build system can hold
the layers apart: this test does. It says what to write instead, not only what is forbidden.

    tools/check_layers.py [ROOT]        exit 1 when something is where it must not be
    tools/check_layers.py --self-test   proves that every rule fires, and only where it should

Python's standard library only.
"""

import fnmatch
import os
import re
import subprocess
import sys
import tempfile
from typing import NamedTuple

# --- the map -----------------------------------------------------------------------------------

TOP_LEVEL = {"CMakeLists.txt", "README.md", "actors", "real", "scenarios", "sim", "tests", "tools",
             "transport"}
TOP_LEVEL_OPTIONAL = {"LICENSE"}

# What the files of a layer may include of the project, by the first match of the folder.
LAYERS = [
    ("transport/", ["transport/"], "transport is the floor: hand in what it needs as an argument, "
     "or declare a port in transport/ports.hpp that the host binds"),
    ("actors/proto/", ["transport/", "actors/proto/"], "an engine is a value machine: take an input "
     "and the time, give actions, and let the actor in actors/ do what needs CAF or a host"),
    ("actors/", ["transport/", "actors/"], "an actor knows its ports, not its host: take the port by "
     "reference from whoever makes the peer"),
    ("sim/", ["transport/", "actors/", "sim/"], "sim and real never know each other: move what both "
     "need to transport/ or actors/proto/"),
    ("real/", ["transport/", "actors/", "real/"], "sim and real never know each other: move what "
     "both need to transport/ or actors/proto/"),
    ("tools/", ["transport/", "actors/", "sim/", "real/", "tools/"], "tests use tools, not the other "
     "way round"),
    ("tests/", ["transport/", "actors/", "sim/", "real/", "tools/", "tests/"], ""),
]

# A protocol folder includes folders of a lower rank, and itself.
PROTO_RANKS = {"wire": 0, "keys": 0, "record": 1, "nat": 1, "network": 1, "session": 2, "dht": 2,
               "relay": 2, "punch": 2, "wireguard": 2, "member": 3}


class Library(NamedTuple):
    """Headers of somebody else, and the only files that may include them."""
    name: str
    pattern: str
    allowed: list
    instead: str


LIBRARIES = [
    Library("CAF", r"caf/.*",
            ["actors/caf.hpp", "actors/runtime/*", "sim/runtime/*", "real/*", "tests/sim/runtime/*"],
            "include \"actors/caf.hpp\", the one place that knows which CAF this is"),
    Library("ns-3", r"ns3/.*", ["sim/*", "tests/sim/*"],
            "only sim/ knows that time and network are ns-3's: take the time as an argument"),
    Library("libsodium", r"sodium(\.h|/.*)", ["transport/*.cpp", "real/*", "tests/transport/*"],
            "take a `const crypto_suite&` (transport/crypto.hpp), so that a simulation may model it"),
    Library("libpcap", r"pcap(\.h|/.*)", ["real/net/pcap_receiver.cpp", "tests/real/*"],
            "real/net/pcap_receiver is the only one that captures; write files with sim/net/pcap_writer"),
    Library("TOML", r"toml(\.hpp|/.*|11/.*)", ["sim/*.cpp", "tests/sim/*", "tools/*.cpp"],
            "read the scenario through sim/scenario, and keep this heavy header in a .cpp"),
    Library("JSON", r"nlohmann/.*", ["sim/*.cpp", "sim/page/model.hpp", "real/*.cpp", "tools/*.cpp", "tests/*"],
            "keep this heavy header in a .cpp above the actors: engines give values, hosts print them"),
    Library("SQLite", r"sqlite3\.h", ["sim/data/sqlite.cpp", "tests/sim/data/*"],
            "sim/data writes the tables of a run"),
    Library("CLI11", r"CLI/.*", ["sim/main/*.cpp", "real/*.cpp", "tools/*.cpp"],
            "a command line belongs into a program's own .cpp"),
    Library("Catch2", r"catch2/.*", ["tests/*"], "tests live in tests/"),
]


class Word(NamedTuple):
    """Text that may not stand below real/: in transport, actors, sim and tests."""
    rule: str
    pattern: str
    instead: str
    bad: list
    good: list


WORDS = [
    Word("clock", r"\b(system_clock|steady_clock|high_resolution_clock|utc_clock|file_clock)\b",
         "time is an argument: `time_point now` (transport/time.hpp); its clock has no now()",
         ["auto t = std::chrono::system_clock::now();", "using c = std::chrono::steady_clock;",
          "std::chrono::high_resolution_clock::time_point t;"],
         ["time_point t; // not system_clock", "const char* s = \"steady_clock\";", "host_clock c;"]),
    Word("clock", r"(?<![\w.>:])(?<![:,]\s)(?:std::|::)?(?:time\s*\(\s*(?:nullptr|NULL|0|&[^)]*)\)|"
         r"(?:gettimeofday|clock_gettime|localtime|gmtime)\s*\()|\bstd::clock\s*\(",
         "time is an argument: `time_point now` (transport/time.hpp); its clock has no now()",
         ["x = time(nullptr);", "x = std::time(NULL);", "time_t t; time(&t);", "::time(0);",
          "gettimeofday(&tv, nullptr);", "clock_gettime(CLOCK_REALTIME, &ts);", "std::clock();"],
         ["time_point time() const;", "e.time(0);", "next_time(nullptr);", "p->clock();",
          "round_trip_time(0);", "virtual_clock& clock();", "pick(time_t& t);",
          "explicit config(timeline& t) : time(&t) {}"]),
    Word("chance", r"\b(random_device|mt19937(_64)?|default_random_engine|minstd_rand0?|ranlux\w+|"
         r"knuth_b)\b",
         "chance is an `rng&` from a named stream: seeded_rng{seed.derive(\"what/for\")}",
         ["std::random_device d;", "std::mt19937 g;", "std::mt19937_64 g{1};",
          "std::default_random_engine g;"],
         ["// no mt19937 here", "int my_random_device_count;"]),
    Word("chance", r"\bstd::(random_shuffle|shuffle|sample|ranges::shuffle|ranges::sample|"
         r"\w+_distribution)\b|#\s*include\s*<random>",
         "std's shuffles and distributions differ between libraries: draw with rng::below, "
         "rng::between, rng::chance",
         ["std::shuffle(a, b, g);", "std::uniform_int_distribution<int> d(0, 3);",
          "std::normal_distribution<> n;", "#include <random>", "std::sample(a, b, c, 1, g);"],
         ["shuffle(peers, random);", "latency_distribution d;"]),
    Word("chance", r"(?<![\w.>:])(?:std::|::)?(?:s?rand|srandom|[dlm]rand48|rand_r|arc4random\w*|"
         r"getrandom|getentropy)\s*\(|\brandombytes\w*",
         "chance is an `rng&` handed in; only real/host_rng asks the system",
         ["int x = rand();", "std::srand(1);", "::rand();", "randombytes_buf(p, 8);",
          "getrandom(p, 8, 0);", "arc4random_uniform(3);", "getentropy(p, 8);"],
         ["operand(x);", "r.rand();", "seeded_rng random(s);", "my_rand(1);"]),
    Word("order", r"(?<!<)\bunordered_(map|set|multimap|multiset)\b",
         "its order differs between libraries and reaches decisions: a sorted vector or std::map; where "
         "nothing ever walks it, end the line with `// lookup only`",
         ["std::unordered_map<int, int> m;", "std::unordered_set<key> s;  // fast"],
         ["std::unordered_map<int, int> m;  // lookup only", "#include <unordered_map>",
          "// an unordered_map would do"]),
    Word("order", r"\bstd::(?:map|set|multimap|multiset)\s*<\s*(?:const\s+)?[\w:]+(?:<[^<>]*>)?"
         r"(?:\s+const)?\s*\*",
         "addresses differ from run to run: key by an id",
         ["std::map<peer*, int> m;", "std::set<const wh::peer*> s;",
          "std::map<node<int> *, int> m;"],
         ["std::map<int, peer*> m;", "std::set<public_key> s;", "std::vector<peer*> v;"]),
    Word("threads", r"\bstd::(?:j?thread|async|this_thread|(?:\w+_)?mutex|shared_lock|lock_guard|"
         r"unique_lock|scoped_lock|condition_variable\w*|atomic\w*)\b|"
         r"#\s*include\s*<(?:thread|mutex|shared_mutex|future|condition_variable|atomic|"
         r"stop_token|pthread\.h)>|\bpthread_\w+",
         "one thread runs a simulation: what must wait is a message or an alarm; replications run in "
         "processes of their own",
         ["std::thread t{f};", "#include <thread>", "#include <mutex>", "std::mutex m;",
          "auto f = std::async(g);", "std::atomic<int> a;", "std::this_thread::sleep_for(1s);",
          "pthread_create(&t, nullptr, f, nullptr);"],
         ["int thread_count;", "caf::mutex m;"]),
    Word("environment", r"\b(?:secure_)?getenv\s*\(|\bsetenv\s*\(|\benviron\b",
         "settings come in as arguments, from the scenario or the command line",
         ["auto h = std::getenv(\"HOME\");", "secure_getenv(\"X\");", "setenv(\"A\", \"b\", 1);"],
         ["// getenv(\"HOME\")", "auto s = \"getenv(\";"]),
]


class Allowed(NamedTuple):
    """An exception: the only way past a rule. Each has its reason."""
    glob: str
    rule: str
    reason: str


EXCEPTIONS = [
    Allowed("sim/main/*", "clock", "progress and duration on the wall, for people; reaches no result"),
    Allowed("sim/main/*", "threads", "the number of processors decides how many processes run"),
    Allowed("sim/main/*", "environment", "NO_COLOR and the like: how a terminal wants its text"),
    Allowed("actors/runtime/coordinator*.hpp", "threads", "remembers its thread's id, to refuse any other"),
    Allowed("actors/runtime/clock.hpp", "order", "found and erased by actor id, never walked"),
    Allowed("tests/sim/runtime/*", "threads", "shows that a foreign thread is refused"),
    Allowed("tests/bench/*", "clock", "a benchmark measures the wall"),
    Allowed("tests/sim/world/property_test.cpp", "environment",
            "WH_SEEDS says which draws to make; it reaches no result of a draw"),
    Allowed("tests/real/*", "*", "tests of the host see what the host sees"),
]

# Above or beside the simulated: these may ask the system.
HOST_FOLDERS = ("real/", "tools/")

SOURCE = (".hpp", ".cpp", ".h", ".cc", ".hh", ".ipp")
CODE_FOLDERS = ("transport", "actors", "sim", "real", "tools", "tests")


class Finding(NamedTuple):
    path: str
    line: int
    rule: str
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


# --- reading -----------------------------------------------------------------------------------

TOKEN = re.compile(
    r"(?P<comment>//(?:\\\n|[^\n])*|/\*.*?\*/)"
    r"|(?P<include>^[ \t]*#[ \t]*include[^\n]*)"
    r"|(?P<raw>\b(?:u8|[uUL])?R\"(?P<mark>[^()\\ \n]{0,16})\(.*?\)(?P=mark)\")"
    r"|(?P<string>\"(?:\\.|[^\"\\\n])*\")"
    r"|(?P<char>(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+')", re.S | re.M)


def code_lines(text):
    """The lines of a source with comments and the contents of strings blanked; includes stay."""
    def blank(match):
        if match.group("include"):
            return re.sub(r"//.*|/\*.*?\*/", "", match.group(0))
        keep = '""' if match.group("string") or match.group("raw") else " "
        return keep + "\n" * match.group(0).count("\n")
    return TOKEN.sub(blank, text).split("\n")


INCLUDE = re.compile(r"^\s*#\s*include\s*([<\"])([^>\"]+)[>\"]")


def matches(path, globs):
    return any(fnmatch.fnmatchcase(path, g) for g in globs)


def excepted(path, rule):
    return any(fnmatch.fnmatchcase(path, a.glob) and a.rule in (rule, "*") for a in EXCEPTIONS)


# --- rules -------------------------------------------------------------------------------------

def check_include(path, line, quote, header):
    for library in LIBRARIES:
        if re.fullmatch(library.pattern, header) and not matches(path, library.allowed):
            yield Finding(path, line, "library",
                          f"{library.name}'s <{header}> may not be included here; {library.instead}")
    first = header.split("/")[0]
    if "/" not in header or first not in CODE_FOLDERS:
        if quote == '"' and not path.startswith("tests/"):
            yield Finding(path, line, "layer", f"\"{header}\" is not included from the root; write "
                          "\"folder/file.hpp\", or <...> for somebody else's header")
        elif path.startswith(("transport/", "actors/proto/")) and "/" in header and not any(
                re.fullmatch(x.pattern, header) for x in LIBRARIES):
            if not header.startswith(("sys/", "netinet/", "arpa/", "tl/")):
                yield Finding(path, line, "library", f"<{header}> is not the standard library's; "
                              "the protocol needs nothing else")
        return
    if quote == "<":
        yield Finding(path, line, "layer", f"<{header}> is the project's own; write \"{header}\"")
    for folder, may, instead in LAYERS:
        if not path.startswith(folder):
            continue
        if not header.startswith(tuple(may)):
            yield Finding(path, line, "layer",
                          f"{folder} may not include \"{header}\"; {instead}")
        break
    mine, theirs = proto_folder(path), proto_folder(header)
    if not mine or not theirs or mine == theirs:
        return
    for folder in (mine, theirs):
        if folder not in PROTO_RANKS:
            yield Finding(path, line, "proto",
                          f"actors/proto/{folder} has no rank; give it one in PROTO_RANKS of "
                          "tools/check_layers.py, above what it needs")
            return
    if PROTO_RANKS[theirs] >= PROTO_RANKS[mine]:
        yield Finding(path, line, "proto",
                      f"actors/proto/{mine} may not include actors/proto/{theirs}, which is not below "
                      "it; move what both need to a lower folder, or let the actor join the two")


def proto_folder(path):
    parts = path.split("/")
    return parts[2] if len(parts) > 3 and parts[:2] == ["actors", "proto"] else None


def check_words(path, line, code, original):
    if path.startswith(HOST_FOLDERS):
        return
    for word in WORDS:
        found = re.search(word.pattern, code)
        if not found or excepted(path, word.rule):
            continue
        if word.rule == "order" and re.search(r"//\s*lookup only\s*$", original):
            continue
        yield Finding(path, line, word.rule, f"`{found.group(0).strip()}`: {word.instead}")


TEST_NAME = re.compile(r'\bTEST_CASE\(\s*((?:"(?:\\.|[^"\\\n])*"\s*)+)')


def check_test_names(path, text):
    """Catch2 takes a name apart at commas, CMake's lists at the others."""
    for found in TEST_NAME.finditer(text):
        name = "".join(re.findall(r'"((?:\\.|[^"\\\n])*)"', found.group(1)))
        if wrong := sorted(set(name) & set(",;[]")):
            yield Finding(path, text.count("\n", 0, found.start()) + 1, "test name",
                          f"a test's name holds {' '.join(wrong)}, so that it cannot be asked for by "
                          "that name; say it without")


def check_file(path, text):
    yield from check_test_names(path, text)
    originals = text.split("\n")
    for number, code in enumerate(code_lines(text), 1):
        include = INCLUDE.match(code)
        if include:
            yield from check_include(path, number, include.group(1), include.group(2))
        original = originals[number - 1] if number <= len(originals) else ""
        yield from check_words(path, number, code, original)


def check_top_level(names):
    for name in sorted(names - TOP_LEVEL - TOP_LEVEL_OPTIONAL):
        if not name.startswith("."):
            yield Finding(name, 1, "top level", "does not belong here; the root holds exactly "
                          + ", ".join(sorted(TOP_LEVEL)) + ". Generated files go into build*/")
    for name in sorted(TOP_LEVEL - names):
        yield Finding(name, 1, "top level", "is missing, or not in git")


def tracked_top_level(root):
    """None when this is not a git checkout."""
    if not os.path.exists(os.path.join(root, ".git")):
        return None
    try:
        out = subprocess.run(["git", "-c", f"safe.directory={os.path.abspath(root)}", "-C", root,
                              "ls-files", "-z"], capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return {name.split("/")[0] for name in out.decode(errors="replace").split("\0") if name}


def sources(root):
    for folder in CODE_FOLDERS:
        for where, folders, files in os.walk(os.path.join(root, folder)):
            folders.sort()
            for name in sorted(files):
                if name.endswith(SOURCE):
                    full = os.path.join(where, name)
                    yield os.path.relpath(full, root).replace(os.sep, "/"), full


def check(root):
    findings = []
    for path, full in sources(root):
        with open(full, encoding="utf-8", errors="replace") as f:
            findings += check_file(path, f.read())
    names = tracked_top_level(root)
    if names is not None:
        findings += check_top_level(names)
    return findings


# --- self-test ---------------------------------------------------------------------------------

# (file, what stands in it, the rule that fires or None)
SAMPLES = [
    ("transport/a.hpp", '#include "transport/bytes.hpp"', None),
    ("transport/a.hpp", '#include "actors/proto/note.hpp"', "layer"),
    ("transport/a.cpp", "#include <sodium.h>", None),
    ("transport/a.hpp", "#include <sodium.h>", "library"),
    ("transport/a.cpp", "#include <sodium/core.h>", None),
    ("transport/a.cpp", "#include <boost/any.hpp>", "library"),
    ("transport/a.hpp", "#include <caf/all.hpp>", "library"),
    ("transport/a.hpp", "#include <ns3/simulator.h>", "library"),
    ("transport/a.hpp", "#include <arpa/inet.h>", None),
    ("transport/a.hpp", "#include <tl/expected.hpp>", None),
    ("actors/proto/dht/a.cpp", '#include "transport/rng.hpp"', None),
    ("actors/proto/dht/a.cpp", '#include "actors/proto/dht/b.hpp"', None),
    ("actors/proto/dht/a.cpp", '#include "actors/proto/note.hpp"', None),
    ("actors/proto/dht/a.cpp", '#include "actors/proto/wire/codec.hpp"', None),
    ("actors/proto/wire/a.cpp", '#include "actors/proto/dht/node.hpp"', "proto"),
    ("actors/proto/keys/a.cpp", '#include "actors/proto/wire/codec.hpp"', "proto"),
    ("actors/proto/new/a.cpp", '#include "actors/proto/wire/codec.hpp"', "proto"),
    ("actors/proto/dht/a.cpp", '#include "actors/caf.hpp"', "layer"),
    ("actors/proto/dht/a.cpp", '#include "sim/nat/box.hpp"', "layer"),
    ("actors/proto/dht/a.cpp", "#include <caf/all.hpp>", "library"),
    ("actors/proto/dht/a.cpp", "#include <ns3/simulator.h>", "library"),
    ("actors/proto/dht/a.cpp", "#include <sodium.h>", "library"),
    ("actors/proto/dht/a.cpp", "#include <toml.hpp>", "library"),
    ("actors/proto/dht/a.cpp", "#include <nlohmann/json.hpp>", "library"),
    ("actors/proto/dht/a.cpp", "#include <fmt/core.h>", "library"),
    ("actors/proto/dht/a.cpp", "#include <vector>", None),
    ("actors/dht.cpp", '#include "actors/caf.hpp"', None),
    ("actors/dht.cpp", "#include <caf/all.hpp>", "library"),
    ("actors/caf.hpp", "#include <caf/all.hpp>", None),
    ("actors/dht.cpp", '#include "sim/runtime/simulation.hpp"', "layer"),
    ("actors/dht.cpp", '#include "real/host_rng.hpp"', "layer"),
    ("sim/runtime/a.cpp", "#include <caf/all.hpp>\n#include <ns3/simulator.h>", None),
    ("sim/world/a.cpp", "#include <caf/all.hpp>", "library"),
    ("sim/world/a.cpp", "#include <ns3/simulator.h>", None),
    ("sim/world/a.cpp", '#include "real/host_rng.hpp"', "layer"),
    ("sim/world/a.cpp", '#include "tests/support/x.hpp"', "layer"),
    ("sim/report/a.hpp", "#include <nlohmann/json.hpp>", "library"),
    ("sim/report/a.cpp", "#include <nlohmann/json.hpp>", None),
    ("sim/scenario/a.hpp", "#include <toml.hpp>", "library"),
    ("sim/world/a.cpp", "#include <CLI/CLI.hpp>", "library"),
    ("sim/world/a.cpp", "#include <catch2/catch.hpp>", "library"),
    ("real/a.cpp", '#include "sim/nat/box.hpp"', "layer"),
    ("real/a.cpp", "#include <ns3/simulator.h>", "library"),
    ("real/a.cpp", "#include <pcap/pcap.h>", "library"),
    ("real/net/pcap_receiver.cpp", "#include <pcap/pcap.h>", None),
    ("real/a.cpp", '#include <sodium.h>\nauto t = std::chrono::system_clock::now();', None),
    ("tools/wh/a.cpp", '#include "real/host_rng.hpp"\nstd::thread t;', None),
    ("tools/wh/a.cpp", '#include "tests/support/x.hpp"', "layer"),
    ("tools/wh/a.cpp", "#include <sodium.h>", "library"),
    ("tests/sim/nat/a.cpp", '#include "sim/nat/box.hpp"\n#include <catch2/catch.hpp>', None),
    ("tests/actors/a.cpp", "#include <ns3/simulator.h>", "library"),
    ("sim/world/a.cpp", '#include "world.hpp"', "layer"),
    ("sim/world/a.cpp", "#include <transport/bytes.hpp>", "layer"),
    ("sim/world/a.cpp", '// #include "real/host_rng.hpp"', None),
    ("sim/world/a.cpp", '/* x\n#include "real/host_rng.hpp"\n*/', None),
    ("sim/world/a.cpp", 'auto s = R"(\nrand();\n)";', None),
    ("sim/world/a.cpp", "int x = 1'000'000; rand(); int y = 1'000;", "chance"),
    ("sim/world/a.cpp", "char c = '\"'; rand(); char d = '\"';", "chance"),
    ("tests/actors/a_test.cpp", "std::mt19937 g;", "chance"),
    ("tests/actors/a_test.cpp", 'TEST_CASE("a peer is found, once") {}', "test name"),
    ("tests/actors/a_test.cpp", 'TEST_CASE(\n    "a peer is found [once] "\n    "or twice") {}', "test name"),
    ("tests/actors/a_test.cpp", 'TEST_CASE("a peer is found once") { f(1, 2); }', None),
    ("tests/bench/a.cpp", "auto t = std::chrono::steady_clock::now();", None),
    ("tests/bench/a.cpp", "std::mt19937 g;", "chance"),
    ("tests/real/a_test.cpp", "std::thread t;", None),
    ("sim/main/a.cpp", "auto t = std::chrono::steady_clock::now();", None),
    ("sim/world/a.cpp", "auto t = std::chrono::steady_clock::now();", "clock"),
]


def self_test():
    samples = list(SAMPLES)
    for word in WORDS:
        for folder in ("transport", "actors/proto/dht", "actors", "sim/world", "tests/sim"):
            samples += [(f"{folder}/a.cpp", text, word.rule) for text in word.bad]
            samples += [(f"{folder}/a.cpp", text, None) for text in word.good]
        samples += [(f"real/a.cpp", text, None) for text in word.bad]
    failures = []
    for path, text, rule in samples:
        with tempfile.TemporaryDirectory() as root:
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full))
            with open(full, "w", encoding="utf-8") as f:
                f.write(text + "\n")
            rules = {x.rule for x in check(root)}
        if rules != ({rule} if rule else set()):
            failures.append(f"{path}: {text!r}: expected {rule}, got {sorted(rules) or None}")
    for extra in ({"notes.txt"}, {"build"}, {"src"}):
        if {x.path for x in check_top_level(TOP_LEVEL | extra)} != extra:
            failures.append(f"top level: {extra} is not found")
    if list(check_top_level(TOP_LEVEL | {".gitignore", ".github", "LICENSE"})):
        failures.append("top level: dot files and LICENSE are found")
    if {x.path for x in check_top_level(TOP_LEVEL - {"sim"})} != {"sim"}:
        failures.append("top level: what is missing is not found")
    if not all(a.reason for a in EXCEPTIONS):
        failures.append("an exception without a reason")
    for failure in failures:
        print(failure)
    print(f"{len(samples) + 6} samples, {len(failures)} failures")
    return 1 if failures else 0


def main(arguments):
    if arguments == ["--self-test"]:
        return self_test()
    if len(arguments) > 1 or arguments[:1] == ["--help"]:
        print(__doc__)
        return 2
    root = arguments[0] if arguments else os.path.join(os.path.dirname(__file__), "..")
    findings = check(root)
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
