#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/peer.hpp"
#include "actors/proto/network/network_file.hpp"
#include "sim/scenario/scenario.hpp"
#include "sim/world/plan.hpp"
#include "transport/crypto.hpp"
#include "transport/rng.hpp"

namespace wh::sim {

/// Who is there: keys, names and groups of all hosts, and what each peer is configured with.
class roster {
 public:
  /// Searches everybody's key, which takes time: `on_progress` is called now and then. An error
  /// says what is wrong with the network file.
  static expected<roster, std::string> make(const scenario& sc, const plan& p, seed root,
                                            const crypto_suite& crypto,
                                            const std::function<void()>& on_progress);

  std::size_t size() const { return keys_.size(); }
  const public_key& key_of(std::size_t h) const { return keys_[h]; }
  const std::string& name_of(std::size_t h) const { return names_[h]; }
  const peer_group& group_of(std::size_t h) const { return scenario_->peers[groups_of_[h]]; }
  std::uint32_t group_number(std::size_t h) const { return groups_of_[h]; }
  bool is_member(std::size_t h) const { return groups_.is_member(h); }
  /// Hosts of a group, or all.
  const std::vector<std::size_t>& hosts_of(std::string_view group) const {
    return groups_.hosts_of(group);
  }
  const group_index& groups() const { return groups_; }
  std::optional<std::size_t> host_called(std::string_view name) const;
  /// The host that has, or had, this key.
  std::optional<std::size_t> index_of(const public_key& k) const;
  /// A host's name, or the beginning of a key that is nobody's.
  std::string name_of(const public_key& k) const;
  const std::string& name_space() const { return name_space_; }

  /// Who is to be connected to whom, which decides who is a member of whose network.
  void set_pairs(std::vector<wanted_pair> pairs) { pairs_ = std::move(pairs); }
  const std::vector<wanted_pair>& pairs() const { return pairs_; }

  /// What host `h`'s peer is told when it starts; `behind_box` it does not know to be reachable.
  actors::peer_config config_for(std::size_t h, bool behind_box) const;
  /// The others of host `h`'s network, as its file gives them; `without` is a group that is not in
  /// it.
  std::vector<wh::wireguard::member> members_of(std::size_t h, std::string_view without = {}) const;
  /// Somebody else sits at this host from now on, with a new key.
  void replace(std::size_t h);

 private:
  roster() = default;
  void make_identity(std::size_t h);

  const scenario* scenario_ = nullptr;
  const crypto_suite* crypto_ = nullptr;
  seed root_{0};
  std::string name_space_;
  unsigned workbit_ = 8;
  std::optional<wh::network::network_file> file_;
  std::vector<std::pair<std::size_t, ip_address>> file_members_;  // host, address in the subnet
  struct boot_node {
    public_key key;
    std::optional<endpoint> v4, v6;
  };
  std::vector<boot_node> boot_;
  std::vector<std::string> names_;
  std::vector<std::uint32_t> groups_of_;
  std::vector<private_key> secrets_;
  std::vector<public_key> keys_;
  std::vector<std::uint64_t> identities_;  // how many a host had so far
  /// Sorted. A host that came back as somebody else is here with each key it had.
  std::vector<std::pair<public_key, std::uint32_t>> by_key_;
  group_index groups_;
  std::vector<wanted_pair> pairs_;
};

}  // namespace wh::sim
