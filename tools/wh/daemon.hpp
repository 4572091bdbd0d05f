#pragma once

namespace wh::cli {

/// Then `wh` without words shows them.
bool any_daemon_runs();

}  // namespace wh::cli
