// SPDX-License-Identifier: EUPL-1.2
#include "cli/check_config.hpp"
#include "cli/commands.hpp"
#include "cli/serving.hpp"
#include "serve/settings.hpp"

namespace lkdoctor::cli {

int run_serve(const Session& session) {
  const Arguments& arguments = session.arguments;
  if (!arguments.positionals.empty())
    throw UsageError{
        "serve takes no target: lkdoctor serve --public-url URL, or [[target]] in lkdoctor.toml"};
  if (!arguments.options.format.empty() && !arguments.check_config)
    throw UsageError{"--format goes with --check-config"};
  serve::Settings settings = serve::load_settings(inputs_for(session, ""), session.checks);
  if (settings.error) {
    complain(settings.error->message);
    return settings.error->exit_status;
  }
  for (const serve::Target& target : settings.targets) {
    require_known(target.loaded.output.only, session.checks);
    require_known(target.loaded.output.skip, session.checks);
  }
  if (arguments.check_config) return print(session, describe_serving(settings, session.checks));
  return serve_until_stopped(session, std::move(settings));
}

}  // namespace lkdoctor::cli
