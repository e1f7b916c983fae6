// SPDX-License-Identifier: EUPL-1.2
#include "serve/web_config.hpp"

#include <doctest/doctest.h>

using namespace lkdoctor;
using namespace lkdoctor::serve;

namespace {

const std::string kHash = "$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG";

WebConfig good(const std::string& text) {
  const WebConfigReading reading = read_web_config("/etc/lkdoctor/web.yml", text);
  REQUIRE_MESSAGE(!reading.error, reading.error->message);
  return reading.config;
}

std::string refused(const std::string& text) {
  const WebConfigReading reading = read_web_config("web.yml", text);
  return reading.error ? reading.error->message : "accepted";
}

/// In a file with everything else that TLS needs.
std::string tls_refused(const std::string& lines) {
  return refused("tls_server_config:\n  cert_file: a\n  key_file: b\n" + lines);
}

}  // namespace

TEST_CASE("web config: exporter-toolkit's own example is understood") {
  const WebConfig config = good(R"(# TLS and basic authentication configuration example.
tls_server_config:
  cert_file: server.crt
  key_file: server.key

basic_auth_users:
  alice: $2y$10$mDwo.lAisC94iLAyP81MCesa29IzH37oigHC/42V2pdJlUprsJPze
  bob: $2y$10$hLqFl9jSjoAAy95Z/zw8Ye8wkdMBM8c5Bn1ptYqP/AXyV0.oy0S8m
)");
  REQUIRE(config.tls);
  CHECK(config.tls->cert_file == "/etc/lkdoctor/server.crt");
  CHECK(config.tls->key_file == "/etc/lkdoctor/server.key");
  CHECK(config.tls->client_auth == ClientAuth::none);
  CHECK(config.tls->min_version == 0x0303);
  CHECK(config.tls->max_version == 0x0304);
  CHECK(config.users.size() == 2);
  CHECK(config.users.at("bob").reveal() == "$2y$10$hLqFl9jSjoAAy95Z/zw8Ye8wkdMBM8c5Bn1ptYqP/AXyV0.oy0S8m");
}

TEST_CASE("web config: everything that is supported") {
  const WebConfig config = good(R"(
tls_server_config:
  cert_file: /run/cert.pem
  key_file: /run/key.pem
  client_ca_file: ca.pem
  client_auth_type: RequireAndVerifyClientCert
  client_allowed_sans: [prometheus.example, 192.0.2.1]
  min_version: TLS13
  max_version: TLS13
  cipher_suites: [TLS_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, TLS_AES_256_GCM_SHA384]
  curve_preferences:
    - X25519
    - CurveP256
  prefer_server_cipher_suites: false
http_server_config:
  http2: false
  headers:
    Strict-Transport-Security: max-age=31536000
    X-Frame-Options: deny
    X-XSS-Protection:
)");
  TlsSettings expected;
  expected.cert_file = "/run/cert.pem";
  expected.key_file = "/run/key.pem";
  expected.client_ca_file = "/etc/lkdoctor/ca.pem";
  expected.client_auth = ClientAuth::require_and_verify;
  expected.client_allowed_sans = {"prometheus.example", "192.0.2.1"};
  expected.min_version = expected.max_version = 0x0304;
  expected.ciphers = "ECDHE-RSA-AES256-GCM-SHA384";
  expected.ciphersuites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384";
  expected.groups = "X25519:P-256";
  expected.prefer_server_ciphers = false;
  CHECK(config.tls == expected);
  const std::vector<std::pair<std::string, std::string>> headers{
      {"Strict-Transport-Security", "max-age=31536000"}, {"X-Frame-Options", "deny"}};
  CHECK(config.headers == headers);
}

TEST_CASE("web config: a file without anything is plain HTTP for everybody") {
  for (const char* text : {"", "# nothing\n", "tls_server_config:\n", "{}\n", "basic_auth_users: {}\n"}) {
    const WebConfig config = good(text);
    CHECK_FALSE(config.tls);
    CHECK(config.users.empty());
  }
}

