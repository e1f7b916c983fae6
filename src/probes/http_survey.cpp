// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/facts/refusals.hpp>
#include <lkdoctor/facts/round_trip.hpp>
#include <lkdoctor/net/tcp.hpp>
#include <lkdoctor/net/timer.hpp>
#include <lkdoctor/probes/http_survey.hpp>
#include <lkdoctor/probes/limits.hpp>

#include "probes/page_origin.hpp"

namespace lkdoctor::probes {
namespace {

constexpr std::string_view kListRooms = "/twirp/livekit.RoomService/ListRooms";
/// livekit-api 0.4.2 to 0.4.11, which controllers 0.29 to 0.32 use, sends the path in this spelling.
constexpr std::string_view kEncodedListRooms = "/%2Ftwirp%2Flivekit.RoomService%2FListRooms";
/// A start that took long answers 406 for 2.0 s although nothing is wrong.
constexpr Milliseconds kNotReadyPause{2500};
constexpr Milliseconds kExposure{1000};  ///< to answer, once it has accepted

std::vector<Question> questions_for(const facts::UrlAddresses& where, Side side, std::string origin) {
  std::vector<Question> out;
  const auto add = [&](std::string name, std::string_view suffix) {
    out.push_back(question(std::move(name), path_under(where, suffix)));
  };
  add("health", "/");
  add("twirp", kListRooms);
  add("validate", "/rtc/validate");
  out.back().request.headers.emplace_back("Origin", std::move(origin));
  add("rtc", "/rtc");
  add("validate_v1", "/rtc/v1/validate");
  add("debug", "/debug/pprof/");
  if (side == Side::service_url) add("encoded", kEncodedListRooms);
  if (path_under(where, "").empty()) {
    out.push_back(question("prefix_validate", "/livekit/rtc/validate"));
  } else {
    out.push_back(question("root_twirp", std::string(kListRooms)));
    out.push_back(question("root_validate", "/rtc/validate"));
  }
  return out;
}

/// What a LiveKit in order answers with 401.
bool is_refused(const Question& asked) {
  return asked.name == "validate" || asked.name == "validate_v1" || asked.name == "root_validate";
}

/// The same without those: requests of the paths of upgrades that are none get an empty 404 of LiveKit.
std::vector<Question> spared_questions(const facts::UrlAddresses& where, std::vector<Question> questions,
                                       const std::string& origin) {
  std::erase_if(questions, is_refused);
  for (Question& one : questions) {
    if (one.name == "rtc") one.request.headers.emplace_back("Origin", origin);
  }
  questions.push_back(question("rtc_v1", path_under(where, "/rtc/v1")));
  return questions;
}

bool is_upgrade_path(const proto::Reading& reading) {
  return reading.is_livekit() && reading.meaning == proto::Meaning::empty_not_found;
}

/// LiveKit shows without a refusal, or nobody does.
bool suffices(const std::vector<Asked>& answers) {
  const bool shown = reading_of(answers, "twirp").meaning == proto::Meaning::twirp_bad_route &&
                     is_upgrade_path(reading_of(answers, "rtc"));
  return shown || std::ranges::none_of(answers, [](const Asked& asked) { return asked.answer.status != 0; });
}

/// What may be refused is asked last, and only where the rest does not tell.
awaitable<void> ask_sparingly(Probe& probe, net::HttpTarget target, facts::UrlAddresses where,
                              std::vector<Question> questions, std::string origin, std::vector<Asked>* into,
                              Deadline deadline) {
  net::HttpSession session(std::move(target));
  std::vector<Question> spared = spared_questions(where, questions, origin);
  *into = co_await ask_all(probe, session, std::move(spared), deadline);
  if (suffices(*into)) co_return;
  std::erase_if(questions, [](const Question& one) { return !is_refused(one); });
  std::vector<Asked> more = co_await ask_all(probe, session, std::move(questions), deadline);
  for (Asked& asked : more) into->push_back(std::move(asked));
}

awaitable<void> ask_again(Probe& probe, net::HttpTarget target, std::vector<Question> questions,
                          std::vector<Asked>* into, Deadline deadline) {
  net::HttpSession session(std::move(target));
  std::vector<Asked> answers = co_await ask_all(probe, session, std::move(questions), deadline);
  for (Asked& answer : answers) into->push_back(std::move(answer));
}

std::vector<Question> fingerprint_questions(const std::string& base) {
  std::vector<Question> out;
  out.push_back(question("health", base + "/"));
  out.push_back(question("twirp", base + std::string(kListRooms)));
  return out;
}

/// A filtered port must not make a healthy run wait.
awaitable<void> ask_plain(Probe& probe, net::HttpTarget target, std::uint16_t port, AddressSurvey* into) {
  if (port == 0) co_return;
  target.connect_by = co_await exposure_patience(probe);
  if (!target.connect_by) co_return;
  const Deadline deadline = earlier(*target.connect_by + kExposure, patience(probe, Side::public_url));
  target.peer = {into->address, port};
  target.port = port;
  target.tls = false;
  co_await ask_again(probe, std::move(target), fingerprint_questions(""), &into->plain, deadline);
}

/// LiveKit's own public addresses, where its file names them and they are not the proxy's.
std::vector<AddressSurvey> media_hosts_of(const Deployment& deployment, const facts::UrlAddresses& where) {
  std::vector<AddressSurvey> out;
  if (!deployment.livekit) return out;
  for (const std::string& address : deployment.livekit->node_ip.value) {
    const bool known = std::ranges::find(where.addresses, address) != where.addresses.end();
    if (known || !is_global(address) || out.size() >= 4) continue;
    out.emplace_back();
    out.back().address = address;
  }
  return out;
}

awaitable<void> survey_address(Probe& probe, Side side, facts::UrlAddresses where, std::uint16_t plain_port,
                               AddressSurvey* into) {
  net::HttpTarget target = target_for(where, into->address, probe.deployment(), false);
  const std::string base = path_under(where, ""), origin = page_origin(probe.deployment(), where).value;
  target.connect_by = co_await connect_patience(probe, side);
  const Deadline until = patience(probe, side);
  std::vector<awaitable<void>> others;
  others.push_back(ask_again(probe, target, fingerprint_questions(base), &into->again, until));
  others.push_back(ask_again(probe, target, fingerprint_questions(base), &into->again, until));
  std::vector<Question> questions = questions_for(where, side, origin);
  others.push_back(
      probe.find(facts::refusals)
          ? ask_sparingly(probe, target, where, std::move(questions), origin, &into->answers, until)
          : ask_again(probe, target, std::move(questions), &into->answers, until));
  others.push_back(ask_plain(probe, target, plain_port, into));
  co_await net::all(std::move(others));
  if (reading_of(into->answers, "health").meaning != proto::Meaning::not_ready) co_return;
  co_await net::sleep_until(earlier(Clock::now() + kNotReadyPause, probe.deadline() - Milliseconds(500)));
  co_await ask_again(probe, target, fingerprint_questions(base), &into->after_pause, until);
}

/// Where LiveKit's own port would be open to everybody; 0: the question has no meaning here.
std::uint16_t exposed_port(const Deployment& deployment, const facts::UrlAddresses& where, Side side) {
  if (!where.via_proxy.empty()) return 0;  // what is open to a proxy says nothing of others
  if (side != Side::public_url || !where.tls || deployment.run.vantage != Vantage::outside) return 0;
  const std::uint32_t port = deployment.livekit ? deployment.livekit->port.value : 7880;
  return port > 0 && port < 65536 && port != where.port ? static_cast<std::uint16_t>(port) : std::uint16_t{0};
}

bool is_livekit_validate(const proto::Reading& reading) {
  using proto::Meaning;
  return reading.is_livekit() && reading.meaning != Meaning::go_not_found &&
         reading.meaning != Meaning::empty_not_found && reading.meaning != Meaning::healthy;
}

/// The path of an upgrade leads to LiveKit: by its join check, and where that was spared by the path itself.
bool leads_to(const AddressSurvey& survey, std::string_view path, std::string_view join_check) {
  const Asked* checked = find(survey.answers, join_check);
  return checked != nullptr ? is_livekit_validate(checked->read())
                            : is_upgrade_path(reading_of(survey.answers, path));
}

facts::Answerer opentalk_answerer(const AddressSurvey& survey, const std::string& path) {
  using facts::Answerer;
  const Asked* rtc = find(survey.answers, "rtc");
  const Asked* validate = find(survey.answers, "validate");
  if (path.empty() || rtc == nullptr || validate == nullptr) return Answerer::other;
  // The roomserver registers validate as POST only; a GET gets 405.
  const bool post_only = validate->answer.status == 405;
  if (rtc->read().meaning != proto::Meaning::proxy_refusal) {
    return post_only && path.ends_with("/livekit") ? Answerer::roomserver : Answerer::other;
  }
  if (rtc->answer.status == 403) return Answerer::controller_proxy;
  return post_only ? Answerer::roomserver : Answerer::controller_proxy;
}

}  // namespace

facts::Answerer answerer_of(const AddressSurvey& survey, const std::string& path) {
  using facts::Answerer;
  const bool answered =
      std::ranges::any_of(survey.answers, [](const Asked& asked) { return asked.answer.status != 0; });
  if (!answered) return Answerer::nobody;
  const proto::Reading twirp = reading_of(survey.answers, "twirp");
  const proto::Reading validate = reading_of(survey.answers, "validate");
  if (twirp.meaning == proto::Meaning::twirp_bad_route || is_livekit_validate(validate))
    return Answerer::livekit;
  // What a limit refused here was let through a moment later, or earlier.
  const Asked* first = find(survey.answers, "twirp");
  const bool later = reading_of(survey.again, "twirp").meaning == proto::Meaning::twirp_bad_route;
  if (later && first != nullptr && refused_by_limit(*first, true)) return Answerer::livekit;
  const Answerer opentalk = opentalk_answerer(survey, path);
  if (opentalk != Answerer::other) return opentalk;
  const bool gateway =
      twirp.meaning == proto::Meaning::gateway_error || validate.meaning == proto::Meaning::gateway_error;
  return gateway ? Answerer::proxy_error : Answerer::other;
}

facts::HttpIdentity identity_of(const HttpSurvey& survey) {
  using facts::Answerer;
  constexpr std::array kBest{Answerer::livekit,      Answerer::controller_proxy, Answerer::roomserver,
                             Answerer::orchestrator, Answerer::proxy_error,      Answerer::other};
  facts::HttpIdentity identity;
  std::size_t best = kBest.size();
  const std::string path = path_under(survey.where, "");
  for (const AddressSurvey& address : survey.addresses) {
    const Answerer who = answerer_of(address, path);
    if (who == Answerer::nobody) continue;
    identity.answering.push_back(address.address);
    const auto rank = static_cast<std::size_t>(std::ranges::find(kBest, who) - kBest.begin());
    if (rank >= best) continue;
    best = rank;
    identity.answerer = who;
    const proto::Reading health = reading_of(address.answers, "health");
    identity.ready = health.meaning == proto::Meaning::healthy;
    identity.rtc = leads_to(address, "rtc", "validate");
    identity.rtc_v1 = leads_to(address, "rtc_v1", "validate_v1");
    if (const Asked* first = find(address.answers, "health"))
      identity.server_header = first->answer.header("server");
  }
  return identity;
}

/// The first address that answers tells the other checks how long a round trip is.
awaitable<void> measure_round_trip(Probe& probe, std::uint16_t port, AddressSurvey* into, bool* told) {
  Endpoint peer{into->address, port};
  const net::Dialled dialled = co_await net::dial(std::move(peer), patience(probe, Side::public_url));
  into->connect = dialled.took;
  // A refusal has come as far as an acceptance.
  const bool answered = dialled.outcome.ok() || dialled.outcome.error == net::NetError::refused;
  if (*told || !answered) co_return;
  *told = true;
  probe.publish(facts::public_round_trip, facts::RoundTrip{dialled.took});
}

awaitable<HttpSurvey> survey_http(Probe& probe, Side side) {
  HttpSurvey survey;
  survey.where = probe.fact(addresses_of(side));
  survey.plain_port = exposed_port(probe.deployment(), survey.where, side);
  survey.addresses.resize(survey.where.addresses.size());
  std::vector<awaitable<void>> operations;
  for (std::size_t i = 0; i < survey.addresses.size(); ++i) {
    survey.addresses[i].address = survey.where.addresses[i];
    operations.push_back(survey_address(probe, side, survey.where, survey.plain_port, &survey.addresses[i]));
  }
  if (survey.plain_port != 0) survey.media_hosts = media_hosts_of(probe.deployment(), survey.where);
  for (AddressSurvey& host : survey.media_hosts) {
    const net::HttpTarget target = target_for(survey.where, host.address, probe.deployment(), false);
    operations.push_back(ask_plain(probe, target, survey.plain_port, &host));
  }
  bool told = false;
  for (AddressSurvey& one : survey.addresses) {
    if (side != Side::public_url) break;
    operations.push_back(measure_round_trip(probe, survey.where.port, &one, &told));
  }
  const Deadline begun = Clock::now();
  co_await net::all(std::move(operations));
  if (told) {
    const Microseconds connect = survey.addresses.front().connect;
    probe.phase("connect", connect);
    probe.phase("answers", std::chrono::duration_cast<Microseconds>(Clock::now() - begun) - connect);
  }
  const facts::HttpIdentity identity = identity_of(survey);
  probe.publish(side == Side::public_url ? facts::public_identity : facts::service_identity, identity);
  co_return survey;
}

}  // namespace lkdoctor::probes
