// SPDX-License-Identifier: EUPL-1.2
#include "serve/response.hpp"

#include <algorithm>
#include <array>
#include <lkdoctor/text.hpp>
#include <numeric>

namespace lkdoctor::serve {
namespace {

using Named = std::pair<std::string_view, std::string_view>;

/// All that a page needs comes from the server itself, its icon from the page; nothing inline, nothing
/// framed.
constexpr std::array<Named, 5> kProtection{{
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
     "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cache-Control", "no-store"},
}};

constexpr std::array<std::pair<unsigned, std::string_view>, 21> kReasons{
    {{200, "OK"},
     {202, "Accepted"},
     {204, "No Content"},
     {302, "Found"},
     {304, "Not Modified"},
     {400, "Bad Request"},
     {401, "Unauthorized"},
     {403, "Forbidden"},
     {404, "Not Found"},
     {405, "Method Not Allowed"},
     {408, "Request Timeout"},
     {411, "Length Required"},
     {413, "Content Too Large"},
     {417, "Expectation Failed"},
     {421, "Misdirected Request"},
     {429, "Too Many Requests"},
     {431, "Request Header Fields Too Large"},
     {500, "Internal Server Error"},
     {503, "Service Unavailable"},
     {504, "Gateway Timeout"},
     {505, "HTTP Version Not Supported"}}};

}  // namespace

std::size_t Response::size() const noexcept {
  return std::accumulate(pieces.begin(), pieces.end(), body.size(),
                         [](std::size_t sum, std::string_view piece) { return sum + piece.size(); });
}

Response says(unsigned status, std::string sentence) {
  Response out;
  out.status = status;
  out.body = std::move(sentence) + "\n";
  return out;
}

std::string_view reason_of(unsigned status) {
  const auto found = std::ranges::find_if(kReasons, [&](const auto& one) { return one.first == status; });
  return found == kReasons.end() ? "Unknown" : found->second;
}

bool is_field_name(std::string_view text) {
  constexpr std::string_view kToken =  // RFC 9110 §5.6.2
      "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  return !text.empty() && text.find_first_not_of(kToken) == std::string_view::npos;
}

bool is_field_value(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

void add_protection(Response& response) {
  for (const auto& [name, value] : kProtection) {
    const std::string lower = to_lower_ascii(name);
    const bool there = std::ranges::any_of(
        response.headers, [&](const auto& header) { return to_lower_ascii(header.first) == lower; });
    if (!there) response.headers.emplace_back(name, value);
  }
}

}  // namespace lkdoctor::serve