TEST_CASE("web config: a key that does not exist is shown, with the one that was meant") {
  CHECK(
      refused("tls_config:\n  cert_file: a\n") ==
      "web.yml:1:1: unknown key \"tls_config\" at the top; known are tls_server_config, http_server_config, "
      "basic_auth_users\n  1 | tls_config:\n    | ^^^^^^^^^^");
  CHECK(refused("basic_auth_user: {}\n") ==
        "web.yml:1:1: unknown key \"basic_auth_user\" at the top; did you mean basic_auth_users?\n"
        "  1 | basic_auth_user: {}\n    | ^^^^^^^^^^^^^^^");
  CHECK(tls_refused("  minversion: TLS12\n") ==
        "web.yml:4:3: unknown key \"minversion\" in tls_server_config; did you mean min_version?\n"
        "  4 |   minversion: TLS12\n    |   ^^^^^^^^^^");
  CHECK(refused("http_server_config:\n  http3: true\n") ==
        "web.yml:2:3: unknown key \"http3\" in http_server_config; did you mean http2?\n"
        "  2 |   http3: true\n    |   ^^^^^");
}

TEST_CASE("web config: what other programs support and this one does not is refused, not ignored") {
  CHECK(refused("rate_limit:\n  burst: 20\n") ==
        "web.yml:1:1: rate_limit is not supported here; take it out, or let a proxy before lkdoctor limit "
        "requests\n"
        "  1 | rate_limit:\n    | ^^^^^^^^^^");
  CHECK(refused("http_server_config:\n  http2: true\n") ==
        "web.yml:2:10: HTTP/2 is not spoken here: write http2: false, or leave it out\n"
        "  2 |   http2: true\n    |          ^^^^");
  CHECK(
      tls_refused("  key: |\n    x\n") ==
      "web.yml:4:3: key within this file is not supported here; write it to a file and name that: key_file\n"
      "  4 |   key: |\n    |   ^^^");
  CHECK(tls_refused("  min_version: TLS10\n") ==
        "web.yml:4:16: \"TLS10\" is no version of TLS that is spoken here; did you mean TLS12?\n"
        "  4 |   min_version: TLS10\n    |                ^^^^^");
}

TEST_CASE("web config: values that are none are shown, with those there are") {
  CHECK(
      tls_refused("  client_auth_type: RequireAndVerify\n") ==
      "web.yml:4:21: \"RequireAndVerify\" is no client_auth_type; known are NoClientCert, RequestClientCert, "
      "RequireAnyClientCert, RequireClientCert, VerifyClientCertIfGiven, RequireAndVerifyClientCert\n"
      "  4 |   client_auth_type: RequireAndVerify\n    |                     ^^^^^^^^^^^^^^^^");
  CHECK(tls_refused("  cipher_suites: [TLS_AES_128_GCM_SHA512]\n") ==
        "web.yml:4:19: \"TLS_AES_128_GCM_SHA512\" is no cipher suite; did you mean TLS_AES_128_GCM_SHA256?\n"
        "  4 |   cipher_suites: [TLS_AES_128_GCM_SHA512]\n    |                   ^^^^^^^^^^^^^^^^^^^^^^");
  CHECK(tls_refused("  curve_preferences: [secp256k1]\n") ==
        "web.yml:4:23: \"secp256k1\" is no curve; known are CurveP256, CurveP384, CurveP521, X25519\n"
        "  4 |   curve_preferences: [secp256k1]\n    |                       ^^^^^^^^^");
  CHECK(tls_refused("  prefer_server_cipher_suites: perhaps\n") ==
        "web.yml:4:32: prefer_server_cipher_suites must be true or false\n"
        "  4 |   prefer_server_cipher_suites: perhaps\n    |                                ^^^^^^^");
  CHECK(tls_refused("  cipher_suites: X25519\n") ==
        "web.yml:4:18: cipher_suites must be a list\n  4 |   cipher_suites: X25519\n    |                  "
        "^^^^^^");
  CHECK(refused("http_server_config:\n  headers:\n    X-Frame-Options: allow\n") ==
        "web.yml:3:22: X-Frame-Options can be deny or sameorigin\n"
        "  3 |     X-Frame-Options: allow\n    |                      ^^^^^");
  CHECK(refused("http_server_config:\n  headers:\n    Set-Cookie: a\n") ==
        "web.yml:3:5: \"Set-Cookie\" is no header that may be set here; known are Content-Security-Policy, "
        "X-Frame-Options, X-Content-Type-Options, X-XSS-Protection, Strict-Transport-Security\n"
        "  3 |     Set-Cookie: a\n    |     ^^^^^^^^^^");
  CHECK(refused("http_server_config:\n  headers:\n    X-XSS-Protection: \"0\\r\\nSet-Cookie: a\"\n") ==
        "web.yml:3:23: a header's value is one line of text\n"
        "  3 |     X-XSS-Protection: \"0\\r\\nSet-Cookie: a\"\n    |                       ^^^^^^^^^^^^^^^^");
}

