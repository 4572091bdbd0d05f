#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/scenario/event_draw.hpp"
#include "sim/scenario/fields.hpp"
#include "transport/time.hpp"

namespace wh::sim {

struct peer_group;
struct scenario;
class event_site;
class event_what;

/// What hosts are left with in the end, at the worst of them.
struct condition {
  double clock_off_s = 0;  ///< the most that it was ever off, either way
  unsigned relay_guests = 0;
};

/// How soon all is well again once an event is over: what the swarm holds every world to.
struct healing {
  duration connected;  ///< every pair that can have a path has one
  duration direct;     ///< every pair that can have a direct one has it
};

/// A kind of [[events]], as the scenario file knows it. A kind is one file of `sim/world/events`,
/// which gives all of this and what the event does.
struct event_kind {
  std::string_view name;   ///< its key in [[events]]
  std::string_view about;  ///< for the reference: what happens
  std::unique_ptr<event_what> (*make)();
  /// Draws its keys for a world of chance; false where such a world has nothing for it to hit.
  bool (*draw)(event_draw& d);
  healing heals;  ///< at the worst
};

/// What one [[events]] table says is to happen.
class event_what {
 public:
  virtual ~event_what() = default;
  virtual const event_kind& kind() const = 0;
  virtual void fields(field_visitor& v) = 0;
  /// Whether it fits the rest of the scenario; each value by itself does.
  virtual void check(event_site&) const {}
  /// From its beginning to its end; zero for what is done in a moment.
  virtual duration lasts() const { return {}; }
  virtual healing heals() const { return kind().heals; }
  /// What it leaves hosts of a group with for good, once it is over.
  virtual void leaves(const peer_group&, condition&) const {}
};

/// Where an event stands, while its scenario is checked.
class event_site {
 public:
  /// A mistake at a key of the event, or at the event itself where the key is not there.
  virtual void wrong(std::string_view key, std::string message, std::string hint = {}) = 0;
  /// A key that is there and changes nothing, unless `applies`: a mistake.
  virtual void idle_key(std::string_view key, bool applies, const std::string& why) = 0;
  /// A group of this name, or all; false, and a mistake, otherwise.
  virtual bool group(std::string_view key, const std::string& name) = 0;
  /// A peer's name; false, and a mistake, otherwise.
  virtual bool peer(std::string_view key, const std::string& name) = 0;
  /// NAT profiles from the host outwards; false, and a mistake, where one is unknown or there are
  /// too many.
  virtual bool nat_chain(std::string_view key, const std::vector<std::string>& chain) = 0;
  virtual const scenario& whole() const = 0;

 protected:
  ~event_site() = default;
};

}  // namespace wh::sim
