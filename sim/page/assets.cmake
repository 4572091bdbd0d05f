# The pages' style, modules and library as one source of wh_sim_page.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
# In the order in which they need each other.
set(page_libraries
    d3-array d3-collection d3-color d3-format d3-interpolate d3-time d3-time-format d3-path d3-scale
    d3-selection d3-shape d3-axis)
set(page_arguments "")
set(page_files "")
foreach(library IN LISTS page_libraries)
  set(file /usr/share/nodejs/${library}/dist/${library}.min.js)
  set(copyright /usr/share/doc/node-${library}/copyright)
  foreach(needed IN ITEMS ${file} ${copyright})
    if(NOT EXISTS ${needed})
      message(FATAL_ERROR "${needed} is missing; Debian's package is node-${library} "
                          "(tools/setup.sh has the list of all packages)")
    endif()
  endforeach()
  list(APPEND page_arguments --library ${library} ${file} ${copyright})
  list(APPEND page_files ${file} ${copyright})
endforeach()

file(GLOB page_web CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/page/web/*.js
     ${CMAKE_CURRENT_SOURCE_DIR}/page/web/*.css)
set(page_source ${PROJECT_BINARY_DIR}/generated/sim/page/assets.cpp)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/generated/sim/page)
add_custom_command(
  OUTPUT ${page_source}
  COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/page/assemble.py ${page_source}
          --web ${CMAKE_CURRENT_SOURCE_DIR}/page/web ${page_arguments}
  DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/page/assemble.py ${page_web} ${page_files}
  COMMENT "Assembling the pages" VERBATIM)
target_sources(wh_sim_page PRIVATE ${page_source})
# Its literals are longer than what C++ asks of every compiler; g++ and clang++ take them.
set_source_files_properties(${page_source} PROPERTIES COMPILE_OPTIONS -Wno-overlength-strings)
