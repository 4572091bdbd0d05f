#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "actors/proto/dht/node.hpp"
#include "actors/proto/keys/keys.hpp"
#include "actors/proto/record/record.hpp"
#include "actors/proto/wire/codec.hpp"
#include "tests/support/fast_crypto.hpp"

namespace wh::test {

/// What a host does with a request.
enum class manner : std::uint8_t {
  honest,
  invents,  // names 20 contacts next to the target that do not exist
  hijacks,  // names other hijackers only, closest first, and holds no record
};

/// Many DHT engines and the network between them, in virtual time: one queue ordered by time and
/// number. Latency is 10..60 ms by pair. Sessions are taken for granted: a message arrives from
/// whom it says, the first request to a stranger is early, and an unreachable host only gets
/// answers.
class dht_net {
 public:
  struct host {
    public_key key;
    dht::prefix id = 0;
    endpoint where;
    bool alive = true;
    manner how = manner::honest;
    std::unique_ptr<seeded_rng> random;
    std::unique_ptr<dht::node> node;
    time_point armed = time_point::max();
    std::vector<dht::finished> finished;
    std::vector<dht::published> published;
    std::vector<dht::send_reach> reached;
    std::vector<endpoint> observed;
    std::map<note_kind, std::size_t> notes;
    unsigned joins = 0;
    std::uint64_t sent_bytes = 0, received_bytes = 0, requests = 0;
  };

  explicit dht_net(std::uint64_t s) : seed_(s), random_(seed_.derive("net")) {}

  static constexpr std::string_view name_space = "test";
  // A request with a handshake around it, per packet layouts of wire/SPEC.md.
  static constexpr std::uint64_t handshake_bytes = 330, packet_bytes = 32 + 28;

  dht::config settings() const {
    dht::config c;
    c.name_space = name_space;
    c.workbit = 0;
    return c;
  }

  /// A host with a /24 of its own, or at `where`. Boots from the given hosts.
  std::size_t add(dht::config c, std::vector<std::size_t> boot = {},
                  std::optional<endpoint> where = {}) {
    const std::size_t i = hosts_.size();
    host& h = hosts_.emplace_back();
    h.random = std::make_unique<seeded_rng>(seed_.derive("host", i));
    do {
      h.key = crypto_.to_public(crypto_.make_private_key(*h.random));
      h.id = dht::prefix_of(keys::node_id_of(crypto_, h.key, name_space));
    } while (dht::distance(h.id, ground_to) > ground_within);
    h.where = where
                  ? *where
                  : endpoint{ip_address::v4(0x0b000000U + (static_cast<std::uint32_t>(i) << 8) + 1),
                             51820};
    by_endpoint_.emplace(h.where, i);
    c.self = h.key;
    h.node = std::make_unique<dht::node>(c, crypto_, *h.random);
    if (!boot.empty()) {
      dht::add_contacts in;
      for (const std::size_t b : boot) in.contacts.push_back(contact(b));
      tell(i, in);
    }
    return i;
  }
  /// `n` hosts that join one after the other, `gap` apart, by the first one. The first is alone.
  void grow(std::size_t n, duration gap = 50ms) { grow(n, gap, settings()); }
  void grow(std::size_t n, duration gap, const dht::config& c) {
    for (std::size_t i = 0; i < n; ++i) {
      add(c, hosts_.empty() ? std::vector<std::size_t>{} : std::vector<std::size_t>{0});
      run_for(gap);
    }
  }

  template <class Input>
  void tell(std::size_t i, const Input& in) {
    dht::actions out;
    hosts_[i].node->handle(now_, in, out);
    perform(i, out);
  }

  void run_for(duration d) {
    const time_point end = now_ + d;
    while (!events_.empty() && events_.top().at <= end) {
      event e = events_.top();
      events_.pop();
      now_ = e.at;
      deliver(e);
    }
    now_ = end;
  }

  /// Runs until the lookup is over, which it has to be within a minute.
  dht::finished look_up(std::size_t i, const node_id& target, bool want_record,
                        std::size_t paths = 0) {
    host& h = hosts_[i];
    h.finished.clear();
    tell(i, dht::lookup{++lookups_, target, want_record, paths});
    for (int step = 0; step < 600 && h.finished.empty(); ++step) run_for(100ms);
    if (h.finished.empty() || h.finished.back().id != lookups_) return {};
    return h.finished.back();
  }

