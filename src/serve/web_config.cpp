// SPDX-License-Identifier: EUPL-1.2
#include "serve/web_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/text.hpp>

#include "config/file.hpp"
#include "config/toml.hpp"
#include "config/yaml.hpp"
#include "config/yaml_scalar.hpp"
#include "serve/response.hpp"
#include "serve/web_names.hpp"

namespace lkdoctor::serve {
namespace {

namespace yaml = config::yaml;
using yaml::Node;

constexpr int kDearest = 16;  // bcrypt at cost 16 takes some five seconds

/// Stops at the first fault.
struct Wrong {
  yaml::Mark place;
  std::string message;
  int width = 1;
  bool hide_value = false;
};

[[noreturn]] void wrong(const Node& node, std::string message, bool hide_value = false) {
  throw Wrong{node.begin, std::move(message), std::max(1, static_cast<int>(node.value.size())), hide_value};
}

std::string in_quotes(std::string_view text) {
  return "\"" + printable(text, 60) + "\"";
}

/// "; did you mean X?", or what there is.
std::string hint(std::string_view word, const std::vector<std::string_view>& known) {
  const std::string near = nearest(word, known);
  if (!near.empty()) return "; did you mean " + near + "?";
  std::string out = "; known are ";
  for (const std::string_view one : known) out.append(one == known.front() ? "" : ", ").append(one);
  return out;
}

template <class Table>
const typename Table::value_type& one_of(const Table& table, const Node& node, std::string_view what) {
  const auto found = std::ranges::find_if(table, [&](const auto& row) { return row.name == node.value; });
  if (found != table.end()) return *found;
  std::vector<std::string_view> names;
  for (const auto& row : table) names.push_back(row.name);
  wrong(node, fmt::format("{} is no {}{}", in_quotes(node.value), what, hint(node.value, names)));
}

/// The keys of a mapping, each once.
template <class Take>
void each(const Node& mapping, std::string_view name, Take take) {
  if (yaml::is_null(mapping)) return;
  if (mapping.kind != yaml::Kind::mapping) wrong(mapping, fmt::format("{} must hold keys with values", name));
  std::vector<std::string_view> seen;
  for (std::size_t i = 0; i + 1 < mapping.children.size(); i += 2) {
    const Node& key = yaml::resolved(*mapping.children[i]);
    if (key.kind != yaml::Kind::scalar) wrong(key, "a key must be a word");
    if (std::ranges::find(seen, key.value) != seen.end())
      wrong(*mapping.children[i], fmt::format("the key {} is there already", in_quotes(key.value)));
    seen.push_back(key.value);
    take(*mapping.children[i], yaml::resolved(*mapping.children[i + 1]));
  }
}

const std::string& text_of(const Node& key, const Node& value) {
  if (value.kind != yaml::Kind::scalar || yaml::is_null(value))
    wrong(value, fmt::format("{} must be a text", key.value));
  return value.value;
}

bool switch_of(const Node& key, const Node& value) {
  if (value.kind == yaml::Kind::scalar) {
    const yaml::Scalar scalar = yaml::resolve(value);
    if (const bool* on = std::get_if<bool>(&scalar.value)) return *on;
  }
  wrong(value, fmt::format("{} must be true or false", key.value));
}

std::vector<const Node*> list_of(const Node& key, const Node& value) {
  if (value.kind != yaml::Kind::sequence) wrong(value, fmt::format("{} must be a list", key.value));
  std::vector<const Node*> out;
  for (const Node* item : value.children) {
    out.push_back(&yaml::resolved(*item));
    text_of(key, *out.back());
  }
  return out;
}

[[noreturn]] void unknown(const Node& key, std::string_view where,
                          const std::vector<std::string_view>& known) {
  wrong(key, fmt::format("unknown key {} {}{}", in_quotes(key.value), where, hint(key.value, known)));
}

class Reader {
 public:
  Reader(WebConfig& config, const std::string& file) : config_(config) {
    const std::size_t slash = file.rfind('/');
    folder_ = slash == std::string::npos ? "." : file.substr(0, slash);
  }

