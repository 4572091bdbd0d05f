#include "real/control/paths.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "real/control/client.hpp"

namespace wh::real {

namespace {

std::string from_environment(const char* name) {
  const char* value = ::secure_getenv(name);
  return value != nullptr && value[0] == '/' ? value : "";
}

constexpr std::string_view socket_suffix = ".sock";

}  // namespace

std::string run_directory() {
  if (std::string said = from_environment("WH_RUN_DIR"); !said.empty()) return said;
  if (::geteuid() != 0)
    if (const std::string xdg = from_environment("XDG_RUNTIME_DIR"); !xdg.empty())
      return xdg + "/wirehub";
  return "/run/wirehub";
}

std::string socket_path(const std::string& run_dir, const std::string& interface) {
  return run_dir + "/" + interface + std::string(socket_suffix);
}

std::string lock_path(const std::string& run_dir, const std::string& interface) {
  return run_dir + "/" + interface + ".lock";
}

std::string default_state_directory(const std::string& interface) {
  if (::geteuid() == 0) return "/var/lib/wirehub/" + interface;
  if (const std::string xdg = from_environment("XDG_STATE_HOME"); !xdg.empty())
    return xdg + "/wirehub/" + interface;
  if (const std::string home = from_environment("HOME"); !home.empty())
    return home + "/.local/state/wirehub/" + interface;
  return "/var/lib/wirehub/" + interface;
}

bool valid_interface_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_=+.-").find(c) != std::string_view::npos;
  };
  return !name.empty() && name.size() <= 15 && name[0] != '.' && name[0] != '-' &&
         std::all_of(name.begin(), name.end(), fits);
}

std::vector<std::string> running_interfaces(const std::string& run_dir) {
  std::vector<std::string> names;
  std::error_code trouble;
  for (const auto& e : std::filesystem::directory_iterator(run_dir, trouble)) {
    std::string name = e.path().filename().string();
    if (!name.ends_with(socket_suffix)) continue;
    name.resize(name.size() - socket_suffix.size());
    if (valid_interface_name(name) && somebody_listens(e.path().string())) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace wh::real
