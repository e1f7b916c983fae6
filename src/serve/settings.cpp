// SPDX-License-Identifier: EUPL-1.2
#include "serve/settings.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <lkdoctor/text.hpp>
#include <lkdoctor/url.hpp>

namespace lkdoctor::serve {
namespace {

constexpr std::size_t kLongestName = 100;

/// Thrown and caught inside load_settings() alone.
struct Stop {
  config::InputError error;
};

/// What is deployed without the places where that is written: a line more in a file changes nothing.
void drop_places(Json& value) {
  if (value.is_object()) {
    for (const char* place : {"origin", "udp_origin", "turn_origin", "related", "excerpt", "notes"})
      value.erase(place);
  }
  if (!value.is_structured()) return;
  for (Json& member : value) drop_places(member);
}

std::string revision_of(const Deployment& deployment) {
  Json json = describe(deployment);
  drop_places(json);
  return dump_line(json);
}

std::string livekit_of(const Deployment& deployment) {
  for (const auto* candidate : {&deployment.public_url, &deployment.service_url}) {
    if (const auto url = parse_url(candidate->value)) return url->host + ":" + std::to_string(url->port);
  }
  return deployment.run.responder.empty() ? deployment.name : deployment.run.responder;
}

class Reader {
 public:
  Reader(const config::Inputs& inputs, const engine::CheckList& checks, Settings& out)
      : inputs_(inputs), checks_(checks), out_(out) {}

  void read() {
    // Without a target this gives lkdoctor.toml, and the deployment of the command line if there is one.
    config::Loaded look = config::load(inputs_);
    if (!look.own) throw Stop{*look.error};
    own_ = look.own;
    read_modules();
    if (own_->targets.empty()) add("default", nullptr, std::move(look));
    for (const config::OwnTarget& target : own_->targets) {
      add(target.name, &target, config::load(inputs_for(target.name)));
    }
    read_program(*out_.targets.front().loaded.layer);
    read_receivers();
  }

 private:
  [[noreturn]] void refuse(config::Place place, const std::string& message, int width = 1) const {
    throw Stop{config::own_error(*own_, place, message, width)};
  }

  /// lkdoctor.toml is read once.
  config::Inputs inputs_for(const std::string& target) const {
    config::Inputs inputs = inputs_;
    inputs.own = own_;
    inputs.target = target;
    return inputs;
  }

  void read_modules() {
    for (const config::OwnModule& own : own_->modules) {
      MadeModule made = make_module(own, checks_);
      if (made.fault) refuse(made.fault->place, made.fault->message, made.fault->width);
      out_.modules.push_back(std::move(made.module));
    }
    if (out_.find_module(kStandardModule) == nullptr) out_.modules.push_back(standard_module(checks_));
  }

  const Module& module_for(const config::OwnTarget* target) const {
    const bool own = target != nullptr && !target->module.text.empty();
    const config::OwnWord& word = own ? target->module : own_->module;
    if (const Module* found = out_.find_module(word.text.empty() ? kStandardModule : word.text))
      return *found;
    std::vector<std::string_view> known;
    std::string list;
    for (const Module& module : out_.modules) {
      known.push_back(module.name);
      list += (list.empty() ? "" : ", ") + printable(module.name, 60);
    }
    const std::string near = nearest(word.text, known);
    refuse(word.place, "there is no [module." + printable(word.text, 60) + "] (there are: " + list + ")" +
                           (near.empty() ? "" : "; did you mean " + near + "?"));
  }

  void add(const std::string& name, const config::OwnTarget* target, config::Loaded loaded) {
    if (loaded.error) throw Stop{*loaded.error};
    // The name is a label, and a part of addresses.
    const bool usable = name.size() <= kLongestName && printable(name, kLongestName) == name;
    if (target != nullptr && !usable) {
      refuse(target->name_place, "a target's name has at most 100 characters, all of them printable");
    }
    const Module& module = module_for(target);
    const engine::Selection chosen{loaded.output.only, loaded.output.skip};
    Target out;
    out.name = loaded.deployment.name = name;
    out.module = selected(module, chosen, checks_);
    if (out.module.lanes.empty()) {
      throw Stop{{78, "target " + printable(name, 100) + ": --only and --skip leave nothing of module " +
                          printable(module.name, 60)}};
    }
    const bool whole = checks_of(module).size() == checks_.size();
    out.selection = {whole ? chosen.only : checks_of(out.module), chosen.skip};
    out.livekit = livekit_of(loaded.deployment);
    out.revision = revision_of(loaded.deployment);
    out.loaded = std::move(loaded);
    out_.targets.push_back(std::move(out));
  }

  void read_program(const config::Layer& layer) {
    MadeWeb made = make_web(layer);
    if (made.fault) {
      const Origin& origin = made.fault->origin;
      if (origin.kind == Origin::Kind::file) refuse({origin.line, origin.column}, made.fault->message);
      throw Stop{{78, text(origin) + ": " + made.fault->message}};
    }
    out_.web = std::move(made.web);
    out_.joins_at_once = static_cast<std::size_t>(own_->joins_at_once);
    out_.state_dir = layer.options.state_dir.value_or(usual_state_dir());
  }

  void read_receivers() {
    for (const config::OwnReceiver& own : own_->receivers) {
      MadeReceiver made = make_receiver(*own_, own);
      if (made.error) throw Stop{*made.error};
      out_.receivers.push_back(std::move(made.receiver));
    }
    out_.labels = own_->labels;
    if (out_.labels.empty()) out_.labels["prober"] = host_name();
  }

  static std::string host_name() {
    std::array<char, 256> name{};
    gethostname(name.data(), name.size() - 1);
    return name.front() == '\0' ? "lkdoctor" : printable(name.data(), kLongestName);
  }

  std::string variable(const char* name) const {
    const auto found = inputs_.environment.find(name);
    return found == inputs_.environment.end() ? "" : found->second;
  }

  /// systemd's own first, then the user's; "" where there is none.
  std::string usual_state_dir() const {
    const std::string given = variable("STATE_DIRECTORY");
    if (given.starts_with('/')) return given.substr(0, given.find(':'));
    const std::string xdg = variable("XDG_STATE_HOME"), home = variable("HOME");
    if (xdg.starts_with('/')) return xdg + "/opentalk/lkdoctor";
    return home.starts_with('/') ? home + "/.local/state/opentalk/lkdoctor" : "";
  }

  const config::Inputs& inputs_;
  const engine::CheckList& checks_;
  Settings& out_;
  std::shared_ptr<const config::OwnConfig> own_;
};

}  // namespace

Appointment Target::appointment() const {
  return {name, livekit, module.lanes, revision};
}

Watched Target::watched() const {
  constexpr int kMissed = 3;
  const Milliseconds patience = module.lanes.front().every * kMissed + loaded.deployment.run.deadline;
  return {name, checks_of(module), selection, patience, revision};
}

const Target* Settings::find_target(std::string_view name) const {
  const auto found = std::ranges::find(targets, name, &Target::name);
  return found == targets.end() ? nullptr : &*found;
}

const Module* Settings::find_module(std::string_view name) const {
  const auto found = std::ranges::find(modules, name, &Module::name);
  return found == modules.end() ? nullptr : &*found;
}

Settings load_settings(const config::Inputs& inputs, const engine::CheckList& checks) {
  Settings out;
  try {
    Reader(inputs, checks, out).read();
  } catch (const Stop& stop) {
    out.error = stop.error;
  }
  return out;
}

}  // namespace lkdoctor::serve
