// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <cmath>
#include <lkdoctor/net/timer.hpp>
#include <lkdoctor/probes/key_questions.hpp>
#include <lkdoctor/probes/tokens.hpp>

namespace lkdoctor::probes {
namespace {

using facts::KeyState;
using proto::Meaning;

constexpr std::size_t kMostRounds = 4;

Question authorized(std::string name, std::string target, const Secret& token) {
  Question out = question(std::move(name), std::move(target));
  authorize(out.request, token);
  return out;
}

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

std::vector<Question> header_questions(const facts::UrlAddresses& where, const Tokens& tokens) {
  std::vector<Question> out;
  out.push_back(authorized("good", path_under(where, "/"), tokens.good));
  out.push_back(authorized("corrupt", path_under(where, "/"), tokens.corrupt));
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

/// The connection on which a side was asked; kept open for the ladder.
struct Line {
  facts::UrlAddresses where;
  KeySide* side;
  std::unique_ptr<net::HttpSession> session;
};

awaitable<void> ask_side(Probe& probe, Line* line) {
  const Tokens tokens = tokens_for(probe.deployment());
  const Deadline connect_by = co_await connect_patience(probe, line->side->side);
  // What comes after the first answers needs some time too.
  const Deadline until = patience(probe, line->side->side) - Milliseconds(2000);
  for (const std::string& address : line->where.addresses) {
    line->side->address = address;
    net::HttpTarget target = target_for(line->where, address, probe.deployment(), true);
    target.connect_by = connect_by;
    line->session = std::make_unique<net::HttpSession>(std::move(target));
    std::vector<Question> questions = header_questions(line->where, tokens);
    const Deadline asked = Clock::now();
    line->side->answers = co_await ask_all(probe, *line->session, std::move(questions), until);
    if (!answered(*line->side)) continue;
    tell_phases(probe, *line->session);
    const auto all = std::chrono::duration_cast<Microseconds>(Clock::now() - asked);
    probe.phase("answers", all - line->session->connect_time() - line->session->handshake_time());
    break;
  }
  const bool control_passed = reading_of(line->side->answers, "corrupt").meaning == Meaning::healthy;
  const bool token_unseen = reading_of(line->side->answers, "validate").meaning == Meaning::validate_refused;
  if (!control_passed && !token_unseen) co_return;
  std::vector<Question> questions = query_questions(line->where, tokens);
  std::vector<Asked> more =
      co_await ask_all(probe, *line->session, std::move(questions), patience(probe, Side::public_url));
  for (Asked& asked : more) line->side->answers.push_back(std::move(asked));
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

/// The join check took the token as far as to look at the room.
bool token_passed(const proto::Reading& reading) {
  return reading.meaning == Meaning::validate_ok || reading.meaning == Meaning::room_absent ||
         reading.meaning == Meaning::over_limit || reading.meaning == Meaning::livekit_error;
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

void read_step(LadderStep& step, const Asked& asked) {
  step.sent_at_ms = asked.sent_at_ms;
  step.received_at_ms = asked.received_at_ms;
  const proto::Reading reading = asked.read();
  if (reading.meaning == Meaning::healthy || reading.meaning == Meaning::not_ready) step.accepted = true;
  if (reading.fault == proto::TokenFault::expired || reading.fault == proto::TokenFault::not_yet_valid) {
    step.accepted = false;
  }
}

struct Round {
  std::vector<LadderStep> steps;
  std::optional<double> date_offset;
};

awaitable<Round> ask_round(Probe& probe, Line* line, std::vector<LadderStep> steps) {
  std::vector<Question> questions;
  for (const LadderStep& step : steps) {
    const Secret token = grantless_token(probe.deployment(), step.not_before, step.expires);
    const std::string root = path_under(line->where, "/");
    questions.push_back(strips_authorization(*line->side) ? question("step", with_access_token(root, token))
                                                          : authorized("step", root, token));
  }
  std::vector<Asked> answers =
      co_await ask_all(probe, *line->session, std::move(questions), patience(probe, Side::public_url));
  Round out;
  out.steps = std::move(steps);
  for (std::size_t i = 0; i < out.steps.size() && i < answers.size(); ++i) {
    read_step(out.steps[i], answers[i]);
    const auto date = date_of(answers[i].answer);
    if (date)
      out.date_offset = static_cast<double>(*date) - static_cast<double>(answers[i].received_at_ms) / 1000.0;
  }
  co_return out;
}

awaitable<void> climb(Probe& probe, Line* line, FirstHint hint, KeyObservation* into) {
  into->ladder_at = name_of(line->side->side);
  std::vector<LadderStep> steps = first_steps(hint, wall_seconds());
  for (std::size_t round = 0; round < kMostRounds && !steps.empty(); ++round) {
    const Deadline asked = Clock::now();
    Round done = co_await ask_round(probe, line, std::move(steps));
    probe.phase("ladder", std::chrono::duration_cast<Microseconds>(Clock::now() - asked));
    into->ladder.insert(into->ladder.end(), done.steps.begin(), done.steps.end());
    steps = finer_steps(bounds_of(into->ladder), done.date_offset, wall_seconds());
  }
}

Line line_for(Probe& probe, Side side, KeySide* into) {
  Line line{probe.fact(addresses_of(side)), into, nullptr};
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
  if ((healthy && control_refused) || token_passed(validate)) return KeyState::accepted;
  if (!strips_authorization(side)) return KeyState::other;
  const proto::Reading by_query = reading_of(side.answers, "good_query");
  return by_query.meaning == Meaning::token_refused ? state_by(by_query) : KeyState::stripped;
}

bool strips_authorization(const KeySide& side) {
  const bool unseen = reading_of(side.answers, "validate").meaning == Meaning::validate_refused;
  const bool seen_in_query = reading_of(side.answers, "corrupt_query").meaning == Meaning::token_refused;
  return unseen && seen_in_query;
}

std::optional<double> clock_offset_of(const KeyObservation& observation) {
  const auto middle = bounds_of(observation.ladder).middle();
  if (!middle) return std::nullopt;
  return std::round(*middle * 10) / 10;
}

facts::KeyVerdict verdict_of(const KeyObservation& observation) {
  facts::KeyVerdict verdict;
  for (const KeySide& side : observation.sides) {
    auto& state = side.side == Side::public_url ? verdict.at_public_url : verdict.at_service_url;
    state = answered(side) ? state_of(side) : KeyState::not_asked;
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
  if (sides.empty()) throw CouldNotTell("neither public_url nor service_url has an address here");
  observation.sides.resize(sides.size());
  std::vector<Line> lines;
  for (std::size_t i = 0; i < sides.size(); ++i)
    lines.push_back(line_for(probe, sides[i], &observation.sides[i]));
  std::vector<awaitable<void>> asking;
  for (Line& line : lines) asking.push_back(ask_side(probe, &line));
  co_await net::all(std::move(asking));
  if (!observation.by_token) {
    for (Line& line : lines) {
      const std::optional<FirstHint> hint = answered(*line.side) ? hint_of(*line.side) : std::nullopt;
      if (!hint) continue;
      co_await climb(probe, &line, *hint, &observation);
      break;
    }
  }
  probe.publish(facts::key_verdict, verdict_of(observation));
  co_return observation;
}

}  // namespace lkdoctor::probes
