// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <span>
#include <string_view>
#include <variant>

#include "config/load.hpp"
#include "config/toml.hpp"

namespace lkdoctor::config {

/// An option with its three names: `--third-party`, LKDOCTOR_THIRD_PARTY, `third_party`; or `--web.open`,
/// LKDOCTOR_WEB__OPEN, `web.open`.
struct Twin {
  using Text = std::optional<std::string> Options::*;
  using List = std::vector<std::string> Options::*;
  using Switch = std::optional<bool> Options::*;
  std::string_view name;  ///< as in lkdoctor.toml
  std::variant<Text, List, Switch> member;
  bool is_path = false;         ///< relative to the folder of lkdoctor.toml there
  std::string_view later = {};  ///< why this release refuses it, wherever it stands
  bool of_serve = false;        ///< stands in [serve]: `web.open` is `web.open` or [serve.web] with `open`
  std::string_view flag = {};   ///< where it is not the name with dashes
};

inline constexpr std::string_view kWithCompose =
    "Compose files are not read in this release; give the server's own file with --livekit FILE";
inline constexpr std::string_view kWithContainer =
    "judging as a container is not in this release; run inside it, or with --vantage controller";
inline constexpr std::string_view kWithWatch = "repeated runs are not in this release; run the check again";

std::span<const Twin> option_twins();
const Twin* find_twin(std::string_view name);
const Twin* find_twin_of_flag(std::string_view flag);
std::string flag_of(std::string_view name);      ///< "--third-party"
std::string variable_of(std::string_view name);  ///< "LKDOCTOR_THIRD_PARTY"

/// It says something: a switch that is off asks for nothing.
bool asks_for_it(const Options& options, const Twin& twin);

/// Options of one source, with the place of each.
struct Layer {
  Options options;
  std::map<std::string, Origin, std::less<>> origins;  ///< by name; what is not here was not set

  const Origin& origin(std::string_view name) const;  ///< builtin if it was not set
  /// Takes what is not set yet.
  void fill_from(const Layer& lower);
};
Layer layer_of_flags(const Options& options);

struct EnvironmentLayer {
  Layer layer;
  Thresholds thresholds;
  std::map<std::string, Origin, std::less<>> threshold_origins;
  std::vector<std::string> notes;  ///< names that look like ours and are not
  std::optional<InputError> error;
};
EnvironmentLayer layer_of_environment(const std::map<std::string, std::string>& environment);

/// Sets one threshold by its name. False: there is none of that name.
bool set_threshold(Thresholds& thresholds, std::string_view name, double value);
inline constexpr std::array<std::string_view, 4> kThresholds{"certificate_days", "clock_skew_seconds",
                                                             "packet_loss_ratio", "rtt_ms"};

/// A value that cannot be used, and where it stands.
struct BadValue {
  Origin origin;
  std::string message;
};
/// Texts of options → typed settings. The first bad value is returned.
std::optional<BadValue> apply_options(const Layer& layer, RunSettings& run, OutputSettings& output,
                                      std::map<std::string, Secret>& proxy_credentials);

}  // namespace lkdoctor::config
