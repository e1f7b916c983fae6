// SPDX-License-Identifier: EUPL-1.2
// Which key pair and which token this run uses, and where they came from.
#include <algorithm>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/text.hpp>

#include "config/file.hpp"
#include "config/loader.hpp"
#include "model/secrets.hpp"

namespace lkdoctor::config::loading {
namespace {

struct SourcedSecret {
  Secret secret;
  Origin origin;
};

std::string without_line_end(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

/// REQUIRES: the file was named by somebody.
Secret read_secret_file(const std::string& path, const Origin& from) {
  FileText file = read_file(path, kLargestSecretFile);
  if (file.state != FileText::State::read) unreadable(path, text(from), file.problem);
  std::string content = without_line_end(std::move(file.text));
  if (content.empty()) unreadable(path, text(from), "is empty");
  return Secret(std::move(content));
}

/// By hand: option, environment, systemd credential, lkdoctor.toml, in this order. Never argv.
std::optional<SourcedSecret> secret_by_hand(const Loader& loader) {
  const Origin& named = loader.layer.origin("api_secret_file");
  const auto& environment = loader.inputs.environment;
  if (named.kind == Origin::Kind::flag) {
    return SourcedSecret{
        read_secret_file(inside(loader.inputs.folder, *loader.layer.options.api_secret_file), named), named};
  }
  if (const auto found = environment.find("LKDOCTOR_API_SECRET");
      found != environment.end() && !found->second.empty()) {
    return SourcedSecret{Secret(found->second), {Origin::Kind::environment, "LKDOCTOR_API_SECRET"}};
  }
  if (const auto folder = environment.find("CREDENTIALS_DIRECTORY"); folder != environment.end()) {
    const std::string path = folder->second + "/api_secret";
    FileText file = read_file(path, kLargestSecretFile);
    if (file.state == FileText::State::read && !file.text.empty()) {
      return SourcedSecret{Secret(without_line_end(std::move(file.text))), {Origin::Kind::file, path}};
    }
  }
  if (!named.known()) return std::nullopt;
  return SourcedSecret{
      read_secret_file(inside(loader.inputs.folder, *loader.layer.options.api_secret_file), named), named};
}

/// The secret that some file has for this key.
std::optional<SourcedSecret> secret_of_key(const Loader& loader, const std::string& key) {
  if (loader.controller && loader.controller->settings.api_key.value == key &&
      !loader.controller->api_secret.empty()) {
    return SourcedSecret{loader.controller->api_secret, loader.controller->settings.api_secret.origin};
  }
  const auto& keys = loader.out.deployment.secrets.livekit_keys;
  const auto found = keys.find(key);
  if (found == keys.end() || found->second.empty()) return std::nullopt;
  Origin origin{Origin::Kind::file, loader.out.deployment.livekit->file};
  for (const LiveKitKey& pair : loader.out.deployment.livekit->keys) {
    if (pair.name == key) origin = pair.origin;
  }
  return SourcedSecret{found->second, origin};
}

Sourced<std::string> choose_key(Loader& loader) {
  if (loader.layer.options.api_key) return {*loader.layer.options.api_key, loader.layer.origin("api_key")};
  if (loader.controller && !loader.controller->settings.api_key.value.empty()) {
    return loader.controller->settings.api_key;
  }
  const auto& livekit = loader.deployment().livekit;
  if (!livekit || livekit->keys.empty()) return {};
  const LiveKitKey& first = livekit->keys.front();
  if (first.name == kHiddenName) {
    const auto& pairs = loader.deployment().secrets.livekit_keys;
    const auto hidden = std::ranges::find_if(
        pairs, [](const auto& pair) { return is_secret_as_name(pair.first, pair.second); });
    return {hidden == pairs.end() ? std::string() : hidden->first, first.origin};
  }
  if (livekit->keys.size() > 1) {
    loader.note("LiveKit has " + std::to_string(livekit->keys.size()) + " keys; this run uses the first, \"" +
                printable(first.name, 60) + "\" (another: --api-key).");
  }
  return {first.name, first.origin};
}

void raise_swapped(ControllerReading& controller, std::string proof, Confidence confidence) {
  controller.settings.findings.emplace_back(findings::api_key_unknown, "api_key")
      .saying("api_key and api_secret stand in each other's place in " + controller.settings.file + ": " +
              std::move(proof) + ".")
      .change("Swap the values of api_key and api_secret, then restart the controller")
      .sure(confidence)
      .at(controller.settings.api_key.origin)
      .also_at(controller.settings.api_secret.origin);
}

/// What stands in the place of the name goes into the place where all output looks for secrets.
void turn_pair(ControllerReading& controller) {
  controller.api_secret = Secret(controller.settings.api_key.value);
  controller.settings.api_secret.value = traits_of(controller.api_secret);
  controller.settings.api_key.value = "(the secret)";
  controller.settings.pair_swapped = true;
}

/// Key and secret in each other's place in the controller's file: the "key name" is the secret then, and must
/// not be shown. Where LiveKit has the same pair, or its own is swapped, the file is right as it is.
void mask_swapped_pair(Loader& loader) {
  if (!loader.controller) return;
  ControllerReading& controller = *loader.controller;
  const auto& keys = loader.deployment().secrets.livekit_keys;
  const std::string key = controller.settings.api_key.value;
  const auto is_turned = [&](const auto& pair) {
    return !pair.second.empty() && key == pair.second.reveal() &&
           controller.api_secret.reveal() == pair.first;
  };
  const bool looks_swapped = is_secret_as_name(key, controller.api_secret);
  const auto turned = std::ranges::find_if(keys, is_turned);
  if (turned != keys.end() && !is_secret_as_name(turned->first, turned->second)) {
    raise_swapped(controller, "LiveKit's key is \"" + printable(turned->first, 60) + "\"",
                  Confidence::proven);
    turn_pair(controller);
  } else if (looks_swapped && !keys.contains(key) && is_name_as_secret(controller.api_secret)) {
    raise_swapped(controller,
                  "api_key has " + std::to_string(key.size()) +
                      " characters, as a secret has, and api_secret " +
                      std::to_string(controller.settings.api_secret.value.length),
                  Confidence::likely);
    turn_pair(controller);
  }
  loader.deployment().controller = controller.settings;
  if (looks_swapped && !controller.settings.pair_swapped)
    loader.deployment().controller->api_key.value = kHiddenName;
}

/// A compact JWS (RFC 7515 §7.1): three parts of base64url.
bool looks_like_token(std::string_view text) {
  const auto is_part_of_one = [](char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  const std::size_t first = text.find('.'), second = text.find('.', first + 1);
  const bool three = first != std::string_view::npos && second != std::string_view::npos &&
                     text.find('.', second + 1) == std::string_view::npos;
  return three && first > 0 && second > first + 1 && second + 1 < text.size() &&
         std::ranges::all_of(text, is_part_of_one);
}

}  // namespace

/// Who gives a token wants to join with it: a pair would be taken instead. Its secret stays to be masked.
void leave_out_key_pair(Loader& loader) {
  if (!loader.controller || loader.controller->api_secret.empty()) return;
  loader.deployment().secrets.api_secret = loader.controller->api_secret;
  const std::string& file = loader.controller->settings.file;
  loader.note("The key pair of " + (file.empty() ? "the environment" : printable(file, 200)) +
              " is not used: the token of --token-file takes its place.");
}

void choose_key_pair(Loader& loader) {
  mask_swapped_pair(loader);
  if (loader.layer.options.token_file) return leave_out_key_pair(loader);
  Deployment& deployment = loader.deployment();
  const bool swapped = loader.controller && loader.controller->settings.pair_swapped;
  if (swapped && !loader.layer.options.api_key) {
    // Nothing is signed with it; it is masked wherever it may turn up.
    deployment.secrets.api_secret = loader.controller->api_secret;
    return;
  }
  deployment.api_key = choose_key(loader);
  auto secret = secret_by_hand(loader);
  if (!secret && deployment.api_key.is_set()) secret = secret_of_key(loader, deployment.api_key.value);
  if (secret) {
    deployment.api_secret = {traits_of(secret->secret), secret->origin};
    deployment.secrets.api_secret = std::move(secret->secret);
    if (!deployment.api_key.is_set()) {
      loader.note("There is a secret (" + text(deployment.api_secret.origin) +
                  ") but no key name for it: --api-key.");
    }
  } else if (loader.layer.options.api_key) {
    loader.note("No file has a secret for the key \"" + printable(deployment.api_key.value, 60) +
                "\": give it with --api-secret-file.");
  }
}

void read_token(Loader& loader) {
  const auto& path = loader.layer.options.token_file;
  if (!path) return;
  const Origin& origin = loader.layer.origin("token_file");
  const Secret content = read_secret_file(inside(loader.inputs.folder, *path), origin);
  const std::string_view all = trimmed(content.reveal());
  const std::size_t end = all.find('\n');
  Deployment& deployment = loader.deployment();
  deployment.secrets.token = Secret(std::string(trimmed(all.substr(0, end))));
  if (end != std::string_view::npos) {
    const std::string_view rest = trimmed(all.substr(end + 1));
    deployment.secrets.subscriber_token = Secret(std::string(trimmed(rest.substr(0, rest.find('\n')))));
  }
  for (const Secret* token : {&deployment.secrets.token, &deployment.secrets.subscriber_token}) {
    if (token->empty() || looks_like_token(token->reveal())) continue;
    unreadable(*path, text(origin),
               "holds no access token (a line of three parts joined by dots, as lkdoctor token "
               "create writes it)");
  }
  deployment.token = {traits_of(deployment.secrets.token), origin};
}

void read_responder_keys(Loader& loader) {
  Deployment::Secrets& secrets = loader.deployment().secrets;
  if (const auto& path = loader.layer.options.responder_key_file) {
    const Origin& origin = loader.layer.origin("responder_key_file");
    secrets.responder_key = read_secret_file(inside(loader.inputs.folder, *path), origin);
  }
  const auto& environment = loader.inputs.environment;
  if (const auto code = environment.find("LKDOCTOR_PAIRING_CODE"); code != environment.end())
    secrets.pairing_code = Secret(code->second);
}

}  // namespace lkdoctor::config::loading
