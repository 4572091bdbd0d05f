#include "sim/scenario/churn_trace.hpp"

#include <cmath>
#include <map>
#include <optional>
#include <sstream>

#include "sim/scenario/limits.hpp"

namespace wh::sim {

namespace {

std::optional<double> number(const std::string& word) {
  try {
    std::size_t used = 0;
    const double v = std::stod(word, &used);
    if (used == word.find_last_not_of(" \t\r") + 1 && std::isfinite(v) && v >= 0) return v;
  } catch (const std::exception&) {
  }
  return std::nullopt;
}

duration seconds(double s) { return duration{std::llround(s * 1e9)}; }

}  // namespace

expected<std::vector<recorded_session>, churn_trace_error> parse_churn_trace(std::string_view text,
                                                                             unsigned peers) {
  std::vector<recorded_session> out;
  std::map<unsigned, duration> last;
  std::istringstream in{std::string(text)};
  std::size_t line_number = 0;
  for (std::string line; std::getline(in, line);) {
    ++line_number;
    const auto wrong = [&](std::string message) {
      return unexpected(churn_trace_error{line_number, std::move(message)});
    };
    line.erase(std::min(line.find('#'), line.size()));
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    std::istringstream fields(line);
    std::string words[3];
    int n = 0;
    for (std::string word; std::getline(fields, word, ','); ++n)
      if (n < 3) words[n] = word;
    if (n != 3) return wrong("a line has PEER,FROM_S,UNTIL_S; this one has " + std::to_string(n));
    const auto peer = number(words[0]), from = number(words[1]), until = number(words[2]);
    if (!peer || *peer != std::floor(*peer) || *peer >= peers)
      return wrong("the peer is a whole number below " + std::to_string(peers) +
                   ", the group's size");
    if (!from || !until || *until > length_max_s || *from >= *until)
      return wrong("times are in seconds from the run's start, the first before the second");
    recorded_session s{static_cast<unsigned>(*peer), seconds(*from), seconds(*until)};
    if (const auto before = last.find(s.peer); before != last.end() && s.from <= before->second)
      return wrong("the peer's last session ends after this one begins");
    last[s.peer] = s.until;
    out.push_back(s);
  }
  if (out.empty()) return unexpected(churn_trace_error{line_number, "there is no session in it"});
  return out;
}

}  // namespace wh::sim
