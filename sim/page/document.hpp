#pragma once

#include <string>
#include <string_view>

namespace wh::sim {

/// A whole page around its data, which is JSON. `title` is what stands there until the page's own
/// modules have run.
std::string document_of(std::string_view title, std::string_view data);

}  // namespace wh::sim
