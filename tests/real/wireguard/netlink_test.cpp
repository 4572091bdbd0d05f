#include <catch2/catch.hpp>

#include "real/wireguard/links.hpp"
#include "tests/real/wireguard/fake_wire.hpp"

using namespace wh;
using namespace wh::real;
using namespace wh::test;

namespace {

struct kernel_of_paper {
  fake_wire::script script;
  netlink it{std::make_unique<fake_wire>(script)};
  links net{std::make_unique<fake_wire>(script)};

  void says(bytes b) { script.answers.emplace_back(std::move(b)); }
  void fails(int e) { script.answers.emplace_back(unexpected(e)); }
  expected<std::vector<bytes>, kernel_error> dump() {
    netlink_message m{100, 0};
    return it.dump(m);
  }
  expected<void, kernel_error> request() {
    netlink_message m{100, 0};
    return it.request(m);
  }
};

}  // namespace

TEST_CASE("a request ends with the kernel's verdict") {
  kernel_of_paper k;
  k.says(verdict(0));
  CHECK(k.request());
  k.says(verdict(EPERM));
  auto r = k.request();
  REQUIRE_FALSE(r);
  CHECK(r.error().code == EPERM);
  CHECK(r.error().text() == "Operation not permitted");
  k.says(verdict(EOPNOTSUPP, "Unknown device type"));
  r = k.request();
  REQUIRE_FALSE(r);
  CHECK(r.error().text() == "Operation not supported (the kernel says: Unknown device type)");
  k.says(verdict(EINVAL, "Words behind an echo", 52));
  r = k.request();
  REQUIRE_FALSE(r);
  CHECK(r.error().words == "Words behind an echo");
}

TEST_CASE("what belongs to an earlier request is passed over") {
  kernel_of_paper k;
  k.says(joined({message(NLMSG_ERROR, 0, bytes(20), 4711), verdict(ENODEV)}));
  const auto r = k.request();
  REQUIRE_FALSE(r);
  CHECK(r.error().code == ENODEV);
}

TEST_CASE("a kernel that is silent or cannot be asked is an error") {
  kernel_of_paper k;
  CHECK(k.request().error().code == ETIMEDOUT);
  k.script.send_error = ENOBUFS;
  CHECK(k.request().error().code == ENOBUFS);
  CHECK(k.dump().error().code == ENOBUFS);
}

TEST_CASE("a dump is collected over many datagrams until the kernel says that it is done") {
  kernel_of_paper k;
  k.says(joined({message(7, NLM_F_MULTI, {1, 2, 3, 4}), message(7, NLM_F_MULTI, {5, 6, 7, 8})}));
  k.says(joined({message(7, NLM_F_MULTI, {9, 9, 9, 9}), done()}));
  const auto r = k.dump();
  REQUIRE(r);
  REQUIRE(r->size() == 3);
  CHECK((*r)[0] == bytes{1, 2, 3, 4});
  CHECK((*r)[2] == bytes{9, 9, 9, 9});
}

TEST_CASE("a dump that changed under way is taken again from its beginning") {
  kernel_of_paper k;
  k.says(message(7, NLM_F_MULTI | NLM_F_DUMP_INTR, {1, 1, 1, 1}));
  k.says(done());
  k.fails(ENOBUFS);  // and one that did not fit
  k.says(joined({message(7, NLM_F_MULTI, {2, 2, 2, 2}), done()}));
  const auto r = k.dump();
  REQUIRE(r);
  REQUIRE(r->size() == 1);
  CHECK((*r)[0] == bytes{2, 2, 2, 2});
  CHECK(k.script.sent.size() == 3);
}

TEST_CASE("a dump that always changes is given up") {
  kernel_of_paper k;
  for (int i = 0; i < 100; ++i) k.says(message(NLMSG_DONE, NLM_F_DUMP_INTR, bytes(4)));
  const auto r = k.dump();
  REQUIRE_FALSE(r);
  CHECK(r.error().code == EBUSY);
  CHECK(k.script.sent.size() == 10);
}

