// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include "support/servers.hpp"
#include "support/test_probe.hpp"
#include "support/tls_sightings.hpp"

using namespace lkdoctor;
using namespace lkdoctor::test::tls_sightings;

TEST_CASE("tls_public: an unknown authority behind a forward proxy may be the proxy's own") {
  const auto judged_as = [](const probes::TlsSurvey& survey) {
    return test::judge(*checks::make_tls_public(), Json(survey), {}, outside());
  };
  const Judgement known = judged_as(intercepted("CN=Zscaler Root CA"));
  REQUIRE(test::ids(known) == Ids{"tls-intercepted-by-proxy"});
  CHECK(known.findings().front().confidence == Confidence::likely);
  CHECK(known.facts().at("via_proxy") == "http://proxy:3128");
  const Judgement private_one = judged_as(intercepted("CN=Uni CA"));
  REQUIRE(test::ids(private_one) == Ids{"tls-intercepted-by-proxy"});
  CHECK(private_one.findings().front().confidence == Confidence::possible);
  probes::TlsSurvey own = intercepted("CN=x");
  own.addresses.front().session.chain.front().self_issued = true;
  CHECK(test::ids(judged_as(own)) == Ids{"tls-self-signed"});
}

TEST_CASE("tls_public: a forward proxy that fails between two tunnels says nothing of the server") {
  probes::AddressTls seen = good("livekit.uni.example");
  seen.session = failed(net::Stage::tunnel, net::NetError::timed_out, "forward proxy: no answer in time");
  const Judgement judgement = test::judge(*checks::make_tls_public(), Json(survey_of({seen})), {}, outside());
  CHECK(judgement.findings().empty());
  CHECK(judgement.unknown_reason() == "forward proxy: no answer in time");
}

TEST_CASE("tls_public: plain HTTP, no TLS at all, alerts and h2 alone") {
  probes::AddressTls seen = good();
  seen.session = failed(net::Stage::tls, net::NetError::tls_refused, "the peer does not speak TLS");
  seen.plain.emplace();
  seen.plain->answer.status = 400;
  only(judged(seen), "tls-plain-http");
  seen.plain->answer.status = 0;
  CHECK(only(judged(seen), "tls-handshake-fails").title == "livekit.uni.example:443 does not speak TLS.");
  seen.plain.reset();
  seen.session.outcome.text = "alert internal_error";
  CHECK(only(judged(seen), "tls-handshake-fails").title ==
        "No TLS session with livekit.uni.example:443: alert internal_error. The server knows no host of this "
        "name, or "
        "has no certificate for it yet.");
  seen.session.outcome.text = "alert handshake_failure for want of a client's certificate";
  CHECK(only(judged(seen), "proxy-auth-or-waf-intercepts").title ==
        "livekit.uni.example:443 ends every TLS session for want of a certificate of the client, and "
        "participants' browsers have none.");
  seen.any_protocol = good_session();
  seen.any_protocol->alpn = "h2";
  only(judged(seen), "alpn-h2-only");
}

TEST_CASE("tls_public: silence after the connection, and after a long hello alone") {
  probes::AddressTls seen = good();
  seen.session = failed(net::Stage::tls, net::NetError::timed_out, "no answer to the ClientHello in time");
  seen.old = seen.session;
  seen.small = seen.session;
  CHECK(only(judged(seen), "endpoint-stalls").title ==
        "livekit.uni.example:443 accepts the connection and then says nothing.");
  seen.small = good_session();
  CHECK(only(judged(seen), "path-mtu-blackhole").confidence == Confidence::likely);
}

TEST_CASE("tls_public: the same handshake in shorter packets proves what is lost on the way") {
  probes::AddressTls seen = good();
  const net::TlsSession stuck =
      failed(net::Stage::tls, net::NetError::timed_out, "no answer to the ClientHello in time");
  seen.session = stuck;
  seen.small = stuck;
  seen.segments = {{536, good_session()}, {1160, good_session()}, {1300, stuck}};
  const Judgement judgement = judged(seen);
  const Finding& finding = only(judgement, "path-mtu-blackhole");
  CHECK(finding.title ==
        "TLS with livekit.uni.example:443 gets no further than the connection: packets of up to 1200 bytes "
        "pass, of 1340 bytes vanish on the way without a word.");
  CHECK(finding.confidence == Confidence::proven);
  seen.segments.pop_back();
  CHECK(only(judged(seen), "path-mtu-blackhole").title ==
        "TLS with livekit.uni.example:443 gets no further than the connection: packets of up to 1200 bytes "
        "pass, full ones vanish on the way without a word.");
  seen.segments = {{536, stuck}};
  only(judged(seen), "endpoint-stalls");
}

