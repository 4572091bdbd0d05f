"""Samples, and what a report would say of them."""

from collections import defaultdict, namedtuple

# When a sample falls, which groups its hosts are of, which item of the workload it belongs to.
Label = namedtuple("Label", "at groups item")
STATISTICS = ("n", "censored", "mean", "min", "p50", "p90", "p95", "p99", "max")


def percentile(samples, censored, hundredths):
    """Nearest rank: the least value that so many of all samples do not exceed; None is never."""
    everything = len(samples) + censored
    rank = max(1, -(-hundredths * everything // 100))
    return samples[rank - 1] if rank <= len(samples) else None


def distribution(samples):
    """The report's fields; a sample that is None is censored and ranks behind all others."""
    came = sorted(s for s in samples if s is not None)
    censored = len(samples) - len(came)
    out = {"n": len(samples), "censored": censored}
    if not samples:
        return out | dict.fromkeys(STATISTICS[2:]) | {"cdf": []}
    out["mean"] = None if censored else sum(came) / len(came)
    out["min"] = came[0] if came else None
    out["max"] = None if censored else came[-1]
    for p in (50, 90, 95, 99):
        out[f"p{p}"] = percentile(came, censored, p)
    out["cdf"] = [percentile(came, censored, p) for p in range(101)]
    return out


class Recount:
    """The samples of every metric. A counter's and a ratio's are numbers and pairs (part, whole)."""

    def __init__(self):
        self._kinds = {}
        self._samples = defaultdict(list)  # name: [(label, slice or None, value)]

    def define(self, kind, *names):
        for name in names:
            self._kinds[name] = kind

    def add(self, name, label, value=1):
        """A sample that falls at its label. A label of None: it is of the whole run alone."""
        assert name in self._kinds, name
        self._samples[name].append((label, None, value))

    def add_to_part(self, name, part, value):
        """A sample of one part of the run, a slice's number or "all", whatever its time."""
        assert name in self._kinds, name
        self._samples[name].append((None, part, value))

    def names(self):
        return set(self._kinds)

    def fields(self, name, part="all", within=lambda label: True):
        """What the report says of a metric in a part of the run; `within`: is a label in it?"""
        values = [
            v
            for label, only, v in self._samples[name]
            if (only == part if only is not None else part == "all" or (label and within(label)))
        ]
        kind = self._kinds[name]
        if kind == "counter":
            return {"value": sum(values)}
        if kind == "ratio":
            hits, whole = sum(v[0] for v in values), sum(v[1] for v in values)
            return {"value": hits / whole if whole else None, "part": hits, "whole": whole}
        return distribution(values)


def within(piece, run_end):
    """Whether a label falls into a slice."""

    def test(label):
        if piece.group is not None and piece.group not in label.groups:
            return False
        if piece.item is not None and piece.item != label.item:
            return False
        last = label.at == run_end and piece.until >= run_end
        return piece.since <= label.at and (label.at < piece.until or last)

    return test


def nothing(fields):
    """No sample at all, which a report may leave out."""
    return not fields.get("value") and not fields.get("whole") and not fields.get("n")


def same(a, b):
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if a is None or b is None:
        return a is b
    return abs(a - b) <= 1e-9 * max(abs(a), abs(b))


def differences(recount, report, part="all", label_test=None):
    """Lines that tell where a report's metrics are not those of the recount."""
    out = []
    for name in sorted(set(report) - recount.names()):
        out.append(f"{name}: is in the report and is not recounted")
    for name in sorted(recount.names()):
        mine = recount.fields(name, part, label_test or (lambda label: True))
        theirs = report.get(name)
        if theirs is None:
            if not nothing(mine):
                out.append(f"{name}: is not in the report, recounted {mine}")
            continue
        for field, value in mine.items():
            if not theirs.get("exact", True) and field[0] == "p":
                continue  # fell into buckets, above 65,536 samples
            if field == "cdf" and not theirs["exact"]:
                continue
            if not same(value, theirs[field]):
                out.append(f"{name}.{field}: reported {theirs[field]}, recounted {value}")
    return out
