#pragma once

#include <linux/netlink.h>

#include <cerrno>
#include <cstring>
#include <deque>

#include "real/wireguard/netlink.hpp"

namespace wh::test {

/// A kernel that says what it was told to say. `answers` are datagrams, or an error for `receive`;
/// a message with sequence 0 gets that of the last request.
class fake_wire final : public real::netlink_wire {
 public:
  struct script {
    std::vector<bytes> sent;
    std::deque<expected<bytes, int>> answers;
    int send_error = 0;
  };
  explicit fake_wire(script& s) : script_(s) {}

  int send(byte_view message) override {
    if (script_.send_error != 0) return script_.send_error;
    script_.sent.emplace_back(message.begin(), message.end());
    return 0;
  }
  expected<bytes, int> receive() override {
    if (script_.answers.empty()) return unexpected(ETIMEDOUT);
    auto next = std::move(script_.answers.front());
    script_.answers.pop_front();
    if (next && !script_.sent.empty()) fill_in(*next);
    return next;
  }

 private:
  void fill_in(bytes& datagram) const {
    nlmsghdr asked;
    std::memcpy(&asked, script_.sent.back().data(), sizeof asked);
    for (std::size_t at = 0; at + sizeof(nlmsghdr) <= datagram.size();) {
      nlmsghdr h;
      std::memcpy(&h, datagram.data() + at, sizeof h);
      if (h.nlmsg_seq == 0) h.nlmsg_seq = asked.nlmsg_seq;
      std::memcpy(datagram.data() + at, &h, sizeof h);
      if (h.nlmsg_len < sizeof h || h.nlmsg_len > datagram.size() - at) return;
      at += NLMSG_ALIGN(h.nlmsg_len);
    }
  }
  script& script_;
};

/// A message of the kernel's with this body.
inline bytes message(std::uint16_t type, std::uint16_t flags, const bytes& body,
                     std::uint32_t sequence = 0) {
  nlmsghdr h{};
  h.nlmsg_len = static_cast<std::uint32_t>(sizeof h + body.size());
  h.nlmsg_type = type;
  h.nlmsg_flags = flags;
  h.nlmsg_seq = sequence;
  bytes b(sizeof h);
  std::memcpy(b.data(), &h, sizeof h);
  b.insert(b.end(), body.begin(), body.end());
  b.resize(NLMSG_ALIGN(b.size()));
  return b;
}

inline bytes joined(std::initializer_list<bytes> parts) {
  bytes b;
  for (const bytes& p : parts) b.insert(b.end(), p.begin(), p.end());
  return b;
}

/// The number of a verdict, and what the kernel says to it: the request's header, capped, and
/// words.
inline bytes verdict(int error, const std::string& words = {}, std::size_t echoed = 0) {
  bytes body(4 + sizeof(nlmsghdr) + echoed);
  const std::int32_t n = -error;
  std::memcpy(body.data(), &n, sizeof n);
  nlmsghdr inner{};
  inner.nlmsg_len = static_cast<std::uint32_t>(sizeof inner + echoed);
  std::memcpy(body.data() + 4, &inner, sizeof inner);
  std::uint16_t flags = echoed == 0 ? NLM_F_CAPPED : 0;
  if (!words.empty()) {
    flags |= NLM_F_ACK_TLVS;
    nlattr a{};
    a.nla_len = static_cast<std::uint16_t>(sizeof a + words.size() + 1);
    a.nla_type = NLMSGERR_ATTR_MSG;
    const std::size_t at = body.size();
    body.resize(at + sizeof a);
    std::memcpy(body.data() + at, &a, sizeof a);
    body.insert(body.end(), words.begin(), words.end());
    body.push_back(0);
  }
  return message(NLMSG_ERROR, flags, body);
}

inline bytes done() { return message(NLMSG_DONE, NLM_F_MULTI, bytes(4)); }

}  // namespace wh::test
