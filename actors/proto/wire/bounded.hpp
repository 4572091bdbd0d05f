#pragma once

#include <initializer_list>
#include <vector>

#include "transport/bytes.hpp"
#include "transport/check.hpp"

namespace wh::wire {

/// A list that never holds more than `Max` elements, so that a message's size is bounded by its
/// type.
template <class T, std::size_t Max>
class bounded {
 public:
  using value_type = T;
  static constexpr std::size_t max = Max;
  bounded() = default;
  bounded(std::initializer_list<T> l) : v_(l) { WH_CHECK(v_.size() <= Max); }
  /// False, and nothing added, when full.
  bool push_back(T t) {
    if (v_.size() == Max) return false;
    v_.push_back(std::move(t));
    return true;
  }
  /// The first `Max` elements of `v`.
  static bounded first_of(std::vector<T> v) {
    bounded b;
    if (v.size() > Max) v.resize(Max);
    b.v_ = std::move(v);
    return b;
  }
  bool full() const { return v_.size() == Max; }
  std::size_t size() const { return v_.size(); }
  bool empty() const { return v_.empty(); }
  auto begin() const { return v_.begin(); }
  auto end() const { return v_.end(); }
  const T& operator[](std::size_t i) const { return v_[i]; }
  const std::vector<T>& items() const { return v_; }
  std::vector<T> take() { return std::move(v_); }
  friend bool operator==(const bounded&, const bounded&) = default;

 private:
  std::vector<T> v_;
};

}  // namespace wh::wire