  /// Its sequence number is the time of signing, as a member's is, plus `version`.
  wire::record record_of(std::size_t i, std::uint64_t version) {
    wire::record r;
    r.key = hosts_[i].key;
    r.sequence = unix_seconds(now_) + version;
    r.expires = unix_seconds(now_ + 2h);
    r.endpoints.push_back(hosts_[i].where);
    r.sign = crypto_.sign_as(r.key, wire::signed_part(r, name_space));
    return r;
  }
  node_id place_of(std::size_t i) const {
    return record::location_of(crypto_, hosts_[i].key, name_space);
  }

  void kill(std::size_t i) { hosts_[i].alive = false; }
  wire::contact contact(std::size_t i) const { return {hosts_[i].key, hosts_[i].where}; }

  /// The truth: hosts that are alive and serve, closest to the target first.
  std::vector<public_key> truly_closest(const node_id& target, std::size_t n,
                                        std::size_t asker) const {
    std::vector<std::pair<dht::prefix, public_key>> all;
    for (std::size_t i = 0; i < hosts_.size(); ++i)
      if (hosts_[i].alive && i != asker && hosts_[i].node->settings().serves)
        all.emplace_back(dht::distance(hosts_[i].id, dht::prefix_of(target)), hosts_[i].key);
    std::sort(all.begin(), all.end());
    std::vector<public_key> r;
    for (std::size_t i = 0; i < n && i < all.size(); ++i) r.push_back(all[i].second);
    return r;
  }

  std::size_t total(note_kind kind) const {
    std::size_t n = 0;
    for (const host& h : hosts_)
      if (const auto at = h.notes.find(kind); at != h.notes.end()) n += at->second;
    return n;
  }
  host& operator[](std::size_t i) { return hosts_[i]; }
  const host& operator[](std::size_t i) const { return hosts_[i]; }
  std::size_t size() const { return hosts_.size(); }
  time_point now() const { return now_; }
  rng& random() { return random_; }
  const fast_crypto& crypto() const { return crypto_; }
  /// Hosts added from now on have searched for a key whose id lies that close to a place.
  dht::prefix ground_to = 0, ground_within = ~dht::prefix{0};
  double loss_ratio = 0;
  std::uint64_t trace = 0;  // of everything delivered, in order

 private:
  struct event {
    time_point at;
    std::uint64_t number;
    std::size_t to;
    std::shared_ptr<dht::received> what;  // none: its alarm
    bool operator<(const event& o) const { return at != o.at ? at > o.at : number > o.number; }
  };

  static bool is_answer(const wire::message& m) {
    return std::holds_alternative<wire::nodes>(m) || std::holds_alternative<wire::records>(m) ||
           std::holds_alternative<wire::stored>(m);
  }

  void deliver(const event& e) {
    host& h = hosts_[e.to];
    if (!h.alive) return;
    dht::actions out;
    if (e.what == nullptr) {
      if (e.at != h.armed) return;
      h.armed = time_point::max();
      h.node->handle_timeout(now_, out);
    } else {
      trace = (trace ^ e.to ^ static_cast<std::uint64_t>(e.at.time_since_epoch().count())) *
              0x9e3779b97f4a7c15U;
      if (h.how != manner::honest && lie(e.to, *e.what)) return;
      h.node->handle(now_, *e.what, out);
    }
    perform(e.to, out);
  }

