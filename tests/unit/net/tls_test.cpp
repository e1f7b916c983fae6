// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <ctime>
#include <lkdoctor/net/tls.hpp>

#include "support/run.hpp"
#include "support/servers.hpp"

using namespace lkdoctor;
using namespace lkdoctor::net;

namespace {

constexpr const char* kName = "livekit.example.org";

test::CertificateRequest leaf_request() {
  test::CertificateRequest request;
  request.common_name = kName;
  request.names = {"DNS:livekit.example.org", "DNS:*.media.example.org", "IP:127.0.0.1"};
  return request;
}

struct Authority {
  test::Identity root = test::make_certificate({.common_name = "Test Root", .authority = true});
  test::Identity middle =
      test::make_certificate({.common_name = "Test Intermediate", .authority = true}, &root);
  test::PemFile trusted{{root.certificate}};
};

void idle(test::Peer& peer) {
  peer.wait_for_end();
}

TlsOptions options_for(const std::string& name, const std::vector<std::string>& ca_files = {}) {
  TlsOptions options;
  options.server_name = name;
  options.ca_files = ca_files;
  return options;
}

TlsSession probed(const test::Server& server, TlsOptions options, int deadline_ms = 3000) {
  return test::run(probe_tls(server.endpoint(), std::move(options), test::in_ms(deadline_ms)));
}

TlsSession probed(const test::Identity& identity, TlsOptions options) {
  test::ServerTls tls;
  tls.identity = identity;
  const test::Server server(tls, idle);
  return probed(server, std::move(options));
}

}  // namespace

TEST_CASE("a good chain is trusted, described leaf first, and its name matches") {
  const Authority authority;
  test::Identity identity = test::make_certificate(leaf_request(), &authority.middle);
  identity.chain = {authority.middle.certificate};
  const TlsSession session = probed(identity, options_for(kName, {authority.trusted.path()}));
  CHECK(session.outcome.ok());
  CHECK(session.version == "TLSv1.3");
  CHECK(session.trusted);
  CHECK(session.trusted_but_for_dates);
  CHECK(session.trust_error.empty());
  CHECK(session.name_matches);
  REQUIRE(session.chain.size() == 2);
  CHECK(session.chain[0].subject == "CN=livekit.example.org");
  CHECK(session.chain[0].issuer == "CN=Test Intermediate");
  CHECK(session.chain[0].names ==
        std::vector<std::string>{"livekit.example.org", "*.media.example.org", "127.0.0.1"});
  CHECK(session.chain[0].key == "EC P-256");
  CHECK(session.chain[0].signature == "ecdsa-with-SHA256");
  CHECK_FALSE(session.chain[0].weak);
  CHECK(session.chain[0].sha256.size() == 64);
  CHECK(session.chain[0].not_after - session.chain[0].not_before == 91 * 86400);
}

TEST_CASE("names match as in browsers: whole names, one label for a star, addresses, never the common name") {
  const Authority authority;
  const test::Identity identity = test::make_certificate(leaf_request(), &authority.root);
  const auto matches = [&](const std::string& name) {
    return probed(identity, options_for(name, {authority.trusted.path()})).name_matches;
  };
  CHECK(matches("livekit.example.org"));
  CHECK(matches("a.media.example.org"));
  CHECK(matches("127.0.0.1"));
  CHECK(matches("livekit.example.org."));
  CHECK_FALSE(matches("example.org."));
  CHECK_FALSE(matches("a.b.media.example.org"));
  CHECK_FALSE(matches("example.org"));
  CHECK_FALSE(matches("127.0.0.2"));
  CHECK_FALSE(probed(test::make_certificate({.common_name = kName}), options_for(kName)).name_matches);
}

TEST_CASE("a self-signed certificate is described and not trusted, until it is named as a CA") {
  const test::Identity identity = test::make_certificate(leaf_request());
  const TlsSession session = probed(identity, options_for(kName));
  CHECK(session.outcome.ok());
  CHECK_FALSE(session.trusted);
  CHECK(session.trust_error == "self-signed certificate");
  CHECK(session.chain.at(0).self_issued);
  CHECK(session.incomplete_because.empty());
  const test::PemFile file({identity.certificate});
  CHECK(probed(identity, options_for(kName, {file.path()})).trusted);
}

