// SPDX-License-Identifier: EUPL-1.2
#include "probes/whip_session.hpp"

#include <lkdoctor/net/bell.hpp>
#include <lkdoctor/probes/tokens.hpp>
#include <lkdoctor/proto/dtls.hpp>
#include <lkdoctor/proto/sdp.hpp>
#include <lkdoctor/proto/whip.hpp>
#include <optional>
#include <utility>

#include "probes/signal_upgrade.hpp"

namespace lkdoctor::probes {
namespace {

constexpr int kCreated = 201, kGone = 404, kDone = 200, kUnauthorized = 401, kRefused = 503;

std::vector<proto::IceServer> servers_in(const net::HttpReply& reply) {
  std::vector<proto::IceServer> out;
  for (const auto& [name, value] : reply.headers) {
    if (name != "link") continue;
    for (proto::IceServer& server : proto::parse_ice_links(value)) out.push_back(std::move(server));
  }
  return out;
}

}  // namespace

std::vector<std::string> WhipAnswer::ice_urls() const {
  std::vector<std::string> out;
  for (const proto::IceServer& server : ice_servers) {
    out.insert(out.end(), server.urls.begin(), server.urls.end());
  }
  return out;
}

std::string throw_away_offer() {
  return proto::make_offer({proto::random_ice_credentials(), proto::DtlsIdentity::make().fingerprint()});
}

/// Shared with the request that is under way: it outlives a caller who was cancelled.
struct WhipSession::State {
  State(Probe& with, net::HttpTarget where, std::string at, std::function<Secret()> by)
      : probe(with), target(std::move(where)), path(std::move(at)), token(std::move(by)), http(target) {}

  net::HttpRequest request(std::string method, std::string at) const {
    net::HttpRequest out;
    out.method = std::move(method);
    out.target = std::move(at);
    authorize(out, token());
    return out;
  }
  static awaitable<void> post(std::shared_ptr<State> self, Deadline deadline);

  /// It lets us in before it looks at the offer, also where no answer comes.
  void count_session() {
    if (!std::exchange(counted, true)) probe.count_join(new_room);
  }

  Probe& probe;
  net::HttpTarget target;
  std::string path;
  std::function<Secret()> token;
  net::HttpSession http;
  net::Crew crew;
  net::Bell answered;
  std::string offer, id, tag;
  std::optional<net::HttpReply> reply;
  bool asked = false, new_room = false, counted = false;
  bool broken_off = false;  ///< a request was left alone: the connection is of no use any more
};

WhipSession::WhipSession(Probe& probe, net::HttpTarget target, std::string path,
                         std::function<Secret()> token)
    : state_(std::make_shared<State>(probe, std::move(target), std::move(path), std::move(token))) {}
WhipSession::~WhipSession() = default;

awaitable<void> WhipSession::State::post(std::shared_ptr<State> self, Deadline deadline) {
  net::HttpRequest asking = self->request("POST", self->path);
  asking.headers.emplace_back("Content-Type", "application/sdp");
  asking.body = self->offer;
  self->probe.count_request();
  net::HttpReply came = co_await self->http.ask(std::move(asking), deadline);
  if (came.status == kUnauthorized) self->probe.count_unauthorized();
  if (came.status == kCreated || came.status == kRefused || came.status == 0) self->count_session();
  if (came.status == kCreated) {
    self->id = proto::whip_session_id(came.header("location"));
    self->tag = came.header("etag");
  }
  self->reply = std::move(came);
  self->answered.ring();
}

awaitable<WhipAnswer> WhipSession::begin(std::string offer, bool new_room, Deadline deadline) {
  const std::shared_ptr<State> state = state_;
  state->offer = std::move(offer);
  state->asked = true;
  state->new_room = new_room;
  auto posting = State::post(state, deadline + kSignalGoodbye);
  co_await state->crew.start(std::move(posting));
  if (!state->reply) (void)co_await state->answered.wait(deadline);
  WhipAnswer out;
  if (!state->reply) {
    state->crew.rethrow();
    out.outcome = {net::Stage::message, net::NetError::timed_out, "no answer to our offer"};
    co_return out;
  }
  out.outcome = state->reply->outcome;
  out.status = state->reply->status;
  out.body = state->reply->body;
  out.ice_servers = servers_in(*state->reply);
  co_return out;
}

awaitable<net::NetOutcome> WhipSession::tell_candidate(std::string candidate, Deadline deadline) {
  const std::shared_ptr<State> state = state_;
  if (state->id.empty() || state->broken_off)
    co_return net::NetOutcome{net::Stage::message, net::NetError::closed, "no session"};
  net::HttpRequest telling = state->request("PATCH", state->path + "/" + state->id);
  telling.headers.emplace_back("Content-Type", "application/trickle-ice-sdpfrag");
  telling.headers.emplace_back("If-Match", state->tag);
  telling.body = proto::whip_fragment(state->offer, candidate);
  state->probe.count_request();
  state->broken_off = true;
  const net::HttpReply reply = co_await state->http.ask(std::move(telling), deadline);
  state->broken_off = !reply.outcome.ok();
  co_return reply.outcome;
}

awaitable<bool> WhipSession::end() {
  const std::shared_ptr<State> state = state_;
  if (!state->asked) co_return false;
  state->asked = false;
  if (!state->reply) (void)co_await state->answered.wait(Clock::now() + kSignalGoodbye);
  state->broken_off = state->broken_off || !state->reply;
  if (!state->reply) state->count_session();
  co_await state->crew.stop();
  // The connection ends here, not with whoever reads the report later.
  net::HttpSession last = std::exchange(state->http, net::HttpSession(state->target));
  if (state->id.empty()) co_return false;
  if (state->broken_off) last = net::HttpSession(state->target);
  net::HttpRequest leaving = state->request("DELETE", state->path + "/" + state->id);
  state->probe.count_request();
  const net::HttpReply reply = co_await last.ask(std::move(leaving), Clock::now() + kSignalGoodbye);
  co_return reply.status == kDone || reply.status == kGone;
}

}  // namespace lkdoctor::probes
