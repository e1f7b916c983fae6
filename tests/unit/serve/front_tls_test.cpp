// SPDX-License-Identifier: EUPL-1.2
#include "serve/web_gate.hpp"
#include "support/config_folder.hpp"
#include "tls_visitor.hpp"

using namespace lkdoctor;
using namespace lkdoctor::test;
using namespace lkdoctor::serve;
using asio::awaitable;

namespace {

Identity named(const std::string& name, const Identity* issuer = nullptr,
               const std::vector<std::string>& names = {}) {
  CertificateRequest request;
  request.common_name = name;
  request.names = names;
  return make_certificate(request, issuer);
}

Identity authority(const std::string& name) {
  CertificateRequest request;
  request.common_name = name;
  request.authority = true;
  return make_certificate(request);
}

/// A server whose web configuration is `web.yml` in a folder of its own.
struct Secured {
  explicit Secured(const std::string& more = {}) {
    put(named("first.example"));
    folder.write("web.yml", "tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n" + more);
  }

  void put(const Identity& identity) const {
    folder.write("cert.pem", identity.certificate);
    folder.write("key.pem", identity.key);
  }

  Site& open() {
    gate.emplace(folder.path() + "/web.yml", [this](const std::string& line) { log.push_back(line); });
    REQUIRE_MESSAGE(gate->problem().empty(), gate->problem());
    FrontSettings settings;
    settings.handler = echo();
    settings.tls = [this] { return gate->look()->tls; };
    return site.emplace(std::move(settings));
  }

  std::string ask(TlsVisitor& visitor) {
    std::string answer;
    const auto visit = [&]() -> awaitable<void> {
      auto asking = visitor.ask("/metrics");
      answer = co_await std::move(asking);
    };
    site->during(visit);
    return answer;
  }
  std::string ask(const TlsWants& wants = {}) {
    TlsVisitor visitor(*site, wants);
    return body_of(ask(visitor));
  }

  config_folder::Folder folder;
  std::vector<std::string> log;
  std::optional<WebGate> gate;
  std::optional<Site> site;
};

const std::string kAnswer = "GET /metrics\n";

}  // namespace

TEST_CASE("front: with a certificate it speaks TLS 1.3 and 1.2, and HTTP/1.1 in it") {
  Secured server;
  Site& site = server.open();
  TlsVisitor newer(site, {.alpn = {2, 'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1'}});
  CHECK(body_of(server.ask(newer)) == kAnswer);
  CHECK(newer.version() == "TLSv1.3");
  CHECK(newer.protocol() == "http/1.1");
  TlsVisitor older(site, {.maximum = TLS1_2_VERSION});
  CHECK(body_of(server.ask(older)) == kAnswer);
  CHECK(older.version() == "TLSv1.2");
  CHECK(server.ask({.alpn = {2, 'h', '2'}}).empty());
}

