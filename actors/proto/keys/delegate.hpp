#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "actors/proto/keys/incremental.hpp"

/// Delegated key search: one machine's key found by another that does not learn it. SPEC.md says
/// how and why.
namespace wh::keys {

/// What the weak machine asks for. No secret.
struct work_request {
  /// u of the start s0 * B, bit 255 set when its y is odd.
  fixed_bytes<32> start{};
  unsigned workbit = 0;
  std::string name_space;
  friend bool operator==(const work_request&, const work_request&) = default;
};

/// What the strong machine found. No secret.
struct work_answer {
  fixed_bytes<32> start{};
  /// How often 8B is added to the start.
  std::uint64_t steps = 0;
  friend bool operator==(const work_answer&, const work_answer&) = default;
};

constexpr std::size_t delegated_namespace_max = 1024;

/// One line, without its end.
std::string to_text(const work_request& r);
std::string to_text(const work_answer& a);
/// Exactly what `to_text` gives, nothing around it.
std::optional<work_request> parse_work_request(std::string_view line);
std::optional<work_answer> parse_work_answer(std::string_view line);

/// The point of a request; empty when there is none or it is not written as SPEC.md says.
std::optional<point> start_of(const work_request& r);

/// WEAK: a request, and the private part that belongs to it.
work_request make_request(const crypto_suite& crypto, rng& random, unsigned workbit,
                          std::string_view ns, private_key& start);

/// STRONG: searches for an answer. A value machine, as `incremental_search`.
class served_search {
 public:
  /// At most `parts_max` machines or threads may search for one request, each its own part.
  /// `crypto` outlives the search; `start_of(r)` is there.
  static constexpr unsigned parts_max = 1024;
  served_search(const crypto_suite& crypto, const work_request& r, unsigned part,
                const tuning& how = {});

  /// Tries `n` candidates, rounded up to batches. True when there is an answer, which has been
  /// computed once more without the batch.
  bool step(std::uint64_t n);
  const work_answer& answer() const { return answer_; }
  std::uint64_t tries() const { return tries_; }
  /// The part is searched through, or the start is one that everybody knows: no more will come.
  bool ended() const { return ended_; }

 private:
  const crypto_suite& crypto_;
  work_request request_;
  point start_;
  std::uint64_t first_;
  work_answer answer_;
  std::optional<offset_search> search_;
  std::uint64_t tries_ = 0;
  bool ended_ = false;
};

enum class refusal : std::uint8_t {
  none,
  /// The answer is to another request.
  other_request,
  /// The private part is not that of the request.
  other_start,
  /// The key that comes out has less work than asked for.
  work,
};

/// WEAK: the key of an answer, in `out`, when `none` is returned.
refusal combine(const crypto_suite& crypto, const private_key& start, const work_request& r,
                const work_answer& a, private_key& out);

}  // namespace wh::keys
