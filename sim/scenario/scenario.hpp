#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/nat/book.hpp"
#include "sim/nat/config.hpp"
#include "sim/scenario/event.hpp"
#include "sim/scenario/fields.hpp"
#include "transport/expected.hpp"
#include "transport/time.hpp"

/// A scenario: one question to a simulated internet, as a plain value. Each table's `fields` names
/// its keys (keys.cpp); `scenarios/README.md` has the reference that is made of them.
namespace wh::sim {

enum class crypto_kind : std::uint8_t { real, modelled };
inline constexpr std::array<std::string_view, 2> crypto_kind_words{"real", "modelled"};
constexpr words words_of(crypto_kind) { return crypto_kind_words; }

enum class network_detail : std::uint8_t { cloud, packets };
inline constexpr std::array<std::string_view, 2> network_detail_words{"cloud", "packets"};
constexpr words words_of(network_detail) { return network_detail_words; }

enum class latency_kind : std::uint8_t { king_like, constant, matrix };
inline constexpr std::array<std::string_view, 3> latency_kind_words{"king-like", "constant",
                                                                    "matrix"};
constexpr words words_of(latency_kind) { return latency_kind_words; }

/// Proof of work of a key at most: a run searches all its keys anew, and one of so many bits takes
/// half a minute.
constexpr unsigned workbit_max = 20;

/// `[network]`: what lies between the peers.
struct network_config {
  network_detail detail = network_detail::cloud;
  latency_kind latency = latency_kind::king_like;
  /// One way: the constant model's delay, or the median of the king-like model's pairs. Absent: 50,
  /// or the king-like model's own 78.
  std::optional<double> latency_ms;
  /// Of the matrix model: where it was found; its text is among the scenario's inputs.
  std::string matrix_file;
  /// Pairs of sites that are `detour_factor` times as far apart as the model says.
  double detour_ratio = 0;
  double detour_factor = 3;
  /// Each datagram's delay grows by a uniform draw from [0, jitter_ms].
  double jitter_ms = 2;
  double loss_ratio = 0;
  double reorder_ratio = 0;
  double duplicate_ratio = 0;
  unsigned mtu_bytes = 1500;
  void fields(field_visitor& v);
  friend bool operator==(const network_config&, const network_config&) = default;
};

/// `[overlay]`: what the peers agree on.
struct overlay_config {
  /// Absent: the network file's, else "public".
  std::optional<std::string> name_space;
  /// Absent: the network file's, else 8.
  std::optional<unsigned> workbit;
  unsigned k = 20;
  unsigned alpha = 3;
  unsigned paths = 2;
  /// Found and readable once checked; what `members` of the groups refer to. Its text is among the
  /// scenario's inputs.
  std::optional<std::filesystem::path> network_file;
  void fields(field_visitor& v);
  friend bool operator==(const overlay_config&, const overlay_config&) = default;
};

/// A member runs WireGuard and connects to those the workload pairs it with; a node serves the DHT
/// (and relays, if it consents) without WireGuard.
enum class peer_role : std::uint8_t { member, node };
inline constexpr std::array<std::string_view, 2> peer_role_words{"member", "node"};
constexpr words words_of(peer_role) { return peer_role_words; }

/// What a peer is told about its own place, as `wh up ... mode` does.
enum class peer_mode : std::uint8_t { unknown, direct, nat };
inline constexpr std::array<std::string_view, 3> peer_mode_words{"unknown", "direct", "nat"};
constexpr words words_of(peer_mode) { return peer_mode_words; }

enum class session_model : std::uint8_t { weibull, exponential, constant };
inline constexpr std::array<std::string_view, 3> session_model_words{"weibull", "exponential",
                                                                     "constant"};
constexpr words words_of(session_model) { return session_model_words; }

/// A length of time drawn per session. `shape` is the Weibull's, else unused. `scale_s` is the
/// Weibull's scale, the exponential's mean, or the constant.
struct session_config {
  session_model model = session_model::weibull;
  double shape = 0.5;
  double scale_s = 5000;
  friend bool operator==(const session_config&, const session_config&) = default;
};
/// Sessions that follow the hour: at the busiest, peers stay longer and are away for less.
struct day_config {
  double period_s = 86'400;
  /// At the busiest and quietest, lengths are multiplied and divided by 1 + this.
  double swing = 1;
  double busiest_s = 72'000;
  void fields(field_visitor& v);
  friend bool operator==(const day_config&, const day_config&) = default;
};
struct churn_config {
  session_config online;
  /// Zero scale: a peer that leaves comes back at once, as a new process with its saved state.
  session_config offline{session_model::exponential, 1, 0};
  /// A peer comes back with a new identity (it is somebody else).
  bool replace = false;
  /// Comings and goings as they were recorded, instead of drawn ones; its text is among the inputs.
  std::string trace_file;
  std::optional<day_config> day;
  void fields(field_visitor& v);
  friend bool operator==(const churn_config&, const churn_config&) = default;
};

/// Losses in bursts (Gilbert-Elliott).
struct burst_config {
  double enter_ratio = 0.01;
  double leave_ratio = 0.25;
  double loss_ratio = 1;
  void fields(field_visitor& v);
  friend bool operator==(const burst_config&, const burst_config&) = default;
};

/// A host's own line, between it and its box, or the internet. Zero rates are without limit.
struct line_config {
  unsigned up_kbps = 0, down_kbps = 0;
  double delay_ms = 0, jitter_ms = 0, queue_ms = 100;
  double loss_ratio = 0;
  std::optional<burst_config> burst;
  /// Absent: the network's.
  std::optional<unsigned> mtu_bytes;
  void fields(field_visitor& v);
  friend bool operator==(const line_config&, const line_config&) = default;
};

enum class address_family : std::uint8_t { ipv4, ipv6, dual };
inline constexpr std::array<std::string_view, 3> address_family_words{"ipv4", "ipv6", "dual"};
constexpr words words_of(address_family) { return address_family_words; }

/// `[[nats]]`: a box of the scenario's own, by its difference from a known one.
struct nat_config {
  std::string name;
  std::string like{"linux_masquerade"};
  nat::config behaviour;
  void fields(field_visitor& v);
};

/// `[[carriers]]`: a box (or chain) that many homes stand behind.
struct carrier_config {
  std::string name;
  std::vector<std::string> nat;
  /// Homes do not reach each other but through the carrier's box.
  bool isolated = false;
  void fields(field_visitor& v);
  friend bool operator==(const carrier_config&, const carrier_config&) = default;
};

/// `[[peers]]`: a number of peers alike.
struct peer_group {
  std::string group;
  /// With `members`: their number.
  unsigned count = 1;
  /// Names (or keys) from the network file; empty for strangers.
  std::vector<std::string> members;
  peer_role role = peer_role::member;
  /// NAT profiles from the host outwards; empty: a public address. Exclusive with `population`.
  std::vector<std::string> nat;
  /// Each peer draws its NAT chain from this population; empty: none.
  std::string population;
  /// All of the group are hosts of one LAN behind the same box (or chain).
  bool shared_nat = false;
  /// The hosts of that LAN reach each other only through the box.
  bool isolated = false;
  /// The carrier outside of the boxes; empty: none.
  std::string carrier;
  address_family family = address_family::ipv4;
  /// Firewalls in front of the IPv6 address.
  std::vector<std::string> nat6;
  /// The boxes pass the host's port on to it, whoever sends: as people set their routers by hand.
  bool forwarded = false;
  /// Hosts, or outermost boxes, that share a /24 of the internet.
  unsigned per_24 = 1;
  /// Of the hosts; drawn for each if absent.
  std::optional<std::uint16_t> port;
  std::optional<line_config> line;
  /// Time that the host takes for a datagram, one after the other.
  duration work{};
  /// Every other peer knows these endpoints from the start.
  bool boot = false;
  bool relay = false;
  /// The limits that a relay's owner sets; actors::peer_config has the same.
  unsigned relay_guests = 128;
  std::uint64_t relay_bytes_per_s = 4'000'000;
  peer_mode mode = peer_mode::unknown;
  bool publish = true;
  duration arrive_at{};
  /// Arrivals spread uniformly over this span.
  duration arrive_over{};
  std::optional<churn_config> churn;
  /// How far the host's wall clock is off when it first starts.
  double clock_off_s = 0;
  /// The peer has run before: it starts with endpoints saved by an earlier life.
  bool start_from_cache = false;
  std::optional<unsigned> workbit;
  void fields(field_visitor& v);
  friend bool operator==(const peer_group&, const peer_group&) = default;
};

/// The name that stands for every group.
inline constexpr std::string_view all_groups = "all";

struct connect_load {
  /// Absent: every ordered pair of a member of `from` and another of `to` is one unordered pair.
  std::optional<unsigned> pairs;
  std::string from{all_groups};
  std::string to{all_groups};
  void fields(field_visitor& v);
  friend bool operator==(const connect_load&, const connect_load&) = default;
};
struct lookup_load {
  /// Over the whole group, not per peer; Poisson arrivals.
  double per_s = 1;
  std::string from{all_groups};
  /// Whose records are looked for.
  std::string to{all_groups};
  /// Lookups for the record of a key that nobody has.
  double absent_ratio = 0;
  void fields(field_visitor& v);
  friend bool operator==(const lookup_load&, const lookup_load&) = default;
};
/// `[[workload]]`: what the users do.
struct workload_item {
  /// For `[[slices]]`; empty: none.
  std::string name;
  duration from{};
  /// The scenario's end when the file does not say.
  duration until{};
  std::optional<connect_load> connect;
  std::optional<lookup_load> lookups;
  /// Between two payload packets of a connected pair, both ways.
  duration ping_interval = std::chrono::seconds{1};
  unsigned payload_bytes = 64;
  void fields(field_visitor& v);
  friend bool operator==(const workload_item&, const workload_item&) = default;
};

/// `[[events]]`: what goes wrong.
struct event_item {
  duration at{};
  /// Zero: once; else again and again until the end.
  duration every{};
  /// Set once read.
  std::shared_ptr<const event_what> what;
  void fields(field_visitor& v);
};

/// `[[slices]]`: a part of the run whose metrics are counted by themselves.
struct slice_config {
  std::string name;
  std::string group;     ///< empty: all
  std::string workload;  ///< the name of an item; empty: all
  duration from{};
  /// The scenario's end when the file does not say.
  duration until{};
  void fields(field_visitor& v);
  friend bool operator==(const slice_config&, const slice_config&) = default;
};

enum class path_kind : std::uint8_t { direct, relayed, connected, unreachable };
inline constexpr std::array<std::string_view, 4> path_kind_words{"direct", "relayed", "connected",
                                                                 "unreachable"};
constexpr words words_of(path_kind) { return path_kind_words; }

/// `[[expect]]`: either a metric with bounds or a pair with its path at the end.
struct expectation {
  /// "name" or, for a distribution, "name.p95"; empty when `pair` is set.
  std::string metric;
  /// The name of a slice; empty: of the whole run.
  std::string slice;
  std::optional<double> min, max, equals;
  std::vector<std::string> pair;  ///< two peers' names, or empty
  path_kind path = path_kind::connected;
  std::string because;
  void fields(field_visitor& v);
  friend bool operator==(const expectation&, const expectation&) = default;
};

/// A file that a run depends on.
struct input_file {
  std::string name;  ///< where it was found
  std::string text;
};

struct scenario {
  std::filesystem::path file;
  /// The scenario's own text first, then what it refers to.
  std::vector<input_file> inputs;
  std::string name;
  std::string question;
  std::vector<std::uint64_t> seeds{1};
  duration length{};
  crypto_kind crypto = crypto_kind::real;
  /// A file of `[[nats]]` tables; empty: none.
  std::string nat_file;
  network_config network;
  overlay_config overlay;
  std::vector<nat_config> nats;
  std::vector<carrier_config> carriers;
  std::vector<peer_group> peers;
  std::vector<workload_item> workload;
  std::vector<event_item> events;
  std::vector<slice_config> slices;
  std::vector<expectation> expect;
  /// Profiles and populations by name, the scenario's own among them.
  std::shared_ptr<const nat::book> boxes = std::make_shared<nat::book>();

