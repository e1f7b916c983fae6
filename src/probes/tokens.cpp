// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/facts/join_response.hpp>
#include <lkdoctor/probes/ask.hpp>
#include <lkdoctor/probes/tokens.hpp>
#include <lkdoctor/proto/jwt.hpp>
#include <lkdoctor/wall_clock.hpp>
#include <random>

namespace lkdoctor::probes {
namespace {

Secret signed_for(const Deployment& deployment, proto::TokenClaims claims) {
  claims.issuer = deployment.api_key.value;
  return proto::sign_token(claims, deployment.secrets.api_secret);
}

}  // namespace

bool mints_tokens(const Probe& probe) {
  const auto joined = probe.find(facts::join_response);
  const bool carried = joined && joined->through == name_of(Side::responder);
  return !carried && probe.deployment().has_key_pair();
}

std::string random_name() {
  std::random_device device;
  std::string out = "lkdoctor-";
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (int i = 0; i < 16; ++i) out += kDigits[device() & 15U];
  return out;
}

Secret grantless_token(const Deployment& deployment, std::int64_t not_before, std::int64_t expires) {
  proto::TokenClaims claims;
  claims.not_before = not_before;
  claims.expires = expires;
  return signed_for(deployment, std::move(claims));
}

Secret granting_token(const Deployment& deployment, const std::string& identity, Json video) {
  proto::TokenClaims claims;
  claims.identity = identity;
  claims.not_before = wall_seconds() - 30;
  claims.expires = wall_seconds() + 60;
  if (video.value("roomJoin", false)) claims.room_config = proto::fleeting_room();
  claims.video = std::move(video);
  return signed_for(deployment, std::move(claims));
}

Json probe_grants(const std::string& room) {
  return {{"roomJoin", true},        {"room", room},         {"hidden", true}, {"canPublish", false},
          {"canPublishData", false}, {"canSubscribe", false}};
}

Secret with_broken_signature(const Secret& token) {
  std::string text = token.reveal();
  if (text.size() < 20) return Secret(text + "x");
  const std::size_t at = text.size() - 10;
  text[at] = text[at] == 'A' ? 'B' : 'A';
  return Secret(std::move(text));
}

void authorize(net::HttpRequest& request, const Secret& token) {
  request.headers.emplace_back("Authorization", "Bearer " + token.reveal());
}

std::string with_access_token(const std::string& target, const Secret& token) {
  return target + (target.find('?') == std::string::npos ? "?" : "&") + "access_token=" + token.reveal();
}

}  // namespace lkdoctor::probes
