// SPDX-License-Identifier: EUPL-1.2
#include "serve/modules.hpp"

#include <algorithm>
#include <lkdoctor/text.hpp>
#include <map>
#include <set>

namespace lkdoctor::serve {
namespace {

constexpr std::string_view kJoin = "join";
constexpr std::chrono::seconds kCheap{15}, kJoins{300}, kMediaLoop{900}, kCertificates{3600};

bool contains(std::span<const std::string_view> facts, std::string_view fact) {
  return std::ranges::find(facts, fact) != facts.end();
}

/// What else runs when a check runs: whoever gives what it waits for, and so on.
std::set<const CheckInfo*> with_givers(const CheckInfo& info, const engine::CheckList& checks) {
  std::set<const CheckInfo*> out{&info};
  for (std::size_t before = 0; before != out.size();) {
    before = out.size();
    for (const auto& check : checks) {
      const CheckInfo& giver = check->info();
      const auto wanted = [&](const CheckInfo* one) {
        return std::ranges::any_of(giver.gives, [&](std::string_view fact) {
          return contains(one->needs, fact) || contains(one->after, fact);
        });
      };
      if (std::ranges::any_of(out, wanted)) out.insert(&giver);
    }
  }
  return out;
}

/// It changes something at LiveKit or fills the link.
bool must_take_turns(const CheckInfo& info, const engine::CheckList& checks) {
  const auto all = with_givers(info, checks);
  // Without a responder this one only asks a few ports.
  return std::ranges::any_of(all, [](const CheckInfo* one) {
    return one->side_effect != SideEffect::none || one->exclusive || one->id == "udp_range";
  });
}

std::chrono::seconds standard_interval(const CheckInfo& info) {
  constexpr std::string_view kCheapGroups[] = {"config", "names", "http", "signalling", "api", "tcp"};
  if (info.id == "media_loop") return kMediaLoop;
  if (info.group() == "tls") return kCertificates;
  const bool cheap = info.side_effect == SideEffect::none && contains(kCheapGroups, info.group());
  return cheap ? kCheap : kJoins;
}

using Intervals = std::map<const CheckInfo*, std::chrono::seconds>;

Module module_of(std::string name, const Intervals& intervals, const engine::CheckList& checks) {
  // What joins is never asked for by /probe, and must not keep back the rest.
  std::map<std::pair<std::chrono::seconds, bool>, Lane> lanes;
  for (const auto& [info, every] : intervals) {
    const bool joins = must_take_turns(*info, checks);
    Lane& lane = lanes[{every, joins}];
    lane.every = every;
    lane.checks.emplace_back(info->id);
    lane.joins = joins;
  }
  Module out{std::move(name), {}};
  for (auto& [key, lane] : lanes) {
    std::ranges::sort(lane.checks);
    out.lanes.push_back(std::move(lane));
  }
  return out;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  for (;;) {
    const std::size_t comma = text.find(',');
    out.emplace_back(trimmed(text.substr(0, comma)));
    if (comma == std::string_view::npos) return out;
    text.remove_prefix(comma + 1);
  }
}

/// How closely a word names a check; 0: not at all.
int closeness(std::string_view word, const CheckInfo& info) {
  if (word == info.id) return 4;
  if (word == info.group()) return 3;
  if (word == kJoin) return info.side_effect == SideEffect::join ? 1 : 0;
  return matches_glob(word, info.id) || matches_glob(word, info.group()) ? 2 : 0;
}

std::string near_to(std::string_view word, const engine::CheckList& checks) {
  std::vector<std::string_view> known{kJoin};
  for (const auto& check : checks) {
    known.push_back(check->info().group());
    known.push_back(check->info().id);
  }
  return nearest(to_lower_ascii(word), known);
}

/// The lines of one module, line by line.
class Maker {
 public:
  explicit Maker(const engine::CheckList& checks) : checks_(checks) {}

  std::optional<ModuleFault> take(const config::OwnInterval& line) {
    const int width = static_cast<int>(line.checks.size());
    for (const std::string& word : words_of(line.checks)) {
      bool known = false;
      for (const auto& check : checks_) {
        const int close = closeness(word, check->info());
        known = known || close > 0;
        if (close == 0) continue;
        Choice& choice = choices_[&check->info()];
        if (close == choice.closeness && line.every != choice.every) {
          return ModuleFault{line.place,
                             std::string(check->info().id) + " has two intervals here, by \"" +
                                 printable(choice.word, 60) + "\" and \"" + printable(word, 60) +
                                 "\"; give it a line of its own",
                             width};
        }
        if (close > choice.closeness) choice = {close, line.every, word};
      }
      if (known) continue;
      const std::string near = near_to(word, checks_);
      return ModuleFault{line.place,
                         "there is no check or group \"" + printable(word, 60) + "\"" +
                             (near.empty() ? "" : "; did you mean " + near + "?"),
                         width};
    }
    return std::nullopt;
  }

  Intervals intervals() const {
    Intervals out;
    for (const auto& [info, choice] : choices_) out.emplace(info, choice.every);
    return out;
  }

 private:
  struct Choice {
    int closeness = 0;
    std::chrono::seconds every{0};
    std::string word;
  };
  const engine::CheckList& checks_;
  std::map<const CheckInfo*, Choice> choices_;
};

}  // namespace

Module standard_module(const engine::CheckList& checks) {
  Intervals intervals;
  for (const auto& check : checks) intervals.emplace(&check->info(), standard_interval(check->info()));
  return module_of(std::string(kStandardModule), intervals, checks);
}

MadeModule make_module(const config::OwnModule& own, const engine::CheckList& checks) {
  Maker maker(checks);
  for (const config::OwnInterval& line : own.intervals) {
    if (auto fault = maker.take(line)) return {{own.name, {}}, std::move(fault)};
  }
  return {module_of(own.name, maker.intervals(), checks), std::nullopt};
}

Module selected(Module module, const engine::Selection& selection, const engine::CheckList& checks) {
  Intervals intervals;
  for (const auto& check : checks) {
    const CheckInfo& info = check->info();
    if (!engine::is_selected(selection, info.id, info.findings)) continue;
    for (const Lane& lane : module.lanes) {
      const bool here = std::ranges::find(lane.checks, info.id) != lane.checks.end();
      if (here) intervals.emplace(&info, std::chrono::duration_cast<std::chrono::seconds>(lane.every));
    }
  }
  return module_of(std::move(module.name), intervals, checks);
}

std::vector<std::string> checks_of(const Module& module) {
  std::vector<std::string> out;
  for (const Lane& lane : module.lanes) out.insert(out.end(), lane.checks.begin(), lane.checks.end());
  std::ranges::sort(out);
  return out;
}

}  // namespace lkdoctor::serve
