// SPDX-License-Identifier: EUPL-1.2
#include <openssl/crypto.h>

#include <algorithm>
#include <csignal>

#include "cli/commands.hpp"
#include "engine/worker.hpp"

/// `lkdoctor respond` as a program of its own, that one file brings to the LiveKit host.
namespace lkdoctor::cli {
namespace {

int run(const std::vector<std::string>& words) {
  const engine::CheckList no_checks;
  const Session session{parse_arguments(words), whole_environment(), no_checks};
  if (session.arguments.version) return print(session, version_line("lkdoctor-respond"));
  const auto spec = std::ranges::find(command_table(), session.arguments.command, &CommandSpec::name);
  if (session.arguments.help) return print(session, command_help("lkdoctor-", *spec));
  return run_respond(session);
}

}  // namespace
}  // namespace lkdoctor::cli

int main(int argc, char** argv) {
  using namespace lkdoctor;
  engine::forbid_core_files();
  // A reader that goes away is seen as EPIPE where we write.
  std::signal(SIGPIPE, SIG_IGN);
  // The host's openssl.cnf may name modules, which a static program cannot load.
  OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  words.insert(words.begin(), "respond");
  return cli::guarded([&] { return cli::run(words); });
}
