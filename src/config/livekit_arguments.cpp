// SPDX-License-Identifier: EUPL-1.2
#include "config/livekit_arguments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <lkdoctor/text.hpp>
#include <set>

#include "config/livekit_flags.hpp"

namespace lkdoctor::config {
namespace {

constexpr std::array<std::string_view, 8> kCommands{
    "generate-keys", "ports", "create-join-token", "list-nodes", "help-verbose", "help", "h", "turn-server"};

/// An item that holds option and value at once may hold a secret; so may a word that stands alone.
std::string safe_word(const std::string& word) {
  const std::size_t blank = word.find(' ');
  const std::string head = word.substr(0, blank);
  const bool secret = head.find("key") != std::string::npos || head.find("password") != std::string::npos ||
                      head.find("body") != std::string::npos;
  if (blank != std::string::npos && secret) return head + " …";
  constexpr std::size_t kLongestWord = 24;
  return word.size() > kLongestWord && blank == std::string::npos && !word.starts_with('-') ? "…" : word;
}

class Reader {
 public:
  Reader(std::string_view version, const KeyTable& table, Arguments& out)
      : flags_(flags_of(table)), old_library_(compare_versions(version, "1.9.1") < 0), out_(out) {
    for (const Flag& flag : flags_) by_name_.emplace(flag.name, &flag);
  }

  void run(const std::vector<std::string>& words, const std::map<std::string, std::string>& environment) {
    // The library used until 1.9.0 reads the environment first, and stops at its errors.
    if (old_library_) variables(environment);
    if (out_.refusal.empty()) arguments(words);
    if (!old_library_ && out_.refusal.empty()) variables(environment);
    const auto strict = flag_values_.find("disable-strict-config");
    out_.strict = strict == flag_values_.end() || !strict->second;
  }

 private:
  void store(const Flag& flag, const std::string& text, const Origin& origin, Value value) {
    if (flag.kind == FlagKind::boolean && flag.type.empty())
      flag_values_[flag.name] = std::get<bool>(value.scalar);
    Given given{text, origin};
    if (!flag.type.empty()) {
      out_.generated.insert_or_assign(flag.name, given);
      out_.values.insert_or_assign(flag.name, std::move(value));
      return;
    }
    if (flag.kind == FlagKind::boolean) given.text = flag_values_[flag.name] ? "true" : "false";
    if (flag.kind == FlagKind::list) {
      bind(text, origin);
    } else {
      out_.named.insert_or_assign(flag.name, given);
    }
    from_arguments_.insert(flag.name);
  }

  void bind(std::string_view text, const Origin& origin) {
    for (;;) {
      const std::size_t comma = text.find(',');
      out_.bind.push_back({std::string(trimmed(text.substr(0, comma))), origin});
      if (comma == std::string_view::npos) return;
      text.remove_prefix(comma + 1);
    }
  }

  void refuse(std::string message, Given about) {
    out_.refusal = std::move(message);
    out_.refused = std::move(about);
  }

  void variables(const std::map<std::string, std::string>& environment) {
    for (const Flag& flag : flags_) {
      const auto found = flag.variable.empty() ? environment.end() : environment.find(flag.variable);
      if (found == environment.end() || out_.generated.contains(flag.name) ||
          from_arguments_.contains(flag.name))
        continue;
      const Origin origin{Origin::Kind::environment, flag.variable, 0, 0};
      const std::string& text = found->second;
      Value value;
      std::string error;
      if (text.empty() && flag.kind == FlagKind::number) {
        if (old_library_) continue;  // an empty variable counts as 0 only since 1.9.1
        error = read_value(flag, "0", old_library_, value);
      } else if (text.empty() && flag.kind == FlagKind::boolean) {
        value.is_set = true;
        value.scalar = false;
      } else {
        error = read_value(flag, text, old_library_, value);
      }
      if (!error.empty()) {
        refuse(fmt::format(
                   "{}could not parse \"{}\" as {} value from environment variable \"{}\" for flag {}: {}",
                   old_library_ ? "Incorrect Usage: " : "", text, go_type_name(flag, old_library_),
                   flag.variable, flag.name, error),
               {text, origin});
        return;
      }
      const bool keep = from_arguments_.contains(flag.name);
      store(flag, text, origin, std::move(value));
      // Arguments may still come and win.
      if (!keep) from_arguments_.erase(flag.name);
    }
  }

