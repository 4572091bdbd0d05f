"""Metrics of lookups. What counts as found is decided here anew, from the records that were signed."""

from bisect import bisect_right

from measured import Label

SECOND = 10**9
SPREADING = 30 * SECOND
SETTLED = 60 * SECOND


def least_wanted(log, signed, sought, moment):
    """The newest record that had been signed half a minute before, else the first of that peer."""
    identities = log.became[sought]
    i = bisect_right(identities, moment)
    since = identities[i - 1] if i else (0, 0)
    versions = [n for n in signed.get(sought, []) if since <= n.moment <= moment]
    spread = [n for n in versions if n.moment[0] + SPREADING <= moment[0]]
    return spread[-1].value if spread else versions[0].value if versions else None


def third_one_has(log, asked, wanted):
    """Whether a peer that is neither of the two took so new a record, in the life it is in."""
    identities = log.became[asked.sought]
    i = bisect_right(identities, asked.moment)
    since = identities[i - 1] if i else (0, 0)
    last = {h.holder: h for h in log.held[asked.sought] if since <= h.moment < asked.moment}
    for holder, held in last.items():
        life = log.life_at(holder, asked.moment)
        there = life and life.begun <= held.moment
        if not there or holder in (asked.asker, asked.sought) or held.sequence is None:
            continue
        if held.sequence >= wanted:
            return True
    return False


def stopped_between(log, host, since, until):
    return any(since <= death <= until for death in log.deaths[host])


def recount_lookups(log, out):
    out.define("counter", "dht.lookups", "dht.lookups_skipped", "dht.lookups_void")
    out.define("counter", "dht.lookups_stale")
    out.define("ratio", "dht.lookup_success_ratio", "dht.absent_ratio")
    out.define("ratio", "dht.lookup_success_ratio_of_held")
    out.define("distribution", "dht.lookup_time_s", "dht.lookup_requests", "dht.lookup_timeouts")
    signed = {}
    for note in log.notes:
        if note.name == "record.signed":
            signed.setdefault(note.host, []).append(note)
    for skipped in log.skipped:
        out.add("dht.lookups_skipped", Label(skipped.moment[0], set(), skipped.item))
    for number, asked in log.lookups.items():
        ended = log.looked.get(number)
        if ended is None:
            continue
        about = [h for h in (asked.asker, asked.sought) if h is not None]
        label = Label(asked.moment[0], {log.group(h) for h in about}, asked.item)
        for h in about:
            life = log.life_at(h, asked.moment)
            assert life and asked.moment[0] - life.begun[0] >= SETTLED, f"lookup {number}: too soon"
        assert log.udp(asked.asker, asked.moment), f"lookup {number}: its asker is cut off"
        if any(stopped_between(log, h, asked.moment, ended.moment) for h in about):
            out.add("dht.lookups_void", label)
            continue
        if asked.sought is None:
            out.add("dht.absent_ratio", label, (int(ended.outcome == "not_found"), 1))
            continue
        wanted = least_wanted(log, signed, asked.sought, asked.moment)
        assert wanted is not None, f"lookup {number}: the one sought has published nothing"
        found = ended.sequence >= wanted
        out.add("dht.lookups", label)
        if 0 < ended.sequence < wanted:
            out.add("dht.lookups_stale", label)
        out.add("dht.lookup_success_ratio", label, (int(found), 1))
        if third_one_has(log, asked, wanted):
            out.add("dht.lookup_success_ratio_of_held", label, (int(found), 1))
        took = (ended.moment[0] - asked.moment[0]) / SECOND
        out.add("dht.lookup_time_s", label, took if found else None)
        out.add("dht.lookup_requests", label, ended.requests)
        out.add("dht.lookup_timeouts", label, ended.timeouts)
