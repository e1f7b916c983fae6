// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <lkdoctor/proto/probe_tokens.hpp>
#include <lkdoctor/text.hpp>
#include <lkdoctor/wall_clock.hpp>

#include "cli/commands.hpp"
#include "cli/respond_files.hpp"
#include "cli/respond_report.hpp"
#include "cli/respond_words.hpp"
#include "cli/stop.hpp"

namespace lkdoctor::cli {
namespace {

constexpr int kNothingToListenOn = 1, kBadInput = 66;

using Plan = RespondPlan;

void add_keys(const config::Loaded& loaded, Plan& plan) {
  std::vector<respond::NamedKey>& keys = plan.service.keys;
  plan.code = proto::new_pairing_code();
  keys.push_back({"pairing code", proto::key_of_code(plan.code).value(), true});
  if (const std::string& file = loaded.output.responder_key_file; !file.empty()) {
    const auto key = proto::key_of_text(loaded.deployment.secrets.responder_key);
    if (!key) throw UsageError{"the key file " + printable(file, 120) + " holds fewer than 16 characters"};
    keys.push_back({"key file", *key, false});
    return;  // what was given by hand is meant
  }
  const Deployment& deployment = loaded.deployment;
  const auto add = [&](const std::string& name, const Secret& secret) {
    if (proto::stands_guessing(secret)) {
      keys.push_back({name, proto::key_of_pair(name, secret), false});
    } else if (std::ranges::find(plan.weak_pairs, name) == plan.weak_pairs.end()) {
      plan.weak_pairs.push_back(name);
    }
  };
  for (const auto& [name, secret] : deployment.secrets.livekit_keys) add(name, secret);
  if (deployment.has_key_pair()) add(deployment.api_key.value, deployment.secrets.api_secret);
}

[[noreturn]] void refuse_without_ports(const Session& session) {
  if (!session.arguments.respond.tcp.empty())
    throw UsageError{"respond --tcp goes beside LiveKit's UDP ports: --livekit FILE, or --udp 20000-25000"};
  throw UsageError{"respond needs LiveKit's ports: --livekit FILE, or --udp 20000-25000"};
}

/// False: LiveKit's file says no ports to rely on, and nobody else does.
bool file_serves(const Session& session, const Deployment& deployment) {
  const bool ports_given = !session.arguments.respond.udp.empty();
  if (const std::string defect = defect_of_file(deployment); !defect.empty()) {
    complain(defect + (ports_given ? "\n  The ports are those of --udp."
                                   : "\n  Mend the file, or say the ports: --udp 20000-25000"));
    return ports_given;
  }
  if (const std::string doubt = doubt_of_range(deployment); !doubt.empty()) complain(doubt);
  return true;
}

void add_ports(const Session& session, const Deployment& deployment, Plan& plan) {
  const std::string& given = session.arguments.respond.udp;
  if (!given.empty()) {
    plan.service.udp = ports_of("--udp", given);
  } else if (deployment.livekit && deployment.livekit->udp) {
    const PortRange& range = *deployment.livekit->udp;
    plan.service.udp = {{static_cast<std::uint16_t>(range.first), static_cast<std::uint16_t>(range.last)}};
  } else if (deployment.livekit) {
    throw UsageError{
        printable(deployment.livekit->file, 120) +
        ": LiveKit opens no UDP port with this (rtc.force_tcp); say which to test: --udp 20000-25000"};
  } else {
    refuse_without_ports(session);
  }
}

/// Where LiveKit's own signalling port is reached from this host.
std::vector<std::string> signalling_hosts(const LiveKitSettings& livekit) {
  std::vector<std::string> out;
  for (const std::string& address : livekit.bind_addresses.value) {
    if (is_numeric_address(address) && kind_of(address) != AddressKind::unspecified) out.push_back(address);
  }
  if (out.empty()) out = {"127.0.0.1", "::1"};
  return out;
}

std::uint16_t livekit_tcp_port(const Deployment& deployment) {
  const std::uint32_t port = deployment.livekit ? deployment.livekit->tcp_port.value : 0;
  return port <= 65535 ? static_cast<std::uint16_t>(port) : std::uint16_t{0};
}

void add_signalling(const Deployment& deployment, respond::ServiceSettings& service) {
  if (!deployment.livekit) return;
  const std::uint32_t port = deployment.livekit->port.value;
  if (port > 0 && port <= 65535) service.livekit_port = static_cast<std::uint16_t>(port);
  service.livekit_hosts = signalling_hosts(*deployment.livekit);
}

void add_tokens(const Deployment& deployment, respond::ServiceSettings& service) {
  if (!deployment.has_key_pair()) {
    service.why_no_tokens = "the responder has no LiveKit key pair: --livekit FILE";
    return;
  }
  service.mint = [key = deployment.api_key.value,
                  secret = deployment.secrets.api_secret](std::chrono::seconds life) {
    return proto::create_tokens(key, secret, proto::probe_room("").value(), wall_seconds(), life.count());
  };
}

Plan plan_of(const Session& session, const config::Loaded& loaded) {
  Plan plan;
  const RespondArguments& words = session.arguments.respond;
  add_ports(session, loaded.deployment, plan);
  add_keys(loaded, plan);
  plan.service.allowed = networks(words.allow);
  const Endpoint listen = where_to_listen(words.listen);
  plan.service.address = listen.address;
  plan.service.port = listen.port;
  plan.service.tcp = tcp_ports(words.tcp);
  plan.livekit_tcp = livekit_tcp_port(loaded.deployment);
  if (plan.livekit_tcp != 0) plan.service.tcp.push_back(plan.livekit_tcp);
  add_signalling(loaded.deployment, plan.service);
  add_tokens(loaded.deployment, plan.service);
  plan.service.slice = slice_of(words.slice);
  plan.service.never_raw = words.no_raw;
  plan.service.lasts = lasting(session.arguments.life);
  plan.place = place_to_name(loaded.deployment, net::interface_addresses(), listen.address);
  plan.target = loaded.deployment.public_url.value;
  plan.files = files_read(loaded);
  return plan;
}

std::function<void(std::size_t)> progress_of(const Session& session, const std::vector<proto::Ports>& udp) {
  std::size_t all = 0;
  for (const proto::Ports& one : udp) all += one.size();
  return [&session, all](std::size_t reached) {
    (void)print(session, fmt::format("{} of {} ports reached\n", reached, all));
  };
}

}  // namespace

int run_respond(const Session& session) {
  if (!session.arguments.positionals.empty())
    throw UsageError{"respond takes no target: lkdoctor respond --livekit FILE"};
  const bool json = single_format(session, {"text", "json"}) == "json";
  const config::Loaded loaded = config::load(inputs_for(session, ""));
  if (loaded.error && !loaded.error->nothing_to_check) {
    complain(loaded.error->message);
    return loaded.error->exit_status;
  }
  if (!file_serves(session, loaded.deployment)) return kBadInput;
  Plan plan = plan_of(session, loaded);
  if (!json && isatty(STDOUT_FILENO) != 0) plan.service.progress = progress_of(session, plan.service.udp);
  StopSignals stop;
  std::optional<respond::Service> service;
  try {
    service.emplace(plan.service, [&](const respond::Event& event) {
      (void)print(session, json ? json_of(event) : text_of(event));
    });
  } catch (const std::runtime_error& error) {
    complain(error.what());
    return kNothingToListenOn;
  }
  const respond::Ready& ready = service->ready();
  const int printed = print(session, json ? json_ready(plan, ready) : text_ready(plan, ready));
  if (printed != 0) return printed;
  service->run(stop.descriptor());
  (void)print(session, json ? json_stopped(*service) : text_stopped(*service));
  (void)stop.exit_status();  // the usual way to end it
  return 0;
}

}  // namespace lkdoctor::cli
