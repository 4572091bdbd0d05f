#include <linux/netlink.h>

#include <cerrno>

#include "real/wireguard/backend.hpp"
#include "real/wireguard/genl_messages.hpp"

namespace wh::real {

namespace {

class kernel final : public backend {
 public:
  kernel(links& l, std::string interface, unsigned index, netlink n, std::uint16_t family)
      : links_(l),
        interface_(std::move(interface)),
        index_(index),
        kernel_(std::move(n)),
        family_(family) {}

  std::string description() const override { return "the kernel's"; }

  expected<device_state, kernel_error> read() override {
    auto m = genl::get_request(family_, interface_);
    auto answers = kernel_.dump(m);
    if (!answers) return unexpected(answers.error());
    device_state s;
    bool good = true;
    for (bytes& body : *answers) {
      good = genl::parse_get(body, s) && good;
      wipe(body);  // the first has the private key
    }
    if (!good) return unexpected(kernel_error{EBADMSG, "WireGuard's answer is not understood"});
    return s;
  }

  expected<void, kernel_error> apply(const device_change& c) override {
    for (netlink_message& m : genl::set_requests(family_, interface_, c))
      if (auto r = kernel_.request(m); !r) return r;
    return {};
  }

  bool remake() override {
    if (!links_.create(interface_, "wireguard")) return false;
    const auto link = links_.find(interface_);
    if (!link || !*link) return false;
    index_ = (*link)->index;
    return true;
  }

  void destroy() override { (void)links_.remove(index_); }

 private:
  links& links_;
  std::string interface_;
  unsigned index_;
  netlink kernel_;
  std::uint16_t family_;
};

bool not_here(int code) { return code == EOPNOTSUPP || code == ENOENT || code == EAFNOSUPPORT; }

}  // namespace

expected<opened, no_device> open_kernel(links& l, const backend_options& o) {
  const auto there = l.find(o.interface);
  if (!there) return unexpected(no_device{there.error().text()});
  if (!*there)
    if (const auto made = l.create(o.interface, "wireguard"); !made) {
      const auto& e = made.error();
      if (not_here(e.code))
        return unexpected(no_device{"this kernel has no WireGuard (" + e.text() + ")", true});
      return unexpected(no_device{"it cannot be made: " + e.text() +
                                  (e.code == EPERM ? "; run as root, or with CAP_NET_ADMIN" : "")});
    }
  const auto link = l.find(o.interface);
  if (!link || !*link) return unexpected(no_device{"it went away"});
  const unsigned index = (*link)->index;
  const auto failed = [&](const kernel_error& e) {
    if (!*there) (void)l.remove(index);
    return unexpected(
        no_device{"the kernel's WireGuard does not answer: " + e.text(), not_here(e.code)});
  };
  auto wire = open_netlink(NETLINK_GENERIC);
  if (!wire) return failed(wire.error());
  netlink n{std::move(*wire)};
  auto m = genl::family_request();
  const auto answer = n.ask(m);
  if (!answer) return failed(answer.error());
  const std::uint16_t family =
      answer->empty() ? std::uint16_t{0} : genl::parse_family(answer->front());
  if (family == 0) return failed({ENOENT, {}});
  return opened{std::make_unique<kernel>(l, o.interface, index, std::move(n), family),
                there->has_value()};
}

}  // namespace wh::real