TEST_CASE("dates are kept apart from trust") {
  const Authority authority;
  test::CertificateRequest expired = leaf_request();
  expired.days_before = 100;
  expired.days_after = -2;
  const TlsSession old = probed(test::make_certificate(expired, &authority.root),
                                options_for(kName, {authority.trusted.path()}));
  CHECK_FALSE(old.trusted);
  CHECK(old.trust_error == "certificate has expired");
  CHECK(old.trusted_but_for_dates);
  CHECK(old.chain.at(0).not_after < std::time(nullptr));
  test::CertificateRequest early = leaf_request();
  early.days_before = -3;
  const TlsSession young =
      probed(test::make_certificate(early, &authority.root), options_for(kName, {authority.trusted.path()}));
  CHECK(young.trust_error == "certificate is not yet valid");
  CHECK(young.trusted_but_for_dates);
}

TEST_CASE("a missing intermediate is told from a private CA") {
  const Authority authority;
  const test::Identity bare = test::make_certificate(leaf_request(), &authority.middle);
  const TlsSession incomplete = probed(bare, options_for(kName, {authority.trusted.path()}));
  CHECK_FALSE(incomplete.trusted);
  CHECK(incomplete.trust_error == "unable to get local issuer certificate");
  CHECK(incomplete.incomplete_because == "its issuer calls itself an intermediate");
  // The machine knows the intermediate: other clients do not, so it is still not trusted.
  const test::PemFile both({authority.root.certificate, authority.middle.certificate});
  const TlsSession known = probed(bare, options_for(kName, {both.path()}));
  CHECK_FALSE(known.trusted);
  CHECK(known.trusted_with_intermediates);
  CHECK(known.incomplete_because == "the missing certificate is known to this machine");
  // The same without a telling name: the beginning of the issuer's name is that of a trusted root.
  const test::Identity root = test::make_certificate({.common_name = "Lab Public Root", .authority = true});
  const test::Identity issuer =
      test::make_certificate({.common_name = "Lab Public CA 1", .authority = true}, &root);
  const test::PemFile lab({root.certificate});
  const TlsSession related =
      probed(test::make_certificate(leaf_request(), &issuer), options_for(kName, {lab.path()}));
  CHECK(related.incomplete_because == "its issuer is named like a CA that is trusted here");
  const test::Identity own_ca = test::make_certificate({.common_name = "Office CA", .authority = true});
  const TlsSession stranger = probed(test::make_certificate(leaf_request(), &own_ca), options_for(kName));
  CHECK_FALSE(stranger.trusted);
  CHECK(stranger.incomplete_because.empty());
}

TEST_CASE("weak keys and signatures are marked") {
  test::CertificateRequest small = leaf_request();
  small.rsa_bits = 1024;
  const TlsSession weak_key = probed(test::make_certificate(small), options_for(kName));
  CHECK(weak_key.outcome.ok());
  CHECK(weak_key.chain.at(0).key == "RSA 1024");
  CHECK(weak_key.chain.at(0).weak);
  const Authority authority;
  test::CertificateRequest sha1 = leaf_request();
  sha1.sha1 = true;
  CHECK(probed(test::make_certificate(sha1, &authority.root), options_for(kName)).chain.at(0).weak);
}

TEST_CASE("the ClientHello is as long as a browser's, and short when asked") {
  const test::Identity identity = test::make_certificate(leaf_request());
  const TlsSession padded = probed(identity, options_for(kName));
  CHECK(padded.hello_bytes > 1750);
  CHECK(padded.hello_bytes < 2100);
  TlsOptions options = options_for(kName);
  options.padded_hello = false;
  CHECK(probed(identity, options).hello_bytes < 600);
}

