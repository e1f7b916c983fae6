// SPDX-License-Identifier: EUPL-1.2
#include "cli/respond_report.hpp"

#include <doctest/doctest.h>

using namespace lkdoctor;

namespace {

respond::Ready ready_with(const std::string& owner) {
  respond::Ready ready;
  ready.own_port = ready.control = ready.greets_on_media = true;
  ready.ports = 5001;
  ready.in_use = 100;
  ready.held = {{20000, 20099, owner}};
  return ready;
}

cli::RespondPlan plan() {
  cli::RespondPlan out;
  out.service.udp = {{20000, 25000}};
  out.place.address = "192.0.2.10";
  return out;
}

}  // namespace

TEST_CASE(
    "respond: ports of docker-proxy are a sign of standing beside LiveKit's container, and this is said") {
  const std::string docker = cli::text_ready(plan(), ready_with("docker-proxy"));
  CHECK(docker.find("  in use: docker-proxy (20000-20099)\n"
                    "  Docker has them for a container: what comes for them does not pass by here. To test "
                    "LiveKit there, run this in\n"
                    "  its network: docker run --network container:NAME … (docs/respond.md)\n") !=
        std::string::npos);
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

TEST_CASE("respond: where somebody has its TCP port, no test call is offered with the code") {
  cli::RespondPlan with = plan();
  with.service.mint = [](std::chrono::seconds) { return proto::ProbeTokens{}; };
  respond::Ready ready = ready_with("");
  CHECK(cli::text_ready(with, ready).find("(typed there when asked; good once, ") != std::string::npos);
  ready.control = false;
  const std::string text = cli::text_ready(with, ready);
  CHECK(
      text.find("  no test call for clients: TCP 17881 belongs to somebody else; with --listen :PORT another "
                "one carries it\n") != std::string::npos);
  CHECK(text.find("(typed there when asked; for the UDP ports alone; good once, ") != std::string::npos);
}

TEST_CASE("respond: a code that was used is told for one reason, by whichever way it comes") {
  using Kind = respond::Event::Kind;
  CHECK(cli::text_of({Kind::full, {"192.0.2.77", 50000}, "pairing code", "the code was used"}) ==
        "192.0.2.77 is not answered: the code was used (by pairing code)\n");
  CHECK(cli::text_of({Kind::session_refused, {"192.0.2.77", 50000}, "pairing code", "the code was used"}) ==
        "192.0.2.77 was refused a session: the code was used (by pairing code)\n");
}

TEST_CASE("respond: where its own port alone hears greetings, this is said") {
  respond::Ready ready = ready_with("");
  ready.greets_on_media = false;
  CHECK(cli::text_ready(plan(), ready)
            .ends_with(
                "\nUDP 17881 must be open for the other machine: these few ports are left to LiveKit, and "
                "taken for the test alone.\n"));
}

TEST_CASE("respond: LiveKit's TCP port that nobody has is not held, and this is said") {
  respond::Ready ready = ready_with("");
  ready.tcp = {{7881, respond::TcpPort::State::free, ""}, {5349, respond::TcpPort::State::free, ""}};
  cli::RespondPlan with = plan();
  with.livekit_tcp = 7881;
  CHECK(cli::text_ready(with, ready)
            .find("  TCP: 7881 is free, LiveKit does not listen there: it answers while a client's session "
                  "runs, and "
                  "is let go then, 5349 is free: it answers while a client's session runs, and is let go "
                  "then\n") != std::string::npos);
  CHECK(cli::json_ready(with, ready).find(R"({"owner":null,"port":7881,"state":"free"})") !=
        std::string::npos);
}

TEST_CASE("respond: who is refused or limited is told with who, why and until when") {
  using Kind = respond::Event::Kind;
  const Endpoint who{"192.0.2.77", 50000};
  CHECK(
      cli::text_of(respond::Event{Kind::session_refused, who, "devkey",
                                  "192.0.2.5 is being served, for 20 s more if nothing comes of it"}) ==
      "192.0.2.77 was refused a session: 192.0.2.5 is being served, for 20 s more if nothing comes of it (by "
      "devkey)\n");
  CHECK(
      cli::text_of(respond::Event{Kind::limited, who, "", "it asks for more than 30000 answers a second"}) ==
      "192.0.2.77 is not answered any more for a moment: it asks for more than 30000 answers a second\n");
  CHECK(cli::text_of(respond::Event{Kind::slowed, who, "",
                                    "it showed no key: 2 connections a second until it does"}) ==
        "192.0.2.77 opens too many connections, some are closed at once: it showed no key: 2 connections a "
        "second "
        "until it does\n");
  CHECK(cli::text_of(respond::Event{Kind::kept, who, "devkey"}) ==
        "192.0.2.77 gets no answer from this host, which drops it on its way out (Operation not permitted): "
        "by its firewall's rules for output, or with its table of connections full (by devkey)\n");
  CHECK(cli::json_of(respond::Event{Kind::silent, who, "devkey", "3 of 5 ports"}) ==
        "{\"event\":\"silent\",\"from\":\"192.0.2.77\",\"key\":\"devkey\",\"why\":\"3 of 5 ports\"}\n");
}

TEST_CASE("respond: the line to copy names an address, with a place-holder and words where it is not known") {
  cli::RespondPlan nat = plan();
  nat.place = {"", "PUBLIC-ADDRESS: the address that people reach this host by"};
  const std::string text = cli::text_ready(nat, ready_with(""));
  CHECK(text.find(
            "lkdoctor check https://… --responder PUBLIC-ADDRESS --pair\n  PUBLIC-ADDRESS: the address that "
            "people reach this host by\ncode: ") != std::string::npos);
  CHECK(cli::json_ready(nat, ready_with("")).find(R"("address":null)") != std::string::npos);
}

TEST_CASE("respond: on loopback there is no other machine, and no firewall to speak of") {
  cli::RespondPlan alone = plan();
  alone.service.address = alone.place.address = "127.0.0.1";
  const std::string text = cli::text_ready(alone, ready_with(""));
  CHECK(
      text.find("\non this machine, which alone reaches it:  lkdoctor check https://… --responder 127.0.0.1 "
                "--pair\ncode: ") != std::string::npos);
  CHECK(text.find("UDP 17881 need") == std::string::npos);
}