  /// The keys at the top of the file; the lists of tables are not among them.
  void fields(field_visitor& v);
  const peer_group* find_group(std::string_view group) const;
  /// The text of an input; empty when there is none of that name.
  std::string_view input(const std::filesystem::path& wanted) const;
  unsigned peer_count() const;
};

/// The name of a group's peer in reports: its member name, else the group's name when it is alone,
/// else "group-0", "group-1", ...
std::string peer_name(const peer_group& g, unsigned index);

/// Why a file is no scenario. `render` is what a person reads.
struct scenario_error {
  std::string file;  ///< a path, or "--set" with the whole option in `line_text`
  unsigned line = 0;
  unsigned column = 0;  ///< 1-based, in bytes
  unsigned width = 1;   ///< of the underline
  std::string line_text;
  std::string message;
  std::string hint;  ///< empty: none

  /// file:line:column: message, the line underlined, the hint. Ends in a newline.
  std::string render() const;
};

/// What an `[[expect]]` may be about.
struct known_metric {
  std::string name;
  /// No value of it is larger.
  double max = std::numeric_limits<double>::infinity();
};

/// What names in a scenario may refer to. An empty list is not checked against.
struct scenario_context {
  /// Searched after the scenario's own folder for files that it names.
  std::vector<std::filesystem::path> roots;
  /// Every name an `[[expect]]` may use.
  std::vector<known_metric> metrics;
  /// Every kind of [[events]].
  std::span<const event_kind* const> events;
  /// Names and keys of a network file's members, from its text; or what is wrong with it.
  std::function<expected<std::vector<std::string>, std::string>(std::string_view text,
                                                                const std::string& name)>
      members_of;
  /// What is wrong with a latency matrix; empty when it can be used.
  std::function<std::string(std::string_view text, const std::string& name)> check_matrix;
  /// The text of a file, or nothing when it cannot be read; the disk's unless set.
  std::function<std::optional<std::string>(const std::filesystem::path&)> read;
};

/// `overrides` are "table.key=value" with the value in TOML or, failing that, as a bare string;
/// "peers.0.count=3" reaches into arrays of tables. They apply before anything is checked.
expected<scenario, scenario_error> load_scenario(const std::filesystem::path& file,
                                                 const std::vector<std::string>& overrides,
                                                 const scenario_context& context);
/// The same of a text; `file` is what errors call it and where relative names start.
expected<scenario, scenario_error> parse_scenario(std::string_view text,
                                                  const std::filesystem::path& file,
                                                  const std::vector<std::string>& overrides,
                                                  const scenario_context& context);

}  // namespace wh::sim
