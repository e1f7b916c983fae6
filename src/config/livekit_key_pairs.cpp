// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/text.hpp>

#include "config/livekit_context.hpp"
#include "config/yaml_scalar.hpp"

namespace lkdoctor::config {
namespace {

constexpr std::string_view kNoKeys = "one of key-file or keys must be provided";

void keys_of_file(Context& context) {
  const Value* keys = context.in_file("keys");
  if (keys == nullptr) return;
  for (const auto& [name, value] : keys->entries) {
    const auto* text = std::get_if<std::string>(&value.scalar);
    const yaml::Node* node = value.node == nullptr ? value.key : value.node;
    context.keys.push_back(
        {name, Secret(text == nullptr ? std::string() : *text), context.origin_of(node), node});
  }
}

/// `--keys` and LIVEKIT_KEYS: a mapping of its own, of which only what is text counts. It replaces the
/// file's.
void keys_of_argument(Context& context, const Given& given) {
  const yaml::Document document = yaml::parse(given.text);
  constexpr std::string_view kMalformed =
      "Could not parse keys, it needs to be exactly, \"key: secret\", including the space";
  const yaml::Node* root = document.root;
  bool good =
      !document.error && (root == nullptr || root->kind == yaml::Kind::mapping || yaml::is_null(*root));
  std::vector<KeyPair> pairs;
  for (std::size_t i = 0; good && root != nullptr && i + 1 < root->children.size(); i += 2) {
    const yaml::Node& name = yaml::resolved(*root->children[i]);
    const yaml::Node& secret = yaml::resolved(*root->children[i + 1]);
    if (name.kind != yaml::Kind::scalar) good = false;
    for (const KeyPair& pair : pairs) good = good && pair.name != name.value;
    pairs.push_back({name.value, Secret(secret.value), given.origin, nullptr});
    const yaml::Scalar read = secret.kind == yaml::Kind::scalar ? yaml::resolve(secret) : yaml::Scalar{};
    if (!std::holds_alternative<std::string>(read.value)) pairs.back().name.clear();
  }
  if (!good) {
    context.refuse(std::string(kMalformed));
    context
        .raise(findings::keys_not_loaded, given.origin,
               fmt::format("LiveKit cannot read the keys in {}.", text(given.origin)))
        .with("server_says", kMalformed)
        .change(fmt::format("Write {} as \"NAME: SECRET\" with the blank behind the colon, one pair a line, "
                            "without further quotes",
                            text(given.origin)));
    return;
  }
  std::erase_if(pairs, [](const KeyPair& pair) { return pair.name.empty(); });
  context.keys = std::move(pairs);
}

/// The variable or argument was there and left no pair.
void no_keys_in_argument(Context& context, const Given& given) {
  const bool lost = context.in_file("keys") != nullptr;
  context
      .raise(findings::keys_not_loaded, given.origin,
             fmt::format("{} holds no pair of key and secret as text{}.", text(given.origin),
                         lost ? ", and it replaces the keys of the file" : ""))
      .with("server_says", kNoKeys)
      .change(fmt::format("Remove {}, or give it a pair whose secret stands in quotes", text(given.origin)));
}

void no_keys_in_file(Context& context) {
  const Value* keys = context.decoded.root.find("keys");
  const yaml::Node* node = keys == nullptr ? nullptr : keys->key;
  const std::string sentence =
      keys == nullptr
          ? fmt::format("LiveKit has no API keys: there is no `keys:` in {}.", context.source.name)
          : "LiveKit has no API keys: `keys:` holds no pair.";
  Finding& finding = node == nullptr ? context.raise(findings::keys_not_loaded, context.source, sentence)
                                     : context.raise(findings::keys_not_loaded, node, sentence);
  finding.with("server_says", kNoKeys)
      .change(
          "Write the pair that the OpenTalk controller uses below `keys:`, indented, as \"NAME: SECRET\", "
          "then restart LiveKit");
}

std::string key_file_in_force(const Context& context, Origin& origin) {
  origin = context.origin("key_file");
  std::string path = context.string("key_file");
  if (const Given* flag = context.arguments.find("key-file")) {
    path = flag->text;
    origin = flag->origin;
  }
  return path;
}

/// os.ExpandEnv, as far as it matters: $NAME and ${NAME}.
std::string expanded(const Context& context, std::string_view path) {
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '$') {
      out += path[i];
      continue;
    }
    const bool braces = i + 1 < path.size() && path[i + 1] == '{';
    std::size_t begin = i + (braces ? 2 : 1), end = begin;
    while (end < path.size() &&
           (std::isalnum(static_cast<unsigned char>(path[end])) != 0 || path[end] == '_'))
      ++end;
    const auto found = context.inputs.environment.find(std::string(path.substr(begin, end - begin)));
    if (found != context.inputs.environment.end()) out += found->second;
    i = braces ? end : end - 1;
  }
  if (out.starts_with("~/")) {
    const auto home = context.inputs.environment.find("HOME");
    if (home != context.inputs.environment.end()) out = home->second + out.substr(1);
  }
  return out;
}