TEST_CASE("web config: TLS that could not work, or would let in whom nobody meant, is refused") {
  CHECK(refused("tls_server_config:\n  key_file: b\n") ==
        "web.yml:1:1: tls_server_config needs cert_file\n  1 | tls_server_config:\n    | ^^^^^^^^^^^^^^^^^");
  CHECK(refused("tls_server_config:\n  cert_file: b\n") ==
        "web.yml:1:1: tls_server_config needs key_file\n  1 | tls_server_config:\n    | ^^^^^^^^^^^^^^^^^");
  CHECK(tls_refused("  client_ca_file: ca.pem\n") ==
        "web.yml:4:3: client_ca_file means nothing without client_auth_type; the usual one is "
        "RequireAndVerifyClientCert\n  4 |   client_ca_file: ca.pem\n    |   ^^^^^^^^^^^^^^");
  CHECK(tls_refused("  client_auth_type: RequireAndVerifyClientCert\n") ==
        "web.yml:1:1: a client_auth_type that verifies needs client_ca_file\n"
        "  1 | tls_server_config:\n    | ^^^^^^^^^^^^^^^^^");
  CHECK(tls_refused("  client_allowed_sans: [a]\n") ==
        "web.yml:4:3: client_allowed_sans needs the client_auth_type RequireAnyClientCert or "
        "RequireAndVerifyClientCert\n  4 |   client_allowed_sans: [a]\n    |   ^^^^^^^^^^^^^^^^^^^");
  CHECK(tls_refused("  min_version: TLS13\n  max_version: TLS12\n") ==
        "web.yml:1:1: min_version is above max_version\n  1 | tls_server_config:\n    | ^^^^^^^^^^^^^^^^^");
}

TEST_CASE("web config: a password that is no hash is refused, and neither is shown") {
  CHECK(refused("basic_auth_users:\n  alice: correct-horse\n") ==
        "web.yml:2:10: this is no bcrypt hash of a password; make one with htpasswd -nBC 10 \"\" | tr -d "
        "':\\n'\n"
        "  2 |   alice: *******-*****\n    |          ^^^^^^^^^^^^^");
  const std::string dear = "$2y$20$" + kHash.substr(7);
  const std::string said = refused("basic_auth_users:\n  alice: " + dear + "\n");
  CHECK(said.starts_with("web.yml:2:10: a bcrypt cost of 20 makes each login take minutes; at most 16\n"));
  CHECK(said.find(kHash.substr(10, 20)) == std::string::npos);
  CHECK(
      refused("basic_auth_users:\n  \"a:b\": " + kHash + "\n")
          .starts_with(
              "web.yml:2:3: a user's name cannot hold a colon: basic authentication ends the name there\n"));
  const std::string broken = refused("basic_auth_users:\n  alice: \"" + kHash + "\n");
  CHECK(broken.starts_with("web.yml:"));
  CHECK(broken.find(kHash.substr(10, 20)) == std::string::npos);
}

TEST_CASE("web config: a key that is there twice is refused, and what is no mapping") {
  CHECK(refused("basic_auth_users:\n  a: " + kHash + "\n  a: " + kHash + "\n")
            .starts_with("web.yml:3:3: the key \"a\" is there already\n"));
  CHECK(refused("- a\n") == "web.yml:1:1: the file must hold keys with values\n  1 | - a\n    | ^");
  CHECK(refused("basic_auth_users: [a]\n") ==
        "web.yml:1:19: basic_auth_users must hold keys with values\n"
        "  1 | basic_auth_users: [a]\n    |                   ^");
}

TEST_CASE("web config: what a bcrypt hash is") {
  CHECK(bcrypt_cost(kHash) == 10);
  CHECK(bcrypt_cost("$2a$04$" + kHash.substr(7)) == 4);
  CHECK(bcrypt_cost("$2b$31$" + kHash.substr(7)) == 31);
  for (const std::string& none :
       {std::string("secret"), std::string(), kHash.substr(1), kHash + "x", "$2z$10$" + kHash.substr(7),
        "$2y$03$" + kHash.substr(7), "$2y$1x$" + kHash.substr(7), "$2y$10$" + std::string(53, '!'),
        "$6$rounds=10$" + std::string(47, 'a')})
    CHECK_MESSAGE(!bcrypt_cost(none), none);
}
