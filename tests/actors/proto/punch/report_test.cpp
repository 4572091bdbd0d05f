#include "tests/support/path_world.hpp"

using namespace wh;
using namespace wh::punch;
using test::path_world;
using wire::nat_class;

namespace {

struct two : path_world {
  two(std::string_view nat, nat_class kind) : relays{&add_open(), &add_open()} {
    a = nat.empty() ? &add_open() : &add(nat, kind);
    b = nat.empty() ? &add_open() : &add(nat, kind);
    settle(relays);
  }
  std::vector<host*> relays;
  host *a, *b;
};

}  // namespace

TEST_CASE("a probe of a peer without a path makes one and tells the round trip") {
  two w("", {});
  w.tell(*w.a, probe{w.b->self});
  w.run(5s);
  REQUIRE(w.a->probed.size() == 1);
  CHECK(w.a->probed[0].peer == w.b->self);
  CHECK(w.a->probed[0].rtt == 50ms);
  CHECK(w.a->probed[0].via == wire::direct(w.b->local));
}

TEST_CASE("a probe over a relay tells which one") {
  two w("symmetric", nat_class::endpoint_dependent);
  w.tell(*w.a, probe{w.b->self});
  w.run(5s);
  REQUIRE(w.a->probed.size() == 1);
  REQUIRE(w.a->probed[0].rtt);
  CHECK(w.a->probed[0].via.relayed());
}

TEST_CASE("a probe of a dead peer is answered without a time once - after the timeout") {
  two w("", {});
  w.kill(*w.b);
  w.tell(*w.a, probe{w.b->self});
  w.run(4900ms);
  CHECK(w.a->probed.empty());
  w.run(200ms);
  REQUIRE(w.a->probed.size() == 1);
  CHECK_FALSE(w.a->probed[0].rtt);
  w.run(1min);
  CHECK(w.a->probed.size() == 1);
}

TEST_CASE("a probe of a stranger and of a peer that is forgotten meanwhile is answered at once") {
  two w("", {});
  w.tell(*w.a, probe{public_key{}});
  REQUIRE(w.a->probed.size() == 1);
  CHECK_FALSE(w.a->probed[0].rtt);
  w.tell(*w.a, probe{w.b->self});
  w.tell(*w.a, forget{w.b->self});
  REQUIRE(w.a->probed.size() == 2);
  CHECK(w.a->probed[1].peer == w.b->self);
}

TEST_CASE("a lost ping of a probe is sent again") {
  two w("", {});
  w.want(*w.a, *w.b);
  w.run(5s);
  w.kill(*w.b);
  w.tell(*w.a, probe{w.b->self});
  w.run(500ms);
  w.b->alive = true;
  w.run(4s);
  REQUIRE(w.a->probed.size() == 1);
  CHECK(w.a->probed[0].rtt == 50ms);
}

TEST_CASE("the report names the relays of a path and why it is not direct and the next try") {
  two w("symmetric", nat_class::endpoint_dependent);
  w.want(*w.a, *w.b);
  w.flow(*w.a, *w.b);
  w.run(30s);
  const auto all = w.a->paths.all();
  REQUIRE(all.size() == 1);
  const report& r = all[0];
  CHECK(r.now.peer == w.b->self);
  CHECK(r.now.state == path_state::relayed);
  CHECK(r.now.why == reason::both_mappings_vary);
  CHECK(r.theirs == nat_class::endpoint_dependent);
  CHECK(r.failures > 0);
  CHECK(r.now.rtt > 0ns);
  REQUIRE_FALSE(r.relays.empty());
  CHECK(r.relays[0].attached);
  REQUIRE(r.next_open);
  CHECK(*r.next_open > w.now);
}
