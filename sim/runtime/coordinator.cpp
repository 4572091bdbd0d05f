#include "sim/runtime/coordinator.hpp"

#include "actors/runtime/coordinator_impl.hpp"

template class wh::actors::coordinator_on<wh::sim::timeline>;
