#include "tests/real/net/host/real_world.hpp"

#define WH_PORT_WORLDS plain_world, raw_world, pcap_world, nft_world
#include "tests/support/port_contract_cases.hpp"
