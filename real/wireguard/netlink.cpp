#include "real/wireguard/netlink.hpp"

#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace wh::real {

namespace {

constexpr int dumps_max = 10;
// Taking away an interface with thousands of peers waits for a grace period of the kernel's for
// each: 2000 took 25 s in a virtual machine. Nothing else is slow.
constexpr int patience_s = 60;

class mnl_wire final : public netlink_wire {
 public:
  explicit mnl_wire(mnl_socket* s) : socket_(s) {}
  mnl_wire(const mnl_wire&) = delete;
  mnl_wire& operator=(const mnl_wire&) = delete;
  ~mnl_wire() override { mnl_socket_close(socket_); }

  int send(byte_view message) override {
    while (mnl_socket_sendto(socket_, message.data(), message.size()) < 0)
      if (errno != EINTR) return errno;
    return 0;
  }
  expected<bytes, int> receive() override {
    bytes b(65536);
    ssize_t n;
    do n = mnl_socket_recvfrom(socket_, b.data(), b.size());
    while (n < 0 && errno == EINTR);
    if (n < 0) return unexpected(errno == EAGAIN ? ETIMEDOUT : errno);
    b.resize(static_cast<std::size_t>(n));
    return b;
  }

 private:
  mnl_socket* socket_;
};

template <class Int>
Int as_int(byte_view v) {
  Int i = 0;
  if (v.size() >= sizeof i) std::memcpy(&i, v.data(), sizeof i);
  return i;
}

/// The verdict of an NLMSG_ERROR or NLMSG_DONE message.
kernel_error verdict(const nlmsghdr& h, byte_view body) {
  kernel_error e;
  // A DONE without a number is a good end.
  const auto number = as_int<std::int32_t>(body);
  e.code = number == INT32_MIN ? EINVAL : -number;
  if (e.code <= 0 || h.nlmsg_type != NLMSG_ERROR || (h.nlmsg_flags & NLM_F_ACK_TLVS) == 0) return e;
  // Capped: the request's header comes back, not its body.
  std::size_t skip = sizeof(nlmsgerr);
  if ((h.nlmsg_flags & NLM_F_CAPPED) == 0 && body.size() >= skip) {
    const auto inner = as_u32(body.subspan(sizeof(std::int32_t)));
    if (inner >= sizeof(nlmsghdr)) skip += MNL_ALIGN(inner - sizeof(nlmsghdr));
  }
  if (skip <= body.size())
    each_attribute(body.subspan(skip), [&](std::uint16_t type, byte_view v) {
      if (type == NLMSGERR_ATTR_MSG) e.words = as_string(v);
    });
  return e;
}

}  // namespace

std::string kernel_error::text() const {
  std::string t = std::strerror(code);
  if (!words.empty()) t += " (the kernel says: " + words + ")";
  return t;
}

netlink_message::netlink_message(std::uint16_t type, std::uint16_t flags)
    : data_(MNL_NLMSG_HDRLEN) {
  nlmsghdr h{};
  h.nlmsg_type = type;
  h.nlmsg_flags = flags;
  std::memcpy(data_.data(), &h, sizeof h);
}

void netlink_message::append(const void* p, std::size_t n) {
  const auto* b = static_cast<const std::uint8_t*>(p);
  data_.insert(data_.end(), b, b + n);
  pad();
}

void netlink_message::pad() { data_.resize(MNL_ALIGN(data_.size())); }

void netlink_message::put(std::uint16_t type, byte_view value) {
  nlattr a{};
  a.nla_len = static_cast<std::uint16_t>(MNL_ATTR_HDRLEN + value.size());
  a.nla_type = type;
  append(&a, sizeof a);
  append(value.data(), value.size());
}

void netlink_message::put_u16(std::uint16_t type, std::uint16_t v) {
  put(type, {reinterpret_cast<const std::uint8_t*>(&v), sizeof v});
}

void netlink_message::put_u32(std::uint16_t type, std::uint32_t v) {
  put(type, {reinterpret_cast<const std::uint8_t*>(&v), sizeof v});
}

void netlink_message::put_string(std::uint16_t type, std::string_view v) {
  const std::string z{v};
  put(type, {reinterpret_cast<const std::uint8_t*>(z.c_str()), z.size() + 1});
}

void netlink_message::nest(std::uint16_t type, const std::function<void()>& inside) {
  const std::size_t at = data_.size();
  put(static_cast<std::uint16_t>(type | NLA_F_NESTED), {});
  inside();
  nlattr a{};
  a.nla_len = static_cast<std::uint16_t>(data_.size() - at);
  a.nla_type = static_cast<std::uint16_t>(type | NLA_F_NESTED);
  std::memcpy(data_.data() + at, &a, sizeof a);
}

byte_view netlink_message::finish(std::uint32_t sequence) {
  nlmsghdr h;
  std::memcpy(&h, data_.data(), sizeof h);
  h.nlmsg_len = static_cast<std::uint32_t>(data_.size());
  h.nlmsg_seq = sequence;
  std::memcpy(data_.data(), &h, sizeof h);
  return data_;
}

