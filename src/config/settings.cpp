// SPDX-License-Identifier: EUPL-1.2
// Texts of options to typed values.
#include <algorithm>
#include <charconv>
#include <lkdoctor/address.hpp>
#include <lkdoctor/env_proxy.hpp>
#include <lkdoctor/redaction.hpp>
#include <lkdoctor/text.hpp>
#include <lkdoctor/url.hpp>

#include "config/options.hpp"

namespace lkdoctor::config {
namespace {

using ProxyCredentials = std::map<std::string, Secret>;

/// Stops at the first bad value.
struct Problem {
  BadValue value;
};

class Settings {
 public:
  Settings(const Layer& layer, RunSettings& run, OutputSettings& output, ProxyCredentials& proxy_credentials)
      : layer_(layer), run_(run), output_(output), proxy_credentials_(proxy_credentials) {}

  void apply() {
    apply_view();
    apply_contacts();
    apply_time();
    apply_output();
  }

 private:
  [[noreturn]] void refuse(std::string_view name, std::string_view value, const std::string& expected) {
    throw Problem{
        {layer_.origin(name), "\"" + printable(without_secret_parts(value), 80) + "\" is not " + expected}};
  }

  template <class E, std::size_t N>
  E one_of(std::string_view name, const std::string& value,
           const std::array<std::pair<std::string_view, E>, N>& known) {
    std::vector<std::string_view> names;
    std::string list;
    for (const auto& [word, result] : known) {
      if (word == value) return result;
      names.push_back(word);
      list += (list.empty() ? "" : ", ") + std::string(word);
    }
    const std::string near = nearest(value, names);
    refuse(name, value, "one of " + list + (near.empty() ? "" : "; did you mean " + near + "?"));
  }

  void apply_view() {
    constexpr std::array<std::pair<std::string_view, Vantage>, 6> kVantages{
        {{"auto", Vantage::automatic},
         {"outside", Vantage::outside},
         {"inside", Vantage::inside},
         {"controller", Vantage::controller},
         {"livekit-host", Vantage::livekit_host},
         {"recorder", Vantage::recorder}}};
    constexpr std::array<std::pair<std::string_view, Audience>, 4> kAudiences{
        {{"auto", Audience::automatic},
         {"internet", Audience::internet},
         {"lan", Audience::lan},
         {"vpn", Audience::vpn}}};
    const Options& options = layer_.options;
    if (options.vantage) run_.vantage = one_of("vantage", *options.vantage, kVantages);
    run_.vantage_declared = run_.vantage != Vantage::automatic;
    if (options.audience) run_.audience = one_of("audience", *options.audience, kAudiences);
    run_.audience_declared = run_.audience != Audience::automatic;
    run_.passive = options.passive.value_or(false);
    run_.thorough = options.thorough.value_or(false);
    run_.allow_side_effects = options.allow_side_effects.value_or(false);
    if (options.livekit_version) check_version(*options.livekit_version);
    output_.container = options.container;
    output_.compose = options.compose;
    output_.env_file = options.env_file;
  }

  /// "1.13.5" or "v1.13.5"; a pre-release's suffix may follow.
  void check_version(std::string_view value) {
    std::string_view rest = value.substr(value.starts_with('v') ? 1 : 0);
    for (int part = 0; part < 3; ++part) {
      const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
      const bool dot = digits < rest.size() && rest[digits] == '.';
      if (digits == 0 || dot != (part < 2)) refuse("livekit_version", value, "a version X.Y.Z");
      rest.remove_prefix(digits + (dot ? 1 : 0));
    }
    if (!rest.empty() && rest.front() != '-') refuse("livekit_version", value, "a version X.Y.Z");
  }

  void apply_contacts() {
    constexpr std::array<std::pair<std::string_view, ThirdParty>, 3> kThirdParties{
        {{"none", ThirdParty::none}, {"as-server", ThirdParty::as_server}, {"any", ThirdParty::any}}};
    const Options& options = layer_.options;
    if (options.third_party) run_.third_party = one_of("third_party", *options.third_party, kThirdParties);
    if (options.proxy) apply_proxy(*options.proxy);
    run_.ca_files = options.ca_file;
    for (const std::string& entry : options.resolve) run_.pinned.push_back(pinned(entry));
    for (const std::string& entry : options.stun)
      run_.stun_servers.push_back(host_and_port("stun", entry, "3478"));
    if (options.responder) run_.responder = host_and_port("responder", *options.responder, "");
    if (options.responder_key_file) output_.responder_key_file = *options.responder_key_file;
    output_.pair = options.pair.value_or(false);
  }

  void apply_proxy(const std::string& value) {
    const bool word = value == "auto" || value == "none";
    const auto url = word ? std::nullopt : parse_url(value);
    if (!word && (!url || (url->scheme != "http" && url->scheme != "https"))) {
      // Perhaps a password stands in it.
      refuse("proxy", value.find('@') == std::string::npos ? value : "…", "auto, none or an http:// URL");
    }
    run_.proxy = value;
    if (word) return;
    ProxyUrl parts = split_proxy_url(value);
    run_.proxy = parts.url;
    if (!parts.credentials.empty()) proxy_credentials_[parts.url] = std::move(parts.credentials);
  }

  std::uint16_t port(std::string_view name, const std::string& whole, std::string_view digits) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size() || value == 0 || value > 65535) {
      refuse(name, whole, name == "resolve" ? "HOST:PORT:ADDRESS" : "HOST:PORT");
    }
    return static_cast<std::uint16_t>(value);
  }

