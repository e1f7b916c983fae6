// SPDX-License-Identifier: EUPL-1.2
#include "probes/http_finer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <lkdoctor/facts/join_response.hpp>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/probes/limits.hpp>
#include <lkdoctor/text.hpp>
#include <set>

namespace lkdoctor::probes {
namespace {

using proto::Meaning;

void judge_cdn(const HttpSurvey& survey, const AddressSurvey& address, Judgement& judgement) {
  for (const Asked& asked : address.answers) {
    const std::string_view cdn = proto::cdn_of(asked.answer);
    if (cdn.empty()) continue;
    judgement.raise(findings::cdn_in_front, survey.where.host)
        .saying(survey.where.host + " is behind " + std::string(cdn) +
                ": fine for signalling, but media and TURN must go to the server itself.")
        .with("network", cdn)
        .with("address", address.address);
    return;
  }
}

void judge_plain_port(const HttpSurvey& survey, const AddressSurvey& address, const Deployment& deployment,
                      Judgement& judgement) {
  const bool livekit = reading_of(address.plain, "twirp").meaning == Meaning::twirp_bad_route &&
                       reading_of(address.plain, "health").is_livekit();
  if (!livekit || deployment.run.audience == Audience::lan) return;
  const Endpoint where{address.address, survey.plain_port};
  judgement.raise(findings::api_port_exposed_plain, text(where))
      .saying("LiveKit's plain HTTP port is open to everybody at " + text(where) +
              ": tokens can be sent there without TLS, past the proxy.")
      .with("port", survey.plain_port);
}

void judge_debug(const HttpSurvey& survey, const AddressSurvey& address, Judgement& judgement) {
  const Asked* debug = find(address.answers, "debug");
  if (debug == nullptr || debug->answer.status != 200) return;
  if (debug->answer.body.find("/debug/pprof/") == std::string::npos &&
      debug->answer.body.find("Types of profiles") == std::string::npos) {
    return;
  }
  judgement.raise(findings::dev_mode_in_production, survey.where.url)
      .saying("LiveKit behind " + survey.where.url +
              " runs in development mode: /debug/pprof/ answers everybody.")
      .with("path", path_under(survey.where, "/debug/pprof/"));
}

void judge_cors(const HttpSurvey& survey, const AddressSurvey& address, Judgement& judgement) {
  const Asked* asked = find(address.answers, "validate");
  if (asked == nullptr) asked = find(address.answers, "rtc");
  if (asked == nullptr || !asked->read().is_livekit()) return;
  const std::size_t sent = asked->answer.count("access-control-allow-origin");
  const bool listed = asked->answer.header("access-control-allow-origin").find(',') != std::string::npos;
  if (sent < 2 && !listed) return;
  judgement.raise(findings::cors_headers_duplicated, survey.where.url)
      .saying("Access-Control-Allow-Origin comes twice from " + survey.where.url +
              ": LiveKit sends it, and the proxy adds its own. Browsers refuse such an answer.")
      .with("times", std::max<std::size_t>(sent, 2));
}

void judge_encoded(const HttpSurvey& survey, const AddressSurvey& address, Judgement& judgement) {
  const Asked* encoded = find(address.answers, "encoded");
  const bool plain = reading_of(address.answers, "twirp").meaning == Meaning::twirp_bad_route;
  if (!plain || encoded == nullptr || encoded->answer.status == 0) return;
  if (encoded->read().meaning == Meaning::twirp_bad_route || refused_by_limit(*encoded, true)) return;
  judgement.raise(findings::encoded_slash_refused, survey.where.url)
      .saying("The proxy of service_url " + survey.where.url +
              " refuses the API path in the spelling with %2F, which controllers 0.29 to 0.32 send.")
      .with("status", encoded->answer.status)
      .with("path", "/%2Ftwirp%2Flivekit.RoomService%2FListRooms")
      .quoting("body", encoded->answer.body.substr(0, 120));
}

/// "1.9.10" and later, by number.
bool has_rtc_v1(const std::string& version) {
  constexpr std::array<int, 3> kFirst{1, 9, 10};
  std::array<int, 3> numbers{};
  const char* at = version.data();
  const char* end = at + version.size();
  for (int& number : numbers) {
    const auto read = std::from_chars(at, end, number);
    if (read.ec != std::errc()) return false;
    at = read.ptr == end ? end : read.ptr + 1;
  }
  return numbers >= kFirst;
}

/// A server that said its version to whom joined is not guessed at.
void judge_old_server(const HttpSurvey& survey, const AddressSurvey& address, const Facts& facts,
                      Judgement& judgement) {
  if (!lacks_rtc_v1(address, path_under(survey.where, ""))) return;
  const auto joined = facts.find(facts::join_response);
  if (joined && has_rtc_v1(joined->version)) {
    judgement.raise(findings::client_newer_than_server, survey.where.url)
        .saying(
            "LiveKit behind " + survey.where.url + " is " + printable(joined->version, 40) +
            " and has /rtc/v1, yet its own 404 comes back for it: the proxy changes the path. Current web "
            "clients try it first and lose a round trip.")
        .change("Let the proxy pass everything below /rtc on with its path unchanged")
        .with("path", path_under(survey.where, "/rtc/v1/validate"));
    return;
  }
  judgement.raise(findings::client_newer_than_server, survey.where.url)
      .saying("LiveKit behind " + survey.where.url +
              " has no /rtc/v1 (it is older than 1.9.10): current web clients try it first and lose a round "
              "trip.")
      .with("path", path_under(survey.where, "/rtc/v1/validate"));
}

/// Healthy LiveKit, LiveKit with trouble, or no LiveKit: three classes are enough to see a change of hands.
std::string class_of(const Asked& asked) {
  const proto::Reading reading = asked.read();
  if (asked.answer.status == 0 || refused_by_limit(asked, true)) return "";
  if (reading.meaning == Meaning::healthy || reading.meaning == Meaning::twirp_bad_route) return "LiveKit";
  if (reading.meaning == Meaning::not_ready) return "LiveKit, not ready";
  if (reading.meaning == Meaning::gateway_error) return "a proxy's " + std::to_string(asked.answer.status);
  return "another service";
}

void judge_consistency(const HttpSurvey& survey, const AddressSurvey& address, Judgement& judgement) {
  std::set<std::string> classes;
  std::size_t samples = 0;
  for (const auto* list : {&address.answers, &address.again}) {
    for (const Asked& asked : *list) {
      const bool fingerprint = asked.name == "twirp";
      const std::string kind = fingerprint ? class_of(asked) : "";
      if (kind.empty()) continue;
      classes.insert(kind);
      ++samples;
    }
  }
  if (classes.size() < 2 || !classes.contains("LiveKit")) return;
  const bool foreign = classes.contains("another service");
  std::string list;
  for (const std::string& kind : classes) list += (list.empty() ? "" : " and ") + kind;
  judgement
      .raise(foreign ? findings::l4_l7_listener_clash : findings::nodes_inconsistent,
             text(Endpoint{address.address, survey.where.port}))
      .saying("The same request to " + survey.where.url + " is answered by " + list + " in turn.")
      .with("samples", samples)
      .with("address", address.address);
}

}  // namespace

bool lacks_rtc_v1(const AddressSurvey& survey, const std::string& path) {
  const bool spared = find(survey.answers, "validate") == nullptr;
  const proto::Reading v1 = reading_of(survey.answers, spared ? "rtc_v1" : "validate_v1");
  // A proxy that cuts /rtc off makes LiveKit say the same of every path.
  const proto::Reading old = reading_of(survey.answers, spared ? "rtc" : "validate");
  if (!old.is_livekit() || old.meaning == Meaning::go_not_found) return false;
  return answerer_of(survey, path) == facts::Answerer::livekit && v1.meaning == Meaning::go_not_found &&
         v1.is_livekit();
}

void judge_finer_points(const HttpSurvey& survey, Side side, const Facts& facts, const Deployment& deployment,
                        Judgement& judgement) {
  for (const AddressSurvey& host : survey.media_hosts) judge_plain_port(survey, host, deployment, judgement);
  for (const AddressSurvey& address : survey.addresses) judge_consistency(survey, address, judgement);
  for (const AddressSurvey& address : survey.addresses) {
    const facts::Answerer who = answerer_of(address, path_under(survey.where, ""));
    if (who != facts::Answerer::livekit) continue;
    if (side == Side::public_url) {
      judge_cdn(survey, address, judgement);
      judge_plain_port(survey, address, deployment, judgement);
      judge_debug(survey, address, judgement);
      judge_cors(survey, address, judgement);
      judge_old_server(survey, address, facts, judgement);
    } else {
      judge_encoded(survey, address, judgement);
    }
    return;  // the same for every address of one proxy
  }
}

}  // namespace lkdoctor::probes