TEST_CASE("an error in the middle of a dump is the dump's") {
  kernel_of_paper k;
  k.says(message(7, NLM_F_MULTI, {1, 1, 1, 1}));
  bytes number(4);
  const std::int32_t n = -ENODEV;
  std::memcpy(number.data(), &n, sizeof n);
  k.says(message(NLMSG_DONE, NLM_F_MULTI, number));
  CHECK(k.dump().error().code == ENODEV);
}

TEST_CASE("a message longer than its datagram or shorter than its header ends the datagram") {
  for (const std::uint32_t length : {0u, 15u, 100u, 0x80000000u, 0xffffffffu}) {
    kernel_of_paper k;
    bytes odd = message(7, NLM_F_MULTI, {1, 1, 1, 1});
    std::memcpy(odd.data(), &length, sizeof length);
    k.says(odd);
    k.says(joined({message(7, NLM_F_MULTI, {2, 2, 2, 2}), done()}));
    const auto r = k.dump();
    REQUIRE(r);
    CHECK(r->size() == 1);
  }
}

TEST_CASE("attributes that run over the end are found out") {
  std::size_t seen = 0;
  const auto count = [&](std::uint16_t, byte_view) { ++seen; };
  CHECK(each_attribute(bytes{}, count));
  CHECK(each_attribute(bytes{5, 0, 1, 0, 9, 0, 0, 0, 4, 0, 2, 0}, count));
  CHECK(seen == 2);
  CHECK_FALSE(each_attribute(bytes{8, 0, 1, 0, 9}, count));
  CHECK_FALSE(each_attribute(bytes{3, 0, 1, 0}, count));
  CHECK_FALSE(each_attribute(bytes{0, 0, 0, 0}, count));
  CHECK_FALSE(each_attribute(bytes{4, 0, 1}, count));
  CHECK(seen == 2);
  // Padding of the last one need not be there.
  CHECK(each_attribute(bytes{5, 0, 1, 0, 9}, count));
}

TEST_CASE("an interface that is created is these bytes") {
  kernel_of_paper k;
  k.says(verdict(0));
  REQUIRE(k.net.create("wg0", "wireguard"));
  // Little endian, as this was recorded; length, type, flags, sequence, port.
  CHECK(to_hex(k.script.sent.at(0)) ==
        "3c000000100005060100000000000000"    // RTM_NEWLINK, REQUEST ACK EXCL CREATE
        "00000000000000000000000000000000"    // ifinfomsg
        "0800030077673000"                    // IFLA_IFNAME
        "14001280"                            // IFLA_LINKINFO, nested
        "0d000100776972656775617264000000");  // IFLA_INFO_KIND
}

TEST_CASE("addresses and routes are messages of the address's family") {
  kernel_of_paper k;
  for (int i = 0; i < 3; ++i) k.says(verdict(0));
  REQUIRE(k.net.add_address(5, {ip_address::v4(10, 7, 0, 1), 24}));
  REQUIRE(k.net.add_address(5, {*ip_address::parse("fd07::1"), 64}));
  REQUIRE(k.net.add_route(5, {ip_address::v4(10, 99, 1, 1), 16}));
  CHECK(to_hex(k.script.sent[0]) ==
        "28000000140005050100000000000000"
        "0218000005000000"
        "080002000a070001"
        "080001000a070001");
  CHECK(to_hex(k.script.sent[1]) ==
        "40000000140005050200000000000000"
        "0a40020005000000"
        "14000200fd070000000000000000000000000001"
        "14000100fd070000000000000000000000000001");
  CHECK(to_hex(k.script.sent[2]) ==
        "2c000000180005060300000000000000"
        "02100000fe04fd0100000000"
        "080001000a630000"
        "0800040005000000");
}

TEST_CASE("an interface that is not there is no error") {
  kernel_of_paper k;
  k.says(verdict(ENODEV));
  const auto l = k.net.find("wg0");
  REQUIRE(l);
  CHECK_FALSE(*l);
  k.says(verdict(EPERM));
  CHECK_FALSE(k.net.find("wg0"));
}
