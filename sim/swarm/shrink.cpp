#include "sim/swarm/shrink.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "transport/text.hpp"

namespace wh::sim::swarm {
namespace {

std::optional<double> number_of(const std::string& value) {
  double x = 0;
  const auto [end, bad] = std::from_chars(value.data(), value.data() + value.size(), x);
  if (bad != std::errc{} || end != value.data() + value.size()) return std::nullopt;
  return x;
}

class shrinker {
 public:
  shrinker(document from, const trial& fails, unsigned trials_max)
      : best_{std::move(from), 0}, fails_(fails), trials_max_(trials_max) {}

  shrunk run() {
    bool better = true;
    while (better && !spent()) {
      better = false;
      better |= without_sections();
      better |= without_keys();
      better |= smaller_numbers();
      better |= simpler_boxes();
    }
    return std::move(best_);
  }

 private:
  bool spent() const { return best_.trials >= trials_max_; }

  /// Whether it fails in the same way: then it is the best so far.
  bool take(document d) {
    if (spent()) return false;
    ++best_.trials;
    if (!fails_(d)) return false;
    best_.what = std::move(d);
    return true;
  }

  /// Whole tables: half of the events at once where there are many, then one by one.
  bool without_sections() {
    bool better = false;
    for (std::size_t many = best_.what.sections.size() / 2; many > 1; many /= 2)
      for (std::size_t i = best_.what.sections.size(); i >= many; i -= std::min(i, many))
        better |= cut(i - many, many);
    for (std::size_t i = best_.what.sections.size(); i > 0; --i) better |= cut(i - 1, 1);
    return better;
  }
  bool cut(std::size_t from, std::size_t many) {
    if (from + many > best_.what.sections.size()) return false;
    document d = best_.what;
    const auto at = d.sections.begin() + static_cast<std::ptrdiff_t>(from);
    d.sections.erase(at, at + static_cast<std::ptrdiff_t>(many));
    return take(std::move(d));
  }

  /// Every list of keys of a document, tables in tables too.
  template <class F>
  static void each_list(document& d, F f) {
    const auto into = [&](auto&& self, std::vector<item>& items) -> void {
      f(items);
      for (item& i : items)
        if (i.value.empty()) self(self, i.table);
    };
    for (section& s : d.sections) into(into, s.items);
  }
  static std::size_t keys_of(document& d) {
    std::size_t n = 0;
    each_list(d, [&](std::vector<item>& items) { n += items.size(); });
    return n;
  }
  /// The number-th key of all, and the list that it stands in.
  template <class F>
  static void at_key(document& d, std::size_t number, F f) {
    std::size_t n = 0;
    std::vector<item>* list = nullptr;
    std::size_t index = 0;
    each_list(d, [&](std::vector<item>& items) {
      for (std::size_t i = 0; i < items.size(); ++i)
        if (n++ == number) list = &items, index = i;
    });
    if (list != nullptr) f(*list, index);
  }

  /// Keys without which there is more in a world, not less: a node would be a member, an event
  /// would hit everybody, homes would have one more way to meet.
  static constexpr std::array<std::string_view, 4> widening{"role", "group", "isolated", "from"};

  bool without_keys() {
    bool better = false;
    for (std::size_t i = keys_of(best_.what); i > 0; --i) {
      document d = best_.what;
      bool plainer = false;
      at_key(d, i - 1, [&](std::vector<item>& list, std::size_t at) {
        plainer = std::find(widening.begin(), widening.end(), list[at].key) == widening.end();
        list.erase(list.begin() + static_cast<std::ptrdiff_t>(at));
      });
      if (plainer) better |= take(std::move(d));
    }
    return better;
  }

  /// Counts to one or half, times and sizes to half, then to fewer digits; and the length of the
  /// run, which a rule still needs to have its time.
  bool smaller_numbers() {
    bool better = false;
    for (std::size_t i = 0; i < keys_of(best_.what); ++i) {
      bool again = true;
      while (again && !spent()) {
        again = false;
        for (const double to : smaller(value_at(i)))
          if (with_number(i, to)) {
            again = better = true;
            break;
          }
      }
    }
    for (const double part : {0.5, 0.7, 0.85, 0.95, 0.999}) {
      document d = best_.what;
      item* const length = find(d.top, "duration_s");
      const auto x = length == nullptr ? std::nullopt : number_of(length->value);
      if (!x || *x <= 1) continue;
      length->value = format_exact(std::min(std::ceil(*x * part), std::ceil(*x) - 1));
      better |= take(std::move(d));
    }
    return better;
  }
  std::optional<double> value_at(std::size_t number) {
    std::optional<double> x;
    at_key(best_.what, number,
           [&](std::vector<item>& list, std::size_t at) { x = number_of(list[at].value); });
    return x;
  }
  static std::vector<double> smaller(std::optional<double> x) {
    std::vector<double> to;
    if (!x || *x == 0) return to;
    if (*x == std::floor(*x) && *x > 1) {
      to = {1, std::floor(*x / 2), *x - 1};
    } else {
      for (const double y : {std::floor(*x), std::floor(*x * 10) / 10})
        if (y != *x && y != 0) to.push_back(y);
      if (*x > 2) to.push_back(std::floor(*x / 2));
    }
    std::erase(to, *x);
    return to;
  }
  bool with_number(std::size_t number, double to) {
    document d = best_.what;
    at_key(d, number,
           [&](std::vector<item>& list, std::size_t at) { list[at].value = format_exact(to); });
    return take(std::move(d));
  }

  /// The plainest NAT that still does it.
  bool simpler_boxes() {
    static constexpr std::array<std::string_view, 2> plain{"\"linux_masquerade\"", "\"symmetric\""};
    bool better = false;
    for (std::size_t i = 0; i < keys_of(best_.what); ++i) {
      std::string now;
      at_key(best_.what, i, [&](std::vector<item>& list, std::size_t at) {
        if (list[at].key == "nat") now = list[at].value;
      });
      if (now.empty()) continue;
      for (const std::string_view to : plain) {
        if (now == to) break;
        document d = best_.what;
        at_key(d, i, [&](std::vector<item>& list, std::size_t at) { list[at].value = to; });
        if (take(std::move(d))) {
          better = true;
          break;
        }
      }
    }
    return better;
  }

  shrunk best_;
  const trial& fails_;
  unsigned trials_max_;
};

}  // namespace

shrunk shrink(const document& from, const trial& fails, unsigned trials_max) {
  return shrinker(from, fails, trials_max).run();
}

}  // namespace wh::sim::swarm
