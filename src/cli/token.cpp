// SPDX-License-Identifier: EUPL-1.2
#include <unistd.h>

#include <cerrno>
#include <lkdoctor/redaction.hpp>
#include <lkdoctor/text.hpp>
#include <lkdoctor/wall_clock.hpp>

#include "base/duration.hpp"
#include "cli/commands.hpp"
#include "cli/tokens.hpp"

namespace lkdoctor::cli {
namespace {

constexpr int kRefused = 1, kUsage = 64;

int create(const Session& session) {
  const std::string& wanted = session.arguments.life;
  const auto life = token_life(wanted.empty() ? "2h" : wanted);
  if (!life) {
    throw UsageError{"--for " + printable(wanted, 40) + ": wanted is " + duration_wanted(wanted, "2h")};
  }
  const config::Loaded loaded = config::load(inputs_for(session, ""));
  const Deployment& deployment = loaded.deployment;
  if (!deployment.has_key_pair()) {
    if (loaded.error && loaded.error->exit_status != kUsage) {
      complain(loaded.error->message);
      return loaded.error->exit_status;
    }
    throw UsageError{
        "token create needs a key pair: --controller FILE, --livekit FILE, or --api-key KEY "
        "--api-secret-file "
        "FILE"};
  }
  const ProbeTokens tokens = create_tokens(deployment.api_key.value, deployment.secrets.api_secret,
                                           probe_room("").value(), wall_seconds(), *life);
  // The one place where tokens are meant to be printed.
  return print(session, tokens.publisher.reveal() + "\n" + tokens.subscriber.reveal() + "\n");
}

int inspect(const Session& session) {
  // Without a key pair the signature stays open; a file that was named and cannot be read is said.
  const config::Loaded loaded = config::load(inputs_for(session, ""));
  if (loaded.error && loaded.error->exit_status != kUsage) {
    complain(loaded.error->message);
    return loaded.error->exit_status;
  }
  std::map<std::string, Secret> secrets = loaded.deployment.secrets.livekit_keys;
  if (loaded.deployment.has_key_pair()) {
    secrets.emplace(loaded.deployment.api_key.value, loaded.deployment.secrets.api_secret);
  }
  const TokenReport report = inspect_tokens(whole_input(), secrets, wall_seconds());
  return print(session, report.text, report.refused ? kRefused : 0);
}

}  // namespace

int run_token(const Session& session) {
  const std::vector<std::string>& words = session.arguments.positionals;
  const std::string what = words.size() == 1 ? words.front() : "";
  if (what == "create") return create(session);
  if (what == "inspect") return inspect(session);
  if (words.size() == 2 && words.front() == "inspect")
    throw UsageError{"token inspect reads the token from stdin: lkdoctor token inspect < " +
                     shell_quoted(printable(without_secrets(words.back()), 80))};
  if (words.size() > 1 && (words.front() == "create" || words.front() == "inspect"))
    throw UsageError{"token " + words.front() + " takes no further words"};
  const std::string near = nearest(what, {"create", "inspect"});
  throw UsageError{"token what? create or inspect" + (near.empty() ? "" : "; did you mean " + near + "?")};
}

}  // namespace lkdoctor::cli
