// SPDX-License-Identifier: EUPL-1.2
#include <fmt/chrono.h>

#include <algorithm>
#include <lkdoctor/text.hpp>

#include "probes/tls_scene.hpp"

namespace lkdoctor::probes {
namespace {

constexpr std::int64_t kDay = 86400;
constexpr std::int64_t kSoon = 14 * kDay;
constexpr std::int64_t kLifetimeShare = 5;  // warned about in the last fifth of its life
constexpr std::size_t kShownNames = 5;

std::string ago(std::int64_t seconds) {
  if (seconds < 2 * 3600)
    return counted(static_cast<std::size_t>(std::max<std::int64_t>(seconds / 60, 0)), "minute", "minutes");
  if (seconds < 2 * kDay) return counted(static_cast<std::size_t>(seconds / 3600), "hour", "hours");
  return counted(static_cast<std::size_t>(seconds / kDay), "day", "days");
}

std::string clock_note(const TlsScene& scene) {
  return scene.clock_error ? " (by its peers' clocks: this machine's is wrong)" : "";
}

std::string list_of(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size() && i < kShownNames; ++i) {
    out += (i == 0 ? "" : ", ") + printable(names[i], 80);
  }
  return names.size() > kShownNames ? out + ", …" : out;
}

Finding& with_certificate(Finding& finding, const AddressTls& seen, const net::Certificate& certificate) {
  return finding.with("address", seen.address)
      .quoting("certificate_subject", certificate.subject)
      .quoting("certificate_issuer", certificate.issuer)
      .with("not_before", iso_time(certificate.not_before))
      .with("not_after", iso_time(certificate.not_after));
}

/// The certificate whose dates spoil the chain: the leaf, or one above it where the leaf's are right.
const net::Certificate* outdated(const TlsScene& scene, const net::TlsSession& session) {
  const auto bad = [&](const net::Certificate& certificate) {
    return certificate.not_after < scene.now() || certificate.not_before > scene.now();
  };
  if (bad(session.chain.front())) return &session.chain.front();
  // What is sent but not needed may be as old as it likes.
  if (session.trusted || !session.trusted_but_for_dates) return nullptr;
  const auto found = std::ranges::find_if(session.chain, bad);
  return found == session.chain.end() ? nullptr : &*found;
}

void judge_dates(const TlsScene& scene, const AddressTls& seen, const net::TlsSession& session) {
  const net::Certificate& leaf = session.chain.front();
  if (const net::Certificate* bad = outdated(scene, session)) {
    const std::string whose = bad == &leaf ? "The certificate of " : "An intermediate certificate sent by ";
    if (bad->not_after < scene.now()) {
      with_certificate(scene.raise(findings::tls_cert_expired), seen, *bad)
          .saying(whose + scene.place() + " expired " + ago(scene.now() - bad->not_after) + " ago" +
                  clock_note(scene) + ".");
    } else {
      with_certificate(scene.raise(findings::tls_cert_not_yet_valid), seen, *bad)
          .saying(whose + scene.place() + " is valid only in " + ago(bad->not_before - scene.now()) +
                  clock_note(scene) + ".");
    }
    return;
  }
  const std::int64_t left = leaf.not_after - scene.now();
  const auto days = scene.deployment.run.thresholds.certificate_days;
  const std::int64_t usual = std::min(kSoon, (leaf.not_after - leaf.not_before) / kLifetimeShare);
  if (static_cast<double>(left) >= (days ? *days * kDay : static_cast<double>(usual))) return;
  with_certificate(scene.raise(findings::tls_cert_expires_soon), seen, leaf)
      .saying("The certificate of " + scene.place() + " expires in " + ago(left) + clock_note(scene) + ".")
      .with("seconds_left", left);
}

/// Certificates that a proxy makes for itself when it could not get a real one.
bool is_fallback(const net::Certificate& leaf) {
  return leaf.subject.find("TRAEFIK DEFAULT CERT") != std::string::npos ||
         leaf.issuer.find("Caddy Local Authority") != std::string::npos;
}

/// Makers of programs that open TLS on the way, as they name themselves in their authorities.
bool names_an_interceptor(const std::string& issuer) {
  constexpr std::string_view kNames[] = {"zscaler",   "fortinet",    "fortigate", "palo alto", "sophos",
                                         "blue coat", "netskope",    "squid",     "mitmproxy", "barracuda",
                                         "umbrella",  "check point", "watchguard"};
  const std::string words = to_lower_ascii(issuer);
  return std::ranges::any_of(kNames, [&](std::string_view name) { return words.find(name) != words.npos; });
}

/// Through a forward proxy, an unknown authority may be the proxy's own. It issues; a certificate that signs
/// itself was made for one server.
bool may_be_the_proxys(const TlsScene& scene, const net::Certificate& leaf) {
  return !scene.survey.where.via_proxy.empty() && !leaf.self_issued && scene.concerns_us();
}

void raise_interception(const TlsScene& scene, const AddressTls& seen, const net::Certificate& leaf,
                        const net::TlsSession& session) {
  const std::string& proxy = scene.survey.where.via_proxy;
  const bool known = names_an_interceptor(leaf.issuer);
  Finding& finding = with_certificate(scene.raise(findings::tls_intercepted_by_proxy), seen, leaf);
  finding.sure(known ? Confidence::likely : Confidence::possible)
      .saying("Through the forward proxy " + proxy + ", " + scene.place() +
              " presents a certificate of an authority that this machine does not know: " +
              (known ? "the proxy opens TLS and shows its own certificate."
                     : "the proxy opens TLS, or the server has a private CA."))
      .with("proxy", proxy)
      .with("verification", session.trust_error);
}

void judge_unknown_issuer(const TlsScene& scene, const AddressTls& seen, const net::TlsSession& session) {
  const net::Certificate& leaf = session.chain.front();
  const std::string kind = leaf.self_issued ? "a self-signed certificate" : "a certificate of a private CA";
  if (is_fallback(leaf)) {
    with_certificate(scene.raise(findings::acme_cannot_issue), seen, leaf)
        .saying("The proxy at " + scene.place() + " serves its own fallback certificate: it got none for " +
                scene.host() + ".");
    return;
  }
  if (may_be_the_proxys(scene, leaf)) return raise_interception(scene, seen, leaf, session);
  if (scene.side == Side::service_url) {
    if (!scene.at_controller()) {
      return scene.judgement.not_tested("whether the controller trusts " + scene.survey.where.url,
                                        "it presents " + kind + ", which this machine does not trust",
                                        "run where the controller runs: lkdoctor check --vantage controller");
    }
    with_certificate(scene.raise(findings::internal_tls_untrusted_by_controller), seen, leaf)
        .saying("The controller does not trust " + scene.place() + " of service_url: " + kind + ".");
    return;
  }
  Finding& finding = with_certificate(scene.raise(findings::tls_self_signed), seen, leaf);
  finding.saying(scene.place() + " presents " + kind + "; browsers refuse it for WebSockets without asking.")
      .with("verification", session.trust_error);
  const Audience audience = scene.deployment.run.audience;
  const bool managed = audience == Audience::lan || audience == Audience::vpn;
  if (!leaf.self_issued && managed) {
    finding.graded(Severity::warning)
        .saying(scene.place() + " presents " + kind +
                ": only devices on which that CA was installed connect.");
  }
}

void judge_issuer(const TlsScene& scene, const AddressTls& seen, const net::TlsSession& session) {
  if (session.trusted || session.trusted_but_for_dates) return;
  if (session.incomplete_because.empty()) return judge_unknown_issuer(scene, seen, session);
  with_certificate(scene.raise(findings::tls_chain_incomplete), seen, session.chain.front())
      .saying(scene.place() +
              " does not send its intermediate certificate; clients that have not seen it elsewhere refuse.")
      .with("certificates_sent", session.chain.size())
      .with("because", session.incomplete_because)
      .with("verification", session.trust_error)
      .sure(session.trusted_with_intermediates ? Confidence::proven : Confidence::likely)
      .command("openssl s_client -connect " +
               shell_quoted(scene.survey.where.host + ":" + std::to_string(scene.survey.where.port)) +
               " -servername " + shell_quoted(scene.survey.where.host) + " -showcerts </dev/null");
}

std::string default_host_note(const AddressTls& seen, const net::Certificate& leaf) {
  if (!seen.without_name || seen.without_name->chain.empty()) return "";
  const net::Certificate& other = seen.without_name->chain.front();
  if (other.sha256 == leaf.sha256)
    return " It is what the server shows to anyone: no virtual host has this name.";
  return "";
}

void judge_name(const TlsScene& scene, const AddressTls& seen, const net::TlsSession& session) {
  const net::Certificate& leaf = session.chain.front();
  const bool issuer_is_known =
      session.trusted || session.trusted_but_for_dates || !session.incomplete_because.empty();
  // A self-signed certificate is useless whatever its name: one problem, one finding.
  if (session.name_matches || (!issuer_is_known && scene.concerns_us())) return;
  const std::string names = leaf.names.empty() ? "no name at all" : list_of(leaf.names);
  Finding& finding = with_certificate(scene.raise(findings::tls_name_mismatch), seen, leaf);
  const bool dot = scene.survey.where.host.ends_with('.');
  finding.saying("The certificate on " + scene.place() + " is for " + names + ", not for " + scene.host() +
                 (dot ? "" : ".") + default_host_note(seen, leaf));
  finding.quoting("names", list_of(leaf.names));
  if (dot) {
    finding.with("host_ends_in_dot", true)
        .change(
            "Remove the dot at the end of the host name in the URL: the server may know the name without it "
            "alone. If that does not help, serve a certificate of this name");
  } else if (is_numeric_address(scene.survey.where.host) && !leaf.names.empty()) {
    finding.change(
        "Put the name that the certificate holds into the URL in place of the address, and let it lead "
        "there");
  }
  if (seen.without_name && !seen.without_name->chain.empty()) {
    finding.quoting("names_without_sni", list_of(seen.without_name->chain.front().names));
  }
}

void judge_strength(const TlsScene& scene, const AddressTls& seen, const net::TlsSession& session) {
  const auto weak =
      std::ranges::find_if(session.chain, [](const net::Certificate& each) { return each.weak; });
  if (weak == session.chain.end()) return;
  const bool root = weak->self_issued && weak != session.chain.begin();
  if (root) return;
  with_certificate(scene.raise(findings::tls_weak_key), seen, *weak)
      .saying("The certificate of " + scene.place() + " is too weak: " + weak->key + ", " + weak->signature +
              ".")
      .with("key", weak->key)
      .with("signature", weak->signature);
}

}  // namespace

std::string iso_time(std::int64_t seconds) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

void judge_certificate(const TlsScene& scene, const AddressTls& seen, const net::TlsSession& session) {
  judge_dates(scene, seen, session);
  judge_issuer(scene, seen, session);
  judge_name(scene, seen, session);
  judge_strength(scene, seen, session);
}

}  // namespace lkdoctor::probes
