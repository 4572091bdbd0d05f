#include "sim/nat/port_choice.hpp"

#include <bit>

namespace wh::sim::nat {

namespace {

struct chooser {
  const config& c;
  flow_table& table;
  rng& random;
  const port_request& r;
  std::uint8_t pool_index;

  using result = expected<outside_port, drop_reason>;

  bool is_free(std::uint32_t port) const {
    return port_free(c, table, r, {pool_index, static_cast<std::uint16_t>(port)});
  }
  result found(std::uint32_t port) const {
    return outside_port{pool_index, static_cast<std::uint16_t>(port)};
  }

  /// Some independent draws, then a walk: a draw alone finds no port in a nearly full range, a walk
  /// alone piles flows up behind each other.
  template <class PortAt>
  result draw(std::uint32_t count, PortAt port_at) const {
    if (count == 0) return unexpected(drop_reason::port_exhausted);
    std::uint32_t i = 0;
    for (int attempt = 0; attempt < 16; ++attempt) {
      i = static_cast<std::uint32_t>(random.below(count));
      if (is_free(port_at(i))) return found(port_at(i));
    }
    for (std::uint32_t step = 0; step < std::min(count, std::uint32_t{4096}); ++step) {
      i = i + 1 == count ? 0 : i + 1;
      if (is_free(port_at(i))) return found(port_at(i));
    }
    return unexpected(drop_reason::port_exhausted);
  }
  result draw_between(std::uint32_t lo, std::uint32_t hi) const {
    return draw(hi >= lo ? hi - lo + 1 : 0, [lo](std::uint32_t i) { return lo + i; });
  }

  result preserve() const {
    const std::uint32_t port = r.inside.port();
    std::uint32_t lo = c.port_lo, hi = c.port_hi;
    if (c.port_classes) {  // nf_nat_core.c, nf_nat_l4proto_unique_tuple
      if (port < 512) {
        lo = 1, hi = 511;
      } else if (port < 1024) {
        lo = 600, hi = 1023;
      }
    }
    const bool in_range = c.port_classes ? port != 0 : port >= lo && port <= hi;
    if (in_range && is_free(port)) return found(port);
    switch (c.on_clash) {
      case clash::drop:
        return unexpected(drop_reason::port_exhausted);
      case clash::random:
        return draw_between(lo, hi);
      case clash::next: {
        std::uint32_t p = port;
        for (std::uint32_t step = 0; step < std::min(hi - lo + 1, std::uint32_t{4096}); ++step) {
          p = p >= hi || p < lo ? lo : p + 1;
          if (is_free(p)) return found(p);
        }
        return unexpected(drop_reason::port_exhausted);
      }
    }
    return unexpected(drop_reason::port_exhausted);
  }

  /// How many ports the box's other users took in `elapsed`. A Poisson count without a logarithm,
  /// whose last bits differ between libraries: binomial with 16 trials of 1/16 for each expected
  /// one, which has 15/16 of the variance.
  std::uint64_t cross_traffic(duration elapsed) const {
    if (c.cross_traffic_per_s <= 0 || elapsed <= 0s) return 0;
    const double mean = std::min(c.cross_traffic_per_s * to_seconds(elapsed), 1e6);
    auto trials = static_cast<std::uint64_t>(mean * 16);
    // Beyond some thousand the spread is wider than any window that is searched.
    std::uint64_t count = trials > 65536 ? (trials - 65536) / 16 + random.below(256) : 0;
    trials = std::min(trials, std::uint64_t{65536});
    for (; trials > 0; trials -= std::min(trials, std::uint64_t{64})) {
      const auto mask = trials >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << trials) - 1;
      const auto hits = random.next() & random.next() & random.next() & random.next() & mask;
      count += static_cast<std::uint64_t>(std::popcount(hits));
    }
    return count;
  }

