// SPDX-License-Identifier: EUPL-1.2
// What lkdoctor.toml says for `serve` alone. Which checks there are is not known here.
#include <lkdoctor/text.hpp>

#include "base/duration.hpp"
#include "config/own_values.hpp"

namespace lkdoctor::config::own {
namespace {

constexpr std::int64_t kLongest = 86'400;
constexpr int kMostJoinsAtOnce = 16;

OwnInterval interval(const TomlEntry& entry) {
  const std::string& text = string(entry);
  const auto seconds = seconds_of(text, kLongest);
  if (!seconds) {
    throw Wrong{entry.value.place,
                "\"" + printable(text, 60) + "\" is no interval; write 15s, 5m or 1h, 24h at most"};
  }
  return {entry.key, entry.key_place, std::chrono::seconds(*seconds)};
}

OwnModule module(const TomlEntry& entry) {
  if (!entry.value.is_table()) wrong_type(entry, "a table: [module." + printable(entry.key, 60) + "]");
  OwnModule out{entry.key, entry.value.place, {}};
  for (const TomlEntry& line : entry.value.entries) out.intervals.push_back(interval(line));
  if (out.intervals.empty()) {
    throw Wrong{entry.value.place,
                "[module." + printable(entry.key, 60) + "] names no checks; write names = \"15s\""};
  }
  return out;
}

}  // namespace

void read_modules(const TomlNode& node, OwnConfig& own) {
  for (const TomlEntry& entry : node.entries) own.modules.push_back(module(entry));
}

int joins_at_once(const TomlEntry& entry) {
  const double number = entry.value.number;
  if (entry.value.kind != TomlNode::Kind::integer) wrong_type(entry, "a whole number");
  if (!(number >= 1 && number <= kMostJoinsAtOnce)) {
    throw Wrong{entry.value.place, "joins_at_once must be 1 to " + std::to_string(kMostJoinsAtOnce)};
  }
  return static_cast<int>(number);
}

}  // namespace lkdoctor::config::own
