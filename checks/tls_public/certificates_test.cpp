// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/facts/key_verdict.hpp>
#include <lkdoctor/facts/local_clock.hpp>

#include "support/tls_sightings.hpp"

using namespace lkdoctor;
using namespace lkdoctor::test::tls_sightings;

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

TEST_CASE("tls_public: a host that ends in a dot, and an address in place of the name") {
  const auto told = [](const std::string& host) {
    probes::AddressTls seen = good();
    seen.session.name_matches = false;
    probes::TlsSurvey survey = survey_of({seen});
    survey.where.host = host;
    return only(judged(survey), "tls-name-mismatch");
  };
  const Finding dot = told("meet.uni.example.");
  CHECK(dot.title ==
        "The certificate on meet.uni.example.:443 is for livekit.uni.example, not for meet.uni.example.");
  CHECK(dot.remedy.text ==
        "Remove the dot at the end of the host name in the URL: the server may know the name without it "
        "alone. If that does not help, serve a certificate of this name");
  CHECK(told("198.51.100.23").remedy.text ==
        "Put the name that the certificate holds into the URL in place of the address, and let it lead "
        "there");
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
