// SPDX-License-Identifier: EUPL-1.2
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <lkdoctor/advertised.hpp>
#include <lkdoctor/net/local.hpp>
#include <lkdoctor/text.hpp>

#include "cli/commands.hpp"
#include "cli/respond_words.hpp"
#include "cli/stop.hpp"

namespace lkdoctor::cli {
namespace {

constexpr int kUsage = 64, kUnavailable = 69;

struct Plan {
  respond::ServiceSettings service;
  Secret code;
  std::string address;  ///< that the other side may use
  std::string target;   ///< the URL to check
};

/// Global addresses first: what is not on this machine alone.
std::string own_address(const Deployment& deployment) {
  const auto configured = configured_media_addresses(deployment);
  if (!configured.empty()) return configured.front();
  std::string best = "HOST";
  for (const net::LocalAddress& one : net::interface_addresses()) {
    if (one.loopback) continue;
    if (is_global(one.address)) return one.address;
    if (best == "HOST") best = one.address;
  }
  return best;
}

void add_keys(const Session& session, const config::Loaded& loaded, Plan& plan) {
  std::vector<respond::NamedKey>& keys = plan.service.keys;
  plan.code = proto::new_pairing_code();
  keys.push_back({"pairing code", proto::key_of_code(plan.code).value(), true});
  const auto variable = session.environment.find("LKDOCTOR_RESPONDER_KEY_FILE");
  const auto& option = session.arguments.options.responder_key_file;
  const std::string file =
      option ? *option : (variable == session.environment.end() ? std::string{} : variable->second);
  if (!file.empty()) {
    std::ifstream in(file);
    const Secret text(std::string(std::istreambuf_iterator<char>(in), {}));
    const auto key = proto::key_of_text(text);
    if (!key)
      throw UsageError{"--responder-key-file " + printable(file, 120) +
                       ": cannot be read, or holds fewer than 16 characters"};
    keys.push_back({"key file", *key, false});
    return;  // what was given by hand is meant
  }
  const Deployment& deployment = loaded.deployment;
  for (const auto& [name, secret] : deployment.secrets.livekit_keys)
    keys.push_back({name, proto::key_of_pair(name, secret), false});
  if (deployment.has_key_pair())
    keys.push_back({deployment.api_key.value,
                    proto::key_of_pair(deployment.api_key.value, deployment.secrets.api_secret), false});
}

void add_ports(const Session& session, const Deployment& deployment, Plan& plan) {
  const std::string& given = session.arguments.respond.udp;
  if (!given.empty()) {
    plan.service.udp = ports_of("--udp", given);
  } else if (deployment.livekit && deployment.livekit->udp) {
    const PortRange& range = *deployment.livekit->udp;
    plan.service.udp = {{static_cast<std::uint16_t>(range.first), static_cast<std::uint16_t>(range.last)}};
  } else {
    throw UsageError{"respond needs LiveKit's ports: --livekit FILE, or --udp 20000-25000"};
  }
}

Plan plan_of(const Session& session, const config::Loaded& loaded) {
  Plan plan;
  const RespondArguments& words = session.arguments.respond;
  add_ports(session, loaded.deployment, plan);
  add_keys(session, loaded, plan);
  plan.service.allowed = networks(words.allow);
  plan.service.port = port_to_listen(words.listen);
  plan.service.slice = slice_of(words.slice);
  plan.service.never_raw = words.no_raw;
  plan.service.lasts = lasting(session.arguments.life);
  plan.address = own_address(loaded.deployment);
  plan.target = loaded.deployment.public_url.value;
  return plan;
}

std::string text_ready(const Plan& plan, const respond::Ready& ready) {
  const bool raw = ready.mode == proto::ResponderMode::raw;
  std::string how =
      raw ? fmt::format("{} ports, {} in use by others and tested too", ready.ports, ready.in_use)
          : fmt::format("{} ports, {} at a time; {} in use by others stay untested", ready.ports,
                        plan.service.slice, ready.in_use);
  std::string out = fmt::format(
      "ready: UDP {} on {} ({}), {} for {}; stop: Ctrl-C\n", text_of(plan.service.udp), plan.address, how,
      ready.own_port
          ? fmt::format("greetings on UDP {} and on the media ports", plan.service.port)
          : fmt::format("UDP {} belongs to somebody else: greetings on the media ports,", plan.service.port),
      text_of(plan.service.lasts));
  if (!raw)
    out += "  no raw socket (" + ready.why_bound + "): root, or CAP_NET_RAW, tests all ports at once\n";
  const std::string port =
      plan.service.port == proto::kResponderPort ? "" : fmt::format(":{}", plan.service.port);
  out += fmt::format("on the other machine:  lkdoctor check {} --responder {}{} --pair\n",
                     plan.target.empty() ? "https://…" : plan.target, plan.address, port);
  out += fmt::format("code: {}      (typed there when asked; good once; gives no access to LiveKit's API)\n",
                     plan.code.reveal());
  return out;
}

std::string json_ready(const Plan& plan, const respond::Ready& ready) {
  Json ranges = Json::array();
  for (const proto::Ports& one : plan.service.udp) ranges.push_back({one.first, one.last});
  OrderedJson event{{"event", "ready"},
                    {"udp", ranges},
                    {"mode", ready.mode == proto::ResponderMode::raw ? "raw" : "bound"},
                    {"why_bound", ready.why_bound.empty() ? Json() : Json(ready.why_bound)},
                    {"ports", ready.ports},
                    {"in_use", ready.in_use},
                    {"port", ready.own_port ? Json(plan.service.port) : Json()},
                    {"address", plan.address},
                    {"seconds", plan.service.lasts.count()},
                    {"pairing_code", plan.code.reveal()}};
  return event.dump() + "\n";
}

struct Words {
  std::string_view name, sentence;
};

Words words_of(respond::Event::Kind kind) {
  using Kind = respond::Event::Kind;
  switch (kind) {
    case Kind::greeted:
      return {"greeted", "is being answered"};
    case Kind::other_key:
      return {"other_key",
              "greets with another key: not answered (is its key pair, key file or code this one's?)"};
    case Kind::wrong_mac:
      return {"wrong_key", "names this key and does not have it: not answered"};
    case Kind::not_allowed:
      return {"not_allowed", "is not among the allowed networks: not answered"};
    case Kind::full:
      return {"full", "is not answered: as many clients as allowed are being answered, or the code was used"};
  }
  return {"", ""};
}

std::string line_of(const respond::Event& event, bool json) {
  const Words words = words_of(event.kind);
  if (!json) {
    const std::string by = event.key.empty() ? "" : fmt::format(" (by {})", printable(event.key, 60));
    return fmt::format("{} {}{}\n", event.from.address, words.sentence, by);
  }
  return OrderedJson{{"event", words.name},
                     {"from", event.from.address},
                     {"key", event.key.empty() ? Json() : Json(event.key)}}
             .dump() +
         "\n";
}

std::string last_line(const respond::Service& service, bool json) {
  const respond::Counters& count = service.counters();
  if (json) {
    return OrderedJson{{"event", "stopped"},
                       {"sessions", count.sessions},
                       {"received", count.received},
                       {"answered", count.answered},
                       {"ports_reached", service.ports_reached()},
                       {"refused", count.other_key + count.wrong_mac + count.not_allowed + count.malformed +
                                       count.foreign},
                       {"replayed", count.replayed},
                       {"limited", count.limited}}
               .dump() +
           "\n";
  }
  return fmt::format("stopped: {} clients, {} ports reached, {} datagrams answered, {} not\n", count.sessions,
                     service.ports_reached(), count.answered, count.received - count.answered);
}

}  // namespace

int run_respond(const Session& session) {
  if (!session.arguments.positionals.empty())
    throw UsageError{"respond takes no target: lkdoctor respond --livekit FILE"};
  const bool json = single_format(session, {"text", "json"}) == "json";
  const config::Loaded loaded = config::load(inputs_for(session, ""));
  const bool nothing_given = loaded.error && loaded.error->exit_status == kUsage;
  if (nothing_given && session.arguments.respond.udp.empty() && !session.arguments.options.livekit)
    throw UsageError{"respond needs LiveKit's ports: --livekit FILE, or --udp 20000-25000"};
  if (loaded.error && (loaded.error->exit_status != kUsage || session.arguments.respond.udp.empty())) {
    complain(loaded.error->message);
    return loaded.error->exit_status;
  }
  const Plan plan = plan_of(session, loaded);
  StopSignals stop;
  std::optional<respond::Service> service;
  try {
    service.emplace(plan.service,
                    [&](const respond::Event& event) { write_all(STDOUT_FILENO, line_of(event, json)); });
  } catch (const std::runtime_error& error) {
    complain(error.what());
    return kUnavailable;
  }
  const int printed =
      print(session, json ? json_ready(plan, service->ready()) : text_ready(plan, service->ready()));
  if (printed != 0) return printed;
  service->run(stop.descriptor());
  (void)print(session, last_line(*service, json));
  (void)stop.exit_status();  // the usual way to end it
  return 0;
}

}  // namespace lkdoctor::cli
