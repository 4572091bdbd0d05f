"""The raw event log of a run: all of it in memory, to be looked through forwards and backwards.

Times are nanoseconds since 1970. A moment is a pair (time, line): what happens at one time is in the
order of its lines. sim/measure/README.md has the formats of the lines.
"""

from bisect import bisect_right
from collections import Counter, defaultdict, namedtuple

Host = namedtuple("Host", "name group")
Pair = namedtuple("Pair", "source target item")
Slice = namedtuple("Slice", "name group item since until")
Life = namedtuple("Life", "begun ended stopped")  # stopped: the run's end did not end it
Reach = namedtuple("Reach", "moment udp")
Verdict = namedtuple("Verdict", "moment o1 o3")
Word = namedtuple("Word", "moment state relay")  # what a host says of its path to another one
Ping = namedtuple("Ping", "moment sequence")
Send = namedtuple("Send", "moment bytes ours carries")
Fault = namedtuple("Fault", "moment hosts")
Held = namedtuple("Held", "moment holder sequence")  # took a record; None: dropped it
Note = namedtuple("Note", "moment host name value")
Lookup = namedtuple("Lookup", "moment asker item sought")
Looked = namedtuple("Looked", "moment outcome sequence requests timeouts")
Skipped = namedtuple("Skipped", "moment item")

HEADERS_V4, HEADERS_V6 = 28, 48  # of UDP and IP
# Lines that no metric needs.
UNUSED = {"online", "offline", "recv", "move", "box_address", "box_reboot", "disturb", "calm"}


def last_until(rows, moment):
    """The last of `rows`, in order of their moments, that is not after `moment`; or None."""
    i = bisect_right(rows, moment, key=lambda r: r.moment)
    return rows[i - 1] if i > 0 else None


def number_or_none(text):
    return None if text == "-" else int(text)


class EventLog:
    def __init__(self, path):
        self.start = self.end = None  # times
        self.hosts, self.pairs, self.slices = {}, {}, []
        self.reach, self.verdicts = defaultdict(list), defaultdict(list)  # by host, by pair
        self.births, self.deaths, self.became = (defaultdict(list) for _ in range(3))  # by host
        self.words = defaultdict(list)  # by (host, other)
        self.held = defaultdict(list)  # by whose record it is
        self.messages = defaultdict(list)  # by the set of the two
        self.pings, self.over = defaultdict(list), {}  # by pair
        self.pongs = defaultdict(dict)  # by pair: sequence to the moment of the first
        self.legs = {}  # (pair, leg, sequence) to "direct" or "relayed"
        self.sends, self.notes, self.drops = defaultdict(list), [], Counter()
        self.faults, self.lookups, self.looked, self.skipped = [], {}, {}, []
        self.boxes = []  # mappings of each
        self.stop = None  # the moment of the run's end
        self._carrier = set()  # hosts whose next datagram of ours carries payload
        self._read(path)
        self.lives = {h: self._lives_of(h) for h in self.hosts}

    def _read(self, path):
        with open(path, encoding="utf-8") as lines:
            for n, line in enumerate(lines):
                stamp, kind, rest = line.rstrip("\n").split(" ", 2)
                seconds, nanos = stamp.split(".")
                at = (int(seconds) * 10**9 + int(nanos), n)
                if self.start is None:
                    self.start = at[0]
                if kind in UNUSED:
                    continue
                take = getattr(self, "line_" + kind, None)
                if take is None:
                    raise SystemExit(f"{path}:{n + 1}: a line of an unknown kind, `{kind}`")
                take(at, rest.split(" "))
        if self.stop is None:
            raise SystemExit(f"{path}: the log does not tell the run's end")

    def line_host(self, at, f):
        self.hosts[int(f[0])] = Host(f[1], int(f[3]))
        self.reach[int(f[0])].append(Reach(at, f[5] == "udp"))

    def line_pair(self, at, f):
        self.pairs[int(f[3])] = Pair(int(f[0]), int(f[1]), int(f[2]))
        self.verdicts[int(f[3])].append(Verdict(at, f[4] == "o1", f[5] == "o3"))

    def line_slice(self, _, f):
        group, item, since, until = map(number_or_none, f[1:5])
        self.slices.append(Slice(" ".join(f[5:]), group, item, since, until))

    def line_finish(self, at, _):
        self.stop, self.end = at, at[0]

    def line_box(self, _, f):
        self.boxes.append(int(f[1]))

    def line_begin(self, at, f):
        self.births[int(f[0])].append(at)
        self._carrier.discard(int(f[0]))

    def line_end(self, at, f):
        self.deaths[int(f[0])].append(at)

    def line_became(self, at, f):
        self.became[int(f[0])].append(at)

    def line_note(self, at, f):
        self.notes.append(Note(at, int(f[0]), f[1], int(f[3])))

    def line_held(self, at, f):
        self.held[int(f[1])].append(Held(at, int(f[0]), int(f[2])))

    def line_dropped(self, at, f):
        self.held[int(f[1])].append(Held(at, int(f[0]), None))

    def line_message(self, at, f):
        self.messages[frozenset((int(f[0]), int(f[1])))].append(at)

    def line_path(self, at, f):
        self.words[int(f[0]), int(f[1])].append(Word(at, f[2], number_or_none(f[4])))

    def line_ping(self, at, f):
        self.pings[int(f[1])].append(Ping(at, int(f[2])))

    def line_payload(self, _, f):
        self.legs.setdefault((int(f[1]), f[2], int(f[3])), f[5])

    def line_pong(self, at, f):
        self.pongs[int(f[1])].setdefault(int(f[2]), at)

    def line_over(self, at, f):
        self.over[int(f[1])] = at

    def line_lookup(self, at, f):
        self.lookups[int(f[1])] = Lookup(at, int(f[0]), int(f[2]), number_or_none(f[3]))

    def line_looked(self, at, f):
        self.looked[int(f[1])] = Looked(at, f[2], int(f[3]), int(f[5]), int(f[6]))

    def line_skipped(self, at, f):
        self.skipped.append(Skipped(at, int(f[1])))

    def line_carries(self, _, f):
        self._carrier.add(int(f[0]))

    def line_send(self, at, f):
        host, ours = int(f[0]), f[4] == "ours"
        carries = ours and host in self._carrier
        if carries:
            self._carrier.remove(host)
        size = int(f[2]) + (HEADERS_V6 if f[1].startswith("[") else HEADERS_V4)
        self.sends[host].append(Send(at, size, ours, carries))

    def line_drop(self, _, f):
        self.drops[f[3]] += 1

    def line_event(self, at, f):
        self.faults.append(Fault(at, [int(h) for h in f[2:] if h]))

    def _lives_of(self, host):
        births, deaths = self.births[host], self.deaths[host]
        assert len(births) - len(deaths) in (0, 1), f"host {host}: more ends than beginnings"
        ends = deaths + [self.stop]
        return [Life(b, ends[i], i < len(deaths)) for i, b in enumerate(births)]

    def group(self, host):
        return self.hosts[host].group

    def udp(self, host, moment):
        return last_until(self.reach[host], moment).udp

    def verdict(self, pair, moment):
        return last_until(self.verdicts[pair], moment)

    def life_at(self, host, moment):
        """The life that runs at `moment`; or None."""
        for life in self.lives[host]:
            if life.begun <= moment < life.ended:
                return life
        return None

    def word(self, host, other, moment):
        """What `host` said last about `other` in the life that runs at `moment`."""
        life = self.life_at(host, moment)
        word = last_until(self.words[host, other], moment)
        if life is None or word is None or word.moment < life.begun:
            return Word(None, "none", None)
        return word
