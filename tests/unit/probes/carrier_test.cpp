// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/probes/carrier.hpp>
#include <lkdoctor/probes/signal_session.hpp>
#include <lkdoctor/proto/port_test_keys.hpp>
#include <mutex>
#include <thread>

#include "probes/carried_tokens.hpp"
#include "probes/responder_keys.hpp"
#include "support/run.hpp"
#include "support/servers.hpp"
#include "support/test_probe.hpp"

using namespace lkdoctor;
using namespace lkdoctor::probes;

namespace {

const Secret kKeyFile("a key of sixteen letters or more");
const Secret kCode("4KQ7-2TXM-5CWP-A");
const std::string kSession =
    R"({"version":1,"key":null,"tokens":["aaa.bbb.ccc","ddd.eee.fff"],"why_no_tokens":null,)"
    R"("room":"lkdoctor-probe-1","signalling_port":7880,"mode":"raw","udp":[[20000,25000]],)"
    R"("tcp":[{"port":7881,"state":"in_use","owner":"livekit-server"},{"port":443,"state":"answers","owner":null}],)"
    R"("udp_in_use":[{"from":20017,"to":20017,"owner":"livekit-server"}],"addresses":["192.0.2.10","no"],)"
    R"("ephemeral":[32768,60999],"seconds":812})";

test::ServerTls known_by(const proto::PortTestKey& key) {
  test::ServerTls tls;
  tls.psk_identity = proto::control_identity(key);
  const auto psk = proto::control_key(key);
  tls.psk.assign(psk.begin(), psk.end());
  return tls;
}

std::string http(int status, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

Deployment towards(std::uint16_t port) {
  Deployment deployment;
  deployment.run.responder = "127.0.0.1:" + std::to_string(port);
  return deployment;
}

Deployment opened(Deployment deployment, int within_ms = 3000) {
  test::run(open_carried_session(&deployment, test::in_ms(within_ms)));
  return deployment;
}

/// A responder that knows the key file and answers so.
Deployment answered_with(int status, const std::string& body, Deployment deployment = {}) {
  const test::Server server(known_by(*proto::key_of_text(kKeyFile)),
                            test::http_answers({http(status, body)}));
  deployment.run.responder = towards(server.port()).run.responder;
  deployment.secrets.responder_key = kKeyFile;
  return opened(std::move(deployment));
}

}  // namespace

TEST_CASE("the key that a session gives bears the name of the one that the client came by") {
  const auto named = [](const Secret& code, const Secret& file) {
    Deployment deployment;
    deployment.secrets.carried_key = Secret("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    deployment.secrets.pairing_code = code;
    deployment.secrets.responder_key = file;
    return responder_keys(deployment).at(0).name;
  };
  CHECK(named(kCode, kKeyFile) == "pairing code");
  CHECK(named({}, kKeyFile) == "key file");
  CHECK(named({}, {}) == "key pair");
}

TEST_CASE("what a session brought goes from one process to another whole") {
  const Deployment deployment = answered_with(200, kSession);
  Deployment other;
  take_carried_form(carried_form(deployment), other);
  CHECK(Json(other.run.carried.value()) == Json(deployment.run.carried.value()));
  CHECK(other.secrets.token == deployment.secrets.token);
  CHECK(other.secrets.subscriber_token == deployment.secrets.subscriber_token);
  CHECK(other.secrets.control_identity == deployment.secrets.control_identity);
  CHECK(other.secrets.control_key == deployment.secrets.control_key);
  CHECK(other.secrets.carried_key == deployment.secrets.carried_key);
  CHECK(carried_pairs(other).size() == carried_pairs(deployment).size());
  CHECK(Json(other.token.origin) == Json(deployment.token.origin));
}

TEST_CASE("where nobody was asked nothing is brought") {
  Deployment other;
  take_carried_form(carried_form(Deployment{}), other);
  CHECK_FALSE(other.run.carried.has_value());
}

TEST_CASE("a session brings two tokens for the run, and what the responder's host shows") {
  const Deployment deployment = answered_with(200, kSession);
  REQUIRE(deployment.run.carried);
  const CarriedSession& carried = *deployment.run.carried;
  CHECK(carried.reached);
  CHECK(carried.carries);
  CHECK(carried.replaces_token);
  CHECK(carried.state == CarriedState::reached);
  CHECK(carried.requests == static_cast<int>(kCarriedPairs) + 1);
  CHECK(carried.words == "");
  CHECK(carried.url.value == "responder " + deployment.run.responder);
  CHECK(carried.address == "127.0.0.1");
  CHECK(carried.signalling_port == 7880);
  REQUIRE(carried.tcp.size() == 2);
  CHECK(carried.tcp[0].owner == "livekit-server");
  CHECK(carried.tcp[1].owner == "");
  CHECK(carried.addresses == std::vector<std::string>{"192.0.2.10"});
  CHECK(carried.ephemeral_ports == PortRange{32768, 60999});
  CHECK(carried.udp == std::vector<PortRange>{{20000, 25000}});
  CHECK(deployment.secrets.token == Secret("aaa.bbb.ccc"));
  CHECK(deployment.secrets.subscriber_token == Secret("ddd.eee.fff"));
  CHECK(text(deployment.token.origin) == "a responder");
  CHECK(deployment.token.value.length == 11);
  const std::string described = describe(deployment).dump();
  for (const char* secret : {"aaa.bbb.ccc", "ddd.eee.fff", "sixteen"})
    CHECK(described.find(secret) == std::string::npos);
}

TEST_CASE("a token of the run's own stays, and so does a key pair") {
  Deployment own;
  own.secrets.token = Secret("own.own.own");
  own.token = {traits_of(own.secrets.token), {Origin::Kind::flag, "--token-file", 0, 0}};
  const Deployment deployment = answered_with(200, kSession, own);
  CHECK(deployment.secrets.token == Secret("own.own.own"));
  REQUIRE(carried_pairs(deployment).size() == kCarriedPairs);
  CHECK(carried_pairs(deployment)[0].publisher == Secret("aaa.bbb.ccc"));
  CHECK(carried_pairs(deployment)[3].subscriber == Secret("ddd.eee.fff"));
  CHECK(deployment.run.carried->carries);
  CHECK_FALSE(deployment.run.carried->replaces_token);
}

TEST_CASE("who came by the code is given a key for the rest of the run") {
  const std::string given = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  std::string body = kSession;
  body.replace(body.find("null"), 4, '"' + given + '"');
  const test::Server server(known_by(*proto::key_of_code(kCode)), test::http_answers({http(200, body)}));
  Deployment deployment = towards(server.port());
  deployment.secrets.pairing_code = kCode;
  deployment.secrets.responder_key = kKeyFile;
  deployment = opened(std::move(deployment));
  CHECK(deployment.run.carried->carries);
  CHECK(deployment.secrets.carried_key == Secret(given));
  CHECK(deployment.secrets.control_identity == proto::control_identity(*proto::key_of_text(Secret(given))));
}

TEST_CASE("where the code is not known, the key file is tried on a connection of its own") {
  const test::Server server(known_by(*proto::key_of_text(kKeyFile)),
                            test::http_answers({http(200, kSession)}));
  Deployment deployment = towards(server.port());
  deployment.secrets.pairing_code = kCode;
  deployment.secrets.responder_key = kKeyFile;
  CHECK(opened(std::move(deployment)).run.carried->carries);
  CHECK(server.accepted() >= 2);
}

TEST_CASE("what keeps a session from being carried is said") {
  const auto words = [](int status, const std::string& body) {
    const Deployment deployment = answered_with(status, body);
    CHECK_FALSE(deployment.run.carried->carries);
    CHECK_FALSE(deployment.token.is_set());
    std::string words = deployment.run.carried->words;
    if (const auto port = words.find("127.0.0.1:"); port != std::string::npos)
      words.replace(port, words.find(' ', port) - port, "HERE");
    return Json(deployment.run.carried->state).get<std::string>() + ": " + words;
  };
  CHECK(words(409, R"({"error":"another client is being served","seconds":27})") ==
        "busy: the responder says: another client is being served; it may be free in 27 s");
  CHECK(words(403, R"({"error":"this code has been used"})") ==
        "code-used: the code was used: lkdoctor respond prints another each time it starts");
  CHECK(words(500, "oops") == "denied: the responder says: HTTP 500");
  CHECK(words(200, "[]") ==
        "no-responder: what answers at TCP HERE is no responder: its answer is no session of this version");
  CHECK(words(200, R"({"version":2})") ==
        "no-responder: what answers at TCP HERE is no responder: its answer is no session of this version");
  CHECK(words(200, R"({"version":1,"why_no_tokens":"no key pair is known here"})") ==
        "reached: no key pair is known here");
  CHECK(words(200, R"({"version":1,"signalling_port":7880})") == "reached: it makes no tokens");
}

TEST_CASE("who has taken the key over a slow line is still waited for when the time to connect is over") {
  const test::Server server(known_by(*proto::key_of_text(kKeyFile)), [](test::Peer& peer) {
    if (peer.read_until("\r\n\r\n").empty()) return;
    std::this_thread::sleep_for(Milliseconds(1'200));
    peer.write(http(200, kSession));
  });
  Deployment deployment = towards(server.port());
  deployment.secrets.responder_key = kKeyFile;
  CHECK(opened(std::move(deployment), 1'000).run.carried->reached);
}

TEST_CASE("tokens without a relay are the run's all the same") {
  const Deployment deployment = answered_with(200, R"({"version":1,"tokens":["a.b.c","d.e.f"]})");
  CHECK_FALSE(deployment.run.carried->carries);
  CHECK(deployment.run.carried->words == "it has no way to LiveKit's signalling port");
  CHECK(deployment.secrets.token == Secret("a.b.c"));
}

TEST_CASE("the responder's clock is told by how far it is behind this machine's") {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto behind = [&](std::int64_t seconds) {
    const Json session{{"version", 1}, {"clock", now.time_since_epoch().count() - seconds}};
    return answered_with(200, session.dump()).run.carried->minutes_behind;
  };
  CHECK(behind(0) == 0);
  CHECK(behind(37 * 60) == 37);
  CHECK(behind(-37 * 60) == -37);
  CHECK_FALSE(answered_with(200, R"({"version":1,"clock":-1})").run.carried->minutes_behind);
  CHECK_FALSE(answered_with(200, R"({"version":1,"clock":1e30})").run.carried->minutes_behind);
}

TEST_CASE("members of another type, and texts that could do harm, count as absent") {
  const Deployment deployment = answered_with(
      200,
      R"({"version":1,"key":7,"tokens":["a b\r\nX: y","c"],"signalling_port":70000,"mode":{},"udp":[[1],[5,3],7],)"
      R"("tcp":[7,{"port":0},{"port":5,"state":"maybe"},{"port":6,"state":"in_use","owner":"\u001b[2J"}],)"
      R"("udp_in_use":{},"addresses":[1,"x"],"ephemeral":[9,1],"clock":"noon"})");
  const CarriedSession& carried = *deployment.run.carried;
  CHECK(carried.reached);
  CHECK_FALSE(carried.carries);
  CHECK(carried.signalling_port == 0);
  CHECK(carried.udp.empty());
  REQUIRE(carried.tcp.size() == 1);
  CHECK(carried.tcp[0].owner.find('\x1b') == std::string::npos);
  CHECK(carried.addresses.empty());
  CHECK_FALSE(carried.ephemeral_ports);
  CHECK_FALSE(carried.minutes_behind);
  CHECK(deployment.secrets.carried_key.empty());
}

TEST_CASE("nobody, somebody else, another key and silence are told apart") {
  const auto state = [](std::uint16_t port, int within_ms = 3000) {
    Deployment deployment = towards(port);
    deployment.secrets.responder_key = kKeyFile;
    deployment = opened(std::move(deployment), within_ms);
    const std::string place = "127.0.0.1:" + std::to_string(port);
    std::string words = deployment.run.carried->words;
    if (const auto at = words.find(place); at != std::string::npos) words.replace(at, place.size(), "HERE");
    return Json(deployment.run.carried->state).get<std::string>() + ": " + words;
  };
  CHECK(state(test::closed_port().port) ==
        "refused: TCP HERE is refused: start lkdoctor respond there, and open that port for the time of the "
        "test");
  const test::Server other(known_by(*proto::key_of_text(Secret("another key of sixteen letters"))),
                           test::http_answers({}));
  CHECK(state(other.port()) ==
        "other-key: the responder at TCP HERE has another key: the code, the key file or the key pair "
        "of this run is not its own");
  const test::Server web([](test::Peer& peer) {
    peer.write("HTTP/1.1 400 Bad Request\r\n\r\n");
    peer.wait_for_end();
  });
  CHECK(state(web.port()) ==
        "no-responder: what answers at TCP HERE is no responder: the peer does not speak TLS");
  const test::Server mute([](test::Peer& peer) { peer.wait_for_end(); });
  CHECK(state(mute.port(), 200) == "mute: TCP HERE accepts connections and then says nothing");
  const test::Server closing([](test::Peer&) {});
  CHECK(state(closing.port()) ==
        "cut-off: TCP HERE is cut off before the handshake has ended: by something on the way, or by the "
        "responder, whose --allow leaves this machine out");
  const test::FullBacklog full;
  CHECK(state(full.endpoint().port, 200) ==
        "silent: TCP HERE is silent, closed or filtered: open it for the time of the test, or give this run "
        "LiveKit's key pair");
}

TEST_CASE("without a key nothing is sent") {
  const test::Server server([](test::Peer& peer) { peer.wait_for_end(); });
  const Deployment deployment = opened(towards(server.port()));
  CHECK(deployment.run.carried->words ==
        "there is no key for it: its pairing code (--pair) or --responder-key-file");
  CHECK(server.accepted() == 0);
}

TEST_CASE("a session is given back with the key by which it came") {
  std::mutex guard;
  std::string heads;
  const test::Server server(known_by(*proto::key_of_text(kKeyFile)), [&](test::Peer& peer) {
    const std::string head = peer.read_until("\r\n\r\n");
    const std::lock_guard lock(guard);
    heads += head.substr(0, head.find('\r')) + "\n";
    peer.write(head.starts_with("POST") ? http(200, kSession) : http(204, ""));
  });
  Deployment deployment = towards(server.port());
  deployment.secrets.responder_key = kKeyFile;
  deployment = opened(std::move(deployment));
  test::run(close_carried_session(&deployment, test::in_ms(3000)));
  const std::lock_guard lock(guard);
  CHECK(heads ==
        "POST /session HTTP/1.1\nPOST /session HTTP/1.1\nPOST /session HTTP/1.1\nPOST /session "
        "HTTP/1.1\nDELETE /session HTTP/1.1\n");
}

TEST_CASE("sessions are joined through the responder with the tokens that it gave") {
  std::mutex guard;
  std::string head;
  const test::Server server(known_by(*proto::key_of_text(kKeyFile)), [&](test::Peer& peer) {
    const std::string read = peer.read_until("\r\n\r\n");
    const std::lock_guard lock(guard);
    head = read;
    peer.write(http(502, R"({"error":"x"})"));
  });
  Deployment deployment = answered_with(200, kSession);
  deployment.run.carried->port = server.port();
  deployment.api_key = {"key", {Origin::Kind::flag, "test", 0, 0}};
  deployment.api_secret.origin = deployment.api_key.origin;
  deployment.secrets.api_secret = Secret("a secret of more than thirty-two characters");
  test::TestProbe probe(deployment);
  facts::JoinResponse joined;
  joined.through = "responder";
  joined.address = "127.0.0.1";
  probe.known.set(facts::join_response, joined);
  SignalPlan plan;
  plan.subscribe = true;
  SignalSession session(probe, plan);
  CHECK_FALSE(test::run(session.join(test::in_ms(3000))));
  CHECK(session.report().status == 502);
  CHECK(session.report().url == deployment.run.carried->url.value);
  const std::lock_guard lock(guard);
  CHECK(head.starts_with("GET /rtc?"));
  CHECK(head.find("Authorization: Bearer ddd.eee.fff\r\n") != std::string::npos);
}

TEST_CASE("a free TCP port is proven by the responder's own TLS, one in use by a connection") {
  Deployment deployment = answered_with(200, kSession);
  const test::Server own(known_by(*proto::key_of_text(kKeyFile)),
                         [](test::Peer& peer) { peer.wait_for_end(); });
  const test::Server other([](test::Peer& peer) { peer.wait_for_end(); });
  const auto trial = [&](std::uint16_t port, const char* state) {
    return test::run(try_tcp_port({port, state, ""}, "127.0.0.1", &deployment, test::in_ms(500))).outcome;
  };
  CHECK(trial(own.port(), "answers").ok());
  CHECK(trial(other.port(), "answers").error == net::NetError::timed_out);
  CHECK(trial(other.port(), "in_use").ok());
  CHECK(trial(test::closed_port().port, "in_use").error == net::NetError::refused);
}

TEST_CASE("which greetings were heard is asked of the responder that gave the session") {
  std::mutex guard;
  std::string asked;
  const test::Server server(known_by(*proto::key_of_text(kKeyFile)), [&](test::Peer& peer) {
    const std::string head = peer.read_until("\r\n\r\n");
    const std::lock_guard lock(guard);
    asked = head.substr(0, head.find('\r'));
    peer.write(http(200, R"({"ports":[17881,20000,0,"x",70000],"kept":true})"));
  });
  Deployment deployment = answered_with(200, kSession);
  deployment.run.carried->port = server.port();
  const auto heard = test::run(ask_for_greetings(&deployment, {7}, test::in_ms(3000)));
  REQUIRE(heard);
  CHECK(heard->ports == std::vector<std::uint16_t>{17881, 20000});
  CHECK(heard->kept);
  const std::lock_guard lock(guard);
  CHECK(asked == "GET /greetings/07000000000000000000000000000000 HTTP/1.1");
}

TEST_CASE("nothing is known of greetings without a session, and of an answer that says nothing") {
  const Deployment none = towards(test::closed_port().port);
  CHECK_FALSE(test::run(ask_for_greetings(&none, {7}, test::in_ms(3000))));
  for (const char* body : {"", "[]", "{}", R"({"ports":7})", "{\"ports\":["}) CHECK_FALSE(greetings_in(body));
  CHECK(greetings_in(R"({"ports":[]})")->ports.empty());
  std::string many = "{\"ports\":[1";
  for (int i = 0; i < 256; ++i) many += ",1";
  CHECK_FALSE(greetings_in(many + "]}"));
}