TEST_CASE("the version is bounded as asked, down to TLS 1.0") {
  test::ServerTls tls;
  tls.identity = test::make_certificate(leaf_request());
  tls.minimum_version = 0x0301;
  const test::Server server(tls, idle);
  for (const auto& [version, name] : std::vector<std::pair<int, std::string>>{
           {0x0301, "TLSv1"}, {0x0302, "TLSv1.1"}, {0x0303, "TLSv1.2"}, {0x0304, "TLSv1.3"}}) {
    TlsOptions options = options_for(kName);
    options.minimum_version = 0x0301;
    options.maximum_version = version;
    CHECK(probed(server, options).version == name);
  }
  tls.minimum_version = 0x0304;
  const test::Server strict(tls, idle);
  TlsOptions old = options_for(kName);
  old.maximum_version = 0x0303;
  const TlsSession refused = probed(strict, old);
  CHECK(refused.outcome.error == NetError::tls_refused);
  CHECK(refused.outcome.stage == Stage::tls);
  CHECK(refused.outcome.text == "alert protocol_version");
}

TEST_CASE("ALPN: the choice, none, and a refusal are three things") {
  test::ServerTls tls;
  tls.identity = test::make_certificate(leaf_request());
  CHECK(probed(tls.identity, options_for(kName)).alpn.empty());
  tls.alpn = {"h2", "http/1.1"};
  const test::Server both(tls, idle);
  CHECK(probed(both, options_for(kName)).alpn == "http/1.1");
  TlsOptions offers = options_for(kName);
  offers.alpn = {"h2", "http/1.1"};
  CHECK(probed(both, offers).alpn == "h2");
  tls.alpn = {"h2"};
  tls.abort_on_unknown_alpn = true;
  const test::Server modern(tls, idle);
  CHECK(probed(modern, options_for(kName)).outcome.text == "alert no_application_protocol");
}

TEST_CASE("SNI is sent for names, not for addresses, and not when empty") {
  test::ServerTls tls;
  tls.identity = test::make_certificate(leaf_request());
  tls.without_name = test::make_certificate({.common_name = "default"});
  const test::Server server(tls, idle);
  CHECK(probed(server, options_for(kName)).chain.at(0).subject == "CN=livekit.example.org");
  CHECK(probed(server, options_for("127.0.0.1")).chain.at(0).subject == "CN=default");
  CHECK(probed(server, options_for("")).chain.at(0).subject == "CN=default");
  CHECK_FALSE(probed(server, options_for("")).name_matches);
}

TEST_CASE("peers that speak no TLS, say nothing, leave or reset are told apart") {
  test::Server plain([](test::Peer& peer) {
    peer.read_some();
    peer.write("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
  });
  const TlsSession http = probed(plain, options_for(kName));
  CHECK(http.outcome.error == NetError::not_tls);
  CHECK(http.outcome.text == "the peer does not speak TLS");
  CHECK(http.received_bytes > 0);
  test::Server mute(idle);
  const TlsSession stalled = probed(mute, options_for(kName), 150);
  CHECK(stalled.outcome.error == NetError::timed_out);
  CHECK(stalled.outcome.stage == Stage::tls);
  CHECK(stalled.outcome.text == "no answer to the ClientHello in time");
  CHECK(stalled.received_bytes == 0);
  test::Server leaving([](test::Peer& peer) { peer.read_some(); });
  CHECK(probed(leaving, options_for(kName)).outcome.error == NetError::closed);
  test::Server resetting([](test::Peer& peer) {
    peer.read_some();
    peer.reset();
  });
  CHECK(probed(resetting, options_for(kName)).outcome.error == NetError::reset);
  CHECK(test::run(probe_tls(test::closed_port(), options_for(kName), test::in_ms(1000))).outcome.error ==
        NetError::refused);
  const auto cancelled = test::cancel_after(
      Milliseconds(40), test::drop(probe_tls(mute.endpoint(), options_for(kName), test::in_ms(5000))));
  CHECK(cancelled.cancelled);
  CHECK(cancelled.took < Milliseconds(1000));
}

TEST_CASE("garbage in place of a ServerHello, at every length, ends in an error") {
  std::string hello("\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03", 11);
  for (int i = 0; i < 40; ++i) hello += static_cast<char>(i * 37);
  for (std::size_t length = 1; length < hello.size(); length += 3) {
    test::Server server([&](test::Peer& peer) {
      peer.read_some();
      peer.write(std::string_view(hello).substr(0, length));
    });
    CHECK_FALSE(probed(server, options_for(kName), 500).outcome.ok());
  }
}
