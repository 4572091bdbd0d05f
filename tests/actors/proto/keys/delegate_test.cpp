#include "actors/proto/keys/delegate.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "actors/proto/keys/keys.hpp"

using namespace wh;
using namespace wh::keys;

namespace {

const crypto_suite& crypto = sodium_crypto();
const tuning small{.half = 16};

seeded_rng stream(std::uint64_t i) { return seeded_rng{seed{i}.derive("delegate")}; }

struct asked {
  work_request request;
  private_key start;
};

asked ask(rng& random, unsigned bits, std::string_view ns = "public") {
  asked a;
  a.request = make_request(crypto, random, bits, ns, a.start);
  return a;
}

work_answer serve(const work_request& r, unsigned part = 0) {
  served_search s(crypto, r, part, small);
  REQUIRE(s.step(1 << 24));
  return s.answer();
}

}  // namespace

TEST_CASE("a key that another machine searched for is the weak machine's") {
  auto random = stream(1);
  for (int i = 0; i < 60; ++i) {
    const unsigned bits = static_cast<unsigned>(i % 10);
    const std::string ns = i % 2 == 0 ? "public" : "a namespace\nwith all sorts of characters \xff";
    const auto a = ask(random, bits, ns);
    // Only the lines of text go from one to the other.
    const auto request = parse_work_request(to_text(a.request));
    REQUIRE(request);
    const auto answer = parse_work_answer(to_text(serve(*request)));
    REQUIRE(answer);
    private_key k;
    REQUIRE(combine(crypto, a.start, a.request, *answer, k) == refusal::none);
    CHECK(workbit(crypto, crypto.to_public(k), ns) >= bits);
    CHECK((k.value[31] & 0xc0) == 0x40);
    CHECK((k.value[0] & 7) == 0);
  }
}

TEST_CASE("any number of machines may search for one request each its own part") {
  auto random = stream(2);
  const auto a = ask(random, 8);
  std::set<std::uint64_t> steps;
  for (const unsigned part : {0U, 1U, 2U, 500U, served_search::parts_max - 1}) {
    const auto answer = serve(a.request, part);
    CHECK(answer.steps / (steps_max / served_search::parts_max) == part);
    steps.insert(answer.steps);
    private_key k;
    REQUIRE(combine(crypto, a.start, a.request, answer, k) == refusal::none);
    CHECK(workbit(crypto, crypto.to_public(k), "public") >= 8);
  }
  CHECK(steps.size() == 5);
}

TEST_CASE("wrong answers are refused") {
  auto random = stream(3);
  const auto a = ask(random, 10), other = ask(random, 10);
  const auto answer = serve(a.request);
  private_key k;
  CHECK(combine(crypto, a.start, other.request, answer, k) == refusal::other_request);
  CHECK(combine(crypto, a.start, a.request, serve(other.request), k) == refusal::other_request);
  CHECK(combine(crypto, other.start, a.request, answer, k) == refusal::other_start);
  // A neighbour of the right answer holds one time in 1024: of these, none does.
  for (const std::uint64_t d : {1U, 2U, 3U, 7U, 100U}) {
    auto wrong = answer;
    wrong.steps += d;
    CHECK(combine(crypto, a.start, a.request, wrong, k) == refusal::work);
  }
  auto most = answer;
  most.steps = steps_max - 1;
  CHECK(combine(crypto, a.start, a.request, most, k) == refusal::work);
  // More was asked for than was found.
  auto more = a.request;
  more.workbit = 200;
  CHECK(combine(crypto, a.start, more, answer, k) == refusal::work);
  // A start without room is none of ours.
  private_key near;
  near.value.fill(0xff);
  near.value[0] = 0xf8;
  near.value[31] = 0x7f;
  CHECK(combine(crypto, near, a.request, answer, k) == refusal::other_start);
  CHECK(k == private_key{});
}

TEST_CASE("with the wrong parity of y the answer does not fit") {
  auto random = stream(4);
  int refused = 0;
  for (int i = 0; i < 20; ++i) {
    auto a = ask(random, 6);
    a.request.start[31] ^= 0x80;
    const auto answer = serve(a.request);
    private_key k;
    if (answer.steps == 0) continue;
    CHECK(combine(crypto, a.start, a.request, answer, k) == refusal::other_start);
    // Nor is it of use with the right request.
    auto turned = answer;
    turned.start[31] ^= 0x80;
    a.request.start[31] ^= 0x80;
    if (combine(crypto, a.start, a.request, turned, k) == refusal::work) ++refused;
  }
  CHECK(refused > 10);
}

