// SPDX-License-Identifier: EUPL-1.2
#include "cli/check_config.hpp"
#include "cli/commands.hpp"
#include "cli/serving.hpp"
#include "engine/vantage.hpp"
#include "serve/settings.hpp"
#include "serve/web_gate.hpp"

namespace lkdoctor::cli {
namespace {

constexpr int kBadConfiguration = 78;

int check_config(const Session& session, serve::Settings settings, bool json) {
  serve::WebConfig web;
  if (!settings.web.config_file.empty()) {
    serve::WebGate gate(settings.web.config_file, nullptr);
    if (!gate.problem().empty()) {
      complain(gate.problem());
      return kBadConfiguration;
    }
    web = gate.look()->config;
  }
  const net::Surroundings here = net::look_around();
  for (serve::Target& target : settings.targets) engine::settle_before(target.loaded.deployment, here);
  return print(session, describe_serving(settings, web, session.checks, json));
}

}  // namespace

int run_serve(const Session& session) {
  const Arguments& arguments = session.arguments;
  if (!arguments.positionals.empty())
    throw UsageError{
        "serve takes no target: lkdoctor serve --public-url URL, or [[target]] in lkdoctor.toml"};
  if (!arguments.options.format.empty() && !arguments.check_config)
    throw UsageError{"--format goes with --check-config"};
  const bool json = single_format(session, {"text", "json"}) == "json";
  serve::Settings settings = serve::load_settings(inputs_for(session, ""), session.checks);
  if (settings.error) {
    complain(settings.error->message);
    return settings.error->exit_status;
  }
  for (const serve::Target& target : settings.targets) {
    require_known(target.loaded.output.only, session.checks);
    require_known(target.loaded.output.skip, session.checks);
  }
  if (arguments.check_config) return check_config(session, std::move(settings), json);
  return serve_until_stopped(session, std::move(settings));
}

}  // namespace lkdoctor::cli
