#pragma once

#include <string>

namespace wh::cli {

/// What daemons answer, each answer a JSON text, for people, on standard output; an array of
/// statuses for `print_status`. Throw a `nlohmann::json::exception` where an answer is not what a
/// daemon of this version gives.
void print_status(const std::string& answer);
void print_record(const std::string& answer);
void print_ping(const std::string& answer);
void print_why(const std::string& answer);

}  // namespace wh::cli
