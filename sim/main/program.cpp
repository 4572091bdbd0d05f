#include "sim/main/program.hpp"

#include "sim/main/commands.hpp"

namespace wh::sim {

int run_program(const command& what, const program_host& host) {
  struct {
    const program_host& host;
    int operator()(const run_command& c) const { return run_scenarios(c, host); }
    int operator()(const replay_command& c) const { return replay(c, host); }
    int operator()(const oracle_command& c) const { return ask_oracle(c, host); }
    int operator()(const check_command& c) const { return check(c, host); }
    int operator()(const matrix_command& c) const { return make_matrix(c, host); }
    int operator()(const swarm_command& c) const { return run_swarm(c, host); }
    int operator()(const scenarios_command& c) const { return list_scenarios(c, host); }
    int operator()(const metrics_command& c) const { return list_metrics(c, host); }
    int operator()(const keys_command& c) const { return list_keys(c, host); }
    int operator()(const tables_command& c) const { return list_tables(c, host); }
    int operator()(const nats_command& c) const { return list_nats(c, host); }
  } const visitor{host};
  return std::visit(visitor, what);
}

}  // namespace wh::sim
