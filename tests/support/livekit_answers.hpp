// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/probes/ask.hpp>
#include <string>

/// Observed answers, as LiveKit and proxies give them.
namespace lkdoctor::test {

inline probes::Asked answered(std::string name, int status, std::string body,
                              std::vector<std::pair<std::string, std::string>> headers = {}) {
  probes::Asked out;
  out.name = std::move(name);
  out.answer = {status, std::move(headers), std::move(body)};
  return out;
}

inline probes::Asked by_livekit(std::string name, int status, std::string body) {
  return answered(std::move(name), status, std::move(body),
                  {{"vary", "Origin"}, {"content-type", "text/plain; charset=utf-8"}});
}

inline probes::Asked unanswered(std::string name, net::Stage stage, net::NetError error) {
  probes::Asked out;
  out.name = std::move(name);
  out.outcome = {stage, error, ""};
  return out;
}

inline const std::string kBadRoute =
    R"j({"code":"bad_route","msg":"unsupported method \"GET\" (only POST is allowed)"})j";

}  // namespace lkdoctor::test
