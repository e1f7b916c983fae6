// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <array>
#include <lkdoctor/proto/livekit_http.hpp>

namespace lkdoctor::proto {

std::string without_tokens(std::string_view body, std::size_t limit) {
  constexpr std::string_view kTokenCharacters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.=";
  std::string out;
  std::size_t at = 0;
  while (at < body.size() && out.size() < limit) {
    const bool echoed = body.substr(0, at).ends_with("invalid token: ");
    if (!echoed && !body.substr(at).starts_with("eyJ")) {
      out += body[at++];
      continue;
    }
    std::size_t end = body.find_first_not_of(kTokenCharacters, at);
    if (end == std::string_view::npos) end = body.size();
    if (end == at) end = at + 1;
    out += "<token>";
    at = end;
  }
  out.resize(std::min(out.size(), limit));
  return out;
}

HttpAnswer kept_answer(int status, const std::vector<std::pair<std::string, std::string>>& headers,
                       std::string_view body) {
  constexpr std::array<std::string_view, 19> kKept{"x-fastly-request-id",
                                                   "server",
                                                   "via",
                                                   "vary",
                                                   "location",
                                                   "content-type",
                                                   "www-authenticate",
                                                   "date",
                                                   "cf-ray",
                                                   "cf-mitigated",
                                                   "x-amz-cf-id",
                                                   "x-served-by",
                                                   "x-azure-ref",
                                                   "retry-after",
                                                   "connection",
                                                   "access-control-allow-origin",
                                                   "ngrok-trace-id",
                                                   "allow",
                                                   "ngrok-error-code"};
  constexpr std::size_t kLongestValue = 300;
  HttpAnswer kept{status, {}, without_tokens(body)};
  for (const auto& [name, value] : headers) {
    const bool wanted = std::ranges::find(kKept, name) != kKept.end();
    if (!wanted || kept.headers.size() >= 32) continue;
    kept.headers.emplace_back(name, without_tokens(value, kLongestValue));
  }
  return kept;
}

}  // namespace lkdoctor::proto
