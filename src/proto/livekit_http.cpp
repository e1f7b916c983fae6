// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <array>
#include <lkdoctor/proto/livekit_http.hpp>
#include <lkdoctor/text.hpp>

namespace lkdoctor::proto {
namespace {

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// Every answer of LiveKit but the 101 carries it, whether an Origin was sent or not; proxies pass it on.
bool has_livekit_vary(const HttpAnswer& answer) {
  return std::ranges::any_of(answer.headers, [](const auto& header) {
    return header.first == "vary" && has(to_lower_ascii(header.second), "origin");
  });
}

Speaker speaker_by_server_header(std::string_view server) {
  struct Known {
    std::string_view word;
    Speaker speaker;
  };
  constexpr std::array<Known, 9> kKnown{{{"nginx", Speaker::nginx},
                                         {"openresty", Speaker::nginx},
                                         {"apache", Speaker::apache},
                                         {"caddy", Speaker::caddy},
                                         {"traefik", Speaker::traefik},
                                         {"haproxy", Speaker::haproxy},
                                         {"envoy", Speaker::envoy},
                                         {"cloudflare", Speaker::cloudflare},
                                         {"awselb", Speaker::aws}}};
  for (const Known& known : kKnown) {
    if (has(server, known.word)) return known.speaker;
  }
  return Speaker::unknown;
}

/// A proxy's own pages (seen: nginx 1.22, HAProxy 2.6, Caddy 2.6, Apache 2.4).
Speaker proxy_of(const HttpAnswer& answer) {
  const std::string& body = answer.body;
  if (has(body, "<center>nginx") || has(body, "<center>openresty")) return Speaker::nginx;
  if (has(body, "<address>Apache") || has(body, "The proxy server could not handle the request")) {
    return Speaker::apache;
  }
  if (has(body, "No server is available to handle this request") ||
      has(body, "The server returned an invalid or incomplete response") ||
      has(body, "The server didn't respond in time") || has(body, "Your browser sent an invalid request")) {
    return Speaker::haproxy;
  }
  if (has(body, "no healthy upstream") || body.starts_with("upstream connect error")) return Speaker::envoy;
  if (trimmed(body) == "no available server") return Speaker::traefik;
  const Speaker named = speaker_by_server_header(to_lower_ascii(answer.header("server")));
  if (named != Speaker::unknown) return named;
  const bool bare = trimmed(body) == "Bad Gateway" || trimmed(body) == "Gateway Timeout" ||
                    trimmed(body) == "Service Unavailable";
  return bare ? Speaker::traefik : Speaker::unknown;
}

bool is_html(const HttpAnswer& answer) {
  const std::string start = to_lower_ascii(trimmed(std::string_view(answer.body).substr(0, 200)));
  return has(to_lower_ascii(answer.header("content-type")), "text/html") || start.starts_with("<!doctype") ||
         start.starts_with("<html");
}

TokenFault fault_in(std::string_view body) {
  if (body.starts_with("invalid authorization header")) return TokenFault::not_bearer;
  if (body.starts_with("invalid API key")) return TokenFault::unknown_key;
  if (!body.starts_with("invalid token") && !body.starts_with("invalid authorization token")) {
    return TokenFault::none;
  }
  if (has(body, "cryptographic primitive") || has(body, "signature is invalid"))
    return TokenFault::wrong_secret;
  if (has(body, "not valid yet") || has(body, "issued in the future")) return TokenFault::not_yet_valid;
  if (has(body, "expired")) return TokenFault::expired;
  return trimmed(body) == "invalid authorization token" ? TokenFault::unparsable : TokenFault::other;
}

Reading livekit(Meaning meaning) {
  return {meaning, Speaker::livekit, TokenFault::none};
}

Reading read_twirp(const HttpAnswer& answer) {
  if (!answer.body.starts_with("{") || !has(answer.body, "\"code\"") || !has(answer.body, "\"msg\""))
    return {};
  const Json json = Json::parse(answer.body, nullptr, false);
  if (!json.is_object() || !json.contains("code") || !json.at("code").is_string() || !json.contains("msg"))
    return {};
  const bool bad_route = json.at("code").get<std::string>() == "bad_route";
  return livekit(bad_route ? Meaning::twirp_bad_route : Meaning::twirp_error);
}

/// Texts of LiveKit's own handlers, by exact wording.
Reading read_livekit_text(const HttpAnswer& answer) {
  const std::string_view body = trimmed(answer.body);
  const int status = answer.status;
  if (status == 200 && answer.body == "OK") return livekit(Meaning::healthy);
  if (status == 406 && body.starts_with("Not Ready")) return livekit(Meaning::not_ready);
  if (status == 200 && body == "success") return livekit(Meaning::validate_ok);
  if (status == 401) {
    if (body == "no permissions to access the room" || body == "permissions denied") {
      return livekit(Meaning::validate_refused);
    }
    const TokenFault fault = fault_in(body);
    if (fault != TokenFault::none) return {Meaning::token_refused, Speaker::livekit, fault};
  }
  if (status == 400 && body == "join_request is required") return livekit(Meaning::needs_request);
  if (status == 404 && body == "requested room does not exist") return livekit(Meaning::room_absent);
  if (status == 503 && body.starts_with("node has exceeded")) return livekit(Meaning::over_limit);
  return {};
}

/// `<title>` of a page, in lower case.
std::string title_of(const std::string& lower_body) {
  const std::size_t start = lower_body.find("<title>");
  if (start == std::string::npos) return "";
  return lower_body.substr(start + 7, lower_body.find("</title>", start) - start - 7);
}

/// A page as identity providers serve it, with the form or with what leads to it.
bool is_login_page(const HttpAnswer& answer) {
  constexpr std::array<std::string_view, 6> kTitles{"login",    "log in",    "sign in",
                                                    "anmelden", "anmeldung", "single sign"};
  const std::string body = to_lower_ascii(answer.body);
  if (!is_html(answer)) return false;
  const std::string title = title_of(body);
  return has(body, "type=\"password\"") || has(body, "samlrequest") ||
         std::ranges::any_of(kTitles, [&](std::string_view word) { return has(title, word); });
}

bool looks_like_login(const HttpAnswer& answer) {
  if (!answer.header("www-authenticate").empty()) return true;
  if (answer.status == 401 && proxy_of(answer) != Speaker::unknown && is_html(answer)) return true;
  return is_login_page(answer);
}

/// nginx's words; others end the TLS session.
bool wants_certificate(const HttpAnswer& answer) {
  return answer.status == 400 && (has(answer.body, "No required SSL certificate was sent") ||
                                  has(answer.body, "The SSL certificate error"));
}

bool looks_like_challenge(const HttpAnswer& answer) {
  if (!answer.header("cf-mitigated").empty()) return true;
  const std::string body = to_lower_ascii(answer.body);
  constexpr std::array<std::string_view, 7> kWords{
      "captcha",       "just a moment",    "attention required",      "cf-chl",
      "access denied", "request rejected", "web application firewall"};
  const bool refused = answer.status == 403 || answer.status == 429 || answer.status == 503;
  return refused && is_html(answer) &&
         std::ranges::any_of(kWords, [&](std::string_view word) { return has(body, word); });
}

bool leads_to_login(std::string_view location) {
  constexpr std::array<std::string_view, 8> kWords{"login",  "signin", "sign_in", "oauth",
                                                   "openid", "/sso",   "/auth",   "cdn-cgi/access"};
  const std::string lower = to_lower_ascii(location);
  return std::ranges::any_of(kWords, [&](std::string_view word) { return has(lower, word); });
}

/// OpenTalk's proxies refuse whoever is in no meeting: B with an empty 403, C and D with JSON.
bool is_opentalk_refusal(const HttpAnswer& answer) {
  if (has(answer.body, "LiveKit proxy not available")) return true;
  if (answer.status == 403) return answer.body.empty();
  const bool refused =
      answer.status == 400 || answer.status == 401 || answer.status == 404 || answer.status == 422;
  if (!refused || !answer.body.starts_with("{")) return false;
  const Json json = Json::parse(answer.body, nullptr, false);
  if (!json.is_object() || json.contains("msg")) return false;
  return answer.status != 404 || json.contains("code");
}

Reading read_not_found(const HttpAnswer& answer) {
  const Speaker speaker = has_livekit_vary(answer) ? Speaker::livekit : proxy_of(answer);
  if (answer.body.empty()) return {Meaning::empty_not_found, speaker, TokenFault::none};
  if (trimmed(answer.body) == "404 page not found") return {Meaning::go_not_found, speaker, TokenFault::none};
  return {Meaning::not_found, proxy_of(answer), TokenFault::none};
}

constexpr int kTooManyRequests = 429;  // RFC 6585 §4

bool is_gateway_status(int status) {
  return status == 502 || status == 503 || status == 504 || (status >= 520 && status <= 530);
}

Reading read_refusal(const HttpAnswer& answer) {
  const Speaker proxy = proxy_of(answer);
  if (looks_like_challenge(answer)) return {Meaning::challenge, proxy, TokenFault::none};
  if (answer.status == kTooManyRequests) return {Meaning::rate_limited, proxy, TokenFault::none};
  if (is_gateway_status(answer.status)) return {Meaning::gateway_error, proxy, TokenFault::none};
  if ((answer.status == 401 || answer.status == 403 || answer.status == 407) && looks_like_login(answer)) {
    return {Meaning::login, proxy, TokenFault::none};
  }
  if (wants_certificate(answer)) return {Meaning::wants_certificate, proxy, TokenFault::none};
  if (answer.status == 400 && trimmed(answer.body) == "400 Bad Request") {
    return {Meaning::go_bad_request, proxy, TokenFault::none};
  }
  if (is_opentalk_refusal(answer)) return {Meaning::proxy_refusal, Speaker::opentalk, TokenFault::none};
  const bool own_page = answer.status == 400 && proxy != Speaker::unknown && is_html(answer);
  if (answer.status == 414 || answer.status == 431 || own_page) {
    return {Meaning::line_too_long, proxy, TokenFault::none};
  }
  if (answer.status == 404) return read_not_found(answer);
  return {Meaning::other, proxy, TokenFault::none};
}

}  // namespace

std::string HttpAnswer::header(std::string_view name) const {
  const auto found = std::ranges::find_if(headers, [&](const auto& header) { return header.first == name; });
  return found == headers.end() ? std::string() : found->second;
}

std::size_t HttpAnswer::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(headers, [&](const auto& header) { return header.first == name; }));
}