void refuse_key_file(Context& context, const Origin& origin, const std::string& reason,
                     const std::string& change) {
  context.refuse(reason);
  context
      .raise(findings::keys_not_loaded, origin,
             fmt::format("LiveKit has no usable API keys: {}.", printable(reason, 300)))
      .with("server_says", printable(reason, 300))
      .change(change);
}

/// The text of the key file; nullopt if the server could not read it either, or if it is not to be had here.
std::optional<std::string> text_of_key_file(Context& context, const Origin& origin) {
  const std::string& path = context.key_file;
  const KeyFile file = context.inputs.read_key_file ? context.inputs.read_key_file(path) : KeyFile{};
  if (!file.text && file.error.empty()) {
    context.keys_unknown = true;
    context.depend("the key file " + path);
    return std::nullopt;
  }
  if (!file.text) {
    refuse_key_file(context, origin, fmt::format("stat {}: {}", path, file.error),
                    "Correct the path of the key file or mount it, then restart LiveKit");
    return std::nullopt;
  }
  if ((file.mode & 07U) != 0) {
    const std::string reason = "key file others permissions must be set to 0";
    refuse_key_file(context, origin, reason,
                    "Take the rights of others away from the key file, then restart LiveKit");
    context.settings()
        .findings.back()
        .with("mode", fmt::format("{:04o}", file.mode))
        .command("chmod o= " + shell_quoted(path));
    return std::nullopt;
  }
  return file.text;
}

/// The pairs of the key file; they replace all others.
void keys_of_key_file(Context& context, const Origin& origin) {
  const auto content = text_of_key_file(context, origin);
  if (!content) return;
  const std::string& path = context.key_file;
  context.keys.clear();
  const yaml::Document document = yaml::parse(*content);
  if (document.error) {
    refuse_key_file(
        context, origin, "yaml: " + document.error->message,
        fmt::format("Correct line {} of {}, then restart LiveKit", document.error->place.line, path));
    return;
  }
  if (document.root == nullptr) {
    refuse_key_file(context, origin, "EOF",
                    fmt::format("Write a pair \"NAME: SECRET\" into {}, then restart LiveKit", path));
    return;
  }
  const Decoded decoded = decode_key_file(*document.root);
  if (!decoded.refusal.empty()) {
    refuse_key_file(context, origin,
                    decoded.defects.front().node != nullptr && decoded.refusal.find('`') != std::string::npos
                        ? "yaml: unmarshal errors"
                        : decoded.refusal,
                    fmt::format("Let {} hold nothing but lines \"NAME: SECRET\", without `keys:` above them, "
                                "then restart LiveKit",
                                path));
    return;
  }
  for (const auto& [name, value] : decoded.root.entries) {
    const auto* text = std::get_if<std::string>(&value.scalar);
    const int line = value.key == nullptr ? 0 : value.key->begin.line;
    context.keys.push_back({name,
                            Secret(text == nullptr ? std::string() : *text),
                            {Origin::Kind::file, path, line, 1},
                            nullptr});
  }
}

}  // namespace

void read_keys(Context& context) {
  keys_of_file(context);
  if (const Given* given = context.arguments.find("keys")) keys_of_argument(context, *given);
  LiveKitSettings& settings = context.settings();
  if (settings.development && context.keys.empty()) {
    context.keys.push_back({"devkey", Secret("secret"), {}, nullptr});
    if (!settings.bind_addresses.is_set()) settings.bind_addresses.value = {"127.0.0.1", "::1"};
  }
  Origin origin;
  context.key_file = expanded(context, key_file_in_force(context, origin));
  if (!context.key_file.empty()) keys_of_key_file(context, origin);
  if (!context.keys.empty() || context.keys_unknown || context.is_refused()) return;
  context.refuse(std::string(kNoKeys));
  const Given* given = context.arguments.find("keys");
  if (given != nullptr && context.key_file.empty()) {
    no_keys_in_argument(context, *given);
  } else {
    no_keys_in_file(context);
  }
}

}  // namespace lkdoctor::config
