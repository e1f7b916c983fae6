// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/facts/external_addresses.hpp>
#include <lkdoctor/proto/stun.hpp>

#include "support/provoked.hpp"
#include "support/servers.hpp"
#include "support/test_probe.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_address_external();
}

using namespace lkdoctor;

namespace {

std::string answer(std::string_view datagram, const Endpoint& seen) {
  const auto request =
      proto::decode_stun(ByteView(reinterpret_cast<const std::uint8_t*>(datagram.data()), datagram.size()));
  if (!request) return {};
  proto::StunMessage reply;
  reply.kind = proto::StunClass::success;
  reply.id = request->id;
  reply.attributes.push_back(proto::xor_mapped_address(seen, request->id));
  const Bytes bytes = proto::encode_stun(reply);
  return {bytes.begin(), bytes.end()};
}

Deployment deployed(Vantage vantage, bool use_external_ip = true) {
  Deployment deployment;
  deployment.livekit.emplace().version = "1.13.5";
  deployment.livekit->use_external_ip.value = use_external_ip;
  deployment.run.vantage = vantage;
  deployment.run.audience = Audience::internet;
  return deployment;
}

Json asked(std::string name, std::string address, Json mapped) {
  const bool silent = mapped.is_null();
  Json reply{{"mapped", std::move(mapped)}, {"tries", 4}, {"took", 5'000'000}};
  if (silent) reply["outcome"] = {{"stage", "response"}, {"error", "timed-out"}, {"text", "no answer"}};
  return {{"name", std::move(name)},
          {"address", std::move(address)},
          {"family", "ipv4"},
          {"reply", std::move(reply)}};
}
Json at(std::string address, int port) {
  return {{"address", std::move(address)}, {"port", port}};
}
Json seen(std::vector<Json> servers, std::string mapping = "", std::string source = "rtc.stun_servers") {
  return {{"source", std::move(source)},
          {"asked", std::move(servers)},
          {"mapping", {{"kind", std::move(mapping)}, {"method", "two servers"}}},
          {"local_address", "10.0.0.5"}};
}
const Json kSilent =
    seen({asked("a.example:3478", "203.0.113.1", nullptr), asked("b.example:3478", "203.0.113.2", nullptr)});

Judgement judged(const Json& observation, const Deployment& deployment) {
  return test::judge(*checks::make_address_external(), observation, {}, deployment);
}
std::string first(const Judgement& judgement) {
  if (judgement.findings().empty()) return "-";
  const Finding& finding = judgement.findings().front();
  return finding.id + " " + Json(finding.severity).get<std::string>() + " " +
         Json(finding.confidence).get<std::string>() + ": " + finding.title;
}
std::string skipped(const Deployment& deployment) {
  return checks::make_address_external()->skip_reason(deployment).value_or("-");
}

}  // namespace

TEST_CASE("address_external asks only whom this configuration makes LiveKit ask") {
  Deployment deployment = deployed(Vantage::outside);
  CHECK(skipped(deployment) == "-");
  deployment.run.third_party = ThirdParty::none;
  CHECK(skipped(deployment) == "--third-party none: STUN servers outside the deployment are not asked");
  deployment.livekit->use_external_ip.value = false;
  deployment.run.third_party = ThirdParty::as_server;
  CHECK(skipped(deployment) ==
        "LiveKit learns no address from STUN servers here: use_external_ip is off (--stun HOST:PORT asks one "
        "anyway)");
  deployment.livekit->stun_servers.value = {"stun.example.org:3478"};
  CHECK(skipped(deployment) == "-");
  deployment.livekit->node_ip.value = {"198.51.100.23"};
  CHECK(skipped(deployment) != "-");
  deployment.run.stun_servers = {"stun.example.org"};
  CHECK(skipped(deployment) == "-");
  deployment.livekit.reset();
  deployment.run.stun_servers.clear();
  CHECK(skipped(deployment) ==
        "no STUN server is known without LiveKit's configuration (--stun HOST:PORT names one)");
  deployment.run.third_party = ThirdParty::any;
  CHECK(skipped(deployment) == "-");
}

