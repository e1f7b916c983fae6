// SPDX-License-Identifier: EUPL-1.2
#include "demo/behaviour.hpp"

#include <array>

#include "demo/demo.hpp"

namespace lkdoctor::demo {
namespace {

struct Entry {
  Fault fault;
  void (*apply)(Behaviour&);
};

constexpr std::array kEntries{
    Entry{{"api-key-unknown", "controller.toml names a key that LiveKit does not have"},
          [](Behaviour& b) { b.controller_key = "old-controller"; }},
    Entry{{"api-secret-mismatch", "both sides have the key, with different secrets"},
          [](Behaviour& b) {
            b.controller_secret = "0123456789abcdefghijklmnopqrstuvwxyzABCD";
            b.livekit_secret = "DCBAzyxwvutsrqponmlkjihgfedcba9876543210";
          }},
    Entry{{"clock-skew", "LiveKit's clock is 90 s ahead"},
          [](Behaviour& b) { b.clock_ahead = std::chrono::seconds(90); }},
    Entry{{"config-unknown-field", "livekit.yaml has a key with a typing error"},
          [](Behaviour& b) { b.livekit_lines = "log_levle: info\n"; }},
    Entry{{"default-or-sample-credentials", "the documentation's example secret is in use"},
          [](Behaviour& b) {
            b.controller_key = b.livekit_key = "controller_key";
            b.controller_secret = b.livekit_secret = "-secret-";
          }},
    Entry{{"endpoint-stalls", "the public port accepts connections and then says nothing"},
          [](Behaviour& b) { b.stalls = true; }},
    Entry{{"ice-tcp-behind-proxy", "a web server answers on the ICE/TCP port"},
          [](Behaviour& b) { b.ice_tcp = IceTcpKind::web_server; }},
    Entry{{"ice-tcp-closed", "nothing listens on the ICE/TCP port"},
          [](Behaviour& b) { b.ice_tcp = IceTcpKind::closed; }},
    Entry{{"keys-not-loaded", "livekit.yaml has no keys"}, [](Behaviour& b) { b.without_keys = true; }},
    Entry{{"not-ready-406", "LiveKit says that it is not ready"}, [](Behaviour& b) { b.not_ready = true; }},
    Entry{{"plain-ws-from-https", "public_url says http while the web page is https"},
          [](Behaviour& b) {
            b.public_scheme = "http";
            b.tls = false;
          }},
    Entry{{"proxy-auth-or-waf-intercepts", "the proxy asks for a login"},
          [](Behaviour& b) { b.asks_login = true; }},
    Entry{{"proxy-backend-down", "LiveKit does not run: the proxy says 502"},
          [](Behaviour& b) {
            b.gateway_error = 502;
            b.service_closed = true;
            b.ice_tcp = IceTcpKind::closed;
          }},
    Entry{{"proxy-path-mismatch", "LiveKit is mounted at /livekit, public_url has no path"},
          [](Behaviour& b) { b.mounted_at = "/livekit"; }},
    Entry{{"proxy-strips-authorization", "the proxy drops the Authorization header"},
          [](Behaviour& b) { b.strips_authorization = true; }},
    Entry{{"public-url-redirects", "the proxy redirects to another place"},
          [](Behaviour& b) { b.redirects = true; }},
    Entry{{"secret-too-short", "the secret has 16 characters"},
          [](Behaviour& b) { b.controller_secret = b.livekit_secret = "k3Vq9-short-one!"; }},
    Entry{{"tls-cert-expired", "the certificate has expired"},
          [](Behaviour& b) { b.certificate = CertificateKind::expired; }},
    Entry{{"tls-cert-expires-soon", "the certificate ends in two days"},
          [](Behaviour& b) { b.certificate = CertificateKind::expires_soon; }},
    Entry{{"tls-cert-not-yet-valid", "the certificate begins tomorrow"},
          [](Behaviour& b) { b.certificate = CertificateKind::not_yet_valid; }},
    Entry{{"tls-chain-incomplete", "the intermediate certificate is not sent"},
          [](Behaviour& b) { b.certificate = CertificateKind::leaf_only; }},
    Entry{{"tls-name-mismatch", "the certificate is for another name"},
          [](Behaviour& b) { b.certificate = CertificateKind::wrong_name; }},
    Entry{{"tls-plain-http", "the public port speaks plain HTTP"}, [](Behaviour& b) { b.tls = false; }},
    Entry{{"tls-self-signed", "the certificate is self-signed"},
          [](Behaviour& b) { b.certificate = CertificateKind::self_signed; }},
    Entry{{"wrong-backend", "another site answers at public_url"}, [](Behaviour& b) { b.other_site = true; }},
    Entry{{"ws-upgrade-stripped", "the proxy drops the WebSocket upgrade"},
          [](Behaviour& b) { b.strips_upgrade = true; }},
};

constexpr std::array<Fault, kEntries.size()> kFaults = [] {
  std::array<Fault, kEntries.size()> faults{};
  for (std::size_t i = 0; i < kEntries.size(); ++i) faults[i] = kEntries[i].fault;
  return faults;
}();

}  // namespace

std::span<const Fault> faults() {
  return kFaults;
}

std::optional<Behaviour> behaviour_for(std::string_view fault) {
  Behaviour behaviour;
  if (fault.empty()) return behaviour;
  for (const Entry& entry : kEntries) {
    if (entry.fault.finding != fault) continue;
    entry.apply(behaviour);
    return behaviour;
  }
  return std::nullopt;
}

}  // namespace lkdoctor::demo