  result sequential() const {
    const std::int64_t lo = c.port_lo;
    const std::int64_t count = std::int64_t{c.port_hi} - lo + 1;
    const std::int64_t delta = c.delta == 0 ? 1 : c.delta;
    const auto wrap = [&](std::int64_t p) { return lo + (((p - lo) % count) + count) % count; };
    std::int64_t port = table.last_port;
    if (port == 0) {
      port = lo + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(count)));
    } else {
      const auto skipped = static_cast<std::int64_t>(cross_traffic(r.now - table.last_port_at));
      port = wrap(port + delta * (skipped + 1));
    }
    for (int step = 0; step < 4096; ++step, port = wrap(port + delta)) {
      if (!is_free(static_cast<std::uint32_t>(port))) continue;
      table.last_port = static_cast<std::uint16_t>(port);
      table.last_port_at = r.now;
      return found(static_cast<std::uint32_t>(port));
    }
    return unexpected(drop_reason::port_exhausted);
  }

  result block() const {
    const std::uint32_t size = std::max<std::uint32_t>(c.block_size, 1);
    const std::uint32_t blocks = (std::uint32_t{c.port_hi} - c.port_lo + 1) / size;
    const auto from_block = [&](std::uint32_t b) {
      const std::uint32_t lo = c.port_lo + b * size;
      return draw_between(lo, lo + size - 1);
    };
    inside_host& h = table.host(r.host);
    for (std::size_t i = h.block_count; i-- > 0;)
      if (const auto port = from_block(h.blocks[i])) return port;
    if (h.block_count >= std::min<std::size_t>(c.blocks_per_host_max, h.blocks.size()))
      return unexpected(drop_reason::quota);
    if (blocks == 0) return unexpected(drop_reason::port_exhausted);
    auto b = static_cast<std::uint32_t>(random.below(blocks));
    for (std::uint32_t step = 0; step < blocks; ++step, b = b + 1 == blocks ? 0 : b + 1)
      if (table.take_block(r.host, static_cast<std::uint16_t>(b))) return from_block(b);
    return unexpected(drop_reason::port_exhausted);
  }

  /// RFC 7597, 5.1: a port is offset, PSID and a contiguous part; an offset of zero, which would
  /// hold the system ports, is left out.
  result map_e(std::uint32_t psid) const {
    const unsigned contiguous_bits = 16U - c.psid_offset_bits - c.psid_bits;
    const std::uint32_t contiguous = 1U << contiguous_bits;
    const std::uint32_t offsets = (1U << c.psid_offset_bits) - 1;
    return draw(offsets * contiguous, [&](std::uint32_t i) {
      const std::uint32_t offset = 1 + i / contiguous;
      return offset << (16 - c.psid_offset_bits) | psid << contiguous_bits | i % contiguous;
    });
  }
};

}  // namespace

bool port_free(const config& c, const flow_table& table, const port_request& r, outside_port o) {
  for (const auto& f : table.forwards)
    if (f.outside_port == o.port && f.pool_index == o.pool_index && f.inside != r.inside)
      return false;
  switch (c.overload) {
    case overloading::none:
      return table.any_outside(o.pool_index, o.port) == no_slot;
    case overloading::per_remote:
      return table.find_outside(o.pool_index, o.port, r.remote) == no_slot;
    case overloading::per_remote_address:
      return table.any_outside(o.pool_index, o.port, &r.remote.address) == no_slot;
  }
  return false;
}

expected<outside_port, drop_reason> choose_port(const config& c, std::size_t pool_size,
                                                std::uint16_t psid, flow_table& table, rng& random,
                                                const port_request& r) {
  inside_host& h = table.host(r.host);
  // A block belongs to one address, so a host with blocks keeps to it.
  const bool paired = c.pooling == pooling_kind::paired || c.ports == port_allocation::block;
  std::uint8_t index = 0;
  if (pool_size > 1) {
    if (paired && h.pool_chosen) {
      index = h.pool_index;
    } else {
      index = static_cast<std::uint8_t>(random.below(pool_size));
      if (paired) h.pool_index = index;
      h.pool_chosen = paired;
    }
  }
  const chooser choose{c, table, random, r, index};
  switch (c.ports) {
    case port_allocation::preserve:
      return choose.preserve();
    case port_allocation::sequential:
      return choose.sequential();
    case port_allocation::random:
      return choose.draw_between(c.port_lo, c.port_hi);
    case port_allocation::block:
      return choose.block();
    case port_allocation::map_e:
      return choose.map_e(psid);
  }
  return unexpected(drop_reason::port_exhausted);
}

}  // namespace wh::sim::nat
