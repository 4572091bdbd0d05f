#include "sim/page/document.hpp"

#include "sim/page/assets.hpp"

namespace wh::sim {
namespace {

std::string html_text(std::string_view text) {
  std::string out;
  for (const char c : text) switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '&':
        out += "&amp;";
        break;
      default:
        out += c;
    }
  return out;
}

/// `<` stands in JSON's strings only. Escaped, nothing in the data ends its element or opens a
/// comment.
std::string json_text(std::string_view json) {
  std::string out;
  out.reserve(json.size() + json.size() / 64);
  for (const char c : json)
    if (c == '<')
      out += "\\u003c";
    else
      out += c;
  return out;
}

// Three nodes and the paths between them.
constexpr std::string_view icon =
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Cpath "
    "d='M7 "
    "24 16 7l9 17' fill='none' stroke='%232a6db3' stroke-width='4'/%3E%3Ccircle cx='16' cy='7' "
    "r='5' "
    "fill='%23e29a26'/%3E%3Ccircle cx='7' cy='24' r='5' fill='%232a6db3'/%3E%3Ccircle cx='25' "
    "cy='24' "
    "r='5' fill='%232a6db3'/%3E%3C/svg%3E";

}  // namespace

std::string document_of(std::string_view title, std::string_view data) {
  const std::string safe = json_text(data);
  std::string out;
  out.reserve(safe.size() + assets.style.size() + assets.library.size() + assets.script.size() +
              8192);
  const auto add = [&out](auto... parts) { (out.append(parts), ...); };
  add("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
  // Nothing but the very texts below runs or styles, and nothing is fetched.
  add("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src "
      "'sha256-",
      assets.library_hash, "' 'sha256-", assets.script_hash, "'; style-src 'sha256-",
      assets.style_hash, "'; img-src data:; base-uri 'none'; form-action 'none'\">\n");
  add("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
      "<meta name=\"referrer\" content=\"no-referrer\">\n", "<title>", html_text(title),
      "</title>\n<link rel=\"icon\" href=\"", icon, "\">\n<style>", assets.style,
      "</style>\n</head>\n<body>\n");
  add("<noscript>This page draws itself with JavaScript. The same numbers stand in the JSON file "
      "beside it.</noscript>\n");
  add("<script type=\"application/json\" id=\"data\">", safe, "</script>\n");
  add("<!-- Of the plots' library, d3:\n", assets.licence, "-->\n");
  add("<script>", assets.library, "</script>\n<script type=\"module\">", assets.script,
      "</script>\n</body>\n</html>\n");
  return out;
}

}  // namespace wh::sim
