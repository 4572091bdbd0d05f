#include "actors/runtime/printer.hpp"

#include <caf/actor_registry.hpp>
#include <caf/actor_system.hpp>
#include <caf/message_handler.hpp>
#include <caf/monitorable_actor.hpp>
#include <cstdio>

namespace wh::actors {

namespace {

class text_printer final : public caf::monitorable_actor {
 public:
  explicit text_printer(caf::actor_config& config) : caf::monitorable_actor(config) {
    handler_.assign([](caf::add_atom, caf::actor_id, const std::string& text) {
      std::fwrite(text.data(), 1, text.size(), stdout);
    });
  }
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit*) override {
    handler_(what->content());
  }

 private:
  caf::message_handler handler_;
};

}  // namespace

caf::actor make_text_printer(caf::actor_system& system, caf::execution_unit* context) {
  caf::actor_config config{context};
  return caf::make_actor<text_printer, caf::actor>(system.next_actor_id(), system.node(), &system,
                                                   config);
}

}  // namespace wh::actors
