// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What one HTTP answer says about who sent it. Pure: no network, no clock.
namespace lkdoctor::proto {

/// One answer as it is kept: text of the peer, bounded, tokens masked (`kept_answer`).
struct HttpAnswer {
  int status = 0;                                            ///< 0: no HTTP answer
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  std::string body;

  std::string header(std::string_view name) const;  ///< "" if absent
  std::size_t count(std::string_view name) const;
};
LKDOCTOR_JSON(HttpAnswer, status, headers, body)

/// Whose words these are.
enum class Speaker {
  unknown,
  livekit,
  nginx,
  apache,
  haproxy,
  caddy,
  traefik,
  envoy,
  cloudflare,
  aws,
  opentalk
};
NLOHMANN_JSON_SERIALIZE_ENUM(Speaker, {{Speaker::unknown, "unknown"},
                                       {Speaker::livekit, "LiveKit"},
                                       {Speaker::nginx, "nginx"},
                                       {Speaker::apache, "Apache"},
                                       {Speaker::haproxy, "HAProxy"},
                                       {Speaker::caddy, "Caddy"},
                                       {Speaker::traefik, "Traefik"},
                                       {Speaker::envoy, "Envoy"},
                                       {Speaker::cloudflare, "Cloudflare"},
                                       {Speaker::aws, "AWS"},
                                       {Speaker::opentalk, "OpenTalk"}})
std::string_view name_of(Speaker speaker);  ///< "nginx"; unknown: "the proxy"

/// What it means.
enum class Meaning {
  nothing,           ///< no answer
  healthy,           ///< LiveKit: 200 `OK`
  not_ready,         ///< LiveKit: 406 `Not Ready`
  twirp_bad_route,   ///< Twirp: the credential-free fingerprint
  twirp_error,       ///< Twirp: JSON with code and msg
  validate_refused,  ///< LiveKit: the join check says no, for want of a token or of a grant
  validate_ok,       ///< LiveKit: 200 `success`
  needs_request,     ///< LiveKit: /rtc/v1 without join_request
  token_refused,     ///< LiveKit: 401 of the middleware; see TokenFault
  room_absent,       ///< LiveKit: 404 `requested room does not exist`
  over_limit,        ///< LiveKit: 503 node limit
  livekit_error,     ///< LiveKit: 4xx/5xx text of its own
  go_not_found,      ///< `404 page not found`
  empty_not_found,   ///< 404 without a body
  gateway_error,     ///< 502, 503, 504 and Cloudflare's 52x of a proxy
  proxy_refusal,     ///< OpenTalk's own signalling proxy refuses (healthy there)
  redirect,
  login,              ///< asks for a login that LiveKit does not know
  challenge,          ///< bot check, WAF
  wants_certificate,  ///< 400 of a proxy that asks for a client certificate
  go_bad_request,     ///< a Go server could not read the request: `400 Bad Request`
  rate_limited,       ///< 429 of a proxy
  line_too_long,      ///< 414, 431, or a proxy's 400 page
  page,               ///< some 2xx page
  not_found,          ///< a 404 page of someone else
  other
};
NLOHMANN_JSON_SERIALIZE_ENUM(Meaning, {{Meaning::nothing, "nothing"},
                                       {Meaning::healthy, "healthy"},
                                       {Meaning::not_ready, "not-ready"},
                                       {Meaning::twirp_bad_route, "twirp-bad-route"},
                                       {Meaning::twirp_error, "twirp-error"},
                                       {Meaning::validate_refused, "validate-refused"},
                                       {Meaning::validate_ok, "validate-ok"},
                                       {Meaning::needs_request, "needs-request"},
                                       {Meaning::token_refused, "token-refused"},
                                       {Meaning::room_absent, "room-absent"},
                                       {Meaning::over_limit, "over-limit"},
                                       {Meaning::livekit_error, "livekit-error"},
                                       {Meaning::go_not_found, "go-not-found"},
                                       {Meaning::empty_not_found, "empty-not-found"},
                                       {Meaning::gateway_error, "gateway-error"},
                                       {Meaning::proxy_refusal, "proxy-refusal"},
                                       {Meaning::redirect, "redirect"},
                                       {Meaning::login, "login"},
                                       {Meaning::challenge, "challenge"},
                                       {Meaning::wants_certificate, "wants-certificate"},
                                       {Meaning::go_bad_request, "go-bad-request"},
                                       {Meaning::rate_limited, "rate-limited"},
                                       {Meaning::line_too_long, "line-too-long"},
                                       {Meaning::page, "page"},
                                       {Meaning::not_found, "not-found"},
                                       {Meaning::other, "other"}})

/// Why LiveKit's middleware refused a token, over all wordings from 1.4 to 1.13 and the unreleased ones.
enum class TokenFault {
  none,
  unknown_key,
  wrong_secret,
  expired,
  not_yet_valid,
  unparsable,
  not_bearer,
  other
};
NLOHMANN_JSON_SERIALIZE_ENUM(TokenFault, {{TokenFault::none, "none"},
                                          {TokenFault::unknown_key, "unknown-key"},
                                          {TokenFault::wrong_secret, "wrong-secret"},
                                          {TokenFault::expired, "expired"},
                                          {TokenFault::not_yet_valid, "not-yet-valid"},
                                          {TokenFault::unparsable, "unparsable"},
                                          {TokenFault::not_bearer, "not-bearer"},
                                          {TokenFault::other, "other"}})

struct Reading {
  Meaning meaning = Meaning::nothing;
  Speaker speaker = Speaker::unknown;
  TokenFault fault = TokenFault::none;

  /// Only LiveKit says this.
  bool is_livekit() const noexcept;
};

Reading read_answer(const HttpAnswer& answer);

/// Name of the content delivery network that passed the answer on; "" if none shows.
std::string_view cdn_of(const HttpAnswer& answer);

/// `body` with everything that looks like a JWT, and all that LiveKit up to 1.13.5 echoes of a token, masked;
/// at most `limit` bytes.
std::string without_tokens(std::string_view body, std::size_t limit = 600);

/// The part of an answer that is worth keeping.
HttpAnswer kept_answer(int status, const std::vector<std::pair<std::string, std::string>>& headers,
                       std::string_view body);

}  // namespace lkdoctor::proto