  void post(std::size_t from, const wire::contact& to, wire::message m) {
    host& f = hosts_[from];
    const bool answer = is_answer(m);
    const std::uint64_t size = wire::encoded_size(m) + packet_bytes;
    f.sent_bytes += size;
    f.requests += !answer;
    const auto at = by_endpoint_.find(to.where);
    if (at == by_endpoint_.end()) return;
    const std::size_t i = at->second;
    host& t = hosts_[i];
    if (t.key != to.key || (!answer && !t.node->settings().serves) || random_.chance(loss_ratio))
      return;
    auto in = std::make_shared<dht::received>();
    in->from = f.key;
    in->where = f.where;
    in->serves_dht = f.node->settings().serves;
    // A session lives for three minutes, as WireGuard's do.
    time_point& session = sessions_[std::minmax(from, i)];
    in->early = !answer && now_ >= session + 180s &&
                (std::holds_alternative<wire::find_node>(m) ||
                 std::holds_alternative<wire::find_record>(m));
    if (now_ >= session + 180s) {
      f.sent_bytes += handshake_bytes / 2;
      t.sent_bytes += handshake_bytes / 2;
      f.received_bytes += handshake_bytes / 2;
      t.received_bytes += handshake_bytes / 2;
    }
    session = now_;
    t.received_bytes += size;
    in->what = std::move(m);
    const std::size_t mix = (std::min(from, i) * 7919 + std::max(from, i) * 104729) % 51;
    events_.push({now_ + 10ms + std::chrono::milliseconds{mix}, ++number_, i, std::move(in)});
  }

  void perform(std::size_t i, dht::actions& out) {
    host& h = hosts_[i];
    for (dht::action& a : out) {
      if (auto* s = std::get_if<dht::send>(&a)) post(i, s->to, std::move(s->what));
      if (auto* f = std::get_if<dht::finished>(&a)) h.finished.push_back(std::move(*f));
      if (auto* p = std::get_if<dht::published>(&a)) h.published.push_back(*p);
      if (auto* r = std::get_if<dht::send_reach>(&a)) h.reached.push_back(*r);
      if (auto* o = std::get_if<dht::observed>(&a))
        if (h.observed.size() < 8) h.observed.push_back(o->me);
      if (auto* n = std::get_if<note>(&a)) ++h.notes[n->what];
      if (std::holds_alternative<dht::joined>(a)) ++h.joins;
    }
    if (const auto t = h.node->next_timeout(); t && *t != h.armed) {
      h.armed = std::max(*t, now_);
      events_.push({h.armed, ++number_, i, nullptr});
    }
  }

  bool lie(std::size_t i, const dht::received& in) {
    const auto* n = std::get_if<wire::find_node>(&in.what);
    const auto* r = std::get_if<wire::find_record>(&in.what);
    if (n == nullptr && r == nullptr) return false;
    const node_id target = n != nullptr ? n->target : r->where;
    std::vector<wire::contact> told;
    if (hosts_[i].how == manner::invents) {
      for (int c = 0; c < 20; ++c) {
        wire::contact made;
        made.key = crypto_.to_public(crypto_.make_private_key(random_));
        made.where = {ip_address::v4(static_cast<std::uint32_t>(0xc0000000U +
                                                                random_.below(0x7ffff) * 256 + 7)),
                      9};
        told.push_back(made);
      }
    } else {
      std::vector<std::pair<dht::prefix, std::size_t>> friends;
      for (std::size_t f = 0; f < hosts_.size(); ++f)
        if (hosts_[f].how == manner::hijacks && f != i)
          friends.emplace_back(dht::distance(hosts_[f].id, dht::prefix_of(target)), f);
      std::sort(friends.begin(), friends.end());
      for (std::size_t f = 0; f < friends.size() && f < 20; ++f)
        told.push_back(contact(friends[f].second));
    }
    auto contacts = wire::bounded<wire::contact, wire::k>::first_of(std::move(told));
    const wire::contact back{in.from, in.where};
    if (n != nullptr) post(i, back, wire::nodes{n->tx, in.where, std::move(contacts)});
    if (r != nullptr)
      post(i, back, wire::records{r->tx, in.where, {}, std::nullopt, std::move(contacts)});
    return true;
  }

  seed seed_;
  seeded_rng random_;
  fast_crypto crypto_;
  std::vector<host> hosts_;
  std::map<endpoint, std::size_t> by_endpoint_;
  std::map<std::pair<std::size_t, std::size_t>, time_point> sessions_;
  std::priority_queue<event> events_;
  time_point now_ = from_unix_seconds(1'800'000'000);
  std::uint64_t number_ = 0, lookups_ = 0;
};

}  // namespace wh::test
