// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/probes/carrier.hpp>

#include <algorithm>
#include <lkdoctor/net/bell.hpp>
#include <lkdoctor/net/http.hpp>
#include <lkdoctor/net/tcp.hpp>
#include <lkdoctor/text.hpp>
#include <lkdoctor/url.hpp>

#include "probes/carried_tokens.hpp"
#include "probes/carrier_words.hpp"
#include "probes/responder_keys.hpp"
#include "probes/responder_place.hpp"

namespace lkdoctor::probes {
namespace {

using net::NetError;

constexpr const char* kAnswers = "answers";
constexpr int kOk = 200;

struct ControlKey {
  std::string identity;
  Secret psk;
};

ControlKey control_key_of(const proto::PortTestKey& key) {
  const auto bytes = proto::control_key(key);
  return {proto::control_identity(key), Secret(std::string(bytes.begin(), bytes.end()))};
}

net::HttpTarget target_at(std::string address, std::uint16_t port, const ControlKey& key) {
  net::HttpTarget target;
  target.peer = {std::move(address), port};
  target.host = "responder";
  target.tls = true;
  target.tls_options.psk_identity = key.identity;
  target.tls_options.psk = key.psk;
  return target;
}

/// One address, and what answered there.
struct Line {
  std::string address;
  net::NetOutcome outcome{net::Stage::connect, NetError::timed_out, "no answer"};
  std::optional<std::size_t> key{};  ///< the one that was taken
  std::unique_ptr<net::HttpSession> session{};
  bool ended = false;
};

struct Opening {
  std::uint16_t port;
  std::vector<ControlKey> keys;
  Deadline deadline;
  std::vector<Line> lines{};
  net::Bell bell{};

