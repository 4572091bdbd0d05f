#include "real/net/pcap_receiver.hpp"

#include <pcap/pcap.h>

#include <stdexcept>

#include "real/net/address.hpp"
#include "real/net/frame.hpp"
#include "real/net/host_addresses.hpp"
#include "transport/ports.hpp"

namespace wh::real {

namespace {

constexpr int frames_per_call = 256;
constexpr int buffer_bytes = 8 << 20;
// The ring has frames of one size, so a large one makes few: this one takes the largest datagram of
// the protocol (1519 bytes) behind any headers, and leaves room for some 3500 of them.
constexpr int frame_bytes = 2048;

std::optional<link_type> known_link(int datalink) {
  switch (datalink) {
    case DLT_EN10MB:
      return link_type::ethernet;
    case DLT_LINUX_SLL:
      return link_type::sll;
    case DLT_LINUX_SLL2:
      return link_type::sll2;
    case DLT_RAW:
      return link_type::raw;
    case DLT_NULL:
    case DLT_LOOP:
      return link_type::loopback;
    default:
      return std::nullopt;
  }
}

struct closer {
  void operator()(pcap_t* p) const { pcap_close(p); }
};

}  // namespace

struct pcap_receiver::session {
  std::uint16_t port = 0;
  std::unique_ptr<pcap_t, closer> pcap;
  link_type link{};
  std::uint32_t overflowed = 0;
  unsigned calls = 0;

  struct call {
    session& self;
    time_point now;
    const receiver_context& context;
  };
  static void on_frame(u_char* user, const pcap_pkthdr* head, const u_char* frame) {
    auto& c = *reinterpret_cast<call*>(user);
    c.self.take({frame, head->caplen}, c.now, c.context);
  }
  void take(byte_view frame, time_point now, const receiver_context& c);
};

std::string pcap_filter(std::uint16_t port) {
  // `udp[8]` would do for IPv4 alone: in front of it libpcap tests for IPv4 without a word.
  const std::string p = std::to_string(port);
  return "(ip and udp dst port " + p + " and udp[8] = 0xff) or " +
         "(ip6 and ip6[6] = 17 and ip6[42:2] = " + p + " and ip6[48] = 0xff) or " +
         "(ip6 and ip6[6] = 44 and ip6[40] = 17 and ip6[42:2] & 0xfff8 = 0 and ip6[50:2] = " + p +
         " and ip6[56] = 0xff)";
}

pcap_receiver::pcap_receiver(std::uint16_t port, const std::string& device)
    : session_(std::make_unique<session>()) {
  session& s = *session_;
  s.port = port;
  const auto say = [&](const std::string& what, const char* words) {
    throw std::runtime_error("libpcap on " + device + ", " + what + ": " + words);
  };
  char error[PCAP_ERRBUF_SIZE] = {};
  s.pcap.reset(pcap_create(device.c_str(), error));
  if (!s.pcap) say("opening", error);
  pcap_t* p = s.pcap.get();
  pcap_set_snaplen(p, frame_bytes);
  pcap_set_promisc(p, 0);
  // Without it a datagram waits until the buffer is full or a timeout is over.
  pcap_set_immediate_mode(p, 1);
  pcap_set_buffer_size(p, buffer_bytes);
  // Warnings (positive) are no failures.
  if (const int r = pcap_activate(p); r < 0)
    say("starting", r == PCAP_ERROR_PERM_DENIED ? "no permission (CAP_NET_RAW)" : pcap_geterr(p));
  // On "any" this tells the interface of a frame; elsewhere it is refused, and not needed.
  if (device == "any") pcap_set_datalink(p, DLT_LINUX_SLL2);
  const auto link = known_link(pcap_datalink(p));
  if (!link) say("link type", pcap_datalink_val_to_name(pcap_datalink(p)));
  s.link = *link;
  // What this host sends has the same destination port, for peers use one port.
  if (pcap_setdirection(p, PCAP_D_IN) != 0) say("direction", pcap_geterr(p));
  bpf_program program{};
  if (pcap_compile(p, &program, pcap_filter(port).c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0)
    say("filter", pcap_geterr(p));
  const int set = pcap_setfilter(p, &program);
  pcap_freecode(&program);
  if (set != 0) say("filter", pcap_geterr(p));
  if (pcap_setnonblock(p, 1, error) != 0) say("non-blocking", error);
  if (pcap_get_selectable_fd(p) < 0) say("descriptor", "there is none to wait for");
}

pcap_receiver::~pcap_receiver() = default;

std::vector<int> pcap_receiver::descriptors() const {
  return {pcap_get_selectable_fd(session_->pcap.get())};
}

void pcap_receiver::readable(int, time_point now, const receiver_context& c) {
  session& s = *session_;
  session::call call{s, now, c};
  pcap_dispatch(s.pcap.get(), frames_per_call, &session::on_frame,
                reinterpret_cast<u_char*>(&call));
  // A system call: not for every datagram.
  if (++s.calls % 64 != 0) return;
  pcap_stat st{};
  if (pcap_stats(s.pcap.get(), &st) != 0) return;
  c.stats.overflowed += st.ps_drop - s.overflowed;
  s.overflowed = st.ps_drop;
}

void pcap_receiver::session::take(byte_view frame, time_point now, const receiver_context& c) {
  const auto parsed = parse_frame(link, frame);
  const auto* d = std::get_if<captured>(&parsed);
  if (d == nullptr) return c.stats.refuse(std::get<refusal>(parsed));
  if (d->to.port() != port || !is_ours(d->payload)) return c.stats.refuse(refusal::not_ours);
  // A router sees what it passes on, and every host what goes to a group.
  if (!c.host.owns(d->to.address)) return c.stats.refuse(refusal::elsewhere);
  if (c.host.is_tunnel(d->interface)) return c.stats.refuse(refusal::tunnel);
  if (d->from.port() == 0 || is_link_local_v6(d->from.address))
    return c.stats.refuse(refusal::no_answer);
  ++c.stats.received;
  c.stats.received_bytes += d->payload.size();
  c.deliver({d->from, d->to, now, d->payload});
}

}  // namespace wh::real
