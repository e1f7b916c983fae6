// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/probes/http_survey.hpp>

#include "support/livekit_answers.hpp"
#include "support/provoked.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_http_public();
}

/// What http_public sees at https://livekit.example, and what it says of it.
namespace lkdoctor::test::http_public {

using Ids = std::vector<std::string>;

inline const std::string kNginx502 = "<html><h1>502 Bad Gateway</h1><hr><center>nginx/1.22.1</center></html>";

inline probes::AddressSurvey healthy() {
  probes::AddressSurvey survey;
  survey.address = "198.51.100.23";
  survey.answers = {by_livekit("health", 200, "OK"),
                    by_livekit("twirp", 404, kBadRoute),
                    by_livekit("validate", 401, "no permissions to access the room"),
                    by_livekit("rtc", 404, ""),
                    by_livekit("validate_v1", 401, "no permissions to access the room"),
                    by_livekit("debug", 404, "404 page not found\n"),
                    by_livekit("prefix_validate", 404, "404 page not found\n")};
  survey.again = {by_livekit("health", 200, "OK"), by_livekit("twirp", 404, kBadRoute)};
  return survey;
}

/// Every question of `survey` answered the same.
inline probes::AddressSurvey all_answered(int status, const std::string& body,
                                          std::vector<std::pair<std::string, std::string>> headers = {}) {
  probes::AddressSurvey survey = healthy();
  for (auto& asked : survey.answers) asked = answered(asked.name, status, body, headers);
  for (auto& asked : survey.again) asked = answered(asked.name, status, body, headers);
  return survey;
}

struct Fixture {
  std::string path;
  Facts facts;
  Deployment deployment;

  Fixture() {
    deployment.public_url = {"https://livekit.example", {Origin::Kind::file, "controller.toml", 12, 14}};
    deployment.run.vantage = Vantage::outside;
    deployment.run.audience = Audience::internet;
  }
  Judgement judge(std::vector<probes::AddressSurvey> addresses) const {
    probes::HttpSurvey survey;
    survey.where = {"https://livekit.example" + path, "livekit.example", 443, true, path, {}};
    survey.plain_port = 7880;
    for (const auto& address : addresses) survey.where.addresses.push_back(address.address);
    survey.addresses = std::move(addresses);
    return test::judge(*checks::make_http_public(), survey, facts, deployment);
  }
  Ids ids(probes::AddressSurvey address) const { return test::ids(judge({std::move(address)})); }
};

inline probes::Asked& named(probes::AddressSurvey& survey, std::string_view name) {
  for (auto& asked : survey.answers) {
    if (asked.name == name) return asked;
  }
  throw std::out_of_range(std::string(name));
}

}  // namespace lkdoctor::test::http_public
