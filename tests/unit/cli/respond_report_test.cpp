// SPDX-License-Identifier: EUPL-1.2
#include "cli/respond_report.hpp"

#include <doctest/doctest.h>

using namespace lkdoctor;

namespace {

respond::Ready ready_with(const std::string& owner) {
  respond::Ready ready;
  ready.own_port = ready.control = true;
  ready.ports = 5001;
  ready.in_use = 100;
  ready.held = {{20000, 20099, owner}};
  return ready;
}

cli::RespondPlan plan() {
  cli::RespondPlan out;
  out.service.udp = {{20000, 25000}};
  out.address = "192.0.2.10";
  return out;
}

}  // namespace

TEST_CASE(
    "respond: ports of docker-proxy are a sign of standing beside LiveKit's container, and this is said") {
  const std::string docker = cli::text_ready(plan(), ready_with("docker-proxy"));
  CHECK(docker.find(
            "  in use: docker-proxy (20000-20099)\n"
            "  docker-proxy has them for a container: what comes for them does not pass by here. To test "
            "LiveKit there, run this in\n"
            "  its network: docker run --network container:NAME … (docs/respond.md)\n") != std::string::npos);
  const std::string livekit = cli::text_ready(plan(), ready_with("livekit-server"));
  CHECK(livekit.find("  in use: livekit-server (20000-20099)\n") != std::string::npos);
  CHECK(livekit.find("docker") == std::string::npos);
}

TEST_CASE("respond: a key pair that could be guessed from what clients send is left out, and this is said") {
  cli::RespondPlan weak = plan();
  weak.weak_pairs = {"devkey"};
  CHECK(
      cli::text_ready(weak, ready_with("livekit-server"))
          .find("  clients by key pair devkey are not answered: its secret is shorter than 16 characters or "
                "printed in documentation, and\n  could be guessed from what they send\n") !=
      std::string::npos);
  CHECK(cli::json_ready(weak, ready_with("")).find("\"pairs_left_out\":[\"devkey\"]") != std::string::npos);
}

TEST_CASE("respond: it says which of its own ports need not be open, and what the other is for") {
  cli::RespondPlan with = plan();
  CHECK(cli::text_ready(with, ready_with(""))
            .ends_with("\nUDP 17881 need not be open: I also listen for the greeting on the media ports "
                       "themselves.\n"));
  with.service.mint = [](std::chrono::seconds) { return proto::ProbeTokens{}; };
  CHECK(cli::text_ready(with, ready_with(""))
            .ends_with("\nUDP 17881 need not be open: I also listen for the greeting on the media ports "
                       "themselves; TCP 17881 "
                       "carries the test call.\n"));
}

TEST_CASE("respond: a code that was used is told for one reason, by whichever way it comes") {
  using Kind = respond::Event::Kind;
  CHECK(cli::text_of({Kind::code_used, {"192.0.2.77", 50000}, "pairing code"}) ==
        "192.0.2.77 is not answered: the code was used (by pairing code)\n");
  CHECK(cli::text_of({Kind::session_refused, {"192.0.2.77", 50000}, "pairing code", "the code was used"}) ==
        "192.0.2.77 was refused a session: the code was used (by pairing code)\n");
  CHECK(cli::text_of({Kind::full, {"192.0.2.77", 50000}, "key file"}) ==
        "192.0.2.77 is not answered: as many clients as allowed are being answered (by key file)\n");
}
