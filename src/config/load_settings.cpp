// SPDX-License-Identifier: EUPL-1.2
// What `lkdoctor config` shows: the settings of the deployment as the report has them, and those of the run.
#include <lkdoctor/text.hpp>

#include "config/loader.hpp"
#include "model/settings.hpp"

namespace lkdoctor::config::loading {
namespace {

class Lister {
 public:
  explicit Lister(std::vector<Setting>& out) : out_(out) {}

  void add(std::string key, std::string value, const Origin& origin) {
    out_.push_back({std::move(key), std::move(value), origin});
  }

 private:
  std::vector<Setting>& out_;
};

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

void list_options(Lister& list, const Loader& loader) {
  const Json run = describe(loader.out.deployment).at("run");
  for (const char* name :
       {"vantage", "audience", "third_party", "passive", "thorough", "allow_side_effects", "proxy"}) {
    list.add(name, text_of(run.at(name)), loader.layer.origin(name));
  }
  list.add("deadline", std::to_string(loader.out.deployment.run.deadline.count()) + " ms",
           loader.layer.origin("deadline"));
  if (const auto timeout = loader.out.deployment.run.check_timeout) {
    list.add("timeout", std::to_string(timeout->count()) + " ms", loader.layer.origin("timeout"));
  }
  const auto add_all = [&](const char* name, const std::vector<std::string>& values) {
    for (const std::string& value : values) list.add(name, printable(value), loader.layer.origin(name));
  };
  add_all("stun", loader.out.deployment.run.stun_servers);
  add_all("resolve", loader.layer.options.resolve);
  add_all("ca_file", loader.layer.options.ca_file);
  add_all("only", loader.out.output.only);
  add_all("skip", loader.out.output.skip);
  for (const char* name : {"responder", "livekit_version", "token_file"}) {
    const auto& value = loader.layer.options.*std::get<Twin::Text>(find_twin(name)->member);
    if (value) list.add(name, printable(*value), loader.layer.origin(name));
  }
}

}  // namespace

void list_settings(Loader& loader) {
  const Deployment& deployment = loader.out.deployment;
  loader.out.settings = settings_of(deployment);
  Lister list(loader.out.settings);
  if (deployment.controller && deployment.controller->frontend_base_url.is_set()) {
    const Sourced<std::string>& base_url = deployment.controller->frontend_base_url;
    list.add("frontend.base_url", printable(base_url.value, 300), base_url.origin);
  }
  if (deployment.livekit) list.add("server.version", deployment.livekit->version, Origin{});
  list_options(list, loader);
  const Json thresholds = deployment.run.thresholds;
  for (const auto& [name, origin] : loader.threshold_origins) {
    list.add("thresholds." + name, thresholds.at(name).dump(), origin);
  }
}

}  // namespace lkdoctor::config::loading
