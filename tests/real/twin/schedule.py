"""Who runs when: drawn from a seed, and written down as a scenario of wh-sim."""

import random

BOOTS = 3  # it takes three observers to say that a mapping varies
LIFE_MIN_S = 20


class Schedule:
    """`lives`: for each peer that is no boot node its lives, (from, until) in seconds from the run's
    start, in order; `until` lies behind the run's end where nothing ends it."""

    def __init__(self, peers, minutes, seed):
        self.peers, self.duration_s = peers, 60 * minutes
        draw = random.Random(seed)
        self.lives = [self._lives_of_one(draw) for _ in range(peers - BOOTS)]

    def _lives_of_one(self, draw):
        """All arrive in the first sixth of the run. Then half stay, a quarter are killed for good, and
        a quarter are killed and started again, once or twice."""
        end, never = self.duration_s, self.duration_s + 1
        start = draw.uniform(2, end / 6)
        lot = draw.random()
        kills = 0 if lot < 0.5 else 1 if lot < 0.875 else 2
        returns = lot >= 0.75
        lives = []
        for _ in range(kills):
            if start + LIFE_MIN_S >= end:
                break
            until = draw.uniform(start + LIFE_MIN_S, end)
            lives.append((start, until))
            if not returns:
                return lives
            start = until + draw.uniform(1, end / 18)
        if start < end:
            lives.append((start, never))
        return lives

    def happenings(self):
        """(when, number of the peer, "start" or "kill"), in order of time."""
        all = []
        for peer, lives in enumerate(self.lives):
            for begin, until in lives:
                all.append((begin, peer, "start"))
                if until < self.duration_s:
                    all.append((until, peer, "kill"))
        return sorted(all)

    def counts(self):
        """Starts, kills, and how many of the starts are a peer's second or third."""
        words = [what for _, _, what in self.happenings()]
        again = words.count("start") - len(self.lives)
        return words.count("start"), words.count("kill"), again

    def lives_csv(self):
        return "".join(f"{peer},{begin:.3f},{until:.3f}\n"
                       for peer, lives in enumerate(self.lives) for begin, until in lives)

    def scenario(self, lives_file, seeds):
        """The simulated twin. Cryptography has the same sizes and failures either way."""
        return f"""name = "twin"
question = "What do {self.peers} peers send that come, die and come back?"
seeds = {list(range(1, seeds + 1))}
duration_s = {self.duration_s}
crypto = "modelled"
[network]
latency = "constant"
latency_ms = 0.1
jitter_ms = 0
[[peers]]
group = "boot"
count = {BOOTS}
role = "node"
boot = true
relay = true
mode = "direct"
[[peers]]
group = "peers"
count = {len(self.lives)}
role = "node"
relay = true
churn = {{ trace_file = "{lives_file}" }}
"""
