// SPDX-License-Identifier: EUPL-1.2
#include "serve/host_rule.hpp"

#include <algorithm>
#include <lkdoctor/text.hpp>
#include <lkdoctor/url.hpp>

namespace lkdoctor::serve {
namespace {

namespace asio = boost::asio;

/// Without its port; nullopt: no host.
std::optional<std::string> host_of(std::string_view authority) {
  const auto parts = parse_host_port(authority, 80);
  if (!parts) return std::nullopt;
  std::string host = parts->host;
  if (host.ends_with('.')) host.pop_back();  // a name from the root means the same
  return host;
}

/// Browsers name the page that asks (Fetch, "Origin"); other clients have none.
bool is_from_another_site(const Request& request) {
  const std::string origin = request.header("origin");
  if (origin.empty()) return false;
  const std::size_t slashes = origin.find("://");
  return slashes == std::string::npos ||
         to_lower_ascii(origin.substr(slashes + 3)) != to_lower_ascii(request.authority);
}

asio::awaitable<Response> ask(const HostRule& rule, const Handler& handler, Request request) {
  if (auto objection = rule.objection(request)) co_return std::move(*objection);
  auto answering = handler(std::move(request));
  Response response = co_await std::move(answering);
  co_return response;
}

}  // namespace

HostRule::HostRule(std::vector<std::string> names) : names_(std::move(names)) {
  for (std::string& name : names_) name = to_lower_ascii(name);
  names_.emplace_back("localhost");
}

std::optional<Response> HostRule::objection(const Request& request) const {
  if (!request.authority.empty()) {
    const auto host = host_of(request.authority);
    if (!host) return says(400, "The Host header names no host.");
    if (!is_numeric_address(*host) && std::ranges::find(names_, *host) == names_.end())
      return says(421, "This server is not known as \"" + printable(*host, 80) +
                           "\". If that is a name of it, give it with --web.external-url.");
  }
  if (!request.only_reads() && is_from_another_site(request))
    return says(403, "A page of another site may not ask for this.");
  return std::nullopt;
}

Handler guarded(HostRule rule, Handler handler) {
  const auto kept = std::make_shared<const std::pair<HostRule, Handler>>(std::move(rule), std::move(handler));
  return [kept](Request request) { return ask(kept->first, kept->second, std::move(request)); };
}

}  // namespace lkdoctor::serve
