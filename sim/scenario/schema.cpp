#include "sim/scenario/schema.hpp"

namespace wh::sim {
namespace {

constexpr scenario_key keys[] = {
    {"", "name"},
    {"", "question"},
    {"", "seeds"},
    {"", "duration_s"},
    {"", "crypto"},
    {"", "network"},
    {"", "overlay"},
    {"", "peers"},
    {"", "workload"},
    {"", "events"},
    {"", "expect"},

    {"network", "detail"},
    {"network", "latency"},
    {"network", "latency_ms"},
    {"network", "jitter_ms"},
    {"network", "loss_ratio"},
    {"network", "reorder_ratio"},
    {"network", "duplicate_ratio"},
    {"network", "mtu_bytes"},

    {"overlay", "namespace"},
    {"overlay", "workbit"},
    {"overlay", "k"},
    {"overlay", "alpha"},
    {"overlay", "paths"},
    {"overlay", "network_file"},

    {"peers", "group"},
    {"peers", "count"},
    {"peers", "members"},
    {"peers", "role"},
    {"peers", "nat"},
    {"peers", "population"},
    {"peers", "shared_nat"},
    {"peers", "boot"},
    {"peers", "relay"},
    {"peers", "mode"},
    {"peers", "publish"},
    {"peers", "arrive_at_s"},
    {"peers", "arrive_over_s"},
    {"peers", "churn"},
    {"peers", "start_from_cache"},
    {"peers", "workbit"},

    {"peers.churn", "session"},
    {"peers.churn", "shape"},
    {"peers.churn", "scale_s"},
    {"peers.churn", "offline"},
    {"peers.churn", "offline_shape"},
    {"peers.churn", "offline_scale_s"},
    {"peers.churn", "replace"},

    {"workload", "from_s"},
    {"workload", "until_s"},
    {"workload", "connect"},
    {"workload", "lookups"},
    {"workload", "ping_interval_s"},
    {"workload", "payload_bytes"},

    {"workload.connect", "pairs"},
    {"workload.connect", "from"},
    {"workload.connect", "to"},

    {"workload.lookups", "per_s"},
    {"workload.lookups", "from"},
    {"workload.lookups", "to"},

    {"events", "at_s"},
    {"events", "every_s"},
    {"events", "nat_reboot"},
    {"events", "kill"},
    {"events", "restart"},
    {"events", "address_change"},
    {"events", "partition"},
    {"events", "nat_change"},

    {"events.nat_reboot", "group"},
    {"events.nat_reboot", "ratio"},
    {"events.kill", "group"},
    {"events.kill", "ratio"},
    {"events.kill", "role"},
    {"events.restart", "group"},
    {"events.restart", "ratio"},
    {"events.restart", "lasts_s"},
    {"events.address_change", "group"},
    {"events.address_change", "ratio"},
    {"events.partition", "group"},
    {"events.partition", "ratio"},
    {"events.partition", "lasts_s"},
    {"events.nat_change", "group"},
    {"events.nat_change", "ratio"},
    {"events.nat_change", "nat"},

    {"expect", "metric"},
    {"expect", "min"},
    {"expect", "max"},
    {"expect", "equals"},
    {"expect", "pair"},
    {"expect", "path"},
    {"expect", "because"},
};

bool is_list_of_tables(std::string_view table) {
  return table == "peers" || table == "workload" || table == "events" || table == "expect";
}

}  // namespace

std::span<const scenario_key> scenario_keys() { return keys; }

std::vector<std::string> keys_of(std::string_view table) {
  std::vector<std::string> out;
  for (const auto& k : keys)
    if (k.table == table) out.emplace_back(k.key);
  return out;
}

std::string table_in_words(std::string_view table) {
  if (table.empty()) return "the top of the file";
  if (const auto dot = table.find('.'); dot != std::string_view::npos)
    return "`" + std::string(table.substr(dot + 1)) + "` of " +
           table_in_words(table.substr(0, dot));
  const auto name = std::string(table);
  return is_list_of_tables(table) ? "[[" + name + "]]" : "[" + name + "]";
}

}  // namespace wh::sim
