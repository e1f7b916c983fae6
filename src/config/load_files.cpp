// SPDX-License-Identifier: EUPL-1.2
// Which files are read, and what is said when there is none.
#include <algorithm>
#include <filesystem>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/text.hpp>
#include <lkdoctor/url.hpp>

#include "config/file.hpp"
#include "config/livekit.hpp"
#include "config/livekit_keys.hpp"
#include "config/loader.hpp"
#include "config/toml.hpp"
#include "config/yaml.hpp"

namespace lkdoctor::config::loading {
namespace {

std::string variable(const Loader& loader, const std::string& name) {
  const auto found = loader.inputs.environment.find(name);
  return found == loader.inputs.environment.end() ? "" : found->second;
}

/// The user's folder for configuration; "" without HOME.
std::string user_folder(const Loader& loader) {
  if (const std::string xdg = variable(loader, "XDG_CONFIG_HOME"); xdg.starts_with('/'))
    return xdg + "/opentalk";
  const std::string home = variable(loader, "HOME");
  return home.empty() ? "" : home + "/.config/opentalk";
}

/// `~/.config/opentalk/` for the eye.
std::string shown_folder(const Loader& loader, const std::string& folder) {
  const std::string home = variable(loader, "HOME");
  const bool inside_home = !home.empty() && folder.starts_with(home + "/");
  return (inside_home ? "~" + folder.substr(home.size()) : folder) + "/";
}

struct Candidate {
  std::string path, shown;
};

/// OpenTalk's own order from 0.30 on, and `./config/controller.toml`, where ot-setup keeps it.
std::vector<Candidate> candidates(const Loader& loader) {
  const std::string& here = loader.inputs.folder;
  std::vector<Candidate> out{{inside(here, "config.toml"), "./config.toml"},
                             {inside(here, "controller.toml"), "./controller.toml"},
                             {inside(here, "config/controller.toml"), "./config/controller.toml"}};
  if (const std::string user = user_folder(loader); !user.empty()) {
    out.push_back({user + "/controller.toml", shown_folder(loader, user)});
  }
  const std::string& system = loader.inputs.system_folder;
  out.push_back({system + "/controller.toml", shown_folder(loader, system)});
  return out;
}

struct Found {
  std::string path, text;
};

/// A token signed with the pair of one deployment must not go to the host of another: a file that was only
/// found counts for a TARGET given as URL when it is about the same host.
bool is_about_target(const Loader& loader, const ControllerSettings& settings) {
  if (!loader.target_is_url) return true;
  const auto target = parse_url(*loader.layer.options.public_url);
  for (const auto* url : {&settings.public_url, &settings.service_url}) {
    const auto parsed = parse_url(url->value);
    if (target && parsed && parsed->host == target->host) return true;
  }
  return false;
}

std::optional<Found> named_controller(const Loader& loader) {
  const std::string path = inside(loader.inputs.folder, *loader.layer.options.controller);
  FileText file = read_file(path);
  if (file.state != FileText::State::read) {
    unreadable(*loader.layer.options.controller, text(loader.layer.origin("controller")), file.problem);
  }
  return Found{*loader.layer.options.controller, std::move(file.text)};
}

std::optional<Found> search_controller(Loader& loader, bool& shadowed) {
  std::optional<Found> found;
  for (const Candidate& candidate : candidates(loader)) {
    const bool legacy = candidate.path.ends_with("config.toml");
    if (!legacy) loader.out.looked_for.push_back(candidate.shown);
    FileText file = read_file(candidate.path);
    if (file.state == FileText::State::missing) continue;
    if (file.state == FileText::State::unreadable) {
      loader.note(candidate.path + " was found and cannot be read: " + file.problem + ".");
    } else if (legacy && !is_opentalk_file(file.text)) {
      loader.note("./config.toml exists but has no OpenTalk table: not used.");
    } else if (found) {
      shadowed = shadowed || found->path.ends_with("config.toml");
    } else {
      found = Found{candidate.path, std::move(file.text)};
    }
  }
  return found;
}

void report_shadow(ControllerSettings& settings) {
  settings.findings.emplace_back(findings::legacy_config_toml_shadows, settings.file)
      .saying("The controller reads " + settings.file + " and never opens controller.toml.")
      .at({Origin::Kind::file, settings.file});
}

/// LiveKit's YAML is no TOML, and these are blocks of it.
bool is_livekit_file(const std::string& text) {
  if (!parse_toml(text).error) return false;
  const yaml::Document document = yaml::parse(text);
  if (document.root == nullptr || document.root->kind != yaml::Kind::mapping) return false;
  const auto& root = *document.root;
  return yaml::find(root, "keys") != nullptr || yaml::find(root, "rtc") != nullptr ||
         yaml::find(root, "bind_addresses") != nullptr;
}

/// The two files in each other's place: nothing that could be said of them would help.
void refuse_swapped(const Loader& loader, std::string_view option, const std::string& file) {
  const bool controller = option == "controller";
  const bool both = loader.layer.options.controller && loader.layer.options.livekit;
  throw Stop{{64, text(loader.layer.origin(option)) + ": " + printable(file, 300) + " is " +
                      (controller ? "LiveKit's configuration, not the controller's"
                                  : "the controller's configuration, not LiveKit's") +
                      (both ? "; are --controller and --livekit swapped?"
                            : (controller ? "; name it with --livekit" : "; name it with --controller"))}};
}

KeyFile read_key_file(const std::string& folder, const std::string& path) {
  const std::string here = inside(folder, path);
  FileText file = read_file(here, kLargestSecretFile);
  KeyFile out;
  // A path of LiveKit's host or container may mean nothing here: then it cannot be known.
  if (file.state != FileText::State::read) return out;
  out.text = std::move(file.text);
  std::error_code ignored;
  const auto mode = std::filesystem::status(here, ignored).permissions();
  if (mode != std::filesystem::perms::unknown) out.mode = static_cast<unsigned>(mode) & 0777U;
  return out;
}

std::string newer_note(const std::string& version, std::string_view newest) {
  return "LiveKit " + printable(version, 40) +
         " is newer than what this release knows: the file is judged as " + std::string(newest) +
         " reads it.";
}

/// What a running server reads it has read. Between two versions whose keys are known, nobody can tell which
/// of them a key came with: where that decides, the newer one speaks.
std::pair<LiveKitSettings, std::string> as_of_running(LiveKitInputs inputs, const std::string& version) {
  inputs.version = version;
  LiveKitSettings settings = read_livekit(inputs).settings;
  settings.version_declared = false;
  const auto tables = key_tables();
  const auto next = std::ranges::find_if(
      tables, [&](const KeyTable& table) { return compare_versions(table.version, version) >= 0; });
  if (next == tables.end()) return {std::move(settings), newer_note(version, tables.back().version)};
  if (compare_versions(next->version, version) == 0) return {std::move(settings), ""};
  inputs.version = next->version;
  LiveKitSettings later = read_livekit(inputs).settings;
  if (later.accepted == settings.accepted) return {std::move(settings), ""};
  later.version_declared = false;
  return {std::move(later), "LiveKit " + version + " runs, whose keys are not known: the file is judged as " +
                                std::string(next->version) + " reads it."};
}

}  // namespace

void read_own(Loader& loader) {
  if (loader.inputs.own) {
    loader.own = loader.inputs.own;
    return;
  }
  const auto keep = [&](OwnConfig own) { loader.own = std::make_shared<const OwnConfig>(std::move(own)); };
  const Layer environment = layer_of_environment(loader.inputs.environment).layer;
  Layer flags = loader.layer;
  flags.fill_from(environment);
  if (flags.options.config) {
    FileText file = read_file(inside(loader.inputs.folder, *flags.options.config));
    if (file.state != FileText::State::read)
      unreadable(*flags.options.config, text(flags.origin("config")), file.problem);
    keep(read_own_config(*flags.options.config, std::move(file.text), loader.inputs.now));
  } else {
    std::vector<std::string> places{inside(loader.inputs.folder, "lkdoctor.toml")};
    if (const std::string user = user_folder(loader); !user.empty())
      places.push_back(user + "/lkdoctor.toml");
    places.push_back(loader.inputs.system_folder + "/lkdoctor.toml");
    for (const std::string& path : places) {
      FileText file = read_file(path);
      if (file.state == FileText::State::unreadable)
        loader.note(path + " was found and cannot be read: " + file.problem + ".");
      if (file.state != FileText::State::read) continue;
      keep(read_own_config(path, std::move(file.text), loader.inputs.now));
      break;
    }
  }
  if (loader.own->error) throw Stop{*loader.own->error};
}

void read_controller_file(Loader& loader) {
  bool shadowed = false;
  const bool named = loader.layer.options.controller.has_value();
  auto found = named ? named_controller(loader) : search_controller(loader, shadowed);
  if (!found && !names_controller(loader.inputs.environment)) return;
  if (named && is_livekit_file(found->text)) refuse_swapped(loader, "controller", found->path);
  ControllerInputs inputs{"", std::nullopt, loader.inputs.environment};
  if (found) inputs = {found->path, std::move(found->text), loader.inputs.environment};
  ControllerReading reading = read_controller(inputs);
  if (!named && !is_about_target(loader, reading.settings)) {
    loader.note((found ? found->path : "The environment's OPENTALK_CTRL_…") +
                " is about another host than the target: not used. To use it, name it with --controller.");
    return;
  }
  if (shadowed) report_shadow(reading.settings);
  loader.controller = std::move(reading);
  loader.deployment().controller = loader.controller->settings;
}

void read_livekit_file(Loader& loader) {
  const Options& options = loader.layer.options;
  const bool running = !loader.inputs.livekit_arguments.empty() || !loader.inputs.livekit_environment.empty();
  if (!options.livekit && !running) return;
  LiveKitInputs inputs;
  inputs.arguments = loader.inputs.livekit_arguments;
  inputs.environment = loader.inputs.livekit_environment;
  inputs.version = options.livekit_version.value_or("");
  const std::string folder = loader.inputs.folder;
  inputs.read_key_file = [folder](const std::string& path) { return read_key_file(folder, path); };
  if (options.livekit) {
    FileText file = read_file(inside(folder, *options.livekit));
    if (file.state != FileText::State::read)
      unreadable(*options.livekit, text(loader.layer.origin("livekit")), file.problem);
    if (is_opentalk_file(file.text)) refuse_swapped(loader, "livekit", *options.livekit);
    inputs.file_name = *options.livekit;
    inputs.file_text = std::move(file.text);
  }
  LiveKitReading reading = read_livekit(inputs);
  const std::string newest(key_tables().back().version);
  if (compare_versions(reading.settings.version, newest) > 0) {
    loader.note(newer_note(reading.settings.version, newest));
  }
  loader.deployment().livekit = std::move(reading.settings);
  loader.deployment().secrets.livekit_keys = std::move(reading.keys);
  loader.deployment().secrets.turn_servers = std::move(reading.turn_servers);
  loader.out.livekit_as_of = [inputs = std::move(inputs)](const std::string& running) {
    return as_of_running(inputs, running);
  };
}

InputError nothing_to_check(const Loader& loader) {
  std::string message = "nothing to check: no OpenTalk or LiveKit configuration found";
  if (!loader.out.looked_for.empty()) {
    message += " (looked in: ";
    std::size_t width = message.size() + 10;
    for (std::size_t i = 0; i < loader.out.looked_for.size(); ++i) {
      const std::string& place = loader.out.looked_for[i];
      if (i > 0) message += ",";
      const bool wrap = width + place.size() > 118;
      message += i == 0 ? "" : wrap ? "\n  " : " ";
      width = wrap ? 2 : width + place.size() + 2;
      message += place;
    }
    message += ")";
  }
  message += ".";
  for (const std::string& note : loader.out.deployment.notes) message += "\n  " + note;
  if (!loader.own->targets.empty()) {
    message += "\n  " + printable(loader.own->file, 200) + " has " +
               counted(loader.own->targets.size(), "target", "targets") + ": name one, or --all.";
  }
  message +=
      "\nTry one of:\n"
      "  lkdoctor check https://livekit.example.org            what anyone can see, no secret needed\n"
      "  lkdoctor check --controller FILE --livekit FILE       on the host, or with copies of the files\n"
      "  lkdoctor demo                                         see it work first";
  return {64, message, true};
}

}  // namespace lkdoctor::config::loading
