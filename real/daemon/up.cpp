#include "real/daemon/up.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>

#include "actors/proto/keys/incremental.hpp"
#include "actors/proto/keys/keys.hpp"
#include "real/daemon/background.hpp"
#include "real/daemon/input.hpp"
#include "real/daemon/node.hpp"
#include "real/daemon/signals.hpp"
#include "real/host_rng.hpp"

namespace wh::real {

namespace {

constexpr int done = 0, did_not_hold = 1, bad_input = 2;

int say(const std::string& text, int code) {
  std::fprintf(stderr, "wh-real: %s\n", text.c_str());
  return code;
}

/// The daemon works in the root folder.
void make_absolute(std::string& path) {
  if (!path.empty()) path = std::filesystem::absolute(path).string();
}

void make_absolute(up_options& o) {
  make_absolute(o.network_path);
  make_absolute(o.hosts_path);
  for (auto* p : {&o.key_path, &o.state_dir, &o.log_path})
    if (*p) make_absolute(**p);
}

/// Everything that can be wrong with what a person wrote.
expected<node_config, std::string> prepare(up_options o) {
  node_config c;
  const auto file = load_network_file(o.network_path);
  if (!file) return unexpected(file.error());
  if (o.key_path) {
    auto key = load_key(*o.key_path);
    if (!key) return unexpected(key.error());
    if (key->exposed)
      std::fprintf(stderr, "wh-real: warning: others may read %s; `chmod 600` it\n",
                   o.key_path->c_str());
    c.secret = key->secret;
    wipe(key->secret.value);
  } else {
    // Seconds from about here on, on one core.
    if (file->workbit >= 24)
      std::fprintf(stderr, "wh-real: searching a key with %u bits of work\n", file->workbit);
    host_rng random;
    keys::incremental_search search(sodium_crypto(), random, file->workbit, file->name_space);
    locked<private_key> found;
    while (!search.step(1U << 20, *found)) {
    }
    c.secret = *found;
    c.ephemeral = true;
  }
  const public_key self = sodium_crypto().to_public(c.secret);
  auto plan = make_plan(*file, self, sodium_crypto());
  if (!plan) return unexpected(plan.error());
  c.plan = std::move(*plan);
  // The name of a file and of an interface: `-` at its beginning is no trouble behind `wh-`.
  c.interface = o.interface.value_or("wh-" + keys::to_text(self).substr(0, 8));
  c.options = std::move(o);
  return c;
}

std::string environment(const char* name) {
  const char* value = ::secure_getenv(name);
  return value != nullptr ? value : "";
}

int serve(node_config c, background* waiting) {
  const std::string interface = c.interface;
  const up_options o = c.options;
  logger log(o.level);
  if (o.log_path && !log.to_file(*o.log_path))
    return say(*o.log_path + ": " + std::strerror(errno), did_not_hold);
  if (waiting != nullptr && !o.log_path) log.to_syslog("wh-real");
  reactor loop;
  node* running = nullptr;
  const signals heard(loop, [&](int s) {
    if (running == nullptr) {
      loop.stop();
    } else if (s != SIGHUP) {
      log.info(s == SIGINT ? "interrupted" : "asked to end");
      running->end();
    } else {
      log.reopen();
      // What is wrong with the file, `reload` has told the log.
      [[maybe_unused]] const auto changed = running->reload();
    }
  });
  std::string failure;
  {
    node it(loop, log, std::move(c));
    it.start();
    running = &it;
    if (waiting != nullptr) waiting->report(done);
    loop.run();
    failure = it.failure();
  }
  log.info(interface + " is down");
  return failure.empty() ? done : did_not_hold;
}

}  // namespace

int run_up(std::span<const std::string_view> words) {
  auto o = parse_up(words, environment);
  if (!o) return say("up: " + o.error() + "; `wh up --help` tells more", bad_input);
  make_absolute(*o);
  const bool foreground = o->foreground;
  auto c = prepare(std::move(*o));
  if (!c) return say(c.error(), bad_input);
  // Keys do not belong into core files.
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::umask(077);
  std::optional<background> waiting;
  int code = did_not_hold;
  try {
    if (!foreground) waiting.emplace(background::enter());
    if (::chdir("/") != 0) return say(std::string("/: ") + std::strerror(errno), did_not_hold);
    code = serve(std::move(*c), waiting ? &*waiting : nullptr);
  } catch (const start_error& e) {
    code = say(e.what(), e.code);
  } catch (const std::exception& e) {
    // Whatever it was: caught, so that what was made has been undone.
    code = say(e.what(), did_not_hold);
  }
  if (waiting) waiting->report(code);
  return code;
}

}  // namespace wh::real
