#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "real/daemon/log.hpp"
#include "real/daemon/plan.hpp"
#include "real/daemon/resolver.hpp"

namespace wh::real {

/// The endpoints that a network file gives, as addresses: numbers at once, names as soon as
/// somebody resolves them. A name that has none is asked for again after 5 s, 10 s, and so on up to
/// 5 min; one that has some, every 15 min, for it may move.
class contacts {
 public:
  /// Called for each address that a name turned out to have, also the same one again.
  using learned = std::function<void(const public_key&, const endpoint&)>;

  contacts(reactor& r, logger& log, learned f)
      : reactor_(r), log_(log), resolver_(r), learned_(std::move(f)) {}

  /// These instead of those before. Numbers, and names that were known before, can be found when it
  /// returns.
  void set(const std::vector<contact_plan>& all);
  std::optional<endpoint> find(const public_key& k) const;

  static constexpr duration retry_first = 5s;
  static constexpr duration retry_max = 5min;
  static constexpr duration again = 15min;

 private:
  struct entry {
    contact_plan what;
    std::optional<endpoint> where;
    duration wait = retry_first;
    std::string trouble;  // as reported
  };
  void ask(const public_key& k);
  void ask_later(const public_key& k, duration d);
  void answered(const public_key& k, std::uint64_t round, const std::vector<ip_address>& found,
                const std::string& why);

  reactor& reactor_;
  logger& log_;
  resolver resolver_;
  learned learned_;
  std::map<public_key, entry> entries_;
  std::uint64_t round_ = 0;  // of `set`: what was asked before is of no interest
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace wh::real
