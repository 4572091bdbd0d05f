# Debian packages as imported targets. ns-3's own package files name libraries that libns3-dev does
# not depend on, and CAF's set a different standard, so both are found by hand.
function(wh_import target header)
  set(libraries ${ARGN})
  string(MAKE_C_IDENTIFIER "${target}" id)
  find_path(WH_${id}_INCLUDE ${header} REQUIRED)
  add_library(${target} INTERFACE IMPORTED GLOBAL)
  foreach(library ${libraries})
    find_library(WH_LIB_${library} ${library} REQUIRED)
    target_link_libraries(${target} INTERFACE ${WH_LIB_${library}})
  endforeach()
endfunction()

wh_import(wh::sodium sodium.h sodium)
wh_import(wh::caf caf/actor_system.hpp caf_core)
wh_import(wh::ns3 ns3/simulator.h ns3-core)
wh_import(wh::ns3_internet ns3/ipv4-header.h ns3-core ns3-network ns3-internet
          ns3-traffic-control ns3-bridge)
wh_import(wh::expected tl/expected.hpp)
wh_import(wh::toml toml.hpp)
wh_import(wh::json nlohmann/json.hpp)
wh_import(wh::cli CLI/CLI.hpp)
wh_import(wh::pcap pcap/pcap.h pcap)
wh_import(wh::mnl libmnl/libmnl.h mnl)
