"""Metrics of single hosts: their lives, what they send, the network and boxes."""

from measured import Label

SECOND = 10**9
JOINING_MIN = 30 * SECOND
SETTLING = 600 * SECOND
IDLE_MIN = 60 * SECOND

REFUSALS = {
    "session." + what
    for what in (
        "malformed bad_version bad_mac1 bad_initiation bad_key low_workbit undecodable "
        "old_timestamp not_early replay bad_response bad_packet rate_limited overloaded bad_cookie"
    ).split()
}

# A metric's reasons, as `drop` lines tell them.
NETWORK_DROPS = {
    "network.lost": ["lost"],
    "network.queue_full": ["queue_full"],
    "network.oversized": ["too_big"],
    "network.cut_off": ["cut_off"],
    "network.undeliverable": ["no_route", "offline", "no_socket"],
    "network.expired": ["ttl_expired"],
    "network.to_self": ["to_self"],
    "nat.drops": ["box"],
}


def recount_network(log, out):
    out.define("counter", "network.datagrams", "network.sent_bytes", "nat.boxes", *NETWORK_DROPS)
    out.define("distribution", "nat.mappings")
    sends = [s for of_host in log.sends.values() for s in of_host]
    out.add("network.datagrams", None, len(sends))
    out.add("network.sent_bytes", None, sum(s.bytes for s in sends))
    known = {why for reasons in NETWORK_DROPS.values() for why in reasons}
    assert set(log.drops) <= known, f"datagrams dropped for {set(log.drops) - known}"
    for name, reasons in NETWORK_DROPS.items():
        out.add(name, None, sum(log.drops[why] for why in reasons))
    out.add("nat.boxes", None, len(log.boxes))
    for held in log.boxes:
        out.add("nat.mappings", None, held)


def recount_peers(log, out):
    out.define("counter", "peers.online", "peers.started", "session.rejected")
    out.define("counter", "wireguard.handshakes")
    for host, lives in log.lives.items():
        groups = {log.group(host)}
        for life in lives:
            out.add("peers.started", Label(life.begun[0], groups, None))
        if lives and not lives[-1].stopped:
            out.add("peers.online", Label(log.end, groups, None))
    for note in log.notes:
        label = Label(note.moment[0], {log.group(note.host)}, None)
        if note.name in REFUSALS:
            out.add("session.rejected", label)
        if note.name == "wireguard.session":
            out.add("wireguard.handshakes", label)


def recount_joining(log, out):
    out.define("counter", "dht.lives_too_short")
    out.define("ratio", "dht.joined_ratio")
    out.define("distribution", "dht.time_to_join_s")
    joined = {}
    for note in log.notes:
        if note.name == "dht.joined":
            joined.setdefault((note.host, log.life_at(note.host, note.moment)), note.moment[0])
    for host, lives in log.lives.items():
        for life in lives:
            if not log.udp(host, life.ended):
                continue
            label = Label(life.begun[0], {log.group(host)}, None)
            when = joined.get((host, life))
            if when is None and life.ended[0] - life.begun[0] < JOINING_MIN:
                out.add("dht.lives_too_short", label)
                continue
            out.add("dht.joined_ratio", label, (int(when is not None), 1))
            time = None if when is None else (when - life.begun[0]) / SECOND
            out.add("dht.time_to_join_s", label, time)


def recount_upkeep(log, out):
    out.define("distribution", "join.sent_bytes", "join.sent_datagrams", "idle.sent_bytes_per_s")
    out.define("distribution", "idle.sent_packets_per_s", "relay.carried_bytes_per_s")
    for host, lives in log.lives.items():
        groups = {log.group(host)}
        idle, idle_for, carried, lived = [], 0, 0, 0
        for life in lives:
            mine = [s for s in log.sends[host] if s.ours and life.begun < s.moment < life.ended]
            own = [s for s in mine if not s.carries]
            carried += sum(s.bytes for s in mine if s.carries)
            length = life.ended[0] - life.begun[0]
            lived += length
            if length < SETTLING:
                continue
            settled = life.begun[0] + SETTLING
            joining = [s.bytes for s in own if s.moment[0] < settled]
            out.add("join.sent_bytes", Label(life.begun[0], groups, None), sum(joining))
            out.add("join.sent_datagrams", Label(life.begun[0], groups, None), len(joining))
            idle += [s.bytes for s in own if s.moment[0] >= settled]
            idle_for += length - SETTLING
        at_end = Label(log.end, groups, None)
        if idle_for >= IDLE_MIN:
            out.add("idle.sent_bytes_per_s", at_end, sum(idle) * SECOND / idle_for)
            out.add("idle.sent_packets_per_s", at_end, len(idle) * SECOND / idle_for)
        if carried:
            out.add("relay.carried_bytes_per_s", at_end, carried * SECOND / lived)