TEST_CASE("address_external asks a server of the deployment itself although third parties are forbidden") {
  Deployment deployment = deployed(Vantage::outside);
  deployment.run.third_party = ThirdParty::none;
  deployment.public_url.value = "https://livekit.uni.example";
  deployment.run.stun_servers = {"stun.l.google.com:19302", "livekit.uni.example:3478"};
  CHECK(skipped(deployment) == "-");
}

TEST_CASE("address_external gives what two agreeing servers see, and their mapping") {
  const test::UdpServer one([](std::string_view in) { return answer(in, {"198.51.100.23", 4000}); });
  const test::UdpServer two(
      [](std::string_view in) {
        return answer(in, {"198.51.100.23", 4000});
      },
      "127.0.0.2");
  Deployment deployment = deployed(Vantage::livekit_host);
  deployment.livekit->stun_servers.value = {text(one.endpoint()), text(two.endpoint())};
  test::TestProbe probe(deployment);
  const Json observation = test::collect(*checks::make_address_external(), probe);
  const Judgement judgement = judged(observation, deployment);
  CHECK(first(judgement) == "-");
  CHECK(judgement.facts().at("agreed") == Json{"198.51.100.23"});
  CHECK(judgement.facts().at("mapping") == "endpoint-independent");
  CHECK(judgement.facts().at("servers").at(1) == Json{{"name", text(two.endpoint())},
                                                      {"address", "127.0.0.2"},
                                                      {"family", "ipv4"},
                                                      {"mapped", "198.51.100.23:4000"}});
  CHECK(probe.facts().find(facts::external_addresses)->agreed == std::vector<std::string>{"198.51.100.23"});
}

TEST_CASE("address_external takes other ports for a symmetric NAT, but not other addresses") {
  const test::UdpServer one([](std::string_view in) { return answer(in, {"198.51.100.23", 4000}); });
  const test::UdpServer port([](std::string_view in) { return answer(in, {"198.51.100.23", 4001}); });
  const test::UdpServer line([](std::string_view in) { return answer(in, {"198.51.100.42", 4000}); });
  Deployment deployment = deployed(Vantage::livekit_host);
  deployment.livekit->stun_servers.value = {text(one.endpoint()), text(port.endpoint())};
  test::TestProbe symmetric(deployment);
  const Json ports = test::collect(*checks::make_address_external(), symmetric);
  CHECK(test::ids(judged(ports, deployment)) == std::vector<std::string>{"server-symmetric-nat"});
  deployment.livekit->stun_servers.value = {text(one.endpoint()), text(line.endpoint())};
  test::TestProbe lines(deployment);
  const Json addresses = test::collect(*checks::make_address_external(), lines);
  CHECK(test::ids(judged(addresses, deployment)) == std::vector<std::string>{"stun-servers-disagree"});
}

TEST_CASE("address_external keeps a server that is no host and port, or has no address, in its list") {
  const test::UdpServer good([](std::string_view in) { return answer(in, {"198.51.100.23", 4000}); });
  Deployment deployment = deployed(Vantage::livekit_host);
  deployment.livekit->stun_servers.value = {"stun:stun.example.org:3478", "nowhere.invalid:3478",
                                            text(good.endpoint())};
  test::TestProbe probe(deployment);
  const Json observation = test::collect(*checks::make_address_external(), probe);
  REQUIRE(observation.at("asked").size() == 3);
  CHECK(observation.at("asked").at(0).at("problem") == "not HOST:PORT");
  CHECK(observation.at("asked").at(1).at("address") == "");
  CHECK(judged(observation, deployment).facts().at("agreed") == Json{"198.51.100.23"});
}

