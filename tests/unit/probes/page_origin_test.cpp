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