TEST_CASE("front: who speaks plain HTTP to the TLS port is told so") {
  Secured server;
  Visitor visitor(server.open());
  std::string told;
  const auto visit = [&]() -> awaitable<void> {
    auto saying = visitor.say("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    co_await std::move(saying);
    auto resting = visitor.rest();
    told = co_await std::move(resting);
  };
  server.site->during(visit);
  const std::size_t plain = told.find("HTTP/1.1 400");
  REQUIRE(plain != std::string::npos);
  CHECK(body_of(told.substr(plain)) == "This port speaks HTTPS: ask for https:// here.\n");
}

TEST_CASE("front: the file's versions and cipher suites are the ones that are spoken") {
  Secured only_13("  min_version: TLS13\n");
  only_13.open();
  CHECK(only_13.ask({.maximum = TLS1_2_VERSION}).empty());
  CHECK(only_13.ask() == kAnswer);
  Secured one_suite("  max_version: TLS12\n  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]\n");
  TlsVisitor visitor(one_suite.open());
  CHECK(body_of(one_suite.ask(visitor)) == kAnswer);
  CHECK(visitor.cipher() == "ECDHE-ECDSA-AES256-GCM-SHA384");
  CHECK(one_suite.ask({.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256"}).empty());
}

TEST_CASE("front: where a client's certificate is required, nobody is served without a good one") {
  const Identity ours = authority("ours"), other = authority("other");
  Secured server("  client_ca_file: ca.pem\n  client_auth_type: RequireAndVerifyClientCert\n");
  server.folder.write("ca.pem", ours.certificate);
  server.open();
  CHECK(server.ask().empty());
  CHECK(server.ask({.identity = named("client", &ours)}) == kAnswer);
  CHECK(server.ask({.identity = named("client", &other)}).empty());
  CHECK(server.ask({.identity = named("client")}).empty());
}

TEST_CASE("front: a client's certificate that is verified if given may be left out, but not be bad") {
  const Identity ours = authority("ours");
  Secured server("  client_ca_file: ca.pem\n  client_auth_type: VerifyClientCertIfGiven\n");
  server.folder.write("ca.pem", ours.certificate);
  server.open();
  CHECK(server.ask() == kAnswer);
  CHECK(server.ask({.identity = named("client", &ours)}) == kAnswer);
  CHECK(server.ask({.identity = named("client")}).empty());
}

TEST_CASE("front: of clients with a certificate only those with a name that is allowed are served") {
  const Identity ours = authority("ours");
  Secured server(
      "  client_ca_file: ca.pem\n  client_auth_type: RequireAndVerifyClientCert\n"
      "  client_allowed_sans: [prometheus.example, 192.0.2.7, \"2001:db8::7\"]\n");
  server.folder.write("ca.pem", ours.certificate);
  server.open();
  CHECK(server.ask({.identity = named("a", &ours, {"DNS:other.example", "DNS:prometheus.example"})}) ==
        kAnswer);
  CHECK(server.ask({.identity = named("a", &ours, {"IP:192.0.2.7"})}) == kAnswer);
  CHECK(server.ask({.identity = named("a", &ours, {"IP:2001:db8::7"})}) == kAnswer);
  CHECK(server.ask({.identity = named("a", &ours, {"DNS:other.example"})}).empty());
  CHECK(server.ask({.identity = named("prometheus.example", &ours)}).empty());
}

TEST_CASE("web gate: a renewed certificate is served from the next connection on") {
  Secured server;
  Site& site = server.open();
  TlsVisitor before(site);
  server.ask(before);
  CHECK(before.subject() == "/CN=first.example");
  server.put(named("second.example"));
  TlsVisitor after(site);
  server.ask(after);
  CHECK(after.subject() == "/CN=second.example");
  CHECK(server.log.empty());
}

TEST_CASE("web gate: what is bad after a change is told once, and what was good stays") {
  Secured server;
  Site& site = server.open();
  server.folder.write("key.pem", named("other.example").key);
  for (int i = 0; i < 2; ++i) {
    TlsVisitor visitor(site);
    server.ask(visitor);
    CHECK(visitor.subject() == "/CN=first.example");
  }
  const std::string folder = server.folder.path();
  REQUIRE(server.log.size() == 1);
  CHECK(server.log[0] == folder + "/web.yml: key_file " + folder +
                             "/key.pem holds no key of the certificate in " + folder +
                             "/cert.pem: key values mismatch");
  CHECK(server.gate->problem() == server.log[0]);
  server.folder.write("web.yml", "basic_auth_user: {}\n");
  server.gate->look();
  REQUIRE(server.log.size() == 2);
  CHECK(server.log[1] == folder +
                             "/web.yml:1:1: unknown key \"basic_auth_user\" at the top; did you mean "
                             "basic_auth_users?\n  1 | basic_auth_user: {}\n    | ^^^^^^^^^^^^^^^");
  CHECK(server.gate->look()->tls != nullptr);
  server.folder.write("web.yml", "{}\n");
  CHECK(server.gate->look()->tls == nullptr);
  CHECK(server.gate->problem().empty());
}

TEST_CASE("web gate: a file that cannot be read at the start is a problem of the start") {
  config_folder::Folder folder;
  std::vector<std::string> log;
  const auto tell = [&](const std::string& line) { log.push_back(line); };
  WebGate missing(folder.path() + "/web.yml", tell);
  CHECK(missing.problem() == folder.path() + "/web.yml: No such file or directory");
  CHECK(missing.look() == nullptr);
  folder.write("web.yml", "tls_server_config:\n  cert_file: c\n  key_file: k\n");
  CHECK(WebGate(folder.path() + "/web.yml", tell).problem() ==
        folder.path() + "/web.yml: cert_file " + folder.path() + "/c: No such file or directory");
  folder.write("c", "nothing");
  CHECK(WebGate(folder.path() + "/web.yml", tell).problem() ==
        folder.path() + "/web.yml: cert_file " + folder.path() + "/c holds no certificate: no start line");
  CHECK(log.empty());
}
