// SPDX-License-Identifier: EUPL-1.2
#include <array>
#include <lkdoctor/net/tcp.hpp>
#include <lkdoctor/net/timer.hpp>
#include <lkdoctor/net/udp.hpp>
#include <lkdoctor/probes/names.hpp>
#include <lkdoctor/probes/tls_survey.hpp>
#include <lkdoctor/wall_clock.hpp>

namespace lkdoctor::probes {
namespace {

constexpr int kTls10 = 0x0301, kTls11 = 0x0302;  // RFC 8446 §4.1.2, legacy_version values
/// Three SYNs (at 0, 1 and 3 s) fit, and time is left for the second look.
constexpr Milliseconds kPatience{5000};
constexpr Milliseconds kSecondPatience{3000};
constexpr std::size_t kMostAddresses = 8;

net::TlsOptions options_for(const facts::UrlAddresses& where, const Deployment& deployment) {
  net::TlsOptions options;
  options.server_name = where.host;
  options.ca_files = deployment.run.ca_files;
  return options;
}

awaitable<void> shake(net::TlsSession* into, Endpoint peer, net::TlsOptions options, Deadline deadline,
                      net::Proxy proxy) {
  *into = co_await net::probe_tls(std::move(peer), std::move(options), deadline, std::move(proxy));
}

bool reached(const AddressTls& seen) {
  return seen.session.outcome.stage != net::Stage::connect && !seen.session.outcome.at_forward_proxy();
}

bool stalled(const net::TlsSession& session) {
  return session.outcome.stage == net::Stage::tls && session.outcome.error == net::NetError::timed_out;
}

bool speaks_no_tls(const net::TlsSession& session) {
  if (session.outcome.error == net::NetError::not_tls) return true;
  return session.outcome.error == net::NetError::tls_refused && session.received_bytes > 0 &&
         session.chain.empty() && !session.outcome.text.starts_with("alert");
}

/// With TLS 1.0 and 1.1 alone on offer; the security level of this handshake is lowered for it.
net::TlsOptions old_options(net::TlsOptions options) {
  options.minimum_version = kTls10;
  options.maximum_version = kTls11;
  options.padded_hello = false;
  return options;
}

awaitable<void> ask_plain(Probe& probe, AddressTls* into, facts::UrlAddresses where, Deadline deadline) {
  where.tls = false;
  net::HttpSession session(target_for(where, into->address, probe.deployment(), false));
  std::vector<Question> questions;
  questions.push_back(question("plain", "/"));
  std::vector<Asked> answers = co_await ask_all(probe, session, std::move(questions), deadline);
  into->plain = std::move(answers.front());
}

/// Packets above some size may be lost, of the ClientHello or of the answer. With an MSS that is told to the
/// peer too, none is that long. An own PMTU of the kernel is not enough: nobody told it.
awaitable<void> look_at_sizes(Probe& probe, AddressTls* into, facts::UrlAddresses where, Deadline deadline) {
  // Packets of IPv4: the least that all take, IPv6's minimum, and what tunnels leave (WireGuard 1420).
  constexpr std::array kSegments{536, 1160, 1220, 1300, 1380};
  const Endpoint peer{into->address, where.port};
  const net::Proxy proxy = proxy_named(where.via_proxy, probe.deployment());
  net::TlsOptions options = options_for(where, probe.deployment());
  std::vector<awaitable<void>> handshakes;
  into->segments.resize(proxy.in_use() ? 0 : kSegments.size());
  for (std::size_t i = 0; i < into->segments.size(); ++i) {
    options.max_segment = into->segments[i].max_segment = kSegments.at(i);
    handshakes.push_back(shake(&into->segments[i].session, peer, options, deadline, proxy));
  }
  options.max_segment = 0;
  options.padded_hello = false;
  into->small.emplace();
  handshakes.push_back(shake(&*into->small, peer, options, deadline, proxy));
  co_await net::all(std::move(handshakes));
}

/// What the first handshake left open.
awaitable<void> look_again(Probe& probe, AddressTls* into, facts::UrlAddresses where, Deadline deadline) {
  const Endpoint peer{into->address, where.port};
  net::TlsOptions options = options_for(where, probe.deployment());
  const net::TlsSession& first = into->session;
  std::optional<net::TlsSession>* second = nullptr;
  if (stalled(first)) {
    co_return co_await look_at_sizes(probe, into, std::move(where), deadline);
  } else if (!first.chain.empty() && !first.name_matches) {
    options.server_name.clear();
    second = &into->without_name;
  } else if (first.outcome.text == "alert no_application_protocol") {
    options.alpn = {"h2", "http/1.1"};
    second = &into->any_protocol;
  }
  net::Proxy proxy = proxy_named(where.via_proxy, probe.deployment());
  if (second != nullptr)
    *second = co_await net::probe_tls(peer, std::move(options), deadline, std::move(proxy));
  if (speaks_no_tls(first)) co_await ask_plain(probe, into, std::move(where), deadline);
}

/// Where nobody needs to answer us, silence must not cost a handshake's patience.
awaitable<bool> accepts(Probe& probe, Side side, Endpoint peer, net::NetOutcome* outcome) {
  if (side == Side::public_url || probe.deployment().run.vantage == Vantage::controller) co_return true;
  const Deadline connect_by = co_await connect_patience(probe, side);
  const net::Dialled dialled = co_await net::dial(std::move(peer), connect_by);
  *outcome = dialled.outcome;
  co_return dialled.outcome.ok();
}

awaitable<void> survey_address(Probe& probe, Side side, AddressTls* into, facts::UrlAddresses where) {
  const Endpoint peer{into->address, where.port};
  const net::Proxy proxy = proxy_named(where.via_proxy, probe.deployment());
  into->has_route = proxy.in_use() || !net::source_address_for(peer).empty();
  bool accepted = proxy.in_use();
  if (!accepted) accepted = co_await accepts(probe, side, peer, &into->session.outcome);
  if (!accepted) co_return;
  const net::TlsOptions options = options_for(where, probe.deployment());
  const Deadline deadline = earlier(Clock::now() + kPatience, probe.deadline() - Milliseconds(500));
  into->old.emplace();
  std::vector<awaitable<void>> handshakes;
  handshakes.push_back(shake(&into->session, peer, options, deadline, proxy));
  handshakes.push_back(shake(&*into->old, peer, old_options(options), deadline, proxy));
  co_await net::all(std::move(handshakes));
  if (!reached(*into)) co_return;
  const Deadline second = earlier(Clock::now() + kSecondPatience, probe.deadline() - Milliseconds(300));
  co_await look_again(probe, into, std::move(where), second);
}

}  // namespace

std::optional<std::string> no_tls_url(const Deployment& deployment, Side side) {
  if (auto reason = no_url(deployment, side)) return reason;
  if (parse_url(url_of(deployment, side).value)->tls()) return std::nullopt;
  return std::string(name_of(side)) + " is not https or wss: there is no TLS to look at";
}

awaitable<TlsSurvey> survey_tls(Probe& probe, Side side) {
  TlsSurvey survey;
  survey.where = probe.fact(addresses_of(side));
  survey.seen_at_s = wall_seconds();
  for (const std::string& address : survey.where.addresses) {
    if (survey.addresses.size() == kMostAddresses) break;
    AddressTls& seen = survey.addresses.emplace_back();
    seen.address = address;
  }
  std::vector<awaitable<void>> work;
  for (AddressTls& seen : survey.addresses) work.push_back(survey_address(probe, side, &seen, survey.where));
  co_await net::all(std::move(work));
  if (!survey.addresses.empty()) {
    probe.phase("connect", survey.addresses.front().session.connect);
    probe.phase("tls", survey.addresses.front().session.handshake);
  }
  co_return survey;
}

}  // namespace lkdoctor::probes