  void arguments(const std::vector<std::string>& words) {
    for (std::size_t i = 0; i < words.size() && out_.refusal.empty(); ++i) {
      const std::string word(old_library_ ? words[i] : std::string(trimmed(words[i])));
      if (word.empty() || word[0] != '-' || word == "-") {
        if (!stray(word, words, i)) return;
        continue;
      }
      if (word == "--") return;
      one(word, words, i);
    }
  }

  void ignore(const std::string& word) {
    const std::string shown = safe_word(word);
    out_.ignored.push_back({shown, {Origin::Kind::flag, shown, 0, 0}});
  }

  /// A word that is no flag. The old library stops reading flags there.
  bool stray(const std::string& word, const std::vector<std::string>& words, std::size_t at) {
    if (std::find(kCommands.begin(), kCommands.end(), word) != kCommands.end()) {
      out_.is_other_command = true;
      return false;
    }
    if (!word.empty()) ignore(word);
    if (!old_library_) return true;
    for (std::size_t i = at + 1; i < words.size(); ++i) ignore(words[i]);
    return false;
  }

  void one(const std::string& word, const std::vector<std::string>& words, std::size_t& at) {
    const std::string_view body = std::string_view(word).substr(word.starts_with("--") ? 2 : 1);
    const std::size_t equals = body.find('=');
    const std::string name(body.substr(0, equals));
    const std::string shown = safe_word(name);
    const Origin origin{Origin::Kind::flag, "--" + shown, 0, 0};
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) {
      refuse("Incorrect Usage: flag provided but not defined: -" + shown, {word, origin});
      return;
    }
    const Flag& flag = *found->second;
    std::string text =
        equals == std::string_view::npos ? std::string() : std::string(body.substr(equals + 1));
    if (flag.kind == FlagKind::boolean) {
      if (equals == std::string_view::npos || text.empty()) text = "true";
    } else if (equals == std::string_view::npos) {
      if (at + 1 >= words.size()) {
        refuse("Incorrect Usage: flag needs an argument: " + (old_library_ ? "-" + name : word),
               {word, origin});
        return;
      }
      text = words[++at];
    }
    Value value;
    const std::string error = read_value(flag, text, old_library_, value);
    if (error.empty()) {
      store(flag, text, origin, std::move(value));
    } else {
      const bool old_switch = old_library_ && flag.kind == FlagKind::boolean;
      refuse(fmt::format("Incorrect Usage: invalid {} \"{}\" for {}-{}: {}",
                         old_switch ? "boolean value" : "value", text, old_switch ? "" : "flag ", name,
                         old_library_ ? "parse error" : error),
             {text, origin});
    }
  }

  const std::vector<Flag> flags_;
  std::map<std::string, const Flag*, std::less<>> by_name_;
  std::map<std::string, bool, std::less<>> flag_values_;
  std::set<std::string, std::less<>> from_arguments_;
  const bool old_library_;
  Arguments& out_;
};

}  // namespace

const Given* Arguments::find(std::string_view name) const {
  const auto found = named.find(name);
  return found == named.end() ? nullptr : &found->second;
}

Arguments read_arguments(const std::vector<std::string>& words,
                         const std::map<std::string, std::string>& environment, std::string_view version,
                         const KeyTable& table) {
  Arguments out;
  Reader reader(version, table, out);
  reader.run(words, environment);
  return out;
}

}  // namespace lkdoctor::config
