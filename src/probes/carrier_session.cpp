// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <chrono>
#include <limits>
#include <lkdoctor/address.hpp>
#include <lkdoctor/probes/carrier.hpp>
#include <lkdoctor/text.hpp>
#include <lkdoctor/wall_clock.hpp>

#include "probes/carried_tokens.hpp"

namespace lkdoctor::probes {
namespace {

constexpr std::size_t kMostBytes = 65'536, kMostDepth = 8, kMostEntries = 64, kLongestWord = 64,
                      kLongestSentence = 300, kLongestToken = 4'096, kMostGreeted = 256;
constexpr std::uint64_t kLastPort = 65'535;

/// Members of what the responder sent: whatever is not as it should be counts as absent.
std::string text_in(const Json& object, const char* name, std::size_t longest) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return {};
  return printable(found->get<std::string>(), longest);
}

std::uint16_t port_of(const Json& value) {
  const bool fits = value.is_number_unsigned() && value.get<std::uint64_t>() <= kLastPort;
  return fits ? value.get<std::uint16_t>() : std::uint16_t{0};
}

std::uint16_t port_in(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? std::uint16_t{0} : port_of(*found);
}

std::vector<Json> objects_in(const Json& object, const char* name) {
  std::vector<Json> out;
  const auto found = object.find(name);
  if (found == object.end() || !found->is_array()) return out;
  for (const Json& one : *found) {
    if (one.is_object() && out.size() < kMostEntries) out.push_back(one);
  }
  return out;
}

std::optional<PortRange> range_of(const Json& pair) {
  if (!pair.is_array() || pair.size() != 2) return std::nullopt;
  const PortRange range{port_of(pair[0]), port_of(pair[1])};
  if (range.first == 0 || range.last < range.first) return std::nullopt;
  return range;
}

/// A secret of the peer that goes into a head of HTTP: neither too long nor with anything but visible ASCII.
Secret secret_of(const Json& value) {
  const bool text = value.is_string() && value.get_ref<const std::string&>().size() <= kLongestToken;
  if (!text) return {};
  const auto& plain = value.get_ref<const std::string&>();
  const bool visible = std::ranges::all_of(plain, [](char one) { return one > ' ' && one < '\x7f'; });
  return visible ? Secret(plain) : Secret();
}

/// Minutes, rounded.
std::optional<int> behind_us(const Json& seconds) {
  constexpr std::int64_t kLatest = 1LL << 40;
  const bool fits = seconds.is_number_unsigned() && seconds.get<std::uint64_t>() <= kLatest;
  if (!fits) return std::nullopt;
  const std::chrono::seconds behind(wall_seconds() - seconds.get<std::int64_t>());
  const auto minutes = std::chrono::round<std::chrono::minutes>(behind).count();
  constexpr std::int64_t kMost = std::numeric_limits<int>::max();
  return static_cast<int>(std::clamp(minutes, -kMost, kMost));
}

void take_places(const Json& session, CarriedSession& carried) {
  for (const Json& one : objects_in(session, "tcp")) {
    const CarriedPort port{port_in(one, "port"), text_in(one, "state", kLongestWord),
                           text_in(one, "owner", kLongestWord)};
    const bool known = port.state == "in_use" || port.state == "answers";
    if (port.port != 0 && known) carried.tcp.push_back(port);
  }
  for (const Json& one : objects_in(session, "udp_in_use")) {
    const OwnedPorts ports{port_in(one, "from"), port_in(one, "to"), text_in(one, "owner", kLongestWord)};
    if (ports.from != 0 && ports.to >= ports.from) carried.udp_in_use.push_back(ports);
  }
  const Json udp = session.value("udp", Json());
  for (std::size_t i = 0; udp.is_array() && i < std::min(udp.size(), kMostEntries); ++i) {
    if (const auto range = range_of(udp[i])) carried.udp.push_back(*range);
  }
  const Json addresses = session.value("addresses", Json());
  for (std::size_t i = 0; addresses.is_array() && i < std::min(addresses.size(), kMostEntries); ++i) {
    const bool text = addresses[i].is_string();
    if (text && is_numeric_address(addresses[i].get<std::string>()))
      carried.addresses.push_back(addresses[i].get<std::string>());
  }
  carried.minutes_behind = behind_us(session.value("clock", Json()));
  carried.ephemeral_ports = range_of(session.value("ephemeral", Json()));
}

std::optional<CarriedPair> pair_in(const Json& session) {
  const Json tokens = session.value("tokens", Json());
  if (!tokens.is_array() || tokens.size() != 2) return std::nullopt;
  CarriedPair pair{secret_of(tokens[0]), secret_of(tokens[1])};
  if (pair.publisher.empty() || pair.subscriber.empty()) return std::nullopt;
  return pair;
}

void take_tokens(const Json& session, Deployment& deployment) {
  CarriedSession& carried = *deployment.run.carried;
  const auto pair = pair_in(session);
  const bool given = pair.has_value();
  if (pair) add_carried_pair(*pair, deployment);
  carried.carries = given && carried.signalling_port != 0;
  if (!carried.carries) carried.words = text_in(session, "why_no_tokens", kLongestSentence);
  if (!carried.carries && carried.words.empty())
    carried.words = given ? "it has no way to LiveKit's signalling port" : "it makes no tokens";
  if (!given || deployment.has_key_pair() || deployment.token.is_set()) return;
  lend_token(deployment);
  carried.replaces_token = true;
}

}  // namespace

void take_further_tokens(const std::string& body, Deployment& deployment) {
  const auto session = parse_bounded(body, kMostBytes, kMostDepth);
  if (!session || !session->is_object()) return;
  if (const auto pair = pair_in(*session)) add_carried_pair(*pair, deployment);
}

std::optional<proto::GreetingsHeard> greetings_in(const std::string& body) {
  const auto told = parse_bounded(body, kMostBytes, kMostDepth);
  if (!told || !told->is_object()) return std::nullopt;
  const Json ports = told->value("ports", Json());
  if (!ports.is_array() || ports.size() > kMostGreeted) return std::nullopt;
  proto::GreetingsHeard out;
  for (const Json& one : ports) {
    if (port_of(one) != 0) out.ports.push_back(port_of(one));
  }
  out.kept = told->value("kept", Json()) == true;
  return out;
}

bool take_session(const std::string& body, Deployment& deployment) {
  const auto session = parse_bounded(body, kMostBytes, kMostDepth);
  if (!session || !session->is_object() || session->value("version", Json()) != 1) return false;
  CarriedSession& carried = *deployment.run.carried;
  carried.reached = true;
  carried.state = CarriedState::reached;
  carried.room = text_in(*session, "room", kLongestWord);
  carried.mode = text_in(*session, "mode", kLongestWord);
  carried.signalling_port = port_in(*session, "signalling_port");
  take_places(*session, carried);
  take_tokens(*session, deployment);
  deployment.secrets.carried_key = secret_of(session->value("key", Json()));
  return true;
}

}  // namespace lkdoctor::probes
