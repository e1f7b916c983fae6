// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include "probes/page_origin.hpp"

using namespace lkdoctor;

TEST_CASE("a WebSocket is opened with the Origin of OpenTalk's page, or else that of the URL") {
  const facts::UrlAddresses where{"wss://livekit.example:8443", "livekit.example", 8443, true, "", {}};
  Deployment deployment;
  CHECK(probes::page_origin(deployment, where).value == "https://livekit.example:8443");
  CHECK(!probes::page_origin(deployment, where).known);
  deployment.controller.emplace();
  deployment.controller->frontend_base_url = {"https://meet.example/app",
                                              {Origin::Kind::file, "c.toml", 3, 1}};
  CHECK(probes::page_origin(deployment, where).value == "https://meet.example");
  CHECK(probes::page_origin(deployment, where).known);
}

TEST_CASE("the Origin of a page at an IPv6 address has it in brackets") {
  const auto origin = [](const std::string& url, std::uint16_t port) {
    return probes::page_origin({}, {url, "2001:db8::23", port, true, "", {}}).value;
  };
  CHECK(origin("https://[2001:db8::23]:8443", 8443) == "https://[2001:db8::23]:8443");
  CHECK(origin("https://[2001:db8::23]", 443) == "https://[2001:db8::23]");
  Deployment deployment;
  deployment.controller.emplace();
  deployment.controller->frontend_base_url = {"http://[2001:db8::80]/", {Origin::Kind::file, "c.toml", 3, 1}};
  const facts::UrlAddresses where{"wss://livekit.example", "livekit.example", 443, true, "", {}};
  CHECK(probes::page_origin(deployment, where).value == "http://[2001:db8::80]");
}
