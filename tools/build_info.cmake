# Writes what this build was made of, when that has changed: run at every build (cmake -P).
#   SOURCE, HEADER, VERSION
execute_process(COMMAND git -C ${SOURCE} -c safe.directory=${SOURCE} rev-parse HEAD
                OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE bad)
if(bad)
  set(commit "unknown")  # no git, or no checkout
else()
  execute_process(COMMAND git -C ${SOURCE} -c safe.directory=${SOURCE} status --porcelain --untracked-files=no
                  OUTPUT_VARIABLE changed ERROR_QUIET)
  if(NOT changed STREQUAL "")
    string(APPEND commit " and changes")
  endif()
endif()
file(CONFIGURE OUTPUT ${HEADER} @ONLY CONTENT [[
#pragma once

/// What this build was made of.
namespace wh::build {
inline constexpr const char* version = "@VERSION@";
inline constexpr const char* commit = "@commit@";
}  // namespace wh::build
]])
