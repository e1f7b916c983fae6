// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <lkdoctor/findings.hpp>
#include <lkdoctor/text.hpp>

#include "config/livekit_context.hpp"
#include "model/secrets.hpp"

namespace lkdoctor::config {
namespace {

constexpr std::size_t kShortestSecret = 32;  // livekit-server pkg/config: below it logs an error and goes on

std::string shown_name(const KeyPair& pair) {
  return shown_key_name(pair.name.substr(0, pair.name.find(':')), pair.secret, 60);
}

std::string why_empty(const Context& context, const KeyPair& pair, std::string& change) {
  const std::size_t colon = pair.name.find(':');
  if (colon != std::string::npos) {
    change =
        "Put a blank behind the colon, and replace the secret: LiveKit writes the whole entry into its log";
    return "a blank is missing behind its colon";
  }
  const std::string_view line =
      pair.node == nullptr ? std::string_view() : context.document.line(pair.node->begin.line);
  const std::size_t at = line.find(':');
  const std::string_view value =
      trimmed(at == std::string_view::npos ? std::string_view() : line.substr(at + 1));
  change = "Put the secret in quotes, then restart LiveKit";
  if (value.starts_with('#')) return "its secret begins with #, which begins a comment";
  if (value.starts_with('!') || value.starts_with('&'))
    return fmt::format("its secret begins with {}, which YAML takes for itself", value.front());
  change = "Write the secret behind the key, then restart LiveKit";
  return "nothing stands behind it";
}

void empty_secret(Context& context, const KeyPair& pair) {
  std::string change;
  const std::string why = why_empty(context, pair, change);
  const std::string name = shown_name(pair);
  const std::string sentence = fmt::format(
      "LiveKit reads an empty secret for key \"{}\": {}. Every request with it is refused.", name, why);
  Finding& finding = pair.node != nullptr ? context.raise(findings::secret_empty, pair.node, sentence)
                                          : context.raise(findings::secret_empty, pair.origin, sentence);
  finding.with("key", name).change(change);
}

void short_secret(Context& context, const KeyPair& pair, std::size_t length) {
  if (context.settings().development && !pair.origin.known()) return;
  const std::string sentence =
      fmt::format("The secret of key \"{}\" has {} bytes; LiveKit asks for at least {}.", shown_name(pair),
                  length, kShortestSecret);
  Finding& finding = pair.node != nullptr ? context.raise(findings::secret_too_short, pair.node, sentence)
                                          : context.raise(findings::secret_too_short, pair.origin, sentence);
  finding.with("length_bytes", length).command("openssl rand -hex 32");
}

void sample(Context& context, const KeyPair& pair) {
  const std::string sentence = fmt::format(
      "Anyone can join and record every room: key \"{}\" has the secret printed in the documentation.",
      shown_name(pair));
  Finding& finding = pair.node != nullptr
                         ? context.raise(findings::default_or_sample_credentials, pair.node, sentence)
                         : context.raise(findings::default_or_sample_credentials, pair.origin, sentence);
  finding.with("key", shown_name(pair)).command("openssl rand -hex 32");
}

/// ` #` ends a value: the rest of a secret may be lost.
void cut_by_comment(Context& context, const KeyPair& pair) {
  if (pair.node == nullptr || pair.node->style != yaml::Style::plain || pair.secret.empty()) return;
  const std::string_view line = context.document.line(pair.node->end.line);
  const auto end = static_cast<std::size_t>(pair.node->end.column - 1);
  if (end >= line.size()) return;
  const std::string_view rest = line.substr(end);
  // "# a comment in words" is one; "#k3Jd…" looks like the rest of the secret.
  const std::string_view text = trimmed(rest);
  if (!text.starts_with('#') || text.size() < 4 || text[1] == ' ' || text.find(' ') != std::string_view::npos)
    return;
  context
      .raise(findings::secret_cut_by_comment, pair.node,
             fmt::format("LiveKit reads only {} bytes of the secret of key \"{}\": \" #\" begins a comment.",
                         pair.secret.size(), shown_name(pair)))
      .with("length_bytes", pair.secret.size());
}

}  // namespace

void look_at_keys(Context& context) {
  for (const KeyPair& pair : context.keys) {
    const SecretTraits traits = traits_of(pair.secret);
    if (pair.secret.empty()) {
      empty_secret(context, pair);
      continue;
    }
    cut_by_comment(context, pair);
    if (traits.published_sample) {
      sample(context, pair);
    } else if (traits.placeholder) {
      const std::string sentence =
          fmt::format("The secret of key \"{}\" is a placeholder.", shown_name(pair));
      if (pair.node != nullptr) {
        context.raise(findings::placeholder_value, pair.node, sentence);
      } else {
        context.raise(findings::placeholder_value, pair.origin, sentence);
      }
    }
    if (traits.length < kShortestSecret) short_secret(context, pair, traits.length);
  }
}

}  // namespace lkdoctor::config
