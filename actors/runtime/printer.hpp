#pragma once

#include <caf/actor.hpp>
#include <caf/fwd.hpp>

namespace wh::actors {

/// The target of `aout`: writes to standard output. CAF's own one is a thread.
caf::actor make_text_printer(caf::actor_system& system, caf::execution_unit* context);

}  // namespace wh::actors
