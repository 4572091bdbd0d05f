#include "sim/page/document.hpp"
#include "sim/page/model.hpp"
#include "sim/page/page.hpp"

namespace wh::sim {

expected<std::string, std::string> check_page(std::string_view text, const page_context& context) {
  auto check = page::json::parse(text, nullptr, false);
  if (check.is_discarded()) return unexpected(std::string("not JSON"));
  try {
    if (check.at("kind") != "check" || check.at("format") != page::check_format)
      return unexpected("not a check that this page knows: kind " + check["kind"].dump() +
                        ", format " + check.at("format").dump());
    // What the page cannot do without.
    for (const auto& s : check.at("scenarios"))
      for (const char* key : {"scenario", "regression", "verdicts", "runs", "statistics"})
        static_cast<void>(s.at(key));
    page::json data;
    data["kind"] = "check";
    data["page"] = page::context_of(context);
    data["check"] = std::move(check);
    return document_of("check", page::dump(data));
  } catch (const page::json::exception& e) {
    return unexpected(std::string("not a check of wh-sim: ") + e.what());
  }
}

}  // namespace wh::sim
