// SPDX-License-Identifier: EUPL-1.2
#include "cli/respond_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <lkdoctor/net/local.hpp>
#include <lkdoctor/text.hpp>
#include <map>

#include "cli/respond_words.hpp"

namespace lkdoctor::cli {
namespace {

std::string until(std::chrono::seconds lasts) {
  const std::time_t when = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + lasts);
  std::tm parts{};
  localtime_r(&when, &parts);
  const bool today = lasts < std::chrono::hours(12);
  return today ? fmt::format("{:02}:{:02}", parts.tm_hour, parts.tm_min)
               : fmt::format("{:02}-{:02} {:02}:{:02}", parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                             parts.tm_min);
}

/// "livekit-server (20017, 20044-20046), unknown (20100)".
std::string owners_of(const std::vector<respond::PortsHeld>& held) {
  constexpr std::size_t kMostIntervals = 6;
  std::map<std::string, std::pair<std::size_t, std::string>> by_owner;
  for (const respond::PortsHeld& one : held) {
    auto& [intervals, text] = by_owner[one.owner.empty() ? "owner not visible" : one.owner];
    if (++intervals > kMostIntervals) continue;
    text += text.empty() ? "" : ", ";
    text += text_of(std::vector<proto::Ports>{{one.from, one.to}});
  }
  std::string out;
  for (const auto& [owner, ports] : by_owner) {
    out += out.empty() ? "" : "; ";
    out += fmt::format("{} ({}{})", printable(owner, 40), ports.second,
                       ports.first > kMostIntervals ? ", …" : "");
  }
  return out;
}

std::string tcp_words(const respond::TcpPort& one, std::uint16_t livekit_tcp) {
  using enum respond::TcpPort::State;
  switch (one.state) {
    case answers:
      return fmt::format("{} answers", one.port);
    case free:
      return fmt::format("{} is free{}: it answers while a client's session runs, and is let go then",
                         one.port, one.port == livekit_tcp ? ", LiveKit does not listen there" : "");
    case in_use:
    case on_loopback:
      return fmt::format("{} belongs to {}{}", one.port,
                         one.owner.empty() ? "somebody else" : printable(one.owner, 40),
                         one.state == on_loopback ? " on loopback alone" : "");
    case unavailable:
      return fmt::format("{} cannot be listened on", one.port);
  }
  return {};
}

/// Docker rewrites what comes for its published ports before the host's own sockets see it.
bool beside_docker(const std::vector<respond::PortsHeld>& held) {
  return std::ranges::any_of(held, [](const auto& one) { return net::holds_published_ports(one.owner); });
}

/// "TCP/UDP 17881": where the responder's own port is to be had.
std::string own_port(const RespondPlan& plan, const respond::Ready& ready) {
  const std::uint16_t port = plan.service.port;
  if (ready.own_port && ready.control) return fmt::format("TCP/UDP {}", port);
  if (ready.own_port) return fmt::format("UDP {} (TCP {} belongs to somebody else)", port, port);
  if (ready.control) return fmt::format("TCP {} (UDP {} belongs to somebody else)", port, port);
  return fmt::format("not {} (it belongs to somebody else)", port);
}

/// "all 5001, 40 of them in use and tested too".
std::string ports_words(const RespondPlan& plan, const respond::Ready& ready) {
  const bool raw = ready.mode == proto::ResponderMode::raw;
  const std::size_t left = ready.ports - ready.in_use;
  std::string out = fmt::format("{} of {}, {} left to their owners", left, ready.ports, ready.in_use);
  if (raw) out = fmt::format("all {}, {} of them in use and tested too", ready.ports, ready.in_use);
  if (ready.in_use == 0) out = fmt::format("all {}", ready.ports);
  return raw ? out : out + fmt::format("; {} at a time", plan.service.slice);
}

std::string text_here(const RespondPlan& plan, const respond::Ready& ready) {
  std::string out =
      fmt::format("ready: UDP {} on {} ({}), {}, for {}; stop: Ctrl-C\n", text_of(plan.service.udp),
                  plan.service.address.empty() ? "every address" : plan.service.address,
                  ports_words(plan, ready), own_port(plan, ready), text_of(plan.service.lasts));
  if (!plan.files.empty()) out += "  files read: " + printable(joined(plan.files), 400) + "\n";
  if (ready.mode != proto::ResponderMode::raw)
    out += "  no raw socket (" + ready.why_bound + "): root, or CAP_NET_RAW, tests all ports at once\n";
  if (!ready.held.empty()) out += "  in use: " + owners_of(ready.held) + "\n";
  if (beside_docker(ready.held)) {
    out +=
        "  Docker has them for a container: what comes for them does not pass by here. To test LiveKit "
        "there, run this in\n  its network: docker run --network container:NAME … (docs/respond.md)\n";
  }
  std::string tcp;
  for (const respond::TcpPort& one : ready.tcp)
    tcp += (tcp.empty() ? "" : ", ") + tcp_words(one, plan.livekit_tcp);
  if (!tcp.empty()) out += "  TCP: " + tcp + "\n";
  return out;
}

std::string text_left_out(const RespondPlan& plan, const respond::Ready& ready) {
  std::string out;
  if (plan.service.mint && !ready.control)
    out += fmt::format(
        "  no test call for clients: TCP {} belongs to somebody else; with --listen :PORT another "
        "one carries it\n",
        plan.service.port);
  if (!plan.service.mint) out += "  no test session for clients: " + plan.service.why_no_tokens + "\n";
  for (const std::string& name : plan.weak_pairs) {
    out += fmt::format(
        "  clients by key pair {} are not answered: its secret is shorter than 16 characters or printed in "
        "documentation, and\n  could be guessed from what they send\n",
        printable(name, 60));
  }
  return out;
}

/// What the code is good for, as things are.
std::string_view without_call(const RespondPlan& plan, const respond::Ready& ready) {
  return plan.service.mint && !ready.control ? "for the UDP ports alone; " : "";
}

std::string text_other_side(const RespondPlan& plan, const respond::Ready& ready) {
  const std::string port =
      plan.service.port == proto::kResponderPort ? "" : fmt::format(":{}", plan.service.port);
  const bool here = kind_of(plan.service.address) == AddressKind::loopback;
  std::string out = fmt::format("{}:  lkdoctor check {} --responder {}{} --pair\n",
                                here ? "on this machine, which alone reaches it" : "on the other machine",
                                plan.target.empty() ? "https://…" : plan.target, plan.place.name(), port);
  if (!plan.place.words.empty()) out += "  " + plan.place.words + "\n";
  return out +
         fmt::format(
             "code: {}      (typed there when asked; {}good once, until {}; gives no access to LiveKit's "
             "API)\n",
             plan.code.reveal(), without_call(plan, ready), until(plan.service.lasts));
}

std::string text_firewall(const RespondPlan& plan, const respond::Ready& ready) {
  if (kind_of(plan.service.address) == AddressKind::loopback) return {};
  const std::uint16_t port = plan.service.port;
  if (!ready.greets_on_media)
    return fmt::format(
        "UDP {} must be open for the other machine: these few ports are left to LiveKit, and taken for the "
        "test "
        "alone.\n",
        port);
  return fmt::format(
      "UDP {} need not be open: I also listen for the greeting on the media ports themselves{}.\n", port,
      ready.control && plan.service.mint ? fmt::format("; TCP {} carries the test call", port) : "");
}

}  // namespace

