#include "actors/proto/nat/classifier.hpp"

#include <algorithm>
#include <array>

namespace wh::nat {

namespace {

// More addresses than a node talks to in the minutes for which a NAT's filter stays open. The
// oldest makes room: to take an acquaintance for a stranger would call a closed NAT open.
constexpr std::size_t talked_to_max = 256;
// Who is open already only confirms it every ten minutes, and there are many of his kind.
constexpr std::size_t talked_to_open_max = 64;

// A word of an earlier request counts for so long, and a slower way is not waited for.
constexpr duration dial_memory = 10s;
constexpr duration dial_rtt_max = 4s;

std::uint32_t short_hash(const ip_address& a) {
  std::uint64_t h = load_be<std::uint64_t>(a.raw().data()) * 0x9e3779b97f4a7c15U;
  h = (h ^ load_be<std::uint64_t>(a.raw().data() + 8)) * 0xbf58476d1ce4e5b9U;
  return static_cast<std::uint32_t>(h >> 32);
}

/// Observations are comparable within a realm only: a host of two families has two mappings, and a
/// neighbour sees the address inside.
enum realm : std::size_t { outside_v4, outside_v6, inside, realms };

realm realm_of(const endpoint& me) {
  if (!me.address.is_global()) return inside;
  return me.address.is_v4() ? outside_v4 : outside_v6;
}

/// One endpoint's votes, and where in the order of time they stand.
struct tally {
  endpoint me;
  std::size_t votes = 0;
  std::size_t first = 0;
  std::size_t last = 0;
};

}  // namespace

classifier::classifier(config c, std::vector<endpoint> local, rng& random)
    : config_(c), local_(std::move(local)), random_(random), dial_interval_(c.dial_interval) {
  current_ = first_guess(config_.how, local_);
  external_ = current_.external;
}

verdict classifier::first_guess(mode how, const std::vector<endpoint>& local) {
  const auto global = std::find_if(local.begin(), local.end(),
                                   [](const endpoint& e) { return e.address.is_global(); });
  const endpoint where = global != local.end() ? *global : endpoint{};
  if (how == mode::direct) return {wire::nat_class::open, where, true};
  if (how == mode::behind_nat || where.is_unspecified()) return {};
  return {wire::nat_class::unknown, where, false};
}

bool classifier::talked_to(const ip_address& a) const {
  return std::any_of(seen_.begin(), seen_.end(),
                     [&](const observation& o) { return o.by.where.address == a; }) ||
         std::find(talked_to_.begin(), talked_to_.end(), short_hash(a)) != talked_to_.end();
}

bool classifier::untranslated() const {
  return std::find(local_.begin(), local_.end(), external_) != local_.end();
}

void classifier::talking_to(time_point now, const ip_address& a) {
  if (!asking_since_) asking_since_ = now;
  handle(sent_to{a});
}

void classifier::handle(const sent_to& in) {
  if (config_.how == mode::unknown) remember(in.address);
}

void classifier::remember(const ip_address& a) {
  const auto h = short_hash(a);
  std::erase(talked_to_, h);
  if (talked_to_.size() >= (reachable_ ? talked_to_open_max : talked_to_max))
    talked_to_.erase(talked_to_.begin());
  talked_to_.push_back(h);
}

void classifier::handle(time_point now, const observed& in, actions& out) {
  if (in.me.is_unspecified() || in.me.port() == 0) return;
  asking_since_.reset();
  const auto same = [&](const observation& o) { return o.by.where.address == in.by.where.address; };
  const auto stale = [&](const observation& o) { return now - o.at > config_.observation_life; };
  const auto known = std::find_if(seen_.begin(), seen_.end(), same);
  if (known != seen_.end() && known->me == in.me && !stale(*known) &&
      current_.kind != wire::nat_class::blocked) {
    // The common case by far: nothing new but the time.
    known->at = now;
    known->gone = false;
    std::rotate(known, known + 1, seen_.end());
    // It was seen again: see there. And somewhere else than we think: others' words may be over.
    if (mapping_ == wire::nat_class::unknown || !is_where_we_are(in.me)) judge(now, out);
    return;
  }
  // Whoever saw us where we are known to be, and now elsewhere, saw us move; again when we move on.
  const bool moved = known != seen_.end() && (known->moved || is_where_we_are(known->me)) &&
                     !is_where_we_are(in.me);
  std::erase_if(seen_, [&](const observation& o) { return stale(o) || same(o); });
  if (seen_.size() >= config_.observers_max) seen_.erase(seen_.begin());
  seen_.push_back({in.by, in.me, now, moved, now});
  forget_the_gone();
  if (!first_seen_) first_seen_ = now;
  if (moved) {
    void_what_was();
    // One who keeps changing his mind does not keep us asking.
    if (!doubted_ || now - *doubted_ >= config_.doubt_interval) {
      doubted_ = now;
      out.emplace_back(doubt{});
    }
  }
  if (config_.how == mode::unknown) {
    remember(in.by.where.address);
    if (!next_dial_) next_dial_ = now + config_.dial_interval;
  }
  judge(now, out);
}

void classifier::handle(time_point now, const gone& in, actions& out) {
  const auto o = std::find_if(seen_.begin(), seen_.end(), [&](const observation& x) {
    return x.by.where.address == in.address;
  });
  if (o == seen_.end()) return;
  o->gone = true;
  forget_the_gone();
  judge(now, out);
}

/// Those who do not answer any more have no part in where we are once another one saw us move.
void classifier::forget_the_gone() {
  const std::vector<observation> all = seen_;
  std::erase_if(seen_, [&](const observation& o) {
    return o.gone && std::any_of(all.begin(), all.end(), [&](const observation& x) {
             return x.moved && !x.gone && x.at >= o.at && x.me != o.me &&
                    realm_of(x.me) == realm_of(o.me);
           });
  });
}

/// Where the mapping varies, only its address is ours.
bool classifier::is_where_we_are(const endpoint& e) const {
  return mapping_ == wire::nat_class::endpoint_dependent ? e.address == external_.address
                                                         : e == external_;
}

/// Where the newest observers agree that we moved, what others saw before is void: a relay that is
/// asked often need not wait for five others that are not. Two suffice for another port; another
/// address takes three, for it may be a victim's.
void classifier::void_what_was() {
  if (mapping_ == wire::nat_class::unknown) return;
  const bool varies = mapping_ == wire::nat_class::endpoint_dependent;
  const endpoint to = seen_.back().me;
  unsigned agreeing = 0;
  for (auto o = seen_.rbegin(); o != seen_.rend(); ++o) {
    if (varies ? o->me.address != to.address : o->me != to) break;
    agreeing += o->moved ? 1 : 0;
  }
  if (agreeing < (to.address == external_.address ? 2U : 3U)) return;
  std::erase_if(seen_, [&](const observation& o) { return is_where_we_are(o.me); });
}

void classifier::handle(time_point now, const reached& in, actions& out) {
  if (!is_ours(now, in.nonce) || config_.how != mode::unknown) return;
  if (talked_to(in.from.address)) {
    out.push_back(note{note_kind::nat_reach_from_acquaintance, {}, in.from, 0});
    // It proves nothing either way, so it is no failure. Our request's word may come after it.
    if (!reachable_ && in.nonce == nonce_) in_vain_ = true, passed_on_ = false;
    return;
  }
  // IPv6 hosts are often open where IPv4 is translated; the verdict speaks of one of them.
  if (in.from.address.is_v4() != external_.address.is_v4()) {
    out.push_back(note{note_kind::nat_reach_of_other_family, {}, in.from, 0});
    return;
  }
  out.push_back(note{note_kind::nat_reached_by_stranger, {}, in.from, 0});
  nonce_ = 0;
  before_ = {};
  dials_ = 0;
  remember(in.from.address);
  if (!reachable_ && ++strangers_ < config_.strangers_needed) {
    next_dial_ = now + config_.dial_interval;
    return;
  }
  reachable_ = true;
  if (talked_to_.size() > talked_to_open_max)
    talked_to_ = {talked_to_.end() - talked_to_open_max, talked_to_.end()};
  dial_interval_ = config_.dial_interval;
  next_dial_ = now + config_.dial_interval_max;
  judge(now, out);
}

void classifier::handle_addresses(time_point now, std::vector<endpoint> local, actions& out) {
  local_ = std::move(local);
  seen_.clear();
  talked_to_.clear();
  mapping_ = wire::nat_class::unknown;
  external_ = first_guess(config_.how, local_).external;
  reachable_ = false;
  nonce_ = 0;
  before_ = {};
  dials_ = 0;
  asking_since_.reset();
  dial_interval_ = config_.dial_interval;
  next_dial_.reset();
  judge(now, out);
}

void classifier::handle(time_point now, const passed_on& in) {
  if (nonce_ != 0 && in.tx == dial_tx_) {
    passed_on_ = !in_vain_;
    dial_rtt_ = std::min<duration>(now - dial_sent_, dial_rtt_max);
  }
  for (const dialled_before& b : before_)
    if (b.nonce != 0 && in.tx == b.tx && now - b.sent <= dial_memory)
      dial_rtt_ = std::min<duration>(now - b.sent, dial_rtt_max);
}

bool classifier::is_ours(time_point now, std::uint64_t nonce) const {
  if (nonce == 0) return false;
  return nonce == nonce_ || std::any_of(before_.begin(), before_.end(), [&](const auto& b) {
           return b.nonce == nonce && now - b.sent <= dial_memory;
         });
}

std::optional<time_point> classifier::next_timeout() const {
  std::optional<time_point> first;
  const bool told = current_.kind == wire::nat_class::blocked;
  for (const auto& t : {next_dial_, judge_again_, told ? std::nullopt : blocked_at()})
    if (t && (!first || *t < *first)) first = t;
  return first;
}

/// When silence is no accident any more.
std::optional<time_point> classifier::blocked_at() const {
  if (!asking_since_ || config_.how == mode::direct) return std::nullopt;
  const time_point t = *asking_since_ + config_.blocked_after;
  return seen_.empty() ? t : std::max(t, seen_.back().at + config_.observation_life + 1s);
}

void classifier::handle_timeout(time_point now, actions& out) {
  const auto silent = blocked_at();
  if ((judge_again_ && now >= *judge_again_) ||
      (silent && now >= *silent && current_.kind != wire::nat_class::blocked))
    judge(now, out);
  if (!next_dial_ || now < *next_dial_) return;
  if (seen_.empty()) {
    next_dial_.reset();
    return;
  }
  const bool helped = nonce_ == 0 || passed_on_;
  if (nonce_ != 0 && passed_on_ && dials_ < config_.dial_tries) ++dials_;
  const bool settled = dials_ >= config_.dial_tries;
  // Nobody to pass it on to, or too many who ask: that gets better with time, not with asking.
  if (!settled)
    dial_interval_ =
        helped ? config_.dial_interval : std::min(2 * dial_interval_, config_.dial_interval_max);
  if (settled) {
    reachable_ = false;
    strangers_ = 0;
    dial_interval_ = std::min(2 * dial_interval_, config_.dial_interval_max);
  }
  judge(now, out);
  dial(now, out);
  // A stranger's datagram takes as long again as the word that somebody was asked for it.
  const duration pause = settled || !helped ? dial_interval_ : config_.dial_interval;
  next_dial_ = now + std::max<duration>(pause, 2 * dial_rtt_);
}

void classifier::dial(time_point now, actions& out) {
  before_ = {dialled_before{nonce_, dial_tx_, dial_sent_}, before_[0]};
  nonce_ = random_.next() | 1;
  // Who sees the family in question; the first word of the other one counts for nothing.
  std::array<const observation*, 16> able{};
  std::size_t count = 0;
  for (const observation& o : seen_)
    if (o.me.address.is_v4() == external_.address.is_v4() && count < able.size())
      able[count++] = &o;
  const wire::contact whom =
      count > 0 ? able[random_.below(count)]->by : seen_[random_.below(seen_.size())].by;
  dial_tx_.value = static_cast<std::uint32_t>(random_.next());
  dial_sent_ = now;
  passed_on_ = in_vain_ = false;
  const auto nat = untranslated() ? wire::translation::none : wire::translation::translated;
  out.push_back(nat::dial{whom, {dial_tx_, nonce_, nat}});
}

/// Whether the only two observers of this realm see two ports of one address, each of them at a
/// time within the other's: a mapping that moved is seen by both at the new place only.
bool classifier::two_see_two_ports(time_point now, std::size_t realm) const {
  std::vector<const observation*> two;
  for (const observation& o : seen_)
    if (now - o.at <= config_.observation_life && realm_of(o.me) == realm) two.push_back(&o);
  if (two.size() != 2) return false;
  const observation &a = *two[0], &b = *two[1];
  return a.me.address == b.me.address && a.me.port() != b.me.port() && a.since < b.at &&
         b.since < a.at;
}

void classifier::judge_mapping(time_point now) {
  std::array<std::size_t, realms> heard{};
  realm counted = inside;
  const auto fresh = [&](const observation& o) { return now - o.at <= config_.observation_life; };
  for (const observation& o : seen_)
    if (fresh(o)) ++heard[counted = realm_of(o.me)];
  for (const realm r : {outside_v4, outside_v6})
    if (heard[r] >= 2) {
      counted = r;
      break;
    }
  const std::size_t observers = heard[counted];
  if (observers == 0) return;

  std::vector<tally> tallies;
  for (std::size_t i = 0; i < seen_.size(); ++i) {
    const observation& o = seen_[i];
    if (!fresh(o) || realm_of(o.me) != counted) continue;
    auto t =
        std::find_if(tallies.begin(), tallies.end(), [&](const tally& x) { return x.me == o.me; });
    if (t == tallies.end()) t = tallies.insert(t, {o.me, 0, i, i});
    ++t->votes;
    t->last = i;
  }
  // Of equals the newest: a NAT that rebooted is seen by the latest observer first.
  std::sort(tallies.begin(), tallies.end(), [](const tally& a, const tally& b) {
    return a.votes != b.votes ? a.votes > b.votes : a.last > b.last;
  });
  const tally* mapping = &tallies.front();
  bool agreed = mapping->votes >= 2 && 2 * mapping->votes > observers;
  if (!agreed && tallies.size() >= 2 && tallies[1].votes >= 2 &&
      4 * (mapping->votes + tallies[1].votes) >= 3 * observers) {
    const bool first_is_newer = mapping->first > tallies[1].last;
    agreed = first_is_newer || tallies[1].first > mapping->last;
    if (agreed && !first_is_newer) mapping = &tallies[1];
  }

  // Of few, those who say it again are believed once nobody sees us any more where we were.
  const bool still_there = std::any_of(tallies.begin(), tallies.end(),
                                       [&](const tally& t) { return is_where_we_are(t.me); });
  if (!agreed && !still_there && observers < 3 &&
      std::any_of(seen_.begin(), seen_.end(), [&](const observation& o) {
        return fresh(o) && o.me == mapping->me && o.at - o.since >= config_.say_again;
      }))
    mapping_ = wire::nat_class::unknown;
  if (agreed) {
    mapping_ = wire::nat_class::endpoint_independent;
    external_ = mapping->me;
  } else if (observers >= 3 ||
             (mapping_ == wire::nat_class::unknown && two_see_two_ports(now, counted))) {
    const bool still_seen = mapping_ == wire::nat_class::endpoint_dependent &&
                            std::any_of(tallies.begin(), tallies.end(), [&](const tally& t) {
                              return t.me.address == external_.address;
                            });
    mapping_ = wire::nat_class::endpoint_dependent;
    if (!still_seen) external_ = mapping->me;
  } else if (mapping_ == wire::nat_class::unknown &&
             (config_.how != mode::direct || external_.is_unspecified())) {
    external_ = mapping->me;
  }
  // Where every flow has a port of its own, one that two see is still no accident.
  const std::size_t votes = mapping_ == wire::nat_class::endpoint_dependent ? 2 : 1;
  const auto other = std::find_if(tallies.begin(), tallies.end(), [&](const tally& t) {
    return t.me != external_ && t.me.address == external_.address && t.votes >= votes;
  });
  judge_also(now, other != tallies.end() ? other->me : endpoint{});
}

/// Flows of before stay where they are when a router moves an inside endpoint to another port
/// (Linux, once a tuple was taken), and what we keep warm is what is seen most: whoever is met anew
/// sees the other port. The address is our own NAT's in any case, so a liar points at nobody else.
void classifier::judge_also(time_point now, const endpoint& other) {
  if (other == also_) return;
  if (other.is_unspecified()) {
    also_ = other;
  } else if (now - also_since_ >= config_.hold) {
    also_ = other;
    also_since_ = now;
  }
}

void classifier::judge(time_point now, actions& out) {
  judge_mapping(now);
  verdict v{mapping_, external_, false, also_};
  if (v.also.address != external_.address || v.also == external_) v.also = {};
  if (config_.how == mode::direct ||
      (reachable_ && mapping_ != wire::nat_class::endpoint_dependent))
    v.kind = wire::nat_class::open;
  const bool alone = few_peers_ && first_seen_ && now - *first_seen_ >= config_.provisional_after;
  v.serves =
      v.kind == wire::nat_class::open ||
      (untranslated() && alone && dials_ < config_.dial_tries && config_.how == mode::unknown);
  if (const auto silent = blocked_at(); silent && now >= *silent) {
    v = {wire::nat_class::blocked, {}, false, {}};
    reachable_ = false;
  }
  damp(now, v);
  if (v == current_) return;
  current_ = v;
  out.push_back(v);
}

void classifier::damp(time_point now, verdict& v) {
  const auto settled = [](const verdict& x) {
    return x.kind == wire::nat_class::endpoint_independent ||
           x.kind == wire::nat_class::endpoint_dependent;
  };
  const bool moved = v.kind != current_.kind || v.external != current_.external;
  judge_again_.reset();
  if (!moved || !settled(v) || !settled(current_)) return;
  if (now < hold_until_) {
    v.kind = current_.kind;
    v.external = current_.external;
    judge_again_ = hold_until_;
    return;
  }
  hold_ = now - hold_until_ < hold_ ? std::min(2 * hold_, config_.hold_max) : config_.hold;
  hold_until_ = now + hold_;
}

}  // namespace wh::nat
