#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace wh {

namespace detail {
void* allocate_locked(std::size_t size);
void free_locked(void* p);
}  // namespace detail

/// A secret value in memory of its own: kept out of swap and core dumps, between pages that nobody
/// may touch, and overwritten at the end (libsodium's sodium_malloc). Where the system's limit on
/// locked memory is used up, it may be swapped; everything else holds.
///
/// A page each, so for keys, not for tables. It stays where it is: a moved-from one is empty.
template <class T>
class locked {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  locked() : p_(new (detail::allocate_locked(sizeof(T))) T{}) {}
  locked(locked&& other) noexcept : p_(std::exchange(other.p_, nullptr)) {}
  locked& operator=(locked&& other) noexcept {
    std::swap(p_, other.p_);
    return *this;
  }
  ~locked() {
    if (p_) detail::free_locked(p_);
  }

  T& operator*() { return *p_; }
  const T& operator*() const { return *p_; }
  T* operator->() { return p_; }
  const T* operator->() const { return p_; }

 private:
  T* p_;
};

}  // namespace wh