std::string text_ready(const RespondPlan& plan, const respond::Ready& ready) {
  return text_here(plan, ready) + text_left_out(plan, ready) + text_other_side(plan, ready) +
         text_firewall(plan, ready);
}

std::string json_ready(const RespondPlan& plan, const respond::Ready& ready) {
  OrderedJson event{{"event", "ready"},
                    {"udp", respond::json_of(plan.service.udp)},
                    {"mode", respond::name_of(ready.mode)},
                    {"why_bound", ready.why_bound.empty() ? Json() : Json(ready.why_bound)},
                    {"ports", ready.ports},
                    {"in_use", ready.in_use},
                    {"traces", !ready.traces.empty()},
                    {"udp_in_use", respond::json_of(ready.held)},
                    {"tcp", respond::json_of(ready.tcp)},
                    {"port", ready.own_port ? Json(plan.service.port) : Json()},
                    {"control", ready.control ? Json(plan.service.port) : Json()},
                    {"pairs_left_out", plan.weak_pairs},
                    {"tokens", plan.service.mint != nullptr},
                    {"signalling_port", plan.service.livekit_port},
                    {"address", plan.place.address.empty() ? Json() : Json(plan.place.address)},
                    {"seconds", plan.service.lasts.count()},
                    {"files", plan.files},
                    {"pairing_code", plan.code.reveal()}};
  return event.dump(-1, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

std::string text_stopped(const respond::Service& service) {
  const respond::Counters& count = service.counters();
  const respond::DeskCounters& desk = service.desk_counters();
  std::string out = fmt::format("stopped: {}, {} ports reached, {} datagrams answered, {} not",
                                counted(count.sessions, "client", "clients"), service.ports_reached(),
                                count.answered, count.received - count.answered);
  if (desk.sessions > 0)
    out += fmt::format("; {} carried, {} relayed to LiveKit", counted(desk.sessions, "session", "sessions"),
                       counted(desk.relays, "connection", "connections"));
  return out + "\n";
}

std::string json_stopped(const respond::Service& service) {
  const respond::Counters& count = service.counters();
  const respond::DeskCounters& desk = service.desk_counters();
  return OrderedJson{{"event", "stopped"},
                     {"sessions", count.sessions},
                     {"received", count.received},
                     {"answered", count.answered},
                     {"ports_reached", service.ports_reached()},
                     {"refused", count.other_key + count.wrong_mac + count.not_allowed + count.malformed +
                                     count.other_time + count.foreign},
                     {"replayed", count.replayed},
                     {"limited", count.limited},
                     {"control_sessions", desk.sessions},
                     {"control_refused", desk.refused + desk.handshakes_failed + desk.not_allowed},
                     {"control_limited", desk.limited},
                     {"relayed", desk.relays}}
             .dump() +
         "\n";
}

}  // namespace lkdoctor::cli
