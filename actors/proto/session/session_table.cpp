#include "actors/proto/session/session_table.hpp"

#include <algorithm>

#include "transport/check.hpp"

namespace wh::session {

namespace {

std::uint64_t prefix_of(const public_key& k) { return load_be<std::uint64_t>(k.value.data()); }

/// Growth by a quarter: these tables are many, and mostly small.
template <class T>
void make_room(std::vector<T>& v) {
  if (v.size() == v.capacity()) v.reserve(v.size() + std::max<std::size_t>(4, v.size() / 4));
}

}  // namespace

std::vector<session_table::entry>::const_iterator session_table::position(
    const public_key& k) const {
  return std::lower_bound(order_.begin(), order_.end(), k,
                          [this](const entry& e, const public_key& x) {
                            const auto p = prefix_of(x);
                            return e.prefix != p ? e.prefix < p : slots_[e.at]->key < x;
                          });
}

std::optional<session_table::slot> session_table::find(const public_key& k) const {
  const auto it = position(k);
  if (it == order_.end() || slots_[it->at]->key != k) return std::nullopt;
  return it->at;
}

session_table::slot session_table::add(const public_key& k) {
  const auto it = position(k);
  const auto where = it - order_.begin();
  slot s;
  if (!free_.empty()) {
    s = free_.back();
    free_.pop_back();
  } else {
    WH_CHECK(slots_.size() < slots_max);
    make_room(slots_);
    s = static_cast<slot>(slots_.size());
    slots_.emplace_back();
  }
  slots_[s] = std::make_unique<peer>();
  slots_[s]->key = k;
  link_newest(s);
  make_room(order_);
  order_.insert(order_.begin() + where, entry{prefix_of(k), s});
  return s;
}

void session_table::remove(slot s) {
  order_.erase(position(slots_[s]->key));
  unlink(s);
  if (slots_[s]->stirred) std::erase(stirred_, s);
  slots_[s].reset();
  free_.push_back(s);
}

void session_table::link_newest(slot s) {
  slots_[s]->older = newest_;
  slots_[s]->newer = none;
  (newest_ == none ? oldest_ : slots_[newest_]->newer) = s;
  newest_ = s;
}

void session_table::unlink(slot s) {
  const peer& p = *slots_[s];
  (p.older == none ? oldest_ : slots_[p.older]->newer) = p.newer;
  (p.newer == none ? newest_ : slots_[p.newer]->older) = p.older;
}

void session_table::touch(slot s, time_point now) {
  slots_[s]->active = now;
  if (s == newest_) return;
  unlink(s);
  link_newest(s);
}

std::optional<session_table::slot> session_table::slot_of(std::uint32_t index) const {
  const auto s = static_cast<slot>(index & 0xffff);
  if (s >= slots_.size() || slots_[s] == nullptr || index >> 16 == 0) return std::nullopt;
  return s;
}

std::uint32_t session_table::fresh_index(slot s, rng& random) const {
  const peer& p = *slots_[s];
  for (;;) {
    const auto index = static_cast<std::uint32_t>(random.between(1, 0xffff)) << 16 | s;
    if (index == p.current.mine) continue;
    if (const activity* a = p.activity.get())
      if (index == a->next.mine || index == a->previous.mine ||
          (a->initiating && index == a->initiating->mine))
        continue;
    return index;
  }
}

void session_table::stir(slot s) {
  slots_[s]->stirred = true;
  stirred_.push_back(s);
}

bool session_table::has_session(const timestamps::short_key& begin) const {
  const auto prefix = load_be<std::uint64_t>(begin.data());
  auto it = std::lower_bound(order_.begin(), order_.end(), prefix,
                             [](const entry& e, std::uint64_t p) { return e.prefix < p; });
  for (; it != order_.end() && it->prefix == prefix; ++it) {
    const peer& p = *slots_[it->at];
    if (p.current.exists() && timestamps::short_form(p.key) == begin) return true;
  }
  return false;
}

activity& session_table::activity_of(slot s) {
  auto& a = slots_[s]->activity;
  if (!a) a = std::make_unique<activity>();
  if (!slots_[s]->stirred) stir(s);
  return *a;
}

}  // namespace wh::session