bool each_attribute(byte_view attributes, const std::function<void(std::uint16_t, byte_view)>& f) {
  while (attributes.size() >= MNL_ATTR_HDRLEN) {
    nlattr a;
    std::memcpy(&a, attributes.data(), sizeof a);
    if (a.nla_len < MNL_ATTR_HDRLEN || a.nla_len > attributes.size()) return false;
    f(a.nla_type & NLA_TYPE_MASK,
      attributes.subspan(MNL_ATTR_HDRLEN, a.nla_len - std::size_t{MNL_ATTR_HDRLEN}));
    attributes = attributes.subspan(
        std::min<std::size_t>(MNL_ALIGN(std::size_t{a.nla_len}), attributes.size()));
  }
  return attributes.empty();
}

std::uint8_t as_u8(byte_view v) { return v.empty() ? std::uint8_t{0} : v[0]; }
std::uint16_t as_u16(byte_view v) { return as_int<std::uint16_t>(v); }
std::uint32_t as_u32(byte_view v) { return as_int<std::uint32_t>(v); }
std::uint64_t as_u64(byte_view v) { return as_int<std::uint64_t>(v); }
std::string as_string(byte_view v) {
  const std::string s(v.begin(), v.end());
  return s.substr(0, s.find('\0'));
}

expected<std::unique_ptr<netlink_wire>, kernel_error> open_netlink(int protocol) {
  mnl_socket* s = mnl_socket_open2(protocol, SOCK_CLOEXEC);
  if (s == nullptr) return unexpected(kernel_error{errno, {}});
  auto w = std::make_unique<mnl_wire>(s);
  if (mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0) return unexpected(kernel_error{errno, {}});
  // Without the first an error brings the whole request back, which need not fit our buffer; the
  // others are the kernel's words, and its own check of what is asked for in a dump.
  int on = 1;
  mnl_socket_setsockopt(s, NETLINK_CAP_ACK, &on, sizeof on);
  mnl_socket_setsockopt(s, NETLINK_EXT_ACK, &on, sizeof on);
  mnl_socket_setsockopt(s, NETLINK_GET_STRICT_CHK, &on, sizeof on);
  const timeval patience{patience_s, 0};
  ::setsockopt(mnl_socket_get_fd(s), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return w;
}

namespace {
void add_flags(byte_view message, std::uint16_t flags) {
  // The message is ours; `finish` gives it out to be read.
  auto* h = reinterpret_cast<nlmsghdr*>(const_cast<std::uint8_t*>(message.data()));
  h->nlmsg_flags |= flags;
}
}  // namespace

expected<void, kernel_error> netlink::request(netlink_message& m) {
  auto r = ask(m);
  if (!r) return unexpected(r.error());
  return {};
}

expected<std::vector<bytes>, kernel_error> netlink::ask(netlink_message& m) {
  const byte_view out = m.finish(++sequence_);
  add_flags(out, NLM_F_REQUEST | NLM_F_ACK);
  if (const int e = wire_->send(out); e != 0) return unexpected(kernel_error{e, {}});
  bool again = false;
  return collect(sequence_, again);
}

expected<std::vector<bytes>, kernel_error> netlink::dump(netlink_message& m) {
  for (int i = 0;; ++i) {
    const byte_view out = m.finish(++sequence_);
    add_flags(out, NLM_F_REQUEST | NLM_F_DUMP);
    if (const int e = wire_->send(out); e != 0) return unexpected(kernel_error{e, {}});
    bool again = false;
    auto r = collect(sequence_, again);
    if (!again) return r;
    if (i + 1 == dumps_max) return unexpected(kernel_error{EBUSY, "it changes while it is read"});
  }
}

expected<std::vector<bytes>, kernel_error> netlink::collect(std::uint32_t sequence, bool& again) {
  std::vector<bytes> all;
  for (;;) {
    auto got = wire_->receive();
    if (!got) {
      // The socket's queue ran over: some of the answer is gone.
      if (got.error() == ENOBUFS) again = true;
      return unexpected(kernel_error{got.error(), {}});
    }
    // libmnl's own walk takes a length above 2^31 for a good one.
    for (byte_view rest = *got; rest.size() >= sizeof(nlmsghdr);) {
      const auto* h = reinterpret_cast<const nlmsghdr*>(rest.data());
      if (h->nlmsg_len < sizeof(nlmsghdr) || h->nlmsg_len > rest.size()) break;
      const byte_view body = rest.first(h->nlmsg_len).subspan(sizeof(nlmsghdr));
      rest = rest.subspan(std::min(NLMSG_ALIGN(std::size_t{h->nlmsg_len}), rest.size()));
      // What is left of an answer that was given up, or said to everybody.
      if (h->nlmsg_seq != sequence) continue;
      if ((h->nlmsg_flags & NLM_F_DUMP_INTR) != 0) again = true;
      if (h->nlmsg_type == NLMSG_ERROR || h->nlmsg_type == NLMSG_DONE) {
        if (kernel_error e = verdict(*h, body); e.code > 0) return unexpected(std::move(e));
        return all;
      }
      all.emplace_back(body.begin(), body.end());
    }
  }
}

}  // namespace wh::real
