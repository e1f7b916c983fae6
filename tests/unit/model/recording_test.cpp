// SPDX-License-Identifier: EUPL-1.2
#include "model/recording.hpp"

#include <doctest/doctest.h>

using namespace lkdoctor;

namespace {

Recording sample() {
  Recording recording;
  Deployment deployment;
  deployment.name = "meet.example.org";
  deployment.api_key = {"devkey", {}};
  deployment.secrets.api_secret = Secret("canary-secret-0123456789");
  deployment.secrets.token = Secret("canary.token.0123456789");
  deployment.secrets.livekit_keys.emplace("devkey", Secret("canary-secret-0123456789"));
  deployment.secrets.proxy_credentials["http://proxy"] = Secret("canary:proxy-credentials");
  deployment.api_secret = {traits_of(deployment.secrets.api_secret), {}};
  recording.deployment = describe(deployment);
  recording.tool_version = "0.1.0";
  recording.started_ms = 1'763'797'929'000;
  recording.duration = Microseconds(812'000);
  recording.collected["tls_public"] =
      Collected{Json{{"a", {1, nullptr}}}, "", Microseconds(41), {{"connect", Microseconds(7)}}, {"line"}};
  recording.collected["http_public"].failure = "deadline: no end within 10.0 s";
  recording.skipped["turn_udp"] = "LiveKit's TURN is off";
  recording.facts["public_addresses"] = Json{{"host", "meet.example.org"}};
  recording.side_effects.joins = 2;
  return recording;
}

std::string refusal(std::string_view text) {
  try {
    load_recording(text);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("a recording comes back from its text as it was") {
  const Recording recording = sample();
  CHECK(Json(load_recording(dump_recording(recording))) == Json(recording));
}

TEST_CASE("a recording holds no secret in any form") {
  const std::string text = dump_recording(sample());
  CHECK(text.find("canary") == std::string::npos);
  CHECK(text.find("Y2FuYXJ5") == std::string::npos);  // base64
  CHECK(text.find("63616e617279") == std::string::npos);
}

TEST_CASE("a recording that is cut anywhere is refused with a sentence") {
  const std::string text = dump_recording(sample());
  for (std::size_t cut = 0; cut + 2 < text.size(); ++cut) {
    CHECK(refusal(std::string_view(text).substr(0, cut)) ==
          "the recording is not JSON, or nested too deeply");
  }
}

TEST_CASE("text that is no recording is refused with a sentence") {
  CHECK(refusal("[]") == "the recording is not JSON, or nested too deeply");
  CHECK(refusal("{}") == "the text is not of the schema lkdoctor.recording/1");
  CHECK(refusal(std::string(100'000, '[')) == "the recording is not JSON, or nested too deeply");
  CHECK(refusal(std::string((64 << 20) + 1, ' ')) == "the recording is longer than 64 MiB");
  CHECK(
      refusal("{\"schema\":\"lkdoctor.recording/1\",\"facts\":7}").starts_with("the recording is damaged: "));
}
