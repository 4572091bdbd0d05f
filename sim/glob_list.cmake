# wh_glob_list(TYPE PATTERN SUFFIX FUNCTION HEADER LIBRARY): makes a source file of LIBRARY in which FUNCTION
# returns the constant `NAME` of every file that matches PATTERN: the file's own name, with SUFFIX. So a
# file that is added is known everywhere.
function(wh_glob_list type pattern suffix list_function header library)
  file(GLOB files CONFIGURE_DEPENDS ${pattern})
  set(declarations "")
  set(rows "")
  foreach(file IN LISTS files)
    get_filename_component(name ${file} NAME_WE)
    string(APPEND declarations "extern const ${type} ${name}${suffix};\n")
    string(APPEND rows "      &${name}${suffix},\n")
  endforeach()
  set(source ${PROJECT_BINARY_DIR}/generated/${library}/${list_function}.cpp)
  file(CONFIGURE OUTPUT ${source} @ONLY CONTENT [[
#include <array>

#include "@header@"

namespace wh::sim {

@declarations@
std::span<const @type@* const> @list_function@() {
  static constexpr auto all = std::to_array<const @type@*>({
@rows@  });
  return all;
}

}  // namespace wh::sim
]])
  target_sources(${library} PRIVATE ${source})
endfunction()
