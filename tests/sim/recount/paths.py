"""Metrics of pairs: paths, traversal, failover."""

from measured import Label
from story import Story


def slices_of(log):
    yield "all", None, None, log.start, log.end
    for number, s in enumerate(log.slices):
        yield number, s.group, s.item, s.since, min(s.until, log.end)


def recount_paths(log, out):
    out.define("counter", "paths.pairs", "paths.pairs_never_online", "paths.outages")
    out.define("counter", "paths.changes")
    out.define("ratio", "paths.connected_ratio", "paths.direct_ratio", "paths.relayed_ratio")
    out.define("ratio", "paths.unreachable_ratio", "paths.payload_delivered_ratio")
    out.define("ratio", "traversal.direct_ratio_of_o1", "traversal.direct_ratio_of_o3")
    out.define("distribution", "paths.time_to_first_payload_s", "paths.time_to_direct_s")
    out.define("distribution", "paths.outage_s", "paths.rtt_s", "relay.failover_time_s")
    out.define("distribution", "traversal.messages")
    for number in log.pairs:
        tell(log, Story(log, number), out)


def tell(log, story, out):
    groups, item = {log.group(h) for h in story.ends}, story.pair.item
    if story.asked is None:
        out.add("paths.pairs_never_online", Label(log.end, groups, item))
        return
    asked = Label(story.asked[0], groups, item)
    out.add("paths.pairs", asked)
    out.add("traversal.messages", asked, story.messages())
    if all(log.udp(h, story.asked) for h in story.ends):
        out.add("paths.time_to_first_payload_s", asked, story.time_to_first())
    if log.verdict(story.number, story.asked).o1:
        out.add("paths.time_to_direct_s", asked, story.time_to_direct())
    if story.first:
        out.add("paths.outage_s", asked, story.longest_outage())
        out.add("paths.payload_delivered_ratio", asked, story.delivered())
    for outage in story.outages:
        out.add("paths.outages", Label(outage.since, groups, item))
    for time in story.changes():
        out.add("paths.changes", Label(time, groups, item))
    for time, round_trip in story.round_trips():
        out.add("paths.rtt_s", Label(time, groups, item), round_trip)
    for died, took in story.failovers():
        out.add("relay.failover_time_s", Label(died, groups, item), took)
    shares(log, story, out, groups, item)


def shares(log, story, out, groups, item):
    """The state of the pair's last moment in the run, and in each slice that it is in."""
    for part, group, only, since, until in slices_of(log):
        if (group is not None and group not in groups) or (only is not None and only != item):
            continue
        until = min(until, story.over[0])
        state = story.state_of_last_moment(since, until)
        if state is None:
            continue
        out.add_to_part("paths.connected_ratio", part, (int(state in ("relayed", "direct")), 1))
        out.add_to_part("paths.direct_ratio", part, (int(state == "direct"), 1))
        out.add_to_part("paths.relayed_ratio", part, (int(state == "relayed"), 1))
        out.add_to_part("paths.unreachable_ratio", part, (int(state == "unreachable"), 1))
        verdict = log.verdict(story.number, (story.last_moment(since, until), 2**63))
        if verdict.o1:
            out.add_to_part("traversal.direct_ratio_of_o1", part, (int(state == "direct"), 1))
        if verdict.o3:
            out.add_to_part("traversal.direct_ratio_of_o3", part, (int(state == "direct"), 1))