  PinnedAddress pinned(const std::string& entry) {
    const std::size_t first = entry.find(':');
    const std::size_t second = first == std::string::npos ? first : entry.find(':', first + 1);
    if (first == 0 || second == std::string::npos) refuse("resolve", entry, "HOST:PORT:ADDRESS");
    PinnedAddress out;
    out.host = to_lower_ascii(entry.substr(0, first));
    out.port = port("resolve", entry, std::string_view(entry).substr(first + 1, second - first - 1));
    out.address = entry.substr(second + 1);
    if (out.address.starts_with('[') && out.address.ends_with(']'))
      out.address = out.address.substr(1, out.address.size() - 2);
    if (!is_numeric_address(out.address))
      refuse("resolve", entry, "HOST:PORT:ADDRESS with a numeric address");
    return out;
  }

  /// "host:port", IPv6 in brackets; without a port `usual` is added, if there is one.
  std::string host_and_port(std::string_view name, std::string entry, std::string_view usual) {
    if (entry.starts_with("stun:")) entry.erase(0, 5);
    if (is_numeric_address(entry) && entry.find(':') != std::string::npos) entry = "[" + entry + "]";
    const std::size_t bracket = entry.rfind(']');
    const std::size_t colon = entry.find(':', bracket == std::string::npos ? 0 : bracket);
    const std::string host = entry.substr(0, colon);
    if (host.empty() || host.find_first_of(" /@?#") != std::string::npos) refuse(name, entry, "HOST:PORT");
    if (colon != std::string::npos) {
      port(name, entry, std::string_view(entry).substr(colon + 1));
      return entry;
    }
    return usual.empty() ? entry : entry + ":" + std::string(usual);
  }

  Milliseconds seconds(std::string_view name, std::string_view value) {
    std::string_view digits = value;
    if (digits.ends_with('s')) digits.remove_suffix(1);
    double number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    const bool fine =
        error == std::errc{} && end == digits.data() + digits.size() && number > 0 && number <= 86'400;
    if (!fine) refuse(name, value, "a number of seconds between 0 and 86400");
    return Milliseconds(std::max(1, static_cast<int>(number * 1000)));
  }

  void apply_time() {
    const Options& options = layer_.options;
    if (options.timeout) run_.check_timeout = seconds("timeout", *options.timeout);
    // Contract §2: a thorough run has 180 s unless somebody says otherwise.
    if (run_.thorough) run_.deadline = Milliseconds(180'000);
    if (options.deadline) run_.deadline = seconds("deadline", *options.deadline);
  }

  void apply_output() {
    output_.all = layer_.options.all.value_or(false);
    output_.record = layer_.options.record.value_or("");
    constexpr std::array<std::pair<std::string_view, Severity>, 2> kFailOn{
        {{"fail", Severity::failure}, {"warn", Severity::warning}}};
    constexpr std::array<std::pair<std::string_view, bool>, 3> kColors{
        {{"auto", true}, {"always", true}, {"never", true}}};
    const Options& options = layer_.options;
    if (options.fail_on) output_.fail_on = one_of("fail_on", *options.fail_on, kFailOn);
    if (options.color && one_of("color", *options.color, kColors)) output_.color = *options.color;
    output_.exit_zero = options.exit_zero.value_or(false);
    output_.watch = options.watch.value_or(false);
    output_.verbose = options.verbose.value_or(false);
    output_.quiet = options.quiet.value_or(false);
    for (const std::string& entry : options.only) append_words(output_.only, entry);
    for (const std::string& entry : options.skip) append_words(output_.skip, entry);
    apply_formats();
  }

  /// `--only names,tls` and `--only names --only tls` are the same.
  static void append_words(std::vector<std::string>& into, std::string_view entry) {
    for (;;) {
      const std::size_t comma = entry.find(',');
      if (const auto word = trimmed(entry.substr(0, comma)); !word.empty()) into.emplace_back(word);
      if (comma == std::string_view::npos) return;
      entry.remove_prefix(comma + 1);
    }
  }

  void apply_formats() {
    // Those of later releases have their own words, where reports are written.
    constexpr std::array<std::string_view, 8> kLater{"junit",       "tap",  "nagios",   "prometheus",
                                                     "openmetrics", "html", "markdown", "sarif"};
    constexpr std::array<std::pair<std::string_view, bool>, 3> kFormats{
        {{"text", true}, {"json", true}, {"jsonl", true}}};
    const Options& options = layer_.options;
    for (const std::string& format : options.format) {
      const bool later = std::find(kLater.begin(), kLater.end(), format) != kLater.end();
      if (!later) one_of("format", format, kFormats);
    }
    const std::size_t count = std::max<std::size_t>(1, options.format.size());
    if (options.output.size() > count) {
      throw Problem{
          {layer_.origin("output"), "there are more --output than --format; each report needs both"}};
    }
    for (std::size_t i = 0; i < count; ++i) {
      ReportTarget report;
      if (i < options.format.size()) report.format = options.format[i];
      if (i < options.output.size() && options.output[i] != "-") report.file = options.output[i];
      output_.reports.push_back(std::move(report));
    }
  }

  const Layer& layer_;
  RunSettings& run_;
  OutputSettings& output_;
  ProxyCredentials& proxy_credentials_;
};

}  // namespace

std::optional<BadValue> apply_options(const Layer& layer, RunSettings& run, OutputSettings& output,
                                      std::map<std::string, Secret>& proxy_credentials) {
  try {
    Settings(layer, run, output, proxy_credentials).apply();
  } catch (const Problem& problem) {
    return problem.value;
  }
  return std::nullopt;
}

}  // namespace lkdoctor::config
