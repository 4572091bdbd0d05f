#pragma once

#include <array>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "actors/proto/network/network_file.hpp"
#include "sim/nat/oracle.hpp"
#include "sim/runtime/trace.hpp"
#include "sim/world/asker.hpp"
#include "sim/world/host.hpp"
#include "sim/world/run.hpp"
#include "sim/world/traffic.hpp"

namespace wh::sim {

/// A scenario come to life: hosts, boxes and the network between them, what users do, what goes
/// wrong, and what is measured. One run, then it is done.
class world final : private actors::observer, private host_watcher {
 public:
  world(const scenario& sc, const run_options& options);
  ~world() override;

  expected<report, std::string> run();

 private:
  struct pair {
    std::size_t from = 0, to = 0;  // hosts
    std::size_t item = 0;          // of the workload
    std::optional<pair_traffic> traffic;
    std::optional<time_point> relay_died;
  };

  // building
  expected<void, std::string> build();
  void make_identities();
  void make_identity(std::size_t h);
  void make_network();
  void make_groups();
  expected<void, std::string> find_flow();
  void draw_pairs();
  actors::peer_config config_for(std::size_t index) const;
  bool is_member(std::size_t h) const;

  // what happens
  void schedule_arrivals();
  void schedule_workload();
  void schedule_events();
  void save_earlier_life(std::size_t h);
  void arrive(std::size_t h);
  void churn(std::size_t h);
  void start(std::size_t h);
  void stop(std::size_t h);
  void send_request(std::size_t p);
  void look_up(const workload_item& w);
  void on_found(std::size_t sought, const dht::finished* f);
  void happen(const event_item& e);
  void replace(std::size_t h);

  // places
  std::vector<std::size_t> chain_of(std::size_t h) const;  // boxes, inside first
  ip_address fresh_public_address();
  void move(std::size_t h, const ip_address& to);
  void change_address(std::size_t h);
  void replace_boxes(std::size_t h, const std::vector<std::string>& profiles);
  void rebuild_boxes(std::size_t h, const std::vector<std::string>& profiles);
  void relabel(std::size_t h);
  void cut_off(const std::vector<std::size_t>& hosts, duration lasts);
  /// Where the internet sees this host: its own address, or its outermost box's.
  ip_address public_address_of(std::size_t h) const;
  bool hears(const host& at, const ip_address& from) const override;
  std::vector<std::size_t> hit_by(const event_item& e);
  std::vector<std::size_t> relays_in_use() const;
  bool uses_relay(const pair& p, std::size_t relay) const;

  // observer
  void on_note(const public_key& self, time_point now, const note& what) override;
  void on_path(const public_key& self, time_point now, const punch::status& what) override;
  void on_message(const public_key& self, time_point now, const public_key& other,
                  const wire::route& via, const wire::message& what, bool sent) override;
  // host_watcher
  void on_payload(host& at, const public_key& from, byte_view payload, bool relayed) override;

  // measuring
  report finish();
  void measure_peers();
  void measure_network();
  void measure_pairs(report& r);
  std::string reason_of(const pair& p) const;
  nat::side side_of(std::size_t h) const;
  nat::common_boxes common(std::size_t a, std::size_t b) const;
  /// Notes of packets that were refused.
  static std::span<const note_kind> rejections();

  // telling
  std::vector<std::size_t> hosts_of(std::string_view group) const;
  std::optional<std::size_t> index_of(const public_key& k) const;
  std::string name_of(const public_key& k) const;
  static bool is_about_paths(const wire::message& m);
  bool flow_host(std::size_t h) const;
  bool watched(std::size_t a, std::size_t b) const;
  void flow(const std::string& from, const std::string& to, std::string label,
            bool dropped = false);

  const scenario& scenario_;
  const run_options& options_;
  seed root_;
  const crypto_suite& crypto_;
  std::string name_space_;
  unsigned workbit_ = 8;
  std::optional<wh::network::network_file> file_;
  std::vector<std::pair<std::size_t, ip_address>> file_members_;  // host, address in the subnet
  std::vector<wire::contact> boot_;

  plan plan_;
  std::vector<private_key> secrets_;
  std::vector<public_key> keys_;
  std::vector<std::uint64_t> identities_;  // how many a host had so far
  /// Sorted. A host that came back as somebody else is here with each key it had.
  std::vector<std::pair<public_key, std::uint32_t>> by_key_;

  std::unique_ptr<simulation> sim_;
  std::unique_ptr<network> net_;
  std::unique_ptr<surroundings> around_;
  std::vector<std::unique_ptr<host>> hosts_;
  std::vector<box_id> boxes_;
  std::vector<pair> pairs_;
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> pair_index_;
  std::map<std::pair<std::size_t, std::size_t>, punch::status> paths_;

  std::map<std::string, std::vector<std::size_t>, std::less<>> groups_;
  asker_actor asker_;

  seeded_rng choices_, churn_rng_;
  trace trace_;
  metrics metrics_;
  std::optional<std::pair<std::size_t, std::size_t>> flow_hosts_;
  std::vector<flow_message> flow_;
  bool flow_cut_ = false;
  std::vector<std::optional<duration>> joined_after_;
  std::vector<bool> dead_;
  std::size_t addresses_changed_ = 0;
  /// Partitions under way, by number: the addresses inside, sorted.
  std::map<std::size_t, std::vector<ip_address>> cut_off_;
  std::size_t partitions_ = 0;
  std::array<std::uint64_t, note_kind_count> notes_{};
};

}  // namespace wh::sim
