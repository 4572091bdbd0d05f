#include "sim/world/events/disturbing.hpp"

namespace wh::sim {

extern const event_kind link_kind;

namespace {

class link final : public happening {
 public:
  static bool draw(event_draw& d) {
    const std::string a = d.peer(), b = d.peer();
    if (a == b) return false;
    d.put("peers", "[\"" + a + "\", \"" + b + "\"]");
    d.number("lasts_s", 1, 120);
    trouble::draw_traffic(d);
    return true;
  }

 private:
  const event_kind& kind() const override { return link_kind; }
  void fields(field_visitor& v) override {
    v.words("peers", peers_, {"two peers' names", {}, "whose link it is: two peers' names"});
    v.number("loss_ratio", what_.loss_ratio, {0, 1}, {"datagrams lost, each by itself"});
    v.milliseconds("extra_ms", what_.delay, {0, 60'000}, {"how much longer datagrams take"});
    v.one_of("traffic", what_.which,
             {"`\"out\"`: from the first peer to the second; `\"in\"`: the other way; `\"both\"`"});
    what_.time_keys(v);
  }
  duration lasts() const override { return what_.lasts; }
  void check(event_site& s) const override {
    if (peers_.size() != 2 || peers_[0] == peers_[1])
      return s.wrong("peers", "a link is between two peers");
    for (const std::string& p : peers_)
      if (!s.peer("peers", p)) return;
    if (what_.loss_ratio == 0 && what_.delay == duration{})
      s.wrong("loss_ratio", "neither is anything lost nor does it take longer",
              "set `loss_ratio` or `extra_ms`");
    s.idle_key("extra_ms", what_.loss_ratio < 1, "everything is lost (`loss_ratio`)");
  }
  std::vector<std::size_t> happen(stage& s) const override {
    const std::size_t a = *s.who.host_called(peers_[0]), b = *s.who.host_called(peers_[1]);
    what_.begin(s, {a}, {b});
    return {a, b};
  }

  std::vector<std::string> peers_;
  trouble what_{.loss_ratio = 1};
};

}  // namespace

const event_kind link_kind{"link",
                           "between two peers, datagrams are lost or take longer for `lasts_s`; "
                           "everybody else reaches both as before",
                           make_event<link>,
                           link::draw,
                           {30s, 60s}};

}  // namespace wh::sim
