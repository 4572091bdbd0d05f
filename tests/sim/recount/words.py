"""What the two peers of a pair say of their paths to each other."""

from bisect import bisect_left

STATES = ("none", "relayed", "direct")


class Words:
    def __init__(self, log, ends):
        self.said = [self._words_of(log, *ends), self._words_of(log, *reversed(ends))]

    def _words_of(self, log, host, other):
        """(moment, state, relay) of every change of what a host says, ends of its lives included."""
        said = [(w.moment, w.state, w.relay) for w in log.words[host, other]]
        said += [(life.ended, "none", None) for life in log.lives[host] if life.stopped]
        out = [((0, 0), "none", None)]
        for moment, state, relay in sorted(said):
            if out[-1][1:] != (state, relay):
                out.append((moment, state, relay))
        return out

    def at(self, side, moment):
        return self.said[side][bisect_left(self.said[side], (moment,)) - 1]

    def path_since(self, moment, direct):
        """Since when both sides had the paths that they have at `moment`; None where they are not
        such that payload goes direct, or by relay."""
        a, b = self.at(0, moment), self.at(1, moment)
        if "none" in (a[1], b[1]) or direct != (a[1] == b[1] == "direct"):
            return None
        return max(a[0], b[0])

    def kind_since(self, moment, direct):
        """The same, of paths of this kind, whichever relay they go by."""
        since = self.path_since(moment, direct)
        while since:
            earlier = self.path_since(since, direct)
            if earlier is None:
                return since
            since = earlier
        return None

    def falls(self):
        out = []
        for words in self.said:
            for before, after in zip(words, words[1:]):
                if STATES.index(after[1]) < STATES.index(before[1]):
                    out.append(after[0])
        return out

    def gone(self):
        """Moments at which one of them said that it has no path any more."""
        return [w[0] for words in self.said for w in words[1:] if w[1] == "none"]

    def relays(self):
        return {w[2] for words in self.said for w in words} - {None}
