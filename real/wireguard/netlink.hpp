#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "transport/bytes.hpp"
#include "transport/expected.hpp"

struct nlattr;
struct nlmsghdr;

namespace wh::real {

/// An error number of the kernel, with its own words where it gave some (NLMSGERR_ATTR_MSG).
struct kernel_error {
  int code = 0;
  std::string words;
  /// `Operation not permitted (the kernel says: ...)`.
  std::string text() const;
};

/// Builds one netlink message. Attributes nest by scope.
class netlink_message {
 public:
  netlink_message(std::uint16_t type, std::uint16_t flags);
  /// The family's own header, behind the common one; before any attribute.
  template <class Header>
  void header(const Header& h) {
    append(&h, sizeof h);
  }
  void put(std::uint16_t type, byte_view value);
  void put_u8(std::uint16_t type, std::uint8_t v) { put(type, {&v, 1}); }
  void put_u16(std::uint16_t type, std::uint16_t v);
  void put_u32(std::uint16_t type, std::uint32_t v);
  void put_string(std::uint16_t type, std::string_view v);  ///< with its zero
  /// What `inside` puts goes into a nested attribute. Its length has 16 bits: stay below 64 KiB.
  void nest(std::uint16_t type, const std::function<void()>& inside);

  std::size_t size() const { return data_.size(); }
  /// The message as it goes out, with its length and this sequence number.
  byte_view finish(std::uint32_t sequence);

 private:
  void append(const void* p, std::size_t n);
  void pad();

  bytes data_;
};

/// The attributes of a message or of a nested attribute. Calls `f(type, value)` for each that is
/// whole; false when the bytes do not end where the last attribute does.
bool each_attribute(byte_view attributes, const std::function<void(std::uint16_t, byte_view)>& f);
/// Values as the kernel gives them; 0 or empty when too short.
std::uint8_t as_u8(byte_view v);
std::uint16_t as_u16(byte_view v);
std::uint32_t as_u32(byte_view v);
std::uint64_t as_u64(byte_view v);
std::string as_string(byte_view v);

/// One netlink socket, datagrams in and out; a test puts its own there.
class netlink_wire {
 public:
  virtual ~netlink_wire() = default;
  /// 0, or the error.
  virtual int send(byte_view message) = 0;
  /// Waits for the next datagram, some seconds at most (then ETIMEDOUT).
  virtual expected<bytes, int> receive() = 0;
};

/// A socket of the kernel's, in the network namespace of the caller.
expected<std::unique_ptr<netlink_wire>, kernel_error> open_netlink(int protocol);

/// Requests and answers over a wire: one at a time, matched by sequence number.
class netlink {
 public:
  explicit netlink(std::unique_ptr<netlink_wire> w) : wire_(std::move(w)) {}

  /// Sends with NLM_F_REQUEST and NLM_F_ACK, and waits for the kernel's verdict.
  expected<void, kernel_error> request(netlink_message& m);
  /// The same, and gives what was answered before the verdict: the messages' bodies.
  expected<std::vector<bytes>, kernel_error> ask(netlink_message& m);
  /// Sends with NLM_F_DUMP and collects all answers. A dump that changed under way
  /// (NLM_F_DUMP_INTR) or did not fit the socket (ENOBUFS) is taken again, some times.
  expected<std::vector<bytes>, kernel_error> dump(netlink_message& m);

 private:
  expected<std::vector<bytes>, kernel_error> collect(std::uint32_t sequence, bool& again);

  std::unique_ptr<netlink_wire> wire_;
  std::uint32_t sequence_ = 0;
};

}  // namespace wh::real
