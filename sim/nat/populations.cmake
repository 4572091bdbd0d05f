# scenarios/populations/*.csv as a header, so that the pure library needs no file at run time.
file(GLOB population_csv CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/scenarios/populations/*.csv)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${population_csv})
set(population_rows "")
foreach(csv IN LISTS population_csv)
  get_filename_component(name ${csv} NAME_WE)
  file(READ ${csv} text)
  string(APPEND population_rows "    {\"${name}\", R\"csv(${text})csv\"},\n")
endforeach()
set(population_header ${PROJECT_BINARY_DIR}/generated/sim/nat/population_files.hpp)
file(CONFIGURE OUTPUT ${population_header} @ONLY CONTENT [[
#pragma once

#include <string_view>

namespace wh::sim::nat {

struct population_file {
  std::string_view name;
  std::string_view text;
};
inline constexpr population_file population_files[] = {
@population_rows@};

}  // namespace wh::sim::nat
]])
target_include_directories(wh_sim_nat PRIVATE ${PROJECT_BINARY_DIR}/generated)
