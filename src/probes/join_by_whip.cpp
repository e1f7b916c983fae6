// SPDX-License-Identifier: EUPL-1.2
#include "probes/join_by_whip.hpp"

#include <algorithm>
#include <lkdoctor/facts/http_identity.hpp>
#include <lkdoctor/net/bell.hpp>
#include <lkdoctor/probes/tokens.hpp>
#include <lkdoctor/proto/sdp.hpp>

#include "probes/signal_upgrade.hpp"
#include "probes/whip_session.hpp"

namespace lkdoctor::probes {
namespace {

constexpr Milliseconds kQuestion{2'000}, kSpareForLeaving{1'500};

facts::Answerer answerer_at(const Probe& probe, Side side) {
  const auto identity =
      probe.find(side == Side::public_url ? facts::public_identity : facts::service_identity);
  return identity ? identity->answerer : facts::Answerer::nobody;
}

/// HTTP gets through, as far as is known, and it was not LiveKit itself that refused.
bool is_worth_it(const Probe& probe, const JoinAttempt& attempt) {
  if (attempt.side == Side::responder) return false;  // it carries WebSockets alone
  using proto::Meaning;
  const facts::Answerer answerer = answerer_at(probe, attempt.side);
  const bool known = answerer != facts::Answerer::nobody;
  if (known && answerer != facts::Answerer::livekit) return false;
  const Asked& asked = attempt.upgrade;
  if (asked.outcome.error == net::NetError::untrusted) return false;
  if (asked.answer.status == 0) return known && asked.outcome.stage == net::Stage::message;
  switch (asked.read().meaning) {
    case Meaning::not_ready:
    case Meaning::token_refused:
    case Meaning::room_absent:
    case Meaning::over_limit:
    case Meaning::proxy_refusal:
      return false;
    case Meaning::livekit_error:
      return !lost_upgrade_header(asked).empty();
    default:
      return true;
  }
}

/// Who asks, and as whom.
struct Guest {
  std::string room = random_name(), identity = random_name();
  facts::UrlAddresses where;
  WhipTry* into;
  std::vector<std::string> ice_urls;
};

Secret token_for(const Deployment& deployment, const Guest& guest) {
  if (!deployment.has_key_pair()) return deployment.secrets.token;
  return granting_token(deployment, guest.identity, probe_grants(guest.room));
}

awaitable<bool> is_offered(Probe& probe, const Guest* guest) {
  net::HttpSession session(target_for(guest->where, guest->into->address, probe.deployment(), true));
  net::HttpRequest request = question("whip", path_under(guest->where, kWhipPath)).request;
  probe.count_request();
  const Deadline until = earlier(Clock::now() + kQuestion, probe.deadline() - kSpareForLeaving);
  const net::HttpReply reply = co_await session.ask(std::move(request), until);
  guest->into->offered = reply.status;
  guest->into->outcome = reply.outcome;
  co_return reply.status == kWhipOffered;
}

awaitable<void> begin(Probe& probe, WhipSession* session, Guest* guest) {
  const Deadline begun = Clock::now();
  const Deadline until = earlier(begun + kWhipPatience, probe.deadline() - kSpareForLeaving);
  const WhipAnswer answer = co_await session->begin(throw_away_offer(), true, until);
  guest->into->took = std::chrono::duration_cast<Microseconds>(Clock::now() - begun);
  guest->into->outcome = answer.outcome;
  guest->into->status = answer.status;
  if (!answer.ok() || !proto::parse_sdp(answer.body)) co_return;
  facts::JoinResponse joined;
  joined.through = std::string(name_of(guest->into->side));
  joined.address = guest->into->address;
  joined.room = guest->room;
  joined.by_whip = true;
  joined.ice_urls = answer.ice_urls();
  probe.phase("WHIP", guest->into->took);
  probe.publish(facts::join_response, joined);
}

awaitable<void> end(WhipSession* session) {
  (void)co_await session->end();
}

/// True: LiveKit let us in.
awaitable<bool> try_at(Probe& probe, const JoinAttempt* attempt, WhipTry* into) {
  Guest guest;
  const auto where = probe.find(addresses_of(attempt->side));
  if (!where) co_return false;
  guest.where = *where;
  guest.into = into;
  const bool offered = co_await is_offered(probe, &guest);
  if (!offered) co_return false;
  const Deployment& deployment = probe.deployment();
  WhipSession session(probe, target_for(*where, into->address, deployment, true),
                      path_under(*where, kWhipPath),
                      [&deployment, &guest] { return token_for(deployment, guest); });
  auto beginning = begin(probe, &session, &guest);
  auto ending = end(&session);
  co_await net::finally(std::move(beginning), std::move(ending));
  co_return into->status != 0 && probe.facts().has(facts::join_response.name);
}

}  // namespace

awaitable<void> join_by_whip(Probe& probe, JoinObservation* into) {
  // The controller's host has no part in media.
  if (probe.deployment().run.vantage == Vantage::controller) co_return;
  bool joined = false;
  for (std::size_t i = 0; i < into->attempts.size() && !joined; ++i) {
    const JoinAttempt attempt = into->attempts[i];
    if (!is_worth_it(probe, attempt)) continue;
    WhipTry tried;
    tried.side = attempt.side;
    tried.url = attempt.url;
    tried.address = attempt.address;
    joined = co_await try_at(probe, &attempt, &tried);
    into->whip.push_back(std::move(tried));
  }
}

}  // namespace lkdoctor::probes
