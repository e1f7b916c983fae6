// SPDX-License-Identifier: EUPL-1.2
#include "probes/page_origin.hpp"

namespace lkdoctor::probes {
namespace {

/// RFC 6454 §6.2; an IPv6 address stands in brackets (RFC 3986 §3.2.2).
std::string origin_of(bool tls, const std::string& host, std::uint16_t port) {
  const std::uint16_t usual = tls ? 443 : 80;
  const std::string shown = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return (tls ? "https://" : "http://") + shown + (port == usual ? "" : ":" + std::to_string(port));
}

}  // namespace

PageOrigin page_origin(const Deployment& deployment, const facts::UrlAddresses& where) {
  const bool set = deployment.controller && deployment.controller->frontend_base_url.is_set();
  const auto page = set ? parse_url(deployment.controller->frontend_base_url.value) : std::nullopt;
  if (page && !page->host.empty()) return {origin_of(page->tls(), page->host, page->port), true};
  return {origin_of(where.tls, where.host, where.port), false};
}

}  // namespace lkdoctor::probes
