// SPDX-License-Identifier: EUPL-1.2
// Whom `serve` tells of changes, and what it calls itself there: [[serve.receiver]], [serve.labels].
#include <algorithm>
#include <lkdoctor/redaction.hpp>
#include <lkdoctor/text.hpp>
#include <lkdoctor/url.hpp>

#include "config/file.hpp"
#include "config/own_values.hpp"

namespace lkdoctor::config::own {
namespace {

constexpr std::size_t kMostReceivers = 16, kMostLabels = 16, kLongestLabel = 100;
constexpr std::string_view kHeader = "[[serve.receiver]]";
constexpr int kHeaderWidth = static_cast<int>(kHeader.size());

OwnReceiver::Kind kind(const TomlEntry& entry) {
  const std::string& text = string(entry);
  if (text == "webhook") return OwnReceiver::Kind::webhook;
  if (text == "alertmanager") return OwnReceiver::Kind::alertmanager;
  const std::string near = nearest(to_lower_ascii(text), {"webhook", "alertmanager"});
  throw Wrong{entry.value.place, "\"" + printable(text, 60) + "\" is neither webhook nor alertmanager" +
                                     (near.empty() ? "" : "; did you mean " + near + "?")};
}

const std::string& url(const TomlEntry& entry) {
  const std::string& text = string(entry);
  const std::string shown = "\"" + printable(without_secret_parts(text), 120) + "\" ";
  const auto parsed = parse_url(text);
  if (!parsed) throw Wrong{entry.value.place, shown + why_no_url(text)};
  if (!parsed->scheme.starts_with("http")) {
    throw Wrong{entry.value.place, shown + "is no http or https URL"};
  }
  if (without_credentials(text) != text) {
    throw Wrong{entry.value.place, "a secret may not stand here; write username and password_file"};
  }
  return text;
}

[[noreturn]] void refuse_secret(const TomlEntry& entry) {
  throw Wrong{entry.key_place,
              "a secret may not stand here; name a file that holds it: " + entry.key + "_file",
              static_cast<int>(entry.key.size())};
}

const std::string& username(const TomlEntry& entry) {
  const std::string& name = string(entry);
  if (name.find(':') != std::string::npos || printable(name) != name) {
    throw Wrong{entry.value.place, "a username has no colon and no control characters"};  // RFC 7617 §2
  }
  return name;
}

OwnWord file(const TomlEntry& entry, const std::string& folder) {
  const std::string& name = string(entry);
  if (name.empty()) throw Wrong{entry.value.place, entry.key + " names no file"};
  return {inside(folder, name), entry.value.place};
}

/// What each value allows alone may not go together.
void check_whole(const OwnReceiver& receiver, bool has_kind, Place header) {
  const bool user = !receiver.username.empty(), password = !receiver.password_file.text.empty();
  const auto refuse = [&](const std::string& why) {
    throw Wrong{header, std::string(kHeader) + " " + why, kHeaderWidth};
  };
  if (receiver.url.empty()) refuse("needs a url");
  if (!has_kind) refuse("needs a kind: webhook or alertmanager");
  if (user != password)
    refuse(user ? "has a username and no password_file" : "has a password_file and no username");
  if (password && !receiver.bearer_token_file.text.empty())
    refuse("has a password_file and a bearer_token_file; only one can be sent");
  if (receiver.kind == OwnReceiver::Kind::alertmanager &&
      receiver.url.find_first_of("?#") != std::string::npos)
    refuse("has a url with more than Alertmanager's address and path");
}

OwnReceiver receiver(const TomlNode& node, const std::string& folder) {
  OwnReceiver out;
  bool has_kind = false;
  for (const TomlEntry& entry : node.entries) {
    if (entry.key == "kind") {
      out.kind = kind(entry);
      has_kind = true;
    } else if (entry.key == "url") {
      out.url = url(entry);
    } else if (entry.key == "username") {
      out.username = username(entry);
    } else if (entry.key == "password_file") {
      out.password_file = file(entry, folder);
    } else if (entry.key == "bearer_token_file") {
      out.bearer_token_file = file(entry, folder);
    } else if (entry.key == "ca_file") {
      out.ca_file = file(entry, folder);
    } else if (entry.key == "password" || entry.key == "bearer_token") {
      refuse_secret(entry);
    } else {
      unknown(entry, {"kind", "url", "username", "password_file", "bearer_token_file", "ca_file"},
              "in [[serve.receiver]]");
    }
  }
  check_whole(out, has_kind, node.place);
  return out;
}

/// As Prometheus and every Alertmanager take it.
bool is_label_name(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto is_next = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= kLongestLabel && is_letter(name.front()) &&
         std::ranges::all_of(name, is_next);
}

void check_label(const TomlEntry& entry) {
  const std::string& value = string(entry);
  const int width = static_cast<int>(entry.key.size());
  if (!is_label_name(entry.key)) {
    throw Wrong{entry.key_place, "a label's name has letters, digits and _ alone, and begins with no digit",
                width};
  }
  for (const std::string_view taken : {"alertname", "severity", "target", "finding"}) {
    if (entry.key == taken)
      throw Wrong{entry.key_place, "the label " + entry.key + " is set by lkdoctor", width};
  }
  if (value.empty() || printable(value, kLongestLabel) != value) {
    throw Wrong{entry.value.place, "a label's value has 1 to 100 characters, all of them printable"};
  }
}

}  // namespace

void read_receivers(const TomlEntry& entry, const std::string& folder, OwnConfig& own) {
  for (const TomlNode& node : tables(entry, "serve.")) {
    if (own.receivers.size() == kMostReceivers) {
      throw Wrong{node.place, "there are more than " + std::to_string(kMostReceivers) + " receivers",
                  kHeaderWidth};
    }
    own.receivers.push_back(receiver(node, folder));
  }
}

void read_labels(const TomlEntry& entry, OwnConfig& own) {
  for (const TomlEntry& label : table(entry, "serve.").entries) {
    check_label(label);
    own.labels.emplace(label.key, label.value.text);
  }
  if (own.labels.size() > kMostLabels) {
    throw Wrong{entry.value.place, "there are more than " + std::to_string(kMostLabels) + " labels"};
  }
}

}  // namespace lkdoctor::config::own
