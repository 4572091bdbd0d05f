#include "real/daemon/up_options.hpp"

#include <catch2/catch.hpp>
#include <map>

using namespace wh;
using namespace wh::real;

namespace {

using words = std::vector<std::string_view>;
using environment = std::map<std::string, std::string>;

expected<up_options, std::string> parse(const words& w, const environment& e = {}) {
  return parse_up(w, [&](const char* name) {
    const auto at = e.find(name);
    return at == e.end() ? "" : at->second;
  });
}

std::string error_of(const words& w, const environment& e = {}) {
  const auto o = parse(w, e);
  return o ? "" : o.error();
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("up takes the original's words in any order with or without dashes") {
  const auto o = parse({"./net", "listen-port", "77", "private-key", "sk", "interface", "wg7",
                        "mode", "nat", "--capture", "raw", "relay-rate", "500", "foreground"});
  REQUIRE(o);
  CHECK(o->network_path == "./net");
  CHECK(o->port == 77);
  CHECK(o->key_path == "sk");
  CHECK(o->interface == "wg7");
  CHECK(o->mode == nat::mode::behind_nat);
  CHECK(o->how == capture::raw);
  CHECK(o->relay_mbit == 500);
  CHECK(o->foreground);
  CHECK(o->hosts_path == "/etc/hosts");
}

TEST_CASE("what is not said is left open and port 0 is as if it were not said") {
  const auto o = parse({"net", "listen-port", "0", "hosts", "none"});
  REQUIRE(o);
  CHECK_FALSE(o->port);
  CHECK_FALSE(o->mode);
  CHECK_FALSE(o->foreground);
  CHECK(o->level == log_level::info);
  CHECK(o->hosts_path.empty());
}

TEST_CASE("the environment is heard where no word says otherwise") {
  const environment all{{"FG", "y"}, {"LOG", "2"}, {"WH_LOGPATH", "/l"}};
  const auto heard = parse({"net"}, all);
  REQUIRE(heard);
  CHECK(heard->foreground);
  CHECK(heard->level == log_level::debug);
  CHECK(heard->log_path == "/l");
  const auto said = parse({"net", "log-level", "error", "log", "/m"}, all);
  REQUIRE(said);
  CHECK(said->level == log_level::error);
  CHECK(said->log_path == "/m");
  CHECK(contains(error_of({"net"}, {{"LOG", "7"}}), "LOG"));
}

TEST_CASE("a mistake in the words is told with what may stand there") {
  CHECK(contains(error_of({}), "network file"));
  CHECK(contains(error_of({"net", "nonsense"}), "unknown word `nonsense`"));
  CHECK(contains(error_of({"net", "mode"}), "needs a value"));
  CHECK(contains(error_of({"net", "mode", "x"}), "unknown, direct or nat"));
  CHECK(contains(error_of({"net", "capture", "x"}), "pcap, raw or nft"));
  CHECK(contains(error_of({"net", "log-level", "x"}), "warning"));
  CHECK(contains(error_of({"net", "mode", "nat", "mode", "nat"}), "twice"));
  for (const char* port : {"x", "-1", "65536", "1e3", ""})
    CHECK(contains(error_of({"net", "listen-port", port}), "listen-port"));
  for (const char* name : {"../x", "a;reboot", "sixteen-letters1", "-a", "a b"})
    CHECK(contains(error_of({"net", "interface", name}), "name of an interface"));
}