TEST_CASE("tls_public: silence after an answer in the same run is a ban, or a line that died") {
  probes::AddressTls seen = good();
  seen.session = failed(net::Stage::connect, net::NetError::timed_out, "no answer in time");
  seen.old = seen.session;
  only(judged(seen), "endpoint-unreachable");
  seen.old = failed(net::Stage::tls, net::NetError::timed_out, "no answer to the ClientHello in time");
  CHECK(only(judged(seen), "banned-during-run").severity == Severity::failure);
}

TEST_CASE("tls_public: all addresses dead is one finding, one of several another") {
  probes::AddressTls dead = good("198.51.100.99");
  dead.session = failed(net::Stage::connect, net::NetError::refused, "connection refused");
  CHECK(only(judged(dead), "endpoint-unreachable").title ==
        "Nothing answers at public_url wss://livekit.uni.example: connection refused.");
  dead.session.outcome.error = net::NetError::timed_out;
  const Judgement one = judged(survey_of({good(), dead}));
  CHECK(only(one, "address-unreachable").title ==
        "198.51.100.99, one of 2 addresses of livekit.uni.example, does not answer on port 443 (silence, the "
        "packets "
        "are dropped).");
  CHECK(one.findings().front().subject == "198.51.100.99");
}

TEST_CASE("tls_public: a dead AAAA is told apart, and not tested without a route") {
  probes::AddressTls dead = good("2001:db8::23");
  dead.session = failed(net::Stage::connect, net::NetError::refused, "connection refused");
  const Judgement broken = judged(survey_of({good(), dead}));
  CHECK(only(broken, "aaaa-broken").title ==
        "The AAAA record of livekit.uni.example, 2001:db8::23, does not accept connections (connection "
        "refused) while "
        "IPv4 works.");
  dead.has_route = false;
  dead.session.outcome.error = net::NetError::network_unreachable;
  const Judgement untested = judged(survey_of({good(), dead}));
  CHECK(untested.findings().empty());
  REQUIRE(untested.untested().size() == 1);
  CHECK(untested.untested()[0].what == "IPv6");
  CHECK(untested.untested()[0].reason == "no route here");
  CHECK(judged(dead).unknown_reason() == "no route from here to any address of livekit.uni.example");
}

TEST_CASE("tls_public: a real server is looked at, verified with --ca-file and without") {
  test::ServerTls tls;
  tls.identity = test::make_certificate(
      {.common_name = "x", .names = {"DNS:livekit.uni.example"}, .days_before = 10, .days_after = 80});
  const test::PemFile file({tls.identity.certificate});
  test::Server server(tls, [](test::Peer& peer) { peer.wait_for_end(); });
  Deployment deployment = outside();
  test::TestProbe probe(deployment);
  const facts::UrlAddresses where{"wss://livekit.uni.example:" + std::to_string(server.port()),
                                  "livekit.uni.example",
                                  server.port(),
                                  true,
                                  "",
                                  {"127.0.0.1"}};
  probe.known.set(facts::public_addresses, where);
  const auto check = checks::make_tls_public();
  const Json stranger = test::collect(*check, probe);
  CHECK(test::ids(test::judge(*check, stranger, {}, deployment)) == Ids{"tls-self-signed"});
  deployment.run.ca_files = {file.path()};
  test::TestProbe trusting(deployment);
  trusting.known.set(facts::public_addresses, where);
  const Judgement judgement = test::judge(*check, test::collect(*check, trusting), {}, deployment);
  CHECK(judgement.findings().empty());
  CHECK(judgement.facts().at("version") == "TLSv1.3");
}

TEST_CASE("tls_public: real servers that speak plain HTTP, or nothing, or are not there") {
  const auto check = checks::make_tls_public();
  const auto look = [&](const Endpoint& peer) {
    test::TestProbe probe(outside());
    probe.end = test::in_ms(1500);
    probe.known.set(
        facts::public_addresses,
        facts::UrlAddresses{
            "wss://livekit.uni.example", "livekit.uni.example", peer.port, true, "", {peer.address}});
    return test::judge(*check, test::collect(*check, probe), {}, outside());
  };
  test::Server plain([](test::Peer& peer) {
    peer.read_some();
    peer.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  });
  CHECK(test::ids(look(plain.endpoint())) == Ids{"tls-plain-http"});
  test::Server mute([](test::Peer& peer) { peer.wait_for_end(); });
  CHECK(test::ids(look(mute.endpoint())) == Ids{"endpoint-stalls"});
  CHECK(test::ids(look(test::closed_port())) == Ids{"endpoint-unreachable"});
  // A path that swallows everything above some size.
  test::Server narrow([](test::Peer& peer) {
    if (peer.read_some().size() > 1400) peer.wait_for_end();
  });
  CHECK(test::ids(look(narrow.endpoint())) == Ids{"endpoint-stalls"});
}

TEST_CASE("tls_public: a URL without TLS has nothing to look at") {
  Deployment deployment = outside();
  deployment.public_url.value = "ws://livekit.uni.example";
  CHECK(checks::make_tls_public()->skip_reason(deployment) ==
        "public_url is not https or wss: there is no TLS to look at");
}
