// SPDX-License-Identifier: EUPL-1.2
#include "serve/web.hpp"

#include <algorithm>
#include <charconv>
#include <lkdoctor/address.hpp>
#include <lkdoctor/redaction.hpp>
#include <lkdoctor/text.hpp>
#include <lkdoctor/url.hpp>

namespace lkdoctor::serve {
namespace {

struct Refused {
  config::BadValue value;
};

std::optional<std::uint16_t> port_of(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = error == std::errc{} && end == text.data() + text.size() && !text.empty();
  return whole ? std::optional(port) : std::nullopt;
}

/// RFC 3986 §3.3, without what would have to be decoded or resolved first.
bool is_plain_path(std::string_view path) {
  constexpr std::string_view kMarks = "/-_.~";
  const bool plain = std::ranges::all_of(path, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  });
  return plain && path.find("//") == std::string_view::npos && path.find("/.") == std::string_view::npos;
}

std::string without_last_slash(std::string path) {
  while (path.ends_with('/')) path.pop_back();
  return path;
}

class Web {
 public:
  explicit Web(const config::Layer& layer) : layer_(layer) {}

  WebSettings read() {
    const config::Options& options = layer_.options;
    out_.config_file = options.web_config_file.value_or("");
    out_.open = options.web_open.value_or(false);
    if (options.web_external_url) read_external_url(*options.web_external_url);
    if (options.web_route_prefix) read_route_prefix(*options.web_route_prefix);
    for (const std::string& text : options.web_listen_address) read_listen_address(text);
    if (out_.listen.empty()) out_.listen.push_back({"127.0.0.1", kDefaultPort});
    return std::move(out_);
  }

 private:
  [[noreturn]] void refuse(std::string_view name, const std::string& message) {
    throw Refused{{layer_.origin(name), message}};
  }

  void read_external_url(const std::string& value) {
    const auto url = parse_url(value);
    const bool web = url && (url->scheme == "http" || url->scheme == "https");
    if (!web || without_secret_parts(value) != value) {
      refuse("web.external_url", "\"" + printable(without_secret_parts(value), 120) +
                                     "\" is not an http:// or https:// URL without user and query");
    }
    out_.external_url = without_last_slash(value);
    const std::size_t host = value.find("://") + 3, slash = value.find('/', host);
    const std::string path = slash == std::string::npos ? "" : without_last_slash(value.substr(slash));
    if (!is_plain_path(path))
      refuse("web.external_url", "its path must be letters, digits and -_.~ between slashes");
    out_.route_prefix = path;
  }

  void read_route_prefix(const std::string& value) {
    if (!value.starts_with('/') || !is_plain_path(value)) {
      refuse("web.route_prefix", "\"" + printable(value, 120) + "\" is not a path like /lkdoctor");
    }
    out_.route_prefix = without_last_slash(value);
  }

  void read_listen_address(const std::string& text) {
    const auto address = parse_listen_address(text);
    if (!address) {
      refuse("web.listen_address", "\"" + printable(text, 120) +
                                       "\" is not ADDRESS:PORT, like 127.0.0.1:17880, [::1]:17880 or :17880");
    }
    if (!address->is_loopback() && out_.config_file.empty() && !out_.open) {
      refuse("web.listen_address",
             "refusing to listen on " + printable(text, 120) +
                 " without --web.config.file (TLS or basic auth): reports name addresses and files. "
                 "--web.open to allow.");
    }
    out_.listen.push_back(*address);
  }

  const config::Layer& layer_;
  WebSettings out_;
};

}  // namespace

bool ListenAddress::is_loopback() const {
  return host == "localhost" || kind_of(host) == AddressKind::loopback;
}

std::optional<ListenAddress> parse_listen_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = port_of(text.substr(colon + 1));
  std::string_view host = text.substr(0, colon);
  const bool brackets = host.starts_with('[') && host.ends_with(']');
  if (brackets) host = host.substr(1, host.size() - 2);
  const bool colons = host.find(':') != std::string_view::npos;
  const bool named = (host.empty() && !brackets) || host == "localhost";
  if (!port || brackets != colons || !(named || is_numeric_address(host))) return std::nullopt;
  return ListenAddress{std::string(host), *port};
}

MadeWeb make_web(const config::Layer& layer) {
  try {
    return {Web(layer).read(), std::nullopt};
  } catch (const Refused& refused) {
    return {{}, refused.value};
  }
}

}  // namespace lkdoctor::serve
