// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/check.hpp>
#include <lkdoctor/net/outcome.hpp>
#include <lkdoctor/proto/control_words.hpp>
#include <lkdoctor/proto/port_test.hpp>

/// The client of the control connection (docs/port-test.md), which carries a test session.
namespace lkdoctor::probes {

inline constexpr Milliseconds kToAskResponder{3'000};

/// Asks run.responder for a session, at all its addresses side by side, and keeps what became of it:
/// run.carried, and the secrets that belong to it. Its tokens are the run's where there is neither a key pair
/// nor a token. Who has taken the key by `deadline` is asked for kToAskResponder from then on: over a slow
/// line the handshake has taken most of the time. REQUIRES: run.responder is set; `deployment` outlives it.
awaitable<void> open_carried_session(Deployment* deployment, Deadline deadline);

/// Gives it back, so that the next client need not wait. Nothing where none was reached.
awaitable<void> close_carried_session(const Deployment* deployment, Deadline deadline);

/// Which of the greetings with this nonce the responder heard. nullopt: there is no session, or it does not
/// say.
awaitable<std::optional<proto::GreetingsHeard>> ask_for_greetings(const Deployment* deployment,
                                                                  proto::Nonce nonce, Deadline deadline);

/// What open_carried_session() put into a deployment, secrets too: for the way from one process of this run
/// to another, and nowhere else.
std::string carried_form(const Deployment& deployment);
/// Throws nlohmann::json::exception if it is none.
void take_carried_form(std::string_view form, Deployment& deployment);

/// What a responder said of itself, put into `deployment`; false: that is no session.
bool take_session(const std::string& body, Deployment& deployment);
/// What it said of greetings; nullopt: nothing.
std::optional<proto::GreetingsHeard> greetings_in(const std::string& body);
/// Another pair of tokens of the same session.
void take_further_tokens(const std::string& body, Deployment& deployment);

/// One of its TCP ports: whether the responder itself answers there (TLS with our key), or somebody accepts.
struct TcpTrial {
  CarriedPort port;
  net::NetOutcome outcome;
  Microseconds took{0};
};
LKDOCTOR_JSON(TcpTrial, port, outcome, took)
awaitable<TcpTrial> try_tcp_port(CarriedPort port, std::string address, const Deployment* deployment,
                                 Deadline deadline);

}  // namespace lkdoctor::probes