TEST_CASE("address_external on LiveKit's host: silence of all its servers keeps LiveKit from starting") {
  CHECK(first(judged(kSilent, deployed(Vantage::livekit_host))) ==
        "external-ip-stun-failed failure proven: LiveKit cannot learn its external address, and then does "
        "not start: "
        "none of its STUN servers answers from this host (a.example:3478, b.example:3478)");
  const Finding finding = judged(kSilent, deployed(Vantage::livekit_host)).findings().front();
  CHECK(finding.evidence.front().value ==
        "a.example:3478 (203.0.113.1) silent (4 tries, 5.0 s), b.example:3478 (203.0.113.2) silent (4 tries, "
        "5.0 s)");
}

TEST_CASE("address_external elsewhere: silence says nothing about LiveKit's host") {
  const Judgement judgement = judged(kSilent, deployed(Vantage::inside));
  CHECK(first(judgement) == "-");
  CHECK(judgement.unknown_reason()->starts_with(
      "no STUN server answered here: a.example:3478 (203.0.113.1) silent"));
  REQUIRE(judgement.untested().size() == 1);
  CHECK(judgement.untested().front().what == "whether LiveKit's host reaches its STUN servers");
}

TEST_CASE(
    "address_external outside: silent control servers mean that this network drops UDP, one may just be "
    "down") {
  CHECK(first(judged(kSilent, deployed(Vantage::outside))) ==
        "client-network-blocks-udp warning likely: UDP does not leave this network: 0 of 2 STUN servers "
        "answered");
  const Json one = seen({asked("a.example:3478", "203.0.113.1", nullptr)});
  CHECK(judged(one, deployed(Vantage::outside)).findings().front().confidence == Confidence::possible);
  Deployment lan = deployed(Vantage::outside);
  lan.run.audience = Audience::lan;
  CHECK(first(judged(kSilent, lan)) == "-");
}

TEST_CASE("address_external: one silent server of several is no finding") {
  const Json observation = seen({asked("a.example:3478", "203.0.113.1", nullptr),
                                 asked("b.example:3478", "203.0.113.2", at("198.51.100.23", 4000))});
  CHECK(first(judged(observation, deployed(Vantage::livekit_host))) == "-");
}

TEST_CASE("address_external: servers that disagree matter on LiveKit's host and are a remark elsewhere") {
  const Json observation = seen({asked("a.example:3478", "203.0.113.1", at("198.51.100.23", 4000)),
                                 asked("b.example:3478", "203.0.113.2", at("198.51.100.42", 4000))});
  const Judgement judgement = judged(observation, deployed(Vantage::livekit_host));
  CHECK(first(judgement) ==
        "stun-servers-disagree warning proven: STUN servers see this machine at 2 addresses: 198.51.100.23, "
        "198.51.100.42");
  CHECK(judgement.facts().at("agreed") == Json::array());
  CHECK(judged(observation, deployed(Vantage::outside)).findings().front().severity == Severity::info);
}

TEST_CASE("address_external: a symmetric NAT is the server's on its host alone") {
  const Json observation = seen({asked("a.example:3478", "203.0.113.1", at("198.51.100.23", 4000)),
                                 asked("b.example:3478", "203.0.113.2", at("198.51.100.23", 4777))},
                                "address-and-port-dependent");
  CHECK(first(judged(observation, deployed(Vantage::livekit_host))) ==
        "server-symmetric-nat warning proven: The NAT in front of this host gives each destination another "
        "port "
        "(address-and-port-dependent mapping): a port that one STUN server saw works for nobody else");
  CHECK(first(judged(observation, deployed(Vantage::outside))) == "-");
  Deployment pinned = deployed(Vantage::livekit_host, false);
  pinned.livekit->node_ip.value = {"198.51.100.23"};
  CHECK(judged(observation, pinned).findings().front().severity == Severity::info);
}

TEST_CASE("address_external: nothing known is null") {
  const Judgement judgement = judged(kSilent, deployed(Vantage::inside));
  CHECK(judgement.facts().at("mapping").is_null());
  CHECK(judgement.facts().at("servers").at(0).at("mapped").is_null());
}
