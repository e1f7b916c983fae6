// SPDX-License-Identifier: EUPL-1.2
#include "config/load.hpp"

#include <algorithm>
#include <lkdoctor/address.hpp>
#include <lkdoctor/env_proxy.hpp>
#include <lkdoctor/redaction.hpp>
#include <lkdoctor/text.hpp>
#include <lkdoctor/url.hpp>

#include "config/file.hpp"
#include "config/loader.hpp"

namespace lkdoctor::config {
namespace loading {

void unreadable(const std::string& file, std::string_view from, const std::string& problem) {
  const std::string hint = file == "-" ? "; for standard input write /dev/stdin" : "";
  throw Stop{{66, "cannot read " + printable(file, 300) + " (" + std::string(from) + "): " + problem + hint}};
}

void refuse_value(const Loader& loader, const Origin& origin, const std::string& message) {
  if (origin.kind == Origin::Kind::file && origin.name == loader.own->file) {
    throw Stop{own_error(*loader.own, {origin.line, origin.column}, message)};
  }
  throw Stop{{64, text(origin) + ": " + message}};
}

namespace {

void check_url(const Loader& loader, const std::string& value, const Origin& origin) {
  if (parse_url(value)) return;
  const bool bare = value.find("://") == std::string::npos && parse_url("https://" + value);
  const std::string shown = printable(without_secret_parts(value), 120);
  refuse_value(
      loader, origin,
      "\"" + shown + "\" " + why_no_url(value) + (bare ? "; did you mean https://" + shown + "?" : ""));
}

const OwnTarget* find_target(const OwnConfig& own, std::string_view name) {
  const auto found = std::find_if(own.targets.begin(), own.targets.end(),
                                  [&](const OwnTarget& target) { return target.name == name; });
  return found == own.targets.end() ? nullptr : &*found;
}

[[noreturn]] void unknown_target(const OwnConfig& own, const std::string& name) {
  std::vector<std::string_view> names;
  std::string list;
  for (const OwnTarget& target : own.targets) {
    names.push_back(target.name);
    list += (list.empty() ? "" : ", ") + printable(target.name, 60);
  }
  const std::string shown = printable(without_secret_parts(name), 120);
  std::string message = "\"" + shown + "\" is neither a URL nor a configured target";
  if (!list.empty()) message += " (configured: " + list + ")";
  const std::string near = nearest(name, names);
  if (!near.empty()) {
    message += "; did you mean " + near + "?";
  } else if (name.find('.') != std::string::npos && parse_url("https://" + name)) {
    message += "; did you mean https://" + shown + "?";
  }
  throw Stop{{64, message}};
}

/// A TARGET: its layer lies between the environment and [defaults].
void apply_target(Loader& loader) {
  const std::string& wanted = loader.inputs.target;
  const OwnTarget* target = nullptr;
  if (wanted.find("://") != std::string::npos) {
    const Origin origin{Origin::Kind::flag, "TARGET"};
    check_url(loader, wanted, origin);
    loader.target_is_url = true;
    if (loader.layer.origins.contains("public_url") && loader.layer.options.public_url != wanted) {
      throw Stop{{64, "TARGET and --public-url name two different URLs"}};
    }
    loader.layer.options.public_url = wanted;
    loader.layer.origins.insert_or_assign("public_url", origin);
  } else if (!wanted.empty()) {
    target = find_target(*loader.own, wanted);
    if (target == nullptr) unknown_target(*loader.own, wanted);
  } else if (loader.own->targets.size() == 1) {
    target = &loader.own->targets.front();
  }
  if (target == nullptr) return;
  loader.out.deployment.name = target->name;
  loader.layer.fill_from(target->layer);
}

void apply_layers(Loader& loader, EnvironmentLayer environment) {
  loader.layer.fill_from(environment.layer);
  apply_target(loader);
  loader.layer.fill_from(loader.own->defaults);
  loader.layer.fill_from(loader.own->serve);
  RunSettings& run = loader.deployment().run;
  const auto bad =
      apply_options(loader.layer, run, loader.out.output, loader.deployment().secrets.proxy_credentials);
  if (bad) refuse_value(loader, bad->origin, bad->message);
  run.suppressions = loader.own->suppressions;
  run.thresholds = loader.own->thresholds;
  loader.threshold_origins = loader.own->threshold_origins;
  for (const auto& [name, origin] : environment.threshold_origins) {
    const Json values = environment.thresholds;
    set_threshold(run.thresholds, name, values.at(name).get<double>());
    loader.threshold_origins.insert_or_assign(name, origin);
  }
  for (std::string& note : environment.notes) loader.note(std::move(note));
  for (const std::string& note : loader.own->notes) loader.note(note);
}

void check_named_files(const Loader& loader) {
  const auto check = [&](const std::string& file, std::string_view option) {
    const FileText read = read_file(file, std::size_t{8} << 20U);
    if (read.state != FileText::State::read)
      unreadable(file, text(loader.layer.origin(option)), read.problem);
  };
  for (const std::string& file : loader.layer.options.ca_file) check(file, "ca_file");
  if (loader.layer.options.responder_key_file)
    check(*loader.layer.options.responder_key_file, "responder_key_file");
}

/// User, password and query of a URL given by hand are not used and go no further.
void drop_secret_parts(Loader& loader, std::string_view name, Sourced<std::string>& url) {
  if (without_credentials(url.value) != url.value) {
    loader.note("The user name and password in " + std::string(name) +
                " are not used: browsers and LiveKit have no use for them.");
  }
  url.value = without_secret_parts(url.value);
  if (url.value.find('?') != std::string::npos) {
    loader.note("The query of " + std::string(name) +
                " is not used; a token belongs into a file: --token-file FILE.");
  }
}

/// Values by hand win over files.
void choose_urls(Loader& loader) {
  Deployment& deployment = loader.deployment();
  const Options& options = loader.layer.options;
  if (loader.controller) {
    deployment.public_url = loader.controller->settings.public_url;
    deployment.service_url = loader.controller->settings.service_url;
  }
  if (options.public_url) deployment.public_url = {*options.public_url, loader.layer.origin("public_url")};
  if (options.service_url)
    deployment.service_url = {*options.service_url, loader.layer.origin("service_url")};
  for (const char* name : {"public_url", "service_url"}) {
    auto& url = std::string_view(name) == "public_url" ? deployment.public_url : deployment.service_url;
    if (!loader.layer.origins.contains(name)) continue;
    check_url(loader, url.value, url.origin);
    drop_secret_parts(loader, name, url);
  }
  if (!deployment.name.empty()) return;
  const auto url = parse_url(deployment.public_url.value);
  const auto responder = parse_host_port(deployment.run.responder, 1);
  deployment.name = url ? url->host : responder ? responder->host : "default";
}

/// Go's rule: what runs on this machine is never asked through a proxy of the environment.
bool is_this_machine(const std::string& host) {
  return host == "localhost" || kind_of(host) == AddressKind::loopback;
}

ForwardProxy proxy_towards(Loader& loader, const std::string& target) {
  const RunSettings& run = loader.deployment().run;
  const auto url = parse_url(target);
  if (!url || run.proxy == "none") return {};
  if (run.proxy != "auto") return {run.proxy, text(loader.layer.origin("proxy")), true};
  const auto& environment = loader.inputs.environment;
  const EnvProxy found = proxy_for(url->scheme, url->host, {environment.begin(), environment.end()});
  const auto proxy = parse_url(found.url);
  // Other kinds (socks5://) open no tunnel by HTTP.
  const bool usable = proxy && (proxy->scheme == "http" || proxy->scheme == "https");
  if (!usable || !found.applies() || is_this_machine(url->host)) return {};
  if (!found.credentials.empty()) {
    loader.deployment().secrets.proxy_credentials[found.url] = found.credentials;
  }
  return {found.url, found.variable, false};
}

void choose_proxies(Loader& loader) {
  Deployment& deployment = loader.deployment();
  deployment.public_proxy = proxy_towards(loader, deployment.public_url.value);
  deployment.service_proxy = proxy_towards(loader, deployment.service_url.value);
}

bool has_something(const Loader& loader) {
  const Options& options = loader.layer.options;
  return loader.out.deployment.controller || loader.out.deployment.livekit || options.public_url ||
         options.service_url || !options.compose.empty() || !options.container.empty() || options.responder;
}

void assemble(Loader& loader) {
  loader.layer = layer_of_flags(loader.inputs.options);
  EnvironmentLayer environment = layer_of_environment(loader.inputs.environment);
  if (environment.error) throw Stop{*environment.error};
  read_own(loader);
  loader.out.own = loader.own;
  for (const OwnTarget& target : loader.own->targets) loader.out.target_names.push_back(target.name);
  apply_layers(loader, std::move(environment));
  check_named_files(loader);
  read_controller_file(loader);
  read_livekit_file(loader);
  read_responder_keys(loader);
  if (!has_something(loader)) {
    choose_key_pair(loader);  // all that a token needs, or lkdoctor respond
    throw Stop{nothing_to_check(loader)};
  }
  choose_urls(loader);
  choose_proxies(loader);
  choose_key_pair(loader);
  read_token(loader);
  list_settings(loader);
  loader.out.layer = std::make_shared<const Layer>(loader.layer);
}

}  // namespace
}  // namespace loading

Loaded load(const Inputs& inputs) {
  Loaded out;
  loading::Loader loader{inputs, out, std::make_shared<const OwnConfig>(), {}, {}, false, std::nullopt};
  try {
    loading::assemble(loader);
  } catch (const loading::Stop& stop) {
    out.error = stop.error;
  }
  return out;
}

}  // namespace lkdoctor::config
