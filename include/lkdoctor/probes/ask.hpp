// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/check.hpp>
#include <lkdoctor/facts/url_addresses.hpp>
#include <lkdoctor/net/http.hpp>
#include <lkdoctor/proto/livekit_http.hpp>
#include <lkdoctor/url.hpp>
#include <string>
#include <vector>

/// What checks that come in a public and a service variant share: asking, and judging what was answered.
namespace lkdoctor::probes {

/// Which of the deployment's two URLs, or a responder that carries a session to LiveKit.
enum class Side { public_url, service_url, responder };
NLOHMANN_JSON_SERIALIZE_ENUM(Side, {{Side::public_url, "public_url"},
                                    {Side::service_url, "service_url"},
                                    {Side::responder, "responder"}})
std::string_view name_of(Side side);
const Sourced<std::string>& url_of(const Deployment& deployment, Side side);
/// REQUIRES: one of the two URLs.
const Fact<facts::UrlAddresses>& addresses_of(Side side);
/// The side that a join went through, by its name.
Side side_named(std::string_view name);
/// Where one can join on this side; nullopt: nowhere, as far as is known.
std::optional<facts::UrlAddresses> place_of(Side side, const Facts& facts, const Deployment& deployment);
/// Towards one address of that place; a token may be sent there.
net::HttpTarget joining_target(Side side, const facts::UrlAddresses& where, const std::string& address,
                               const Deployment& deployment);

/// One question and the name under which its answer is kept.
struct Question {
  std::string name;
  net::HttpRequest request;
};
Question question(std::string name, std::string target);  ///< a plain GET

/// One answer as an observation keeps it. Text of the peer is bounded and holds no token.
struct Asked {
  std::string name;
  net::NetOutcome outcome;
  proto::HttpAnswer answer;
  Microseconds first_byte{0};
  std::int64_t sent_at_ms = 0, received_at_ms = 0;  ///< wall clock of this machine

  proto::Reading read() const { return proto::read_answer(answer); }
};
LKDOCTOR_JSON(Asked, name, outcome, answer, first_byte, sent_at_ms, received_at_ms)
const Asked* find(const std::vector<Asked>& answers, std::string_view name);
/// Reading of the answer with this name; `nothing` if it was not asked.
proto::Reading reading_of(const std::vector<Asked>& answers, std::string_view name);

Asked kept(std::string name, const net::HttpReply& reply, std::int64_t sent_at_ms);
std::int64_t wall_ms();

/// The forward proxy with this URL, its credentials with it; "": none.
net::Proxy proxy_named(const std::string& url, const Deployment& deployment);
/// Facts for scripts: what this check saw was seen through a proxy.
void mark_proxy(const facts::UrlAddresses& where, Judgement& judgement);

/// Towards one address of a URL. `require_trust` must be true where a token is sent.
net::HttpTarget target_for(const facts::UrlAddresses& where, const std::string& address,
                           const Deployment& deployment, bool require_trust);

/// `where.path` with `suffix` behind it.
std::string path_under(const facts::UrlAddresses& where, std::string_view suffix);

/// Asks everything at once on this connection; requests and refusals are counted.
awaitable<std::vector<Asked>> ask_all(Probe& probe, net::HttpSession& session,
                                      std::vector<Question> questions, Deadline deadline);

/// Until when an answer of this side is worth waiting for: before the check's own deadline, and not long for
/// a service_url that need not be reachable from here.
Deadline patience(const Probe& probe, Side side);

/// Until when TCP is worth waiting for. Where a service_url need not be reachable from here, silence is no
/// news: three round trips to public_url are enough, once public_url has shown how long one is.
awaitable<Deadline> connect_patience(Probe& probe, Side side);

/// The same for a port that ought to be closed; nullopt: public_url does not answer, nothing is worth asking.
awaitable<std::optional<Deadline>> exposure_patience(Probe& probe);

/// Phases "connect" and "tls" of this connection.
void tell_phases(Probe& probe, const net::HttpSession& session);

/// "refused (connection refused)", "HTTP 502", …: for sentences.
std::string words_for(const Asked& asked);

}  // namespace lkdoctor::probes
