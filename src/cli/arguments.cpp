// SPDX-License-Identifier: EUPL-1.2
#include "cli/arguments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <lkdoctor/proto/port_test_keys.hpp>
#include <lkdoctor/redaction.hpp>
#include <lkdoctor/text.hpp>
#include <lkdoctor/url.hpp>
#include <map>

namespace lkdoctor::cli {
namespace {

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known) {
  const std::string near = nearest(word, known);
  return near.empty() ? "" : "; did you mean " + near + "?";
}

const CommandSpec& find_command(const std::string& name) {
  std::vector<std::string_view> names;
  for (const CommandSpec& spec : command_table()) {
    if (spec.name == name && spec.bit != 0) return spec;
    if (spec.name == name) {
      throw UsageError{"`" + name + "` is not in this release (it will be: " + std::string(spec.help) + ")"};
    }
    if (spec.bit != 0) names.push_back(spec.name);
  }
  const std::string shown = printable(without_secret_parts(name), 60);
  const std::string hint = did_you_mean(name, names);
  if (name.find("://") != std::string::npos) {
    throw UsageError{"a command comes first: lkdoctor check " + shell_quoted(shown)};
  }
  throw UsageError{"unknown command \"" + shown + "\"" + hint + "\nCommands: lkdoctor --help"};
}

class Parser {
 public:
  explicit Parser(const std::vector<std::string>& words) : words_(words) {}

  Arguments parse() {
    while (at_ < words_.size()) {
      const std::string& word = words_[at_++];
      if (options_ended_ || word == "-" || !word.starts_with('-')) {
        positional(word);
      } else if (word == "--") {
        options_ended_ = true;
      } else if (word.starts_with("--")) {
        long_option(word);
      } else {
        letters(word);
      }
    }
    refuse_code();
    return std::move(out_);
  }

 private:
  void positional(const std::string& word) {
    if (command_ == nullptr) {
      command_ = &find_command(word);
      out_.command = word;
    } else {
      out_.positionals.push_back(word);
    }
  }

  void long_option(const std::string& word) {
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    if (name == "--help" || name == "--version") {
      (name == "--help" ? out_.help : out_.version) = true;
      return;
    }
    const OptionSpec& spec = find_option(name);
    std::optional<std::string> value;
    if (equals != std::string::npos) value = word.substr(equals + 1);
    apply(spec, name, value);
  }

  void letters(const std::string& word) {
    for (const char letter : std::string_view(word).substr(1)) {
      if (letter == 'h') {
        out_.help = true;
        continue;
      }
      if (letter == 'V') {
        out_.version = true;
        continue;
      }
      const auto table = option_table();
      const auto found = std::ranges::find(table, letter, &OptionSpec::letter);
      if (found == table.end()) throw UsageError{"unknown option \"" + printable(word, 60) + "\""};
      apply(*found, std::string(found->name), std::nullopt);
    }
  }

  const OptionSpec& find_option(const std::string& name) const {
    std::vector<std::string_view> names{"--help", "--version"};
    const OptionSpec* of_another = nullptr;
    for (const OptionSpec& spec : option_table()) {
      const bool fits = command_ == nullptr || (spec.commands & command_->bit) != 0;
      if (spec.name == name && fits) return spec;
      if (spec.name == name) of_another = &spec;
      if (fits) names.push_back(spec.name);
    }
    if (of_another != nullptr) return *of_another;
    if (name == "--api-secret" || name == "--token" || name == "--secret") {
      throw UsageError{
          name + " is no option: every user of this machine sees arguments; give a file with " +
          (name == "--token" ? "--token-file FILE" : "--api-secret-file FILE, or set LKDOCTOR_API_SECRET")};
    }
    throw UsageError{"unknown option \"" + printable(name, 60) + "\"" + did_you_mean(name, names)};
  }

  void apply(const OptionSpec& spec, const std::string& name, std::optional<std::string> value) {
    if (command_ == nullptr) throw UsageError{"a command comes before " + name + ": lkdoctor check " + name};
    if ((spec.commands & command_->bit) == 0) {
      throw UsageError{name + " is not an option of `lkdoctor " + out_.command + "`"};
    }
    if (!spec.later.empty()) throw UsageError{name + ": " + std::string(spec.later)};
    if (spec.value.empty()) {
      if (value && name == "--pair") refuse_value_of_pair();
      if (value) throw UsageError{name + " takes no value"};
      spec.set(out_, {});
      return;
    }
    if (!value && at_ < words_.size()) value = words_[at_++];
    if (!value || value->empty())
      throw UsageError{name + " needs a value: " + name + " " + std::string(spec.value)};
    refuse_second(name, *value);
    spec.set(out_, std::move(*value));
  }

  /// One run reads one of each: the first of two would be left out without a word.
  void refuse_second(const std::string& name, const std::string& value) {
    constexpr std::array<std::string_view, 5> kInputs{"--controller", "--livekit", "--config", "--token-file",
                                                      "--api-secret-file"};
    if (std::ranges::find(kInputs, name) == kInputs.end()) return;
    const auto [before, first] = inputs_.emplace(name, value);
    if (first || before->second == value) return;
    throw UsageError{name + " is given twice, and a run reads one: " + printable(before->second, 120) +
                     " or " + printable(value, 120) +
                     "? Several deployments: a [[target]] each in lkdoctor.toml, and --all"};
  }

  /// It is a secret, which is not shown again.
  void refuse_code() const {
    const auto is_code = [](const std::string& word) { return proto::key_of_code(Secret(word)).has_value(); };
    if (out_.options.pair && std::ranges::any_of(out_.positionals, is_code)) refuse_value_of_pair();
  }

  [[noreturn]] static void refuse_value_of_pair() {
    throw UsageError{
        "--pair takes no code, since every user of this machine sees arguments; did you mean --pair alone? "
        "It asks for the code, or reads it from stdin or LKDOCTOR_PAIRING_CODE"};
  }

  const std::vector<std::string>& words_;
  std::size_t at_ = 0;
  bool options_ended_ = false;
  const CommandSpec* command_ = nullptr;
  Arguments out_;
  std::map<std::string, std::string> inputs_;
};

}  // namespace

Arguments parse_arguments(const std::vector<std::string>& words) {
  return Parser(words).parse();
}

std::string option_help(unsigned command) {
  std::string out;
  std::string_view heading;
  for (const OptionSpec& spec : option_table()) {
    if (!spec.heading.empty()) heading = spec.heading;
    if ((spec.commands & command) == 0 || !spec.later.empty()) continue;
    if (!heading.empty()) out += "\n" + std::string(heading) + ":\n";
    heading = {};
    std::string left = spec.letter == 0 ? "      " : std::string("  -") + spec.letter + ", ";
    left += std::string(spec.name) + (spec.value.empty() ? "" : " " + std::string(spec.value));
    out += fmt::format("{:<32}  {}\n", left, spec.help);
  }
  return out;
}

}  // namespace lkdoctor::cli
