#include <filesystem>
#include <fstream>
#include <iostream>

#include "actors/proto/session/packet.hpp"
#include "tests/support/arbitrary.hpp"

/// Writes the small corpora that fuzzing starts from: each message, a record and a contact; and
/// scripts that make each kind of packet arrive. The same bytes each time.
namespace {

using namespace wh;

void write(const std::filesystem::path& path, const bytes& b) {
  std::ofstream out{path, std::ios::binary};
  out.write(reinterpret_cast<const char*>(b.data()), static_cast<std::streamsize>(b.size()));
}

/// At the end of `b`; through resize, as g++ 12 warns of vector::insert without cause.
void append(bytes& b, byte_view more) {
  const std::size_t before = b.size();
  b.resize(before + more.size());
  std::copy(more.begin(), more.end(), b.begin() + static_cast<std::ptrdiff_t>(before));
}

/// Operation 3 of session_fuzz.cpp.
void arrive(bytes& script, std::uint8_t via, std::uint8_t type, const bytes& rest) {
  append(script, bytes{3, via, type, static_cast<std::uint8_t>(rest.size() >> 8),
                       static_cast<std::uint8_t>(rest.size())});
  append(script, rest);
}

bytes initiation(std::uint8_t peer, std::uint64_t stamp, const wire::message& m) {
  bytes b(4 + 32 + 48 + 11);
  std::fill(b.begin() + 4, b.begin() + 36, std::uint8_t{3});
  std::fill(b.begin() + 36, b.begin() + 68, peer);
  bytes message;
  wire::encode(m, message);
  store_be(b.data() + 84, stamp);
  store_be(b.data() + 93, static_cast<std::uint16_t>(message.size()));
  append(b, message);
  b.resize(b.size() + 16 + 32);  // tag and macs, which all fit
  return b;
}

/// The same with bytes behind the message.
bytes initiation(std::uint8_t peer, std::uint64_t stamp, const wire::message& m,
                 const bytes& rest) {
  bytes b = initiation(peer, stamp, m);
  b.resize(b.size() - 48);
  append(b, rest);
  b.resize(b.size() + 48);
  return b;
}

bytes transport(std::uint64_t counter, const bytes& plain) {
  bytes b(12);
  store_be(b.data() + 4, counter);
  append(b, plain);
  b.resize(b.size() + 16);
  return b;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: make_corpus FOLDER\n";
    return 2;
  }
  const std::filesystem::path root{argv[1]};
  std::filesystem::create_directories(root / "wire");
  std::filesystem::create_directories(root / "session");
  seeded_rng random{seed{1}};
  test::arbitrary any{random};
  for (std::size_t kind = 0; kind < std::variant_size_v<wire::message>; ++kind)
    for (int n = 0; n < 3; ++n) {
      const auto m = any.message(kind);
      bytes b;
      wire::encode(m, b);
      write(root / "wire" / (std::string{wire::name_of(m)} + std::to_string(n)), b);
    }
  // What newer releases may add: fields of types that are not known, in order and not.
  bytes more;
  wire::encode(wire::relay_attach{}, more);
  append(more, bytes{1, 1, 0});
  write(root / "wire" / "option_cut", more);
  more.resize(5);
  append(more, bytes{2, 3, 1, 9, 9, 77, 2, 1, 2, 255, 0});
  write(root / "wire" / "options_unknown", more);
  append(more, bytes{3, 0});
  write(root / "wire" / "options_unordered", more);
  bytes record, contact;
  wire::encode(any.make<wire::record>(), record);
  wire::encode(any.make<wire::contact>(), contact);
  write(root / "wire" / "record", record);
  write(root / "wire" / "contact", contact);

  bytes hello{0, 1, 1, 0};  // send a ping to a peer
  write(root / "session" / "initiate", hello);
  bytes answered = hello;
  bytes response(8 + 32, 2);
  response.resize(8 + 32 + 3 + 16 + 16);
  arrive(answered, 1, 2, response);
  arrive(answered, 1, 4, transport(1, {0x01, 0, 0, 0, 9}));
  arrive(answered, 2, 4, transport(2, {0xf0, 1, 2, 3, 4, 5, 6, 7, 8}));
  write(root / "session" / "response", answered);
  bytes cookie = hello;
  arrive(cookie, 1, 3, bytes(60));
  write(root / "session" / "cookie", cookie);
  bytes met;
  arrive(met, 0, 1, initiation(4, 1, wire::find_node{}));
  append(met, bytes{0, 3, 0, 5});  // nodes to peer 4
  arrive(met, 0, 4, transport(0, {}));
  arrive(met, 0, 4, transport(1, {0x20, 0, 0, 0, 1}));
  append(met, bytes{4, 70});
  arrive(met, 3, 1, initiation(4, 2, wire::ping{}));
  append(met, bytes{1, 3, 5, 3});
  write(root / "session" / "initiation", met);
  bytes newer;  // flags, optional fields and kinds of another release
  auto first = initiation(4, 1, wire::find_node{}, {0, 9, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0});
  first[92] = 0xff;
  arrive(newer, 0, 1, first);
  append(newer, bytes{0, 3, 0, 5});
  arrive(newer, 0, 4, transport(0, {0x4f, 1}));
  arrive(newer, 0, 4, transport(1, {0xf7, 1}));
  arrive(newer, 0, 4, transport(2, {0x20, 0, 0, 0, 1, 2, 1, 1, 99, 1, 5}));
  write(root / "session" / "newer", newer);
  bytes many;
  for (std::uint8_t i = 1; i < 7; ++i) {
    arrive(many, i, 1, initiation(i, 5, wire::ping{}));
    append(many, bytes{1, 3});
    arrive(many, i, 4, transport(0, {}));
  }
  write(root / "session" / "many", many);
  bytes reach;
  arrive(reach, 0, 5, bytes(8, 1));
  write(root / "session" / "reach", reach);
}
