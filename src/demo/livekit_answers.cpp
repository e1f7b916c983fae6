// SPDX-License-Identifier: EUPL-1.2
#include "demo/livekit_answers.hpp"

#include <lkdoctor/proto/jwt.hpp>

namespace lkdoctor::demo {
namespace {

/// Allowed difference of clocks, both ways (livekit-facts §2.1).
constexpr std::chrono::seconds kLeeway{60};

Answer plain(int status, std::string body) {
  Answer answer{.status = status, .content_type = "text/plain; charset=utf-8", .body = std::move(body)};
  answer.headers.emplace_back("Vary", "Origin");
  return answer;
}

Answer json(int status, std::string body) {
  Answer answer = plain(status, std::move(body));
  answer.content_type = "application/json";
  return answer;
}

/// Go's http.Error adds a line feed to the text.
Answer refused(std::string text) {
  return plain(401, std::move(text));
}

Answer not_found() {
  Answer answer = plain(404, "404 page not found\n");
  answer.headers.emplace_back("X-Content-Type-Options", "nosniff");
  return answer;
}

std::string value_of(const std::string& query, std::string_view name) {
  std::size_t at = 0;
  while (at < query.size()) {
    const std::size_t end = std::min(query.find('&', at), query.size());
    const std::string_view pair(query.data() + at, end - at);
    if (pair.starts_with(name) && pair.size() > name.size() && pair[name.size()] == '=') {
      return std::string(pair.substr(name.size() + 1));
    }
    at = end + 1;
  }
  return {};
}

bool has_grant(const std::string& token, const char* grant) {
  const auto decoded = proto::decode_token(token);
  if (!decoded) return false;
  const Json video = decoded->payload.value("video", Json::object());
  return video.is_object() && video.value(grant, false);
}

Answer validate(const Request& request, const std::string& token) {
  Answer answer = plain(200, "success");
  if (token.empty() || !proto::decode_token(token)->payload.contains("video")) {
    answer = plain(401, "no permissions to access the room");
  } else if (!has_grant(token, "roomJoin")) {
    answer = plain(401, "permissions denied");
  } else if (request.path.starts_with("/rtc/v1") && value_of(request.query, "join_request").empty()) {
    answer = plain(400, "join_request is required");
  }
  answer.headers.emplace_back("Access-Control-Allow-Origin", "*");
  return answer;
}

Answer bad_route(const std::string& reason, const std::string& route) {
  Json error{{"code", "bad_route"}, {"msg", reason}, {"meta", {{"twirp_invalid_route", route}}}};
  return json(404, error.dump());
}

/// The Twirp path in the spelling of livekit-api 0.4.2 to 0.4.11, as LiveKit reads it.
std::string plain_path(const std::string& path) {
  if (!path.starts_with("/%2Ftwirp")) return path;
  std::string out = "/";
  for (std::size_t at = 4; at < path.size(); ++at) {
    const bool slash = path.compare(at, 3, "%2F") == 0;
    out += slash ? '/' : path[at];
    if (slash) at += 2;
  }
  return out;
}

Answer twirp(const Request& request, const std::string& token, const std::string& room) {
  const std::string route = request.method + " " + request.path;
  if (request.method != "POST") {
    return bad_route("unsupported method \"" + request.method + "\" (only POST is allowed)", route);
  }
  if (!request.path.ends_with("/ListRooms"))
    return bad_route("no handler for path \"" + request.path + "\"", route);
  if (!has_grant(token, "roomList"))
    return json(401, R"({"code":"unauthenticated","msg":"permissions denied"})");
  Json rooms = Json::array();
  if (!room.empty()) rooms.push_back({{"name", room}});
  return json(200, Json({{"rooms", rooms}}).dump());
}

}  // namespace

LiveKit::LiveKit(const Behaviour& behaviour, std::string key, Secret secret)
    : behaviour_(behaviour), key_(std::move(key)), secret_(std::move(secret)) {}

std::string LiveKit::refusal_of(const std::string& token, std::chrono::sys_seconds now) const {
  const auto decoded = proto::decode_token(token);
  if (!decoded) return "invalid authorization token";
  const std::string issuer = decoded->payload.value("iss", "");
  if (issuer != key_) return "invalid API key: " + issuer;
  const std::string prefix = "invalid token: " + token + ", error: ";
  if (!proto::signature_is_valid(token, secret_)) {
    return prefix + "token signature is invalid: signature is invalid";
  }
  const std::chrono::seconds clock = now.time_since_epoch();
  const std::chrono::seconds expires(decoded->payload.value("exp", std::int64_t{0}));
  const std::chrono::seconds begins(decoded->payload.value("nbf", std::int64_t{0}));
  if (expires.count() != 0 && clock >= expires + kLeeway)
    return prefix + "token has invalid claims: token is expired";
  if (begins > clock + kLeeway) return prefix + "token has invalid claims: token is not valid yet";
  return {};
}

Answer LiveKit::answer(const Request& asked, std::chrono::sys_seconds now) const {
  Request request = asked;
  request.path = plain_path(asked.path);
  std::string token = value_of(request.query, "access_token");
  if (!request.authorization.empty()) {
    constexpr std::string_view kBearer = "Bearer ";
    if (!request.authorization.starts_with(kBearer)) {
      return refused("invalid authorization header. Must start with Bearer ");
    }
    token = request.authorization.substr(kBearer.size());
  }
  if (!token.empty()) {
    const std::string refusal = refusal_of(token, now + behaviour_.clock_ahead);
    if (!refusal.empty()) return refused(refusal);
  }
  Answer answer = after_authentication(request, token);
  if (!request.origin.empty() && !request.path.ends_with("/validate")) {
    answer.headers.emplace_back("Access-Control-Allow-Origin", request.origin);
  }
  return answer;
}

Answer LiveKit::after_authentication(const Request& request, const std::string& token) const {
  if (request.path == "/") {
    if (behaviour_.not_ready) return plain(406, "Not Ready\nNode Updated At 2026-01-01 00:00:00 +0000 UTC");
    return plain(200, "OK");
  }
  if (request.path == "/rtc/validate" || request.path == "/rtc/v1/validate") return validate(request, token);
  if (request.path == "/rtc" || request.path == "/rtc/v1") {
    if (!request.upgrade) return {.status = 404, .headers = {{"Vary", "Origin"}}};
    Answer answer = validate(request, token);
    answer.accept_upgrade = answer.status == 200;
    if (answer.accept_upgrade) last_room_ = proto::decode_token(token)->payload.at("video").value("room", "");
    return answer;
  }
  return request.path.starts_with("/twirp/livekit.") ? twirp(request, token, last_room_) : not_found();
}

namespace {

Answer page(int status, const std::string& title) {
  return {.status = status,
          .content_type = "text/html",
          .body = "<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title +
                  "</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n",
          .headers = {{"Server", "nginx/1.22.1"}}};
}

/// What the proxy answers by itself; nullopt: it forwards.
std::optional<Answer> own_answer(const Behaviour& behaviour, const Request& request) {
  if (request.line_size > behaviour.request_line_limit) return page(414, "414 Request-URI Too Large");
  if (behaviour.gateway_error == 502) return page(502, "502 Bad Gateway");
  if (behaviour.asks_login) {
    Answer answer = page(401, "401 Authorization Required");
    answer.headers.emplace_back("WWW-Authenticate", "Basic realm=\"staff only\"");
    return answer;
  }
  if (behaviour.redirects) {
    Answer answer = page(301, "301 Moved Permanently");
    answer.headers.emplace_back("Location", "https://www.demo.home.arpa" + request.path);
    return answer;
  }
  if (behaviour.other_site) {
    Answer answer = page(200, "Welcome");
    return answer;
  }
  if (!request.path.starts_with(behaviour.mounted_at)) return page(404, "404 Not Found");
  if (behaviour.hides_twirp && request.path.starts_with("/twirp")) return page(404, "404 Not Found");
  return std::nullopt;
}

}  // namespace

Answer through_proxy(const Behaviour& behaviour, const LiveKit& livekit, Request request,
                     std::chrono::sys_seconds now) {
  if (const auto own = own_answer(behaviour, request)) return *own;
  request.path.erase(0, behaviour.mounted_at.size());
  if (request.path.empty()) request.path = "/";
  if (behaviour.strips_authorization) request.authorization.clear();
  if (behaviour.strips_upgrade) request.upgrade = false;
  Answer answer = livekit.answer(request, now);
  answer.headers.emplace_back("Server", "nginx/1.22.1");
  return answer;
}

std::vector<std::uint8_t> join_response() {
  // SignalResponse{1: JoinResponse{4: "1.13.5", 10: 15, 11: 5, 12: ServerInfo{2: "1.13.5", 3: 17}}}
  const std::string version = "1.13.5";
  std::string info = "\x12\x06" + version + "\x18\x11";
  std::string join = "\x22\x06" + version + "\x50\x0f\x58\x05\x62" + static_cast<char>(info.size()) + info;
  const std::string out = std::string("\x0a") + static_cast<char>(join.size()) + join;
  return {out.begin(), out.end()};
}

}  // namespace lkdoctor::demo