TEST_CASE("neither request nor answer holds the private part or the key") {
  auto random = stream(5);
  const auto a = ask(random, 8);
  const auto answer = serve(a.request);
  private_key k;
  REQUIRE(combine(crypto, a.start, a.request, answer, k) == refusal::none);
  // What they do hold: a public key, and a number that is the same for every private part.
  auto u = a.request.start;
  u[31] &= 0x7f;
  CHECK(u == crypto.to_public(a.start).value);
  for (const auto& text : {to_text(a.request), to_text(answer)})
    for (const auto& secret : {a.start, k}) {
      const auto encoded = to_text(public_key{secret.value});  // in the alphabet of the messages
      for (std::size_t i = 0; i + 6 <= encoded.size(); ++i)
        CHECK(text.find(encoded.substr(i, 6)) == std::string::npos);
    }
  // Two requests of one machine have nothing in common.
  CHECK(ask(random, 8).request.start != a.request.start);
}

TEST_CASE("a request whose point is none or one that everybody knows is not served") {
  auto random = stream(6);
  auto r = ask(random, 200).request;
  int twist = 0;
  for (int i = 0; i < 40; ++i) {
    random.fill(r.start);
    if (!start_of(r)) ++twist;
  }
  CHECK(twist > 8);
  CHECK(twist < 32);
  r.start.fill(0xff);  // not canonical
  CHECK_FALSE(start_of(r));
  r.start.fill(0);  // y is 0: written with the bit, it would be the same point
  CHECK(start_of(r));
  r.start[31] = 0x80;
  CHECK_FALSE(start_of(r));

  for (const int n : {-40, -16, -5, 1, 16}) {
    auto p = multiple(eight_base(), static_cast<std::uint64_t>(std::abs(n))).value();
    if (n < 0) p = negated(p);
    r.start = p.x.to_bytes();
    if (y_is_odd(p)) r.start[31] |= 0x80;
    REQUIRE(start_of(r));
    served_search s(crypto, r, 0, small);
    CHECK_FALSE(s.step(33 * 4));
    // Upwards of zero it is only met when a stride is.
    if (n < 0) CHECK(s.ended());
    CHECK_FALSE(s.step(33 * 4));
  }
}

TEST_CASE("messages are read in one way of writing and no other") {
  auto random = stream(7);
  const auto a = ask(random, 26);
  const auto request = to_text(a.request);
  CHECK(request.starts_with("wh-request-1 "));
  CHECK(request.ends_with(" 26 cHVibGlj"));
  CHECK(parse_work_request(request) == a.request);
  auto none = a.request;
  none.name_space.clear();
  CHECK(to_text(none).ends_with(" 26 -"));
  CHECK(parse_work_request(to_text(none)) == none);
  auto longest = a.request;
  longest.name_space.assign(delegated_namespace_max, 'x');
  CHECK(parse_work_request(to_text(longest)) == longest);
  longest.name_space += 'x';
  CHECK_FALSE(parse_work_request(to_text(longest)));

  const work_answer answer{a.request.start, steps_max - 1};
  CHECK(parse_work_answer(to_text(answer)) == answer);
  CHECK_FALSE(parse_work_answer(to_text(work_answer{a.request.start, steps_max})));

  const std::string point = request.substr(13, 43);
  for (const auto& wrong : std::vector<std::string>{
           std::string{}, request + " ", " " + request, request + "\n", request + " x",
           "wh-request-2" + request.substr(12), request.substr(0, request.size() - 9),
           "wh-request-1 " + point + " 026 cHVibGlj", "wh-request-1 " + point + " 257 cHVibGlj",
           "wh-request-1 " + point + " -1 cHVibGlj", "wh-request-1 " + point + "= 26 cHVibGlj",
           "wh-request-1 " + point.substr(1) + " 26 cHVibGlj", "wh-request-1  26 cHVibGlj",
           "wh-request-1 " + point + " 26 cHVibGlj=", "wh-request-1 " + point + " 26  cHVibGlj",
           "wh-request-1\t" + point + " 26 cHVibGlj", "wh-request-1 " + point + " 26 ",
           std::string(1000000, 'x'), std::string(1000000, ' ')}) {
    CAPTURE(wrong.substr(0, 100));
    CHECK_FALSE(parse_work_request(wrong));
    CHECK_FALSE(parse_work_answer(wrong));
  }
  for (const std::string& wrong :
       {"wh-answer-1 " + point, "wh-answer-1 " + point + " ", "wh-answer-1 " + point + " +1",
        "wh-answer-1 " + point + " 1x", "wh-answer-1 " + point + " 18446744073709551616"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_work_answer(wrong));
  }
}
