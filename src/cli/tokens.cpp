// SPDX-License-Identifier: EUPL-1.2
#include "cli/tokens.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cmath>
#include <lkdoctor/proto/jwt.hpp>
#include <lkdoctor/text.hpp>

#include "base/duration.hpp"

namespace lkdoctor::cli {
namespace {

constexpr std::int64_t kLeeway = 60;  // LiveKit's tolerance on nbf and exp, in every version
constexpr std::size_t kLongestInput = std::size_t{64} << 10U;
constexpr int kMostTokens = 8;

std::string duration(std::int64_t seconds) {
  seconds = seconds < 0 ? -seconds : seconds;
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 2 * 3600) return fmt::format("{} min", seconds / 60);
  if (seconds < 2 * 86'400) return fmt::format("{} h", seconds / 3600);
  return fmt::format("{} d", seconds / 86'400);
}

std::string when(std::int64_t seconds) {
  // Years 1970 to 9999.
  if (seconds < 0 || seconds > 253'402'300'799) return "no date";
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

std::optional<std::int64_t> time_claim(const Json& payload, const char* name) {
  const auto found = payload.find(name);
  if (found == payload.end() || !found->is_number()) return std::nullopt;
  const double value = found->get<double>();
  if (!std::isfinite(value) || std::abs(value) > 1e15) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

std::string text_claim(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return "";
  return found->is_string() ? printable(found->get<std::string>(), 120) : "(not a text)";
}

/// Absent means `otherwise`, as the server reads it.
bool allowed(const Json& video, const char* name, bool otherwise) {
  const auto found = video.find(name);
  return found == video.end() ? otherwise : found->is_boolean() && found->get<bool>();
}

class Inspection {
 public:
  Inspection(const proto::DecodedToken& token, std::int64_t now) : payload_(token.payload), now_(now) {
    line("algorithm", text_claim(token.header, "alg"));
    if (text_claim(token.header, "alg") != "HS256") refuse("LiveKit takes HS256 alone.");
    line("key", text_claim(payload_, "iss"));
    line("identity", text_claim(payload_, "sub"));
    if (!text_claim(payload_, "name").empty()) line("name", text_claim(payload_, "name"));
    judge_time();
    judge_grants();
  }

  void judge_signature(std::string_view token, const std::map<std::string, Secret>& secrets) {
    const auto issuer = payload_.find("iss");
    const bool named = issuer != payload_.end() && issuer->is_string();
    const auto secret = named ? secrets.find(issuer->get<std::string>()) : secrets.end();
    if (secrets.empty()) {
      line("signature", "not checked: no key pair given");
    } else if (secret == secrets.end()) {
      line("signature", "not checked: no secret is known for this key");
    } else if (proto::signature_is_valid(token, secret->second)) {
      line("signature", "valid with the secret of this key");
    } else {
      line("signature", "does not fit the secret of this key");
      refuse(
          "api-secret-mismatch: this token was signed with another secret than the one given for its key.");
    }
  }

  std::string text() const { return lines_ + problems_; }
  bool refused() const noexcept { return refused_; }

 private:
  void line(std::string_view name, std::string_view value) {
    lines_ += fmt::format("  {:<10} {}\n", name, value.empty() ? "(none)" : value);
  }
  void refuse(std::string_view why) {
    refused_ = true;
    problems_ += fmt::format("  ✗ {}\n", why);
  }

  void judge_time() {
    const auto begin = time_claim(payload_, "nbf"), end = time_claim(payload_, "exp");
    line("from", begin ? when(*begin) : "(no nbf: at once)");
    line("until", end ? when(*end) : "(no exp)");
    const std::string life = begin && end ? " (lifetime " + duration(*end - *begin) + ")" : "";
    if (!end) refuse("It has no exp: current LiveKit servers refuse that.");
    if (end && now_ >= *end + kLeeway) {
      refuse(fmt::format("token-expired: this token expired {} ago{}; issue a new one.",
                         duration(now_ - *end), life));
    } else if (begin && now_ + kLeeway < *begin) {
      refuse(fmt::format("It is not valid for another {}{}; or this machine's clock is behind.",
                         duration(*begin - now_), life));
    } else if (end) {
      line("now", now_ < *end ? fmt::format("valid for another {}{}", duration(*end - now_), life)
                              : fmt::format("expired {} ago, within LiveKit's tolerance of 60 s",
                                            duration(now_ - *end)));
    }
  }

  void judge_grants() {
    const auto video = payload_.find("video");
    if (video == payload_.end() || !video->is_object()) {
      line("grants", "none: the token proves its key, and opens nothing");
      return;
    }
    std::string list;
    const auto add = [&](std::string_view text) { list += (list.empty() ? "" : ", ") + std::string(text); };
    const bool joins = allowed(*video, "roomJoin", false);
    if (joins) add("join room \"" + text_claim(*video, "room") + "\"");
    const bool publishes = allowed(*video, "canPublish", true);
    if (joins) add(publishes ? "publish" : "not publish");
    if (joins) add(allowed(*video, "canSubscribe", true) ? "subscribe" : "not subscribe");
    if (joins) add(allowed(*video, "canPublishData", publishes) ? "send data" : "not send data");
    for (const char* name : {"hidden", "recorder", "agent", "roomAdmin", "roomCreate", "roomList",
                             "roomRecord", "ingressAdmin"}) {
      if (allowed(*video, name, false)) add(name);
    }
    line("grants", list);
    if (joins && text_claim(*video, "room").empty()) refuse("It joins, but names no room.");
    if (joins && text_claim(payload_, "sub").empty() && text_claim(payload_, "jti").empty()) {
      refuse("It joins, but has no identity (sub).");
    }
  }

  const Json& payload_;
  std::int64_t now_;
  std::string lines_, problems_;
  bool refused_ = false;
};

std::string_view bare_token(std::string_view line) {
  line = trimmed(line);
  for (const std::string_view prefix : {"Authorization:", "Bearer "}) {
    if (line.starts_with(prefix)) line = trimmed(line.substr(prefix.size()));
  }
  if (line.size() > 1 && (line.front() == '"' || line.front() == '\'') && line.back() == line.front()) {
    line = line.substr(1, line.size() - 2);
  }
  return line;
}

}  // namespace

std::optional<std::int64_t> token_life(std::string_view text) {
  return seconds_of(text, kLongestTokenLife);
}

TokenReport inspect_tokens(std::string_view text, const std::map<std::string, Secret>& secrets,
                           std::int64_t now) {
  TokenReport report;
  if (text.size() > kLongestInput) return {"The input is larger than 64 KiB: that is no token.\n", true};
  int count = 0;
  for (std::string_view rest = text; !rest.empty() && count < kMostTokens;) {
    const std::size_t end = rest.find('\n');
    const std::string_view token = bare_token(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (token.empty()) continue;
    ++count;
    const auto decoded = proto::decode_token(token);
    if (!decoded || !decoded->payload.is_object() || !decoded->header.is_object()) {
      report.text += fmt::format(
          "Token {}: not a LiveKit access token (a JWT: three parts of base64url with dots).\n", count);
      report.refused = true;
      continue;
    }
    Inspection inspection(*decoded, now);
    inspection.judge_signature(token, secrets);
    report.text += fmt::format("Token {}: {}\n{}", count,
                               inspection.refused() ? "LiveKit would refuse it." : "a LiveKit access token.",
                               inspection.text());
    report.refused = report.refused || inspection.refused();
  }
  if (count == 0) return {"No token was given on stdin.\n", true};
  return report;
}

}  // namespace lkdoctor::cli
