#pragma once

#include <map>
#include <string>

#include "transport/ports.hpp"

namespace wh {

/// Kept for as long as it lives: the disk of a simulated host, or of a node whose key ends with it.
class memory_state final : public state_store {
 public:
  std::optional<bytes> load(std::string_view name) const override {
    const auto at = values_.find(name);
    if (at == values_.end()) return std::nullopt;
    return at->second;
  }
  void save(std::string_view name, bytes value) override {
    values_.insert_or_assign(std::string(name), std::move(value));
  }

 private:
  std::map<std::string, bytes, std::less<>> values_;
};

}  // namespace wh
