// SPDX-License-Identifier: EUPL-1.2
#include "probes/key_line.hpp"

#include <algorithm>
#include <cmath>
#include <lkdoctor/facts/refusals.hpp>
#include <lkdoctor/net/timer.hpp>
#include <lkdoctor/probes/key_nodes.hpp>
#include <lkdoctor/probes/tokens.hpp>
#include <lkdoctor/proto/jwt.hpp>
#include <lkdoctor/wall_clock.hpp>

namespace lkdoctor::probes {
namespace {

using facts::KeyState;
using proto::Meaning;

Question list_rooms(const facts::UrlAddresses& where, const Secret& token) {
  Question out = authorized("rooms", path_under(where, "/twirp/livekit.RoomService/ListRooms"), token);
  out.request.method = "POST";
  out.request.headers.emplace_back("Content-Type", "application/json");
  out.request.body = Json({{"names", {random_name()}}}).dump();
  return out;
}

/// The tokens of one run of questions.
struct Tokens {
  Secret good, corrupt, rooms, join;
};

Tokens tokens_for(const Deployment& deployment) {
  if (!deployment.has_key_pair()) {
    const Secret& given = deployment.secrets.token;
    return {given, with_broken_signature(given), Secret(), given};
  }
  const std::int64_t now = wall_seconds();
  const Secret good = grantless_token(deployment, now - 30, now + 60);
  const std::string name = random_name();
  return {good, with_broken_signature(good), granting_token(deployment, "", {{"roomList", true}}),
          granting_token(deployment, name, probe_grants(name))};
}

Question corrupt_question(const facts::UrlAddresses& where, const Tokens& tokens) {
  return authorized("corrupt", path_under(where, "/"), tokens.corrupt);
}

std::vector<Question> header_questions(const facts::UrlAddresses& where, const Tokens& tokens,
                                       bool with_corrupt) {
  std::vector<Question> out;
  out.push_back(authorized("good", path_under(where, "/"), tokens.good));
  if (with_corrupt) out.push_back(corrupt_question(where, tokens));
  out.push_back(authorized("validate", path_under(where, "/rtc/validate"), tokens.join));
  if (!tokens.rooms.empty()) out.push_back(list_rooms(where, tokens.rooms));
  return out;
}

std::vector<Question> query_questions(const facts::UrlAddresses& where, const Tokens& tokens) {
  std::vector<Question> out;
  const std::string root = path_under(where, "/");
  out.push_back(question("good_query", with_access_token(root, tokens.good)));
  out.push_back(question("corrupt_query", with_access_token(root, tokens.corrupt)));
  out.push_back(
      question("validate_query", with_access_token(path_under(where, "/rtc/validate"), tokens.join)));
  return out;
}

bool answered(const KeySide& side) {
  return std::ranges::any_of(side.answers, [](const Asked& asked) { return asked.answer.status != 0; });
}

awaitable<void> ask_more(Probe& probe, KeyLine* line, std::vector<Question> questions) {
  std::vector<Asked> more =
      co_await ask_all(probe, *line->session, std::move(questions), patience(probe, Side::public_url));
  for (Asked& asked : more) line->side->answers.push_back(std::move(asked));
}

awaitable<void> ask_side(Probe& probe, KeyLine* line) {
  const bool spares = probe.find(facts::refusals).has_value();
  const Tokens tokens = tokens_for(probe.deployment());
  const Deadline connect_by = co_await connect_patience(probe, line->side->side);
  // What comes after the first answers needs some time too.
  const Deadline until = patience(probe, line->side->side) - Milliseconds(2000);
  for (const std::string& address : line->where.addresses) {
    line->side->address = address;
    net::HttpTarget target = target_for(line->where, address, probe.deployment(), true);
    target.connect_by = connect_by;
    line->session = std::make_unique<net::HttpSession>(std::move(target));
    std::vector<Question> questions = header_questions(line->where, tokens, !spares);
    const Deadline asked = Clock::now();
    line->side->answers = co_await ask_all(probe, *line->session, std::move(questions), until);
    if (!answered(*line->side)) continue;
    tell_phases(probe, *line->session);
    const auto all = std::chrono::duration_cast<Microseconds>(Clock::now() - asked);
    probe.phase("answers", all - line->session->connect_time() - line->session->handshake_time());
    break;
  }
  // Who passed the join check needs no control.
  if (spares && answered(*line->side) && !passed_join_check(reading_of(line->side->answers, "validate"))) {
    std::vector<Question> control(1, corrupt_question(line->where, tokens));
    co_await ask_more(probe, line, std::move(control));
  }
  const bool control_passed = reading_of(line->side->answers, "corrupt").meaning == Meaning::healthy;
  const bool token_unseen = reading_of(line->side->answers, "validate").meaning == Meaning::validate_refused;
  if (!control_passed && !token_unseen) co_return;
  std::vector<Question> questions = query_questions(line->where, tokens);
  co_await ask_more(probe, line, std::move(questions));
}

KeyState state_by(const proto::Reading& reading) {
  if (reading.meaning != Meaning::token_refused) return KeyState::other;
  switch (reading.fault) {
    case proto::TokenFault::unknown_key:
      return KeyState::unknown_key;
    case proto::TokenFault::wrong_secret:
      return KeyState::wrong_secret;
    case proto::TokenFault::expired:
    case proto::TokenFault::not_yet_valid:
      return KeyState::clock;
    default:
      return KeyState::other;
  }
}

/// Which answer showed the time fault, and so on which side LiveKit's clock is.
std::optional<FirstHint> hint_of(const KeySide& side) {
  for (const std::string_view name : {"good", "validate", "good_query"}) {
    const proto::Reading reading = reading_of(side.answers, name);
    if (reading.fault == proto::TokenFault::not_yet_valid) return FirstHint::too_early;
    if (reading.fault == proto::TokenFault::expired) return FirstHint::too_late;
  }
  return state_of(side) == KeyState::accepted ? std::optional(FirstHint::accepted) : std::nullopt;
}

/// A name with several addresses may lead to several servers: one token shows whether all have the same keys.
awaitable<void> ask_elsewhere(Probe& probe, const KeyLine* line, KeyElsewhere* into) {
  net::HttpTarget target = target_for(line->where, into->address, probe.deployment(), true);
  target.connect_by = co_await connect_patience(probe, line->side->side);
  net::HttpSession session(std::move(target));
  const Tokens tokens = tokens_for(probe.deployment());
  std::vector<Question> questions;
  questions.push_back(authorized("validate", path_under(line->where, "/rtc/validate"), tokens.join));
  const Deadline until = patience(probe, line->side->side);
  into->answers = co_await ask_all(probe, session, std::move(questions), until);
}

/// nginx and others lead requests in turn to several servers: one refusal may be one server's alone.
awaitable<void> ask_more_often(Probe& probe, KeyLine* line) {
  constexpr std::size_t kTimes = 4;
  const KeyState state = state_of(*line->side);
  if (state != KeyState::unknown_key && state != KeyState::wrong_secret) co_return;
  const Tokens tokens = tokens_for(probe.deployment());
  std::vector<Question> questions;
  for (std::size_t i = 0; i < kTimes; ++i)
    questions.push_back(authorized("validate", path_under(line->where, "/rtc/validate"), tokens.join));
  co_await ask_more(probe, line, std::move(questions));
}

awaitable<void> ask_and_measure(Probe& probe, std::vector<KeyLine>* lines, KeyObservation* into) {
  std::vector<awaitable<void>> asking;
  for (KeyLine& line : *lines) asking.push_back(ask_side(probe, &line));
  co_await net::all(std::move(asking));
  std::vector<awaitable<void>> doubting;
  for (KeyLine& line : *lines) doubting.push_back(ask_more_often(probe, &line));
  co_await net::all(std::move(doubting));
  KeyLine* measured = nullptr;
  for (KeyLine& line : *lines) {
    const bool asks = !into->by_token && measured == nullptr && answered(*line.side);
    const std::optional<FirstHint> hint = asks ? hint_of(*line.side) : std::nullopt;
    if (!hint) continue;
    // Steps beyond a clock that is a little off are refused.
    if (*hint == FirstHint::accepted && probe.find(facts::refusals) == facts::Refusals::none) {
      into->ladder_at = "spared";
      break;
    }
    measured = &line;
    co_await climb(probe, measured, *hint, into);
  }
  probe.publish(facts::key_verdict, verdict_of(*into));
  if (measured != nullptr && probe.deployment().run.thorough) co_await halve(probe, measured, into);
}

/// What the token itself says of its end.
std::optional<std::int64_t> past_end(const Secret& token) {
  const auto decoded = proto::decode_token(token.reveal());
  if (!decoded || !decoded->payload.contains("exp") || !decoded->payload.at("exp").is_number())
    return std::nullopt;
  return wall_seconds() - decoded->payload.at("exp").get<std::int64_t>();
}

KeyLine line_for(Probe& probe, Side side, KeySide* into) {
  KeyLine line{probe.fact(addresses_of(side)), into, nullptr};
  into->side = side;
  into->url = line.where.url;
  return line;
}

}  // namespace

facts::KeyState state_of(const KeySide& side) {
  const proto::Reading good = reading_of(side.answers, "good");
  const proto::Reading validate = reading_of(side.answers, "validate");
  if (good.meaning == Meaning::token_refused) return state_by(good);
  if (validate.meaning == Meaning::token_refused) return state_by(validate);
  const bool control_refused = reading_of(side.answers, "corrupt").meaning == Meaning::token_refused;
  const bool healthy = good.meaning == Meaning::healthy || good.meaning == Meaning::not_ready;
  if ((healthy && control_refused) || passed_join_check(validate)) return KeyState::accepted;
  if (!strips_authorization(side)) return KeyState::other;
  const proto::Reading by_query = reading_of(side.answers, "good_query");
  return by_query.meaning == Meaning::token_refused ? state_by(by_query) : KeyState::stripped;
}

bool passed_join_check(const proto::Reading& validate) {
  return validate.meaning == Meaning::validate_ok || validate.meaning == Meaning::room_absent ||
         validate.meaning == Meaning::over_limit || validate.meaning == Meaning::livekit_error;
}

bool strips_authorization(const KeySide& side) {
  const bool unseen = reading_of(side.answers, "validate").meaning == Meaning::validate_refused;
  const bool seen_in_query = reading_of(side.answers, "corrupt_query").meaning == Meaning::token_refused;
  return unseen && seen_in_query;
}

std::optional<double> clock_offset_of(const KeyObservation& observation) {
  const ClockBounds bounds = bounds_of(observation.ladder);
  const auto middle = bounds.middle();
  if (!middle) return std::nullopt;
  constexpr double kWasHalved = 0.3;
  const double scale = bounds.width() < kWasHalved ? 1000 : 10;
  return std::round(*middle * scale) / scale;
}

std::optional<double> clock_uncertainty_of(const KeyObservation& observation) {
  const auto offset = clock_offset_of(observation);
  const ClockBounds sure = sure_bounds_of(observation.ladder);
  if (!offset || !sure.settled()) return std::nullopt;
  const double furthest = std::max(*sure.upper - *offset, *offset - *sure.lower);
  return std::ceil(furthest * 1000) / 1000;
}

facts::KeyVerdict verdict_of(const KeyObservation& observation) {
  facts::KeyVerdict verdict;
  for (const KeySide& side : observation.sides) {
    auto& state = side.side == Side::public_url ? verdict.at_public_url : verdict.at_service_url;
    state = answered(side) ? state_of(side) : KeyState::not_asked;
    const bool measured_here = observation.ladder_at == name_of(side.side);
    if (tally_of(side, measured_here ? observation.ladder : std::vector<LadderStep>{}).mixed()) {
      state = KeyState::mixed;
    }
  }
  verdict.server_clock_offset_seconds = clock_offset_of(observation);
  return verdict;
}

awaitable<KeyObservation> ask_with_key(Probe& probe) {
  KeyObservation observation;
  observation.by_token = !probe.deployment().has_key_pair();
  std::vector<Side> sides;
  // service_url first: there is no proxy between, as a rule, and the clock is asked there.
  for (const Side side : {Side::service_url, Side::public_url}) {
    if (probe.find(addresses_of(side))) sides.push_back(side);
  }
  if (observation.by_token) observation.token_past_s = past_end(probe.deployment().secrets.token);
  if (sides.empty() && observation.by_token) co_return observation;
  if (sides.empty()) throw CouldNotTell("neither public_url nor service_url has an address here");
  observation.sides.resize(sides.size());
  std::vector<KeyLine> lines;
  for (std::size_t i = 0; i < sides.size(); ++i)
    lines.push_back(line_for(probe, sides[i], &observation.sides[i]));
  std::vector<awaitable<void>> asking;
  asking.push_back(ask_and_measure(probe, &lines, &observation));
  for (KeyLine& line : lines) {
    line.side->elsewhere.resize(line.where.addresses.size() - 1);
    for (std::size_t i = 1; i < line.where.addresses.size(); ++i) {
      KeyElsewhere* further = &line.side->elsewhere[i - 1];
      further->address = line.where.addresses[i];
      asking.push_back(ask_elsewhere(probe, &line, further));
    }
  }
  co_await net::all(std::move(asking));
  co_return observation;
}

}  // namespace lkdoctor::probes