std::string_view name_of(Speaker speaker) {
  constexpr std::array<std::string_view, 11> kNames{
      "the proxy", "LiveKit", "nginx", "Apache",     "HAProxy",
      "Caddy",     "Traefik", "Envoy", "Cloudflare", "AWS's load balancer",
      "OpenTalk"};
  return kNames.at(static_cast<std::size_t>(speaker));
}

bool Reading::is_livekit() const noexcept {
  return speaker == Speaker::livekit;
}

Reading read_answer(const HttpAnswer& answer) {
  if (answer.status == 0) return {};
  if (const Reading twirp = read_twirp(answer); twirp.meaning != Meaning::nothing) return twirp;
  if (const Reading text = read_livekit_text(answer); text.meaning != Meaning::nothing) return text;
  if (answer.status >= 300 && answer.status < 400) {
    const Meaning meaning = leads_to_login(answer.header("location")) ? Meaning::login : Meaning::redirect;
    return {meaning, proxy_of(answer), TokenFault::none};
  }
  if (answer.status >= 400) {
    // LiveKit's remaining texts differ by version; Vary and plain text mark them.
    const bool plain = has(to_lower_ascii(answer.header("content-type")), "text/plain");
    if (has_livekit_vary(answer) && plain && answer.status != 404 && !is_html(answer)) {
      return livekit(Meaning::livekit_error);
    }
    return read_refusal(answer);
  }
  if (answer.status >= 200) {
    const Meaning meaning = looks_like_login(answer) ? Meaning::login : Meaning::page;
    return {meaning, proxy_of(answer), TokenFault::none};
  }
  return {Meaning::other, proxy_of(answer), TokenFault::none};
}

std::string_view cdn_of(const HttpAnswer& answer) {
  const std::string server = to_lower_ascii(answer.header("server"));
  if (server == "cloudflare" || answer.count("cf-ray") > 0) return "Cloudflare";
  if (answer.count("x-amz-cf-id") > 0) return "Amazon CloudFront";
  if (has(server, "akamai")) return "Akamai";
  if (answer.count("x-fastly-request-id") > 0 ||
      has(to_lower_ascii(answer.header("x-served-by")), "cache-")) {
    return "Fastly";
  }
  if (answer.count("x-azure-ref") > 0) return "Azure Front Door";
  if (answer.count("ngrok-trace-id") > 0 || answer.count("ngrok-error-code") > 0) return "ngrok";
  return "";
}

}  // namespace lkdoctor::proto
