#pragma once

#include <optional>
#include <string>

#include "actors/proto/keys/delegate.hpp"

/// The file in which a weak machine keeps the private part of a delegated search.
namespace wh::cli {

/// Its name in the current folder, when none is said: it follows from request and answer.
std::string kept_path(const fixed_bytes<32>& start);

/// Makes the file, mode 0600; never overwrites one. False, with the reason on stderr, when it is
/// not made, and then nothing is left.
bool keep(const std::string& path, const private_key& start, const keys::work_request& r);

/// Empty, with the reason on stderr, when there is no such file or it is not one of ours.
std::optional<keys::work_request> load_kept(const std::string& path, private_key& start);

}  // namespace wh::cli
