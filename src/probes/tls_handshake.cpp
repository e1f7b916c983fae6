// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/text.hpp>

#include "probes/tls_scene.hpp"

namespace lkdoctor::probes {
namespace {

bool ok(const std::optional<net::TlsSession>& session) {
  return session && session->outcome.ok();
}

/// What IP and TCP put before a segment (RFC 791 §3.1, RFC 8200 §3, RFC 9293 §3.1); TCP's options count to
/// the segment.
std::size_t packet_of(const SegmentTrial& trial, const std::string& address) {
  constexpr std::size_t kHeaders4 = 20 + 20, kHeaders6 = 40 + 20;
  return static_cast<std::size_t>(trial.max_segment) +
         (family_of(address) == Family::ipv6 ? kHeaders6 : kHeaders4);
}

/// The same handshake in shorter packets is answered: their length is what was wrong.
bool judge_segments(const TlsScene& scene, const AddressTls& seen) {
  const SegmentTrial *passed = nullptr, *lost = nullptr;
  for (const SegmentTrial& trial : seen.segments) {
    const bool answered = trial.session.outcome.ok();
    if (answered && lost == nullptr) passed = &trial;
    if (!answered && lost == nullptr) lost = &trial;
  }
  if (passed == nullptr) return false;
  const std::size_t fit = packet_of(*passed, seen.address);
  const std::string up_to =
      lost == nullptr ? "full ones" : "of " + std::to_string(packet_of(*lost, seen.address)) + " bytes";
  scene.raise(findings::path_mtu_blackhole)
      .saying("TLS with " + scene.place() + " gets no further than the connection: packets of up to " +
              std::to_string(fit) + " bytes pass, " + up_to + " vanish on the way without a word.")
      .with("address", seen.address)
      .with("packet_bytes_passed", fit)
      .with("packet_bytes_lost", lost == nullptr ? Json() : Json(packet_of(*lost, seen.address)))
      .with("hello_bytes", seen.session.hello_bytes)
      .command("iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu");
  return true;
}

void judge_silence(const TlsScene& scene, const AddressTls& seen) {
  if (judge_segments(scene, seen)) return;
  const bool small_works = ok(seen.small);
  if (small_works) {
    scene.raise(findings::path_mtu_blackhole)
        .saying(scene.place() +
                " answers a short ClientHello and not one as long as browsers send: packets above " +
                "some size are lost on the way.")
        .with("address", seen.address)
        .with("hello_bytes_lost", seen.session.hello_bytes)
        .with("hello_bytes_answered", seen.small->hello_bytes)
        .sure(Confidence::likely);
    return;
  }
  scene.raise(findings::endpoint_stalls)
      .saying(scene.place() + " accepts the connection and then says nothing.")
      .with("address", seen.address)
      .with("stage", "tls");
}

void judge_no_tls(const TlsScene& scene, const AddressTls& seen) {
  if (seen.plain && seen.plain->answer.status != 0) {
    scene.raise(findings::tls_plain_http)
        .saying(scene.place() + " speaks plain HTTP where " + scene.survey.where.url + " needs TLS.")
        .with("address", seen.address)
        .with("http_status", seen.plain->answer.status);
    return;
  }
  scene.raise(findings::tls_handshake_fails)
      .saying(scene.place() + " does not speak TLS.")
      .with("address", seen.address)
      .with("error", seen.session.outcome.text);
}

/// Until TLS 1.2 it ends the handshake.
void judge_client_certificate(const TlsScene& scene, const AddressTls& seen) {
  const bool open = scene.side == Side::public_url;
  scene.raise(open ? findings::proxy_auth_or_waf_intercepts : findings::tls_handshake_fails)
      .saying(scene.place() + " ends every TLS session for want of a certificate of the client, and " +
              (open ? "participants' browsers have none." : "nobody who comes by service_url has one."))
      .change(
          "Ask for no client certificate at this URL (HAProxy: verify none; Apache: SSLVerifyClient none; "
          "Caddy: no client_auth)")
      .with("address", seen.address)
      .with("error", seen.session.outcome.text);
}

void judge_failure(const TlsScene& scene, const AddressTls& seen) {
  const net::NetOutcome& outcome = seen.session.outcome;
  if (outcome.text.ends_with("for want of a client's certificate"))
    return judge_client_certificate(scene, seen);
  std::string hint;
  if (outcome.text == "alert unrecognized_name" || outcome.text == "alert internal_error") {
    hint = " The server knows no host of this name, or has no certificate for it yet.";
  }
  scene.raise(findings::tls_handshake_fails)
      .saying("No TLS session with " + scene.place() + ": " + outcome.text + "." + hint)
      .with("address", seen.address)
      .with("error", outcome.text);
}

}  // namespace

void judge_handshake(const TlsScene& scene, const AddressTls& seen) {
  const net::NetOutcome& outcome = seen.session.outcome;
  if (outcome.ok()) {
    if (!ok(seen.old)) return;
    scene.raise(findings::tls_weak_protocol)
        .graded(Severity::warning)
        .saying(scene.place() + " still accepts " + seen.old->version +
                ", which has been insecure for years.")
        .with("address", seen.address)
        .with("version", seen.old->version);
    return;
  }
  if (outcome.error == net::NetError::timed_out) return judge_silence(scene, seen);
  if (ok(seen.old)) {
    scene.raise(findings::tls_weak_protocol)
        .saying(scene.place() + " speaks " + seen.old->version +
                " at most; browsers and LiveKit's clients refuse it.")
        .with("address", seen.address)
        .with("version", seen.old->version);
    return;
  }
  if (ok(seen.any_protocol)) {
    scene.raise(findings::alpn_h2_only)
        .saying(scene.place() + " refuses HTTP/1.1 and speaks " + printable(seen.any_protocol->alpn, 20) +
                " alone: WebSockets cannot be opened.")
        .with("address", seen.address);
    return;
  }
  if (seen.plain) return judge_no_tls(scene, seen);
  judge_failure(scene, seen);
}

}  // namespace lkdoctor::probes
