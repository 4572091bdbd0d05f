#!/usr/bin/env python3
"""Writes cities.csv, round trips between 20 cities: `./cities.py > cities.csv`.

Not measured. Light in fibre goes 200,000 km/s (ITU-T G.652: index 1.47), cables are 1.3 times as
long as the great circle, and a round trip has 4 ms of equipment. Between continents a packet goes
by the hubs where cables land, one per continent, unless both cities are hubs. So two hops over a
city between are often faster than the direct way, as they were for 30 to 80 % of measured pairs
(Savage et al., The End-to-End Effects of Internet Path Selection, SIGCOMM 1999).
"""
import math

# Latitude and longitude in degrees; the first city of a continent is its hub.
CITIES = {
    "north america": {"New York": (40.7, -74.0), "San Francisco": (37.8, -122.4),
                      "Chicago": (41.9, -87.6), "Toronto": (43.7, -79.4), "Miami": (25.8, -80.2)},
    "europe": {"London": (51.5, -0.1), "Frankfurt": (50.1, 8.7), "Madrid": (40.4, -3.7),
               "Warsaw": (52.2, 21.0), "Stockholm": (59.3, 18.1)},
    "south america": {"Sao Paulo": (-23.5, -46.6), "Bogota": (4.7, -74.1),
                      "Santiago": (-33.4, -70.7)},
    "africa": {"Cape Town": (-33.9, 18.4), "Lagos": (6.5, 3.4), "Nairobi": (-1.3, 36.8)},
    "asia": {"Singapore": (1.35, 103.8), "Tokyo": (35.7, 139.7), "Mumbai": (19.1, 72.9),
             "Sydney": (-33.9, 151.2)},
}
PLACES = [(c, name, at) for c, cities in CITIES.items() for name, at in cities.items()]
HUB = {c: next(iter(cities.values())) for c, cities in CITIES.items()}


def km(a, b):
    (la, lo), (lb, lp) = [tuple(map(math.radians, x)) for x in (a, b)]
    h = math.sin((lb - la) / 2) ** 2 + math.cos(la) * math.cos(lb) * math.sin((lp - lo) / 2) ** 2
    return 2 * 6371 * math.asin(math.sqrt(h))


def round_trip_ms(a, b):
    legs = [a[2], b[2]] if a[0] == b[0] else [a[2], HUB[a[0]], HUB[b[0]], b[2]]
    return 4 + 2 * 1.3 * sum(km(x, y) for x, y in zip(legs, legs[1:])) / 200


print("# Round trips in milliseconds between 20 cities, computed by cities.py from where they lie and")
print("# where cables land. In this order:")
names = [p[1] for p in PLACES]
for i in range(0, len(names), 8):
    print("# " + ", ".join(names[i:i + 8]) + ("," if i + 8 < len(names) else "."))
for a in PLACES:
    print(",".join("0" if a is b else f"{round_trip_ms(a, b):.1f}" for b in PLACES))
