#pragma once

#include <string_view>

namespace wh::sim {

/// What every page is made of; `assemble.py` makes the values from `web/` and d3.
struct page_assets {
  std::string_view style, library, script;
  std::string_view licence;                                ///< of the library
  std::string_view style_hash, library_hash, script_hash;  ///< SHA-256, base64, for the page's CSP
};
extern const page_assets assets;

}  // namespace wh::sim
