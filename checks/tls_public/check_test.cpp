// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/facts/key_verdict.hpp>
#include <lkdoctor/facts/local_clock.hpp>
#include <lkdoctor/probes/tls_survey.hpp>

#include "support/provoked.hpp"
#include "support/servers.hpp"
#include "support/test_probe.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_tls_public();
}

using namespace lkdoctor;
using Ids = std::vector<std::string>;

namespace {

constexpr std::int64_t kNow = 1'800'000'000, kDay = 86400;

net::Certificate leaf() {
  net::Certificate certificate;
  certificate.subject = "CN=livekit.uni.example";
  certificate.issuer = "CN=R10";
  certificate.names = {"livekit.uni.example"};
  certificate.not_before = kNow - 30 * kDay;
  certificate.not_after = kNow + 60 * kDay;
  certificate.key = "EC P-256";
  certificate.signature = "ecdsa-with-SHA256";
  certificate.sha256 = "aa";
  return certificate;
}

net::TlsSession good_session() {
  net::TlsSession session;
  session.version = "TLSv1.3";
  session.chain = {leaf()};
  session.trusted = session.trusted_but_for_dates = session.name_matches = true;
  session.hello_bytes = 1906;
  session.received_bytes = 3000;
  return session;
}

net::TlsSession failed(net::Stage stage, net::NetError error, std::string text) {
  net::TlsSession session;
  session.outcome = {stage, error, std::move(text)};
  return session;
}

probes::AddressTls good(const std::string& address = "198.51.100.23") {
  probes::AddressTls seen;
  seen.address = address;
  seen.session = good_session();
  seen.old = failed(net::Stage::tls, net::NetError::tls_refused, "alert protocol_version");
  return seen;
}

probes::TlsSurvey survey_of(std::vector<probes::AddressTls> addresses) {
  probes::TlsSurvey survey;
  survey.where = {"wss://livekit.uni.example", "livekit.uni.example", 443, true, "", {}};
  for (const probes::AddressTls& seen : addresses) survey.where.addresses.push_back(seen.address);
  survey.addresses = std::move(addresses);
  survey.seen_at_s = kNow;
  return survey;
}

/// Through a forward proxy, by an authority that is not known here.
probes::TlsSurvey intercepted(const std::string& issuer) {
  probes::AddressTls seen = good("livekit.uni.example");
  seen.session.trusted = seen.session.trusted_but_for_dates = false;
  seen.session.trust_error = "unable to get local issuer certificate";
  seen.session.chain.front().issuer = issuer;
  probes::TlsSurvey survey = survey_of({seen});
  survey.where.via_proxy = "http://proxy:3128";
  return survey;
}

Deployment outside() {
  Deployment deployment;
  deployment.public_url = {"wss://livekit.uni.example", {Origin::Kind::file, "controller.toml", 5, 14}};
  deployment.run.vantage = Vantage::outside;
  deployment.run.audience = Audience::internet;
  return deployment;
}

Judgement judged(const probes::TlsSurvey& survey, const Facts& facts = {},
                 const Deployment& deployment = outside()) {
  return test::judge(*checks::make_tls_public(), Json(survey), facts, deployment);
}
Judgement judged(const probes::AddressTls& seen) {
  return judged(survey_of({seen}));
}

const Finding& only(const Judgement& judgement, const std::string& id) {
  REQUIRE(test::ids(judgement) == Ids{id});
  return judgement.findings().front();
}

Judgement judged_session(const net::TlsSession& session, const Deployment& deployment = outside()) {
  probes::AddressTls seen = good();
  seen.session = session;
  return judged(survey_of({seen}), {}, deployment);
}

}  // namespace

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

TEST_CASE("tls_public: a good certificate on every address is healthy, and its end is a fact") {
  const Judgement judgement = judged(survey_of({good(), good("2001:db8::23")}));
  CHECK(judgement.findings().empty());
  CHECK(judgement.facts().at("earliest_cert_expiry") == kNow + 60 * kDay);
  CHECK(judgement.facts().at("days_left") == 60);
  CHECK(judgement.facts().at("version") == "TLSv1.3");
}

TEST_CASE("tls_public: dates are judged whether or not verification succeeded") {
  net::TlsSession session = good_session();
  session.trusted = false;
  session.chain[0].not_after = kNow - 3 * kDay;
  CHECK(only(judged_session(session), "tls-cert-expired").title ==
        "The certificate of livekit.uni.example:443 expired 3 days ago.");
  session.chain[0] = leaf();
  session.chain[0].not_before = kNow + 3 * 3600;
  CHECK(only(judged_session(session), "tls-cert-not-yet-valid").title ==
        "The certificate of livekit.uni.example:443 is valid only in 3 hours.");
  session = good_session();
  session.chain[0].not_after = kNow + 5 * kDay;
  const Judgement soon = judged_session(session);
  CHECK(only(soon, "tls-cert-expires-soon").title ==
        "The certificate of livekit.uni.example:443 expires in 5 days.");
  CHECK(soon.findings().front().severity == Severity::warning);
}

TEST_CASE("tls_public: a short-lived certificate is not called late before its last fifth") {
  net::TlsSession session = good_session();
  session.chain[0].not_before = kNow - 4 * kDay;
  session.chain[0].not_after = kNow + 2 * kDay;
  CHECK(judged_session(session).findings().empty());
  session.chain[0].not_after = kNow + kDay / 2;
  only(judged_session(session), "tls-cert-expires-soon");
}

TEST_CASE("tls_public: lkdoctor.toml's certificate_days moves the limit either way") {
  net::TlsSession session = good_session();
  session.chain[0].not_after = kNow + 5 * kDay;
  Deployment deployment = outside();
  deployment.run.thresholds.certificate_days = 3;
  CHECK(judged_session(session, deployment).findings().empty());
  deployment.run.thresholds.certificate_days = 30;
  only(judged_session(session, deployment), "tls-cert-expires-soon");
}

