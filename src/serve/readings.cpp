// SPDX-License-Identifier: EUPL-1.2
#include "serve/readings.hpp"

#include <algorithm>
#include <span>

namespace lkdoctor::serve {
namespace {

const CheckResult* find(const Report& report, std::string_view check) {
  const auto found = std::ranges::find(report.checks, check, &CheckResult::id);
  return found == report.checks.end() ? nullptr : &*found;
}

const OrderedJson* fact(const Report& report, std::string_view check, std::string_view name) {
  const CheckResult* result = find(report, check);
  if (result == nullptr || !result->facts.is_object()) return nullptr;
  const auto found = result->facts.find(name);
  return found == result->facts.end() ? nullptr : &*found;
}

std::optional<double> number(const Report& report, std::string_view check, std::string_view name) {
  const OrderedJson* value = fact(report, check, name);
  return value != nullptr && value->is_number() ? std::optional(value->get<double>()) : std::nullopt;
}

std::optional<double> earlier(std::optional<double> one, std::optional<double> other) {
  if (!one || !other) return one ? one : other;
  return std::min(*one, *other);
}

/// All four are known once any interval is.
void read_ports(const Report& report, Readings& out) {
  const OrderedJson* intervals = fact(report, "udp_range", "intervals");
  if (intervals == nullptr || !intervals->is_array() || intervals->empty()) return;
  out.ports.fill(0);
  for (const OrderedJson& one : *intervals) {
    const std::string state = one.value("state", "");
    const auto result = std::ranges::find(kPortResults, state);
    if (result == kPortResults.end()) continue;
    *out.ports[static_cast<std::size_t>(result - kPortResults.begin())] +=
        one.value("to", 0.0) - one.value("from", 0.0) + 1;
  }
}

/// What says that LiveKit sends clients to another address than the one at which it is reached.
constexpr std::string_view kMismatches[] = {"wrong-wan-ip",          "stale-external-ip",
                                            "private-ip-advertised", "docker-bridge-ip-advertised",
                                            "loopback-node-ip",      "node-ip-unusable"};

bool is_mismatch(const ReportedFinding& reported) {
  return reported.finding.severity != Severity::info &&
         std::ranges::find(kMismatches, reported.finding.id) != std::end(kMismatches);
}

/// A session that came about proves an address; that nothing answers proves none wrong.
std::optional<double> address_match(const Report& report) {
  for (const CheckResult& check : report.checks) {
    if (std::ranges::any_of(check.findings, is_mismatch)) return 0;
  }
  for (const std::string_view check : {"media_udp", "media_tcp"}) {
    const OrderedJson* connected = fact(report, check, "connected");
    if (connected != nullptr && *connected == true) return 1;
  }
  return std::nullopt;
}

}  // namespace

Readings readings_of(const Report& report) {
  Readings out;
  for (std::size_t at = 0; at < kTransports.size(); ++at) {
    const std::string_view check = kTransports[at].check;
    if (const auto rtt = number(report, check, "rtt_ms")) out.rtt_seconds[at] = *rtt / 1000;
    out.loss_ratio[at] = number(report, check, "loss_ratio");
  }
  read_ports(report, out);
  out.certificate_expiry = earlier(number(report, "tls_public", "earliest_cert_expiry"),
                                   number(report, "tls_service", "earliest_cert_expiry"));
  out.clock_skew_seconds = number(report, "api_key", "server_clock_offset_seconds");
  out.external_address_match = address_match(report);
  return out;
}

}  // namespace lkdoctor::serve