  void read(const Node& root) {
    each(root, "the file", [&](const Node& key, const Node& value) {
      if (key.value == "tls_server_config") {
        read_tls(key, value);
      } else if (key.value == "http_server_config") {
        each(value, key.value, [&](const Node& k, const Node& v) { read_http(k, v); });
      } else if (key.value == "basic_auth_users") {
        each(value, key.value, [&](const Node& k, const Node& v) { read_user(k, v); });
      } else if (key.value == "rate_limit") {
        wrong(key,
              "rate_limit is not supported here; take it out, or let a proxy before lkdoctor limit requests");
      } else {
        unknown(key, "at the top", {"tls_server_config", "http_server_config", "basic_auth_users"});
      }
    });
  }

 private:
  void read_tls(const Node& section, const Node& value) {
    TlsSettings tls;
    tls.min_version = kVersions.front().value;
    tls.max_version = kVersions.back().value;
    const Node* authority = nullptr;
    const Node* sans = nullptr;
    each(value, section.value, [&](const Node& key, const Node& given) {
      if (key.value == "client_ca_file") authority = &key;
      if (key.value == "client_allowed_sans") sans = &key;
      if (!read_file(key, given, tls)) read_policy(key, given, tls);
    });
    if (yaml::is_null(value) || value.children.empty()) return;
    if (tls.cert_file.empty()) wrong(section, "tls_server_config needs cert_file");
    if (tls.key_file.empty()) wrong(section, "tls_server_config needs key_file");
    if (tls.min_version > tls.max_version) wrong(section, "min_version is above max_version");
    check_clients(tls, section, authority, sans);
    config_.tls = std::move(tls);
  }

  bool read_file(const Node& key, const Node& value, TlsSettings& tls) const {
    for (const auto& [name, member] :
         {std::pair{"cert_file", &tls.cert_file}, std::pair{"key_file", &tls.key_file},
          std::pair{"client_ca_file", &tls.client_ca_file}}) {
      if (key.value != name) continue;
      *member = config::inside(folder_, text_of(key, value));
      return true;
    }
    for (const char* name : {"cert", "key", "client_ca"}) {
      if (key.value == name)
        wrong(key, fmt::format(
                       "{} within this file is not supported here; write it to a file and name that: {}_file",
                       name, name));
    }
    return false;
  }

  static void read_policy(const Node& key, const Node& value, TlsSettings& tls) {
    const auto word = [&]() -> const Node& {
      text_of(key, value);
      return value;
    };
    if (key.value == "client_auth_type") {
      tls.client_auth = one_of(kClientAuths, word(), "client_auth_type").value;
    } else if (key.value == "client_allowed_sans") {
      for (const Node* item : list_of(key, value)) tls.client_allowed_sans.push_back(item->value);
    } else if (key.value == "min_version") {
      tls.min_version = one_of(kVersions, word(), "version of TLS that is spoken here").value;
    } else if (key.value == "max_version") {
      tls.max_version = one_of(kVersions, word(), "version of TLS that is spoken here").value;
    } else if (key.value == "cipher_suites") {
      for (const Node* item : list_of(key, value)) add_cipher(*item, tls);
    } else if (key.value == "curve_preferences") {
      for (const Node* item : list_of(key, value))
        append(tls.groups, one_of(kCurves, *item, "curve").openssl);
    } else if (key.value == "prefer_server_cipher_suites") {
      tls.prefer_server_ciphers = switch_of(key, value);
    } else {
      unknown(key, "in tls_server_config",
              {"cert_file", "key_file", "client_ca_file", "client_auth_type", "client_allowed_sans",
               "min_version", "max_version", "cipher_suites", "curve_preferences",
               "prefer_server_cipher_suites"});
    }
  }

  static void append(std::string& list, std::string_view name) {
    list.append(list.empty() ? "" : ":").append(name);
  }

  static void add_cipher(const Node& item, TlsSettings& tls) {
    const CipherName& cipher = one_of(kCiphers, item, "cipher suite");
    append(cipher.since_13 ? tls.ciphersuites : tls.ciphers, cipher.openssl);
  }

