// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/json.hpp>
#include <lkdoctor/proto/ice_url.hpp>
#include <string>

/// Made-up observations of turn_udp and turn_tls, in their JSON form.
namespace lkdoctor::test {

/// Round trips as a session that connected would have measured them.
inline Json measured(const Json& media) {
  if (!media.is_object() || media.at("stage") != "done") return Json::object();
  return {{"sent", 20}, {"answered", 19}, {"rtt", 2500}};
}

inline Json turn_try(const std::string& url, const std::string& address, Json relay, Json media) {
  const auto parsed = proto::parse_ice_url(url);
  relay["server"] = {{"address", address}, {"port", parsed->port}};
  return {{"url", url},     {"parsed", *parsed},         {"address", address}, {"relay", std::move(relay)},
          {"media", media}, {"quality", measured(media)}};
}

inline Json allocated() {
  return {{"outcome", Json::object()},
          {"allocated_after", 4000},
          {"turn",
           {{"phase", "released"},
            {"first_code", 401},
            {"answers", 4},
            {"realm", "livekit"},
            {"relayed", {{"address", "198.51.100.7"}, {"port", 30001}}}}}};
}

inline Json silent() {
  return {{"outcome", {{"stage", "message"}, {"error", "timed-out"}, {"text", "no answer"}}},
          {"turn", {{"phase", "failed"}, {"requests_sent", 5}}}};
}

/// The first Allocate is answered with `challenge`, the second with `code`.
inline Json refused(int challenge, int code) {
  return {{"outcome", {{"stage", "message"}, {"error", "other"}}},
          {"turn",
           {{"phase", "failed"},
            {"answers", 2},
            {"first_code", challenge},
            {"error_code", code},
            {"error_reason", "Unauthorized"},
            {"realm", "turn.uni.example"}}}};
}

/// code 0: granted
inline Json permission(const std::string& address, int code) {
  return {{"peer", {{"address", address}, {"port", 20017}}},
          {"answered", true},
          {"granted", code == 0},
          {"error_code", code}};
}

inline Json connected_media() {
  const Json candidate{{"endpoint", {{"address", "198.51.100.23"}, {"port", 20017}}}};
  const Json pair{{"status", "answered"}, {"answers", 2}, {"first_rtt", 2500}};
  return {{"stage", "done"},
          {"link", {{"candidates", {{{"candidate", candidate}, {"tried", true}, {"pair", pair}}}}}}};
}

inline Json failed_media(const std::string& stage) {
  return {{"stage", stage}, {"why", "it broke off"}};
}

}  // namespace lkdoctor::test
