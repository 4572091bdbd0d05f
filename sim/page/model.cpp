#include "sim/page/model.hpp"

#include <algorithm>

#include "actors/proto/punch/reason.hpp"
#include "sim/page/glossary.hpp"

namespace wh::sim::page {
namespace {

std::optional<std::string> word(const json& j) {
  if (j.is_null()) return std::nullopt;
  return j.get<std::string>();
}

/// Classes in the order of the oracle's words; what it does not know comes last.
std::size_t rank_of(const std::string& nat_class) {
  const auto words = nat::nat_class_words;
  return static_cast<std::size_t>(std::find(words.begin(), words.end(), nat_class) - words.begin());
}

template <worded E>
json words_explained() {
  json j = json::object();
  const auto words = words_of(E{});
  for (std::size_t i = 0; i < words.size(); ++i)
    j[std::string(words[i])] = explain(static_cast<E>(i));
  return j;
}

}  // namespace

json context_of(const page_context& c) {
  const auto text = [](const std::string& s) { return s.empty() ? json(nullptr) : json(s); };
  json j = {{"again", text(c.again)}, {"replay", text(c.replay)}, {"up", text(c.up)}};
  auto& files = j["files"] = json::array();
  for (const auto& f : c.files) files.push_back({{"name", f.name}, {"what", f.what}});
  return j;
}

json glossary_of() {
  json j = {{"reason", json::object()},
            {"obstacle", words_explained<nat::obstacle>()},
            {"nat_class", words_explained<nat::nat_class>()}};
  auto& reasons = j["reason"];
  for (auto r = punch::reason::looking_up; !punch::explain(r).empty();
       r = static_cast<punch::reason>(static_cast<unsigned>(r) + 1))
    reasons[std::string(punch::code(r))] = punch::explain(r);
  // Where no peer has a reason (sim/measure/paths_meter).
  reasons["no_payload"] = "the path is there as far as the peers know, and no payload passes";
  reasons["not_wanted"] = "no peer has begun to connect: nothing was sent yet";
  return j;
}

std::string dump(const json& j) { return j.dump(-1, ' ', false, json::error_handler_t::replace); }

void traversal::count(const json& pairs) {
  for (const auto& p : pairs) {
    if (p.at("asked_s").is_null()) continue;
    const auto& oracle = p.at("oracle");
    const std::string path = p.at("path"), from_nat = p.at("from_nat"), to_nat = p.at("to_nat"),
                      from_class = oracle.at("from"), to_class = oracle.at("to");
    const bool o1 = oracle.at("o1"), o3 = oracle.at("o3"), direct = path == "direct";
    class_of_nat_[from_nat] = from_class;
    class_of_nat_[to_nat] = to_class;
    for (cell* c : {&by_class_[{from_class, to_class}], &by_nat_[{from_nat, to_nat}]}) {
      ++(direct ? c->direct : path == "relayed" ? c->relayed : c->unreachable);
      c->o1 += o1 ? 1 : 0;
      c->o3 += o3 ? 1 : 0;
      c->missed += o1 && !direct ? 1 : 0;
    }
    if (!direct)
      ++reasons_[{word(p.at("reason")).value_or(""), path,
                  o1 ? std::nullopt : word(oracle.at("reason"))}];
  }
}

json traversal::view_of(const cells& all, const std::map<std::string, std::string>& class_of) {
  std::vector<std::string> names;
  for (const auto& [ends, ignored] : all)
    for (const auto& n : {ends.first, ends.second}) names.push_back(n);
  const auto order = [&](const std::string& a, const std::string& b) {
    return std::pair{rank_of(class_of.at(a)), a} < std::pair{rank_of(class_of.at(b)), b};
  };
  std::sort(names.begin(), names.end(), order);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  const auto index = [&](const std::string& n) {
    return std::lower_bound(names.begin(), names.end(), n, order) - names.begin();
  };
  json view = {{"kinds", json::array()}, {"cells", json::array()}};
  for (const auto& n : names) {
    const auto& its_class = class_of.at(n);
    const auto known = from_string<nat::nat_class>(its_class);
    std::string about = known ? std::string(explain(*known)) : "";
    if (n != its_class) about = its_class + (known ? ": " + about : "");
    view["kinds"].push_back({{"name", n}, {"about", about}});
  }
  for (const auto& [ends, c] : all)
    view["cells"].push_back({{"from", index(ends.first)},
                             {"to", index(ends.second)},
                             {"direct", c.direct},
                             {"relayed", c.relayed},
                             {"unreachable", c.unreachable},
                             {"o1", c.o1},
                             {"o3", c.o3},
                             {"missed", c.missed}});
  return view;
}

json traversal::matrix() const {
  std::map<std::string, std::string> itself;
  for (const auto& [ignored, c] : class_of_nat_) itself[c] = c;
  json j = json::array();
  j.push_back({{"key", "class"}, {"title", "class"}, {"view", view_of(by_class_, itself)}});
  j.push_back({{"key", "nat"}, {"title", "NAT"}, {"view", view_of(by_nat_, class_of_nat_)}});
  return j;
}

json traversal::reasons() const {
  json j = json::array();
  for (const auto& [key, n] : reasons_) {
    const auto& [reason, path, oracle] = key;
    j.push_back({{"reason", reason},
                 {"path", path},
                 {"oracle", oracle ? json(*oracle) : json(nullptr)},
                 {"count", n}});
  }
  return j;
}

}  // namespace wh::sim::page