  static void check_clients(const TlsSettings& tls, const Node& section, const Node* authority,
                            const Node* sans) {
    const bool verifies =
        tls.client_auth == ClientAuth::verify_if_given || tls.client_auth == ClientAuth::require_and_verify;
    if (authority != nullptr && tls.client_auth == ClientAuth::none)
      wrong(*authority,
            "client_ca_file means nothing without client_auth_type; the usual one is "
            "RequireAndVerifyClientCert");
    // Go takes the system's authorities then: whoever has a certificate of any of them would be let in.
    if (verifies && authority == nullptr)
      wrong(section, "a client_auth_type that verifies needs client_ca_file");
    const bool required =
        tls.client_auth == ClientAuth::require_any || tls.client_auth == ClientAuth::require_and_verify;
    if (sans != nullptr && !required)
      wrong(*sans,
            "client_allowed_sans needs the client_auth_type RequireAnyClientCert or "
            "RequireAndVerifyClientCert");
  }

  void read_http(const Node& key, const Node& value) {
    if (key.value == "http2") {
      if (switch_of(key, value))
        wrong(value, "HTTP/2 is not spoken here: write http2: false, or leave it out");
    } else if (key.value == "headers") {
      each(value, key.value, [&](const Node& name, const Node& text) { read_header(name, text); });
    } else {
      unknown(key, "in http_server_config", {"http2", "headers"});
    }
  }

  void read_header(const Node& key, const Node& value) {
    const HeaderName& header = one_of(kHeaders, key, "header that may be set here");
    if (yaml::is_null(value) || value.value.empty()) return;  // unset, as exporter-toolkit has it
    const std::string& text = text_of(key, value);
    if (!is_field_value(text)) wrong(value, "a header's value is one line of text");
    if (!header.first.empty() && text != header.first && text != header.second)
      wrong(value, fmt::format("{} can be {}{}", header.name, header.first,
                               header.second.empty() ? "" : " or " + std::string(header.second)));
    config_.headers.emplace_back(header.name, text);
  }

  void read_user(const Node& key, const Node& value) {
    if (key.value.empty()) wrong(key, "a user needs a name");
    if (key.value.find(':') != std::string::npos)
      wrong(key, "a user's name cannot hold a colon: basic authentication ends the name there");
    const auto cost = value.kind == yaml::Kind::scalar ? bcrypt_cost(value.value) : std::nullopt;
    if (!cost)
      wrong(value, "this is no bcrypt hash of a password; make one with htpasswd -nBC 10 \"\" | tr -d ':\\n'",
            true);
    if (*cost > kDearest)
      wrong(value,
            fmt::format("a bcrypt cost of {} makes each login take minutes; at most {}", *cost, kDearest),
            true);
    config_.users.emplace(key.value, Secret(value.value));
  }

  WebConfig& config_;
  std::string folder_;
};

WebConfigError error_at(const std::string& file, const yaml::Document& document, const Wrong& fault) {
  const std::string line(document.line(fault.place.line));
  const std::string shown = fault.hide_value ? config::shown_line(line) : line;
  return {fmt::format("{}:{}:{}: {}\n{}", file, fault.place.line, fault.place.column, fault.message,
                      caret_excerpt(shown, fault.place.line, fault.place.column, fault.width))};
}

}  // namespace

std::optional<int> bcrypt_cost(std::string_view hash) {
  constexpr std::string_view kAlphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  constexpr std::size_t kLength = 60, kBegin = 7;  // "$2y$10$", then salt and sum
  if (hash.size() != kLength || !hash.starts_with("$2") || hash[3] != '$' || hash[6] != '$')
    return std::nullopt;
  if (std::string_view("aby").find(hash[2]) == std::string_view::npos) return std::nullopt;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!is_digit(hash[4]) || !is_digit(hash[5])) return std::nullopt;
  if (hash.find_first_not_of(kAlphabet, kBegin) != std::string_view::npos) return std::nullopt;
  const int cost = (hash[4] - '0') * 10 + (hash[5] - '0');
  return cost >= 4 && cost <= 31 ? std::optional(cost) : std::nullopt;
}

WebConfigReading read_web_config(const std::string& file, std::string_view text) {
  WebConfigReading out;
  const yaml::Document document = yaml::parse(text);
  if (document.error) {
    // Where such a file breaks off, a password's hash may stand.
    out.error = error_at(file, document, {document.error->place, document.error->problem, 1, true});
  } else if (document.root != nullptr) {
    try {
      Reader(out.config, file).read(yaml::resolved(*document.root));
    } catch (const Wrong& fault) {
      out.error = error_at(file, document, fault);
    }
  }
  return out;
}

}  // namespace lkdoctor::serve
