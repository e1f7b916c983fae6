// SPDX-License-Identifier: EUPL-1.2
#include "cli/serving.hpp"

#include <lkdoctor/version.hpp>

#include "cli/pipeline.hpp"
#include "serve/service.hpp"

namespace lkdoctor::cli {

int serve_until_stopped(const Session& session, serve::Settings settings) {
  serve::ServiceOptions options;
  options.judge = [&session](const serve::Target& target, Deployment deployment, Recording recording) {
    return judge_run(std::move(deployment), recording, session.checks, target.loaded.livekit_as_of);
  };
  options.load = [&session] { return serve::load_settings(inputs_for(session, ""), session.checks); };
  options.tell = [](const std::string& sentence) { complain(sentence); };
  options.variable = [&session](std::string_view name) {
    const auto found = session.environment.find(std::string(name));
    return found == session.environment.end() ? std::nullopt : std::optional(found->second);
  };
  options.version = version();
  options.revision = source_revision();
  return serve::run_service(std::move(settings), session.checks, std::move(options));
}

}  // namespace lkdoctor::cli
