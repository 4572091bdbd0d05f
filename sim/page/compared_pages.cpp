#include <initializer_list>

#include "sim/page/document.hpp"
#include "sim/page/model.hpp"
#include "sim/page/page.hpp"

namespace wh::sim {
namespace {

using page::json;

/// The text as JSON, if it is of this kind and format and each element of its `list` has these
/// keys, which the page cannot do without.
expected<json, std::string> read(std::string_view text, const std::string& kind, int format,
                                 const char* list, std::initializer_list<const char*> keys) {
  auto j = json::parse(text, nullptr, false);
  if (j.is_discarded()) return unexpected(std::string("not JSON"));
  try {
    if (j.at("kind") != kind || j.at("format") != format)
      return unexpected("not a " + kind + " that this page knows: kind " + j["kind"].dump() +
                        ", format " + j.at("format").dump());
    for (const auto& x : j.at(list))
      for (const char* key : keys) static_cast<void>(x.at(key));
  } catch (const json::exception& e) {
    return unexpected("not a " + kind + " of wh-sim: " + e.what());
  }
  return j;
}

expected<std::string, std::string> page_of(expected<json, std::string> j, const std::string& kind,
                                           const page_context& context) {
  if (!j) return unexpected(j.error());
  json data;
  data["kind"] = kind;
  auto& own = data["page"] = page::context_of(context);
  own["glossary"] = page::glossary_of();
  data[kind] = std::move(*j);
  return document_of(kind, page::dump(data));
}

}  // namespace

expected<std::string, std::string> check_page(std::string_view text, const page_context& context) {
  return page_of(read(text, "check", page::check_format, "scenarios",
                      {"scenario", "regression", "verdicts", "runs", "statistics"}),
                 "check", context);
}

expected<std::string, std::string> matrix_page(std::string_view text, const page_context& context) {
  return page_of(read(text, "matrix", page::matrix_format, "cells",
                      {"row", "column", "pairs", "direct", "connected"}),
                 "matrix", context);
}

}  // namespace wh::sim
