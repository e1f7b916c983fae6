// SPDX-License-Identifier: EUPL-1.2
#include "config/options.hpp"

#include <algorithm>
#include <charconv>
#include <lkdoctor/text.hpp>

namespace lkdoctor::config {
namespace {

constexpr std::array<Twin, 45> kTwins{{
    {"controller", &Options::controller, true},
    {"livekit", &Options::livekit, true},
    {"config", &Options::config, true},
    {"public_url", &Options::public_url},
    {"service_url", &Options::service_url},
    {"api_key", &Options::api_key},
    {"api_secret_file", &Options::api_secret_file, true},
    {"token_file", &Options::token_file, true},
    {"vantage", &Options::vantage},
    {"audience", &Options::audience},
    {"third_party", &Options::third_party},
    {"proxy", &Options::proxy},
    {"livekit_version", &Options::livekit_version},
    {"responder", &Options::responder},
    {"responder_key_file", &Options::responder_key_file, true},
    {"timeout", &Options::timeout},
    {"deadline", &Options::deadline},
    {"fail_on", &Options::fail_on},
    {"color", &Options::color},
    {"compose", &Options::compose, true, kWithCompose},
    {"env_file", &Options::env_file, true, kWithCompose},
    {"container", &Options::container, false, kWithContainer},
    {"stun", &Options::stun},
    {"ca_file", &Options::ca_file, true},
    {"resolve", &Options::resolve},
    {"only", &Options::only},
    {"skip", &Options::skip},
    {"format", &Options::format},
    {"output", &Options::output, true},
    {"record", &Options::record, true},
    {"all", &Options::all},
    {"passive", &Options::passive},
    {"thorough", &Options::thorough},
    {"allow_side_effects", &Options::allow_side_effects},
    {"exit_zero", &Options::exit_zero},
    {"watch", &Options::watch, false, kWithWatch},
    {"pair", &Options::pair},
    {"verbose", &Options::verbose},
    {"quiet", &Options::quiet},
    {"web.listen_address", &Options::web_listen_address, false, {}, true},
    {"web.config_file", &Options::web_config_file, true, {}, true, "--web.config.file"},
    {"web.external_url", &Options::web_external_url, false, {}, true},
    {"web.route_prefix", &Options::web_route_prefix, false, {}, true},
    {"web.open", &Options::web_open, false, {}, true},
    {"state_dir", &Options::state_dir, true, {}, true},
}};

std::string upper(std::string_view name) {
  std::string out(name);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

template <class T>
bool is_set(const std::optional<T>& value) {
  return value.has_value();
}
bool is_set(const std::vector<std::string>& list) {
  return !list.empty();
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> out;
  for (;;) {
    const std::size_t comma = text.find(',');
    if (const auto part = trimmed(text.substr(0, comma)); !part.empty()) out.emplace_back(part);
    if (comma == std::string_view::npos) return out;
    text.remove_prefix(comma + 1);
  }
}

std::optional<bool> boolean_of(std::string_view text) {
  const std::string lower = to_lower_ascii(text);
  if (lower == "1" || lower == "true" || lower == "yes" || lower == "on") return true;
  if (lower == "0" || lower == "false" || lower == "no" || lower == "off") return false;
  return std::nullopt;
}

/// False: a switch with a text that is neither yes nor no.
bool set_from_text(Options& options, const Twin& twin, const std::string& value) {
  if (const auto* text = std::get_if<Twin::Text>(&twin.member)) {
    options.*(*text) = value;
  } else if (const auto* list = std::get_if<Twin::List>(&twin.member)) {
    options.*(*list) = split_list(value);
  } else {
    const auto parsed = boolean_of(value);
    options.*std::get<Twin::Switch>(twin.member) = parsed;
    return parsed.has_value();
  }
  return true;
}

constexpr std::array<std::string_view, 2> kOtherVariables{"LKDOCTOR_API_SECRET", "LKDOCTOR_PAIRING_CODE"};

/// Variables that nothing here reads; a name near to one of ours is worth a line.
void note_unknown(const std::string& name, std::vector<std::string>& notes) {
  if (std::find(kOtherVariables.begin(), kOtherVariables.end(), name) != kOtherVariables.end()) return;
  std::vector<std::string> known(kOtherVariables.begin(), kOtherVariables.end());
  for (const Twin& twin : kTwins) known.push_back(variable_of(twin.name));
  // The common beginning says nothing of what was meant.
  constexpr std::size_t kBeginning = std::string_view("LKDOCTOR_").size();
  std::vector<std::string_view> rests;
  for (const std::string& one : known) rests.push_back(std::string_view(one).substr(kBeginning));
  const std::string rest = nearest(std::string_view(name).substr(std::min(kBeginning, name.size())), rests);
  const std::string near = rest.empty() ? "" : "LKDOCTOR_" + rest;
  if (!near.empty()) notes.push_back("$" + printable(name, 80) + " is not read; did you mean $" + near + "?");
}

/// "web__open" is "web.open".
std::string with_dots(std::string name) {
  for (std::size_t at = name.find("__"); at != std::string::npos; at = name.find("__", at)) {
    name.replace(at, 2, ".");
  }
  return name;
}

InputError bad_variable(const std::string& name, std::string_view expected) {
  return {64, "$" + name + " must be " + std::string(expected)};
}

void take_threshold(EnvironmentLayer& out, const std::string& name, std::string_view key,
                    const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool number = error == std::errc{} && end == text.data() + text.size() && value >= 0;
  if (!number || !set_threshold(out.thresholds, key, value)) {
    out.error = bad_variable(name, "a number");
    return;
  }
  out.threshold_origins.emplace(key, Origin{Origin::Kind::environment, name});
}

}  // namespace

std::span<const Twin> option_twins() {
  return kTwins;
}

const Twin* find_twin(std::string_view name) {
  const auto found =
      std::find_if(kTwins.begin(), kTwins.end(), [&](const Twin& twin) { return twin.name == name; });
  return found == kTwins.end() ? nullptr : &*found;
}

const Twin* find_twin_of_flag(std::string_view flag) {
  const auto found = std::find_if(kTwins.begin(), kTwins.end(),
                                  [&](const Twin& twin) { return flag_of(twin.name) == flag; });
  return found == kTwins.end() ? nullptr : &*found;
}

bool asks_for_it(const Options& options, const Twin& twin) {
  if (const auto* flag = std::get_if<Twin::Switch>(&twin.member)) return (options.*(*flag)).value_or(false);
  return std::visit([&](auto member) { return is_set(options.*member); }, twin.member);
}

std::string flag_of(std::string_view name) {
  if (const Twin* twin = find_twin(name); twin != nullptr && !twin->flag.empty()) {
    return std::string(twin->flag);
  }
  std::string out = "--" + std::string(name);
  std::replace(out.begin(), out.end(), '_', '-');
  return out;
}

std::string variable_of(std::string_view name) {
  std::string out = "LKDOCTOR_";
  for (const char c : upper(name)) out += c == '.' ? std::string("__") : std::string(1, c);
  return out;
}

const Origin& Layer::origin(std::string_view name) const {
  static const Origin kNone;
  const auto found = origins.find(name);
  return found == origins.end() ? kNone : found->second;
}

void Layer::fill_from(const Layer& lower) {
  for (const Twin& twin : kTwins) {
    const auto there = lower.origins.find(twin.name);
    if (there == lower.origins.end() || origins.contains(twin.name)) continue;
    std::visit([&](auto member) { options.*member = lower.options.*member; }, twin.member);
    origins.emplace(twin.name, there->second);
  }
}

Layer layer_of_flags(const Options& options) {
  Layer layer{options, {}};
  for (const Twin& twin : kTwins) {
    const bool given = std::visit([&](auto member) { return is_set(options.*member); }, twin.member);
    if (given) layer.origins.emplace(twin.name, Origin{Origin::Kind::flag, flag_of(twin.name)});
  }
  return layer;
}

EnvironmentLayer layer_of_environment(const std::map<std::string, std::string>& environment) {
  EnvironmentLayer out;
  for (const auto& [name, value] : environment) {
    if (!name.starts_with("LKDOCTOR_")) continue;
    std::string_view rest = std::string_view(name).substr(9);
    if (rest.starts_with("THRESHOLDS__")) {
      if (!value.empty()) take_threshold(out, name, to_lower_ascii(rest.substr(12)), value);
      continue;
    }
    if (rest.starts_with("DEFAULTS__")) rest.remove_prefix(10);
    if (rest.starts_with("SERVE__")) rest.remove_prefix(7);
    const Twin* twin = upper(rest) == rest ? find_twin(with_dots(to_lower_ascii(rest))) : nullptr;
    if (twin == nullptr) {
      note_unknown(name, out.notes);
    } else if (!value.empty()) {
      // An empty variable counts as not set: Compose writes them for anything that is missing.
      if (!set_from_text(out.layer.options, *twin, value)) out.error = bad_variable(name, "true or false");
      if (!twin->later.empty() && asks_for_it(out.layer.options, *twin)) {
        out.error = InputError{64, "$" + name + ": " + std::string(twin->later)};
      }
      out.layer.origins.insert_or_assign(std::string(twin->name), Origin{Origin::Kind::environment, name});
    }
  }
  return out;
}

bool set_threshold(Thresholds& thresholds, std::string_view name, double value) {
  constexpr std::array<std::optional<double> Thresholds::*, 4> kMembers{
      &Thresholds::certificate_days, &Thresholds::clock_skew_seconds, &Thresholds::packet_loss_ratio,
      &Thresholds::rtt_ms};
  const auto found = std::find(kThresholds.begin(), kThresholds.end(), name);
  if (found == kThresholds.end()) return false;
  thresholds.*kMembers.at(static_cast<std::size_t>(found - kThresholds.begin())) = value;
  return true;
}

}  // namespace lkdoctor::config
