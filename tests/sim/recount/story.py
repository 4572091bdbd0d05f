"""What became of one pair, told backwards from all that is known of it at the run's end.

The rules are those of sim/measure/README.md, "What becomes of a pair".
"""

from bisect import bisect_left
from collections import namedtuple
from itertools import accumulate

from words import Words

SECOND = 10**9

Stay = namedtuple("Stay", "since state")
Outage = namedtuple("Outage", "since until")  # times; until None: to the pair's end
Together = namedtuple("Together", "since until stopped")  # moments between which both ran
# Of a request: `gone` is the moment from which it counts as lost, None for one answered in time.
Request = namedtuple("Request", "sent answered gone direct")


class Story:
    def __init__(self, log, number):
        self.log, self.number = log, number
        self.pair = log.pairs[number]
        self.ends = (self.pair.source, self.pair.target)
        pings = log.pings[number]
        self.asked = pings[0].moment if pings else None
        if self.asked is None:
            return
        self.over = log.over.get(number, log.stop)
        self.together = self._together()
        self._sent = {p.sequence: p.moment for p in pings}
        # In order of time; an answer that comes when one of the two does not run came to nobody.
        self._answers = sorted(
            (at, s) for s, at in log.pongs[number].items() if at < self.over and self.running(at)
        )
        self._best = list(
            accumulate((at[0] - self._sent[s][0] for at, s in self._answers), min)
        )
        self._last = [at[0] - self._sent[s][0] for at, s in self._answers]
        self.first = self._answers[0] if self._answers else None  # (moment, sequence)
        self.words = Words(log, self.ends)
        self.deaths = self._relay_deaths()
        self.hints = sorted([m for m in self.words.falls() if self.running(m)] + self._strikes() + self.deaths)
        self.requests = [self._judge(p) for p in pings if self.first and p.moment > self.first[0]]
        self.outages, self.stays = [], []
        for span in self.together:
            self.stays += self._tell(span)

    # ---- who runs, and what befell it

    def _together(self):
        out = []
        for a in self.log.lives[self.ends[0]]:
            for b in self.log.lives[self.ends[1]]:
                since = max(a.begun, b.begun, self.asked)
                ended = min(a.ended, b.ended)
                if since < min(ended, self.over):
                    out.append(Together(since, min(ended, self.over), ended < self.over))
        return sorted(out)

    def running(self, moment):
        return any(t.since <= moment < t.until for t in self.together)

    def _strikes(self):
        return [
            f.moment
            for f in self.log.faults
            if set(f.hosts) & set(self.ends) and self.running(f.moment)
        ]

    def _relay_deaths(self):
        """Ends of lives of peers that one of the two named as its relay at that time."""
        return sorted(
            death
            for relay in self.words.relays()
            for death in self.log.deaths[relay]
            if self.running(death) and relay in (self.words.at(0, death)[2], self.words.at(1, death)[2])
        )

    # ---- payload

    def _patience(self, before):
        """The rule's patience at a moment, from the answers that had come."""
        i = bisect_left(self._answers, (before,))
        return max(SECOND, 4 * self._best[i - 1], 2 * self._last[i - 1]) if i else SECOND

    def _judge(self, ping):
        sent = ping.moment
        span = next(t for t in self.together if t.since <= sent < t.until)
        answered = self.log.pongs[self.number].get(ping.sequence)
        if answered and not (answered < self.over and self.running(answered)):
            answered = None
        # Each answer changes it: the first one after which it has run out, or its own end.
        gone = sent[0] + self._patience(sent)
        for at, _ in self._answers[bisect_left(self._answers, (sent,)) :]:
            if at[0] > gone:
                break
            gone = max(at[0], sent[0] + self._patience((at[0], at[1] + 1)))
        if answered and answered < span.until and answered[0] <= gone:
            return Request(sent, answered, None, self._went_direct(ping.sequence))
        if gone < span.until[0]:
            late = answered and self._went_direct(ping.sequence)
            return Request(sent, answered, gone, late)
        return Request(sent, None, None, None)  # under way when one of them stopped, or at the end

    def _went_direct(self, sequence):
        legs = [self.log.legs.get((self.number, leg, sequence)) for leg in ("request", "reply")]
        assert None not in legs, f"pair {self.number}: an answer {sequence} that did not come"
        return legs == ["direct", "direct"]

    def _dated(self, request, after, lost):
        """The moment at which both had the path that a request took, if it came to be after `after`
        and the first request sent since is this one; else that of its answer."""
        since = self.words.path_since(request.sent, request.direct)
        if since and since[0] > after and not any(r.sent >= since for r in lost):
            return since[0]
        return request.answered[0]

    def _tell(self, span):
        """The stays of one span in which both ran. Adds its outages."""
        out = [Stay(span.since[0], "unreachable")]
        ended = [Stay(span.until[0], "offline")] if span.stopped else []
        if not self.first or self.first[0] >= span.until:
            return out + ended
        open_since = None  # of the outage under way
        if self.first[0] >= span.since:
            sent, direct = self._sent[self.first[1]], self._went_direct(self.first[1])
            since = sent >= span.since and self.words.kind_since(sent, direct)
            if since and any(since <= at < sent for at in self._sent.values()):
                since = None  # it was the next that came back, not the next
            when = max(since[0], span.since[0]) if since else self.first[0][0]
            out.append(Stay(when, "direct" if direct else "relayed"))
            good = Request(sent, self.first[0], None, direct)
        else:
            good, open_since = None, span.since[0]
        judged = [
            r
            for r in self.requests
            if span.since <= r.sent < span.until and (r.gone or r.answered)
        ]
        lost = []  # since the last that came
        for request in judged + [None]:
            if request and request.gone:
                lost.append(request)
                continue
            open_since, through = self._gap(span, out, good, lost, request, open_since)
            if request is None:
                break
            kind = "direct" if request.direct else "relayed"
            if open_since is None:
                open_since = self._gap_of_words(through, request, lost)
                if open_since is not None:
                    open_since = max(open_since, out[-1].since)
                    out.append(Stay(open_since, "unreachable"))
            if open_since is not None:
                until = self._dated(request, open_since, lost)
                self.outages.append(Outage(open_since, until))
                out.append(Stay(until, kind))
                open_since = None
            elif out[-1].state != kind:
                since = self.words.kind_since(request.sent, request.direct)
                fresh = since and (since > good.sent if good else since[0] > out[-1].since)
                out.append(Stay(max(out[-1].since, since[0] if fresh else request.answered[0]), kind))
            good, lost = request, []
        if open_since is not None:
            self.outages.append(Outage(open_since, span.until[0] if span.stopped else None))
        return out + ended

    def _gap(self, span, out, good, lost, request, open_since):
        """What lost requests between two that came make: since when an outage lasts, or None; and the
        moment up to which hints tell nothing more."""
        events = [(r.gone, 1, r) for r in lost]
        events += [(r.answered[0], 0, r) for r in lost if r.answered and r.answered < span.until]
        begun = good.answered if good else span.since
        events += [(r.answered[0], 0, r) for r in self._strays(span) if r.answered > begun]
        if request:  # what comes after it tells nothing of the time before
            events = [e for e in events if e[1] or e[0] < request.answered[0]]
        row, through = [], good.sent if good else span.since
        for time, is_loss, r in sorted(events, key=lambda e: e[:2]):
            if not is_loss:
                if open_since is not None:
                    self.outages.append(Outage(open_since, time))
                    out.append(Stay(time, "direct" if r.direct else "relayed"))
                    open_since = None
                through = max(through, r.sent)
                if row and r.sent >= row[0].sent:
                    row = []
                continue
            row.append(r)
            near = [h for h in self.hints if through < h < span.until and h[0] <= r.gone]
            if open_since is None and (len(row) > 1 or near):
                since = min([row[0].sent[0]] + [h[0] for h in near])
                open_since = max(since, out[-1].since)
                out.append(Stay(open_since, "unreachable"))
            if open_since is not None:  # it was known without them
                through = max(through, r.sent)
        return open_since, through

    def _strays(self, span):
        """Answers within a span to what was sent before it, or before the first answer of all."""
        since = max(span.since, self.first[0])
        return [
            Request(self._sent[s], at, None, self._went_direct(s))
            for at, s in self._answers
            if self._sent[s] < since < at < span.until
        ]

    def _gap_of_words(self, after, request, lost):
        """A side had no path for a while, and payload saw nothing of it: since when, or None."""
        gone = [m for m in self.words.gone() if after < m <= request.sent]
        if not gone:
            return None
        back = self.words.path_since(request.sent, request.direct)
        if back and back > min(gone) and not any(r.sent >= back for r in lost):
            return min(gone)[0]
        return None

    # ---- what came of it

    def delivered(self):
        """(came back, of those judged)."""
        judged = [r for r in self.requests if r.gone or r.answered]
        return sum(1 for r in judged if r.answered), len(judged)

    def round_trips(self):
        return [(at[0], (at[0] - self._sent[s][0]) / SECOND) for at, s in self._answers]

    def time_to_first(self):
        return (self.first[0][0] - self.asked[0]) / SECOND if self.first else None

    def time_to_direct(self):
        direct = [s.since for s in self.stays if s.state == "direct"]
        return (direct[0] - self.asked[0]) / SECOND if direct else None

    def longest_outage(self):
        lengths = [None if o.until is None else o.until - o.since for o in self.outages]
        return None if None in lengths else max(lengths, default=0) / SECOND

    def failovers(self):
        """(time of the relay's death, seconds or None)."""
        out = []
        in_time = {r.sent: r for r in self.requests if r.answered and not r.gone}
        if self.first:
            at, first = self.first
            sent = self._sent[first]
            in_time[sent] = Request(sent, at, None, self._went_direct(first))
        for death in self.deaths:
            over = []
            for at, sequence in self._answers:
                sent = self._sent[sequence]
                if sent < death:
                    continue
                lost = [x for x in self.requests if x.gone and death < x.sent < sent]
                dated = sent in in_time
                over.append(self._dated(in_time[sent], death[0], lost) if dated else at[0])
            out.append((death[0], (min(over) - death[0]) / SECOND if over else None))
        return out

    def last_moment(self, since, until):
        """The last at which both ran, from `since` to `until` (times); None: they never did."""
        spans = [t for t in self.together if t.since[0] <= until and t.until[0] >= since]
        return min(until, spans[-1].until[0]) if spans else None

    def state_of_last_moment(self, since, until):
        """At the last moment of that stretch at which both ran; None where there is none."""
        if self.last_moment(since, until) is None:
            return None
        states = [s.state for s in self.stays if s.since <= until and s.state != "offline"]
        return states[-1] if states else None

    def changes(self):
        """Times of changes that users notice."""
        states = [s for s in self.stays if s.state != "offline"]
        while states and states[0].state == "unreachable":
            states.pop(0)
        return [b.since for a, b in zip(states, states[1:]) if a.state != b.state]

    # ---- what it cost

    def messages(self):
        """What the two sent each other until both had a direct path at once."""
        a, b = self.ends
        words = [w.moment for end in ((a, b), (b, a)) for w in self.log.words[end]]
        moments = sorted([self.asked] + [m for m in words if self.asked < m < self.over])
        both = (m for m in moments if all(
            self.log.word(x, y, m).state == "direct" for x, y in ((a, b), (b, a))
        ))
        until = next(both, self.over)
        return sum(1 for m in self.log.messages[frozenset(self.ends)] if self.asked < m < until)