  Line* open() {
    const auto found = std::ranges::find_if(lines, [](const Line& line) { return line.key.has_value(); });
    return found == lines.end() ? nullptr : &*found;
  }
  bool over() const { return std::ranges::all_of(lines, &Line::ended); }
};

/// OpenSSL offers one key in a handshake.
awaitable<void> try_address(Opening* opening, Line* line) {
  for (std::size_t i = 0; i < opening->keys.size() && !line->key; ++i) {
    line->session =
        std::make_unique<net::HttpSession>(target_at(line->address, opening->port, opening->keys[i]));
    line->outcome = co_await line->session->open(opening->deadline);
    if (line->outcome.ok()) line->key = i;
    if (line->outcome.error != NetError::tls_refused) break;
  }
  line->ended = true;
  opening->bell.ring();
}

awaitable<void> until_one_is_open(Opening* opening) {
  const Deadline last = opening->deadline + Milliseconds(100);  // for the words of who ends with the deadline
  while (opening->open() == nullptr && !opening->over() && Clock::now() < last)
    (void)co_await opening->bell.wait(last);
}

/// The outcome that says most: who answered knows more than who is silent.
const Line& most_telling(const std::vector<Line>& lines) {
  const auto rank = [](const Line& line) {
    switch (line.outcome.error) {
      case NetError::tls_refused:
      case NetError::not_tls:
        return 0;
      case NetError::refused:
      case NetError::reset:
      case NetError::closed:
        return 1;
      case NetError::timed_out:
        return 2;
      default:
        return 3;
    }
  };
  return *std::ranges::min_element(lines, {}, rank);
}

void conclude(CarriedSession& carried, CarriedState state, const std::string& place,
              const std::string& detail) {
  carried.state = state;
  carried.words = words_of(state, place, detail);
}

std::string place_of(const Line& line, std::uint16_t port) {
  return "TCP " + text(Endpoint{line.address, port});
}

/// The words of a refusal; text of the responder, which knows our key.
std::string error_in(const net::HttpReply& reply) {
  constexpr std::size_t kMostBytes = 4'096, kMostDepth = 4, kLongest = 200;
  const auto body = parse_bounded(reply.body, kMostBytes, kMostDepth);
  const bool object = body && body->is_object();
  const Json error = object ? body->value("error", Json()) : Json();
  const Json seconds = object ? body->value("seconds", Json()) : Json();
  std::string words = error.is_string() ? printable(error.get<std::string>(), kLongest)
                                        : "HTTP " + std::to_string(reply.status);
  if (seconds.is_number_unsigned())
    words += "; it may be free in " + std::to_string(seconds.get<std::uint64_t>()) + " s";
  return words;
}

CarriedState state_of_refusal(int status) {
  constexpr int kForbidden = 403, kConflict = 409;  // docs/port-test.md, "HTTP/1.1 on it"
  if (status == 0) return CarriedState::mute;
  if (status == kForbidden) return CarriedState::code_used;
  return status == kConflict ? CarriedState::busy : CarriedState::denied;
}

net::HttpRequest session_request(const char* method) {
  net::HttpRequest request;
  request.method = method;
  request.target = "/session";
  if (request.method != "POST") return request;
  request.headers.emplace_back("Content-Type", "application/json");
  request.body = Json({{"version", 1}}).dump();
  return request;
}

bool is_carried(const Deployment& deployment) {
  return deployment.run.carried && deployment.run.carried->state == CarriedState::reached;
}

/// Another connection of the session that there is.
net::HttpTarget target_again(const Deployment& deployment) {
  const CarriedSession& carried = *deployment.run.carried;
  return target_at(carried.address, carried.port,
                   {deployment.secrets.control_identity, deployment.secrets.control_key});
}

/// A pair for each check that would wait for another one's.
awaitable<void> ask_for_more(Deployment* deployment, Opening* opening, Line* line) {
  std::vector<net::HttpRequest> requests(kCarriedPairs - 1, session_request("POST"));
  deployment->run.carried->requests += static_cast<int>(requests.size());
  const std::vector<net::HttpReply> replies =
      co_await line->session->ask_all(std::move(requests), opening->deadline);
  for (const net::HttpReply& reply : replies) {
    if (reply.status == kOk) take_further_tokens(reply.body, *deployment);
  }
}

awaitable<void> ask_for_session(Deployment* deployment, Opening* opening, Line* line) {
  CarriedSession& carried = *deployment->run.carried;
  carried.address = line->address;
  deployment->secrets.control_identity = opening->keys[*line->key].identity;
  deployment->secrets.control_key = opening->keys[*line->key].psk;
  net::HttpRequest request = session_request("POST");
  const net::HttpReply reply = co_await line->session->ask(std::move(request), opening->deadline);
  ++carried.requests;
  carried.reached = reply.status != 0;
  const std::string place = place_of(*line, opening->port);
  if (reply.status != kOk) {
    conclude(carried, state_of_refusal(reply.status), place, error_in(reply));
    co_return;
  }
  if (!take_session(reply.body, *deployment)) {
    conclude(carried, CarriedState::stranger, place, "its answer is no session of this version");
    co_return;
  }
  ++carried.requests;  // gives it back in the end
  if (carried.carries) co_await ask_for_more(deployment, opening, line);
  const auto own = proto::key_of_text(deployment->secrets.carried_key);
  if (!own) co_return;
  ControlKey successor = control_key_of(*own);
  deployment->secrets.control_identity = std::move(successor.identity);
  deployment->secrets.control_key = std::move(successor.psk);
}

}  // namespace

awaitable<void> open_carried_session(Deployment* deployment, Deadline deadline) {
  const auto place = parse_host_port(deployment->run.responder, proto::kResponderPort);
  if (!place) co_return;
  CarriedSession& carried = deployment->run.carried.emplace();
  carried.url = {"responder " + text(Endpoint{place->host, place->port}),
                 {Origin::Kind::flag, "--responder", 0, 0}};
  carried.port = place->port;
  Opening opening{place->port, {}, deadline};
  for (const SweepKey& key : responder_keys(*deployment)) opening.keys.push_back(control_key_of(key.key));
  if (opening.keys.empty()) {
    conclude(carried, CarriedState::no_key, {}, {});
    co_return;
  }
  const std::vector<std::string> addresses = co_await addresses_of_responder(deployment, *place, deadline);
  if (addresses.empty()) {
    conclude(carried, CarriedState::no_route, place->host, "the name does not resolve");
    co_return;
  }
  for (const std::string& address : addresses) opening.lines.push_back({address});
  std::vector<awaitable<void>> tries;
  for (Line& line : opening.lines) tries.push_back(try_address(&opening, &line));
  auto waiting = until_one_is_open(&opening);
  co_await net::beside(std::move(waiting), std::move(tries));
  if (Line* line = opening.open()) {
    opening.deadline = Clock::now() + kToAskResponder;
    co_await ask_for_session(deployment, &opening, line);
    co_return;
  }
  const Line& line = most_telling(opening.lines);
  conclude(carried, state_of_failure(line.outcome), place_of(line, place->port), line.outcome.text);
}

awaitable<void> close_carried_session(const Deployment* deployment, Deadline deadline) {
  if (!is_carried(*deployment)) co_return;
  net::HttpSession session(target_again(*deployment));
  net::HttpRequest request = session_request("DELETE");
  (void)co_await session.ask(std::move(request), deadline);
}

awaitable<std::optional<proto::GreetingsHeard>> ask_for_greetings(const Deployment* deployment,
                                                                  proto::Nonce nonce, Deadline deadline) {
  if (!is_carried(*deployment)) co_return std::nullopt;
  net::HttpSession session(target_again(*deployment));
  net::HttpRequest request;
  request.target = std::string(proto::kGreetingsPath) + proto::hex(nonce);
  const net::HttpReply reply = co_await session.ask(std::move(request), deadline);
  if (reply.status != kOk) co_return std::nullopt;
  co_return greetings_in(reply.body);
}

awaitable<TcpTrial> try_tcp_port(CarriedPort port, std::string address, const Deployment* deployment,
                                 Deadline deadline) {
  const Deadline begun = Clock::now();
  TcpTrial trial;
  trial.port = std::move(port);
  if (trial.port.state == kAnswers) {
    const ControlKey key{deployment->secrets.control_identity, deployment->secrets.control_key};
    net::HttpSession session(target_at(std::move(address), trial.port.port, key));
    trial.outcome = co_await session.open(deadline);
  } else {
    Endpoint peer{std::move(address), trial.port.port};
    const net::Dialled dialled = co_await net::dial_through({}, std::move(peer), deadline);
    trial.outcome = dialled.outcome;
  }
  trial.took = std::chrono::duration_cast<Microseconds>(Clock::now() - begun);
  co_return trial;
}

}  // namespace lkdoctor::probes
