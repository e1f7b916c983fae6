// SPDX-License-Identifier: EUPL-1.2
#include "model/secrets.hpp"

#include <algorithm>
#include <lkdoctor/text.hpp>

namespace lkdoctor {
namespace {

constexpr std::size_t kLongestName = 30;  // LiveKit's own have 15
constexpr std::size_t kShortestRandom = 16;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

/// "controller", "opentalk_key-1".
bool is_word(std::string_view text) {
  const auto fits = [](char c) { return is_digit(c) || is_lower(c) || is_upper(c) || c == '_' || c == '-'; };
  return !text.empty() && text.size() <= kLongestName && std::ranges::all_of(text, fits);
}

/// Letters of both cases, or letters with digits among them.
bool is_random(std::string_view text) {
  const bool digits = std::ranges::any_of(text, is_digit), lower = std::ranges::any_of(text, is_lower),
             upper = std::ranges::any_of(text, is_upper);
  return (digits && (lower || upper)) || (lower && upper);
}

/// Texts are cut before they are masked: what is left of a name then is masked as well.
void add_name(Redactor& redactor, std::string_view name) {
  redactor.add(Secret(std::string(name)));
  constexpr std::size_t kShortestCut = 54;
  if (name.size() > kShortestCut) redactor.add(Secret(std::string(name.substr(0, kShortestCut))));
}

}  // namespace

bool is_secret_as_name(std::string_view name, const Secret& beside) {
  if (!is_random(name)) return false;
  if (name.size() > kLongestName) return true;
  return name.size() >= kShortestRandom && beside.size() < name.size() && is_word(beside.reveal());
}

bool is_name_as_secret(const Secret& secret) {
  return is_word(secret.reveal()) && (!is_random(secret.reveal()) || secret.size() < kShortestRandom);
}

std::string shown_key_name(std::string_view name, const Secret& beside, std::size_t limit) {
  return is_secret_as_name(name, beside) ? std::string(kHiddenName) : printable(name, limit);
}

std::vector<Secret> lines_of(const Secret& text) {
  std::vector<Secret> out;
  std::string_view rest = text.reveal();
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    out.emplace_back(std::string(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

Redactor redactor_for(const Deployment& deployment) {
  const Deployment::Secrets& secrets = deployment.secrets;
  Redactor redactor;
  redactor.add(secrets.api_secret);
  redactor.add(secrets.token);
  redactor.add(secrets.subscriber_token);
  for (const Secret& text : {secrets.carried_token, secrets.carried_subscriber_token}) {
    for (const Secret& token : lines_of(text)) redactor.add(token);
  }
  redactor.add(secrets.carried_key);
  redactor.add(secrets.control_key);
  redactor.add(secrets.responder_key);
  redactor.add(secrets.pairing_code);
  for (const auto& [url, secret] : secrets.proxy_credentials) redactor.add(secret);
  for (const auto& [name, secret] : secrets.livekit_keys) {
    redactor.add(secret);
    if (is_secret_as_name(name, secret)) add_name(redactor, name);
  }
  if (is_secret_as_name(deployment.api_key.value, secrets.api_secret))
    add_name(redactor, deployment.api_key.value);
  for (const TurnServerSecret& server : secrets.turn_servers) {
    redactor.add(server.credential);
    redactor.add(server.shared);
  }
  return redactor;
}

}  // namespace lkdoctor