TEST_CASE("tls_public: an expired intermediate counts where the chain needs it, and only there") {
  net::TlsSession session = good_session();
  session.chain.push_back(leaf());
  session.chain[1].not_after = kNow - kDay;
  CHECK(judged_session(session).findings().empty());
  session.trusted = false;
  CHECK(only(judged_session(session), "tls-cert-expired").title ==
        "An intermediate certificate sent by livekit.uni.example:443 expired 24 hours ago.");
}

TEST_CASE("tls_public: with a wrong clock here the dates are judged by the peers'") {
  net::TlsSession session = good_session();
  session.trusted = false;
  session.chain[0].not_before = kNow + 3600;
  probes::AddressTls seen = good();
  seen.session = session;
  Facts facts;
  facts.set(facts::local_clock, facts::LocalClock{{{"a", 7200}, {"b", 7201}}, 7200.5});
  CHECK(judged(survey_of({seen}), facts).findings().empty());
  facts.set(facts::local_clock, facts::LocalClock{{{"a", -86400}, {"b", -86401}}, -86400.5});
  CHECK(only(judged(survey_of({seen}), facts), "tls-cert-not-yet-valid").title ==
        "The certificate of livekit.uni.example:443 is valid only in 25 hours "
        "(by its peers' clocks: this machine's is wrong).");
  facts.set(facts::local_clock, facts::LocalClock{{{"a", 7200}}, std::nullopt});
  CHECK(judged(survey_of({seen}), facts).findings().size() == 1);
}

TEST_CASE("tls_public: LiveKit's own clock on another host makes the second opinion") {
  probes::AddressTls seen = good();
  seen.session.chain[0].not_before = kNow + 3600;
  Deployment deployment = outside();
  deployment.livekit.emplace();
  deployment.livekit->node_ip.value = {"198.51.100.99"};
  Facts facts;
  facts.set(facts::public_addresses,
            facts::UrlAddresses{"", "livekit.uni.example", 443, true, "", {"198.51.100.23"}});
  facts.set(facts::local_clock, facts::LocalClock{{{"livekit.uni.example", 7200}}, std::nullopt});
  facts.set(facts::key_verdict,
            facts::KeyVerdict{facts::KeyState::accepted, facts::KeyState::not_asked, 7201});
  CHECK(judged(survey_of({seen}), facts, deployment).findings().empty());
  deployment.livekit->node_ip.value = {"198.51.100.23"};  // one machine: its clock is as likely wrong as ours
  CHECK(judged(survey_of({seen}), facts, deployment).findings().size() == 1);
}

TEST_CASE("tls_public: self-signed, private CA and missing intermediate are three things") {
  net::TlsSession session = good_session();
  session.trusted = session.trusted_but_for_dates = false;
  session.chain[0].self_issued = true;
  CHECK(only(judged_session(session), "tls-self-signed").title ==
        "livekit.uni.example:443 presents a self-signed certificate; browsers refuse it for WebSockets "
        "without asking.");
  session.name_matches = false;  // one problem, one finding
  only(judged_session(session), "tls-self-signed");
  session.name_matches = true;
  session.chain[0].self_issued = false;
  CHECK(only(judged_session(session), "tls-self-signed").title ==
        "livekit.uni.example:443 presents a certificate of a private CA; browsers refuse it for WebSockets "
        "without asking.");
  Deployment lan = outside();
  lan.run.audience = Audience::lan;
  probes::AddressTls seen = good();
  seen.session = session;
  CHECK(judged(survey_of({seen}), {}, lan).findings().front().severity == Severity::warning);
  session.incomplete_because = "it is in the public certificate logs, so a public CA issued it";
  CHECK(only(judged_session(session), "tls-chain-incomplete").title ==
        "livekit.uni.example:443 does not send its intermediate certificate; clients that have not seen it "
        "elsewhere "
        "refuse.");
  session.incomplete_because.clear();
  session.chain[0].subject = "CN=TRAEFIK DEFAULT CERT";
  only(judged_session(session), "acme-cannot-issue");
}

TEST_CASE(
    "tls_public: a wrong name says for which names the certificate is, and whose default host answers") {
  probes::AddressTls seen = good();
  seen.session.name_matches = false;
  seen.session.chain[0].names = {"meet.uni.example", "evil\x1b[31m.example"};
  seen.without_name = seen.session;
  CHECK(only(judged(seen), "tls-name-mismatch").title ==
        "The certificate on livekit.uni.example:443 is for meet.uni.example, evil\\x1b[31m.example, not for "
        "livekit.uni.example. It is what the server shows to anyone: no virtual host has this name.");
}

TEST_CASE("tls_public: weak keys, old protocols alone and beside new ones") {
  net::TlsSession session = good_session();
  session.chain[0].weak = true;
  session.chain[0].key = "RSA 1024";
  CHECK(only(judged_session(session), "tls-weak-key").title ==
        "The certificate of livekit.uni.example:443 is too weak: RSA 1024, ecdsa-with-SHA256.");
  probes::AddressTls both = good();
  both.old = good_session();
  both.old->version = "TLSv1.1";
  CHECK(only(judged(both), "tls-weak-protocol").severity == Severity::warning);
  probes::AddressTls alone = both;
  alone.session = failed(net::Stage::tls, net::NetError::tls_refused, "alert protocol_version");
  const Judgement judgement = judged(alone);
  CHECK(only(judgement, "tls-weak-protocol").severity == Severity::failure);
  CHECK(judgement.findings().front().title ==
        "livekit.uni.example:443 speaks TLSv1.1 at most; browsers and LiveKit's clients refuse it.");
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
