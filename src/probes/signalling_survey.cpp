// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/facts/refusals.hpp>
#include <lkdoctor/net/timer.hpp>
#include <lkdoctor/net/websocket.hpp>
#include <lkdoctor/probes/signalling.hpp>

#include "probes/page_origin.hpp"
#include "probes/signalling_query.hpp"
#include "probes/signalling_v1.hpp"

namespace lkdoctor::probes {
namespace {

/// The least JoinRequest that every server takes: client_info with protocol 16.
constexpr std::string_view kJoinRequest = "join_request=EgQKAhgQ";

/// A request line of `length` bytes as current web clients send it: the offer in join_request, then a token.
/// The token has the form of one and no valid signature.
std::string long_line(const facts::UrlAddresses& where, std::size_t length) {
  constexpr std::string_view kAround = "GET  HTTP/1.1";
  const std::string token =
      "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." + std::string(450, 'A') + "." + std::string(43, 'A');
  const std::string head = path_under(where, "/rtc/v1") + "?join_request=";
  const std::string tail = "&access_token=" + token;
  const std::size_t used = kAround.size() + head.size() + tail.size();
  return head + std::string(length > used ? length - used : 0, 'A') + tail;
}

awaitable<void> try_upgrade(Probe& probe, Side side, net::HttpTarget target, std::string name,
                            std::string path, std::string origin, Asked* into) {
  net::WebSocket socket(std::move(target));
  probe.count_request();
  const std::int64_t sent = wall_ms();
  std::vector<std::pair<std::string, std::string>> headers;
  if (!origin.empty()) headers.emplace_back("Origin", std::move(origin));
  const net::HttpReply reply =
      co_await socket.open(std::move(path), std::move(headers), patience(probe, side));
  *into = kept(std::move(name), reply, sent);
  if (reply.status == 401) probe.count_unauthorized();
}

awaitable<void> try_plain(Probe& probe, Side side, net::HttpTarget target, Question asked, Asked* into) {
  net::HttpSession session(std::move(target));
  std::vector<Question> questions;
  questions.push_back(std::move(asked));
  std::vector<Asked> answers = co_await ask_all(probe, session, std::move(questions), patience(probe, side));
  *into = std::move(answers.front());
}

bool refused_length(const Asked& asked) {
  const bool cut = asked.answer.status == 0 && asked.outcome.error != net::NetError::none &&
                   asked.outcome.stage != net::Stage::connect && asked.outcome.stage != net::Stage::tls &&
                   !asked.outcome.at_forward_proxy();
  return cut || asked.read().meaning == proto::Meaning::line_too_long;
}

/// A recorder is no browser and sends none.
std::string origin_for(const Deployment& deployment, const facts::UrlAddresses& where) {
  return deployment.run.vantage == Vantage::recorder ? "" : page_origin(deployment, where).value;
}

/// /rtc without an Origin reaches LiveKit, and /rtc/v1 with one does not: either may be why.
bool may_mind_origin(const std::vector<Asked>& answers) {
  const Asked* v1 = find(answers, "ws_v1");
  const bool refused = v1->answer.status != 0 || hung_up(v1);
  return refused && !v1->read().is_livekit() && reached_handler(reading_of(answers, "ws"));
}

awaitable<void> survey_upgrades(Probe& probe, Side side, facts::UrlAddresses where, UpgradeSurvey* into) {
  net::HttpTarget target = target_for(where, into->address, probe.deployment(), false);
  target.connect_by = co_await connect_patience(probe, side);
  const std::string v1 = path_under(where, "/rtc/v1") + "?" + std::string(kJoinRequest);
  const std::string origin = origin_for(probe.deployment(), where);
  std::vector<Asked> answers(side == Side::public_url ? 4 : 2);
  std::vector<awaitable<void>> all;
  all.push_back(
      try_upgrade(probe, side, target, "ws", path_under(where, "/rtc") + "?protocol=13", "", &answers[0]));
  all.push_back(
      try_plain(probe, side, target, question("validate", path_under(where, "/rtc/validate")), &answers[1]));
  if (side == Side::public_url) {
    all.push_back(try_upgrade(probe, side, target, "ws_v1", v1, origin, &answers[2]));
    all.push_back(try_plain(probe, side, target, question("line_6000", long_line(where, 6000)), &answers[3]));
  }
  co_await net::all(std::move(all));
  const bool comparable =
      side == Side::public_url && answers[1].answer.status != 0 && answers[2].answer.status != 0;
  if (comparable && refused_length(answers[3])) {
    Asked shorter;
    co_await try_plain(probe, side, target, question("line_3000", long_line(where, 3000)), &shorter);
    answers.push_back(std::move(shorter));
  }
  if (side == Side::public_url && !origin.empty() && may_mind_origin(answers)) {
    Asked plain;
    co_await try_upgrade(probe, side, target, "ws_v1_plain", v1, "", &plain);
    answers.push_back(std::move(plain));
    Asked again;
    co_await try_upgrade(probe, side, target, "ws_v1_again", v1, origin, &again);
    answers.push_back(std::move(again));
  }
  into->answers = std::move(answers);
}

/// LiveKit itself refuses an upgrade without a token, and one as browsers send it for its token.
bool is_in_order(const std::vector<Asked>& answers) {
  const Asked* browser = find(answers, "ws_v1");
  return reading_of(answers, "ws").meaning == proto::Meaning::validate_refused &&
         (browser == nullptr || browser->read().meaning == proto::Meaning::token_refused);
}

bool answered(const UpgradeSurvey& survey) {
  const Asked* upgrade = find(survey.answers, "ws");
  return upgrade->answer.status != 0 || hung_up(upgrade);
}

/// Two refusals that prove what all the others would: the upgrade on /rtc/v1 has the long line, the query
/// with a token and the page's Origin in one. If they do not, everything is asked.
awaitable<void> survey_sparingly(Probe& probe, Side side, facts::UrlAddresses where, UpgradeSurvey* into) {
  net::HttpTarget target = target_for(where, into->address, probe.deployment(), false);
  target.connect_by = co_await connect_patience(probe, side);
  const std::string origin = origin_for(probe.deployment(), where);
  std::vector<Asked> answers(side == Side::public_url ? 2 : 1);
  std::vector<awaitable<void>> all;
  all.push_back(
      try_upgrade(probe, side, target, "ws", path_under(where, "/rtc") + "?protocol=13", "", &answers[0]));
  if (side == Side::public_url)
    all.push_back(try_upgrade(probe, side, target, "ws_v1", long_line(where, 6000), origin, &answers[1]));
  co_await net::all(std::move(all));
  into->answers = answers;
  if (!answered(*into)) co_return;
  if (!is_in_order(answers)) {
    co_await survey_upgrades(probe, side, std::move(where), into);
  } else if (side == Side::public_url) {
    into->answers.push_back(answers[1]);
    into->answers.back().name = "line_6000";
  }
}

/// The first address that answers; each hour the search begins at another one.
awaitable<SignallingSurvey> survey_one_address(Probe& probe, Side side) {
  constexpr std::int64_t kHour = 3'600'000;
  SignallingSurvey survey;
  survey.where = probe.fact(addresses_of(side));
  const std::size_t count = survey.where.addresses.size();
  const auto first = static_cast<std::size_t>(wall_ms() / kHour);
  for (std::size_t i = 0; i < count; ++i) {
    survey.addresses.emplace_back();
    survey.addresses.back().address = survey.where.addresses[(first + i) % count];
    co_await survey_sparingly(probe, side, survey.where, &survey.addresses.back());
    if (answered(survey.addresses.back())) break;
  }
  co_return survey;
}

}  // namespace

awaitable<SignallingSurvey> survey_signalling(Probe& probe, Side side) {
  if (probe.find(facts::refusals)) co_return co_await survey_one_address(probe, side);
  SignallingSurvey survey;
  survey.where = probe.fact(addresses_of(side));
  survey.addresses.resize(survey.where.addresses.size());
  std::vector<awaitable<void>> operations;
  for (std::size_t i = 0; i < survey.addresses.size(); ++i) {
    survey.addresses[i].address = survey.where.addresses[i];
    operations.push_back(survey_upgrades(probe, side, survey.where, &survey.addresses[i]));
  }
  co_await net::all(std::move(operations));
  co_return survey;
}

}  // namespace lkdoctor::probes
